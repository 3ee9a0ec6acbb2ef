"""Speech and brain waves: recognisers, separators, one person at a time."""

from __future__ import annotations

from benchmarks.wild.case import WARNING, Case, fault, healthy, sick
from benchmarks.wild.sketch import (
    Clock,
    Line,
    Sketch,
    at,
    clipped,
    constant,
    epoch,
    every,
    figures,
    gaussian,
    level,
    levels,
    made,
    mades,
    real,
    rounded,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        name="vietnamese-ctc-every-word-wrong-at-six-evaluations",
        source="CheeseThuong/Vietnamese-asr:results/training_history.csv",
        family="supervised",
        sketch=Sketch(
            at=every(100, 3_000),
            lines={
                "loss": Line(figures("100:32.2601 200:6.9023 300:4.9839 400:4.7331 500:5.2734 600:4.9962 700:5.2608 800:5.0113 900:4.9514 1000:4.9854 1100:4.9686 1200:5.0331 1300:5.0038 1400:4.9867 1500:4.9906 1600:4.9958 1700:4.9774 1800:4.9719 1900:4.9718 2000:4.998 2100:4.9739 2200:4.9606 2300:4.99 2400:4.993 2500:4.9735 2600:4.9816 2700:4.9549 2800:4.968 2900:5.0084 3000:4.9922")),
                "grad_norm": Line(figures("100:73.345 200:2.9347 300:5.9168 400:1.6411 500:2.4352 600:5.2057 700:0.61207 800:1.5174 900:0.59287 1000:0.70414 1100:1.4789 1200:0.7174 1300:1.7761 1400:3.2619 1500:2.0218 1600:0.66515 1700:2.2115 1800:0.43918 1900:1.6099 2000:0.77745 2100:0.66063 2200:1.9796 2300:1.2455 2400:1.8559 2500:1.2564 2600:0.78685 2700:0.95911 2800:2.4248 2900:0.28155 3000:3.2624")),
                "learning_rate": Line(figures("100:5.94e-5 200:0.0001194 300:0.0001794 400:0.0002394 500:0.0002994 600:0.00029682 700:0.000293608 800:0.000290396 900:0.000287184 1000:0.000283972 1100:0.00028076 1200:0.000277548 1300:0.000274336 1400:0.000271124 1500:0.000267912 1600:0.0002647 1700:0.000261488 1800:0.000258276 1900:0.000255064 2000:0.000251852 2100:0.00024864 2200:0.000245428 2300:0.000242216 2400:0.000239004 2500:0.000235792 2600:0.00023258 2700:0.000229368 2800:0.000226156 2900:0.000222944 3000:0.000219732")),
                "epoch": Line(epoch(328, 4)),
                "eval_loss": Line(figures("500:5.017972 1000:4.981143 1500:4.974566 2000:4.982203 2500:4.972822 3000:4.984182"), at=every(500, 3_000)),
                "eval_wer": Line((real(500, 1.0), real(3_000, 1.0)), at=every(500, 3_000)),
                "eval_cer": Line(figures("500:0.999343602 1000:0.999343602 1500:0.999343602 2000:0.999343602 2500:0.999343602 3000:0.999343602"), at=every(500, 3_000)),
                "eval_runtime": Line(figures("500:42.486 1000:42.343 1500:42.522 2000:42.211 2500:42.959 3000:42.384"), at=every(500, 3_000)),
            },
            config={"learning_rate": 3e-4, "warmup_steps": 500, "num_train_epochs": 30, "eval_steps": 500, "logging_steps": 100},
            planned=9_840, clock=Clock(1.9, jitter=0.03, evals=(500, 43)), apart=True,
        ),
        expect=sick(fault("success-zero no-learning at-chance metric-dead plateau", (500, 1_500), 2_600, WARNING), also="lr-flat-stall eval-stale grad-clip-saturated", never="converged overfit divergence eval-leak", unsaid=("已收敛",)),
        why="WER 1.0, CER 0.9993, to the digit, at six evaluations in a row; loss 5.0 since the 300th step. It says nothing but blanks: the usual first phase of CTC, out of which it comes within a few hundred steps if it ever does. Tokens that do not fit the labels, too high a lr, or a frozen encoder.",
        read=(
            "没学到：eval_wer 6 次全为 1.0、CER 0.9993 一位不变，loss 300 步后停在 4.97–5.0",
            "模型只输出空白符（CTC 起步阶段没走出来）",
            "→ 核对词表与标签（大小写、声调字符、[PAD] 作 blank）、采样率 16k；lr 降到 1e-4、确认编码器未被冻结",
        ),
    ),
    Case(
        name="wav2vec2-commonvoice-valid-loss-level-wer-falls-by-a-third",
        source="speechbrain/speechbrain#2107",
        family="supervised",
        sketch=Sketch(
            at=every(1, 20),
            lines={
                "train loss": Line((*figures("1:0.785 2:0.284 3:0.232 4:0.203 5:0.184 6:0.162 7:0.152 8:0.139 9:0.127 10:0.119"), *mades((12, 0.106), (16, 0.088), (20, 0.075))), noise=(gaussian(0.001),), then=(rounded(3),)),
                "valid loss": Line((*figures("1:0.22 2:0.186 3:0.173 4:0.166 5:0.167 6:0.16 7:0.163 8:0.165 9:0.162 10:0.165"), *mades((12, 0.167), (16, 0.174), (20, 0.183))), noise=(gaussian(0.0015),), then=(rounded(3),)),
                "valid CER": Line((*figures("1:5.79 2:4.79 3:4.51 4:4.31 5:4.36 6:4.19 7:4.07 8:4.05 9:3.92"), level(10, 3.9), *mades((14, 3.79), (20, 3.7))), noise=(gaussian(0.03),), then=(rounded(2),)),
                "valid WER": Line((*figures("1:20.96 2:17.51 3:16.59 4:15.96 5:15.96 6:15.35 7:14.88 8:14.82 9:14.44"), made(10, 14.35), *mades((14, 13.8), (20, 13.4))), noise=(gaussian(0.08),), then=(rounded(2),)),
                "lr_model": Line((*figures("1:1 5:1 6:0.8 7:0.8 8:0.64 9:0.512 10:0.512"), *mades((12, 0.41), (16, 0.26), (20, 0.17)))),
                "lr_wav2vec": Line((*figures("1:1e-4 5:1e-4 6:9e-5 7:9e-5 8:8.1e-5 9:7.29e-5 10:7.29e-5"), *mades((12, 6.56e-5), (16, 5.3e-5), (20, 4.3e-5)))),
            },
            config={"dataset": "CommonVoice", "lr": 1.0, "lr_wav2vec": 1e-4},
            clock=Clock(21_500, jitter=0.01),
        ),
        expect=healthy(usable=True, also="overfit gen-gap plateau converged", never="eval-regress divergence no-learning lr-anomaly loss-jump at-chance"),
        why="The validation loss has stood since the fourth epoch and rises a little (0.160 to 0.18); the word error rate goes from 16.0 to 14.4 in the same time and on to 13.4. In speech the WER decides. The two lrs are lowered by NewBob when the loss does not improve. That the paper has less is a question of the recipe.",
        read=(
            "训练完成，可用：valid WER 20.96→13.4、CER 5.8→3.7，一路下降",
            "valid loss 6 轮后 0.160→0.18 略升是过度自信，WER 没有变差：按 WER 选最后的 ckpt",
            "两个 lr 逐级下降是 NewBob 调度",
        ),
    ),
    Case(
        name="speechbrain-train-loss-trebles-while-validation-improves",
        source="speechbrain/speechbrain#2810",
        family="supervised",
        sketch=Sketch(
            at=every(1, 24),
            lines={
                "train loss": Line((*figures("1:98.15 2:66.02 3:27.12 4:14.93 5:11.02 6:9.18 7:8 8:6.79 9:13.98 10:21.76"), *mades((11, 20.9), (14, 18.6), (18, 16.7), (24, 14.9))), noise=(gaussian(0.2),), then=(rounded(2),)),
                "valid loss": Line((*figures("1:80.37 2:39.55 3:16.3 4:11.01 5:9.16 6:8.13 7:7.19 8:6.44 9:6.19 10:5.93"), *mades((11, 5.78), (14, 5.39), (18, 5.1), (24, 4.86))), noise=(gaussian(0.06),), then=(rounded(2),)),
                "valid ACC": Line((*figures("1:0.229 2:0.596 3:0.859 4:0.901 5:0.916 6:0.923 7:0.931 8:0.938 9:0.942 10:0.945"), *mades((14, 0.95), (18, 0.953), (24, 0.956))), noise=(gaussian(0.0006),), then=(rounded(3),)),
                "valid WER": Line((real(10, 12.59), made(20, 10.9)), at=at(10, 20)),
                "valid CER": Line((real(10, 3.33), made(20, 2.87)), at=at(10, 20)),
                "lr": Line((*figures("1:1.24e-4 2:2.47e-4 3:3.71e-4 4:4.95e-4 5:6.19e-4 6:7.42e-4 7:7.69e-4 8:7.19e-4 9:6.78e-4 10:6.43e-4 11:6.2e-4"), *mades((16, 5.1e-4), (24, 4.15e-4)))),
                "steps": Line((*figures("1:928 2:1856 3:2784 4:3712 5:4640 6:5568 7:6496 8:7424 9:8352 10:9280 11:10000"), made(24, 22_000))),
            },
            config={"dataset": "CommonVoice", "lr_adam": 8e-4, "n_warmup_steps": 6000, "augment_warmup": 8000},
            state="running", clock=Clock(2_950, jitter=0.02),
        ),
        expect=healthy(usable=True, also="loss-jump divergence eta-target eval-underpowered", never="eval-regress overfit no-learning lr-anomaly converged at-chance gen-gap"),
        why="The training loss goes from 6.8 to 14 and 22 in two epochs, just as augmentation sets in after 8,000 steps; validation loss and accuracy get better at each of these, 6.44, 6.19, 5.93, WER 12.6. So the task in training became harder and the model no worse. It would be right to point at the jump; it would be wrong to call it diverging.",
        read=(
            "训练中，正常：valid loss 80→4.9、ACC 0.956、WER 12.6%（第 10 轮）→约 10.9%",
            "9–10 轮 train loss 6.8→21.8 是约 8000 步后开启数据增广，验证同期仍在变好，不是发散",
            "WER 每 10 轮才评一次，其间看 valid ACC",
        ),
    ),
    Case(
        name="eeg-attention-decoding-other-people-are-a-coin-toss",
        source="fchest/EEG-AAD#1",
        family="supervised",
        sketch=Sketch(
            at=every(1, 30),
            lines={
                "Train Loss": Line((*figures("1:0.4826 2:0.3215 3:0.2501 4:0.1943 5:0.1545 6:0.1257 7:0.1081"), *mades((10, 0.0765), (20, 0.037), (30, 0.022))), scale="log", noise=(gaussian(0.015),), then=(rounded(4),)),
                "Valid Loss": Line((*figures("1:1.367 2:1.7187 3:1.9813 4:2.1985 5:2.3306 6:2.5236 7:2.603"), *mades((10, 2.86), (20, 3.5), (30, 3.95))), noise=(gaussian(0.06),), then=(rounded(4),)),
                "Train Acc": Line((*figures("1:74.9456 2:85.551 3:89.387 4:92.0331 5:93.8015 6:95.1195 7:95.8446"), *mades((10, 97.2), (20, 98.7), (30, 99.3))), noise=(gaussian(0.05),), then=(clipped(0, 100), rounded(4))),
                "Valid Acc": Line((*figures("1:52.7134 2:51.1395 3:53.0145 4:51.1014 5:51.372 6:50.9375 7:51.8102"), *levels((10, 51.6), (30, 51.4))), noise=(gaussian(0.75),), then=(rounded(4),)),
                "lr": Line(constant(5e-4)),
            },
            config={"task": 1, "lr": 5e-4, "test_subjects": [1, 2, 3, 6]},
            state="running", clock=Clock(145, jitter=0.02),
        ),
        expect=sick(fault("overfit at-chance gen-gap no-learning", (1, 5), 20, WARNING), also="eval-regress best-checkpoint-old lr-flat-stall eval-underpowered", never="converged eval-leak divergence lr-zero", unsaid=("已收敛",)),
        why="Two classes, 51 to 53 % on subjects that were held out, in every epoch; 75 to 99 % on those trained with, and a validation loss of 1.37 that goes to 4. It learns who is who, not what is listened to. Nothing to be chosen among the ckpts: all guess.",
        read=(
            "过拟合且没有泛化：train acc 75→99%，未见被试 valid acc 始终 51–53%（二分类，随机 50%）",
            "valid loss 1.37→3.9，从第 1 轮起就高于随机的 0.69",
            "→ 各 ckpt 都不可用；先做按被试归一化、域对抗/数据增广，模型减小；先确认窗口划分没有泄漏到训练侧",
        ),
    ),
    Case(
        name="shallow-convnet-one-class-for-all-trials",
        source="TNTLFreiburg/braindecode#34",
        family="supervised",
        sketch=Sketch(
            at=every(1, 40, first=0),
            lines={
                "train_loss": Line((*figures("0:8.759408 1:1.676288 2:1.120547 3:1.096075 4:1.08583 5:1.08055 6:1.07963 7:1.072987 8:1.071331 9:1.069778 10:1.067073 11:1.06462 12:1.063511"), *mades((20, 1.056), (40, 1.045))), noise=(gaussian(0.0012),), then=(rounded(6),)),
                "valid_loss": Line((*figures("0:8.379377 1:1.651536 2:1.199027 3:1.179758 4:1.176387 5:1.152808 6:1.201502 7:1.156153 8:1.133579 9:1.15946 10:1.159788 11:1.135865 12:1.141347"), *levels((20, 1.145), (40, 1.15))), noise=(gaussian(0.016),), then=(rounded(6),)),
                "train_misclass": Line((*figures("0:0.66 1:0.66 2:0.633333 3:0.586667 4:0.55 5:0.53 6:0.57 7:0.536667 8:0.526667 9:0.533333 10:0.53 11:0.526667 12:0.516667"), *mades((20, 0.5), (40, 0.47))), noise=(gaussian(0.009),), then=(rounded(6),)),
                "valid_misclass": Line((*figures("0:0.7 1:0.683333 2:0.65 3:0.65 4:0.666667 5:0.633333 6:0.666667 7:0.65 8:0.666667 9:0.65 10:0.65 11:0.65 12:0.666667"), *levels((20, 0.655), (40, 0.655))), noise=(gaussian(0.011),), then=(rounded(6),)),
                "runtime": Line((real(0, 0.0), real(1, 0.748986), real(2, 0.694491), real(5, 0.693491), real(12, 0.688991)), noise=(gaussian(0.004),)),
            },
            config={"model": "ShallowFBCSPNet", "n_classes": 3},
            state="running", clock=Clock(0.9, jitter=0.05),
        ),
        expect=sick(fault("at-chance no-learning plateau", (2, 8), 30, WARNING), also="overfit gen-gap eval-underpowered converged lr-flat-stall", never="eval-leak divergence loss-spike eval-regress", unsaid=("已收敛",)),
        why="Three classes: a guess costs 1.0986 and is wrong in 0.667. The training loss goes to 1.06 and 0.52 wrong, slowly; of 60 validation trials 39 or 40 are wrong at every epoch and the loss lies above that of a guess. The 8.8 of epoch 0 is the untrained net, falling from it is no learning.",
        read=(
            "还在随机水平：valid misclass 0.63–0.67（三分类随机 0.667），valid loss 1.14 高于 ln3=1.099",
            "train loss 8.76→1.06 的下降只是离开初始值；train 侧 0.52 说明开始背样本",
            "→ 核对标签、滤波与逐通道标准化（单位 µV）；60 个验证 trial 太少，先做交叉验证",
        ),
    ),
    Case(
        name="gru-denoiser-second-fit-appended-to-the-first",
        source="Adnan-0786/GRU-based-Noise-suppressor:training_history.csv",
        family="supervised",
        sketch=Sketch(
            at=every(1, 29, first=0),
            lines={
                "accuracy": Line(figures("0:0.091424 1:0.12888 2:0.14396 3:0.14422 4:0.14552 5:0.15545 6:0.15412 7:0.15614 8:0.1519 9:0.16298 10:0.16448 11:0.16243 12:0.15767 13:0.16738 14:0.16347 15:0.16161 16:0.1626 17:0.16555 18:0.16738 19:0.16844 20:0.16145 21:0.17174 22:0.17008 23:0.16408 24:0.16807 25:0.16945 26:0.16807 27:0.17476 28:0.16821 29:0.17429")),
                "loss": Line(figures("0:0.10202 1:0.08596 2:0.07764 3:0.073032 4:0.070655 5:0.065821 6:0.066965 7:0.062934 8:0.065436 9:0.062597 10:0.060618 11:0.061163 12:0.060447 13:0.057294 14:0.058343 15:0.057053 16:0.058822 17:0.056932 18:0.056228 19:0.055863 20:0.056297 21:0.053606 22:0.054689 23:0.053709 24:0.055352 25:0.05362 26:0.053923 27:0.052312 28:0.053423 29:0.051554")),
                "mae": Line(figures("0:0.28063 1:0.24719 2:0.22997 3:0.21946 4:0.21345 5:0.20367 6:0.20288 7:0.19719 8:0.19986 9:0.19433 10:0.19081 11:0.19046 12:0.18891 13:0.18324 14:0.18365 15:0.1825 16:0.18439 17:0.18116 18:0.18016 19:0.17844 20:0.17918 21:0.17408 22:0.17513 23:0.17467 24:0.17635 25:0.17356 26:0.17447 27:0.17088 28:0.17246 29:0.16883")),
            },
            config={"epochs": 30, "optimizer": "adam", "loss": "mse", "metrics": ["mae", "accuracy"]},
            planned=30, clock=Clock(210, jitter=0.02),
            then=Sketch(
                at=every(1, 14, first=0),
                lines={
                    "accuracy": Line(figures("0:0.16985 1:0.17219 2:0.17626 3:0.17443 4:0.17267 5:0.18077 6:0.17581 7:0.17578 8:0.17295 9:0.18063 10:0.1796 11:0.18043 12:0.17451 13:0.18657 14:0.18204")),
                    "loss": Line(figures("0:0.053936 1:0.052259 2:0.051543 3:0.05118 4:0.05147 5:0.04959 6:0.051806 7:0.049447 8:0.052311 9:0.049762 10:0.049397 11:0.050044 12:0.04993 13:0.048029 14:0.049277")),
                    "mae": Line(figures("0:0.17323 1:0.17042 2:0.16875 3:0.168 4:0.16867 5:0.16448 6:0.16755 7:0.16493 8:0.16924 9:0.16505 10:0.16433 11:0.16497 12:0.16488 13:0.16095 14:0.1624")),
                },
                config={"epochs": 15, "optimizer": "adam", "loss": "mse", "metrics": ["mae", "accuracy"]},
                planned=15, clock=Clock(210, jitter=0.02, pauses=((0, 5_400),)),
            ),
        ),
        expect=healthy(usable=False, also="resume-seam metric-missing plateau at-chance converged schedule-mismatch", never="divergence overfit no-learning loss-jump eval-regress loss-spike"),
        why="Thirty epochs, 0.102 to 0.053, and fifteen more in a second call of fit that begins to count at 0 again: 0.0539, no seam to speak of, and 0.0493 at the end. Nothing was held out. The 'accuracy' of 0.17 is of a mask between 0 and 1 that is compared with itself for equality: means nothing.",
        read=(
            "训练完成，正常：loss 0.102→0.0493，第二次 fit 从 0 重新计轮，衔接处无跳变",
            "accuracy 0.09→0.18 对回归没有意义，不要看",
            "没有验证集 → 留出一部分，并用 PESQ/STOI 判断能不能用",
        ),
    ),
)
