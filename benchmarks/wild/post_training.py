"""Language models: reinforcement (GRPO, PPO) on verifiable and on learnt rewards."""

from __future__ import annotations

import numpy as np

from benchmarks.wild.case import CRITICAL, INFO, WARNING, Case, fault, healthy, sick
from benchmarks.wild.columns import kl_term, same, total
from benchmarks.wild.sketch import (
    NAN,
    Clock,
    Derived,
    Floats,
    Line,
    Rng,
    Sketch,
    Touch,
    apply,
    ar1,
    binomial,
    clipped,
    constant,
    cosine,
    count,
    epoch,
    every,
    figures,
    flat,
    gaussian,
    level,
    linear_decay,
    lognormal,
    made,
    onward,
    printed,
    quantised,
    real,
    rounded,
    sometimes,
    spike,
    spikes,
    student,
)


def group(n: int, together: float = 0.8) -> Touch:
    """x is a chance: what n answers to one question show of it. Easy questions are easy for all n (together: 0.5 much, 4 little)."""

    def touch(x: Floats, steps: Floats, rng: Rng) -> Floats:
        p = np.clip(x, 1e-3, 1 - 1e-3)
        return rng.binomial(n, rng.beta(p * together, (1 - p) * together)) / n

    return touch


def spread(n: int, span: float = 1.0, rest: float = 0.0) -> Touch:
    """The standard deviation within a group of which that share was right."""
    return apply(lambda f, s: span * np.sqrt(np.clip(f * (1 - f), 0, None) * n / (n - 1)) + rest)


OPEN_R1_COLLAPSE = Case(
    name="open-r1-reward-ends-at-zero-with-a-huge-kl",
    source="huggingface/open-r1#257",
    family="grpo",
    sketch=Sketch(
        at=every(10, 2_600),
        lines={
            "train/kl": Line(
                (
                    made(10, 1.5e-5), real(50, 8.575916290283203e-05), real(60, 0.00010432004928588867), made(200, 0.0012), made(500, 0.009), made(900, 0.045), made(1_150, 0.13), made(1_300, 0.7), made(1_420, 12),
                    made(1_600, 900), made(2_000, 2.4e4), made(2_600, 3.1e5),
                ),
                scale="log", noise=(gaussian(0.3),),
            ),
            "train/loss": kl_term(0.04),
            "train/grad_norm": Line((real(50, 0.9503731084601761), real(60, 0.4910426002806111), made(900, 0.6), made(1_200, 1.4), made(1_400, 40), made(2_600, 260)), scale="log", noise=(student(0.3, 3),)),
            "train/rewards/accuracy_reward": Line((made(10, 0.22), real(50, 0.275), real(60, 0.1625), real(70, 0.19375), made(300, 0.33), made(900, 0.45), made(1_200, 0.47), made(1_330, 0.30), made(1_460, 0.03), made(1_560, 0.0)), then=(clipped(0, 1), binomial(160))),
            "train/rewards/format_reward": Line((real(50, 0.01875), real(60, 0.01875), real(70, 0.0), made(400, 0.08), made(1_000, 0.24), made(1_250, 0.28), made(1_400, 0.06), made(1_480, 0.0)), then=(clipped(0, 1), binomial(160))),
            "train/rewards/reasoning_steps_reward": Line((real(50, 0.6427083551883698), real(60, 0.6739583507180213), real(70, 0.6385416761040688), made(400, 0.78), made(1_000, 0.9), made(1_280, 0.82), made(1_420, 0.2), made(1_520, 0.0)), noise=(gaussian((made(10, 0.035), made(1_420, 0.03), made(1_520, 0.0))),), then=(clipped(0, 1),)),
            "train/rewards/cosine_scaled_reward": Line((real(50, -0.03994722058996558), real(60, -0.14418444326147437), real(70, -0.10490049961954355), made(400, 0.04), made(1_000, 0.16), made(1_280, 0.08), made(1_450, -0.09), made(1_560, 0.0)), noise=(gaussian((made(10, 0.05), made(1_450, 0.03), made(1_560, 0.0))),)),
            "train/reward": total("train/rewards/accuracy_reward", "train/rewards/format_reward", "train/rewards/reasoning_steps_reward", "train/rewards/cosine_scaled_reward"),
            "train/reward_std": Line((real(50, 0.8323002576828002), real(60, 0.7402671471238136), made(1_000, 0.78), made(1_300, 0.7), made(1_450, 0.12), made(1_560, 0.0)), noise=(gaussian((made(10, 0.06), made(1_450, 0.03), made(1_560, 0.0))),), then=(clipped(0),)),
            "train/completion_length": Line((real(50, 849.65625), real(60, 887.85), made(500, 800), made(1_200, 770), made(1_400, 930), made(1_550, 1_024)), noise=(gaussian((made(10, 30), made(1_400, 25), made(1_560, 0.0))),), then=(clipped(high=1_024),)),
            "train/learning_rate": Line((made(10, 1.104362230811706e-07), real(50, 5.521811154058532e-07), real(60, 6.626173384870238e-07), real(70, 7.730535615681944e-07), made(1_811, 2e-5), made(2_600, 1.99e-5))),
            "train/epoch": Line(epoch(18_110)),
        },
        config={"model_name_or_path": "DeepSeek-R1-Distill-Qwen-1.5B", "num_generations": 8, "per_device_train_batch_size": 4, "gradient_accumulation_steps": 2, "beta": 0.04, "learning_rate": 2e-5, "lr_scheduler_type": "cosine", "warmup_ratio": 0.1, "bf16": True, "use_vllm": True, "logging_steps": 10, "max_completion_length": 1_024},
        step_key="train/global_step", state="killed", planned=18_110, clock=Clock(11.5, jitter=0.06),
    ),
    expect=sick(
        fault("policy-collapse kl-explode divergence", (1_100, 1_480), 1_750, CRITICAL), also="eval-regress no-spread grad-explode loss-spike loss-jump truncated-answers component-dead success-zero entropy-collapse metric-dead",
        never="converged plateau", unsaid=("已收敛", "已恢复"),
    ),
    why="Reward rises to step 1200 while the lr still climbs in its warm-up, then policy and reference part: KL from 0.1 to 10,000 in a few hundred steps, "
    "all rewards to exactly 0, answers at the length limit. There is no way back: the policy writes noise, all groups score alike.",
    read=(
        "策略崩溃：1300 步起 KL 0.1→3e5，四项奖励全部归 0，reward_std 0；未恢复，可停",
        "崩溃发生在 warmup 途中（lr 1.4e-5 仍在升）；峰值 lr 2e-5 对 1.5B 偏大",
        "回复顶到 1024 上限：多半是重复或乱码",
        "→ 回到 1200 步之前的 ckpt；lr 降到 1e-6，调大 beta 或裁剪梯度",
        "loss 大涨只是 0.04×KL",
    ),
)  # fmt: skip

OPEN_R1_FORMAT = Case(
    name="open-r1-format-is-all-that-is-learnt",
    source="huggingface/open-r1#255",
    family="grpo",
    sketch=Sketch(
        at=every(5, 650),
        lines={
            "train/kl": Line((real(5, 0.0001536548137664795), real(10, 0.0039509057998657225), made(15, 0.112), made(30, 0.42), made(80, 0.7), made(650, 0.95)), scale="log", noise=(gaussian(0.12),)),
            "train/loss": kl_term(0.04),
            "train/grad_norm": Line((real(5, 0.7982587522423048), real(10, 0.8481642609786243), real(15, 1.8925111056766821), made(30, 1.1), made(90, 0.2), made(650, 0.08)), scale="log", noise=(student(0.3, 4),)),
            "train/rewards/accuracy_reward": Line((real(5, 0.15982143627479672), real(10, 0.1178571494296193), real(15, 0.06428571762517095), made(20, 0.035), made(40, 0.006), made(90, 0.001), made(650, 0.0004)), then=(clipped(0, 1), binomial(1_120))),
            "train/rewards/format_reward": Line((real(5, 0.4758928777649999), real(10, 0.5544643074274063), real(15, 0.8571428976953029), made(20, 0.93), made(40, 0.985), made(90, 0.997), made(650, 0.999)), then=(clipped(0, 1), binomial(1_120))),
            "train/rewards/reasoning_steps_reward": Line((real(5, 0.17351191807538272), real(10, 0.1505952463950962), real(15, 0.05982143310829997), made(30, 0.012), made(90, 0.001), made(650, 0.0)), noise=(gaussian((made(5, 0.01), made(30, 0.004), made(90, 0.0))),), then=(clipped(0),)),
            "train/rewards/cosine_scaled_reward": Line((real(5, -0.09774131584854331), real(10, -0.12882936951355078), real(15, -0.09459048047865508), made(30, -0.06), made(90, -0.045), made(650, -0.04)), noise=(gaussian(0.006),)),
            "train/reward": total("train/rewards/accuracy_reward", "train/rewards/format_reward", "train/rewards/reasoning_steps_reward", "train/rewards/cosine_scaled_reward"),
            "train/reward_std": Line((real(5, 0.5312667317688465), real(10, 0.5247403308749199), real(15, 0.3431109061697498), made(30, 0.09), made(90, 0.02), made(650, 0.008)), scale="log", noise=(gaussian(0.15),)),
            "train/completion_length": Line((real(5, 387.50359020233157), real(10, 378.24644565582275), real(15, 190.537), made(30, 62), made(90, 33), made(650, 28)), scale="log", noise=(gaussian(0.05),)),
            "train/learning_rate": Line(cosine(2e-5, 650, warmup=65)),
            "train/epoch": Line(epoch(650)),
        },
        config={"num_generations": 7, "beta": 0.04, "learning_rate": 2e-5, "lr_scheduler_type": "cosine", "warmup_ratio": 0.1, "logging_steps": 5, "num_train_epochs": 1, "per_device_train_batch_size": 16, "gradient_accumulation_steps": 4, "reward_funcs": ["accuracy", "format", "reasoning_steps", "cosine"], "max_steps": 650},
        step_key="train/global_step", planned=650, clock=Clock(24.0, jitter=0.08),
    ),
    expect=sick(
        fault("policy-collapse component-dominates component-dead eval-regress success-zero", (5, 60), 200, WARNING), also="no-spread kl-explode entropy-collapse plateau gen-gap metric-dead", never="truncated-answers nan-inf",
        unsaid=("已收敛",),
    ),
    why="The total goes up (0.71 to 0.96), and every bit of that is the format: answers shrink from 390 tokens to 30, right in shape and wrong in "
    "content; accuracy falls from 16 % to nothing within thirty steps. A hacked reward, of which the sum tells nothing.",
    read=(
        "总 reward 0.71→0.95 全部来自格式分（0.48→1.00）；accuracy_reward 16%→0：钻了格式奖励的空子",
        "回复 388→30 token，reasoning_steps 归 0：模型不再推理，只输出模板",
        "reward_std 降到 0.01，之后已无梯度",
        "→ 降低格式奖励权重（或格式与答案都对才给分），lr 2e-5→1e-6，从头训",
        "30 步之后的 ckpt 无用",
    ),
)  # fmt: skip

CONVSEARCH = Case(
    name="convsearch-r1-score-falls-to-zero-in-the-second-epoch",
    source="BeastyZ/ConvSearch-R1#6",
    family="grpo",
    sketch=Sketch(
        at=every(1, 330),
        lines={
            "critic/score/mean": Line((made(1, 0.42), made(40, 0.78), made(120, 1.12), made(200, 1.25), level(262, 1.3), made(270, 1.27), made(278, 0.85), made(288, 0.2), level(300, 0.0)), noise=(gaussian((made(1, 0.03), made(268, 0.03), made(276, 0.06), made(300, 0.001))),), then=(clipped(0),)),
            "critic/score/max": Line((level(1, 2.0), made(280, 2.0), made(300, 0.9), made(315, 0.0)), then=(rounded(3), clipped(0))),
            "critic/score/min": Line((level(1, 0.0),)),
            "critic/rewards/mean": same("critic/score/mean"),
            "actor/entropy_loss": Line((made(1, 0.62), made(60, 0.38), made(200, 0.27), made(258, 0.30), made(272, 0.6), made(284, 2.4), made(300, 4.1), made(330, 4.6)), noise=(gaussian((made(1, 0.01), made(260, 0.012), made(290, 0.15))),)),
            "actor/kl_loss": Line((made(1, 0.0004), made(60, 0.06), made(200, 0.22), made(256, 0.31), made(270, 0.9), made(284, 6.0), made(300, 14.0), made(330, 17.0)), scale="log", noise=(gaussian(0.08),)),
            "actor/kl_coef": Line((real(1, 0.001),)),
            "actor/pg_loss": Line((made(1, 0.0),), noise=(gaussian((made(1, 0.012), made(280, 0.02), made(300, 0.001))),)),
            "actor/pg_clipfrac": Line((made(1, 0.0006), made(200, 0.0016), made(268, 0.004), made(284, 0.03), made(305, 0.001)), scale="log", noise=(gaussian(0.3),)),
            "actor/ppo_kl": Line((made(1, 0.0),), noise=(gaussian((made(1, 0.0002), made(260, 0.0004), made(284, 0.01), made(305, 0.002))),)),
            "actor/grad_norm": Line((made(1, 0.31), made(200, 0.24), made(262, 0.3), made(274, 1.6), made(284, 4.5), made(300, 0.4), made(330, 0.12)), scale="log", noise=(student(0.14, 4),)),
            "actor/lr": Line((made(1, 1e-8), level(100, 1e-6))),
            "response_length/mean": Line((made(1, 210), made(100, 170), made(255, 182), made(272, 300), made(286, 760), made(300, 1_010), made(330, 1_024)), noise=(gaussian((made(1, 4), made(300, 6), made(330, 0.5))),), then=(clipped(high=1_024),)),
            "response_length/max": Line((made(1, 780), made(200, 640), made(262, 1_024)), noise=(gaussian((made(1, 90), made(262, 0.0))),), then=(clipped(high=1_024), rounded(0))),
            "response_length/clip_ratio": Line((made(1, 0.002), made(200, 0.001), made(262, 0.012), made(274, 0.12), made(288, 0.66), made(300, 0.97), made(330, 1.0)), then=(clipped(0, 1), binomial(1_024))),
            "timing_s/gen": Line((made(1, 24), made(262, 23), made(300, 48)), noise=(gaussian(1.0),)),
            "timing_s/step": Derived(("timing_s/gen",), lambda g: g + 61),
        },
        config={"data": {"train_batch_size": 128, "max_response_length": 1_024}, "actor_rollout_ref": {"model": {"path": "Qwen2.5-3B-Instruct"}, "actor": {"optim": {"lr": 1e-6, "lr_warmup_steps": 100}, "use_kl_loss": True, "kl_loss_coef": 0.001}, "rollout": {"n": 8, "temperature": 1.0}}, "algorithm": {"adv_estimator": "grpo"}, "trainer": {"total_epochs": 2, "total_training_steps": 462}},
        planned=462, state="running", clock=Clock((made(1, 85), made(265, 84), made(300, 109)), jitter=0.03),
    ),
    expect=sick(
        fault("policy-collapse kl-explode eval-regress", (255, 292), 310, CRITICAL), also="truncated-answers no-spread success-zero loss-spike grad-spike grad-explode entropy-collapse divergence throughput-drop metric-dead",
        never="converged", unsaid=("已收敛", "已恢复"),
    ),
    why="260 good steps, then in thirty the score goes from 1.3 to 0; KL and entropy leave first, the answers run into the limit, a mix of languages "
    "comes out. Nothing in the reward says it beforehand, KL, entropy and clip ratio do, some ten steps earlier.",
    read=(
        "策略崩溃：score 1.3 在 270–300 步跌到 0，至今未恢复，应停",
        "先兆在 260 步：KL 0.3→0.9、entropy 0.27→0.6、被截断回答 0→12%；现在 100% 截断（输出乱码）",
        "→ 用 260 步左右的 ckpt；续训加大 kl_loss_coef（0.001→0.01）或降 lr、调低温度",
        "300 步后 reward 无差异，没有可学的信号",
    ),
)  # fmt: skip

AGENT_R1 = Case(
    name="agent-r1-actor-is-nan-from-step-eighty-three",
    source="AgentR1/Agent-R1#30",
    family="grpo",
    sketch=Sketch(
        at=every(1, 104),
        lines={
            "actor/kl_loss": Line((made(1, 0.0006), made(40, 0.05), made(82, 0.16), real(83, NAN)), scale="log", noise=(gaussian(0.12),), then=(onward(83, NAN),)),
            "actor/entropy_loss": Line((made(1, 0.55), made(40, 0.34), made(82, 0.29), real(83, NAN)), noise=(gaussian(0.012),), then=(onward(83, NAN),)),
            "actor/pg_loss": Line((made(1, 0.0), real(83, NAN)), noise=(gaussian(0.01),), then=(onward(83, NAN),)),
            "actor/ppo_kl": Line((made(1, 0.0), real(83, NAN)), noise=(gaussian(0.0004),), then=(onward(83, NAN),)),
            "actor/pg_clipfrac": Line((made(1, 0.0008), made(82, 0.003)), scale="log", noise=(gaussian(0.2),), then=(onward(83, 0.0),)),
            "actor/grad_norm": Line((made(1, 0.5), made(82, 0.42), real(83, NAN)), scale="log", noise=(student(0.2, 4),), then=(onward(83, NAN),)),
            "actor/kl_coef": Line((real(83, 0.001),)),
            "actor/lr": Line(constant(1e-6)),
            "critic/score/mean": Line((made(1, -0.55), made(30, -0.12), made(82, 0.24), real(83, -1.0), made(84, -1.0)), noise=(gaussian((made(1, 0.04), made(82, 0.04), made(83, 0.0))),)),
            "critic/score/max": Line((made(1, 1.0), made(82, 1.0), real(83, -1.0))),
            "critic/score/min": Line((real(83, -1.0),)),
            "response_length/mean": Line((made(1, 320), made(82, 270), real(83, 257.0), made(84, 257.0)), noise=(gaussian((made(1, 12), made(82, 12), made(83, 0.0))),)),
            "response_length/max": Line((made(1, 1_180), made(82, 1_040), real(83, 257.0), made(84, 257.0)), noise=(gaussian((made(1, 60), made(82, 60), made(83, 0.0))),), then=(rounded(0),)),
            "response_length/clip_ratio": Line((made(1, 0.02), made(82, 0.01), real(83, 1.0), made(84, 1.0)), then=(clipped(0, 1), binomial(640))),
            "prompt_length/mean": Line((real(83, 318.438),), noise=(gaussian(3.0),), then=(rounded(3),)),
            "global_seqlen/mean": Line((made(1, 25_200), made(82, 24_100), real(83, 23_017.5), made(84, 23_017)), noise=(gaussian(180),), then=(rounded(1),)),
            "mfu/actor": Line((real(83, 0.041),), noise=(gaussian(0.001),), then=(rounded(3),)),
            "timing_s/step": Line((made(1, 142), made(82, 131), made(83, 96)), noise=(gaussian(5),)),
        },
        config={"actor_rollout_ref": {"actor": {"optim": {"lr": 1e-6}, "use_kl_loss": True, "kl_loss_coef": 0.001}, "rollout": {"n": 5}}, "algorithm": {"adv_estimator": "grpo", "kl_ctrl": {"kl_coef": 0.001}}, "trainer": {"total_epochs": 1, "total_training_steps": 300}},
        planned=300, state="running", clock=Clock((made(1, 142), made(82, 131), made(83, 96)), jitter=0.03),
    ),
    expect=sick(
        fault("nan-inf", (82, 84), 88, CRITICAL), also="policy-collapse eval-regress truncated-answers no-spread loss-jump metric-dead success-zero", never="converged plateau", unsaid=("已恢复", "已收敛"),
    ),
    why="At step 83 every quantity of the actor is NaN and stays so: the weights are gone, each answer has the same 257 tokens and the lowest score. "
    "Twenty more steps were paid for after it. The checkpoint before step 83 is good.",
    read=(
        "83 步起 actor 全为 NaN（loss、KL、entropy、grad norm），权重已坏，之后的步数都白跑：立即停",
        "score 0.24→−1.0（最低分），所有回答恰为 257 token、100% 截断：输出已是乱码",
        "→ 用 82 步之前最近的 ckpt 续；先查那一批是否有空回答或 log prob 为 −inf，加非有限梯度跳步",
        "83 步之前 score −0.55→0.24，正常上升",
    ),
)  # fmt: skip

TRL_TRUNCATED = Case(
    name="trl-grpo-quickstart-all-answers-cut-off",
    source="huggingface/trl#5697",
    family="grpo",
    sketch=Sketch(
        at=every(1, 60),
        lines={
            "loss": Line((real(1, 0.0), real(2, 0.0), real(10, 0.0), made(60, 0.0))),
            "grad_norm": Line((real(1, 0.0), real(2, 0.0), real(10, 0.0)), then=(sometimes(0.05, 0.21, begin=11),)),
            "learning_rate": Line(linear_decay(1e-6, 1_600)),
            "rewards/accuracy_reward/mean": Line((real(1, 0.0), real(2, 0.0), real(10, 0.0)), then=(sometimes(0.05, 0.015625, begin=11),)),
            "reward": same("rewards/accuracy_reward/mean"),
            "rewards/accuracy_reward/std": Derived(("rewards/accuracy_reward/mean",), lambda r: np.sqrt(r * (1 - r))),
            "reward_std": Derived(("rewards/accuracy_reward/mean",), lambda r: 2.8 * r),
            "frac_reward_zero_std": Derived(("rewards/accuracy_reward/mean",), lambda r: np.where(r > 0, 0.875, 1.0)),
            "completions/mean_length": Line((real(1, 256.0), real(2, 256.0), real(10, 256.0), made(11, 255.4), made(60, 255.0)), noise=(gaussian((made(1, 0.0), made(11, 0.5))),), then=(clipped(high=256),)),
            "completions/max_length": Line((real(1, 256.0),)),
            "completions/clipped_ratio": Line((real(1, 1.0), real(2, 1.0), real(10, 1.0), made(11, 0.98), made(60, 0.98)), then=(clipped(0, 1), binomial(64))),
            "completions/mean_terminated_length": Derived(("completions/clipped_ratio",), lambda c: np.where(c < 1, 211.0, 0.0)),
            "kl": Line(constant(0.0)),
            "entropy": Line((made(1, 0.36), made(60, 0.37)), noise=(gaussian(0.015),)),
            "epoch": Line(epoch(1_600, 3)),
        },
        config={"model_name_or_path": "Qwen/Qwen2.5-0.5B-Instruct", "num_generations": 8, "max_completion_length": 256, "per_device_train_batch_size": 8, "gradient_accumulation_steps": 8, "learning_rate": 1e-6, "beta": 0.0, "loss_type": "dapo", "logging_steps": 1},
        state="running", planned=1_600, clock=Clock(19.0, jitter=0.05),
    ),
    expect=sick(
        fault("truncated-answers no-spread success-zero no-learning at-chance", (0, 10), 45, WARNING), also="metric-dead grad-vanish plateau lr-zero component-dead", never="converged", unsaid=("已收敛",),
    ),
    why="No answer ends within 256 tokens, so none is ever right: reward 0, spread 0, gradient 0. Nothing is learnt, and nothing will be, until the limit is "
    "raised (or the task is an easier one). Loss 0 by itself would be no sign.",
    read=(
        "没有在学：98–100% 的回答被 256 token 上限截断，reward 恒 0，组内无差异，grad norm 0",
        "→ max_completion_length 256→2048 以上（或换更易的题），否则再跑也不会动",
        "loss 为 0 在 GRPO 里本身不是问题，问题是 frac_reward_zero_std 为 1.0",
    ),
)  # fmt: skip

QWEN_FP8 = Case(
    name="unsloth-qwen3-fp8-nine-tenths-cut-off",
    source="unslothai/notebooks:nb/Qwen3_8B_FP8_GRPO.ipynb",
    family="grpo",
    sketch=Sketch(
        at=every(1, 100),
        lines={
            "train/loss": Line((real(1, 0.0002), real(2, 0.0001), real(3, 0.0001), real(50, 0.0001), real(100, 0.0001)), then=(rounded(4),)),
            "train/completions/clipped_ratio": Line((*figures("1:1 2:1 3:1 10:1"), level(11, 0.9), level(40, 0.88), level(60, 0.87), level(80, 0.92), level(95, 0.975), real(100, 1.0)), then=(group(4, 0.45),)),
            "train/completions/mean_length": Derived(("train/completions/clipped_ratio",), lambda c: 1_846 * c + 1_500 * (1 - c)),
            "train/completions/max_length": Derived(("train/completions/clipped_ratio",), lambda c: np.where(c > 0, 1_846.0, 1_640.0)),
            "train/completions/mean_terminated_length": Derived(("train/completions/clipped_ratio",), lambda c: np.where(c < 1, 1_500.0, 0.0), then=(apply(lambda x, s: np.where(x > 0, x + 180 * np.sin(s * 12.9898), 0.0)),)),
            "train/reward": Derived(("train/completions/clipped_ratio",), lambda c: -7.5 * c + 12.0 * (1 - c)),
            "train/reward_std": Derived(("train/completions/clipped_ratio",), lambda c: c, then=(spread(4, 20.5),)),
            "train/kl": Line((real(1, 0.15079), real(2, 0.14268), real(3, 0.124777), level(30, 0.13), level(55, 0.12), made(74, 0.11), level(95, 0.114), real(100, 0.139744)), scale="log", noise=(gaussian(0.3),), then=(spike(75, 1.057),)),
            "train/rewards/match_format_exactly/mean": Derived(("train/completions/clipped_ratio",), lambda c: 3 * (1 - c)),
            "train/rewards/check_answer/mean": Derived(("train/completions/clipped_ratio",), lambda c: -2 * c + 4.4 * (1 - c)),
            "train/learning_rate": Line(linear_decay(5e-6, 100, warmup=10)),
        },
        config={"model_name": "unsloth/Qwen3-8B-FP8", "num_generations": 4, "max_completion_length": 1_846, "max_prompt_length": 202, "max_seq_length": 2_048, "learning_rate": 5e-6, "lr_scheduler_type": "linear", "warmup_ratio": 0.1, "max_steps": 100, "per_device_train_batch_size": 4, "logging_steps": 1},
        step_key="train/global_step", planned=100, clock=Clock(103.0, jitter=0.06),
    ),
    expect=sick(
        fault("truncated-answers no-spread no-learning", (0, 20), 60, WARNING), also="at-chance plateau success-zero loss-spike kl-explode eval-regress", never="converged", unsaid=("已收敛",),
    ),
    why="A thinking model with room for 1,846 tokens: nine answers of ten are cut off and get the lowest score, most groups score alike (spread 0), so the "
    "hundred steps move the reward nowhere. What is needed is room, not time.",
    read=(
        "几乎没学到：90% 的回答被 1846 token 上限截断，直接得最低分 −7.5；100 步 reward 无变化",
        "约 8 成的组 reward_std 为 0，没有梯度；写完的回答多数是对的（+12）",
        "→ max_completion_length 提到 4096 以上，或关思考模式、选更短的题",
        "KL 0.1 左右、单点 1.06 属正常",
    ),
)  # fmt: skip

PHI4 = Case(
    name="unsloth-phi4-grpo-at-the-limit-of-two-hundred",
    source="unslothai/notebooks:nb/Phi_4_(14B)-GRPO.ipynb",
    family="grpo",
    sketch=Sketch(
        at=every(1, 100),
        lines={
            "train/completion_length": Line(
                figures("1:200 10:159.166672 20:200 30:200 40:200 50:200 60:200 70:200 80:193.666672 90:200 100:200", kind="real"), then=(apply(lambda x, s: 200.0 - 30 * np.clip(np.sin(s * 78.233 + np.sin(s * 12.9898) * 9) - 0.45, 0, 1)), rounded(4))
            ),
            "train/reward": Line((real(1, 0.041667), real(10, 2.010667), made(11, 0.22), real(20, 0.125), real(30, 0.125), real(40, 0.125), real(50, 0.125), real(60, 0.125), real(70, 0.125), real(80, 0.047667), real(90, 0.125), real(100, 0.125)), then=(sometimes(0.25, 0.104167), sometimes(0.12, 0.4045), sometimes(0.05, 1.38), sometimes(0.08, -0.022667))),
            "train/reward_std": Derived(("train/reward",), lambda r: np.where(np.abs(r - 0.125) < 1e-6, 0.0, np.clip(np.abs(r - 0.125), 0.051, 1.04))),
            "train/kl": Line((made(1, 2e-6), real(10, 5e-06), real(20, 6e-06), real(30, 0.000708), real(40, 5.9e-05), real(50, 0.000168), real(60, 0.000463), real(70, 6.9e-05), real(80, 0.00014), real(90, 0.000165), real(100, 3.9e-05)), scale="log", noise=(gaussian(0.9),), then=(clipped(high=0.006),)),
            "train/loss": kl_term(0.04),
            "train/grad_norm": Derived(("train/reward_std",), lambda s: np.where(s == 0, 0.0004, 0.05 + 0.15 * s)),
            "train/learning_rate": Line(cosine(5e-6, 100, warmup=10)),
        },
        config={"model_name": "unsloth/Phi-4", "num_generations": 6, "max_prompt_length": 256, "max_completion_length": 200, "learning_rate": 5e-6, "lr_scheduler_type": "cosine", "warmup_ratio": 0.1, "per_device_train_batch_size": 1, "max_steps": 100, "logging_steps": 1},
        step_key="train/global_step", planned=100, clock=Clock(31.0, jitter=0.06),
    ),
    expect=sick(
        fault("truncated-answers no-spread no-learning", (0, 30), 90, INFO, WARNING), also="plateau at-chance success-zero grad-vanish kl-collapse metric-dead", never="converged nan-inf grad-spike oscillation", unsaid=("已收敛",),
    ),
    why="No column says 'cut off', but the mean length is exactly 200, the configured limit, in two steps of three: no answer is finished. The reward is 0.125 "
    "(the opening tag) in half of the steps with no spread at all; nothing moves in a hundred.",
    read=(
        "没有学到：100 步 reward 停在 0.125，一半的步组内无差异",
        "completion_length 恰为 200（max_completion_length）：答案没写完就被截断，正确性奖励拿不到",
        "→ max_completion_length 200→1024；再跑 250 步以上",
        "loss 0、KL 1e-4 本身不是异常",
    ),
)  # fmt: skip

GSPO_SOLVED = Case(
    name="unsloth-gspo-every-group-scores-four",
    source="unslothai/unsloth#3485",
    family="grpo",
    sketch=Sketch(
        at=every(1, 150),
        lines={
            "train/loss": Line((real(1, 0.0), made(150, 0.0))),
            "train/grad_norm": Line((real(1, 0.0), made(150, 0.0))),
            "train/learning_rate": Line((real(1, 3.03e-08), made(150, 4.545e-06))),
            "train/reward": Line((real(1, 4.0), made(150, 4.0))),
            "train/reward_std": Line((real(1, 0.0), made(150, 0.0))),
            "train/frac_reward_zero_std": Line((real(1, 1.0), made(150, 1.0))),
            "train/rewards/dimension_extraction/mean": Line((real(1, 3.0), made(150, 3.0))),
            "train/rewards/json_format/mean": Line((real(1, 1.0), made(150, 1.0))),
            "train/completions/mean_length": Line((real(1, 77.5), made(150, 77.5)), noise=(gaussian(1.6),), then=(quantised(0.25), clipped(74, 81))),
            "train/completions/clipped_ratio": Line((real(1, 0.0), made(150, 0.0))),
            "train/kl": Line((real(1, 0.0), made(2, 1e-7), made(150, 3e-7)), noise=(gaussian(1e-7),), then=(clipped(0),)),
            "eval/loss": Line((real(50, 3.45e-08), made(150, 3.5e-08)), at=every(50, 150), noise=(gaussian(2e-9),)),
            "eval/reward": Line((made(50, 4.0), made(150, 4.0)), at=every(50, 150)),
        },
        config={"importance_sampling_level": "sequence", "loss_type": "dr_grpo", "num_generations": 4, "learning_rate": 5e-6, "lr_scheduler_type": "cosine", "warmup_ratio": 0.1, "max_steps": 1_650, "per_device_train_batch_size": 4, "max_completion_length": 512, "logging_steps": 1, "eval_steps": 50, "beta": 0.04},
        step_key="train/global_step", apart=True, state="running", planned=1_650, clock=Clock(7.0, jitter=0.05, evals=(50, 90)),
    ),
    expect=sick(
        fault("no-spread no-learning grad-vanish metric-dead", (0, 20), 100, WARNING), also="plateau converged lr-zero kl-collapse at-chance", never="truncated-answers nan-inf policy-collapse overfit",
    ),
    why="From the first step on every answer gets full marks (3 + 1): no spread in any group, so the advantage and the gradient are exactly 0. Either the task is "
    "solved before training or the reward hands out its maximum to all; in both cases nothing is being trained.",
    read=(
        "没有在训练：frac_reward_zero_std 恒为 1，loss、grad norm 恰为 0；模型等于初始模型",
        "reward 第 1 步起就是满分 4.0：题太易，或奖励函数对谁都给满分",
        "→ 打印几条回答与奖励核对；换更难的数据或加细分的奖励后重开",
    ),
)  # fmt: skip

MINISTRAL = Case(
    name="unsloth-ministral-sudoku-one-answer-for-all",
    source="unslothai/notebooks:nb/Ministral_3_(3B)_Reinforcement_Learning_Sudoku_Game.ipynb",
    family="grpo",
    sketch=Sketch(
        at=every(1, 200),
        lines={
            "train/reward": Line(
                (
                    *figures("1:1.6 2:-7 3:-5.4 4:1.65 5:0 10:-7 15:2 20:4.6 25:6.15"), real(30, 8.2), real(40, 8.0), real(60, 6.9), real(80, 8.2), real(100, 8.2), made(119, 8.0), real(120, 0.35), made(121, 8.2), made(139, 8.4), real(140, 32.0), made(141, 8.2), real(160, 8.2), real(180, 7.8), real(200, 8.6)
                ),
                noise=(gaussian((made(1, 4.0), made(15, 2.2), made(28, 0.5), made(200, 0.4))),), then=(quantised(0.2), sometimes(0.085, 32.0, begin=26), sometimes(0.05, 2.9, begin=26)),
            ),
            "train/reward_std": Line(
                (*figures("1:4.298837 2:10.0995 3:11.3713 4:4.38596 5:2.44949 10:10.0995 15:2.57682 20:4.07595 25:2.5 30:0 40:0 60:3 80:0 100:0"), made(119, 0.0), real(120, 14.9), made(121, 0.0), real(140, 0.0), real(160, 0.0), real(180, 0.0), real(200, 0.0)),
                noise=(lognormal(0.5),), then=(onward(26, 0.0), sometimes(0.09, 1.2, begin=26), sometimes(0.05, 6.0, begin=26)),
            ),
            "train/completions/mean_length": Line(figures("1:522.25 2:676 3:555.25 4:722 5:740.25 10:815 15:407.25 20:227 25:233.25 30:235 40:229.5 60:231.75 80:223.25 100:220.25 120:227.25 140:216.75 160:219.75 180:220 200:218.75"), noise=(gaussian((made(1, 90), made(15, 60), made(20, 4), made(200, 2.5))),), then=(quantised(0.25), clipped(high=850))),
            "train/completions/clipped_ratio": Line((*figures("1:0.25 2:0.5 3:0.25 4:0.25 5:0.5 10:0.75"), made(14, 0.2), real(15, 0.0), made(16, 0.0), made(200, 0.0)), then=(clipped(0, 1), binomial(4))),
            "train/kl": Line((real(1, 0.0), real(2, 0.0), real(3, 0.001629), real(4, 0.023117), real(5, 0.145891), real(10, 0.190078), real(15, 1.79401), real(20, 0.510625), real(25, 0.433544), real(30, 0.249522), made(33, 0.5), made(36, 0.4), real(40, 0.133149), real(60, 0.437855), real(80, 0.37195), real(100, 0.237804), real(120, 0.628549), real(140, 0.247548), real(160, 0.212191), real(180, 0.201497), real(200, 0.179716)), scale="log", noise=(gaussian(0.25),), then=(spike(34, 29.33288),)),
            "train/loss": kl_term(0.001, 6),
            "train/learning_rate": Line(linear_decay(5e-5, 200, warmup=20)),
        },
        config={"model_name": "unsloth/Ministral-3-3B-Instruct-2512", "num_generations": 4, "beta": 0.001, "learning_rate": 5e-5, "lr_scheduler_type": "linear", "warmup_ratio": 0.1, "max_steps": 200, "max_completion_length": 850, "temperature": 1.0, "logging_steps": 1, "per_device_train_batch_size": 1},
        step_key="train/global_step", planned=200, clock=Clock(28.0, jitter=0.08),
    ),
    expect=sick(
        fault("no-spread entropy-collapse plateau policy-collapse", (20, 80), 160, INFO, WARNING), also="loss-spike kl-explode no-learning converged eval-regress amp-overflow", never="truncated-answers nan-inf divergence",
    ),
    why="From step 25 the four programs of a group are nearly one and the same: length 220 to 235, spread 0 in three steps of four, reward 8 ever after "
    "(32 is possible and comes up now and then by luck of the board). What was learnt was learnt in the first 25 steps; the single KL of 29 at 34 passes.",
    read=(
        "前 25 步 reward −5→8 后不再动：之后 75–90% 的步组内 reward_std 为 0，没有学习信号",
        "回复长度固定在 220 左右、KL 平稳：4 个答案几乎相同，探索已没了（满分 32 只偶尔碰到）",
        "→ 提高温度或 num_generations 4→8 以上，换更多样的题；lr 5e-5 偏大",
        "34 步 KL 29 是单点，已过去",
        "ckpt 可用到 8 分的水平，后 150 步可省",
    ),
)  # fmt: skip

R1_QWEN = Case(
    name="unsloth-r1-qwen3-only-the-language-reward-moves",
    source="unslothai/notebooks:nb/DeepSeek_R1_0528_Qwen3_(8B)_GRPO.ipynb",
    family="grpo",
    sketch=Sketch(
        at=every(1, 100),
        lines={
            "train/rewards/match_format_exactly": Line((real(1, 0.0), real(50, 0.0), real(100, 0.0))),
            "train/rewards/match_format_approximately": Line((real(1, -0.5), real(50, -0.5), real(100, -0.5))),
            "train/rewards/check_answer": Line((real(1, -2.0), real(50, -2.0), real(100, -2.0))),
            "train/rewards/check_numbers": Line((*figures("1:0 10:-1.5 20:0 30:-1.5 40:-1.125 50:-1.5 60:-1.5 70:-1.5 80:-0.375 90:-0.75 100:-0.75"),), then=(flat(0.55), group(4, 1.6), apply(lambda f, s: -1.5 * f))),
            "train/rewards/format_and_language_reward_func": Line(
                (level(2, -0.1), level(15, 0.3), level(26, 0.8), made(30, 1.0), level(46, 3.9), level(56, 3.0), level(66, 4.0), level(76, 3.0), level(86, 3.5), level(96, 3.95)),
                then=(apply(lambda x, s: (x + 3) / 8), group(4, 0.7), apply(lambda f, s: 8 * f - 3)),
            ),
            "train/reward": Derived(("train/rewards/format_and_language_reward_func", "train/rewards/check_numbers"), lambda f, n: f + n - 2.5),
            "train/reward_std": Derived(("train/rewards/format_and_language_reward_func", "train/rewards/check_numbers"), lambda f, n: np.hypot(9.2 * np.sqrt(np.clip((f + 3) / 8 * (5 - f) / 8, 0, None)), 1.73 * np.sqrt(np.clip(-n / 1.5 * (1.5 + n) / 1.5, 0, None)))),
            "train/completion_length": Line(figures("1:81 10:156 20:173 30:195 40:162 50:189 60:199 70:149 80:155 90:186 100:198"), noise=(gaussian(26),), then=(clipped(81, 207), rounded(0))),
            "train/kl": Line((made(1, 2e-6), real(10, 1.8e-05), real(20, 6.4e-05), real(30, 0.000985), real(40, 0.002369), real(50, 0.001122), made(60, 0.002), made(70, 0.0016), real(80, 0.012728), made(90, 0.01), made(100, 0.004)), scale="log", noise=(gaussian(0.8),), then=(spike(91, 0.056576), spike(92, 0.171756))),
            "train/loss": kl_term(0.04),
            "train/learning_rate": Line(linear_decay(5e-6, 100, warmup=10)),
        },
        config={"model_name": "unsloth/DeepSeek-R1-0528-Qwen3-8B", "num_generations": 4, "max_prompt_length": 202, "learning_rate": 5e-6, "lr_scheduler_type": "linear", "warmup_ratio": 0.1, "max_steps": 100, "logging_steps": 1, "per_device_train_batch_size": 4},
        step_key="train/global_step", planned=100, clock=Clock(52.0, jitter=0.06),
    ),
    expect=sick(
        fault("component-dead component-dominates success-zero truncated-answers", (0, 30), 90, INFO, WARNING), also="no-spread metric-dead at-chance no-learning plateau", never="converged nan-inf policy-collapse kl-explode oscillation", unsaid=("已收敛",), usable=True,
    ),
    why="Reward climbs from -3.5 to 1, all of it the reward for the language of the thoughts. The four rewards of the task sit at exactly the value of 'no answer found' in "
    "all hundred steps: the answer never arrives (the length stands at its limit near 200). The language was taught, the arithmetic was not.",
    read=(
        "reward −3.5→1.0 全部来自 format_and_language（−0.1→4.0）；任务奖励没有动",
        "match_format_exactly 恒 0、check_answer 恒 −2：答案从未被解析到，多半是长度上限内没写完",
        "→ 看几条回答；放宽 max_completion_length、核对答案标签，再跑",
        "只想要改语言的话已达到目的；解题能力没有变化的证据",
    ),
)  # fmt: skip

MARIN_ASYNC = Case(
    name="marin-async-entropy-gone-in-twenty-steps",
    source="marin-community/marin#2259",
    family="grpo",
    sketch=Sketch(
        at=every(1, 100),
        lines={
            "train/entropy": Line((level(1, 0.14), made(6, 0.09), made(12, 0.03), made(18, 0.006), level(20, 0.003), made(100, 0.0012)), scale="log", noise=(gaussian(0.12),)),
            "train/loss": Line((made(1, 0.0),), noise=(gaussian((made(1, 0.03), made(20, 0.006), made(100, 0.003))),)),
            "train/kl": Line((made(1, 0.0002), made(10, 0.02), made(20, 0.07), made(100, 0.11)), scale="log", noise=(gaussian(0.15),)),
            "train/grad_norm": Line((made(1, 0.35), made(12, 0.22), made(25, 0.03), made(100, 0.015)), scale="log", noise=(student(0.3, 4),)),
            "rollout/mean_reward": Line((made(1, 0.41), made(12, 0.47), made(20, 0.46), made(40, 0.44), made(100, 0.43)), then=(clipped(0, 1), binomial(512))),
            "rollout/frac_zero_spread": Line((made(1, 0.42), made(12, 0.7), made(22, 0.96), made(100, 0.985)), then=(clipped(0, 1), binomial(64))),
            "rollout/mean_length": Line((made(1, 410), made(20, 350), made(100, 345)), noise=(gaussian(9),)),
            "eval/accuracy": Line((level(10, 0.42), made(20, 0.455), made(50, 0.44), made(100, 0.435)), at=every(10, 100), then=(binomial(500),)),
            "optim/learning_rate": Line(constant(2e-6)),
        },
        config={"model": "meta-llama/Llama-3.1-8B-Instruct", "optimizer": {"learning_rate": 2e-6, "lr_schedule": "constant"}, "rl_loss": {"kl_coef": 0.0}, "num_train_steps": 500, "n_prompts": 64, "n_generations": 8, "async": True},
        state="running", planned=500, clock=Clock(95.0, jitter=0.08, evals=(10, 240)),
    ),
    expect=sick(
        fault("entropy-collapse no-spread policy-collapse", (4, 28), 60, WARNING), also="plateau no-learning grad-vanish converged eval-regress eval-underpowered", never="nan-inf divergence loss-spike",
    ),
    why="Entropy is gone twenty steps after the start (0.14 to 0.003; the synchronous twin loses a third in 120): each question has one answer, groups without "
    "spread, gradient near 0, accuracy stuck at 0.44. More steps bring nothing; the sampler and the learner should be compared first.",
    read=(
        "熵在前 20 步从 0.14 掉到 0.003：每题只剩一种答案，96% 的组无差异，训练实际已停",
        "eval accuracy 0.42→0.44 停住（500 题 ±4 百分点），没有提升",
        "同步版本同期熵只降三分之一：先核对采样端与训练端的 log prob、温度",
        "→ 加熵项或提高温度，修好后从头；现在停",
    ),
)  # fmt: skip

MARIN_SYNC = Case(
    name="marin-sync-entropy-falls-by-a-third",
    source="marin-community/marin#2259 (the synchronous twin)",
    family="grpo",
    sketch=Sketch(
        at=every(1, 120),
        lines={
            "train/entropy": Line((level(1, 0.9), made(30, 0.83), made(70, 0.72), level(120, 0.6)), noise=(gaussian(0.018),)),
            "train/loss": Line((made(1, 0.0),), noise=(gaussian(0.025),)),
            "train/kl": Line((made(1, 0.0002), made(30, 0.008), made(120, 0.045)), scale="log", noise=(gaussian(0.18),)),
            "train/grad_norm": Line((made(1, 0.32), made(120, 0.27)), scale="log", noise=(student(0.2, 4),)),
            "rollout/mean_reward": Line((made(1, 0.25), made(30, 0.34), made(70, 0.44), made(120, 0.50)), then=(clipped(0, 1), binomial(512))),
            "rollout/frac_zero_spread": Line((made(1, 0.34), made(120, 0.41)), then=(clipped(0, 1), binomial(64))),
            "rollout/mean_length": Line((made(1, 402), made(120, 372)), noise=(gaussian(9),)),
            "eval/accuracy": Line((level(10, 0.28), made(40, 0.37), made(80, 0.45), level(120, 0.5)), at=every(10, 120), then=(binomial(500),)),
            "optim/learning_rate": Line(constant(2e-6)),
        },
        config={"model": "meta-llama/Llama-3.1-8B-Instruct", "optimizer": {"learning_rate": 2e-6, "lr_schedule": "constant"}, "rl_loss": {"kl_coef": 0.0}, "num_train_steps": 500, "n_prompts": 64, "n_generations": 8, "async": False},
        state="running", planned=500, clock=Clock(190.0, jitter=0.06, evals=(10, 240)),
    ),
    expect=healthy(usable=True, never="entropy-collapse kl-explode no-spread no-learning policy-collapse loss-spike lr-flat-stall"),
    why="Entropy 0.9 to 0.6 over 120 steps, reward and held-out accuracy twofold: exploration turns into skill at the usual price. A third of the groups without spread is usual as well.",
    read=(
        "训练中，正常：eval accuracy 0.28→0.50，仍在升",
        "entropy 0.9→0.6 缓降、KL 0.04，属正常；约 40% 的组无差异也常见",
        "→ 继续；entropy 低于 0.2 再考虑加熵项",
    ),
)  # fmt: skip

TRL_PPO_KL = Case(
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
)  # fmt: skip

LF_NEGATIVE = Case(
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
)  # fmt: skip

VERL_CRITIC = Case(
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
)  # fmt: skip

SWIFT_ZERO = Case(
    name="ms-swift-grpo-multi-node-without-a-gradient",
    source="modelscope/ms-swift#5890",
    family="grpo",
    sketch=Sketch(
        at=every(1, 42),
        lines={
            "train/loss": Line((made(1, 0.0),), noise=(gaussian(0.0),)),
            "train/grad_norm": Line((real(1, 0.0), real(2, 0.0), real(9, 0.0), real(10, 0.0), made(42, 0.0))),
            "train/kl": Line((real(1, 0.0), real(2, 0.0), real(9, 0.0), real(10, 0.0), made(42, 0.0))),
            "train/learning_rate": Line((real(1, 4e-08), real(2, 7e-08), real(9, 3.2e-07), real(10, 3.6e-07), made(27, 1e-06), made(42, 9.99e-07)), then=(printed(2),)),
            "train/reward": Line((real(1, 0.7070), real(2, 0.7648), made(5, 0.69), real(9, 0.6431), real(10, 0.6904), made(42, 0.695)), noise=(gaussian(0.035),), then=(rounded(4),)),
            "train/reward_std": Line((real(1, 0.1313), real(2, 0.1252), real(9, 0.1557), real(10, 0.1399), made(42, 0.142)), noise=(gaussian(0.012),), then=(rounded(4),)),
            "train/frac_reward_zero_std": Line((real(1, 0.516), real(2, 0.547), real(9, 0.391), real(10, 0.5), made(42, 0.48)), then=(clipped(0, 1), binomial(128), rounded(3))),
            "train/completions/mean_length": Line((real(1, 2_302.4), real(2, 2_448.7), real(9, 2_393.1), real(10, 2_428.1), made(42, 2_400)), noise=(gaussian(60),), then=(rounded(1),)),
            "train/completions/clipped_ratio": Line((real(1, 0.516), real(2, 0.555), real(9, 0.4375), real(10, 0.508), made(42, 0.5)), then=(binomial(256), rounded(4))),
            "train/clip_ratio/region_mean": Line((made(1, 0.0),)),
            "train/memory(GiB)": Line((made(1, 71.8), made(4, 74.2)), then=(rounded(2),)),
        },
        config={"rlhf_type": "grpo", "num_generations": 8, "learning_rate": 1e-6, "warmup_ratio": 0.05, "lr_scheduler_type": "cosine", "max_completion_length": 3_072, "beta": 0.04, "logging_steps": 1, "max_steps": 547, "num_train_epochs": 1, "deepspeed": "zero3", "vllm_mode": "server"},
        step_key="train/global_step", state="running", planned=547, clock=Clock(300.0, jitter=0.06),
    ),
    expect=sick(
        fault("grad-vanish metric-dead no-learning", (1, 12), 36, WARNING), also="truncated-answers no-spread kl-collapse plateau component-dead at-chance", never="converged nan-inf policy-collapse", unsaid=("已收敛",),
    ),
    why="Half the groups have spread, so there is something to learn from, and yet the gradient norm is exactly 0 and the KL to the reference exactly 0 in 42 steps (of five minutes): "
    "nothing reaches the weights. A fault of the set-up over several nodes, to be stopped at once. That half the answers are cut off comes second.",
    read=(
        "没有在训练：grad norm 与 KL 恰为 0 共 42 步，而 reward_std 0.14、半数组有差异——梯度没有传到参数",
        "reward 0.69 无趋势，等于初始模型；每步 5 分钟，已白跑 3.5 小时",
        "→ 停下，单机跑 5 步看 grad norm 是否非零，再查多机（ZeRO-3/权重同步）",
        "另：50% 的回答被 3072 上限截断，修好后一并放宽",
    ),
)  # fmt: skip


def _flicker(x: Floats, s: Floats) -> Floats:
    """NaN in the same single records of each column."""
    return np.where(np.sin(s * 12.9898) > 0.94, NAN, x)


SWIFT_KL_NAN = Case(
    name="ms-swift-grpo-kl-nan-now-and-then",
    source="modelscope/ms-swift#4465",
    family="grpo",
    sketch=Sketch(
        at=every(5, 640),
        lines={
            "train/loss": Line((made(5, 0.0), real(300, -0.03745745), made(305, 0.0), made(640, 0.0)), noise=(gaussian(0.02),), then=(rounded(8),)),
            "train/grad_norm": Line((made(5, 0.0068), real(300, 0.00613374), made(640, 0.006)), scale="log", noise=(student(0.15, 4),), then=(printed(6),)),
            "train/learning_rate": Line(cosine(5e-7, 1_296, warmup=65), then=(printed(3),)),
            "train/reward": Line((made(5, 1.21), made(120, 1.39), real(300, 1.55), made(640, 1.66)), noise=(gaussian(0.05),), then=(rounded(4),)),
            "train/reward_std": Line((made(5, 0.29), real(300, 0.21547), made(640, 0.19)), noise=(gaussian(0.02),), then=(rounded(5),)),
            "train/kl": Line((made(5, 0.00002), made(60, 0.0006), made(200, 0.0021), real(300, NAN), made(640, 0.006)), scale="log", noise=(gaussian(0.25),), then=(apply(_flicker),)),
            "train/clip_ratio/low_mean": Line((made(5, 0.0001), made(640, 0.0002)), scale="log", noise=(gaussian(0.3),), then=(apply(_flicker),)),
            "train/clip_ratio/region_mean": Line((made(5, 0.0003), made(640, 0.0005)), scale="log", noise=(gaussian(0.3),), then=(apply(_flicker),)),
            "train/completions/mean_length": Line((made(5, 980), real(300, 1_047.175), made(640, 1_080)), noise=(gaussian(28),), then=(rounded(3),)),
            "train/completions/clipped_ratio": Line((made(5, 0.15), real(300, 0.175), made(640, 0.17)), then=(binomial(320), rounded(4))),
            "train/epoch": Line(epoch(1_296)),
        },
        config={"rlhf_type": "grpo", "learning_rate": 5e-7, "warmup_ratio": 0.05, "lr_scheduler_type": "cosine", "num_generations": 8, "beta": 0.01, "loss_type": "grpo", "logging_steps": 5, "max_steps": 1_296, "max_completion_length": 2_048},
        step_key="train/global_step", state="running", planned=1_296, clock=Clock(38.0, jitter=0.05),
    ),
    expect=sick(
        fault("nan-inf masked-nan", (5, 120), 320, INFO, WARNING, lasting=False), also="metric-dead truncated-answers", never="divergence policy-collapse loss-spike grad-spike grad-vanish", usable=True,
    ),
    why="The KL and the clip ratios are NaN in single records while loss, gradient and reward are finite and the reward rises from 1.2 to 1.66: an empty mean in the metric "
    "(a rank without an unmasked answer), not in the training. Worth a line, no alarm.",
    read=(
        "训练正常：reward 1.21→1.66，loss 与 grad norm 全程有限",
        "kl、clip_ratio 偶尔为 NaN（约 1 成记录，彼此同时）：是统计口径（空均值），权重没坏",
        "→ 无须停；升级版本或在统计时用 nanmean，省得漏看真的 NaN",
        "17% 的回答被截断，可适当放宽上限",
    ),
)  # fmt: skip


RLLM_ENTROPY = Case(
    name="rllm-entropy-climbs-to-two",
    source="rllm-org/rllm#116",
    family="grpo",
    sketch=Sketch(
        at=every(1, 1_060),
        lines={
            "actor/entropy_loss": Line((made(1, 0.42), made(150, 0.47), made(400, 0.72), made(650, 1.1), made(850, 1.6), level(1_000, 2.0), made(1_060, 2.2)), noise=(gaussian(0.03),)),
            "actor/pg_loss": Line((made(1, 0.0),), noise=(gaussian(0.02),)),
            "actor/kl_loss": Line((made(1, 0.0003), made(300, 0.05), made(700, 0.3), made(1_060, 1.4)), scale="log", noise=(gaussian(0.12),)),
            "actor/grad_norm": Line((made(1, 0.14), made(500, 0.17), made(1_060, 0.36)), scale="log", noise=(gaussian(0.2),)),
            "actor/lr": Line(constant(1e-6)),
            "critic/score/mean": Line((made(1, 0.38), made(200, 0.52), made(420, 0.57), made(650, 0.53), made(850, 0.42), made(1_060, 0.29)), noise=(ar1(0.02, 0.3),), then=(clipped(0, 1), binomial(1_024))),
            "response_length/mean": Line((made(1, 5_200), made(250, 4_300), made(600, 5_100), made(1_060, 6_900)), noise=(gaussian(140),)),
            "response_length/clip_ratio": Line((made(1, 0.24), made(250, 0.12), made(600, 0.2), made(1_060, 0.55)), then=(clipped(0, 1), binomial(1_024))),
            "val/test_score/aime": Line((made(20, 0.29), made(240, 0.35), made(420, 0.37), made(660, 0.34), made(860, 0.26), made(1_060, 0.17)), at=every(20, 1_060), then=(clipped(0, 1), binomial(480))),
            "timing_s/step": Line((made(1, 310), made(250, 270), made(1_060, 410)), noise=(gaussian(12),)),
        },
        config={"actor_rollout_ref": {"model": {"path": "DeepSeek-R1-Distill-Qwen-1.5B"}, "actor": {"optim": {"lr": 1e-6}, "kl_loss_coef": 0.001, "entropy_coeff": 0.001, "use_kl_loss": True}, "rollout": {"n": 8, "temperature": 0.6}}, "data": {"train_batch_size": 128, "max_response_length": 8_192}, "algorithm": {"adv_estimator": "grpo"}, "trainer": {"total_training_steps": 1_570, "test_freq": 20}},
        state="running", planned=1_570, clock=Clock((made(1, 310), made(250, 270), made(1_060, 410)), jitter=0.04, evals=(20, 700)),
    ),
    expect=sick(
        fault("eval-regress policy-collapse best-checkpoint-old divergence", (420, 860), 980, WARNING), also="kl-explode truncated-answers throughput-drop entropy-collapse overfit gen-gap oscillation grad-explode", never="converged nan-inf plateau",
    ),
    why="Entropy should fall or stay; here it grows without an end (0.4 to 2.0 by step 1000), and from step 450 on score, test score and length turn the wrong way with it. "
    "The entropy bonus wins over the reward. The best checkpoint lies 600 steps back.",
    read=(
        "在变差：AIME 0.37（420 步）→ 0.17，训练 score 0.57→0.29",
        "entropy 0.4→2.2 一路升（正常应 <1），回复变长、截断 12%→55%：越来越随机",
        "→ 用 420 步附近的 ckpt；把 entropy_coeff 设 0（或加大 KL 系数）后从那里续",
        "早该在 600 步停",
    ),
)  # fmt: skip

RLLM_ZERO = Case(
    name="rllm-not-one-problem-is-solved",
    source="rllm-org/rllm#54",
    family="grpo",
    sketch=Sketch(
        at=every(1, 48),
        lines={
            "batch/solve_none": Line((real(4, 128.0),)),
            "batch/solve_all": Line((real(4, 0.0),)),
            "global_seqlen/mean": Line((made(1, 47_900), real(4, 46_146.375), made(48, 45_200)), noise=(gaussian(900),), then=(rounded(3),)),
            "actor/kl_loss": Line((made(1, 0.001), real(4, 0.007), made(10, 0.008), made(48, 0.009)), noise=(gaussian(0.0006),), then=(clipped(0), rounded(3))),
            "actor/kl_coef": Line((real(4, 0.001),)),
            "actor/entropy_loss": Line((made(1, 0.171), real(4, 0.164), made(48, 0.158)), noise=(gaussian(0.004),), then=(rounded(3),)),
            "actor/pg_loss": Line((real(4, 0.0), made(48, 0.0))),
            "actor/pg_clipfrac": Line((real(4, 0.0), made(48, 0.0))),
            "actor/ppo_kl": Line((real(4, 0.0), made(48, 0.0))),
            "actor/grad_norm": Line((made(1, 0.001), real(4, 0.005), made(48, 0.004)), noise=(gaussian(0.0006),), then=(clipped(0), rounded(3))),
            "actor/lr": Line((real(4, 0.0),)),
            "critic/score/mean": Line((real(4, 0.0), made(48, 0.0))),
            "critic/score/max": Line((real(4, 0.0), made(48, 0.0))),
            "critic/rewards/mean": Line((real(4, 0.0), made(48, 0.0))),
            "critic/advantages/mean": Line((real(4, 0.0), made(48, 0.0))),
            "response_length/mean": Line((made(1, 640), real(4, 615.607), made(48, 604)), noise=(gaussian(22),), then=(rounded(3),)),
            "response_length/max": Line((real(4, 4_096.0),)),
            "response_length/clip_ratio": Line((made(1, 0.07), real(4, 0.062), made(48, 0.058)), then=(binomial(1_024), rounded(3))),
            "prompt_length/mean": Line((real(4, 105.43),), noise=(gaussian(3.5),), then=(rounded(3),)),
            "val/test_score": Line((made(0, 0.0), made(40, 0.0)), at=every(20, 40, first=0)),
            "timing_s/gen": Line((real(4, 100.108),), noise=(gaussian(3),), then=(rounded(3),)),
            "timing_s/update_actor": Line((real(4, 20.278),), noise=(gaussian(0.4),), then=(rounded(3),)),
            "timing_s/step": Line((real(4, 131.608),), noise=(gaussian(4),), then=(rounded(3),)),
        },
        config={"data": {"train_batch_size": 128, "max_response_length": 4_096}, "actor_rollout_ref": {"actor": {"optim": {"lr": 1e-6}, "use_kl_loss": True, "kl_loss_coef": 0.001}, "rollout": {"n": 8}}, "algorithm": {"adv_estimator": "grpo"}, "trainer": {"test_freq": 20, "total_training_steps": 3_000}},
        state="running", planned=3_000, clock=Clock(131.6, jitter=0.03, evals=(20, 260)),
    ),
    expect=sick(
        fault("success-zero no-spread no-learning at-chance", (0, 6), 36, WARNING), also="metric-dead grad-vanish plateau lr-zero component-dead", never="converged truncated-answers policy-collapse", unsaid=("已收敛",),
    ),
    why="128 of 128 problems without a single right answer among eight, in training and in the test, from the first step: no model of any use scores exactly 0, and 600 tokens with 6 % cut off look like answers. "
    "The grader (format, extraction) is to be looked at. (The lr is printed with three decimals: 0.000 is 1e-6.)",
    read=(
        "没有在学：48 步全部 128 题 0 分，test_score 也恒 0，组内无差异，优势恰为 0",
        "回复长度正常（600 token，6% 截断），更像判分/答案格式不匹配，而不是题太难",
        "→ 抽 5 条回答手工判分，核对答案抽取与模板；修好前不必再跑",
        "actor/lr 0.000 是三位小数打印（1e-6），不是学习率为 0",
    ),
)  # fmt: skip

ADVANCED = Case(
    name="unsloth-llama-grpo-format-first-then-answers",
    source="unslothai/notebooks:nb/Advanced_Llama3_2_(3B)_GRPO_LoRA.ipynb",
    family="grpo",
    sketch=Sketch(
        at=every(1, 500),
        lines={
            "train/rewards/match_format_exactly": Line((real(1, 0.0), real(50, 0.0), real(100, 0.0), real(150, 0.0), level(170, 0.02), real(200, 0.1875), level(212, 1.2), level(231, 2.25), real(250, 2.625), level(273, 2.67), real(300, 2.8125), level(357, 2.67), real(400, 2.8125), real(450, 2.4375), real(500, 3.0)), noise=(gaussian((made(1, 0.02), made(150, 0.03), made(200, 0.2), made(500, 0.22))),), then=(quantised(0.1875), clipped(0, 3))),
            "train/rewards/match_format_approximately": Line((real(1, -1.09375), level(21, -0.96), real(50, -0.625), level(63, -0.1), real(100, 0.5), real(150, 0.40625), real(200, 0.59375), level(231, 1.54), real(250, 1.8125), level(315, 1.75), real(350, 1.8125), real(400, 1.90625), real(450, 1.71875), real(500, 2.0)), noise=(gaussian(0.2),), then=(quantised(0.03125), clipped(-2, 2))),
            "train/rewards/check_answer": Line((real(1, 0.0), real(50, 0.0), real(100, 0.0), real(150, 0.0), real(200, 0.09375), level(231, 0.51), level(273, 1.0), level(315, 1.33), level(398, 1.63), level(480, 1.8)), noise=(gaussian((made(1, 0.01), made(190, 0.03), made(231, 0.5), made(500, 0.75))),), then=(quantised(0.03125), clipped(-1, 3))),
            "train/rewards/check_numbers": Line((real(1, 0.4375), level(21, 0.31), real(50, 0.78125), real(100, 1.03125), real(150, 0.8125), real(200, 0.75), level(273, 1.05), level(398, 1.1), level(480, 1.09)), noise=(gaussian(0.27),), then=(quantised(0.03125), clipped(-0.1, 1.5))),
            "train/reward": total("train/rewards/match_format_exactly", "train/rewards/match_format_approximately", "train/rewards/check_answer", "train/rewards/check_numbers"),
            "train/reward_std": Line((real(1, 0.780387), real(50, 1.0585), real(100, 0.4375), real(150, 0.445963), real(200, 1.61603), level(231, 2.28), level(315, 2.11), real(350, 2.05151), level(480, 2.06), real(500, 0.5625)), then=(lognormal(0.45), clipped(0, 4.6))),
            "train/completion_length": Line((real(1, 242.4375), level(21, 226), level(105, 205), level(189, 199), level(315, 195), level(480, 195), real(500, 145.625)), noise=(student(24, 4),), then=(clipped(135, 440), rounded(4))),
            "train/kl": Line((made(1, 2e-5), level(10, 0.0012), real(50, 0.019473), real(100, 0.025988), made(140, 0.03), real(150, 0.01608), real(200, 0.030726), real(250, 0.098705), level(357, 0.115), real(400, 0.120685), real(450, 0.090247), real(500, 0.145031)), scale="log", noise=(gaussian(0.25),), then=(spike(111, 2.635498), spike(130, 1.710647), spike(134, 0.584835), spike(306, 1.840962), spike(341, 0.591187))),
            "train/loss": kl_term(0.04),
            "train/learning_rate": Line(cosine(5e-6, 500, warmup=50)),
        },
        config={"model_name": "meta-llama/meta-Llama-3.2-3B-Instruct", "num_generations": 4, "learning_rate": 5e-6, "lr_scheduler_type": "cosine", "warmup_ratio": 0.1, "max_grad_norm": 1.0, "per_device_train_batch_size": 4, "gradient_accumulation_steps": 4, "max_steps": 500, "max_prompt_length": 287, "max_completion_length": 1_761, "peft": {"r": 64}, "logging_steps": 1},
        step_key="train/global_step", planned=500, clock=Clock(27.0, jitter=0.12),
    ),
    expect=healthy(usable=True, never="kl-explode loss-spike divergence plateau no-learning policy-collapse oscillation overfit"),
    why="First the approximate format, at step 190 to 230 the exact one (the reward triples within forty steps), then slowly the answers: the course GRPO takes. The loss goes up because it "
    "is 0.04 times the KL; single KL values of 2.6 (one strange answer) pass in one step.",
    read=(
        "训练完成，可用：reward −0.66→7.5，check_answer 0→1.8，后段仍在缓升",
        "190–230 步学会格式（match_format_exactly 0→2.6），之后才开始涨正确率，属正常",
        "loss 上升是 0.04×KL（0→0.11）；111、130、306 步 KL 单点 1.7–2.6，一步即过",
        "→ 用最后的 ckpt；再跑一倍步数可能还有收益",
    ),
)  # fmt: skip

LLAMA31 = Case(
    name="unsloth-llama31-grpo-rewards-of-six-answers",
    source="unslothai/notebooks:nb/Llama3.1_(8B)-GRPO.ipynb",
    family="grpo",
    sketch=Sketch(
        at=every(1, 250),
        lines={
            "train/rewards/correctness_reward_func": Line(
                (*figures("1:0 25:0.333333 50:0"), level(63, 0.87), real(75, 2.0), level(88, 1.09), real(100, 1.333333), level(113, 1.35), real(125, 1.666667), real(150, 1.666667), level(163, 1.19), real(175, 0.0), level(188, 1.52), real(200, 1.666667), real(225, 2.0), real(250, 1.333333)),
                then=(apply(lambda x, s: np.interp(s, [1, 13, 38, 63, 88, 113, 138, 188, 213, 250], [0.2, 0.24, 0.31, 0.43, 0.55, 0.67, 0.68, 0.74, 0.8, 0.74])), group(6, 1.4), apply(lambda f, s: 2 * f)),
            ),
            "train/rewards/int_reward_func": Derived(("train/rewards/correctness_reward_func",), lambda c: 0.25 * c),
            "train/rewards/xmlcount_reward_func": Line((real(1, -0.048), made(13, -0.02), made(250, -0.005)), noise=(gaussian(0.002),), then=(apply(lambda x, s: np.where(np.sin(s * 12.9898) > 0.6, x * 4, 0.0)),)),
            "train/rewards/soft_format_reward_func": Line((real(1, 0.0), real(250, 0.0))),
            "train/rewards/strict_format_reward_func": Line((real(1, 0.0), real(250, 0.0))),
            "train/reward": total("train/rewards/correctness_reward_func", "train/rewards/int_reward_func", "train/rewards/xmlcount_reward_func"),
            "train/reward_std": Derived(("train/rewards/correctness_reward_func",), lambda c: c / 2, then=(spread(6, 2.5),)),
            "train/completion_length": Line((real(1, 210.333344), level(13, 188), level(38, 166), level(88, 143), level(138, 167), level(163, 200), level(188, 191), level(213, 163), level(238, 176)), then=(lognormal(0.28), clipped(68, 413), rounded(4))),
            "train/kl": Line((made(1, 1e-5), real(25, 0.000376), real(50, 0.003582), real(75, 0.023197), real(100, 0.023831), made(113, 0.028), made(149, 0.035), made(151, 0.03), real(175, 0.01873), made(213, 0.034), real(250, 0.027454)), scale="log", noise=(gaussian(0.45),), then=(spike(150, 0.256428), clipped(high=0.2677))),
            "train/loss": kl_term(0.04),
            "train/learning_rate": Line(cosine(5e-6, 250, warmup=25)),
        },
        config={"model_name": "meta-llama/meta-Llama-3.1-8B-Instruct", "num_generations": 6, "learning_rate": 5e-6, "lr_scheduler_type": "cosine", "warmup_ratio": 0.1, "per_device_train_batch_size": 1, "gradient_accumulation_steps": 1, "max_prompt_length": 256, "max_completion_length": 768, "max_steps": 250, "max_grad_norm": 0.1, "logging_steps": 1},
        step_key="train/global_step", planned=250, clock=Clock(16.0, jitter=0.2),
    ),
    expect=healthy(usable=True, also="component-dead", never="oscillation loss-spike kl-explode no-spread no-learning policy-collapse eval-regress plateau"),
    why="One question with six answers a step: the reward jumps between 0 and 2.5 as questions are hard or easy; the mean over 25 steps goes from 0.55 to 1.9. A third of the groups without spread is usual. "
    "Two format rewards are 0 throughout (the system prompt's layout never matches): worth a remark.",
    read=(
        "训练完成，可用：reward（25 步均值）0.55→1.9，满分 2.5",
        "单步在 0–2.5 间跳是每步只有 1 题×6 个回答，属正常",
        "soft/strict_format 恒为 0：格式正则从未匹配，可修可去",
        "→ 在留出题上评一次；想更稳就加大每步题数",
    ),
)  # fmt: skip

QWEN_VL = Case(
    name="unsloth-qwen-vl-grpo-slow-and-noisy",
    source="unslothai/notebooks:nb/Qwen2_5_7B_VL_GRPO.ipynb",
    family="grpo",
    sketch=Sketch(
        at=every(1, 142),
        lines={
            "train/loss": Line((real(1, 0.0302), real(15, 0.0104), real(30, 0.0599), real(45, -0.0081), real(60, 0.0), real(75, -0.0181), real(90, -0.006), real(105, 0.0168), real(120, 0.0186), real(135, 0.0), real(142, 0.0)), then=(apply(lambda x, s: 0.03 * np.sin(s * 12.9898) * np.clip(np.sin(s * 78.233) + 0.5, 0, 1)), rounded(4))),
            "train/reward": Line((real(1, 1.75), level(4, 1.66), level(11, 1.70), real(15, 1.625), level(25, 1.6), real(30, 1.125), level(38, 1.6), real(45, 2.125), real(60, 2.0), level(67, 1.93), real(75, 1.75), level(81, 1.9), real(90, 2.25), real(105, 1.75), level(109, 2.0), real(120, 1.5), level(125, 2.0), real(135, 2.0), made(141, 2.1), real(142, 3.0)), noise=(gaussian(0.32),), then=(quantised(0.125), clipped(0.5, 3.5))),
            "train/reward_std": Line((real(1, 0.288675), real(15, 0.478714), real(30, 0.75), real(45, 0.75), real(60, 0.0), made(61, 0.5), real(75, 0.908248), real(90, 0.5), real(105, 0.5), real(120, 1.0), made(134, 0.5), real(135, 0.0), made(136, 0.45), real(142, 0.0)), then=(lognormal(0.4), sometimes(0.24, 0.0))),
            "train/completions/mean_length": Line((real(1, 182.75), real(15, 292.875), made(29, 260), real(30, 668.625), made(31, 260), real(45, 182.0), real(60, 221.625), real(75, 240.0), real(90, 174.25), real(105, 380.375), real(120, 502.5), made(121, 260), real(135, 197.125), real(142, 239.5)), then=(lognormal(0.3), clipped(110, 760), quantised(0.125))),
            "train/completions/clipped_ratio": Line((real(1, 0.0), real(15, 0.0), made(29, 0.02), real(30, 0.375), made(31, 0.02), real(45, 0.0), real(90, 0.0), real(142, 0.0)), then=(clipped(0, 1), group(8, 1.0))),
            "train/kl": Line((real(1, 1.2e-05), real(15, 9e-06), real(30, 1.1e-05), real(45, 0.000254), real(60, 0.000545), real(75, 0.002481), real(90, 0.001758), real(105, 0.001356), real(120, 0.000842), real(135, 0.001008), real(142, 0.00078)), scale="log", noise=(gaussian(0.35),)),
            "train/learning_rate": Line(linear_decay(5e-6, 142, warmup=14)),
        },
        config={"model_name": "unsloth/Qwen2.5-VL-7B-Instruct-bnb-4bit", "num_generations": 4, "importance_sampling_level": "sequence", "loss_type": "dr_grpo", "learning_rate": 5e-6, "max_prompt_length": 1_024, "max_completion_length": 1_024, "num_train_epochs": 0.5, "logging_steps": 1, "max_steps": 142},
        step_key="train/global_step", planned=142, clock=Clock(55.0, jitter=0.15),
    ),
    expect=healthy(usable=False, never="oscillation no-spread truncated-answers kl-collapse loss-spike policy-collapse no-learning kl-explode"),
    why="1.66 to about 2.05 over 142 steps with a scatter of 0.35: a small rise, real but slow, KL 0.001, a quarter of the groups without spread, a truncated batch here and there. Sound as far as it goes; "
    "whether it is worth anything a held-out set must tell.",
    read=(
        "训练完成，正常：reward 均值 1.66→2.05，涨幅小、噪声大",
        "loss ±0.03、KL 1e-3、1/4 的组无差异，都是 GRPO 的常态",
        "→ 要看真实收益：在留出集上对比训练前后；步数可再加",
    ),
)  # fmt: skip

QWEN25 = Case(
    name="unsloth-qwen25-grpo-answers-get-shorter",
    source="unslothai/notebooks:nb/Qwen2.5_(3B)-GRPO.ipynb",
    family="grpo",
    sketch=Sketch(
        at=every(1, 250),
        lines={
            "train/reward": Line(
                (real(1, 0.125), real(25, -0.0285), real(50, 0.125), real(75, 0.102875), real(100, 2.289875), real(125, 1.397875), real(150, 0.08875), real(175, 1.1625), real(200, 0.125), real(225, 2.742125), real(250, 0.719375)),
                then=(apply(lambda x, s: np.interp(s, [1, 25, 63, 88, 113, 138, 163, 188, 213, 250], [0.002, 0.01, 0.04, 0.18, 0.14, 0.28, 0.40, 0.50, 0.56, 0.53])), group(8, 0.9), apply(lambda f, s: 0.08 + 2.5 * f + 0.04 * np.sin(s * 78.233))),
            ),
            "train/reward_std": Derived(("train/reward",), lambda r: np.clip((r - 0.13) / 2.6, 0, 1), then=(spread(8, 2.6),)),
            "train/completion_length": Derived(("train/reward",), lambda r: r, then=(apply(lambda r, s: np.minimum(200.0, 200.0 - 17 * np.clip(r, 0, 2.7) + 14 * np.sin(s * 12.9898) * (r > 0.15))),)),
            "train/kl": Line((made(1, 1e-5), real(25, 0.002804), real(50, 0.002825), real(75, 0.008598), real(100, 0.039771), real(125, 0.024068), real(150, 0.005861), real(175, 0.03717), made(188, 0.05), real(200, 0.013366), real(225, 0.108243), real(250, 0.02834)), scale="log", noise=(gaussian(0.4),), then=(clipped(high=0.1744),)),
            "train/loss": kl_term(0.04),
            "train/learning_rate": Line(cosine(5e-6, 250, warmup=25)),
        },
        config={"model_name": "Qwen/Qwen2.5-3B-Instruct", "num_generations": 8, "learning_rate": 5e-6, "lr_scheduler_type": "cosine", "warmup_ratio": 0.1, "max_prompt_length": 256, "max_completion_length": 200, "per_device_train_batch_size": 1, "max_steps": 250, "max_grad_norm": 0.1, "logging_steps": 1},
        step_key="train/global_step", planned=250, clock=Clock(9.5, jitter=0.15),
    ),
    expect=healthy(usable=True, also="truncated-answers", never="oscillation kl-explode no-learning policy-collapse loss-spike plateau"),
    why="Nothing for 60 steps (most answers hit the limit of 200 tokens), then the model finds that short answers get scored, and the mean goes to 1.4. "
    "It is a rise that the limit shaped; one may say so, but the run is sound and the trend clear.",
    read=(
        "训练完成，可用：reward 均值 0→1.4，60 步后开始涨",
        "completion_length 200→168：上限 200 逼短了回答；放宽上限（512 以上）可能更好",
        "单步 0–2.7 间跳是每步 1 题×8 个回答，属正常",
        "→ 用最后的 ckpt，在留出题上评一次",
    ),
)  # fmt: skip

GAME_2048 = Case(
    name="unsloth-gpt-oss-2048-rare-prizes",
    source="unslothai/notebooks:nb/gpt_oss_(20B)_Reinforcement_Learning_2048_Game_BF16.ipynb",
    family="grpo",
    sketch=Sketch(
        at=every(1, 432),
        lines={
            "train/rewards/strategy_succeeds/mean": Line(
                (real(1, 0.5), real(40, -2.0), real(80, -2.0), real(120, -1.0), real(160, -2.0), real(200, -2.0), real(240, -1.0), real(280, -1.0), real(320, -1.0), real(360, 20.0), real(400, -1.0), real(432, -0.5)),
                then=(apply(lambda x, s: np.interp(s, [1, 110, 196, 239, 282, 325, 368, 411, 432], [0.04, 0.05, 0.05, 0.072, 0.115, 0.142, 0.19, 0.255, 0.27])), group(2, 1.2), apply(lambda f, s: np.round((21.5 * f - 1.5 + 0.5 * np.sin(s * 12.9898)) * 2) / 2)),
            ),
            "train/rewards/function_works/mean": Line((real(1, 1.0), level(22, 0.7), level(239, 0.86), level(411, 0.95)), then=(clipped(0, 1), group(2, 0.8), apply(lambda f, s: 3 * f - 2))),
            "train/rewards/no_cheating/mean": Line((real(1, 1.0), made(22, 0.93), made(432, 0.965)), then=(clipped(0, 1), group(2, 0.8), apply(lambda f, s: 21 * f - 20))),
            "train/reward": total("train/rewards/strategy_succeeds/mean", "train/rewards/function_works/mean", "train/rewards/no_cheating/mean"),
            "train/reward_std": Derived(("train/rewards/strategy_succeeds/mean",), lambda a: np.clip((a + 1.5) / 21.5, 0, 1), then=(spread(2, 21.5, 0.0), sometimes(0.3, 1.414214))),
            "train/completions/mean_length": Line((real(1, 429.5), level(22, 422), level(66, 412), level(153, 438), level(239, 411), level(282, 331), level(325, 309), level(368, 271), level(411, 266)), noise=(gaussian(85),), then=(clipped(48, 586), quantised(0.5))),
            "train/completions/clipped_ratio": Line((real(1, 0.0), level(22, 0.15), level(110, 0.08), level(282, 0.07), level(411, 0.03), real(432, 0.5)), then=(clipped(0, 1), group(2, 1.0))),
            "train/kl": Line((real(1, 0.002332), made(8, 0.03), made(22, 0.12), made(39, 0.5), real(40, 0.588745), level(66, 0.6), real(80, 0.138239), level(110, 0.32), real(160, 0.325618), level(196, 0.44), level(239, 0.44), real(280, 2.01306), level(282, 0.93), level(325, 1.1), real(360, 1.94236), level(411, 1.2), real(432, 0.53942)), scale="log", noise=(gaussian(0.35),), then=(clipped(high=3.622),)),
            "train/loss": kl_term(0.001),
            "train/learning_rate": Line(linear_decay(5e-5, 1_000, warmup=100)),
        },
        config={"model_name": "unsloth/gpt-oss-20b-BF16", "num_generations": 2, "learning_rate": 5e-5, "lr_scheduler_type": "linear", "warmup_ratio": 0.1, "max_steps": 1_000, "max_completion_length": 586, "temperature": 1.0, "per_device_train_batch_size": 1, "beta": 0.001, "logging_steps": 1},
        step_key="train/global_step", state="running", planned=1_000, clock=Clock(120.0, jitter=0.2),
    ),
    expect=healthy(usable=True, also="no-spread", never="oscillation kl-explode truncated-answers no-learning policy-collapse eval-regress plateau divergence"),
    why="A prize of 20 for a winning strategy, seldom at first (4 % of answers), later one in four: the mean of 44 steps goes from -0.2 to 5.3 while single steps stay at -1 or 22. With two answers a group, "
    "half the groups have no spread; a KL of 1 with a coefficient of 0.001 is allowed on purpose.",
    read=(
        "训练中，正常：reward 均值 −0.2→5.3，赢局比例约 4%→26%，仍在升",
        "单步非 −1 即 22：奖励稀疏、每组只有 2 个回答，属正常；看 40 步均值",
        "回复 420→266 token，截断 16%→2%，好转",
        "→ 继续跑到 1000 步；num_generations 2→4 以上会更稳",
    ),
)  # fmt: skip

VERL_GSM8K = Case(
    name="verl-gsm8k-grpo-as-in-the-examples",
    source="verl-project/verl#2060",
    family="grpo",
    sketch=Sketch(
        at=every(1, 105),
        lines={
            "actor/entropy": Line((real(1, 0.323), made(20, 0.21), made(60, 0.145), made(105, 0.12)), noise=(gaussian(0.005),), then=(rounded(3),)),
            "actor/kl_loss": Line((real(1, 0.0), made(8, 0.001), made(30, 0.008), made(105, 0.021)), noise=(gaussian(0.0008),), then=(clipped(0), rounded(3))),
            "actor/kl_coef": Line((made(1, 0.001),)),
            "actor/pg_loss": Line((made(1, 0.0),), noise=(gaussian(0.004),), then=(rounded(3),)),
            "actor/pg_clipfrac": Line((made(1, 0.0),), noise=(gaussian(0.0004),), then=(clipped(0), rounded(3))),
            "actor/ppo_kl": Line((made(1, 0.0),), noise=(gaussian(0.0002),), then=(rounded(3),)),
            "actor/grad_norm": Line((real(1, 0.020), made(20, 0.017), made(105, 0.011)), scale="log", noise=(student(0.12, 4),), then=(rounded(3),)),
            "actor/lr": Line(constant(0.0)),
            "critic/score/mean": Line((real(1, 0.558), made(10, 0.70), made(30, 0.82), made(60, 0.875), made(105, 0.91)), then=(clipped(0, 1), binomial(5_120), rounded(3))),
            "critic/score/max": Line((made(1, 1.0),)),
            "critic/score/min": Line((made(1, 0.0),)),
            "critic/advantages/mean": Line((made(1, -0.01), made(105, -0.03)), noise=(gaussian(0.006),), then=(rounded(3),)),
            "response_length/mean": Line((real(1, 288.698), made(20, 262), made(60, 271), made(105, 280)), noise=(gaussian(2.5),), then=(rounded(3),)),
            "response_length/max": Line((real(1, 963.0), made(105, 900)), noise=(gaussian(70),), then=(clipped(high=1_024), rounded(0))),
            "response_length/min": Line((real(1, 87.0), made(105, 84)), noise=(gaussian(5),), then=(rounded(0),)),
            "response_length/clip_ratio": Line((real(1, 0.0), made(105, 0.0004)), then=(clipped(0, 1), binomial(5_120), rounded(3))),
            "val-core/openai/gsm8k/acc/mean@1": Line((real(0, 0.508), made(10, 0.68), made(30, 0.775), made(60, 0.81), made(105, 0.835)), at=every(5, 105, first=0), then=(binomial(1_319), rounded(3))),
            "timing_s/gen": Line((made(1, 41),), noise=(gaussian(1.2),), then=(rounded(3),)),
            "timing_s/step": Derived(("timing_s/gen",), lambda g: np.round(g + 76, 3)),
            "training/epoch": Line((made(1, 0.0), made(105, 14.86)), then=(apply(lambda x, s: np.floor(x)),)),
        },
        config={"algorithm": {"adv_estimator": "grpo"}, "data": {"train_batch_size": 1_024, "max_response_length": 1_024}, "actor_rollout_ref": {"actor": {"optim": {"lr": 1e-6}, "use_kl_loss": True, "kl_loss_coef": 0.001, "ppo_mini_batch_size": 256}, "rollout": {"n": 5}}, "trainer": {"total_epochs": 15, "test_freq": 5, "save_freq": 20}},
        planned=105, clock=Clock(118.0, jitter=0.02, evals=(5, 34)),
    ),
    expect=healthy(usable=True, never="entropy-collapse no-learning metric-dead lr-zero plateau kl-collapse overfit gen-gap", unsaid=("学习率为 0", "lr 为 0")),
    why="Accuracy on the test set 0.51 to 0.83, score 0.56 to 0.91, KL 0.02, entropy 0.32 to 0.12, which is the usual price. (The lr of 1e-6 is shown as 0.000; the ratio columns are 0 as updates are small.)",
    read=(
        "训练完成，可用：gsm8k 0.508→0.835（1319 题，±2 百分点），后段趋缓",
        "entropy 0.32→0.12 缓降、KL 0.02，属正常",
        "actor/lr 0.000 是三位小数打印（1e-6），不是停了",
        "→ 用 100–105 步的 ckpt；训练与测试相差 8 个百分点，再跑收益有限",
    ),
)  # fmt: skip

TRL_PPO = Case(
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
)  # fmt: skip

THE_LM_BOOK = Case(
    name="thelmbook-grpo-loss-rises-reward-at-its-top",
    source="aburkov/theLMbook#6",
    family="grpo",
    sketch=Sketch(
        at=every(1, 500),
        lines={
            "average_reward": Line((made(1, 0.55), made(60, 1.35), made(140, 2.05), made(260, 2.45), level(400, 2.55), level(500, 2.55)), noise=(gaussian(0.22),), then=(clipped(0, 2.8), rounded(4))),
            "kl": Line((made(1, 1e-4), made(100, 0.02), made(250, 0.05), level(400, 0.09), made(440, 0.35), made(500, 0.9)), scale="log", noise=(gaussian(0.2),)),
            "loss": Derived(("kl",), lambda k: 0.04 * k, then=(gaussian(0.0008), rounded(6))),
            "mean_length": Line((made(1, 232), made(140, 205), made(500, 198)), noise=(gaussian(13),), then=(rounded(1),)),
            "accuracy": Line((made(100, 0.62), made(200, 0.76), made(300, 0.83), made(400, 0.86), made(500, 0.865)), at=every(100, 500), then=(binomial(30),)),
        },
        config={"num_iterations": 1, "num_steps": 500, "batch_size": 7, "num_generations": 12, "max_completion_length": 400, "beta": 0.04, "learning_rate": 5e-6, "mu": 1, "epsilon": 0.1},
        planned=500, clock=Clock(26.0, jitter=0.06, evals=(100, 40)),
    ),
    expect=healthy(usable=True, also="kl-explode", never="divergence loss-jump overfit policy-collapse eval-regress eval-leak no-learning"),
    why="The loss is the KL term and rises tenfold after step 400, while reward and accuracy stay at their top: the policy keeps walking where there is no more to gain. Harmless so far, "
    "a note that it could stop at 400 is fair, an alarm is not.",
    read=(
        "训练完成，可用：average reward 0.55→2.55（上限 2.8），accuracy 约 0.86（30 题，误差大）",
        "400 步后 loss 上升只是 0.04×KL（0.09→0.9），reward 没降",
        "→ 400 步左右的 ckpt 同样好、离原模型更近；再训没有收益",
    ),
)  # fmt: skip

REDTEAM = Case(
    name="agent-memory-stage-one-rewards-by-parts",
    source="aaravarora01/agent-memory-redteam:modal_results/strict/stage1/train_metrics.jsonl",
    family="grpo",
    sketch=Sketch(
        at=every(1, 250),
        lines={
            "reward": Line((real(1, 0.71875), level(13, 0.783), level(38, 0.911), level(63, 1.09), level(88, 1.074), level(113, 1.142), level(138, 1.145), level(163, 1.184), level(188, 1.25), level(213, 1.18), level(238, 1.208)), noise=(gaussian(0.19),), then=(quantised(0.03125),)),
            "valid_action": Line((level(1, 0.97), level(238, 0.995)), then=(clipped(0, 1), binomial(64))),
            "retrieval_reward": Line((level(1, 1.22), level(238, 1.3)), noise=(gaussian(0.09),), then=(quantised(0.03125),)),
            "update_reward": Line((level(13, 0.594), made(100, 0.72), level(238, 0.81)), noise=(gaussian(0.08),), then=(quantised(0.03125), clipped(0, 1))),
            "attack_reward": Line((level(13, 0.06), level(238, 0.11)), noise=(gaussian(0.05),), then=(quantised(0.015625), clipped(0))),
            "noop_penalty": Line((made(1, -0.12), made(120, -0.05), made(250, -0.03)), noise=(gaussian(0.03),), then=(clipped(high=0.0),)),
            "judge_asr": Line((level(1, 0.0), level(250, 0.0))),
        },
        config={"stage": 1, "max_steps": 250, "num_generations": 8, "learning_rate": 1e-5, "batch_size": 8},
        planned=250, clock=Clock(41.0, jitter=0.1),
    ),
    expect=healthy(usable=True, also="component-dead", never="no-learning oscillation policy-collapse plateau success-zero eval-regress"),
    why="0.78 to 1.2 in blocks of 25 steps at a scatter of 0.2 each, all parts rise a little, invalid actions die out. (judge_asr is 0 as the attack comes in a later stage.) A sound first stage that levels off.",
    read=(
        "训练完成，正常：reward 0.78→1.2（25 步均值），150 步后趋平",
        "update_reward 0.59→0.81、valid_action 97%→99.5%，各项都在好转",
        "judge_asr 恒 0 是本阶段不评攻击，不是坏了",
        "→ 可进入第 2 阶段",
    ),
)  # fmt: skip

TINY_LORA = Case(
    name="tinylora-grpo-every-second-row-is-a-reuse",
    source="Chi-Shan0707/TinyLoRA-GRPO-Coder#4",
    family="grpo",
    sketch=Sketch(
        at=every(1, 56),
        lines={
            "loss": Line((real(1, -0.0982), real(2, 0.0793), made(3, 0.0), made(23, 0.0), real(24, 0.1185), real(25, 0.0632), made(26, 0.0), made(56, 0.0)), noise=(gaussian(0.075),), then=(rounded(4),)),
            "grad_norm": Line((real(1, 0.12353515625), real(2, 0.12060546875), real(24, 0.13671875), real(25, 0.185546875), made(56, 0.15)), scale="log", noise=(gaussian(0.18),), then=(printed(4),)),
            "learning_rate": Line(linear_decay(1e-5, 56)),
            "reward": Line((real(1, 0.5), made(15, 0.46), real(25, 0.5875), made(55, 0.60)), at=every(2, 55, first=1), noise=(gaussian(0.11),), then=(clipped(0, 1), quantised(0.0125))),
            "reward_std": Line((real(1, 0.32513731718063354), real(25, 0.4051), made(55, 0.33)), at=every(2, 55, first=1), noise=(gaussian(0.06),), then=(clipped(0),)),
            "frac_reward_zero_std": Line((real(1, 0.0), made(55, 0.05)), at=every(2, 55, first=1), then=(binomial(2),)),
            "completions/mean_length": Line((real(1, 506.75), made(11, 455), real(25, 379.75), made(55, 405)), at=every(2, 55, first=1), noise=(gaussian(42),), then=(quantised(0.125),)),
            "completions/max_length": Line((real(1, 738.0), made(55, 760)), at=every(2, 55, first=1), noise=(gaussian(110),), then=(clipped(300, 1_024), rounded(0))),
            "completions/clipped_ratio": Line((real(1, 0.0), made(55, 0.02)), at=every(2, 55, first=1), then=(binomial(8),)),
            "entropy": Line((real(1, 0.40187661349773407), made(12, 0.39), real(24, 0.2490), real(25, 0.2750), made(56, 0.30)), noise=(gaussian(0.035),)),
            "clip_ratio/region_mean": Line((real(1, 0.0), made(2, 0.0115), made(56, 0.011)), then=(apply(lambda x, s: np.where(s % 2 == 1, 0.0, 0.0112 + 0.002 * np.sin(s * 12.9898))),)),
            "step_time": Line((real(1, 238.3076013879995), made(56, 240)), then=(apply(lambda x, s: np.where(s % 2 == 1, 240 + 9 * np.sin(s * 78.233), 26 + 3 * np.sin(s * 12.9898))),)),
            "epoch": Line((real(1, 0.03), real(24, 0.43), real(25, 0.45), made(56, 1.0)), then=(rounded(2),)),
        },
        config={"num_iterations": 2, "num_generations": 4, "learning_rate": 1e-5, "lr_scheduler_type": "linear", "per_device_train_batch_size": 4, "gradient_accumulation_steps": 2, "max_completion_length": 1_024, "beta": 0.0, "max_steps": 56, "logging_steps": 1, "model": "Qwen2.5-Coder-3B-Instruct"},
        planned=56, clock=Clock(133.0, jitter=0.02),
    ),
    expect=healthy(usable=False, also="no-learning plateau at-chance", never="oscillation throughput-drop metric-missing stalled-logging eval-stale metric-dead data-bound entropy-collapse loss-spike lr-zero"),
    why="num_iterations is 2: odd steps sample (240 s, rewards logged), even ones go over the same answers again (26 s, nothing new to log, clip ratio 1 %). Gaps and the two-stroke step time belong to it. "
    "0.5 to 0.6 at eight answers a step is within the scatter: too short for a judgement.",
    read=(
        "56 步的短跑，过程正常；reward 0.50→0.60 还在误差内",
        "reward 等隔行才有值、step_time 240/26 秒交替：num_iterations=2，偶数步复用同一批回答",
        "clip_ratio 约 1%，说明更新不大",
        "→ 想要结论就加步数、每步 32 个回答以上",
    ),
)  # fmt: skip

OPEN_R1_EARLY = Case(
    name="open-r1-grpo-loss-leaves-zero",
    source="huggingface/open-r1#239",
    family="grpo",
    sketch=Sketch(
        at=every(5, 900),
        lines={
            "train/kl": Line((made(5, 3e-6), made(50, 9e-5), made(200, 0.003), made(350, 0.014), real(415, 0.0183746337890625), real(420, 0.04857177734375), made(425, 0.022), made(900, 0.052)), scale="log", noise=(gaussian(0.4),)),
            "train/loss": kl_term(0.04),
            "train/grad_norm": Line((made(5, 0.9), made(400, 0.95), real(415, 1.660251103195432), real(420, 0.7700014026503217), real(425, 0.8288001079549833), made(900, 1.0)), scale="log", noise=(student(0.22, 4),)),
            "train/rewards/accuracy_reward": Line((made(5, 0.22), made(200, 0.29), real(415, 0.33333334028720857), real(420, 0.43333334624767306), real(425, 0.4333333373069763), made(430, 0.38), made(900, 0.46)), then=(clipped(0, 1), binomial(60))),
            "train/rewards/format_reward": Line((made(5, 0.0), real(415, 0.0), real(420, 0.0), made(900, 0.0))),
            "train/rewards/reasoning_steps_reward": Line((made(5, 0.62), made(200, 0.7), real(415, 0.7444444686174393), real(420, 0.8777778089046478), real(425, 0.9333333492279052), made(430, 0.8), made(900, 0.87)), noise=(gaussian(0.05),), then=(clipped(0, 1),)),
            "train/rewards/cosine_scaled_reward": Line((made(5, -0.06), made(200, 0.02), real(415, 0.08663841746747494), real(420, 0.17203281931579112), made(430, 0.11), made(900, 0.19)), noise=(gaussian(0.07),)),
            "train/reward": total("train/rewards/accuracy_reward", "train/rewards/format_reward", "train/rewards/reasoning_steps_reward", "train/rewards/cosine_scaled_reward"),
            "train/reward_std": Line((made(5, 0.9), real(415, 0.9080875471234322), real(420, 1.190664093196392), made(425, 0.95), made(900, 0.93)), noise=(gaussian(0.1),), then=(clipped(0),)),
            "train/completion_length": Line((made(5, 870), made(200, 850), real(415, 834.3333465576172), real(420, 743.1666870117188), made(430, 800), made(900, 770)), noise=(gaussian(45),), then=(clipped(high=1_024),)),
            "train/learning_rate": Line((made(5, 2.76e-8), real(415, 2.2915516289342906e-06), real(420, 2.3191606847045835e-06), real(425, 2.346769740474876e-06), made(900, 4.969630038652678e-06))),
            "train/epoch": Line(epoch(36_220)),
        },
        config={"model_name_or_path": "DeepSeek-R1-Distill-Qwen-1.5B", "num_generations": 6, "beta": 0.04, "learning_rate": 2e-5, "lr_scheduler_type": "cosine", "warmup_ratio": 0.1, "logging_steps": 5, "max_completion_length": 1_024, "num_train_epochs": 1, "reward_funcs": ["accuracy", "format", "reasoning_steps", "cosine"]},
        step_key="train/global_step", state="running", planned=36_220, clock=Clock(14.0, jitter=0.08),
    ),
    expect=healthy(usable=True, also="component-dead truncated-answers success-zero", never="divergence loss-spike loss-jump kl-explode no-learning policy-collapse lr-anomaly"),
    why="The loss begins at 0 and rises to 0.002: it is 0.04 times the KL, which has to rise. Accuracy goes from 0.22 to 0.46 meanwhile. The format reward is 0 in all records (a template that this "
    "model does not follow): a remark, and the planned lr of 2e-5, still far off, deserves one too.",
    read=(
        "训练中，正常：accuracy_reward 0.22→0.46，仍在升",
        "loss 由 0 升到 0.002 是 0.04×KL，GRPO 的 loss 不看升降",
        "format_reward 恒 0：正则与该模型的输出不匹配，应修或去掉",
        "→ 继续；lr 仍在 warmup（5e-6，计划到 2e-5），KL 若过 0.5 应降 lr",
    ),
)  # fmt: skip

VIDEO_R1 = Case(
    name="video-r1-loss-and-kl-drift-up",
    source="tulerfeng/Video-R1#115",
    family="grpo",
    sketch=Sketch(
        at=every(1, 1_000),
        lines={
            "train/kl": Line((made(1, 1e-4), made(60, 0.012), made(250, 0.055), made(600, 0.11), made(1_000, 0.16)), scale="log", noise=(gaussian(0.22),)),
            "train/loss": kl_term(0.04),
            "train/grad_norm": Line((made(1, 1.9), made(300, 1.5), made(1_000, 1.35)), scale="log", noise=(student(0.3, 4),)),
            "train/rewards/accuracy_reward": Line((level(1, 0.5), made(200, 0.56), made(600, 0.62), level(1_000, 0.66)), noise=(gaussian(0.09),), then=(clipped(0, 1), quantised(0.015625))),
            "train/rewards/format_reward": Line((made(1, 0.93), made(60, 0.99), made(1_000, 0.998)), then=(clipped(0, 1), binomial(64))),
            "train/reward": total("train/rewards/accuracy_reward", "train/rewards/format_reward"),
            "train/reward_std": Line((made(1, 0.34), made(300, 0.24), made(1_000, 0.16)), noise=(gaussian(0.045),), then=(clipped(0),)),
            "train/all_correct": Line((made(1, 0.2), made(1_000, 0.36)), noise=(gaussian(0.09),), then=(clipped(0, 1), quantised(0.125))),
            "train/all_wrong": Line((made(1, 0.19), made(1_000, 0.17)), noise=(gaussian(0.08),), then=(clipped(0, 1), quantised(0.125))),
            "train/completion_length": Line((made(1, 240), made(80, 190), made(400, 245), made(1_000, 290)), noise=(gaussian(22),)),
            "train/learning_rate": Line(cosine(1e-6, 1_200)),
        },
        config={"model_name_or_path": "Qwen2.5-VL-7B-COT-SFT", "num_generations": 8, "beta": 0.04, "learning_rate": 1e-6, "lr_scheduler_type": "cosine", "max_grad_norm": 5, "weight_decay": 0.01, "per_device_train_batch_size": 1, "max_steps": 1_200, "temporal": True, "logging_steps": 1},
        step_key="train/global_step", state="running", planned=1_200, clock=Clock(62.0, jitter=0.07),
    ),
    expect=healthy(usable=True, never="divergence kl-explode no-spread entropy-collapse policy-collapse overfit no-learning grad-explode"),
    why="Loss and KL drift up together (the loss is the KL term), the spread within groups halves as more of them are all right: what GRPO does when it works. To be read is the accuracy reward, 0.5 to 0.66 under noise of 0.09.",
    read=(
        "训练中，正常：accuracy_reward 0.50→0.66，仍缓升",
        "loss 升只是 0.04×KL；reward_std 0.34→0.16 是全对的组变多（20%→36%）",
        "→ 跑完 1200 步；如全对超过一半，换更难的题",
    ),
)  # fmt: skip

ASCEND = Case(
    name="verl-ascend-dapo-hundred-steps",
    source="verl-project/verl-ascend-recipe#19",
    family="grpo",
    sketch=Sketch(
        at=every(1, 100),
        lines={
            "critic/score/mean": Line((made(1, 0.36), level(5, 0.4469), made(25, 0.62), made(55, 0.75), level(95, 0.8193)), noise=(gaussian(0.035),), then=(clipped(0, 1),)),
            "critic/rewards/mean": same("critic/score/mean"),
            "actor/entropy": Line((made(1, 0.41), made(25, 0.3), made(60, 0.27), made(100, 0.26)), noise=(gaussian(0.012),)),
            "actor/pg_loss": Line((made(1, 0.0),), noise=(gaussian(0.015),)),
            "actor/pg_clipfrac": Line((made(1, 0.0004), made(100, 0.0009)), scale="log", noise=(gaussian(0.3),)),
            "actor/ppo_kl": Line((made(1, 0.0),), noise=(gaussian(0.0003),)),
            "actor/grad_norm": Line((made(1, 0.24), made(100, 0.17)), scale="log", noise=(student(0.15, 4),), then=(spikes(0.02, 2, 4),)),
            "actor/lr": Line((made(1, 1e-7), made(10, 1e-6))),
            "response_length/mean": Line((made(1, 690), made(25, 760), made(100, 930)), noise=(gaussian(24),)),
            "response_length/clip_ratio": Line((made(1, 0.04), made(40, 0.015), made(100, 0.022)), then=(clipped(0, 1), binomial(512))),
            "timing_s/gen": Line((made(1, 92), made(100, 118)), noise=(gaussian(5),)),
            "timing_s/step": Derived(("timing_s/gen",), lambda g: g + 148),
            "perf/throughput": Line((made(1, 410), made(100, 435)), noise=(gaussian(12),)),
        },
        config={"data": {"train_batch_size": 64, "max_response_length": 2_048}, "actor_rollout_ref": {"actor": {"optim": {"lr": 1e-6, "lr_warmup_steps": 10}, "clip_ratio_low": 0.2, "clip_ratio_high": 0.28, "use_kl_loss": False}, "rollout": {"n": 8}}, "algorithm": {"adv_estimator": "grpo"}, "trainer": {"total_training_steps": 100}},
        planned=100, clock=Clock((made(1, 240), made(100, 266)), jitter=0.02),
    ),
    expect=healthy(usable=True, never="throughput-drop entropy-collapse policy-collapse truncated-answers no-learning plateau lr-flat-stall"),
    why="Score 0.45 over the first ten steps, 0.82 over the last ten; answers grow longer as they get better, so a step takes a tenth more time (tokens per second do not fall). Entropy levels off at 0.26. Sound.",
    read=(
        "训练完成，正常：score 前 10 步 0.45 → 后 10 步 0.82",
        "entropy 0.41→0.26 后稳住；回复 690→930 token，单步慢一成由此而来，吞吐没降",
        "→ 可继续训；没有验证集，先补评估",
    ),
)  # fmt: skip

EASY_R1 = Case(
    name="easyr1-reward-at-its-maximum-after-sixty-steps",
    source="hiyouga/EasyR1#263",
    family="grpo",
    sketch=Sketch(
        at=every(1, 180),
        lines={
            "reward/format": Line((made(1, 0.7), made(15, 0.95), made(35, 0.995), made(180, 1.0)), then=(clipped(0, 1), binomial(2_560))),
            "reward/accuracy": Line((made(1, 0.39), made(15, 0.63), made(35, 0.89), level(60, 0.995), level(180, 0.998)), then=(clipped(0, 1), binomial(2_560))),
            "reward/overall": Derived(("reward/accuracy", "reward/format"), lambda a, f: 0.9 * a + 0.1 * f),
            "actor/pg_loss": Line((made(1, 0.0),), noise=(gaussian((made(1, 0.02), made(60, 0.004), made(180, 0.002))),)),
            "actor/kl_loss": Line((made(1, 0.0002), made(30, 0.03), made(60, 0.06), made(180, 0.07)), scale="log", noise=(gaussian(0.1),)),
            "actor/entropy_loss": Line((made(1, 0.48), made(35, 0.3), made(60, 0.22), made(180, 0.19)), noise=(gaussian(0.01),)),
            "actor/grad_norm": Line((made(1, 0.6), made(35, 0.35), made(60, 0.08), made(180, 0.05)), scale="log", noise=(student(0.35, 4),)),
            "actor/lr": Line(constant(1e-6)),
            "response_length/mean": Line((made(1, 210), made(60, 180), made(180, 176)), noise=(gaussian(4),)),
            "response_length/clip_ratio": Line((made(1, 0.004), made(60, 0.0)), then=(clipped(0, 1), binomial(2_560))),
            "val/accuracy_reward": Line((made(5, 0.45), made(35, 0.86), made(60, 0.975), made(180, 0.985)), at=every(5, 180), then=(clipped(0, 1), binomial(400))),
        },
        config={"data": {"rollout_batch_size": 512}, "worker": {"actor": {"global_batch_size": 128, "optim": {"lr": 1e-6}}, "rollout": {"n": 5}}, "algorithm": {"adv_estimator": "grpo", "kl_coef": 0.01, "use_kl_loss": True}, "trainer": {"total_epochs": 15, "val_freq": 5}},
        state="running", planned=300, clock=Clock(73.0, jitter=0.04, evals=(5, 45)),
    ),
    expect=healthy(usable=True, also="no-spread converged plateau grad-vanish", never="overfit policy-collapse no-learning kl-explode entropy-collapse lr-flat-stall truncated-answers eval-leak at-chance"),
    why="The task is learnt after sixty steps, on the validation questions too (0.98). What follows brings nothing, as groups have no spread left: a hint to stop or to take harder questions, no fault.",
    read=(
        "已学会：val 0.45→0.985（400 题），60 步起到顶，可用",
        "60 步后几乎所有组全对、没有梯度，后面的步数没有收益",
        "→ 可以停；要继续提升换更难的题",
        "若 val 与训练同源，另找一份题核对",
    ),
)  # fmt: skip

CASES: tuple[Case, ...] = (
    OPEN_R1_COLLAPSE, OPEN_R1_FORMAT, CONVSEARCH, AGENT_R1, TRL_TRUNCATED, QWEN_FP8, PHI4, GSPO_SOLVED, MINISTRAL, R1_QWEN, MARIN_ASYNC, MARIN_SYNC, TRL_PPO_KL, LF_NEGATIVE, VERL_CRITIC, SWIFT_ZERO, SWIFT_KL_NAN,
    RLLM_ENTROPY, RLLM_ZERO, ADVANCED, LLAMA31, QWEN_VL, QWEN25, GAME_2048, VERL_GSM8K, TRL_PPO, THE_LM_BOOK, REDTEAM, TINY_LORA, OPEN_R1_EARLY, VIDEO_R1, ASCEND, EASY_R1,
)  # fmt: skip
