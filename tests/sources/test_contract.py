"""One suite for all sources: the same run gives the same history through each, and fails in the same five ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.model import History
from bot.sources import SourceError, Sources
from tests.fakes.swanlab_server import SwanLabServer
from tests.fakes.wandb_server import WandbServer, records
from tests.sources.conftest import FILES, assert_same, event_log, histories, log_offline

HISTORIES = histories()


@pytest.mark.parametrize("name", HISTORIES)
@pytest.mark.parametrize("form", FILES)
def test_same_history_from_every_file(form: str, name: str, sources: Sources, tmp_path: Path) -> None:
    path = FILES[form](tmp_path, records(HISTORIES[name]))
    assert_same(sources.fetch(str(path)).history, HISTORIES[name])


@pytest.fixture(scope="module")
def offline_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    runs = {f"r{i}": {"rows": records(history)} for i, history in enumerate(HISTORIES.values())}
    return dict(zip(HISTORIES, log_offline(tmp_path_factory.mktemp("offline"), runs).values(), strict=True))


@pytest.mark.xdist_group("offline")  # logged once
@pytest.mark.parametrize("name", HISTORIES)
def test_same_history_from_an_offline_run(name: str, sources: Sources, offline_runs: dict[str, Path]) -> None:
    wanted = HISTORIES[name]
    got = sources.fetch(str(offline_runs[name])).history
    assert_same(got, wanted, times=False)
    given = np.isfinite(wanted.timestamp)
    np.testing.assert_array_equal(got.timestamp[given], wanted.timestamp[given])  # `_runtime` is wandb's own


@pytest.mark.parametrize("name", HISTORIES)
def test_same_history_from_an_event_log(name: str, sources: Sources, tmp_path: Path) -> None:
    wanted = HISTORIES[name]
    got = sources.fetch(str(event_log(tmp_path / "log", records(wanted)))).history
    assert_same(got, wanted, times=False)
    given = np.isfinite(wanted.timestamp)
    np.testing.assert_array_equal(got.timestamp[given], wanted.timestamp[given])  # there is no `_runtime`


@pytest.mark.parametrize("name", HISTORIES)
def test_same_history_from_swanlab(name: str) -> None:
    wanted = HISTORIES[name]
    with SwanLabServer() as server:
        server.add_run("team", "robot", "r1", records(wanted))
        source = Sources(swanlab_host=server.url, swanlab_api_key=server.api_key)
        got = source.fetch("swanlab:team/robot/r1").history
    assert_same(got, wanted, times=False)
    given = np.isfinite(wanted.timestamp)
    np.testing.assert_allclose(got.timestamp[given], wanted.timestamp[given], rtol=0, atol=0.0006)  # milliseconds


@pytest.mark.parametrize("exported", [0.0, 0.5, 1.0], ids=["live", "half-exported", "exported"])
@pytest.mark.parametrize("name", HISTORIES)
def test_same_history_from_wandb(name: str, exported: float, sources: Sources, server: WandbServer) -> None:
    wanted = HISTORIES[name]
    server.add_run("team", "robot", "r1", records(wanted), exported=int(exported * len(wanted)))
    assert_same(sources.fetch("r1").history, wanted)


def test_the_curves_hold_logged_nan_beside_nulls() -> None:
    """Otherwise the tests above would not tell the two apart."""

    def nonfinite(history: History) -> int:
        return sum(int((~np.isfinite(c.values)).sum()) for c in history.columns.values())

    counted = [nonfinite(HISTORIES[name]) for name in list(HISTORIES)[2:]]
    assert counted == [68, 240]  # as their attribution says
    columns = HISTORIES["algoperf-generalized_adam-criteo1tb-11"].columns
    eval_loss = columns["eval/loss"]
    assert (len(eval_loss.rows), int(np.isnan(eval_loss.values).sum())) == (63, 62)  # of 162 rows


@pytest.mark.parametrize("form", [*FILES, "wandb-offline", "wandb"])
def test_a_run_that_is_not_there(form: str, sources: Sources, tmp_path: Path) -> None:
    named = {"wandb": "team/robot/nope", "wandb-offline": str(tmp_path / "run-nope.wandb")}
    with pytest.raises(SourceError, match="没有找到") as caught:
        sources.fetch(named.get(form, str(tmp_path / f"nope.{form}")))
    assert caught.value.reason == "not_found"


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl", "wandb"])
def test_a_file_that_is_something_else(form: str, sources: Sources, tmp_path: Path) -> None:
    path = tmp_path / f"x.{form}"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\n\xff\xfe{}\n")
    with pytest.raises(SourceError) as caught:
        sources.fetch(str(path))
    assert caught.value.reason == "unreadable"
    assert "x." in str(caught.value)


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_a_table_without_numbers_is_no_history(form: str, sources: Sources, tmp_path: Path) -> None:
    path = FILES[form](tmp_path, [{"name": "a", "city": "b"}, {"name": "c", "city": "d"}])
    with pytest.raises(SourceError, match="没有数值列") as caught:
        sources.fetch(str(path))
    assert caught.value.reason == "unreadable"


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_a_table_without_steps_counts_its_rows_and_says_so(form: str, sources: Sources, tmp_path: Path) -> None:
    run = sources.fetch(str(FILES[form](tmp_path, [{"loss": 2.0}, {"loss": 1.0}])))
    assert run.history.step.tolist() == [1, 2]  # as editors and spreadsheets number them
    assert any("行号" in note for note in run.notes)


def test_five_failures_give_five_sentences(sources: Sources, server: WandbServer) -> None:
    server.add_run("team", "robot", "r1", [{"_step": 0, "loss": 1.0}])
    said = {}
    for fault, reason in (
        (401, "forbidden"),
        (404, "not_found"),
        (429, "rate_limited"),
        (500, "unreachable"),
        ("garbage", "unreadable"),
    ):
        server.fail("any", fault)  # type: ignore[arg-type]
        with pytest.raises(SourceError) as caught:
            sources.fetch("r1")
        said[reason] = str(caught.value)
        assert caught.value.reason == reason
        server.heal()
    assert len(set(said.values())) == 5
    for sentence in said.values():
        assert server.api_key not in sentence
        assert "Error" not in sentence and "\n" not in sentence
