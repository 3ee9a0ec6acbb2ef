"""Every file of deploy/ is accepted by the tool of its kind."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import promql_parser
import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SCHEMAS = Path(__file__).parent / "schemas"
RULES = {  # of a file of alert rules, as Prometheus documents it
    "type": "object",
    "additionalProperties": False,
    "required": ["groups"],
    "properties": {
        "groups": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "rules"],
                "properties": {
                    "name": {"type": "string"},
                    "interval": {"type": "string"},
                    "rules": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["alert", "expr", "labels", "annotations"],
                            "properties": {
                                "alert": {"type": "string", "pattern": "^[A-Z][A-Za-z]+$"},
                                "expr": {"type": "string"},
                                "for": {"type": "string", "pattern": "^[0-9]+[smh]$"},
                                "labels": {"type": "object", "required": ["severity"]},
                                "annotations": {"type": "object", "required": ["summary", "description"]},
                            },
                        },
                    },
                },
            },
        }
    },
}


def program(name: str) -> str:
    """Of the tests' own environment."""
    return str(Path(sys.executable).parent / name)


def said(*command: str) -> str:
    """What a program complains of; nothing when it is content."""
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", timeout=120)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def documents(path: Path) -> list[Any]:
    """Read as YAML 1.1, as Docker, Kubernetes and Prometheus do."""
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 1)
    return list(yaml.load_all(path.read_text(encoding="utf-8")))


def test_the_dockerfile() -> None:
    assert said(program("hadolint"), str(DEPLOY / "Dockerfile")) == ""


def test_the_compose_file() -> None:
    checker = [program("check-jsonschema"), "--builtin-schema", "vendor.compose-spec"]

    assert said(*checker, str(DEPLOY / "compose.yaml")) == ""


@pytest.mark.parametrize("version", ["1.28", "1.37"])
@pytest.mark.parametrize("path", sorted((DEPLOY / "kubernetes").glob("*.yaml")), ids=lambda path: path.name)
def test_the_kubernetes_manifests(path: Path, version: str) -> None:
    found = documents(path)

    assert "Deployment" in {d["kind"] for d in found}
    for document in found:
        kubernetes_validate.validate(document, version, strict=True)


def unit_for_this_machine(folder: Path) -> Path:
    """The unit with a program that is there: `verify` looks for it."""
    text = (DEPLOY / "curvebot.service").read_text(encoding="utf-8")
    unit = folder / "curvebot.service"
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text), encoding="utf-8")
    return unit


@pytest.fixture
def analyzer() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("no systemd-analyze on this machine: apt-get install systemd")
    return found


def test_the_systemd_unit(analyzer: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [analyzer, "verify", str(unit_for_this_machine(tmp_path))], check=False, capture_output=True, encoding="utf-8"
    )
    ours = [line for line in done.stderr.splitlines() if "curvebot" in line]

    assert ours == []


def test_the_systemd_unit_is_locked_up(analyzer: str, tmp_path: Path) -> None:
    """An exposure of at most 2.0 of 10."""
    checker = [analyzer, "security", "--offline=yes", "--threshold=20"]

    assert said(*checker, str(unit_for_this_machine(tmp_path))) == ""


def test_the_slack_manifest() -> None:
    """Slack's own schema of manifests (schemas/slack-manifest.LICENSE)."""
    schema = json.loads((SCHEMAS / "slack-manifest-1.0.0.json").read_text(encoding="utf-8"))

    (manifest,) = documents(DEPLOY / "slack-manifest.yaml")
    jsonschema.validate(manifest, schema)


def test_the_alert_rules() -> None:
    (rules,) = documents(DEPLOY / "prometheus-rules.yaml")

    jsonschema.validate(rules, RULES)
    for group in rules["groups"]:
        for rule in group["rules"]:
            promql_parser.parse(rule["expr"])


def lost(given: Any, kept: Any, path: str = "") -> Iterator[str]:
    """What one JSON value says and the other does not, as paths."""
    if isinstance(given, Mapping) and isinstance(kept, Mapping):
        for key, value in given.items():
            yield from lost(value, kept[key], f"{path}.{key}") if key in kept else [f"{path}.{key}"]
    elif isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        for i, (a, b) in enumerate(zip(given, kept, strict=True)):
            yield from lost(a, b, f"{path}[{i}]")
    elif given != kept:
        yield path


def test_the_dashboard() -> None:
    """Grafana's own classes take all of it, and every expression is PromQL."""
    given = json.loads((DEPLOY / "grafana-dashboard.json").read_text(encoding="utf-8"))
    kept = json.loads(JSONEncoder().encode(Dashboard.from_json(given)))
    places = [panel["gridPos"] for panel in given["panels"]]
    cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]

    assert list(lost(given, kept)) == []
    assert len({panel["id"] for panel in given["panels"]}) == len(given["panels"])
    assert len(cells) == len(set(cells))  # no panel covers another
    assert max(x for x, _ in cells) < 24
    for panel in given["panels"]:
        for target in panel["targets"]:
            promql_parser.parse(target["expr"].replace("$__rate_interval", "5m"))
