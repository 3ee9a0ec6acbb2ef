"""What the product says of a run, and whether that was right.

`look` is the only place that knows the product: it replays the run as a watcher would have seen it, and takes the
report at the end. `judge` is pure: an expectation and what was said -> an outcome.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from analysis import analyze
from analysis.diagnoses import ALL
from analysis.model import Run, Severity
from benchmarks.wild.case import Expect, Fault
from benchmarks.wild.cases import all_cases
from bot.alerts.incident import Policy
from bot.cli.replay import replay
from bot.render.card import card
from bot.render.json import to_json
from bot.render.text import render_text

Usable = Literal["yes", "no", "unknown"]
Told = Literal["told", "severity", "late", "early", "missed"]
WORST_FIRST: tuple[Told, ...] = ("missed", "early", "late", "severity", "told")


@dataclass(frozen=True, slots=True)
class Said:
    """Something that happened to a finding while the run was watched. Steps are the trainer's own.

    event    fired, worsened, resolved
    posted   a channel read it
    """

    event: str
    id: str
    metric: str
    severity: Severity
    step: float
    onset: float
    posted: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A run, watched and reported. `card`: id -> severity of what stands open on the report at the end."""

    said: tuple[Said, ...]
    card: tuple[tuple[str, Severity], ...]
    usable: Usable
    text: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case, judged.

    told        per fault: in name, time and severity, or how it failed
    recovered   per fault: "recovered" was posted although it was still on
    on_card     per fault: the report at the end says it
    onset_off   per fault: told, with an onset outside the window
    false       alarms on a healthy run, or before the onset of a sick one
    forbidden   ids and words that had to stay unsaid
    verdict     usable said where it is not
    """

    name: str
    family: str
    sick: bool
    told: tuple[Told, ...] = ()
    recovered: tuple[bool, ...] = ()
    on_card: tuple[bool, ...] = ()
    onset_off: tuple[bool, ...] = ()
    false: tuple[Said, ...] = ()
    forbidden: tuple[str, ...] = ()
    verdict: bool = False
    answers: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """Of a sick run the worst of its faults, of a healthy one silent or alarm."""
        if self.sick:
            return next(s for s in WORST_FIRST if s in self.told)
        return "alarm" if self.false else "silent"

    @property
    def perfect(self) -> bool:
        return self.status in {"told", "silent"} and not (
            any(self.recovered) or self.false or self.forbidden or self.verdict
        )


# Judging: pure


def judge(name: str, family: str, expect: Expect, seen: Seen) -> Outcome:
    told = [_told(f, seen.said) for f in expect.faults]
    return Outcome(
        name,
        family,
        not expect.healthy,
        tuple(t for t, _ in told),
        tuple(_recovered(f, seen.said) for f in expect.faults),
        tuple(any(i in f.ids and s >= f.least for i, s in seen.card) for f in expect.faults),
        tuple(
            a is not None and not f.onset[0] <= a.onset <= f.onset[1]
            for f, (_, a) in zip(expect.faults, told, strict=True)
        ),
        tuple(_false(expect, seen.said)),
        tuple(dict.fromkeys(_forbidden(expect, seen))),
        seen.usable == "yes" and not expect.usable,
        tuple(_line(s) for s in seen.said if s.posted),
    )


def _told(fault: Fault, said: Sequence[Said]) -> tuple[Told, Said | None]:
    """A note counts where a note is enough; else only what a channel read."""
    rises = [s for s in said if s.event in {"fired", "worsened"} and s.id in fault.ids]
    heard = [s for s in rises if s.posted or fault.least <= Severity.INFO]
    since = [s for s in heard if s.step >= fault.onset[0]]
    right = [s for s in since if fault.least <= s.severity <= fault.most]
    timely = [s for s in right if s.step <= fault.by]
    if timely:
        return "told", timely[0]
    if right:
        return "late", right[0]
    if since or any(s.step >= fault.onset[0] for s in rises):
        return "severity", next(iter(since), None)
    return ("early", heard[0]) if heard else ("missed", None)


def _recovered(fault: Fault, said: Sequence[Said]) -> bool:
    """Posted as over while it is still on, with nothing of the right name left open."""
    if not fault.lasting:
        return False
    open_: set[tuple[str, str]] = set()
    for s in said:
        if s.id not in fault.ids or not s.posted:
            continue
        if s.event in {"fired", "worsened"}:
            open_.add((s.id, s.metric))
        elif s.event == "resolved":
            open_.discard((s.id, s.metric))
            if s.step >= fault.onset[0] and not open_:
                return True
    return False


def _false(expect: Expect, said: Sequence[Said]) -> Iterator[Said]:
    """Each diagnosis on each metric once."""
    begin = min((f.onset[0] for f in expect.faults), default=float("inf"))
    seen: set[tuple[str, str]] = set()
    for s in said:
        loud = s.posted and s.severity > Severity.INFO and s.event in {"fired", "worsened"}
        if loud and s.step < begin and s.id not in expect.also and (s.id, s.metric) not in seen:
            seen.add((s.id, s.metric))
            yield s


def _forbidden(expect: Expect, seen: Seen) -> Iterator[str]:
    for s in seen.said:
        if s.posted and s.severity > Severity.INFO and s.event != "resolved" and s.id in expect.never:
            yield s.id
    for id_, severity in seen.card:
        if severity > Severity.INFO and id_ in expect.never:
            yield id_
    texts = [seen.text, *(s.text for s in seen.said if s.posted)]
    yield from (word for word in expect.unsaid if any(word in text for text in texts))


def _line(s: Said) -> str:
    return f"{s.event} {s.id} {s.severity.word} {s.metric} at {s.step:g} (since {s.onset:g}) {s.text}"


# Tables: pure


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield (
        "| family | sick | told right | missed | late | early | wrong severity | falsely resolved | not on the card | "
        "alarms before onset | healthy | silent | false alarms | forbidden said | usable wrongly |"
    )
    yield "| --- |" + " ---: |" * 14
    families = list(dict.fromkeys(o.family for o in outcomes))
    for family in [*families, ""]:
        mine = [o for o in outcomes if family in ("", o.family)]
        ill, calm = [o for o in mine if o.sick], [o for o in mine if not o.sick]
        figures = (
            len(ill),
            *(sum(o.status == s for o in ill) for s in ("told", "missed", "late", "early", "severity")),
            sum(any(o.recovered) for o in ill),
            sum(not all(o.on_card) for o in ill),
            sum(len(o.false) for o in ill),
            len(calm),
            sum(o.status == "silent" for o in calm),
            sum(len(o.false) for o in calm),
            sum(len(o.forbidden) for o in mine),
            sum(o.verdict for o in mine),
        )
        yield f"| {family or 'all'} | " + " | ".join(str(f) for f in figures) + " |"
    right = sum(o.perfect for o in outcomes)
    yield ""
    yield f"{right} of {len(outcomes)} runs without any fault of ours"


def lines(o: Outcome) -> Iterator[str]:
    """One case in a line, and what was wrong below it."""
    yield f"{'ok ' if o.perfect else 'BAD'} {o.family:12} {o.name:52} {o.status}"
    for i, t in enumerate(o.told):
        notes: list[str] = [t] if t != "told" or len(o.told) > 1 else []
        notes += ["falsely resolved"] if o.recovered[i] else []
        notes += ["not on the card"] if not o.on_card[i] else []
        notes += ["onset outside its window"] if o.onset_off[i] else []
        if notes:
            yield f"      fault {i + 1}: {', '.join(notes)}"
    yield from (f"      false alarm: {_line(s)}" for s in o.false)
    yield from (f"      forbidden: {word}" for word in o.forbidden)
    if o.verdict:
        yield "      verdict: usable, which it is not"


# The product


def look(run: Run, step_key: str | None = None) -> Seen:
    """Replays as a channel with default settings would have heard it, then reports."""
    report = analyze(run)
    return Seen(
        tuple(_said(replay(run, ALL, Policy()), _own_steps(run, step_key))),
        tuple((f.id, f.severity) for f in report.findings if not f.over),
        json.loads(to_json(report))["verdict"]["usable"],
        render_text(card(report)),
    )


def judged(name: str) -> tuple[Outcome, Seen]:
    """By name: a case holds functions, which cannot be sent to another process."""
    case = next(c for c in all_cases() if c.name == name)
    seen = look(case.run(), case.sketch.step_key)
    return judge(case.name, case.family, case.expect, seen), seen


def _said(events: Iterable[Any], own: tuple[Any, Any]) -> Iterator[Said]:
    high, steps = own

    def place(step: int) -> float:
        return float(steps[min(int(np.searchsorted(high, step)), len(steps) - 1)])

    for h in events:
        if h.event in {"fired", "worsened", "resolved"}:
            text = "：".join(filter(None, (h.words.title, h.words.message, h.words.advice)))
            yield Said(
                h.event,
                h.id,
                h.metrics[0] if h.metrics else "",
                h.severity,
                place(h.step),
                place(h.onset_step),
                h.posted,
                text,
            )


def _own_steps(run: Run, step_key: str | None) -> tuple[Any, Any]:
    """(`_step`, the trainer's step), both never falling: the product speaks in the former."""
    h = run.history
    own = h.step.astype(float)
    if step_key is not None and (column := h.columns.get(step_key)) is not None:
        i = np.clip(np.searchsorted(column.rows, np.arange(len(h)), side="right") - 1, 0, None)
        own = column.values[i]
    return np.maximum.accumulate(h.step), np.maximum.accumulate(own)
