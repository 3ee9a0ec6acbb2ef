"""Roles from names in the wild."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.facts import Facts, transport
from analysis.history import append, from_records, number
from analysis.model import Column
from analysis.numbers import duration, num, pct, signed_pct
from analysis.profile import kind_of, same_quantity, seat, words
from analysis.summary import summarise
from tests.analysis.cases import falling
from tests.analysis.curves import history

ROLES = {
    "loss": ["loss", "train/loss", "train_loss_step", "train.totalLoss", "losses/total", "train/lm_loss", "Train Loss"],
    "component": ["train/l1_loss", "train_recon", "recon_loss", "train/action_l1", "losses/mse"],
    "kl": ["train/kld_loss", "kl", "train_kl", "losses/kl", "train.kldLoss"],
    "grad_norm": [
        "grad_norm",
        "train/grad_norm",
        "grad_2.0_norm_total",
        "gradients/global_norm",
        "train.gradNorm",
        "gnorm_norm",
    ],
    "lr": ["lr", "lr-AdamW", "train/learning_rate", "learningRate", "optim/lr"],
    "data_time": ["train/dataloading_s", "data_time", "perf/data_wait_s", "train/data_time"],
    "update_time": ["train/update_s", "batch_time", "iter_time", "train/step_time", "train/iteration_time_s"],
    "ot_mass": ["train/ot_ot_pi_sum", "pi_sum", "ot/mass", "trainOtPiSum", "sinkhorn/plan_sum", "ot/transport_mass"],
    "ot_diag": ["train/ot_ot_pi_diag", "pi_diag", "sinkhorn/plan_diag"],
    "ot_cost": ["train/ot_ot_cost/observation.state", "ot_cost", "transport_cost_state"],
    "ot_loss": ["train/ot_loss", "ot.loss", "losses/ot", "train/sinkhorn_loss"],
    "eval_loss": ["eval/loss", "val_loss", "eval/offline_eval/avg_l1", "valid.l1_loss", "validation/loss", "eval/wer"],
    "eval_score": ["eval/success_rate", "val_acc", "success_rate", "eval/mean_average_precision", "eval/bleu"],
    "reward": ["rollout/ep_rew_mean", "train/episode_return", "env/reward"],
    "entropy": ["train/entropy", "policy_entropy"],
    "d_loss": ["train/d_loss", "disc_loss"],
    "g_loss": ["train/g_loss", "generator_loss"],
    "step": ["train/global_step", "trainer/global_step"],
}


@pytest.mark.parametrize(("role", "name"), [(r, n) for r, names in ROLES.items() for n in names])
def test_a_name_says_its_role(role: str, name: str) -> None:
    assert kind_of(name).role == role


@pytest.mark.parametrize(
    "name", ["epoch", "train/samples", "train/value_loss", "time/train_s_cum", "foo", "train/d_loss_weight"]
)
def test_these_are_not_the_loss(name: str) -> None:
    assert kind_of(name).role != "loss"


def test_names_are_compared_as_words() -> None:
    assert words("train/kld_loss") == words("TrainKldLoss") == words("train.kld-loss")


def test_the_column_that_is_logged_first_keeps_the_role() -> None:
    early, late = Column(np.array([0]), np.array([1.0])), Column(np.array([5]), np.array([1.0]))

    assert seat({"train/loss": late, "loss": early}).holder["loss"] == "loss"
    assert seat({"train/lm_loss": early, "train/loss": early, "loss": early}).holder["loss"] == "loss"
    assert seat({"train/l1_loss": early}).holder["loss"] == "train/l1_loss"
    assert seat({"train/l1_loss": early, "train/loss": early}).holder["loss"] == "train/loss"


@pytest.mark.parametrize(("train", "evaluation", "same"), [
    ("train/l1_loss", "eval/offline_eval/avg_l1", True), ("train/loss", "val_loss", True), ("losses/l1", "validation/l1", True),
    ("train/l1_loss", "eval/loss", False), ("train/loss", "eval/accuracy", False), ("train/mse_loss", "eval/action_l1", False),
])  # fmt: skip
def test_the_same_quantity(train: str, evaluation: str, same: bool) -> None:
    assert same_quantity(train, evaluation) is same


# facts


@pytest.mark.parametrize(("config", "steps"), [
    ({"steps": 20000}, 20000), ({"trainer": {"max_steps": 500}}, 500), ({"total_timesteps": 1e6}, 1_000_000),
    ({"max_steps": -1}, None), ({"steps": "3e3"}, 3000), ({"steps": True}, None), ({}, None),
    ({"warmup_steps": 500}, None), ({"max_steps": -1, "warmup_steps": 0.0, "save_steps": 500, "logging_steps": 10}, None),
    ({"steps": 20000, "warmup_steps": 500, "policy": {"n_action_steps": 100}}, 20000), ({"warmup": {"steps": 7}}, None),
    ({"num_steps": 128, "total_timesteps": 1e6}, 1_000_000), ({"n_steps": 2048, "env": {"max_steps": 200}}, None),
    ({"num_inference_steps": 10, "training": {"steps": 900}}, 900),
])  # fmt: skip
def test_planned_steps_from_a_config(config: dict, steps: int | None) -> None:
    assert Facts(config).planned_steps == steps


@pytest.mark.parametrize("config", [
    {"ot": {"reg": 1.0, "tau_src": 2.0, "tau_tgt": 3.0, "lambda_ot": 0.1}},
    {"ot.reg": 1.0, "ot.tau_src": 2.0, "ot.tau_tgt": 3.0, "ot.lambda_ot": 0.1},
    {"policy": {"ot_reg": 1.0, "ot_tau_src": 2.0, "ot_tau_tgt": 3.0}, "ot_weight": 0.1, "optimizer": {"eps": 1e-8}},
])  # fmt: skip
def test_the_transport_problem_of_a_config(config: dict) -> None:
    ot = transport(Facts(config))

    assert (ot.reg, ot.tau_src, ot.tau_tgt, ot.weight, ot.d, ot.off) == (1.0, 2.0, 3.0, 0.1, 6.0, False)


def test_an_optimisers_eps_is_no_regularisation() -> None:
    assert transport(Facts({"optimizer": {"eps": 1e-8}})).reg is None


# history and summary


@pytest.mark.parametrize(("cell", "value"), [
    (1, 1.0), ("NaN", float("nan")), ("Infinity", float("inf")), ("-Infinity", float("-inf")), (None, None), ("text", None),
    ({"_type": "histogram"}, None), (True, None), (10**400, float("inf")), (np.float32(2), 2.0),
])  # fmt: skip
def test_the_number_a_cell_holds(cell: object, value: float | None) -> None:
    got = number(cell)

    assert got is None if value is None else got == pytest.approx(value, nan_ok=True)


def test_rows_become_columns_of_what_was_logged() -> None:
    h = from_records([{"_step": 1, "a": 1.0, "b": None}, {"_step": 1, "b": "NaN"}, {"a": 3, "c": "x"}])

    assert h.step.tolist() == [1, 1, 1]
    assert (h.columns["a"].rows.tolist(), h.columns["a"].values.tolist()) == ([0, 2], [1.0, 3.0])
    assert np.isnan(h.columns["b"].values).tolist() == [True]
    assert "c" not in h.columns


def test_appending_equals_reading_at_once() -> None:
    rows = [{"_step": i, "a": float(i), **({"b": 1.0} if i % 3 == 0 else {})} for i in range(9)]
    whole, parts = from_records(rows), append(from_records(rows[:4]), from_records(rows[4:]))

    assert [(k, c.rows.tolist(), c.values.tolist()) for k, c in parts.columns.items()] == [
        (k, c.rows.tolist(), c.values.tolist()) for k, c in whole.columns.items()
    ]


def test_a_summary_knows_what_is_undefined() -> None:
    n = 50
    h = history({
        "train/loss": falling(n), "train/lr": np.full(n, 1e-5), "ot/pi_sum": np.linspace(0, 1, n), "eval/accuracy": np.linspace(-1, 1, n),
    })  # fmt: skip
    by = {m.key: m for m in summarise(h, seat(h.columns))}

    assert by["train/loss"].best == h.columns["train/loss"].values.min()
    assert (by["train/lr"].best, by["train/lr"].constant, by["train/lr"].change_pct) == (None, True, 0.0)
    assert (by["ot/pi_sum"].best, by["ot/pi_sum"].change_pct, by["ot/pi_sum"].direction) == (None, None, "target")
    assert by["eval/accuracy"].change_pct is None  # the sign changed
    assert by["eval/accuracy"].best_step == n * 10


# numbers


@pytest.mark.parametrize(("value", "text"), [
    (7.302e-12, "7.3e-12"), (0.05082, "0.0508"), (1260.3, "1260"), (0.15043, "0.150"), (4.0, "4"), (0, "0"), (1e-5, "1e-5"),
    (None, "—"), (float("nan"), "—"), (float("inf"), "∞"), (123456.0, "123456"), (1234567.0, "1.23e6"), (25.72, "25.7"), (0.1, "0.1"),
])  # fmt: skip
def test_numbers_as_people_write_them(value: float | None, text: str) -> None:
    assert num(value) == text


def test_shares_and_durations() -> None:
    assert [pct(0.589), pct(0.0631), pct(None)] == ["59%", "6.3%", "—"]
    assert [duration(45), duration(4116), duration(90 * 60), duration(86400 * 2), duration(None)] == [
        "45 秒", "1 小时 9 分", "1 小时 30 分", "2 天", "—",
    ]  # fmt: skip
    assert [signed_pct(0.322, 0.303), signed_pct(1, 0)] == ["+6.3%", "—"]
