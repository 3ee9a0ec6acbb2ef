"""Which checkpoints are named: only those that a run that saves like this must have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis import analyze
from analysis.facts import Facts
from analysis.facts.checkpoints import around, before
from analysis.model import Floats
from tests.analysis.cases import descent, every, put, ramp, steady, times
from tests.analysis.curves import history, run

EVERY = {"save_freq": 1000}


@pytest.mark.parametrize(
    ("config", "at", "now", "step"),
    [
        (EVERY, 2750, 9000, 2000),
        (EVERY, 3000, 9000, 3000),
        (EVERY, 999, 9000, None),
        ({"save_steps": 500}, 2750, 9000, 2500),
        ({}, 2750, 9000, None),
        ({**EVERY, "save_total_limit": 3}, 7500, 9000, 7000),
        ({**EVERY, "save_total_limit": 3}, 6999, 9000, None),  # rotated away
        ({"save_steps": 500, "save_strategy": "epoch"}, 2750, 9000, None),
        ({"save_steps": 500, "save_strategy": "IntervalStrategy.NO"}, 2750, 9000, None),
        ({**EVERY, "save_checkpoint": False}, 2750, 9000, None),
    ],
)
def test_the_last_one_saved_before(config: dict[str, Any], at: float, now: float, step: int | None) -> None:
    assert before(Facts(config), at, now) == step


@pytest.mark.parametrize(
    ("config", "best", "now", "steps"),
    [
        (EVERY, 2750, 9900, [3000, 4000, 9000]),
        (EVERY, 200, 9900, [1000, 2000, 9000]),
        (EVERY, 8900, 9200, [9000]),
        (EVERY, 500, 900, []),
        ({}, 2750, 9900, []),
        ({**EVERY, "save_total_limit": 2}, 2750, 9900, [9000]),
        ({**EVERY, "save_total_limit": 2, "load_best_model_at_end": True}, 2750, 9900, [3000, 9000]),
    ],
)
def test_those_worth_a_try_around_the_best(config: dict[str, Any], best: float, now: float, steps: list[int]) -> None:
    assert around(Facts(config), best, now) == steps


LOSS, EV, GRAD = "train/loss", "eval/success_rate", "train/grad_norm"
FAULTS: dict[str, dict[str, Floats]] = {
    "nan-inf": {LOSS: put(descent(), np.inf)},
    "divergence": {LOSS: ramp(descent(), 20)},
    "loss-jump": {LOSS: times(descent(), 2.2)},
    "grad-explode": {LOSS: descent(), GRAD: ramp(steady(), 40)},
    "eval-regress": {LOSS: descent(), EV: every(np.where(np.arange(300) < 150, np.linspace(0.1, 1.5, 300), 0.1), 5)},
}


@pytest.mark.parametrize("id_", FAULTS)
def test_a_fault_that_spoils_what_comes_after_names_the_one_before_and_says_how_it_is_known(id_: str) -> None:
    """The fault begins near step 1500; saved every 700 steps."""

    def told(config: dict[str, Any]):  # type: ignore[no-untyped-def]
        found = analyze(run(history(FAULTS[id_]), planned_steps=3000, config=config)).findings
        return next(f.words for f in found if f.id == id_)

    known, unknown = told({"save_freq": 700}), told({})

    assert known.evidence["checkpoint"] == 1400
    assert any("1400 步的 ckpt（按 save_freq 推算" in line for line in known.more)
    assert unknown.evidence["checkpoint"] is None
    assert not any("save_freq" in line for line in unknown.more)
