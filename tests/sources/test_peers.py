"""The finished runs of a project, from W&B through the real client and from a folder; in time, or not at all."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import analyze
from analysis.columns.profile import GENERIC
from bot.sources import SourceError, Sources
from bot.sources.files import histories, siblings
from bot.sources.files import read as files
from bot.sources.port import MOST_PEERS
from bot.sources.wandb import peers as wandb_peers
from bot.sources.wandb.peers import WandbPeers
from tests.fakes.server import PATIENCE_S
from tests.fakes.wandb_server import Fault, Row, WandbServer
from tests.sources.conftest import FILES

NOTE = "同项目其他 run 没读到"


def rows(level: float = 1.0, n: int = 60, every: int = 10, **more: Any) -> list[Row]:
    """A train loss at every row, an eval at every tenth."""
    out: list[Row] = []
    for i in range(n):
        row: Row = {
            "_step": i,
            "_timestamp": 1.76e9 + i,
            "train/global_step": i * every,
            "train/loss": level * (1 + 5 / (i + 1)),
        } | more
        if i % 10 == 9:
            row["eval/loss"] = level * (1.1 + 5 / (i + 1))
        out.append(row)
    return out


def project(server: WandbServer, finished: int = 12) -> None:
    """One that runs, some that finished before it, one that failed, one of another project."""
    server.add_run("team", "robot", "mine", rows(n=30), config={"lr": 1e-4}, created_at=2e9)
    for i in range(finished):
        facts: dict[str, Any] = {
            "config": {"lr": 1e-4 * (i + 1)},
            "state": "finished",
            "name": f"act-{i}",
            "created_at": 1.7e9 + i,
        }
        server.add_run("team", "robot", f"p{i}", rows(0.5 + 0.1 * i), **facts)
    server.add_run("team", "robot", "broken", rows(), state="failed", created_at=1.8e9)
    server.add_run("team", "other", "elsewhere", rows(), state="finished", created_at=1.8e9)


class TestWandb:
    def test_the_ten_newest_finished_ones_of_the_project(self, sources: Sources, server: WandbServer) -> None:
        project(server)

        found = sources.peers(sources.fetch("mine"))

        assert [p.ref for p in found] == [f"team/robot/p{i}" for i in range(11, 1, -1)]
        assert len(found) == MOST_PEERS
        first = found[0]
        assert (first.name, first.step_key, first.last_step, first.created_at) == (
            "act-11",
            "train/global_step",
            590,
            1.7e9 + 11,
        )
        assert first.config == {"lr": pytest.approx(1.2e-3)}
        assert first.url == f"{server.url}/team/robot/runs/p11"
        assert first.keys == {"train/global_step", "train/loss", "eval/loss"}
        assert first.curves["eval/loss"].at.tolist() == [90, 190, 290, 390, 490, 590]
        assert len(first.curves["train/loss"].at) == 60

    def test_never_itself(self, sources: Sources, server: WandbServer) -> None:
        project(server)
        assert "team/robot/p11" not in {p.ref for p in sources.peers(sources.fetch("p11"))}

    def test_a_listing_and_one_request_a_run_then_none_for_half_an_hour(
        self, sources: Sources, server: WandbServer, tmp_path: Path
    ) -> None:
        project(server)
        run, now = sources.fetch("mine"), [1e9]
        peers = WandbPeers(base_url=server.url, api_key=server.api_key, directory=tmp_path, clock=lambda: now[0])

        def price() -> list[str]:
            server.requests.clear()
            peers.of(run, GENERIC)
            return server.requests

        assert price() == ["viewer", "runs", *["sampled"] * MOST_PEERS]
        now[0] += 29 * 60
        assert price() == []
        now[0] += 2 * 60
        assert price() == ["runs", *["sampled"] * MOST_PEERS]

    def test_of_a_long_run_some_hundred_points_and_the_nan_at_its_end(
        self, sources: Sources, server: WandbServer
    ) -> None:
        server.add_run("team", "robot", "mine", rows(n=30))
        server.add_run(
            "team", "robot", "long", [*rows(n=3000), rows(n=3001)[-1] | {"train/loss": float("nan")}], state="finished"
        )

        (peer,) = sources.peers(sources.fetch("mine"))

        loss = peer.curves["train/loss"]
        assert 150 <= len(loss.at) <= 201
        assert np.all(np.diff(loss.at) > 0)
        assert np.isnan(loss.values[-1])  # the sample may miss it; the summary does not

    def test_histograms_and_text_are_no_metrics_of_theirs(self, sources: Sources, server: WandbServer) -> None:
        server.add_run("team", "robot", "mine", rows(n=30))
        server.add_run(
            "team", "robot", "p0", rows(), state="finished", kinds={"gradients/w": "histogram", "train/loss": "number"}
        )

        (peer,) = sources.peers(sources.fetch("mine"))

        assert "gradients/w" not in peer.keys
        assert "train/loss" in peer.keys

    @pytest.mark.parametrize("kind", ["runs", "sampled"])
    @pytest.mark.parametrize("fault", [429, 500, "hang", "reset", "garbage", "graphql"])
    def test_a_fault_costs_a_note_and_no_more_time_than_allowed(
        self, sources: Sources, server: WandbServer, kind: str, fault: Fault
    ) -> None:
        project(server)
        run = sources.fetch("mine")
        server.fail(kind, fault)  # type: ignore[arg-type]
        begun = time.monotonic()

        got = sources.with_peers(run)

        assert time.monotonic() - begun < PATIENCE_S
        assert (got.peers, got.notes) == ((), (NOTE,))
        assert analyze(got).findings == analyze(run).findings

    def test_one_run_that_cannot_be_read_is_told_without_its_curves(
        self, sources: Sources, server: WandbServer
    ) -> None:
        project(server, 4)
        server.fail("sampled", "graphql", times=1)

        found = sources.peers(sources.fetch("mine"))

        assert len(found) == 4
        assert sorted(bool(p.curves) for p in found) == [False, True, True, True]

    def test_after_a_fault_the_next_answer_does_not_wait_again(self, sources: Sources, server: WandbServer) -> None:
        project(server)
        run = sources.fetch("mine")
        server.fail("runs", "graphql")  # answered at once; what hangs, wandb-core sends again when it likes
        sources.with_peers(run)
        asked = len(server.requests)
        assert asked
        assert sources.with_peers(run).notes == (NOTE,)
        assert len(server.requests) == asked

    def test_what_came_too_late_for_one_answer_is_there_for_the_next(
        self, sources: Sources, server: WandbServer, tmp_path: Path
    ) -> None:
        project(server)
        run = sources.fetch("mine")
        hasty = WandbPeers(
            base_url=server.url, api_key=server.api_key, directory=tmp_path, clock=time.time, deadline_s=0.03
        )
        with pytest.raises(SourceError):
            hasty.of(run, GENERIC)
        until = time.monotonic() + PATIENCE_S
        while server.requests.count("sampled") < MOST_PEERS or "wandb-peers" in {t.name for t in threading.enumerate()}:
            assert time.monotonic() < until
            time.sleep(0.05)
        server.requests.clear()
        hasty._client._deadline_s = 4

        assert len(hasty.of(run, GENERIC)) == MOST_PEERS
        assert server.requests == []

    def test_a_hang_here_keeps_no_other_run_from_being_read(self, sources: Sources, server: WandbServer) -> None:
        project(server)
        run = sources.fetch("mine")
        server.fail("sampled", "hang")
        sources.with_peers(run)

        assert len(sources.fetch("p3").history) == 60

    def test_without_a_key_there_are_none(self, server: WandbServer, tmp_path: Path) -> None:
        alone = Sources(base_url=server.url, entity="team", project="robot", directory=tmp_path)
        project(server)
        run = Sources(
            base_url=server.url, api_key=server.api_key, entity="team", project="robot", directory=tmp_path
        ).fetch("mine")

        with pytest.raises(SourceError):
            alone.peers(run)


class TestFolder:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path

    def put(
        self, folder: Path, name: str, form: str = "parquet", level: float = 1.0, n: int = 60, **facts: Any
    ) -> Path:
        made = FILES[form](folder, rows(level, n))
        path = made.rename(folder / f"{name}.{form}")
        known = {
            "name": name,
            "entity": "team",
            "project": "robot",
            "state": "finished",
            "created_at": 1.7e9,
            "config": {"lr": 1e-4},
        }
        path.with_suffix(".json").write_text(json.dumps(known | facts), encoding="utf-8")
        return path

    @pytest.mark.parametrize("form", FILES)
    def test_siblings_of_the_same_project_that_finished(self, sources: Sources, folder: Path, form: str) -> None:
        mine = self.put(folder, "mine", state="running", n=30)
        self.put(folder, "old", form, 0.5, created_at=1.6e9)
        self.put(folder, "new", form, 0.6, created_at=1.65e9, planned_steps=600)
        self.put(folder, "failed", form, state="failed")
        self.put(folder, "elsewhere", form, project="other")
        self.put(folder, "theirs", form, entity="others")
        (folder / "broken.json").write_text("{", encoding="utf-8")
        (folder / "broken.parquet").write_bytes(b"PAR1")
        (folder / "notes.json").write_text("[]", encoding="utf-8")

        found = sources.peers(sources.fetch(str(mine)))

        assert [p.name for p in found] == ["new", "old"]
        assert (found[0].last_step, found[0].planned_steps, found[0].step_key) == (590, 600, "train/global_step")
        assert found[0].keys == {"train/global_step", "train/loss", "eval/loss"}
        assert found[0].curves["eval/loss"].at.tolist() == [90, 190, 290, 390, 490, 590]
        np.testing.assert_allclose(found[1].curves["train/loss"].values[-1], 0.5 * (1 + 5 / 60))

    def test_at_most_ten_and_only_the_columns_that_are_compared(
        self, sources: Sources, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mine = self.put(folder, "mine", n=30)
        for i in range(12):
            self.put(folder, f"p{i}", created_at=1.7e9 + i)
        read: list[set[str]] = []
        whole = histories.some_columns
        monkeypatch.setattr(histories, "some_columns", lambda path, keys: read.append(set(keys)) or whole(path, keys))  # type: ignore[func-returns-value]

        found = sources.peers(sources.fetch(str(mine)))

        assert [p.name for p in found] == [f"p{i}" for i in range(11, 1, -1)]
        assert read == [{"train/global_step", "train/loss", "eval/loss"}] * MOST_PEERS

    def test_a_file_without_facts_is_alone(self, sources: Sources, folder: Path) -> None:
        mine = self.put(folder, "mine")
        self.put(folder, "other")
        mine.with_suffix(".json").unlink()

        run = sources.with_peers(sources.fetch(str(mine)))

        assert (run.peers, run.notes) == ((), ())

    def test_a_link_out_of_the_folder_is_not_followed(self, sources: Sources, folder: Path) -> None:
        inside, outside = folder / "in", folder / "out"
        inside.mkdir()
        outside.mkdir()
        mine, secret = self.put(inside, "mine"), self.put(outside, "secret")
        for path in (secret, secret.with_suffix(".json")):
            (inside / path.name).symlink_to(path)

        assert sources.peers(sources.fetch(str(mine))) == ()

    def test_what_does_not_come_in_time_is_left(self, folder: Path) -> None:
        mine = files.read(self.put(folder, "mine"))
        for i in range(6):
            self.put(folder, f"p{i}", created_at=1.7e9 + i)
        ticks = iter(np.arange(0, 100, 1.0).tolist())

        found = siblings.peers(folder / "mine.parquet", mine, GENERIC, clock=lambda: next(ticks))

        assert len(found) < 6


def test_a_run_without_rows_or_project_asks_nobody(sources: Sources, server: WandbServer) -> None:
    server.add_run("team", "robot", "empty", [], state="pending")
    run = sources.fetch("empty")
    server.requests.clear()

    assert sources.peers(run) == ()
    assert sources.peers(dataclasses.replace(run, project=None)) == ()
    assert server.requests == []


def test_the_pause_ends(server: WandbServer, sources: Sources, tmp_path: Path) -> None:
    project(server, 2)
    run, now = sources.fetch("mine"), [1e9]
    peers = WandbPeers(base_url=server.url, api_key=server.api_key, directory=tmp_path, clock=lambda: now[0])
    server.fail("runs", 500)
    with pytest.raises(SourceError):
        peers.of(run, GENERIC)
    server.heal()
    with pytest.raises(SourceError):
        peers.of(run, GENERIC)
    now[0] += wandb_peers._PAUSE_S + 1

    assert len(peers.of(run, GENERIC)) == 2
