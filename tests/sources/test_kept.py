"""Rows that were read outlive the process; what is kept of them is never believed unseen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.model import Run
from bot.sources import SourceError, Sources
from bot.sources.wandb import kept
from bot.sources.wandb.kept import Kept, KeptRun
from tests.fakes.wandb_server import Row, WandbServer, records
from tests.sources.conftest import assert_same, histories, nasty

Start = Callable[..., Sources]


def rows(begin: int, end: int, **more: Any) -> list[Row]:
    return [{"_step": i, "_timestamp": 1.76e9 + i, "loss": 1 / (i + 1), "lr": 1e-4, **more} for i in range(begin, end)]


@pytest.fixture
def start(server: WandbServer, tmp_path: Path) -> Start:
    """A process that has just started."""

    def make(**more: Any) -> Sources:
        known: dict[str, Any] = {
            "base_url": server.url,
            "api_key": server.api_key,
            "entity": "team",
            "project": "robot",
        }
        return Sources(**known, directory=tmp_path / "wandb", cache=tmp_path / "cache", **more)

    return make


@pytest.fixture
def asked_from(server: WandbServer, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """From which step on rows were asked for."""
    steps: list[int] = []
    answer = server._run_answer

    def spied(kind: Any, run: Any, variables: Any) -> Any:
        if kind == "history":
            steps.append(int(variables["minStep"]))
        return answer(kind, run, variables)

    monkeypatch.setattr(server, "_run_answer", spied)
    return steps


def files(folder: Path) -> list[Path]:
    return sorted((folder / "cache").rglob("*.npz"))


def whole(sources: Sources, server: WandbServer) -> Run:
    run = sources.fetch("r1")
    assert_same(run.history, fresh(server).fetch("r1").history)
    return run


def fresh(server: WandbServer) -> Sources:
    return Sources(base_url=server.url, api_key=server.api_key, entity="team", project="robot")


class TestAfterARestart:
    def test_only_new_rows_are_read(
        self, start: Start, server: WandbServer, asked_from: list[int], tmp_path: Path
    ) -> None:
        server.add_run("team", "robot", "r1", rows(0, 1500))
        start().fetch("r1")
        server.append("r1", rows(1500, 1510))
        asked_from.clear()

        assert len(start().fetch("r1").history) == 1510
        assert min(asked_from) == 1499
        assert len(files(tmp_path)) == 1

    def test_also_where_nothing_moved_the_last_row_is_compared(
        self, start: Start, server: WandbServer, asked_from: list[int]
    ) -> None:
        server.add_run("team", "robot", "r1", rows(0, 1500))
        start().fetch("r1")
        server.run("r1").records = [row | {"loss": 9.0} for row in rows(0, 1500)]
        asked_from.clear()

        assert set(start().fetch("r1").history.columns["loss"].values) == {9.0}
        assert min(asked_from) == 0

    def test_a_run_that_was_begun_anew_is_read_anew_and_kept_anew(self, start: Start, server: WandbServer) -> None:
        server.add_run("team", "robot", "r1", rows(0, 1500))
        start().fetch("r1")
        server.add_run("team", "robot", "r1", rows(0, 1600, other=2.0))
        whole(start(), server)

        server.append("r1", rows(1600, 1601, other=2.0))
        whole(start(), server)

    @pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive", None], ids=["empty", "nonsense", "cut off"])
    def test_a_damaged_file_costs_a_read(
        self, damage: bytes | None, start: Start, server: WandbServer, tmp_path: Path
    ) -> None:
        server.add_run("team", "robot", "r1", rows(0, 1500))
        start().fetch("r1")
        [file] = files(tmp_path)
        file.write_bytes(file.read_bytes()[:-2000] if damage is None else damage)

        whole(start(), server)

    def test_it_may_be_deleted_at_any_time(self, start: Start, server: WandbServer, tmp_path: Path) -> None:
        server.add_run("team", "robot", "r1", rows(0, 1500))
        sources = start()
        sources.fetch("r1")
        [file] = files(tmp_path)
        file.unlink()
        file.parent.rmdir()
        server.append("r1", rows(1500, 3000))

        whole(sources, server)
        assert files(tmp_path)

    def test_what_may_not_be_read_is_not_shown_from_a_file(self, start: Start, server: WandbServer) -> None:
        server.add_run("team", "robot", "r1", rows(0, 1500))
        start().fetch("r1")
        with pytest.raises(SourceError) as caught:
            start(allows=lambda entity, project: False).fetch("r1", patience_s=1.0)
        assert caught.value.reason == "refused"

        server.fail("any", 403)
        with pytest.raises(SourceError) as caught:
            start().fetch("r1", patience_s=1.0)
        assert caught.value.reason == "forbidden"


class TestFiles:
    @pytest.mark.parametrize("name", histories())
    def test_every_cell_comes_back(self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kept, "_WORTH_CELLS", 0)
        history = histories()[name]
        Kept(tmp_path).put("a/b/c", KeptRun(history, 1))

        found = Kept(tmp_path).get("a/b/c")

        assert found is not None
        assert found.lines == kept.BROKEN_OFF
        assert_same(found.history, history)
        assert Kept(tmp_path).get("a/b/d") is None

    def test_they_take_no_more_room_than_they_may(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kept, "_WORTH_CELLS", 0)
        one = Kept(tmp_path)
        one.put("0", KeptRun(nasty(), 1))
        size = files_size(tmp_path)
        some = Kept(tmp_path, disk_bytes=3 * size + size // 2)
        for number in range(1, 9):
            some.put(str(number), KeptRun(nasty(), 1))

        assert files_size(tmp_path) <= 3 * size + size // 2
        assert Kept(tmp_path).get("8") is not None
        assert Kept(tmp_path).get("0") is None

    def test_a_folder_that_cannot_be_written_keeps_nobody_from_reading(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        history = histories()["sample"]
        memory = Kept(tmp_path / "file")
        memory.put("a", KeptRun(history, 1))

        found = memory.get("a")
        assert found is not None and found.history is history

    def test_a_poll_seldom_writes(self, tmp_path: Path) -> None:
        """A long run would be written again and again."""
        history = histories()["sample"]
        memory = Kept(tmp_path)
        memory.put("a", KeptRun(history.head(len(history) - 10), 1))
        before = {f: f.stat().st_mtime_ns for f in tmp_path.glob("*.npz")}
        memory.put("a", KeptRun(history, 1))

        assert before == {f: f.stat().st_mtime_ns for f in tmp_path.glob("*.npz")} != {}


def files_size(folder: Path) -> int:
    return sum(f.stat().st_size for f in folder.glob("*.npz"))


def test_rows_of_the_server_are_those_of_the_history(server: WandbServer, start: Start) -> None:
    server.add_run("team", "robot", "r1", records(histories()["sample"]))
    start().fetch("r1")

    assert_same(start().fetch("r1").history, histories()["sample"])
