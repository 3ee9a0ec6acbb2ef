"""W&B over a local server, with the real client: the traps of its rows, freshness, price, failures and deadlines."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bot.sources import SourceError, Sources, StillReadingError
from bot.sources.wandb import history
from tests.fakes.server import PATIENCE_S
from tests.fakes.wandb_server import Row, WandbServer, records
from tests.sources.conftest import assert_same, nasty


def rows(first: int, last: int, **more: Any) -> list[Row]:
    return [{"_step": i, "_timestamp": 1.76e9 + i, "loss": 1.0 / (i + 1)} | more for i in range(first, last)]


def failure(sources: Sources, text: str = "r1") -> SourceError:
    with pytest.raises(SourceError) as caught:
        sources.fetch(text)
    return caught.value


class TestFacts:
    def test_all(self, sources: Sources, server: WandbServer) -> None:
        server.add_run(
            "team",
            "robot",
            "r1",
            rows(0, 3),
            name="名字",
            config={"lr": 1e-4, "ot": {"reg": 1.0}},
            tags=("a", "b"),
            state="running",
            created_at=1.76e9,
            heartbeat_at=1.76e9 + 60,
        )
        before = time.time()
        run = sources.fetch("r1")
        assert (run.ref, run.name, run.url) == ("team/robot/r1", "名字", f"{server.url}/team/robot/runs/r1")
        assert (run.entity, run.project, run.run_id, run.user, run.tags) == ("team", "robot", "r1", "alice", ("a", "b"))
        assert run.config == {"lr": 1e-4, "ot": {"reg": 1.0}}
        assert (run.state, run.created_at, run.heartbeat_at) == ("running", 1.76e9, 1.76e9 + 60)
        assert run.observed_at is not None and before <= run.observed_at <= time.time()
        assert (run.planned_steps, run.sampled) == (None, False)

    def test_a_run_without_rows(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "r1", [], state="pending")
        assert len(sources.fetch("r1").history) == 0

    def test_a_state_nobody_has_heard_of(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "r1", rows(0, 3), state="dancing")
        assert sources.fetch("r1").state == "unknown"

    def test_state_and_heartbeat_are_those_of_now(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "r1", rows(0, 3), heartbeat_at=1.76e9)
        assert sources.fetch("r1").state == "running"
        server.update("r1", state="crashed", heartbeat_at=1.76e9 + 300)
        run = sources.fetch("r1")
        assert (run.state, run.heartbeat_at) == ("crashed", 1.76e9 + 300)


class TestRows:
    def test_metrics_logged_at_different_steps_all_come(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "r1", [{"_step": 0, "train/loss": 1.0}, {"_step": 1, "eval/loss": 2.0}])
        columns = sources.fetch("r1").history.columns
        assert {key: c.rows.tolist() for key, c in columns.items()} == {"train/loss": [0], "eval/loss": [1]}

    def test_one_row_in_thousands_is_never_sampled_away(self, sources: Sources, server: WandbServer) -> None:
        logged = rows(0, 3000)
        logged[1717]["loss"] = 1e6
        server.add_run("team", "robot", "r1", logged)
        history = sources.fetch("r1").history
        assert len(history) == 3000
        assert history.columns["loss"].values[1717] == 1e6

    def test_rows_served_twice_come_once(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "r1", rows(0, 100), exported=60)
        assert_same(sources.fetch("r1").history, sources.fetch("r1").history)
        assert sources.fetch("r1").history.step.tolist() == list(range(100))

    def test_export_that_moves_on_loses_no_rows(self, sources: Sources, server: WandbServer, tmp_path: Path) -> None:
        """The client's own cache of exported files goes stale; another process may have filled it."""
        server.add_run("team", "robot", "r1", rows(0, 100), exported=100)
        assert len(sources.fetch("r1").history) == 100
        server.append("r1", rows(100, 132))
        server.update("r1", exported=132)
        again = Sources(base_url=server.url, api_key=server.api_key, entity="team", project="robot", directory=tmp_path)
        assert len(again.fetch("r1").history) == 132
        assert len(sources.fetch("r1").history) == 132
        assert not list(Path(os.environ["WANDB_CACHE_DIR"]).glob("*.runhistory.parquet"))  # nor does it fill the disk

    def test_steps_that_do_not_begin_at_zero(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "r1", rows(250_000, 250_010), state="running")
        assert sources.fetch("r1").history.step.tolist() == list(range(250_000, 250_010))

    def test_typed_values_and_text_are_no_metrics(self, sources: Sources, server: WandbServer) -> None:
        odd = {
            "h": {"_type": "histogram", "bins": [1, 2]},
            "img": {"_type": "image-file", "width": 640},
            "t": "text",
            "ok": True,
        }
        server.add_run("team", "robot", "r1", rows(0, 3, deep={"er": 2.0}, **odd))
        assert sources.fetch("r1").history.columns.keys() == {"loss", "deep.er"}


class TestPrice:
    """Requests are what W&B limits."""

    def test_of_a_first_read_and_of_a_poll(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "r1", [{"_step": 50 * i, "loss": 1.0} for i in range(1200)])

        def price() -> list[str]:
            server.requests.clear()
            sources.fetch("r1")
            return server.requests

        assert price() == ["viewer", "run", "keys", "parquet", "history"]
        assert price() == ["run"]
        server.append("r1", [{"_step": 60_001, "loss": 2.0}])
        assert price() == ["run", "keys", "parquet", "history"]
        server.update("r1", state="finished")
        assert price() == ["run"]

    def test_of_watching_many(self, sources: Sources, server: WandbServer) -> None:
        refs = [f"team/robot/r{i}" for i in range(60)]
        for i in range(60):
            server.add_run("team", "robot", f"r{i}", rows(0, 100), heartbeat_at=1.76e9)
            sources.fetch(refs[i])
        server.append("r7", rows(100, 110))
        server.update("r7", heartbeat_at=1.76e9 + 60)
        server.requests.clear()

        listed = sources.survey(refs)
        assert server.requests == ["runs"]
        assert {ref for ref, one in listed.items() if one.rows != 100} == {"team/robot/r7"}
        moved = sources.fetch(refs[7], listed[refs[7]])
        assert server.requests == ["runs", "keys", "parquet", "history"]
        assert len(moved.history) == 110 and moved.heartbeat_at == 1.76e9 + 60
        assert sources.fetch(refs[8], listed[refs[8]]).history.step[-1] == 99
        assert len(server.requests) == 4

    def test_a_listed_run_is_read_right_whatever_happened_to_it(self, sources: Sources, server: WandbServer) -> None:
        ref = "team/robot/r1"
        server.add_run("team", "robot", "r1", rows(0, 100))
        sources.fetch(ref)
        server.rewind("r1", 49)
        server.append("r1", rows(50, 100))  # as many as before: only the next row tells
        server.append("r1", [r | {"loss": 7.0} for r in rows(100, 120)])
        assert len(sources.fetch(ref, sources.survey([ref])[ref]).history) == 120
        server.add_run("team", "robot", "r1", rows(0, 5))  # begun anew
        assert len(sources.fetch(ref, sources.survey([ref])[ref]).history) == 5
        server.update("r1", state="crashed", config={"lr": 1.0})
        run = sources.fetch(ref, sources.survey([ref])[ref])
        assert (run.state, run.config["lr"]) == ("crashed", 1.0)

    def test_what_is_not_there_is_not_listed(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "r1", rows(0, 5))
        assert sources.survey(["team/robot/r1", "team/robot/gone", "team/nowhere/r1"]).keys() == {"team/robot/r1"}

    def test_a_listed_run_survives_the_death_of_wandb_core(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "r1", rows(0, 5))
        sources.fetch("team/robot/r1")
        server.append("r1", rows(5, 10))
        listed = sources.survey(["team/robot/r1"])["team/robot/r1"]
        for process in core_processes():
            os.kill(process, signal.SIGKILL)
        assert len(sources.fetch("team/robot/r1", listed).history) == 10

    def test_a_budget_that_is_used_up_stops_watching_and_nobody_who_asks(
        self, server: WandbServer, tmp_path: Path
    ) -> None:
        asked_for: list[tuple[int, bool]] = []

        def budget(requests: int, asked: bool) -> bool:
            asked_for.append((requests, asked))
            return asked

        server.add_run("team", "robot", "r1", rows(0, 5))
        tight = Sources(base_url=server.url, api_key=server.api_key, directory=tmp_path, budget=budget)
        with pytest.raises(SourceError) as caught:
            tight.survey(["team/robot/r1"])
        assert caught.value.reason == "rate_limited" and "requests_per_minute" in str(caught.value)
        assert server.requests == []
        assert len(tight.fetch("team/robot/r1", patience_s=3.0).history) == 5
        assert asked_for == [(1, False), (4, True)]


class TestResuming:
    def test_a_growing_run_is_the_same_as_one_read_at_once(self, sources: Sources, server: WandbServer) -> None:
        whole = nasty()
        logged = records(whole)
        server.add_run("team", "robot", "r1", logged[:1])
        for n in range(1, len(logged) + 1):
            assert_same(sources.fetch("r1").history, whole.head(n))
            server.append("r1", logged[n : n + 1])

    def test_a_rewound_run_is_read_again(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "r1", rows(0, 100))
        sources.fetch("r1")
        server.rewind("r1", 49)
        assert len(sources.fetch("r1").history) == 50

    def test_a_run_rewound_and_grown_past_its_old_end_is_read_again(
        self, sources: Sources, server: WandbServer
    ) -> None:
        """Nothing but the rows themselves tells: the last step only rose."""
        server.add_run("team", "robot", "r1", rows(0, 100))
        sources.fetch("r1")
        server.rewind("r1", 49)
        server.append("r1", [r | {"_timestamp": 1.77e9 + r["_step"], "loss": 7.0} for r in rows(50, 150)])
        values = sources.fetch("r1").history.columns["loss"].values
        assert len(values) == 150
        assert set(values[50:]) == {7.0}

    def test_a_wide_run_is_read_in_pages_and_goes_on_where_it_broke_off(
        self, sources: Sources, server: WandbServer
    ) -> None:
        """A page has to arrive within the timeout of one request."""
        wide = {f"m{i}": 1.0 for i in range(60)}
        server.add_run("team", "robot", "r1", [{"_step": i} | wide for i in range(12_000)])
        server.fail("history", 403, after=2)
        assert failure(sources).reason == "forbidden"
        assert server.requests.count("history") == 3  # 720,000 cells, at most 300,000 a page
        server.heal()
        server.requests.clear()
        assert len(sources.fetch("r1").history) == 12_000
        assert server.requests.count("history") == 1


class TestNames:
    def test_unique(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "r1", rows(0, 3), name="实验（一）lr=1e-4/wd=0.1")
        server.add_run("team", "robot", "r2", rows(0, 3), name="实验（二）")
        assert sources.fetch("实验（一）lr=1e-4/wd=0.1").run_id == "r1"
        assert sources.fetch("team/robot/实验（二）").run_id == "r2"

    def test_an_id_comes_before_a_name(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "r1", rows(0, 3), name="r2")
        server.add_run("team", "robot", "r2", rows(0, 3), name="r1")
        assert sources.fetch("r1").run_id == "r1"

    def test_one_renamed_is_found_by_its_new_name_only(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "r1", rows(0, 3), name="draft")
        server.add_run("team", "robot", "r2", rows(0, 3), name="other")
        assert sources.fetch("draft").run_id == "r1"
        server.update("r1", name="final")
        server.update("r2", name="draft")
        assert sources.fetch("final").run_id == "r1"
        assert sources.fetch("draft").run_id == "r2"

    def test_in_another_case(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "64wxlc3y", rows(0, 3), name="Act-UOT")
        assert sources.fetch("act-uot").run_id == "64wxlc3y"
        assert sources.fetch("64WXLC3Y").run_id == "64wxlc3y"

    def test_shared_by_two(self, sources: Sources, server: WandbServer) -> None:
        for run_id in ("r1", "r2"):
            server.add_run("team", "robot", run_id, rows(0, 3), name="act")
        error = failure(sources, "act")
        assert error.reason == "not_found"
        assert "不止一个" in str(error) and "r1" in str(error) and "r2" in str(error)


class TestNear:
    def test_a_misspelt_id_or_name(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "64wxlc3y", name="act-uot-big")
        server.add_run("team", "robot", "8k2jd9qz", name="diffusion")
        assert str(sources.near("64wxlc3")) == "team/robot/64wxlc3y"
        assert str(sources.near("team/robot/act-uot-bg")) == "team/robot/64wxlc3y"
        assert sources.near("nothing-like-it") is None
        assert sources.near("diffusion") is None  # that is its name: whatever went wrong, not the spelling

    def test_in_a_project_that_is_not_there(self, sources: Sources) -> None:
        with pytest.raises(SourceError, match="没有找到"):
            sources.near("team/nope/64wxlc3")


class TestFilters:
    def test_running_runs_that_match(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "a", tags=("prod", "v2"), user="alice")
        server.add_run("team", "robot", "b", tags=("prod",), user="bob")
        server.add_run("team", "robot", "c", tags=("prod",), user="alice", state="finished")
        server.add_run("team", "other", "d", tags=("prod",), user="alice")

        def found(text: str) -> set[str]:
            filter_ = sources.filter(text)
            assert filter_ is not None
            return set(sources.list_runs(filter_))

        assert found("team/robot") == {"team/robot/a", "team/robot/b"}
        assert found("team/robot?tag=prod&user=alice") == {"team/robot/a"}
        assert found("team/robot?tag=prod&tag=v2") == {"team/robot/a"}
        assert found("team/robot?user=alice&user=bob") == {"team/robot/a", "team/robot/b"}
        assert found("team/robot?tag=none") == set()

    def test_a_run_that_begins_later_is_found(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "a")
        filter_ = sources.filter("team/robot")
        assert filter_ is not None
        assert list(sources.list_runs(filter_)) == ["team/robot/a"]
        server.add_run("team", "robot", "b")
        server.update("a", state="finished")
        assert list(sources.list_runs(filter_)) == ["team/robot/b"]

    def test_of_many_runs(self, sources: Sources, server: WandbServer) -> None:
        for i in range(120):
            server.add_run("team", "robot", f"r{i}")
        filter_ = sources.filter("team/robot")
        assert filter_ is not None
        assert len(sources.list_runs(filter_)) == 120
        assert server.requests.count("runs") == 1

    def test_of_a_project_that_is_not_there(self, sources: Sources) -> None:
        filter_ = sources.filter("team/nope?tag=x")
        assert filter_ is not None
        with pytest.raises(SourceError, match=r"没有找到 team/nope\?tag=x"):
            sources.list_runs(filter_)


FAULTS: dict[Any, str] = {
    401: "forbidden",
    403: "forbidden",
    404: "not_found",
    429: "rate_limited",
    500: "unreachable",
    502: "unreachable",
    "reset": "unreachable",
    "hang": "unreachable",
    "garbage": "unreadable",
    "empty": "unreadable",
    "graphql": "unreadable",
}


class TestFailures:
    @pytest.mark.parametrize(
        ("kind", "fault"),
        [(kind, fault) for kind in ("run", "history") for fault in FAULTS]
        + [(kind, fault) for kind in ("viewer", "keys", "parquet", "runs") for fault in (401, 404, 429, "garbage")],
    )
    def test_each_has_its_reason_in_bounded_time(
        self, kind: Any, fault: Any, sources: Sources, server: WandbServer
    ) -> None:
        server.add_run("team", "robot", "r1", rows(0, 3))
        server.fail(kind, fault)
        started = time.monotonic()
        with pytest.raises(SourceError) as caught:
            if kind == "runs":
                sources.list_runs(sources.filter("team/robot"))  # type: ignore[arg-type]
            else:
                sources.fetch("r1")
        assert caught.value.reason == FAULTS[fault]
        assert time.monotonic() - started < PATIENCE_S
        server.heal()
        assert len(sources.fetch("r1").history) == 3

    def test_a_reader_can_tell_them_apart(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "r1", rows(0, 3))
        told = {}
        for fault in (401, 404, 429, 500, "hang", "reset", "garbage"):
            server.fail("run", fault)
            told[fault] = str(failure(sources))
            server.heal()
        assert len(set(told.values())) == len(told), told
        assert "HTTP 500" in told[500] and "没有回答" in told["hang"] and "连不上" in told["reset"]

    @pytest.mark.parametrize("fault", [429, 500, "reset"])
    def test_a_short_fault_is_ridden_out(self, fault: Any, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "r1", rows(0, 3))
        server.fail("history", fault, times=1)
        assert len(sources.fetch("r1").history) == 3

    @pytest.mark.parametrize("fault", ["hang", 500, 429])
    def test_who_asks_for_a_run_that_was_read_before_gets_it_as_it_was(
        self, fault: Any, sources: Sources, server: WandbServer
    ) -> None:
        server.add_run("team", "robot", "r1", rows(0, 3))
        sources.fetch("r1")
        server.fail("any", fault)
        started = time.monotonic()
        run = sources.fetch("r1", patience_s=1.0)
        assert time.monotonic() - started < 5.0
        assert len(run.history) == 3
        assert any("W&B 没有及时回应" in note for note in run.notes)
        with pytest.raises(SourceError):  # a watcher is not told of a state that may be old
            sources.fetch("r1")

    def test_what_may_not_be_read_any_more_is_not_shown_from_memory(
        self, sources: Sources, server: WandbServer
    ) -> None:
        server.add_run("team", "robot", "r1", rows(0, 3))
        sources.fetch("r1")
        server.fail("any", 403)
        with pytest.raises(SourceError) as caught:
            sources.fetch("r1", patience_s=1.0)
        assert caught.value.reason == "forbidden"

    def test_a_refused_connection(self, tmp_path: Path) -> None:
        with WandbServer() as gone:
            url, key = gone.url, gone.api_key
        error = failure(Sources(base_url=url, api_key=key, entity="team", project="robot", directory=tmp_path))
        assert error.reason == "unreachable"

    @pytest.mark.parametrize("key", ["too-short", "with space " + "x" * 40, None, ""])
    def test_a_key_that_is_none(self, key: str | None, server: WandbServer, tmp_path: Path) -> None:
        error = failure(Sources(base_url=server.url, api_key=key, entity="team", project="robot", directory=tmp_path))
        assert error.reason == "forbidden"
        assert "WANDB_API_KEY" in str(error)
        assert not key or key not in str(error)
        assert server.requests == []

    def test_a_page_told_to_wait_an_hour_does_not_block_for_an_hour(
        self, sources: Sources, server: WandbServer, tmp_path: Path
    ) -> None:
        """wandb-core obeys `Retry-After` without a cap. The caller is let go at once; the run is free again soon."""
        server.add_run("team", "robot", "r1", rows(0, 3))
        hasty = Sources(
            base_url=server.url,
            api_key=server.api_key,
            entity="team",
            project="robot",
            directory=tmp_path,
            deadline_s=1,
        )
        assert failure(sources, "warm").reason == "not_found"  # wandb-core has started
        server.fail("history", 429, retry_after=3600)
        started = time.monotonic()
        assert failure(hasty).reason == "unreachable"
        assert time.monotonic() - started < PATIENCE_S
        server.heal()
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                assert len(hasty.fetch("r1").history) == 3
                break
            except SourceError:
                assert time.monotonic() < deadline

    def test_two_askers_share_one_read(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "r1", rows(0, 2000))
        with ThreadPoolExecutor(8) as pool:
            runs = list(pool.map(lambda _: sources.fetch("r1"), range(8)))
        assert {len(run.history) for run in runs} == {2000}
        assert server.requests.count("history") < 8

    def test_many_runs_at_once(self, sources: Sources, server: WandbServer) -> None:
        for i in range(12):
            server.add_run("team", "robot", f"r{i}", rows(0, 10 + i))
        with ThreadPoolExecutor(12) as pool:
            lengths = list(pool.map(lambda i: len(sources.fetch(f"r{i}").history), range(12)))
        assert lengths == [10 + i for i in range(12)]


class TestLongFirstRead:
    """A run of millions of rows takes minutes: who asks hears how far that is, and what is newest."""

    @pytest.fixture
    def gate(self, server: WandbServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
        """No page of rows but the first comes before it is set."""
        opened, answer = threading.Event(), server._run_answer

        def waiting(kind: Any, run: Any, variables: Any) -> Any:
            if kind == "history" and int(variables["minStep"]) > 0:
                server._lock.release()
                opened.wait(PATIENCE_S)
                server._lock.acquire()
            return answer(kind, run, variables)

        monkeypatch.setattr(server, "_run_answer", waiting)
        yield opened
        opened.set()

    def test_progress_and_newest_values_then_the_whole(
        self, sources: Sources, server: WandbServer, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(history, "_page_size", lambda run, before: 6000)
        server.add_run("team", "robot", "r1", rows(0, 12_000), name="long one")
        with pytest.raises(StillReadingError) as caught:
            while True:  # until the first page has come
                sources.fetch("r1", patience_s=0.05)
        said = caught.value.progress

        assert (said.rows, said.lines, said.about.name) == (5000, 12_000, "long one")
        assert said.about.history.columns["loss"].values.tolist() == [rows(11_999, 12_000)[0]["loss"]]
        gate.set()
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                assert len(sources.fetch("r1", patience_s=1.0).history) == 12_000
                break
            except StillReadingError:
                pass

    def test_it_is_not_given_up_for_stuck_and_read_twice(
        self, server: WandbServer, gate: threading.Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(history, "_page_size", lambda run, before: 6000)
        server.add_run("team", "robot", "r1", rows(0, 12_000))
        hasty = Sources(
            base_url=server.url,
            api_key=server.api_key,
            entity="team",
            project="robot",
            directory=tmp_path,
            deadline_s=1.0,
        )
        for _ in range(3):
            with pytest.raises(SourceError):
                hasty.fetch("r1")
        assert server.requests.count("run") == 1


def core_processes() -> list[int]:
    """The living wandb-core children of this process."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            stat = (directory / "stat").read_text()
            name, state, parent = (
                stat[stat.index("(") + 1 : stat.rindex(")")],
                *stat[stat.rindex(")") + 2 :].split()[:2],
            )
            if name.startswith("wandb-core") and state != "Z" and int(parent) == os.getpid():
                found.append(int(directory.name))
    return found


# The SDK says goodbye to the one that is dead in a thread of its own, and may find the connection closed meanwhile.
_LAST_WORDS = pytest.mark.filterwarnings("ignore:Exception in thread wandb-ServiceFinalizer")


@_LAST_WORDS
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the child through /proc")
def test_a_dead_wandb_core_is_replaced(sources: Sources, server: WandbServer) -> None:
    """Otherwise every later call fails at once, for ever."""
    server.add_run("team", "robot", "r1", rows(0, 3))
    sources.fetch("r1")
    for _ in range(2):
        for process in core_processes():
            os.kill(process, signal.SIGKILL)
        server.append("r1", rows(len(server.run("r1").records), len(server.run("r1").records) + 1))
        assert len(sources.fetch("r1").history) == len(server.run("r1").records)
    with ThreadPoolExecutor(4) as pool:
        for process in core_processes():
            os.kill(process, signal.SIGKILL)
        assert {len(run.history) for run in pool.map(lambda _: sources.fetch("r1"), range(4))} == {5}


@_LAST_WORDS
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the child through /proc")
def test_a_dead_wandb_core_leaves_no_thread_and_no_open_file(sources: Sources, server: WandbServer) -> None:
    """Its event loop would stay, with a thread and five files, each time it dies."""
    server.add_run("team", "robot", "r1", rows(0, 3))
    sources.fetch("r1")

    def held() -> tuple[int, int]:
        gc.collect()  # sockets of a loop that has ended
        loops = [t for t in threading.enumerate() if t.name.startswith("wandb-AsyncioManager")]
        return len(loops), len(list(Path("/proc/self/fd").iterdir()))

    before = held()
    for number in range(3, 7):
        for process in core_processes():
            os.kill(process, signal.SIGKILL)
        server.append("r1", rows(number, number + 1))
        assert len(sources.fetch("r1").history) == number + 1
    deadline = time.monotonic() + PATIENCE_S
    while (now := held())[0] > before[0] or now[1] > before[1] + 2:  # a connection more or less to the fake server
        assert time.monotonic() < deadline, f"{before} -> {now}"
        time.sleep(0.05)


_PROGRAM = """
import sys
import threading
from bot.sources import SourceError, Sources, StillReadingError
from bot.sources.wandb import history
known = dict(base_url="http://wandb.invalid", api_key=sys.argv[1], entity="team", project="robot")
assert len(Sources(**known).fetch("r1").history) == 3
try:
    Sources(**known, deadline_s=2).fetch("slow")
except SourceError as error:
    assert error.reason == "unreachable", error
"""


def test_as_a_program(server: WandbServer, tmp_path: Path) -> None:
    """It goes through the proxy, says nothing, leaves the home alone, and ends although a request hangs."""
    server.add_run("team", "robot", "r1", rows(0, 3))
    server.add_run("team", "robot", "slow", rows(0, 3))
    server.fail("history", "hang", after=1)
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    home.mkdir()
    temporary.mkdir()
    env = {
        k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "XDG_")) and not k.lower().endswith("_proxy")
    }
    env |= {
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "HTTP_PROXY": server.url,
    }
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, server.api_key],
        env=env,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert list(home.rglob("*")) == []
    assert list(temporary.glob("curvebot-*")) == []
    assert server.requests[:2] == ["viewer", "run"]
