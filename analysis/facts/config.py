"""Look-up in a config. Names differ there as much as those of metrics, so a fact is asked for by all that it has.

A config is a nested mapping; `{"ot": {"reg": 1}}`, `{"ot.reg": 1}` and `{"ot_reg": 1}` are the same fact.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from analysis.columns.names import words

DEEPEST = 12  # levels of nesting; what lies below is one value
Words = tuple[str, ...]  # of a path: of a key with all that stands above it


@dataclass(frozen=True, eq=False)
class Config:
    """A config to be asked. It is taken apart once, when it is first asked."""

    config: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def entries(self) -> Mapping[Words, tuple[str, Any]]:
        """The words of a path -> the path as it is written, and the value. Of two spellings the last counts."""
        return {words(path): (path, value) for path, value in _flatten(self.config)}

    @cached_property
    def _ending(self) -> Mapping[str, list[Words]]:
        """Last word -> the paths that end with it."""
        found: dict[str, list[Words]] = {}
        for path in self.entries:
            found.setdefault(path[-1] if path else "", []).append(path)
        return found

    def value(self, *names: str, under: Set[str] | None = None, without: Set[str] = frozenset()) -> Any:
        """The value of the first name found; `a_b` matches `x.a.b`, `a.b`, `x.a_b`. The shortest path wins.

        `under`: some word of the path must be one of these. `without`: none may be.
        """
        if self._ending.keys().isdisjoint(_last_words(names)):
            return None
        return next((self.entries[path][1] for name in names if (path := self._path(name, under, without))), None)

    def _path(self, name: str, under: Set[str] | None, without: Set[str]) -> Words | None:
        tail = words(name)
        ending = self._ending.get(tail[-1])
        if ending is None:
            return None
        hits = [
            path
            for path in ending
            if path[-len(tail) :] == tail and (under is None or not under.isdisjoint(path)) and without.isdisjoint(path)
        ]
        return min(hits, key=lambda path: (len(path), path), default=None)

    def number(
        self, *names: str, under: Set[str] | None = None, without: Set[str] = frozenset(), least: float = -math.inf
    ) -> float | None:
        """Like `value`, for finite numbers >= `least`. Booleans are not numbers; "1e-5" is one."""
        if self._ending.keys().isdisjoint(_last_words(names)):
            return None
        for name in names:
            path = self._path(name, under, without)
            if path is None:
                continue
            got = self.entries[path][1]
            if isinstance(got, str):
                try:
                    got = float(got)
                except ValueError:
                    continue
            if isinstance(got, int | float) and not isinstance(got, bool) and least <= got <= sys.float_info.max:
                return float(got)
        return None

    def text(self, *names: str) -> str:
        """Like `value`, for text; lower case; empty when absent."""
        got = self.value(*names)
        return got.lower() if isinstance(got, str) else ""


@lru_cache(maxsize=4096)
def _last_words(names: Words) -> frozenset[str]:
    """What the paths of any of these names end with: most of what is asked for is in no config."""
    return frozenset(words(name)[-1] for name in names)


def _flatten(config: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """(path with dots, value) of every key that holds no mapping."""
    for key, value in config.items():
        path = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, Mapping) and depth < DEEPEST:
            yield from _flatten(value, path, depth + 1)
        else:
            yield path, value
