"""One watched run and everything its channel hears of it: an opening, worse, resolved, and the summary at its end."""

from __future__ import annotations

import dataclasses
import itertools
from functools import lru_cache

import numpy as np

from analysis import Run, analyze
from bot.address import Address
from bot.alerts.announce import announcements
from bot.alerts.incident import Incident, Policy
from bot.alerts.incidents import advance, numbered
from bot.outgoing import Outgoing
from tests.reports import healthy, run

CHANNEL = Address("slack", "C1")
ROWS = 480
POLLS = (0, 110, 122, *range(130, ROWS + 1, 10))  # rows that were there at each; one just after the first Inf


def watched_run() -> Run:
    """The gradient norm is infinite for a while, then rises for good; near the end the learning rate is 0."""
    columns = {key: column.values.copy() for key, column in healthy(ROWS).history.columns.items()}
    columns["train/grad_norm"][120:140] = np.inf
    columns["train/grad_norm"][300:] *= np.exp(np.minimum(np.arange(180) / 20, 3))
    columns["train/lr"][440:] = 0.0
    return run(columns, planned_steps=50 * ROWS, url="https://wandb.ai/team/robot/runs/x1")


@lru_cache(maxsize=1)
def story() -> tuple[Outgoing, ...]:
    """Every post, in order."""
    whole, policy = watched_run(), Policy(group_wait_s=0.0)
    incidents: tuple[Incident, ...] = ()
    posts: list[Outgoing] = []
    numbers = itertools.count(1)
    for cursor, rows in itertools.pairwise(POLLS):
        now = float(whole.history.timestamp[rows - 1]) + 19
        state = "finished" if rows == ROWS else "running"
        report = analyze(dataclasses.replace(whole.head(rows), state=state, observed_at=now))
        step = advance(
            incidents,
            report.episodes,
            scope="w1",
            cursor=cursor,
            rows=rows,
            ended=rows == ROWS,
            now=now,
            policy=policy,
        )
        step = numbered(step, lambda count: min([next(numbers) for _ in range(count)]))
        incidents = step.incidents
        posts += announcements(step.changes, incidents, address=CHANNEL, report=report, chart=b"png", inline=False)
    return tuple(posts)
