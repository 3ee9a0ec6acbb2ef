"""Which command a sentence is most like, by examples of each (`examples.txt`). Pure; nothing is learnt from users.

A sentence is taken apart into pieces: Chinese by one to four characters, English by words, by pairs of them and
by three letters, so that a typo costs little. Each piece counts by how rare it is among the examples, and has a weight
for every command. The weights are found once, when the first sentence comes: those with which examples score about 1
for their own command and 0 for others, by least squares with a penalty on large ones (ridge regression). What is said
of both sides (`盯`) then weighs little, and what tells them apart (`别盯`) much, which counting alone does not give.
"""

from __future__ import annotations

import math
import re
import threading
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.diagnoses import ALL
from analysis.model import Floats
from bot.services.commands import amounts

_one_at_a_time = threading.Lock()  # who comes meanwhile waits for it, and does not begin it again
_PENALTY = 0.3  # on large weights: from 0.1 to 0.5 as good; without one an example more or less moves many sentences
_ROUNDS = 2  # more hardly move them
_WAYS = 12  # to say a line, so that one with many slots does not outweigh the rest
_RULE = re.compile("|".join(sorted((re.escape(d.id) for d in ALL), key=len, reverse=True)))
_RATIO = re.compile(r"\d+\s*/\s*\d+|\d+(?:\.\d+)?%")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_WORD = re.compile(r"[a-z']+")
# What is said while thinking, to whom, and particles and thanks that only soften: `嗯那个`, `大佬`, `哈`, `谢谢`.
_PEOPLE = r"(?:大佬|老哥|兄弟|各位|哥们|老铁|同学)们?"
_SOFT = (
    rf"[呀啦哦噢喔哟嗯哈~～，,!！\s]|{_PEOPLE}|(?:谢谢|多谢|谢|感谢|拜托|辛苦)[了啦你您]*|\b(?:lol|thx|thanks|pls|plz)"
)
_FILLERS = re.compile(
    rf"^(?:[嗯呃额唔啊哦]+|那个|就是说?|然后|{_PEOPLE}|[\s，,、])+|[这那]个(?=\s*◇)|(?<=[^哈呀啦哦嗯啊\s])(?:{_SOFT})+$"
)
_WHETHER = re.compile(r"要不要(?=先?(?:静音|屏蔽|认领|取关))")  # no refusal: it asks for what stands behind it
_POLITELY = re.compile(  # before the word for what is to be done
    r"(?:^|(?<=[◇№，, ]))(?:能不能|可不可以|可否|能否|能?帮忙|(?:可以)?帮我|麻烦你?|劳烦|请|给我"
    r"|赶紧|赶快|快点?|马上|要不(?!要)|那就|总之|哎)+"
    r"(?=[先再都]?(?:静音|屏蔽|取消|解除|恢复|停止|认领|取关|标|撤|误报|mute|ack))"
)
_CALLS = re.compile(
    r"(?:@|艾特|(?<![a-z])(?:at|call|ping|cue)|[踢戳]|滴滴?)\s*(?:一下)?\s*(?=我)"
    r"|(?<=[\u4e00-\u9fff])\s*(?:@|(?:at|call|ping|cue|tell)\s)\s*me\b"  # `跑完 ping me`
)
_SILENT = re.compile(r"[^\w◇⚙≷⏱⏰％№?]|_")
# Voice input writes what sounds alike. The first of each group stands for all: for examples and sentences the same.
_SOUNDS = (
    "静今近净竟靖 音因引印阴 误悟务物雾 报抱爆暴保豹宝 认任 领令另岭灵 关观官 注住助驻主 盯顶丁订钉叮 对队 比笔必彼毕币"
    " 较叫教 屏平凭 蔽闭毕避 敛脸练 拟你泥 告高搞 警景井 列猎 表标 论轮 整正 完玩 消削 解借"
    " 除出 备背 收搜 那哪 看砍堪刊"
)
_ALIKE = {ord(character): group[0] for group in _SOUNDS.split() for character in group}


@dataclass(frozen=True, slots=True)
class Likely:
    """A command, what its section adds to it (`off`, `last`), and how like its examples a sentence is: about 0 to 1."""

    name: str
    more: str
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """What was found from the table of examples."""

    sections: Sequence[str]
    place: Mapping[str, int]  # of a piece
    rarity: Floats  # of each piece
    weights: Floats  # of each piece for each section

    def likeliest(self, sentence: str) -> list[Likely]:
        """Every command that has examples, the likeliest first. ◇ stands where a run stood."""
        at, counts = _vector(pieces(sentence), self.place, self.rarity)
        scores = counts @ self.weights[at]
        ranked = [
            Likely(*section.partition(" ")[::2], float(s)) for section, s in zip(self.sections, scores, strict=True)
        ]
        return sorted(ranked, key=lambda likely: -likely.score)


def known() -> Examples:
    with _one_at_a_time:
        return _known()


@cache
def _known() -> Examples:
    return prepared((Path(__file__).parent / "examples.txt").read_text("utf-8"))


def prepared(table: str) -> Examples:
    sections: list[str] = []
    examples: list[tuple[int, list[str]]] = []
    for line in spelt_out(table):
        if line.startswith("["):
            sections.append(line[1:-1])
        else:
            examples.append((len(sections) - 1, pieces(line)))
    examples = list({(section, tuple(found)): (section, found) for section, found in examples}.values())
    count = Counter(piece for _, found in examples for piece in found)
    place = {piece: n for n, piece in enumerate(count)}
    rarity = np.array([math.log(1 + len(examples) / n) for n in count.values()])
    vectors = [_vector(found, place, rarity) for _, found in examples]
    weights = _ridge([(*vectors[n], examples[n][0]) for n in _mixed(examples)], len(count), len(sections))
    return Examples(sections, place, rarity, weights)


def _mixed(examples: Sequence[tuple[int, Sequence[str]]]) -> list[int]:
    """The order of a checksum: as good as any, and one example more or less leaves that of the others."""
    sums = [zlib.crc32("".join(found).encode()) for _, found in examples]
    return sorted(range(len(examples)), key=sums.__getitem__)


def _ridge(examples: Sequence[tuple[NDArray[np.intp], Floats, int]], pieces: int, sections: int) -> Floats:
    """Weights of least squared error and penalty, by dual coordinate ascent: each example in turn sets its share."""
    weights, shares = np.zeros((pieces, sections)), np.zeros((len(examples), sections))
    for _, (n, (at, counts, section)) in product(range(_ROUNDS), enumerate(examples)):
        change = -(counts @ weights[at]) - _PENALTY * shares[n]
        change[section] += 1.0
        change /= 1.0 + _PENALTY
        shares[n] += change
        weights[at] += counts[:, None] * change
    return weights


def spelt_out(table: str) -> list[str]:
    """The lines of a table, of a line with slots (`{帮我|}盯{着|一下}`) the ways to fill them, of many only some."""
    lines = (line for line in table.splitlines() if line and not line.startswith("#"))
    return [way for line in lines for way in _ways([part.split("|") for part in re.split("[{}]", line)])]


def _ways(slots: Sequence[Sequence[str]]) -> list[str]:
    """Steps that have no divisor in common with the number of ways: so every choice of a slot comes as often."""
    ways = math.prod(map(len, slots))
    step = next(n for n in range(max(1, round(0.618 * ways)), 0, -1) if math.gcd(n, ways) == 1)
    chosen = np.unravel_index([n * step % ways for n in range(min(ways, _WAYS))], [len(slot) for slot in slots])
    return ["".join(slot[n] for slot, n in zip(slots, way, strict=True)) for way in zip(*chosen, strict=True)]


def _vector(pieces: Iterable[str], place: Mapping[str, int], rarity: Floats) -> tuple[NDArray[np.intp], Floats]:
    """The pieces that are known, and what each counts; the squares of it make 1."""
    at = np.array([place[piece] for piece in pieces if piece in place], np.intp)
    counts = rarity[at]
    return at, counts / (math.sqrt(counts @ counts) or 1.0)


def pieces(sentence: str) -> list[str]:
    """What a sentence consists of, each once."""
    text = _by_kind(sentence)
    words = _WORD.findall(text)
    characters = f"^{_SILENT.sub('', _WORD.sub('', text))}$"
    found = [f" {word}" for word in words]
    found += [f" {one} {other}" for one, other in pairwise(words)]
    for edged in (f"<{word}>" for word in words if len(word) > 3):
        found += [edged[n : n + 3] for n in range(len(edged) - 2)]
    for size in (1, 2, 3, 4):
        found += [characters[n : n + size] for n in range(len(characters) - size + 1)]
    return [piece for piece in dict.fromkeys(found) if piece not in ("^", "$", "^$")]


def _by_kind(sentence: str) -> str:
    """A sentence in which what differs from case to case is a sign, and what sounds alike is written alike."""
    plain = _POLITELY.sub("", _WHETHER.sub("要", _FILLERS.sub("", sentence.lower())))
    called = _CALLS.sub(lambda match: "叫我" if match[0].endswith("me") else "叫", plain)
    text = amounts.by_kind(amounts.in_digits(_RULE.sub("⚙", called)))
    text = _NUMBER.sub("0", _RATIO.sub("％", text)).translate(_ALIKE)
    return text if text.count("◇") > 1 else text.replace("◇", "")
