"""Judging is pure: two toy cases, and everything that can be said of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.model import Severity
from benchmarks.wild import cases
from benchmarks.wild.case import Case, fault, healthy, sick
from benchmarks.wild.cases import LATER, OPEN, all_cases, half, problems
from benchmarks.wild.judge import Said, Seen, judge, lines, look, table
from benchmarks.wild.sketch import (
    Clock,
    Derived,
    Line,
    Sketch,
    at,
    binomial,
    constant,
    every,
    gaussian,
    made,
    real,
    stretch,
)

SICK = sick(fault("nan-inf divergence", (1000, 1100), by=1500), also="grad-spike", never="overfit", unsaid=("可用",))
CALM = healthy(usable=True, never="lr-anomaly")
WARNING, CRITICAL, INFO = Severity.WARNING, Severity.CRITICAL, Severity.INFO


def said(
    id_: str,
    step: float,
    severity: Severity = CRITICAL,
    event: str = "fired",
    onset: float = 1050,
    posted: bool = True,
    text: str = "",
) -> Said:
    return Said(event, id_, "loss", severity, step, onset, posted, text)


def seen(*what: Said, card: tuple[tuple[str, Severity], ...] = (), usable: str = "unknown", text: str = "") -> Seen:
    return Seen(what, card, usable, text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ((said("nan-inf", 1100),), "told"),
        ((said("divergence", 1500, WARNING),), "told"),
        ((said("nan-inf", 1501),), "late"),
        ((said("nan-inf", 1200, INFO, posted=False), said("nan-inf", 1600, event="worsened")), "late"),
        ((said("nan-inf", 1200, INFO, posted=False),), "severity"),
        ((said("nan-inf", 900),), "early"),
        ((said("nan-inf", 900), said("nan-inf", 1200)), "told"),
        ((said("loss-spike", 1200),), "missed"),
        ((), "missed"),
    ],
)
def test_a_fault_is_told_in_name_time_and_severity(what: tuple[Said, ...], status: str) -> None:
    assert judge("toy", "rl-sim", SICK, seen(*what)).status == status


def test_too_loud_is_the_wrong_severity() -> None:
    quiet = sick(fault("overfit", (1000, 1100), 1500, least=INFO, most=WARNING))
    assert judge("toy", "sft", quiet, seen(said("overfit", 1200, CRITICAL))).status == "severity"
    assert judge("toy", "sft", quiet, seen(said("overfit", 1200, INFO, posted=False))).status == "told"


def test_recovered_is_wrong_only_while_nothing_of_the_right_name_is_open() -> None:
    over = said("nan-inf", 1300, event="resolved")
    assert judge("toy", "sft", SICK, seen(said("nan-inf", 1100), over)).recovered == (True,)
    assert judge("toy", "sft", SICK, seen(said("nan-inf", 1100), said("divergence", 1200), over)).recovered == (False,)
    passing = sick(fault("nan-inf", (1000, 1100), 1500, lasting=False))
    assert judge("toy", "sft", passing, seen(said("nan-inf", 1100), over)).recovered == (False,)


def test_alarms_before_the_onset_and_on_a_healthy_run_are_false() -> None:
    early = (said("plateau", 500, WARNING), said("plateau", 600, WARNING), said("grad-spike", 700, WARNING))
    assert [s.id for s in judge("toy", "sft", SICK, seen(*early)).false] == ["plateau"]
    assert not judge("toy", "sft", SICK, seen(said("plateau", 1200, WARNING))).false
    calm = judge("toy", "sft", CALM, seen(*early))
    assert (calm.status, [s.id for s in calm.false]) == ("alarm", ["plateau", "grad-spike"])
    assert judge("toy", "sft", CALM, seen(said("plateau", 500, INFO, posted=False))).perfect


def test_what_had_to_stay_unsaid() -> None:
    o = judge("toy", "sft", SICK, seen(said("nan-inf", 1100), card=(("overfit", WARNING),), usable="yes", text="可用"))
    assert (o.forbidden, o.verdict, o.perfect) == (("overfit", "可用"), True, False)
    assert judge("toy", "sft", CALM, seen(said("lr-anomaly", 10, WARNING), usable="yes")).forbidden == ("lr-anomaly",)


def test_onset_and_card() -> None:
    o = judge("toy", "sft", SICK, seen(said("nan-inf", 1100, onset=400), card=(("nan-inf", CRITICAL),)))
    assert (o.onset_off, o.on_card) == ((True,), (True,))


def test_the_table_adds_up() -> None:
    found = [judge("a", "sft", SICK, seen(said("nan-inf", 1100))), judge("b", "sft", CALM, seen())]
    rows = list(table(found))
    assert rows[2].startswith("| sft | 1 | 1 | 0 ")
    assert rows[-1] == "2 of 2 runs without any fault of ours"
    assert all(text for o in found for text in lines(o))


TOY = Sketch(
    at=every(10, 2000),
    lines={
        "train/loss": Line((real(10, 6.9), made(2000, 0.1)), "log", noise=(gaussian(0.05),), then=(stretch(1000, 9999, math.nan),)),
        "train/lr": Line(constant(1e-4)),
        "train/twice": Derived(("train/loss",), lambda x: 2 * x),
        "eval/success": Line((made(0, 0.1), real(2000, 0.84)), at=every(500, 2000), then=(binomial(50),)),
    },
    clock=Clock(0.5, evals=(500, 60)),
    step_key="global_step",
    apart=True,
)  # fmt: skip


def test_a_sketch_is_drawn_the_same_each_time_and_keeps_its_figures() -> None:
    case = Case("toy", "owner/repo#1", "imitation", TOY, SICK, "why", ("a", "b", "c"))
    one, two = case.run().history, case.run().history
    loss = one.columns["train/loss"]
    assert np.array_equal(loss.values, two.columns["train/loss"].values, equal_nan=True)
    assert loss.values[0] == 6.9 and one.columns["eval/success"].values[-1] == 0.84
    assert np.isnan(loss.values[99:]).all() and np.isfinite(loss.values[:99]).all()
    assert len(one) == 204 and list(one.step[:3]) == [0, 1, 2] and (np.diff(one.timestamp) > 0).all()
    assert one.columns["global_step"].values[-1] == 2000
    assert not list(problems(case))


def test_a_resumed_run_goes_back_in_steps_and_on_in_time() -> None:
    after = Sketch(
        at=every(10, 3000, first=1900),
        lines={"train/lr": Line(constant(1e-4))},
        clock=Clock(0.5, pauses=((1900, 3600),)),
    )
    run = Case("toy", "o/r#1", "sft", Sketch(TOY.at, TOY.lines, clock=TOY.clock, then=after), SICK, "", ()).run()
    assert (np.diff(run.history.step) < 0).sum() == 1 and (np.diff(run.history.timestamp) > 0).all()


def test_a_figure_between_records_is_refused() -> None:
    with pytest.raises(ValueError, match="no record near"):
        Case(
            "x",
            "o/r#1",
            "sft",
            Sketch(at(100, 110, 120), {"loss": Line((real(10, 1.0), made(120, 0.5)))}),
            CALM,
            "",
            (),
        ).run()


def test_the_product_is_found_and_speaks_in_the_trainers_steps() -> None:
    found = look(Case("toy", "o/r#1", "imitation", TOY, SICK, "", ()).run(), "global_step")
    assert any(s.id == "nan-inf" and s.step >= 1000 for s in found.said)


def test_every_case_is_written_as_it_must_be() -> None:
    cases = all_cases()
    assert len({c.name for c in cases}) == len(cases)
    assert [(c.name, p) for c in cases for p in problems(c)] == []


def test_what_was_worked_with_is_open_and_half_of_what_comes_later_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {half(case) for table in OPEN for case in table.CASES} == {"open"}

    monkeypatch.setattr(cases, "LATER", OPEN)  # as if all of them had just been written
    drawn = [half(case) for table in OPEN for case in table.CASES]
    assert 0.4 < drawn.count("frozen") / len(drawn) < 0.6


def test_the_frozen_half_has_sources_of_its_own() -> None:
    """A thread or a file that was worked on in the open half is no longer unseen."""
    seen = {case.source.split(" ")[0] for table in OPEN for case in table.CASES}
    assert not [case.name for table in LATER for case in table.CASES if case.source.split(" ")[0] in seen]
