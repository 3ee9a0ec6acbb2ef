"""Runs of the own generator, judged; in several processes, which import this by name."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor

from benchmarks.detection.cases import Outcome, judge
from benchmarks.detection.generator import make_case


def judged(seeds: Iterable[int], jobs: int) -> list[Outcome]:
    if jobs <= 1:
        return [_one(seed) for seed in seeds]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(_one, seeds, chunksize=4))


def _one(seed: int) -> Outcome:
    return judge(make_case(seed))
