"""A run is read once per analysis: its config taken apart once, its roles assigned once, beside peers too."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator
from dataclasses import replace
from typing import Any

from analysis import analyze
from analysis.columns.profile import Naming, Profile
from analysis.model import Run
from bot.settings import profiles
from tests.analysis.company import EVAL, KEYS, run, several
from tests.analysis.samples import SAMPLE, read


class Config(dict[str, Any]):
    """A config that counts how often it is taken apart."""

    times = 0

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        self.times += 1
        return super().items()


class Namings(tuple[Naming, ...]):
    """Lines of a profile that count how often a column is looked up in them."""

    times = 0

    def __iter__(self) -> Iterator[Naming]:
        type(self).times += 1
        return super().__iter__()


def counted(r: Run, profile: Profile) -> tuple[int, float, list[int]]:
    """How often, in one analysis: the run's config was taken apart, a column's kind asked for, each peer's config."""
    own, others = Config(r.config), [Config(p.config) for p in r.peers]
    peers = tuple(replace(p, config=c) for p, c in zip(r.peers, others, strict=True))
    Namings.times = 0
    report = analyze(replace(r, config=own, peers=peers), profile=replace(profile, namings=Namings(profile.namings)))
    assert report.metrics
    return own.times, Namings.times / len(r.history.columns), [c.times for c in others]


def test_a_run_is_read_once() -> None:
    assert counted(read(SAMPLE), profiles.load(["act-uot"])) == (1, 1, [])


def test_a_run_beside_peers_is_read_once_and_so_is_each_of_them() -> None:
    r = run(0.9, peers=several(0.30, 0.31, 0.29, 0.32, 0.30, 0.31, keys=KEYS), config={"lr": 1e-3, "steps": 20_000})
    assert {f.id for f in analyze(r).findings} >= {"behind-peers", "config-drift"}  # everything is compared
    assert EVAL in r.history.columns

    assert counted(r, profiles.load(["act-uot"])) == (1, 1, [1] * 6)
