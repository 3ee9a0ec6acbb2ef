"""The runs that a person names in the middle of a sentence. Pure.

`reference.parse` reads a text that is a reference; here the references are found first, among words of two languages
that may touch them (`64wxlc3y咋样了`). What only might be one (a date, the name of a metric, a version) is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import Literal

from bot.sources.files.record import ENDINGS, LOGS

_LONG_NAME = 6  # letters and digits of one that is known without what joins its words
NOBODY: Mapping[str, str] = MappingProxyType({})
Kind = Literal["run", "filter", "name"]

_SEGMENT = r"[A-Za-z0-9][\w.-]*"
_LINK = re.compile(
    r"(?:https?://|(?<![\w./-])(?=[\w-]+(?:\.[\w-]+)+(?::\d+)?/))[\w.@-]+(?::\d+)?(?:/[^\s<>|\"'`/]+){2}/runs/[\w.~%-]+"
    r"(?:/[a-z][\w-]*)*/?(?:\?[\w.~%&=+/:-]*)?(?:#[\w.~%&=/-]*)?",
    re.ASCII | re.IGNORECASE,
)
_PAGE = re.compile(r"https?://[\w.@-]*wandb[\w.@-]*(?::\d+)?/[\w.~%&=+/?#*-]+", re.ASCII | re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>|，。]+|[\w.+-]+@[\w-]+\.[\w.-]+|(?<!\w)@[^\s，。]+", re.ASCII)
_FILTER = re.compile(rf"(?<![\w./:-]){_SEGMENT}/{_SEGMENT}(?:\?(?:tag|user)=[^\s，。；]+|/\*)", re.ASCII)
_SPOKEN_FILTER = re.compile(  # `team/robot 里 tag 是 ablation`
    rf"(?<![\w./:-])({_SEGMENT}/{_SEGMENT})\s*(?:这个)?(?:项目)?[里下中面]*的?\s*(?:(tag|标签)|user|用户)(?:\s*[是为叫=:]\s*|\s+)([\w.-]+)",
    re.ASCII | re.IGNORECASE,
)
_SPOKEN_TAG = re.compile(  # `team/robot 下所有带 ablation 标签的`
    rf"(?<![\w./:-])({_SEGMENT}/{_SEGMENT})\s*(?:这个)?(?:项目)?[里下中面]*的?\s*(?:所有|全部|那些)?(?:带|打|有|标)[了着上有]?\s*"
    r"([\w.-]+)\s*(?:这个)?(?:标签|\btag\b)",
    re.ASCII | re.IGNORECASE,
)
_PATH = re.compile(rf"(?<![\w./:@~-])(?:{_SEGMENT}/){{1,2}}{_SEGMENT}(?![\w/*])", re.ASCII)
_SWANLAB = re.compile(rf"(?<![\w./:-])swanlab:@?{_SEGMENT}/{_SEGMENT}/{_SEGMENT}(?![\w/*])", re.ASCII)
_FILE = re.compile(rf"(?<![\w./-])(?:~|\.{{1,2}})?/[\w./-]*(?:{'|'.join(map(re.escape, ENDINGS))})(?![\w/])", re.ASCII)
_OFFLINE = re.compile(r"(?<![\w/])(?:offline-)?run-\d{8}_\d{6}-([a-z0-9]{8})(?![\w-])", re.ASCII)
_ID = re.compile(r"(?<![\w./@%+-])(?:[a-z0-9]{8}|[A-Z0-9]{8})(?![\w/@=%-])(?!\.\w)", re.ASCII)
_TWO = re.compile(r"(?<![\w./@%+-])([a-z0-9]{8})/([a-z0-9]{8})(?![\w./@=%-])", re.ASCII)
_ALMOST = re.compile(r"(?<![\w./@%+-])(?:[a-z0-9]{7}|[a-z0-9]{9})(?![\w/@=%-])(?!\.\w)", re.ASCII)
_FILE_NAME = re.compile(rf"(?<![\w./@-])[\w-][\w./=+-]*(?:{'|'.join(map(re.escape, (*ENDINGS, *LOGS)))})(?![\w/])")
_NAME = re.compile(r"(?<![\w./:@=%+-])[A-Za-z][A-Za-z0-9]*(?:[-_.=+]+[A-Za-z0-9]+)+(?![\w/@%-])", re.ASCII)
_BEGINNING = re.compile(r"(?<![\w./:@=%+-])[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)+(?![\w/@%=.-])", re.ASCII)
_QUOTED = re.compile(r"“([^”\n]+)”|\"([^\"\n]+)\"|`([^`\n]+)`|「([^」\n]+)」|『([^』\n]+)』|‘([^’\n]+)’|'([^'\n]+)'")
_WRITTEN_OUT: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (_FILTER, "filter"),
    (_SWANLAB, "run"),
    (_FILE, "run"),
    (_PATH, "run"),
)
# `resnet50`, `step5000`: a word and a number. One id of twenty looks like that too, but is rarely meant without more.
_WORD_AND_NUMBER = re.compile(r"[a-z]{4,}\d{1,4}")
# `100steps`, `5000iter`: a number and its unit.
_COUNTED = re.compile(r"\d+(?:steps?|iters?|epochs?|hours?|mins?|minutes?|days?|tokens?|gpus?|points?|rows?|k|m|b)")
_NOT_IDS = re.compile(
    r"(?:step|iter|epoch|seed|gpu|cuda|node|rank|ckpt|resnet|layer|batch|size|user|line|page|port)\d+"
)
_METRICS = frozenset(
    {
        *("train", "training", "eval", "evaluation", "val", "valid", "validation", "test", "loss", "losses", "metric"),
        *("metrics", "chart", "charts", "rollout", "time", "timing", "system", "perf", "actor", "critic", "policy"),
        *("value", "reward", "rewards", "env", "episode", "info", "stats", "grad", "gradients", "optim", "optimizer"),
        *("global", "debug", "ppo", "grpo", "http", "https", "src", "data", "models", "docs", "config", "configs"),
    }
)
_FILE_ENDING = re.compile(r"\.(?:py|ya?ml|json|sh|md|pth?|ckpt|txt|log|ipynb|safetensors|bin|zip|png)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Spot:
    """A piece of a text. `run`: surely a run; `filter`: runs of a project; `name`: perhaps the name of one."""

    start: int
    end: int
    text: str  # as `reference.parse` takes it
    kind: Kind = "run"


def spots(text: str, names: Mapping[str, str] = NOBODY) -> list[Spot]:
    """What names runs, in order and each once. `names`: of runs that are known here -> what each means."""
    found: list[Spot] = []
    for candidate in _candidates(text, names):
        if not any(candidate.start < other.end and other.start < candidate.end for other in found):
            found.append(candidate)
    sure = [spot for spot in found if spot.kind != "name"]
    chosen = sorted(sure or found, key=lambda spot: spot.start)
    return [s for n, s in enumerate(chosen) if not any(_same(s.text, earlier.text) for earlier in chosen[:n])]


def files(text: str) -> list[str]:
    """What is written like the name of a file with a history: `64wxlc3y.parquet`, `night/r1.csv`."""
    return [match[0] for match in _FILE_NAME.finditer(text)]


def project(text: str) -> str | None:
    """`team/robot` somewhere in a text: of who asks to watch it."""
    parts = (match[0].rstrip(".-").split("/") for match in _PATH.finditer(text))
    return next(("/".join(p) for p in parts if len(p) == 2 and p[0].lower() not in _METRICS and _worded(p)), None)


def blanked(text: str, found: Collection[Spot], mark: str = "◇") -> str:
    """The text around the references: each of them is a mark."""
    for spot in sorted(found, key=lambda spot: -spot.start):
        text = f"{text[: spot.start]} {mark} {text[spot.end :]}"
    return text


def is_sure(text: str) -> bool:
    """Whether a text can only be meant as a reference: a link, a path of `entity/project/run`, or the form of an id.

    Of anything else that cannot be found out, nobody may be told that a server, a key or a file is to blame.
    """
    return "/" in text or (is_id(text) and not _WORD_AND_NUMBER.fullmatch(text))


def is_id(text: str) -> bool:
    """Whether it has the form that the tracker gives its ids: eight letters and digits, some of each."""
    shaped = re.fullmatch(r"[a-z0-9]{8}|[A-Z0-9]{8}", text) is not None
    mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    return shaped and mixed and not _COUNTED.fullmatch(text.lower()) and not _NOT_IDS.fullmatch(text.lower())


def _candidates(text: str, names: Mapping[str, str]) -> Iterator[Spot]:
    """In order of trust: what overlaps an earlier one is none."""
    yield from _links(text)
    text = _ADDRESS.sub(lambda match: " " * len(match[0]), text)  # what stands in anybody else's link names no run
    text = _TWO.sub(_apart, text)
    for match in _SPOKEN_FILTER.finditer(text):
        yield Spot(match.start(), match.end(), f"{match[1]}?{'tag' if match[2] else 'user'}={match[3]}", "filter")
    for match in _SPOKEN_TAG.finditer(text):
        yield Spot(match.start(), match.end(), f"{match[1]}?tag={match[2]}", "filter")
    for pattern, kind in _WRITTEN_OUT:
        for match in pattern.finditer(text):
            found = match[0].rstrip(".-")
            if pattern is not _PATH or _names_a_run(found):
                yield Spot(match.start(), match.start() + len(found), found, kind)
    yield from _known(text, names)
    for match in _OFFLINE.finditer(text):
        yield Spot(match.start(), match.end(), match[1])
    for match in _ID.finditer(text):
        if is_id(match[0]):
            yield Spot(match.start(), match.end(), match[0])
    yield from _perhaps(text)


def _links(text: str) -> Iterator[Spot]:
    for match in _LINK.finditer(text):
        link = match[0].rstrip("?#/.-")
        yield Spot(match.start(), match.start() + len(link), link)
    for match in _PAGE.finditer(text):
        yield Spot(match.start(), match.end(), match[0].rstrip("?#."), "filter")


def _known(text: str, names: Mapping[str, str]) -> Iterator[Spot]:
    """Names of known runs. One that is a short word is meant only when nothing else is said."""
    for name in sorted(filter(None, names), key=len, reverse=True):
        short = len(name) < 3 or (len(name) < 6 and name.isalpha() and name.isascii())
        if short and text.strip().casefold() != name.casefold():
            continue
        for match in _as_said(name).finditer(text):
            yield Spot(match.start(), match.end(), names[name])
    for match in _BEGINNING.finditer(text):  # `act-uot 咋样` of the only run that is called like that
        begun = (f"{match[0].casefold()}-", f"{match[0].casefold()}_")
        meant = {ref for name, ref in names.items() if name.casefold().startswith(begun)}
        if len(meant) == 1:
            yield Spot(match.start(), match.end(), meant.pop())


@lru_cache(4096)
def _as_said(name: str) -> re.Pattern[str]:
    """A name wherever it stands; one of several words also without what joins them: `act uot v3` for `act-uot_v3`."""
    before, behind = (r"(?<![\w-])" if name[0].isascii() else "", r"(?![\w-])" if name[-1].isascii() else "")
    parts = [re.escape(part) for part in re.split(r"[-_.\s]+", name) if part]
    long = len("".join(parts)) >= _LONG_NAME and "/" not in name  # `run-1` would be found in `这个 run 1 小时`
    said = r"[-_.\s]*".join(parts) if long and len(parts) > 1 else re.escape(name)
    return re.compile(before + said + behind, re.IGNORECASE | re.ASCII)


def _apart(two: re.Match[str]) -> str:
    """`64wxlc3y/8k2mf0qd`: two runs, since no project is called like one."""
    return f"{two[1]} {two[2]}" if is_id(two[1]) and is_id(two[2]) else two[0]


def _worded(parts: Collection[str]) -> bool:
    return all(any(c.isalpha() for c in part) for part in parts)


def _is_almost_id(text: str) -> bool:
    """An id with a letter too few or too many: digits and letters by turns, as models (`yolov8n`) are not called."""
    turns = sum(a.isdigit() != b.isdigit() for a, b in pairwise(text))
    return turns + text[0].isdigit() >= 3 and not _COUNTED.fullmatch(text)


def _perhaps(text: str) -> Iterator[Spot]:
    """What is quoted; words with a number and a joint in them: `act-uot-v3`, `bright-sunset-42`; almost an id."""
    for match in _ALMOST.finditer(text):
        if _is_almost_id(match[0]):
            yield Spot(match.start(), match.end(), match[0], "name")
    for match in _QUOTED.finditer(text):
        inside = next(filter(None, match.groups())).strip()
        if inside and len(inside) <= 128 and "/" not in inside:
            yield Spot(match.start(), match.end(), inside, "name")
    for match in _NAME.finditer(text):
        if any(c.isdigit() for c in match[0]):
            yield Spot(match.start(), match.end(), match[0], "name")


def _names_a_run(path: str) -> bool:
    """Of `a/b` and `a/b/c`: not the name of a metric, a date, a fraction or a file."""
    parts = path.split("/")
    if parts[0].lower() in _METRICS or _FILE_ENDING.search(path) or not any(c.isalpha() for c in parts[0]):
        return False
    return is_id(parts[-1]) or (len(parts) == 3 and len(path) > 8 and all(len(part) > 1 for part in parts[:2]))


def _same(one: str, other: str) -> bool:
    """Whether two references are one run as far as anybody can tell: `64wxlc3y` and a link that ends in it."""
    short, long = sorted((_path(one), _path(other)), key=len)
    return short == long or long[-len(short) :] == short


def _path(text: str) -> tuple[str, ...]:
    link = re.sub(r"[?#].*$", "", re.sub(r"^https?://", "", text))
    match = re.search(r"([^/]+)/([^/]+)/runs/([^/]+)", link)
    return match.groups() if match is not None else tuple(link.split("/"))
