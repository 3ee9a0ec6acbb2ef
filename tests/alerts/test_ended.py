"""What the end of a run makes certain is said although no row came with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis import analyze
from analysis.model import Run
from bot.alerts.incident import Policy, Step
from bot.alerts.incidents import advance
from tests.analysis.scanning import rows

N = 300
X = 110 + 20 * np.random.default_rng(0).standard_normal(N)
RUN = Run("r", "r", rows({"rollout/ep_rew_mean": X}, every=100), "running", {"algo": "dqn"})


def step(run: Run, before: Step | None, now: float) -> Step:
    known = before.incidents if before is not None else ()
    cursor = N if before is not None else None
    episodes = analyze(run).episodes
    return advance(
        known, episodes, scope="", cursor=cursor, rows=N, ended=run.state == "finished", now=now, policy=Policy()
    )


def test_a_note_becomes_an_alert_when_the_run_ends_and_only_once() -> None:
    going = step(RUN, None, 1000.0)
    assert not [c for c in going.changes if c.posted]

    over = replace(RUN, state="finished")
    ended = step(over, going, 2000.0)
    assert [(c.kind, c.incident.diagnosis) for c in ended.changes if c.posted and c.kind == "opened"] == [
        ("opened", "no-learning")
    ]

    assert not [c for c in step(over, ended, 3000.0).changes if c.posted]
