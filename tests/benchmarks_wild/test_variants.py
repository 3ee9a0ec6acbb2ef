"""A variant says the same of the run as the run itself; and a sample of them is told as the run is."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.wild.aliases import renamed
from benchmarks.wild.case import Case, fault, sick
from benchmarks.wild.cases import all_cases
from benchmarks.wild.changes import written
from benchmarks.wild.sketch import Line, Sketch, every, gaussian, made, seeded
from benchmarks.wild.variants import KINDS, Told, judged, lines, right, table, variants_of

CASES = {case.name: case for case in all_cases()}
# A few of each sort of fault, of many frameworks, and healthy runs that look sick.
SAMPLE = (
    "chatglm-ppo-one-loss-in-six-is-nan",
    "mmdet-bbox-loss-nan-now-and-then",
    "h1-walk-reward-drops-to-zero-near-the-end",
    "litgpt-falcon-loss-does-not-change-in-400-iterations",
    "moses-vae-kl-near-zero",
    "keras-pix2pix-edges2handbags-d-wins",
    "rsl-rl-ant-noise-down-to-a-tenth",
    "bloom-176b-five-percent-slower",
    "unsloth-qwen25-grpo-answers-get-shorter",
)


@pytest.mark.parametrize("name", SAMPLE)
def test_what_is_told_of_a_run_does_not_hang_on_how_it_was_logged(name: str) -> None:
    kinds = ("other noise", "other names", "every 2nd record", "ten times the steps", "more columns", "no config")

    assert [t for t in judged(name, kinds) if not t.right] == []


def toy() -> Case:
    lines = {
        "train/loss": Line((made(0, 5.0), made(4000, 1.0)), "log", noise=(gaussian(0.05),)),
        "train/lr": Line((made(0, 1e-3),)),
        "eval/loss": Line((made(0, 5.0), made(4000, 2.0)), at=every(400, 4000)),
    }
    expect = sick(fault("divergence", (1500, 1700), by=3000))
    config = {"optim": {"lr": 1e-3}, "warmup_steps": 100, "gradient_accumulation_steps": 4}
    return Case("toy", "a/b#1", "imitation", Sketch(every(10, 4000), lines, config, planned=4000), expect, "", ())


@pytest.mark.parametrize("kind", KINDS)
def test_a_variant_is_a_run_of_the_same_shape(kind: str) -> None:
    case, seen = toy(), False
    for _, _, v in variants_of(case, (kind,)):
        seen, h = True, v.run.history
        assert (np.diff(h.step) >= 0).all()
        assert all((np.diff(c.rows) > 0).all() and c.rows[-1] < len(h) for c in h.columns.values())
        assert v.expect.faults[0].ids == case.expect.faults[0].ids
        assert v.run.name == case.name
    assert seen or kind in {"slower machine", "no clock", "no epochs", "no gradient norm"}  # of which it has none


def test_thinned_columns_keep_their_values() -> None:
    case = toy()
    whole = written(case).run.history.columns
    (_, _, v), *_ = variants_of(case, ("every 2nd record",))
    thin = v.run.history.columns

    assert len(thin["train/loss"].rows) == 201  # and the first
    assert set(thin["train/loss"].values.tolist()) <= set(whole["train/loss"].values.tolist())
    assert len(thin["eval/loss"].rows) == len(whole["eval/loss"].rows)


def test_ten_times_the_steps_move_all_that_is_stated_in_steps() -> None:
    (_, _, v), *_ = variants_of(toy(), ("ten times the steps",))

    assert int(v.run.history.step[-1]) == v.run.planned_steps == 40_000
    assert v.run.config == {"optim": {"lr": 1e-3}, "warmup_steps": 1000, "gradient_accumulation_steps": 4}
    assert v.expect.faults[0].onset == (15_000, 17_000)
    assert v.expect.faults[0].by == 30_000


def test_new_names_are_as_many_as_the_old_and_of_one_style() -> None:
    old = ["train/loss", "train/lr", "train/grad_norm", "eval/loss", "eval/accuracy", "epoch"]
    for seed in range(50):
        new = renamed(old, seeded(f"names {seed}"))
        assert list(new) == old
        assert len({name.lower() for name in new.values()}) == len(old)


def test_columns_of_two_splits_keep_their_names() -> None:
    new = renamed(["val/loss", "test/loss"], seeded("two"))

    assert new == {"val/loss": "val/loss", "test/loss": "test/loss"}


def test_a_run_that_is_wrong_as_written_has_no_variants_and_tables_count_the_rest() -> None:
    case = CASES["rsl-rl-ant-noise-down-to-a-tenth"]
    told = judged(case.name, ("other noise", "more columns"))

    assert len(told) == 4
    assert all(isinstance(t, Told) and t.label == "healthy" and right(t.outcome) for t in told)
    assert list(lines(told)) == []
    assert "| other noise | 0 | - | 3 | 3 (100 %) |" in list(table(told))
