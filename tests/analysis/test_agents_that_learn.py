"""What looks broken beside an agent's return, and is not while the return says otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import analyze
from analysis.model import Floats, Run, Severity
from tests.analysis.scanning import rows

SEEDS = range(3)


def told(columns: dict[str, Floats], id_: str, state: str = "finished") -> Severity:
    """How gravely it stands at the end; not at all is OK."""
    run = Run("r", "r", rows(columns, every=2048), state, {"algo": "ppo"})
    return max((e.severity for e in analyze(run).episodes if e.id == id_ and e.open), default=Severity.OK)


def course(*ys: float, n: int = 160, seed: int = 0, scatter: float = 0.04) -> Floats:
    """A return that goes from one level to the next, in equal parts; it scatters by a share of its highest."""
    along = np.interp(np.linspace(0, 1, n), np.linspace(0, 1, len(ys)), ys)
    return np.asarray(along + scatter * max(map(abs, ys)) * np.random.default_rng(seed).standard_normal(n))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("returns", "severity"),
    [((0.3, 0.9, 2.5), Severity.INFO), ((0.3, 2.4, 2.5, 2.5), Severity.WARNING), ((0.3, 0.3), Severity.WARNING)],
    ids=["rises all along", "stopped rising", "never rose"],
)
def test_a_value_function_that_explains_nothing_is_a_note_while_the_return_still_rises(
    returns: tuple[float, ...], severity: Severity, seed: int
) -> None:
    columns = {
        "rollout/ep_rew_mean": course(*returns, seed=seed),
        "train/explained_variance": 0.03 * np.random.default_rng(seed + 10).standard_normal(160),
    }
    assert told(columns, "value-not-learning") is severity
