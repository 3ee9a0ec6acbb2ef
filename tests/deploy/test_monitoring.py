"""The dashboard and the alert rules ask for what the bot exports, and tell all of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import promql_parser
import pytest

from bot import settings
from bot.app import App
from bot.metrics import _Gauges
from bot.store.store import Store
from tests.deploy.test_validators import DEPLOY, ROOT, documents

_ENDINGS = {"histogram": ("_bucket", "_sum", "_count")}


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, set[str]]:
    """Series -> labels, of everything that /metrics can hold."""
    for name in settings.variable_names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    told = settings.load()
    bot = App(told, {}, store=Store.open(told.database_url))
    bot.commands.stop()
    bot.polls.stop()
    text = bot.metrics.text().decode()
    bot.store.close()
    read = {f"curvebot_{name}": {label} for name, label in _Gauges.LABELS.items()}
    counted = {m._name: set(m._labelnames) for m in vars(bot.metrics).values() if hasattr(m, "_labelnames")}
    found: dict[str, set[str]] = {}
    for name, kind in re.findall(r"(?m)^# TYPE (curvebot_\w+) (\w+)$", text):
        labels = read.get(name, set()) | counted.get(name.removesuffix("_total"), set())
        for ending in _ENDINGS.get(kind, ("",)):
            found[name + ending] = labels | ({"le"} if ending == "_bucket" else set())
    return {name: labels for name, labels in found.items() if not name.endswith("_created")}


def bare(name: str) -> str:
    """The metric of a series."""
    return re.sub(r"_(bucket|sum|count)$", "", name)


def labels_of(expression: str) -> tuple[set[str], set[str]]:
    """By which an expression groups, and which it matches."""
    grouped = {name.strip() for by in re.findall(r"by \(([^)]*)\)", expression) for name in by.split(",")}
    return grouped, set(re.findall(r"(\w+)(?:=~|!~|!=|=)\"", expression))


def rules() -> list[dict[str, str]]:
    (file,) = documents(DEPLOY / "prometheus-rules.yaml")
    return [rule for group in file["groups"] for rule in group["rules"]]


def expressions() -> list[str]:
    board = json.loads((DEPLOY / "grafana-dashboard.json").read_text(encoding="utf-8"))
    shown = [target["expr"].replace("$__rate_interval", "5m") for p in board["panels"] for target in p["targets"]]
    return [*shown, *(rule["expr"] for rule in rules())]


def test_they_ask_for_what_is_exported(exported: Mapping[str, set[str]]) -> None:
    for expression in expressions():
        series = re.findall(r"\bcurvebot_\w+", expression)
        grouped, matched = labels_of(expression)

        assert series and set(series) <= set(exported), expression
        assert grouped | matched <= set().union(*(exported[name] for name in series)), expression
        promql_parser.parse(expression)


def test_nothing_is_counted_that_nobody_sees(exported: Mapping[str, set[str]]) -> None:
    asked = {bare(name) for expression in expressions() for name in re.findall(r"\bcurvebot_\w+", expression)}

    assert {bare(name) for name in exported} - asked == set()


def test_an_alert_has_the_labels_it_speaks_of() -> None:
    for rule in rules():
        told = re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"]))

        assert set(told) <= labels_of(rule["expr"])[0], rule["alert"]


def test_the_alerts_are_those_of_operations() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    worth = text.partition("Worth an alert")[2].partition("\n## ")[0]

    assert re.findall(r"`(Curvebot\w+)`", worth) == [rule["alert"] for rule in rules()]
