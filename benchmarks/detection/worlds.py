"""Healthy runs of six kinds, before anything happens to them. Values are dense and keyed by role, not by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis.model import Floats
from benchmarks.detection.naming import STYLES
from benchmarks.detection.noise import Rng, quantised, scatter


@dataclass(slots=True)
class Draft:
    """A run in the making; faults and healthy oddities change it in place.

    train     role -> (n,) one value per logged point
    eval_at   (m,) where evaluations stand, in points (they have rows of their own)
    evals     role -> (m,)
    calm      (n,) the loss without its noise
    """

    rng: Rng
    world: str
    style: str
    n: int
    every: int
    train: dict[str, Floats]
    eval_at: Floats
    evals: dict[str, Floats]
    calm: Floats
    config: dict[str, Any]
    fair: set[str] = field(default_factory=set)
    progress: float = 1.0  # share of the planned steps done when the history was read
    states_plan: bool = True
    ends_at: int | None = None  # the last point that reached the log
    silence: float = 0.0  # typical rows' time without news at the end
    lost: tuple[int, int] | None = None  # points that never reached the log
    pause: tuple[int, float] | None = None  # before this point nothing ran for so many seconds

    @property
    def x(self) -> Floats:
        """(n,) 0..1 over the run."""
        return np.asarray((np.arange(self.n) + 1) / self.n)

    def at_evals(self, dense: Floats) -> Floats:
        """(m,) a dense series where the evaluations stand."""
        return np.asarray(np.interp(self.eval_at, np.arange(self.n), dense))


WORLDS = ("llm", "imitation", "vision", "diffusion")  # those with a loss and evaluations; `rl` and `gan` are on demand


def draft(rng: Rng, world: str) -> Draft:
    n = int(rng.integers(160, 1100))
    style = str(rng.choice(list(STYLES)))
    d = Draft(rng, world, style, n, int(rng.choice([1, 5, 25, 40, 200])), {}, np.zeros(0), {}, np.ones(n), {})
    d.progress = float(rng.uniform(0.6, 1.0)) if rng.random() < 0.5 else 1.0
    d.states_plan = bool(rng.random() < 0.75)
    _optimiser(d)
    {"rl": _rl, "gan": _gan}.get(world, _supervised)(d)
    if world not in {"rl", "gan"}:
        _machine(d)
    if rng.random() < 0.3:
        d.train = {
            r: quantised(v, 4) if r in {"loss", "l1", "grad", "d_loss", "g_loss"} else v for r, v in d.train.items()
        }
    mark_flat(d)
    return d


def mark_flat(d: Draft) -> None:
    """Where a quarter of the run gains less than 3 % (a language model: 0.5 %), saying that it is flat is true."""
    quarter = d.n // 4
    gain = d.calm[:-quarter] / d.calm[quarter:]
    if gain.min() < (1.005 if d.world == "llm" else 1.03):
        d.fair.add("plateau")


def schedule(kind: str, n: int, peak: float, warmup: int, total: int) -> Floats:
    """(n,) learning rate per point of a plan of `total` points: constant, cosine, steps, wsd (stable, then down)."""
    x = np.arange(n) / total
    lr = np.full(n, peak)
    if kind == "cosine":
        lr = peak * (0.1 + 0.9 * 0.5 * (1 + np.cos(np.pi * np.minimum(x, 1))))
    if kind == "steps":
        lr = peak * np.where(x < 0.5, 1.0, np.where(x < 0.8, 0.1, 0.01))
    if kind == "wsd":
        lr = peak * np.clip((1 - x) / 0.2, 0.02, 1.0)
    w = min(warmup, n)
    lr[:w] *= (np.arange(w) + 1) / max(1, warmup)
    return np.asarray(lr)


def _optimiser(d: Draft) -> None:
    kinds = {"llm": ["cosine", "wsd"], "vision": ["steps", "cosine"], "diffusion": ["constant"]}
    kind = str(d.rng.choice(kinds.get(d.world, ["constant", "cosine"])))
    total = round(d.n / d.progress)
    warmup = int(total * d.rng.choice([0.0, 0.01, 0.04]))
    peak = float(10 ** d.rng.uniform(-4.6, -3))
    d.train["lr"] = schedule(kind, d.n, peak, warmup, total)
    d.config |= {
        "optimizer": {"name": "adamw", "lr": peak},
        "scheduler": kind,
        "warmup_steps": warmup * d.every,
        "batch_size": 64,
    }


def _supervised(d: Draft) -> None:
    rng, n, x = d.rng, d.n, d.x
    i = np.arange(n)
    if d.world == "llm":  # cross-entropy: from ln(vocabulary) close to its floor within a tenth of the run
        floor, top = rng.uniform(1.8, 3.2), rng.uniform(9.5, 11)
        decay = (1 + i / (n * rng.uniform(0.004, 0.015))) ** -rng.uniform(0.5, 0.8)
        sigma = rng.uniform(0.004, 0.015)
    elif d.world == "imitation":  # two time constants
        top, floor = rng.uniform(0.5, 8), rng.uniform(0.01, 0.08)
        decay = 0.8 * np.exp(-x * rng.uniform(15, 40)) + 0.2 * np.exp(-x * rng.uniform(1.5, 4))
        sigma = rng.uniform(0.03, 0.08)
    elif d.world == "vision":  # nothing for a while, then it falls within a decade of steps
        top, floor = rng.choice([2.3, 6.9]), rng.uniform(0.05, 0.6)
        middle, steep = rng.uniform(0.02, 0.06), rng.uniform(1.0, 2.0)
        decay = 1 / (1 + (x / middle) ** steep)
        sigma = rng.uniform(0.02, 0.06)
    else:  # denoising: a wide target, hardly any trend after the beginning
        d.config["policy"] = {"type": "diffusion"}
        top, floor = 1.0, rng.uniform(0.03, 0.12)
        decay = (1 + i / (n * 0.01)) ** -rng.uniform(0.7, 1.1)
        sigma = rng.uniform(0.1, 0.2)
    d.calm = np.asarray(floor + (top - floor) * decay)
    if d.config["scheduler"] in {"wsd", "steps"}:  # what a falling lr gains
        d.calm *= 0.88 + 0.12 * (d.train["lr"] / d.train["lr"].max()) ** 0.5
    d.train["loss"] = d.calm * scatter(rng, n, sigma)
    d.train["aux"] = top * 0.1 * (0.3 + decay) * scatter(rng, n, 0.1)
    start = rng.uniform(1.5, 6)
    d.train["grad"] = rng.uniform(0.2, 3) * (1 + start * np.exp(-x * 30)) * scatter(rng, n, rng.uniform(0.08, 0.22))
    d.config["max_grad_norm"] = round(float(np.quantile(d.train["grad"], 0.9)) * rng.uniform(1.2, 3), 2)
    if d.world == "imitation":
        d.train["l1"] = d.train["loss"] * rng.uniform(0.5, 0.9)
        d.train["kl"] = (rng.uniform(0.03, 0.2) + np.exp(-x * 12)) * scatter(rng, n, 0.07)
        d.config["policy"] = {"type": "act"}
    gap = int(rng.choice([7, 12, 19]))
    d.eval_at = np.arange(gap * rng.uniform(0.5, 1), n - 1, gap * rng.uniform(0.9, 1.1))
    seen = np.convolve(np.pad(d.train["loss"], (8, 0), mode="edge"), np.ones(9) / 9, "valid")
    d.evals["eval_loss"] = (
        d.at_evals(seen) * rng.uniform(1.0, 1.25) * scatter(rng, len(d.eval_at), rng.uniform(0.004, 0.02))
    )
    if rng.random() < 0.5:
        learned = d.at_evals((top - d.calm) / (top - d.calm[-1]))
        d.evals["score"] = _share(
            rng.uniform(0.5, 0.9) * learned + rng.normal(0, rng.uniform(0.005, 0.02), len(learned))
        )


def _machine(d: Draft) -> None:
    rng, n = d.rng, d.n
    unit = 1000.0 if d.style == "terse" else 1.0  # that style logs milliseconds
    step = 10 ** rng.uniform(-1, 0.3) * unit
    d.train["update"] = step * scatter(rng, n, rng.uniform(0.01, 0.04))
    d.train["data"] = step * rng.uniform(0.02, 0.4) * scatter(rng, n, 0.12)
    d.train["memory"] = np.round(rng.uniform(40, 85) + rng.normal(0, 0.2, n), 1)


def _rl(d: Draft) -> None:
    rng, n, x = d.rng, d.n, d.x
    rise = 1 / (1 + np.exp(-(x - rng.uniform(0.2, 0.5)) * rng.uniform(6, 14)))
    wander = np.cumsum(rng.normal(0, 1, n)) / np.sqrt(n)
    d.train |= {
        "reward": -200 + 450 * rise + 25 * wander + rng.normal(0, 20, n) * (0.4 + rise),
        "entropy": rng.uniform(0.9, 2.0) * (0.45 + 0.55 * np.exp(-1.5 * x)) * scatter(rng, n, 0.03),
        "value_loss": 10 * (0.3 + rise) * scatter(rng, n, 0.5),
        "grad": 0.6 * scatter(rng, n, 0.25),
        "rate": 1500 * scatter(rng, n, 0.05),
    }
    d.config |= {"algo": "ppo", "env": "HalfCheetah-v4"}


def _gan(d: Draft) -> None:
    rng, n, x = d.rng, d.n, d.x
    d.train["lr"] = np.full(n, 1e-4)
    d.config |= {"optimizer": {"name": "adam", "lr": 1e-4}, "scheduler": "constant", "warmup_steps": 0}
    d.train |= {
        "d_loss": rng.uniform(0.5, 1.3) * (0.8 + 0.2 * np.exp(-5 * x)) * scatter(rng, n, 0.12),
        "g_loss": rng.uniform(0.8, 2.5) * (1 + 0.5 * x) * scatter(rng, n, 0.15),
        "grad": 3 * scatter(rng, n, 0.25),
    }


def transport(d: Draft, mass: float) -> None:
    """Adds an unbalanced OT term whose numbers agree with each other: mass = exp(-cost / (reg + 2 tau))."""
    rng, n = d.rng, d.n
    tau, reg = float(rng.choice([0.5, 1.0, 3.0])), float(rng.choice([0.05, 0.1]))
    whole = 2 * tau + reg
    pi = np.minimum(mass * scatter(rng, n, 0.04), 0.995)
    cost = -np.log(pi) * whole
    d.train |= {"pi": pi, "pi_diag": pi * rng.uniform(0.3, 0.8), "ot_cost": cost, "ot_loss": cost * pi}
    d.config["ot"] = {"weight": 0.05, "reg": reg, "tau_src": tau, "tau_tgt": tau}


def _share(x: Floats) -> Floats:
    return np.asarray(np.clip(x, 0, 1))
