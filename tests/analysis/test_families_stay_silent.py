"""Typical runs of thirty frameworks and tasks: healthy ones pass in silence, of sick ones the fault is told.

What is not so yet stands in two lists, with the reason. A case that has become right fails until it is
taken off its list.
"""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses import ALL
from analysis.model import Column
from benchmarks.detection import __main__ as command
from benchmarks.detection.families import KINDS
from benchmarks.detection.families.breaks import nan_from
from benchmarks.detection.families.judge import HEALTHY, Verdict, case, judge
from benchmarks.detection.families.shapes import factor, paced, power
from benchmarks.detection.families.sheet import Block, Break, Fault, Kind, Rng, Sheet, fault

# Kinds whose healthy runs are complained about: what is said, and why it is wrong.
COMPLAINS: dict[str, str] = {}

# Faults that are not told in time by a name that fits.
UNTOLD = {
    (
        "lerobot-diffusion",
        "success falls",
    ): "54 to 10 % in 16 evaluations: nine of them, ten points apart each, do not tell their noise well enough",
    (
        "sb3-sac",
        "return never rises",
    ): "25 evaluations of noise that by chance climb for 22 of them (Mann-Kendall z 3.0): told of others too",
    ("federated", "accuracy falls"): "an accuracy without the name of a split has no role",
}

LONGEST = 3000  # records; longer runs are for the benchmark
FROM_THE_START = {
    "schedule too short",
    "loss scale gives up",
}  # another schedule, another precision: seen late, there at once
SICK = [(kind, variant) for kind in KINDS for variant in kind.sick]


def healthy(kind: Kind) -> list[Verdict]:
    """One run of each length."""
    return [judge(kind, HEALTHY, seed) for seed, length in enumerate(kind.lengths) if length <= LONGEST]


def sick(kind: Kind, variant: str) -> Verdict:
    """The run of middle length, of which no plan is known but what the config states."""
    return judge(kind, variant, 1 if kind.lengths[1] <= LONGEST else 0)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.name)
def test_a_healthy_run_passes_without_a_word_above_info(kind: Kind) -> None:
    said = [f"{v.rows} rows: {c.id} {c.severity} {c.metric}: {c.message}" for v in healthy(kind) for c in v.complaints]

    if kind.name in COMPLAINS:
        assert said, f"{kind.name} is silent now: take it off COMPLAINS"
    else:
        assert not said


@pytest.mark.parametrize(("kind", "variant"), SICK, ids=[f"{k.name}-{v}" for k, v in SICK])
def test_what_an_expert_would_flag_is_told(kind: Kind, variant: str) -> None:
    verdict = sick(kind, variant)

    if (kind.name, variant) in UNTOLD:
        assert verdict.outcome != "told", f"{kind.name}, {variant}: told now, take it off UNTOLD"
    else:
        assert verdict.outcome == "told", verdict.answer


def test_the_lists_name_what_there_is() -> None:
    assert COMPLAINS.keys() <= {k.name for k in KINDS}
    assert UNTOLD.keys() <= {(k.name, v) for k, v in SICK}


# the generator


def test_there_are_enough_of_them() -> None:
    assert len({k.name for k in KINDS}) == len(KINDS) >= 16
    assert all(len(k.sick) >= 3 for k in KINDS)


@pytest.mark.parametrize(("kind", "variant"), SICK, ids=[f"{k.name}-{v}" for k, v in SICK])
def test_a_fault_leaves_what_was_before_it_alone(kind: Kind, variant: str) -> None:
    """So what is said before the onset is said of the healthy run; and something does change behind it."""
    seed = 0 if kind.lengths[0] <= LONGEST else 1
    well, _ = case(kind, HEALTHY, seed)
    ill, fault = case(kind, variant, seed)
    assert fault is not None
    onset = int(fault.onset * len(well.history)) - len(well.history) // 100 - 1

    assert fault.ids <= {d.id for d in ALL}
    assert 0 <= fault.onset < fault.deadline <= 1
    changed = not np.array_equal(well.history.timestamp, ill.history.timestamp)
    changed |= well.history.columns.keys() != ill.history.columns.keys()
    for key, column in well.history.columns.items():
        other = ill.history.columns[key]
        assert variant in FROM_THE_START or _up_to(column, onset) == _up_to(other, onset), key
        changed |= not np.array_equal(column.values, other.values, equal_nan=True)
    assert changed


def _up_to(column: Column, row: int) -> list[float]:
    return [round(v, 9) for v in column.values[column.rows < row].tolist()]


def test_a_seed_is_a_run() -> None:
    kind = KINDS[0]
    (one, _), (same, _), (other, _) = case(kind, HEALTHY, 1), case(kind, HEALTHY, 1), case(kind, HEALTHY, 5)

    assert np.array_equal(one.history.columns["train/loss"].values, same.history.columns["train/loss"].values)
    assert not np.array_equal(one.history.columns["train/loss"].values, other.history.columns["train/loss"].values)


# judging


def plain(rng: Rng, n: int) -> Sheet:
    at = np.arange(n)
    return Sheet(
        rng, Block(at, {"train/loss": power(at / n, 2.0, 0.5, 20) * factor(rng, n, 0.02)}), {}, paced(rng, n, 1.0)
    )


def nan_labelled(expected: Fault) -> Break:
    """NaN from the middle on, under some label."""

    def apply(s: Sheet) -> Fault:
        nan_from("train/loss", 0.5)(s)
        return expected

    return apply


@pytest.mark.parametrize(
    ("expected", "outcome", "complaints"),
    [
        (fault("nan-inf", 0.5, 0.6), "told", 0),
        (fault("nan-inf", 0.1, 0.2), "late", 0),
        (fault("divergence", 0.5, 0.6), "wrong name", 0),
        (fault("nan-inf", 0.8, 0.9), "early", 1),
        (fault("overfit", 0.8, 0.9), "missed", 1),
    ],
    ids=["in time", "late", "another name", "before the onset", "not at all"],
)
def test_a_fault_is_told_in_time_and_by_its_name(expected: Fault, outcome: str, complaints: int) -> None:
    verdict = judge(Kind("plain", plain, {"nan": nan_labelled(expected)}, (400,)), "nan", 1)

    assert (verdict.outcome, len(verdict.complaints)) == (outcome, complaints)


def test_a_healthy_run_with_a_complaint_is_no_silent_one() -> None:
    def broken(rng: Rng, n: int) -> Sheet:
        s = plain(rng, n)
        nan_from("train/loss", 0.5)(s)
        return s

    assert judge(Kind("plain", plain, {}, (400,)), HEALTHY, 1).outcome == "silent"
    assert judge(Kind("broken", broken, {}, (400,)), HEALTHY, 1).outcome == "complaint"


def test_the_command_prints_a_line_per_kind(capsys: pytest.CaptureFixture[str]) -> None:
    command.main(["--families", "--kind", "openvla-lora", "--seeds", "0-0"])
    lines = capsys.readouterr().out.splitlines()

    assert [line.split(" | ")[0] for line in lines if line.startswith("| ")][1:] == ["| ---", "| openvla-lora", "| all"]
