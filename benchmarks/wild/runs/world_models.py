"""World models on DeepMind control, and SAC beside them. Figures of tdmpc2 and dreamerv3 are of one seed each."""

from __future__ import annotations

import math
from collections.abc import Mapping

from analysis.model import Ints
from benchmarks.wild.case import CRITICAL, INFO, Case, fault, healthy, sick
from benchmarks.wild.columns import same
from benchmarks.wild.sketch import (
    NAN,
    Anchors,
    Clock,
    Derived,
    K,
    Line,
    M,
    Sketch,
    ar1,
    clipped,
    every,
    figures,
    gaussian,
    made,
    real,
    stretch,
    student,
)


def tdmpc(reward: Anchors, *, sd: float, task: str, name: str, more: Mapping[str, Line]) -> Sketch:
    steps = every(100 * K, 14 * M, first=0)
    lines: dict[str, Line | Derived] = {
        "eval/episode_reward": Line(reward, noise=(gaussian(sd),), then=(clipped(0, 1000),), at=steps),
        **more,
    }
    return Sketch(
        every(20 * K, 14 * M), lines, {"task": task, "steps": 14_000_000, "seed": 1, "eval_freq": 100_000, "exp_name": name, "batch_size": 256},
        planned=14 * M, clock=Clock(0.03, evals=(100 * K, 90)), apart=True,
    )  # fmt: skip


WORLD_MODEL = {
    "train/consistency_loss": Line((made(0, 0.9), made(M, 0.25), made(14 * M, 0.18)), "log", noise=(ar1(0.08, 0.8),)),
    "train/reward_loss": Line((made(0, 1.4), made(M, 0.5), made(14 * M, 0.35)), "log", noise=(ar1(0.06, 0.8),)),
    "train/value_loss": Line((made(0, 1.1), made(2 * M, 0.6), made(14 * M, 0.5)), "log", noise=(ar1(0.1, 0.8),)),
    "train/grad_norm": Line((made(0, 6.0), made(14 * M, 9.0)), "log", noise=(student(0.35),)),
}


def dreamer(task: str, score: Anchors, *, sd: float, evals: Ints, total: int) -> Sketch:
    lines: dict[str, Line | Derived] = {
        "episode/score": Line(score, noise=(gaussian(sd),), then=(clipped(0, 1000),), at=evals),
        "train/loss/dyn": Line((made(0, 12), made(total / 10, 4), made(total, 3)), "log", noise=(ar1(0.06, 0.7),)),
        "train/loss/rep": same("train/loss/dyn"),
        "train/loss/rew": Line((made(0, 2.2), made(total / 10, 0.2), made(total, 0.12)), "log", noise=(ar1(0.1, 0.7),)),
        "train/loss/policy": Line((made(0, 0.0),), noise=(ar1(0.02, 0.7),)),
        "train/loss/value": Line((made(0, 3.5), made(total / 5, 1.8), made(total, 1.5)), "log", noise=(ar1(0.06),)),
        "train/rand/action": Line((made(0, 0.98), made(total / 3, 0.6), made(total, 0.45)), noise=(gaussian(0.01),)),
    }
    config = {"task": task, "run": {"steps": float(total), "train_ratio": 512}, "batch_size": 16, "batch_length": 64}
    return Sketch(every(total // 400, total), lines, config, planned=total, clock=Clock(0.02), apart=True)


# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        "tdmpc-dog-run-falls-over-nine-million-steps",
        "nicklashansen/tdmpc2:results/tdmpc/dog-run.csv",
        "rl-sim",
        tdmpc(
            figures("0:4.9 0.5:169.4 1:283.9 1.5:390.7 2:415.8 2.5:459.2 3:507.4 3.5:502.7 4:487.8 4.5:515.9 5:501 5.5:488.9 6:468.1 6.5:447.1 7:405.2 7.5:435.2 8:455.6 8.5:449.6 9:432.7 9.5:350.6 10:425.1 10.5:303.9 11:367.1 11.5:308.9 12:218 12.5:118.9 13:187.7 13.5:145.3 14:189.4", M),
            sd=28.0,
            task="dog-run",
            name="tdmpc",
            more={**WORLD_MODEL, "train/grad_norm": Line((made(0, 6.0), made(4 * M, 10), made(14 * M, 60)), "log", noise=(student(0.5),))},
        ),
        sick(fault("eval-regress policy-collapse", (5 * M, 11 * M), 11_800 * K), also="grad-explode critic-runaway best-checkpoint-old", never="overfit"),
        "Slow decay: 516 at 4.5M, 450 at 8M, 300 at 11M, 189 at the end. Each step is within the noise, the sum is two thirds of the return.",
        (
            "Return decays since 5M steps: 516 -> 450 (8M) -> 304 (10.5M) -> 189 now",
            "Gradient norm of the world model creeps up sixfold over the same time",
            "Nine of fourteen million steps made it worse: use a ckpt of 3-5M; lr decay or normalised Q",
            "Only the ckpts around 4.5M",
        ),
    ),
    Case(
        "tdmpc2-humanoid-run-climbs-slowly",
        "nicklashansen/tdmpc2:results/tdmpc2/humanoid-run.csv",
        "rl-sim",
        tdmpc(
            figures("0:0.8 0.8:155.8 1:195.3 1.6:260.8 2:307.7 2.4:361.8 3:411.2 3.2:394.9 4:390.6 4.8:492.8 5.6:437.8 6:497.8 6.4:480.6 7:513.5 7.2:484 8:481.1 8.8:520.9 9:532.7 9.6:539.7 10:561.8 10.4:551.1 11:533.3 11.2:518.5 12:542.8 12.8:553.9 13:542.5 14:542.2", M),
            sd=20.0,
            task="humanoid-run",
            name="tdmpc2",
            more=WORLD_MODEL,
        ),
        healthy(usable=True, never="eval-regress plateau policy-collapse overfit"),
        "Falls of 50 between neighbours (493 -> 438) within a rise that lasts to 10M; level since.",
        ("Nothing wrong: 542 (best 562 at 10M), from 1", "Since 10M level within the noise of +-20", "Usable; 4M steps brought nothing more"),
    ),
    Case(
        "tdmpc2-dog-trot-at-its-ceiling-since-a-quarter",
        "nicklashansen/tdmpc2:results/tdmpc2/dog-trot.csv",
        "rl-sim",
        tdmpc(
            figures("0:7.9 0.5:319.2 1:512.7 1.5:775.3 2:854.1 2.5:883.1 3:879.8 3.5:946.8 4:955.6 4.5:949.7 5:956.1 5.5:952 6:948.7 6.5:945.3 7:963.9 7.5:952 8:970.2 8.5:967.5 9:979.4 9.5:962.3 10:980.2 10.5:946.9 11:969.8 11.5:980.8 12:956 12.5:970.5 13:953.3 13.5:942.2 14:977.7", M),
            sd=14.0,
            task="dog-trot",
            name="tdmpc2",
            more=WORLD_MODEL,
        ),
        healthy(usable=True, never="eval-regress plateau policy-collapse overfit critic-runaway"),
        "The same family of tasks on which TD-MPC decayed and SAC never began: 950 to 980 of 1000 since 3.5M.",
        ("Solved: 978 of 1000, level since 3.5M", "Ten million steps brought the last 3 %", "Usable: any ckpt from 4M on"),
    ),
    Case(
        "sac-dog-run-never-learns",
        "nicklashansen/tdmpc2:results/sac/dog-run.csv",
        "rl-sim",
        tdmpc(
            figures("0:5 0.1:6.1 0.2:11 1:6.2 2:10.3 2.2:7.4 3.4:7.9 4:4.7 4.6:6.1 5.8:4.9 6:4.2 7:5 8:8.1 8.2:5.8 9.4:4.9 10:6.4 10.6:5.9 11.8:7.5 12:4.7 13:6.7 14:5.6", M),
            sd=1.8,
            task="dog-run",
            name="sac",
            more={
                "train/critic_loss": Line((made(0, 0.01), made(M, 0.006), made(14 * M, 0.004)), "log", noise=(student(0.4),)),
                "train/actor_loss": Line((made(0, -2.0), made(14 * M, -1.5)), noise=(ar1(0.1),)),
                "train/alpha": Line((made(0, 0.1), made(2 * M, 0.004), made(14 * M, 0.003)), "log", noise=(gaussian(0.02),)),
            },
        ),
        sick(fault("no-learning success-zero plateau value-not-learning at-chance", (0, 3 * M), 4_500 * K), also="entropy-collapse eval-underpowered best-checkpoint-old", never="divergence critic-runaway overfit eval-regress"),
        "4 to 11 of 1000 for fourteen million steps: what a dog gets for twitching on the floor. The critic's loss is small because there is nothing to predict.",
        (
            "Return never left the floor: 5 at the start, 5.6 now, best 11 at 200k (of 1000)",
            "A small critic loss is no success here: all returns are alike",
            "Another exploration or a world model; SAC is known not to solve dog-run",
            "Nothing usable",
        ),
    ),
    Case(
        "dreamerv3-cup-catch-zero-before-it-clicks",
        "danijar/dreamerv3:scores/dmc_proprio-dreamerv3.json.gz dmc_ball_in_cup_catch",
        "rl-sim",
        dreamer(
            "dmc_ball_in_cup_catch",
            figures("10:0 20:0 30:0 40:0 50:0 60:0 70:0 80:0 90:449 100:0 110:280.5 120:922 130:987 140:987 150:954.5 160:896 170:949 180:923 190:947 200:960 210:956 220:952 230:957 240:962 250:999 260:939 270:976 280:890 290:989 300:958 310:952.5 320:962 330:925 340:1000 350:962 360:966 370:984 380:926 390:945.5 400:957 410:992 420:891 430:956 440:982 450:954 460:958 470:946.5 480:942 490:980", K),
            sd=0.0,
            evals=every(10 * K, 490 * K),
            total=490 * K,
        ),
        healthy(usable=True, also="success-zero", never="eval-regress policy-collapse metric-dead no-learning"),
        "Sparse reward: exactly 0 for eight episodes, then caught every time. Single episodes of 890 among 960s are no regress.",
        ("Solved: 950-1000 since 120k, after 80k steps at exactly 0", "Nothing wrong; zeros at the start are usual for a sparse reward", "Usable"),
    ),
    Case(
        "dreamerv3-hopper-hop-late-and-uneven",
        "danijar/dreamerv3:scores/dmc_proprio-dreamerv3.json.gz dmc_hopper_hop",
        "rl-sim",
        dreamer(
            "dmc_hopper_hop",
            figures("10:0.3 20:0 30:0.1 40:0 50:0 60:0 70:0 80:0 90:0 100:0 110:0 120:0 130:0 140:0 150:0 160:0 170:0 180:0 190:0 200:0 210:0 220:28.2 230:21.3 240:56.9 250:69.7 260:0 270:43.3 280:102.6 290:0 300:0 310:0 320:92.5 330:108.3 340:0 350:59.1 360:0 370:0 380:130.7 390:141.1 400:0.4 410:137.3 420:162.3 430:42.7 440:94.2 450:0 460:0 470:51.4 480:133.7 490:169.4", K),
            sd=0.0,
            evals=every(10 * K, 490 * K),
            total=490 * K,
        ),
        sick(fault("success-zero no-learning metric-dead", (0, 120 * K), 200 * K, least=INFO, lasting=False), also="eval-underpowered eval-regress oscillation", never="policy-collapse divergence"),
        "Nothing for twenty evaluations, which is worth a line at the time; then every second episode hops, better each time. It is learning, unevenly, and the run ends with its best.",
        (
            "Until 210k: 0 in 20 evaluations: no reward reached yet",
            "Then 169 (best, last) with every third episode still at 0: single episodes, so evaluate with 10",
            "Learning, far from done: 169 of about 400",
        ),
    ),
    Case(
        "dreamerv3-quadruped-pixels-swings-upwards",
        "danijar/dreamerv3:scores/dmc_vision-dreamerv3.json.gz dmc_quadruped_run",
        "rl-sim",
        dreamer(
            "dmc_quadruped_run",
            figures("8:7.1 40:440.7 80:11.3 120:248 160:479 200:100.3 240:35.5 280:119.4 320:225.4 352:189.6 392:327.1 432:405.1 472:204.2 512:471 552:498.9 592:472.3 632:423.5 664:335.8 704:501.9 744:394.1 784:526.9 824:463.2 864:489.3 904:559.6 944:618.9 976:697.7", K),
            sd=95.0,
            evals=every(2 * K, 992 * K, first=8 * K),
            total=992 * K,
        ),
        healthy(usable=True, also="eval-regress", never="policy-collapse critic-runaway plateau"),
        "One episode a row: 480 at 160k, 36 at 240k. The level rises from 100 to 650 over the run; the early fall is luck of the first falls.",
        ("Nothing wrong: about 650 and rising (single episodes scatter by 100)", "A bad stretch around 200-300k (36-225) is over", "Usable; still improving at the end"),
    ),
    Case(
        "dreamer-model-loss-goes-to-inf",
        "danijar/dreamer#58",
        "rl-sim",
        Sketch(
            every(K, 40 * K, first=5 * K),
            {
                "agent/train/model_grad_norm": Line((real(5 * K, NAN), real(6 * K, 4468751873343488.0), real(7 * K, NAN), real(8 * K, 3648154079592448.0), made(40 * K, 5e15)), "log", noise=(student(1.0),), then=(stretch(9 * K, 41 * K, NAN),)),
                "agent/train/value_grad_norm": Line((real(5 * K, 40.3), real(6 * K, 61.0), real(7 * K, 81.3), real(8 * K, 54.8), made(40 * K, 60.0)), "log", noise=(gaussian(0.2),)),
                "agent/train/actor_grad_norm": Line((real(5 * K, 0.3), real(6 * K, 0.1), real(7 * K, 0.1), made(40 * K, 0.02)), "log", noise=(gaussian(0.3),)),
                "agent/train/prior_ent": Line((real(5 * K, 61.4), real(6 * K, 73.1), real(7 * K, 76.6), made(40 * K, 80)), noise=(gaussian(1.5),)),
                "agent/train/image_loss": Line((real(5 * K, 11650.7), real(6 * K, 304112.1), real(7 * K, 8496855334057326588896827408384.0), made(40 * K, 1e32)), "log", noise=(student(1.0),), then=(stretch(9 * K, 41 * K, math.inf),)),
                "agent/train/reward_loss": Line((real(5 * K, 1.2), real(6 * K, 3.8), real(7 * K, 1067895404697208119929243435008.0), made(40 * K, 1e31)), "log", noise=(student(1.0),), then=(stretch(9 * K, 41 * K, math.inf),)),
                "agent/train/div": Line((real(5 * K, 77.2), real(6 * K, 234.1), real(7 * K, math.inf)), "log", then=(stretch(8 * K, 41 * K, math.inf),)),
                "agent/train/model_loss": Line((real(5 * K, 5864.5), real(6 * K, 152175.0), real(7 * K, math.inf)), "log", then=(stretch(8 * K, 41 * K, math.inf),)),
                "agent/train/value_loss": Line((real(5 * K, 6.4), real(6 * K, 6.3), real(7 * K, 5.0), made(40 * K, 3)), "log", noise=(gaussian(0.1),)),
                "agent/train/actor_loss": Line((real(5 * K, -6.9), real(6 * K, -14.7), real(7 * K, -25.3), made(40 * K, -40)), noise=(gaussian(1.0),)),
                "agent/train/action_ent": Line((real(5 * K, -23.6), real(6 * K, -51.5), real(7 * K, -63.6), made(40 * K, -80)), noise=(gaussian(1.5),)),
                "train/return": Line((real(5 * K, 13.9), real(6 * K, 19.1), real(7 * K, 27.9), made(40 * K, 20)), noise=(gaussian(5.0),)),
            },
            {"task": "dmc_walker_walk", "steps": 5e6, "prefill": 5000, "precision": 16, "model_lr": 6e-4, "value_lr": 8e-5, "actor_lr": 8e-5, "grad_clip": 100.0},
            "running",
            5_000_000,
            Clock(0.11),
        ),
        sick(fault("nan-inf divergence grad-explode", (5 * K, 8 * K), 9 * K, least=CRITICAL), also="loss-spike loss-jump entropy-collapse kl-explode policy-collapse", never="overfit plateau"),
        "With float16 the world model's gradient is NaN at the first record, the image loss grows 26-fold within a thousand steps and is 8e30 after two thousand. There is no good stretch to go back to.",
        (
            "World model diverges from the first record: gradient norm NaN at 5k, image loss 1.2e4 -> 3e5 -> 8e30, model loss Inf from 7k on",
            "Value and actor losses look calm: they train on a broken model",
            "precision 16: try 32 first, then a smaller model lr",
            "Nothing usable, and no ckpt before it",
        ),
    ),
)
# fmt: on
