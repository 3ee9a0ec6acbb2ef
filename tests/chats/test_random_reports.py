"""Whatever a run is called, logs and does: its pages go out through the real clients, and no platform refuses one.

`--hypothesis-profile=search` sends 1,000 reports instead of 60.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import Run, analyze
from analysis.model import Column
from bot.alerts.announce import announcements
from bot.alerts.incident import Policy
from bot.alerts.incidents import advance, numbered
from bot.outgoing import Outgoing, for_platform
from bot.render import card, plots
from bot.render.message import Message
from tests.chats.test_contract import CAN, PNG, SERVERS, Platform, parsed_texts
from tests.reports import NASTY, run

NAMES = st.one_of(
    st.sampled_from(
        (
            *("train/loss", "train/l1_loss", "train/grad_norm", "train/lr", "eval/offline_eval/avg_l1", "val/acc"),
            *("train/ot_ot_pi_sum", "train/kl_loss", "rollout/ep_rew_mean", "eval/success_rate", "time/step_s"),
        )
    ),
    st.text(min_size=1, max_size=40),
    st.sampled_from((NASTY, "很长的指标名" * 60, "<!channel>", "<at id=all></at>/loss")),
)
TEXT = st.text(max_size=60) | st.sampled_from((NASTY, "名" * 500, ""))


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """Curves that fall, rise, spike, break off and are NaN, of up to twelve metrics."""
    n = draw(st.integers(0, 160))
    chance = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    columns = {}
    for name in draw(st.lists(NAMES, max_size=12, unique=True)):
        t = np.linspace(0, 1, max(n, 1))[:n]
        course = draw(st.sampled_from((np.exp(-4 * t), t + 0.1, np.ones(n), 10.0 ** (-14 * t), np.sin(9 * t))))
        y = draw(st.sampled_from((1.0, 1e-9, 1e12))) * course * np.exp(0.05 * chance.standard_normal(n))
        for odd in draw(st.lists(st.sampled_from((np.nan, np.inf, -np.inf, 0.0, 1e30)), max_size=3)):
            y[chance.integers(0, n, draw(st.integers(0, 5))) if n else []] = odd
        columns[name] = y
    made = run(
        columns,
        name=draw(TEXT),
        state=draw(st.sampled_from(("running", "finished", "crashed", "failed", "killed", "unknown"))),
        user=draw(TEXT),
        config={draw(TEXT): draw(TEXT | st.floats() | st.integers())},
        notes=tuple(draw(st.lists(TEXT, max_size=2))),
        planned_steps=draw(st.none() | st.integers(1, 10**9)),
        url=draw(st.sampled_from(("https://wandb.ai/team/robot/runs/x1", NASTY, ""))) or None,
    )
    every = {key: draw(st.sampled_from((1, 1, 7))) for key in made.history.columns}  # rows in which it was logged
    kept = {key: Column(c.rows[:: every[key]], c.values[:: every[key]]) for key, c in made.history.columns.items()}
    return replace(made, history=replace(made.history, columns=kept))


@pytest.fixture(scope="module", params=SERVERS, ids=["slack", "feishu"])
def platform(request: pytest.FixtureRequest) -> Iterator[Platform]:
    server, make = request.param
    with server() as running:
        yield make(running)


def pages(run: Run, platform: Platform) -> Iterator[Message]:
    """The card, the whole report, a preview, and all that a channel that watches it would be told at once."""
    report = analyze(run)
    yield replace(card.card(report, notes=[run.name]), plot=plots.of_run(run, report))
    yield card.full(report, "<html></html>")
    yield card.preview(report)
    step = advance(
        (),
        report.episodes,
        scope="w1",
        cursor=0,
        rows=len(run.history),
        ended=False,
        now=2e9,
        policy=Policy(group_wait_s=0.0),
    )
    step = numbered(step, lambda count: 1)
    posts = announcements(step.changes, step.incidents, address=platform.address, report=report, chart=PNG, inline=True)
    yield from (post.message for post in posts[:3] if post.message is not None)


KEYS = itertools.count()


@given(run=runs())
def test_no_page_is_refused_and_nobody_is_mentioned(platform: Platform, run: Run) -> None:
    sender, server, can = platform.make(timeout_s=30), platform.server, CAN[platform.address.platform]
    for message in pages(run, platform):
        called, stood = len(server.called(platform.create)), len(server.messages)
        key = hashlib.sha256(str(next(KEYS)).encode()).hexdigest()[:40]
        for post in for_platform(Outgoing(platform.address, "reply", key, "reply", message), can):
            sender.send(platform.post(post.message or message, key=key))

        assert len(server.called(platform.create)) == called + 1, "it was refused, and said more simply"
        for parsed in parsed_texts(server.messages[stood]):
            assert not any(markup in parsed for markup in ("<!", "<@", "<at")), parsed
