"""python -m benchmarks.silence [--draws 1000]: whether every diagnosis is silent about stationary noise.

A draw is a run in which nothing happens: every column scatters about one level of its own, in the unit in which it lives,
over the whole run. Records are correlated over any length, tails are heavy, levels and scales are any. Nothing above info
may be said of such a run, whatever it is called, with a plan or without, with a config or without.

Slow wandering is Gaussian and heavy tails are short. A slow wave with heavy tails climbs to ten deviations once and stays
there for a thousand records: it is what everybody calls a divergence, and no reader of the curve could tell it from one.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from analysis import analyze
from analysis.diagnoses import ALL
from analysis.facts import Facts
from analysis.model import Column, Floats, History, Run, Severity
from analysis.scan.diagnosis import CausalDiagnosis

Rng = np.random.Generator
Unit = Literal["ratio", "nats", "share", "signed", "fixed"]

# What stands where it began is its very subject: nothing else may speak of noise.
FORGIVEN = frozenset({"no-learning"})


@dataclass(frozen=True, slots=True)
class Signal:
    """A column and the range of its level: of ratios and shares as they are, of nats too; a signed one has any."""

    key: str
    unit: Unit
    low: float = 1e-4
    high: float = 1e4
    evals: bool = False  # logged now and then only
    like: str | None = None  # its level is that of this column, times something from low to high


def _loss(key: str, evals: bool = False, like: str | None = None) -> Signal:
    return Signal(key, "ratio", 0.8, 1.3, evals, like) if like else Signal(key, "ratio", evals=evals)


_COMMON = (
    Signal("train/grad_norm", "ratio", 1e-3, 1e4), Signal("train/lr", "fixed", 1e-6, 1e-2), Signal("train/update_s", "ratio", 0.02, 20),
    Signal("train/dataloading_s", "ratio", 0.01, 0.3, like="train/update_s"), Signal("system/gpu.0.memoryAllocated", "share", 0.2, 0.8),
    Signal("train/something", "signed"), Signal("train/param_norm", "ratio"),
)  # fmt: skip
WORLDS: Mapping[str, tuple[Mapping[str, Any], tuple[Signal, ...]]] = {
    "supervised": ({"model": "resnet50"}, (
        _loss("train/loss"), _loss("val/loss", True, "train/loss"), Signal("val/accuracy", "share", 0.3, 0.97, True),
        Signal("train/accuracy", "share", 0.3, 0.97), Signal("val/mAP50-95", "share", 0.1, 0.7, True),
    )),
    "language": ({"n_layer": 12, "block_size": 1024}, (
        Signal("train/loss", "nats", 0.8, 8), Signal("val/loss", "nats", 0.9, 1.2, True, "train/loss"),
        Signal("moe/load_balance_loss", "ratio", 1.0, 1.3), Signal("moe/max_expert_load", "ratio", 1.05, 1.5),
        Signal("train/tokens_per_second", "ratio", 1e3, 1e6),
    )),
    "tuning": ({"model_name_or_path": "some/model", "lora_r": 16}, (
        Signal("train/loss", "nats", 0.05, 3), Signal("eval/loss", "nats", 0.9, 1.2, True, "train/loss"), Signal("eval/rouge1", "share", 0.1, 0.6, True),
    )),
    "imitation": ({"policy": {"type": "act"}}, (
        _loss("train/loss"), _loss("train/l1_loss", like="train/loss"), Signal("train/kld_loss", "ratio", 0.05, 50),
        _loss("eval/l1_loss", True, "train/loss"), Signal("eval/success_rate", "share", 0.15, 0.95, True),
    )),
    "denoising": ({"policy": {"type": "diffusion"}}, (
        _loss("train/loss"), _loss("val/loss", True, "train/loss"), Signal("eval/success_rate", "share", 0.15, 0.95, True),
        Signal("eval/fid", "ratio", 2, 300, True),
    )),
    "simulation": ({"algo": "ppo"}, (
        Signal("rollout/ep_rew_mean", "signed"), Signal("rollout/ep_len_mean", "ratio", 10, 1000), Signal("train/value_loss", "ratio"),
        Signal("train/loss", "signed"), Signal("train/approx_kl", "ratio", 1e-3, 0.012), Signal("train/entropy", "ratio", 0.1, 10),
        Signal("train/explained_variance", "share", 0.3, 0.95), Signal("train/clip_fraction", "share", 0.02, 0.25), Signal("train/std", "ratio", 0.1, 2),
        Signal("eval/mean_reward", "signed", evals=True),
    )),
    "off-policy": ({"algo": "sac"}, (
        Signal("train/critic_loss", "ratio"), Signal("train/actor_loss", "signed"), Signal("train/q_values_mean", "signed"),
        Signal("train/ent_coef", "ratio", 1e-3, 1), Signal("rollout/ep_rew_mean", "signed"), Signal("eval/return", "signed", evals=True),
    )),
    "answers": ({"trainer": "grpo"}, (
        Signal("reward", "signed"), Signal("reward_std", "ratio", 0.05, 2), Signal("frac_reward_zero_std", "share", 0.02, 0.4),
        Signal("kl", "ratio", 1e-4, 0.3), Signal("completions/mean_length", "ratio", 50, 3000), Signal("completions/clipped_ratio", "share", 0.005, 0.15),
        Signal("entropy", "ratio", 0.1, 2), Signal("loss", "signed"), Signal("grad_norm", "ratio", 1e-2, 10),
    )),
    "preference": ({"trainer": "dpo"}, (
        Signal("train/loss", "nats", 0.2, 0.66), Signal("train/rewards/margins", "signed"), Signal("train/rewards/accuracies", "share", 0.6, 0.9),
        Signal("train/rewards/chosen", "signed"), Signal("train/rewards/rejected", "signed"), Signal("eval/loss", "nats", 0.9, 1.2, True, "train/loss"),
    )),
    "gan": ({"gan_mode": "lsgan"}, (
        Signal("d_loss", "ratio", 0.2, 1.5), Signal("g_loss", "ratio", 0.3, 5), Signal("D_real", "share", 0.4, 0.8), Signal("D_fake", "share", 0.2, 0.6),
        Signal("fid", "ratio", 2, 300, True),
    )),
    "autoencoder": ({}, (
        _loss("train/recon_loss"), Signal("train/kl_loss", "ratio", 0.5, 100), Signal("train/codebook_perplexity", "ratio", 50, 5000),
        Signal("train/codebook_usage", "share", 0.3, 0.95), _loss("val/recon_loss", True, "train/recon_loss"),
    )),
    "transport": ({"ot": {"lambda_ot": 0.1, "reg": 0.05, "tau_src": 0.5, "tau_tgt": 0.5}}, (
        _loss("train/loss"), Signal("train/ot_pi_sum", "share", 0.45, 0.6), Signal("train/ot_cost/observation.state", "ratio", 0.6, 0.8),
        Signal("train/ot_pi_diag", "share", 0.1, 0.3),
    )),
    "names alone": ({}, (
        _loss("loss"), _loss("val_loss", True, "loss"), Signal("val_acc", "share", 0.3, 0.97, True), Signal("reward", "signed"), Signal("kl", "ratio", 0.05, 50),
        Signal("entropy", "ratio", 0.1, 10), Signal("time_per_iter", "ratio", 0.02, 20), Signal("samples_per_second", "ratio", 10, 1e5),
    )),
}  # fmt: skip


def noise(rng: Rng, n: int) -> Floats:
    """Of deviation about 1: slow and Gaussian, short and heavy-tailed, or both."""
    slow, share = ar1(rng, n, 1 - 10 ** rng.uniform(-2.5, 0)), rng.choice([0.0, 1.0, rng.random()])
    return np.asarray(np.sqrt(share) * slow + np.sqrt(1 - share) * _heavy(rng, n))


def ar1(rng: Rng, n: int, rho: float) -> Floats:
    """Gaussian, of deviation 1, stationary from its first record on."""
    shocks = rng.standard_normal(n) * np.sqrt(1 - rho * rho)
    x = np.empty(n)
    last = rng.standard_normal()
    for i, shock in enumerate(shocks.tolist()):
        x[i] = last = rho * last + shock
    return x


def _heavy(rng: Rng, n: int) -> Floats:
    """Independent, or correlated over a few records; symmetric or skewed; the middle of it has deviation 1."""
    kind = rng.integers(3)
    if kind == 0:
        return rng.standard_normal(n)
    if kind == 1:
        x = rng.standard_t(rng.uniform(2.5, 8), n)
    else:
        width = rng.uniform(0.3, 0.9)
        x = (np.exp(width * rng.standard_normal(n)) - 1) / width
    memory = rng.choice([0.0, rng.uniform(0, 0.6)])
    for i in range(1, n):
        x[i] = memory * x[i - 1] + np.sqrt(1 - memory * memory) * x[i]
    return np.asarray(x)


def _values(rng: Rng, signal: Signal, n: int, level: float) -> Floats:
    z = noise(rng, n)
    if signal.unit == "fixed":
        return np.full(n, level)
    if signal.unit == "nats":
        return np.maximum(level + 10 ** rng.uniform(-2.5, -0.7) * min(1.0, level) * z, 1e-3)
    if signal.unit == "share":
        return np.asarray(1 / (1 + np.exp(-(np.log(level / (1 - level)) + 10 ** rng.uniform(-2, -0.3) * z))))
    if signal.unit == "signed":
        scale = 10 ** rng.uniform(-2, 3)
        return np.asarray(scale * (rng.uniform(-20, 20) + z))
    return np.asarray(level * np.exp(np.clip(10 ** rng.uniform(-2.5, -0.3) * z, -50, 50)))


def draw(seed: int) -> tuple[History, Facts, str]:
    """(history, facts, name of its world): the same seed gives the same numbers, on every machine."""
    rng = np.random.default_rng([seed, 8])
    world = sorted(WORLDS)[int(rng.integers(len(WORLDS)))]
    config, signals = WORLDS[world]
    n = int(10 ** rng.uniform(np.log10(30), np.log10(3000)))
    every = int(rng.choice([1, 10, 50, 100, 1000]))
    apart = int(rng.integers(2, 40))  # records from one evaluation to the next
    levels: dict[str, float] = {}
    columns: dict[str, Column] = {}
    for signal in (*signals, *_COMMON):
        low, high = np.log(signal.low), np.log(signal.high)
        levels[signal.key] = float(np.exp(rng.uniform(low, high))) * (levels[signal.like] if signal.like else 1.0)
        rows = np.arange(apart - 1, n, apart) if signal.evals else np.arange(n)
        values = _values(rng, signal, len(rows), levels[signal.key])
        if rng.random() < 0.85 and len(rows):
            columns[signal.key] = Column(rows.astype(np.int64), values)
    stamp = 1.76e9 + np.cumsum(every * levels["train/update_s"] * np.exp(0.1 * rng.standard_normal(n)))
    history = History((every * np.arange(1, n + 1)).astype(np.int64), stamp, stamp - stamp[0], columns)
    planned = [None, every * n, int(every * n * rng.uniform(1, 100))][int(rng.integers(3))]
    said = dict(config) if rng.random() < 0.7 else {}
    return history, Facts(said, planned), world


def loud(seed: int, diagnoses: Iterable[CausalDiagnosis]) -> set[tuple[str, str]]:
    """(id, metric) of what was said above info of one draw, row by row and once it has ended."""
    history, facts, _ = draw(seed)
    run = Run("noise", "noise", history, "finished", facts.config, facts.stated_steps)
    return {
        (e.id, e.metrics[0])
        for e in analyze(run, tuple(diagnoses)).episodes
        if e.id not in FORGIVEN and max(t.severity for t in e.transitions) > Severity.INFO
    }


def causal() -> tuple[CausalDiagnosis, ...]:
    return tuple(d for d in ALL if isinstance(d, CausalDiagnosis))


def _one(seed: int) -> tuple[int, set[tuple[str, str]]]:
    return seed, loud(seed, causal())


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.silence", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    args = parser.parse_args(argv)
    which = range(args.first, args.first + args.draws)
    if args.jobs <= 1:
        results = [_one(seed) for seed in which]
    else:
        with multiprocessing.get_context("spawn").Pool(args.jobs) as pool:
            results = pool.map(_one, which, chunksize=8)
    told: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for seed, found in results:
        for id_, metric in found:
            told[id_][metric].append(seed)
    quiet = sum(not found for _, found in results)
    print(f"{len(results)} draws, {quiet} silent above info")
    for id_, by_metric in sorted(told.items(), key=lambda item: -len({s for seeds in item[1].values() for s in seeds})):
        print(f"{id_:24} {len({s for seeds in by_metric.values() for s in seeds}):4d} draws")
        for metric, seeds in sorted(by_metric.items(), key=lambda item: -len(item[1])):
            print(f"    {metric:36} {len(seeds):4d}  seeds {' '.join(map(str, seeds[:12]))}")


if __name__ == "__main__":
    main()
