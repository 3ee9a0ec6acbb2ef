"""Memory that leaks, and memory that only looks like it."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.memory import MemGrowth
from analysis.model import Floats, Severity
from tests.analysis.scanning import found, rows, worst

N = 400
GPU = "system/gpu.0.memoryAllocated"
RNG = np.random.default_rng(11)


def wobble(n: int = N, size: float = 0.3) -> Floats:
    out, prev = np.empty(n), 0.0
    for i, e in enumerate(RNG.standard_normal(n)):
        prev = 0.9 * prev + np.sqrt(1 - 0.81) * e
        out[i] = size * prev
    return out


def leak(start: int, first: float = 45.0, last: float = 92.0, n: int = N) -> Floats:
    return np.round(np.interp(np.arange(n), [0, start, n - 1], [first, first, last]) + wobble(n), 1)


@pytest.mark.parametrize("key", [GPU, "gpu_mem_pct", "system.memory_percent"])
@pytest.mark.parametrize("start", [0, 150, 330])
def test_a_leak_is_raised_while_there_is_time_and_dated_to_its_start(key: str, start: int) -> None:
    (episode,) = found(MemGrowth(), rows({key: leak(start)}), planned=10 * N)

    assert episode.severity >= Severity.WARNING
    assert episode.raised_row <= start + 80
    assert abs(episode.onset_row - start) <= 25


def test_a_slow_leak_in_a_long_run_is_seen_on_a_coarser_scale() -> None:
    n = 6000  # less than half a per cent per 60 records
    (episode,) = found(MemGrowth(), rows({GPU: leak(500, 45.0, 95.0, n)}), planned=10 * n)

    assert episode.raised_row < 2500


def test_it_is_critical_when_less_than_two_hours_are_left() -> None:
    slow = found(MemGrowth(), rows({GPU: leak(150)}, seconds=600.0), planned=10 * N)
    soon = found(MemGrowth(), rows({GPU: leak(150)}, seconds=2.0), planned=10 * N)

    assert slow[0].transitions[0].severity is Severity.WARNING
    assert soon[0].severity is Severity.CRITICAL
    left = soon[0].transitions[0].words.evidence["seconds_to_full"]
    row = soon[0].raised_row
    assert left == pytest.approx((100 - leak(150)[row]) / (47 / 250) * 2.0, rel=0.35)


plateau = 45 + 40 * (1 - np.exp(-np.arange(N) / 15.0)) + wobble()
saw = 50 + 25 * ((np.arange(N) / 70) % 1) + wobble()
steps = np.where(np.arange(N) < 150, 50.0, 85.0) + wobble()
HEALTHY: dict[str, Floats] = {
    "steady and high": 88 + wobble(),
    "an allocator that fills and stays": plateau,
    "grows, but not towards the limit": np.interp(np.arange(N), [0, 399], [20, 40]) + wobble(),
    "one step up": steps,
    "wanders": 60 + wobble(size=2.0),
}


@pytest.mark.parametrize("memory", HEALTHY.values(), ids=HEALTHY)
def test_what_fills_and_stays_is_no_leak(memory: Floats) -> None:
    assert not found(MemGrowth(), rows({GPU: np.round(memory, 1)}), planned=10 * N)


def test_a_collector_that_saws_is_no_leak_once_it_has_been_seen() -> None:
    episodes = found(MemGrowth(), rows({GPU: np.round(saw, 1)}), planned=10 * N)

    assert all(e.raised_row < 70 for e in episodes)
    assert not any(e.open for e in episodes)


def test_a_leak_that_is_cured_clears() -> None:
    cured = np.concatenate([leak(50)[:250], np.full(150, 45.0) + wobble(150)])
    (episode,) = found(MemGrowth(), rows({GPU: cured}), planned=10 * N)

    assert not episode.open
    assert episode.last.row <= 260


def test_bytes_have_no_limit_so_only_a_large_growth_counts() -> None:
    key = "system/gpu.0.memoryAllocatedBytes"
    small = found(MemGrowth(), rows({key: 1e10 * np.linspace(1, 1.3, N)}), planned=10 * N)
    large = found(MemGrowth(), rows({key: 1e10 * np.linspace(1, 6, N)}), planned=10 * N)

    assert not small
    assert worst(large) is Severity.WARNING
    assert large[0].last.words.certainty == "很可能"  # what is told as a warning is no hint


M = 110
SLOW_LEAKS: dict[str, tuple[str, Floats]] = {
    "of the host, in GB": ("system/cpu_mem_gb", np.linspace(18, 32, M) + wobble(M, 0.1)),
    "of a process, in MB": ("process/memory_mb", np.linspace(9000, 15000, M) + wobble(M, 40)),
    "written twice as often": ("cpu_mem_gb", np.linspace(18, 32, 2 * M) + wobble(2 * M, 0.1)),
    "of a GPU, after a while": ("gpu_mem_gb", np.interp(np.arange(M), [0, 20, M - 1], [24, 24, 41]) + wobble(M, 0.1)),
}
NO_LEAKS: dict[str, tuple[str, Floats]] = {
    "less than half in all": ("system/cpu_mem_gb", np.linspace(18, 25, M) + wobble(M, 0.1)),
    "data that are loaded first": ("cpu_mem_gb", np.interp(np.arange(M), [0, 5, M - 1], [3, 18, 22]) + wobble(M, 0.1)),
    "a cache that fills ever more slowly": ("cpu_mem_mb", 16000 - 7000 * np.exp(-np.arange(M) / 30) + wobble(M, 40)),
    "one step up": ("gpu_mem_gb", np.where(np.arange(M) < 60, 12.0, 20.0) + wobble(M, 0.1)),
}  # fmt: skip


@pytest.mark.parametrize(("key", "memory"), SLOW_LEAKS.values(), ids=SLOW_LEAKS)
def test_an_amount_that_rises_by_half_in_two_windows_leaks(key: str, memory: Floats) -> None:
    (episode,) = found(MemGrowth(), rows({key: memory}), planned=10 * 4 * M)

    assert episode.severity is Severity.WARNING
    assert episode.onset_row <= 40


@pytest.mark.parametrize(("key", "memory"), NO_LEAKS.values(), ids=NO_LEAKS)
def test_an_amount_that_rises_otherwise_does_not(key: str, memory: Floats) -> None:
    assert not found(MemGrowth(), rows({key: memory}), planned=10 * 4 * M)


def test_a_replay_buffer_may_fill_the_host() -> None:
    memory = {"system/memory_percent": leak(20)}

    assert found(MemGrowth(), rows(memory), planned=10 * N)
    assert not found(MemGrowth(), rows(memory), planned=10 * N, buffer_size=10 * N)
