"""What a line of a console says: when, at which count of a run, and the numbers that it names. Pure.

What is printed is untrusted: lines are cut, and each expression is tried once at each place, over a bounded stretch.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from analysis.columns.names import words
from analysis.columns.vocabulary import RETURNS
from bot.sources.facts import seconds
from bot.sources.files.exports import is_telling
from bot.sources.files.splits import SPLITS
from bot.sources.files.text import unboxed

ANSI = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_LONGEST = 4000  # characters of a line that are looked at
_LONGEST_KEY = 60
_LONGEST_PIECE = 120  # of a line in which names and numbers have nothing between them
_MOST_WORDS = 5  # of a key; more are a sentence
_HEAD = 100  # characters in which a line says when it was written
_TIME = re.compile(
    r"[\[(]?(\d{4})[-/](\d\d)[-/](\d\d)[ T_](\d\d:\d\d:\d\d)(?:[.,](\d{1,6})\d{0,3})?(Z|[+-]\d\d:?\d\d)?[\])]?"
)
# `train.py:121`, `__main__:train:121` of loguru, `(TaskRunner pid=123)` of Ray, `[Rank 0]`.
_SOURCE = re.compile(
    r"(?<![\w./-])[\w./-]{1,80}\.(?:py|pyx|cc|cpp|cu|rs|go|jl)[:(]\d{1,6}\)?"
    r"|(?<![\w.])[\w.]{1,80}:[\w<>]{1,60}:\d{1,6}(?!\S)|\(\w{1,60} pid=\d{1,9}(?:, ip=[\d.]{1,15})?\)"
    r"|\[[Rr]ank[ :]?\d{1,6}\]:?"
)
_LEVEL = re.compile(r"\b(?:DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL)\b:?")
# `10%|#   | 1/10 [00:01<00:09, 1.2it/s, loss=0.5]` of tqdm; of Keras `10/100 [==>...]`, and its third version's line.
_TQDM = re.compile(
    r"\d{1,3}%\|[^|]{0,300}\|\s{0,9}([\d.]{1,12}[kKMG]?)/([\d.]{1,12}[kKMG]?)"
    r" \[[\d:?]{1,12}<[\d:?]{1,12}(?:, [^,\]]{0,40})?"
)
_KERAS = re.compile(r"^\s{0,9}(\d{1,9})/(\d{1,9})\s{1,9}(?:\[[=>.]{1,80}\]|[━╸╺\s]{1,80}(?=\s?\d))")
# Of Keras' checkpoints, which repeat what stands in the line of the epoch.
_REPEATED = re.compile(r"\bval_\w{1,60} (?:improved|did not improve) from .*")
_BARE_COUNTS = re.compile(r"^\s{0,9}\[(\d{1,9})/(\d{1,9})\]\s?\[(\d{1,9})/(\d{1,9})\]")  # of DCGAN
# `Ep 3: Loss 0.5`, `Ep 3/100 | reward 12`: of an agent it is an episode, else an epoch.
_EP = re.compile(r"^\W{0,9}[Ee][Pp]\.?\s{1,3}(\d{1,9})(?:\s?/\s?(\d{1,9}))?\s?(?=[:|,]|\s-)")
_OF_BATCHES = re.compile(r"(?<![\d.])(\d{1,9})\s{0,5}/\s{0,5}(\d{1,9}) (?:batches|iters|steps)\b")
# What is kept says in its name when, and how good it was: of another line than this.
_KEPT = re.compile(r"\S{1,200}\.(?:ckpt|pth?|safetensors|h5|hdf5|keras)(?!\w)")
# Lightning evaluates a batch or two before it trains.
_REHEARSAL = re.compile(r"\s{0,9}(?:Sanity Checking|Validation sanity check)\b")
_OF_NO_USE = frozenset({"v_num"})  # in a bar of Lightning, which of its runs this is
_UNITS = {"K": 1e3, "k": 1e3, "M": 1e6, "B": 1e9, "G": 1e9, "ms": 1e-3, "us": 1e-6, "µs": 1e-6}
_NUMBER = r"[-+]?(?:\d{1,3}(?:,\d{3}){1,5}(?![\d,])|\d{1,20}(?:\.\d{0,25})?|\.\d{1,25})(?:[eE][-+]?\d{1,4})?"
_CELL = (
    rf"(?P<number>[-+]?(?:nan|inf(?:inity)?)\b|{_NUMBER})"
    r"(?P<unit>\s?(?:%|ms|us|µs|s/it|s/step|it/s|s|[KMG]i?B(?:/s)?)|[KMBG])?(?P<of>/\d{1,12})?(?![\w:/]|-\d|\.\d)"
)
_PAIR = re.compile(
    rf"['\"]?\s{{0,9}}(?<![=!<>])[:=：]\s{{0,20}}['\"]?(?P<box>\[)?{_CELL}(?(box)\s?\])", re.IGNORECASE
)  # also an array of one: `episodic_return=[21.]`
# `Rewards: [ -3.63 -11.07]`, as numpy and Python print them.
_SEVERAL = re.compile(
    rf"['\"]?\s{{0,9}}[:=]\s{{0,9}}\[\s{{0,9}}(?P<numbers>{_NUMBER}(?:(?:\s{{1,9}}|,\s{{0,9}}){_NUMBER}){{1,7}})\s{{0,9}}\]",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"\s{{0,9}}(?P<key>[^\d\W][^:=]{{0,60}}?)\s{{1,20}}{_CELL}\s{{0,9}}(?:\([\s\d.eE+-]{{1,30}}\))?", re.IGNORECASE
)
_COUNTER = re.compile(
    r"(?P<name>epochs?|global[_ ]steps?|steps?|iterations?|iters?|batch(?:es)?|episodes?|updates?|rounds?|num_updates|"
    r"轮次|步数|第)(?![A-Za-z])(?:\s?\((?:train|val|test)\))?['\"]?\s{0,5}[:=#：]?\s{0,9}\[?\s{0,9}"
    r"(?P<at>\d{1,12}(?:\.\d{1,9})?)(?P<unit>[KMB](?![A-Za-z]))?(?:\s?[轮步])?\]?"
    r"(?:\s{0,5}/\s{0,5}(?P<of>\d{1,12})(?P<of_unit>[KMB](?![A-Za-z]))?)?\]?(?![\d.]{0,12}%)(?!\w|:\d)"
    r"(?:\s{0,5}:?\s{0,9}[\[(]?\s{0,9}(?P<batch>\d{1,12})\s{0,5}/\s{0,5}(?P<batches>\d{1,12})\b"
    r"(?:\s?\(\d{1,3}(?:\.\d+)?%\))?[\])]?)?",
    re.IGNORECASE,
)
_COUNTS = {
    "epoch": "epoch", "轮次": "epoch", "第": "epoch", "batch": "batch", "episode": "episode", "round": "round",
}  # fmt: skip
STEP = "step"  # what all other counters are called: steps, iterations, updates
_DELIMITERS = re.compile(r"[|,;，；。\t\[\]{}]| [-–—·>]+ ")
_WIDE = re.compile(r"\s{2,}")
# `| loss | 0.5 |` of SB3 and Baselines; between two rules (`-----  -----`) of garage and rlkit `loss   0.5`.
_TABLE_ROW = re.compile(
    rf"^\|\s{{0,40}}(?P<key>[^|]{{1,60}}?)\s{{0,60}}\|\s{{0,40}}{_CELL}\s{{0,40}}\|$", re.IGNORECASE
)
_RULED_ROW = re.compile(rf"^(?:.{{0,100}}[|\]]\s)?(?P<key>[^|\s][^|]{{0,59}}?)\s{{2,80}}{_CELL}$", re.IGNORECASE)
_RULE = re.compile(r"(?:^|[|\]]\s)-{5,200} {2,3}-{5,200}$")
# `Rewards      => Avg: -0.004, Min: -0.005`: what stands behind the arrow is of what stands before it.
_HEADING = re.compile(r"^\s{0,20}(?P<of>[^\W\d]{2,30}(?: [^\W\d]{2,30}){0,3})\s{1,20}=>\s{1,9}(?=[^\W\d])")
_FIRST_WORD = re.compile(r"([^\W\d_]+)")
_MODE = re.compile(r"[Ee]poch\s?\((\w{3,10})\)")
# What goes on with a sentence: `at epoch 108`.
_GO_ON = frozenset(
    {"at", "in", "of", "on", "to", "x", "by", "for", "from", "with", "after", "took", "than", "and", "end", "@"}
)
_GREEK = {"σ": "std", "μ": "mean"}
_COPULAS = frozenset({"is", "was", "are"})
_JOINS = frozenset({"and", "with"})
# LeRobot shortens on the console what it logs by these names.
_LEROBOT = {
    "smpl": "samples", "ep": "episodes", "epch": "epochs", "grdn": "grad_norm", "updt_s": "update_s",
    "data_s": "dataloading_s",
}  # fmt: skip
_OF_LEROBOT = {"grdn", "updt_s"}


@dataclass(frozen=True, slots=True)
class Count:
    """A counter as it is printed. `of`: where it is to end. `within`: by how much rounding may have moved it (`1K`)."""

    at: float
    of: float | None = None
    within: float = 0.0


@dataclass(slots=True)
class Line:
    """`counts`: by name, the outer before the inner. `at`: seconds since epoch. `in_table`: of a name and a number.
    `rehearsed`: of the evaluation that is tried out before training.
    """

    counts: dict[str, Count] = field(default_factory=dict)
    cells: dict[str, float] = field(default_factory=dict)
    at: float | None = None
    in_table: bool = False
    rehearsed: bool = False


def is_rule(text: str) -> bool:
    """Whether a line begins or ends a table of two columns."""
    return _RULE.search(text[:_LONGEST].rstrip()) is not None


def read_line(text: str, *, ruled: bool = False) -> Line:
    """What a line says; a line that says nothing is empty. `ruled`: it stands between two rules."""
    line = Line()
    text = unboxed(ANSI.sub("", text[:_LONGEST]))
    if not any(map(str.isdigit, text)) and "nan" not in text:
        return line
    text = _REPEATED.sub("", _without_head(_KEPT.sub("|", text), line))
    said = _split(text)
    line.rehearsed = _REHEARSAL.match(text) is not None
    if (row := (_RULED_ROW if ruled else _TABLE_ROW).match(text.strip())) is not None:
        cells: list[tuple[str, float]] = []
        _take(" ".join(row["key"].split()) if any(map(str.isalpha, row["key"])) else "", row, cells)
        line.cells, line.in_table = dict(_by_split(cells, said)), True
        return line
    mode = _MODE.search(text[:_HEAD])
    bars: dict[str, Count] = {}
    for bar in (_TQDM, _KERAS):
        if (found := bar.search(text)) is not None:
            at, of, rest = _whole(found[1]), _whole(found[2]), text[found.end() :]
            printed = rest.startswith("]") and rest[1:].strip()  # behind the bar, by what knows nothing of it
            if at is not None and of is not None and not printed:
                bars["batch"] = Count(at, of)
            text = rest[1:] if printed else f"{text[: found.start()]}|{rest}"
    text = _without_counters(text, line)
    heading = _HEADING.match(text)
    if heading is not None and said is None:
        text = text[heading.end() :]
    if mode and said != "train":  # mmengine counts the batches of an evaluation
        line.counts.pop("batch", None)
    _take_cells(text, said or _split(text), line)
    line.cells = {key: cell for key, cell in line.cells.items() if key not in _OF_NO_USE}
    if heading is not None and said is None:
        line.cells = {f"{heading['of']}/{_GREEK.get(key, key)}": cell for key, cell in line.cells.items()}
    if line.cells:
        line.counts = bars | line.counts
    if line.cells.keys() >= _OF_LEROBOT:
        line.cells = {_LEROBOT.get(key, key): cell for key, cell in line.cells.items()}
    return line


def _without_head(text: str, line: Line) -> str:
    if (when := _TIME.search(text[:_HEAD])) is not None:
        year, month, day, clock, part, zone = when.groups()
        line.at = seconds(f"{year}-{month}-{day}T{clock}{f'.{part}' if part else ''}{zone or ''}")
        text = f"{text[: when.start()]}|{text[when.end() :]}"
    return _LEVEL.sub("|", _SOURCE.sub("|", text))


def _split(text: str) -> str | None:
    """train, val, test: what the first word of a line says that it is about; of mmengine `Epoch(val)`."""
    said = _MODE.search(text[:_HEAD]) or _FIRST_WORD.search(text[:_LONGEST_KEY])
    return None if said is None else next((SPLITS[word] for word in words(said[1]) if word in SPLITS), None)


def _without_counters(text: str, line: Line) -> str:
    """The text with each counter cut out, which it notes."""
    kept: list[str] = []
    end = 0
    if (both := _BARE_COUNTS.match(text)) is not None:
        epoch, epochs, batch, batches = map(float, both.groups())
        line.counts |= {"epoch": Count(epoch, epochs), "batch": Count(batch, batches)}
        text = text[both.end() :]
    if (ep := _EP.match(text)) is not None:
        name = "episode" if RETURNS & set(words(text[:_LONGEST_PIECE])) else "epoch"
        line.counts[name] = Count(float(ep[1]), float(ep[2]) if ep[2] else None)
        text = text[ep.end() :]
    for found in _COUNTER.finditer(text):
        plural = found["name"].lower() in {"steps", "iters", "iterations", "episodes", "updates", "rounds"}
        inner = found["name"].lower() in {"iters", "iterations"} and kept and text[end : found.start()] == ", "
        quoted = text[: found.start()][-1:] in {"'", '"'} and found["name"].lower().endswith("s")  # `'epochs': 2000`
        if ((plural or quoted) and not found["of"] and not inner) or not _stands_alone(
            text[end : found.start()], found
        ):
            continue  # `Steps: 103` may be how many an episode took; of CycleGAN `(epoch: 1, iters: 100, …)`
        name = _COUNTS.get(found["name"].lower().removesuffix("es" if "batch" in found["name"].lower() else "s"), STEP)
        if name in line.counts:
            continue
        unit = _UNITS.get((found["unit"] or "").upper(), 1.0)
        end_of = float(found["of"]) * _UNITS.get((found["of_unit"] or "").upper(), 1.0) if found["of"] else None
        decimals = len(found["at"].partition(".")[2])
        within = unit / 10**decimals / 2 if unit > 1 else 0.0
        line.counts[name] = Count(float(found["at"]) * unit, end_of, within)
        if found["batch"] and "batch" not in line.counts:
            line.counts["batch"] = Count(float(found["batch"]), float(found["batches"]))
        kept.append(text[end : found.start()])
        end = found.end()
    text = "|".join([*kept, text[end:]])
    if "batch" not in line.counts and (of := _OF_BATCHES.search(text)) is not None:
        line.counts["batch"] = Count(float(of[1]), float(of[2]))
        text = f"{text[: of.start()]}|{text[of.end() :]}"
    return text


def _stands_alone(before: str, counter: re.Match[str]) -> bool:
    """Whether a counter counts the line: `Best loss 0.3 at epoch 108` does not stand at epoch 108."""
    before = before.rstrip(" '\"")
    if not before or not (before[-1].isalnum() or before[-1] == "_"):
        return not before.endswith(("/", "@", "."))
    if before[-1].isdigit():
        return ":" in counter[0] or "=" in counter[0]
    said = before[-_LONGEST_KEY:].lower().split()
    return re.split(r"\W", said[-1])[-1] in SPLITS or (len(said) == 1 and said[0].isalpha() and bool(counter["of"]))


def _lists(text: str, found: list[tuple[str, float]]) -> str:
    """The text without the losses and scores that are given as several numbers, which are taken: of each agent or
    head, and of what agents earn the mean."""
    kept, end = [], 0
    for several in _SEVERAL.finditer(text):
        numbers = [float(number) for number in re.split(r"[\s,]+", several["numbers"].strip())]
        key = _key(text[end : several.start()])
        if not is_telling(key):
            continue
        if RETURNS & set(words(key)):
            found.append((f"{key}/mean", sum(numbers) / len(numbers)))
        found += [(f"{key}/{i}", number) for i, number in enumerate(numbers)]
        kept.append(text[end : several.start()])
        end = several.end()
    return "|".join([*kept, text[end:]])


def _take_cells(text: str, said: str | None, line: Line) -> None:
    found: list[tuple[str, float]] = []
    text = _lists(text, found)
    end, rest = 0, []
    for pair in _PAIR.finditer(text):
        between = text[end : pair.start()]
        rest.append(between)
        _take(_key(between), pair, found)
        end = pair.end()
    rest.append(text[end:])
    for piece in _DELIMITERS.split("|".join(rest)):
        bare = _bare(piece.strip(" :.-*")) if len(piece) <= _LONGEST_PIECE else []
        if bare and (line.counts or found or any(is_telling(_key(pair["key"])) for pair in bare)):
            for pair in bare:
                _take(_key(pair["key"]), pair, found)
    for key, number in _by_split(found, said):
        line.cells.setdefault(key, number)


def _bare(piece: str) -> list[re.Match[str]]:
    """`loss 8.5`, `Acc@1 50.1 Acc@5 70.2`: names and numbers that make up the whole of what stands together."""
    found: list[re.Match[str]] = []
    end = 0
    while end < len(piece):
        if (pair := _BARE.match(piece, end)) is None:
            return []
        found.append(pair)
        end = pair.end()
    return found


def _by_split(found: Sequence[tuple[str, float]], said: str | None) -> Iterator[tuple[str, float]]:
    """The numbers, each loss or score by the split that it is of.

    On a line of one split all are of it. Of several, what is named again is of the one named last before.
    """
    of = [next((SPLITS[word] for word in words(key) if word in SPLITS), None) for key, _ in found]
    all_of = {said, *of} - {None}
    times = Counter(key for key, _ in found)
    last = said
    for (key, number), split in zip(found, of, strict=True):
        last = split or last
        theirs = last if len(all_of) == 1 or times[key] > 1 else None
        yield f"{theirs} {key}" if theirs and split is None and is_telling(key) else key, number


def _key(before: str) -> str:
    """The words that stand before a number; empty where they are none, or a sentence."""
    key = _WIDE.split(_DELIMITERS.split(before.rstrip())[-1])[-1].rpartition(":")[2].strip(" '\"-*#>•.!?✅📊")
    if key.count("(") != key.count(")"):
        key = key.rpartition("(")[2].strip(" )")
    said = _named(key.split())
    fine = said and not any(word[0].isdigit() for word in said) and any(map(str.isalpha, key))
    within = len(key) <= _LONGEST_KEY and len(said) <= _MOST_WORDS
    return " ".join(said) if fine and within and said[0].lower() not in _GO_ON else ""


def _named(said: list[str]) -> list[str]:
    """Without what a sentence says around a loss or a score: `grpo_loss is -0.28 and kl is 0.1`."""
    name = said[said[:1] != [] and said[0].lower() in _JOINS :]
    if len(name) > 1 and name[-1].lower() in _COPULAS:
        name = name[:-1]
    return name if len(name) == 1 and name != said and is_telling(name[0]) else said


def _take(key: str, pair: re.Match[str], found: list[tuple[str, float]]) -> None:
    if not key:
        return
    number = float(pair["number"].replace(",", ""))
    if pair["of"]:
        if not (is_telling(key) and float(pair["of"][1:])):
            return  # 3/100 is no number; of an accuracy it is a share
        number /= float(pair["of"][1:])
    unit = (pair["unit"] or "").strip()
    found.append((key, number * _UNITS.get(unit, _UNITS.get(unit[:1], 1.0) if "B" in unit[1:] else 1.0)))


def _whole(text: str) -> float | None:
    """A count of a bar; None for what counts bytes or parts."""
    return float(text) if text.isdecimal() else None
