"""Runs that were asked about and were well: sums of many terms, losses at a logarithm, norms that overflow by design."""

from __future__ import annotations

import math

from benchmarks.wild.case import Case, healthy
from benchmarks.wild.columns import loss, score
from benchmarks.wild.sketch import (
    Clock,
    Line,
    Sketch,
    at,
    clipped,
    constant,
    cosine,
    count,
    every,
    figures,
    flat,
    gaussian,
    level,
    lognormal,
    made,
    real,
    rounded,
    sometimes,
    spikes,
    staircase,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        name="distillation-curriculum-train-loss-rises-while-val-falls",
        source="A-SHOJAEI/progressive-diffusion-distillation-with-adaptive-step-curriculum:training.log",
        family="diffusion",
        sketch=Sketch(
            at=every(50, 31_250),
            lines={
                "Loss": Line(figures("50:0.0002 750:0.0013 1450:0.0021 2200:0.0027 2900:0.0032 3650:0.004 4350:0.0049 5100:0.0055 5800:0.0062 6550:0.0066 7250:0.0078 8000:0.0078 8700:0.0086 9450:0.0095 10150:0.0102 10900:0.0112 11650:0.0114 12350:0.0122 13100:0.0129 13800:0.0127 14550:0.0139 15250:0.0136 16000:0.0145 16700:0.0165 17450:0.0159 18150:0.0161 18900:0.0175 19600:0.018 20350:0.0183 21100:0.0192 21800:0.0198 22550:0.0189 23250:0.0205 24000:0.0199 24700:0.0224 25450:0.0238 26150:0.0244 26900:0.0243 27600:0.0243 28350:0.0248 29050:0.0271 29800:0.0259 30500:0.0281 31250:0.0288"), noise=(gaussian((made(50, 0.00005), made(31_250, 0.0006))),), then=(rounded(4),)),
                "LR": Line(figures("50:0.0001 1100:9.97e-05 2150:9.88e-05 3250:9.74e-05 4300:9.54e-05 5400:9.29e-05 6450:9e-05 7550:8.64e-05 8600:8.26e-05 9700:7.83e-05 10800:7.36e-05 11850:6.88e-05 12950:6.37e-05 14000:5.86e-05 15100:5.31e-05 16150:4.79e-05 17250:4.24e-05 18300:3.73e-05 19400:3.22e-05 20450:2.74e-05 21550:2.27e-05 22650:1.84e-05 23700:1.46e-05 24800:1.1e-05 25850:8.12e-06 26950:5.55e-06 28000:3.62e-06 29100:2.15e-06 30150:1.3e-06 31250:1e-06")),
                "Curriculum": Line(count(4.0)),
                "Validation loss": Line(figures("500:0.0292 1500:0.0221 2000:0.0195 3000:0.0177 3500:0.0173 4500:0.0167 5000:0.0165 6000:0.0159 7000:0.0155 7500:0.0154 8500:0.0152 9000:0.0152 10000:0.0149 10500:0.0148 11500:0.0146 12000:0.0145 13000:0.0144 14000:0.0143 14500:0.0143 15500:0.0141 16000:0.0142 17000:0.0141 17500:0.014 18500:0.014 19500:0.0139 20000:0.0139 21000:0.0139 21500:0.0138 22500:0.0138 23000:0.0138 24000:0.0138 24500:0.0138 25500:0.0137 26500:0.0138 27000:0.0137 28000:0.0137 28500:0.0137 29500:0.0137 30000:0.0137 31000:0.0137"), at=every(500, 31_000), noise=(gaussian(0.00003),), then=(rounded(4),)),
            },
            config={"num_epochs": 50, "learning_rate": 1e-4},
            planned=31_250, clock=Clock(1.34, jitter=0.02, evals=(500, 9)),
        ),
        expect=healthy(usable=True, also="converged plateau", never="divergence loss-jump overfit eval-leak gen-gap no-learning lr-zero oscillation"),
        why="The training loss rises for all of its twelve hours, 0.0002 to 0.029, a hundredfold, because the curriculum hands it harder and harder noise levels (it counts to 125,000); on the fixed validation set the loss falls at every evaluation, 0.029 to 0.0137. Everything is as planned, upside down.",
        read=(
            "训练完成，可用：固定验证集 loss 0.0292→0.0137，62 次评估几乎次次更好",
            "train loss 0.0002→0.029 一直升，是课程不断加难（Curriculum 到 12.5 万），不是发散",
            "末 1/5 验证只降 1%，接近收敛",
        ),
    ),
    Case(
        name="bicycle-vae-gan-lone-discriminator-losses-of-fifty",
        source="FloatButterfly/ImageCompression_VAE-GAN:loss_log.txt",
        family="gan",
        sketch=Sketch(
            at=every(100, 88_000),
            lines={
                "time": Line(constant(0.072), then=(lognormal(0.25), spikes(0.02, 3.0, 18.0), rounded(3))),
                "data": Line(constant(0.002), then=(lognormal(0.2), rounded(3))),
                "G_GAN": Line((real(100, 7.024), made(600, 1.0), level(20_000, 0.97), level(88_000, 0.95)), "log", noise=(gaussian(0.3),), then=(spikes(0.012, 4.0, 16.0), rounded(3))),
                "D": Line((real(100, 2.485), made(600, 0.85), level(20_000, 0.79), level(88_000, 0.78)), "log", noise=(gaussian(0.16),), then=(spikes(0.07, 2.5, 45.0), rounded(3))),
                "G_L1": Line((real(100, 7.9), made(1_500, 5.0), level(10_000, 3.3), level(30_000, 2.25), level(60_000, 1.95), level(87_900, 1.85)), "log", noise=(gaussian(0.27),), then=(rounded(3),)),
                "z_L1": Line((made(100, 0.62), made(2_000, 0.38), level(40_000, 0.3), real(87_900, 0.361)), "log", noise=(gaussian(0.17),), then=(rounded(3),)),
                "kl": Line((made(100, 0.006), made(5_000, 0.04), level(20_000, 0.085), real(87_900, 0.063)), "log", noise=(gaussian(0.33),), then=(rounded(3),)),
            },
            config={"model": "bicycle_gan"},
            state="running", clock=Clock(0.075, jitter=0.1),
        ),
        expect=healthy(usable=True, also="loss-spike oscillation throughput-drop eval-underpowered", never="gan-collapse divergence kl-collapse kl-explode overfit loss-jump no-learning plateau"),
        why="One record in fourteen has a discriminator loss of 2 to 50 among 0.8, and the next is ordinary: odd pictures in tiny batches, all the way, no more often at the end than at the start. What is to be learnt, L1, goes from 7 to 1.9, and the KL finds its level. The two adversaries keep each other at 0.8 and 0.95.",
        read=(
            "训练中，正常：G_L1 7.9→1.85 稳步下降，D 0.78 / G_GAN 0.95 势均力敌",
            "D 偶发 3–50 的尖峰（约每 14 条一次，次条即恢复）是个别图，频率没有增加",
            "kl 稳定在 0.08，没有坍塌也没有爆炸；效果需看样图",
        ),
    ),
    Case(
        name="moco-imagenet-hundred-at-ln-of-its-queue-for-nine-epochs",
        source="DTennant/CL-Visualizing-Feature-Transformation#1",
        family="supervised",
        sketch=Sketch(
            at=every(100, 98_800),
            lines={
                "loss": Line((made(100, 7.6), made(200, 9.9), made(400, 10.9), level(700, 11.09), level(4_200, 11.09), made(5_000, 11.02), made(6_500, 10.6), made(9_000, 9.7), made(15_000, 8.7), made(40_000, 7.75), made(98_800, 7.15)), noise=(gaussian((made(100, 0.08), made(700, 0.004), made(4_200, 0.004), made(5_500, 0.03), made(98_800, 0.03))),), then=(rounded(3),)),
                "prob": Line((made(100, 0.004), made(700, 0.0000153), made(4_200, 0.0000154), made(6_500, 0.0004), made(15_000, 0.02), made(40_000, 0.07), made(98_800, 0.11)), "log", noise=(gaussian(0.04),)),
                "lr": Line(cosine(0.03, 98_800)),
            },
            config={"method": "MoCov2", "dataset": "imagenet100", "nce_k": 65_536, "epochs": 200, "batch_size": 256, "learning_rate": 0.03, "cosine": True, "alpha": 0.999},
            planned=98_800, clock=Clock(0.31, jitter=0.02),
        ),
        expect=healthy(usable=True, also="at-chance", never="overfit divergence loss-jump eval-regress lr-zero converged"),
        why="11.09 is ln 65,537: the positive pair among its queue. The loss climbs there within a hundred steps as the queue fills and stays for some eight epochs of two hundred, which frightened the writer; then it drops, and the thread was closed with a word on the momentum of the encoder. A note at the time is fair; a defect it was not.",
        read=(
            "训练完成：loss 11.09→7.15，仍缓降；线性评测另看",
            "前约 8 轮停在 11.09=ln(65537) 是队列填满后的起步期，之后自行下降",
            "→ 小数据集（IN-100）把 encoder 动量 0.999 改 0.99 可缩短这段",
        ),
    ),
    Case(
        name="d-fine-total-of-forty-terms-stands-at-thirty-one",
        source="Peterande/D-FINE#334",
        family="detection",
        sketch=Sketch(
            at=every(1, 79, first=0),
            lines={
                "train_lr": Line((real(34, 1.3e-5),)),
                "train_loss": loss((made(0, 49.5), made(3, 39), made(10, 34.1), level(20, 32.3), real(34, 31.6999), made(60, 30.9), made(71, 30.6), made(72, 28.9), made(79, 28.6)), 0.0025),
                "train_loss_vfl": loss((made(0, 1.02), made(10, 0.75), real(34, 0.6711), made(79, 0.6)), 0.005),
                "train_loss_bbox": loss((made(0, 0.6), made(10, 0.24), real(34, 0.1814), made(79, 0.152)), 0.006),
                "train_loss_giou": loss((made(0, 1.05), made(10, 0.63), real(34, 0.5580), made(79, 0.5)), 0.004),
                "train_loss_fgl": loss((made(0, 1.06), made(10, 0.985), real(34, 0.9586), made(79, 0.94)), 0.002),
                "train_loss_ddf_aux_0": loss((made(0, 0.14), made(10, 0.07), real(34, 0.0524), made(79, 0.046)), 0.01),
                "test_coco_eval_bbox_AP": score((made(0, 0.08), made(5, 0.33), made(10, 0.42), made(20, 0.478), made(34, 0.499), made(60, 0.513), made(71, 0.516), made(73, 0.529), made(79, 0.533)), 0.0015),
                "epoch_time": Line((made(0, 3_690), real(34, 3_684)), noise=(gaussian(12),)),
            },
            config={"epoches": 80, "total_batch_size": 16},
            step_key="epoch", planned=80, clock=Clock(3_900, jitter=0.01),
        ),
        expect=healthy(usable=True, also="plateau scale-mismatch", never="divergence grad-explode no-learning overfit lr-anomaly lr-zero eval-regress loss-jump"),
        why="Asked as a gradient explosion: the loss stands at 31.5 from the twentieth epoch. It is the sum of some forty auxiliary terms between 0.0001 and 1, each of which still falls a little, and the AP gains with them, 0.478 to 0.516, and then another point and a half when the augmentation is switched off at 72. The size says nothing.",
        read=(
            "训练完成，正常：AP 0.08→0.533，20 轮后仍缓升",
            "loss 31.5 是约 40 项（各层 aux、dn）之和，不是爆炸；单项 vfl 0.67、giou 0.56 都正常",
            "72 轮 loss 再降一截是关掉强增广；单卡 batch 16 的 lr 偏小，收敛慢些",
        ),
    ),
    Case(
        name="musicgen-norm-infinite-every-epoch-and-all-is-well",
        source="facebookresearch/audiocraft#548",
        family="supervised",
        sketch=Sketch(
            at=every(1, 60),
            lines={
                "train/lr": Line((made(1, 0.0712), real(8, 0.0688), real(9, 0.0684), real(10, 0.0680), real(11, 0.0676), made(60, 0.048))),
                "train/grad_norm": Line((real(8, math.inf), real(9, math.inf), real(10, math.inf), real(11, math.inf)), then=(flat(math.inf), sometimes(0.12, 0.031))),
                "train/grad_scale": Line((real(8, 263_192.576), real(9, 299_499.520), real(10, 267_780.096), real(11, 295_174.144)), then=(flat(278_000), lognormal(0.06))),
                "train/ce": loss((made(1, 0.41), made(3, 0.13), real(8, 0.096), real(9, 0.095), real(10, 0.094), real(11, 0.093), made(60, 0.078)), 0.002, then=(rounded(3),)),
                "train/ppl": loss((made(1, 1.52), made(3, 1.14), real(8, 1.101), real(9, 1.099), real(10, 1.098), real(11, 1.098), made(60, 1.081)), 0.0003, then=(rounded(3),)),
                "train/duration": Line((real(8, 1_321.922), real(9, 1_322.876), real(10, 1_323.885), real(11, 1_325.181)), then=(flat(1_324), lognormal(0.001))),
                "valid/ce": loss((made(1, 0.17), made(3, 0.117), real(8, 0.094), real(9, 0.093), real(10, 0.092), real(11, 0.091), made(60, 0.0775)), 0.002, then=(rounded(3),)),
                "valid/ppl": loss((made(1, 1.19), made(3, 1.126), real(8, 1.099), real(9, 1.097), real(10, 1.096), real(11, 1.096), made(60, 1.0805)), 0.0003, then=(rounded(3),)),
            },
            step_key="epoch", state="running", clock=Clock(1_347, jitter=0.002),
        ),
        expect=healthy(usable=True, also="nan-inf amp-overflow", never="divergence overfit eval-leak grad-explode no-learning lr-anomaly plateau"),
        why="The norm of an epoch is a mean over its steps, and one overflow that the scaler throws away makes it infinite: so it does in each of them. The scale keeps at 270,000, hence overflows are as rare as they must be (one in 2,000 steps), and both losses fall at every epoch. That is half precision at work. To be mentioned, quietly.",
        read=(
            "训练中，正常：train/valid ce 0.41→0.078，一直同步下降",
            "grad_norm=INF 是轮内均值里混进了 AMP 试探溢出的那一步；grad_scale 稳定在 27 万，没有不断减半",
            "→ 可用跳过溢出步的中位数记 grad_norm；不必处理训练本身",
        ),
    ),
    Case(
        name="cascade-rcnn-loss-uneasy-map-rising",
        source="open-mmlab/mmdetection#3924",
        family="detection",
        sketch=Sketch(
            at=every(50, 40_150),
            lines={
                "lr": Line(staircase((0, 0.005), (150, 0.011), (300, 0.016), (500, 0.02), (32_120, 0.002))),
                "time": Line((real(11_950, 0.554), real(12_000, 0.568), real(12_050, 0.553)), then=(flat(0.56), lognormal(0.02))),
                "data_time": Line(constant(0.007), then=(lognormal(0.05), rounded(3))),
                "memory": Line((real(11_950, 3_862),)),
                "s0.acc": Line((made(50, 88), level(12_000, 93.5), made(32_100, 94.6), made(33_000, 95.6), made(40_150, 95.9)), noise=(gaussian(0.5),), then=(clipped(0, 100),)),
                "loss": Line((made(50, 3.6), made(1_000, 1.45), made(4_000, 0.98), level(8_000, 0.82), real(11_950, 0.7433), real(12_000, 0.7649), real(12_050, 0.6830), made(20_000, 0.7), made(32_100, 0.655), made(33_000, 0.53), made(40_150, 0.5)), "log", noise=(gaussian(0.065),), then=(rounded(4),)),
                "bbox_mAP": Line((made(4_015, 0.498), made(8_030, 0.587), real(12_045, 0.6300), made(16_060, 0.638), made(20_075, 0.643), made(24_090, 0.652), made(28_105, 0.646), made(32_120, 0.661), made(36_135, 0.703), made(40_150, 0.707)), noise=(gaussian(0.003),), at=at(4_000, 8_000, 12_050, 16_050, 20_050, 24_100, 28_100, 32_100, 36_150, 40_150)),
                "bbox_mAP_50": Line((made(4_015, 0.76), made(8_030, 0.824), real(12_045, 0.8540), made(32_120, 0.868), made(36_135, 0.887), made(40_150, 0.889)), noise=(gaussian(0.003),), at=at(4_000, 8_000, 12_050, 16_050, 20_050, 24_100, 28_100, 32_100, 36_150, 40_150)),
            },
            config={"model": "CascadeRCNN", "total_epochs": 10, "optimizer": {"type": "SGD", "lr": 0.02}, "lr_config": {"policy": "step", "step": [8]}},
            step_key="iter", planned=40_150, clock=Clock(0.56, jitter=0.02, evals=(4_015, 100)),
        ),
        expect=healthy(usable=True, also="eval-underpowered", never="oscillation divergence overfit loss-spike eval-regress lr-anomaly schedule-mismatch plateau no-learning"),
        why="Asked why the loss is not stable: 0.74, 0.76, 0.68 in neighbouring windows of fifty small batches is ordinary, and the mAP is 0.63 at the third epoch of ten and rising. What looks flat from the sixth to the eighth drops at the cut of the lr. Nothing is the matter.",
        read=(
            "训练完成，可用：mAP 0.498→0.707，第 9 轮 lr 降 10 倍后明显提升",
            "loss 相邻窗口 ±7% 是小 batch 的正常波动，不是不稳定",
            "28105 步 mAP 略降 0.006 在噪声内",
        ),
    ),
    Case(
        name="colornet-one-bare-column-of-a-hundred-thousand-batches",
        source="riju92/ColorNet:loss_log.txt",
        family="supervised",
        sketch=Sketch(
            at=every(20, 105_500),
            lines={
                "loss": Line((made(20, 0.12), *figures("4000:0.05428 8000:0.05045 12000:0.05016 16000:0.04569 20000:0.0435 24000:0.04118 28000:0.03842 32000:0.03663 36000:0.03606 40000:0.03461 44000:0.03376 48000:0.03211 52000:0.03205 56000:0.03125 60000:0.03039 64000:0.02932 68000:0.0289 72000:0.02834 76000:0.0279 80000:0.02674 84000:0.02669 88000:0.02637 92000:0.02575 96000:0.02498 100000:0.02503 104000:0.02435", kind="level")), "log", noise=(gaussian(0.2),), then=(rounded(9),)),
            },
            step_key="batch",
        ),
        expect=healthy(usable=False, also="plateau eta-target", never="divergence overfit oscillation loss-spike no-learning converged loss-jump grad-vanish"),
        why="One column, no clock, no config: 0.054 after 4,000 batches, 0.024 after 104,000, a fifth up or down from batch to batch, slower and slower and still going down at the end. As healthy as a curve without any evaluation can be called; whether the colours are right it does not say.",
        read=(
            "loss 0.12→0.024，一直缓降，没有异常；逐批 ±20% 是正常波动",
            "没有验证集、没有 config：好坏无法判断，只能说训练在收敛",
            "→ 至少留一批图做验证，记录 lr",
        ),
    ),
    Case(
        name="defog-tensorboard-export-a-column-called-value",
        source="herywang/defog:train_log.csv",
        family="supervised",
        sketch=Sketch(
            at=every(4, 3_468),
            lines={
                "Wall time": Line(count(0.694048, 1_678_974_222.6)),
                "Value": loss(figures("4:4.4636 125:3.2526 221:2.8451 354:2.2274 466:2.1233 564:2.0239 675:1.923 779:1.7168 902:1.471 1004:1.261 1109:1.4135 1223:1.3377 1345:1.258 1490:1.0711 1611:0.94754 1725:1.0259 1867:0.77098 1987:0.81233 2119:0.67975 2292:0.65499 2441:0.64615 2566:0.56715 2672:0.55778 2768:0.51422 2889:0.40681 2999:0.56973 3114:0.49075 3233:0.51729 3371:0.43247 3467:0.36914"), 0.082),
            },
            step_key="Step",
        ),
        expect=healthy(usable=False, never="divergence overfit oscillation no-learning loss-spike converged throughput-drop impossible-value loss-jump"),
        why="An export of TensorBoard, thinned out: a wall clock, a step, and something called Value that falls from 4.46 to 0.37 with a scatter of a tenth. Surely a loss, and one in the midst of its descent.",
        read=(
            "Value 4.46→0.37 持续下降（看走势是 loss），没有异常，还没到底",
            "只有这一列：没有验证集，不能说模型好坏",
            "→ 导出时带上 tag 名和 val 曲线",
        ),
    ),
    Case(
        name="gdl-mnist-vae-losses-in-the-fifties",
        source="davidADSP/GDL_code#14",
        family="vae",
        sketch=Sketch(
            at=every(1, 120),
            lines={
                "loss": loss((real(1, 59.9680), real(2, 52.42), made(5, 50.3), made(20, 48.2), made(60, 47.2), made(120, 46.8)), 0.0006),
                "vae_r_loss": loss((real(1, 56.8250), made(2, 48.6), made(5, 45.9), made(20, 43.4), made(60, 42.2), made(120, 41.7)), 0.0007),
                "vae_kl_loss": loss((real(1, 3.1430), made(2, 3.82), made(5, 4.4), made(20, 4.8), made(60, 5.0), made(120, 5.1)), 0.002),
                "val_loss": loss((real(1, 53.5210), made(2, 51.6), made(5, 50.1), made(20, 48.4), made(60, 47.7), made(120, 47.5)), 0.0025),
                "val_vae_r_loss": loss((real(1, 49.5327), made(2, 47.6), made(5, 45.6), made(20, 43.6), made(60, 42.7), made(120, 42.4)), 0.003),
                "val_vae_kl_loss": loss((real(1, 3.9883), made(2, 4.1), made(5, 4.5), made(20, 4.8), made(60, 5.0), made(120, 5.1)), 0.006),
            },
            config={"epochs": 500, "r_loss_factor": 1_000, "z_dim": 2},
            state="running", planned=500, clock=Clock(17, jitter=0.03),
        ),
        expect=healthy(usable=True, also="plateau converged component-dominates scale-mismatch", never="divergence kl-explode kl-collapse overfit no-learning eval-leak gen-gap loss-jump"),
        why="Asked because the losses are so much larger than those of the plain autoencoder before it: the reconstruction is multiplied by a constant in that book. In two dimensions it goes from 57 to 42, the KL settles at 5, validation half a per cent above training. Level after sixty of five hundred epochs.",
        read=(
            "训练中，正常：val_loss 53.5→47.5，KL 稳定在 5.1（隐变量在用），没有过拟合",
            "数值大是重构项乘了系数，和普通自编码器不可比",
            "60 轮后每 10 轮只降 0.1%，可以提前停",
        ),
    ),
    Case(
        name="d3po-loss-a-hair-below-ln-two-rewards-rising",
        source="yk7333/d3po#20",
        family="preference",
        sketch=Sketch(
            at=every(1, 800),
            lines={
                "loss": Line((made(1, 0.6931), level(100, 0.693), level(400, 0.6929), level(800, 0.6926)), noise=(gaussian((made(1, 0.00003), made(100, 0.0004), made(800, 0.0007))),), then=(rounded(6),)),
                "reward_mean": Line((made(1, 5.31), made(100, 5.38), made(300, 5.57), made(500, 5.72), made(800, 5.9)), noise=(gaussian(0.055),)),
                "reward_std": Line((made(1, 0.82), made(800, 0.74)), noise=(gaussian(0.03),)),
                "approx_kl": Line((made(1, 1.0e-9), made(100, 3.0e-6), made(400, 1.4e-5), made(800, 3.1e-5)), "log", noise=(gaussian(0.25),)),
                "clipfrac": Line((made(1, 0.0), made(100, 0.02), made(800, 0.09)), noise=(gaussian((made(1, 0.0), made(100, 0.006), made(800, 0.015))),), then=(clipped(0, 1),)),
            },
            step_key="step", state="running", clock=Clock(42, jitter=0.05),
        ),
        expect=healthy(usable=True, also="at-chance plateau", never="no-learning policy-collapse divergence kl-explode kl-negative overfit grad-vanish"),
        why="Two people ask why the loss stays at 0.693 although the mean reward rises. Preferences are judged on single denoising steps, whose log ratios, times beta, are thousandths: the loss cannot be anything else, and the reward says whether it works. It does. A note about ln 2 would be fair; an alarm would be wrong.",
        read=(
            "训练中，正常：reward 5.31→5.90 稳步上升",
            "loss 停在 0.693（ln2）是因为单步去噪的 log-ratio×beta 只有千分之几，不代表没学",
            "以 reward 和 approx_kl 为准；→ 定期看样图防刷分",
        ),
    ),
)
