"""The runs of a comparison, read, and what their configs differ in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.columns.names import words
from analysis.facts import Facts, version
from analysis.facts.config import Config
from analysis.facts.config_diff import BATCH, OTHER, SEED, Change, drift
from analysis.model import Report, Run
from analysis.report.comparison import Difference
from analysis.scan.reading import Reading


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    letter: str
    run: Run
    report: Report
    reading: Reading

    @property
    def facts(self) -> Facts:
        return self.reading.facts

    @property
    def commit(self) -> str | None:
        return self.run.commit or version.commit(self.facts)


def changes_from_first(sides: Sequence[Side]) -> list[tuple[Change, ...]]:
    """What differs between the first run and each of the others, without what only says which code it was."""
    first = sides[0].facts
    return [
        tuple(c for c in drift(first, other.facts, whole=True) if not version.is_version(words(c.key)))
        for other in sides[1:]
    ]


def differences(sides: Sequence[Side], changes: Sequence[tuple[Change, ...]]) -> tuple[Difference, ...]:
    """Those of all the others together, the most telling first; which seed it was comes right after the batch."""
    keys: dict[tuple[str, ...], Change] = {}
    for of_one in changes:
        for c in of_one:
            keys.setdefault(words(c.key), c)
    found = []
    leaves = [c.leaf for c in keys.values()]
    for path, c in keys.items():
        theirs = [next((x.there for x in of_one if words(x.key) == path), c.here) for of_one in changes]
        leaf = c.leaf if leaves.count(c.leaf) == 1 else c.key
        found.append(Difference(c.key, leaf, (c.here, *theirs), c.impact))

    def rank(d: Difference) -> tuple[float, int, str]:
        last = d.impact == OTHER and "—" in d.values  # a switch that some of them do not know
        return BATCH + 0.5 if d.impact == SEED else d.impact + last, len(d.key), d.key

    return tuple(sorted(found, key=rank))


def is_repetition(one: Config, other: Config, versions: tuple[str | None, str | None] = (None, None)) -> bool:
    """Whether two runs are the same training, but for the seed."""
    same_code = None in versions or versions[0] == versions[1]
    told = (c for c in drift(one, other, whole=True) if not version.is_version(words(c.key)))
    return bool(one.config and other.config) and same_code and all(c.impact == SEED for c in told)


def leaves(changes: Sequence[Change]) -> str:
    return "、".join(dict.fromkeys(c.leaf for c in changes[:3]))
