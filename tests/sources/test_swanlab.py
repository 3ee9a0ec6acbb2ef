"""SwanLab, through the client of its SDK, from a local server."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from swanlab import Api

from bot.settings import Environment, Settings, parse
from bot.sources import SourceError, Sources
from bot.sources.reference import Home, RunFilter, RunRef, parse_filter
from bot.sources.reference import parse as reference
from bot.sources.spotting import spots
from tests.fakes.server import free_port
from tests.fakes.swanlab_server import SwanLabServer
from tests.sources.conftest import cells_of

HOME = Home("wandb.ai", "team", "robot")
AT = 1_760_000_000.0
ROWS: list[dict[str, Any]] = [
    {"_step": 10 * i, "_timestamp": AT + i, "train/loss": 1 / (1 + i)} | ({"eval/acc": 0.5} if i % 5 == 0 else {})
    for i in range(20)
]


@pytest.fixture
def server() -> Iterator[SwanLabServer]:
    with SwanLabServer() as running:
        yield running


def sources_of(server: SwanLabServer, **more: Any) -> Sources:
    known = {"entity": "team", "project": "robot", "deadline_s": 10.0, "request_timeout_s": 2, **more}
    return Sources(swanlab_host=server.url, **{"swanlab_api_key": server.api_key, **known})


@pytest.fixture
def sources(server: SwanLabServer) -> Sources:
    return sources_of(server)


# what is meant


@pytest.mark.parametrize(
    "text",
    [
        "swanlab:team/robot/abc123",
        "swanlab:@team/robot/abc123",
        "https://swanlab.cn/@team/robot/runs/abc123",
        "https://swanlab.cn/@team/robot/runs/abc123/chart",
        "swanlab.cn/@team/robot/runs/abc123/environment/overview?x=1",
        "<https://swanlab.cn/@team/robot/runs/abc123/chart|看这里>",
    ],
)
def test_a_run(text: str) -> None:
    found = reference(text, HOME)
    assert found == RunRef("swanlab:team", "robot", "abc123")
    assert reference(str(found), HOME) == found


@pytest.mark.parametrize("text", ["swanlab:abc123", "swanlab:team/robot", "swanlab:/robot/abc", "swanlab:a/b/c/d"])
def test_what_is_no_run_says_how_one_is_written(text: str) -> None:
    with pytest.raises(ValueError, match="swanlab:team/robot/64wxlc3y"):
        reference(text, HOME)


@pytest.mark.parametrize("text", ["https://swanlab.cn/@team/robot/overview", "https://swanlab.cn/@team/robot"])
def test_a_page_that_is_no_run(text: str) -> None:
    with pytest.raises(ValueError, match=r"https://swanlab\.cn/@team/robot/runs/64wxlc3y/chart"):
        reference(text, HOME)


def test_filters() -> None:
    for text in ("swanlab:team/robot/*", "swanlab:team/robot"):
        assert parse_filter(text, HOME) == RunFilter("swanlab:team", "robot")
    assert parse_filter("swanlab:team/robot?tag=prod", HOME) == RunFilter("swanlab:team", "robot", ("prod",))
    assert parse_filter("swanlab:team/robot/abc123", HOME) is None


def test_a_self_hosted_server_has_links_of_its_own() -> None:
    home = Home(swanlab="swan.corp:8000")
    assert reference("https://swan.corp:8000/@team/robot/runs/a1", home) == RunRef("swanlab:team", "robot", "a1")
    with pytest.raises(ValueError, match=r"swanlab\.cn"):
        reference("https://swanlab.cn/@team/robot/runs/a1", home)


@pytest.mark.parametrize("text", ["swanlab:team/robot/abc123", "https://swanlab.cn/@team/robot/runs/abc123/chart"])
def test_in_the_middle_of_a_sentence(text: str) -> None:
    assert [spot.text for spot in spots(f"帮我看下 {text} 咋样了")] == [text]


# a run


def test_its_facts_and_rows(sources: Sources, server: SwanLabServer) -> None:
    config = {"lr": {"value": 1e-3, "desc": "", "sort": 0}, "plain": 3, "deep": {"value": {"a": 1}, "other": 2}}
    server.add_run("team", "robot", "r1", ROWS, labels=[{"name": "prod"}], profile={"config": config})
    before = time.time()
    run = sources.fetch("swanlab:team/robot/r1")
    assert (run.ref, run.tracker, run.tracked_as) == ("swanlab:team/robot/r1", "SwanLab", "team/robot/r1")
    assert (run.name, run.state, run.user, run.tags, run.run_id) == ("name-r1", "running", "alice", ("prod",), "r1")
    assert run.url == f"https://127.0.0.1:{server.port}/@team/robot/runs/r1/chart"
    assert run.config == {"lr": 1e-3, "plain": 3, "deep": {"value": {"a": 1}, "other": 2}}
    assert run.created_at == 1_760_000_000
    assert run.observed_at is not None and run.observed_at >= before
    assert run.history.step.tolist() == [row["_step"] for row in ROWS]
    assert run.history.timestamp.tolist() == [row["_timestamp"] for row in ROWS]
    assert cells_of(run.history, "train/loss") == {i: 1 / (1 + i) for i in range(20)}
    assert cells_of(run.history, "eval/acc") == dict.fromkeys(range(0, 20, 5), 0.5)


def test_the_same_as_the_sdk_reads(sources: Sources, server: SwanLabServer) -> None:
    """Its public interface, which is of no use for more: it answers a failure as it does a run without data."""
    rows = [row | {f"m{k}": float(k) for k in range(20)} for row in ROWS]
    server.add_run("team", "robot", "r1", [*rows, {"_step": 500, "train/loss": math.nan, "m1": math.inf}])
    run = Api(api_key=server.api_key, host=server.url).run("team/robot/r1")
    keys = run.series().json()["keys"]
    theirs = {one["key"]: one["metrics"] for one in run.metrics(keys=keys, all=True)["list"]}
    ours = sources.fetch("swanlab:team/robot/r1").history
    assert ours.columns.keys() == theirs.keys()
    for key, points in theirs.items():
        column = ours.columns[key]
        assert ours.step[column.rows].tolist() == [point["step"] for point in points]
        assert repr(column.values.tolist()) == repr([point["value"] for point in points])


def test_the_session_goes_to_the_server_alone(sources: Sources, server: SwanLabServer) -> None:
    server.add_run("team", "robot", "r1", ROWS)
    sources.fetch("swanlab:team/robot/r1")
    assert not server.told_files


def test_a_nan_that_was_logged_is_told_apart(sources: Sources, server: SwanLabServer) -> None:
    rows = [{"_step": 0, "a": math.nan, "b": 1.0}, {"_step": 1, "b": math.inf}, {"_step": 2, "a": -math.inf}]
    server.add_run("team", "robot", "r1", rows)
    history = sources.fetch("swanlab:team/robot/r1").history
    assert repr(cells_of(history, "a")) == "{0: nan, 2: -inf}"
    assert repr(cells_of(history, "b")) == "{0: 1.0, 1: inf}"


def test_many_metrics_are_exported_some_at_a_time(sources: Sources, server: SwanLabServer) -> None:
    server.add_run("team", "robot", "r1", [{"_step": i} | {f"m{k}": float(k) for k in range(40)} for i in range(3)])
    history = sources.fetch("swanlab:team/robot/r1").history
    assert history.columns.keys() == {f"m{k}" for k in range(40)}
    assert server.requests.count("export") == 3


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("RUNNING", "running"), ("FINISHED", "finished"), ("CRASHED", "crashed"), ("ABORTED", "killed"), ("?", "unknown")],
)
def test_states(theirs: str, ours: str, sources: Sources, server: SwanLabServer) -> None:
    server.add_run("team", "robot", "r1", ROWS, state=theirs)
    assert sources.fetch("swanlab:team/robot/r1").state == ours


def test_a_run_without_a_record(sources: Sources, server: SwanLabServer) -> None:
    server.add_run("team", "robot", "r1", [])
    assert len(sources.fetch("swanlab:team/robot/r1").history) == 0


def test_watched_it_goes_on_and_once_ended_costs_a_request(sources: Sources, server: SwanLabServer) -> None:
    server.add_run("team", "robot", "r1", ROWS)
    first = sources.fetch("swanlab:team/robot/r1")
    server.rows["cuid-r1"] += [{"_step": 200, "_timestamp": AT + 30, "train/loss": 0.01}]
    server.runs["team", "robot"]["r1"]["state"] = "FINISHED"
    second = sources.fetch("swanlab:team/robot/r1")
    assert len(second.history) == len(first.history) + 1
    assert second.history.origin is first.history.origin
    server.requests.clear()
    assert sources.fetch("swanlab:team/robot/r1").history is second.history
    assert server.requests == ["run"]


def test_running_runs_of_a_project(sources: Sources, server: SwanLabServer) -> None:
    server.add_run("team", "robot", "r1", ROWS, labels=[{"name": "prod"}])
    server.add_run("team", "robot", "r2", ROWS, state="FINISHED")
    server.add_run("team", "robot", "r3", ROWS, user={"username": "bob"})

    def listed(text: str) -> list[str]:
        filter_ = sources.filter(text)
        assert filter_ is not None
        return list(sources.list_runs(filter_))

    assert listed("swanlab:team/robot/*") == ["swanlab:team/robot/r1", "swanlab:team/robot/r3"]
    assert listed("swanlab:team/robot?tag=prod") == ["swanlab:team/robot/r1"]
    assert listed("swanlab:team/robot?user=bob") == ["swanlab:team/robot/r3"]
    assert sources.survey(["swanlab:team/robot/r1"]) == {}
    assert sources.near("swanlab:team/robot/r9") is None


# how it fails


def failure(sources: Sources) -> SourceError:
    with pytest.raises(SourceError) as caught:
        sources.fetch("swanlab:team/robot/r1")
    return caught.value


@pytest.mark.parametrize("call", ["login", "run", "project", "keys", "export", "presigned", "file"])
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("401", "forbidden"),
        ("404", "not_found"),
        ("429", "rate_limited"),
        ("500", "unreachable"),
        ("reset", "unreachable"),
    ],
)
def test_no_failure_looks_like_a_run_without_data(
    call: str, fault: str, reason: str, sources: Sources, server: SwanLabServer, capfd: pytest.CaptureFixture[str]
) -> None:
    server.add_run("team", "robot", "r1", ROWS)
    server.fail(call, fault)
    error = failure(sources)
    assert error.reason == reason
    assert server.api_key not in str(error) and "http" not in str(error)
    assert capfd.readouterr().out == ""  # what the SDK says of it is for nobody
    assert len(sources.fetch("swanlab:team/robot/r1").history) == 20  # the next one is none


@pytest.mark.parametrize("call", ["run", "keys", "export", "presigned", "file"])
def test_rubbish(call: str, sources: Sources, server: SwanLabServer) -> None:
    server.add_run("team", "robot", "r1", ROWS)
    server.fail(call, "garbage")
    assert failure(sources).reason == "unreadable"


@pytest.mark.parametrize("call", ["login", "run", "file"])
def test_it_ends_in_time(call: str, server: SwanLabServer) -> None:
    server.add_run("team", "robot", "r1", ROWS)
    slow = sources_of(server, deadline_s=3.0, request_timeout_s=1)
    slow.fetch("swanlab:team/robot/r1") if call != "login" else None  # the SDK takes seconds to import
    server.fail(call, "hang", 5)
    began = time.monotonic()
    assert failure(slow).reason == "unreachable"
    assert time.monotonic() - began < 10


def test_nobody_there(server: SwanLabServer) -> None:
    away = Sources(swanlab_host=f"http://127.0.0.1:{free_port()}", swanlab_api_key="k", deadline_s=5)
    assert failure(away).reason == "unreachable"


def test_a_key_that_it_does_not_take_and_none(server: SwanLabServer) -> None:
    server.add_run("team", "robot", "r1", ROWS)
    assert failure(sources_of(server, swanlab_api_key="other")).reason == "forbidden"
    assert "SWANLAB_API_KEY" in str(failure(sources_of(server, swanlab_api_key=None)))


def test_without_its_package_it_says_what_to_install(
    sources: Sources, server: SwanLabServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "swanlab.exceptions", None)
    assert str(failure(sources)) == "读 SwanLab 要先装一个包：pip install swanlab"


# what may be read


def test_a_project_that_is_not_allowed_is_not_asked_for(server: SwanLabServer, tmp_path: Path) -> None:
    """Rules name the tracker: `team/*` is of W&B."""
    server.add_run("team", "robot", "r1", ROWS)
    known = {
        "SWANLAB_API_HOST": server.url,
        "SWANLAB_API_KEY": server.api_key,
        "CURVEBOT_STATE_DIR": tmp_path,
    }

    def made(projects: list[str]) -> Sources:
        return Settings(parse({"access": {"projects": projects}}), Environment.model_validate(known)).sources()

    for closed in (made(["team/*"]), made(["swanlab:lab/*"])):
        for text in ("swanlab:team/robot/r1", "swanlab:team/robot/nothing"):
            with pytest.raises(SourceError) as caught:
                closed.fetch(text)
            assert (caught.value.reason, str(caught.value)) == (
                "refused",
                "swanlab:team/robot 不在允许读取的项目里，请管理员把它加进配置的 access.projects",
            )
        with pytest.raises(SourceError):
            closed.list_runs(RunFilter("swanlab:team", "robot"))
    assert server.requests == []
    assert len(made(["swanlab:team/*"]).fetch("swanlab:team/robot/r1").history) == 20
