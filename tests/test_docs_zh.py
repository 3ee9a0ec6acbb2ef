"""The Chinese documents say what the English ones say, and every key of the configuration is explained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot import settings
from bot.platforms import PLATFORMS
from bot.settings.configuration import Configuration, schema
from tests.test_docs import ROOT, between, keys

PAIRS = ("README.md", "docs/slack.md", "docs/feishu.md", "docs/webhook.md", "docs/operations.md", "docs/code.md")
SETTINGS = between((ROOT / "docs" / "zh" / "settings.md").read_text(encoding="utf-8"), "keys")
_FENCE = re.compile(r"^```\w*\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)


def chinese(name: str) -> str:
    return "README.zh.md" if name == "README.md" else name.replace("docs/", "docs/zh/")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def headings(text: str) -> list[str]:
    """Their levels, in order, and what of them is a name."""
    found = re.findall(r"^(#+) (.+)$", _FENCE.sub("", text), flags=re.MULTILINE)
    return [f"{level} {' '.join(re.findall(r'[0-9]+|HTTP|Slack', title))}".rstrip() for level, title in found]


def blocks(text: str) -> list[list[str]]:
    """Fenced code: what is typed or pasted, and of a map of folders their names."""
    found = [[re.sub(r"\s+#.*$", "", line) for line in block.splitlines()] for block in _FENCE.findall(text)]
    return [[re.split(r"(?<=\S)\s{2,}", line)[0] for line in block if not line.startswith(" " * 6)] for block in found]


def names(text: str) -> set[str]:
    """Commands, keys, variables, metrics, scopes: what stands between backticks and is not Chinese."""
    return {name for name in re.findall(r"`([^`\n]+)`", _FENCE.sub("", text)) if name.isascii()}


def shape(text: str) -> list[str]:
    """Where there are tables, numbered steps and points, line by line."""
    lines = _FENCE.sub("", text).splitlines()
    return [match[1] for line in lines if (match := re.match(r"(\||\d\.|-)(?=[ |-])", line))]


@pytest.mark.parametrize("name", PAIRS)
def test_both_say_the_same(name: str) -> None:
    english, other = read(name), read(chinese(name))

    assert headings(other) == headings(english)
    assert blocks(other) == blocks(english)
    assert shape(other) == shape(english)
    assert names(other) ^ names(english) == set()


@pytest.mark.parametrize("name", PAIRS)
def test_each_leads_to_the_other(name: str) -> None:
    up = "../" if name.startswith("docs/") else ""
    target = chinese(name).removeprefix("docs/")

    assert f"[中文]({target})" in read(name).splitlines()[2]
    assert f"[English]({up}{name.removeprefix('docs/')})" in read(chinese(name)).splitlines()[2]


# settings


def rows() -> Iterator[tuple[str, str]]:
    """Key -> what stands as its default."""
    yield from re.findall(r"^\| `([\w.]+)` \| ([^|]+?) \|", SETTINGS, flags=re.MULTILINE)


def test_every_key_is_explained_in_its_order() -> None:
    every = list(keys(schema(PLATFORMS)))
    sections = {key for key in every if any(other.startswith(f"{key}.") for other in every)}
    listed = [key for key, _ in rows()]

    assert listed == [key for key in every if key in listed]
    assert set(every) - set(listed) <= sections  # a section alone says nothing


def at(config: Any, path: str) -> Any:
    for key in path.split("."):
        config = getattr(config, key)
    return config


@pytest.mark.parametrize(("path", "default"), [row for row in rows() if row[1].startswith("`")])
def test_the_default_is_that_of_the_code(path: str, default: str) -> None:
    """Written into a configuration it changes nothing."""
    section, _, key = path.rpartition(".")
    value = YAML(typ="safe", pure=True).load(default.strip("`"))
    if section == "thresholds":
        (one,) = settings.parse({"thresholds": [{"name": "x", "metric": "m", "above": 1, key: value}]}).thresholds
        (plain,) = settings.parse({"thresholds": [{"name": "x", "metric": "m", "above": 1}]}).thresholds
        assert one == plain
        return
    written: Any = value
    for name in reversed(path.split(".")):
        written = {name: written}
    if section.startswith("access."):
        assert settings.parse(written).access == Configuration().access
    else:
        assert at(settings.parse(written), path) == at(Configuration(), path)


@pytest.mark.parametrize("path", [path for path, default in rows() if default == "无" and path.count(".") < 2])
def test_without_a_default_there_is_none(path: str) -> None:
    section = path.partition(".")[0]
    if section in ("thresholds",):
        (plain,) = settings.parse({"thresholds": [{"name": "x", "metric": "m", "above": 1}]}).thresholds
        assert None in (plain.above, plain.below)
        return
    assert at(Configuration(), path) is None
