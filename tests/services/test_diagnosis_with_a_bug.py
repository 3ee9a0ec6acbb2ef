"""A diagnosis that raises an exception takes nobody the others, and takes back nothing."""

from __future__ import annotations

from typing import NoReturn

import pytest

from analysis import analyze, episodes
from analysis.diagnoses.custom import Threshold
from analysis.diagnoses.run_state import StalledLogging
from analysis.model import Words
from analysis.scan.diagnosis import DiagnosisError
from analysis.scan.track import Moment
from analysis.scan.view import Points
from tests.fakes.bot import BACK, BAD, HEALTHY, REF, Bot, run


def broken(*args: object) -> NoReturn:
    raise ZeroDivisionError


def broken_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what is open now, as the card asks for them."""
    whole = Threshold._words

    def words(self: Threshold, points: Points, m: Moment) -> Words:
        return broken() if m.now == len(points.x) - 1 else whole(self, points, m)

    monkeypatch.setattr(Threshold, "_words", words)


@pytest.mark.parametrize("where", ["tracks", "words"])
def test_the_others_are_asked_and_the_card_says_who_was_not(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    bot.runs.runs[REF] = run([*BAD, *[float("nan")] * 6])
    if where == "tracks":
        monkeypatch.setattr(Threshold, "tracks", broken)
    else:
        broken_words(monkeypatch)

    full = bot.say("full r1")

    assert "NaN" in full
    assert "「阈值 floor」没能检查：内部错误，已记下（编号" in full


def test_what_it_told_before_is_not_taken_back(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    bot.hear("watch r1")
    bot.runs.runs[REF] = run(BAD)
    bot.poll()
    bot.poll()
    told = bot.slack.texts("slack:C1")
    assert any("🔴" in text for text in told)

    with monkeypatch.context() as patch:
        patch.setattr(Threshold, "tracks", broken)
        bot.runs.runs[REF] = run([*BAD, 0.01])
        bot.poll()
    assert bot.slack.texts("slack:C1") == told

    bot.runs.runs[REF] = run(BACK)
    bot.poll()
    bot.poll()
    assert any("恢复" in text for p in bot.slack.shown for text in bot.slack.texts("slack:C1", p))


@pytest.mark.parametrize("method", ["applies", "judge"])
def test_one_outside_the_rows_is_named_too(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setattr(StalledLogging, method, broken)

    with pytest.raises(DiagnosisError, match="stalled-logging") as raised:
        analyze(run(HEALTHY))
    assert raised.value.diagnosis == StalledLogging.id


def test_a_bug_is_not_hidden_from_who_analyses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Threshold, "tracks", broken)
    rule = Threshold("floor", "train/mass", 0.1, "below")

    with pytest.raises(DiagnosisError, match="threshold:floor"):
        episodes(run(BAD), [rule])
