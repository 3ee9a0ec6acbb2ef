"""Preferences (DPO, KTO, ORPO, SimPO), reward models, and embeddings that are trained by contrast."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.wild.case import CRITICAL, WARNING, Case, fault, healthy, sick
from benchmarks.wild.columns import margin
from benchmarks.wild.sketch import (
    NAN,
    Clock,
    Derived,
    Floats,
    Line,
    Rng,
    Sketch,
    apply,
    binomial,
    clipped,
    cosine,
    epoch,
    epochs,
    every,
    gaussian,
    level,
    linear_decay,
    made,
    onward,
    real,
    rounded,
    student,
)


def _lost(x: np.ndarray, s: np.ndarray, above: float) -> np.ndarray:
    """NaN where the batch has no answer of that side: the same records in each of its columns."""
    return np.where((np.abs(s) >= 6) & (np.sin(s * 12.9898) > above), NAN, x)


def _uneven(x: Floats, steps: Floats) -> Floats:
    swing: Floats = 1.1 * np.sin(steps * 12.9898) + 0.7 * np.sin(steps * 78.233)
    return x * np.exp(swing)


def _past_its_end(steps: Floats, rng: Rng) -> Floats:
    """A cosine that rises again where its schedule has ended."""
    wave: Floats = np.cos(math.pi * np.clip(steps - 25, 0, None) / 225)
    return 1e-6 * np.clip(steps / 25, 0, 1) * 0.5 * (1 + wave)


# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        name="eto-dpo-all-zero-but-the-logits",
        source="Yifan-Song793/ETO#14",
        family="preference",
        sketch=Sketch(
            at=every(1, 120),
            lines={
                "train/loss": Line((real(1, 0.6931), real(60, 0.6931), real(120, 0.6931)), then=(rounded(4),)),
                "train/rewards/chosen": Line((real(1, 0.0), real(120, 0.0))),
                "train/rewards/rejected": Line((real(1, 0.0), real(120, 0.0))),
                "train/rewards/accuracies": Line((real(1, 0.0), real(120, 0.0))),
                "train/rewards/margins": Line((real(1, 0.0), real(120, 0.0))),
                "train/logps/chosen": Line((real(1, 0.0), real(120, 0.0))),
                "train/logps/rejected": Line((real(1, 0.0), real(120, 0.0))),
                "train/logits/chosen": Line((made(1, -1.36), real(71, -1.3605669736862183), made(120, -1.36)), noise=(gaussian(0.02),)),
                "train/logits/rejected": Line((made(1, -1.352), real(71, -1.3516827821731567), made(120, -1.352)), noise=(gaussian(0.02),)),
                "train/learning_rate": Line((made(1, 4.2e-8), made(12, 5e-7), real(71, 5e-7), made(120, 5e-7))),
                "train/epoch": Line(epoch(120)),
            },
            config={"model_name_or_path": "llama-2-7b-sft", "beta": 0.1, "learning_rate": 5e-7, "lr_scheduler_type": "constant_with_warmup", "num_train_epochs": 1, "per_device_train_batch_size": 2, "gradient_accumulation_steps": 8, "logging_steps": 1, "max_steps": 120, "max_length": 2048},
            step_key="train/global_step", planned=120, clock=Clock(14.0, jitter=0.05),
        ),
        expect=sick(
            fault("at-chance no-learning metric-dead grad-vanish", (0, 10), 50, WARNING), also="plateau", never="converged preference-saturated", unsaid=("已收敛",),
        ),
        why="The loss is ln 2 to four digits, rewards and, what gives it away, the log-probabilities are exactly 0: no answer token is left in the loss (all "
        "labels masked, or the template does not match). A policy that has not moved yet would show logps of minus hundreds.",
        read=(
            "loss 恒为 0.6931（ln 2），rewards 与 logps 恰为 0：没有任何 token 参与损失，没有在训练",
            "logps/chosen 应为 −100 量级；恰为 0 说明 label 全被 mask（模板不匹配或被截断）",
            "→ 打印一个 batch 的 labels 中非 −100 的个数；核对对话模板与 max_length",
            "现有 ckpt 等于 SFT 模型",
        ),
    ),
    Case(
        name="trl-dpo-rewards-of-ten-at-the-first-step",
        source="huggingface/trl#1236",
        family="preference",
        sketch=Sketch(
            at=every(1, 349),
            lines={
                "loss": Line(
                    (
                        real(1, 0.3271), real(2, 4.337), real(3, 3.6449), real(4, 0.0656), made(12, 1.6), made(24, 1.2), real(33, 1.1507), real(34, 2.1113), real(35, 0.0076), real(36, 3.9537), made(60, 0.75), made(100, 0.25),
                        made(140, 0.02), made(158, 0.004), real(159, 0.0), real(160, 0.0036), real(161, 0.0), real(162, 0.0), made(180, 0.0002), made(349, 0.0001),
                    ),
                    noise=(), then=(apply(_uneven), rounded(4)),
                ),
                "rewards/chosen": Line(
                    (
                        real(1, 9.76550579071045), real(2, 10.37876033782959), real(3, 8.665023803710938), real(4, 9.962109565734863), made(20, 8.5), real(33, 4.873177528381348), real(34, 11.037872314453125), real(35, 9.013261795043945),
                        real(36, 6.393144607543945), made(100, 4.5), real(159, 3.876391649246216), real(160, -1.8177169561386108), real(161, 4.2187347412109375), real(162, 3.24969482421875), made(349, -1.5),
                    ),
                    noise=(gaussian(2.0),),
                ),
                "rewards/rejected": Line(
                    (
                        real(1, 5.694394111633301), real(2, 14.287623405456543), real(3, 12.245894432067871), real(4, 5.9517951011657715), made(20, 7.5), real(33, 3.9558022022247314), real(34, 11.834676742553711), real(35, 3.828528642654419),
                        real(36, 6.25003719329834), made(100, -5.0), real(159, -11.440515518188477), real(160, -15.177860260009766), real(161, -19.058143615722656), real(162, -11.781109809875488), made(349, -24.0),
                    ),
                    noise=(gaussian(2.4),),
                ),
                "rewards/margins": margin("rewards/chosen", "rewards/rejected"),
                "rewards/accuracies": Line((made(1, 0.55), made(36, 0.62), made(100, 0.93), made(150, 1.0), made(349, 1.0)), then=(binomial(2),)),
                "logps/chosen": Line((real(1, -379.7199401855469), real(2, -444.46240234375), real(33, -335.8307189941406), real(34, -674.8712768554688), real(35, -286.61737060546875), made(100, -370), real(159, -781.236083984375), real(160, -375.92718505859375), real(161, -765.3126220703125), made(200, -430), made(349, -470)), noise=(gaussian(110),), then=(clipped(high=-40),)),
                "logps/rejected": Line((real(1, -222.74356079101562), real(2, -324.311279296875), real(33, -270.8794860839844), real(34, -375.4657287597656), real(35, -297.1522216796875), made(100, -420), real(159, -783.4051513671875), real(160, -438.4035949707031), real(161, -732.9564208984375), made(200, -640), made(349, -780)), noise=(gaussian(120),), then=(clipped(high=-40),)),
                "learning_rate": Line(
                    (real(1, 2.8571428571428573e-06), real(2, 5.7142857142857145e-06), real(33, 9.428571428571429e-05), real(35, 0.0001), real(36, 9.968152866242038e-05), real(159, 6.019108280254777e-05), real(160, 5.9872611464968155e-05), made(349, 0.0))
                ),
                "epoch": Line(epoch(349)),
            },
            config={"beta": 0.1, "learning_rate": 1e-4, "lr_scheduler_type": "linear", "warmup_ratio": 0.1, "num_train_epochs": 1, "per_device_train_batch_size": 1, "gradient_accumulation_steps": 2, "logging_steps": 1, "load_in_4bit": True, "peft": {"r": 64, "lora_alpha": 16}, "max_steps": 349},
            planned=349, clock=Clock(21.0, jitter=0.08),
        ),
        expect=sick(
            fault("preference-saturated scale-mismatch", (0, 175), 260, WARNING), also="metric-dead masked-nan grad-vanish gen-gap at-chance loss-spike", never="converged nan-inf",
        ),
        why="An implicit reward of 9.8 before the first update cannot be: policy and reference differ at the start (a quantised base under another adapter), "
        "so the loss begins at 4 instead of ln 2. At lr 1e-4, two hundred times the usual, margins pass 15 and the loss is 0.0000 from the middle of the only epoch.",
        read=(
            "159 步后 loss 0.0000、margin 15–25、accuracy 1.0：偏好已饱和，后一半没有学习信号",
            "第 1 步 rewards/chosen 就有 9.8（应为 0），loss 最高 4.3：policy 与 reference 开始就不一致",
            "→ 先核对 ref_model（量化、adapter 是否关掉）；再把 lr 1e-4→5e-7～5e-6",
            "每批只有 2 对，accuracies 只能是 0、0.5、1",
        ),
    ),
    Case(
        name="unsloth-zephyr-dpo-three-epochs",
        source="unslothai/notebooks:nb/Zephyr_(7B)-DPO.ipynb",
        family="preference",
        sketch=Sketch(
            at=every(1, 114),
            lines={
                "train/loss": Line(
                    (real(1, 0.6931), real(10, 0.6859), real(18, 0.6709), real(27, 0.6017), real(36, 0.5332), level(39, 0.53), made(41, 0.42), real(44, 0.3940), level(50, 0.34), real(53, 0.4468), level(60, 0.26), real(62, 0.2629), real(71, 0.3017), level(76, 0.30), made(78, 0.24), real(79, 0.2352), level(85, 0.17), real(88, 0.1134), real(97, 0.1931), real(105, 0.1301), real(114, 0.0815)),
                    scale="log", noise=(gaussian((made(1, 0.01), made(40, 0.12), made(114, 0.35))),), then=(rounded(4),),
                ),
                "train/rewards/chosen": Line(
                    (real(1, 0.0), real(10, 0.009754), real(18, 0.042720), real(27, 0.134719), real(36, 0.213769), real(44, 0.518654), real(53, 0.479577), real(62, 0.559217), real(71, 0.602643), real(79, 0.804393), real(88, 1.130503), real(97, 0.473150), real(105, 1.341354), real(114, 1.106894)),
                    noise=(gaussian((made(1, 0.003), made(40, 0.08), made(114, 0.25))),),
                ),
                "train/rewards/rejected": Line(
                    (real(1, 0.0), real(10, -0.004801), real(18, -0.003664), real(27, -0.065319), real(36, -0.195208), real(44, -0.385459), real(53, -0.329427), real(62, -0.917912), real(71, -0.635765), real(79, -0.938474), real(88, -1.825813), real(97, -1.672879), real(105, -1.176110), real(114, -1.968600)),
                    noise=(gaussian((made(1, 0.003), made(40, 0.09), made(114, 0.3))),),
                ),
                "train/rewards/margins": margin("train/rewards/chosen", "train/rewards/rejected"),
                "train/rewards/accuracies": Line((level(3, 0.45), level(15, 0.7), level(33, 0.72), level(40, 0.95), level(60, 0.99), level(114, 0.995)), then=(binomial(8),)),
                "train/logps/chosen": Line((real(1, -218.97), real(10, -238.16), level(60, -265), level(114, -250)), noise=(gaussian(80),), then=(clipped(high=-60),)),
                "train/logps/rejected": Line((real(1, -297.34), real(10, -192.07), level(60, -230), level(114, -225)), noise=(gaussian(75),), then=(clipped(high=-60),)),
                "train/logits/chosen": Line((real(1, -2.924523), level(57, -2.69), real(114, -2.463103)), noise=(gaussian(0.14),)),
                "train/logits/rejected": Line((real(1, -2.758142), level(57, -2.59), real(114, -2.506866)), noise=(gaussian(0.15),)),
                "train/learning_rate": Line(linear_decay(5e-6, 114, warmup=12)),
                "train/epoch": Line(epoch(38)),
            },
            config={"model_name": "unsloth/zephyr-sft-bnb-4bit", "beta": 0.1, "learning_rate": 5e-6, "num_train_epochs": 3, "per_device_train_batch_size": 2, "gradient_accumulation_steps": 4, "warmup_ratio": 0.1, "lr_scheduler_type": "linear", "logging_steps": 1, "optim": "adamw_8bit", "peft": {"r": 64, "lora_alpha": 64}, "max_steps": 114},
            step_key="train/global_step", planned=114, clock=Clock(23.0, jitter=0.05),
        ),
        expect=healthy(usable=False, never="at-chance preference-saturated no-learning overfit loss-jump"),
        why="DPO as in the tutorial: ln 2 for the first ten steps (it begins there), then 0.08, a step down at each of the two epoch bounds, margins of 2 "
        "to 3, rewards of both sides on their right side of zero. No evaluation, so its worth is open.",
        read=(
            "训练完成，过程正常：loss 0.693→0.08，margin 0→3，accuracy 1.0；没有评估",
            "前 10 步停在 0.693（ln 2）是 DPO 的起点，不是没学到",
            "38、76 步的台阶是 epoch 边界；训练集上 accuracy 100% 主要是记忆",
            "→ 用留出的偏好对各评一次第 1、3 个 epoch 的 ckpt",
        ),
    ),
    Case(
        name="unsloth-llama3-orpo-thirty-steps",
        source="unslothai/notebooks:nb/Llama3_(8B)-ORPO.ipynb",
        family="preference",
        sketch=Sketch(
            at=every(1, 30),
            lines={
                "train/loss": Line((real(1, 5.6962), real(3, 5.0876), real(5, 3.6362), real(8, 2.0579), real(10, 1.8375), real(12, 1.9735), real(14, 1.8765), real(17, 1.6273), real(19, 1.7760), real(21, 1.5933), real(23, 1.3767), real(26, 1.3650), real(28, 1.3888), real(30, 1.6602)), noise=(gaussian(0.12),), then=(rounded(4),)),
                "train/rewards/chosen": Line((real(1, -0.314192), real(3, -0.215214), real(5, -0.138244), real(8, -0.139332), real(10, -0.212703), real(17, -0.099521), real(21, -0.088314), real(26, -0.109444), real(30, -0.144630)), noise=(gaussian(0.025),)),
                "train/rewards/rejected": Line((real(1, -0.139184), real(3, -0.194589), real(5, -0.123302), real(8, -0.110689), real(10, -0.186428), real(17, -0.067955), real(21, -0.054479), real(26, -0.079274), real(30, -0.061597)), noise=(gaussian(0.02),)),
                "train/rewards/margins": margin("train/rewards/chosen", "train/rewards/rejected"),
                "train/rewards/accuracies": Line((real(1, 0.0), real(3, 0.25), real(5, 0.625), real(8, 0.25), real(10, 0.0), real(14, 0.375), real(17, 0.0), real(21, 0.0), real(26, 0.125), real(30, 0.0)), then=(clipped(0, 1), binomial(8))),
                "train/logps/chosen": Derived(("train/rewards/chosen",), lambda c: 10 * c),
                "train/logps/rejected": Derived(("train/rewards/rejected",), lambda r: 10 * r),
                "train/learning_rate": Line(linear_decay(8e-6, 30, warmup=5)),
                "train/epoch": Line(epoch(100)),
            },
            config={"model_name": "unsloth/llama-3-8b-bnb-4bit", "beta": 0.1, "learning_rate": 8e-6, "max_steps": 30, "per_device_train_batch_size": 2, "gradient_accumulation_steps": 4, "lr_scheduler_type": "linear", "logging_steps": 1},
            step_key="train/global_step", planned=30, clock=Clock(15.0, jitter=0.05),
        ),
        expect=healthy(usable=False, also="at-chance", never="divergence kl-collapse overfit"),
        why="A demonstration of thirty steps: the likelihood term brings 5.7 down to 1.4; the preference (accuracy 0 to 0.4, margins below 0) had no time to be "
        "learnt, and that the rejected answers are the shorter, likelier ones explains the sign. Too short to praise or to blame.",
        read=(
            "30 步的试跑，过程正常：loss 5.70→1.4；太短，不能判断效果",
            "accuracy 0–0.4、margin 仍为负：偏好还没学到（被拒回答更短、概率更高），下降的是 NLL 项",
            "→ 正式训练后再看 rewards/accuracies 是否过 0.5",
        ),
    ),
    Case(
        name="simpo-both-likelihoods-fall",
        source="princeton-nlp/SimPO#12",
        family="preference",
        sketch=Sketch(
            at=every(5, 1_000),
            lines={
                "train/loss": Line((made(5, 0.98), made(60, 0.92), made(150, 0.72), made(300, 0.46), made(600, 0.29), made(1_000, 0.21)), noise=(gaussian(0.025),), then=(rounded(4),)),
                "train/rewards/chosen": Line((made(5, -2.3), made(80, -2.5), made(160, -5.2), made(260, -11.5), made(450, -17.8), made(1_000, -22.0)), noise=(gaussian((made(5, 0.1), made(300, 0.5), made(1_000, 0.6))),)),
                "train/rewards/rejected": Line((made(5, -2.5), made(80, -2.9), made(160, -6.3), made(260, -13.6), made(450, -20.9), made(1_000, -26.3)), noise=(gaussian((made(5, 0.1), made(300, 0.5), made(1_000, 0.7))),)),
                "train/rewards/margins": margin("train/rewards/chosen", "train/rewards/rejected"),
                "train/rewards/accuracies": Line((made(5, 0.56), made(100, 0.68), made(300, 0.84), made(1_000, 0.93)), then=(binomial(640),)),
                "train/logps/chosen": Derived(("train/rewards/chosen",), lambda c: c / 2.5),
                "train/logps/rejected": Derived(("train/rewards/rejected",), lambda r: r / 2.5),
                "train/grad_norm": Line((made(5, 7.0), made(150, 17), made(300, 26), made(1_000, 21)), scale="log", noise=(student(0.16, 4),)),
                "train/learning_rate": Line((level(5, 5e-7), made(100, 1e-5), made(550, 5e-6), made(1_000, 0.0))),
                "train/epoch": Line(epoch(160)),
            },
            config={"loss_type": "simpo", "beta": 2.5, "simpo_gamma": 0.5, "max_steps": 1_000, "per_device_train_batch_size": 4, "gradient_accumulation_steps": 32, "optim": "paged_adamw_32bit", "lr_scheduler_type": "cosine", "logging_steps": 5, "save_steps": 100, "dataset": "hiyouga/DPO-En-Zh-20k"},
            step_key="train/global_step", planned=1_000, clock=Clock(17.0, jitter=0.04),
        ),
        expect=sick(
            fault("policy-collapse preference-saturated", (90, 320), 650, WARNING), also="grad-explode grad-clip-saturated", never="converged at-chance", unsaid=("已收敛",),
        ),
        why="Margins, accuracy and loss get better all the way, and the model answers 'Hi Hi Hi': the mean log-probability of its own chosen answers went "
        "from -0.9 to -8.8 nats per token. A fall of the chosen reward is normal in small doses, not by twenty. Smaller lr is the authors' advice.",
        read=(
            "logps/chosen 从 −0.9 掉到 −8.8（每 token）：模型已不会说训练集里的好回答，输出多半是重复",
            "margin、accuracy、loss 都在变好，掩盖了这一点；80 步后开始下坠",
            "→ 用 100 步的 ckpt 试生成；重训把 lr 降 10 倍或加大 beta（也可加 SFT 项）",
            "200 步之后的 ckpt 不建议用",
        ),
    ),
    Case(
        name="dpo-chosen-rewards-fall-and-all-is-well",
        source="eric-mitchell/direct-preference-optimization#36",
        family="preference",
        sketch=Sketch(
            at=every(10, 5_500),
            lines={
                "loss": Line((made(10, 0.688), made(60, 0.56), made(250, 0.36), level(500, 0.28), level(1_000, 0.225), made(3_000, 0.19), made(5_500, 0.17)), scale="log", noise=(gaussian(0.22),), then=(rounded(4),)),
                "rewards/chosen": Line((made(10, -0.01), made(120, -0.7), level(500, -1.62), level(1_000, -1.55), made(2_500, -2.3), made(5_500, -2.9)), noise=(gaussian((made(10, 0.02), made(200, 0.5), made(5_500, 0.7))),)),
                "rewards/rejected": Line((made(10, -0.02), made(120, -2.6), level(500, -7.2), level(1_000, -8.8), made(2_500, -10.6), made(5_500, -11.8)), noise=(gaussian((made(10, 0.03), made(200, 1.0), made(5_500, 1.4))),)),
                "rewards/margins": margin("rewards/chosen", "rewards/rejected"),
                "rewards/accuracies": Line((made(10, 0.55), made(120, 0.78), made(500, 0.865), made(5_500, 0.915)), then=(binomial(80),)),
                "learning_rate": Line(cosine(5e-5, 5_550, warmup=100)),
                "eval_loss": Line((real(500, 0.2819069027900696), real(1_000, 0.2211304008960724), made(2_000, 0.199), made(5_500, 0.184)), at=every(500, 5_500), noise=(gaussian(0.002),)),
                "eval_rewards/chosen": Line((real(500, -1.6413846015930176), real(1_000, -1.5153619050979614), made(2_000, -2.1), made(5_500, -2.8)), at=every(500, 5_500), noise=(gaussian(0.05),)),
                "eval_rewards/rejected": Line((real(500, -7.2421417236328125), real(1_000, -8.84167766571045), made(2_000, -10.0), made(5_500, -11.6)), at=every(500, 5_500), noise=(gaussian(0.1),)),
                "eval_rewards/margins": margin("eval_rewards/chosen", "eval_rewards/rejected"),
                "eval_rewards/accuracies": Line((real(500, 0.86328125), real(1_000, 0.87109375), made(2_000, 0.88), made(5_500, 0.89)), at=every(500, 5_500), then=(binomial(256),)),
                "eval_logps/chosen": Line((real(500, -28.69784927368164), real(1_000, -27.437620162963867), made(2_000, -31), made(5_500, -38)), at=every(500, 5_500), noise=(gaussian(0.3),)),
                "eval_logps/rejected": Line((real(500, -106.26754760742188), real(1_000, -122.26292419433594), made(2_000, -134), made(5_500, -150)), at=every(500, 5_500), noise=(gaussian(0.8),)),
                "epoch": Line(epoch(5_550)),
            },
            config={"beta": 0.1, "learning_rate": 5e-5, "lr_scheduler_type": "cosine", "warmup_steps": 100, "num_train_epochs": 1, "per_device_train_batch_size": 4, "gradient_accumulation_steps": 4, "logging_steps": 10, "eval_steps": 500, "save_steps": 500, "max_steps": 5_550},
            planned=5_550, clock=Clock(3.1, jitter=0.04, evals=(500, 206)), apart=True,
        ),
        expect=healthy(usable=True, never="policy-collapse preference-saturated overfit eval-regress"),
        why="The chosen reward goes from 0 to -2.9: people ask whether the model degenerates. It does not: what counts is the margin (5.6, 7.3, 8.8 on held-out "
        "pairs), the accuracy is 0.86 to 0.89 and the evaluation loss still falls. After SFT the likelihood of the chosen answers can only go down.",
        read=(
            "训练基本完成，正常：eval accuracy 0.86→0.89，eval loss 0.282→0.184 仍在降",
            "rewards/chosen 降到 −2.8 属正常：margin 5.6→8.8 才是目标，rejected 降得更快",
            "→ 用最后的 ckpt；再看生成是否变短或重复",
        ),
    ),
    Case(
        name="halos-kto-kl-at-its-floor",
        source="ContextualAI/HALOs#24",
        family="preference",
        sketch=Sketch(
            at=every(10, 6_000),
            lines={
                "loss": Line((made(10, 0.5), made(100, 0.476), made(450, 0.43), real(540, 0.4173), real(550, 0.4038), real(560, 0.4329), real(570, 0.347), made(1_500, 0.375), made(6_000, 0.345)), noise=(gaussian(0.022),), then=(rounded(4),)),
                "grad_norm": Line((made(10, 3.2), real(540, 1.4672807732482507), real(550, 15.43012523262249), real(560, 3.9429698141756444), real(570, 2.2398680774090054), made(6_000, 2.6)), scale="log", noise=(student(0.42, 4),)),
                "rewards/chosen": Line((made(10, 0.01), made(300, 0.85), real(540, 1.194046974182129), real(550, 1.2586393356323242), real(560, 1.1291874647140503), real(570, 1.2491761666757089), made(6_000, 1.75)), noise=(gaussian(0.1),)),
                "rewards/rejected": Line((made(10, 0.0), made(300, 0.45), real(540, 0.43546485900878906), real(550, 0.3017548084259033), real(560, 0.19891568024953207), made(1_500, 0.05), made(6_000, -0.6)), noise=(gaussian(0.12),)),
                "rewards/margins": margin("rewards/chosen", "rewards/rejected"),
                "kl": Line(
                    (made(10, 0.02), made(120, 0.65), made(300, 0.42), made(530, 0.10), real(540, 0.10797347873449326), real(550, 0.0654844269156456), real(560, 0.0), real(570, 0.0), made(571, -0.06), made(6_000, -0.12)), noise=(gaussian(0.06),), then=(clipped(0.0),)
                ),
                "logps/chosen": Line((real(540, -18.560531616210938), real(550, -25.3940673828125), real(560, -30.11488151550293), real(570, -24.273625), made(6_000, -22)), noise=(gaussian(4),), then=(clipped(high=-2),)),
                "logps/rejected": Line((real(540, -29.158364868164064), real(550, -41.6545654296875), real(560, -38.57758585611979), made(6_000, -45)), noise=(gaussian(5),), then=(clipped(high=-2),)),
                "logits/chosen": Line((real(540, -159_737_504.0), real(550, -185_916_384.0), real(560, -149_832_224.0), made(6_000, -1.62e8)), noise=(gaussian(1.6e7),)),
                "logits/rejected": Line((real(540, -125_256_448.0), real(550, -143_640_992.0), real(560, -177_144_672.0), made(6_000, -1.5e8)), noise=(gaussian(2e7),)),
                "learning_rate": Line((made(10, 1e-7), made(480, 4.79e-6), real(540, 4.765488274413721e-06), real(550, 4.7611130556527825e-06), real(560, 4.7567378368918445e-06), real(570, 4.7523626181309066e-06), made(6_000, 2.377e-6))),
                "epoch": Line(epoch(6_857)),
            },
            config={"loss_type": "kto", "beta": 0.1, "desirable_weight": 1.0, "undesirable_weight": 1.0, "learning_rate": 5e-6, "lr_scheduler_type": "linear", "warmup_ratio": 0.05, "num_train_epochs": 2, "per_device_train_batch_size": 4, "logging_steps": 10},
            state="running", planned=11_430, clock=Clock(2.2, jitter=0.05),
        ),
        expect=healthy(usable=False, also="scale-mismatch", never="kl-collapse metric-dead masked-nan at-chance component-dead"),
        why="The KL of KTO is an estimate that is cut off at 0; that it lies on this floor most of the time while the margin grows is usual. (The logits are "
        "logged as sums over the vocabulary, hence 1e8: ugly, harmless.) Loss below one half, margins rising: sound.",
        read=(
            "训练中，正常：loss 0.50→0.35，margin 0→2.3，尚未评估",
            "kl 多为 0：KTO 的 kl 是截断在 0 的估计，属正常，不是坍缩",
            "logits/chosen −1.6e8 是对词表求和的记录口径，不影响训练",
            "grad norm 波动大（1–15）但没有趋势",
        ),
    ),
    Case(
        name="trl-kto-batches-without-one-side",
        source="huggingface/trl#1447",
        family="preference",
        sketch=Sketch(
            at=every(1, 64),
            lines={
                "loss": Line((real(1, 1.0431), real(2, NAN), real(3, NAN)), then=(onward(2, NAN),)),
                "grad_norm": Line((real(1, 42.099464416503906), real(2, 41.9438362121582), real(3, 29.28327178955078), real(4, 32.70748519897461), real(5, 44.989227294921875), real(6, 55.32667541503906), made(20, 48), made(64, 37)), scale="log", noise=(gaussian(0.2),)),
                "rewards/chosen": Line((real(1, 0.0), real(2, 0.0), real(3, NAN), real(4, 0.06518054008483887), real(5, 0.3087962865829468), made(64, 2.2)), noise=(gaussian(0.12),), then=(apply(lambda x, s: _lost(x, s, 0.80)),)),
                "rewards/rejected": Line((real(1, 0.0), real(2, NAN), real(3, NAN), real(4, NAN), real(5, 0.23543643951416016), made(64, -0.4)), noise=(gaussian(0.15),), then=(apply(lambda x, s: -_lost(-x, -s, 0.59)),)),
                "kl": Line((real(1, 0.0), real(2, 0.0), real(3, 0.15479230880737305), real(4, 0.43951892852783203), real(5, 1.230994462966919), made(64, 6.5)), noise=(gaussian(0.15),), then=(clipped(0.0),)),
                "logps/chosen": Line((real(1, -37.16696548461914), real(2, -32.92508316040039), real(3, NAN), real(4, -31.101844787597656), real(5, -32.83413314819336), made(64, -24)), noise=(gaussian(4),), then=(apply(lambda x, s: _lost(x, s, 0.80)),)),
                "logps/rejected": Line((real(1, -87.62107849121094), real(2, NAN), real(3, NAN), real(4, NAN), real(5, -74.81724548339844), made(64, -71)), noise=(gaussian(9),), then=(apply(lambda x, s: -_lost(-x, -s, 0.59)),)),
                "learning_rate": Line((real(1, 1.0000000000000002e-06), real(2, 2.0000000000000003e-06), real(3, 3e-06), real(4, 4.000000000000001e-06), real(5, 5e-06), real(6, 6e-06), made(10, 1e-5), made(64, 8.5e-6))),
                "epoch": Line((real(1, 0.0), made(64, 0.03)), then=(rounded(2),)),
            },
            config={"beta": 0.1, "learning_rate": 1e-5, "warmup_steps": 10, "per_device_train_batch_size": 4, "logging_steps": 1, "max_steps": 2_000},
            state="running", planned=2_000, clock=Clock(3.0, jitter=0.05),
        ),
        expect=sick(fault("nan-inf", (1, 2), 8, CRITICAL), also="metric-dead", never="masked-nan divergence grad-explode"),
        why="The loss is NaN from the second record while the gradient norm is finite all along: a batch without a single rejected (or chosen) answer has an "
        "empty mean, and the running loss never forgets it. The training itself may be sound, which nobody can see. Not the lr.",
        read=(
            "第 2 步起 loss 为 NaN，但 grad norm 一直有限（30–55）：是平均口径的问题，不像数值爆炸",
            "rewards/rejected 间歇 NaN：该 batch 里没有负例（batch 4 太小），空均值",
            "→ 加大 batch 或按正负例分层采样；升级 trl；loss 曲线在此之前不可读",
            "不用降 lr",
        ),
    ),
    Case(
        name="halos-two-processes-lr-rises-again",
        source="ContextualAI/HALOs#33",
        family="preference",
        sketch=Sketch(
            at=every(4, 500),
            lines={
                "loss/train": Line((made(4, 0.691), made(60, 0.62), made(160, 0.565), made(250, 0.55), made(330, 0.557), made(500, 0.535)), noise=(gaussian(0.012),)),
                "rewards/margins": Line((made(4, 0.0), made(80, 0.32), made(250, 0.74), made(350, 0.78), made(500, 1.0)), noise=(gaussian(0.05),)),
                "rewards/accuracies": Line((made(4, 0.51), made(120, 0.64), made(500, 0.7)), then=(binomial(256),)),
                "lr": Line(_past_its_end),
                "eval/loss": Line((made(100, 0.612), made(200, 0.572), made(300, 0.567), level(400, 0.566), made(500, 0.561)), at=every(100, 500), noise=(gaussian(0.0015),)),
                "grad_norm": Line((made(4, 6.5), made(100, 4.4), made(500, 4.6)), scale="log", noise=(student(0.12, 4),)),
            },
            config={"loss": {"name": "kto", "beta": 0.1}, "lr": 1e-6, "warmup": 0.1, "scheduler": "cosine", "n_epochs": 1, "model": {"batch_size": 64}, "num_processes": 2, "n_steps": 500},
            planned=500, clock=Clock(6.0, jitter=0.04, evals=(100, 60)),
        ),
        expect=sick(fault("schedule-mismatch lr-anomaly", (240, 300), 420, WARNING), also="lr-zero plateau", never="overfit divergence"),
        why="A single cosine over 500 steps was meant; with two processes the scheduler is stepped twice, so the lr is at 0 half way and climbs back to its "
        "peak by the last step. The run ends at full lr: what it shows at the end is not an annealed model.",
        read=(
            "lr 在 250 步（计划 500）已到 0，此后又升回 1e-6，结束时正在峰值：scheduler 快了 2 倍",
            "num_processes=2，accelerate 每步把 scheduler 走 2 次",
            "→ 总步数乘 num_processes，或不 prepare scheduler；250 步的 ckpt 才是退火过的",
            "eval loss 0.561，仍在降，可作对照",
        ),
    ),
    Case(
        name="llava-rlhf-reward-model-slow-start",
        source="llava-rlhf/LLaVA-RLHF#16 and #24",
        family="preference",
        sketch=Sketch(
            at=every(1, 110),
            lines={
                "loss": Line((real(1, 0.692), real(2, 0.6897), real(3, 0.6916), real(4, 0.6878), made(20, 0.672), made(50, 0.652), made(80, 0.63), made(110, 0.612)), noise=(gaussian(0.014),), then=(rounded(4),)),
                "learning_rate": Line((real(1, 1.1111111111111113e-05), real(2, 2e-05), real(3, 2e-05), real(4, 2e-05), made(110, 2e-5))),
                "epoch": Line((real(1, 0.02), real(2, 0.04), real(3, 0.05), real(4, 0.07), made(110, 1.98)), then=(rounded(2),)),
                "eval_accuracy": Line((made(10, 0.56), made(30, 0.61), level(60, 0.63), level(80, 0.65), level(110, 0.67)), at=every(10, 110), then=(binomial(1_000), rounded(4))),
                "eval_loss": Line((made(10, 0.683), made(30, 0.662), made(60, 0.645), made(110, 0.631)), at=every(10, 110), noise=(gaussian(0.002),), then=(rounded(4),)),
            },
            config={"model_name_or_path": "LLaVA-RLHF-13b-v1.5-336/sft_model", "learning_rate": 2e-5, "lr_scheduler_type": "constant_with_warmup", "warmup_ratio": 0.02, "num_train_epochs": 2, "per_device_train_batch_size": 8, "gradient_accumulation_steps": 2, "eval_steps": 10, "logging_steps": 1, "max_steps": 110},
            planned=110, clock=Clock(41.0, jitter=0.05, evals=(10, 190)),
        ),
        expect=healthy(usable=True, never="at-chance no-learning plateau overfit"),
        why="A reward model begins at ln 2 and moves little: 0.69 to 0.61 on the train set and 65-67 % of held-out pairs, which is what people agree among "
        "themselves and what its authors call enough.",
        read=(
            "训练完成，可用：eval accuracy 0.56→0.67（1000 对，±3 百分点）",
            "loss 从 0.692（ln 2）起步、只降到 0.61 属正常：人类偏好的一致率也就 65–70%",
            "→ 用最后的 ckpt（eval loss 0.631 也最低）",
        ),
    ),
    Case(
        name="coati-reward-model-accuracy-555",
        source="hpcaitech/ColossalAI#3534",
        family="preference",
        sketch=Sketch(
            at=every(50, 19_050),
            lines={
                "loss": Line((made(50, 0.71), made(1_000, 0.685), made(4_766, 0.672), made(9_500, 0.61), made(14_300, 0.52), made(19_050, 0.45)), noise=(gaussian(0.11),), then=(clipped(0.02),)),
                "dist": Line((made(50, 0.01), made(4_766, 0.28), made(9_532, 0.95), made(14_298, 1.8), real(19_050, 2.39)), at=every(4_750, 19_050), noise=(gaussian(0.02),), then=(rounded(2),)),
                "acc": Line((made(4_750, 0.548), made(9_500, 0.559), made(14_250, 0.552), real(19_000, 0.555)), at=every(4_750, 19_050), then=(rounded(3),)),
                "epoch": Line(epochs(4_766)),
            },
            config={"pretrain": "bigscience/bloomz-1b1", "dataset": "Dahoas/rm-static", "subset": 75_000, "batch_size": 8, "max_epochs": 4, "max_len": 256, "loss_fn": "log_sig", "lr": 9e-6},
            planned=19_064, clock=Clock(0.61, jitter=0.05, evals=(4_750, 200)),
        ),
        expect=sick(
            fault("at-chance gen-gap no-learning overfit converged", (0, 9_600), 19_000, WARNING), also="plateau eval-underpowered scale-mismatch", never="eval-regress divergence",
        ),
        why="Four epochs, a train loss that wanders and slowly falls, scores that move apart (2.39) and a held-out accuracy of 0.555 from the first epoch to the "
        "last: it learns the pairs, not the preference. Slightly better than guessing is what this reward would hand to PPO.",
        read=(
            "验证 accuracy 4 个 epoch 都在 0.55（随机 0.5）：没有学到可泛化的偏好，不能用于 PPO",
            "训练 loss 0.71→0.45、dist 2.39 是在记训练对",
            "→ 核对 chosen/rejected 的拼接与 max_len 256 是否把回答截掉；先用 SFT 过的底模",
            "一般要到 0.65–0.75",
        ),
    ),
    Case(
        name="trlx-reward-model-eval-at-half",
        source="CarperAI/trlx#338",
        family="preference",
        sketch=Sketch(
            at=every(20, 4_000),
            lines={
                "train/loss": Line((made(20, 0.72), made(400, 0.66), made(1_200, 0.55), made(2_400, 0.36), made(4_000, 0.19)), noise=(gaussian(0.03),), then=(clipped(0.01), rounded(4))),
                "train/learning_rate": Line(linear_decay(1e-5, 14_000, warmup=100)),
                "eval/accuracy": Line((made(200, 0.503), level(2_000, 0.5), made(4_000, 0.507)), at=every(200, 4_000), then=(binomial(2_000),)),
                "eval/loss": Line((made(200, 0.696), made(1_000, 0.713), made(2_400, 0.86), made(4_000, 1.21)), at=every(200, 4_000), noise=(gaussian(0.006),), then=(rounded(4),)),
                "train/epoch": Line(epoch(2_900)),
            },
            config={"model_path": "gpt2-xl", "num_train_epochs": 5, "learning_rate": 1e-5, "per_device_train_batch_size": 8, "gradient_accumulation_steps": 4, "eval_steps": 200, "save_steps": 1000, "evaluation_strategy": "steps", "warmup_steps": 100, "max_steps": 14_000},
            step_key="train/global_step", apart=True, state="running", planned=14_000, clock=Clock(1.9, jitter=0.04, evals=(200, 75)),
        ),
        expect=sick(fault("at-chance gen-gap overfit", (0, 1_200), 2_400, WARNING), also="no-learning eval-leak best-checkpoint-old", never="eval-regress converged"),
        why="The train loss goes down as in a textbook while the held-out accuracy stays at one half, twenty times: memorised pairs from a base model that was "
        "never taught to summarise. The maintainer: do the SFT first. Usual 'overfitting' words would miss that it was never above chance.",
        read=(
            "验证 accuracy 20 次都在 0.50（随机猜），train loss 0.72→0.19：只记住了训练集",
            "eval loss 0.70→1.21 从第一次起就没有下降过",
            "→ 先做 SFT 再训 RM（底模是原始 gpt2-xl）；核对 pad 位置与取分的 token",
            "现有 ckpt 不能用",
        ),
    ),
    Case(
        name="bge-m3-contrast-against-nothing",
        source="FlagOpen/FlagEmbedding#823",
        family="supervised",
        sketch=Sketch(
            at=every(1, 620),
            lines={
                "loss": Line((real(1, 0.0), real(620, 0.0))),
                "grad_norm": Line((real(1, 0.0), real(620, 0.0))),
                "learning_rate": Line((real(1, 9.999267721148214e-06), real(2, 9.998535442296427e-06), real(3, 9.99780316344464e-06), real(4, 9.997070884592854e-06), real(5, 9.996338605741067e-06), made(620, 9.546e-06))),
                "epoch": Line((real(1, 0.0), made(620, 0.14)), then=(rounded(2),)),
            },
            config={
                "model_name_or_path": "BAAI/bge-m3", "learning_rate": 1e-5, "fp16": True, "num_train_epochs": 3, "per_device_train_batch_size": 1, "gradient_accumulation_steps": 2, "temperature": 0.02, "train_group_size": 1, "negatives_cross_device": True,
                "unified_finetuning": True, "logging_steps": 1, "save_strategy": "epoch", "max_steps": 13_656,
            },
            state="running", planned=13_656, clock=Clock(0.8, jitter=0.08),
        ),
        expect=sick(fault("no-learning grad-vanish masked-nan metric-dead impossible-value no-spread", (0, 5), 60, WARNING), never="converged lr-zero lr-anomaly", unsaid=("已收敛",)),
        why="A batch of one and a group of one: the softmax has a single entry, so the loss is exactly 0 and so is every gradient. 13,656 steps would change "
        "nothing. Unlike a masked NaN the gradient norm is 0, not NaN; the config says why.",
        read=(
            "从第 1 步起 loss 与 grad norm 恰为 0：没有负例，对比损失恒为 0，没有在训练",
            "per_device_train_batch_size=1 且 train_group_size=1：softmax 只有正例一项",
            "→ train_group_size 设 2–8（带难负例），batch 尽量大；不是 fp16 的问题",
            "计划 13656 步，现在改代价最小",
        ),
    ),
    Case(
        name="bge-finetune-loss-settles-early",
        source="FlagOpen/FlagEmbedding#179",
        family="supervised",
        sketch=Sketch(
            at=every(10, 39_060),
            lines={
                "loss": Line((made(10, 2.2), made(200, 1.21), made(1_000, 0.93), made(4_000, 0.81), made(12_000, 0.74), made(39_060, 0.655)), noise=(gaussian(0.055),), then=(rounded(4),)),
                "learning_rate": Line((level(10, 2e-5), made(39_060, 1e-9))),
                "epoch": Line(epoch(7_812)),
                "test_accuracy": Line((made(1_000, 0.842), made(4_000, 0.871), made(8_000, 0.882), made(20_000, 0.891), made(39_000, 0.896)), at=every(1_000, 39_000), then=(binomial(10_000), rounded(4))),
            },
            config={"model_name_or_path": "bge-large-zh-v1.5", "learning_rate": 2e-5, "num_train_epochs": 5, "per_device_train_batch_size": 64, "train_group_size": 21, "temperature": 0.02, "query_max_len": 64, "passage_max_len": 256, "logging_steps": 10, "max_steps": 39_060},
            planned=39_060, clock=Clock(0.9, jitter=0.04, evals=(1_000, 40)),
        ),
        expect=healthy(usable=True, never="plateau converged no-learning overfit"),
        why="Four fifths of the fall come in the first tenth of an epoch, as contrastive fine-tuning of a strong encoder does; the accuracy of the test goes on "
        "from 0.84 to 0.90 over five epochs. Harder negatives may bring more; nothing is broken.",
        read=(
            "训练完成，可用：test accuracy 0.842→0.896，最后仍略升",
            "loss 前 1000 步降得快、之后缓降是对比微调的常态，不是停滞",
            "→ 想再提升：挖难负例、加大 batch；单纯加 epoch 收益小",
        ),
    ),
    Case(
        name="axolotl-sppo-second-epoch-halves-the-loss",
        source="axolotl-ai-cloud/axolotl#1735",
        family="preference",
        sketch=Sketch(
            at=every(1, 480),
            lines={
                "train/loss": Line((made(1, 0.6931), made(10, 0.66), made(40, 0.565), made(140, 0.49), made(239, 0.465), real(240, 0.4766), real(241, 0.1187), real(242, 0.2105), real(243, 0.1979), made(260, 0.19), made(480, 0.165)), scale="log", noise=(gaussian((made(1, 0.02), made(60, 0.25), made(480, 0.45))),), then=(rounded(4),)),
                "train/grad_norm": Line((made(1, 6.2), made(100, 5.4), real(240, 5.125), real(241, 0.85546875), real(242, 3.84375), made(480, 2.6)), scale="log", noise=(student(0.35, 4),)),
                "train/rewards/chosen": Line((made(1, 0.0), made(60, -0.5), made(200, -1.6), real(240, -1.9593877792358398), real(241, -1.4073667526245117), real(242, -2.149808645248413), made(480, -2.7)), noise=(gaussian((made(1, 0.02), made(60, 0.4), made(480, 0.7))),)),
                "train/rewards/rejected": Line((made(1, 0.0), made(60, -1.2), made(200, -3.1), real(240, -3.4484448432922363), real(241, -7.409327983856201), real(242, -5.619155406951904), made(480, -7.1)), noise=(gaussian((made(1, 0.02), made(60, 0.6), made(480, 1.3))),)),
                "train/rewards/margins": margin("train/rewards/chosen", "train/rewards/rejected"),
                "train/rewards/accuracies": Line((made(1, 0.5), made(60, 0.69), made(239, 0.77), made(241, 0.95), made(480, 0.96)), then=(binomial(8),)),
                "train/learning_rate": Line((made(1, 2e-5), made(10, 2e-4), made(180, 1.77e-4), real(240, 0.00015594912061278626), real(241, 0.000155500908021347), real(242, 0.00015505107827058036), made(480, 5.0e-5))),
                "train/epoch": Line(epoch(240)),
                "eval/loss": Line((made(60, 0.572), made(120, 0.541), made(240, 0.522), made(300, 0.519), made(480, 0.516)), at=every(60, 480), noise=(gaussian(0.004),)),
                "eval/rewards/accuracies": Line((made(60, 0.69), made(120, 0.71), made(240, 0.735), made(480, 0.74)), at=every(60, 480), then=(binomial(500),)),
            },
            config={"rl": "sppo_hard", "rl_beta": 0.1, "learning_rate": 2e-4, "num_epochs": 3, "micro_batch_size": 2, "gradient_accumulation_steps": 4, "adapter": "lora", "lr_scheduler": "cosine", "warmup_steps": 10, "logging_steps": 1, "eval_steps": 60, "save_steps": 60},
            step_key="train/global_step", apart=True, state="running", planned=720, clock=Clock(28.0, jitter=0.05, evals=(60, 300)),
        ),
        expect=healthy(usable=True, never="loss-jump overfit preference-saturated gen-gap eval-leak policy-collapse"),
        why="0.48 at the last step of epoch 1 and 0.12 to 0.21 right after: seen pairs, as everywhere. The held-out accuracy (0.69, 0.735, 0.74) and loss still "
        "get a little better, so nothing is lost yet.",
        read=(
            "训练中，正常：eval accuracy 0.69→0.74，eval loss 0.572→0.516 未升",
            "240 步（epoch 边界）loss 0.48→0.19 是见过的样本，属正常；margin 1.5→4 同理",
            "→ 第 2 个 epoch 收益已很小，第 3 个可视 eval 决定",
            "rewards/chosen 降到 −2.7 属正常",
        ),
    ),
    Case(
        name="trl-dpo-accuracies-zero-or-one",
        source="huggingface/trl#2371",
        family="preference",
        sketch=Sketch(
            at=every(1, 900),
            lines={
                "train/loss": Line((made(1, 0.6931), made(30, 0.685), made(200, 0.61), made(500, 0.54), made(900, 0.50)), scale="log", noise=(gaussian((made(1, 0.01), made(100, 0.25), made(900, 0.7))),), then=(rounded(4),)),
                "train/rewards/accuracies": Line((level(1, 0.5), made(100, 0.62), made(900, 0.76)), then=(binomial(1),)),
                "train/rewards/margins": Line((made(1, 0.0), made(100, 0.15), made(900, 1.05)), noise=(gaussian((made(1, 0.01), made(100, 0.4), made(900, 1.4))),)),
                "train/grad_norm": Line((made(1, 9), made(900, 11)), scale="log", noise=(gaussian(0.5),)),
                "train/learning_rate": Line(linear_decay(5e-6, 900, warmup=45)),
                "eval/loss": Line((made(100, 0.652), made(300, 0.598), made(600, 0.571), made(900, 0.562)), at=every(100, 900), noise=(gaussian(0.003),)),
                "eval/rewards/accuracies": Line((made(100, 0.61), made(300, 0.665), made(900, 0.70)), at=every(100, 900), then=(binomial(600),)),
            },
            config={"beta": 0.1, "learning_rate": 5e-6, "per_device_train_batch_size": 1, "gradient_accumulation_steps": 1, "num_train_epochs": 1, "logging_steps": 1, "eval_steps": 100, "max_steps": 900},
            step_key="train/global_step", apart=True, planned=900, clock=Clock(3.3, jitter=0.05, evals=(100, 210)),
        ),
        expect=healthy(usable=True, never="impossible-value oscillation at-chance eval-regress grad-spike"),
        why="With one pair per record the accuracy can only be 0 or 1 and a single loss anything between 0.1 and 2; averaged they rise, and the evaluation "
        "on 600 pairs says 0.70 at a loss that falls throughout. Nothing but coarse logging.",
        read=(
            "训练完成，可用：eval accuracy 0.61→0.70（600 对，±4 百分点），eval loss 0.652→0.562",
            "rewards/accuracies 只有 0 或 1：每步 1 对样本，属记录粒度，不是异常",
            "→ 以 eval 为准，用最后的 ckpt；logging_steps 调到 10 以上更好读",
        ),
    ),
)
# fmt: on
