"""Episodes: one causal scan over a history.

A diagnosis says, per point of the metrics it watches, whether its fault *fires* there, whether it would *clear* there
and how bad it is (`Track`); all three may depend on that point and earlier ones only. This module turns that into
episodes: raised at the first firing point, worsened when severity rises, cleared, cleared as rewound when a resume goes
back before the onset, suppressed while a cause is open. So the law of architecture holds by construction:

    scan(Reading(h.head(n), facts)) == [e.upto(n) for e in scan(Reading(h, facts)) if e.raised_row < n]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.arrays import rolling
from analysis.facts import Facts
from analysis.figures import spaced
from analysis.model import STEP, Episode, Ints, Origin, Severity, StepUnit, Transition, Words
from analysis.scan.counting import counted
from analysis.scan.diagnosis import CausalDiagnosis, asking
from analysis.scan.pieces import SIZES, Piece, Sizes, cut, last_end, seen_in
from analysis.scan.reading import Reading
from analysis.scan.recovery import Limit, first_clear
from analysis.scan.resume import stretches
from analysis.scan.track import Moment, Track
from analysis.scan.view import View


@dataclass(frozen=True, slots=True)
class _Settled:
    words: Words

    def __call__(self, row: int, level: Severity) -> Words:
        return self.words


@dataclass(slots=True, eq=False)
class _Draft:
    """An episode being written."""

    id: str
    metrics: tuple[str, ...]
    raised_row: int
    onset_row: int
    onset_step: int
    transitions: list[Transition]
    words: Callable[[int, Severity], Words]  # what it says at a row, once the whole history is read
    top: Severity
    limit: Limit | None = None
    foremost: bool = False
    stands: Severity = Severity.OK  # at the last point, if it fires there, or what it has lost has not come back
    cleared_row: int | None = None
    merged: bool = False  # into an earlier one, which was not over after all

    def copy(self) -> _Draft:
        copied = _Draft(*(getattr(self, name) for name in self.__slots__))  # dataclasses.replace is six times slower
        copied.transitions = list(self.transitions)
        return copied

    def settle(self, row: int) -> None:
        """Says from now on what it says at this row, unless its metric is looked at again."""
        if not isinstance(self.words, _Settled):
            self.words = _Settled(self.words(row, self.top))

    def severity_at(self, row: int) -> Severity:
        """The worst so far at a row at which it is open."""
        return max((t.severity for t in self.transitions if t.row <= row), default=Severity.OK)

    @property
    def order(self) -> tuple[int, int, str, tuple[str, ...]]:
        """Of what was raised first; in one row of the graver one."""
        return self.raised_row, -self.severity_at(self.raised_row), self.id, self.metrics

    def covers(self, other: _Draft) -> bool:
        """Open whenever a later one of the same id is, and never less grave: what that explains, this one does."""
        lasts = self.cleared_row is None or (other.cleared_row is not None and other.cleared_row <= self.cleared_row)
        stands = self.raised_row <= other.raised_row and lasts and self.foremost >= other.foremost
        return stands and all(self.severity_at(t.row) >= other.severity_at(t.row) for t in other.transitions)


@dataclass(frozen=True, eq=False)
class Before:
    """What a scan knows of the rows that no longer one will look at again."""

    origin: Origin
    facts: Facts
    diagnoses: tuple[CausalDiagnosis, ...]
    row: int  # the first that is not among them
    drafts: tuple[_Draft, ...]
    applied: frozenset[str]

    def holds(self, reading: Reading, diagnoses: tuple[CausalDiagnosis, ...]) -> bool:
        """Whether this run is the one that was scanned, as it was or longer, judged by the same rules."""
        history = reading.history
        rows = history.origin is self.origin and self.row <= len(history)
        return rows and self.facts.same(reading.facts) and self.diagnoses == diagnoses


@dataclass(frozen=True, eq=False)
class Scan:
    """The result: episodes in the order they were raised, what each open one says now, and what never applied."""

    episodes: tuple[Episode, ...]
    now: Mapping[int, Words] = field(default_factory=dict)  # index into episodes -> words at the last row
    stands: Mapping[int, Severity] = field(default_factory=dict)  # of these, how grave that row is by itself
    not_applicable: tuple[str, ...] = ()
    before: Before | None = None  # for the next scan of the same run; None: it is short


def scan(
    reading: Reading, diagnoses: Sequence[CausalDiagnosis], before: Before | None = None, sizes: Sizes = SIZES
) -> Scan:
    """Every episode of a run. `before`: of an earlier scan, so that only what came since costs anything; where it is of
    another run, or of rows that were rewritten, it is passed over. Raises DiagnosisError.
    """
    history, rules = reading.history, tuple(diagnoses)
    if before is not None and not before.holds(reading, rules):
        before = None
    drafts = [] if before is None else [d.copy() for d in before.drafts]
    applied = set() if before is None else set(before.applied)
    done = 0 if before is None else before.row
    final = last_end(len(history), sizes)
    for piece in cut(stretches(history, frozenset(reading.roles.holder.values())), len(history), sizes):
        if piece.end <= done:
            continue
        if piece.resumed:
            _rewind(drafts, piece.start, int(history.step[piece.start]))
        _scan_piece(drafts, applied, piece, seen_in(piece, reading, sizes), rules, reading.unit)
        if piece.whole:  # what was worked out for it is let go of
            for d in drafts:
                d.settle(piece.end - 1)
        if piece.end == final:
            before = Before(
                history.origin, reading.facts, rules, final, tuple(d.copy() for d in drafts), frozenset(applied)
            )
    drafts.sort(key=lambda d: (d.raised_row, d.id, d.metrics))
    causes = {d.id: d.explained_by for d in diagnoses}
    of_everything = tuple(d.id for d in diagnoses if d.explains_what_follows)
    drafts = _kept_open(drafts, causes, of_everything, history.step)
    by_id = _telling(drafts)
    episodes = tuple(_finish(d, _explanations(d, by_id, causes[d.id], of_everything), history.step) for d in drafts)
    last = len(history) - 1
    with np.errstate(over="ignore", invalid="ignore"):
        now = {i: d.words(last, d.top) for i, d in enumerate(drafts) if d.cleared_row is None}
    return Scan(
        episodes,
        now,
        {i: d.stands for i, d in enumerate(drafts) if d.cleared_row is None},
        tuple(d.id for d in diagnoses if d.id not in applied),
        before,
    )


def _scan_piece(
    drafts: list[_Draft],
    applied: set[str],
    piece: Piece,
    seen: tuple[View, Ints | None],
    diagnoses: Sequence[CausalDiagnosis],
    unit: Callable[[int], StepUnit],
) -> None:
    view, rows = seen
    open_ = {(d.id, d.metrics[0]): d for d in drafts if d.cleared_row is None}
    # Values near the largest float are logged, too: what overflows is infinite, and compares as such.
    with np.errstate(over="ignore", invalid="ignore"):
        for diagnosis in diagnoses:
            with asking(diagnosis.id):
                for t in diagnosis.tracks(view):
                    applied.add(diagnosis.id)
                    mine = t if rows is None else replace(t, rows=rows[t.rows])
                    carried = open_.get((diagnosis.id, t.metrics[0]))
                    _follow(drafts, diagnosis.id, mine, piece.start, carried, unit)


def _rewind(drafts: list[_Draft], row: int, step: int) -> None:
    for d in drafts:
        if d.cleared_row is None and d.onset_step >= step:
            words = d.transitions[-1].words
            d.transitions.append(Transition("cleared", row, step, d.top, words, reason="rewound"))
            d.cleared_row = row


def _follow(
    drafts: list[_Draft],
    id_: str,
    t: Track,
    start: int,
    carried: _Draft | None,
    unit: Callable[[int], StepUnit],
) -> None:
    """Walks the track from its first new point on; `carried` is the episode that is still open from before a resume."""
    first_new = int(np.searchsorted(t.rows, start)) if start else 0
    if carried is None and not np.count_nonzero(t.firing[first_new:]):
        return
    over = t.clearing & ~t.firing  # a point that both fires and clears keeps the episode open
    at = first_new
    if carried is not None:
        end = first_clear(over, first_new - 1, t.recovery, carried.limit)
        _live(carried, t, first_new, end, unit)
        if end is None:
            return
        at = end + 1
    fire = np.flatnonzero(t.firing)
    while (i := int(np.searchsorted(fire, at))) < len(fire):
        begin = int(fire[i])
        onset = min(max(t.onset(begin), 0), begin)
        limit = t.recovery.limit(onset, begin) if t.recovery is not None else None
        draft = _Draft(
            id_,
            t.metrics,
            int(t.rows[begin]),
            int(t.rows[onset]),
            int(t.step[onset]),
            [],
            _silent,
            Severity.OK,
            limit,
            t.foremost,
        )
        drafts.append(draft)
        end = first_clear(over, begin, t.recovery, limit)
        _live(draft, t, begin, end, unit)
        if end is None:
            return
        at = end + 1


def _silent(row: int, level: Severity) -> Words:
    return Words("", "", "")


def _live(draft: _Draft, t: Track, lo: int, end: int | None, unit: Callable[[int], StepUnit]) -> None:
    """One stretch of an episode's life: points lo..end (end excluded) where it is open, then its clearing."""

    def told(m: Moment) -> Words:
        return plain(t.words(m), unit(int(t.rows[m.now])), m.severity)

    raised, onset = t.index(draft.raised_row), t.index(draft.onset_row)
    stop = len(t.rows) if end is None else end
    levels = rolling.running_max(t.severity[lo:stop].astype(np.float64))
    rises = np.flatnonzero(levels > np.concatenate([[float(draft.top)], levels[:-1]]))
    for j in rises:
        level = Severity(int(levels[j]))
        if level <= draft.top:
            continue
        kind = "worsened" if draft.transitions else "raised"
        now = lo + int(j)
        words = told(Moment(now, raised, onset, level))
        draft.transitions.append(Transition(kind, int(t.rows[now]), int(t.step[now]), level, words))  # type: ignore[arg-type]
        draft.top = level
    if end is not None:
        words = told(Moment(end, raised, onset, draft.top, over=True))
        draft.transitions.append(
            Transition("cleared", int(t.rows[end]), int(t.step[end]), draft.top, words, reason="recovered")
        )
        draft.cleared_row = int(t.rows[end])
    stands = bool(t.firing[stop - 1]) or t.recovery is not None
    draft.stands = Severity(int(t.severity[stop - 1])) if stands else Severity.OK
    draft.words = lambda row, level: _now(draft.id, told, Moment(t.index(row), raised, onset, level))


def _now(diagnosis: str, told: Callable[[Moment], Words], m: Moment) -> Words:
    with asking(diagnosis):
        return told(m)


def plain(words: Words, unit: StepUnit = STEP, severity: Severity = Severity.OK) -> Words:
    """Words as they are typeset, in what the run counts in; their evidence is JSON: no NaN (None), no numpy numbers.

    What is told as a warning is no mere hint.
    """
    hint = words.certainty == "仅提示" and severity >= Severity.WARNING
    return Words(
        title=counted(spaced(words.title), unit),
        message=counted(spaced(words.message), unit),
        advice=counted(spaced(words.advice), unit),
        certainty="很可能" if hint else words.certainty,
        evidence={k: _plain(v) for k, v in words.evidence.items()},
        more=tuple(counted(line, unit) for line in words.more),
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


def _telling(drafts: Iterable[_Draft]) -> dict[str, list[_Draft]]:
    """By id, those that explain whatever any of them does: thousands of columns may go wrong at once, and one cause is
    as good as another that it covers. Two must cover it, since nothing explains itself.
    """
    out: dict[str, list[_Draft]] = {}
    lasting: dict[str, list[_Draft]] = {}  # those that may cover a later one
    for d in sorted(drafts, key=lambda d: d.order):
        still = [k for k in lasting.get(d.id, ()) if k.cleared_row is None or k.cleared_row >= d.raised_row]
        if sum(k.covers(d) for k in still) < 2:
            out.setdefault(d.id, []).append(d)
            still.append(d)
        lasting[d.id] = still
    return out


def _kept_open(
    drafts: list[_Draft], causes: Mapping[str, tuple[str, ...]], of_everything: tuple[str, ...], step: Ints
) -> list[_Draft]:
    """An effect is not over while its cause goes on: a gradient norm that is calm because there is nothing left to
    learn from has not recovered. What would be raised again in the meantime is the same episode still.
    """
    kept = list(drafts)
    same: dict[tuple[str, str], list[_Draft]] = {}
    for d in kept:
        same.setdefault((d.id, d.metrics[0]), []).append(d)
    # A cause may be kept open by its own cause; chains are short, and each pass settles one link.
    for _ in range(len(causes)):
        changed = False
        by_id = _telling(d for d in kept if not d.merged)
        for d in kept:
            if d.merged or d.cleared_row is None or d.transitions[-1].reason != "recovered":
                continue
            at = d.cleared_row
            held = [e for e in _explanations(d, by_id, causes[d.id], of_everything, alive=True) if e.holds(d, at)]
            if held:
                changed = True
                until = None if any(e.end is None for e in held) else max(e.end or 0 for e in held)
                _hold(d, until, same[d.id, d.metrics[0]], step)
                if d not in by_id[d.id]:  # it lasts longer now
                    by_id[d.id].append(d)
        if not changed:
            break
    return [d for d in kept if not d.merged]


def _hold(d: _Draft, until: int | None, same: Sequence[_Draft], step: Ints) -> None:
    """Moves the end of an episode to row `until` (None: it stays open); takes in what was raised again before.

    `same`: all of its id and metric.
    """
    cleared = d.transitions.pop()
    d.cleared_row = until
    again = [o for o in same if not o.merged and o.raised_row > cleared.row]
    for other in sorted(again, key=lambda o: o.raised_row):
        if until is not None and other.raised_row > until:
            break
        for t in other.transitions:
            if t.kind in {"raised", "worsened"} and t.severity > d.top:
                d.transitions.append(replace(t, kind="worsened"))
                d.top = t.severity
        other.merged = True
        d.words = other.words
        if other.cleared_row is not None:
            cleared = other.transitions[-1]
        if until is not None:
            until = None if other.cleared_row is None else max(until, other.cleared_row)
            d.cleared_row = until
    if until is not None:
        d.transitions.append(replace(cleared, row=until, step=int(step[until]), severity=d.top))


@dataclass(frozen=True, slots=True)
class _Explanation:
    """Rows `start` to `end` (excluded; None: to the last) in which an open cause may explain an effect away."""

    start: int
    end: int | None
    cause: _Draft

    def holds(self, effect: _Draft, row: int) -> bool:
        """A cause never hides anything graver than itself."""
        inside = self.start <= row and (self.end is None or row < self.end)
        return inside and self.cause.severity_at(row) >= effect.severity_at(row)


def _explanations(
    effect: _Draft,
    drafts: Mapping[str, list[_Draft]],
    causes: tuple[str, ...],
    of_everything: tuple[str, ...],
    alive: bool = False,
) -> list[_Explanation]:
    """`alive`: also of a cause that was raised in the very row in which the effect cleared."""
    found: list[_Explanation] = []
    for cause_id in (*of_everything, *causes):
        for cause in drafts.get(cause_id, ()):
            # A cause of everything explains what came after it, not what was there before;
            # in one row the graver is first.
            if cause is effect or (cause_id in of_everything and cause.order >= effect.order):
                continue
            if cause.id == effect.id and effect.foremost and not cause.foremost:
                continue
            start = max(cause.raised_row, effect.raised_row)
            ends = [row for row in (cause.cleared_row, effect.cleared_row) if row is not None]
            if all(start < row or (alive and start == row == effect.cleared_row) for row in ends):
                found.append(_Explanation(start, cause.cleared_row, cause))
    return found


def _finish(d: _Draft, explained: list[_Explanation], step: Ints) -> Episode:
    """Weaves suppression into the transitions: at every row where its state changes, one transition."""
    out = list(d.transitions)
    marks = {row for e in explained for row in (e.start, e.end) if row is not None}
    marks |= {t.row for draft in (d, *(e.cause for e in explained)) for t in draft.transitions if t.kind == "worsened"}
    current: str | None = None
    for row in sorted(r for r in marks if r >= d.raised_row and (d.cleared_row is None or r < d.cleared_row)):
        by = next((e.cause.id for e in explained if e.holds(d, row)), None)
        if by == current:
            continue
        latest = max((t for t in out if t.row <= row), key=lambda t: t.row)
        kind = "suppressed" if by is not None else "released"
        out.append(Transition(kind, row, int(step[row]), latest.severity, latest.words, by=by))  # type: ignore[arg-type]
        current = by
    # Within one row: raised and worsened first, then suppression. Stable sort keeps the order of appending.
    out.sort(key=lambda t: t.row)
    return Episode(d.id, d.metrics, d.onset_row, d.onset_step, tuple(out))
