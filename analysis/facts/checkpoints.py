"""Which checkpoints there are to go back to, as far as a config tells: one every `save_freq` steps, the oldest rotated
away where only so many are kept. What a config does not say is not guessed, and what is named here is an inference:
people are told so ("按 save_freq 推算").
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.facts.config import Config


@dataclass(frozen=True, slots=True)
class Saving:
    """How a run saves. Steps are its own."""

    every: int
    keep: int | None  # only the last so many are kept; None: all
    keeps_best: bool  # besides the last ones

    def last(self, at: float) -> int:
        """The newest step at or before `at` at which it saved; 0: none yet."""
        return int(at // self.every * self.every)

    def exists(self, step: int, now: float) -> bool:
        """Whether the checkpoint of a saved step is still there at `now`."""
        last = self.last(now)
        return 0 < step <= last and (self.keep is None or step > last - self.keep * self.every)


def saving(config: Config) -> Saving | None:
    """As the config states it; None where it does not say, or saves by epoch or not at all."""
    every = _save_every(config)
    if every is None:
        return None
    keep = config.number("save_total_limit", "keep_last_n", "max_checkpoints", least=1)
    best = config.value("load_best_model_at_end", "save_best", "save_best_only", "keep_best")
    return Saving(int(every), None if keep is None else int(keep), bool(best))


def _save_every(config: Config) -> float | None:
    """Steps between checkpoints. A trainer that saves by epoch, or not at all, still states its idle default."""
    strategy = config.text("save_strategy").rsplit(".", 1)[-1]
    if strategy in {"epoch", "no", "best"} or config.value("save_checkpoint") is False:
        return None
    return config.number("save_freq", "save_steps", "save_interval", "checkpoint_every", "save_every", least=1)


def before(config: Config, at: float, now: float) -> int | None:
    """The newest checkpoint saved at or before step `at` that is still there at `now`; None: none known."""
    how = saving(config)
    if how is None:
        return None
    step = how.last(at)
    return step if how.exists(step, now) else None


def near(config: Config, best: float, now: float) -> int | None:
    """The one saved nearest the best eval, if it is still there; None: none known."""
    how = saving(config)
    if how is None:
        return None
    nearest = min(max(how.every, round(best / how.every) * how.every), how.last(now))
    return nearest if how.exists(nearest, now) or (nearest and how.keeps_best) else None


def around(config: Config, best: float, now: float) -> list[int]:
    """Worth a try-out, ascending: the one saved nearest the best eval, the one after it, the last."""
    how, nearest = saving(config), near(config, best, now)
    if how is None:
        return []
    last = how.last(now)
    steps = {last} if nearest is None else {nearest, min(nearest + how.every, last), last}
    return sorted(s for s in steps if s == nearest or how.exists(s, now))


def again(config: Config, step: int | None) -> str:
    """How a sentence says to go on: from the checkpoint of a step, from one before, or from nothing."""
    if step is not None:
        return f"从第 {step} 步的 ckpt 续训"
    return "从此前的 ckpt 续训" if saving(config) is None else "从头重训"


def inferred(step: int | None) -> tuple[str, ...]:
    """What the full report adds where a checkpoint was named: nobody has seen the file."""
    return () if step is None else (f"如需回退，用第 {step} 步的 ckpt（按 save_freq 推算，先确认文件还在）",)
