"""A posterior that has gone to sleep: a warning; critical where what it reconstructs has got worse meanwhile."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnoses.posterior import KlCollapse
from analysis.model import Floats, Severity
from tests.analysis.cases import rng
from tests.analysis.scanning import found, rows, worst

N = 120


def annealed(recon: Floats, names: tuple[str, ...]) -> dict[str, Floats]:
    k = np.arange(N)
    beta = np.minimum(1.0, k / 60)
    kl = (9.0 * np.exp(-k / 1.5) + 0.8 * np.exp(-k / 12) + 0.012) * np.exp(0.03 * rng(1).standard_normal(N))
    recon = recon + 0.001 * rng(2).standard_normal(N)
    columns = {"loss": recon + beta * kl, "recon_loss": recon, "kl": kl, "beta": beta}
    return {name: columns[name] for name in names}


def severity(recon: Floats, *names: str) -> Severity:
    return worst(found(KlCollapse(), rows(annealed(recon, names))))


K = np.arange(N)
ROSE = 0.9 + 0.14 * np.exp(-K / 2) + 0.16 * np.clip(K / 60, 0, 1)
FELL = 0.5 + 0.6 * np.exp(-K / 20)


@pytest.mark.parametrize("names", [("loss", "kl", "beta"), ("loss", "recon_loss", "kl", "beta")])
def test_a_reconstruction_that_got_worse_has_lost_what_the_latent_carried(names: tuple[str, ...]) -> None:
    assert severity(ROSE, *names) is Severity.CRITICAL


@pytest.mark.parametrize("names", [("loss", "kl", "beta"), ("loss", "recon_loss", "kl", "beta")])
def test_one_that_gets_better_without_it_is_a_warning(names: tuple[str, ...]) -> None:
    assert severity(FELL, *names) is Severity.WARNING
