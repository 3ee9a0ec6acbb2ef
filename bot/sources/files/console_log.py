"""The console of a training -> the rows of a history. Pure.

A row is a line, or a block of lines below a counter (`Epoch 3/100`), that says the same as others, in other numbers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

from analysis.facts.config import Config
from analysis.facts.plan import planned_epochs
from bot.sources.files.console import last_words
from bot.sources.files.console_line import STEP, Count, Line, is_rule, read_line
from bot.sources.files.exports import BY_ONE, is_telling
from bot.sources.files.lines import printed

_FEWEST = 3  # rows that say the same: fewer are no log
_MOST_COLUMNS = 300  # those that are said most often
_HEAD_LINES = 3000  # in which a config is looked for
_LONGEST_CONFIG = 500  # lines of a dict that is printed on several
_LARGEST_CONFIG = 50_000  # characters of it
_OBJECT = re.compile(r"<[^<>]{1,200}>")  # as Python prints an object: `<Mode.MEAN: 'MEAN'>`
_FINISHED = re.compile(
    r"\b(?:end of training|train(?:ing)? (?:is |was |has )?(?:finished|completed?|done|ended))\b"
    r"|训练(?:已)?(?:完成|结束)",
    re.IGNORECASE,
)
# `Saved model at epoch 3 with loss: 0.05`
_LONGEST_SAVED = 400
_SAVED = re.compile(
    r"\bsav(?:ed|ing)\b[^\d:]{0,60}?\bepoch\s?[:=#]?\s?(?P<epoch>\d{1,9})\b,?\s?(?:with\b)?(?P<rest>.*)", re.IGNORECASE
)
_WITHOUT_END = "\r\x08"  # what goes back in a line: bars are drawn over themselves


@dataclass(slots=True)
class _Row:
    number: int  # of the line in which it begins
    counts: dict[str, Count] = field(default_factory=dict)
    cells: dict[str, float] = field(default_factory=dict)
    at: float | None = None
    in_table: bool = False


@dataclass(frozen=True, slots=True)
class Log:
    """`at`: the line in which each row begins, from 1. `facts`: what it says of the run (fields of Run).

    `unfinished`: its last line has no end, and was left out. A number may be cut there: `1.2e-0` of 1.2e-05.
    """

    rows: list[Mapping[str, Any]]
    at: list[int]
    facts: dict[str, Any]
    unfinished: bool


def console_log(text: str) -> Log | None:
    """The rows in what a training printed; None where there are none."""
    text = text.replace("\r\n", "\n")
    whole = max(map(text.rfind, "\r\n")) + 1
    unfinished = bool(read_line(text[whole:]).cells)
    lines = (text[:whole] if unfinished else text).split("\n")
    # What stands at the end of a line is what was seen in the end; a bar over the whole run has no other lines.
    # Where nothing else is printed, what is said of each checkpoint that was saved is the log.
    # An agent's line is drawn over itself, too, an episode each time: there all of them are records.
    over_itself = text.count("\rEpisode ") > len(lines)
    for seen in (_all, _last, _saved) if over_itself else (_last, _all, _saved):
        rows = _repeated(_rows((number, part) for number, line in enumerate(lines, 1) for part in seen(line)))
        if rows is not None:
            return _log(rows, lines, unfinished)
    return None


def _last(line: str) -> Iterable[str]:
    return _all(line)[-1:]


def _all(line: str) -> Sequence[str]:
    if not any(mark in line for mark in _WITHOUT_END):
        return [line]
    return [part for part in re.split(f"[{_WITHOUT_END}]+", line) if part.strip()]


def _saved(line: str) -> Iterable[str]:
    found = _SAVED.search(line[:_LONGEST_SAVED])
    return [] if found is None else [f"Epoch {found['epoch']}, {found['rest']}"]


def _rows(lines: Iterable[tuple[int, str]]) -> list[_Row]:
    """The lines that say something, put together where they are of one row.

    A counter that differs begins a row, and so does what is said again. Below a counter that stands alone, a line of
    the same names as the line before is a row of its own; one that comes again later is the same once more. What is
    said at the rehearsal of an evaluation is of an evaluation later, too.
    """
    rows: list[_Row] = []
    rehearsed: set[str] = set()
    row, before, ruled = _Row(0), Line(), False
    for number, text in lines:
        if is_rule(text):
            ruled = not ruled
            continue
        line = read_line(text, ruled=ruled)
        if line.rehearsed:
            rehearsed |= line.cells.keys()
        if line.rehearsed or not (line.counts or line.cells):
            continue
        same = line.cells.keys() == before.cells.keys()
        echo = same and line.cells == before.cells  # a logger and a print
        again = not echo and not row.cells.keys().isdisjoint(line.cells)
        other = any(row.counts.get(name, Count(-1)).at != count.at for name, count in line.counts.items())
        if other or (again and (line.counts or same or not row.counts)):
            row = _Row(number, _below(row.counts, line.counts))
            rows.append(row)
        elif not rows:
            rows.append(row := _Row(number))
        row.counts |= line.counts
        row.cells |= {key: cell for key, cell in line.cells.items() if not _is_told(key, row.cells)}
        row.at = line.at if row.at is None else row.at
        row.in_table |= line.in_table
        before = line
    for row in rows:
        row.cells = {f"val {key}" if key in rehearsed else key: cell for key, cell in row.cells.items()}
    return [row for row in rows if row.cells]


def _is_told(key: str, cells: Collection[str]) -> bool:
    """Whether a row has it; also where it says of which split (`* Acc@1 70.1` below those of `Test: [1/100]`)."""
    return key in cells or f"test {key}" in cells or f"val {key}" in cells


_ORDER = ("epoch", "round", "episode", STEP, "batch")  # outer before inner


def _below(counts: Mapping[str, Count], new: Mapping[str, Count]) -> dict[str, Count]:
    """The counters that still hold: those outside of the ones that go on; all where none does."""
    outermost = min((_ORDER.index(name) for name in new), default=len(_ORDER))
    return {name: count for name, count in counts.items() if _ORDER.index(name) < outermost}


def _repeated(rows: list[_Row]) -> list[_Row] | None:
    """The rows from the first that says what others say too, without what was only said before it."""
    times = Counter(key for row in rows for key in row.cells)
    often = {key for key, n in times.items() if n >= _FEWEST}
    shared = [len(row.cells.keys() & often) for row in rows]
    least = median([n for n in shared if n] or [0]) / 2  # settings share a name or two
    first = next((i for i, n in enumerate(shared) if n and n >= least), len(rows))
    kept = rows[first:]
    common = [row for row in kept if row.cells.keys() & often]
    counted = len({tuple(count.at for count in row.counts.values()) for row in common}) >= _FEWEST
    tables = all(row.in_table for row in common)  # of whatever: who prints them again and again logs
    moving = any(
        len({row.cells[k] for row in common if k in row.cells}) >= _FEWEST for k in often if tables or is_telling(k)
    )
    alike = 2 * sum(shared[first:]) >= sum(len(row.cells) for row in kept)
    return kept if len(common) >= _FEWEST and alike and (counted or moving) else None


def _log(rows: Sequence[_Row], lines: Sequence[str], unfinished: bool) -> Log:
    times = Counter(key for row in rows for key in row.cells)
    names = {key for key, _ in times.most_common(_MOST_COLUMNS)}
    counts, planned = _counted(rows)
    found: list[Mapping[str, Any]] = [
        ({} if row.at is None else {"_timestamp": row.at})
        | count
        | {key: cell for key, cell in row.cells.items() if key in names and key not in count}
        for row, count in zip(rows, counts, strict=True)
    ]
    config = printed_config(lines[: rows[0].number]) | planned.get("config", {})
    by_epoch = any("epoch" in count for count in counts) and not any(STEP in count for count in counts)
    if by_epoch and "planned_steps" not in planned and (epochs := planned_epochs(Config(config))):
        planned["planned_steps"] = int(epochs)
    facts = planned | ({"config": config} if config else {}) | _end(lines[rows[-1].number :])
    return Log(found, [row.number for row in rows], facts, unfinished)


def printed_config(lines: Sequence[str]) -> dict[str, Any]:
    """The largest dict that is printed before the first row, on one line or, as `pprint` does it, on several."""
    found: dict[str, Any] = {}
    lines, at = lines[:_HEAD_LINES], 0
    while at < len(lines):
        depth, end = 0, at
        for end in range(at, min(at + _LONGEST_CONFIG, len(lines))):
            depth += lines[end].count("{") - lines[end].count("}")
            if depth <= 0:
                break
        text = " ".join(lines[at : end + 1]) if depth == 0 and "{" in lines[at] else ""
        config = (printed(_OBJECT.sub("None", text)) if 0 < len(text) <= _LARGEST_CONFIG else None) or {}
        found = config if len(config) > len(found) else found
        at = end + 1 if depth == 0 else at + 1
    return found


def _counted(rows: Sequence[_Row]) -> tuple[list[dict[str, float]], dict[str, Any]]:
    """The counters of each row, and the plan that they state.

    A counter inside an epoch (`Epoch 2/5, Step 100/600`) is made one of the run; one that always stands at its end is
    the bar of the epoch.
    """
    plan = {name: max((c.of for row in rows if (c := row.counts.get(name)) and c.of), default=None) for name in _ORDER}
    facts: dict[str, Any] = {} if plan["epoch"] is None else {"config": {"epochs": int(plan["epoch"])}}
    carried = _carried_over(rows)
    by_step = any(STEP in row.counts for row in rows) and carried is None and not _starts_in_epochs(rows)
    global_steps = by_step and not _is_inside(rows, STEP)
    inner = next((name for name in (STEP, "batch") if not global_steps and _is_inside(rows, name)), None)
    length = None if inner is None else plan[inner]
    if carried is not None:
        inner, length = STEP, carried
    steps = _restored([row.counts.get(STEP) for row in rows])
    outer = [row.counts["epoch"].at for row in rows if "epoch" in row.counts]
    first = 0.0 if outer and min(outer) == 0 else 1.0
    out: list[dict[str, float]] = []
    for row, step in zip(rows, steps, strict=True):
        said = {name: count.at for name, count in row.counts.items() if name not in ("batch", STEP)}
        if inner is not None and length:
            if inner in row.counts and "epoch" in said:
                said[STEP] = (said["epoch"] - first) * length + row.counts[inner].at
        elif step is not None and by_step:
            said[STEP] = step
        elif "batch" in row.counts and not said:
            said[STEP] = row.counts["batch"].at
        out.append(said)
    if inner is not None and length:
        planned = plan["epoch"] and plan["epoch"] * length
    elif any(STEP in row for row in out):
        planned = plan[STEP] if plan[STEP] is not None else plan["batch"] if plan["epoch"] is None else None
    else:
        planned = next((plan[name] for name in ("epoch", "round", "episode") if plan[name]), None)
    return out, facts | ({"planned_steps": int(planned)} if planned else {})


def _in_epochs(rows: Sequence[_Row]) -> list[tuple[float, float]]:
    """The epoch and the step of the rows that tell both."""
    return [(row.counts["epoch"].at, c.at) for row in rows if "epoch" in row.counts and (c := row.counts.get(STEP))]


def _starts_in_epochs(rows: Sequence[_Row]) -> bool:
    """Whether the steps mostly start anew where the epoch goes on."""
    falls = [after < before for (e, before), (f, after) in pairwise(_in_epochs(rows)) if f > e]
    return 2 * sum(falls) > len(falls)


def _carried_over(rows: Sequence[_Row]) -> float | None:
    """How many an epoch has, of a counter that does not say so: it stands in each where its stride goes on to.

    Of 1334 at a stride of 100 the last is 1300, and the first of the next epoch 66.
    """
    told = _in_epochs(rows)
    strides = [after - before for (e, before), (f, after) in pairwise(told) if e == f and after > before]
    stride = median(strides) if strides else 0.0
    lengths = Counter(before + stride - after for (e, before), (f, after) in pairwise(told) if f == e + 1)
    length, times = lengths.most_common(1)[0] if lengths else (0.0, 0)
    begins = {after for (e, _), (f, after) in pairwise(told) if f > e}
    exact = len(begins) > 1 or begins == {stride}  # one that begins at 0 leaves open how many came after the last
    return length if exact and length >= max(at for _, at in told) and times > BY_ONE * lengths.total() else None


def _is_inside(rows: Sequence[_Row], name: str) -> bool:
    """Whether a counter with an end counts inside the epochs, and is told at more than the end."""
    told = [(row.counts["epoch"].at, c) for row in rows if "epoch" in row.counts and (c := row.counts.get(name))]
    ends = {count.of for _, count in told}
    if not told or len(ends) != 1 or None in ends or all(count.at == count.of for _, count in told):
        return False
    falls = [after.at <= before.at for (e, before), (f, after) in pairwise(told) if f > e]
    return all(falls) and all(count.at <= (count.of or 0) for _, count in told)


def _restored(counts: Sequence[Count | None]) -> list[float | None]:
    """A counter that is rounded once it is large (`800`, `1K`, `1K`) goes on as it had, where all of it agrees."""
    at = [None if count is None else count.at for count in counts]
    known = [i for i, count in enumerate(counts) if count is not None]
    rounded = next((n for n, i in enumerate(known) if (c := counts[i]) is not None and c.within), None)
    if not rounded:
        return at
    exact = [float(at[i] or 0) for i in known[:rounded]]
    stride = exact[-1] - (exact[-2] if len(exact) > 1 else 0.0)
    for n, i in enumerate(known[rounded:], 1):
        here, count = exact[-1] + n * stride, counts[i]
        if count is None or abs(here - count.at) > count.within:
            return [None if c is None else c.at for c in counts]
        at[i] = here
    return at


def _end(lines: Sequence[str]) -> dict[str, Any]:
    """How the run ended, where the last lines say so."""
    if (died := last_words(lines)) is not None:
        return {"state": "killed" if died.startswith("KeyboardInterrupt") else "failed", "exit_reason": died}
    return {"state": "finished"} if any(map(_FINISHED.search, lines)) else {}
