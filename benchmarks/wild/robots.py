"""Policies that imitate: ACT, diffusion policies, BC-RNN, and vision-language-action models (SmolVLA, pi0, OpenVLA, GR00T)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from analysis.model import Ints
from benchmarks.wild.case import CRITICAL, Case, fault, healthy, sick
from benchmarks.wild.sketch import (
    NAN,
    Anchors,
    Clock,
    Derived,
    K,
    Line,
    Sketch,
    Touch,
    Trend,
    ar1,
    binomial,
    clipped,
    constant,
    cosine,
    count,
    epochs,
    every,
    figures,
    gaussian,
    level,
    linear_decay,
    lognormal,
    made,
    onward,
    quantised,
    real,
    rounded,
    staircase,
    stretch,
    student,
)

# LeRobot: window means every log_freq steps; the policy's own losses are those of the last batch


def lerobot(loss: Anchors, grad: Anchors, lr: Trend | Anchors, *, log: int, last: int, update: float, data: float | Anchors, batch: int, frames: int, config: Mapping[str, Any], noise: float = 0.06, state: str = "finished", planned: int | None = None, more: Mapping[str, Line | Derived] | None = None, then: tuple[Touch, ...] = (), evals: tuple[float, float] | None = None) -> Sketch:  # fmt: skip
    """`update`, `data`: seconds a step."""
    waited = data if isinstance(data, float) else data[-1].value
    lines: dict[str, Line | Derived] = {
        "train/steps": Line(count()),
        "train/samples": Line(count(batch)),
        "train/epochs": Line(count(batch / frames), then=(rounded(4),)),
        "train/loss": Line(loss, "log", pace="log", noise=(gaussian(noise),), then=(rounded(4), *then)),
        "train/grad_norm": Line(grad, "log", pace="log", noise=(student(0.12),), then=then),
        "train/lr": Line(lr),
        "train/update_s": Line(constant(update), then=(lognormal(0.02), rounded(3))),
        "train/dataloading_s": Line(constant(data) if isinstance(data, float) else data, then=(lognormal(0.12), rounded(3))),
        **(more or {}),
    }  # fmt: skip
    return Sketch(
        every(log, last), lines, {"batch_size": batch, "log_freq": log, **config}, state, planned, Clock(update + waited, evals=evals)
    )  # fmt: skip


ACT_SO101 = Case(
    "lerobot-act-so101-two-cameras",
    "ggand0/devlogs:vla-so101/012_act_and_wrist_only_training.md ACT",
    "imitation",
    lerobot(
        (made(100, 6.2), real(1 * K, 0.961), real(5 * K, 0.142), real(10 * K, 0.080), real(15 * K, 0.061), real(20 * K, 0.052)),
        (made(100, 95), made(1 * K, 26), made(5 * K, 9), real(20 * K, 3.915)),
        constant(1e-5),
        log=100,
        last=20 * K,
        update=0.83,
        data=0.37,
        batch=64,
        frames=22_436,
        config={"dataset": {"repo_id": "gtgando/so101_pick_place_10cm_v3", "video_backend": "pyav"}, "policy": {"type": "act", "chunk_size": 50, "n_action_steps": 50, "kl_weight": 10.0, "optimizer_lr": 1e-5}, "optimizer": {"type": "adamw", "lr": 1e-5, "weight_decay": 1e-4, "grad_clip_norm": 10.0}, "scheduler": None, "steps": 20000, "save_freq": 1000, "num_workers": 4},
        planned=20 * K,
        more={
            "train/l1_loss": Line((made(100, 0.62), made(1 * K, 0.2), made(5 * K, 0.098), made(20 * K, 0.047)), "log", pace="log", noise=(gaussian(0.1),)),
            "train/kld_loss": Line((made(100, 0.5), made(1 * K, 0.07), made(5 * K, 0.004), made(20 * K, 0.0004)), "log", pace="log", noise=(gaussian(0.15),)),
        },
    ),
    healthy(usable=False, also="data-bound", never="kl-collapse overfit plateau grad-clip-saturated lr-flat-stall no-learning grad-vanish"),
    "The loss falls eighteen-fold from 1k to 20k at constant lr, KL goes to nothing as it does with ACT, nobody evaluated during training (5 rollouts came later).",
    (
        "Nothing wrong: loss 0.961 (1k) -> 0.052, still falling a little",
        "KL 4e-4: the latent is unused, which ACT does not need at inference",
        "Not evaluated: test the ckpts at 15k and 20k on the robot",
    ),
)  # fmt: skip


def smolvla(data: float, update: float, *, dataset: str, first: Anchors) -> Sketch:
    return lerobot(
        first, (made(100, 0.82), made(1 * K, 0.4), made(5 * K, 0.2), real(20 * K, 0.11)), cosine(1e-4, 30 * K, warmup=1 * K, floor=2.5e-6),
        log=100, last=20 * K, update=update, data=data, batch=64, frames=22_436, planned=20 * K,
        config={"dataset": {"repo_id": dataset, "video_backend": "pyav"}, "policy": {"type": "smolvla", "pretrained_path": "lerobot/smolvla_base", "chunk_size": 50, "optimizer_lr": 1e-4, "scheduler_warmup_steps": 1000, "scheduler_decay_steps": 30000}, "optimizer": {"type": "adamw", "lr": 1e-4, "weight_decay": 1e-10, "grad_clip_norm": 10.0}, "steps": 20000, "save_freq": 5000, "num_workers": 4},
    )  # fmt: skip


SMOLVLA_WAITS = Case(
    "lerobot-smolvla-decodes-a-camera-it-does-not-use",
    "ggand0/devlogs:vla-so101/013_wrist_only_dataset_retraining.md excluded camera",
    "vla",
    smolvla(0.95, 0.75, dataset="gtgando/so101_pick_place_10cm_v3", first=(made(100, 0.12), real(1 * K, 0.032), real(5 * K, 0.017), real(10 * K, 0.011), real(15 * K, 0.007), real(20 * K, 0.006))),
    sick(fault("data-bound", (100, 4 * K), 8 * K), never="overfit plateau lr-zero schedule-mismatch no-learning"),
    "0.95 of 1.7 s a step go into decoding videos of two cameras although one was excluded: the loader did not know. A copy without the second camera took 5.6 h instead of 10.",
    (
        "56 % of every step waits for data: 0.95 s of 1.7 s; at most 2.3 times as fast, about 5 h of 10 h",
        "Loss 0.032 -> 0.006 is fine",
        "Both cameras are decoded although one is excluded: drop it from the data set, then num_workers 4 -> 8",
        "Result unaffected; not evaluated",
    ),
)  # fmt: skip

SMOLVLA_FAST = Case(
    "lerobot-smolvla-one-camera-same-loss-in-half-the-time",
    "ggand0/devlogs:vla-so101/013_wrist_only_dataset_retraining.md one camera",
    "vla",
    smolvla(0.25, 0.75, dataset="gtgando/so101_pick_place_10cm_v3_wrist", first=(real(100, 0.118), made(1 * K, 0.032), made(5 * K, 0.017), made(10 * K, 0.011), real(19 * K, 0.006), real(20 * K, 0.006))),
    healthy(usable=False, never="data-bound overfit plateau lr-zero no-learning grad-vanish schedule-mismatch"),
    "A quarter of the step waits for data, which is usual; lr ends at 2.7e-5 because the schedule is laid out for 30k.",
    ("Nothing wrong: loss 0.118 -> 0.006, gradient norm 0.11", "lr is at 2.7e-5 at the end: the decay is planned for 30k of which 20k were run", "Not evaluated: test the last ckpts on the robot"),
)  # fmt: skip

# lerobot-thesis: own script, loss and KL per 100 steps, success of n episodes in per cent at each ckpt


def thesis(success: Anchors, loss: Anchors, *, evals: Ints, n: int, last: int, dataset: str, minutes: float, kl: float = 4e-4, whole: float = 100.0, length: Anchors | None = None, length_sd: float = 10.0) -> Sketch:  # fmt: skip
    lines: dict[str, Line | Derived] = {
        "train/loss": Line(loss, "log", pace="log", noise=(gaussian(0.13),)),
        "train/lr": Line(constant(1e-5)),
        "train/kl_loss": Line((made(100, 0.6), made(last / 20, 0.01), made(last / 4, kl)), "log", pace="log", noise=(gaussian(0.2),)),
        "eval/success_rate": Line(success, at=evals, then=(binomial(n, whole=whole),)),
        "eval/avg_steps": Line(length if length is not None else (made(float(evals[0]), 180), made(last, 150)), noise=(gaussian(length_sd),), then=(clipped(60, 300), rounded(1)), at=evals),
    }  # fmt: skip
    config = {
        "policy": "act",
        "dataset": dataset,
        "steps": last,
        "batch_size": 8,
        "lr": 1e-5,
        "chunk_size": 100,
        "kl_weight": 10.0,
        "save_freq": int(evals[0]),
        "eval_episodes": n,
    }
    seconds = minutes * 60 / last
    return Sketch(every(100, last), lines, config, planned=last, clock=Clock(seconds, evals=(float(evals[0]), 120.0)))


ACT_157 = Case(
    "act-sim-157-episodes-success-near-the-top",
    "DanielBryars/lerobot-thesis:outputs/experiments/data_scaling/summary.csv 157",
    "imitation",
    thesis(
        figures("5:0.65 10:0.8 15:0.85 20:0.85 25:0.95 30:0.9 35:0.85 40:0.9 45:1.0", K),
        (made(100, 9), real(1 * K, 1.6472), real(5 * K, 0.4307), real(10 * K, 0.164), real(15 * K, 0.1439), real(20 * K, 0.114), real(30 * K, 0.0957), real(40 * K, 0.1046), real(45 * K, 0.1123)),
        evals=every(5 * K, 45 * K), n=20, last=45 * K, dataset="danbhf/sim_pick_place_157ep", minutes=368, whole=1.0,
    ),
    healthy(usable=True, never="overfit eval-regress kl-collapse plateau oscillation loss-jump"),
    "Success 0.65 to 1.0 of 20 episodes; single batches of loss at the end (0.096, 0.105, 0.112) wander and mean nothing.",
    ("Nothing wrong: success 100 % (20 of 20) at 45k, from 65 %", "Loss flat since 30k while success still rose", "Usable: ckpts 25k-45k are equals within the noise of 20 episodes"),
)  # fmt: skip

ACT_DIP = Case(
    "act-sim-second-position-one-bad-evaluation",
    "DanielBryars/lerobot-thesis:EXPERIMENTS.md act_pos2_100ep",
    "imitation",
    thesis(
        figures("5:80 10:80 15:85 20:90 25:85 30:55 35:80 40:85 45:70", K),
        (made(100, 8), made(5 * K, 0.31), made(20 * K, 0.09), made(45 * K, 0.061)),
        evals=every(5 * K, 45 * K), n=20, last=45 * K, dataset="danbhf/sim_pick_place_pos2_100ep", minutes=95,
        length=figures("5:208.9 10:195.8 15:218.4 20:196.3 25:188.6 30:210.2 35:203.9 40:215.7 45:219.1", K),
    ),
    healthy(usable=True, also="eval-underpowered", never="eval-regress overfit policy-collapse oscillation"),
    "90 to 55 and back to 80 with 20 episodes: 11 of 20 where 17 were expected happens once in a while (p about 0.005 for one evaluation, nine were made), and the next one is as before.",
    ("Nothing wrong: about 80 % (20 episodes each), best 90 % at 20k", "55 % at 30k is a single evaluation; before and after 80-85 %", "Usable: ckpts 15k-40k are equals; 50 episodes would tell them apart"),
)  # fmt: skip

ACT_LONG = Case(
    "act-sim-20-episodes-200k-steps-no-better-than-50k",
    "DanielBryars/lerobot-thesis:docs/EXPERIMENTS.md experiment 6",
    "imitation",
    thesis(
        figures("5:26.7 10:10 15:36.7 20:26.7 25:56.7 30:40 35:46.7 40:43.3 45:53.3 50:60 55:60 60:43.3 65:30 70:66.7 75:63.3 80:76.7 85:60 90:56.7 95:63.3 100:63.3 105:53.3 110:40 115:63.3 120:70 125:63.3 130:63.3 135:70 140:63.3 145:73.3 150:66.7 155:60 160:73.3 165:63.3 170:53.3 175:76.7 180:70 185:60 190:53.3 195:56.7 200:66.7", K),
        (made(100, 9), level(5 * K, 0.29), made(50 * K, 0.04), level(200 * K, 0.0195)),
        evals=every(5 * K, 200 * K), n=30, last=200 * K, dataset="danbhf/sim_pick_place_20251229_101340", minutes=457,
    ),
    healthy(usable=True, also="eval-underpowered", never="eval-regress overfit oscillation policy-collapse"),
    "Level at 60 to 65 % from 70k on; 30 episodes swing by 9 points either way, so 77 and 40 are the same policy. 'No gain since 70k' is worth a line, not an alarm.",
    ("Success about 63 % since 70k, no further gain in 130k steps (5 h); best 76.7 % twice is luck of 40 draws", "Loss keeps falling (0.04 -> 0.02) and says nothing", "Usable; more demonstrations instead of more steps"),
)  # fmt: skip

ACT_PICK = Case(
    "act-sim-success-high-from-the-first-ckpt",
    "DanielBryars/lerobot-thesis:EXPERIMENTS.md 2345",
    "imitation",
    thesis(
        figures("10:95 20:75 30:85 40:95 50:90 60:95 70:95 80:80 90:95", K),
        (made(100, 8), made(10 * K, 0.17), made(45 * K, 0.075), made(90 * K, 0.054)),
        evals=every(10 * K, 90 * K), n=20, last=90 * K, dataset="danbhf/sim_pick_place_2pos_200ep", minutes=190,
        length=figures("10:136.3 20:169 30:149.5 40:132.8 50:139.1 70:130.6 80:170.3 90:136.9", K),
    ),
    healthy(usable=True, also="eval-underpowered", never="eval-regress overfit plateau"),
    "The first evaluation is among the best: 95 % of 20, then 75 to 95. Not 'no improvement since the first', but at its level from the beginning.",
    ("Nothing wrong: about 90 % throughout (20 episodes each), 95 % now", "75 % and 80 % are within the noise", "Usable: any ckpt; judge by 50 episodes"),
)  # fmt: skip

ACT_COORDS = Case(
    "act-sim-told-where-the-block-is-ninety-percent-throughout",
    "DanielBryars/lerobot-thesis:EXPERIMENTS.md experiment 5a",
    "imitation",
    thesis(
        figures("5:90 10:100 15:90 20:90 25:85 30:80 35:90 40:100 45:90 50:90", K),
        (made(100, 8), made(5 * K, 0.33), made(20 * K, 0.1), level(50 * K, 0.061)),
        evals=every(5 * K, 50 * K), n=20, last=50 * K, dataset="danbhf/sim_pick_place_157ep", minutes=119, kl=3.76e-4,
        length=figures("5:162.8 10:140.6 15:146.4 20:148.5 25:148.7 30:153.7 35:135.2 40:121 45:140.2 50:144.7", K),
    ),
    healthy(usable=True, also="eval-underpowered", never="eval-regress overfit kl-collapse plateau oscillation"),
    "100, 90, 90, 85, 80, 90, 100 of 20 episodes: a slide of four evaluations that is noise around 90 %.",
    ("Nothing wrong: about 90 % throughout, 90 % now (20 episodes)", "100 -> 80 % between 10k and 30k is within the noise", "Usable: any ckpt from 10k on"),
)  # fmt: skip

ACT_ZERO = Case(
    "act-sim-mixed-data-good-loss-no-success",
    "DanielBryars/lerobot-thesis:EXPERIMENTS.md experiment 5d",
    "imitation",
    thesis(
        (real(10 * K, 0.0), real(50 * K, 0.0), real(60 * K, 10.0), real(70 * K, 0.0), real(200 * K, 0.0)),
        (made(100, 9), made(10 * K, 0.3), level(50 * K, 0.133), made(120 * K, 0.075), level(200 * K, 0.056)),
        evals=every(10 * K, 200 * K), n=20, last=200 * K, dataset="danbhf/sim_pick_place_220ep_confuser_mixed_5x", minutes=350, kl=4.2e-4,
        length=(made(10 * K, 300), made(50 * K, 300), made(60 * K, 289), made(70 * K, 300), made(200 * K, 300)), length_sd=0.0,
    ),
    sick(fault("success-zero", (10 * K, 40 * K), 60 * K), also="metric-dead no-learning plateau eval-underpowered eval-regress best-checkpoint-old", never="overfit kl-collapse divergence"),
    "Loss 0.056 is as low as that of the model that works (100 %), and yet 2 of 400 episodes succeed: it goes to a place between the two positions it was shown.",
    (
        "Success 0 % in 19 of 20 evaluations (2 of 400 episodes) although the loss is as good as that of runs that work (0.056)",
        "Episodes always run into the limit of 300 steps: it never picks anything up",
        "Average of two modes: check that the conditioning reaches the policy; train on one position first",
        "Not usable",
    ),
)  # fmt: skip

ACT_FADES = Case(
    "act-sim-distractor-success-flickers-and-goes-out",
    "DanielBryars/lerobot-thesis:EXPERIMENTS.md experiment 5e",
    "imitation",
    thesis(
        figures("5:0 10:20 15:0 20:0 25:40 30:0 35:0 40:0 45:0 50:0", K),
        (made(100, 9), made(5 * K, 0.42), made(25 * K, 0.12), level(50 * K, 0.08)),
        evals=every(5 * K, 50 * K), n=10, last=50 * K, dataset="danbhf/sim_pick_place_220ep_confuser_mixed_5x pos1", minutes=88,
        length=figures("5:300 10:271 15:300 20:300 25:238 30:300 50:300", K, "made"), length_sd=0.0,
    ),
    sick(fault("success-zero eval-regress", (5 * K, 35 * K), 50 * K), also="eval-underpowered metric-dead best-checkpoint-old oscillation", never="kl-collapse divergence"),
    "4 of 10 once, then 0 of 50 in five evaluations: that is no noise of ten episodes. The loss goes on falling.",
    ("Success 0 % in the last five evaluations (0 of 50); best 40 % at 25k (4 of 10)", "Loss falls on (0.12 -> 0.08): it does not decide here", "Test the ckpt at 25k with 50 episodes; the distractor's place gives the answer away", "Not usable as it ends"),
)  # fmt: skip

ACT_LATE = Case(
    "act-sim-random-distractor-eight-zeros-then-forty-percent",
    "DanielBryars/lerobot-thesis:EXPERIMENTS.md experiment 2",
    "imitation",
    thesis(
        figures("5:0 10:0 15:0 20:0 25:0 30:0 35:0 40:0 45:40 50:30 55:0 60:0 65:30 70:20 75:40 80:40", K),
        (made(100, 9), made(10 * K, 0.26), made(45 * K, 0.085), level(80 * K, 0.056)),
        evals=every(5 * K, 80 * K), n=20, last=80 * K, dataset="danbhf/sim_pick_place_2pos_220ep_confuser_rand", minutes=125,
        length=figures("5:300 40:300 45:236 50:252 55:300 60:300 65:250 70:268 75:234 80:239", K, "made"), length_sd=0.0,
    ),
    sick(fault("success-zero", (5 * K, 20 * K), 30 * K, lasting=False), also="eval-underpowered eval-regress oscillation metric-dead no-learning", never="overfit kl-collapse divergence"),
    "160 failed episodes in a row deserve a word by the fourth evaluation. At 45k it comes (8 of 20), is gone for two evaluations, and settles between 20 and 40 %: unstable, no longer zero.",
    ("Success 0 of 160 episodes until 40k; since then 0-40 %, now 40 % (20 episodes)", "Two evaluations at 0 in between: not stable", "Evaluate 45k, 75k, 80k with 50 episodes", "Weak: 40 % at best"),
)  # fmt: skip

SMOLVLA_ZERO = Case(
    "smolvla-sim-two-hundred-thousand-steps-zero-success",
    "DanielBryars/lerobot-thesis:EXPERIMENTS.md smolvla_so101_200k",
    "vla",
    lerobot(
        (made(100, 0.16), made(2 * K, 0.045), made(20 * K, 0.02), made(100 * K, 0.009), made(200 * K, 0.007)),
        (made(100, 1.1), made(10 * K, 0.35), made(200 * K, 0.12)),
        cosine(1e-4, 30 * K, warmup=1 * K, floor=2.5e-6),
        log=200,
        last=200 * K,
        update=0.42,
        data=0.02,
        batch=32,
        frames=5_900,
        config={"dataset": {"repo_id": "danbhf/sim_pick_place_merged_40ep"}, "policy": {"type": "smolvla", "pretrained_path": "lerobot/smolvla_base"}, "steps": 200000, "save_freq": 2000, "eval": {"n_episodes": 10}},
        planned=200 * K,
        more={"eval/success_rate": Line((real(2 * K, 0.0), real(20 * K, 0.0), real(200 * K, 0.0)), at=every(2 * K, 200 * K))},
        evals=(2_000, 60.0),
    ),
    sick(fault("success-zero metric-dead", (2 * K, 8 * K), 20 * K), also="schedule-mismatch no-learning plateau", never="overfit gen-gap divergence grad-vanish"),
    "A hundred ckpts, not one episode succeeded, while ACT reaches 80 % in the same evaluation: the loss of 0.007 proves nothing. lr is at its floor from 30k of 200k on.",
    (
        "Success 0 % in all 100 evaluations (0 of 1000 episodes), from 2k to 200k",
        "Loss 0.16 -> 0.007 looks fine; lr at its floor 2.5e-6 since 30k (15 % of the plan)",
        "Compare action scale and normalisation between training and evaluation; ACT works in the same scene",
        "Not usable",
    ),
)  # fmt: skip

PI0_THESIS = Case(
    "lerobot-pi0-noisy-loss-steady-gradients",
    "DanielBryars/lerobot-thesis:EXPERIMENTS.md pi0_so101_20k",
    "vla",
    lerobot(
        (level(200, 0.25), made(1 * K, 0.11), level(5 * K, 0.045), made(10 * K, 0.033), level(20 * K, 0.025)),
        (level(200, 1.9), level(2 * K, 1.4), level(20 * K, 1.25)),
        cosine(2.5e-5, 20 * K, warmup=1 * K, floor=2.5e-6),
        log=200,
        last=20 * K,
        update=1.27,
        data=0.02,
        batch=32,
        frames=22_534,
        noise=0.16,
        config={"dataset": {"repo_id": "danbhf/sim_pick_place_157ep"}, "policy": {"type": "pi0", "pretrained_path": "lerobot/pi0", "gradient_checkpointing": True}, "optimizer": {"type": "adamw", "lr": 2.5e-5, "grad_clip_norm": 1.0}, "steps": 20000, "save_freq": 5000},
        planned=20 * K,
    ),
    healthy(usable=False, never="grad-clip-saturated grad-explode plateau no-learning oscillation overfit"),
    "Gradient norm at 1.2 to 1.4 above a clip of 1.0 for the whole run, noisy loss after the first drop: usual for pi0. Whether it works stands in no column (it did not).",
    ("Nothing wrong in the curves: loss 0.25 -> 0.025, gradient norm steady at 1.3", "Clipping at 1.0 acts on most steps: usual for this model", "Never evaluated: no judgement on the policy without rollouts"),
)  # fmt: skip

# openpi: loss, grad_norm and param_norm every 100 steps, nothing else


def openpi(loss: Line, grad: Line, norm: Line, *, last: int, seconds: float, config: Mapping[str, Any], state: str, planned: int) -> Sketch:  # fmt: skip
    return Sketch(
        every(100, last, first=0), {"grad_norm": grad, "loss": loss, "param_norm": norm}, config, state, planned, Clock(seconds)
    )  # fmt: skip


PI0_DISK = Case(
    "openpi-pi0-disk-full-at-a-quarter",
    "DanielBryars/lerobot-thesis:EXPERIMENTS.md pi0_so101_40k",
    "vla",
    openpi(
        Line((level(0, 0.3614), made(1_000, 0.09), made(5_000, 0.042), made(10_000, 0.034)), "log", pace="log", noise=(gaussian(0.1),), then=(rounded(4),)),
        Line((level(0, 4.8452), made(1_000, 1.3), made(10_000, 0.62)), "log", pace="log", noise=(student(0.15),), then=(rounded(4),)),
        Line((made(0, 1802.2), made(10_000, 1803.1)), then=(rounded(4),)),
        last=10_000,
        seconds=2.33,
        config={"name": "pi0_so101", "num_train_steps": 40000, "batch_size": 32, "save_interval": 10000, "log_interval": 100, "lr_schedule": {"warmup_steps": 1000, "peak_lr": 2.5e-5, "decay_steps": 30000, "decay_lr": 2.5e-6}, "optimizer": {"clip_gradient_norm": 1.0}, "ema_decay": 0.99},
        state="failed",
        planned=40_000,
    ),
    sick(fault("run-crashed", (9_900, 10_000), 10_000, least=CRITICAL), never="divergence overfit plateau grad-explode"),
    "The run died while saving its first ckpt at step 10000: no space left on device. The curves are fine; the ckpt is probably not whole.",
    (
        "Stopped at 10,000 of 40,000 steps with an error, exactly at save_interval: check disk space and whether that ckpt is complete",
        "Loss 0.36 -> 0.034, gradient norm 0.6: nothing wrong until then",
        "13 GB a ckpt: four of them need a real disk",
        "Probably nothing saved",
    ),
)  # fmt: skip

PI05_SCALE = Case(
    "openpi-pi05-loss-in-the-hundreds-of-millions",
    "Physical-Intelligence/openpi#814",
    "vla",
    openpi(
        Line(
            (made(0, 4.1e8), made(3_000, 4.3e8), *figures("5900:344671968 6000:436317056 6100:247026608 6200:536607616 6300:267218320 6400:658586624 6500:429716640 6600:392010944 6700:482869024 6800:197257216 6900:401711744 7000:458975520 7100:587125760 7200:603648512 7300:294684352 7400:401008768 7500:300948032"), made(12_000, 4e8)),
            "log", noise=(gaussian(0.35),),
        ),
        Line(
            (made(0, 3.2e5), made(3_000, 4.6e5), *figures("5900:681325.81 6000:846482.38 6100:549847.88 6200:775058.38 6300:897108.31 6400:968878.06 6500:725348.69 6600:1168754.75 6700:971743.19 6800:880253.25 6900:900671.13 7000:978040.06 7100:1013011.13 7200:1019747.56 7300:1052039.13 7400:1104884.88 7500:1133271.88 7600:1154049.63"), made(12_000, 1.6e6)),
            "log", noise=(gaussian(0.2),),
        ),
        Line((made(0, 1802.4), real(5_900, 1802.5465), real(6_500, 1802.572), real(7_000, 1802.5967), real(7_500, 1802.6245), made(12_000, 1803.0)), then=(rounded(4),)),
        last=12_000,
        seconds=1.4,
        config={"name": "pi05_base-genesis_self_collect_pick_red_cube_ee_abs-nodeltatrans", "model": {"pi05": True, "action_horizon": 10}, "batch_size": 64, "num_train_steps": 100000, "lr_schedule": {"warmup_steps": 10000, "peak_lr": 5e-5, "decay_steps": 1000000, "decay_lr": 5e-5}, "optimizer": {"clip_gradient_norm": 1.0}, "ema_decay": None},
        state="killed",
        planned=100_000,
    ),
    sick(fault("scale-mismatch no-learning grad-clip-saturated component-dominates", (0, 1_500), 4_000), also="grad-explode divergence plateau run-crashed impossible-value", never="overfit lr-zero", unsaid=("clip 设", "clip=1")),
    "A flow-matching loss belongs near 1 at most; 4e8 with gradient norms of a million means that the targets are not normalised (quantile statistics of a dimension that never moves). It is like that from step 0 and learns nothing.",
    (
        "Loss 4e8 from the first step and no better since: targets not normalised (expected about 1 for flow matching)",
        "Gradient norm 3e5 -> 1.2e6 against a clip of 1: every step is clipped a million-fold",
        "Recompute norm_stats; look for a dimension whose q99 - q01 is about 0; a larger clip is no cure",
        "Nothing learnt, nothing usable",
    ),
)  # fmt: skip

PI05_NAN = Case(
    "lerobot-pi05-nan-from-the-first-record",
    "huggingface/lerobot#2465",
    "vla",
    lerobot(
        (real(200, NAN), made(6 * K, 1.0)),
        (real(200, NAN), made(6 * K, 1.0)),
        (real(200, 2.5e-6), real(400, 7.5e-6), made(1 * K, 2.25e-5), made(1_200, 2.5e-5), made(6 * K, 2.48e-5)),
        log=200,
        last=6 * K,
        update=4.46,
        data=0.03,
        batch=32,
        frames=200_000,
        config={"dataset": {"repo_id": "aa_merged280"}, "policy": {"type": "pi05", "pretrained_path": "lerobot/pi05_base", "compile_model": True, "gradient_checkpointing": True, "dtype": "bfloat16"}, "steps": 100000, "save_freq": 20000},
        state="running",
        planned=100 * K,
        then=(onward(0, NAN),),
    ),
    sick(fault("nan-inf", (0, 200), 600, least=CRITICAL), also="no-learning metric-dead", never="overfit plateau", unsaid=("回滚", "之前的 ckpt", "前的 ckpt 可用")),
    "Loss and gradient norm are NaN in every record since the first: data, statistics or a kernel, not the learning rate; and there is no ckpt before it.",
    (
        "Loss and gradient norm NaN since the first record (step 200): it never trained",
        "Check norm statistics and action ranges, one batch in float32 without compile",
        "Hours since: 7.5 at 4.5 s a step",
        "Nothing usable; there is no earlier ckpt",
    ),
)  # fmt: skip

PI05_START = Case(
    "lerobot-pi05-loss-rises-a-little-during-warm-up",
    "huggingface/lerobot#2194",
    "vla",
    lerobot(
        (real(10, 0.468), real(20, 0.467), real(30, 0.508), real(40, 0.513), made(150, 0.46), made(500, 0.2), made(1_500, 0.09), made(3 * K, 0.06)),
        (real(10, 3.522), real(20, 3.936), real(30, 3.973), real(40, 3.805), made(300, 2.6), made(3 * K, 0.9)),
        (real(10, 1.6e-7), real(20, 4.1e-7), real(30, 6.6e-7), real(40, 9.1e-7), made(1 * K, 2.5e-5), made(3 * K, 2.46e-5)),
        log=10,
        last=3 * K,
        update=4.81,
        data=(real(10, 4.874), real(20, 0.008), real(30, 0.009), made(3 * K, 0.009)),
        batch=32,
        frames=103_000,
        noise=0.09,
        config={"policy": {"type": "pi05", "pretrained_path": "lerobot/pi05_base"}, "steps": 30000, "save_freq": 1000},
        state="running",
        planned=30 * K,
    ),
    healthy(usable=False, never="no-learning loss-jump divergence data-bound grad-clip-saturated throughput-drop loss-spike"),
    "A pretrained model begins at 0.47, and 0.47 -> 0.51 at lr 1e-6 is batch noise; the 4.9 s for the first batch are the workers starting.",
    ("Nothing wrong: loss 0.47 -> 0.06, 10 % of the plan", "A low loss at the start is that of a pretrained model", "Too early to judge; not evaluated"),
)  # fmt: skip

# Other imitation frameworks

RC_CAR = Case(
    "act-rc-car-dies-in-its-first-validation",
    "maxboels/Erewhon:TRAINING_STATUS.md",
    "imitation",
    Sketch(
        every(10, 1_550, first=0),
        {
            "loss": Line((real(0, 61.49), made(100, 4.1), real(500, 0.84), real(1_000, 0.38), real(1_550, 0.25)), "log", pace="log", noise=(gaussian(0.09),)),
            "lr": Line(constant(1e-4)),
            "epoch": Line(staircase((0, 0), (1_401, 1))),
            "batch_time": Line(constant(0.19), then=(lognormal(0.06),)),
        },
        {"model": "lerobot_act", "epochs": 100, "steps_per_epoch": 1401, "batch_size": 8, "learning_rate": 1e-4, "chunk_size": 32},
        "failed",
        140_100,
        Clock(0.21),
    ),
    sick(fault("run-crashed", (1_380, 1_550), 1_550, least=CRITICAL), never="overfit plateau divergence grad-explode"),
    "One of a hundred epochs: the first validation called a branch of the VAE that returns None. The loss until then is as it should be.",
    ("Failed at 1 % of the plan, after the first epoch: at the first validation", "Loss 61.5 -> 0.25 was fine", "Mend the validation (KL without log sigma in eval mode), start again", "Nothing usable: no evaluation, likely no ckpt"),
)  # fmt: skip

ACT_ROUNDED = Case(
    "lerobot-act-loss-printed-as-zero-for-550k-steps",
    "Synria-Robotics/lerobot#7",
    "imitation",
    Sketch(
        every(500, 600 * K),
        {
            "loss": Line((made(500, 2.1), made(5 * K, 0.06), level(50 * K, 0.001), made(120 * K, 0.0004), made(600 * K, 0.0002)), "log", pace="log", noise=(gaussian(0.08),), then=(rounded(3),)),
            "grdn": Line((made(500, 90), made(50 * K, 0.9), made(200 * K, 0.25), made(600 * K, 0.15)), "log", pace="log", noise=(student(0.2),), then=(rounded(3),)),
            "lr": Line(constant(1e-5)),
            "updt_s": Line(constant(0.092), then=(lognormal(0.03), rounded(3))),
            "data_s": Line(constant(0.004), then=(lognormal(0.4), rounded(3))),
        },
        {"seed": 1000, "num_workers": 4, "batch_size": 12, "steps": 1000000, "eval_freq": 10000, "log_freq": 100, "save_freq": 50000, "policy": {"type": "act", "kl_weight": 10.0}, "optimizer": {"lr": 1e-5, "grad_clip_norm": 10.0}},
        "killed",
        1_000_000,
        Clock(0.096),
    ),
    healthy(usable=False, also="run-crashed plateau", never="masked-nan nan-inf metric-dead grad-vanish kl-collapse"),
    "Read from a console that prints three decimals: 0.000 is a small number, the gradients go on changing. That 550k steps brought nothing (and the robot does not move) stands in no column; worth a note at most.",
    ("Loss 0.001 at 50k, 0.000 (as printed) since 100k: nothing left to learn from this data", "Gradients are finite and alive: no NaN behind the zero", "Never evaluated; 100k steps would have been enough", "Test on the robot before anything else"),
)  # fmt: skip

BC_RNN_ZERO = Case(
    "robomimic-bc-rnn-square-zero-percent-for-700-epochs",
    "ARISE-Initiative/robomimic#85",
    "imitation",
    Sketch(
        every(1, 700),
        {
            "Train/Loss": Line((made(1, 2.5), made(20, -6.5), made(100, -13), made(700, -19.5)), pace="log", noise=(ar1(0.25, 0.4),)),
            "Train/Log_Likelihood": Derived(("Train/Loss",), lambda x: -x),
            "Train/Policy_Grad_Norms": Line((made(1, 30), made(50, 12), made(700, 18)), "log", noise=(student(0.25),)),
            "Timing_Stats/Train_Data_Loading": Line(constant(0.02), then=(lognormal(0.1),)),
            "Rollout/Success_Rate/NutAssemblySquare": Line((real(50, 0.0), real(350, 0.0), real(700, 0.0)), at=every(50, 700)),
            "Rollout/Return/NutAssemblySquare": Line((real(50, 0.0), real(700, 0.0)), at=every(50, 700)),
            "Rollout/Horizon/NutAssemblySquare": Line((made(50, 400), made(700, 400)), at=every(50, 700)),
        },
        {"algo_name": "bc", "experiment": {"name": "bc_rnn_gmm_square", "epoch_every_n_steps": 100, "save": {"every_n_epochs": 50}, "rollout": {"enabled": True, "n": 50, "horizon": 400, "rate": 50}}, "train": {"num_epochs": 2000, "batch_size": 100, "seq_length": 1, "data": "square/ph/low_dim.hdf5"}, "algo": {"rnn": {"enabled": True, "horizon": 10}, "gmm": {"enabled": True, "num_modes": 5}}},
        "running",
        2_000,
        Clock(6.0, evals=(50, 240)),
    ),
    sick(fault("success-zero metric-dead", (50, 150), 250), also="no-learning plateau", never="impossible-value divergence overfit"),
    "0 of 700 rollouts while the likelihood rises: the RNN is trained on sequences of length 1 (seq_length must be 10). A negative loss is right for a Gaussian mixture.",
    ("Success 0 % in all 14 evaluations (50 rollouts each)", "The likelihood rises as it should; a negative loss is normal for a GMM", "train.seq_length is 1 although rnn.horizon is 10: the known cause", "Not usable"),
)  # fmt: skip

PUSHT_BROKEN = Case(
    "lerobot-diffusion-pusht-success-counter-is-broken",
    "huggingface/lerobot#470",
    "imitation",
    lerobot(
        (made(200, 0.75), made(5 * K, 0.045), made(50 * K, 0.02), made(200 * K, 0.0085)),
        (made(200, 1.8), made(5 * K, 0.5), made(200 * K, 0.22)),
        cosine(1e-4, 200 * K, warmup=500),
        log=200,
        last=200 * K,
        update=0.105,
        data=0.006,
        batch=64,
        frames=25_650,
        config={"dataset": {"repo_id": "lerobot/pusht"}, "env": {"type": "pusht", "task": "PushT-v0"}, "policy": {"type": "diffusion"}, "steps": 200000, "eval_freq": 10000, "save_freq": 20000, "eval": {"n_episodes": 50}},
        planned=200 * K,
        more={
            "eval/pc_success": Line((real(10 * K, 0.0), real(100 * K, 0.0), real(200 * K, 0.0)), at=every(10 * K, 200 * K)),
            "eval/avg_sum_reward": Line((made(10 * K, 35), made(60 * K, 92), made(200 * K, 118)), noise=(gaussian(7.0),), at=every(10 * K, 200 * K)),
            "eval/avg_max_reward": Line((made(10 * K, 0.52), made(60 * K, 0.86), made(200 * K, 0.94)), noise=(gaussian(0.02),), then=(clipped(0, 1),), at=every(10 * K, 200 * K)),
        },
        evals=(10 * K, 300),
    ),
    sick(fault("success-zero metric-dead", (10 * K, 30 * K), 60 * K), also="plateau", never="overfit lr-zero divergence gen-gap no-learning"),
    "Max reward 0.94 and videos that look right, success exactly 0 for 20 x 50 rollouts: since gymnasium 1.0 the flag no longer arrives. Either way a constant 0 beside a good reward is worth a word.",
    (
        "pc_success is exactly 0 in all 20 evaluations (0 of 1000) although avg_max_reward rose 0.52 -> 0.94",
        "The two disagree: check how success is counted (gymnasium 1.0 moved final_info)",
        "Loss is fine (0.75 -> 0.0085); lr runs to 0 as planned",
        "No judgement until success is counted",
    ),
)  # fmt: skip

PUSHT_FINE = Case(
    "lerobot-diffusion-pusht-loss-flat-success-rises",
    "huggingface/lerobot#41",
    "imitation",
    lerobot(
        (made(250, 0.6), made(5 * K, 0.05), made(40 * K, 0.022), made(200 * K, 0.014)),
        (made(250, 1.6), made(5 * K, 0.5), made(200 * K, 0.28)),
        cosine(1e-4, 200 * K, warmup=500),
        log=250,
        last=200 * K,
        update=0.11,
        data=0.004,
        batch=64,
        frames=25_650,
        noise=0.11,
        config={"env": {"type": "pusht"}, "policy": {"type": "diffusion"}, "steps": 200000, "eval_freq": 10000, "save_freq": 10000, "eval": {"n_episodes": 100}},
        planned=200 * K,
        more={
            "eval/pc_success": Line((made(10 * K, 3), made(50 * K, 18), made(100 * K, 33), made(150 * K, 40), level(200 * K, 42.4)), at=every(10 * K, 200 * K), then=(binomial(100, whole=100.0),)),
            "eval/avg_max_reward": Line((made(10 * K, 0.5), made(60 * K, 0.84), level(200 * K, 0.9064)), noise=(gaussian(0.015),), then=(clipped(0, 1),), at=every(10 * K, 200 * K)),
        },
        evals=(10 * K, 400),
    ),
    healthy(usable=True, never="plateau overfit eval-regress lr-zero eval-leak no-learning grad-vanish"),
    "From 40k to 200k the loss falls from 0.022 to 0.014 while success goes from 15 to 42 % (100 rollouts): diffusion losses hardly move while policies improve.",
    ("Nothing wrong: success 42 % (100 rollouts), still rising", "Loss hardly moved since 40k: usual for diffusion policies", "Usable: one of the last ckpts; the original code reaches 60 %"),
)  # fmt: skip

ROBOTWIN = Case(
    "diffusion-policy-robotwin-lr-at-its-end",
    "RoboTwin-Platform/RoboTwin#3",
    "imitation",
    Sketch(
        every(20, 92_700, first=0),
        {
            "train_loss": Line((made(0, 1.05), made(1_000, 0.06), made(10_000, 0.006), made(60_000, 0.00035), level(92_640, 0.00015)), "log", pace="log", noise=(gaussian(0.45),)),
            "epoch": Line(epochs(309)),
            "lr": Line(cosine(1e-4, 92_700, warmup=500)),
            "val_loss": Line((made(309, 0.09), made(6_000, 0.03), made(20_000, 0.032), made(92_700, 0.05)), "log", noise=(gaussian(0.12),), at=every(309 * 5, 92_700)),
            "train_action_mse_error": Line((made(309, 0.2), made(20_000, 0.002), made(92_700, 0.00004)), "log", noise=(gaussian(0.2),), at=every(309 * 5, 92_700)),
        },
        {"name": "robot_dp", "task": {"name": "apple_cabinet_storage"}, "training": {"num_epochs": 300, "lr_scheduler": "cosine", "lr_warmup_steps": 500, "checkpoint_every": 300, "val_every": 5}, "optimizer": {"lr": 1e-4}, "dataloader": {"batch_size": 128}},
        "finished",
        None,
        Clock(0.16, evals=(1_545, 20)),
    ),
    healthy(usable=False, also="overfit gen-gap", never="lr-zero lr-anomaly plateau divergence grad-vanish loss-spike"),
    "lr is 1e-10 in the last epoch because the cosine ends there; single batches of 8e-5 to 3e-4 are noise. The rising validation loss says little in imitation; success was never measured in the run (it was 0 of 12).",
    ("Nothing wrong with the optimisation: loss 1.05 -> 1.5e-4, lr 0 at the planned end", "Validation loss 0.03 (20k) -> 0.05: a weak sign here", "Never rolled out during training: measure success before using it"),
)  # fmt: skip

DP_CALVIN = Case(
    "diffusion-transformer-calvin-noise-loss-stays-at-a-fifth",
    "real-stanford/diffusion_policy#80",
    "imitation",
    Sketch(
        every(50, 60_000, first=0),
        {
            "train_loss": Line((level(0, 1.0), made(500, 0.55), made(3_000, 0.3), made(15_000, 0.215), level(60_000, 0.2)), "log", pace="log", noise=(gaussian(0.12),)),
            "lr": Line(cosine(1e-4, 300_000, warmup=1_000)),
            "epoch": Line(epochs(3_000)),
            "train_action_mse_error": Line((made(3_000, 0.35), made(60_000, 0.11)), "log", noise=(gaussian(0.1),), at=every(3_000, 60_000)),
        },
        {"policy": {"_target_": "diffusion_transformer"}, "task": {"name": "calvin"}, "training": {"num_epochs": 100}, "optimizer": {"lr": 1e-4}},
        "running",
        300_000,
        Clock(0.3),
    ),
    healthy(usable=False, also="plateau", never="no-learning overfit grad-vanish divergence lr-anomaly"),
    "Predicted noise of many tasks at once: 1.0 -> 0.2 and slowly on. Whether that is enough only rollouts say; an alarm would be wrong, a note that it is nearly flat is fair.",
    ("Loss 1.0 -> 0.20, nearly flat since 15k of 300k steps: a note, not a fault", "Action error on training data still falls (0.35 -> 0.11)", "Judge by rollouts"),
)  # fmt: skip

DP_KILLED = Case(
    "diffusion-policy-stopped-in-its-warm-up",
    "philiphan0109/diffusion_policy:logs.json.txt",
    "imitation",
    Sketch(
        every(1, 1_653, first=0),
        {
            "train_loss": Line((real(0, 1.1843817), level(149, 1.1), level(449, 1.09), level(749, 1.03), level(1_049, 0.98), level(1_349, 0.97), level(1_499, 0.92), real(1_649, 0.8021477), real(1_653, 0.8064398)), noise=(gaussian(0.045),)),
            "lr": Line((real(0, 1e-7), real(149, 1e-6), real(749, 5e-6), real(1_499, 1e-5), real(1_649, 1.1e-5), real(1_653, 1.11e-5))),
            "epoch": Line(staircase((0, 0), (520, 1), (1_040, 2), (1_560, 3))),
        },
        {"training": {"num_epochs": 3000, "lr_scheduler": "cosine", "lr_warmup_steps": 15000}, "optimizer": {"lr": 1e-4}, "dataloader": {"batch_size": 64}},
        "killed",
        None,
        Clock(0.35),
    ),
    healthy(usable=False, also="run-crashed", never="no-learning plateau lr-anomaly divergence at-chance"),
    "Stopped by hand in the fourth of three thousand epochs with the lr at a tenth: 1.18 -> 0.80 is what one can expect by then.",
    ("Stopped by hand in epoch 4 of 3000, during warm-up", "Loss 1.18 -> 0.80: going as it should", "Nothing to judge yet"),
)  # fmt: skip

LIFT_DP = Case(
    "robomimic-diffusion-lift-68-percent-at-fifty-epochs",
    "ARISE-Initiative/robomimic#291",
    "imitation",
    Sketch(
        every(1, 50),
        {
            "Train/Loss": Line((made(1, 0.34), made(5, 0.09), made(20, 0.045), made(50, 0.033)), "log", noise=(gaussian(0.04),)),
            "Valid/Loss": Line((made(1, 0.18), made(10, 0.075), made(50, 0.06)), "log", noise=(gaussian(0.06),)),
            "Optimizer/policy0_lr": Line(linear_decay(1e-4, 2_000)),
            "Rollout/Success_Rate/Lift": Line((made(10, 0.16), made(20, 0.36), made(30, 0.52), made(40, 0.6), real(50, 0.68)), at=every(10, 50), then=(binomial(50),)),
            "Rollout/Horizon/Lift": Line((made(10, 370), made(50, 190)), noise=(gaussian(8),), at=every(10, 50)),
        },
        {"algo_name": "diffusion_policy", "experiment": {"epoch_every_n_steps": 500, "rollout": {"n": 50, "rate": 10, "horizon": 400}}, "train": {"num_epochs": 2000, "batch_size": 100}},
        "running",
        2_000,
        Clock(150.0, evals=(10, 600)),
    ),
    healthy(usable=True, never="overfit plateau no-learning eval-regress gen-gap eval-stale"),
    "50 records, five evaluations, rising each time: 68 % of 50 rollouts at 2.5 % of the plan.",
    ("Nothing wrong: success 68 % (50 rollouts) and rising, epoch 50 of 2000", "Training and validation loss fall together", "Go on"),
)  # fmt: skip

# Vision-language-action models in their own repositories

SPATIALVLA = Case(
    "spatialvla-lora-stairs-at-epoch-bounds",
    "ggand0/devlogs:vla-so101/018_spatialvla_training_results.md",
    "vla",
    Sketch(
        every(50, 9_800),
        {
            "train/loss": Line((real(50, 1.5709), real(100, 0.9015), real(200, 0.8112), real(1_000, 0.5913), made(1_400, 0.555), made(1_450, 0.505), real(2_000, 0.4594), made(2_800, 0.43), made(2_850, 0.4), real(3_000, 0.3942), real(4_000, 0.3611), made(4_200, 0.375), made(4_250, 0.352), real(5_000, 0.3751), made(5_600, 0.36), made(5_650, 0.272), real(6_000, 0.2631), made(6_950, 0.215), real(7_000, 0.1856), made(7_050, 0.16), real(8_000, 0.1394), made(8_400, 0.138), made(8_450, 0.118), real(9_000, 0.1141), real(9_500, 0.0914), real(9_800, 0.0799)), "log", noise=(gaussian(0.035),)),
            "train/grad_norm": Line((made(50, 3.4), made(500, 1.6), made(9_800, 2.1)), "log", noise=(student(0.25),)),
            "train/learning_rate": Line(linear_decay(5e-4, 9_814, warmup=49)),
            "train/epoch": Line(count(1 / 1_402), then=(rounded(2),)),
        },
        {"model_name_or_path": "IPEC-COMMUNITY/spatialvla-4b-224-pt", "lora": 32, "lora_alpha": 32, "per_device_train_batch_size": 2, "gradient_accumulation_steps": 8, "learning_rate": 5e-4, "lr_scheduler_type": "linear", "warmup_ratio": 0.005, "num_train_epochs": 7.0, "bf16": True, "save_steps": 2000, "logging_steps": 50},
        "finished",
        9_814,
        Clock(4.24),
        step_key="train/global_step",
        apart=True,
    ),
    healthy(usable=False, never="loss-jump loss-spike plateau lr-zero overfit divergence oscillation"),
    "The loss goes down in stairs of 10 to 25 % at the start of each of seven epochs, and creeps up within the fourth: the data are seen again. lr ends at 0 with the plan.",
    ("Nothing wrong: loss 1.57 -> 0.080 over 7 epochs", "Stairs at 1402, 2804, ... are epoch bounds; they also mean that it has begun to know the data by heart", "Not evaluated: test ckpts 6000, 8000 and 9814"),
)  # fmt: skip

BRIDGE_RISES = Case(
    "openvla-bridge-finetune-loss-goes-up",
    "openvla/openvla#98",
    "vla",
    Sketch(
        every(10, 6_000, first=0),
        {
            "train_loss": Line((level(0, 0.12), made(60, 0.25), made(300, 1.1), made(1_000, 2.1), made(3_000, 2.9), made(6_000, 3.2)), "log", noise=(gaussian(0.14),)),
            "action_accuracy": Line((level(0, 0.98), made(60, 0.93), made(300, 0.71), made(1_000, 0.47), made(3_000, 0.33), made(6_000, 0.29)), noise=(gaussian(0.035),), then=(clipped(0, 1), quantised(1 / 112))),
            "l1_loss": Line((level(0, 0.004), made(300, 0.06), made(1_000, 0.13), made(6_000, 0.2)), "log", noise=(gaussian(0.18),)),
        },
        {"vla_path": "openvla/openvla-7b", "dataset_name": "bridge_orig", "batch_size": 4, "grad_accumulation_steps": 4, "learning_rate": 5e-4, "lora_rank": 32, "image_aug": False, "max_steps": 200000, "save_steps": 2500},
        "running",
        200_000,
        Clock(2.6),
    ),
    sick(fault("divergence loss-jump eval-regress policy-collapse", (20, 900), 2_200), also="grad-explode no-learning at-chance", never="overfit plateau eval-leak"),
    "It begins as good as it was pretrained (these very data) and unlearns: lr 5e-4 with an effective batch of 16 is too much. The author's answer was batch 128 and lr 1e-5.",
    (
        "Training makes it worse since the first hundred steps: loss 0.12 -> 3.2, action accuracy 98 % -> 29 %",
        "Effective batch 16 at lr 5e-4, where 128 is usual",
        "lr 1e-5 to 1e-4 or a larger batch; start again from the base model",
        "Not usable: the base model is better",
    ),
)  # fmt: skip

OFT = Case(
    "openvla-oft-libero-spatial-150k-steps",
    "moojink/openvla-oft#74",
    "vla",
    Sketch(
        every(10 * 5, 150_000),
        {
            "VLA Train/Loss": Line((made(50, 0.31), made(1_000, 0.085), made(10_000, 0.03), made(60_000, 0.0148), made(100_000, 0.0122), made(101_000, 0.0098), level(150_000, 0.008)), "log", pace="log", noise=(gaussian(0.13),)),
            "VLA Train/Curr Action L1 Loss": Line((made(50, 0.3), made(1_000, 0.08), made(10_000, 0.026), made(100_000, 0.0105), made(101_000, 0.0085), made(150_000, 0.007)), "log", pace="log", noise=(gaussian(0.18),)),
            "VLA Train/Next Actions L1 Loss": Line((made(50, 0.31), made(1_000, 0.087), made(10_000, 0.031), made(100_000, 0.0125), made(101_000, 0.01), made(150_000, 0.0082)), "log", pace="log", noise=(gaussian(0.13),)),
            "VLA Train/Learning Rate": Line(staircase((0, 5e-4), (100_000, 5e-5))),
        },
        {"vla_path": "openvla/openvla-7b", "dataset_name": "libero_spatial_no_noops", "use_l1_regression": True, "num_images_in_input": 2, "use_proprio": True, "batch_size": 8, "learning_rate": 5e-4, "num_steps_before_decay": 100000, "max_steps": 150005, "save_freq": 10000, "image_aug": True, "lora_rank": 32},
        "finished",
        150_005,
        Clock(0.95),
    ),
    healthy(usable=False, never="lr-anomaly loss-jump plateau overfit metric-duplicate no-learning"),
    "lr falls to a tenth at 100k as configured and the loss with it. It ends at 0.008 (the paper has 0.006) and gets 92.6 % later on: fine, but nothing in the run says so.",
    ("Nothing wrong: L1 loss 0.31 -> 0.008", "The step at 100k is the planned decay of lr (5e-4 -> 5e-5)", "Not evaluated in the run: LIBERO rollouts decide"),
)  # fmt: skip

GROOT_INF = Case(
    "groot-new-action-head-loss-zero-gradient-inf",
    "NVIDIA/Isaac-GR00T#314",
    "vla",
    Sketch(
        every(10, 800),
        {
            "train/loss": Line((real(10, 0.0), real(20, 0.0), real(800, 0.0)), then=(onward(0, 0.0),)),
            "train/grad_norm": Line((real(10, math.inf), real(20, math.inf), made(800, 1.0)), then=(stretch(0, 60, math.inf), onward(60, NAN))),
            "train/learning_rate": Line((real(10, 4.5e-6), made(250, 1e-4), made(800, 9.7e-5))),
            "train/epoch": Line((real(10, 0.02), made(800, 1.6)), then=(rounded(2),)),
        },
        {"base_model_path": "nvidia/GR00T-N1.5-3B", "batch_size": 16, "gradient_accumulation_steps": 2, "max_steps": 5000, "save_steps": 500, "learning_rate": 1e-4, "warmup_ratio": 0.05, "bf16": True, "data_config": "new_robot", "embodiment_tag": "new_embodiment", "action_dim": 50, "tune_projector": True},
        "killed",
        5_000,
        Clock(1.1),
        step_key="train/global_step",
        apart=True,
    ),
    sick(fault("masked-nan nan-inf", (0, 40), 90, least=CRITICAL), also="metric-dead grad-explode no-learning run-crashed", never="overfit plateau", unsaid=("前的 ckpt 可用",)),
    "HF Trainer writes loss 0.0 where the mean is NaN; beside a gradient norm of Inf that is no perfect fit. The newly made action head overflows at once, on some starts only.",
    (
        "Loss 0.0 with gradient norm Inf, then NaN, since the first record: the zero hides a NaN",
        "A re-created action head (dim 50) overflows in bf16; other starts with the same settings ran",
        "Initialise the new head smaller, check normalisation of the extra dimensions, lower lr at the start",
        "Nothing usable; nothing to go back to",
    ),
)  # fmt: skip

GROOT_FINE = Case(
    "groot-teleop-finetune-converges-to-5e-3",
    "NVIDIA/Isaac-GR00T#363",
    "vla",
    Sketch(
        every(10, 10_000),
        {
            "train/loss": Line((made(10, 0.9), made(200, 0.14), made(1_000, 0.045), made(4_000, 0.014), level(10_000, 0.005)), "log", pace="log", noise=(gaussian(0.14),), then=(rounded(4),)),
            "train/grad_norm": Line((made(10, 3.8), made(500, 0.7), made(10_000, 0.12)), "log", pace="log", noise=(student(0.2),)),
            "train/learning_rate": Line(cosine(1e-4, 10_000, warmup=500)),
            "train/epoch": Line(count(64 / 160_000), then=(rounded(2),)),
        },
        {"base_model_path": "nvidia/GR00T-N1.5-3B", "num_gpus": 2, "batch_size": 32, "max_steps": 10000, "save_steps": 1000, "learning_rate": 1e-4, "warmup_ratio": 0.05, "lr_scheduler_type": "cosine", "tune_projector": True, "tune_diffusion_model": True},
        "finished",
        10_000,
        Clock(0.62),
        step_key="train/global_step",
        apart=True,
    ),
    healthy(usable=False, never="lr-zero plateau overfit no-learning grad-vanish lr-anomaly"),
    "The loss goes to 0.005 as for others; that the open-loop plots disappointed its owner stands in no column.",
    ("Nothing wrong: loss 0.9 -> 0.005, lr to 0 at the planned end", "Gradient norm 3.8 -> 0.12 follows the loss", "Not evaluated: open-loop error and rollouts decide"),
)  # fmt: skip

UNIVLA = Case(
    "univla-real-world-latent-accuracy-sixty-percent",
    "OpenDriveLab/UniVLA#62",
    "vla",
    Sketch(
        every(10, 10_000, first=0),
        {
            "train_loss": Line((made(0, 4.9), made(200, 2.1), made(1_500, 1.25), made(6_000, 0.95), level(10_000, 0.9)), "log", noise=(gaussian(0.07),)),
            "latent_action_accuracy": Line((made(0, 0.05), made(200, 0.3), made(1_500, 0.48), made(6_000, 0.58), level(10_000, 0.6)), noise=(gaussian(0.03),), then=(clipped(0, 1),)),
            "action_loss": Line((made(0, 0.4), made(1_500, 0.07), level(10_000, 0.04)), "log", noise=(gaussian(0.12),)),
            "lr": Line(staircase((0, 3.5e-4), (8_000, 3.5e-5))),
        },
        {"vla_path": "univla-7b", "batch_size": 8, "grad_accumulation_steps": 2, "learning_rate": 3.5e-4, "max_steps": 10000, "lora_rank": 32, "window_size": 12},
        "finished",
        10_000,
        Clock(1.9),
    ),
    healthy(usable=False, never="at-chance plateau no-learning lr-anomaly overfit"),
    "0.6 of 16^4 latent codes is far from chance, and the author calls it acceptable: accuracy depends on the data set.",
    ("Nothing wrong: loss 4.9 -> 0.9, latent accuracy 60 %, action loss 0.04", "Flat over the last 2000 steps after lr / 10", "Not evaluated: rollouts decide"),
)  # fmt: skip

CASES: tuple[Case, ...] = (
    ACT_SO101, SMOLVLA_WAITS, SMOLVLA_FAST, ACT_157, ACT_DIP, ACT_LONG, ACT_PICK, ACT_COORDS, ACT_ZERO, ACT_FADES, ACT_LATE, SMOLVLA_ZERO,
    PI0_THESIS, PI0_DISK, PI05_SCALE, PI05_NAN, PI05_START, RC_CAR, ACT_ROUNDED, BC_RNN_ZERO, PUSHT_BROKEN, PUSHT_FINE, ROBOTWIN,
    DP_CALVIN, DP_KILLED, LIFT_DP, SPATIALVLA, BRIDGE_RISES, OFT, GROOT_INF, GROOT_FINE, UNIVLA,
)  # fmt: skip
