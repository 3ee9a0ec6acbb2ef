"""Robots that imitate (ACT and diffusion policies, with and without an optimal-transport term) and robots that learn in
simulation: logs and notes that people left in their repositories.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.wild.case import INFO, WARNING, Case, fault, healthy, sick
from benchmarks.wild.columns import loss, same, score
from benchmarks.wild.sketch import (
    Anchors,
    Clock,
    Line,
    Sketch,
    apply,
    clipped,
    constant,
    cosine,
    count,
    every,
    figures,
    gaussian,
    level,
    lognormal,
    made,
    mades,
    real,
    reals,
    rounded,
    student,
)
from benchmarks.wild.trainers import lerobot

TRANSPORT = "ot-cost-unnormalised ot-solver-inconsistent ot-plan-degenerate ot-loss-dead ot-underflow component-dead metric-duplicate data-bound"


def transported(
    total: Anchors,
    l1: Anchors,
    held: tuple[str, Anchors],
    ot: Anchors,
    mass: Anchors,
    config: Mapping[str, Any],
    *,
    last: int,
    sd: float,
    cost: Anchors = (),
) -> Sketch:
    """ACT with an unbalanced Sinkhorn term beside it, as a fork of LeRobot logs it, an evaluation each time."""
    extra = {"train/ot_cost/observation.state": Line(cost, "log", noise=(gaussian(0.06),))} if cost else {}
    return Sketch(
        at=every(50, last),
        lines={
            "train/loss": loss(total, 0.03),
            "train/l1_loss": loss(l1, 0.05),
            "train/kld_loss": loss(mades((50, 1.4), (500, 0.12), (last, 0.045)), 0.04),
            "train/ot_loss": loss(ot, sd),
            "train/ot_pi_sum": Line(mass, "log", noise=(gaussian(sd),), then=(clipped(0, 1),)),
            "train/ot_pi_diag": same("train/ot_pi_sum"),
            **extra,
            "train/grad_norm": Line((level(50, 249.7), made(400, 90), level(last, 49.2)), "log", noise=(student(0.1),)),
            "train/lr": Line(constant(1e-5)),
            "train/update_s": Line(constant(0.185), then=(lognormal(0.03), rounded(3))),
            f"eval/offline_eval/{held[0]}": loss(held[1], 0.012),
        },
        config={
            "policy": {"type": "act", "chunk_size": 100, "optimizer_lr": 1e-5},
            "batch_size": 8,
            "log_freq": 50,
            "eval_freq": 50,
            "ot": config,
        },
        clock=Clock(0.4, evals=(50, 22.0)),
    )


def diffused(
    held: Anchors, train: Anchors, cost: Anchors, diag: Anchors, lr: Anchors, *, last: int, sd: float = 0.03
) -> Sketch:
    """A diffusion policy with the same term, an evaluation every thousand steps."""
    return Sketch(
        at=every(1_000, last),
        lines={
            "train/loss": loss(train, 0.16),
            "train/ot_cost/action_lbl": loss(cost, 0.19),
            "train/ot_loss": loss(tuple(made(a.step, a.value * 0.7) for a in cost), 0.17),
            "train/ot_pi_diag": score(diag, 0.012),
            "train/lr": Line(lr),
            "train/grad_norm": Line(mades((1_000, 0.9), (8_000, 0.35), (last, 0.16)), "log", noise=(student(0.12),)),
            "eval/offline_eval/avg_loss": loss(held, sd),
        },
        config={
            "policy": {"type": "diffusion", "horizon": 16, "n_obs_steps": 2, "n_action_steps": 8},
            "batch_size": 16,
            "eval_freq": 1000,
            "ot": {"reg": 0.02, "tau_src": 0.01, "tau_tgt": 0.01, "lambda_ot": 0.1, "heuristic": True},
        },
        clock=Clock(0.3, evals=(1_000, 60.0)),
    )


# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        "act-ot-mass-gone-by-step-250-and-back", "linkage-x/lerobot:src/lerobot/scripts/train_config/reports/act_ot.md rk711khx", "imitation",
        transported(
            mades((50, 16.1), (300, 3.2), (1_250, 1.15)), mades((50, 0.6), (1_250, 0.24)), ("avg_loss", (real(50, 0.6585), made(400, 0.45), real(1_250, 0.3429))),
            (real(50, 0.196), made(150, 0.004), real(250, 2.0e-4), made(500, 0.003), made(900, 0.035), real(1_250, 0.0512)),
            (real(50, 0.1668), made(150, 6e-4), real(250, 1.5e-5), made(500, 7e-4), made(900, 0.06), real(1_250, 0.0931)),
            {"reg": 0.02, "tau_src": 0.01, "tau_tgt": 0.01, "lambda_ot": 0.1, "heuristic": True, "window_size": 20}, last=1_250, sd=0.2,
            cost=(real(50, 1327.7), made(500, 980), real(1_000, 761.1), real(1_250, 1093.1)),
        ),
        sick(fault("ot-mass-collapse ot-underflow ot-cost-unnormalised", (50, 250), 700, INFO, lasting=False), also=TRANSPORT, never="divergence overfit eval-regress converged"),
        "The matched mass falls from 0.17 to 1.5e-5 within 250 steps: costs of the state are above a thousand beside a reg of 0.02. Then the embeddings draw near and it comes back to 0.09; the held-out loss falls all the while.",
        ("ot_pi_sum 0.167→1.5e-5（250 步），OT 一度几乎不匹配；1,250 步回到 0.093", "observation.state 代价上千，远大于 reg=0.02，未归一化", "offline avg_loss 0.659→0.343 正常下降", "→ 代价先归一化，reg/tau 放大一些，再看 pi_sum 是否还塌"),
    ),
    Case(
        "act-ot-begins-without-any-coupling", "linkage-x/lerobot:src/lerobot/scripts/train_config/reports/act_ot.md gpki6xab", "imitation",
        transported(
            mades((50, 16.2), (300, 3.1), (1_250, 1.14)), mades((50, 0.6), (1_250, 0.24)), ("avg_loss", (real(50, 0.6582), made(400, 0.45), real(1_100, 0.3451), real(1_250, 0.346))),
            (real(50, 2.38e-10), made(250, 1e-7), made(500, 2e-4), made(800, 0.012), real(1_250, 0.0307)),
            (real(50, 1.38e-11), made(250, 1e-8), made(500, 4e-4), made(800, 0.03), real(1_250, 0.072)),
            {"reg": 0.02, "tau_src": 0.01, "tau_tgt": 0.01, "lambda_ot": 0.1, "heuristic": True, "window_size": 20}, last=1_250, sd=0.2,
            cost=(real(50, 1371.8), made(500, 1010), real(1_200, 815.8), real(1_250, 1090.1)),
        ),
        sick(fault("ot-mass-collapse ot-underflow ot-loss-dead ot-cost-unnormalised", (50, 100), 500, INFO, lasting=False), also=TRANSPORT, never="divergence overfit eval-regress converged"),
        "The coupling carries 1.4e-11 at the first record: the kernel underflows, the term gives no gradient. From step 500 on there is mass, 0.07 at the end. The policy learns without it just as well.",
        ("一开始 ot_pi_sum≈1.4e-11，Sinkhorn 核下溢，OT 项等于没开", "500 步后逐步恢复，末尾 0.072", "avg_loss 0.658→0.346 正常", "→ 归一化代价或加大 reg；起步这段 OT 没有贡献"),
    ),
    Case(
        "act-ot-mass-stays-below-a-thousandth", "linkage-x/lerobot:src/lerobot/scripts/train_config/reports/act_ot.md 3tef3yy2", "imitation",
        transported(
            mades((50, 16.2), (300, 3.6), (1_250, 1.6)), mades((50, 0.6), (1_250, 0.29)), ("avg_loss", (real(50, 0.6584), made(400, 0.5), real(1_250, 0.4015))),
            (real(50, 2.38e-10), made(400, 1e-6), made(800, 4e-4), real(1_250, 1.57e-3)),
            (real(50, 1.39e-11), made(400, 1e-7), made(800, 8e-5), real(1_250, 3.58e-4)),
            {"reg": 0.02, "tau_src": 0.01, "tau_tgt": 0.01, "lambda_ot": 0.1, "heuristic": True, "window_size": 20, "no_window": False}, last=1_250, sd=0.25,
            cost=(real(50, 1371.7), real(550, 888.5), real(1_250, 1195.7)),
        ),
        sick(fault("ot-mass-collapse ot-underflow ot-loss-dead", (50, 150), 600, WARNING), also=TRANSPORT, never="divergence overfit eval-regress converged"),
        "From the first record to the last the coupling carries next to nothing (1e-11, then 4e-4); a small ot_loss means here that nothing is matched, not that all is well. The weakest held-out loss of its three siblings.",
        ("ot_pi_sum 全程接近 0（1.4e-11→3.6e-4），OT 没有起作用", "ot_loss 很小是因为没有匹配到质量，不是学好了", "avg_loss 只到 0.40，比同批 0.34 差", "→ 提高 tau、适当加大 reg，并把 state 代价归一化"),
    ),
    Case(
        "act-ot-baseline-both-terms-zero", "linkage-x/lerobot:src/lerobot/scripts/train_config/reports/act_ot.md mhw95uug", "imitation",
        transported(
            mades((50, 16.2), (500, 2.2), (2_500, 0.93)), (made(50, 0.6), made(600, 0.3), real(2_500, 0.2082)), ("avg_l1", (made(50, 0.81), made(600, 0.4), real(2_500, 0.2268))),
            (made(50, 3e-8), level(1_000, 4e-9), level(2_500, 2e-9)), (made(50, 1.6e-8), level(1_000, 2e-9), level(2_500, 1e-9)),
            {"reg": 0.02, "tau_src": 0.01, "tau_tgt": 0.01, "lambda_ot": 0.1, "heuristic": True, "window_size": 20}, last=2_500, sd=0.3,
        ),
        sick(fault("ot-mass-collapse ot-underflow ot-loss-dead", (50, 150), 800, WARNING), also=TRANSPORT, never="divergence overfit eval-regress converged"),
        "Both ot_pi_sum and ot_loss print as 0.0000 while l1 falls to 0.21: a run without its OT term, for all its config says. Four of four siblings are alike.",
        ("ot_pi_sum 与 ot_loss 全程≈0：OT 项没有梯度，等于普通 ACT", "l1 0.60→0.21、eval 0.227，策略本身在学", "→ 查代价量级与 reg/tau（核下溢），修好再比 OT 有没有用"),
    ),
    Case(
        "act-ot-tau-two-mass-steady-at-085", "linkage-x/lerobot:src/lerobot/scripts/train_config/reports/act_ot.md vlly2hzl", "imitation",
        transported(
            (real(50, 16.25), made(500, 2.3), made(2_000, 0.85), real(3_500, 0.6659)), (real(50, 0.605), made(600, 0.27), made(2_000, 0.175), real(2_100, 0.1101), made(2_150, 0.17), real(3_500, 0.158)),
            ("avg_l1", (real(50, 0.8122), made(600, 0.42), made(2_000, 0.29), real(3_500, 0.2566))),
            (real(50, 0.6313), real(400, 0.2167), made(900, 0.5), made(2_000, 0.53), real(3_500, 0.556)), (real(50, 0.8266), real(350, 0.5564), made(900, 0.8), real(3_500, 0.8478)),
            {"reg": 0.15, "tau_src": 2.0, "tau_tgt": 2.0, "lambda_ot": 0.15, "heuristic": True, "window_size": 10}, last=3_500, sd=0.06,
        ),
        healthy(usable=True, also="metric-duplicate data-bound ot-plan-degenerate", never="ot-mass-collapse ot-underflow divergence overfit"),
        "With reg 0.15 and tau 2 the coupling keeps its mass (0.83 to 0.85, once down to 0.56), the term wanders with the embeddings, l1 and its held-out value fall to the last step.",
        ("eval avg_l1 0.812→0.257，仍在降", "pi_sum 稳在 0.85，ot_loss 随嵌入波动属正常", "→ 继续跑；取最后的 ckpt"),
    ),
    Case(
        "act-ot-tau-five-mass-at-095", "linkage-x/lerobot:src/lerobot/scripts/train_config/reports/act_ot.md kmaf5wox", "imitation",
        transported(
            (real(50, 16.25), made(500, 2.3), made(2_000, 0.83), real(3_450, 0.6374)), (real(50, 0.5985), made(600, 0.27), made(2_000, 0.17), real(2_100, 0.1072), made(2_150, 0.165), real(3_450, 0.1518)),
            ("avg_l1", (real(50, 0.8088), made(600, 0.42), made(2_000, 0.3), real(3_150, 0.2697), real(3_450, 0.2833))),
            (real(50, 0.6705), real(750, 0.1858), made(1_500, 0.4), real(3_450, 0.4704)), (real(50, 0.9317), real(1_700, 0.9143), real(3_450, 0.9525)),
            {"reg": 0.2, "tau_src": 5.0, "tau_tgt": 5.0, "lambda_ot": 0.1, "heuristic": True, "window_size": 10}, last=3_450, sd=0.04,
        ),
        healthy(usable=True, also="metric-duplicate data-bound ot-plan-degenerate plateau", never="ot-mass-collapse ot-underflow divergence overfit"),
        "The same with tau 5: mass near 0.95, ot_loss lowest at step 750 and higher later because the costs change under it. The held-out l1 is best at 3,150 and 5 % above at the end, which is its noise.",
        ("eval avg_l1 0.809→0.27～0.28", "pi_sum 0.91～0.95 正常；ot_loss 起伏不是退化", "→ 可以继续；3,150 与末尾 ckpt 都可用"),
    ),
    Case(
        "diffusion-ot-held-out-loss-twentyfold", "linkage-x/lerobot:.codex_tmp/wandb_runs/dp_ot_summary.md ufiskzhp", "imitation",
        diffused(
            (made(1_000, 0.11), real(8_000, 0.0343), made(20_000, 0.09), made(50_000, 0.34), made(90_000, 0.62), made(120_000, 0.7), real(142_000, 0.6897)), mades((1_000, 0.16), (10_000, 0.035), (60_000, 0.012), (142_000, 0.006)),
            (level(1_000, 0.0125), level(70_000, 0.01106), real(142_000, 0.008028)), mades((1_000, 0.72), (142_000, 0.82)), mades((1_000, 1e-4), (3_000, 3e-4), (142_000, 3e-5)), last=142_000,
        ),
        sick(fault("eval-regress overfit", (8_000, 40_000), 100_000, WARNING), also="best-checkpoint-old gen-gap divergence plateau ot-loss-dead component-dead scale-mismatch", never="no-learning converged ot-mass-collapse", unsaid=("已收敛",)),
        "Held-out loss 0.034 early on and 0.69 at the end, flat by then, while the training loss goes on falling: two dozen demonstrations learned by heart. 130,000 steps were run for nothing.",
        ("offline avg_loss 最低 0.034（约 8,000 步），现在 0.69，差了 20 倍", "train/loss 仍在降，典型过拟合", "→ 取 8,000 步附近的 ckpt；缩短训练或补数据"),
    ),
    Case(
        "diffusion-ot-held-out-loss-threefold", "linkage-x/lerobot:.codex_tmp/wandb_runs/dp_ot_summary.md 7xv5wewo", "imitation",
        diffused(
            (made(1_000, 0.1), made(5_000, 0.036), real(10_000, 0.02716), made(30_000, 0.042), made(70_000, 0.08), real(100_000, 0.09293)), mades((1_000, 0.15), (10_000, 0.03), (40_000, 0.013), (100_000, 0.007)),
            (level(1_000, 0.0058), level(50_000, 0.005505), real(100_000, 0.00645)), mades((1_000, 0.86), (100_000, 0.93)), mades((1_000, 1e-4), (2_000, 2e-4), (100_000, 2e-5)), last=100_000,
        ),
        sick(fault("eval-regress overfit", (10_000, 45_000), 90_000, WARNING), also="best-checkpoint-old gen-gap divergence ot-loss-dead component-dead scale-mismatch", never="no-learning converged ot-mass-collapse plateau", unsaid=("已收敛",)),
        "Of a hundred evaluations the tenth is best (0.027); the last reads 0.093 and the slope is still upwards.",
        ("avg_loss 最低 0.027（约 1 万步）→0.093，仍在升", "训练 loss 继续降：过拟合", "→ 用 1 万步的 ckpt，后面 9 万步没有收益"),
    ),
    Case(
        "diffusion-ot-settles-a-little-above-its-best", "linkage-x/lerobot:.codex_tmp/wandb_runs/dp_ot_round2_summary.md cvc8migk", "imitation",
        diffused(
            (made(1_000, 0.12), made(5_000, 0.045), made(11_000, 0.0325), real(17_000, 0.0287931), made(24_000, 0.0325), real(36_000, 0.0335109)), (made(1_000, 0.17), made(6_000, 0.03), made(20_000, 0.016), real(36_000, 0.0129133)),
            (level(1_000, 0.00345), real(36_000, 0.00362119)), (level(1_000, 0.93), real(36_000, 0.936793)), (made(1_000, 2.9e-4), made(3_000, 3e-4), real(36_000, 0.000219802)), last=36_000,
        ),
        healthy(usable=True, also="plateau best-checkpoint-old overfit lr-flat-stall ot-loss-dead component-dead", never="divergence no-learning ot-mass-collapse critic-runaway"),
        "Falls to 0.029 at 17,000 steps and lies between 0.031 and 0.034 from there on; the coupling is diagonal (0.94). Its authors call it a plateau slightly above the best.",
        ("avg_loss 0.12→0.029（17,000 步），之后在 0.033 附近走平", "pi_diag 0.94，OT 正常", "→ 取 17,000 步附近的 ckpt"),
    ),
    Case(
        "lerobot-act-tower-of-64-episodes", "unnamed/tower-notes@tower_raw", "imitation",
        lerobot(
            figures("200:5.320 400:1.951 600:1.427 800:1.072 1000:0.814 1200:0.629 1400:0.495 1600:0.398 1800:0.330 2000:0.286 2200:0.255 2400:0.231 2600:0.212 2800:0.197 3000:0.186 3200:0.175 3400:0.167"),
            figures("200:70.270 400:32.048 600:28.631 800:23.491 1000:21.644 1200:19.083 1400:17.547 1600:15.200 1800:13.787 2000:13.317 2200:12.638 2400:12.226 2600:10.804 2800:10.300 3000:10.199 3200:9.755 3400:9.534"),
            constant(1e-5), log=200, last=3_400, update=0.497, data=0.058, batch=128, frames=24_117, planned=3_500, config={"policy": {"type": "act"}, "steps": 3500, "dataset": {"repo_id": "tower_raw", "num_episodes": 64}},
        ),
        healthy(usable=False, also="grad-clip-saturated", never="no-learning plateau data-bound divergence overfit converged"),
        "Short and whole: 3,500 steps of ACT at batch 128, every record below the last. Still falling when the plan ends; nothing was evaluated.",
        ("loss 5.32→0.167，每条都在降，还没平", "grad_norm 70→9.5 正常", "→ 步数偏少，可再加；本次没有评估，先真机试几次再说"),
    ),
    Case(
        "lerobot-act-transfer-cube-hundred-thousand", "zhijun-dai/Diffusion-Policy-and-ACT-reproduce:results/act_aloha/training_metrics.txt", "imitation",
        Sketch(
            at=every(1000, 99200, first=200),
            lines={
                "train/loss": Line(figures("2:7.385 12:1.87 22:1.186 32:0.752 42:0.496 52:0.363 62:0.29 72:0.246 82:0.214 92:0.192 102:0.175 112:0.162 122:0.152 132:0.143 142:0.135 152:0.13 162:0.121 172:0.118 182:0.112 192:0.108 202:0.105 212:0.102 222:0.099 232:0.096 242:0.096 252:0.093 262:0.091 272:0.089 282:0.087 292:0.085 302:0.086 312:0.082 322:0.081 332:0.079 342:0.079 352:0.078 362:0.077 372:0.075 382:0.074 392:0.072 402:0.071 412:0.071 422:0.07 432:0.071 442:0.069 452:0.067 462:0.067 472:0.067 482:0.066 492:0.067 502:0.064 512:0.064 522:0.063 532:0.064 542:0.062 552:0.063 562:0.061 572:0.061 582:0.06 592:0.06 602:0.059 612:0.06 622:0.058 632:0.058 642:0.058 652:0.058 662:0.056 672:0.057 682:0.055 692:0.056 702:0.056 712:0.054 722:0.055 732:0.054 742:0.054 752:0.054 762:0.054 772:0.053 782:0.052 792:0.051 802:0.053 812:0.052 822:0.051 832:0.051 842:0.051 852:0.051 862:0.051 872:0.05 882:0.05 892:0.052 902:0.049 912:0.049 922:0.048 932:0.05 942:0.049 952:0.048 962:0.048 972:0.048 982:0.047 992:0.047", 100)),
                "train/grad_norm": Line(figures("2:157.9 12:64.14 22:50.18 32:38.24 42:30.4 52:25.35 62:21.38 72:19.25 82:17.36 92:16.14 102:15.19 112:13.71 122:13.19 132:12.52 142:12.28 152:11.8 162:11.01 172:10.85 182:10.07 192:9.91 202:9.579 212:9.288 222:8.695 232:8.355 242:8.974 252:8.624 262:8.449 272:8.059 282:7.767 292:7.598 302:8.114 312:7.609 322:7.342 332:7.008 342:7.307 352:7.258 362:6.971 372:6.906 382:6.821 392:6.311 402:6.383 412:6.193 422:6.133 432:6.21 442:6.263 452:6.098 462:6.055 472:5.784 482:5.925 492:5.95 502:5.766 512:5.598 522:5.37 532:5.629 542:5.444 552:5.711 562:5.33 572:5.366 582:5.504 592:5.265 602:5.217 612:5.342 622:5.082 632:5.163 642:5.347 652:5.338 662:4.951 672:4.8 682:4.954 692:4.979 702:5.15 712:4.868 722:4.804 732:4.868 742:4.739 752:4.63 762:4.772 772:4.562 782:4.634 792:4.364 802:5.185 812:4.246 822:4.379 832:4.433 842:4.444 852:4.47 862:4.635 872:4.494 882:4.661 892:4.734 902:4.495 912:4.387 922:4.283 932:4.671 942:4.497 952:4.193 962:4.344 972:4.328 982:4.174 992:4.089", 100)),
                "train/lr": Line(constant(1e-5)),
                "train/update_s": Line(figures("2:0.09 12:0.081 22:0.082 32:0.083 42:0.083 52:0.084 62:0.081 72:0.082 82:0.081 92:0.083 102:0.08 112:0.081 122:0.081 132:0.083 142:0.083 152:0.083 162:0.082 172:0.081 182:0.082 192:0.081 202:0.082 212:0.081 222:0.082 232:0.08 242:0.081 252:0.082 262:0.082 272:0.082 282:0.082 292:0.081 302:0.081 312:0.081 322:0.082 332:0.08 342:0.081 352:0.084 362:0.083 372:0.082 382:0.081 392:0.08 402:0.081 412:0.08 422:0.081 432:0.078 442:0.08 452:0.076 462:0.081 472:0.081 482:0.081 492:0.082 502:0.081 512:0.081 522:0.08 532:0.08 542:0.081 552:0.082 562:0.082 572:0.082 582:0.082 592:0.083 602:0.082 612:0.079 622:0.083 632:0.082 642:0.081 652:0.063 662:0.056 672:0.068 682:0.082 692:0.08 702:0.082 712:0.081 722:0.082 732:0.08 742:0.081 752:0.081 762:0.081 772:0.082 782:0.081 792:0.081 802:0.082 812:0.08 822:0.081 832:0.083 842:0.081 852:0.08 862:0.082 872:0.082 882:0.081 892:0.081 902:0.081 912:0.081 922:0.081 932:0.083 942:0.083 952:0.083 962:0.08 972:0.082 982:0.082 992:0.081", 100)),
                "train/dataloading_s": Line(figures("2:0.008 12:0.002 22:0.002 32:0.003 42:0.002 52:0.003 62:0.002 72:0.003 82:0.002 92:0.002 102:0.003 112:0.002 122:0.002 132:0.003 142:0.002 152:0.003 162:0.002 172:0.002 182:0.002 192:0.002 202:0.003 212:0.002 222:0.002 232:0.002 242:0.002 252:0.003 262:0.002 272:0.002 282:0.002 292:0.002 302:0.003 312:0.002 322:0.002 332:0.002 342:0.002 352:0.004 362:0.002 372:0.002 382:0.002 392:0.002 402:0.003 412:0.002 422:0.002 432:0.002 442:0.002 452:0.003 462:0.002 472:0.002 482:0.002 492:0.002 502:0.003 512:0.002 522:0.002 532:0.002 542:0.002 552:0.003 562:0.002 572:0.002 582:0.002 592:0.002 602:0.003 612:0.002 622:0.002 632:0.002 642:0.002 652:0.003 662:0.002 672:0.002 682:0.002 692:0.002 702:0.003 712:0.002 722:0.002 732:0.002 742:0.002 752:0.003 762:0.002 772:0.002 782:0.002 792:0.002 802:0.003 812:0.002 822:0.002 832:0.002 842:0.002 852:0.003 862:0.002 872:0.002 882:0.002 892:0.002 902:0.004 912:0.002 922:0.002 932:0.002 942:0.002 952:0.003 962:0.002 972:0.002 982:0.002 992:0.002", 100)),
                "train/samples": Line(count(8)),
            },
            config={"policy": {"type": "act", "chunk_size": 100}, "batch_size": 8, "steps": 100000, "log_freq": 200, "dataset": {"repo_id": "lerobot/aloha_sim_transfer_cube_human"}, "env_eval_freq": 0},
            planned=100_000, clock=Clock(0.0845),
        ),
        healthy(usable=False, also="grad-clip-saturated", never="no-learning divergence data-bound overfit grad-explode"),
        "A power law to the last record: 7.4, 0.21 at 8,000, 0.048 at the end. Evaluated afterwards: four of five cubes handed over. There are no evaluations in the run itself.",
        ("loss 7.39→0.048 平稳下降，尾部很慢", "数据加载 2 ms，没有瓶颈", "→ 训练中没有评估；用末尾 ckpt 跑 50 局再定"),
    ),
    Case(
        "lerobot-diffusion-pusht-a-third-at-the-end", "zhijun-dai/Diffusion-Policy-and-ACT-reproduce:results/diffusion_pusht/report.md", "imitation",
        lerobot(
            (real(200, 0.39), made(2_000, 0.075), real(20_000, 0.027), real(60_000, 0.018), real(100_000, 0.010)), (real(200, 7.6), real(20_000, 0.39), real(60_000, 0.28), real(100_000, 0.22)), cosine(1e-4, 100_000, warmup=500),
            log=400, last=100_000, update=0.083, data=0.004, batch=8, frames=25_650, noise=0.12, planned=100_000, config={"policy": {"type": "diffusion"}, "steps": 100000, "env": {"type": "pusht"}, "eval_freq": 20000, "eval": {"n_episodes": 50}},
            more={
                "eval/pc_success": Line(reals((20_000, 0.0), (40_000, 6.0), (60_000, 24.0), (80_000, 36.0), (100_000, 36.0)), at=every(20_000, 100_000)),
                "eval/avg_sum_reward": Line(reals((20_000, 53.9), (40_000, 85.2), (60_000, 104.1), (80_000, 100.2), (100_000, 105.1)), at=every(20_000, 100_000)),
                "eval/avg_max_reward": Line(reals((20_000, 0.423), (40_000, 0.687), (60_000, 0.861), (80_000, 0.883), (100_000, 0.853)), at=every(20_000, 100_000)),
            },
        ),
        healthy(usable=True, also="eval-underpowered plateau eta-target", never="no-learning success-zero divergence overfit eval-regress at-chance"),
        "Success 0, 6, 24, 36, 36 %: five evaluations of fifty, climbing late as diffusion policies do. Below the paper (200,000 steps, augmentation), but in order.",
        ("pc_success 0→36%，80K 后持平（50 局，±7 个点）", "loss 0.39→0.010 正常", "→ 论文约 70%：加图像增强、跑到 200K 再看"),
    ),
    Case(
        "lerobot-smolvla-waits-thirteen-seconds-every-eighth-batch", "huggingface/lerobot#1488", "vla",
        Sketch(
            at=every(1, 420),
            lines={
                "train/loss": Line((*figures("9:1.051 10:1.073 11:1.061 12:1.060 13:1.032 14:1.058 15:1.046 16:1.037 17:1.090"), made(120, 0.62), made(420, 0.27)), "log", noise=(gaussian(0.04),)),
                "train/grad_norm": Line((*figures("9:4.482 10:4.051 11:3.277 12:4.332 13:4.821 14:5.416 15:5.616 16:5.682 17:6.226"), made(120, 3.0), made(420, 1.6)), "log", noise=(student(0.15),)),
                "train/lr": Line((real(9, 1.8e-6), real(17, 3.4e-6), made(420, 8.4e-5))),
                "train/update_s": Line((*figures("9:0.302 10:0.296 11:0.286 12:0.300 13:0.301 14:0.287 15:0.286 16:0.301 17:0.295"), made(420, 0.293)), then=(lognormal(0.02), rounded(3))),
                "train/dataloading_s": Line((*figures("9:13.330 10:0.001 11:0 12:0.001 13:0.001 14:0.001 15:0.001 16:0.001 17:0.595"), made(420, 0.6)), then=(apply(lambda x, steps: [[0.001, 13.4][int(s % 8 == 1)] for s in steps]), lognormal(0.08), rounded(3))),
                "train/samples": Line(count(64)),
            },
            config={"policy": {"type": "smolvla"}, "batch_size": 64, "num_workers": 8, "steps": 200000, "log_freq": 1, "dataset": {"repo_id": "1500_chess_moves", "num_frames": 558659, "num_episodes": 1504}},
            state="running", planned=200_000, clock=Clock(1.97, jitter=0.05),
        ),
        sick(fault("data-bound", (1, 40), 200, INFO), also="throughput-drop gpu-idle", never="no-learning divergence overfit plateau lr-anomaly"),
        "Eight workers, and every eighth batch is waited for 13 s: on average 1.7 s of loading for 0.29 s of work. The GPU does nothing most of the time; ACT on the same data does not show it.",
        ("每 8 步等一次数据约 13 s：平均加载 1.7 s、计算 0.29 s，GPU 大部分时间空等", "loss 1.05 起步，正常", "→ 加 num_workers、查视频解码后端与帧跨度（delta_timestamps）"),
    ),
    Case(
        "fr3-act-ee2ee-passes-its-gates", "linkage-x/lerobot:docs/train_runs/act_fr3_ee2ee_experiment_record_20260612.md", "imitation",
        lerobot(
            (real(100, 9.753), real(200, 3.741), real(400, 2.789), real(500, 2.544), real(600, 2.341), made(3_000, 0.62), made(12_000, 0.16), made(30_000, 0.085), made(60_000, 0.058)), mades((100, 180), (600, 62), (6_000, 18), (60_000, 5.2)), constant(1e-5),
            log=100, last=60_000, update=0.102, data=0.004, batch=8, frames=8_400, planned=60_000, config={"policy": {"type": "act", "chunk_size": 100, "n_action_steps": 100, "vision_backbone": "resnet18"}, "steps": 60000, "log_freq": 100, "save_freq": 5000, "eval_freq": 0},
        ),
        healthy(usable=False, also="grad-clip-saturated", never="no-learning divergence overfit data-bound grad-explode"),
        "Twenty episodes, 60,000 steps, 57 epochs; the checkpoint keeps its first action within 17 mm of the hand and passes the offline gates. The log itself holds no evaluation.",
        ("loss 9.75→约 0.06，按幂律下降", "20 条演示约 57 个 epoch，留意过拟合", "→ 没有评估列；离线 first_action 误差达标后再上机"),
    ),
)
# fmt: on
