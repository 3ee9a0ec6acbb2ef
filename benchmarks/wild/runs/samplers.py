"""What draws samples: VAEs, flows, diffusion and a GAN of tables."""

from __future__ import annotations

from benchmarks.wild.case import CRITICAL, INFO, WARNING, Case, fault, healthy, sick
from benchmarks.wild.columns import total
from benchmarks.wild.sketch import (
    NAN,
    Clock,
    Derived,
    K,
    Line,
    Sketch,
    ar1,
    at,
    clipped,
    constant,
    count,
    epochs,
    every,
    figures,
    flat,
    gaussian,
    level,
    linear_decay,
    lognormal,
    made,
    mades,
    onward,
    real,
    rounded,
    student,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        name="dense-vae-on-summed-losses-settled-long-ago",
        source="Martinmbiro/variational-autoencoder:logs/metrics.csv",
        family="vae",
        sketch=Sketch(
            at=every(468, 46_799, first=467),
            lines={
                "kl_loss": Line(figures("467:1542.31 935:2230.72 1403:2239.36 1871:2180.81 2339:2226.18 2807:2259.85 3275:2184.46 3743:2070.04 4211:2017.67 4679:2001.68 5147:2005.08 5615:2019.45 6083:2031.89 6551:2048.59 7019:2058.44 7487:2064.24 7955:2070.89 8423:2077.4 8891:2077.91 9359:2075.63 9827:2085.34 10295:2084.84 10763:2083.49 11231:2085.21 11699:2087.56 12167:2087.87 12635:2084.12 13103:2083.58 13571:2082.71 14039:2083.74 14507:2081.76 14975:2085.16 15443:2081.3 15911:2082.07 16379:2082.7 16847:2081.33 17315:2078.3 17783:2079.63 18251:2079.5 18719:2075.3 19187:2078.24 19655:2077.23 20123:2079.6 20591:2077.72 21059:2077.49 21527:2072.91 21995:2076.39 22463:2077.2 22931:2072.11 23399:2073.52 23867:2073.9 24335:2072.93 24803:2072.42 25271:2071.3 25739:2073.95 26207:2069.57 26675:2072.72 27143:2071.42 27611:2067.75 28079:2068.44 28547:2070.03 29015:2070.25 29483:2069.96 29951:2071 30419:2071.83 30887:2067 31355:2067.83 31823:2065.44 32291:2066.45 32759:2068.41 33227:2069.57 33695:2068.11 34163:2066.89 34631:2068.89 35099:2070.39 35567:2065.58 36035:2067.43 36503:2066.7 36971:2070.06 37439:2067.68 37907:2068.35 38375:2067.74 38843:2066.72 39311:2066.57 39779:2068.87 40247:2065.59 40715:2067.28 41183:2069.67 41651:2070.81 42119:2069.34 42587:2068.2 43055:2070.61 43523:2068.81 43991:2068.81 44459:2065.48 44927:2067.13 45395:2066.78 45863:2066.82 46331:2066.09 46799:2067.06")),
                "recon_loss": Line(figures("467:57222.2 935:38144.9 1403:34441.5 1871:33314.8 2339:32665 2807:32028 3275:31383.2 3743:30791.4 4211:30339.9 4679:30012 5147:29773.2 5615:29581.6 6083:29445.2 6551:29351.7 7019:29264 7487:29198.9 7955:29145 8423:29099.6 8891:29060.5 9359:29019.3 9827:28995.4 10295:28962.8 10763:28935.7 11231:28910.3 11699:28894.4 12167:28873.5 12635:28856.1 13103:28834.4 13571:28827.4 14039:28804.9 14507:28793 14975:28784.1 15443:28767 15911:28757.4 16379:28746.8 16847:28735.5 17315:28722.2 17783:28712.9 18251:28701.3 18719:28689.5 19187:28687.2 19655:28675.1 20123:28667.5 20591:28657.9 21059:28647.3 21527:28643.1 21995:28638.5 22463:28624.6 22931:28618.4 23399:28609.5 23867:28605 24335:28592.9 24803:28589.9 25271:28586.3 25739:28576.7 26207:28570.9 26675:28563 27143:28557.9 27611:28549.9 28079:28543.4 28547:28533 29015:28533.9 29483:28528.2 29951:28523 30419:28514.6 30887:28508.7 31355:28504.6 31823:28498.9 32291:28494.8 32759:28491.4 33227:28486.5 33695:28482 34163:28473.4 34631:28472.5 35099:28470.1 35567:28465.2 36035:28458.9 36503:28454.2 36971:28450.5 37439:28444.3 37907:28445.8 38375:28443.9 38843:28441.6 39311:28434.6 39779:28430.8 40247:28434.3 40715:28426.6 41183:28426.6 41651:28427.4 42119:28422.1 42587:28421.7 43055:28418.4 43523:28419 43991:28419.6 44459:28415.7 44927:28419.4 45395:28417.6 45863:28413.1 46331:28415.3 46799:28418.4")),
                "train_loss": Line(figures("467:58764.5 935:40375.6 1403:36680.9 1871:35495.6 2339:34891.2 2807:34287.8 3275:33567.7 3743:32861.4 4211:32357.6 4679:32013.7 5147:31778.2 5615:31601.1 6083:31477.1 6551:31400.3 7019:31322.4 7487:31263.1 7955:31215.9 8423:31177 8891:31138.4 9359:31094.9 9827:31080.8 10295:31047.6 10763:31019.2 11231:30995.5 11699:30981.9 12167:30961.3 12635:30940.3 13103:30917.9 13571:30910.1 14039:30888.6 14507:30874.8 14975:30869.3 15443:30848.2 15911:30839.5 16379:30829.5 16847:30816.9 17315:30800.5 17783:30792.5 18251:30780.8 18719:30764.8 19187:30765.5 19655:30752.3 20123:30747.1 20591:30735.6 21059:30724.8 21527:30716 21995:30714.9 22463:30701.8 22931:30690.5 23399:30683 23867:30678.9 24335:30665.8 24803:30662.4 25271:30657.6 25739:30650.7 26207:30640.5 26675:30635.7 27143:30629.3 27611:30617.6 28079:30611.8 28547:30603 29015:30604.1 29483:30598.2 29951:30594 30419:30586.5 30887:30575.7 31355:30572.4 31823:30564.3 32291:30561.3 32759:30559.8 33227:30556 33695:30550.1 34163:30540.3 34631:30541.4 35099:30540.6 35567:30530.7 36035:30526.3 36503:30520.9 36971:30520.5 37439:30512 37907:30514.2 38375:30511.7 38843:30508.4 39311:30501.2 39779:30499.7 40247:30499.9 40715:30493.9 41183:30496.3 41651:30498.2 42119:30491.4 42587:30489.9 43055:30489 43523:30487.9 43991:30488.4 44459:30481.2 44927:30486.6 45395:30484.4 45863:30479.9 46331:30481.4 46799:30485.4")),
                "epoch": Line(epochs(468)),
            },
            config={"max_epochs": 100, "batch_size": 128},
            planned=46_800, clock=Clock(0.012, jitter=0.05),
        ),
        expect=healthy(usable=False, also="plateau converged scale-mismatch metric-missing component-dominates", never="kl-collapse kl-explode divergence no-learning overfit loss-spike loss-decomposition-mismatch"),
        why="Sums over a batch of 128: 30,490 is 238 a picture, of which 16 are KL, and alive: 1,542, up to 2,226, and steady at 2,067. Ever slower, 0.02 % an epoch at last. Big numbers are no fault of their own. No held-out set.",
        read=(
            "训练完成，正常：loss 58760→30490（按 batch 求和，约 238/张），末段每轮只降 0.02%",
            "KL 稳在 2067（约 16/张），隐变量在用，没有坍塌",
            "没有验证集，能否用看重建与采样图",
        ),
    ),
    Case(
        name="lyrics-and-audio-vae-warm-up-of-beta-ends-in-silence",
        source="RazinSufian/VAE_Music_Clustering:results/training_history.csv",
        family="vae",
        sketch=Sketch(
            at=every(1, 99, first=0),
            lines={
                "loss": Line(figures("0:1.1423 1:1.0994 2:1.0578 3:1.0426 4:1.0384 5:1.0371 6:1.0438 7:1.044 8:1.0432 9:1.0508 10:1.0483 11:1.0537 12:1.0575 13:1.0557 14:1.0648 15:1.0666 16:1.0591 17:1.0605 18:1.0602 19:1.0585 20:1.0597 21:1.059 22:1.0587 23:1.0606 24:1.0596 25:1.0619 26:1.0614 27:1.0647 28:1.0601 29:1.0583 30:1.0597 31:1.0611 32:1.0605 33:1.0613 34:1.0592 35:1.0601 36:1.0611 37:1.0613 38:1.0618 39:1.0599 40:1.0588 41:1.0593 42:1.0589 43:1.0599 44:1.0601 45:1.06 46:1.0601 47:1.0596 48:1.0596 49:1.0607 50:1.0612 51:1.0595 52:1.0587 53:1.0598 54:1.0581 55:1.0578 56:1.0599 57:1.0594 58:1.0588 59:1.0583 60:1.06 61:1.0578 62:1.0572 63:1.0581 64:1.0579 65:1.0584 66:1.0578 67:1.0589 68:1.0573 69:1.0574 70:1.0583 71:1.0586 72:1.0585 73:1.0583 74:1.057 75:1.0568 76:1.0577 77:1.0574 78:1.0579 79:1.0585 80:1.0555 81:1.0558 82:1.0586 83:1.0578 84:1.0563 85:1.0589 86:1.0564 87:1.0569 88:1.0577 89:1.0576 90:1.0567 91:1.0575 92:1.0567 93:1.0572 94:1.0583 95:1.0566 96:1.0568 97:1.0574 98:1.0566 99:1.0562")),
                "audio": Line(figures("0:1.039 1:0.9559 2:0.92249 3:0.9 4:0.88747 5:0.88044 6:0.88049 7:0.87993 8:0.87724 9:0.88187 10:0.88237 11:0.88785 12:0.89226 13:0.89413 14:0.90469 15:0.90799 16:0.90563 17:0.91255 18:0.91476 19:0.91569 20:0.9196 21:0.92263 22:0.92441 23:0.92864 24:0.93043 25:0.93491 26:0.93657 27:0.94096 28:0.93954 29:0.94014 30:0.94025 31:0.94259 32:0.94142 33:0.94397 34:0.94381 35:0.94366 36:0.94455 37:0.94518 38:0.94557 39:0.9457 40:0.94508 41:0.94521 42:0.94466 43:0.94574 44:0.94619 45:0.94529 46:0.94565 47:0.94551 48:0.94598 49:0.94615 50:0.94746 51:0.94601 52:0.94554 53:0.94496 54:0.94566 55:0.94484 56:0.94639 57:0.9461 58:0.94619 59:0.94552 60:0.94716 61:0.9447 62:0.94512 63:0.94549 64:0.94564 65:0.94599 66:0.94532 67:0.94536 68:0.94525 69:0.94523 70:0.94662 71:0.94609 72:0.94556 73:0.9454 74:0.94516 75:0.94547 76:0.94601 77:0.9449 78:0.94612 79:0.94591 80:0.9432 81:0.94413 82:0.94653 83:0.94543 84:0.94354 85:0.94573 86:0.94406 87:0.94489 88:0.94568 89:0.94574 90:0.94454 91:0.94526 92:0.94442 93:0.94543 94:0.94564 95:0.94511 96:0.94498 97:0.94526 98:0.94472 99:0.94489")),
                "text": Line(figures("0:1.0323 1:1.0033 2:1.004 3:1.006 4:1.0049 5:0.99631 6:1.0044 7:0.99922 8:1.0026 9:1.0037 10:0.99544 11:0.99423 12:1.0031 13:1.0002 14:0.99837 15:0.99824 16:1.0006 17:0.99539 18:0.99848 19:1.001 20:1.0012 21:0.99718 22:0.99521 23:0.99684 24:1.0007 25:1.0027 26:1.0015 27:0.99738 28:0.9947 29:0.99544 30:0.99904 31:0.99935 32:1.0018 33:0.99631 34:0.99317 35:1.0047 36:1.0008 37:1.0007 38:1.002 39:0.99629 40:0.99989 41:0.99817 42:0.99986 43:1.0011 44:0.99866 45:1.0018 46:1.004 47:0.99812 48:0.99528 49:0.99658 50:1.0026 51:0.99544 52:0.99919 53:1.0045 54:0.9948 55:0.99578 56:1.0001 57:1.004 58:1.0005 59:1.0035 60:1.0041 61:1.0002 62:0.99874 63:0.99752 64:0.99736 65:1.002 66:1 67:1.0002 68:1.001 69:0.9977 70:0.99977 71:0.99581 72:1.0018 73:1.0036 74:0.99984 75:0.99452 76:0.99484 77:1.0013 78:0.99993 79:1.0039 80:0.99584 81:0.99868 82:1.0039 83:0.99993 84:0.99748 85:1.0042 86:0.99718 87:1.0005 88:0.99973 89:0.99921 90:0.99894 91:1.0028 92:0.99898 93:0.99767 94:1.0057 95:0.99672 96:0.99662 97:1.0009 98:0.99629 99:0.99645")),
                "kl": Line(figures("0:9.8895 1:2.1597 2:0.87161 3:0.70003 4:0.63083 5:0.57056 6:0.52395 7:0.45848 8:0.41081 9:0.38058 10:0.332 11:0.30204 12:0.27041 13:0.23672 14:0.21516 15:0.19594 16:0.16704 17:0.14249 18:0.1267 19:0.1124 20:0.099978 21:0.087162 22:0.079044 23:0.070109 24:0.060686 25:0.05341 26:0.04738 27:0.044514 28:0.037681 29:0.032176 30:0.032619 31:0.029891 32:0.029504 33:0.026775 34:0.023614 35:0.022745 36:0.022843 37:0.021743 38:0.021093 39:0.018632 40:0.017112 41:0.017453 42:0.01699 43:0.016305 44:0.016 45:0.016092 46:0.015287 47:0.015202 48:0.01473 49:0.015179 50:0.013506 51:0.013929 52:0.013276 53:0.014352 54:0.012915 55:0.013393 56:0.013481 57:0.012907 58:0.012527 59:0.012462 60:0.012444 61:0.013045 62:0.012197 63:0.012897 64:0.01249 65:0.012184 66:0.012469 67:0.013561 68:0.011903 69:0.012416 70:0.011689 71:0.012884 72:0.012722 73:0.012592 74:0.011822 75:0.01187 76:0.01224 77:0.012408 78:0.011743 79:0.012232 80:0.012739 81:0.011839 82:0.01163 83:0.012343 84:0.013 85:0.01275 86:0.01258 87:0.012004 88:0.012091 89:0.01193 90:0.012301 91:0.01195 92:0.012427 93:0.011965 94:0.012065 95:0.011836 96:0.012158 97:0.012037 98:0.012274 99:0.011694")),
                "beta": Line(figures("0:0 1:0.02 2:0.04 3:0.06 4:0.08 5:0.1 6:0.12 7:0.14 8:0.16 9:0.18 10:0.2 11:0.22 12:0.24 13:0.26 14:0.28 15:0.3 16:0.32 17:0.34 18:0.36 19:0.38 20:0.4 21:0.42 22:0.44 23:0.46 24:0.48 25:0.5 26:0.52 27:0.54 28:0.56 29:0.58 30:0.6 31:0.62 32:0.64 33:0.66 34:0.68 35:0.7 36:0.72 37:0.74 38:0.76 39:0.78 40:0.8 41:0.82 42:0.84 43:0.86 44:0.88 45:0.9 46:0.92 47:0.94 48:0.96 49:0.98 50:1 51:1 52:1 53:1 54:1 55:1 56:1 57:1 58:1 59:1 60:1 61:1 62:1 63:1 64:1 65:1 66:1 67:1 68:1 69:1 70:1 71:1 72:1 73:1 74:1 75:1 76:1 77:1 78:1 79:1 80:1 81:1 82:1 83:1 84:1 85:1 86:1 87:1 88:1 89:1 90:1 91:1 92:1 93:1 94:1 95:1 96:1 97:1 98:1 99:1")),
            },
            config={"LATENT_DIM": 64, "BATCH_SIZE": 64, "EPOCHS": 100, "MAX_BETA": 1.0, "WARMUP_EPOCHS": 50, "LR_PATIENCE": 10, "LR_FACTOR": 0.5},
            planned=100, clock=Clock(1.6, jitter=0.06),
        ),
        expect=sick(
            fault("kl-collapse", (3, 45), 75, WARNING),
            also="no-learning plateau component-dead component-dominates converged loss-decomposition-mismatch lr-flat-stall",
            never="overfit divergence kl-explode", unsaid=("已收敛", "可用：是"),
        ),
        why="KL 9.9 nats, 0.38 at epoch 9, 0.02 at 36, 0.0117 at the end, over 64 dimensions: the latent is empty, and it is for the latent (clusters) that the thing is trained. What both heads return is the mean of the data: the text error stands at 1.00, its variance, from the beginning, and the audio error, 0.877 while beta was near 0, "
        "goes back to 0.945 as beta rises. A total that stands at 1.06 says nothing of all that.",
        read=(
            "KL 坍塌：9.9→0.012 nats（64 维），β 升到 0.5 前就基本归零，隐变量没在用，聚类不可信",
            "text 重建停在 1.00（等于方差），audio 0.877（第 8 轮）→0.945 随 β 上升变差",
            "→ MAX_BETA 降到 0.01–0.1 或用 free bits、KL 按维求均值要与重建同口径；先核对 loss 对维度求的是均值还是和",
        ),
    ),
    Case(
        name="tabular-gan-nan-from-the-second-step",
        source="AIRI-Institute/genrisk:lightning_logs/version_0/metrics.csv",
        family="gan",
        sketch=Sketch(
            at=every(1, 319, first=0),
            lines={
                "train_disc_loss": Line((real(0, 1.6226933508321501e24),), then=(onward(1, NAN),)),
                "train_gen_loss": Line((real(0, NAN),), then=(flat(NAN),)),
                "epoch": Line(epochs(4)),
            },
            config={"max_epochs": 80},
            planned=320, clock=Clock(0.06, jitter=0.2), apart=True,
        ),
        expect=sick(fault("nan-inf", (0, 1), 20, CRITICAL), also="divergence scale-mismatch impossible-value gan-collapse masked-nan", never="converged overfit lr-zero", unsaid=("已收敛", "已恢复")),
        why="A discriminator loss of 1.6e24 at the first step and NaN in both for the 319 that follow. That is data, not training: columns that are not scaled (returns of prices, divisions by zero), or a matrix that is inverted and cannot be. There is no ckpt to go back to.",
        read=(
            "🔴 第 1 步 disc loss 1.6e24，之后两个 loss 全是 NaN，80 轮都没在训练",
            "首步就坏：是输入数据，不是 lr → 查缺失值/Inf、列标准化、矩阵求逆加 eps",
            "没有可回退的 ckpt；修好后用 1 个 batch 先验证 loss 有限",
        ),
    ),
    Case(
        name="meanflow-cifar-loss-stands-at-six-fid-does-not",
        source="Gsunshine/py-meanflow#1",
        family="diffusion",
        sketch=Sketch(
            at=every(500, 200 * K),
            lines={
                "train_loss": Line((made(500, 11.5), made(3_000, 6.6), level(10_000, 5.9), level(200_000, 5.9)), noise=(gaussian(0.09),), then=(rounded(4),)),
                "lr": Line((made(500, 3e-5), made(10_000, 6e-4), made(200_000, 6e-4))),
                "fid": Line(mades((10_000, 96.0), (20_000, 41.0), (40_000, 18.5), (80_000, 8.9), (120_000, 6.1), (160_000, 4.9), (200_000, 4.3)), scale="log", noise=(gaussian(0.02),), at=every(10_000, 200_000)),
            },
            config={"dataset": "cifar10"},
            state="running", clock=Clock(0.31, jitter=0.02, evals=(10_000, 240)),
        ),
        expect=healthy(usable=True, also="plateau eta-target", never="no-learning converged divergence overfit eval-regress lr-flat-stall at-chance scale-mismatch"),
        why="The loss falls to 5.9 in ten thousand steps and stays for the next 190,000: an adaptively weighted loss of a target that moves with the net, it cannot show progress. FID does: 96 to 4.3, better at each evaluation. Two people in the thread see the same.",
        read=(
            "训练中，正常：FID 96→4.3，次次更好",
            "loss 一万步后停在 5.9 是 MeanFlow 自适应加权的特点，不代表停滞，只看 FID",
            "按 FID 选 ckpt，继续训仍有收益",
        ),
    ),
    Case(
        name="flow-matching-cifar-best-fid-before-the-half",
        source="facebookresearch/flow_matching#68",
        family="diffusion",
        sketch=Sketch(
            at=every(1, 2_999, first=0),
            lines={
                "train_loss": Line((made(0, 0.62), made(10, 0.232), made(100, 0.2075), made(600, 0.2005), made(1_400, 0.1975), made(2_999, 0.1948)), noise=(gaussian(0.0011),)),
                "lr": Line(constant(1e-4)),
                "fid": Line((made(99, 11.8), made(199, 6.9), made(399, 4.4), made(699, 3.52), made(999, 3.24), real(1_399, 3.09), made(1_799, 3.2), made(2_399, 3.46), made(2_999, 3.74)), noise=(gaussian(0.03),), at=every(100, 2_999, first=99), then=(clipped(3.09),)),
            },
            config={"dataset": "cifar10", "batch_size": 64, "nodes": 1, "epochs": 3000, "eval_frequency": 100, "lr": 1e-4, "use_ema": True, "ode_method": "heun2", "edm_schedule": True},
            planned=3_000, clock=Clock(54, jitter=0.01, evals=(100, 1_500)),
        ),
        expect=healthy(usable=True, also="best-checkpoint-old eval-regress overfit plateau converged lr-flat-stall", never="divergence no-learning loss-jump at-chance"),
        why="3.09 at epoch 1,399 of 3,000 is the best; afterwards the training loss still falls by a hair and the FID drifts up to 3.7: the set is being learnt by heart, as with every diffusion model on CIFAR left alone that long. The ckpt of 1,399 is good; 2.07 in the paper is eight GPUs, thus eight times the batch.",
        read=(
            "训练完成，可用第 1399 轮：FID 3.09；之后缓慢变差到约 3.7，后一半收益为负",
            "loss 仍微降、FID 变差是记忆训练集的常见现象",
            "→ 与论文 2.07 的差距先看总 batch（64×8）与 lr 恒定",
        ),
    ),
    Case(
        name="improved-diffusion-cifar-fid-seven-then-eighteen-then-eleven",
        source="openai/improved-diffusion#16",
        family="diffusion",
        sketch=Sketch(
            at=every(500, 300 * K),
            lines={
                "mse": Line(mades((500, 0.158), (5_000, 0.0605), (50_000, 0.0499), (300_000, 0.0476)), scale="log", noise=(gaussian(0.035),)),
                "vb": Line(mades((500, 2.1e-3), (5_000, 1.4e-3), (300_000, 1.1e-3)), scale="log", noise=(gaussian(0.2),)),
                "loss": total("mse", "vb"),
                "grad_norm": Line(mades((500, 0.9), (5_000, 0.23), (300_000, 0.12)), scale="log", noise=(student(0.18),)),
                "samples": Line(count(128)),
                "fid": Line(figures("80:12 90:7.67 100:16.88 150:7.78 200:6.65 250:18.43 300:11.51", 1_000), at=at(80_000, 90_000, 100_000, 150_000, 200_000, 250_000, 300_000)),
            },
            config={"lr": 1e-4, "batch_size": 128, "diffusion_steps": 4000, "noise_schedule": "cosine", "learn_sigma": True, "ema_rate": "0.9999", "dropout": 0.3, "timestep_respacing": "100"},
            state="running", planned=500_000, clock=Clock(0.52, jitter=0.02, evals=(50_000, 5_000)),
        ),
        expect=sick(fault("eval-underpowered oscillation eval-regress", (90_000, 250_000), 300_000, INFO), also="best-checkpoint-old plateau overfit", never="divergence converged no-learning loss-spike nan-inf lr-zero", unsaid=("已收敛",)),
        why="12.0, 7.7, 16.9, 7.8, 6.7, 18.4, 11.5: with 50,000 samples FID has a scatter of a tenth, and the loss is as quiet as can be. So it is what is being sampled that changes: now the averaged weights, now those of the moment. A training that is well, and an evaluation that cannot be used to choose anything.",
        read=(
            "FID 7.7→16.9→7.8→6.7→18.4→11.5 来回跳，loss 却一直平稳：问题在评估，不在训练",
            "→ 先核对每次是否都加载 ema_0.9999_*.pt（不是 model_*.pt），采样步数和样本数一致",
            "核对清楚前不要按 FID 选 ckpt",
        ),
    ),
    Case(
        name="ltx-video-lora-loss-around-four-tenths",
        source="Lightricks/LTX-Video-Trainer#37",
        family="diffusion",
        sketch=Sketch(
            at=every(1, 2_000),
            lines={
                "train/loss": Line((made(1, 0.43), level(200, 0.41), level(2_000, 0.4)), noise=(ar1(0.008, 0.95), lognormal(0.32)), then=(rounded(4),)),
                "train/learning_rate": Line(linear_decay(2e-4, 2_000)),
                "train/step_time": Line(constant(2.9), then=(lognormal(0.05), rounded(2))),
            },
            config={"training_mode": "lora", "optimization": {"steps": 2000, "learning_rate": 2e-4, "batch_size": 1, "scheduler_type": "linear"}},
            planned=2_000, clock=Clock(2.95, jitter=0.05),
        ),
        expect=healthy(usable=False, also="plateau metric-missing converged", never="no-learning divergence oscillation loss-spike at-chance scale-mismatch overfit lr-zero"),
        why="0.4 on the mean and 0.1 to 0.9 from step to step, and no trend: batch of one, a random time of the flow each step, a base model that knows nearly everything. The maintainer says that this is the range for these latents; it is not comparable with the 0.1 of other models. What was learnt is to be seen in samples.",
        read=(
            "训练完成，正常：loss 均值约 0.40，单步 0.1–0.9 来回跳是 batch 1 与随机时间步造成",
            "LoRA/流匹配的 loss 不下降很常见，0.4 是 LTXV latent 的正常量级，别与其他模型比",
            "没有采样评估，能不能用看固定 prompt 的视频；可按时间步分桶看 loss",
        ),
    ),
    Case(
        name="cogvideo-lora-with-a-second-loss-nan-at-sixteen-hundred",
        source="zai-org/CogVideo#324",
        family="diffusion",
        sketch=Sketch(
            at=every(10, 2_400),
            lines={
                "diffusion_loss": Line((*mades((10, 0.21), (400, 0.172), (1_500, 0.158), (1_590, 0.166)), real(1_600, NAN)), scale="log", noise=(gaussian(0.16),), then=(onward(1_600, NAN),)),
                "aux_loss": Line(mades((10, 1.9), (400, 0.82), (1_200, 0.46), (1_590, 0.62)), scale="log", noise=(gaussian(0.1),), then=(onward(1_600, NAN),)),
                "loss": Derived(("diffusion_loss", "aux_loss"), lambda diffusion, aux: diffusion + 0.01 * aux),
                "lr": Line(constant(1e-4)),
            },
            config={"model": "CogVideoX-2b", "use_lora": True, "train_batch_size": 24},
            state="running", clock=Clock(11.5, jitter=0.03),
        ),
        expect=sick(fault("nan-inf", (1_600, 1_600), 1_700, CRITICAL), also="amp-overflow loss-decomposition-mismatch masked-nan", never="converged overfit lr-zero", unsaid=("已收敛", "已恢复")),
        why="Sixteen hundred steps without a sign, then NaN in both terms and the sum, and eight hundred steps more of it. The 2B model in half precision overflows, or the added loss divides by something small; as both turn at one record it cannot be said which of them began.",
        read=(
            "🔴 1600 步起三项 loss 全为 NaN，已持续 800 步，权重已坏",
            "此前没有明显上升，像半精度溢出或新加的 aux loss 除零",
            "→ 从 1600 步前的 ckpt 续训：换 bf16、aux loss 分母加 eps、加梯度裁剪并记 grad norm",
        ),
    ),
)
