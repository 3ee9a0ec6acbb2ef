"""What goes wrong in the crash test and the soak: the vendors' weather, and runs that go bad at known rows."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.fakes.wandb_server import Fault
from tests.fakes.world import World

CHAT_FAULTS = ("lost", "late", "late_lost", "rate_limited", "error", "html", "hang", "reset")
_SIGN_ON = {"auth.test", "apps.connections.open", "token", "endpoint", "bot", "slash"}
_BEFORE_ANYTHING = ("error", "html", "reset")  # what may befall a sign-on
_TRACKER_FAULTS: tuple[Fault, ...] = (429, 500, 500, "hang", "reset", "graphql")


def bad_weather(bot: World, rng: random.Random, *, chats: float = 0.25, tracker: float = 0.1) -> None:
    """From now on such a share of all calls fails, in every way there is."""

    def of_chat(name: str) -> str | None:
        if name in _SIGN_ON:
            return rng.choice(_BEFORE_ANYTHING) if rng.random() < chats / 5 else None
        return rng.choice(CHAT_FAULTS) if rng.random() < chats else None

    bot.slack.weather = bot.feishu.weather = of_chat
    bot.wandb.weather = lambda kind: rng.choice(_TRACKER_FAULTS) if rng.random() < tracker else None


def good_weather(bot: World) -> None:
    bot.slack.weather = bot.feishu.weather = lambda name: None
    bot.wandb.weather = lambda kind: None


class Training:
    """A run that logs when told to, and whose loss is NaN at rows that are known from the start."""

    FIRST, LAST, BACK = 120, 3, 40  # rows logged at the beginning, of NaN, and until that is certainly over

    def __init__(self, name: str, began: float, seed: int) -> None:
        self.name, self._began = name, began
        self._noise = np.random.default_rng(seed)
        self._rows = 0
        self.bad: list[int] = []  # rows at which an alarm is to be raised

    def healthy(self, rows: int) -> list[dict[str, Any]]:
        """The next rows."""
        return [self._row() for _ in range(rows)]

    def fails(self) -> list[dict[str, Any]]:
        """The next rows: NaN for a moment, and back again."""
        self.bad.append(self._rows)
        return [{**self._row(), "train/loss": math.nan} for _ in range(self.LAST)] + self.healthy(self.BACK)

    def _row(self) -> dict[str, Any]:
        i, self._rows = self._rows, self._rows + 1
        return {
            "_step": 10 * i,
            "_timestamp": self._began + i,
            "train/loss": 0.5 + 2.0 * math.exp(-i / 300.0) + float(self._noise.normal(0, 0.02)),
            "train/grad_norm": 2.0 + float(self._noise.normal(0, 0.1)),
        }


def configure(bot: World, runs: Sequence[str], *, interval: str, channels: Callable[[str], Sequence[str]]) -> None:
    """Watches of the configuration."""
    watched = "".join(f"    - {{run: team/robot/{run}, to: {json.dumps(list(channels(run)))}}}\n" for run in runs)
    (bot.folder / "c.yaml").write_text(
        "wandb: {entity: team, project: robot}\nalerts: {group_wait: 1s}\nadmin: slack:CADMIN\n"
        f"watch:\n  interval: {interval}\n  runs:\n{watched}"
    )


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
