"""What the other runs of a project add to an answer: a line in the full report, findings on the card, never a delay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis.columns.profile import Profile
from analysis.model import Run
from bot.sources import Sources
from tests.analysis.company import LOSS, peer, several, shape
from tests.analysis.company import run as trained
from tests.cli.test_cli import report
from tests.fakes.bot import REF, Bot
from tests.fakes.wandb_server import Fault, WandbServer
from tests.sources.conftest import parquet
from tests.sources.test_peers import NOTE, project, rows

LINE = "同等步数（第 8000 步）评估 L1 0.376：好于同项目 5 个 run 中的 3 个；最好的 act-1 当时为 0.319"


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    made = Bot(tmp_path, {})
    made.runs.runs[REF] = replace(trained(0.35), ref=REF, entity="team", project="robot", run_id="r1")
    yield made
    made.store.close()


def test_the_full_report_says_where_the_run_stands_and_the_card_does_not(bot: Bot) -> None:
    bot.runs.peers = several(0.36, 0.29, 0.38, 0.4, 0.32)

    full, card = bot.say("/curve full r1"), bot.say("/curve r1")

    assert LINE in full
    assert "同等步数" not in card
    assert card.count("\n") <= full.count("\n")


def test_a_finding_of_other_runs_is_on_the_card(bot: Bot) -> None:
    even = trained(0.35, columns={LOSS: shape(160, 0.35)})  # no gap to eval, which would be told first
    bot.runs.runs[REF] = replace(even, ref=REF)
    bot.runs.peers = tuple(
        peer(0.34 + 0.01 * i, name=f"act-{i}", config={"lr": 1e-5, "steps": 20_000}) for i in range(3)
    )

    card = bot.say("/curve r1")

    assert "配置不同" in card and "lr 1e-5→1e-4" in card


def test_a_bug_in_reading_them_costs_no_answer(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(run: Run, profile: Profile) -> Run:
        raise KeyError("project")

    monkeypatch.setattr(bot.runs, "with_peers", broken)

    assert "me" in bot.say("/curve r1")


def test_a_watched_run_is_looked_at_without_them(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """What other runs tell is never posted by itself, so a poll does not ask for it."""
    asked: list[str] = []

    def with_peers(run: Run, profile: Profile) -> Run:
        asked.append(run.ref)
        return run

    monkeypatch.setattr(bot.runs, "with_peers", with_peers)
    bot.say("/curve watch r1")
    bot.poll(1200)

    assert asked == []
    assert len(bot.runs.fetched) > 2


@pytest.mark.parametrize("fault", [None, 429, 500, "hang"])
def test_the_card_comes_in_time_whatever_befalls_the_other_runs(tmp_path: Path, fault: Fault | None) -> None:
    """The whole way: a person asks, the real client reads, the answer is posted."""
    with WandbServer() as server:
        project(server)
        bot = Bot(tmp_path, {})
        bot.runs = Sources(  # type: ignore[assignment]
            base_url=server.url, api_key=server.api_key, entity="team", project="robot", directory=tmp_path
        )
        bot.restart()
        if fault is not None:
            server.fail("sampled", fault)
        card = bot.say("/curve mine")

        assert (NOTE in card) == (fault is not None)
        assert ("配置不同" in card) == (fault is None)
        bot.store.close()


def sibling(folder: Path, name: str, level: float, **facts: Any) -> Path:
    path = parquet(folder, rows(level)).rename(folder / f"{name}.parquet")
    known = {"name": name, "project": "robot", "entity": "team", "state": "finished", "config": {"lr": 1e-4}}
    path.with_suffix(".json").write_text(json.dumps(known | facts), encoding="utf-8")
    return path


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_a_report_on_a_file_sets_it_beside_the_finished_ones_of_its_folder(tmp_path: Path, form: str) -> None:
    mine = sibling(tmp_path, "mine", 1.0, config={"lr": 1e-3})
    for i, level in enumerate((0.8, 0.9, 1.1)):
        sibling(tmp_path, f"act-{i}", level)

    done = report(tmp_path, mine, "--format", form)

    assert done.returncode == 0
    assert "同等步数（第 590 步）评估 loss 1.18：好于同项目 3 个 run 中的 1 个；" in done.stdout
    assert "；最好的 act-0 当时为 0.947" in done.stdout
    assert "lr 1e-4→0.001" in done.stdout


def test_json_carries_it_in_the_evidence_of_findings(tmp_path: Path) -> None:
    mine = sibling(tmp_path, "mine", 1.0, config={"lr": 1e-3})
    sibling(tmp_path, "act-0", 0.8)

    found = json.loads(report(tmp_path, mine, "--format", "json").stdout)

    assert set(found) == {"schema", "run", "verdict", "metrics", "findings", "not_applicable", "coverage"}
    drift = next(f for f in found["findings"] if f["id"] == "config-drift")
    assert drift["evidence"]["changes"] == [{"key": "lr", "reference": "1e-4", "here": "0.001"}]
    assert (drift["severity"], drift["onset_step"], drift["metrics"]) == ("info", None, [])
