"""Step times: slower for the same work, and the many ways in which a step may take longer by design."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import Run, analyze
from analysis.diagnoses.data_loading import DataBound
from analysis.diagnoses.run_state import GpuIdle
from analysis.diagnoses.throughput import ThroughputDrop
from analysis.model import Floats, Severity
from tests.analysis.scanning import applies, falling, found, proofread, rows, worst

N = 300
K = 160


def noise(seed: int = 3, size: float = 0.03, n: int = N) -> Floats:
    return np.asarray(np.exp(size * np.random.default_rng(seed).standard_normal(n)))


def slower(factor: float, start: int = K, length: int | None = None) -> Floats:
    t = 0.25 * noise()
    t[start : None if length is None else start + length] *= factor
    return t


@pytest.mark.parametrize(("factor", "within"), [(4.0, 20), (2.0, 20), (1.55, 20), (1.38, 30)])
def test_a_leap_is_raised_soon_and_dated_to_where_it_began(factor: float, within: int) -> None:
    (episode,) = found(ThroughputDrop(), rows({"train/update_s": slower(factor)}), planned=10 * N)

    assert K <= episode.raised_row <= K + within
    assert abs(episode.onset_row - K) <= 2
    assert episode.severity is Severity.WARNING
    assert episode.last.words.evidence["ratio"] == pytest.approx(factor, rel=0.08)


def test_a_fast_record_now_and_then_does_not_hide_it() -> None:
    t = slower(2.0)
    t[K::6] = 0.25
    (episode,) = found(ThroughputDrop(), rows({"train/update_s": t}), planned=10 * N)

    assert episode.raised_row <= K + 20


@pytest.mark.parametrize("key", ["train/samples_per_s", "perf/tokens_per_second", "throughput", "train/steps_per_sec"])
def test_a_rate_that_falls_is_the_same_fault(key: str) -> None:
    (episode,) = found(ThroughputDrop(), rows({key: 800 / slower(2.0)}), planned=10 * N)

    assert abs(episode.onset_row - K) <= 2
    assert episode.severity is Severity.WARNING


def test_without_a_time_metric_the_wall_clock_per_step_is_used() -> None:
    seconds = np.where(np.arange(N) < K, 2.0, 5.0) * noise()
    loss = falling(N, np.random.default_rng(1))
    (episode,) = found(ThroughputDrop(), rows({"train/loss": loss}, seconds=seconds), planned=10 * N)

    assert episode.metrics == ("train/loss",)
    assert abs(episode.onset_row - K) <= 2
    assert episode.last.words.evidence["ratio"] == pytest.approx(2.5, rel=0.1)


def test_it_clears_after_the_pace_is_back_for_long_enough() -> None:
    (episode,) = found(ThroughputDrop(), rows({"train/update_s": slower(2.5, length=60)}), planned=10 * N)

    assert [t.kind for t in episode.transitions] == ["raised", "cleared"]
    assert K + 60 + 20 <= episode.last.row <= K + 60 + 40


def test_the_wait_until_the_end_is_computed_from_the_wall_clock() -> None:
    seconds = np.where(np.arange(N) < K, 2.0, 6.0)
    (episode,) = found(
        ThroughputDrop(), rows({"train/update_s": slower(3.0)}, seconds=seconds), planned=10 * (N + 1000)
    )
    left = N + 1000 - episode.raised_row - 1

    assert episode.transitions[0].words.evidence["extra_s"] == pytest.approx(4.0 * left, rel=0.1)
    assert "预计多等" in episode.transitions[0].words.message


stalls = 0.25 * noise()
stalls[19::20] *= 12.0
clusters = 0.25 * noise()
clusters[100:108] *= 6.0
first = 0.25 * noise()
first[:3] *= 100.0
half = np.where(np.arange(N) < K, 1.0, 2.0)
jumpy = 0.25 * noise(size=0.35)
drifting = 0.25 * noise() * np.linspace(1, 1.35, N)
NORMAL: dict[str, dict[str, Floats]] = {
    "steady": {"train/update_s": 0.25 * noise()},
    "a checkpoint every 20 records": {"train/update_s": stalls},
    "eight slow records": {"train/update_s": clusters},
    "compilation at the start": {"train/update_s": first},
    "noise of a third": {"train/update_s": jumpy},
    "wanders by a third all along": {"train/update_s": 0.25 * noise() * np.exp(0.3 * np.sin(np.arange(N) / 10))},
    "a quarter slower": {"train/update_s": slower(1.2)},
    "batch ramp": {"train/update_s": slower(2.0), "train/batch_size": 32 * half},
    "batch ramp with a rate of samples": {
        "train/update_s": slower(2.0),
        "train/samples_per_s": 32 * half / slower(2.0),
    },
    "longer sequences": {"train/step_time": slower(2.0), "train/seq_len": 1024 * half},
    "another stage": {"train/update_s": slower(2.0), "train/curriculum_stage": half},
    "faster": {"train/update_s": slower(0.4)},
    "slow drift by a third": {"train/update_s": drifting},
}


@pytest.mark.parametrize("columns", NORMAL.values(), ids=NORMAL)
def test_what_slows_a_step_by_design_or_for_a_moment_is_no_fault(columns: dict[str, Floats]) -> None:
    episodes = found(ThroughputDrop(), rows(columns), planned=10 * N)

    assert worst(episodes) < Severity.WARNING, [t.words.message for e in episodes for t in e.transitions]


def test_pauses_for_eval_do_not_slow_the_wall_clock_per_step() -> None:
    seconds = 2.0 * noise()
    seconds[24::25] += 90.0
    loss = falling(N, np.random.default_rng(1))

    assert not found(ThroughputDrop(), rows({"train/loss": loss}, seconds=seconds), planned=10 * N)


def test_a_slow_drift_is_a_note_until_the_pace_has_halved() -> None:
    n = 1500
    third = found(ThroughputDrop(), rows({"update_s": 0.25 * noise(n=n) * np.linspace(1, 1.8, n)}), planned=10 * n)
    halved = found(ThroughputDrop(), rows({"update_s": 0.25 * noise(n=n) * np.linspace(1, 3.0, n)}), planned=10 * n)

    assert worst(third) is Severity.INFO
    assert worst(halved) is Severity.WARNING


def test_collecting_before_learning_is_faster_by_design() -> None:
    fps = np.where(np.arange(N) < 100, 900.0, 300.0) * noise()

    assert not found(ThroughputDrop(), rows({"time/fps": fps}), planned=10 * N, learning_starts=1000)
    assert found(ThroughputDrop(), rows({"time/fps": fps}), planned=10 * N)


def test_the_rate_of_an_eval_is_not_that_of_training() -> None:
    columns = {"eval/samples_per_second": 800 / slower(3.0)}

    assert not applies(ThroughputDrop(), rows(columns))


def idle(values: dict[str, Floats], **facts: object) -> list[str]:
    report = analyze(Run(ref="t", name="t", history=rows(values), **{"state": "running", **facts}), (GpuIdle(),))  # type: ignore[arg-type]
    for f in report.findings:
        proofread(f.words)
    return [f.words.message for f in report.findings]


BUSY, IDLE = 90.0 * noise(n=60, size=0.02), 12.0 * noise(n=60)


def test_an_idle_gpu_is_told_with_its_use() -> None:
    assert idle({"system/gpu.0.gpu": IDLE}) == ["近 30 次采样 GPU 利用率中位 12%"]
    assert "2 张卡平均" in idle({"system/gpu.0.gpu": IDLE, "system/gpu.1.gpu": IDLE})[0]
    assert "12%" in idle({"gpu_util": IDLE / 100})[0]
    assert "12%" in idle({"system/gpu.0.gpu": IDLE}, state="finished")[0]


pause = np.where(np.arange(60) >= 48, 3.0, BUSY)


@pytest.mark.parametrize(
    ("values", "facts"),
    [
        ({"system/gpu.0.gpu": BUSY}, {}),
        ({"system/gpu.0.gpu": pause}, {}),
        ({"system/gpu.0.gpu": IDLE[:20]}, {}),
        ({"system/gpu.0.memory": IDLE, "gpu_mem_util": IDLE}, {}),
        ({"system/gpu.0.gpu": BUSY, "system/gpu.1.gpu": IDLE}, {}),
    ],
    ids=["busy", "an eval at the end", "too few samples", "memory, not use", "one of two"],
)
def test_near_misses_of_an_idle_gpu(values: dict[str, Floats], facts: dict[str, object]) -> None:
    assert not idle(values, **facts)


@pytest.mark.parametrize(
    ("names", "scale"), [(("data_ms", "iter_ms"), (1e3, 1e3)), (("data_ms", "iter_s"), (1e3, 1.0))]
)
def test_times_in_milliseconds_are_times(names: tuple[str, str], scale: tuple[float, float]) -> None:
    data, update = 0.3 * noise(1), 0.1 * noise(2)
    history = rows({names[0]: scale[0] * data, names[1]: scale[1] * update}, seconds=10 * (data + update))
    (episode,) = found(DataBound(), history, planned=10 * N)

    assert episode.severity is Severity.WARNING
    assert episode.last.words.evidence["data_s"] == pytest.approx(0.3, rel=0.05)
    assert episode.last.words.evidence["wall_ratio"] == pytest.approx(1.0, rel=0.05)


def test_an_average_since_the_start_does_not_hide_a_slowdown() -> None:
    """SB3's fps is all steps over all time: at half the pace it takes as long again to fall by a quarter."""
    seconds = np.where(np.arange(N) < K, 2.0, 5.0) * noise()
    columns = {
        "time/fps": 10 * np.arange(1, N + 1) / np.maximum(np.cumsum(seconds), 1e-9),
        "train/loss": falling(N, np.random.default_rng(1)),
    }
    (episode,) = found(ThroughputDrop(), rows(columns, seconds=seconds), planned=10 * N)

    assert episode.metrics == ("time/fps",)
    assert episode.raised_row <= K + 20 and abs(episode.onset_row - K) <= 2
    assert episode.transitions[0].words.message.endswith("倍") or "倍，" in episode.transitions[0].words.message


def test_an_average_of_a_steady_run_is_silent() -> None:
    seconds = 2.0 * noise()
    fps = 10 * np.arange(1, N + 1) / np.cumsum(seconds)

    assert found(ThroughputDrop(), rows({"time/fps": fps}, seconds=seconds), planned=10 * N) == []


def test_a_rate_that_is_not_known_yet_is_no_rate() -> None:
    """nanoGPT writes mfu -100 until it can tell."""
    mfu = 0.38 * 0.25 / slower(2.0)
    mfu[:2] = -100.0
    (episode,) = found(ThroughputDrop(), rows({"mfu": mfu}), planned=10 * N)

    assert abs(episode.onset_row - K) <= 2


def test_the_rate_of_one_part_does_not_speak_for_the_step() -> None:
    """verl: the actor's mfu stays what it was while answers take twice as long to generate."""
    columns = {
        "perf/mfu/actor": 0.38 * noise(3),
        "perf/throughput": 900 * 0.25 / slower(2.0),
        "timing_s/step": slower(2.0),
    }
    (episode,) = found(ThroughputDrop(), rows(columns), planned=10 * N)
    (timed,) = found(
        ThroughputDrop(), rows({k: v for k, v in columns.items() if k != "perf/throughput"}), planned=10 * N
    )

    assert episode.metrics == ("perf/throughput",) and abs(episode.onset_row - K) <= 2
    assert timed.metrics == ("timing_s/step",)
    assert not found(
        ThroughputDrop(),
        rows({"perf/mfu/actor": columns["perf/throughput"], "timing_s/step": 0.25 * noise(4)}),
        planned=10 * N,
    )


def test_a_run_without_a_loss_is_timed_by_what_it_logs() -> None:
    seconds = np.where(np.arange(N) < K, 2.0, 5.0) * noise()
    columns = {"Loss/D": 1.3 * noise(5), "Loss/G": 0.9 * noise(6)}
    (episode,) = found(ThroughputDrop(), rows(columns, seconds=seconds), planned=10 * N)

    assert abs(episode.onset_row - K) <= 2


@pytest.mark.parametrize(("wait", "warned"), [(0.6, True), (0.3, False)])
def test_a_time_of_the_whole_iteration_includes_the_wait(wait: float, warned: bool) -> None:
    """mmdetection's `time` holds `data_time`: compared with it, waiting could never take more than half."""
    seconds = 10.0 * noise(seed=9)  # ten steps a record
    iteration = seconds / 10
    columns = {"train/iter_time": iteration, "train/data_time": wait * iteration}

    assert (worst(found(DataBound(), rows(columns, seconds=seconds), planned=10 * N)) == Severity.WARNING) is warned


def test_epochs_that_take_four_times_as_long_are_dated_to_where_that_began() -> None:
    minutes = np.concatenate([[2.1], np.full(10, 0.97), np.full(9, 4.4)])
    h = rows({"train_loss": np.linspace(2.0, 0.9, 20)}, every=1, seconds=60 * minutes * noise(n=20, size=0.02))
    (episode,) = found(ThroughputDrop(), h, planned=20)

    assert episode.onset_row == 11


CREEPING = {
    "to twice over 129 epochs": 300 * np.linspace(1.0, 2.0, 129),
    "by a part of itself": 90 * np.exp(np.linspace(0.0, 0.8, 60)),
    "late, and then faster": 600 * (1 + (np.arange(80) / 60) ** 3),
    "with noise": 400 * np.linspace(1.0, 2.2, 100) * noise(n=100, size=0.04),
}


@pytest.mark.parametrize("seconds", CREEPING.values(), ids=CREEPING)
def test_epochs_that_take_a_little_longer_each_time_are_told(seconds: Floats) -> None:
    n = len(seconds)
    h = rows({"train_loss": np.linspace(2.0, 0.9, n)}, every=1, seconds=seconds)
    (episode,) = found(ThroughputDrop(), h, planned=500)

    assert episode.severity is Severity.WARNING
    assert seconds[episode.raised_row] < 2.1 * seconds[0]
    assert episode.onset_row < 2 * n / 3
    assert "越攒越多" in episode.last.words.advice


SHORT = {
    "level first, then more and more": 3 * (1 + np.maximum(0, np.arange(60) - 5) / 14) * noise(n=60, size=0.06),
    "seconds, from the start": 2 * np.linspace(1.0, 3.0, 120) * noise(n=120, size=0.04),
    "by a part of itself": 0.8 * np.exp(np.linspace(0.0, 1.2, 50)) * noise(n=50, size=0.02),
}


@pytest.mark.parametrize("seconds", SHORT.values(), ids=SHORT)
def test_a_thousand_steps_that_take_a_little_longer_each_time_are_told(seconds: Floats) -> None:
    n = len(seconds)
    (episode,) = found(ThroughputDrop(), rows({"loss": np.linspace(2.0, 0.9, n)}, every=1000, seconds=seconds))

    assert episode.severity is Severity.WARNING
    assert seconds[episode.raised_row] < 2.6 * seconds[0]
    assert "越攒越多" in episode.last.words.advice


@pytest.mark.parametrize("every", [1000, 10])
def test_that_is_not_said_of_noise_nor_of_a_leap_nor_of_records_of_a_few_steps(every: int) -> None:
    loss = np.linspace(2.0, 0.9, 100)
    leap = 3 * np.where(np.arange(100) < 20, 1.0, 1.6) * noise(n=100, size=0.05)
    few = 3 * (1 + np.arange(100) / 20) * noise(n=100, size=0.05)

    assert not found(ThroughputDrop(), rows({"loss": loss}, every=every, seconds=3 * noise(n=100, size=0.2)))
    for e in found(ThroughputDrop(), rows({"loss": loss}, every=every, seconds=leap)):
        assert "越攒越多" not in e.last.words.advice
    if every < 100:
        assert not found(ThroughputDrop(), rows({"loss": loss[:40]}, every=every, seconds=few[:40]))


EVEN = {
    "they scatter by a fifth": 300 * noise(n=200, size=0.2),
    "a little longer, not much": 300 * np.linspace(1.0, 1.35, 150),
    "they come and go": 300 * (1.4 + 0.4 * np.cos(np.arange(150) / 12)),
}


@pytest.mark.parametrize("seconds", EVEN.values(), ids=EVEN)
def test_epochs_that_come_and_go_are_not(seconds: Floats) -> None:
    h = rows({"train_loss": np.linspace(2.0, 0.9, len(seconds))}, every=1, seconds=seconds)

    assert worst(found(ThroughputDrop(), h, planned=500)) < Severity.WARNING


def test_a_clock_of_whole_seconds_does_not_make_a_step_slower() -> None:
    """2.56 s a record read as 2 or 3: for some dozen records in a row mostly the one, then mostly the other."""
    at = np.floor(np.cumsum(np.full(800, 2.56) * noise(size=0.01, n=800)))
    history = rows({"train/loss": falling(800, np.random.default_rng(1))}, seconds=np.diff(at, prepend=0.0))

    assert not found(ThroughputDrop(), history, planned=16_000)


def test_on_such_a_clock_half_the_pace_is_still_told() -> None:
    seconds = np.where(np.arange(800) < 500, 2.56, 5.12)
    whole = np.diff(np.floor(np.cumsum(seconds)), prepend=0.0)
    history = rows({"train/loss": falling(800, np.random.default_rng(1))}, seconds=whole)
    (episode,) = found(ThroughputDrop(), history, planned=16_000)

    assert 490 <= episode.onset_row <= 510
    assert episode.raised_row <= 530


@pytest.mark.parametrize("slow_from", [100, 420])
def test_an_agent_that_begins_to_learn_gets_slower_by_design(slow_from: int) -> None:
    """It collects for a hundred records first; its first loss tells when that is over, whatever the config says."""
    fps = np.where(np.arange(800) < slow_from, 730.0, 200.0) * noise(n=800)
    loss = np.where(np.arange(800) < 100, np.nan, 0.1)
    history = rows({"time/fps": fps, "rollout/ep_rew_mean": np.linspace(-1, 1, 800), "train/loss": loss})

    assert bool(found(ThroughputDrop(), history, algo="dqn")) is (slow_from > 100)
