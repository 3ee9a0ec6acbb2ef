"""Models that never got anything right, as their owners asked about them in threads."""

from __future__ import annotations

from benchmarks.wild.case import WARNING, Case, fault, sick
from benchmarks.wild.sketch import (
    Clock,
    Line,
    Sketch,
    clipped,
    every,
    figures,
    flat,
    gaussian,
    level,
    lognormal,
    made,
    real,
    rounded,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        name="cnocr-own-characters-accuracy-nought-while-the-loader-starves",
        source="breezedeus/CnOCR#30",
        family="supervised",
        sketch=Sketch(
            at=every(50, 6_000),
            lines={
                "Speed": Line(figures("50:206.17 100:201.66 150:203.91 200:110.77 250:94.24 300:86.97 350:75.89 400:78.00 450:96.04 500:111.99 550:206.19 600:203.22 6000:204"), noise=(gaussian((made(50, 0.0), made(600, 0.5), made(700, 4.0), made(6_000, 4.0))),)),
                "accuracy": Line((*figures("50:0 100:0 150:0 200:0 250:0 300:0 350:0 400:0 450:0 500:0 550:0 600:0"), real(6_000, 0.0)), then=(flat(0.0),)),
            },
            config={"batch_size": 128},
            state="running", clock=Clock(0.63, jitter=0.05),
        ),
        expect=sick(fault("success-zero no-learning metric-dead", (50, 2_000), 4_500, WARNING), also="throughput-drop at-chance plateau data-bound", never="overfit converged divergence", unsaid=("已收敛",)),
        why="Six thousand batches of own data without one right line, exactly 0, with no loss printed. In between the speed fell from 206 to 76 samples a second for eight records and came back: the disk, another matter. The labels do not match the character table of the model.",
        read=(
            "6000 批 accuracy 一直恰为 0：模型没学到（约 77 万样本里一条都没对）",
            "→ 先查标签与字符表是否对应、图像是否反色/高度不符；打印 loss，用 100 张图过拟合试验",
            "200–500 批速度 206→76 又恢复，是读盘抖动，另一回事",
        ),
    ),
    Case(
        name="lstm-ctc-hundred-thirty-epochs-cost-twenty-two",
        source="ilovin/lstm_ctc_ocr#2",
        family="supervised",
        sketch=Sketch(
            at=every(1, 180),
            lines={
                "accuracy": Line((real(130, 0.000), real(131, 0.000)), then=(flat(0.0),)),
                "train_cost": Line((made(1, 26.4), made(3, 22.6), made(15, 21.99), made(60, 21.94), real(130, 21.917), real(131, 21.915), made(180, 21.905)), noise=(gaussian(0.004),), then=(rounded(3),)),
                "lastbatch_err": Line((made(1, 1.0), made(5, 0.986), real(130, 0.983), real(131, 0.983), made(180, 0.983)), noise=(gaussian(0.0015),), then=(clipped(0, 1), rounded(3))),
                "time": Line((real(130, 110.495), real(131, 154.524)), then=(flat(118), lognormal(0.12))),
            },
            config={"num_epochs": 10_000},
            step_key="epoch", state="running", planned=10_000, clock=Clock(120, jitter=0.12),
        ),
        expect=sick(fault("success-zero no-learning plateau metric-dead", (1, 60), 140, WARNING), also="at-chance lr-flat-stall eta-target converged", never="overfit divergence grad-explode", unsaid=("已收敛",)),
        why="CTC at its plateau: after three epochs the net has learnt that blanks are frequent, a cost of 21.9, an error of 0.983 per symbol, one letter for every picture; and 130 epochs later it is the same to the hundredth. Four hours and a half. Some get off it with another lr or a first phase of short words; this one will not by waiting.",
        read=(
            "卡在 CTC 平台：accuracy 130 轮都是 0，cost 3 轮后停在 21.9，符号错误率 0.983",
            "解码全是单个字母 → 只学到“多数是 blank”",
            "→ lr 试大/小 10 倍、换 Adam，先用短字符串/100 张图过拟合；继续等没有用",
        ),
    ),
    Case(
        name="keras-rare-class-every-epoch-the-same-four-digits",
        source="piaic-official/AI-Q2-learning-resources#16",
        family="supervised",
        sketch=Sketch(
            at=every(1, 100),
            lines={
                "loss": Line((real(1, 0.0291), real(2, 0.0266), real(10, 0.0266), real(100, 0.0266)), noise=(gaussian((made(1, 0.0), made(10, 0.00002))),), then=(rounded(4),)),
                "accuracy": Line((real(1, 0.9980), real(2, 0.9983), real(100, 0.9983)), then=(rounded(4),)),
                "val_loss": Line((real(1, 0.0265), real(9, 0.0265), real(100, 0.0265)), then=(rounded(4),)),
                "val_accuracy": Line((real(1, 0.9983), real(100, 0.9983)), then=(rounded(4),)),
            },
            config={"epochs": 100, "batch_size": 32},
            step_key="epoch", planned=100, clock=Clock(3.4, jitter=0.04),
        ),
        expect=sick(fault("metric-dead no-learning plateau", (1, 20), 60, WARNING), also="converged lr-flat-stall at-chance", never="overfit divergence grad-vanish lr-zero", unsaid=("已收敛",)),
        why="0.0266 and 0.9983 from the second epoch to the hundredth: the net says the frequent class to everything, of 142,000 transactions 0.17 % being of the other. The accuracy is the share of that class. It looks like the best run of the year and has found nothing.",
        read=(
            "第 2 轮起 loss 0.0266、acc 0.9983 一位不变：模型只输出多数类，没学到少数类（约 0.17%）",
            "0.9983 就是多数类比例，不是效果好",
            "→ 看 PR-AUC/召回和混淆矩阵；特征标准化、类别加权或过采样",
        ),
    ),
    Case(
        name="snorkel-bilstm-batches-about-ln-two",
        source="snorkel-team/snorkel#870",
        family="supervised",
        sketch=Sketch(
            at=every(1, 420),
            lines={
                "loss": Line((made(1, 0.79), made(3, 0.74), *figures("5:0.845315 6:0.706016 7:0.717638 8:0.77187 9:0.731818 10:0.762896 11:0.690147 12:0.7032 13:0.745951 14:0.950101 15:0.717052 16:0.712117 17:0.700079 18:0.718837 19:0.714996 20:0.694084 21:0.70559 22:0.671527 23:0.713507 24:0.746347 25:0.696672 26:0.703526"), made(27, 0.703), made(80, 0.697), made(420, 0.6945)), noise=(gaussian((made(1, 0.05), made(30, 0.022), made(420, 0.02))),), then=(rounded(6),)),
            },
            step_key="batch step", state="running", clock=Clock(8.3, jitter=0.06),
        ),
        expect=sick(fault("at-chance no-learning plateau", (1, 80), 240, WARNING), also="lr-flat-stall eta-target", never="overfit converged divergence loss-spike oscillation", unsaid=("已收敛",)),
        why="One column. The first batches scatter between 0.67 and 0.95, then everything lies about 0.69 with less and less to either side: ln 2, a coin. Single batches look lower now and then, the mean does not; an hour later it is no other. The candidates' marginals that it is trained on were all a half.",
        read=(
            "loss 一直在 0.69–0.70（ln2）附近，420 批没有下降：等于抛硬币",
            "单批 0.67 的低值只是波动，均值没动",
            "→ 先查训练标签（弱监督概率是否都接近 0.5）、类别编码，再试 lr",
        ),
    ),
    Case(
        name="wav2letter-streaming-convnets-a-hundred-percent-wrong",
        source="flashlight/wav2letter#848",
        family="supervised",
        sketch=Sketch(
            at=every(1_000, 60_000),
            lines={
                "lr": Line((real(40_000, 2.0),)),
                "lrcriterion": Line((real(40_000, 0.0),)),
                "bch(ms)": Line((real(40_000, 452.61), real(41_000, 450.52), real(42_000, 453.58)), noise=(gaussian(1.5),)),
                "smp(ms)": Line((real(40_000, 292.92), real(41_000, 291.20), real(42_000, 291.64)), noise=(gaussian(0.9),)),
                "loss": Line((made(1_000, 118.0), made(4_000, 88.0), level(12_000, 80.5), real(40_000, 78.45905), real(41_000, 80.94342), real(42_000, 81.52560), made(60_000, 80.2)), noise=(gaussian(1.1),)),
                "train-TER": Line((made(1_000, 100.0), made(6_000, 92.0), real(40_000, 88.72), real(41_000, 96.27), real(42_000, 91.48), made(60_000, 91.5)), noise=(gaussian(2.8),), then=(rounded(2),)),
                "train-WER": Line((made(1_000, 100.0), real(40_000, 100.33), real(41_000, 100.73), real(42_000, 102.58), made(60_000, 101.2)), noise=(gaussian(0.7),), then=(rounded(2),)),
                "dev-clean-loss": Line((made(1_000, 43.0), made(5_000, 30.0), real(40_000, 23.74148), real(41_000, 28.18108), real(42_000, 31.26792), made(60_000, 27.5)), noise=(gaussian(2.6),)),
                "dev-clean-TER": Line((made(1_000, 100.0), made(6_000, 90.0), real(40_000, 87.65), real(41_000, 94.86), real(42_000, 79.52), made(60_000, 87.5)), noise=(gaussian(4.2),), then=(rounded(2),)),
                "dev-clean-WER": Line((made(1_000, 100.0), real(40_000, 100.47), real(41_000, 99.29), real(42_000, 100.39), made(60_000, 100.1)), noise=(gaussian(0.45),), then=(rounded(2),)),
                "thrpt(sec/sec)": Line((real(40_000, 222.56), real(41_000, 221.89), made(60_000, 222.5)), noise=(gaussian(1.6),)),
            },
            step_key="nupdates", state="running", clock=Clock(0.4525, jitter=0.004),
        ),
        expect=sick(fault("no-learning success-zero plateau at-chance", (1_000, 20_000), 42_000, WARNING), also="eval-underpowered data-bound lr-flat-stall gen-gap metric-dead eval-leak", never="overfit converged divergence impossible-value lr-zero", unsaid=("已收敛",)),
        why="Forty-two thousand updates: a hundred words wrong in a hundred, in training as in development, the letters at 80 to 96 %, the loss where it was after ten thousand. WER above 100 is possible (insertions). An lr of 2 with a batch of that size. Two thirds of each step is waiting for samples, too.",
        read=(
            "4 万步没学到：train/dev WER 一直约 100%（插入错误可超过 100），TER 80–96%，loss 万步后不再降",
            "→ lr=2.0 太大：降到 0.1–0.4 并加 warmup，先在 100 条上过拟合；核对 token/lexicon",
            "另外每步 65% 时间在等样本（smp 292/453 ms），加数据线程",
        ),
    ),
)
