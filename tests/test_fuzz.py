"""What nobody thought of, in short: `python -m benchmarks.fuzz` is the long one. And what it has found."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from analysis import Run, analyze
from analysis.history import from_records
from benchmarks import fuzz
from bot.render.card import card
from bot.render.message import Message
from tests.fakes.bot import CONFIG, Bot


def test_commands_are_answered_by_what_platforms_take(database_url: str) -> None:
    found = fuzz.try_commands(fuzz.commands(60, 7), 7, database_url)

    assert found.tried == 60 and not found.wrong, found.notes


def test_histories_are_told_by_what_platforms_take() -> None:
    found = fuzz.try_histories(fuzz.histories(20, 7))

    assert found.tried == 20 and not found.wrong, found.notes


@pytest.mark.parametrize("step", [2**63, -(2**70), 10**400, 1e300, "Infinity"])
def test_a_step_beyond_all_steps_is_that_of_the_row_before(step: object) -> None:
    history = from_records([{"_step": 5, "x": 1.0}, {"_step": step, "x": 2.0}, {"_step": 2**62, "x": 3.0}])

    assert history.step.tolist() == [5, 5, 2**62]


@pytest.mark.parametrize("stamp", [1.76e12, 1e300, -1e6])
def test_a_time_in_other_units_is_none(stamp: float) -> None:
    history = from_records([{"_step": i, "_timestamp": stamp + i, "train/loss": 1.0} for i in range(5)])

    assert all(math.isnan(t) for t in history.timestamp)
    assert card(analyze(Run("r", "r", history, observed_at=1.77e9))).title


def test_a_hint_that_fails_costs_no_answer(tmp_path: Path) -> None:
    bot = Bot(tmp_path, CONFIG)

    def near(text: str) -> None:
        raise AssertionError

    setattr(bot.runs, "near", near)  # noqa: B010
    assert "nosuchrun1" in bot.say("nosuchrun1")
    bot.store.close()


def test_half_an_emoji_is_answered(tmp_path: Path) -> None:
    bot = Bot(tmp_path, CONFIG)

    bot.say("rules \ud83d")
    (post,) = (p for p in bot.slack.shown.values() if p.message is not None)
    assert post.message is not None and not list(fuzz.refusals(post.message))
    bot.store.close()


def test_a_mention_would_be_seen() -> None:
    assert not list(fuzz.refusals(Message("<!channel> <at id=all></at>")))
    assert "mention" in fuzz.refused_markup("<!channel>", "")
    assert "mention" in fuzz.refused_markup("", "<at id=all></at>")
