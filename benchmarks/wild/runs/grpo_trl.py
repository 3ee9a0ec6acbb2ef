"""GRPO in TRL and in what is built on it: open-r1, ms-swift, own scripts."""

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
    Sketch,
    apply,
    binomial,
    clipped,
    constant,
    cosine,
    epoch,
    every,
    gaussian,
    level,
    linear_decay,
    made,
    printed,
    quantised,
    real,
    rounded,
    sometimes,
    student,
)


def _flicker(x: Floats, s: Floats) -> Floats:
    """NaN in the same single records of each column."""
    return np.where(np.sin(s * 12.9898) > 0.94, NAN, x)


# fmt: off
CASES: tuple[Case, ...] = (
    Case(
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
    ),
    Case(
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
    ),
    Case(
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
    ),
    Case(
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
    ),
    Case(
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
    ),
    Case(
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
    ),
    Case(
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
    ),
    Case(
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
    ),
    Case(
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
    ),
    Case(
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
    ),
)
# fmt: on
