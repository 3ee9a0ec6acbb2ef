"""Supervised learning, second round: a row per epoch, mostly. Graphs, speech, series, tables, text."""

from __future__ import annotations

import numpy as np

from benchmarks.wild.case import CRITICAL, WARNING, Case, fault, healthy, sick
from benchmarks.wild.columns import loss, score
from benchmarks.wild.sketch import (
    NAN,
    Clock,
    Floats,
    Line,
    Rng,
    Sketch,
    binomial,
    clipped,
    every,
    figures,
    gaussian,
    level,
    made,
    onward,
    real,
    rounded,
    staircase,
    student,
)
from benchmarks.wild.trainers import keras


def _cycles_of_25(steps: Floats, rng: Rng) -> Floats:
    """Five epochs of warm-up, then cosines."""
    angle: Floats = np.pi * ((steps - 5) % 25) / 25
    return np.where(steps < 5, 3e-3 * (0.1 + 0.18 * steps), 1e-4 + 1.45e-3 * (1 + np.cos(angle)))


# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        name="aes-cnn-exact-match-leaps-about-loss-falls",
        source="BelaBartok39/aes_neural_trainer:basic_model_results/cnn_model/training_log_cnn_ultra.csv",
        family="supervised",
        sketch=Sketch(
            at=every(1, 99, first=0),
            lines={
                "loss": loss(figures("0:0.72155 4:0.40633 8:0.10901 12:0.062347 16:0.043496 20:0.033015 24:0.026046 28:0.020769 32:0.016877 36:0.013769 40:0.011097 44:0.0089998 48:0.0070341 52:0.0055808 56:0.004176 60:0.0030155 64:0.0019796 68:0.001374 72:0.00089495 76:0.00054561 80:0.00036539 84:0.00025579 88:0.00021623 92:0.00019943 96:0.00019491 99:0.0001941"), 0.01),
                "accuracy": score(figures("0:0.030873 4:0.06586 8:0.3688 12:0.58972 16:0.7001 20:0.77023 24:0.81821 28:0.85475 32:0.8815 36:0.90533 40:0.92197 44:0.93759 48:0.95116 52:0.96149 56:0.9699 60:0.978 64:0.98381 68:0.9883 72:0.9917 76:0.99434 80:0.99626 84:0.99755 88:0.99851 92:0.99921 96:0.99936 99:0.99945"), 0.0003),
                "val_loss": loss(figures("0:0.70058 4:0.5037 8:0.27408 12:0.18152 16:0.1607 20:0.11813 24:0.10904 28:0.1093 32:0.063489 36:0.10792 40:0.04296 44:0.039554 48:0.035215 52:0.018114 56:0.020017 60:0.011441 64:0.010242 68:0.0083623 72:0.0032861 76:0.0026052 80:0.0022147 84:0.0021513 88:0.0021402 92:0.0021791 96:0.0021753 99:0.0021756"), 0.06),
                "val_accuracy": Line(figures("0:0.025013 4:0.03378 8:0.39119 12:0.79659 16:0.63157 20:0.86021 24:0.52677 28:0.90969 32:0.87875 36:0.90092 40:0.92629 44:0.93957 48:0.85375 52:0.96467 56:0.96371 60:0.97541 64:0.99387 68:0.98521 72:0.98666 76:0.99189 80:0.99802 84:0.99869 88:0.99945 92:0.99961 96:0.99965 99:0.99965"), noise=(gaussian((made(0, 0.005), made(10, 0.09), made(30, 0.05), made(60, 0.01), made(80, 0.0004), made(99, 0.00002))),), then=(clipped(0, 1),)),
                "val_auc": score(figures("0:0.51363 4:0.87425 8:0.96685 12:0.9844 20:0.99212 32:0.99661 48:0.99825 64:0.99959 80:0.99986 99:0.99986"), 0.0),
                "learning_rate": Line(figures("0:0.0004 4:0.002 8:0.0019951 16:0.0019346 24:0.0018091 32:0.0016274 40:0.001402 48:0.0011487 56:0.00088507 64:0.00062949 72:0.00039972 80:0.00021175 88:0.000078671 92:0.000035774 96:0.0000097316 99:0.0000015465")),
            },
            config={"epochs": 100, "initial_lr": 0.0004, "max_lr": 0.002, "schedule": "warmup_cosine"},
            planned=100, clock=Clock(46, jitter=0.03),
        ),
        expect=healthy(usable=True, also="converged gen-gap plateau overfit eval-regress", never="divergence oscillation lr-zero lr-anomaly eval-leak grad-vanish no-learning"),
        why="The share of rows with all bits right falls from 0.86 to 0.53 and back within a few epochs (0.63, 0.53, 0.85) while loss and AUC get better throughout: an exact match over many bits exaggerates. As the cosine runs out everything "
        "settles, at 0.9997. The validation loss is eleven times the training loss and flat: both are next to nothing.",
        read=(
            "训练完成，可用：val accuracy 0.9997、val AUC 0.9999，末段很稳",
            "中途 val accuracy 0.86→0.53→0.91 的大跳是“所有位全对”这个指标太敏感，val loss 一直在降",
            "val/train loss 相差 11 倍但绝对值只有 0.002，88 轮后走平，不算过拟合",
        ),
    ),
    Case(
        name="gat-validation-accuracy-to-the-last-digit-alike",
        source="ChengSashankh/trying-GAT:training_log.csv",
        family="supervised",
        sketch=Sketch(
            at=every(1, 30, first=0),
            lines={
                "training_loss": Line(figures("0:0.6431 1:0.62374 2:0.59377 3:0.58519 4:0.58603 5:0.58063 6:0.57799 7:0.5806 8:0.57323 9:0.56624 10:0.57477 11:0.57154 12:0.57527 13:0.57112 14:0.56952 15:0.56677 16:0.56981 17:0.56905 18:0.57034 19:0.57579 20:0.56789 21:0.56773 22:0.57049 23:0.56965 24:0.57125 25:0.57629 26:0.57225 27:0.5676 28:0.56672 29:0.56641 30:0.56462")),
                "training_acc": Line(figures("0:0.41275 1:0.45006 2:0.46169 3:0.44471 4:0.43098 5:0.43329 6:0.44209 7:0.44042 8:0.45142 9:0.4596 10:0.44387 11:0.45551 12:0.44325 13:0.45142 14:0.45771 15:0.46222 16:0.45729 17:0.45415 18:0.45226 19:0.44283 20:0.46138 21:0.45823 22:0.45257 23:0.45457 24:0.4487 25:0.43937 26:0.44618 27:0.4509 28:0.46023 29:0.45687 30:0.46054")),
                "val_loss": Line(figures("0:0.51804 1:0.48207 2:0.46702 3:0.46708 4:0.46524 5:0.45898 6:0.45045 7:0.4433 8:0.44714 9:0.45148 10:0.45586 11:0.45888 12:0.46015 13:0.45932 14:0.45649 15:0.45263 16:0.44999 17:0.44773 18:0.44687 19:0.44836 20:0.45102 21:0.45414 22:0.45763 23:0.4585 24:0.45693 25:0.4547 26:0.45207 27:0.44981 28:0.44944 29:0.44885 30:0.44783")),
                "val_acc": Line(figures("0:0.72414 30:0.72414")),
                "time": Line(figures("0:0.21544 1:0.05304 4:0.05574 8:0.04421 12:0.04915 16:0.03664 20:0.04065 24:0.04194 30:0.04154"), noise=(gaussian(0.003),)),
            },
            state="finished", planned=31, clock=Clock(0.05, jitter=0.1),
        ),
        expect=sick(fault("metric-dead at-chance no-learning plateau", (0, 12), 28, WARNING), also="eval-underpowered eval-leak converged", never="overfit divergence lr-zero", unsaid=("已收敛",)),
        why="21 of 29 right, after each of 31 epochs: the model says the same class for all. In training 41 to 46 % and a loss that has stood since the fifth epoch. The validation loss is lower only because that class is more frequent there.",
        read=(
            "val_acc 31 轮一位不变（0.72414=21/29）：模型对所有样本输出同一类，没学到",
            "train acc 0.41→0.46、loss 5 轮后停在 0.57；val loss 0.45 更低只因该类在验证集占多数",
            "→ 看混淆矩阵与 F1；类别加权、检查图的邻接与特征归一化；验证集 29 个样本太少",
        ),
    ),
    Case(
        name="gat-cora-training-accuracy-half-validation-eighty-three",
        source="PetarV-/GAT#7",
        family="supervised",
        sketch=Sketch(
            at=every(1, 700),
            lines={
                "train_loss": Line((made(1, 1.97), made(60, 1.78), made(200, 1.55), made(450, 1.45), made(700, 1.42)), noise=(gaussian(0.07),), then=(rounded(5),)),
                "train_acc": Line((made(1, 0.16), made(60, 0.4), level(200, 0.5), level(700, 0.51)), then=(clipped(0, 1), binomial(140))),
                "val_loss": Line((made(1, 1.943), made(60, 1.72), made(200, 1.36), made(450, 1.12), made(700, 1.05)), noise=(gaussian(0.004),), then=(rounded(5),)),
                "val_acc": Line((made(1, 0.3), made(30, 0.68), made(100, 0.79), level(400, 0.826), level(700, 0.83)), noise=(gaussian(0.004),), then=(clipped(0, 1), rounded(3))),
            },
            config={"dataset": "cora", "lr": 0.005, "hid_units": [8], "n_heads": [8, 1], "patience": 100, "dropout": 0.6, "l2_coef": 5e-4},
            planned=100_000, clock=Clock(0.09, jitter=0.05),
        ),
        expect=healthy(usable=True, also="converged plateau", never="eval-leak no-learning at-chance overfit oscillation eval-regress gen-gap"),
        why="50 % in training and 83 % in validation: dropout of 0.6 on features and on the attention tears up the graph in training and only there. That is the published recipe and its published number. The early stop by patience ends the run long before the 100,000 "
        "epochs that are written down.",
        read=(
            "训练完成，可用：val acc 0.83（Cora 正常水平），val loss 仍在缓降",
            "train acc 只有 0.5 是 dropout 0.6（含注意力）只在训练时生效，不是数据泄漏",
            "计划 10 万轮只是上限，早停结束属正常",
        ),
    ),
    Case(
        name="distance-encoding-swings-then-sits-at-a-half",
        source="snap-stanford/distance-encoding#6",
        family="supervised",
        sketch=Sketch(
            at=every(1, 299, first=0),
            lines={
                "train loss": Line(
                    (
                        made(0, 0.71), made(10, 0.55), made(30, 0.43), made(70, 0.36), made(95, 0.38), *figures("99:0.4202 100:0.4648 101:0.5454 102:0.7081 103:0.5950 104:0.5965 105:0.4456 106:0.3856"), made(115, 0.42), made(125, 0.55), made(129, 0.85), made(131, 0.6935), made(299, 0.6932),
                    ),
                    noise=(gaussian((made(0, 0.015), made(128, 0.03), made(131, 0.0004), made(299, 0.0002))),), then=(rounded(4),),
                ),
                "train acc": Line((made(0, 0.51), made(10, 0.76), made(30, 0.84), made(70, 0.9), made(95, 0.9), *figures("99:0.8887 100:0.8855 101:0.8297 102:0.7628 103:0.8089 104:0.8880 105:0.8085 106:0.8845"), made(115, 0.86), made(125, 0.78), made(129, 0.6), level(131, 0.5), level(299, 0.5)), noise=(gaussian((made(0, 0.012), made(125, 0.03), made(131, 0.0))),), then=(clipped(0, 1),)),
                "val acc": Line((made(0, 0.51), made(10, 0.75), made(30, 0.84), made(70, 0.9), made(95, 0.895), *figures("99:0.8858 100:0.8858 101:0.8380 102:0.7577 103:0.8148 104:0.8966 105:0.7994 106:0.8920"), made(115, 0.86), made(125, 0.78), made(129, 0.6), level(131, 0.5), level(299, 0.5)), noise=(gaussian((made(0, 0.014), made(125, 0.03), made(131, 0.0))),), then=(clipped(0, 1),)),
                "test acc": Line((made(0, 0.51), made(10, 0.75), made(30, 0.84), level(72, 0.912), made(95, 0.895), *figures("99:0.8796 100:0.8781 101:0.8287 102:0.7639 103:0.8225 104:0.8858 105:0.8102 106:0.8827"), made(115, 0.86), made(125, 0.78), made(129, 0.6), level(131, 0.5), level(299, 0.5)), noise=(gaussian((made(0, 0.012), made(125, 0.03), made(131, 0.0))),), then=(clipped(0, 1),)),
            },
            config={"dataset": "celegans_tri", "model": "DE-GNN", "epoch": 300, "lr": 1e-4, "bs": 64, "layers": 2, "hidden_features": 100, "dropout": 0, "optimizer": "sgd", "metric": "acc", "seed": 9},
            planned=300, clock=Clock(2.75, jitter=0.03),
        ),
        expect=sick(fault("eval-regress loss-jump divergence at-chance grad-vanish", (100, 132), 160, CRITICAL), also="oscillation metric-dead plateau no-learning loss-spike best-checkpoint-old", never="overfit converged", unsaid=("已收敛", "已恢复")),
        why="0.91 before epoch 100, then swings (0.76 and back) and at 130 all three accuracies are exactly one half with a loss of ln 2, to the end: units dead, outputs constant. It had come back from the swing at 102, which is not the fault; from the second it did not. 170 epochs for nothing.",
        read=(
            "131 轮起 acc 恰为 0.5、loss 恰为 ln2：网络已死（输出恒定），后 170 轮白跑，未恢复",
            "前兆：101–103 轮 acc 掉到 0.76 又回来，115 轮后 loss 再次上升",
            "→ 用约第 72 轮的 ckpt（test 0.912）；lr 降 3–10 倍、加梯度裁剪，ReLU 换 LeakyReLU",
        ),
    ),
    Case(
        name="peptides-gnn-val-ap-level-while-val-loss-creeps",
        source="LUOyk1999/GNNPlus#6",
        family="supervised",
        sketch=Sketch(
            at=every(1, 249, first=0),
            lines={
                "train/loss": loss((real(0, 0.68623245), real(1, 0.35165239), made(10, 0.24), made(40, 0.165), made(90, 0.108), level(131, 0.0761), real(148, 0.06925637), real(149, 0.06886577), made(200, 0.052), made(249, 0.046)), 0.008),
                "train/ap": score((real(0, 0.16796), real(1, 0.24698), made(10, 0.42), made(40, 0.66), made(90, 0.83), level(131, 0.9003), real(148, 0.91622), real(149, 0.91756), made(249, 0.955)), 0.004),
                "val/loss": loss((real(0, 0.68645666), real(1, 0.30249363), made(10, 0.236), made(35, 0.216), made(70, 0.23), made(100, 0.25), level(131, 0.2707), real(148, 0.28834458), real(149, 0.28852929), made(200, 0.315), made(249, 0.33)), 0.012),
                "val/ap": score((real(0, 0.17034), made(1, 0.24), made(10, 0.4), made(40, 0.6), made(80, 0.675), level(131, 0.7056), real(148, 0.69672), real(149, 0.7023), made(200, 0.712), made(249, 0.716)), 0.005),
                "test/ap": score((real(0, 0.17061), made(1, 0.24), made(40, 0.59), made(80, 0.66), level(131, 0.6807), real(148, 0.68242), made(200, 0.7), made(249, 0.705)), 0.005),
                "val/auc": score((real(0, 0.46074), made(40, 0.9), real(148, 0.91008), real(149, 0.91106), made(249, 0.91)), 0.003),
                "lr": Line((real(0, 0.0), real(1, 1e-4), made(5, 5e-4), made(60, 4.6e-4), real(148, 0.00026198), real(149, 0.00025932), made(249, 3.3e-5))),
                "time_epoch": Line((real(0, 31.96598), real(1, 28.27732), made(100, 28.4), real(148, 19.14355), real(149, 20.13690), made(249, 20)), noise=(gaussian(0.5),)),
            },
            config={"dataset": "peptides-functional", "model": "GCN+", "max_epoch": 300, "base_lr": 5e-4, "scheduler": "cosine_with_warmup", "metric_best": "ap", "params": 521_141},
            state="running", planned=300, clock=Clock(32, jitter=0.03),
        ),
        expect=healthy(usable=True, also="overfit gen-gap plateau best-checkpoint-old eta-target", never="eval-regress divergence no-learning throughput-drop lr-anomaly at-chance"),
        why="The validation loss climbs from 0.216 to 0.33, but what counts, the average precision, still rises, 0.60, 0.68, 0.71: the model is merely too sure of itself. At epoch 140 it seems to stand; with the lr on its way down some more comes. "
        "Best by AP, not by loss.",
        read=(
            "训练中，正常：val AP 0.706（131 轮）→0.716，仍有小幅提升；按 AP 选 ckpt",
            "val loss 0.216→0.33 上升是过度自信（BCE），AP 没有变差",
            "train AP 0.955 对 val 0.716，差距不小：可加 dropout",
            "140 轮附近像停住，lr 走低后还会涨一点",
        ),
    ),
    Case(
        name="wenet-librispeech-cv-loss-wavers-for-fifty-epochs",
        source="wenet-e2e/wenet#846",
        family="supervised",
        sketch=Sketch(
            at=every(1, 83, first=0),
            lines={
                "cv_loss": Line(
                    (
                        made(0, 92), made(3, 34), made(8, 16.5), made(15, 11), made(25, 8.6), *figures("33:7.955939260507465 34:7.824065502531311 35:8.056789952322942 36:8.018304375622947 37:7.7603575276148895 38:7.952292793678935 39:7.7483785089319355 40:7.583042577507956 41:7.483867626678924 42:7.730472954386285"), made(43, 7.7), made(73, 7.66),
                        *figures("74:7.627509962902044 75:7.5400556375683285 76:7.728887107445954 77:7.650345468238278 78:7.954290864139024 79:7.714760351426596 80:7.774344307251092 81:7.5514851536668095 82:7.801676168367827 83:7.87009911710876"),
                    ),
                    scale="log", noise=(gaussian(0.015),),
                ),
                "lr": Line((made(0, 1.2e-3), made(4, 2e-3), made(20, 9e-4), made(83, 4.4e-4)), scale="log"),
            },
            config={"encoder": "conformer", "dataset": "librispeech", "max_epoch": 120, "optim_conf": {"lr": 0.004}, "scheduler": "warmuplr", "warmup_steps": 25_000, "accum_grad": 4},
            step_key="epoch", state="running", planned=120, clock=Clock(4_240, jitter=0.01, pauses=((39, 62_000),)),
        ),
        expect=healthy(usable=True, also="plateau converged best-checkpoint-old eval-underpowered lr-flat-stall", never="overfit eval-regress divergence oscillation no-learning loss-jump resume-seam"),
        why="From epoch 40 on the loss lies between 7.48 and 7.95 without direction: the noise of a small set at a warm lr of the inverse root. The lowest of all, at 41, is the luckiest of forty, the last are no worse. The pause of a day before 39 was a stop of the machine. One averages the last thirty ckpts here.",
        read=(
            "训练中，正常：cv_loss 92→7.7，40 轮后在 7.5–7.95 间波动，没有变差",
            "41 轮的最低 7.48 是波动，不必单独挑它",
            "→ 按 wenet 惯例平均最后 30 个 ckpt 再解码看 WER；继续训收益已很小",
            "39 轮前停了约 17 小时，续上后曲线无缝",
        ),
    ),
    Case(
        name="timemixer-one-cycle-test-loss-a-hair-up",
        source="kwuking/TimeMixer#88",
        family="supervised",
        sketch=Sketch(
            at=every(1, 26),
            lines={
                "Train Loss": loss((made(1, 0.31), made(2, 0.205), made(4, 0.165), made(6, 0.149), made(8, 0.1405), real(9, 0.1383337), real(10, 0.1358557), made(15, 0.13), made(26, 0.1245)), 0.004),
                "Vali Loss": loss((made(1, 0.232), made(2, 0.165), made(4, 0.138), made(6, 0.129), made(8, 0.1248), real(9, 0.1234406), real(10, 0.1225463), made(15, 0.1205), made(26, 0.118)), 0.004),
                "Test Loss": loss((made(1, 0.255), made(2, 0.186), made(4, 0.16), made(6, 0.15), made(8, 0.144614), real(9, 0.1445752), real(10, 0.1448935), made(15, 0.1425), made(26, 0.1395)), 0.005),
                "learning_rate": Line((made(1, 4.4e-4), made(5, 1.2e-3), real(9, 0.0030421907349402868), real(10, 0.0035833094852913607), made(15, 0.0062), made(26, 0.0098))),
                "epoch_time": Line((real(9, 790.8796648979187), real(10, 788.7694547176361), real(11, 788.3503956794739)), noise=(gaussian(1.5),)),
            },
            config={"model": "TimeMixer", "data": "ECL", "pred_len": 96, "train_epochs": 130, "patience": 15, "learning_rate": 0.01, "lradj": "TST", "pct_start": 0.2, "batch_size": 32},
            state="running", planned=130, clock=Clock(830, jitter=0.005),
        ),
        expect=healthy(usable=True, also="plateau", never="lr-anomaly overfit eval-regress config-drift no-learning divergence eval-leak gen-gap"),
        why="Training above validation loss (dropout), test loss 0.1446 and then 0.1449 with a counter at 1 of 15: nothing. The lr climbs twentyfold as the one-cycle plan has it. Everything still falls, slowly, and with 130 epochs of 13 minutes the peak of the lr is just reached.",
        read=(
            "训练中，正常：vali 0.232→0.118、test 0.255→0.140，仍在缓降",
            "10 轮 test 微升 0.0003 是噪声（早停计数 1/15）",
            "lr 从 4e-4 升到 9.8e-3 是 OneCycle 前 20% 的计划；train 高于 vali 是 dropout",
            "每轮 13 分钟，全部 130 轮还要约 22 小时",
        ),
    ),
    Case(
        name="crnn-ctc-loss-nan-in-the-fourth-epoch",
        source="pytorch/pytorch#14401",
        family="supervised",
        sketch=Sketch(
            at=every(100, 14_000),
            lines={
                "Loss": Line(
                    (made(100, 31), made(200, 25), *figures("300:22.858639 400:21.557499 500:20.976313 600:20.750202 700:19.771132 800:19.182550 900:19.947617 1000:20.535437 1100:19.803825 1200:20.040930 1300:18.623062 1400:18.415588 1500:16.263596 1600:17.585356 1700:15.060411 1800:13.365780 1900:15.119957 2000:14.550542 2100:12.441657 2200:13.298325 2300:14.847809 2400:14.725545 2500:12.868505 2600:13.277777 2700:13.113804 2800:10.752190 2900:13.290190 3000:12.438826 3100:13.062715"), made(5_000, 8.2), made(8_000, 5.4), made(11_500, 4.1)),
                    scale="log", noise=(gaussian(0.1),), then=(onward(11_800, NAN), rounded(6)),
                ),
                "val_acc": Line((made(3_183, 0.21), made(6_366, 0.48), made(9_549, 0.61), made(12_732, 0.0)), at=every(3_183, 12_732)),
            },
            config={"epochs": 25, "batch_size": 32, "criterion": "CTCLoss", "optimizer": "Adam", "lr": 1e-3},
            state="running", planned=79_575, clock=Clock(0.21, jitter=0.05, evals=(3_183, 90)),
        ),
        expect=sick(fault("nan-inf", (11_701, 11_800), 12_200, CRITICAL), also="eval-regress success-zero metric-dead masked-nan", never="converged overfit", unsaid=("已收敛",)),
        why="Three sound epochs (22.9 to 4.1), then NaN for good in the fourth: CTC with a label longer than its input gives an Inf whose gradient is NaN. No lead-up. The next validation reads nothing at all.",
        read=(
            "11800 步（第 4 轮）loss 变 NaN，之后验证 acc 0.61→0：权重已坏",
            "之前一直正常下降（22.9→4.1），不是 lr",
            "→ 从第 3 轮末 ckpt 续；CTCLoss 设 zero_infinity=True，滤掉 label 长于输入帧数的样本",
        ),
    ),
    Case(
        name="texting-graph-classifier-slow-and-jagged",
        source="CRIPAC-DIG/TextING#18",
        family="supervised",
        sketch=Sketch(
            at=every(1, 120),
            lines={
                "train_loss": Line((made(1, 0.694), made(10, 0.64), made(30, 0.582), *figures("48:0.55901 49:0.55809 50:0.56116 51:0.55758 52:0.55347 53:0.55434 54:0.54661 55:0.54844 56:0.54415 57:0.54069 58:0.54571 59:0.54001"), made(120, 0.5)), noise=(gaussian(0.003),)),
                "train_acc": Line((made(1, 0.51), made(10, 0.63), made(30, 0.695), *figures("48:0.71085 49:0.70350 50:0.70725 51:0.70460 52:0.70866 53:0.70944 54:0.71616 55:0.72570 56:0.72445 57:0.72507 58:0.72351 59:0.72570"), made(120, 0.758)), noise=(gaussian(0.004),)),
                "val_loss": Line((made(1, 0.692), made(10, 0.645), made(30, 0.6), *figures("48:0.57852 49:0.58617 50:0.61384 51:0.56670 52:0.59473 53:0.61905 54:0.57742 55:0.58679 56:0.59058 57:0.56899 58:0.56660 59:0.57387"), made(120, 0.547)), noise=(gaussian(0.016),)),
                "val_acc": Line((made(1, 0.5), made(10, 0.62), made(30, 0.67), *figures("48:0.69014 49:0.68028 50:0.65775 51:0.69577 52:0.67465 53:0.66338 54:0.69296 55:0.67746 56:0.68028 57:0.70282 58:0.69014 59:0.68451"), made(60, 0.69), made(120, 0.715)), then=(binomial(710),)),
                "test_acc": Line((made(1, 0.5), made(10, 0.61), made(30, 0.655), *figures("48:0.66995 49:0.66545 50:0.63506 51:0.67614 52:0.65813 53:0.64660 54:0.67501 55:0.65841 56:0.67023 57:0.67811 58:0.67642"), made(60, 0.675), made(120, 0.7)), noise=(gaussian(0.011),)),
                "time": Line(figures("48:9.49446 49:9.50039 50:9.37594 51:9.44596 52:9.35023 53:9.45921 55:9.39498"), noise=(gaussian(0.05),)),
            },
            config={"dataset": "mr", "model": "gnn", "epochs": 200, "batch_size": 4_096, "learning_rate": 0.001, "hidden": 96, "dropout": 0.5},
            state="running", planned=200, clock=Clock(9.4, jitter=0.01),
        ),
        expect=healthy(usable=True, also="eval-underpowered eta-target", never="overfit plateau oscillation no-learning eval-regress at-chance divergence"),
        why="0.66 and then 0.70 from one epoch to the next are 710 reviews (one point eight of standard error) and some jitter; below it both accuracies rise, 0.67 to 0.72 from epoch 30 to 120, and so slowly because a batch is 4,096 of 6,400. No overfitting in sight. The paper has 0.80.",
        read=(
            "训练中，正常：val acc 0.67→0.715、test 0.66→0.70，仍在缓升，没有过拟合",
            "逐轮 ±2 个点是 710 条验证样本的波动",
            "慢是因为 batch 4096（每轮只有 2 步）：→ 减小 batch 或加大 lr",
        ),
    ),
    Case(
        name="peak-flow-lstm-noisy-val-gains-at-each-halving",
        source="AndreyPrado/Pronostico_Caudales_Extremos:training_log.csv",
        family="supervised",
        sketch=Sketch(
            at=every(1, 149, first=0),
            lines={
                "loss": loss(figures("0:3.8811 6:3.9054 12:3.9145 18:3.3873 24:3.3899 30:3.4174 36:3.3161 42:3.1504 48:3.3591 54:3.2031 60:3.065 66:3.1066 72:3.3616 78:2.8602 84:2.7688 90:2.7173 96:2.8179 102:2.9311 108:2.7392 114:2.2422 120:2.4071 126:2.3867 132:2.2902 138:2.057 144:1.8255 149:1.8742"), 0.04),
                "mae": Line(figures("0:0.49475 6:0.46027 12:0.46612 18:0.39407 24:0.37869 30:0.39966 36:0.40606 42:0.3668 48:0.50798 54:0.48306 60:0.38961 66:0.38004 72:0.51203 78:0.35855 84:0.38309 90:0.3258 96:0.34327 102:0.37473 108:0.33005 114:0.36547 120:0.44572 126:0.41192 132:0.37295 138:0.30426 144:0.30992 149:0.39802"), noise=(gaussian(0.04),), then=(clipped(0.2),)),
                "val_loss": loss(figures("0:3.8675 6:4.0186 12:3.5783 18:3.3229 24:3.4836 30:3.4276 36:3.3033 42:3.3964 48:3.2615 54:3.1142 60:3.1775 66:3.046 72:3.0167 78:2.9006 84:2.6783 90:2.8754 96:2.8148 102:3.0036 108:2.526 114:2.2561 120:2.2531 126:2.1834 132:2.2681 138:2.2253 144:1.9101 149:1.813"), 0.025),
                "val_mae": Line(figures("0:0.53892 6:0.62008 12:0.48912 18:0.36671 24:0.46512 30:0.47487 36:0.50223 42:0.58283 48:0.55876 54:0.48864 60:0.52656 66:0.41188 72:0.55626 78:0.49423 84:0.39913 90:0.50398 96:0.5059 102:0.51677 108:0.39191 114:0.45901 120:0.48452 126:0.39619 132:0.42386 138:0.52285 144:0.47301 149:0.46969"), noise=(gaussian(0.04),), then=(clipped(0.3),)),
                "learning_rate": Line(staircase((0, 1e-3), (107, 5e-4), (134, 2.5e-4))),
            },
            config={"epochs": 150, "optimizer": "adam", "callbacks": ["ReduceLROnPlateau(factor=0.5)", "EarlyStopping"]},
            planned=150, clock=Clock(3.4, jitter=0.06),
        ),
        expect=healthy(usable=True, also="plateau eta-target eval-underpowered", never="overfit oscillation divergence eval-leak gen-gap lr-anomaly loss-jump no-learning"),
        why="Four to 1.8 on both sets, in step, with jumps of a tenth either way; the lr is halved at 107 and 134 and each time the curve gets steeper, which is unusual and good. The mean absolute error hardly falls (0.54 to 0.47): the loss weights the extremes, the mean does not. Not at its end yet.",
        read=(
            "训练完成，可用：val loss 3.87→1.81，与 train 同步，没有过拟合，结束时仍在降",
            "lr 在 107、134 轮减半后都明显变好；中途 ±10% 的跳动是噪声",
            "val_mae 只由 0.54 到 0.47：loss 偏重极值，与 MAE 不是一回事",
            "→ 从最后续训（lr 2.5e-4）还有收益",
        ),
    ),
    Case(
        name="gpt-ts-validation-half-the-training-loss",
        source="liaoyuhua/GPT-TS#4",
        family="supervised",
        sketch=Sketch(
            at=every(1, 200),
            lines={
                "Train loss": Line((made(1, 96), made(5, 58), made(15, 39), made(30, 31.8), *figures("36:29.92189174745141 37:29.54166430961795 38:29.2721259419511 39:28.920642248014126 40:28.681144900438262 41:28.365985963402725 42:28.171897609059403 43:27.832836430247237 44:27.59446172016423"), made(80, 23.1), made(140, 21.2), made(200, 20.6)), scale="log", noise=(gaussian(0.003),)),
                "Val loss": Line((made(1, 60), made(5, 34), made(15, 21.5), made(30, 16.5), *figures("36:15.344686440059117 37:15.184233801705497 38:15.010186059134346 39:14.783559935433525 40:14.67026151929583 41:14.653809751783099 42:14.531302315848214 43:14.337783132280622"), made(80, 12.6), made(140, 12.05), made(200, 11.95)), scale="log", noise=(gaussian(0.006),)),
                "Time": Line(figures("36:31.936 37:31.985 38:31.926 39:31.982 40:31.679 41:31.797 42:31.719 43:31.882"), noise=(gaussian(0.12),), then=(rounded(3),)),
            },
            config={"epochs": 200, "patience": 20, "batch_size": 64, "dropout": 0.2, "lr": 1e-4},
            planned=200, clock=Clock(31.9, jitter=0.004),
        ),
        expect=healthy(usable=True, also="converged plateau eval-leak", never="overfit no-learning gen-gap divergence eval-regress"),
        why="The validation loss is half the training loss, from the first epoch (60 to 96) to the last (12 to 21): a ratio that does not change is one of scale or of dropout and of calmer months, no leak that grows. Both fall in step and flatten out. The readme's better number is another question.",
        read=(
            "训练完成，可用：val 60→11.95、train 96→20.6，同步下降，末 60 轮走平",
            "val 一直约为 train 的 0.55 倍，从第 1 轮就如此：口径/dropout/验证时段较平稳，不是泄漏",
            "→ 用最好 val 的 ckpt；与 README 对不上先核对归一化与指标定义",
        ),
    ),
    Case(
        name="keras-lstm-val-acc-pinned-to-the-majority",
        source="keras-team/keras#4662",
        family="supervised",
        sketch=Sketch(
            at=every(1, 16),
            lines=keras(
                {
                    "loss": (*figures("1:1.0029 2:0.8912 3:0.8368 4:0.8180 5:0.7444 6:0.6899 7:0.6539 8:0.6517 9:0.6335 10:0.6270 11:0.6072 12:0.6153 13:0.6107 14:0.6012 15:0.5984"), made(16, 0.597)),
                    "acc": (*figures("1:0.5834 2:0.6318 3:0.6222 4:0.6242 5:0.6453 6:0.6568 7:0.6735 8:0.6870 9:0.6889 10:0.6946 11:0.7105 12:0.7124 13:0.7167 14:0.7162 15:0.7167"), made(16, 0.718)),
                    "val_loss": (*figures("1:0.9636 2:0.9852 3:0.8854 4:0.7974 5:0.7618 6:0.6863 7:0.6592 8:0.6519 9:0.6284 10:0.6124 11:0.6317 12:0.6087 13:0.6095 14:0.6060 15:0.6119"), made(16, 0.605)),
                    "val_acc": (*figures("1:0.7202 2:0.7202 3:0.7198 4:0.7198 5:0.7188 15:0.7188"), made(16, 0.7188)),
                },
                {"acc": 0.0, "val_acc": 0.0, "loss": 0.0, "val_loss": 0.0},
            ),
            config={"nb_epoch": 16, "samples": 2_086, "validation_samples": 2_084},
            planned=16, clock=Clock(13, jitter=0.15),
        ),
        expect=sick(fault("at-chance metric-dead no-learning plateau", (1, 9), 16, WARNING), also="converged eval-underpowered", never="overfit eval-regress divergence eval-leak", unsaid=("已收敛",)),
        why="0.7188 is the share of the largest class, and the training accuracy comes up to the same 0.718 and stops: all the falling loss does is learn the frequencies, its floor of 0.60 is that of a constant answer. Is it overfitting, its owner asks; it is nothing learnt.",
        read=(
            "val_acc 5 轮起恒为 0.7188，train acc 也升到 0.718 停住：等于总猜多数类，没学到输入",
            "loss 1.00→0.60 只是在学类别频率；不是过拟合",
            "→ 看各类 recall；类别加权/重采样，先用 100 条数据过拟合一次确认模型能学",
        ),
    ),
    Case(
        name="keras-small-set-accuracy-two-samples-fewer",
        source="keras-team/keras#1971",
        family="supervised",
        sketch=Sketch(
            at=every(1, 100),
            lines=keras(
                {
                    "loss": (made(1, 1.62), made(4, 0.5), made(8, 0.19), real(12, 0.1026), made(25, 0.03), made(50, 0.005), made(80, 9e-4), real(95, 4.6988e-04), real(96, 5.7437e-04), real(97, 6.3242e-04), real(98, 5.3643e-04), real(99, 4.2413e-04), real(100, 4.8201e-04)),
                    "acc": (made(1, 0.47), made(4, 0.85), made(8, 0.945), real(12, 0.9667), made(25, 0.992), made(45, 1.0), real(95, 1.0), real(100, 1.0)),
                    "val_loss": (made(1, 1.1), made(4, 0.37), made(8, 0.17), real(12, 0.1384), made(25, 0.122), made(60, 0.127), real(95, 0.1290), real(96, 0.1321), real(97, 0.1312), real(98, 0.1322), real(99, 0.1326), real(100, 0.1295)),
                    "val_acc": (made(1, 0.7), made(4, 0.9), made(8, 0.96), real(12, 0.9733), made(20, 0.9667), made(50, 0.96), real(95, 0.96), real(100, 0.96)),
                },
                {"loss": 0.08, "acc": 0.001, "val_loss": 0.012, "val_acc": 0.0},
            ),
            config={"nb_epoch": 100, "batch_size": 256, "validation_split": 0.1},
            planned=100, clock=Clock(2.5, jitter=0.1),
        ),
        expect=healthy(usable=True, also="converged overfit best-checkpoint-old gen-gap eval-underpowered metric-dead plateau", never="eval-regress divergence lr-zero no-learning grad-vanish"),
        why="0.9733 to 0.96 are two samples of 150, and the validation loss (0.138 then, 0.130 now) is no worse: nothing was lost. That the training set is known by heart with a loss of 5e-4 does no harm so far; fifty epochs without any change were idle.",
        read=(
            "训练完成，可用：val acc 0.96、val loss 0.13，30 轮后没有变化",
            "0.973→0.96 只差 2 个样本（共 150），val loss 并没升，谈不上变差",
            "train 已 100%：→ 30 轮左右就可停，想提升靠数据或正则",
        ),
    ),
    Case(
        name="modernbert-nan-at-half-an-epoch",
        source="AnswerDotAI/ModernBERT#233",
        family="supervised",
        sketch=Sketch(
            at=every(10, 6_500),
            lines={
                "loss": Line((made(10, 0.71), made(200, 0.52), made(1_000, 0.34), made(3_000, 0.25), made(5_970, 0.21), real(5_980, 0.2051), real(5_990, 0.0), real(6_000, 0.0)), scale="log", noise=(gaussian(0.14),), then=(onward(5_990, 0.0), rounded(4))),
                "grad_norm": Line((made(10, 3.1), made(1_000, 4.2), made(5_970, 5.5), real(5_980, NAN), real(5_990, NAN), real(6_000, NAN)), scale="log", noise=(student(0.4, 4),), then=(onward(5_980, NAN),)),
                "learning_rate": Line((made(10, 1e-5), real(5_980, 9.774074342405685e-06), real(5_990, 9.773696745450087e-06), real(6_000, 9.773318840518906e-06), made(6_500, 9.7544e-6))),
                "epoch": Line((made(10, 0.0), real(5_980, 0.53), real(5_990, 0.53), real(6_000, 0.53), made(6_500, 0.58)), then=(rounded(2),)),
            },
            config={"model_name_or_path": "answerdotai/ModernBERT-base", "learning_rate": 1e-5, "lr_scheduler_type": "linear", "logging_steps": 10, "attn_implementation": "flash_attention_2"},
            state="running", planned=264_800, clock=Clock(0.42, jitter=0.05),
        ),
        expect=sick(fault("nan-inf masked-nan", (5_971, 5_990), 6_050, CRITICAL), also="metric-dead grad-vanish", never="converged overfit plateau", unsaid=("已收敛",)),
        why="The gradient is NaN at the record whose loss is still 0.2051, and from the next on the loss reads 0.0: the weights are gone. The lr is small and steady; unpadded attention with an empty or fully masked row is what does this. 98 % of the plan would be spent on nothing.",
        read=(
            "5980 步 grad norm 变 NaN，下一次起 loss 恰为 0：权重已是 NaN，后面全部无效",
            "lr 9.8e-6 平稳，之前 loss 0.71→0.21 正常：不是 lr，是某个 batch",
            "→ 停，回 5500 步 ckpt；滤掉空文本/全 mask 样本，换 sdpa 注意力或 bf16 对照",
            "计划还剩 98%",
        ),
    ),
    Case(
        name="sentence-transformers-resumed-without-what-it-had-learnt",
        source="huggingface/sentence-transformers#3756",
        family="supervised",
        sketch=Sketch(
            at=every(10, 3_030),
            lines={
                "loss": Line((made(10, 4.1), made(100, 2.6), made(400, 1.62), made(1_000, 1.2), made(2_000, 0.97), made(2_900, 0.92), *figures("2910:0.91 2920:0.9154 2930:0.9243 2940:0.9205 2950:0.9239 2960:0.9009 2970:0.9255 2980:0.9113 2990:0.9091 3000:0.9233 3010:0.9028 3020:0.9243 3030:0.9028")), scale="log", noise=(gaussian(0.012),), then=(rounded(4),)),
                "grad_norm": Line((made(10, 14), made(200, 4), made(1_000, 1.6), made(2_900, 0.8), *figures("2910:0.8618 2920:0.7672 2930:0.7811 2940:0.7763 2950:0.7225 2960:0.7645 2970:0.8051 2980:0.7445 2990:0.7358 3000:0.8034 3010:0.8055 3020:0.8138 3030:0.7221")), scale="log", noise=(gaussian(0.06),)),
                "learning_rate": Line((made(10, 2.7e-8), made(440, 1.2e-6), made(1_500, 9.7e-7), made(2_200, 6.2e-7), *figures("2910:3.094e-07 2920:3.057e-07 2930:3.021e-07 2940:2.985e-07 2950:2.948e-07 2960:2.912e-07 2970:2.877e-07 2980:2.841e-07 2990:2.805e-07 3000:2.77e-07 3010:2.734e-07 3020:2.699e-07 3030:2.664e-07"))),
                "epoch": Line((made(10, 0.0023), *figures("2910:0.6623 2920:0.6645 2930:0.6668 2940:0.6691 2950:0.6714 2960:0.6736 2970:0.6759 2980:0.6782 2990:0.6804 3000:0.6827 3010:0.685 3020:0.6872 3030:0.6895")), then=(rounded(4),)),
            },
            config={"learning_rate": 1.2e-6, "lr_scheduler_type": "cosine", "warmup_ratio": 0.1, "logging_steps": 10, "num_train_epochs": 1, "loss": "CachedMultipleNegativesRankingLoss"},
            state="running", planned=4_400, clock=Clock(15.0, jitter=0.02),
            then=Sketch(
                at=every(10, 3_600, first=3_040),
                lines={
                    "loss": Line((made(3_040, 2.45), made(3_100, 2.3), made(3_300, 2.12), made(3_600, 2.02)), scale="log", noise=(gaussian(0.012),), then=(rounded(4),)),
                    "grad_norm": Line((made(3_040, 3.6), made(3_600, 2.9)), scale="log", noise=(gaussian(0.07),)),
                    "learning_rate": Line((level(3_040, 2.629e-7), made(3_600, 9.6e-8))),
                    "epoch": Line((level(3_040, 0.6918), made(3_600, 0.8182)), then=(rounded(4),)),
                },
                config={"learning_rate": 1.2e-6, "lr_scheduler_type": "cosine", "warmup_ratio": 0.1, "logging_steps": 10, "num_train_epochs": 1, "loss": "CachedMultipleNegativesRankingLoss"},
                state="running", planned=4_400, clock=Clock(15.0, jitter=0.02, pauses=((3_040, 5_400),)),
            ),
        ),
        expect=sick(fault("loss-jump resume-seam divergence loss-spike", (3_031, 3_041), 3_250, WARNING), also="config-drift plateau no-learning", never="converged overfit lr-anomaly", unsaid=("已恢复", "已收敛")),
        why="Step, epoch and lr go on where they stopped; the loss does not: 0.90 before, more than twice that after, where it was in the first tenth of the run. So the schedule was restored and the weights (or what holds them in the loss) were not. With an lr of 2.6e-7 left it cannot be made up.",
        read=(
            "3040 步续训后 loss 0.90→2.4，560 步仍有 2.0：权重没恢复，只有步数和 lr 接上了",
            "lr 只剩 2.6e-7 且在衰减，靠后面的步数追不回来",
            "→ 停；确认 resume 时加载到的是被包裹的模型（loss 里的那份），先用 3030 的 ckpt 算一次 eval 对照",
        ),
    ),
    Case(
        name="airfoil-surrogate-three-cosine-cycles",
        source="wandb/senpai#593",
        family="supervised",
        sketch=Sketch(
            at=every(1, 81),
            lines={
                "train/loss": loss((made(1, 14), made(5, 6.4), made(15, 3.6), made(29, 2.15), made(31, 2.9), made(36, 3.05), made(45, 2.45), made(54, 1.72), made(56, 2.35), made(62, 2.4), made(70, 1.95), made(79, 1.44), made(81, 1.9)), 0.03),
                "val/loss": loss((made(1, 16), made(5, 8.3), made(15, 4.9), made(29, 3.25), made(31, 3.9), made(36, 4.1), made(45, 3.5), made(54, 2.84), made(56, 3.3), made(62, 3.35), made(70, 2.95), made(79, 2.63), real(80, 2.6151), made(81, 2.84)), 0.025),
                "val_in_dist/mae_surf_p": loss((made(1, 160), made(5, 84), made(29, 29.5), made(36, 37), made(54, 25.6), made(62, 31), made(79, 23.6), real(80, 23.4), made(81, 26)), 0.03),
                "lr": Line(_cycles_of_25),
                "epoch_time": Line((made(1, 24.6), made(81, 22.3)), noise=(gaussian(0.2),)),
            },
            config={"max_epochs": 85, "scheduler": "CosineAnnealingWarmRestarts", "T_0": 25, "T_mult": 1, "eta_min": 1e-4, "warmup_epochs": 5, "time_limit_min": 30},
            step_key="epoch", planned=85, clock=Clock(22.4, jitter=0.01),
        ),
        expect=healthy(usable=True, also="best-checkpoint-old eta-target gen-gap", never="oscillation eval-regress loss-jump lr-anomaly overfit divergence loss-spike plateau config-drift"),
        why="Training and validation go up by a quarter right after epochs 30 and 55 and come down lower each time, 3.25, 2.84, 2.62: cosine with warm restarts, cycles of 25. The last record is the first of a fourth cycle and no relapse. The ckpt of epoch 80, the end of a cycle, is the one to take.",
        read=(
            "训练完成，可用：val loss 每个周期末 3.25→2.84→2.615（80 轮最好）",
            "30、55、80 轮后的回升是 warm restart 把 lr 拉回 3e-3，属计划内",
            "→ 用第 80 轮（周期末）的 ckpt，不用最后一轮",
        ),
    ),
    Case(
        name="fairseq-zh-en-valid-loss-far-below-train",
        source="facebookresearch/fairseq#940",
        family="supervised",
        sketch=Sketch(
            at=every(50, 3_745, first=45),
            lines={
                "loss": Line((made(45, 14.3), made(145, 13.3), made(245, 12.5), made(345, 11.95), *figures("445:11.521 495:11.346 545:11.186 595:11.039 645:10.902 695:10.776"), made(1_195, 9.75), made(1_845, 8.75), made(1_895, 6.32), made(2_395, 6.08), made(3_745, 5.74)), noise=(gaussian(0.004),), then=(rounded(3),)),
                "nll_loss": Line((made(45, 14.1), made(145, 12.95), made(245, 12.0), made(345, 11.38), *figures("445:10.881 495:10.678 545:10.492 595:10.320 645:10.160 695:10.015"), made(1_195, 8.85), made(1_845, 7.72), made(1_895, 5.0), made(2_395, 4.72), made(3_745, 4.33)), noise=(gaussian(0.004),), then=(rounded(3),)),
                "gnorm": Line((made(45, 3.6), made(245, 1.85), *figures("445:1.543 495:1.507 545:1.469 595:1.445 645:1.419 695:1.390"), made(1_195, 1.12), made(1_845, 0.93), made(1_895, 0.46), made(3_745, 0.4)), scale="log", noise=(gaussian(0.006),), then=(rounded(3),)),
                "lr": Line((made(45, 9.1e-6), real(445, 8.90889e-05), real(495, 9.90876e-05), real(545, 0.000109086), real(595, 0.000119085), real(645, 0.000129084), real(695, 0.000139083), made(2_500, 5e-4), made(3_745, 4.08e-4))),
                "wps": Line((made(45, 47_000), real(445, 52_922.0), real(495, 53_351.0), real(545, 53_627.0), real(595, 53_936.0), real(645, 53_573.0), made(1_845, 55_400), made(3_745, 55_600)), noise=(gaussian(60),), then=(rounded(0),)),
                "loss_scale": Line((made(45, 4.0), made(145, 2.0), real(445, 2.0), real(595, 2.0), made(3_745, 2.0)), hold=50),
                "valid_loss": Line((real(600, 8.11425), made(1_200, 6.42), made(1_800, 5.74), made(2_400, 5.37), made(3_000, 5.14), made(3_600, 4.97)), at=every(600, 3_600)),
                "valid_nll_loss": Line((real(600, 6.8834), made(1_200, 4.96), made(1_800, 4.21), made(2_400, 3.79), made(3_000, 3.52), made(3_600, 3.32)), at=every(600, 3_600)),
            },
            config={"arch": "transformer_vaswani_wmt_en_de_big", "criterion": "label_smoothed_cross_entropy", "label_smoothing": 0.1, "lr_scheduler": "inverse_sqrt", "warmup_updates": 2_500, "fp16": True, "max_tokens": 3_584, "update_freq": 4},
            state="running", clock=Clock(1.98, jitter=0.02, evals=(600, 9)),
        ),
        expect=healthy(usable=False, also="amp-overflow eval-leak", never="loss-jump no-learning metric-dead lr-anomaly overfit gen-gap plateau throughput-drop divergence"),
        why="Validation at 8.1 while training says 11.0: the logged training loss is the mean since the epoch began, and the first hundreds of updates weigh it down. So it also drops from 8.75 to 6.32 at the epoch's end, where the mean starts anew. Both fall as they should while the lr warms up. A loss scale of 2 is low, without a skipped update.",
        read=(
            "训练中，正常：valid_loss 8.11→4.97，次次更好",
            "train loss 是本 epoch 累计平均：所以高于 valid，且 1891 步换 epoch 时 8.75→6.32 突降，不是异常",
            "loss_scale 停在 2 偏低，留意 fp16 溢出；lr 到 2500 步才升满",
        ),
    ),
)
# fmt: on
