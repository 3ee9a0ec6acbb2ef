"""Runs that broke, as their owners pasted them into threads: numbers that are none, losses that leave, scores that fall to nothing."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.wild.case import CRITICAL, WARNING, Case, fault, sick
from benchmarks.wild.columns import loss
from benchmarks.wild.sketch import (
    NAN,
    Clock,
    Derived,
    Line,
    Sketch,
    ar1,
    at,
    binomial,
    clipped,
    constant,
    epoch,
    every,
    figures,
    flat,
    gaussian,
    level,
    lognormal,
    made,
    onward,
    real,
    rounded,
    sawtooth,
    student,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        name="tensorflow-saturated-logits-loss-exactly-ln-two",
        source="tensorflow/tensorflow#12287",
        family="supervised",
        sketch=Sketch(
            at=every(1, 119, first=0),
            lines={
                "loss": Line((*figures("0:0.6773 1:2.4587 2:5.3353 3:1.0234 4:10.6901 5:1.9899 6:3.5713 7:0.6869 8:0.6931 119:0.6931"),), then=(onward(8, 0.6931),)),
                "accuracy": Line((*figures("0:0.61 1:0.66 2:0.32 3:0.52 4:0.67 5:0.62 6:0.63 7:0.64 8:0.65 9:0.60 10:0.70 11:0.58 12:0.72 13:0.81 14:0.67 15:0.68 16:0.72 17:0.72 18:0.71 19:0.72 20:0.60 21:0.66 22:0.70 23:0.73 24:0.69 25:0.59 26:0.67 27:0.76"), made(119, 0.68)), then=(clipped(0, 1), binomial(100))),
            },
            step_key="step", clock=Clock(3.4, jitter=0.04),
        ),
        expect=sick(fault("at-chance grad-vanish metric-dead no-learning plateau", (7, 10), 48, WARNING), also="loss-jump divergence loss-spike", never="converged overfit", unsaid=("已收敛", "已恢复")),
        why="Eight steps of wild losses up to 10.7, then 0.6931 to four digits for ever: ln 2. All logits are 0, every unit is dead, and the accuracy of 0.6 to 0.8 is the share of the larger class in the batch. The lr was far too high for the first steps.",
        read=(
            "第 8 步起 loss 恒为 0.6931（ln2）：网络已死，输出恒定",
            "前 7 步 loss 冲到 10.7，是 lr 过大把单元打死；acc 0.6–0.8 只是多数类比例",
            "→ lr 降 10–100 倍、加 warmup，检查输出层初始化；从头训",
        ),
    ),
    Case(
        name="svhn-child-network-falls-to-chance-in-one-interval",
        source="wallarm/nascell-automl#14",
        family="supervised",
        sketch=Sketch(
            at=every(100, 9_000),
            lines={
                "Minibatch Loss": Line((made(100, 2.31), made(800, 2.05), made(2_000, 1.42), made(3_300, 1.12), *figures("4000:1.0120 4100:0.9515 4200:1.0280 4300:1.0613 4400:0.8850 4500:0.7320 4600:0.8818 4700:0.7780 4800:2.1427 4900:2.2350 5000:2.2739 5100:2.1973 5200:2.2330 5300:2.2811 5400:2.2750 5500:2.2495 5600:2.2543 5700:2.1632"), made(6_500, 2.235), made(9_000, 2.235)), noise=(gaussian(0.045),), then=(rounded(4),)),
                "Current accuracy": Line((made(100, 0.13), made(800, 0.28), made(2_000, 0.54), made(3_300, 0.66), *figures("4000:0.730 4100:0.690 4200:0.650 4300:0.660 4400:0.710 4500:0.770 4600:0.700 4700:0.760 4800:0.210 4900:0.240 5000:0.130 5100:0.250 5200:0.160 5300:0.150 5400:0.150 5500:0.190 5600:0.120 5700:0.220"), made(9_000, 0.18)), then=(clipped(0, 1), binomial(100))),
            },
            config={"dataset": "svhn", "batch_size": 100},
            step_key="Step", clock=Clock(0.02, jitter=0.05),
        ),
        expect=sick(fault("loss-jump eval-regress divergence at-chance", (4_701, 4_900), 5_500, CRITICAL), also="no-learning plateau policy-collapse", never="overfit converged oscillation", unsaid=("已收敛", "已恢复")),
        why="0.78 and 76 % at step 4,700; 2.14 and 21 % a hundred steps later, and then the loss of ten equally likely digits to the end (ln 10 is 2.30, the largest class 19 %). It does not come back. One update threw it away.",
        read=(
            "4800 步起训练崩了：loss 0.78→2.2、acc 0.76→0.18，至今未恢复（ln10=2.30，等于瞎猜）",
            "4700 步前一切正常，是一次更新造成的",
            "→ 从 4700 步的 ckpt 续，lr 降 3–10 倍、加梯度裁剪",
        ),
    ),
    Case(
        name="time-moe-fine-tune-loss-nought-norm-nan",
        source="Time-MoE/Time-MoE#31",
        family="sft",
        sketch=Sketch(
            at=every(1, 207),
            lines={
                "train/loss": Line((made(1, 0.55), made(15, 0.53), made(24, 0.528), made(26, 0.61), made(28, 1.3), real(37, 0.0), real(46, 0.0), real(207, 0.0)), noise=(gaussian(0.004),), then=(onward(29, 0.0), rounded(4))),
                "train/grad_norm": Line((made(1, 0.12), made(20, 0.06), made(26, 0.9), made(28, 14.0)), "log", noise=(student(0.25, 5),), then=(onward(29, NAN),)),
                "train/learning_rate": Line((real(1, 5e-5), real(207, 5e-5))),
                "train/epoch": Line(epoch(69.0)),
            },
            config={"learning_rate": 5e-5, "micro_batch_size": 1, "logging_steps": 1},
            clock=Clock(1.1, jitter=0.05),
        ),
        expect=sick(fault("masked-nan nan-inf", (24, 30), 40, CRITICAL), also="grad-explode loss-spike grad-spike loss-jump divergence", never="converged overfit", unsaid=("已收敛",)),
        why="Loss 0.0 with a norm of NaN at every step from well before half an epoch on: the trainer writes 0 for NaN. The rise before it (ours; another thread of the project describes it) is all the warning there was. A micro batch of one is what its maintainers blame.",
        read=(
            "29 步起 loss 显示 0.0 而 grad_norm=NaN：实际已是 NaN，之后都无效，不是收敛",
            "前 3 步 loss 和 grad norm 已急升",
            "→ 从头（或 NaN 前 ckpt）重来：micro_batch_size 1→16，加梯度裁剪，查序列里的 NaN/常数段",
        ),
    ),
    Case(
        name="pink-stage-one-nothing-but-nan-under-a-rising-lr",
        source="SY-Xuan/Pink#6",
        family="sft",
        sketch=Sketch(
            at=every(1, 260),
            lines={
                "loss": Line((made(1, 11.2), real(17, 0.0), real(25, 0.0), real(260, 0.0)), then=(onward(2, 0.0),)),
                "grad_norm": Line((made(1, 310.0), real(17, NAN), real(25, NAN)), then=(onward(2, NAN),)),
                "learning_rate": Line((made(1, 7.142857142857143e-06), real(17, 0.00012142857142857143), real(18, 0.00012857142857142855), real(19, 0.0001357142857142857), real(20, 0.00014285714285714284), real(21, 0.00015), real(25, 0.00017857142857142857), real(28, 0.0002), real(29, 0.00020714285714285716), made(260, 0.00185714))),
                "epoch": Line((real(1, 0.0), made(260, 0.03)), then=(rounded(2),)),
            },
            config={"stage": 1, "logging_steps": 1},
            state="running", clock=Clock(5.2, jitter=0.03),
        ),
        expect=sick(fault("masked-nan nan-inf", (1, 4), 16, CRITICAL), also="no-learning metric-dead", never="converged overfit lr-anomaly lr-zero", unsaid=("已收敛",)),
        why="Not one finite gradient: 0.0 and NaN from the second record, while the lr climbs on by 7e-6 a step. Half precision without a working scaler, or a projector that was loaded wrongly. There is nothing to go back to.",
        read=(
            "从第 2 步起 loss 0.0 / grad_norm NaN：权重已坏，没有可用 ckpt",
            "lr 还在 warmup，与 lr 无关：首步就溢出",
            "→ 改 bf16（或 fp32 跑 10 步定位），查投影层/预训练权重是否加载、标签是否全为 -100",
        ),
    ),
    Case(
        name="darkflow-blood-cells-nan-after-a-thousand-steps",
        source="MahmudulAlam/Automatic-Identification-and-Counting-of-Blood-Cells#15",
        family="detection",
        sketch=Sketch(
            at=every(1, 1_658),
            lines={
                "loss": Line((made(1, 108.0), made(60, 38), made(250, 12), made(600, 6.5), made(960, 4.9), made(1_000, 5.6), real(1_655, NAN), real(1_656, NAN), real(1_657, NAN), real(1_658, NAN)), "log", noise=(gaussian(0.12),), then=(onward(1_004, NAN),)),
                "moving ave loss": Line((made(1, 108.0), made(60, 47), made(250, 14.5), made(600, 7.1), made(960, 5.1), made(1_000, 5.2), real(1_655, NAN), real(1_658, NAN)), "log", noise=(ar1(0.02, 0.95),), then=(onward(1_004, NAN),)),
            },
            config={"gpu": 0.0},
            step_key="step", state="running", clock=Clock(7.5, jitter=0.05),
        ),
        expect=sick(fault("nan-inf", (1_000, 1_005), 1_030, CRITICAL), never="overfit converged plateau", unsaid=("已收敛",)),
        why="On a CPU, with nothing changed: NaN after about a thousand steps and six hundred more of them on top, until somebody looked. Thirty-six epochs of nothing, at eight seconds a step.",
        read=(
            "1004 步起 loss 为 NaN，后面 650 步全部无效（约 1.4 小时）",
            "之前正常下降（108→5）",
            "→ 用 1000 步前的 ckpt，lr 降 5–10 倍；查标注里宽高为 0 的框",
        ),
    ),
    Case(
        name="deepspeech-finetune-one-nan-batch-ends-the-third-epoch",
        source="SeanNaren/deepspeech.pytorch#232",
        family="supervised",
        sketch=Sketch(
            at=every(100, 72_800),
            lines={
                "Loss": Line((made(100, 61.0), made(8_000, 52.0), made(24_290, 47.0), made(48_580, 43.5), made(55_900, 42.6)), noise=(gaussian(7.5), sawtooth(24_290, 9.0)), then=(clipped(8.0), onward(56_007, NAN), rounded(4))),
                "Time": Line((level(100, 2.266), level(72_800, 2.269)), then=(lognormal(0.08), rounded(3))),
                "Data": Line(constant(0.046), then=(lognormal(0.05), rounded(3))),
                "Average WER": Line((made(24_290, 21.8), made(48_580, 20.6), real(72_800, 99.998)), at=at(24_200, 48_500, 72_800)),
                "Average CER": Line((made(24_290, 7.9), made(48_580, 7.4), real(72_800, 82.267)), at=at(24_200, 48_500, 72_800)),
            },
            config={"finetune": True},
            state="failed", clock=Clock(2.27, jitter=0.03, evals=(24_290, 347)),
        ),
        expect=sick(fault("nan-inf", (55_900, 56_100), 57_500, CRITICAL), also="eval-regress run-crashed masked-nan", never="overfit converged plateau no-learning", unsaid=("已收敛",)),
        why="Two epochs sound, then at iteration 7,427 of the third a NaN that stays for the other 17,000 (eleven hours) and makes WER 99.998 %. The author had two such runs, at different places: a clip longer than its transcript allows, or an empty one, and CTC gives Inf.",
        read=(
            "56007 步（第 3 轮 7427/24290）loss 变 NaN，到轮末一直是 NaN；WER 21%→99.998%",
            "前两轮正常，没有先兆：多半是单条坏样本（标签长于帧数/空文本）的 CTC Inf",
            "→ 用第 2 轮末 ckpt；跳过 Inf loss 的 batch（zero_infinity），过滤时长异常样本",
        ),
    ),
    Case(
        name="pose-with-style-discriminator-sees-the-padding",
        source="BadourAlBahar/pose-with-style#23",
        family="gan",
        sketch=Sketch(
            at=every(100, 60_000),
            lines={
                "d": Line((made(100, 1.38), made(2_000, 0.9), made(8_000, 0.35), made(16_000, 0.05), made(26_000, 0.006), level(36_000, 0.001), level(60_000, 0.001)), "log", noise=(gaussian(0.55),), then=(rounded(6),)),
                "g": Line((made(100, 0.75), made(4_000, 1.3), made(12_000, 3.2), made(22_000, 6.0), level(36_000, 8.0), level(60_000, 8.0)), noise=(gaussian((made(100, 0.1), made(12_000, 0.7), made(36_000, 1.1))),), then=(clipped(0.2),)),
                "l1": loss((made(100, 0.41), made(4_000, 0.24), made(20_000, 0.19), made(60_000, 0.18)), 0.05),
                "r1": Line((made(100, 0.02), made(10_000, 0.05), made(60_000, 0.012)), "log", noise=(gaussian(0.4),)),
            },
            state="running", clock=Clock(0.62, jitter=0.02),
        ),
        expect=sick(fault("gan-collapse", (3_000, 34_000), 48_000, WARNING), also="plateau", never="overfit converged divergence no-learning", unsaid=("已收敛",)),
        why="After a few epochs 0.001 for the discriminator and 5 to 11 for the generator: it tells real from generated by the side padding, which is exactly 0 in one and 0.0001 in the other, as the author of the project had met himself (here it was the background that had not been removed). The generator learns nothing more from it.",
        read=(
            "判别器压倒生成器：D loss 1.38→0.001，G loss 0.75→5–11，G 已拿不到有用梯度",
            "→ 先看真假图有没有“作弊线索”（补边恰为 0、背景没去掉），两边处理成一样",
            "修好后从早期 ckpt 重训；仅调 lr/R1 治标",
        ),
    ),
    Case(
        name="captcha-lstm-accuracy-climbs-and-is-exactly-nought",
        source="xlvector/learning-dl#1",
        family="supervised",
        sketch=Sketch(
            at=every(50, 4_000),
            lines={
                "Speed": Line(constant(166), then=(lognormal(0.025), rounded(2))),
                "Train-Accuracy": Line((*figures("50:0 100:0 150:0 200:0.0004 250:0.0016 300:0.004 350:0.0016 400:0.0004 450:0.0068 500:0.0232 550:0.076 600:0.1228 650:0.1616"), made(800, 0.29), made(1_000, 0.44), made(1_250, 0.57), made(1_300, 0.31), real(1_350, 0.0), made(4_000, 0.0)), noise=(gaussian((made(50, 0.0), made(700, 0.02), made(1_250, 0.02), made(1_300, 0.0))),), then=(clipped(0, 1), onward(1_350, 0.0), rounded(6))),
            },
            config={"learning_rate": 1e-4},
            clock=Clock(0.2, jitter=0.03),
        ),
        expect=sick(fault("eval-regress success-zero metric-dead policy-collapse", (1_251, 1_400), 2_000, WARNING), also="no-learning divergence nan-inf plateau", never="overfit converged at-chance", unsaid=("已收敛", "已恢复")),
        why="0 for the first 200 batches, as it must be for whole captchas, then up to more than a half, and after about 1,300 exactly 0 and never anything else; at another place each time. The loss is not printed, or one would see NaN. Speed is the same, so it goes on as if nothing were.",
        read=(
            "约 1300 批后 Train-Accuracy 由 0.57 掉到恰为 0，至今未恢复：多半 loss 已 NaN（没打印）",
            "开头 200 批为 0 是整串匹配的正常起步，不是同一回事",
            "→ 打印 loss 和 grad norm；加梯度裁剪、lr 降几倍，从 1250 批前的 ckpt 重来",
        ),
    ),
    Case(
        name="lepard-coarse-matching-gets-worse-all-through-its-second-epoch",
        source="rabbityl/lepard#19",
        family="supervised",
        sketch=Sketch(
            at=every(101, 9_190, first=101),
            lines={
                "focal_coarse": Line((made(101, 0.52), made(500, 0.58), made(1_100, 0.95), made(1_700, 1.48), *figures("2323:1.92 2424:1.98 2525:2.04 2626:2.09 2727:2.14 2828:2.19 2929:2.23 3030:2.27 3131:2.31 3232:2.35 3333:2.38 3434:2.41 3535:2.44 3636:2.47"), made(5_500, 2.79), made(9_190, 3.05)), noise=(gaussian(0.004),), then=(rounded(2),)),
                "recall_coarse": Line((made(101, 0.31), made(500, 0.24), made(900, 0.05), *figures("2323:0.00 2424:0.00 3636:0.00"), made(9_190, 0.0)), noise=(gaussian((made(101, 0.01), made(1_000, 0.0))),), then=(clipped(0, 1), rounded(2))),
                "precision_coarse": Line((made(101, 0.49), made(500, 0.44), made(1_200, 0.25), *figures("2323:0.14 2424:0.13 2626:0.12 2828:0.11 3131:0.10 3434:0.09 3636:0.09"), made(9_190, 0.04)), then=(rounded(2),)),
            },
            state="running", clock=Clock(0.33, jitter=0.04),
        ),
        expect=sick(fault("divergence loss-jump success-zero eval-regress", (300, 2_400), 4_400, WARNING), also="metric-dead no-learning plateau", never="overfit converged", unsaid=("已收敛",)),
        why="Running means over the epoch, so they understate it: 1.92, 1.98, … 2.47 and on, the precision halved from line to line, the recall nought to two digits. The weights of the first epoch were good and are gone.",
        read=(
            "第 2 轮一直在变差：focal_coarse（轮内均值）0.5→2.47→约 3，recall 掉到 0.00，precision 0.14→0.09",
            "轮内累计均值仍在涨，说明当前 batch 的 loss 更高，已发散",
            "→ 用第 1 轮末 ckpt，lr 降 10 倍或加梯度裁剪",
        ),
    ),
    Case(
        name="streammapnet-total-falls-norm-without-bound",
        source="yuantianyuan01/StreamMapNet#37",
        family="detection",
        sketch=Sketch(
            at=every(100, 6_000),
            lines={
                "lr": Line((real(100, 4.653e-05), real(200, 5.984e-05), real(300, 7.313e-05), made(500, 1.0e-4), made(6_000, 7.4e-5))),
                "time": Line((real(100, 0.569), real(200, 0.561), real(300, 0.564), made(6_000, 0.565)), noise=(gaussian(0.004),)),
                "data_time": Line((real(100, 0.015), real(200, 0.011), real(300, 0.010), made(6_000, 0.011)), then=(lognormal(0.08), rounded(3))),
                "memory": Line((real(100, 10_185), real(200, 10_187), real(6_000, 10_187))),
                "cls": loss((real(100, 2.0250), real(200, 1.8068), real(300, 1.8157), made(1_500, 1.6), made(6_000, 1.42)), 0.012),
                "reg": loss((real(100, 8.0096), real(200, 3.9424), real(300, 4.1265), made(1_500, 3.4), made(6_000, 3.0)), 0.03),
                "trans_loss": loss((real(100, 0.3656), real(200, 0.2620), real(300, 0.1339), made(1_500, 0.09), made(6_000, 0.07)), 0.06),
                "total": loss((real(100, 51.7671), real(200, 31.6701), real(300, 32.2995), made(1_500, 28.4), made(6_000, 25.2)), 0.015),
                "grad_norm": Line((real(100, 117.7429), real(200, 79.9597), real(300, 94.7493), made(700, 130), made(1_500, 480), made(2_500, 2_900), made(4_000, 21_000), made(6_000, 190_000)), "log", noise=(student(0.22, 5),)),
            },
            config={"runner": {"type": "IterBasedRunner", "max_iters": 15_000}},
            step_key="iter", state="running", planned=15_000, clock=Clock(0.565, jitter=0.01),
        ),
        expect=sick(fault("grad-explode", (600, 2_500), 4_200, WARNING), also="grad-clip-saturated grad-spike scale-mismatch plateau", never="overfit converged no-learning divergence lr-anomaly"),
        why="The total comes down from 52 to 25, as it should, and the norm of the gradients from 80 goes up without end, which the writer reports as very large. Clipping, as such configs have it, hides it: what is left of each step is its direction. Too small a batch for that lr, its author says in another thread of the same trouble.",
        read=(
            "grad norm 80→19 万，持续上升、没有上限；loss 暂时还在降（52→25），多半靠 clip 撑着",
            "lr 没有突变；多半是 batch 太小、lr 太大，时序分支在发散",
            "→ lr 按卡数缩小（1/8）或加大 batch；先关时序/stream 训几千步再打开",
        ),
    ),
    Case(
        name="bigdl-resnet-one-infinite-loss-in-forty-five-thousand",
        source="intel/ipex-llm#1486",
        family="supervised",
        sketch=Sketch(
            at=np.append(every(20, 45_440), np.append(every(1, 45_480, first=45_441), every(20, 47_000, first=45_500))),
            lines={
                "Loss": Line((made(20, 7.1), made(1_000, 5.6), made(5_000, 3.3), made(15_000, 2.05), made(30_000, 1.6), made(45_456, 1.29), real(45_457, 1.2645824), real(45_458, 1.308916), real(45_459, math.inf), real(45_460, 1.2483193), made(45_470, 1.29), made(47_000, 1.27)), noise=(gaussian(0.06),)),
                "Throughput": Line((real(45_457, 408.40378), real(45_458, 398.6954), real(45_459, 447.22968), real(45_460, 421.33133)), then=(flat(410), lognormal(0.04))),
                "LearningRate": Line((made(20, 0.10984), real(45_457, 0.04628416419774555), real(45_458, 0.046282765356364115), real(45_459, 0.046281366472703075), real(45_460, 0.04627996754675863), made(47_000, 0.04413))),
            },
            config={"dataset": "imagenet", "batchSize": 1_792, "weightDecay": 1e-4, "momentum": 0.9},
            step_key="Iteration", state="running", clock=Clock(4.39, jitter=0.03),
        ),
        expect=sick(fault("nan-inf", (45_441, 45_460), 45_600, WARNING, lasting=False), also="loss-spike", never="overfit divergence plateau lr-anomaly throughput-drop converged no-learning", usable=True),
        why="Sixty-three epochs, then at iteration 45,459 a loss of Infinity between 1.31 and 1.25, and on it goes. One batch, on one of the nodes, whose contribution may or may not have been dropped; the weights that follow are sound. To be said once, with where it was, and no more.",
        read=(
            "45459 步 loss 出现一次 Infinity，下一步 1.248，之后一直正常",
            "权重看来未受影响；→ 记下该批（节点/分片）排查坏图或通信，后续若再出现再处理",
            "训练其余正常：loss 7.1→1.3，lr 线性下降",
        ),
    ),
    Case(
        name="vae-torch-lower-bound-minus-ten-to-the-twenty-fifth",
        source="y0ast/VAE-Torch#3",
        family="vae",
        sketch=Sketch(
            at=every(1, 230),
            lines={
                "_bound": Line(
                    (*figures("1:521.71322166922 2:517.45266375482 3:514.94652135643 4:512.93061513467"), made(20, 496), made(60, 478), made(120, 466), made(150, 462), made(165, 700), made(180, 3.0e7), made(190, 8.0e14), real(201, 1.4880559243132e25), real(202, 4.303366228673e40), made(210, 6.0e43), made(230, 3.0e46)),
                    "log", noise=(gaussian((made(1, 0.0006), made(150, 0.0006), made(170, 0.3), made(230, 0.5))),),
                ),
                "Lowerbound": Derived(("_bound",), lambda x: -x),
                "time": Line(figures("1:0.80144906044006 2:0.79507112503052 3:0.78467798233032 4:0.78672099113464 201:0.78963804244995 202:0.77805995941162"), noise=(gaussian(0.006),)),
            },
            config={"learningRate": 1e-5},
            step_key="Epoch", state="running", clock=Clock(0.79, jitter=0.01),
        ),
        expect=sick(fault("divergence loss-jump impossible-value nan-inf eval-regress", (150, 185), 202, CRITICAL), also="loss-spike oscillation", never="overfit converged plateau no-learning", unsaid=("已收敛", "已恢复")),
        why="The bound is to rise. It does, from -522 to some -460, and then falls: -1e25 at epoch 201, -4e40 at the next. An exponential in the reparametrisation that nothing holds; with the usual lr it was NaN in the first epoch, with one a hundred times smaller it merely took longer.",
        read=(
            "约 160 轮后发散：Lowerbound -460→-4e40（应当上升），之后的权重都不能用",
            "→ 对 log-var 加 clamp（exp 溢出是根因），不要只降 lr；用 150 轮前的 ckpt",
            "注意它是越大越好的下界，不是 loss",
        ),
    ),
    Case(
        name="tree-grpo-multihop-score-falls-near-the-end",
        source="AMAP-ML/Tree-GRPO#5",
        family="grpo",
        sketch=Sketch(
            at=every(1, 300),
            lines={
                "critic/score/mean": Line((made(1, 0.29), made(30, 0.47), made(80, 0.57), level(120, 0.6), level(248, 0.6), made(256, 0.48), made(264, 0.22), made(275, 0.04), level(285, 0.0), level(300, 0.0)), noise=(gaussian((made(1, 0.025), made(260, 0.025), made(283, 0.0))),), then=(clipped(0, 1),)),
                "actor/entropy_loss": Line((made(1, 0.62), made(60, 0.38), made(200, 0.3), made(246, 0.33), made(258, 1.1), made(275, 3.4), made(300, 4.6)), "log", noise=(gaussian(0.06),)),
                "actor/kl_loss": Line((made(1, 0.0006), made(60, 0.012), made(200, 0.055), made(246, 0.09), made(258, 0.7), made(275, 4.1), made(300, 7.5)), "log", noise=(gaussian(0.12),)),
                "actor/grad_norm": Line((made(1, 0.21), made(200, 0.3), made(246, 0.6), made(256, 6.5), made(270, 2.2), made(285, 0.05), made(300, 0.02)), "log", noise=(student(0.25, 5),)),
                "response_length/mean": Line((made(1, 610), made(100, 720), made(246, 760), made(260, 1_300), made(280, 2_048), made(300, 2_048)), noise=(gaussian((made(1, 22), made(260, 40), made(282, 0))),), then=(clipped(0, 2_048),)),
                "actor/lr": Line((made(1, 1e-6),)),
            },
            config={"algorithm.adv_estimator": "grpo", "actor_rollout_ref.model.path": "Qwen2.5-7B"},
            step_key="step", clock=Clock(205, jitter=0.08),
        ),
        expect=sick(fault("policy-collapse", (246, 266), 285, CRITICAL), also="kl-explode truncated-answers success-zero eval-regress no-spread grad-explode grad-spike grad-vanish throughput-drop divergence entropy-collapse", never="overfit converged", unsaid=("已收敛", "已恢复")),
        why="0.6 for a long while and, near the end, down to nothing: as the published run of seven billion shows and the writer's own of three billion did. What goes with it, entropy and KL up and the answers at their limit, is ours, after the other reports of this kind. The model to be kept is that of step 240.",
        read=(
            "约 250 步后策略崩溃：score 0.6→0，熵和 KL 急升，回答长到上限 2048",
            "→ 用约 240 步的 ckpt；降 lr 或加 KL 约束，早停",
            "3B 上复现同样现象，不是偶发；先查奖励解析在长回答上是否总判 0",
        ),
    ),
)
