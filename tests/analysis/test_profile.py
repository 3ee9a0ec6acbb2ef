"""Roles from names in the wild."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from analysis import episodes
from analysis.columns.captions import of_figure
from analysis.columns.family import Family
from analysis.columns.kinds import kind_of
from analysis.columns.names import same_quantity, words
from analysis.columns.roles import assign_roles
from analysis.facts import Facts
from analysis.figures import duration, num, pct, signed_pct
from analysis.history import append, from_records, joined, number
from analysis.model import Column
from analysis.report.summary import summarise
from analysis.scan.reading import Reading
from bot.settings import profiles
from tests.analysis.cases import descent, steady
from tests.analysis.curves import history, run
from tests.analysis.frameworks import FRAMEWORKS, Framework

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


EVERY = [pytest.param(f, id=f.name) for f in FRAMEWORKS]


def test_the_table_is_as_wide_as_it_says() -> None:
    assert len(FRAMEWORKS) >= 15
    assert min(len(f.columns) for f in FRAMEWORKS) >= 8


@pytest.mark.parametrize("framework", EVERY)
def test_the_columns_of_a_framework_are_what_they_are(framework: Framework) -> None:
    """Roles as they are held beside each other; a part that is watched in place of a total counts as the loss."""
    profile = profiles.load([framework.profile] if framework.profile else [])
    one = Column(np.array([0]), np.array([1.0]))
    roles = assign_roles(
        dict.fromkeys(framework.columns, one), profile, Facts(framework.config, profile=profile).family
    )
    got = {
        key: ("loss" if roles.holder.get("loss") == key else judged(roles.role(key)), kind.direction, kind.group)
        for key, kind in roles.kinds.items()
    }

    assert got == dict(framework.columns)
    assert roles.holder.get("step") == framework.step


# The most dangerous mistakes, each by name.


# What stands beside a return or a loss, and is judged by nobody: roles of their own,
# in which such a run tells what goes wrong.
BESIDE = {
    "critic_loss", "q_value", "reward_std", "zero_spread", "answer_length", "truncated", "margin", "pair_accuracy",
    "action_std", "codebook_perplexity", "codebook_usage", "balance", "expert_load", "grad_norm_sq",
}  # fmt: skip


def judged(role: str | None) -> str | None:
    """A role by which a run is judged; None for the others."""
    return None if role in BESIDE else role


def roles(*names: str) -> dict[str, str]:
    """Who holds what when these are logged together: column -> role, the loss included."""
    one = Column(np.array([0]), np.array([1.0]))
    held = assign_roles(dict.fromkeys(names, one)).holder.items()
    return {key: role for role, key in held if judged(role) is not None}


@pytest.mark.parametrize(
    "name",
    [
        "epoch",
        "train/samples",
        "foo",
        "train/d_loss_weight",
        "loss_scale",
        "train/loss_std",
        "losses/clipfrac",
    ],
)
def test_what_is_no_loss_is_not_the_loss(name: str) -> None:
    assert "loss" not in roles(name).values()


@pytest.mark.parametrize("name", [
    "train/value_loss", "train/critic_loss", "train/actor_loss", "losses/qf1_loss", "loss/q", "losses/td_loss",
    "LossPi",
    "train/policy_gradient_loss", "losses/policy_loss", "Loss/value_function", "train/entropy_loss",
    "train/ent_coef_loss",
])  # fmt: skip
def test_a_surrogate_of_an_agent_is_not_the_total_loss(name: str) -> None:
    assert judged(kind_of(name).role) is None
    assert roles(name) == {}


@pytest.mark.parametrize("name", [
    "train/aux_loss", "z_loss", "load_balancing_loss", "router/z_loss", "loss/class_3", "loss_class/cat",
    "per_class_loss/7",
    "Loss/r1_penalty", "vq/commitment_loss", "d0.loss_bbox", "loss_2",
])  # fmt: skip
def test_an_auxiliary_or_per_class_loss_is_not_the_total_loss(name: str) -> None:
    assert roles(name) == {}


@pytest.mark.parametrize(
    "name", ["train/rewards/chosen", "train/rewards/rejected", "train/rewards/margins", "chosen_reward"]
)
def test_what_chosen_answers_score_is_no_return(name: str) -> None:
    assert judged(kind_of(name).role) is None
    assert kind_of(name).direction != "min"


def test_the_rewards_of_a_reward_model_are_no_returns() -> None:
    assert "reward" not in roles("train/mean_reward", "train/margin", "train/loss").values()
    assert roles("Train/mean_reward")["Train/mean_reward"] == "reward"


@pytest.mark.parametrize(
    "name", ["Episode_Reward/track_lin_vel", "train/rewards/format_reward/mean", "reward_std", "critic/rewards/max"]
)
def test_one_reward_of_many_or_its_spread_is_not_the_return(name: str) -> None:
    assert judged(kind_of(name).role) is None


@pytest.mark.parametrize("name", [
    "grad_norm/layers.0.attn", "grad_2.0_norm/layer1.weight", "grad_norm_layer_3", "critic/grad_norm",
    "encoder/grad_norm",
    "l2_norm/grad/model.h.0.weight", "grad_norm_std", "lr/backbone_0", "lr-AdamW/pg1", "lr/backbone", "lr_1",
    "critic/lr", "lr/D",
    "decoupled-learning-rate", "lr-SGD-momentum", "train/lr(1e-3)",
])  # fmt: skip
def test_of_a_layer_a_group_or_a_critic_is_not_the_one(name: str) -> None:
    assert judged(kind_of(name).role) is None


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("l2_norm/grad/global", "grad_norm"),
        ("grad_2.0_norm_total", "grad_norm"),
        ("grad_norm/total", "grad_norm"),
        ("ours/grad_norm", "grad_norm"),
        ("actor/grad_norm", "grad_norm"),
        ("lr-AdamW", "lr"),
        ("optim/lr", "lr"),
        ("actor/lr", "lr"),
    ],
)
def test_of_the_whole_network_is(name: str, role: str) -> None:
    assert kind_of(name).role == role


def test_the_first_group_has_the_learning_rate_where_it_is_the_only_one() -> None:
    early, late = Column(np.array([0]), np.array([1.0])), Column(np.array([5]), np.array([1.0]))

    assert roles("optimizer/group_0/learning_rate") == {"optimizer/group_0/learning_rate": "lr"}
    assert roles("lr/pg0", "lr/pg1", "lr/pg2") == {}
    assert roles("lr/group_0", "lr") == {"lr": "lr"}
    assert assign_roles({"lr_0": early, "lr_1": late}).holder["lr"] == "lr_0"  # what is decided stays decided


@pytest.mark.parametrize(
    "name", ["val/box_loss", "eval_loss", "eval_runtime", "eval_rewards/chosen", "val_loss/dataloader_idx_0"]
)
def test_what_is_of_an_evaluation_is_seen_as_such(name: str) -> None:
    assert kind_of(name).group == ("other" if "runtime" in name else "eval")
    assert kind_of(name).role in {"eval_loss", None}


@pytest.mark.parametrize("name", [
    "train/mean_token_accuracy", "eval_mean_token_accuracy", "epoch", "num_tokens", "completions/mean_length",
    "train/total_flos",
    "train/n_updates", "eval/samples_per_second", "eval/runtime", "timing_s/gen", "prompt_length/mean",
    "Train/mean_episode_length",
])  # fmt: skip
def test_counters_timings_and_accuracy_of_tokens_judge_nothing(name: str) -> None:
    assert judged(kind_of(name).role) is None


@pytest.mark.parametrize("name", [
    "train/global_step", "trainer/global_step", "global_step", "iteration", "iter", "time/total_timesteps",
    "num_timesteps",
    "train_inner/num_updates", "training/global_step", "VLA Train/Step", "step",
])  # fmt: skip
def test_the_runs_own_step(name: str) -> None:
    assert kind_of(name).role == "step"


@pytest.mark.parametrize(
    "name",
    ["iteration-time", "eval/global_step", "train/steps", "step_time", "num_steps", "episode", "batch/batch_step"],
)
def test_what_is_not_the_runs_own_step(name: str) -> None:
    assert kind_of(name).role != "step"


def test_the_run_counts_in_timesteps_rather_than_in_iterations() -> None:
    assert roles("time/iterations", "time/total_timesteps") == {"time/total_timesteps": "step"}


def test_perplexity_is_the_loss_in_another_unit_and_no_part_of_it() -> None:
    assert [kind_of(k).role for k in ("train/perplexity", "train_inner/ppl", "train/bpb")] == [None] * 3
    assert roles("valid/loss", "valid/ppl") == {"valid/loss": "eval_loss"}
    assert roles("val/bpb") == {"val/bpb": "eval_loss"}


def test_the_entropy_of_a_policy_only() -> None:
    """That of attention, of a router, or of a language model that learns a text falls in healthy runs."""
    assert [kind_of(k).role for k in ("attn_entropy", "moe/router_entropy", "train/entropy_loss", "eval/entropy")] == [
        None
    ] * 4
    assert [kind_of(k).role for k in ("losses/entropy", "policy/entropy_avg", "actor/entropy")] == ["entropy"] * 3
    assert "entropy" not in roles("train/loss", "train/entropy", "train/mean_token_accuracy").values()
    assert roles("train/entropy", "rollout/ep_rew_mean")["train/entropy"] == "entropy"


@pytest.mark.parametrize("name", ["train/cross_entropy", "train/xent", "train/cross_entropy_loss", "train_nll"])
def test_a_cross_entropy_is_the_loss(name: str) -> None:
    assert kind_of(name).role == "loss"


@pytest.mark.parametrize(
    "name", ["it/s", "train/samples/s", "tokens_per_sec_per_gpu", "tokens_per_second", "charts/SPS"]
)
def test_work_per_second(name: str) -> None:
    assert kind_of(name).role == "rate"


@pytest.mark.parametrize("name", ["Timing/sec_per_kimg", "sec_per_step", "eval/samples_per_second", "update_s"])
def test_seconds_per_work_are_no_rate(name: str) -> None:
    assert kind_of(name).role != "rate"


def test_nanogpts_two_losses() -> None:
    assert roles("train/loss", "val/loss", "iter") == {"train/loss": "loss", "val/loss": "eval_loss", "iter": "step"}


def test_whose_kl_it_is() -> None:
    """Of a posterior by default; of an agent beside its rewards; of two policies where the name says so."""
    assert roles("train/loss", "train/kl")["train/kl"] == "kl"
    assert roles("train/kl", "train/reward", "train/completions/mean_length")["train/kl"] == "ref_kl"
    assert [
        kind_of(k).role
        for k in ("actor/kl_loss", "objective/kl", "policy/approxkl_avg", "actor/ppo_kl", "train/kld_loss")
    ] == [
        "ref_kl",
        "ref_kl",
        "approx_kl",
        "approx_kl",
        "kl",
    ]


def test_a_stated_family_says_whose_kl_it_is() -> None:
    one = Column(np.array([0]), np.array([1.0]))

    assert assign_roles({"train/kl": one}, family=Family.RL).role("train/kl") == "ref_kl"
    assert assign_roles({"train/kl": one, "rollout/ep_rew_mean": one}, family=Family.IMITATION).role("train/kl") == "kl"


def test_an_agents_columns_that_come_later_do_not_change_whose_kl_it_was() -> None:
    early, late = Column(np.array([0]), np.array([1.0])), Column(np.array([5]), np.array([1.0]))

    assert assign_roles({"train/kl": early, "rollout/ep_rew_mean": late}).role("train/kl") == "kl"


@pytest.mark.parametrize(("direction", "names"), [
    ("min", ["eval/FID", "Metrics/fid50k_full", "Metrics/kid50k_full", "eval/wer", "test_cer", "val/lpips", "val/rmse",
     "eval/perplexity"]),
    ("max", ["coco/bbox_mAP", "metrics/mAP50-95(B)", "val/mIoU", "eval/bleu", "test_mean_score", "eval/pc_success",
     "val/psnr", "eval/IS_mean", "val_cosine_similarity", "val_cos"]),
])  # fmt: skip
def test_which_way_is_better(direction: str, names: list[str]) -> None:
    assert {name: kind_of(name).direction for name in names} == dict.fromkeys(names, direction)
    assert {kind_of(name).group for name in names} == {"eval"}


@pytest.mark.parametrize(
    ("key", "role", "caption"),
    [
        ("test_accuracies", "eval_score", "评估准确率"),
        ("val_acc_history", "eval_score", "评估准确率"),
        ("val_loss_list", "eval_loss", "评估 loss"),
        ("train_losses_history", "loss", "loss"),
        ("global_accuracy", "eval_score", "评估准确率"),  # of federated learning
    ],
)
def test_lists_of_a_script_are_what_they_hold(key: str, role: str, caption: str) -> None:
    assert kind_of(key).role == role
    assert of_figure(kind_of(key), role) == caption


def test_a_distance_is_no_score() -> None:
    assert kind_of("val_cosine_distance").direction == "none"


def test_the_mean_over_all_cuts_decides_not_one_of_them() -> None:
    held = roles("metrics/mAP50(B)", "metrics/mAP50-95(B)") | roles(
        "coco/bbox_mAP_50", "coco/bbox_mAP_l", "coco/bbox_mAP"
    )

    assert held == {"metrics/mAP50-95(B)": "eval_score", "coco/bbox_mAP": "eval_score"}


def test_generator_and_discriminator() -> None:
    for g, d in (("loss/G", "loss/D"), ("Loss/G/loss", "Loss/D/loss"), ("g_loss", "d_loss"), ("errG", "errD")):
        assert roles(g, d) == {g: "g_loss", d: "d_loss"}
    assert roles("Loss/D/reg", "D_loss_real", "Loss/G/reg") == {}
    assert kind_of("loss_bbox_3d").role == "part"  # not of a discriminator


def test_the_loss_of_each_step_is_judged_rather_than_that_of_each_epoch() -> None:
    """The other is a second copy: the same kind, without a role."""
    assert roles("train/loss_epoch", "train/loss_step") == {"train/loss_step": "loss"}
    assert kind_of("train/loss_epoch").name == "loss"


def test_neither_a_record_nor_another_axis_is_a_measurement() -> None:
    assert roles("best_val_loss", "valid/best_loss", "lm loss vs samples", "best_val_acc") == {}


def test_a_policy_called_pi_is_no_transport_plan() -> None:
    assert kind_of("LossPi").role is None
    assert kind_of("pi0/total_loss").role != "ot_mass"
    assert kind_of("train/ot_ot_pi_sum").role == "ot_mass"


def test_an_agent_without_a_total_has_no_loss_to_watch() -> None:
    assert "loss" not in roles("train/ptx_loss", "train/reward", "train/response_length").values()
    assert roles("train/ptx_loss")["train/ptx_loss"] in {"loss", "part"}


@pytest.mark.parametrize("framework", EVERY)
def test_columns_that_come_late_never_displace_and_names_of_no_role_change_nothing(framework: Framework) -> None:
    """The law, over every table: what holds a role early holds it whatever comes later."""
    early, late = Column(np.array([0]), np.array([1.0])), Column(np.array([5]), np.array([1.0]))
    keys = sorted(framework.columns)
    first, rest = keys[::2], keys[1::2]
    before = assign_roles(dict.fromkeys(first, early))
    after = assign_roles(dict.fromkeys(first, early) | dict.fromkeys(rest, late) | {"zz/what_is_this": early})

    assert {k: after.kinds[k] for k in first} == dict(before.kinds)
    assert before.holder.items() <= after.holder.items()


def test_a_late_total_does_not_take_the_seat_of_a_part_in_a_scan() -> None:
    """Episodes of the part that was watched as the loss stand, whatever is logged from the middle on."""
    loss = descent(300)
    loss[150:] *= np.exp(np.minimum(np.arange(150) / 20, 4.0))
    columns = {"train/l1_loss": loss}
    late = {"train/loss": np.where(np.arange(300) < 200, np.nan, steady(1.0))}
    before, after = (episodes(run(history(c))).episodes for c in (columns, columns | late))

    assert any(e.id in {"divergence", "loss-jump"} for e in before)
    assert [e for e in after if e.metrics[0] == "train/l1_loss"] == [
        e for e in before if e.metrics[0] == "train/l1_loss"
    ]


def test_names_are_compared_as_words() -> None:
    assert words("train/kld_loss") == words("TrainKldLoss") == words("train.kld-loss")


def test_the_column_that_is_logged_first_keeps_the_role() -> None:
    early, late = Column(np.array([0]), np.array([1.0])), Column(np.array([5]), np.array([1.0]))

    assert assign_roles({"train/loss": late, "loss": early}).holder["loss"] == "loss"
    assert assign_roles({"train/lm_loss": early, "train/loss": early, "loss": early}).holder["loss"] == "loss"
    assert assign_roles({"train/l1_loss": early}).holder["loss"] == "train/l1_loss"
    assert assign_roles({"train/l1_loss": early, "train/loss": early}).holder["loss"] == "train/loss"


@pytest.mark.parametrize(
    ("train", "evaluation", "same"),
    [
        ("train/l1_loss", "eval/offline_eval/avg_l1", True),
        ("train/loss", "val_loss", True),
        ("losses/l1", "validation/l1", True),
        ("train/l1_loss", "eval/loss", False),
        ("train/loss", "eval/accuracy", False),
        ("train/mse_loss", "eval/action_l1", False),
    ],
)
def test_the_same_quantity(train: str, evaluation: str, same: bool) -> None:
    assert same_quantity(train, evaluation) is same


# facts


@pytest.mark.parametrize(("config", "steps"), [
    ({"steps": 20000}, 20000), ({"trainer": {"max_steps": 500}}, 500), ({"total_timesteps": 1e6}, 1_000_000),
    ({"max_steps": -1}, None), ({"steps": "3e3"}, 3000), ({"steps": True}, None), ({}, None),
    ({"warmup_steps": 500}, None), ({"max_steps": -1, "warmup_steps": 0.0, "save_steps": 500, "logging_steps": 10},
        None),
    ({"steps": 20000, "warmup_steps": 500, "policy": {"n_action_steps": 100}}, 20000), ({"warmup": {"steps": 7}}, None),
    ({"num_steps": 128, "total_timesteps": 1e6}, 1_000_000), ({"n_steps": 2048, "env": {"max_steps": 200}}, None),
    ({"num_inference_steps": 10, "training": {"steps": 900}}, 900),
])  # fmt: skip
def test_planned_steps_from_a_config(config: dict[str, Any], steps: int | None) -> None:
    assert Facts(config).planned_steps == steps


@pytest.mark.parametrize(
    "config",
    [
        {"ot": {"reg": 1.0, "tau_src": 2.0, "tau_tgt": 3.0, "lambda_ot": 0.1}},
        {"ot.reg": 1.0, "ot.tau_src": 2.0, "ot.tau_tgt": 3.0, "ot.lambda_ot": 0.1},
        {"policy": {"ot_reg": 1.0, "ot_tau_src": 2.0, "ot_tau_tgt": 3.0}, "ot_weight": 0.1, "optimizer": {"eps": 1e-8}},
    ],
)
def test_the_transport_problem_of_a_config(config: dict[str, Any]) -> None:
    ot = Facts(config).transport

    assert (ot.reg, ot.tau_src, ot.tau_tgt, ot.weight, ot.d, ot.off) == (1.0, 2.0, 3.0, 0.1, 6.0, False)


def test_an_optimisers_eps_is_no_regularisation() -> None:
    assert Facts({"optimizer": {"eps": 1e-8}}).transport.reg is None


# history and summary


@pytest.mark.parametrize(("cell", "value"), [
    (1, 1.0), ("NaN", float("nan")), ("Infinity", float("inf")), ("-Infinity", float("-inf")), (None, None),
    ("text", None),
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


@pytest.mark.parametrize("cuts", [(0, 4, 9), (0, 0, 9), (0, 1, 1, 3, 8, 9), (0, 9, 9)])
def test_appending_equals_reading_at_once(cuts: tuple[int, ...]) -> None:
    rows = [{"_step": i, "a": float(i), **({"b": 1.0} if i % 3 == 0 else {})} for i in range(9)]
    whole = from_records(rows)
    parts = [from_records(rows[i:j]) for i, j in pairwise(cuts)]
    one_by_one = parts[0]
    for part in parts[1:]:
        one_by_one = append(one_by_one, part)

    for h in (joined(parts), one_by_one):
        assert h.step.tolist() == whole.step.tolist()
        assert [(k, c.rows.tolist(), c.values.tolist()) for k, c in h.columns.items()] == [
            (k, c.rows.tolist(), c.values.tolist()) for k, c in whole.columns.items()
        ]


def test_nothing_appended_to_nothing_is_nothing() -> None:
    assert len(joined([])) == len(append(from_records([]), from_records([]))) == 0


def test_a_summary_knows_what_is_undefined() -> None:
    n = 50
    h = history(
        {
            "train/loss": descent(n),
            "train/lr": np.full(n, 1e-5),
            "ot/pi_sum": np.linspace(0, 1, n),
            "eval/accuracy": np.linspace(-1, 1, n),
        }
    )
    by = {m.key: m for m in summarise(Reading(h, Facts()))}

    assert by["train/loss"].best == h.columns["train/loss"].values.min()
    assert (by["train/lr"].best, by["train/lr"].constant, by["train/lr"].change_pct) == (None, True, 0.0)
    assert (by["ot/pi_sum"].best, by["ot/pi_sum"].change_pct, by["ot/pi_sum"].direction) == (None, None, "target")
    assert by["eval/accuracy"].change_pct is None  # the sign changed
    assert by["eval/accuracy"].best_step == n * 10


# numbers


@pytest.mark.parametrize(("value", "text"), [
    (7.302e-12, "7.3e-12"), (0.05082, "0.0508"), (1260.3, "1260"), (0.15043, "0.150"), (4.0, "4"), (0, "0"),
    (1e-5, "1e-5"),
    (None, "—"), (float("nan"), "—"), (float("inf"), "∞"), (123456.0, "123456"), (1234567.0, "1.23e6"), (25.72, "25.7"),
    (0.1, "0.1"),
])  # fmt: skip
def test_numbers_as_people_write_them(value: float | None, text: str) -> None:
    assert num(value) == text


def test_shares_and_durations() -> None:
    assert [pct(0.589), pct(0.0631), pct(None)] == ["59%", "6.3%", "—"]
    assert [duration(45), duration(4116), duration(90 * 60), duration(86400 * 2), duration(None)] == [
        "45 秒",
        "1 小时 9 分",
        "1 小时 30 分",
        "2 天",
        "—",
    ]
    assert [signed_pct(0.322, 0.303), signed_pct(1, 0)] == ["+6.3%", "—"]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("time_step", "update_time"),  # d3rlpy: how long one took
        ("time/total_timesteps", "step"),
        ("train disc cost", "d_loss"),
        ("train gen cost", "g_loss"),
        ("train_cost", None),
        ("rollout/frac_zero_spread", "zero_spread"),
        ("zero_loss_frac", None),
        ("episode/score", "reward"),
        ("D_loss_real", None),
    ],
)
def test_names_of_the_wild(name: str, role: str | None) -> None:
    assert kind_of(name).role == role
