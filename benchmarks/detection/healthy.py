"""Healthy runs that look sick to a careless rule. One function per kind: changes the draft, raises no label."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.detection.faults import ANY, ramp
from benchmarks.detection.noise import bursts, fractional, quantised, scatter
from benchmarks.detection.worlds import Draft, transport

Oddity = Callable[[Draft], None]


def plain(d: Draft) -> None:
    """Nothing at all."""


def near_its_floor(d: Draft) -> None:
    """A language model in its long tail: falls by a few percent in the whole run."""
    d.calm = 2.4 * (1 + np.arange(d.n) / 200) ** -0.04
    d.train["loss"] = d.calm * scatter(d.rng, d.n, 0.01)
    d.evals["eval_loss"] = d.at_evals(d.calm) * 1.01 * scatter(d.rng, len(d.eval_at), 0.002)
    d.config["resume_from"] = "step_200000"
    d.fair |= {"plateau", "no-learning"}


def double_descent(d: Draft) -> None:
    """The evaluation rises by a few percent in the middle and then falls below its old best."""
    x = d.eval_at / d.n
    d.evals["eval_loss"] = (
        d.evals["eval_loss"]
        * (1 + 0.035 * np.exp(-(((x - 0.4) / 0.06) ** 2)))
        * np.where(x > 0.4, np.exp(-0.6 * (x - 0.4)), 1)
    )


def late_bloomer(d: Draft) -> None:
    """Grokking: the training loss goes on falling, the evaluation follows only in the last third."""
    late = 1 / (1 + np.exp(-(d.eval_at / d.n - 0.7) * 25))
    flat, learned = d.evals["eval_loss"][len(d.eval_at) // 8], 1.2 * d.at_evals(d.calm)
    d.evals["eval_loss"] = flat ** (1 - late) * learned**late * scatter(d.rng, len(d.eval_at), 0.01)
    d.evals.pop("score", None)
    d.fair |= {"plateau", "gen-gap"}


def growing_gradient(d: Draft) -> None:
    """The norm grows three- to fivefold over the whole run while the loss falls, as with normalised weights."""
    d.train["grad"] *= np.exp(np.log(d.rng.uniform(3, 5)) * d.x)
    d.config["max_grad_norm"] = float(d.train["grad"].max() * 1.1)


def noisy_bursts(d: Draft) -> None:
    d.train["loss"] = d.calm * np.exp(bursts(d.rng, d.n, 0.12))


def wandering(d: Draft) -> None:
    d.train["loss"] = d.calm * np.exp(fractional(d.rng, d.n, 0.08))


def coarse_log(d: Draft) -> None:
    """Three significant digits: long stretches of equal values near the end."""
    for role in ("loss", "grad", "aux"):
        d.train[role] = quantised(d.train[role], 2)
    d.fair |= {"plateau"}


def fine_tuning(d: Draft) -> None:
    """Starts near its floor from pretrained weights."""
    d.calm = 0.9 + 0.35 * np.exp(-d.x * 12)
    d.train["loss"] = d.calm * scatter(d.rng, d.n, 0.06)
    d.evals["eval_loss"] = d.at_evals(d.calm) * 1.05 * scatter(d.rng, len(d.eval_at), 0.005)
    d.config |= {"pretrained_path": "base-7b", "peft": {"r": 16}}
    d.fair |= {"plateau", "no-learning"}


def lost_rows(d: Draft) -> None:
    """The logger was away for a tenth of the run; training was not."""
    k = int(d.n * d.rng.uniform(0.3, 0.7))
    d.lost = (k, k + d.n // 10)


def paused(d: Draft) -> None:
    """The queue took the machine away for hours; everything goes on where it was."""
    d.pause = (int(d.n * d.rng.uniform(0.3, 0.7)), 3600 * d.rng.uniform(1, 12))


def few_rollouts(d: Draft) -> None:
    """Success of twenty rollouts each: a binomial with an error of eleven points."""
    p = 0.75 * (1 - np.exp(-5 * d.eval_at / d.n))
    d.evals["score"] = d.rng.binomial(20, p) / 20


def longer_sequences(d: Draft) -> None:
    """The sequence length doubles twice; so does the time of a step."""
    length = 512.0 * 2 ** np.floor(np.clip(d.x * 3, 0, 2.999))
    d.train |= {"seq_len": length, "update": d.train["update"] * length / 512, "data": d.train["data"] * length / 512}
    d.fair |= {"loss-jump"}


def epoch_starts(d: Draft) -> None:
    """The first batch of every epoch waits for the workers."""
    d.train["data"][:: int(d.rng.choice([30, 45, 70]))] *= d.rng.uniform(10, 40)


def cache_freed(d: Draft) -> None:
    """Memory climbs and is given back, again and again."""
    period = int(d.rng.integers(15, 35))
    d.train["memory"] = np.round(50 + 25 * ((np.arange(d.n) % period) / period) + d.rng.normal(0, 0.2, d.n), 1)


def tiny_loss(d: Draft) -> None:
    """A loss of 1e-6: small numbers are no fault."""
    for values in (d.train, d.evals):
        for role in ("loss", "l1", "eval_loss"):
            if role in values:
                values[role] = values[role] * 1e-6


def huge_loss(d: Draft) -> None:
    """A loss summed over all pixels."""
    d.train["loss"] = d.train["loss"] * 3e4
    d.evals["eval_loss"] = d.evals["eval_loss"] * 3e4


def partial_transport(d: Draft) -> None:
    """Unbalanced by intent: a seventh of the mass is matched, steadily."""
    transport(d, 0.14)


def balanced_transport(d: Draft) -> None:
    transport(d, 0.97)


def small_latent(d: Draft) -> None:
    """A KL that is small and stays in use."""
    d.train["kl"] = (0.04 + 0.4 * np.exp(-d.x * 15)) * scatter(d.rng, d.n, 0.08)


def clipped_now_and_then(d: Draft) -> None:
    """A third of the updates are clipped, as in most large runs."""
    d.config["max_grad_norm"] = float(np.quantile(d.train["grad"][d.n // 10 :], 0.67))


def ends_at_zero(d: Draft) -> None:
    """The schedule reaches zero with the last point."""
    d.progress, d.states_plan = 1.0, True
    d.train["lr"] = d.config["optimizer"]["lr"] * np.asarray((d.n - 1 - np.arange(d.n)) / (d.n - 1))
    d.config["scheduler"] = "linear"


def high_then_low(d: Draft) -> None:
    """The first hundredth is out of scale: cold caches, compilation, unscaled gradients."""
    first = max(1, d.n // 100)
    for role, factor in {"loss": 5.0, "grad": 30.0, "update": 80.0, "data": 20.0}.items():
        d.train[role][:first] *= factor


def dropout_only_in_training(d: Draft) -> None:
    """Evaluation without dropout is lower than training throughout."""
    d.evals["eval_loss"] = d.evals["eval_loss"] * d.rng.uniform(0.65, 0.85)


def setback(d: Draft) -> None:
    """Returns fall by a third for a while, as exploration goes, and come back."""
    dip = ramp(d, int(0.55 * d.n), d.n // 20, "s") - ramp(d, int(0.68 * d.n), d.n // 20, "s")
    d.train["reward"] = d.train["reward"] - 60 * dip


def slow_duel(d: Draft) -> None:
    """The discriminator gains a little over the whole run."""
    d.train["d_loss"] = d.train["d_loss"] * np.exp(-0.5 * d.x)
    d.train["g_loss"] = d.train["g_loss"] * np.exp(0.4 * d.x)


# kind -> (what is odd, the worlds in which it happens)
HEALTHY: dict[str, tuple[Oddity, tuple[str, ...]]] = {
    "plain": (plain, (*ANY, "rl", "gan")),
    "near-its-floor": (near_its_floor, ("llm",)),
    "double-descent": (double_descent, ("vision", "imitation")),
    "late-bloomer": (late_bloomer, ("vision",)),
    "growing-gradient": (growing_gradient, ANY),
    "noisy-bursts": (noisy_bursts, ("imitation", "vision", "diffusion")),
    "wandering": (wandering, ("imitation", "diffusion")),
    "coarse-log": (coarse_log, ANY),
    "fine-tuning": (fine_tuning, ("llm",)),
    "lost-rows": (lost_rows, ANY),
    "paused": (paused, ANY),
    "few-rollouts": (few_rollouts, ("imitation",)),
    "longer-sequences": (longer_sequences, ("llm",)),
    "epoch-starts": (epoch_starts, ANY),
    "cache-freed": (cache_freed, ANY),
    "tiny-loss": (tiny_loss, ("imitation", "diffusion")),
    "huge-loss": (huge_loss, ("vision", "diffusion")),
    "partial-transport": (partial_transport, ("imitation",)),
    "balanced-transport": (balanced_transport, ("imitation",)),
    "small-latent": (small_latent, ("imitation",)),
    "clipped-now-and-then": (clipped_now_and_then, ANY),
    "ends-at-zero": (ends_at_zero, ANY),
    "high-then-low": (high_then_low, ("imitation", "vision", "diffusion")),
    "dropout-only-in-training": (dropout_only_in_training, ("vision",)),
    "setback": (setback, ("rl",)),
    "slow-duel": (slow_duel, ("gan",)),
}
