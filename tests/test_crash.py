"""The crash test in short, and that it would notice: `python -m benchmarks.crash` is the long one."""

from __future__ import annotations

import pytest

from benchmarks import crash

pytestmark = pytest.mark.xdist_group("serve")


def test_a_few_kills_lose_and_repeat_nothing_and_the_judge_would_see_it() -> None:
    with crash.trial(1, None, seed=3, runs=1, commands=2, bad=0.02) as trial:
        trial.bot.slack.fail("chat.postMessage", "late_lost")
        trial.bot.feishu.fail("create", "lost")
        crash.kill(trial, 2, most_s=2.0)
        trial.settle()
        found = trial.judge()

        assert not found.bad, found
        assert found.alerts == 4 and found.commands == 2

        messages = trial.bot.slack.messages
        messages.append(messages[0])
        assert trial.judge().doubled >= 1
        messages[:] = [m for m in messages if m is not messages[0]]
        assert trial.judge().lost > 0
