"""A csv whose rows are not all of one width: written by scripts that were changed between two runs. Pure.

A header that is written again names the rows after it. Rows that go on behind the last name were given more columns at
their end: those that have a name are read by it. Where most rows end at the same column, the last names are those of
settings, which only the first row says. What cannot be read is counted.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from analysis.history import number
from bot.sources.files.exports import may_count

Cells = Sequence[str]
_MOSTLY = 0.9  # of all rows end at the same column


@dataclass(frozen=True, slots=True)
class Table:
    """`columns`: name -> cells, None where a row has none. `at`: the line of the file in which each row ends."""

    columns: dict[str, list[str | None]] = field(default_factory=dict)
    at: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Block:
    """A header and the rows under it, each with its line."""

    names: Cells
    rows: list[tuple[int, Cells]]


def table(text: str, separator: str) -> Table:
    """Raises csv.Error."""
    blocks: list[_Block] = []
    found = Table()
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    for cells in reader:
        if not cells:
            continue
        row, header = _apart(cells, blocks[-1].names) if blocks else ((), cells)
        if row:
            blocks[-1].rows.append((reader.line_num, row))
        if header:
            names = [cell.strip() for cell in header]
            if blocks and names != blocks[-1].names:
                found.notes.append(f"第 {reader.line_num} 行换了表头，其后按新表头读")
            blocks.append(_Block(names, []))
    lost = sum(_add(block, found) for block in blocks)
    if lost:
        found.notes.append(f"{lost} 行列数不对，没有读")
    return found


def is_header(cells: Cells, known: Collection[str]) -> bool:
    """Whether a row names columns: no number in it, and a name that is known or counts steps."""
    if not cells or is_number(cells[0]):
        return False
    said = [cell.strip() for cell in cells]
    named = any(name in known or may_count(name) for name in said)
    return named and len(set(said)) == len(said) and not any(map(is_number, said))


def _apart(cells: Cells, names: Cells) -> tuple[Cells, Cells]:
    """A row or a header; both where the last line had no end when the header was written again."""
    if is_header(cells, names):
        return (), cells
    last = len(names) - 1  # the column whose cell the first name is glued to
    glued = last > 0 and len(cells) == 2 * last + 1 and [c.strip() for c in cells[last + 1 :]] == names[1:]
    if glued and cells[last].strip().endswith(names[0]):
        return (*cells[:last], cells[last].strip().removesuffix(names[0])), names
    return cells, ()


def _add(block: _Block, to: Table) -> int:
    """Puts the rows of a block under those that are there; how many could not be read."""
    names, size = block.names, len(block.names)
    rows = [(at, row if any(map(str.strip, row[size:])) else row[:size]) for at, row in block.rows]
    usual = Counter(len(row) for _, row in rows).most_common(1)[0] if rows else (size, 0)
    if usual[0] < size and usual[1] > _MOSTLY * len(rows):
        rows = [(at, [*row, *[""] * (size - len(row))] if len(row) == usual[0] else row) for at, row in rows]
    fitting = [row for _, row in rows if len(row) == size]
    numeric = [i for i in range(size) if any(is_number(row[i]) for row in fitting)]
    widths = Counter(len(row) for _, row in rows if len(row) > size)
    wide = {width: n for width, n in widths.items() if n > 1 and _fit(rows, width, numeric)}
    read = [(at, row) for at, row in rows if len(row) == size or len(row) in wide]
    begin = len(to.at)
    to.at.extend(at for at, _ in read)
    for i, name in enumerate(names):
        column = to.columns.setdefault(name, [None] * begin)
        if len(column) == begin:  # names may repeat
            column.extend(row[i] or None for _, row in read)
    for column in to.columns.values():
        column.extend([None] * (len(to.at) - len(column)))
    for width, n in wide.items():
        to.notes.append(f"{n} 行比表头多 {width - size} 格：前 {size} 格按表头读，多出的没有读")
    return len(rows) - len(read)


def _fit(rows: Sequence[tuple[int, Cells]], width: int, numeric: Sequence[int]) -> bool:
    """Whether what are numbers in other rows of the header are numbers in those of this width, too."""
    mine = [row for _, row in rows if len(row) == width]
    return all(not row[i].strip() or is_number(row[i]) for row in mine for i in numeric)


def is_number(cell: str) -> bool:
    """Whether a cell is a number, finite or not."""
    try:
        float(cell)
    except ValueError:
        return number(cell) is not None
    return True
