"""deploy/ against the program: variables, arguments, ports, paths, users, times, and the image's steps."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from sqlalchemy import make_url

from bot import __main__ as command_line
from bot import app, settings
from bot.cli import serve
from bot.http import Site
from bot.metrics import Metrics
from bot.store.pages import KeptPages
from bot.store.store import Store
from tests.deploy.test_validators import DEPLOY, ROOT, documents

DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
UNIT = (DEPLOY / "curvebot.service").read_text(encoding="utf-8")
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
NAMES = settings.variable_names()
ELSEWHERE = {"CURVEBOT_CONFIG", "CURVEBOT_STATE_DIR", "SLACK_API_URL"}  # said by where it runs; for tests
_VARIABLE = re.compile(r"\b(?:CURVEBOT|SLACK|FEISHU|WANDB)_[A-Z_]*[A-Z]\b")


def deployment(path: Path) -> Any:
    return next(d for d in documents(path) if d["kind"] == "Deployment")


def pod(path: Path) -> Any:
    return deployment(path)["spec"]["template"]["spec"]


def container(path: Path) -> Any:
    (found,) = pod(path)["containers"]
    return found


def compose() -> Any:
    return documents(DEPLOY / "compose.yaml")[0]


def bots() -> list[Any]:
    """The services of compose that are bots."""
    return [s for s in compose()["services"].values() if s["image"] == "curvebot"]


def instruction(name: str) -> str:
    """The last one of this name in the Dockerfile."""
    found: list[str] = re.findall(rf"(?m)^{name} (.+)$", DOCKERFILE)
    return found[-1]


# variables


@pytest.mark.parametrize("path", sorted(p for p in DEPLOY.rglob("*") if p.is_file()), ids=lambda path: path.name)
def test_every_variable_named_is_read(path: Path) -> None:
    named = set(_VARIABLE.findall(path.read_text(encoding="utf-8")))

    assert {name for name in named if name.removesuffix("_FILE") not in NAMES} == set()


def test_the_example_of_the_environment_names_all_that_a_person_fills_in() -> None:
    lines = (DEPLOY / "env.example").read_text(encoding="utf-8").splitlines()
    named = [match[1] for line in lines if (match := re.match(r"#?([A-Z_]+)=", line))]

    ours = [name for name in named if name in NAMES]
    assert sorted(ours) == sorted({*NAMES} - {*ELSEWHERE})
    assert set(named) - set(ours) == {"POSTGRES_PASSWORD", "HTTPS_PROXY", "NO_PROXY"}


def test_the_example_filled_in_with_nothing_is_no_mistake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for line in (DEPLOY / "env.example").read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([A-Z_]+)=(.*)", line):
            monkeypatch.setenv(match[1], match[2])

    assert settings.load().switched_on() == {}


# the program's own arguments, ports and paths


def called() -> dict[str, list[str]]:
    """How each way of deployment calls the program."""
    unit = re.search(r"(?m)^ExecStart=\S+/curvebot (.+)$", UNIT)
    assert unit is not None
    return {
        "Dockerfile": json.loads(instruction("CMD")),
        "systemd": shlex.split(unit[1]),
        **{path.name: container(path)["args"] for path in KUBERNETES},
    }


@pytest.mark.parametrize("where", called())
def test_the_program_takes_its_arguments(where: str) -> None:
    args = command_line._parser().parse_args(called()[where])

    assert args.command == "serve"
    assert args.http == ("127.0.0.1" if where == "systemd" else "0.0.0.0", 8080)


def test_the_container_calls_the_program_and_asks_at_its_port() -> None:
    assert json.loads(instruction("ENTRYPOINT")) == ["curvebot"]
    assert instruction("EXPOSE") == "8080"
    assert "http://127.0.0.1:8080/healthz" in instruction("HEALTHCHECK .+? CMD")
    for service in bots():
        assert [port.rpartition(":")[2] for port in service["ports"]] == ["8080"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])  # /metrics and /r ask for no password


def test_so_many_ports_as_replicas() -> None:
    replica = compose()["services"]["replica"]
    first, last = replica["ports"][0].split(":")[1].split("-")

    assert int(last) - int(first) + 1 == replica["deploy"]["replicas"] == 3


def test_the_replicas_find_the_database_that_stands_beside_them() -> None:
    services = compose()["services"]
    url = make_url(services["replica"]["environment"]["CURVEBOT_DATABASE_URL"])
    made = services[url.host]["environment"]

    assert (url.username, url.password, url.database) == tuple(
        made[f"POSTGRES_{name}"] for name in ("USER", "PASSWORD", "DB")
    )
    assert url.port == 5432  # the image's
    asked = shlex.join(services[url.host]["healthcheck"]["test"])
    assert f"-U {url.username} -d {url.database}" in asked
    assert services["replica"]["depends_on"] == {url.host: {"condition": "service_healthy"}}


@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.name)
def test_the_secret_is_the_one_that_operations_has_made(path: Path) -> None:
    made = re.search(r"kubectl create secret generic (\S+)", (ROOT / "docs/operations.md").read_text(encoding="utf-8"))
    taken = [source["secretRef"]["name"] for source in container(path)["envFrom"]]
    taken += [e["valueFrom"]["secretKeyRef"]["name"] for e in container(path)["env"] if "valueFrom" in e]

    assert made is not None
    assert set(taken) == {made[1]}


def test_one_of_the_two_ways_is_chosen() -> None:
    """No bot starts by itself: two on one app would take each other's events."""
    profiles = [service["profiles"] for service in bots()]

    assert sorted(profiles) == [["postgres"], ["sqlite"]]
    assert compose()["services"]["postgres"]["profiles"] == ["postgres"]


@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.name)
def test_kubernetes_asks_where_it_is_answered(path: Path, tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'bot.db'}")
    pages = KeptPages(store, None, clock=time.time)
    site = Site(healthy=lambda: True, ready=lambda: True, metrics=Metrics(), pages=pages, events={})
    asked = container(path)
    wanted = {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    notes = deployment(path)["spec"]["template"]["metadata"]["annotations"]
    (service,) = (d for d in documents(path) if d["kind"] == "Service")

    assert {name: asked[name]["httpGet"]["path"] for name in wanted} == wanted
    assert {asked[name]["httpGet"]["port"] for name in wanted} == {"http"}
    assert asked["ports"] == [{"name": "http", "containerPort": 8080}]
    assert notes["prometheus.io/port"] == "8080"
    assert [port["targetPort"] for port in service["spec"]["ports"]] == ["http"]
    answered: list[str] = []
    for place in (*wanted.values(), notes["prometheus.io/path"]):
        site({"PATH_INFO": place, "REQUEST_METHOD": "GET"}, lambda status, *_: answered.append(status))  # type: ignore[arg-type]
    store.close()
    assert answered == ["200 OK"] * 4


@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.name)
def test_what_selects_finds_what_is_labelled(path: Path) -> None:
    labels = deployment(path)["spec"]["template"]["metadata"]["labels"]
    (service,) = (d for d in documents(path) if d["kind"] == "Service")
    claims = {d["metadata"]["name"] for d in documents(path) if d["kind"] == "PersistentVolumeClaim"}
    volumes = {v["name"]: v for v in pod(path)["volumes"]}

    assert deployment(path)["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert service["spec"]["selector"].items() <= labels.items()
    assert {v["persistentVolumeClaim"]["claimName"] for v in volumes.values() if "persistentVolumeClaim" in v} == claims
    assert {mount["name"] for mount in container(path)["volumeMounts"]} == set(volumes)


# files and users


@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.name)
def test_it_writes_where_it_may_and_reads_what_is_there(path: Path) -> None:
    env = {e["name"]: e.get("value", "") for e in container(path)["env"]}
    mounts = {m["mountPath"]: m for m in container(path)["volumeMounts"]}
    (config,) = (d["data"] for d in documents(path) if d["kind"] == "ConfigMap")
    folder, _, file = env["CURVEBOT_CONFIG"].rpartition("/")
    user = re.search(r"--uid (\d+)", DOCKERFILE)

    assert container(path)["securityContext"]["readOnlyRootFilesystem"]
    assert {env["CURVEBOT_STATE_DIR"], "/tmp"} <= {place for place, m in mounts.items() if not m.get("readOnly")}
    assert mounts[folder]["readOnly"] and file in config
    settings.parse(YAML(typ="safe", pure=True).load(config[file]))
    assert user is not None
    assert pod(path)["securityContext"]["runAsNonRoot"]
    assert {pod(path)["securityContext"][key] for key in ("runAsUser", "fsGroup")} == {int(user[1])}
    assert instruction("USER") == user[1]


def test_compose_writes_where_it_may_and_reads_what_is_there() -> None:
    for service in bots():
        places = [*service["tmpfs"], *(v.split(":")[1] for v in service["volumes"] if not v.endswith(":ro"))]

        assert service["read_only"]
        assert {"/tmp", "/state"} <= set(places)
        assert "../config:/config:ro" in service["volumes"]
        assert service["environment"]["CURVEBOT_CONFIG"].startswith("/config/")
    assert "MPLCONFIGDIR=/tmp/" in DOCKERFILE and "CURVEBOT_STATE_DIR=/state" in DOCKERFILE


def test_one_on_a_file_and_many_on_a_server() -> None:
    """SQLite belongs to one process, also while a new version is rolled out."""
    one, many = (next(p for p in KUBERNETES if p.stem == name) for name in ("sqlite", "postgres"))

    assert deployment(one)["spec"]["replicas"] == 1
    assert deployment(one)["spec"]["strategy"] == {"type": "Recreate"}
    assert "CURVEBOT_DATABASE_URL" not in {e["name"] for e in container(one)["env"]}
    assert deployment(many)["spec"]["replicas"] > 1
    assert "CURVEBOT_DATABASE_URL" in {e["name"] for e in container(many)["env"]}
    claims = [[d["kind"] for d in documents(path)].count("PersistentVolumeClaim") for path in (one, many)]
    assert claims == [1, 0]  # what lasts of many is in their database


def test_the_unit_writes_only_into_its_own_state() -> None:
    assert "ProtectSystem=strict" in UNIT
    state = re.search(r"(?m)^StateDirectory=(\S+)$", UNIT)
    assert state is not None
    assert f"CURVEBOT_STATE_DIR=/var/lib/{state[1]}" in UNIT
    assert f"MPLCONFIGDIR=/var/lib/{state[1]}/" in UNIT


# times


def seconds(text: str) -> float:
    return float(text.removesuffix("s"))


def test_there_is_time_to_stop_and_the_watchdog_waits_long_enough() -> None:
    unit = {key: float(number) for key, number in re.findall(r"(?m)^(\w+Sec)=(\d+)$", UNIT)}

    assert unit["TimeoutStopSec"] > serve._STOP_S
    assert unit["WatchdogSec"] > app._STALE_S
    assert all(seconds(service["stop_grace_period"]) > serve._STOP_S for service in bots())
    assert all(pod(path)["terminationGracePeriodSeconds"] > serve._STOP_S for path in KUBERNETES)


# the image


def copied() -> list[str]:
    """What the Dockerfile takes out of the repository."""
    lines = re.findall(r"(?m)^COPY (?!--from)(.+)$", DOCKERFILE)
    return [name for line in lines for name in line.split()[:-1]]


def test_what_is_copied_is_let_through() -> None:
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert {line.removeprefix("!") for line in ignore if line.startswith("!")} == set(copied())
    assert "config/curvebot.yaml" in ignore


@pytest.fixture
def built() -> Iterator[Path]:
    """Half a gigabyte that pytest would keep."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_the_steps_of_the_image_make_a_program_that_runs(built: Path, tmp_path: Path) -> None:
    """Those of its build stage, without an engine: the same files, the same commands, a clean environment."""
    if shutil.which("uv") is None:
        pytest.skip("no uv on the path: pip install uv")
    stage = DOCKERFILE.partition("FROM ${BASE} AS build")[2].partition("FROM ${BASE}")[0]
    inside = built / "app"
    inside.mkdir()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("VIRTUAL_ENV", "PYTHON", "COVERAGE"))}
    quick = {"UV_COMPILE_BYTECODE": "0"}  # its only use is the next start's
    for line in re.findall(r"(?m)^(?:COPY (?!--from)|RUN uv ).+$", stage):
        word, _, rest = line.partition(" ")
        if word == "RUN":
            command = rest.replace("--no-cache ", "")
            subprocess.run(command, shell=True, check=True, cwd=inside, env=kept | quick, capture_output=True)
            continue
        *names, _ = rest.split()
        for name in names:
            whole = (ROOT / name).is_dir()
            skip = shutil.ignore_patterns("__pycache__", "curvebot.yaml")
            shutil.copytree(ROOT / name, inside / name, ignore=skip) if whole else shutil.copy(ROOT / name, inside)

    bare = {"PATH": f"{inside / '.venv' / 'bin'}:/usr/bin:/bin", "MPLCONFIGDIR": str(tmp_path / "mpl")}
    sample = str(ROOT / "bot" / "samples" / "64wxlc3y.parquet")
    for args in (["report", sample, "--chart", "a.png"], ["check"]):
        done = subprocess.run(
            ["curvebot", *args], check=False, cwd=tmp_path, env=bare, capture_output=True, encoding="utf-8", timeout=120
        )
        assert done.returncode == 0, done.stderr
    look = "import importlib.util as u; print(*(n for n in ('psycopg', 'pytest', 'mypy') if u.find_spec(n)))"
    there = subprocess.run([str(inside / ".venv/bin/python"), "-c", look], check=True, env=bare, capture_output=True)
    assert there.stdout.split() == [b"psycopg"]  # for PostgreSQL; and nothing of the tests
