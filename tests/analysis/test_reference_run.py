"""The bundled run: what an expert says of it, whatever its columns are called, however far it has come."""

from __future__ import annotations

import copy
import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from analysis import Report, Run, analyze, episodes
from analysis.model import Column, Severity
from tests.analysis.samples import SAMPLE, read

KEYS = (
    "train/loss", "train/l1_loss", "train/kld_loss", "train/ot_loss", "train/ot_ot_loss", "train/ot_ot_pi_sum",
    "train/ot_ot_pi_diag", "train/ot_ot_cost/observation.state", "train/grad_norm", "train/lr", "train/update_s",
    "train/dataloading_s", "eval/offline_eval/avg_loss", "eval/offline_eval/avg_l1", "eval/offline_eval/n_batches",
)  # fmt: skip
STYLES = {
    "lightning": ("train_loss_step", "train_l1", "train_kl", "train_ot_loss", "train_ot_module_loss", "train_ot_pi_sum",
                  "train_ot_pi_diag", "train_ot_cost_state", "grad_2.0_norm_total", "lr-AdamW", "batch_time",
                  "data_time",
                  "val_loss", "val_l1", "val_n_batches"),
    "plain": ("loss", "l1_loss", "kld", "ot_loss", "ot_raw_loss", "pi_sum", "pi_diag", "ot_cost", "grad_norm",
              "learning_rate", "update_time", "data_time", "val_loss", "val_l1_loss", "val_batches"),
    "camel": ("train.totalLoss", "train.l1Loss", "train.kldLoss", "train.otLoss", "train.otModuleLoss", "train.otPiSum",
              "train.otPiDiag", "train.otCost.observationState", "train.gradNorm", "train.lr", "train.updateSec",
              "train.dataSec", "val.avgLoss", "val.avgL1", "val.numBatches"),
    "hf": ("train/loss", "train/recon_loss", "train/kl_loss", "train/sinkhorn_loss", "train/uot/loss",
        "train/uot/pi_sum",
           "train/uot/pi_diag", "train/uot/cost_state", "train/grad_norm", "train/learning_rate", "train/step_time",
           "train/data_time", "eval/loss", "eval/recon_loss", "eval/num_batches"),
    "grouped": ("losses/total", "losses/l1", "losses/kl", "losses/ot", "losses/ot_raw", "ot/transport_mass",
                "ot/diag_mass", "ot/mean_cost", "optim/grad_norm", "optim/lr", "perf/update_time_s", "perf/data_wait_s",
                "validation/loss", "validation/l1", "validation/n_batches"),
}  # fmt: skip
GRAVE = ["ot-mass-collapse", "overfit", "data-bound"]
FOLDED = {
    "ot-cost-unnormalised": "ot-mass-collapse",
    "ot-loss-dead": "ot-mass-collapse",
    "ot-plan-degenerate": "ot-mass-collapse",
    "ot-solver-inconsistent": "ot-mass-collapse",
    "gen-gap": "overfit",
}


@pytest.fixture(scope="module")
def run() -> Run:
    return read(SAMPLE)


def renamed(run: Run, style: str) -> Run:
    names = dict(zip(KEYS, STYLES[style], strict=True))
    columns = {names.get(k, k): c for k, c in run.history.columns.items()}
    return dataclasses.replace(run, history=dataclasses.replace(run.history, columns=columns))


def grave(report: Report) -> list[str]:
    return [f.id for f in report.open_findings() if f.severity > Severity.INFO]


def collapse(report: Report) -> dict[str, Any]:
    return dict(next(f for f in report.findings if f.id == "ot-mass-collapse").words.evidence)


@pytest.mark.parametrize("style", [None, *STYLES])
def test_exactly_three_findings_in_this_order_whatever_the_names(run: Run, style: str | None) -> None:
    report = analyze(run if style is None else renamed(run, style))
    found = {f.id: f for f in report.findings}

    assert grave(report) == GRAVE
    assert found["ot-mass-collapse"].severity is Severity.CRITICAL
    assert found["kl-collapse"].severity is Severity.INFO
    assert {k: found[k].suppressed_by for k in FOLDED} == FOLDED
    assert "ot-underflow" not in found


def test_the_collapse_says_since_when_and_what_contradicts_what(run: Run) -> None:
    """Never alive; its best was far too little; the cost explains it, and the logged loss belongs to another plan."""
    report = analyze(run)
    words = next(f for f in report.findings if f.id == "ot-mass-collapse").words
    evidence = words.evidence

    assert (evidence["alive_from"], evidence["alive_to"]) == (3450, 10350)
    assert evidence["was_healthy"] is False
    assert "全程最高 0.0016（第 7000 步）" in words.message
    assert "π≈exp(−代价/49)，确为代价过大" in words.message
    assert any("ot_loss/π=0.236" in line and "不可能对应同一个 π" in line for line in words.more)
    assert words.title == "OT 没起作用（π 7.3e-12）"
    assert report.use == "只能当纯 BC 基线"


@pytest.mark.parametrize("times", [30.0, 1e3, 1e300])
def test_a_cost_that_leaves_no_mass_in_float64_does_not_explain_some(run: Run, times: float) -> None:
    """exp(-C/D) is 0 past C/D = 745, and the log shows 7e-12."""
    key = "train/ot_ot_cost/observation.state"
    dear = dataclasses.replace(run.history.columns[key], values=run.history.columns[key].values * times)
    columns = {**run.history.columns, key: dear}
    changed = dataclasses.replace(run, history=dataclasses.replace(run.history, columns=columns))

    words = next(f for f in analyze(changed).findings if f.id == "ot-mass-collapse").words

    assert "确为代价过大" not in words.message and "nan" not in words.message


def test_it_is_raised_near_step_550_and_never_clears(run: Run) -> None:
    (e,) = [e for e in episodes(run).episodes if e.id == "ot-mass-collapse"]

    assert (e.onset_step, e.transitions[0].step, len(e.transitions)) == (50, 550, 1)


def test_watched_from_row_one_nothing_else_above_info_is_ever_news(run: Run) -> None:
    loud = {
        e.id
        for e in episodes(run).episodes
        for t in e.transitions
        if t.severity > Severity.INFO and t.kind in {"raised", "worsened", "released"} and e.suppressed_by is None
    }

    assert loud == set(GRAVE)


@pytest.mark.parametrize("seed", range(12))
def test_the_numbers_obey_the_law_for_any_config_and_cost(run: Run, seed: int) -> None:
    """reg, tau and C scaled at random, the cost's spread skewed: every number is recomputed."""
    rng = np.random.default_rng(seed)
    a, b, c = 10 ** rng.uniform(-1, 1, 3)
    config = copy.deepcopy(dict(run.config))
    config["ot"] = {**config["ot"], "reg": 1.0 * a, "tau_src": 24.0 * b, "tau_tgt": 24.0 * b}
    key = "train/ot_ot_cost/observation.state"
    old = run.history.columns[key]
    cost = Column(old.rows, old.values * c * np.exp(0.5 * rng.normal(size=len(old.values))))
    history = dataclasses.replace(run.history, columns={**run.history.columns, key: cost})
    report = analyze(dataclasses.replace(run, config=config, history=history))
    got, d, last = collapse(report), a + 48.0 * b, float(cost.values[-1])
    price = 1.721e-12 / 7.302e-12

    assert grave(report)[0] == "ot-mass-collapse"
    assert got["cost_over_d"] == pytest.approx(last / d)
    assert got["plan_price"] == pytest.approx(price, rel=1e-3)
    floor = math.exp(-(price + 2 * a * math.log(8) + 48.0 * b * math.log(8)) / d)
    assert got["interval"] == pytest.approx([max(math.exp(-last / d), floor), math.exp(-price / d)], rel=1e-3)
    assert got["constant_cost_mass"] == pytest.approx(math.exp(-last / d), rel=1e-6, abs=1e-300)
    assert got["remedy"]["divide_cost_by"] == pytest.approx(last)
    assert got["remedy"]["mass_at_least"] == pytest.approx(math.exp(-1 / 1.05))
    assert got["remedy"]["or_d_for_half"] == pytest.approx(last / math.log(2))
    told = next(f for f in report.findings if f.id == "ot-mass-collapse").words
    if last / d > 5:
        assert "很可能未归一化" in told.message
        assert "归一化" in told.advice
    else:  # the cost does not explain it
        assert "归一化" not in told.message + told.advice


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_cut_short_it_says_what_was_known_then(run: Run, share: float) -> None:
    report = analyze(run.head(int(1200 * share)))
    told = next(f for f in report.findings if f.id == "ot-mass-collapse").words
    last = float(report.run.last_step or 0)

    assert grave(report) == [x for x in GRAVE if x != "overfit" or share > 0.8]
    assert told.evidence["mass"] == report.metric("ot_mass").last  # type: ignore[union-attr]
    assert ("全程最高 0.0016（第 7000 步）" in told.message) == (last > 10350)
    assert report.run.progress == pytest.approx(last / 20000)


def test_the_figures_of_the_cards_other_findings(run: Run) -> None:
    found = {f.id: f.words for f in analyze(run).findings}

    assert found["overfit"].evidence["best"] == pytest.approx(0.303, abs=5e-4)
    assert found["overfit"].evidence["best_step"] == 4750
    assert found["overfit"].evidence["minutes_since"] == pytest.approx(68.6, abs=0.3)
    assert found["overfit"].evidence["checkpoints"] == [5000, 10000, 20000]
    assert found["data-bound"].title == "每步 59% 在等数据"
    assert found["data-bound"].evidence["speedup_at_most"] == pytest.approx(2.43, abs=0.02)
    assert found["data-bound"].evidence["wall_ratio"] == pytest.approx(0.946, abs=0.02)
    assert found["gen-gap"].evidence["ratio_at_start"] == pytest.approx(1.27, abs=0.1)
