"""Episodes: one causal scan over a history.

A diagnosis says, per point of the metrics it watches, whether its fault *fires* there, whether it would *clear* there
and how bad it is (`Track`); all three may depend on that point and earlier ones only. This module turns that into
episodes: raised at the first firing point, worsened when severity rises, cleared, cleared as rewound when a resume goes
back before the onset, suppressed while a cause is open. So the law of architecture holds by construction:

    scan(Reading(h.head(n), facts)) == [e.upto(n) for e in scan(Reading(h, facts)) if e.raised_row < n]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.arrays import rolling
from analysis.figures import spaced
from analysis.model import Episode, Ints, Severity, Transition, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.reading import Reading
from analysis.scan.resume import stretches
from analysis.scan.track import Moment, Track
from analysis.scan.view import View


@dataclass(slots=True)
class _Draft:
    """An episode being written."""

    id: str
    metrics: tuple[str, ...]
    raised_row: int
    onset_row: int
    onset_step: int
    transitions: list[Transition]
    words: Callable[[int], Words]  # what it says at a row, once the whole history is read
    top: Severity
    cleared_row: int | None = None


@dataclass(frozen=True, eq=False)
class Scan:
    """The result: episodes in the order they were raised, what each open one says now, and what never applied."""

    episodes: tuple[Episode, ...]
    now: Mapping[int, Words] = field(default_factory=dict)  # index into episodes -> words at the last row
    not_applicable: tuple[str, ...] = ()


def scan(reading: Reading, diagnoses: Sequence[CausalDiagnosis]) -> Scan:
    """Every episode of a run."""
    history = reading.history
    drafts: list[_Draft] = []
    applied: set[str] = set()
    for rows, start in stretches(history, frozenset(reading.roles.holder.values())):
        view = View(reading, rows)
        if start:
            _rewind(drafts, start, int(history.step[start]))
        open_ = {(d.id, d.metrics[0]): d for d in drafts if d.cleared_row is None}
        for diagnosis in diagnoses:
            for t in diagnosis.tracks(view):
                applied.add(diagnosis.id)
                _follow(drafts, diagnosis.id, t, start, open_.get((diagnosis.id, t.metrics[0])))
    drafts.sort(key=lambda d: (d.raised_row, d.id, d.metrics))
    by_id: dict[str, list[_Draft]] = {}
    for d in drafts:
        by_id.setdefault(d.id, []).append(d)
    causes = {d.id: d.explained_by for d in diagnoses}
    of_everything = tuple(d.id for d in diagnoses if d.explains_what_follows)
    episodes = tuple(_finish(d, _explanations(d, by_id, causes[d.id], of_everything), history.step) for d in drafts)
    last = len(history) - 1
    return Scan(
        episodes,
        {i: d.words(last) for i, d in enumerate(drafts) if d.cleared_row is None},
        tuple(d.id for d in diagnoses if d.id not in applied),
    )


def _rewind(drafts: list[_Draft], row: int, step: int) -> None:
    for d in drafts:
        if d.cleared_row is None and d.onset_step >= step:
            words = d.transitions[-1].words
            d.transitions.append(Transition("cleared", row, step, d.top, words, reason="rewound"))
            d.cleared_row = row


def _follow(drafts: list[_Draft], id_: str, t: Track, start: int, carried: _Draft | None) -> None:
    """Walks the track from its first new point on; `carried` is the episode that is still open from before a resume."""
    first_new = int(np.searchsorted(t.rows, start))
    for begin, end in rolling.spans(t.firing, t.clearing, first_new, carried is not None):
        if begin < 0 and carried is not None:
            _live(carried, t, first_new, end)
            continue
        onset = min(max(t.onset(begin), 0), begin)
        draft = _Draft(
            id_, t.metrics, int(t.rows[begin]), int(t.rows[onset]), int(t.step[onset]), [], _silent, Severity.OK
        )
        drafts.append(draft)
        _live(draft, t, begin, end)


def _silent(row: int) -> Words:
    return Words("", "", "")


def _live(draft: _Draft, t: Track, lo: int, end: int | None) -> None:
    """One stretch of an episode's life: points lo..end (end excluded) where it is open, then its clearing."""
    raised, onset = t.index(draft.raised_row), t.index(draft.onset_row)
    stop = len(t.rows) if end is None else end
    levels = rolling.running_max(t.severity[lo:stop].astype(np.float64))
    rises = np.flatnonzero(np.diff(levels, prepend=float(draft.top)) > 0)
    for j in rises:
        level = Severity(int(levels[j]))
        if level <= draft.top:
            continue
        kind = "worsened" if draft.transitions else "raised"
        now = lo + int(j)
        words = plain(t.words(Moment(now, raised, onset, level)))
        draft.transitions.append(Transition(kind, int(t.rows[now]), int(t.step[now]), level, words))  # type: ignore[arg-type]
        draft.top = level
    if end is not None:
        words = plain(t.words(Moment(end, raised, onset, draft.top, over=True)))
        draft.transitions.append(
            Transition("cleared", int(t.rows[end]), int(t.step[end]), draft.top, words, reason="recovered")
        )
        draft.cleared_row = int(t.rows[end])
    draft.words = lambda row: plain(t.words(Moment(t.index(row), raised, onset, draft.top)))


def plain(words: Words) -> Words:
    """Words as they are typeset, whose evidence is JSON: no NaN (None), no numpy numbers."""
    return replace(
        words,
        title=spaced(words.title),
        message=spaced(words.message),
        advice=spaced(words.advice),
        evidence={k: _plain(v) for k, v in words.evidence.items()},
    )


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def _explanations(
    effect: _Draft, drafts: Mapping[str, list[_Draft]], causes: tuple[str, ...], of_everything: tuple[str, ...]
) -> list[tuple[int, int | None, str]]:
    """Intervals of rows (from, to, cause id) in which an open cause explains an effect away."""
    found: list[tuple[int, int | None, str]] = []
    for cause_id in (*of_everything, *causes):
        for cause in drafts.get(cause_id, ()):
            # A cause of everything explains what came after it, not what was there before.
            after = (cause.raised_row, cause.id, cause.metrics) < (effect.raised_row, effect.id, effect.metrics)
            if cause is effect or (cause_id in of_everything and not after):
                continue
            start = max(cause.raised_row, effect.raised_row)
            ends = [row for row in (cause.cleared_row, effect.cleared_row) if row is not None]
            if all(start < row for row in ends):
                found.append((start, cause.cleared_row, cause_id))
    return found


def _finish(d: _Draft, explained: list[tuple[int, int | None, str]], step: Ints) -> Episode:
    """Weaves suppression into the transitions: at every row where its state changes, one transition."""
    out = list(d.transitions)
    end = d.cleared_row
    marks = sorted({r for a, b, _ in explained for r in (a, b) if r is not None and (end is None or r < end)})
    current: str | None = None
    for row in marks:
        by = next((c for a, b, c in explained if a <= row and (b is None or row < b)), None)
        if by == current:
            continue
        latest = max((t for t in out if t.row <= row), key=lambda t: t.row)
        kind = "suppressed" if by is not None else "released"
        out.append(Transition(kind, row, int(step[row]), latest.severity, latest.words, by=by))  # type: ignore[arg-type]
        current = by
    # Within one row: raised and worsened first, then suppression. Stable sort keeps the order of appending.
    out.sort(key=lambda t: t.row)
    return Episode(d.id, d.metrics, d.onset_row, d.onset_step, tuple(out))
