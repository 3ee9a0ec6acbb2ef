"""GRPO in Unsloth: a few hundred steps on one card, as its notebooks print them."""

from __future__ import annotations

import numpy as np

from benchmarks.wild.case import INFO, WARNING, Case, fault, healthy, sick
from benchmarks.wild.columns import kl_term, total
from benchmarks.wild.sketch import (
    Clock,
    Derived,
    Floats,
    Line,
    Rng,
    Sketch,
    Touch,
    apply,
    binomial,
    clipped,
    cosine,
    every,
    figures,
    flat,
    gaussian,
    level,
    linear_decay,
    lognormal,
    made,
    onward,
    quantised,
    real,
    rounded,
    sometimes,
    spike,
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


def _spread_of_both(formatted: Floats, numbers: Floats) -> Floats:
    """The standard deviation of two rewards that are paid or not, independent of each other."""
    of_format: Floats = np.clip((formatted + 3) / 8 * (5 - formatted) / 8, 0, None)
    of_numbers: Floats = np.clip(-numbers / 1.5 * (1.5 + numbers) / 1.5, 0, None)
    return np.hypot(9.2 * np.sqrt(of_format), 1.73 * np.sqrt(of_numbers))


def _shorter_when_right(reward: Floats, steps: Floats) -> Floats:
    varied: Floats = 14 * np.sin(steps * 12.9898) * (reward > 0.15)
    return np.minimum(200.0, 200.0 - 17 * np.clip(reward, 0, 2.7) + varied)


def _strategy_reward(share: Floats, steps: Floats) -> Floats:
    mean: Floats = 21.5 * share - 1.5 + 0.5 * np.sin(steps * 12.9898)
    return np.round(mean * 2) / 2


def _loss_about_zero(x: Floats, steps: Floats) -> Floats:
    swell: Floats = np.clip(np.sin(steps * 78.233) + 0.5, 0, 1)
    return 0.03 * np.sin(steps * 12.9898) * swell


def _mostly_cut_off(x: Floats, steps: Floats) -> Floats:
    angle: Floats = steps * 78.233 + np.sin(steps * 12.9898) * 9
    return 200.0 - 30 * np.clip(np.sin(angle) - 0.45, 0, 1)


# fmt: off
CASES: tuple[Case, ...] = (
    Case(
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
    ),
    Case(
        name="unsloth-phi4-grpo-at-the-limit-of-two-hundred",
        source="unslothai/notebooks:nb/Phi_4_(14B)-GRPO.ipynb",
        family="grpo",
        sketch=Sketch(
            at=every(1, 100),
            lines={
                "train/completion_length": Line(
                    figures("1:200 10:159.166672 20:200 30:200 40:200 50:200 60:200 70:200 80:193.666672 90:200 100:200", kind="real"), then=(apply(_mostly_cut_off), rounded(4))
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
    ),
    Case(
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
    ),
    Case(
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
    ),
    Case(
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
                "train/reward_std": Derived(("train/rewards/format_and_language_reward_func", "train/rewards/check_numbers"), _spread_of_both),
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
    ),
    Case(
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
    ),
    Case(
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
    ),
    Case(
        name="unsloth-qwen-vl-grpo-slow-and-noisy",
        source="unslothai/notebooks:nb/Qwen2_5_7B_VL_GRPO.ipynb",
        family="grpo",
        sketch=Sketch(
            at=every(1, 142),
            lines={
                "train/loss": Line((real(1, 0.0302), real(15, 0.0104), real(30, 0.0599), real(45, -0.0081), real(60, 0.0), real(75, -0.0181), real(90, -0.006), real(105, 0.0168), real(120, 0.0186), real(135, 0.0), real(142, 0.0)), then=(apply(_loss_about_zero), rounded(4))),
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
    ),
    Case(
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
                "train/completion_length": Derived(("train/reward",), lambda r: r, then=(apply(_shorter_when_right),)),
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
    ),
    Case(
        name="unsloth-gpt-oss-2048-rare-prizes",
        source="unslothai/notebooks:nb/gpt_oss_(20B)_Reinforcement_Learning_2048_Game_BF16.ipynb",
        family="grpo",
        sketch=Sketch(
            at=every(1, 432),
            lines={
                "train/rewards/strategy_succeeds/mean": Line(
                    (real(1, 0.5), real(40, -2.0), real(80, -2.0), real(120, -1.0), real(160, -2.0), real(200, -2.0), real(240, -1.0), real(280, -1.0), real(320, -1.0), real(360, 20.0), real(400, -1.0), real(432, -0.5)),
                    then=(apply(lambda x, s: np.interp(s, [1, 110, 196, 239, 282, 325, 368, 411, 432], [0.04, 0.05, 0.05, 0.072, 0.115, 0.142, 0.19, 0.255, 0.27])), group(2, 1.2), apply(_strategy_reward)),
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
    ),
)
# fmt: on
