"""JSON of one value that holds a history: lists that run beside each other, or a list of records. Pure.

A dumped Keras history, home-made `metrics.json`: people write what they have gathered in the end, each in their way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.columns.kinds import kind_of
from analysis.history import number
from bot.sources.files.exports import counters, is_telling
from bot.sources.rows import flat

# Keys that say that a history stands below, and nothing of what it measures.
_WRAPPERS = frozenset({
    "history", "train_history", "training_history", "log", "logs", "train_log", "training_log", "log_history",
    "metrics", "records", "results", "epochs", "steps", "data", "curves", "stats", "entries",
})  # fmt: skip
_SETTINGS = frozenset({"config", "args", "hparams", "hyperparameters", "hyper_parameters", "params", "settings"})
_NUMBERED = re.compile(r"(?P<name>(?:epoch|step|iter|iteration|episode|round)?)[ _-]?(?P<at>\d{1,12})", re.IGNORECASE)
_DEEPEST = 3  # levels of nesting in which lists are looked for
_FEWEST = 3  # values of the longest list: fewer are settings
_MANY = 10  # values of a list whose name says nothing
_MOST_NAMES = 5  # lists that a note names


@dataclass(frozen=True, slots=True)
class Found:
    rows: list[Mapping[str, Any]]
    config: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def history(content: Any) -> Found | None:
    """The history in a JSON value; None where it holds none."""
    config = {}
    if isinstance(content, Mapping):
        config = next((dict(content[k]) for k in content if k in _SETTINGS and isinstance(content[k], Mapping)), {})
    if (rows := _records(_keyed(content))) is not None:
        return Found(rows, config)
    lists, left_out = _without_longer(dict(_lists(content))) if isinstance(content, Mapping) else ({}, [])
    if max((len(cells) for cells, _ in lists.values()), default=0) < _FEWEST or not _is_history(lists):
        return None
    rows, notes = _beside(lists)
    return Found(rows, config, [*notes, *left_out])


def plain(content: Any) -> list[list[str]] | None:
    """The rows of a list of numbers, or of lists of so many numbers each; None where it is none."""
    if not isinstance(content, list) or len(content) < _FEWEST:
        return None
    rows = [row if isinstance(row, list) else [row] for row in content]
    fine = all(len(row) == len(rows[0]) and all(number(cell) is not None for cell in row) for row in rows)
    return [[str(cell) for cell in row] for row in rows] if fine and rows[0] else None


def _keyed(content: Any) -> Any:
    """Records that stand under their step (`{"1": {…}, "2": {…}}`, `epoch_1`) as a list of them."""
    if not isinstance(content, Mapping) or len(content) < _FEWEST:
        return content
    keys = [_NUMBERED.fullmatch(key) for key in content]
    names = {key["name"].lower() for key in keys if key}
    if None in keys or len(names) != 1 or not all(isinstance(row, Mapping) for row in content.values()):
        return content
    name = names.pop() or "step"
    rows = [(int(key["at"]), row) for key, row in zip(keys, content.values(), strict=True) if key]
    return [{name: at} | row for at, row in sorted(rows, key=lambda at: at[0])]  # `sort_keys` has "10" before "2"


def _records(content: Any) -> list[Mapping[str, Any]] | None:
    """The one list of records, or that of a name that says it is a history."""
    if isinstance(content, Mapping):
        held = {key: value for key, value in content.items() if _is_records(value)}
        named = [key for key in held if key.lower() in _WRAPPERS]
        if not named and len(held) != 1:
            return None
        content = held[(named or list(held))[0]]
    elif not _is_records(content):
        return None
    rows = [flat(row) for row in content]
    said = [{key for key, cell in row.items() if number(cell) is not None} for row in rows]
    keys = set[str]().union(*said)
    return rows if any(map(is_telling, keys)) or (len(rows) >= _FEWEST and counters(list(keys))) else None


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


_List = tuple[list[Any], Sequence[int] | None]  # the values, and the steps where these are their keys


def _lists(content: Mapping[str, Any], above: str = "", level: int = 1) -> Iterator[tuple[str, _List]]:
    """Name -> list of numbers, at any depth; a name is that of its place, as W&B joins them."""
    for key, value in content.items():
        name = f"{above}.{key}" if above else key
        if isinstance(value, list):
            cells = [_cell(cell) for cell in value]
            if any(cell is not None for cell in cells) and _all_numbers(value, cells):
                yield name, (cells, None)
        elif isinstance(value, Mapping) and key not in _SETTINGS and "_type" not in value:
            if value and all(step.isdecimal() and len(step) < 19 for step in value):
                cells = [_cell(cell) for cell in value.values()]
                if _all_numbers(list(value.values()), cells):
                    yield name, (cells, [int(step) for step in value])
            elif level < _DEEPEST:
                yield from _lists(value, above if key.lower() in _WRAPPERS else name, level + 1)


def _cell(value: Any) -> float | None:
    """A number, also as text: what numpy's numbers become where JSON does not know them."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return number(value)


def _all_numbers(values: Sequence[Any], cells: Sequence[float | None]) -> bool:
    return all(cell is not None or value is None for value, cell in zip(values, cells, strict=True))


def _without_longer(lists: Mapping[str, _List]) -> tuple[dict[str, _List], list[str]]:
    """The lists without those of nobody knows what that are longer than any loss, score or counter: predictions."""
    counting = set(counters(list(lists)))
    telling = [len(cells) for key, (cells, _) in lists.items() if is_telling(key) or key in counting]
    most = max(telling, default=0)
    if most < _FEWEST:
        return dict(lists), []
    longer = [key for key, (cells, _) in lists.items() if len(cells) > most and kind_of(key).name == "unknown"]
    said = f"{'、'.join(longer[:_MOST_NAMES])}{'…' if len(longer) > _MOST_NAMES else ''}"
    notes = [f"{said} 比指标长（多于 {most} 个值），没有读"] if longer else []
    return {key: cells for key, cells in lists.items() if key not in longer}, notes


def _is_history(lists: Mapping[str, _List]) -> bool:
    """Settings hold lists too, but short ones of other names."""
    longest = max(len(cells) for cells, _ in lists.values())
    return longest >= _MANY or any(is_telling(key) for key in lists) or bool(counters(list(lists)))


def _beside(lists: Mapping[str, _List]) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Lists as rows. A shorter one was written at every k-th; one that says its steps stands at these."""
    plain = {key: cells for key, (cells, steps) in lists.items() if steps is None}
    counting = next((key for key in counters([key for key in plain if len(plain[key]) >= _FEWEST])), None)
    size = len(plain[counting]) if counting else max(map(len, plain.values()), default=0)
    rows: list[dict[str, Any]] = [{} for _ in range(size)]
    spread: dict[int, list[str]] = {}
    for key, cells in plain.items():
        # Of more than what counts nobody knows where the rest stands.
        for row, cell in zip(_places(min(len(cells), size), size), cells, strict=False):
            rows[row][key] = cell
        if len(cells) * 2 <= size:
            spread.setdefault(len(cells), []).append(key)
    notes = [
        f"{'、'.join(keys[:_MOST_NAMES])} 只有 {count} 个值，按每 {round(size / count)} 行一个排开"
        for count, keys in spread.items()
    ]
    return [*_with_steps(rows, counting, lists)], notes


def _places(count: int, size: int) -> list[int]:
    """The rows of `count` values in a run of `size`: the last of every k, with one before the first where that fits."""
    if count > 2 and size % count and (size - 1) % (count - 1) == 0:
        return list(range(0, size, (size - 1) // (count - 1)))
    if count > 2 and size % count and size % (count - 1) == 0:
        every = size // (count - 1)
        return [0, *range(every - 1, size, every)] if every > 1 else list(range(count))
    every = size // count if count else 1
    return [(i + 1) * every - 1 for i in range(count)]


def _with_steps(
    rows: list[dict[str, Any]], counting: str | None, lists: Mapping[str, _List]
) -> Iterator[Mapping[str, Any]]:
    """The rows with what says its own steps; of a run that counts nothing the rows are steps from 1."""
    stepped = {key: dict(zip(steps, cells, strict=True)) for key, (cells, steps) in lists.items() if steps is not None}
    if not stepped:
        yield from rows
        return
    at: dict[float, dict[str, Any]] = {}
    for i, row in enumerate(rows, 1):
        step = row.get(counting) if counting else i
        at.setdefault(float(i if step is None else step), {}).update(row)
    for key, cells in stepped.items():
        for step, cell in cells.items():
            at.setdefault(float(step), {})[key] = cell
    for step in sorted(at):
        yield {counting or "step": step} | at[step]
