"""What goes wrong, in gradual and abrupt shapes. One function per family: changes the draft, answers with its label.

A label is (metric, onset, last): in points; `last` is when a team would call the alarm late. What a fault drags along
is put into `Draft.fair`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.model import Floats
from benchmarks.detection.noise import scatter
from benchmarks.detection.worlds import Draft, transport

Mark = tuple[str, float, float]
Fault = Callable[[Draft], Mark]

LEVEL = {
    "divergence",
    "loss-spike",
    "loss-jump",
    "grad-spike",
    "grad-explode",
    "overfit",
    "eval-regress",
    "oscillation",
    "plateau",
    "grad-clip-saturated",
}


def ramp(d: Draft, onset: int, length: int, shape: str) -> Floats:
    """(n,) 0 before the onset, 1 after it: at once, along a line, along an S, ever faster, ever slower."""
    x = np.clip((np.arange(d.n) - onset) / max(1, length), 0, 1)
    return np.asarray(
        {
            "abrupt": (np.arange(d.n) >= onset).astype(float),
            "line": x,
            "s": x * x * (3 - 2 * x),
            "faster": x**2,
            "slower": np.sqrt(x),
        }[shape]
    )


def onset(d: Draft, lo: float = 0.3, hi: float = 0.7) -> int:
    return int(d.n * d.rng.uniform(lo, hi))


def between(d: Draft, lo: float, hi: float) -> float:
    """Evenly in the log."""
    return float(np.exp(d.rng.uniform(np.log(lo), np.log(hi))))


def multiply(d: Draft, factor: Floats, *, grad: float = 0.0, evals: bool = True) -> None:
    """The loss and what hangs on it; the gradient by the factor's power `grad`."""
    for role in ("loss", "l1"):
        if role in d.train:
            d.train[role] = d.train[role] * factor
    d.train["grad"] = d.train["grad"] * factor**grad
    if evals:
        d.evals["eval_loss"] = d.evals["eval_loss"] * d.at_evals(factor)


def freeze(d: Draft, k: int) -> None:
    """Weights stop changing at k: losses and scores keep their level and their noise."""
    for series, calm in ((d.train["loss"], d.calm), (d.evals["eval_loss"], d.at_evals(d.calm))):
        at = np.arange(d.n) if len(series) == d.n else d.eval_at
        held = at >= k
        series[held] *= d.calm[k] / calm[held]
    if "score" in d.evals:
        late = d.eval_at >= k
        before = d.evals["score"][~late][-3:]
        if late.any() and len(before):
            d.evals["score"][late] = np.clip(before.mean() + d.rng.normal(0, 0.01, late.sum()), 0, 1)
    if "l1" in d.train:
        d.train["l1"][k:] = d.train["loss"][k:] * 0.7
    d.calm = np.where(np.arange(d.n) < k, d.calm, d.calm[k])


def nan_inf(d: Draft) -> Mark:
    k = onset(d)
    how = d.rng.choice(["for good", "now and then", "grad first"])
    d.fair |= LEVEL | {"metric-dead", "no-learning"}
    if how == "now and then":
        d.train["loss"][k::3] = np.nan
        return "loss", k, k + 3
    if how == "grad first":
        d.train["grad"][k:] = np.inf
        d.train["loss"][k + 2 :] = np.nan
        return "grad", k, k + 4
    d.train["loss"][k:] = np.nan
    d.train["grad"][k:] = np.nan
    d.evals["eval_loss"][d.eval_at >= k] = np.nan
    return "loss", k, k + 3


def divergence(d: Draft) -> Mark:
    k = onset(d)
    length = int((d.n - k) * d.rng.uniform(0.25, 0.8)) + 6
    r = ramp(d, k, length, str(d.rng.choice(["line", "faster", "slower"])))
    multiply(d, np.exp(np.log(between(d, 3, 25)) * r), grad=d.rng.uniform(0.3, 0.9))
    d.fair |= LEVEL
    return "loss", k, k + length + 5


def loss_spike(d: Draft) -> Mark:
    k = onset(d)
    height = between(d, 2.6, 7)
    shape = {"one": [1.0], "down": [1.0, 0.6, 0.3, 0.1], "hill": [0.35, 0.8, 1.0, 0.6, 0.2]}[
        str(d.rng.choice(["one", "down", "hill"]))
    ]
    factor = np.ones(d.n)
    factor[k : k + len(shape)] = 1 + (height - 1) * np.array(shape)
    multiply(d, factor, grad=d.rng.uniform(0.2, 1.0), evals=False)
    d.fair |= {"grad-spike"}
    return "loss", k, k + 8


def loss_jump(d: Draft) -> Mark:
    k = onset(d)
    length = int(d.rng.choice([1, 1, 6]))
    multiply(d, np.exp(np.log(between(d, 1.6, 3)) * ramp(d, k, length, "line" if length > 1 else "abrupt")))
    d.fair |= LEVEL
    return "loss", k, k + length + max(25, 0.2 * (d.n - k))


def grad_spike(d: Draft) -> Mark:
    k, width = onset(d), int(d.rng.integers(1, 4))
    d.train["grad"][k : k + width] *= between(d, 12, 60) * np.linspace(1, 0.6, width)
    return "grad", k, k + 6


def grad_explode(d: Draft) -> Mark:
    k = onset(d)
    length = int((d.n - k) * d.rng.uniform(0.15, 0.6)) + 5
    d.train["grad"] *= np.exp(
        np.log(between(d, 30, 500)) * ramp(d, k, length, str(d.rng.choice(["line", "s", "faster"])))
    )
    d.fair |= {"grad-spike", "grad-clip-saturated", "plateau"}
    return "grad", k, k + length + 10


def grad_vanish(d: Draft) -> Mark:
    k = onset(d)
    length = int((d.n - k) * d.rng.uniform(0.05, 0.35)) + 3
    freeze(d, k)
    d.train["grad"] *= np.exp(np.log(between(d, 1e-8, 1e-4)) * ramp(d, k, length, str(d.rng.choice(["line", "s"]))))
    d.fair |= {"plateau", "no-learning", "metric-dead"}
    return "grad", k, k + length + 12


def plateau(d: Draft) -> Mark:
    """Learning stops early, far above what the same run would have reached, at a constant lr."""
    k = onset(d, 0.1, 0.3)
    steady_lr(d)
    freeze(d, k)
    d.fair |= {"no-learning"}
    return "loss", k + 3, d.n - 1


def no_learning(d: Draft) -> Mark:
    """From scratch, at chance from the first point to the last."""
    d.train["loss"] = d.calm[0] * scatter(d.rng, d.n, 0.02)
    if "l1" in d.train:
        d.train["l1"] = d.train["loss"] * 0.7
    d.evals["eval_loss"] = d.calm[0] * scatter(d.rng, len(d.eval_at), 0.01)
    if "score" in d.evals:
        d.evals["score"] = np.clip(d.rng.normal(0.1, 0.01, len(d.eval_at)), 0, 1)
    d.calm = np.full(d.n, d.calm[0])
    d.fair |= {"plateau", "metric-dead"}
    return "loss", 4, 0.7 * d.n


def overfit(d: Draft) -> Mark:
    """The evaluation turns, the training loss does not."""
    b = int(len(d.eval_at) * d.rng.uniform(0.2, 0.5))
    x = np.clip((np.arange(len(d.eval_at)) - b) / max(1, len(d.eval_at) - b - 1), 0, None)
    rise = between(d, 0.15, 0.8)
    level = float(np.median(d.evals["eval_loss"][max(0, b - 2) : b + 1]))
    after = level * (1 + rise * x ** float(d.rng.choice([1.0, 1.5]))) * scatter(d.rng, len(x), 0.01)
    d.evals["eval_loss"] = np.where(np.arange(len(x)) >= b, after, d.evals["eval_loss"])
    d.evals.pop("score", None)
    return "eval_loss", float(d.eval_at[b]), d.n - 1


def eval_leak(d: Draft) -> Mark:
    d.evals["eval_loss"] = d.evals["eval_loss"] * between(d, 0.05, 0.35)
    d.fair |= {"plateau"}
    return "eval_loss", 0, 0.7 * d.n


def oscillation(d: Draft) -> Mark:
    k = onset(d)
    period = float(d.rng.uniform(6, 26))
    phase = ((np.arange(d.n) - k) / period) % 1.0
    wave = {"sine": np.sin(2 * np.pi * phase), "saw": 2 * phase - 1, "square": np.where(phase < 0.5, 1.0, -1.0)}
    grow = ramp(d, k, int(3 * period), str(d.rng.choice(["abrupt", "line"])))
    multiply(d, np.exp(d.rng.uniform(0.4, 0.8) * wave[str(d.rng.choice(list(wave)))] * grow), grad=0.5)
    d.fair |= LEVEL | {"eval-leak"}  # an evaluation may fall into a trough
    return "loss", k, k + max(8 * period, 0.6 * (d.n - k))


def ot_mass_collapse(d: Draft) -> Mark:
    """The cost grows and the mass obeys the law: at once, slowly, or it was never alive."""
    transport(d, d.rng.uniform(0.3, 0.9))
    never = d.rng.random() < 0.3
    k = 0 if never else onset(d)
    length = int(d.rng.integers(2, 60))
    shape = "abrupt" if never else str(d.rng.choice(["line", "s", "abrupt"]))
    lost = np.log(between(d, 1e-13, 1e-8)) * ramp(d, k, length, shape)
    ot = d.config["ot"]
    for role in ("pi", "pi_diag"):
        d.train[role] = d.train[role] * np.exp(lost)
    d.train["ot_cost"] = d.train["ot_cost"] - lost * (ot["reg"] + 2 * ot["tau_src"])
    d.train["ot_loss"] = d.train["ot_cost"] * d.train["pi"]
    d.fair |= {"metric-dead", "ot-cost-unnormalised", "ot-loss-dead", "ot-plan-degenerate", "ot-underflow"}
    return "pi", k, 0.35 * d.n if never else k + length + 20


def kl_collapse(d: Draft) -> Mark:
    k, length = onset(d, 0.05, 0.5), int(d.rng.integers(4, 60))
    d.train["kl"] = d.train["kl"] * np.exp(
        np.log(between(d, 3e-4, 3e-3)) * ramp(d, k, length, str(d.rng.choice(["line", "s"])))
    )
    d.fair |= {"metric-dead"}
    return "kl", k, k + length + max(30, 0.2 * d.n)


def entropy_collapse(d: Draft) -> Mark:
    k, length = onset(d), int(d.rng.integers(3, 60))
    d.train["entropy"] = d.train["entropy"] * np.exp(
        np.log(between(d, 1e-3, 0.02)) * ramp(d, k, length, str(d.rng.choice(["line", "s"])))
    )
    d.train["reward"][k:] = d.train["reward"][k - 10 : k].mean() + d.rng.normal(0, 15, d.n - k)
    d.fair |= {"plateau", "eval-regress", "metric-dead"}
    return "entropy", k, k + length + max(20, 0.15 * d.n)


def lr_zero(d: Draft) -> Mark:
    """The scheduler ends before the run does: cut off, or glided down to zero.

    After a glide without a stated plan, only the rows that still come show that it was not the end.
    """
    k = onset(d)
    glided = d.rng.random() < 0.5
    if glided:
        d.train["lr"] *= np.clip(1 - np.arange(d.n) / k, 0, 1)
    d.train["lr"][k:] = 0.0
    freeze(d, k)
    d.fair |= {"plateau", "no-learning", "metric-dead", "lr-anomaly"}
    return "lr", k, k + (12 if d.states_plan or not glided else 0.25 * d.n)


def lr_anomaly(d: Draft) -> Mark:
    steady_lr(d)
    k = onset(d)
    factor = between(d, 8, 40)
    d.train["lr"][k:] *= factor
    multiply(d, np.exp(np.log(between(d, 1.1, 1.8)) * ramp(d, k, 4, "line")), grad=1.0)
    d.fair |= LEVEL
    return "lr", k, k + 12


def throughput_drop(d: Draft) -> Mark:
    k, length = onset(d), int(d.rng.choice([1, 1, 20]))
    d.train["update"] *= np.exp(np.log(between(d, 1.7, 4)) * ramp(d, k, length, "line" if length > 1 else "abrupt"))
    if d.rng.random() < 0.4:
        d.train["rate"] = 64 / d.train["update"]
    return "update", k, k + length + max(30, 0.2 * (d.n - k))


def data_bound(d: Draft) -> Mark:
    always = d.rng.random() < 0.5
    k, length = (0, 1) if always else (onset(d), int(d.rng.choice([1, 25])))
    share = np.exp(np.log(between(d, 1.4, 3.5)) * np.ones(d.n)) * d.train["update"] * scatter(d.rng, d.n, 0.1)
    r = ramp(d, k, length, "line" if length > 1 else "abrupt")
    d.train["data"] = d.train["data"] ** (1 - r) * share**r
    d.fair |= {"throughput-drop"}
    return "data", k, 0.5 * d.n if always else k + length + max(40, 0.4 * (d.n - k))


def mem_growth(d: Draft) -> Mark:
    k = onset(d, 0.2, 0.6)
    grown = ramp(d, k, d.n - k - 1, "line")
    if d.rng.random() < 0.4:  # in steps, as caches grow
        grown = np.floor(grown * 12) / 12
    d.train["memory"] = np.round(
        d.rng.uniform(30, 55) * (1 - grown) + d.rng.uniform(90, 98) * grown + d.rng.normal(0, 0.3, d.n), 1
    )
    return "memory", k, d.n - 1


def stalled_logging(d: Draft) -> Mark:
    k = onset(d, 0.4, 0.95)
    d.ends_at, d.silence = k, float(d.rng.uniform(60, 400))
    return "", k - 1, k


def metric_dead(d: Draft) -> Mark:
    k = onset(d)
    d.train["aux"][k:] = float(d.rng.choice([0.0, d.train["aux"][k]]))
    return "aux", k, k + max(60, 0.5 * (d.n - k))


def eval_regress(d: Draft) -> Mark:
    """A score of the task falls, at once or within six evaluations, and stays."""
    m = len(d.eval_at)
    d.evals["score"] = np.clip(
        d.rng.uniform(0.6, 0.9) * (1 - np.exp(-6 * d.eval_at / d.n)) + d.rng.normal(0, 0.015, m), 0, 1
    )
    b, length = int(m * d.rng.uniform(0.4, 0.65)), int(d.rng.choice([1, 6]))
    fallen = np.clip((np.arange(m) - b + 1) / length, 0, 1)
    d.evals["score"] = np.clip(d.evals["score"] * (1 - fallen * d.rng.uniform(0.45, 0.85)), 0, 1)
    d.fair |= {"overfit"}
    last = min(m - 1, b + length + 5)
    return "score", float(d.eval_at[b]), float(d.eval_at[last]) + 1


def grad_clip_saturated(d: Draft) -> Mark:
    """Nearly every update is clipped hard: from the start by a tiny clip, or later by a level shift."""
    if d.rng.random() < 0.5:
        d.config["max_grad_norm"] = float(np.median(d.train["grad"]) / between(d, 8, 30))
        return "grad", 5, 0.7 * d.n
    k, length = onset(d), int(d.rng.choice([1, 15]))
    level = d.config["max_grad_norm"] * between(d, 6, 15) / np.median(d.train["grad"])
    d.train["grad"] *= np.exp(np.log(level) * ramp(d, k, length, "line" if length > 1 else "abrupt"))
    d.fair |= {"grad-explode", "grad-spike"}
    return "grad", k, k + length + max(60, 0.5 * (d.n - k))


def gan_collapse(d: Draft) -> Mark:
    k = onset(d)
    length = int((d.n - k) * d.rng.uniform(0.1, 0.5)) + 4
    r = ramp(d, k, length, str(d.rng.choice(["line", "s"])))
    d.train["d_loss"] = d.train["d_loss"] * np.exp(-d.rng.uniform(3.5, 7) * r)
    d.train["g_loss"] = d.train["g_loss"] * (1 + d.rng.uniform(2, 7) * r)
    d.fair |= LEVEL | {"metric-dead", "grad-vanish"}
    return "d_loss", k, k + length + max(30, 0.2 * (d.n - k))


def steady_lr(d: Draft) -> None:
    """A constant lr, and no gain of the loss from one that falls."""
    d.config["scheduler"] = "constant"
    d.train["lr"] = np.full(d.n, float(d.config["optimizer"]["lr"]))


# family -> (the fault, the worlds in which it can happen)
ANY = ("llm", "imitation", "vision", "diffusion")
FAULTS: dict[str, tuple[Fault, tuple[str, ...]]] = {
    "nan-inf": (nan_inf, ANY),
    "divergence": (divergence, ANY),
    "loss-spike": (loss_spike, ANY),
    "loss-jump": (loss_jump, ANY),
    "grad-spike": (grad_spike, ANY),
    "grad-explode": (grad_explode, ANY),
    "grad-vanish": (grad_vanish, ANY),
    "plateau": (plateau, ("imitation", "vision")),
    "no-learning": (no_learning, ("llm", "imitation", "vision")),
    "overfit": (overfit, ANY),
    "eval-leak": (eval_leak, ("llm", "imitation", "vision")),
    "oscillation": (oscillation, ANY),
    "ot-mass-collapse": (ot_mass_collapse, ("imitation",)),
    "kl-collapse": (kl_collapse, ("imitation",)),
    "entropy-collapse": (entropy_collapse, ("rl",)),
    "lr-zero": (lr_zero, ANY),
    "lr-anomaly": (lr_anomaly, ANY),
    "throughput-drop": (throughput_drop, ANY),
    "data-bound": (data_bound, ("imitation", "vision", "diffusion")),
    "mem-growth": (mem_growth, ANY),
    "stalled-logging": (stalled_logging, ANY),
    "metric-dead": (metric_dead, ANY),
    "eval-regress": (eval_regress, ("imitation", "vision")),
    "grad-clip-saturated": (grad_clip_saturated, ANY),
    "gan-collapse": (gan_collapse, ("gan",)),
}
