"""The documents say what the program does: what they show, name and link to exists, and nothing is left out."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

from analysis.columns.profile import ROLES
from analysis.diagnoses import ALL
from analysis.scan import evidence
from bot import __main__ as command_line
from bot import settings
from bot.app import App
from bot.platforms import PLATFORMS
from bot.render import panels
from bot.services.commands import table
from bot.settings import profiles
from bot.settings.configuration import schema
from bot.store.store import Store
from tests.render.test_golden import PAGES, kept

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh.md").read_text(encoding="utf-8")
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLE = (ROOT / "config" / "curvebot.example.yaml").read_text(encoding="utf-8")


def between(text: str, name: str) -> str:
    """What stands between `<!-- name -->` and `<!-- /name -->`."""
    _, _, rest = text.partition(f"<!-- {name} -->\n")
    found, mark, _ = rest.partition(f"<!-- /{name} -->")
    assert mark, name
    return found


def code(text: str) -> Iterator[str]:
    """Every line of code: of fenced blocks, without their comments, and inline."""
    for block in re.findall(r"^```\w*\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        yield from (line.partition("  #")[0].strip() for line in block.splitlines())
    yield from re.findall(r"`([^`\n]+)`", text)


def calls(text: str) -> list[list[str]]:
    """The words after `curvebot` of every call of the program."""
    found = (re.search(r"(?:^|&& |uv run )curvebot (.+)", line) for line in code(text))
    return [shlex.split(match[1]) for match in found if match is not None and match[1][0].isascii()]


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_card_of_the_readme_is_the_golden_one(name: str) -> None:
    """Written anew together with the golden pages."""
    card = f"```\n{kept('card.txt', PAGES['card.txt']())}\n```\n"
    text = (ROOT / name).read_text(encoding="utf-8")
    shown = between(text, "card")
    if os.environ.get("CURVEBOT_WRITE_GOLDEN"):
        (ROOT / name).write_text(text.replace(shown, card), encoding="utf-8")
        shown = card

    assert shown == card


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_flag_exists(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command, *rest in calls(document.read_text(encoding="utf-8")):
        code = command_line.main([command, "--help"])
        known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))

        assert code == 0, command
        assert {word for word in rest if word.startswith("--")} <= known, (command, rest)


def test_the_readme_shows_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    command_line.main(["--help"])
    listed = re.findall(r"^    ([a-z]+) ", capsys.readouterr().out, flags=re.MULTILINE)

    assert len(listed) >= 7
    assert set(listed) <= {words[0] for words in calls(README)}


@pytest.mark.parametrize("module", sorted(set(re.findall(r"python -m ([\w.]+)", README))))
def test_every_module_the_readme_runs_can_be_run(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [module, "--help"])
    for imported in (module, f"{module}.__main__"):  # by another test
        monkeypatch.delitem(sys.modules, imported, raising=False)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(module, run_name="__main__")

    assert ended.value.code == 0


def test_what_is_said_to_test_a_guarantee_exists() -> None:
    told = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    files, modules = set(re.findall(r"`(tests/[\w/.]+)`", told)), set(re.findall(r"python -m ([\w.]+)", told))

    assert len(files) > 10 and {"benchmarks.crash", "benchmarks.soak"} <= modules
    assert [name for name in files if not (ROOT / name).is_file()] == []
    assert [name for name in modules if not (ROOT / name.replace(".", "/")).with_suffix(".py").is_file()] == []
    promised = told.partition("## Promised")[2].partition("## Where")[0]
    for row in re.findall(r"^\| (?!promise|---)(.+) \|$", promised, flags=re.MULTILINE):
        assert "tests/" in row or "benchmarks" in row, row


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_linked_to_exists(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text(encoding="utf-8"))

    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("text", [README, CHINESE], ids=["README.md", "README.zh.md"])
def test_every_chat_command_is_in_the_readme(text: str) -> None:
    """With its usage and all its aliases, in the order of help."""
    rows = re.findall(r"^\| `/curve ([^`]+)`((?: · [^ |]+)*) \|", text.replace(r"\|", "/"), flags=re.MULTILINE)
    shown = [(usage.replace("/", "|"), tuple(aliases.split(" · ")[1:])) for usage, aliases in rows]

    assert shown == [(c.usage, c.aliases) for c in table.COMMANDS]


def test_slack_has_the_command_of_the_readme_with_the_hint_of_the_table() -> None:
    manifest = YAML(typ="safe", pure=True).load((ROOT / "deploy" / "slack-manifest.yaml").read_text(encoding="utf-8"))
    (slash,) = manifest["features"]["slash_commands"]

    assert (slash["command"], slash["usage_hint"]) == ("/curve", table.usage_hint())


def keys(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Every key of the configuration as a path: `watch.runs.to`."""
    for name, field in model.model_fields.items():
        key = f"{path}{field.alias or name}"
        yield key
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from keys(inner, f"{key}.")


def given(data: Any, path: str = "") -> Iterator[str]:
    """The same of a file that was read."""
    for value in data if isinstance(data, list) else ():
        yield from given(value, path)
    for key, value in data.items() if isinstance(data, Mapping) else ():
        yield f"{path}{key}"
        yield from given(value, f"{path}{key}.")


def test_the_example_shows_every_key_and_is_right_also_where_commented_out() -> None:
    example = YAML(typ="safe", pure=True).load(re.sub(r"^( *)# - ", r"\1- ", EXAMPLE, flags=re.MULTILINE))

    settings.parse(example)
    assert {*keys(schema(PLATFORMS))} - {*given(example)} == set()


def test_every_variable_is_in_operations() -> None:
    assert [name for name in settings.variable_names() if f"`{name}`" not in OPERATIONS] == []


def test_the_metrics_are_those_of_operations(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in settings.variable_names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    told = settings.load()
    app = App(told, {}, store=Store.open(told.database_url))
    app.commands.stop()
    app.polls.stop()
    exported = re.findall(r"^# TYPE (curvebot_\w+) ", app.metrics.text().decode(), flags=re.MULTILINE)
    app.store.close()
    table = OPERATIONS.partition("## Metrics")[2].partition("Worth an alert")[0]

    named = set(re.findall(r"curvebot_\w+", table))
    assert named == {name for name in exported if not name.endswith("_created")}


def test_the_exit_codes_are_those_of_operations() -> None:
    section = OPERATIONS.partition("## Exit codes")[2]
    m = command_line

    assert [int(n) for n in re.findall(r"(?:^|; )(\d+)\b", " ".join(section.split()))] == [
        m.FINE,
        m.FAILED,
        m.WRONG,
        m.UNREADABLE,
        m.BUG,
        m.INTERRUPTED,
    ]


def test_every_diagnosis_is_listed_in_the_order_of_reading() -> None:
    lines = between((ROOT / "docs" / "diagnoses.md").read_text(encoding="utf-8"), "list").splitlines()
    listed = [re.fullmatch(r"- `([a-z-]+)` (.+) \((\w+)\): [A-Z].+\.", line) for line in lines]

    assert [line for line, match in zip(lines, listed, strict=True) if match is None] == []
    assert [match.groups() for match in listed if match] == [(d.id, d.title, d.severity.word) for d in ALL]


def test_the_evidence_that_others_read_is_listed() -> None:
    table = between((ROOT / "docs" / "diagnoses.md").read_text(encoding="utf-8"), "evidence")
    keys = [key for row in table.splitlines()[2:] for key in re.findall(r"`(\w+)`", row.split("|")[1])]

    assert keys == [*evidence.LEVELS, "peak", "step", "checkpoints", "best_step", "was_healthy", "by_clock"]
    assert tuple(panels._LEVELS) == evidence.LEVELS


def test_every_role_is_listed_and_the_example_of_a_profile_is_one(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "profiles.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.+?`) \|", text, flags=re.MULTILINE)
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "ours.yaml").write_text(
        text.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8"
    )

    assert [role for row in rows for role in re.findall(r"`(\w+)`", row)] == list(ROLES)
    assert len(profiles.load(["ours"], tmp_path / "curvebot.yaml").namings) == 2


def test_the_changelog_begins_with_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)

    assert newest is not None and newest[1] == project["version"]
