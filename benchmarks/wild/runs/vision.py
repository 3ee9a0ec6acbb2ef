"""Supervised learning on images, second round: a row per epoch, mostly."""

from __future__ import annotations

from benchmarks.wild.case import WARNING, Case, fault, healthy, sick
from benchmarks.wild.columns import loss, score
from benchmarks.wild.sketch import (
    Clock,
    Line,
    Sketch,
    binomial,
    clipped,
    cosine,
    every,
    figures,
    gaussian,
    level,
    made,
    real,
    rounded,
    staircase,
)
from benchmarks.wild.trainers import keras

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        name="mnist-cnn-first-validation-far-off",
        source="Deepender25/Handwritten-Digit-Recognition---CNN-with-99.65-Accuracy:training_log.csv",
        family="supervised",
        sketch=Sketch(
            at=every(1, 29, first=0),
            lines=keras(
                {
                    "loss": figures("0:0.36545 1:0.095788 2:0.073429 3:0.061068 4:0.052286 5:0.048205 6:0.046897 7:0.042924 8:0.038072 9:0.037374 10:0.03731 11:0.035564 12:0.03554 13:0.031968 14:0.030686 15:0.030463 16:0.02963 17:0.022991 18:0.019302 19:0.022037 20:0.019836 21:0.01897 22:0.0182 23:0.019093 24:0.018408 25:0.019732 26:0.017608 27:0.015862 28:0.014674 29:0.015356"),
                    "accuracy": figures("0:0.88643 1:0.97048 2:0.97783 4:0.98404 8:0.98839 12:0.98917 16:0.9907 17:0.99315 20:0.99402 24:0.99424 27:0.99472 28:0.99522 29:0.99504"),
                    "val_loss": figures("0:3.6416 1:0.049898 2:0.033113 3:0.037192 4:0.031928 5:0.031877 6:0.031312 7:0.033557 8:0.026181 9:0.031085 10:0.023046 11:0.029801 12:0.023445 13:0.020126 14:0.023136 15:0.032391 16:0.023469 17:0.014278 18:0.013824 19:0.016549 20:0.015776 21:0.011392 22:0.013281 23:0.011029 24:0.013122 25:0.011786 26:0.011852 27:0.012175 28:0.0092274 29:0.0091583"),
                    "val_accuracy": figures("0:0.27117 1:0.98483 2:0.98917 3:0.9895 4:0.9895 5:0.99 6:0.99017 7:0.98933 8:0.99083 9:0.9905 10:0.991 11:0.99167 12:0.99217 13:0.9935 14:0.993 15:0.98917 16:0.99317 17:0.99433 18:0.99567 19:0.99467 20:0.99383 21:0.99633 22:0.99533 23:0.996 24:0.996 25:0.99567 26:0.99567 27:0.99567 28:0.996 29:0.9965"),
                    "learning_rate": figures("0:0.001 16:0.001 17:0.0005 26:0.0005 27:0.00025 29:0.00025"),
                },
                {"accuracy": 0.0004},
            ),
            config={"epochs": 30, "optimizer": "adam", "learning_rate": 1e-3, "callbacks": ["ReduceLROnPlateau"]},
            planned=30, clock=Clock(31, jitter=0.05),
        ),
        expect=healthy(usable=True, also="converged eval-leak plateau", never="overfit eval-regress divergence loss-spike lr-anomaly at-chance oscillation gen-gap"),
        why="The first validation is 27 % at a loss of 3.6 while the training has 89 %: batch norm whose averages have not settled; from the second epoch on all is in order. The lr is halved twice by the callback, each time to a gain. Validation below training loss is "
        "augmentation and dropout.",
        read=(
            "训练完成，可用：val accuracy 99.65%，val loss 0.0092，最后一轮就是最好",
            "第 1 轮 val 27%/3.64 是 BN 统计未稳，第 2 轮起正常",
            "lr 在 17、27 轮减半（ReduceLROnPlateau），之后都有改善；val 低于 train 是增广与 dropout 所致",
        ),
    ),
    Case(
        name="hevisum-fold-zero-correlation-falls-to-nothing",
        source="Dewey-Wang/HEVisum:output_folder/fold0/training_log.csv",
        family="supervised",
        sketch=Sketch(
            at=every(1, 17),
            lines={
                "TrainLoss": Line(figures("1:123.18 2:73.627 3:60.668 4:54.886 5:52.98 6:51.167 7:49.426 8:47.453 9:46.33 10:44.861 11:44.29 12:42.253 13:41.264 14:39.715 15:39.18 16:38.084 17:37.663")),
                "ValLoss": Line(figures("1:90.892 2:89.453 3:84.996 4:87.386 5:83.803 6:112.17 7:69.937 8:73.17 9:136.16 10:88.812 11:112.23 12:173.82 13:174.79 14:105.92 15:89.233 16:169.77 17:136.92")),
                "ValSpearman": Line(figures("1:0.41909 2:0.43287 3:0.46208 4:0.46699 5:0.48193 6:0.3544 7:0.6839 8:0.5377 9:0.18955 10:0.46141 11:0.34126 12:-0.0031204 13:0.051572 14:0.36326 15:0.48424 16:0.043139 17:0.21834")),
                "LR": Line(cosine(1e-3, 30)),
            },
            config={"epochs": 30, "lr": 1e-3, "scheduler": "CosineAnnealingLR", "early_stopping_patience": 10},
            state="finished", planned=30, clock=Clock(140, jitter=0.03),
        ),
        expect=sick(fault("overfit eval-regress", (7, 13), 16, WARNING), also="gen-gap best-checkpoint-old oscillation eval-underpowered plateau", never="converged no-learning eval-leak lr-zero", unsaid=("已收敛",)),
        why="One good epoch, the seventh (0.68, 70), and ten that swing between nothing and 0.48 with a loss of twice as much, while the training loss falls without a break. Other slides than those trained on: what it learns after epoch seven does not carry over. Rightly stopped early.",
        read=(
            "7 轮后泛化变差：val loss 69.9→89–175，Spearman 0.684→0.2 上下；train loss 仍在降（49→38）",
            "→ 用第 7 轮的 ckpt（早停也停在这里）",
            "逐轮 Spearman 在 0–0.48 间乱跳：验证切片少且分布不同，建议按切片做更强增广/归一化、lr 减半",
        ),
    ),
    Case(
        name="hevisum-fold-one-noisy-and-no-worse-at-the-end",
        source="Dewey-Wang/HEVisum:output_folder/fold1/training_log.csv",
        family="supervised",
        sketch=Sketch(
            at=every(1, 24),
            lines={
                "TrainLoss": Line(figures("1:122.16 2:80.843 3:70.546 4:60.684 5:57.375 6:55.093 7:53.157 8:51.975 9:50.973 10:50.555 11:49.119 12:48.703 13:47.685 14:46.294 15:45.461 16:43.945 17:42.806 18:42.292 19:41.147 20:40.062 21:39.479 22:38.614 23:37.964 24:37.287")),
                "ValLoss": Line(figures("1:69.697 2:73.236 3:80.514 4:112.99 5:64.326 6:62.993 7:56.188 8:54.385 9:60.674 10:73.254 11:70.39 12:91.865 13:65.66 14:51.319 15:83.537 16:66.282 17:66.706 18:70.417 19:61.351 20:53.185 21:55.297 22:61.175 23:59.659 24:57.4")),
                "ValSpearman": Line(figures("1:0.57197 2:0.54901 3:0.49084 4:0.35888 5:0.61288 6:0.64201 7:0.69064 8:0.696 9:0.64701 10:0.55562 11:0.59763 12:0.48371 13:0.61178 14:0.71114 15:0.51215 16:0.60885 17:0.61505 18:0.588 19:0.6492 20:0.70153 21:0.68557 22:0.64853 23:0.66032 24:0.67489")),
                "LR": Line(cosine(1e-3, 30)),
            },
            config={"epochs": 30, "lr": 1e-3, "scheduler": "CosineAnnealingLR", "early_stopping_patience": 10},
            state="finished", planned=30, clock=Clock(140, jitter=0.03),
        ),
        expect=healthy(usable=True, also="plateau overfit best-checkpoint-old gen-gap eval-underpowered oscillation converged", never="divergence eval-regress no-learning eval-leak lr-zero loss-jump"),
        why="The same script, another fold: the validation loss wavers between 51 and 113, its best value is one of the fourteenth epoch, and the last five epochs (53 to 61, correlation 0.65 to 0.70) are as good within the noise. Nothing gets worse as the lr goes down, it gets steadier.",
        read=(
            "训练完成，可用：最好第 14 轮（val 51.3、Spearman 0.711），末 5 轮 53–61、0.65–0.70 与之相当",
            "逐轮大跳是验证集小，lr 降下来后收窄；没有持续变差",
            "→ 用第 14 或第 20 轮的 ckpt，或对末几轮取平均",
        ),
    ),
    Case(
        name="paddle-deeplab-miou-stuck-while-loss-falls",
        source="PaddlePaddle/models#1583",
        family="supervised",
        sketch=Sketch(
            at=every(1, 40, first=0),
            lines={
                "loss": Line((*figures("0:2.283701 1:2.281190 2:2.277308 3:2.260504 4:2.255224 5:2.239232 6:2.223259 7:2.205665 8:2.187018"), made(20, 1.86), made(40, 1.35)), noise=(gaussian(0.004),), then=(rounded(6),)),
                "mIoU": Line((*figures("0:0.00036064465285404087 1:0.00040592799008661094 2:0.004588067474388075 3:0.07668137479753885 4:0.12360501949317738 5:0.12360501949317738 6:0.12360501949317738 7:0.12360501949317738"), real(40, 0.12360501949317738))),
                "step_time_cost": Line(figures("0:24.394 1:22.383 2:22.860 3:22.590 4:22.360 5:22.390 6:22.641 7:22.690 8:22.279"), noise=(gaussian(0.25),), then=(rounded(3),)),
            },
            config={"model": "deeplabv3p", "batch_size": 1, "train_crop_size": 513, "base_lr": 1e-4, "dataset": "custom", "num_classes": 10},
            state="running", clock=Clock(22.5, jitter=0.02),
        ),
        expect=sick(fault("metric-dead at-chance plateau no-learning", (4, 9), 35, WARNING), also="eval-underpowered eval-stale", never="converged overfit divergence eval-leak", unsaid=("已收敛",)),
        why="0.12360501949317738, seventeen digits, from the fourth evaluation to the last, while the loss goes from 2.26 to 1.35: all pixels are background by now, and stay so. (Before that it was noise on the way there.) Labels or the number of classes do not fit; that the loss falls is no comfort.",
        read=(
            "mIoU 从第 4 次起一位不变（0.1236），loss 却 2.26→1.35：预测已全部是同一类（背景）",
            "→ 看预测图与各类 IoU；核对改过的 num_classes、label 取值（0/255/ignore）与类别权重",
            "batch 1 下 BN 统计不可靠，也是可疑点",
        ),
    ),
    Case(
        name="deeplab-cityscapes-val-loss-up-miou-up",
        source="hualin95/Deeplab-v3plus#4",
        family="supervised",
        sketch=Sketch(
            at=every(1, 49, first=0),
            lines={
                "train/loss": loss((made(0, 0.42), made(3, 0.22), level(7, 0.168), made(20, 0.128), level(49, 0.1)), 0.02),
                "train/MIoU": score((made(0, 0.19), made(3, 0.32), real(7, 0.3853398830101107), made(20, 0.455), real(49, 0.5086543787247052)), 0.004),
                "val/loss": loss((made(0, 0.31), made(3, 0.2), real(6, 0.1748530767377346), made(15, 0.182), made(30, 0.214), real(49, 0.24078203599539497)), 0.03),
                "val/MIoU": score((made(0, 0.2), made(3, 0.3), real(7, 0.3468386088304519), made(15, 0.38), made(30, 0.4), real(49, 0.4065103798141063)), 0.009),
                "val/PA": score((made(0, 0.66), real(7, 0.7721740791732137), made(20, 0.781), real(49, 0.7862792678052212)), 0.004),
                "val/FWIoU": score((made(0, 0.5), real(7, 0.622016192951382), made(20, 0.634), real(49, 0.6416130499301467)), 0.005),
            },
            config={"model": "deeplab_v3plus", "backbone": "res101_atrous", "dataset": "cityscapes", "num_classes": 19, "batch_size": 8, "lr": 0.007, "epoch_num": 50},
            planned=50, clock=Clock(1_760, jitter=0.01),
        ),
        expect=healthy(usable=False, also="overfit gen-gap plateau eta-target converged", never="eval-regress divergence no-learning at-chance loss-jump"),
        why="The validation loss is best about epoch 6 and 38 % higher at the end; every score, MIoU, pixel accuracy, weighted IoU, is best at the end. The scores decide. That 0.41 is half of what this network reaches on Cityscapes is another matter: the labels (19 of 34 classes, the border) want a look.",
        read=(
            "训练完成：val MIoU 0.347→0.407 一路升，val loss 0.175→0.241 上升只是置信度变高，按 MIoU 用最后的 ckpt",
            "绝对值偏低：DeepLabv3+ 在 Cityscapes 通常 0.75 以上",
            "→ 查 34→19 类映射与 255 忽略、train MIoU 也只有 0.51；确认预训练权重有加载",
        ),
    ),
    Case(
        name="automap-hundred-epochs-and-still-falling",
        source="MattRosenLab/AUTOMAP#4",
        family="supervised",
        sketch=Sketch(
            at=every(1, 99, first=0),
            lines={
                "Loss": Line(figures("0:0.001818065531551838 1:0.0007942133815959096 2:0.0007066625985316932 3:0.0006540745962411165 4:0.0006044905167073011 5:0.0005670794053003192 6:0.0005273337010294199 8:0.00046704066335223615 10:0.0004158079391345382 12:0.0003755392099265009 14:0.0003454314137343317 16:0.0003207316913176328 18:0.0003029639774467796 81:0.00012964176130481064 83:0.00012718130892608315 85:0.00012525951024144888 87:0.00012272957246750593 90:0.00011975372763117775 93:0.00011756252933992073 96:0.00011435808846727014 99:0.0001113981197704561"), scale="log", noise=(gaussian(0.006),)),
                "ValLoss": Line(figures("0:0.0014511736808344722 1:0.0006231632432900369 2:0.00056696921819821 3:0.0005262654740363359 4:0.000490388018079102 6:0.0004268423072062433 8:0.0003744650457520038 10:0.00033372483449056745 12:0.0003021014272235334 14:0.000277158833341673 16:0.00025875313440337777 81:0.00010864507203223184 83:0.00010733326780609787 85:0.00010600133100524545 87:0.00010414209100417793 90:0.00010162792750634253 93:0.00009963889169739559 96:0.00009793078788788989 99:0.00009567739471094683"), scale="log", noise=(gaussian(0.005),)),
            },
            config={"epochs": 100, "batch_size": 100, "optimizer": "RMSprop", "learning_rate": 2e-5},
            planned=100, clock=Clock(95, jitter=0.02),
        ),
        expect=healthy(usable=True, also="eta-target", never="plateau converged overfit eval-leak gen-gap lr-flat-stall grad-vanish"),
        why="1.8e-3 to 1.1e-4 and not yet at rest: of late still one per cent an epoch, validation likewise and a little below (noise is added in training only). The hundred epochs ended it, not convergence.",
        read=(
            "训练完成，可用：val loss 1.45e-3→9.6e-5，次次更好",
            "结束时仍每轮降约 1%，没到底：→ 续训 100 轮或末段降 lr 会更好",
            "val 低于 train 是只在训练时加噪声，不是泄漏",
        ),
    ),
    Case(
        name="matting-average-loss-creeps-extremes-do-not",
        source="Cata039/Background-Removal-in-video-conferences:training_log.csv",
        family="supervised",
        sketch=Sketch(
            at=every(1, 100),
            lines={
                "avg_loss": Line(figures("1:0.1459 2:0.1335 3:0.1324 4:0.1315 5:0.1313 7:0.1305 10:0.1304 13:0.1296 16:0.1296 17:0.1288 20:0.1292 23:0.1285 26:0.1289 30:0.1284 34:0.128 38:0.1277 42:0.1277 46:0.1273 50:0.127 54:0.1271 58:0.1269 62:0.1265 66:0.127 70:0.1268 71:0.1263 75:0.1271 79:0.1267 83:0.126 86:0.1259 89:0.1269 92:0.1255 94:0.126 97:0.1257 100:0.1259"), noise=(gaussian(0.0003),), then=(rounded(4),)),
                "min_loss": Line(figures("1:0.0191 5:0.0253 9:0.0308 15:0.0178 18:0.0309 22:0.0172 28:0.0352 32:0.0313 42:0.0102 48:0.0309 56:0.0132 58:0.0333 72:0.0135 79:0.03 86:0.0125 95:0.0241 100:0.0195"), noise=(gaussian(0.004),), then=(clipped(0.008), rounded(4))),
                "max_loss": Line(figures("1:0.3127 2:0.3212 5:0.292 8:0.2718 14:0.2672 18:0.284 24:0.2665 31:0.2566 40:0.25 49:0.2525 55:0.2716 62:0.2516 71:0.2463 81:0.2418 86:0.2329 89:0.2826 92:0.2788 94:0.3776 95:0.2351 97:0.2332 100:0.2346"), noise=(gaussian(0.006),), then=(rounded(4),)),
            },
            config={"epochs": 100, "batch_size": 8},
            step_key="epoch", planned=100, clock=Clock(310, jitter=0.02),
        ),
        expect=healthy(usable=False, also="plateau converged", never="no-learning loss-spike overfit divergence oscillation"),
        why="0.146 to 0.131 in five epochs and to 0.126 in 95 more: a floor (soft edges cannot be hit), approached very slowly. A single largest batch of 0.38 at epoch 94 leaves the mean alone. There is no held-out set, so nothing to say of use.",
        read=(
            "训练完成，正常：avg_loss 0.146→0.126，5 轮后每轮只降约 0.00005，已近底",
            "94 轮 max_loss 0.378 只是一个 batch，均值没动",
            "没有验证集，能否用看不出来；→ 约 50 轮就够，留一段视频测 IoU/SAD",
        ),
    ),
    Case(
        name="matting-second-attempt-relapses-five-epochs-before-the-end",
        source="Cata039/Background-Removal-in-video-conferences:training_log_attempt2.csv",
        family="supervised",
        sketch=Sketch(
            at=every(1, 50),
            lines={
                "avg_loss": Line(figures("1:0.5357 2:0.3711 3:0.3984 4:0.3832 5:0.3949 6:0.4543 7:0.5625 8:0.4282 9:0.4337 10:0.4653 11:0.4502 12:0.4469 13:0.411 14:0.4801 15:0.4049 16:0.3666 17:0.3548 18:0.3511 19:0.3512 20:0.3612 21:0.3547 22:0.3484 23:0.3558 24:0.3505 25:0.3541 26:0.3434 27:0.3419 28:0.3245 29:0.3093 30:0.2865 31:0.1327 32:0.0953 33:0.0889 34:0.0941 35:0.0937 36:0.0912 37:0.0836 38:0.0833 39:0.1076 40:0.0978 41:0.0912 42:0.087 43:0.0867 44:0.0788 45:0.1002 46:0.2824 47:0.4202 48:0.3938 49:0.3065 50:0.1932")),
                "min_loss": Line(figures("1:0.0353 2:0.0682 5:0.0755 10:0.1163 15:0.1523 20:0.1237 25:0.1154 30:0.0806 31:0.018 35:0.0411 38:0.0311 39:0.0474 44:0.0206 45:0.0271 46:0.0421 47:0.1941 48:0.2137 49:0.127 50:0.1218"), noise=(gaussian(0.002),)),
                "max_loss": Line(figures("1:12.58 2:3.7868 3:3.7783 4:5.032 5:5.886 6:3.9567 7:5.7915 8:5.2759 9:4.5615 10:4.2583 11:5.7102 13:3.9916 15:4.2401 17:2.3505 20:4.8551 22:2.5612 25:3.9466 27:4.5525 29:5.0105 30:2.159 31:3.1612 32:1.1641 35:1.0688 38:0.9448 41:1.4256 43:1.8601 44:0.8994 45:0.8357 46:0.8832 47:2.1781 48:1.1239 49:1.8446 50:0.6634"), noise=(gaussian(0.02),)),
            },
            config={"epochs": 50},
            step_key="epoch", planned=50, clock=Clock(330, jitter=0.02),
        ),
        expect=sick(fault("divergence loss-jump loss-spike", (45, 47), 50, WARNING), also="oscillation best-checkpoint-old", never="converged plateau no-learning", unsaid=("已收敛",)),
        why="Thirty epochs of hovering at 0.35 to 0.56, a break to 0.09 at epoch 31, and five epochs before the end a relapse to 0.42, from which at 0.19 it has not come back. Not one batch did it: the smallest loss has risen tenfold too. The last ckpt is the wrong one.",
        read=(
            "46 轮起 loss 从 0.08–0.10 跳到 0.42，到最后（0.193）仍未恢复；min_loss 也升了 10 倍，是整体退步",
            "→ 用第 44 轮的 ckpt（0.0788），不要用最后一个",
            "lr 没有衰减到末段偏大：降 3–10 倍或加 cosine，加梯度裁剪",
            "前 30 轮在 0.35–0.56 打转，31 轮才突破，也说明 lr 偏大",
        ),
    ),
    Case(
        name="keras-cifar10-gets-worse-for-a-hundred-and-fifty-epochs",
        source="keras-team/keras#8680",
        family="supervised",
        sketch=Sketch(
            at=every(1, 200),
            lines=keras(
                {
                    "loss": (made(1, 1.62), made(5, 1.05), made(15, 0.84), made(38, 0.777), *figures("39:0.7744 40:0.7758 41:0.7737 42:0.7729 43:0.7743 44:0.7655 45:0.7670 46:0.7712 47:0.7676 48:0.7610 49:0.7657"), made(65, 0.757), made(90, 0.774), *figures("129:0.8410 130:0.8435 131:0.8536 132:0.8509 133:0.8497 134:0.8604 135:0.8597 136:0.8686 137:0.8729 138:0.8688 139:0.8812"), *figures("174:1.0897 175:1.0843 176:1.1078 177:1.1158 178:1.1304 179:1.1263 180:1.1296 181:1.1395 182:1.1528 183:1.1552 184:1.1730"), made(200, 1.28)),
                    "acc": (made(1, 0.4), made(5, 0.63), made(15, 0.705), made(38, 0.734), *figures("39:0.7344 40:0.7363 41:0.7349 42:0.7368 43:0.7343 44:0.7379 45:0.7380 46:0.7410 47:0.7392 48:0.7427 49:0.7393"), made(65, 0.744), made(90, 0.742), *figures("129:0.7277 130:0.7270 131:0.7226 132:0.7259 133:0.7239 134:0.7222 135:0.7214 136:0.7197 137:0.7178 138:0.7219 139:0.7161"), *figures("174:0.6553 175:0.6560 176:0.6513 177:0.6480 178:0.6418 179:0.6438 180:0.6421 181:0.6393 182:0.6374 183:0.6335 184:0.6272"), made(200, 0.6)),
                    "val_loss": (made(1, 1.29), made(5, 0.92), made(15, 0.73), made(38, 0.67), *figures("39:0.6673 40:0.6600 41:0.6830 42:0.6429 43:0.6869 44:0.6340 45:0.6367 46:0.6579 47:0.6780 48:0.6450"), made(65, 0.645), made(90, 0.68), *figures("129:0.8182 130:0.8229 131:0.7712 132:0.7152 133:0.7108 134:0.7192 135:0.8238 136:0.7829 137:0.7303 138:0.7791"), *figures("174:0.9240 175:0.8596 176:1.0231 177:0.9447 178:0.9155 179:1.1727 180:1.0734 181:1.0025 182:1.2147 183:1.0579"), made(200, 1.18)),
                    "val_acc": (made(1, 0.54), made(5, 0.68), made(15, 0.75), made(38, 0.774), *figures("39:0.7737 40:0.7800 41:0.7727 42:0.7848 43:0.7709 44:0.7860 45:0.7906 46:0.7758 47:0.7767 48:0.7818"), made(65, 0.79), made(90, 0.78), *figures("129:0.7592 130:0.7323 131:0.7600 132:0.7666 133:0.7766 134:0.7614 135:0.7683 136:0.7391 137:0.7627 138:0.7517"), *figures("174:0.7261 175:0.7302 176:0.6773 177:0.7130 178:0.7155 179:0.6206 180:0.6814 181:0.6986 182:0.6158 183:0.6611"), made(200, 0.62)),
                },
                {"loss": 0.006, "acc": 0.002, "val_loss": 0.05, "val_acc": 0.012},
            ),
            config={"batch_size": 32, "epochs": 200, "data_augmentation": True, "optimizer": "rmsprop", "num_classes": 10},
            planned=200, clock=Clock(485, jitter=0.02),
        ),
        expect=sick(fault("divergence eval-regress", (60, 130), 182, WARNING), also="best-checkpoint-old oscillation loss-jump plateau", never="overfit converged eval-leak gen-gap no-learning", unsaid=("已收敛",)),
        why="Best about epoch 50 to 65 (0.76, validation 0.79), and from there everything gets worse, first by a thousandth an epoch, in the end by a hundredth: 0.84 at 129, 1.17 at 184, validation accuracy 0.62 to 0.70. The training loss itself rises, so it is not overfitting: "
        "RMSprop at an lr that never falls drives the weights apart. Each day of it looked harmless.",
        read=(
            "约 65 轮后整体缓慢变差：train loss 0.757→1.173（184 轮），val acc 0.79→0.62–0.70；train 也在升，不是过拟合",
            "→ 用 45–65 轮的 ckpt；lr 降 10 倍或加衰减，换 Adam/SGD（RMSprop 恒定 lr 的典型后期发散）",
            "逐轮变化小，容易漏看：130 轮已 +11%",
            "后 130 轮约 17.5 小时白跑",
        ),
    ),
    Case(
        name="keras-cifar10-example-turns-after-four-epochs",
        source="keras-team/keras#5239",
        family="supervised",
        sketch=Sketch(
            at=every(1, 40),
            lines=keras(
                {
                    "loss": (*figures("1:1.5869 2:1.2171 3:1.1202 4:1.0933 5:1.1043 6:1.1402 7:1.1855 8:1.2136 9:1.2371"), made(15, 1.36), made(25, 1.52), made(40, 1.7)),
                    "acc": (*figures("1:0.4241 2:0.5706 3:0.6111 4:0.6293 5:0.6293 6:0.6204 7:0.6111 8:0.6026 9:0.5952"), made(15, 0.556), made(25, 0.5), made(40, 0.43)),
                    "val_loss": (*figures("1:1.2808 2:1.0393 3:0.9591 4:0.9481 5:0.9987 6:1.0415 7:1.1173 8:1.1018 9:1.1139"), made(15, 1.24), made(25, 1.42), made(40, 1.6)),
                    "val_acc": (*figures("1:0.5496 2:0.6423 3:0.6687 4:0.6777 5:0.6573 6:0.6596 7:0.6163 8:0.6260 9:0.6444"), made(15, 0.595), made(25, 0.52), made(40, 0.46)),
                },
                {"loss": 0.006, "acc": 0.003, "val_loss": 0.05, "val_acc": 0.02},
            ),
            config={"batch_size": 32, "epochs": 200, "optimizer": "rmsprop", "data_augmentation": False},
            state="killed", planned=200, clock=Clock(16.5, jitter=0.03),
        ),
        expect=sick(fault("divergence eval-regress", (4, 9), 30, WARNING), also="best-checkpoint-old loss-jump oscillation", never="overfit converged gen-gap no-learning", unsaid=("已收敛",)),
        why="0.63 after four epochs, and then the training loss itself goes up epoch by epoch, 1.09 to 1.24 at the ninth and on; validation follows. An lr too high for RMSprop once the gradients are small. It was stopped at a fifth of the plan, rightly.",
        read=(
            "第 4 轮后 train loss 反升：1.09→1.24（9 轮）→约 1.7，val acc 0.678→0.46：训练在发散，不是过拟合",
            "→ 停；RMSprop lr 降到 1e-4 并加 decay，或换 Adam，重训",
            "第 4 轮的 ckpt 是目前最好的（0.678），但还远没学够",
        ),
    ),
    Case(
        name="keras-cifar10-augmented-train-below-val",
        source="keras-team/keras#2937",
        family="supervised",
        sketch=Sketch(
            at=every(1, 36),
            lines=keras(
                {
                    "loss": (*figures("1:1.7646 2:1.3731 3:1.2137 4:1.1154 5:1.0465 6:1.0045 7:0.9582 8:0.9401 9:0.9125 10:0.9029"), made(20, 0.81), made(36, 0.745)),
                    "acc": (*figures("1:0.3460 2:0.5027 3:0.5645 4:0.6033 5:0.6294 6:0.6450 7:0.6624 8:0.6698 9:0.6786 10:0.6867"), made(20, 0.72), made(36, 0.744)),
                    "val_loss": (*figures("1:1.3379 2:1.0936 3:1.0011 4:0.8915 5:0.8605 6:0.8188 7:0.7967 8:0.7908 9:0.7928 10:0.7373"), made(20, 0.67), made(36, 0.63)),
                    "val_acc": (*figures("1:0.5161 2:0.6131 3:0.6478 4:0.6866 5:0.7020 6:0.7131 7:0.7213 8:0.7217 9:0.7213 10:0.7464"), made(20, 0.772), made(36, 0.787)),
                },
                {"loss": 0.006, "acc": 0.002, "val_loss": 0.022, "val_acc": 0.006},
            ),
            config={"batch_size": 32, "nb_epoch": 200, "data_augmentation": True, "optimizer": "sgd", "lr": 0.01, "decay": 1e-6, "momentum": 0.9, "nesterov": True},
            state="running", planned=200, clock=Clock(706, jitter=0.01),
        ),
        expect=healthy(usable=True, also="eta-target plateau", never="eval-leak overfit no-learning at-chance oscillation eval-regress gen-gap lr-flat-stall converged"),
        why="Dropout and augmentation hold the training accuracy five points below that of validation, from the first epoch on. Both still rise at a sixth of the plan, by a thousandth or two an epoch. That the comment in the script promises 79 % after fifty epochs is about where this is going.",
        read=(
            "训练中，正常：val acc 0.52→0.787，train 0.35→0.744，仍在缓升",
            "train 低于 val 是增广 + dropout 只在训练时生效，不是泄漏",
            "照此 50 轮约 0.79–0.80，与脚本注释相符；每轮 12 分钟，200 轮还要 32 小时",
        ),
    ),
    Case(
        name="label-smoothing-loss-rests-at-six-tenths",
        source="lxztju/pytorch_classification#9",
        family="supervised",
        sketch=Sketch(
            at=every(10, 2_080),
            lines={
                "Loss": Line((made(10, 2.31), made(60, 1.3), made(140, 0.78), made(220, 0.655), made(300, 0.612), real(310, 0.595441), real(320, 0.611886), made(330, 0.611), made(700, 0.601), made(2_080, 0.584)), noise=(gaussian(0.0095),), then=(rounded(6),)),
                "ACC": Line((made(10, 21), made(60, 71), made(140, 93), made(220, 97.4), made(300, 98.8), real(310, 99.219), real(320, 99.219), made(330, 98.9), made(2_080, 99.8)), then=(clipped(0, 100), binomial(128, 100.0))),
                "LR": Line((made(10, 1.44e-5), real(310, 0.00044660), real(320, 0.00046097), made(695, 1e-3), made(1_200, 7.2e-4), made(2_080, 5e-6))),
            },
            config={"loss": "LabelSmoothingCrossEntropy", "smoothing": 0.1, "batch_size": 128, "MAX_EPOCH": 15, "warmup_epochs": 5, "lr": 1e-3},
            planned=2_085, clock=Clock(0.62, jitter=0.04),
        ),
        expect=healthy(usable=False, also="converged plateau", never="no-learning lr-flat-stall oscillation lr-anomaly overfit grad-vanish"),
        why="With a smoothing of 0.1 the best possible loss is not 0: 0.6 at 99 % right is its floor (plain cross-entropy on the same batches is 0.14). So it looks stuck from the second epoch on, and the accuracy says that it is done. No held-out figure.",
        read=(
            "训练完成，正常：ACC 99.8%；loss 停在 0.58–0.61 是 label smoothing 0.1 的下限，不是没学到",
            "同一批样本普通交叉熵约 0.14；LR 的先升后降是 warmup + 衰减",
            "只有训练集数字：→ 补验证集精度再决定能否用",
        ),
    ),
    Case(
        name="sleap-pose-losses-of-hundred-thousandths",
        source="talmolab/sleap#2230",
        family="supervised",
        sketch=Sketch(
            at=every(1, 64),
            lines={
                "loss": Line((made(1, 1.9e-4), made(3, 6.2e-5), made(6, 3.0e-5), made(10, 2.04e-5), *figures("11:1.9500e-05 12:1.8771e-05 13:1.7938e-05 14:1.7122e-05 15:1.6554e-05 16:1.5951e-05 17:1.5357e-05 18:1.4846e-05 19:1.4381e-05 20:1.4076e-05 21:1.3512e-05"), made(22, 1.31e-5), made(24, 1.18e-5), made(40, 1.04e-5), made(64, 9.4e-6)), scale="log", noise=(gaussian(0.006),)),
                "val_loss": Line((made(1, 1.1e-4), made(3, 4.9e-5), made(6, 2.9e-5), made(10, 2.13e-5), *figures("11:2.0626e-05 12:1.9864e-05 13:1.9430e-05 14:1.8727e-05 15:1.8448e-05 16:1.7979e-05 17:1.7647e-05 18:1.7315e-05 19:1.7240e-05 20:1.7609e-05 21:1.6679e-05"), made(22, 1.69e-5), made(24, 1.615e-5), made(40, 1.575e-5), made(64, 1.57e-5)), scale="log", noise=(gaussian(0.009),)),
                "lr": Line(staircase((0, 1e-4), (23, 5e-5), (44, 2.5e-5), (56, 1.25e-5))),
                "epoch_seconds": Line((*figures("11:106 12:105 13:107 14:105 15:106 16:106 17:106 18:106 19:105 20:104 21:105"), made(64, 105)), noise=(gaussian(0.7),), then=(rounded(0),)),
            },
            config={"epochs": 200, "batch_size": 4, "learning_rate": 1e-4, "reduce_on_plateau": True, "early_stopping": True, "steps_per_epoch": 1_490},
            planned=200, clock=Clock(105.5, jitter=0.006),
        ),
        expect=healthy(usable=True, also="converged plateau", never="grad-vanish overfit lr-anomaly no-learning gen-gap metric-dead throughput-drop eval-regress lr-zero"),
        why="The mean square error of confidence maps that are nearly empty is 1e-5, so small numbers mean nothing. It falls on both sides, the lr is halved by the callback and again, validation levels out at 1.57e-5 and the early stop ends it at 64 of 200. 105 s an epoch throughout.",
        read=(
            "训练完成，可用：val loss 1.1e-4→1.57e-5，40 轮后走平，早停在 64 轮",
            "数值小是置信图大部分为 0 所致，不是梯度消失；lr 逐级减半是 ReduceLROnPlateau",
            "train 9.4e-6 对 val 1.57e-5，差距温和；每轮 105 s 稳定",
        ),
    ),
    Case(
        name="sam3-lora-second-epoch-twelve-times-slower",
        source="Sompote/SAM3_LoRA#35",
        family="supervised",
        sketch=Sketch(
            at=every(1, 172),
            lines={
                "loss": Line((made(1, 212), made(40, 168), made(146, 131), made(172, 126)), scale="log", noise=(gaussian(0.16),)),
                "sec_per_it": Line((level(1, 12.3), level(146, 12.3), made(147, 96), level(153, 143), level(160, 143), made(172, 171)), scale="log", noise=(gaussian(0.05),)),
            },
            config={"train_images": 146, "val_images": 37, "batch_size": 1, "num_epochs": 10, "gpu": "Quadro P5000 16GB", "num_workers": 0},
            state="killed", planned=1_460, clock=Clock((made(1, 12.3), made(146, 12.3), made(147, 96), made(153, 143), made(172, 171)), jitter=0.04, pauses=((147, 420),)),
        ),
        expect=sick(fault("throughput-drop", (146, 149), 168, WARNING), also="mem-growth eta-target gpu-idle stalled-logging", never="no-learning divergence converged overfit data-bound loss-spike"),
        why="146 steps in thirty minutes, then thirteen in thirty-one: twelve seconds a step become 143, from the first step after validation. The loss goes on falling. On sixteen gigabytes the graph of the validation is still held and Windows pages to host memory.",
        read=(
            "第 2 个 epoch 起每步 12 s→143 s（慢 12 倍），且还在变慢；loss 正常下降",
            "正好从第一次验证后开始：显存没释放，溢出到主机内存",
            "→ 停；验证用 no_grad、del 输出并 empty_cache，降分辨率或 LoRA 覆盖层数；关掉驱动的 sysmem fallback",
        ),
    ),
)
# fmt: on
