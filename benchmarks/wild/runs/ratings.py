"""Recommenders, tables and markets."""

from __future__ import annotations

from benchmarks.wild.case import INFO, WARNING, Case, fault, healthy, sick
from benchmarks.wild.sketch import (
    Clock,
    Line,
    Sketch,
    at,
    epochs,
    every,
    figures,
    gaussian,
    made,
    mades,
    rounded,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        name="attrec-hit-rate-best-at-the-second-epoch",
        source="slientGe/AttRec#1",
        family="supervised",
        sketch=Sketch(
            at=every(1, 30),
            lines={
                "mean_loss": Line((*figures("1:0.130139 2:0.0528188 3:0.0253366 4:0.0166349"), made(8, 0.0068), made(15, 0.0028), *figures("28:0.00114451 29:0.00107539 30:0.00104046")), scale="log", noise=(gaussian(0.02),)),
                "test HR@50": Line((*figures("1:0.322375 2:0.336161 3:0.316013 4:0.306469"), made(8, 0.283), made(15, 0.263), *figures("28:0.246023 29:0.244963 30:0.240721")), noise=(gaussian(0.003),)),
                "test MRR": Line((*figures("1:0.0353417 2:0.0330826 3:0.0339782 4:0.0332131"), made(8, 0.0301), made(15, 0.0268), *figures("28:0.0233681 29:0.0247977 30:0.0242149")), noise=(gaussian(0.0007),)),
            },
            config={"model": "AttRec", "epochs": 30},
            planned=30, clock=Clock(21, jitter=0.04),
        ),
        expect=sick(fault("overfit eval-regress", (2, 6), 18, WARNING), also="best-checkpoint-old gen-gap plateau", never="converged no-learning eval-leak divergence", unsaid=("已收敛",)),
        why="HR@50 0.336 after the second epoch and lower after nearly every one since, 0.241 at the thirtieth; MRR is best after the first. The loss goes from 0.13 to 0.001: the training pairs are known by heart (there turned out to be a slip in the code as well). Either way one uses epoch 2.",
        read=(
            "过拟合：HR@50 0.336（第 2 轮）→0.241（第 30 轮），MRR 0.035→0.024；loss 0.13→0.001",
            "→ 用第 1–2 轮的 ckpt；加 L2、dropout，lr 降一个量级",
            "loss 掉得这么快，先核对负采样与正则项是否真的生效",
        ),
    ),
    Case(
        name="song-recommender-validation-up-since-the-second-epoch",
        source="MikroMirza/Song-recommendation:lightning_logs/version_2/metrics.csv",
        family="supervised",
        sketch=Sketch(
            at=every(10, 2_229, first=9),
            lines={
                "train_loss": Line(figures("9:0.69507 19:0.69129 29:0.64931 39:0.52974 49:0.4006 59:0.39275 69:0.42955 79:0.3609 89:0.32347 99:0.33654 109:0.36559 119:0.30095 129:0.37492 139:0.26519 149:0.29608 159:0.3026 169:0.29347 179:0.3058 189:0.28483 199:0.32344 209:0.30505 219:0.31999 229:0.3075 239:0.28508 249:0.2773 259:0.23471 269:0.21351 279:0.34934 289:0.28169 299:0.24421 309:0.23781 319:0.33461 329:0.23217 339:0.25801 349:0.27798 359:0.26657 369:0.21549 379:0.24109 389:0.22466 399:0.26586 409:0.22411 419:0.23764 429:0.24181 439:0.27721 449:0.2216 459:0.16204 469:0.20982 479:0.22819 489:0.17784 499:0.16586 509:0.1382 519:0.25657 529:0.22398 539:0.23822 549:0.22306 559:0.23867 569:0.20246 579:0.20851 589:0.22306 599:0.27034 609:0.19596 619:0.1707 629:0.22139 639:0.18854 649:0.25271 659:0.20543 669:0.21511 679:0.21147 689:0.19633 699:0.27723 709:0.28626 719:0.2501 729:0.26068 739:0.24531 749:0.22763 759:0.18319 769:0.19834 779:0.25543 789:0.25303 799:0.2583 809:0.2139 819:0.19113 829:0.18408 839:0.23476 849:0.22347 859:0.23156 869:0.23157 879:0.22256 889:0.1903 899:0.23769 909:0.18916 919:0.23885 929:0.16523 939:0.27388 949:0.18657 959:0.15968 969:0.17504 979:0.20371 989:0.17982 999:0.19604 1009:0.17538 1019:0.15637 1029:0.1728 1039:0.23439 1049:0.28012 1059:0.1963 1069:0.16414 1079:0.26301 1089:0.26081 1099:0.18854 1109:0.26206 1119:0.23884 1129:0.23713 1139:0.19068 1149:0.21183 1159:0.30019 1169:0.22573 1179:0.22228 1189:0.19003 1199:0.19301 1209:0.21714 1219:0.1917 1229:0.27095 1239:0.17691 1249:0.19645 1259:0.17351 1269:0.22512 1279:0.18935 1289:0.19879 1299:0.15118 1309:0.18907 1319:0.13817 1329:0.20985 1339:0.21561 1349:0.16683 1359:0.15821 1369:0.19596 1379:0.22184 1389:0.18624 1399:0.1364 1409:0.15073 1419:0.20736 1429:0.16893 1439:0.20899 1449:0.15222 1459:0.16782 1469:0.26279 1479:0.18108 1489:0.18176 1499:0.18968 1509:0.18956 1519:0.17845 1529:0.21923 1539:0.17962 1549:0.1665 1559:0.1908 1569:0.16578 1579:0.19507 1589:0.16589 1599:0.19201 1609:0.192 1619:0.1283 1629:0.18938 1639:0.21916 1649:0.2636 1659:0.19041 1669:0.19158 1679:0.16143 1689:0.20392 1699:0.21254 1709:0.17195 1719:0.20496 1729:0.21624 1739:0.2039 1749:0.21615 1759:0.19542 1769:0.20682 1779:0.1843 1789:0.17165 1799:0.18151 1809:0.18132 1819:0.16861 1829:0.17007 1839:0.16654 1849:0.16401 1859:0.18546 1869:0.17224 1879:0.14763 1889:0.17413 1899:0.1545 1909:0.1626 1919:0.16328 1929:0.17167 1939:0.17701 1949:0.16537 1959:0.1511 1969:0.15512 1979:0.17063 1989:0.1817 1999:0.13551 2009:0.14223 2019:0.196 2029:0.2275 2039:0.22304 2049:0.17688 2059:0.16204 2069:0.1848 2079:0.22754 2089:0.19424 2099:0.18332 2109:0.17302 2119:0.17517 2129:0.22073 2139:0.26472 2149:0.19386 2159:0.1622 2169:0.17299 2179:0.19272 2189:0.19878 2199:0.18115 2209:0.22999 2219:0.15494 2229:0.16007")),
                "val_loss": Line(figures("446:0.2385946 893:0.2304093 1340:0.2326488 1787:0.2403852 2234:0.2483585"), at=at(446, 893, 1_340, 1_787, 2_234)),
                "epoch": Line(epochs(447)),
            },
            config={"max_epochs": 5},
            planned=2_235, clock=Clock(0.021, jitter=0.1, evals=(447, 2)), apart=True,
        ),
        expect=sick(fault("overfit gen-gap", (893, 1_400), 2_234, INFO, WARNING), also="eval-regress eval-underpowered best-checkpoint-old plateau converged", never="divergence no-learning eval-leak at-chance", unsaid=("已收敛",)),
        why="0.2386, 0.2304, 0.2327, 0.2404, 0.2484: three rises in a row, 8 % above the best of the second epoch, with the training loss at 0.16. Only five evaluations, but each is of the whole set and in one direction. Use the second epoch.",
        read=(
            "过拟合迹象：val loss 0.2304（第 2 轮）→0.2484，连升 3 次共 8%；train loss 约 0.16 仍在降",
            "→ 用第 2 轮的 ckpt；嵌入加正则或 dropout",
            "只评了 5 次、没有排序指标 → 加 Recall@K/NDCG 再定",
        ),
    ),
    Case(
        name="sasrec-beauty-ranking-best-at-the-first-evaluation",
        source="pmixer/SASRec.pytorch#44",
        family="supervised",
        sketch=Sketch(
            at=every(1, 100),
            lines={
                "loss": Line((made(1, 1.36), made(5, 1.17), made(10, 1.07), *figures("20:0.9931135448542509 40:0.9195027364925905 60:0.8726524730974977 80:0.8370271264152094 100:0.8132828216661107")), noise=(gaussian(0.005),)),
                "valid/NDCG@10": Line(mades((20, 0.2711), (40, 0.2684), (60, 0.2623), (80, 0.2608), (100, 0.2601)), at=every(20, 100)),
                "test/NDCG@10": Line(figures("20:0.23265257212442683 40:0.22999181973138 60:0.22371084577844116 80:0.22288970332628505 100:0.22256319716581565"), at=every(20, 100)),
                "test/HR@10": Line(figures("20:0.40654968373801265 40:0.40654968373801265 60:0.3898564008554843 80:0.3933726367147794 100:0.3890531036591581"), at=every(20, 100)),
            },
            config={"dataset": "Beauty", "num_epochs": 1000, "lr": 1e-3, "batch_size": 128, "maxlen": 50, "dropout_rate": 0.2, "hidden_units": 50},
            state="running", planned=1_000, clock=Clock(9.2, jitter=0.04, evals=(20, 60)),
        ),
        expect=sick(fault("overfit eval-regress", (20, 60), 100, INFO, WARNING), also="best-checkpoint-old eval-underpowered gen-gap plateau", never="divergence no-learning converged eval-leak", unsaid=("已收敛",)),
        why="NDCG 0.2327, 0.2300, 0.2237, 0.2229, 0.2226: down at each of five evaluations, a twentieth in all, HR likewise, while the loss falls from 0.99 to 0.81. Mild, and with 900 epochs to come. A sparse set, for which the maintainer says to set dropout to 0.5.",
        read=(
            "排序指标从第一次评估起走低：NDCG 0.2327→0.2226、HR 0.4065→0.3891（5 次评估），loss 仍在降",
            "→ 数据稀疏，dropout 提到 0.5（论文设置）并早停；先用第 20 轮的 ckpt",
            "计划 1000 轮没有必要",
        ),
    ),
    Case(
        name="tabnet-airline-train-auc-up-test-auc-level",
        source="szilard/GBM-perf#52",
        family="supervised",
        sketch=Sketch(
            at=every(1, 29, first=0),
            lines={
                "loss": Line((*figures("0:0.44987 1:0.4354 2:0.43182 3:0.42976 4:0.42863 5:0.42728 6:0.42637 7:0.42519 8:0.42452 9:0.42361 10:0.423 11:0.42323 12:0.42243 13:0.42198 14:0.42143 15:0.42132 16:0.42071"), made(29, 0.4165)), noise=(gaussian(0.0003),), then=(rounded(5),)),
                "train_auc": Line((*figures("0:0.73058 1:0.73689 2:0.74066 3:0.74279 4:0.74371 5:0.74605 6:0.74763 7:0.7487 8:0.75031 9:0.75099 10:0.7519 11:0.75327 12:0.75328 13:0.75345 14:0.75404 15:0.75608 16:0.75554"), made(29, 0.7615)), noise=(gaussian(0.0006),), then=(rounded(5),)),
                "test_EVIL_auc": Line((*figures("0:0.7269 1:0.73319 2:0.73413 3:0.73624 4:0.73222 5:0.7357 6:0.73559 7:0.73525 8:0.73182 9:0.73328 10:0.73477 11:0.73348 12:0.73355 13:0.73278 14:0.73191 15:0.73395"), made(29, 0.7315)), noise=(gaussian(0.0012),), then=(rounded(5),)),
            },
            config={"model": "TabNetClassifier", "dataset": "airline 1M"},
            clock=Clock(50, jitter=0.02),
        ),
        expect=healthy(usable=True, also="overfit gen-gap plateau best-checkpoint-old converged eval-underpowered lr-flat-stall", never="eval-regress divergence no-learning at-chance loss-jump"),
        why="0.7362 at the fourth epoch, 0.73 to 0.736 in all that follow: it has come to its end early and loses, if anything, three thousandths. The training AUC creeps ahead by two points. What trees reach on this table is about the model, not about the run.",
        read=(
            "训练完成，可用：test AUC 0.736（第 3 轮最好），之后 0.731–0.736，基本走平",
            "train AUC 0.73→0.76 拉开约 3 个百分点，test 只少 0.004，用第 3–7 轮的 ckpt 即可",
            "与 GBM 的差距在模型，不在这次训练",
        ),
    ),
    Case(
        name="volatility-transformer-loss-mirrors-itself-after-thirteen",
        source="MarkDeng86/VolatilityPredictionDeepLearning:training_history.csv",
        family="supervised",
        sketch=Sketch(
            at=every(1, 19),
            lines={
                "train_loss": Line(figures("1:2.5795 2:2.3769 3:1.6537 4:1.3002 5:1.1004 6:0.88529 7:0.6702 8:0.49627 9:0.33901 10:0.2087 11:0.11386 12:0.069412 13:0.060907 14:0.067362 15:0.11036 16:0.20362 17:0.3338 18:0.46246 19:0.55354")),
                "val_loss": Line(figures("1:2.7237 2:2.99 3:0.80671 4:1.0306 5:1.6978 6:0.98054 7:0.77886 8:0.3836 9:0.32175 10:0.078085 11:0.07036 12:0.065838 13:0.060386 14:0.075936 15:0.11142 16:0.32763 17:0.33099 18:0.72711 19:0.1808")),
            },
            config={"num_epochs": 20, "batch_size": 512, "optimizer": "AdamW + Muon", "lr_adamw": 3e-5, "lr_muon": 1e-3, "weight_decay": 0.05, "scheduler": "warmup + CosineAnnealingLR"},
            state="running", planned=20, clock=Clock(1_260, jitter=0.02, pauses=((14, 9_000),)),
        ),
        expect=sick(fault("divergence schedule-mismatch loss-jump eval-regress lr-anomaly", (14, 16), 19, WARNING), also="best-checkpoint-old oscillation overfit resume-seam eval-underpowered", never="converged no-learning eval-leak lr-zero", unsaid=("已收敛",)),
        why="2.58 down to 0.061 in thirteen epochs and up again the same way, 0.067, 0.11, 0.20, 0.33, 0.46, 0.55, on both sides: not overfitting (train rises as well) but a cosine that was too short, or stepped twice after a resume, and goes up again behind its end. The lr is not logged. Best at 13.",
        read=(
            "13 轮后训练和验证一起变差：train 0.061→0.55，val 0.060→0.73/0.18，不是过拟合",
            "形状与前半段对称：很像 CosineAnnealingLR 的 T_max 偏小、过了最低点又升回来 → 核对总步数与续训后是否重复 step，并把 lr 记下来",
            "→ 用第 13 轮的 ckpt，从那里按剩余步数重建 scheduler",
        ),
    ),
)
