"""A csv, a tsv, or a table of columns of numbers, as people and tools write them -> its history."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from analysis.model import ROW_COUNT
from bot.sources.files import exports, melted, ragged, unnamed
from bot.sources.files.histories import ROWS_TOLD, Read, from_columns, from_rows, number_in, texts
from bot.sources.files.text import decoded, unboxed
from bot.sources.port import SourceError

_NO_NAME = ("", "Unnamed: 0")  # of the index of pandas, written once and again


class NamelessError(SourceError):
    """A table of numbers alone, of which nobody says what they are."""


def csv_table(path: Path) -> Read:
    skipped: list[Any] = []

    def skip(row: Any) -> str:
        skipped.append(row)
        return "skip"

    text = unboxed(decoded(path.read_bytes()))
    try:
        above, header, separator = _header(text)
        if separator == " ":
            text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
        names = [name.strip() for name in next(csv.reader([header], delimiter=separator, skipinitialspace=True), [])]
        nameless: list[str] = []
        below = _first_rows(text, above, separator)
        if names and all(map(ragged.is_number, names)) and not unnamed.is_index(names, below):
            if (given := unnamed.names([names, *below], path.stem)) is None:
                said = f"{path.name} 没有表头，第一行就是数：在最上面加一行列名，例如 step,loss"
                numbers = all(ragged.is_number(cell) for row in below for cell in row)
                raise (NamelessError if numbers else SourceError)("unreadable", said)
            above, header, names = above - 1, separator.join(given), given
            nameless = [f"没有表头，按文件名读作 {'、'.join(names)}", *unnamed.doubts(names)]
        keys = [str(i) for i in range(len(names))]  # names may repeat
        # Everything as text: pyarrow guesses types from the first block, and a late NaN would then be an error.
        table = arrow_csv.read_csv(
            pa.BufferReader(text.encode()),
            read_options=arrow_csv.ReadOptions(column_names=keys, skip_rows=above),
            parse_options=arrow_csv.ParseOptions(
                newlines_in_values=True, invalid_row_handler=skip, delimiter=separator
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(keys, pa.string()), null_values=[""], strings_can_be_null=True
            ),
        )
        found: dict[str, Any] = {}
        for name, column in zip(names, table.columns, strict=True):
            found.setdefault(name, column)
        short = sum(
            row.actual_columns < len(names) and not ragged.is_header(row.text.split(separator), names)
            for row in skipped
        )
        if short < len(skipped) or short > len(table) or _says_a_name(table.columns, names):
            whole = ragged.table(_under(header, text, above), separator)
            found = {name: pa.chunked_array([pa.array(cells, pa.string())]) for name, cells in whole.columns.items()}
        else:
            whole = None
    except (pa.ArrowException, csv.Error) as error:
        why = "是空的" if path.stat().st_size == 0 else "不是规整的 CSV，检查一下表头"
        raise SourceError("unreadable", f"{path.name} {why}") from error

    def line(row: int) -> int:
        at = ragged.table(_under(header, text, above), separator).at if whole is None else whole.at
        return at[row] - (above == 0)  # where the header was none of its lines

    found = {exports.INDEX if name in _NO_NAME else name: column for name, column in found.items()}
    if (new := unnamed.renamed(found, path.stem)) and not nameless:
        nameless = [f"列名是 {'、'.join(new)}，按文件名读作 {'、'.join(new.values())}"]
    found = {new.get(name, name): column for name, column in found.items()}
    if melted.columns_of(found) is not None:
        read = [
            {name: cell for name, cell in zip(found, row, strict=True) if cell is not None} for row in _plain(found)
        ]
        if (rows := melted.wide(read)) is not None:
            return from_rows(rows, path, range(above + 1, above + 1 + len(rows)))
    history, notes, told = from_columns(_by_tag(found, path), path, line)
    if nameless and told["counted_by"] == ROW_COUNT:
        told["counted_by"] = unnamed.counted(path.stem) or ROW_COUNT
    lost = [f"{short} 行列数不对，没有读"] if short else []
    return history, [*nameless, *(lost if whole is None else whole.notes), *notes], told


def _plain(columns: Mapping[str, Any]) -> Iterable[tuple[Any, ...]]:
    """The rows of columns of text, a number where a cell is one."""
    cells = [[text if (value := number_in(text)) is None else value for text in texts(c)] for c in columns.values()]
    return zip(*cells, strict=True)


def _first_rows(text: str, above: int, separator: str) -> list[list[str]]:
    """Of the rows below the first, some: what a column without a name is, they tell."""
    lines = itertools.islice(io.StringIO(text, newline=""), above, above + ROWS_TOLD)
    return [row for row in csv.reader(lines, delimiter=separator) if row]


def _header(text: str) -> tuple[int, str, str]:
    """The lines down to the first row, the one that names the columns, and what stands between two names.

    Comments may stand above (SB3's monitor begins with one); where the last has a name for each number of the first
    row, it is the header, as `numpy.savetxt` writes it.
    """
    file = io.StringIO(text, newline="")
    above, comment = 0, ""
    while (line := file.readline()).startswith("#") or line.isspace():
        above += 1
        comment = line.lstrip("# ") if line.startswith("#") else comment
    separator = max(",;\t", key=line.count)
    cells = line.split(separator)
    if len(cells) == 1 and len(line.split()) > 1 and all(map(ragged.is_number, line.split())):
        separator, line, comment = " ", " ".join(line.split()), " ".join(comment.split())
        cells = line.split()
    named = comment.strip() and comment.count(separator) == line.count(separator) and all(map(ragged.is_number, cells))
    if named and (len(cells) == 1 or separator == " "):  # or it is a sentence
        named = any(exports.is_telling(name) or exports.may_count(name) for name in comment.strip().split(separator))
    return (above, comment, separator) if named else (above + 1, line, separator)


def _under(header: str, text: str, above: int) -> str:
    """The text from its header on. As many lines as stood above are left empty, so that rows keep their numbers."""
    rows = io.StringIO(text, newline="")
    for _ in range(above):
        rows.readline()
    return "\n" * (above - 1) + header.rstrip("\r\n") + "\n" + rows.read()


def _says_a_name(columns: Iterable[Any], names: Sequence[str]) -> bool:
    """Whether a cell is the name of a column: the header was perhaps written again."""
    known = pa.array([name for name in {*names, *exports.STEP_COLUMNS} if name], pa.string())
    return any(pc.any(pc.is_in(column, value_set=known)).as_py() for column in columns)


def _by_tag(table: dict[str, Any], path: Path) -> dict[str, Any]:
    """TensorBoard's csv of one tag says only in its file's name which one: `run-train-tag-epoch_loss.csv`."""
    if set(table) != {"Wall time", "Step", "Value"}:
        return table
    return {unnamed.tag(path.stem) if name == "Value" else name: column for name, column in table.items()}
