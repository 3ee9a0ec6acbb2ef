"""PPO on language models: a critic, and a KL penalty against the reference."""

from __future__ import annotations

from benchmarks.wild.case import WARNING, Case, fault, healthy, sick
from benchmarks.wild.columns import same, total
from benchmarks.wild.sketch import (
    NAN,
    Clock,
    Derived,
    Line,
    Sketch,
    ar1,
    binomial,
    clipped,
    constant,
    count,
    epoch,
    every,
    gaussian,
    level,
    made,
    onward,
    real,
    rounded,
    student,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        name="trl-ppo-kl-climbs-while-reward-sinks",
        source="huggingface/trl#1098",
        family="grpo",
        sketch=Sketch(
            at=every(1, 240),
            lines={
                "objective/kl": Line((real(1, 0.0), made(2, 0.05), made(25, 0.9), made(80, 4.2), level(150, 10.0), made(240, 19.0)), noise=(ar1((made(1, 0.02), made(80, 0.6), made(240, 1.6)), 0.6),)),
                "objective/kl_coef": Line((made(1, 0.2), made(80, 0.194), made(240, 0.238))),
                "env/reward_mean": Line((level(1, 0.5), made(30, 0.52), made(80, 0.36), made(150, 0.08), made(240, -0.22)), noise=(gaussian(0.08),)),
                "env/reward_std": Line((made(1, 0.62), made(240, 0.74)), noise=(gaussian(0.05),)),
                "ppo/mean_scores": same("env/reward_mean"),
                "ppo/mean_non_score_reward": Derived(("objective/kl", "objective/kl_coef"), lambda k, c: -k * c / 60),
                "ppo/loss/total": Line((made(1, 0.42), made(20, 0.06), made(240, 0.09)), scale="log", noise=(gaussian(0.3),)),
                "ppo/loss/value": Line((made(1, 4.1), made(20, 0.6), made(100, 0.35), made(240, 0.7)), scale="log", noise=(gaussian(0.25),)),
                "ppo/loss/policy": Line((made(1, -0.01), made(240, -0.022)), noise=(gaussian(0.006),)),
                "ppo/policy/entropy": Line((made(1, 2.1), made(80, 1.9), made(240, 2.35)), noise=(gaussian(0.08),)),
                "ppo/policy/approxkl": Line((made(1, 0.004), made(240, 0.022)), scale="log", noise=(gaussian(0.3),)),
                "ppo/policy/clipfrac": Line((made(1, 0.03), made(240, 0.13)), noise=(gaussian(0.012),), then=(clipped(0, 1),)),
                "ppo/val/var_explained": Line((made(1, -0.4), made(40, 0.1), made(240, 0.15)), noise=(gaussian(0.08),)),
                "ppo/learning_rate": Line(constant(1.41e-5)),
            },
            config={"learning_rate": 1.41e-5, "batch_size": 128, "mini_batch_size": 8, "ppo_epochs": 4, "init_kl_coef": 0.2, "target": 6, "adap_kl_ctrl": True, "steps": 600, "whiten_rewards": False},
            state="running", planned=600, clock=Clock(74.0, jitter=0.05),
        ),
        expect=sick(
            fault("kl-explode eval-regress policy-collapse ppo-kl-blowup", (20, 150), 210, WARNING), also="value-not-learning no-learning oscillation divergence", never="converged kl-negative nan-inf",
        ),
        why="The KL to the reference goes from 0 to 10 by step 150 and on, and the score, which that distance should buy, sinks below where it began. "
        "The policy drifts without being paid for it: lr and four epochs over each batch are too much, the value function explains next to nothing.",
        read=(
            "在变差：KL 0→19 仍在升，reward 0.5→−0.2，比没训练的模型还低",
            "var_explained 约 0.1：value 几乎没学到，优势估计不可靠；clipfrac 0.03→0.13",
            "→ lr 降到 5e-6 以下，ppo_epochs 4→1，先预热 value；从 30 步之前的 ckpt 重开",
            "自适应 kl_coef 0.2→0.24 调得太慢，拉不住",
        ),
    ),
    Case(
        name="llamafactory-qwen-ppo-negative-kl",
        source="hiyouga/LlamaFactory#664",
        family="grpo",
        sketch=Sketch(
            at=every(10, 600),
            lines={
                "objective/kl": Line((made(10, 0.4), made(20, -0.3), level(60, -5.27), made(150, -9.5), made(300, -16), made(600, -24)), noise=(ar1((made(10, 0.3), made(100, 1.2), made(600, 2.0)), 0.5),)),
                "objective/kl_coef": Line((made(10, 0.2), made(600, 0.105))),
                "loss": Line((made(10, 1.4), made(60, 0.5), made(600, 0.34)), scale="log", noise=(gaussian(0.2),), then=(rounded(4),)),
                "reward": Line((made(10, -0.15), made(60, 0.3), made(150, 0.55), made(300, 0.2), made(600, -0.5)), noise=(gaussian(0.18),), then=(rounded(4),)),
                "ppo/policy/entropy": Line((made(10, 1.3), made(600, 0.9)), noise=(gaussian(0.05),)),
                "learning_rate": Line((level(10, 1e-5), made(600, 8.7e-6))),
                "epoch": Line(epoch(1_450)),
            },
            config={"stage": "ppo", "model_name_or_path": "Qwen-7B-Chat", "finetuning_type": "lora", "lora_target": "c_attn", "learning_rate": 1e-5, "lr_scheduler_type": "cosine", "per_device_train_batch_size": 2, "gradient_accumulation_steps": 4, "logging_steps": 10, "num_train_epochs": 1.0, "top_k": 0, "top_p": 0.9},
            state="running", planned=1_450, clock=Clock(13.0, jitter=0.06),
        ),
        expect=sick(
            fault("kl-negative impossible-value", (10, 80), 250, WARNING), also="kl-explode policy-collapse eval-regress kl-collapse no-learning divergence ppo-kl-blowup", never="converged nan-inf",
        ),
        why="A KL divergence is no negative number: from step 20 on its estimate is, and more so every time. The answers are not drawn from the policy that is measured "
        "(top_p below 1, padding counted, a template of its own), and the penalty turns into a prize for it. The reward turns as well.",
        read=(
            "objective/kl 从第 20 步起为负且越来越负（−5→−24）：采样与打分的分布不一致，KL 惩罚变成了奖励",
            "reward 0.55（150 步）→ −0.5，已在变差",
            "→ 生成用 top_p=1、top_k=0、temperature=1，核对 pad/eos 的 mask，再从头跑",
            "目前的 ckpt 不建议用",
        ),
    ),
    Case(
        name="verl-ppo-critic-nan-behind-a-sound-actor",
        source="verl-project/verl#498",
        family="grpo",
        sketch=Sketch(
            at=every(1, 60),
            lines={
                "critic/vf_loss": Line((real(1, NAN),), then=(onward(0, NAN),)),
                "critic/vpred_mean": Line((real(1, NAN),), then=(onward(0, NAN),)),
                "critic/grad_norm": Line((real(1, NAN),), then=(onward(0, NAN),)),
                "critic/vf_clipfrac": Line((made(1, 0.0),)),
                "critic/vf_explained_var": Line((real(1, -72.348), made(60, -73.0)), noise=(gaussian(2.5),), then=(rounded(3),)),
                "critic/lr": Line(constant(1e-5)),
                "critic/kl_coeff": Line((real(1, 0.04),)),
                "actor/entropy_loss": Line((real(1, 0.442), made(20, 0.40), made(60, 0.37)), noise=(gaussian(0.008),), then=(rounded(3),)),
                "actor/pg_loss": Line((made(1, 0.0),), noise=(gaussian(0.004),), then=(rounded(3),)),
                "actor/pg_clipfrac": Line((made(1, 0.004), made(60, 0.006)), noise=(gaussian(0.001),), then=(clipped(0), rounded(3))),
                "actor/ppo_kl": Line((made(1, 0.0),), noise=(gaussian(0.0008),), then=(rounded(3),)),
                "actor/grad_norm": Line((real(1, 9.819), made(20, 8.8), made(60, 8.2)), scale="log", noise=(student(0.12, 4),), then=(rounded(3),)),
                "actor/lr": Line(constant(1e-6)),
                "critic/score/mean": Line((real(1, 0.594), made(20, 0.61), made(60, 0.615)), then=(clipped(0, 1), binomial(1_024), rounded(3))),
                "response_length/mean": Line((real(1, 257.125), made(60, 251)), noise=(gaussian(4),), then=(rounded(3),)),
                "response_length/clip_ratio": Line((made(1, 0.01), made(60, 0.008)), then=(binomial(1_024), rounded(3))),
                "timing_s/step": Line((made(1, 88),), noise=(gaussian(2),), then=(rounded(3),)),
            },
            config={"algorithm": {"adv_estimator": "gae", "kl_ctrl": {"kl_coef": 0.04}}, "actor_rollout_ref": {"actor": {"optim": {"lr": 1e-6}, "ppo_mini_batch_size": 256}}, "critic": {"optim": {"lr": 1e-5}, "ppo_micro_batch_size_per_gpu": 4}, "trainer": {"total_epochs": 15, "total_training_steps": 105}},
            state="running", planned=105, clock=Clock(88.0, jitter=0.03),
        ),
        expect=sick(
            fault("nan-inf value-not-learning", (1, 2), 10, WARNING), also="metric-dead no-learning plateau grad-clip-saturated", never="policy-collapse divergence converged truncated-answers",
        ),
        why="Everything of the critic is NaN from the first update while actor, rewards and lengths look sound: bad gradients are skipped, so the critic stays as it was initialised (explained "
        "variance -72) and the advantages are noise. The score does not move, which is what follows from it.",
        read=(
            "critic 从第 1 步起全为 NaN（vf_loss、vpred、grad norm）：critic 没有在更新",
            "vf_explained_var −72：优势估计等于噪声，score 60 步只从 0.594 到 0.61（在误差内）",
            "→ 查 critic 的 attention mask/padding（去掉 remove_padding 试）、dtype；修好后从头",
            "actor 各项有限，属表面正常",
        ),
    ),
    Case(
        name="hongbomiao-trl-ppo-sixty-three-updates",
        source="hongbo-miao/hongbomiao.com#37684",
        family="grpo",
        sketch=Sketch(
            at=every(1, 63),
            lines={
                "objective/kl": Line((made(1, 5.6), real(6, 6.809), real(7, 6.949), real(8, 7.566), made(20, 10), real(33, 12.095), real(34, 11.548), real(51, 10.508), real(52, 11.287), made(63, 10.9)), noise=(gaussian(0.9),)),
                "objective/entropy": Line((made(1, 118), real(6, 114.4), made(30, 108), made(63, 104)), noise=(gaussian(9),)),
                "objective/non_score_reward": Derived(("objective/kl",), lambda k: -0.05 * k),
                "objective/scores": Line((made(1, 1.7), real(6, 2.359375), real(7, 1.5234375), made(20, 1.85), real(33, 2.078125), real(34, 1.984375), real(51, 1.6328125), real(52, 1.6796875), made(63, 1.9)), noise=(gaussian(0.26),)),
                "objective/rlhf_reward": total("objective/scores", "objective/non_score_reward"),
                "policy/approxkl_avg": Line((made(1, 0.004), made(63, 0.0006)), scale="log", noise=(gaussian(0.45),)),
                "policy/clipfrac_avg": Line((made(1, 0.03), made(63, 0.004)), noise=(gaussian(0.006),), then=(clipped(0),)),
                "loss/policy_avg": Line((made(1, -0.012), made(63, -0.003)), noise=(gaussian(0.006),)),
                "loss/value_avg": Line((made(1, 0.62), real(6, 0.3470), real(7, 0.3305), made(20, 0.2), real(33, 0.1524), real(34, 0.0833), real(51, 0.1532), real(52, 0.0871), made(63, 0.09)), scale="log", noise=(gaussian(0.28),)),
                "val/clipfrac_avg": Line((made(1, 0.06), made(63, 0.002)), noise=(gaussian(0.008),), then=(clipped(0),)),
                "val/ratio": Line((made(1, 1.002), made(63, 1.0003)), noise=(gaussian(0.003),)),
                "lr": Line((made(1, 1e-5), real(6, 9.206e-06), real(7, 9.048e-06), real(33, 4.9206e-06), real(34, 4.7619e-06), real(51, 2.0635e-06), real(52, 1.9048e-06), made(63, 1.587e-07))),
                "episode": Line(count(16)),
                "epoch": Line((made(1, 0.016), made(63, 1.0)), then=(rounded(2),)),
            },
            config={"learning_rate": 1e-5, "kl_coef": 0.05, "num_ppo_epochs": 4, "total_episodes": 1_000, "per_device_train_batch_size": 1, "gradient_accumulation_steps": 16, "missing_eos_penalty": 1.0},
            planned=63, clock=Clock(21.0, jitter=0.05),
        ),
        expect=healthy(usable=False, also="no-learning plateau at-chance", never="kl-explode kl-negative policy-collapse value-not-learning ppo-kl-blowup divergence eval-regress"),
        why="A thousand episodes, sixteen an update: scores scatter about 1.8 and neither rise nor fall, the KL settles at 11, the value loss comes down to 0.1 while the lr goes to 0 as planned. "
        "Technically sound and too short to show a gain.",
        read=(
            "1000 个 episode 的短跑，过程正常：KL 稳在 11，value loss 0.6→0.1",
            "scores 在 1.8±0.3 间波动，没有上升：太短，看不出收益",
            "→ total_episodes 加到 2 万以上再判断；每次更新 16 个太少，加大 batch",
        ),
    ),
)
# fmt: on
