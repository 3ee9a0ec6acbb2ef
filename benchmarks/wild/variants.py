"""Every case again, told otherwise: variants that an expert would judge exactly alike.

A run that is told right as it was written and wrong under another seed, another name or half as many records was fitted,
not understood. What is changed is in `changes.py`; the judge is that of the cases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from benchmarks.wild import changes as c
from benchmarks.wild import redrawn
from benchmarks.wild.case import Case
from benchmarks.wild.cases import all_cases
from benchmarks.wild.changes import Change, Variant, written
from benchmarks.wild.judge import Outcome, judge, look
from benchmarks.wild.sketch import Rng, seeded


def _redrawn(*changes: Change) -> Callable[[Case, Rng], Variant | None]:
    """Another seed, then one change after the other, each where it applies."""

    def make(case: Case, rng: Rng) -> Variant | None:
        v = written(case, f"#{rng.integers(1 << 30)}")
        for change in changes:
            v = change(case, v, rng) or v
        return v

    return make


def _changed(change: Change) -> Callable[[Case, Rng], Variant | None]:
    return lambda case, rng: change(case, written(case), rng)


KINDS: Mapping[str, Callable[[Case, Rng], Variant | None]] = {
    "other noise": _redrawn(),
    "other names": _changed(c.other_names),
    "every 2nd record": _changed(c.thinned(2)),
    "every 3rd record": _changed(c.thinned(3)),
    "twice the records": redrawn.denser,
    "evaluations in own rows": _changed(c.rows_apart),
    "steps in a column": _changed(c.own_step_column),
    "ten times the steps": _changed(c.more_steps),
    "slower machine": _changed(c.slower),
    "loss in another unit": _changed(c.other_unit),
    "more columns": _changed(c.more_columns),
    "config nested": _changed(c.nested_config),
    "no config": _changed(c.no_config),
    "half the noise": redrawn.noise(0.5),
    "twice the noise": redrawn.noise(2.0),
    "events later": redrawn.paced(1.3),
    "events sooner": redrawn.paced(0.75),
    "first sixth missing": _changed(c.begins_later),
    "no lr": _changed(
        c.without(
            r"(^|[/_. ])(lr|learning.?rate)($|[/_. -])", "lr-zero lr-anomaly lr-flat-stall schedule-mismatch masked-nan"
        )
    ),
    "no gradient norm": _changed(
        c.without(r"gr?a?d?.?norm", "grad-spike grad-explode grad-vanish grad-clip-saturated masked-nan amp-overflow")
    ),
    "no epochs": _changed(c.without(r"^(train/|trainer/|training/)?epochs?$", "schedule-mismatch")),
    "no clock": _changed(c.no_clock),
    "still running": _changed(c.still_running),
    "all at once": _redrawn(c.other_names, c.thinned(2), c.own_step_column, c.more_columns, c.nested_config),
}
DRAWS: Mapping[str, int] = {"other noise": 3, "other names": 3, "all at once": 2}  # of the others one


# Judged


@dataclass(frozen=True, slots=True)
class Told:
    """One variant, judged. `label`: of a sick run the id by which it was told as written; of a healthy one `healthy`."""

    case: str
    kind: str
    draw: int
    label: str
    outcome: Outcome

    @property
    def right(self) -> bool:
        return right(self.outcome)


def right(o: Outcome) -> bool:
    """Told in name, time and severity and not taken back, with no false alarm before; or silent."""
    return o.status in {"told", "silent"} and not any(o.recovered) and not o.false


def variants_of(case: Case, kinds: Sequence[str] = tuple(KINDS)) -> Iterator[tuple[str, int, Variant]]:
    for kind in kinds:
        for i in range(DRAWS.get(kind, 1)):
            v = KINDS[kind](case, seeded(f"{case.name}|{kind}|{i}"))
            if v is not None:
                yield kind, i, v


def judged(name: str, kinds: Sequence[str] = tuple(KINDS)) -> list[Told]:
    """By name, as of the cases. Of a run that is not right as written there is nothing to lose: no variants."""
    case = next(x for x in all_cases() if x.name == name)
    first = _judge(case, written(case))
    if not right(first):
        return []
    label = _told_by(case, first) if first.sick else "healthy"
    return [Told(name, kind, i, label, _judge(case, v)) for kind, i, v in variants_of(case, kinds)]


def _judge(case: Case, v: Variant) -> Outcome:
    return judge(case.name, case.family, v.expect, look(v.run, v.step_key))


def _told_by(case: Case, o: Outcome) -> str:
    """The id of the first right answer."""
    ids = [line.split()[1] for line in o.answers if line.startswith(("fired", "worsened"))]
    return next((i for i in ids if any(i in f.ids for f in case.expect.faults)), min(case.expect.faults[0].ids))


def run(cases: Sequence[Case], jobs: int, kinds: Sequence[str] = tuple(KINDS)) -> list[Told]:
    names, all_kinds = [x.name for x in cases], [tuple(kinds)] * len(cases)
    if jobs <= 1:
        return [told for name in names for told in judged(name, kinds)]
    with ProcessPoolExecutor(jobs) as pool:
        return [told for found in pool.map(judged, names, all_kinds, chunksize=8) for told in found]


# Tables


def table(found: Sequence[Told]) -> Iterator[str]:
    yield "| what is changed | sick variants | told right | healthy variants | silent |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for kind in [*dict.fromkeys(t.kind for t in found), ""]:
        sick = [t.right for t in found if kind in ("", t.kind) and t.outcome.sick]
        well = [t.right for t in found if kind in ("", t.kind) and not t.outcome.sick]
        yield f"| {kind or 'all'} | {len(sick)} | {_share(sick)} | {len(well)} | {_share(well)} |"
    yield ""
    yield "| told as written by | variants | kept | lost to |"
    yield "| --- | ---: | ---: | --- |"
    labels = {label: [t.right for t in found if t.label == label] for label in {t.label for t in found}}
    for label, kept in sorted(labels.items(), key=lambda item: (sum(item[1]) / len(item[1]), item[0])):
        lost = Counter(t.kind for t in found if t.label == label and not t.right)
        yield f"| {label} | {len(kept)} | {_share(kept)} | {', '.join(f'{k} {n}' for k, n in lost.most_common(5))} |"


def _share(kept: Sequence[bool]) -> str:
    return f"{sum(kept)} ({100 * sum(kept) / len(kept):.0f} %)" if kept else "-"


def lines(found: Sequence[Told]) -> Iterator[str]:
    """What was lost, by case."""
    for t in found:
        if not t.right:
            o = t.outcome
            why = [o.status, *("falsely resolved" for r in o.recovered if r)]
            why += [f"{s.id} {s.severity.word} {s.metric} at {s.step:g}" for s in o.false]
            yield f"BAD {t.label:22} {t.case:60} {t.kind} {t.draw}: {', '.join(why)}"
