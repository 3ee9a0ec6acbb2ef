"""Agents in simulation: offline RL, off-policy, PPO on thousands of robots, world models.

Figures of d3rlpy-benchmarks, rl-trained-agents, tdmpc2 and dreamerv3 are of one seed each; those of threads are what
people pasted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from analysis.model import Ints
from benchmarks.wild.case import CRITICAL, INFO, WARNING, Case, fault, healthy, sick
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
    Touch,
    Trend,
    adaptive,
    ar1,
    at,
    binomial,
    clipped,
    constant,
    count,
    every,
    figures,
    gaussian,
    level,
    linear_decay,
    lognormal,
    made,
    real,
    rounded,
    spikes,
    stretch,
    student,
)

# d3rlpy: a row per epoch of 1000 steps; `environment` is the mean of 10 episodes


def d3rlpy(critic: Anchors, returns: Anchors, values: Anchors, *, noise: float, sd: float, actor: Anchors, seconds: float, config: Mapping[str, Any], more: Mapping[str, Line] | None = None) -> Sketch:  # fmt: skip
    """`noise`: of the critic loss, in log; `sd`: of the mean return."""
    lines: dict[str, Line | Derived] = {
        "critic_loss": Line(critic, "log", noise=(gaussian(noise),)),
        "actor_loss": Line(actor, noise=(gaussian(0.01),)),
        "environment": Line(returns, noise=(gaussian(sd),)),
        "value_scale": Line(values, "log" if all(a.value > 0 for a in values) else "linear", noise=(gaussian(0.01),)),
        "time_step": Line(constant(seconds), then=(lognormal(0.03),)),
        **(more or {}),
    }
    return Sketch(
        every(K, 500 * K), lines, config, planned=500 * K, clock=Clock(seconds, evals=(K, 6.0), runtime=False)
    )


OFFLINE: dict[str, Any] = {"batch_size": 256, "gamma": 0.99, "n_steps": 1, "n_critics": 2, "n_frames": 1}

CQL_WALKER = Case(
    "cql-walker-random-critic-runs-away",
    "takuseno/d3rlpy-benchmarks:d4rl/cql/CQL_walker2d-random-v0_1",
    "rl-sim",
    d3rlpy(
        figures("1:28.41 2:29.59 5:30.79 10:31.99 25:36.68 50:80.41 100:114.2 150:100.4 200:100.4 250:102.8 300:109.5 350:153.2 360:193.4 380:2920.3 400:1.049e6 450:4.706e9 500:2.652e11", K),
        figures("1:278.7 2:276.5 5:259.5 10:343.1 25:299.9 50:118.7 100:145.1 150:134.6 200:187.1 250:188.5 300:135.9 350:130.3 360:284.3 380:137.5 400:278.7 450:226.6 500:300.7", K),
        figures("1:-0.624 2:-0.969 5:-0.0351 10:4.959 25:21.41 50:81.69 100:115.6 150:111.1 200:116.0 250:118.3 300:124.3 350:158.7 360:182.8 380:748.8 400:17734 450:1.2447e6 500:9.3967e6", K),
        noise=0.04,
        sd=70.0,
        actor=figures("1:-3.39 10:-6.17 25:-19.4 50:-79.2 100:-114.7 200:-113.4 300:-123.3 350:-156.1 360:-177.3 380:-676.6 400:-16696 450:-1.1893e6 500:-9.1997e6", K),
        seconds=0.021,
        config={**OFFLINE, "actor_learning_rate": 1e-4, "critic_learning_rate": 3e-4, "conservative_weight": 5.0, "alpha_learning_rate": 0.0, "initial_temperature": 1.0, "n_action_samples": 10},
        more={"temp": Line(figures("1:0.952 2:0.865 5:0.657 10:0.42 25:0.112 50:0.0392 100:0.0413 200:0.0418 300:0.0483 350:0.0657 360:0.076 380:0.2646 400:2.771 450:579.1 500:5291.1", K), "log", noise=(gaussian(0.01),))},
    ),
    sick(fault("critic-runaway divergence", (335 * K, 375 * K), 392 * K), also="loss-jump loss-spike kl-explode", never="overfit gen-gap"),
    "The benchmark's author calls it typical of offline RL: the Q-function overestimates beyond all bounds and knows it. Up to "
    "340k the critic is settled (its rise in the first 100k is normal), then it doubles, and by 400k it is ten thousand times as large.",
    (
        "Q values run away from 350k on: critic loss 109 -> 2.9e3 (380k) -> 1e6 (400k) -> 2.7e11, value estimate 124 -> 9.4e6",
        "Return never improved: 279 at the first evaluation, 110-300 ever since (10 episodes each); temperature 0.05 -> 5291 follows",
        "First raise the weight of the conservative loss, or lower the critic's lr; check reward scale",
        "Not usable; up to 340k untouched, but no better than at the start",
    ),
)  # fmt: skip

TD3BC_WALKER = Case(
    "td3-bc-walker-random-critic-from-early-on",
    "takuseno/d3rlpy-benchmarks:d4rl/td3_plus_bc/TD3PlusBC_walker2d-random-v0_1",
    "rl-sim",
    d3rlpy(
        figures("1:0.0631 2:0.232 5:2.222 10:5.136 20:10.24 30:17.39 40:105.5 50:475.9 60:3039 75:56359 100:3.799e6 150:1.308e9 200:5.288e10 250:7.634e11 300:5.758e12 350:2.78e13 400:2.406e14 450:4.323e14 500:6.991e14", K),
        figures("1:350.1 2:309.6 5:267 10:241 20:272 30:243.9 40:300.5 50:314.2 60:367.4 75:256.4 100:9.94 150:45.1 200:62.4 250:111.3 300:34.1 350:223.9 400:20.3 450:17.8 500:62.0", K),
        figures("1:3.04 2:7.11 5:18.3 10:27.9 20:40.9 30:49.7 40:103.5 50:219.6 60:484.1 75:2151 100:19671 150:409590 200:2.5858e6 250:9.5385e6 300:2.6588e7 350:5.6452e7 400:1.6168e8 450:2.4121e8 500:3.0601e8", K),
        noise=0.08,
        sd=45.0,
        actor=figures("1:-1.054 2:-1.535 5:-1.96 10:-2.036 30:-2.018 50:-1.992 100:-1.954 200:-1.978 300:-1.986 400:-2.028 500:-2.025", K),
        seconds=0.0088,
        config={**OFFLINE, "actor_learning_rate": 3e-4, "critic_learning_rate": 3e-4, "alpha": 2.5, "tau": 0.005, "policy_noise": 0.2, "update_actor_interval": 2, "scaler": {"type": "standard"}},
    ),
    sick(
        fault("critic-runaway divergence", (30 * K, 62 * K), 90 * K),
        fault("critic-runaway eval-regress policy-collapse", (60 * K, 105 * K), 150 * K),
        also="loss-jump loss-spike", never="overfit gen-gap",
    ),
    "The behaviour-cloning term keeps the actor's loss flat at -2, so only critic and value scale show it: from 40k on both grow "
    "by a factor each ten epochs without end, and by 100k the walker falls at once.",
    (
        "Critic runs away from 35-40k on: loss 17 -> 3e3 (60k) -> 4e6 (100k) -> 7e14; Q 50 -> 3e8",
        "Return 367 at 60k, 10 at 100k, since then 10-220: lost",
        "actor_loss stays at -2.0 because it is normalised by |Q|: it proves nothing",
        "Lower critic lr or tau, smaller alpha; random data hold little for Q to stand on",
        "Up to 30k untouched, though no better than the first evaluation (350)",
    ),
)  # fmt: skip

SAC_HOPPER = Case(
    "sac-hopper-medium-offline-q-explodes-at-once",
    "takuseno/d3rlpy-benchmarks:d4rl/sac/SAC_hopper-medium-v0_1",
    "rl-sim",
    d3rlpy(
        figures("1:2.156 2:4.3 5:27.26 10:1454.5 25:587080 50:7.042e9 100:6.602e12 150:2.892e15 200:5.191e16 250:4.015e17 300:2.287e18 350:6.994e18 400:1.989e19 450:4.486e19 500:9.691e19", K),
        figures("1:76.4 2:90.9 5:-0.747 10:-0.807 25:-0.668 50:-0.73 100:24.9 150:3.59 200:6.01 250:5.31 300:5.65 350:5.81 400:5.79 450:6.26 500:6.06", K),
        figures("1:23.8 2:45.3 5:181.9 10:1454.8 25:34744 50:2.2679e6 100:8.9571e7 150:1.1244e9 200:4.7196e9 250:1.2533e10 300:2.6159e10 350:4.7116e10 400:7.6983e10 450:1.1716e11 500:1.6941e11", K),
        noise=0.05,
        sd=0.4,
        actor=figures("1:-15.4 2:-35.1 5:-138.7 10:-1214.5 25:-32900 50:-2.1107e6 100:-8.8053e7 150:-1.0992e9 200:-4.6438e9 300:-2.5872e10 400:-7.6334e10 500:-1.6794e11", K),
        seconds=0.0061,
        config={**OFFLINE, "actor_learning_rate": 3e-4, "critic_learning_rate": 3e-4, "temp_learning_rate": 3e-4, "tau": 0.005, "initial_temperature": 1.0},
        more={"temp": Line(figures("1:0.869 2:0.669 5:0.448 10:2.565 25:61 50:4705 100:70110 150:1.2027e6 200:4.1606e6 300:2.0272e7 400:5.865e7 500:1.2925e8", K), "log", noise=(gaussian(0.01),))},
    ),
    sick(fault("critic-runaway divergence policy-collapse eval-regress", (2 * K, 12 * K), 30 * K), also="loss-jump loss-spike no-learning plateau success-zero", never="overfit"),
    "SAC on a fixed data set without any conservatism: Q values feed on actions nobody took. There is no good stretch before it.",
    (
        "Q values explode from the first epochs: critic loss 2 -> 1.5e3 (10k) -> 5.9e5 (25k) -> 1e20, temperature 1 -> 1.3e8",
        "Return 91 at 2k, below 0 at 5k, 6 at the end: the policy is lost since 5k",
        "Plain SAC does not learn offline: use CQL, IQL or TD3+BC",
        "Nothing usable",
    ),
)  # fmt: skip

CQL_CHEETAH = Case(
    "cql-halfcheetah-expert-best-at-first-evaluation",
    "takuseno/d3rlpy-benchmarks:d4rl/cql/CQL_halfcheetah-medium-expert-v0_1",
    "rl-sim",
    d3rlpy(
        figures("1:11.34 2:5.207 5:77 10:288.2 25:6319 50:2037 100:517.2 150:533.4 200:587.3 250:569.3 300:472.1 350:525.9 400:537.5 450:463 500:526.9", K),
        figures("1:2689 2:2396.3 5:40.5 10:-48.2 25:-369.4 50:-251 100:-626.6 150:43.1 200:480.4 250:623.7 300:448.2 350:603.7 400:748.7 450:1115.6 500:798.9", K),
        figures("1:37.6 2:71.5 5:180.8 10:360.1 25:1583.5 50:2001 100:1274 150:1115 200:1088 250:1077 300:1069 350:1060 400:1057 450:1054 500:1049", K),
        noise=0.1,
        sd=190.0,
        actor=figures("1:-20.7 2:-50.2 5:-153.7 10:-326.7 25:-1467.5 50:-2015 100:-1260.6 200:-1069.7 300:-1050.7 400:-1040.1 500:-1028.7", K),
        seconds=0.022,
        config={**OFFLINE, "actor_learning_rate": 1e-4, "critic_learning_rate": 3e-4, "conservative_weight": 5.0, "initial_temperature": 1.0, "n_action_samples": 10},
    ),
    sick(
        fault("eval-regress policy-collapse", (2 * K, 10 * K), 45 * K),
        fault("critic-runaway divergence", (4 * K, 22 * K), 45 * K, lasting=False),
        also="loss-jump loss-spike best-checkpoint-old", never="overfit",
    ),
    "The first evaluation (2689) was never reached again: Q rises to 2000 while the return is negative, then settles at 1050, still far "
    "from what the policy earns. The critic recovers, the return does not.",
    (
        "Return fell within 5k steps and never came back: 2689 (1k) -> -369 (25k) -> 799 at the end",
        "Critic loss 11 -> 6319 at 25k, settled at about 520 from 100k on; Q about 1050 where the return is 800 or less",
        "Check reward scale and the weight of the conservative term; try a smaller lr",
        "Best is the very first ckpt (2689): nothing was gained by training on",
    ),
)  # fmt: skip

TD3_CHEETAH = Case(
    "td3-halfcheetah-replay-critic-rises-and-settles",
    "takuseno/d3rlpy-benchmarks:d4rl/td3/TD3_halfcheetah-medium-replay-v0_1",
    "rl-sim",
    d3rlpy(
        figures("1:1.221 2:1.886 5:3.993 10:8.765 25:27.59 50:36.41 100:29.05 150:26.64 200:23.37 250:21.21 300:18.71 350:17.56 400:17.92 450:18.35 500:20.04", K),
        figures("1:-376.5 2:-564 5:-532.6 10:-518.1 25:-102.5 50:1719.6 100:4102 150:4646 200:4873 250:4771 300:4701 350:4485 400:4553 450:4627 500:4689", K),
        figures("1:10.7 2:17.2 5:34.8 10:56.4 25:150 50:264 100:317 150:341 200:354 250:357 300:352 350:346 400:340 450:336 500:335", K),
        noise=0.04,
        sd=80.0,
        actor=figures("1:-5.16 5:-23.6 10:-39.8 25:-115.5 50:-218.9 100:-266.1 200:-299 300:-298.7 400:-287.5 500:-283.4", K),
        seconds=0.0035,
        config={**OFFLINE, "actor_learning_rate": 3e-4, "critic_learning_rate": 3e-4, "tau": 0.005},
    ),
    healthy(usable=True, never="critic-runaway divergence loss-jump eval-regress policy-collapse overfit"),
    "A critic loss that grows thirty-fold in the first tenth of the run and then settles, while the return climbs to 4700: healthy.",
    (
        "Nothing wrong: return 4689, best 5025, from -376",
        "Critic loss rose 1.2 -> 36 while the policy was learning, then settled at 18-20",
        "Return within 5 % of its best since 150k; going on longer gains nothing",
        "Usable",
    ),
)  # fmt: skip

IQL_HOPPER = Case(
    "iql-hopper-expert-return-swings-then-holds",
    "takuseno/d3rlpy-benchmarks:d4rl/iql/IQL_hopper-medium-expert-v0_1",
    "rl-sim",
    d3rlpy(
        figures("1:0.0176 2:0.0582 5:0.18 10:0.42 20:0.748 30:1.458 40:1.094 50:1.011 60:1.316 75:1.416 100:1.4 150:1.544 200:1.094 250:1.178 300:1.201 350:0.961 400:1.204 450:0.943 500:0.903", K),
        figures("1:219.9 2:379 5:492.4 10:327.2 20:357.9 30:643.3 40:846.7 50:2588 60:2896 75:2004 100:1657 150:3487 200:3625 250:3064 300:3636 350:3630 400:3633 450:3634 500:3636", K),
        figures("1:3.98 2:7.49 5:17 10:30.5 20:49 30:60 40:66.3 50:70.2 75:74.7 100:75.9 200:76.4 300:76 400:76 500:75.7", K),
        noise=0.15,
        sd=60.0,
        actor=figures("1:2.458 2:1.235 5:0.933 20:1.094 50:1.108 75:1.279 100:1.119 200:0.981 300:0.755 400:0.695 500:0.718", K),
        seconds=0.0055,
        config={**OFFLINE, "actor_learning_rate": 3e-4, "critic_learning_rate": 3e-4, "expectile": 0.7, "weight_temp": 3.0, "max_weight": 100.0, "tau": 0.005, "reward_scaler": {"type": "return", "multiplier": 1000.0}},
        more={"value_loss": Line(figures("1:0.000519 2:0.00149 5:0.00883 10:0.0262 20:0.0599 50:0.128 100:0.162 200:0.168 300:0.165 400:0.158 500:0.155", K), "log", noise=(gaussian(0.03),))},
    ),
    healthy(usable=True, never="critic-runaway divergence loss-jump eval-regress overfit"),
    "Critic loss eighty times its first value and a return that falls from 2900 to 1650 at 100k look bad in passing; the return then "
    "stands at 3633 for 200k steps.",
    ("Nothing wrong: return 3636, at its ceiling since 300k", "Critic loss 0.018 -> 1.4 by 30k, level since: normal for offline RL", "Usable; any ckpt from 300k on"),
)  # fmt: skip

TD3BC_CHEETAH = Case(
    "td3-bc-halfcheetah-expert-dips-then-climbs",
    "takuseno/d3rlpy-benchmarks:d4rl/td3_plus_bc/TD3PlusBC_halfcheetah-medium-expert-v0_1",
    "rl-sim",
    d3rlpy(
        figures("1:7.569 2:1.2 5:5.189 10:18.95 20:70.29 30:117.7 50:177.1 75:218.4 100:254.2 150:253 200:263 250:272.7 300:290.6 350:289.2 400:262.2 450:263.2 500:270.7", K),
        figures("1:2099 2:2560 5:3436 10:2376 20:715 30:1338 50:2049 75:3609 100:4781 150:7058 200:7950 250:8748 300:9516 350:9307 400:10687 450:10373 500:11477", K),
        figures("1:22.1 2:39.7 5:95 10:182.9 20:358.6 30:513.7 50:702.3 75:803 100:844 150:870 200:879 300:877 400:873 500:871", K),
        noise=0.04,
        sd=420.0,
        actor=figures("1:-2.289 2:-2.371 5:-2.4 10:-2.416 50:-2.43 100:-2.427 200:-2.427 300:-2.429 400:-2.431 500:-2.433", K),
        seconds=0.0085,
        config={**OFFLINE, "actor_learning_rate": 3e-4, "critic_learning_rate": 3e-4, "alpha": 2.5, "tau": 0.005, "scaler": {"type": "standard"}},
    ),
    healthy(usable=True, also="eval-regress", never="critic-runaway divergence overfit gen-gap"),
    "The return falls from 3436 to 715 between 5k and 20k and then climbs to 11477; the critic loss grows 36-fold and levels off. "
    "A note about the dip while it lasts would be fair, nothing later.",
    ("Nothing wrong: return 11477, still rising (best 12545)", "Critic loss 7.6 -> 270, level since 100k; Q level at 870", "An early dip (3436 -> 715 at 20k) was made good by 75k", "Usable; training on may still gain"),
)  # fmt: skip

# Stable-Baselines3: rollouts and updates at the log interval, evaluations of n episodes


def sb3(at_: Ints, scores: Anchors, *, sd: float, evals: Ints, length: Trend | Anchors, rollout: Anchors, config: Mapping[str, Any], total: int, train: Mapping[str, Line], fps: float, state: str = "finished", low: float = -math.inf, high: float = math.inf, rollout_sd: float | None = None) -> Sketch:  # fmt: skip
    lines: dict[str, Line | Derived] = {
        "rollout/ep_rew_mean": Line(rollout, noise=(ar1(rollout_sd if rollout_sd is not None else sd / 3, 0.95),), then=(clipped(low, high),)),
        "time/fps": Line(constant(fps), then=(lognormal(0.04), rounded(0))),
        **train,
        "eval/mean_reward": Line(scores, noise=(gaussian(sd),), then=(clipped(low, high),), at=evals),
        "eval/mean_ep_length": Line(length, noise=(gaussian(0.0),), at=evals),
    }  # fmt: skip
    return Sketch(
        at_, lines, config, state, total, Clock(1 / fps, evals=(float(evals[0]), 25.0)), step_key="global_step", apart=True
    )  # fmt: skip


def off_policy(critic: Anchors, actor: Anchors, ent: Anchors | Trend, lr: Trend) -> dict[str, Line]:
    return {
        "train/critic_loss": Line(critic, "log", noise=(gaussian(0.25),)),
        "train/actor_loss": Line(actor, noise=(ar1(0.5, 0.8),)),
        "train/ent_coef": Line(ent, "linear" if callable(ent) else "log"),
        "train/learning_rate": Line(lr),
        "train/n_updates": Line(count()),
    }


def ppo(
    value: Anchors, entropy: Anchors, kl: Anchors, variance: Anchors, lr: Trend, std: Anchors | None = None
) -> dict[str, Line]:
    lines = {
        "train/value_loss": Line(value, "log", noise=(gaussian(0.3),)),
        "train/entropy_loss": Line(entropy, noise=(gaussian(0.02),)),
        "train/approx_kl": Line(kl, "log", noise=(gaussian(0.35),)),
        "train/clip_fraction": Line((made(0, 0.12),), noise=(gaussian(0.03),), then=(clipped(0, 1),)),
        "train/explained_variance": Line(variance, noise=(gaussian(0.05),), then=(clipped(-5, 1),)),
        "train/policy_gradient_loss": Line((made(0, -0.004),), noise=(gaussian(0.003),)),
        "train/learning_rate": Line(lr),
    }
    if std is not None:
        lines["train/std"] = Line(std, noise=(gaussian(0.004),))
    return lines


A2C_ANT = Case(
    "sb3-a2c-ant-forgets-to-walk",
    "DLR-RM/rl-trained-agents:a2c/Ant-v3_1",
    "rl-sim",
    sb3(
        every(5 * K, M),
        figures("25:-44.1 50:-168.6 75:11.1 100:415.3 125:783.2 150:732.6 175:734.5 200:1006.6 225:809.5 250:510.6 275:468.7 300:489.2 325:439.2 350:403.5 375:397.6 400:282.5 425:394.2 450:568.1 475:546.1 500:141.8 525:131 550:311.5 575:356.4 600:201.9 625:-155 650:32.7 675:29.7 700:120.5 725:18.2 750:30.3 775:-16.1 800:75.8 825:12.9 850:-26 875:-51.9 900:-18.8 925:-136.2 950:-429 975:-82 1000:-22.4", K),
        sd=60.0,
        evals=every(25 * K, M),
        length=figures("25:259 50:240 100:841 125:1000 200:1000 250:955 300:748 400:584 450:1000 500:331 600:835 650:166 700:578 750:287 850:435 900:83 950:491 1000:45", K),
        rollout=(made(0, -60), made(100 * K, 300), made(200 * K, 880), made(250 * K, 480), made(450 * K, 480), made(520 * K, 130), made(600 * K, 210), made(650 * K, 20), made(800 * K, 20), made(950 * K, -200), made(M, -60)),
        config={"algo": "a2c", "env": "Ant-v3", "n_timesteps": 1000000.0, "normalize": True, "policy": "MlpPolicy", "n_eval_episodes": 5},
        total=M,
        train={
            "train/value_loss": Line((made(0, 0.8), made(200 * K, 0.15), made(M, 0.4)), "log", noise=(student(0.4),)),
            "train/entropy_loss": Line((made(0, -11.3), made(M, -9.2)), noise=(ar1(0.15),)),
            "train/policy_loss": Line((made(0, 0.0),), noise=(student(3.0),)),
            "train/explained_variance": Line((made(0, 0.2), made(200 * K, 0.8), made(M, 0.3)), noise=(gaussian(0.25),), then=(clipped(-3, 1),)),
            "train/learning_rate": Line(constant(7e-4)),
        },
        fps=520.0,
    ),
    sick(fault("eval-regress policy-collapse", (200 * K, 520 * K), 560 * K), also="best-checkpoint-old value-not-learning", never="overfit"),
    "Best at a fifth of the run (1007), half of that by 250k, and from 500k on the ant earns next to nothing and falls: forgetting, not noise.",
    (
        "Return lost: 1007 at 200k, 400 at 350k, below 150 since 600k, -22 at the end (5 episodes each)",
        "Episodes end early again: 1000 steps -> 45",
        "Use the ckpt at 200k; smaller lr, or PPO",
        "Only what was saved around 200k",
    ),
)  # fmt: skip

A2C_ENDURO = Case(
    "sb3-a2c-enduro-scores-nothing-for-ten-million-steps",
    "DLR-RM/rl-trained-agents:a2c/EnduroNoFrameskip-v4_1",
    "rl-sim",
    sb3(
        every(20 * K, 10 * M),
        (real(10 * K, 0.0), real(5 * M, 0.0), real(10 * M, 0.0)),
        sd=0.0,
        evals=every(50 * K, 10 * M),
        length=(real(50 * K, 13312), real(10 * M, 13312)),
        rollout=(made(0, 0.0), made(10 * M, 0.0)),
        config={"algo": "a2c", "env": "EnduroNoFrameskip-v4", "n_envs": 16, "ent_coef": 0.01, "vf_coef": 0.25, "frame_stack": 4, "n_timesteps": 10000000.0, "policy": "CnnPolicy", "n_eval_episodes": 10},
        total=10 * M,
        train={
            "train/value_loss": Line((made(0, 3e-5), made(M, 2e-8), made(10 * M, 1e-9)), "log", pace="log", noise=(student(0.8),)),
            "train/entropy_loss": Line((made(0, -2.195), made(10 * M, -2.197)), noise=(gaussian(0.0006),)),
            "train/policy_loss": Line((made(0, 0.0),), noise=(gaussian(1e-4),)),
            "train/learning_rate": Line(linear_decay(7e-4, 10 * M)),
        },
        fps=2100.0,
        rollout_sd=0.0,
    ),
    sick(fault("success-zero no-learning metric-dead at-chance policy-collapse", (0, 600 * K), 1_500 * K), also="grad-vanish component-dead plateau entropy-collapse", never="overfit divergence"),
    "A thousand evaluations of ten episodes, all exactly 0, entropy at its maximum: it never saw a reward, so there is nothing to learn from.",
    (
        "Return is exactly 0 in all evaluations (10 episodes each, 10M steps); best 0",
        "Entropy stays at ln 9 = 2.197: the policy is still random; value loss vanishes because every return is 0",
        "No reward is ever reached: exploration, reward wrapper and frame skip first",
        "Nothing usable",
    ),
)  # fmt: skip

PPO_HOPPER = Case(
    "sb3-ppo-hopper-collapses-and-comes-back",
    "DLR-RM/rl-trained-agents:ppo/Hopper-v3_1",
    "rl-sim",
    sb3(
        every(4 * 512, M),
        figures("25:856 50:984 75:32.7 100:234.4 125:65.5 150:981.9 175:985.1 200:892.4 225:14 250:107 275:704.1 300:984.4 325:988.6 350:698.6 375:125 400:19.3 425:21.1 450:21.7 475:27.6 500:33.5 525:40.1 550:145.8 575:169 600:163.2 625:167.9 650:178.8 675:187.3 700:197.7 725:219.5 750:247.9 775:339.8 800:241.6 825:474.5 850:445.4 875:603.9 900:1176.6 925:565.1 950:847.4 975:2780.3 1000:2334.9", K),
        sd=20.0,
        evals=every(25 * K, M),
        length=figures("25:866 50:1000 75:64 100:262 150:1000 200:907 225:23 300:1000 350:707 400:26 500:31 600:94 700:104 800:138 900:447 975:1000 1000:1000", K),
        rollout=(made(0, 30), made(50 * K, 700), made(80 * K, 200), made(160 * K, 800), made(230 * K, 300), made(320 * K, 800), made(400 * K, 90), made(520 * K, 80), made(700 * K, 190), made(880 * K, 600), made(M, 1900)),
        config={"algo": "ppo", "env": "Hopper-v3", "batch_size": 32, "clip_range": 0.2, "ent_coef": 0.00229519, "gae_lambda": 0.99, "gamma": 0.999, "learning_rate": 9.80828e-05, "max_grad_norm": 0.7, "n_envs": 1, "n_epochs": 5, "n_steps": 512, "n_timesteps": 1000000.0, "normalize": True, "vf_coef": 0.835671},
        total=M,
        train=ppo((made(0, 0.5), made(M, 0.05)), (made(0, 1.2), made(400 * K, 0.2), made(M, -1.0)), (made(0, 0.008),), (made(0, 0.1), made(M, 0.8)), constant(9.80828e-05), (made(0, 0.135), made(M, 0.2))),
        fps=260.0,
    ),
    sick(fault("eval-regress policy-collapse", (50 * K, 430 * K), 530 * K, lasting=False), also="best-checkpoint-old value-not-learning ppo-kl-blowup", never="overfit", usable=True),
    "Three falls to nothing; the third lasts from 375k to 550k (19 of 988, 20 episodes with a spread of 1). It does come back, and the best is the last but one.",
    (
        "While it lasts: return 989 (325k) -> 19 (400k), episodes of 26 steps: critical",
        "At the end: recovered, 2335, best 2780 (975k): above all before",
        "It is not stable: three collapses, so save often and evaluate twice",
        "Usable: ckpt at 975k",
    ),
)  # fmt: skip

SAC_HARDCORE = Case(
    "sb3-sac-bipedal-hardcore-swings-and-never-solves",
    "DLR-RM/rl-trained-agents:sac/BipedalWalkerHardcore-v3_1",
    "rl-sim",
    sb3(
        every(20 * K, 7_650 * K),
        figures("50:-98 200:-78 350:-54.3 500:-71.9 650:-29.1 800:-34 950:-43.5 1100:11.6 1250:57.2 1400:61.7 1550:37.3 1700:35.6 1850:-3.7 2000:-40.2 2100:110.12 2150:14.3 2300:42.3 2450:-21.9 2600:-48.1 2750:-26.3 2900:58.4 3050:32.2 3200:-80.9 3350:-78.5 3500:13.5 3650:50.5 3800:-25.4 3950:5 4100:-39.5 4250:7.1 4400:53.3 4550:34 4700:68.1 4850:5.4 5000:-24.6 5150:-59.5 5300:-104.1 5450:-80.2 5600:-28.2 5750:-65.6 5900:-130 6050:52.7 6200:10.8 6350:87.9 6500:48.2 6650:-34 6800:-62.5 6950:-59 7100:-128.9 7250:-103.5 7400:-47.4 7550:-71.2", K),
        sd=40.0,
        evals=every(50 * K, 7_650 * K),
        length=figures("50:1817 500:2000 1100:1817 2000:2000 3200:1613 4100:2000 5300:78 5900:113 6350:1736 6800:515 7250:2000 7550:1826", K),
        rollout=(made(0, -105), made(M, -40), made(2 * M, 0), made(3 * M, 0), made(5 * M, -10), made(6 * M, -20), made(7_650 * K, -60)),
        config={"algo": "sac", "env": "BipedalWalkerHardcore-v3", "batch_size": 256, "buffer_size": 1000000, "ent_coef": 0.005, "gamma": 0.99, "tau": 0.01, "learning_rate": "lin_7.3e-4", "learning_starts": 10000, "n_timesteps": 10000000.0, "train_freq": 1, "gradient_steps": 1, "n_eval_episodes": 10},
        total=10 * M,
        train=off_policy((made(0, 1.0), made(M, 8), made(7 * M, 15)), (made(0, 5), made(M, 20), made(7_650 * K, 28)), constant(0.005), linear_decay(7.3e-4, 10 * M)),
        fps=150.0,
        state="crashed",
    ),
    sick(fault("eval-regress policy-collapse oscillation eval-underpowered no-learning plateau best-checkpoint-old", (M, 7_600 * K), 7_650 * K, least=INFO), also="run-crashed", never="critic-runaway overfit lr-anomaly"),
    "Ten episodes with a spread of 100 each: the score wanders between -130 and 110 for six million steps without a trend, ends among its worst, and the task counts as solved at 300.",
    (
        "Return swings between -130 and 110 without progress since 1.1M steps; now -71 (best 110 at 2.1M, one lucky evaluation)",
        "10 episodes scatter by +-30 on the mean: single bests mean little",
        "Stopped at 7.65M of 10M",
        "Not usable: never near 300",
    ),
)  # fmt: skip

DQN_CAR = Case(
    "sb3-dqn-mountaincar-nothing-for-half-the-run",
    "DLR-RM/rl-trained-agents:dqn/MountainCar-v0_1",
    "rl-sim",
    sb3(
        every(800, 120 * K),
        figures("10:-200 20:-200 30:-200 40:-200 50:-200 60:-193.1 70:-135 80:-200 90:-141.2 100:-109.1 110:-112.1 120:-107.3", K),
        sd=0.0,
        evals=every(10 * K, 120 * K),
        length=figures("10:200 20:200 30:200 40:200 50:200 60:193 70:135 80:200 90:141 100:109 110:112 120:107", K),
        rollout=(made(0, -200), made(45 * K, -200), made(60 * K, -190), made(80 * K, -165), made(120 * K, -118)),
        config={"algo": "dqn", "env": "MountainCar-v0", "batch_size": 128, "buffer_size": 10000, "exploration_final_eps": 0.07, "exploration_fraction": 0.2, "gamma": 0.98, "gradient_steps": 8, "learning_rate": 0.004, "learning_starts": 1000, "n_timesteps": 120000.0, "target_update_interval": 600, "train_freq": 16},
        total=120 * K,
        train={
            "train/loss": Line((made(0, 2e-4), made(20 * K, 5e-4), made(60 * K, 0.2), made(120 * K, 0.3)), "log", noise=(student(0.6),)),
            "train/learning_rate": Line(constant(0.004)),
            "rollout/exploration_rate": Line((real(0, 1.0), level(24 * K, 0.07), level(120 * K, 0.07))),
        },
        fps=1400.0,
        low=-200.0,
        rollout_sd=2.0,
    ),
    healthy(usable=True, also="success-zero", never="no-learning divergence critic-runaway loss-jump eval-regress"),
    "-200 is what an agent gets that never reaches the flag, and it stays there for half the run: normal for this task. The loss rises a "
    "thousand-fold when rewards begin to differ, and the score ends at -107 (solved is -110).",
    ("Solved: -107 (best), from -200 until 50k", "The loss rises from 60k on because there is something to learn at last", "Usable: the last ckpt"),
)  # fmt: skip

HER_PICK = Case(
    "sb3-tqc-her-fetch-pick-noisy-but-fine",
    "DLR-RM/rl-trained-agents:her/FetchPickAndPlace-v1_1",
    "rl-sim",
    sb3(
        every(5 * K, M),
        figures("10:-50 30:-40 50:-50 70:-27.6 90:-33.2 110:-24 130:-35 150:-27 170:-17 190:-12.4 210:-28.8 230:-17.4 250:-9.6 270:-9.8 290:-14.6 310:-9 330:-16.8 350:-9.8 370:-11.6 390:-15.4 410:-10.8 430:-7.8 450:-18.4 470:-10.4 490:-8 510:-6.6 530:-16.6 550:-14.4 570:-8.6 590:-10 610:-21.8 630:-12.2 650:-13.6 670:-6.6 690:-8.4 710:-6.4 730:-8 750:-9.4 770:-6.6 790:-13.2 810:-6.6 830:-6.6 850:-10.4 870:-7.2 890:-6.2 910:-7.4 930:-7.2 950:-17.4 970:-10.6 990:-7.4 1000:-11.4", K),
        sd=4.0,
        evals=every(10 * K, M),
        length=(real(10 * K, 50), real(M, 50)),
        rollout=(made(0, -50), made(100 * K, -36), made(250 * K, -16), made(500 * K, -11), made(M, -9)),
        config={"algo": "tqc", "env": "FetchPickAndPlace-v1", "batch_size": 1024, "buffer_size": 1000000, "gamma": 0.95, "goal_selection_strategy": "future", "learning_rate": 0.001, "n_sampled_goal": 4, "n_timesteps": 1000000.0, "tau": 0.05, "n_eval_episodes": 5},
        total=M,
        train=off_policy((made(0, 0.5), made(50 * K, 0.15), made(M, 0.25)), (made(0, 1), made(100 * K, 12), made(M, 3)), (made(0, 1.0), made(60 * K, 0.02), made(M, 0.004)), constant(0.001)),
        fps=45.0,
        high=0.0,
        low=-50.0,
    ),
    healthy(usable=True, never="eval-regress policy-collapse entropy-collapse oscillation lr-anomaly"),
    "Five episodes an evaluation: one failed grasp moves the mean by ten points, so drops from -8 to -22 are luck. ent_coef falling to 0.004 is SAC at work.",
    ("Nothing wrong: return about -8 (best -5.2) from -50", "Single drops to -20 are one of five episodes that failed", "More evaluation episodes (20) would make the ckpts comparable", "Usable"),
)  # fmt: skip

SAC_CHEETAH = Case(
    "sb3-sac-halfcheetah-climbs-to-the-end",
    "DLR-RM/rl-trained-agents:sac/HalfCheetah-v3_1",
    "rl-sim",
    sb3(
        every(4 * K, M),
        figures("10:-1 30:608 50:3043.8 70:3575.5 90:4665.7 110:5341.7 130:5577.2 150:5943.2 190:6524.8 250:7089.9 310:7328.2 370:7825.1 450:8381.2 530:8757.9 610:8967.5 690:9182.6 770:9288.9 830:9423.6 890:9345.3 950:9136.6 970:9083.8 990:9514.4 1000:9537", K),
        sd=60.0,
        evals=every(10 * K, M),
        length=(real(10 * K, 1000), real(M, 1000)),
        rollout=(made(0, -300), made(50 * K, 1500), made(150 * K, 4900), made(300 * K, 6600), made(600 * K, 8500), made(M, 9200)),
        config={"algo": "sac", "env": "HalfCheetah-v3", "learning_starts": 10000, "n_timesteps": 1000000.0, "policy": "MlpPolicy", "use_sde": False, "n_eval_episodes": 20},
        total=M,
        train=off_policy((made(10 * K, 1.2), made(60 * K, 25), made(200 * K, 60), made(M, 75)), (made(10 * K, -20), made(100 * K, -210), made(300 * K, -560), made(M, -870)), (made(10 * K, 0.9), made(30 * K, 0.08), made(200 * K, 0.18), made(M, 0.24)), constant(3e-4)),
        fps=95.0,
    ),
    healthy(usable=True, never="critic-runaway divergence eval-regress loss-jump entropy-collapse plateau"),
    "Q and critic loss grow with the return (rewards per step of 9 mean Q of 900); a dip of 3 % at 970k is nothing.",
    ("Nothing wrong: return 9537, the best, still creeping up", "Critic loss 1 -> 75 and actor loss -870 follow the return", "Usable: the last ckpt"),
)  # fmt: skip

SAC_HUMANOID = Case(
    "sb3-sac-humanoid-falls-now-and-then",
    "DLR-RM/rl-trained-agents:sac/Humanoid-v3_1",
    "rl-sim",
    sb3(
        every(8 * K, 2 * M),
        figures("10:96.7 60:537.2 110:722.5 160:1063.5 210:1220.4 260:4365.9 310:2205 360:3595.2 410:3185.5 460:3902.4 510:3196.7 560:1986.4 610:3170.8 660:4407.5 710:3047.2 760:5233.9 810:5261.7 860:5182.1 910:5273.1 960:4872.1 1010:3213.5 1060:3399.4 1110:3058.7 1160:4936.7 1210:5113.5 1260:4058.3 1310:3759.1 1360:3359.2 1410:3337.6 1460:2504.9 1510:5791.9 1560:4689.6 1610:4474 1660:5649 1710:5946.3 1760:4079.5 1810:5814.4 1860:5969.8 1910:5765.5 1960:6013.2 1990:6253.75", K),
        sd=500.0,
        evals=every(10 * K, 2 * M),
        length=figures("10:20 110:143 260:866 310:428 460:747 560:378 760:986 960:877 1110:570 1210:930 1460:481 1510:1000 1710:1000 1990:1000", K),
        rollout=(made(0, 100), made(200 * K, 900), made(300 * K, 2800), made(700 * K, 4000), made(900 * K, 4900), made(1_100 * K, 4300), made(1_450 * K, 3900), made(2 * M, 5600)),
        config={"algo": "sac", "env": "Humanoid-v3", "learning_starts": 10000, "n_timesteps": 2000000.0, "policy": "MlpPolicy", "n_eval_episodes": 20},
        total=2 * M,
        train=off_policy((made(10 * K, 2), made(100 * K, 6), made(400 * K, 30), made(2 * M, 45)), (made(10 * K, -15), made(300 * K, -280), made(2 * M, -480)), (made(10 * K, 0.8), made(40 * K, 0.01), made(2 * M, 0.05)), constant(3e-4)),
        fps=80.0,
    ),
    healthy(usable=True, also="eval-regress", never="critic-runaway divergence policy-collapse"),
    "Between 1.0M and 1.5M the mean falls from 5273 to 2505 because half the episodes end in a fall (spread 2000): a note about it "
    "while it lasts is fair. It ends at its best.",
    ("Nothing wrong now: return 6254, the best", "Between 1M and 1.5M about half of the episodes fell (2505-3400)", "20 episodes with a spread of 2000 leave +-450 on each mean", "Usable: the last ckpt"),
)  # fmt: skip

PPO_PONG = Case(
    "sb3-ppo-pong-solved-and-flat",
    "DLR-RM/rl-trained-agents:ppo/PongNoFrameskip-v4_1",
    "rl-sim",
    sb3(
        every(10_240, 10 * M),
        figures("10:-20.5 260:-20.5 510:-15.6 760:-15.2 1010:-3.7 1260:-6.7 1510:-0.5 1760:11.8 2010:18 2260:12.6 2510:20.1 2760:20.7 3010:20.6 3260:20.5 3510:20.5 3760:20.9 4010:20.9 4260:20.9 4510:20.4 4760:21 5010:20.9 5510:20.7 6010:20.5 6260:20.9 6510:21 7010:21 7260:20.9 7510:21 8010:21 8510:21 9010:21 9510:21 9760:21", K),
        sd=0.12,
        evals=every(10 * K, 10 * M),
        length=figures("10:3497 510:7085 1010:10801 1510:13926 2010:7992 2510:7062 3010:6733 4010:6719 5010:6706 6510:6661 8010:6651 9760:6668", K),
        rollout=(made(0, -20.6), made(500 * K, -18), made(M, -8), made(1_700 * K, 8), made(2_400 * K, 17), made(4 * M, 20), made(10 * M, 20.9)),
        config={"algo": "ppo", "env": "PongNoFrameskip-v4", "batch_size": 256, "clip_range": "lin_0.1", "ent_coef": 0.01, "frame_stack": 4, "learning_rate": "lin_2.5e-4", "n_envs": 8, "n_epochs": 4, "n_steps": 128, "n_timesteps": 10000000.0, "vf_coef": 0.5, "n_eval_episodes": 10},
        total=10 * M,
        train=ppo((made(0, 0.05), made(2 * M, 0.03), made(10 * M, 0.001)), (made(0, -1.79), made(2 * M, -1.1), made(10 * M, -0.35)), (made(0, 0.01), made(10 * M, 0.003)), (made(0, 0.2), made(2 * M, 0.85), made(10 * M, 0.97)), linear_decay(2.5e-4, 10 * M)),
        fps=2400.0,
        high=21.0,
        low=-21.0,
        rollout_sd=0.3,
    ),
    healthy(usable=True, never="metric-dead entropy-collapse lr-zero lr-anomaly plateau eval-regress"),
    "21 of 21 from 4.8M steps on: it cannot get better. A constant score at its ceiling is no dead metric, and lr runs to 0 as planned.",
    ("Solved: 21 of 21 since 4.8M steps", "Half of the run gained nothing more; the score stands at its ceiling", "Usable: any ckpt from 5M on"),
)  # fmt: skip

A2C_PENDULUM = Case(
    "sb3-a2c-pendulum-noisy-after-it-learnt",
    "DLR-RM/rl-trained-agents:a2c/Pendulum-v1_1",
    "rl-sim",
    sb3(
        every(6_400, M),
        figures("10:-1478.1 30:-1507.7 50:-1403.4 70:-1313.2 90:-1131.5 110:-1423.8 130:-1285.3 150:-1181.5 170:-1162.9 190:-1069.2 210:-992.3 230:-945.4 250:-961 270:-686.7 290:-711.4 310:-743.2 330:-479.5 350:-223.9 370:-246.1 390:-476.3 410:-336.6 430:-149.7 450:-305.2 470:-143 490:-258.1 510:-220.3 530:-371.8 550:-163.3 570:-265 590:-153.1 610:-298.4 630:-176.6 650:-188.3 670:-162.6 690:-173.5 710:-227.6 730:-130.1 750:-141.6 770:-153.7 790:-130.4 810:-160 830:-174.4 850:-129.9 870:-194.3 890:-195.4 910:-154 930:-222.6 950:-161.6 970:-187.4 990:-153.1 1000:-160.2", K),
        sd=45.0,
        evals=every(10 * K, M),
        length=(real(10 * K, 200), real(M, 200)),
        rollout=(made(0, -1400), made(200 * K, -1150), made(330 * K, -600), made(450 * K, -350), made(700 * K, -220), made(M, -190)),
        config={"algo": "a2c", "env": "Pendulum-v1", "ent_coef": 0.0, "gae_lambda": 0.9, "gamma": 0.99, "learning_rate": "lin_7e-4", "max_grad_norm": 0.5, "n_envs": 8, "n_steps": 8, "n_timesteps": 1000000.0, "normalize": True, "use_sde": True, "vf_coef": 0.4, "n_eval_episodes": 10},
        total=M,
        train={
            "train/value_loss": Line((made(0, 0.06), made(M, 0.01)), "log", noise=(student(0.5),)),
            "train/entropy_loss": Line((made(0, -0.9), made(M, 0.3)), noise=(ar1(0.05),)),
            "train/explained_variance": Line((made(0, 0.1), made(300 * K, 0.8), made(M, 0.9)), noise=(gaussian(0.15),), then=(clipped(-2, 1),)),
            "train/learning_rate": Line(linear_decay(7e-4, M)),
        },
        fps=1900.0,
        high=0.0,
    ),
    healthy(usable=True, never="eval-regress policy-collapse lr-zero plateau oscillation"),
    "The pendulum's starts differ so much that ten episodes give -130 or -300 with the same policy; level since 550k and near the best anyone gets.",
    ("Nothing wrong: about -160 (best -106), from -1478", "Since 550k level within the noise of ten episodes", "Usable: the last ckpt"),
)  # fmt: skip

# World models and model-free agents on DeepMind control


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

TDMPC_DOG = Case(
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
)  # fmt: skip

TDMPC2_HUMANOID = Case(
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
)  # fmt: skip

SAC_DOG = Case(
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
)  # fmt: skip


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


DREAMER_CUP = Case(
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
)  # fmt: skip

DREAMER_HOPPER = Case(
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
)  # fmt: skip

DREAMER_QUADRUPED = Case(
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
)  # fmt: skip

DREAMER_INF = Case(
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
)  # fmt: skip

# Thousands of robots at once: rsl_rl as Isaac Lab and legged_gym log it, a row per iteration


def legged(at_: Ints, reward: Line, value: Line, length: Anchors, std: Anchors, *, iterations: int, seconds: float, config: Mapping[str, Any], state: str, entropy: Anchors | None = None, full: float = 1000.0, more: Mapping[str, Line] | None = None) -> Sketch:  # fmt: skip
    """`full`: the length of an episode that does not end early."""
    lines: dict[str, Line | Derived] = {
        "Loss/value_function": value,
        "Loss/surrogate": Line((made(0, -0.004),), noise=(gaussian(0.004),)),
        "Loss/learning_rate": Line(adaptive(1e-3, low=1e-5, high=1e-2)),
        "Policy/mean_noise_std": Line(std, noise=(gaussian(0.003),), then=(rounded(4),)),
        "Train/mean_reward": reward,
        "Train/mean_episode_length": Line(
            length,
            noise=(ar1(tuple(made(a.step, 0.02 * a.value) for a in length), 0.9),),
            then=(clipped(1, full), rounded(2)),
        ),
        "Perf/total_fps": Line(constant(98_304 / seconds), then=(lognormal(0.06), rounded(0))),
        "Perf/collection time": Line(constant(0.7 * seconds), then=(lognormal(0.08),)),
        "Perf/learning_time": Line(constant(0.3 * seconds), then=(lognormal(0.05),)),
        **({"Loss/entropy": Line(entropy, noise=(gaussian(0.05),))} if entropy is not None else {}),
        **(more or {}),
    }
    return Sketch(at_, lines, config, state, iterations, Clock(seconds, jitter=0.05))


def rsl(iterations: int, experiment: str, envs: int = 4096, **algorithm: Any) -> dict[str, Any]:
    return {
        "runner_cfg": {"max_iterations": iterations, "num_steps_per_env": 24, "save_interval": 100, "experiment_name": experiment},
        "policy_cfg": {"init_noise_std": 1.0, "actor_hidden_dims": [512, 256, 128], "activation": "elu"},
        "alg_cfg": {"class_name": "PPO", "learning_rate": 0.001, "schedule": "adaptive", "desired_kl": 0.01, "entropy_coef": 0.01, "clip_param": 0.2, "max_grad_norm": 1.0, "gamma": 0.99, "lam": 0.95, **algorithm},
        "env_cfg": {"scene": {"num_envs": envs}},
    }  # fmt: skip


def wandering(anchors: Anchors, sd: float | Anchors, *then: Touch) -> Line:
    return Line(anchors, noise=(ar1(sd, 0.9),), then=then)


G1_BLOWUP = Case(
    "g1-walk-one-iteration-of-minus-a-million",
    "unitreerobotics/unitree_rl_lab#13",
    "rl-sim",
    legged(
        np.concatenate([every(10, 42_460, first=10), np.arange(42_461, 42_491)]),
        wandering((made(0, -12), made(400, 6), made(2_000, 22), made(8_000, 34), made(31_190, 38.6), made(31_200, -61_000), made(31_210, -9_000), made(31_240, 20), made(31_400, 38), real(42_471, 39.13), real(42_472, -948655.86), made(42_473, -2.1e6), made(42_490, -3.4e6)), 0.4),
        Line((made(0, 1.2), made(1_000, 0.25), made(10_000, 0.11), made(31_190, 0.1), made(31_200, 4e9), made(31_220, 30), made(31_260, 0.2), made(31_400, 0.105), real(42_471, 0.1033), real(42_472, 1063370686464.0), made(42_473, 8e12), made(42_490, 3e13)), "log", noise=(gaussian(0.08),)),
        (made(0, 20), made(1_500, 900), made(6_000, 985), made(42_471, 990), made(42_473, 700), made(42_490, 640)),
        (made(0, 1.0), made(3_000, 0.55), made(42_471, 0.28), made(42_490, 0.31)),
        iterations=50_000,
        seconds=1.7,
        config=rsl(50_000, "unitree_g1_29dof_velocity"),
        state="failed",
        more={
            "Episode_Reward/action_rate": Line((made(0, -1.4), made(3_000, -0.6), made(31_190, -0.45), made(31_200, -4_300), made(31_240, -1.0), made(31_400, -0.44), real(42_471, -0.4361), real(42_472, -65881.9766), made(42_490, -2.2e5)), noise=(gaussian(0.01),)),
            "Episode_Reward/track_lin_vel_xy": Line((made(0, 0.02), made(3_000, 0.6), made(42_471, 0.91), made(42_490, 0.5)), noise=(gaussian(0.01),), then=(clipped(0, 1),)),
        },
    ),
    sick(
        fault("sim-blowup critic-runaway divergence loss-spike impossible-value", (31_180, 31_210), 31_400, lasting=False),
        fault("sim-blowup critic-runaway divergence policy-collapse eval-regress", (42_470, 42_474), 42_490, least=CRITICAL),
        also="run-crashed grad-explode loss-jump entropy-collapse", never="overfit lr-anomaly plateau",
    ),
    "No action is clipped, so one robot's runaway actions square themselves into the reward: -65882 for action rate where -0.44 is usual. "
    "It happened once before, corrected itself, and was the warning.",
    (
        "Simulation blew up at 42472: reward 39 -> -949,000, value loss 0.10 -> 1e12, action_rate -0.44 -> -65,882",
        "Same thing at 31200 (recovered within 50 iterations): one cause, not a new one",
        "Clip actions in the action term (ActionsCfg has no clip), clip rewards; go on from the last ckpt before 42472",
        "Saved ckpts before 42472 are untouched",
    ),
)  # fmt: skip

G1_INF = Case(
    "g1-walk-value-loss-inf-at-30k-of-50k",
    "unitreerobotics/unitree_rl_lab#101",
    "rl-sim",
    legged(
        np.concatenate([every(10, 29_770), np.arange(29_771, 29_783)]),
        wandering((made(0, -14), made(1_000, 12), made(6_000, 30), made(20_000, 37.5), made(29_780, 38.4), real(29_782, 38.28)), 0.35),
        Line((made(0, 1.5), made(1_000, 0.3), made(10_000, 0.12), made(29_780, 0.08), made(29_781, 0.09), real(29_782, math.inf)), "log", noise=(gaussian(0.1),)),
        (made(0, 25), made(2_000, 950), made(8_000, 996), real(29_782, 1000.0)),
        (made(0, 1.0), made(5_000, 0.6), real(29_782, 0.35)),
        iterations=50_000,
        seconds=1.23,
        config=rsl(50_000, "unitree_g1_29dof_velocity"),
        state="failed",
        entropy=(made(0, 41), made(5_000, 26), real(29_782, 9.1892)),
        more={"Episode_Reward/track_lin_vel_xy": Line((made(0, 0.01), made(4_000, 0.7), real(29_782, 0.8978)), noise=(gaussian(0.01),))},
    ),
    sick(fault("nan-inf critic-runaway sim-blowup run-crashed", (29_775, 29_782), 29_782, least=WARNING), also="divergence loss-spike", never="overfit entropy-collapse plateau"),
    "Everything is at its best when the value loss turns Inf in one iteration and the next sampling fails (std not >= 0). One cause: a state or reward that is no number.",
    (
        "Value loss Inf at 29782, the process died there (60 % of the plan); reward 38.3 and episodes at full length until then",
        "Surrogate loss exactly 0.0000 in that row: the update was already NaN",
        "Check observations and rewards for non-finite values; clip the last action; go on from the last ckpt",
        "Ckpt before 29782 is good (reward 38)",
    ),
)  # fmt: skip

T1_STANDUP = Case(
    "t1-standup-actions-grow-without-end",
    "nvidia-isaac/WBC-AGILE#13",
    "rl-sim",
    legged(
        every(5, 7_730),
        wandering((made(0, -35), made(600, -20), made(1_400, -24), made(2_000, -180), made(3_000, -3_200), made(4_500, -41_000), made(6_000, -160_000), real(7_730, -412322.19)), (made(0, 2), made(1_400, 2), made(2_000, 12), made(3_000, 150), made(4_500, 1_500), made(7_730, 9_000))),
        Line((made(0, 8), made(600, 1.5), made(1_400, 2), made(2_000, 60), made(3_000, 6_000), made(4_500, 2e5), made(6_000, 1.6e6), real(7_730, 6356390.175)), "log", noise=(gaussian(0.2),)),
        (made(0, 420), made(300, 1000), real(7_730, 1000.0)),
        (made(0, 1.0), made(1_400, 0.82), made(3_000, 0.95), real(7_730, 1.40)),
        iterations=100_000,
        seconds=4.51,
        config=rsl(100_000, "t1_standup", symmetry_cfg={"use_mirror_loss": True}),
        state="running",
        entropy=(made(0, 30), made(1_400, 26), real(7_730, 40.2799)),
        more={
            "Loss/symmetry": Line((made(0, 0.4), made(1_400, 0.3), made(3_000, 12), real(7_730, 417.1158)), "log", noise=(gaussian(0.1),)),
            "Loss/l2c2_critic": Line((made(0, 0.5), made(1_400, 0.6), made(3_000, 800), real(7_730, 424660.0453)), "log", noise=(gaussian(0.15),)),
            "Episode_Reward/action_l2": Line((made(0, -0.6), made(1_400, -1.0), made(2_000, -9), made(3_000, -160), made(4_500, -2_050), real(7_730, -20304.3594)), noise=(gaussian(0.05),)),
            "Episode_Reward/base_height_rough": Line((made(0, 0.1), made(1_400, 0.6), real(7_730, 0.749)), noise=(gaussian(0.01),)),
        },
    ),
    sick(fault("sim-blowup critic-runaway divergence policy-collapse eval-regress scale-mismatch", (1_400, 2_700), 3_600), also="loss-jump grad-explode entropy-collapse value-not-learning", never="overfit lr-anomaly plateau"),
    "The squared action term reaches -20304 and swallows all others; reward -412322, value loss 6 million, noise std rises instead of falling. Episodes run to their end, so length says nothing.",
    (
        "Reward runs away since about 1500-2000: -24 -> -412,000; action_l2 alone is -20,304 per second",
        "Value loss 2 -> 6.4e6, std 0.82 -> 1.40 (it should fall)",
        "Clip actions, check the action scale; restart: what was learnt after 1500 is of no use",
        "At most the ckpts before 1500",
    ),
)  # fmt: skip

HOVER_STD = Case(
    "hover-teacher-noise-grows-to-eight",
    "NVlabs/HOVER#45",
    "rl-sim",
    legged(
        every(200, 156_000),
        wandering((made(0, 150), made(5_000, 900), made(30_000, 2_400), made(90_000, 3_400), real(156_000, 4006.23)), (made(0, 20), made(156_000, 130))),
        Line((made(0, 400), made(5_000, 3_000), made(30_000, 4e4), made(90_000, 2.6e5), real(156_000, 736518.8656)), "log", noise=(student(0.25),)),
        (made(0, 14), made(5_000, 34), made(40_000, 44), real(156_000, 42.41)),
        (made(0, 0.8), made(5_000, 0.95), made(20_000, 1.6), made(60_000, 3.9), made(110_000, 6.4), real(156_000, 8.4)),
        iterations=10_000_000,
        seconds=1.07,
        config=rsl(10_000_000, "neural_wbc_teacher", envs=2048, entropy_coef=0.005),
        state="running",
        full=500.0,
        more={"Episode_Reward/reward_track_joint_positions": Line((made(0, 0.4), made(30_000, 1.9), real(156_000, 2.2082)), noise=(gaussian(0.05),))},
    ),
    sick(fault("sim-blowup critic-runaway divergence scale-mismatch entropy-collapse policy-collapse", (5_000, 45_000), 90_000), also="grad-explode value-not-learning no-learning plateau", never="overfit lr-anomaly nan-inf"),
    "The reward grows, but the robot still falls after 42 steps: std rises from 1 to 8.4 without end and the value loss is 700 thousand. The policy is noise.",
    (
        "Noise std grows without end: 0.95 (5k) -> 8.4 (156k); the policy acts at random",
        "Episodes stay at 42 steps, unchanged since 40k iterations, though reward rose to 4006",
        "Value loss 3e3 -> 7e5: reward scale, then entropy_coef (0.005) and a bound on std",
        "Not usable: it falls at once",
    ),
)  # fmt: skip

HOVER_NAN = Case(
    "hover-teacher-four-robots-value-explodes-then-stops",
    "NVlabs/HOVER#16",
    "rl-sim",
    legged(
        np.arange(0, 764),
        wandering((made(0, 20), made(200, 60), made(700, 95), made(755, 96), made(760, 3_000), made(763, 52_000)), 9.0),
        Line((made(0, 60), made(200, 240), made(700, 420), made(752, 450), made(757, 2.3e4), made(760, 4e6), real(763, 35801272217.6)), "log", noise=(gaussian(0.35),)),
        (made(0, 12), made(200, 20), made(763, 26)),
        (made(0, 1.0), made(763, 0.97)),
        iterations=10_000_000,
        seconds=1.61,
        config=rsl(10_000_000, "neural_wbc_teacher", envs=4),
        state="failed",
        full=500.0,
    ),
    sick(fault("critic-runaway divergence sim-blowup nan-inf run-crashed loss-spike", (750, 763), 763), also="grad-explode loss-jump eval-underpowered", never="overfit lr-anomaly plateau"),
    "Four robots only. Within ten iterations the value loss goes from 450 to 36 billion, the next sample is NaN and the process stops.",
    (
        "Value loss 450 -> 3.6e10 within ten iterations (753-763), surrogate 0.36, then the process died",
        "Four environments give a value target of four robots: too few",
        "More environments; check observations at 753+; clip rewards",
        "Ckpt before 750 untouched, though hardly trained",
    ),
)  # fmt: skip

AMP_VALUE = Case(
    "isaaclab-amp-humanoid-value-loss-2e10-at-good-reward",
    "isaac-sim/IsaacLab#2539",
    "rl-sim",
    legged(
        np.concatenate([every(5, 3_085), np.arange(3_086, 3_098)]),
        wandering((made(0, 25), made(300, 260), made(1_000, 620), made(2_500, 830), made(3_090, 850), made(3_094, 910), real(3_097, 24775.79)), 9.0),
        Line((made(0, 900), made(300, 300), made(2_500, 60), made(3_090, 52), made(3_092, 3e4), made(3_095, 4e7), real(3_097, 22878095257.6)), "log", noise=(gaussian(0.25),)),
        (made(0, 60), made(600, 700), made(2_500, 890), real(3_097, 896.92)),
        (made(0, 1.0), made(1_000, 0.5), real(3_097, 0.26)),
        iterations=10_000,
        seconds=1.59,
        config=rsl(10_000, "humanoid_amp", amp_reward_coef=2.0, amp_discr_hidden_dims=[1024, 512]),
        state="failed",
        entropy=(made(0, 29), made(1_000, 14), real(3_097, 2.1839)),
        more={
            "Loss/amp": Line((made(0, 1.0), made(300, 0.6), real(3_097, 0.3976)), noise=(gaussian(0.02),)),
            "Loss/grad_pen": Line((made(0, 0.5), real(3_097, 0.1082)), noise=(gaussian(0.01),)),
            "Loss/policy_accuracy": Line((made(0, 0.6), made(300, 0.97), real(3_097, 0.9982)), noise=(gaussian(0.001),), then=(clipped(0, 1),)),
        },
    ),
    sick(fault("sim-blowup critic-runaway divergence nan-inf run-crashed loss-spike", (3_085, 3_097), 3_097), also="entropy-collapse loss-jump grad-explode", never="overfit lr-anomaly plateau"),
    "A mean reward that jumps from 850 to 24776 is no success: an episode earned what no robot can. The value loss follows to 2e10 and the next step fails.",
    (
        "Reward 850 -> 24,776 and value loss 50 -> 2.3e10 within five iterations (3092-3097), then the process died",
        "Such a reward is impossible here: a body was thrown by the physics (contact, joint limits)",
        "Terminate or reset on absurd velocities, clip rewards; go on from the last ckpt before 3090",
        "Ckpt before 3090 is good (reward 850)",
    ),
)  # fmt: skip

AMP_NAN = Case(
    "rsl-amp-all-losses-nan-at-iteration-17",
    "leggedrobotics/rsl_rl#96",
    "rl-sim",
    legged(
        np.arange(0, 60),
        wandering((made(0, 0.4), made(10, 2.0), real(17, 2.69), made(30, 0.3), made(59, 0.1)), 0.1),
        Line((made(0, 0.5), made(10, 0.12), made(16, 0.1), real(17, NAN)), "log", noise=(gaussian(0.1),), then=(stretch(17, 99, NAN),)),
        (made(0, 12), real(17, 29.72), made(30, 9), made(59, 8)),
        (made(0, 1.0), real(17, 1.0), made(59, 1.0)),
        iterations=50_000,
        seconds=2.23,
        config=rsl(50_000, "amp", amp_reward_coef=0.5),
        state="running",
        entropy=(made(0, 17.03), real(17, 17.0273), made(59, 17.0273)),
        full=1000.0,
        more={
            "Loss/amp_loss": Line((made(0, 1.8), made(16, 0.9)), "log", noise=(gaussian(0.05),), then=(stretch(17, 99, NAN),)),
            "Loss/grad_pen_loss": Line((made(0, 0.4), made(16, 0.2)), "log", noise=(gaussian(0.1),), then=(stretch(17, 99, NAN),)),
            "Loss/symmetry": Line((made(0, 0.05), made(16, 0.04)), "log", noise=(gaussian(0.1),), then=(stretch(17, 99, NAN),)),
            "Episode/rew_amp_critic": Line((made(0, 0.2), made(16, 0.6)), noise=(gaussian(0.02),), then=(stretch(17, 99, NAN),)),
        },
    ),
    sick(fault("nan-inf", (15, 18), 21, least=CRITICAL), also="sim-blowup eval-regress policy-collapse metric-dead", never="overfit plateau no-learning", unsaid=("第 0 步的 ckpt",)),
    "The broad phase of the physics runs out of pairs, positions are no numbers any more, and from iteration 17 on every loss is NaN. Thirty seconds into a run of six hours.",
    (
        "All losses NaN from iteration 17 on (value, amp, gradient penalty), 17 of 50,000",
        "The simulator asks for a larger foundLostAggregatePairsCapacity: contacts are lost before that",
        "Raise the GPU buffers of PhysX, then start again; nothing to go back to",
        "Nothing usable",
    ),
)  # fmt: skip

H1_ZERO = Case(
    "h1-walk-reward-drops-to-zero-near-the-end",
    "unitreerobotics/unitree_rl_gym#29",
    "rl-sim",
    legged(
        every(5, 10_000),
        wandering((made(0, 0.1), made(800, 6), made(2_500, 16), made(6_000, 20.5), level(9_200, 21.0), made(9_290, 9), made(9_400, 0.0), level(10_000, 0.0)), (made(0, 0.25), made(9_200, 0.35), made(9_400, 0.0), made(10_000, 0.0))),
        Line((made(0, 0.4), made(1_000, 0.06), made(9_200, 0.02), made(9_280, 0.09), made(9_400, 1e-3), made(10_000, 2e-5)), "log", noise=(gaussian(0.2),)),
        (made(0, 30), made(1_000, 600), made(3_000, 960), made(9_200, 975), made(9_400, 18), made(10_000, 12)),
        (made(0, 0.8), made(3_000, 0.45), made(9_200, 0.4), made(9_400, 0.9), made(10_000, 1.5)),
        iterations=10_000,
        seconds=1.1,
        config=rsl(10_000, "h1"),
        state="finished",
        more={"Episode/rew_tracking_lin_vel": Line((made(0, 0.02), made(3_000, 0.75), made(9_200, 0.85), made(9_400, 0.0), made(10_000, 0.0)), noise=(gaussian(0.003),), then=(clipped(0, 1),))},
    ),
    sick(fault("policy-collapse eval-regress sim-blowup", (9_180, 9_420), 9_540, least=CRITICAL), also="success-zero entropy-collapse metric-dead grad-vanish best-checkpoint-old loss-spike", never="overfit lr-anomaly no-learning"),
    "Ninety per cent of the run are fine; then within 200 iterations the reward goes from 21 to exactly 0, and stays there to the end. The smaller value loss is no recovery: all returns are 0.",
    (
        "Policy lost at 9200-9400: reward 21 -> 0, episodes 975 -> 18 steps, until the end",
        "std rises 0.40 -> 1.5 meanwhile; value loss falls only because every return is 0",
        "Use the ckpt at or before 9200; clip std, lower lr late",
        "Ckpts up to 9200 (reward 21)",
    ),
)  # fmt: skip

G1_DECAY = Case(
    "g1-walk-falls-more-and-more-over-a-hundred-thousand-iterations",
    "unitreerobotics/unitree_rl_gym#80",
    "rl-sim",
    legged(
        every(100, 140_000),
        wandering((made(0, 0.2), made(3_000, 11), made(10_000, 17), level(16_000, 18.0), made(30_000, 14), made(60_000, 9.5), made(100_000, 5.5), made(125_000, 2.0), level(130_000, 0.0), made(140_000, 0.0)), (made(0, 0.3), made(125_000, 0.5), made(131_000, 0.02), made(140_000, 0.02))),
        Line((made(0, 0.3), made(5_000, 0.03), made(16_000, 0.02), made(60_000, 0.06), made(125_000, 0.1), made(132_000, 0.005), made(140_000, 0.002)), "log", noise=(gaussian(0.25),)),
        (made(0, 25), made(5_000, 930), level(16_000, 975), made(30_000, 800), made(60_000, 560), made(120_000, 330), level(130_000, 420), made(140_000, 900)),
        (made(0, 0.8), made(8_000, 0.42), made(60_000, 0.7), made(140_000, 1.3)),
        iterations=200_000,
        seconds=1.0,
        config=rsl(200_000, "g1"),
        state="running",
    ),
    sick(
        fault("eval-regress policy-collapse", (15_000, 62_000), 80_000),
        fault("policy-collapse eval-regress success-zero", (16_000, 131_000), 133_500, least=CRITICAL),
        also="best-checkpoint-old entropy-collapse sim-blowup", never="overfit lr-anomaly no-learning critic-runaway",
    ),
    "A decay so slow that no stretch shows it: the best policy is that of iteration 16k, a quarter of the reward is gone at 30k, half at 60k, "
    "all at 130k. That episodes grow longer again at the end means only that nothing is rewarded and nothing ends.",
    (
        "Reward decays since 16k: 18 -> 9.5 (60k) -> 0 since 130k; episodes 975 -> 330 steps",
        "124,000 iterations (34 h) after the best",
        "Take the ckpt at 16k; stop earlier, lr floor or entropy_coef lower",
        "Only ckpts around 16k",
    ),
)  # fmt: skip

UH1_SLOW = Case(
    "uh1-mimic-patience-at-2500-iterations",
    "sihengz02/UH-1#8",
    "rl-sim",
    legged(
        every(2, 2_500),
        wandering((made(0, 0.05), made(300, 0.6), made(1_000, 2.1), made(2_000, 3.8), level(2_500, 4.42)), 0.12),
        Line((made(0, 0.2), made(300, 0.05), made(2_500, 0.03)), "log", noise=(gaussian(0.15),)),
        (made(0, 15), made(500, 60), made(2_500, 210)),
        (made(0, 1.0), made(2_500, 0.78)),
        iterations=40_000,
        seconds=2.4,
        config=rsl(40_000, "h1_2_mimic"),
        state="running",
    ),
    healthy(usable=False, never="no-learning plateau lr-anomaly oscillation eval-regress"),
    "6 % of the plan, reward 4.42 and rising; the author's word to the worried user was patience. lr moves by 1.5 up and down because it follows the KL.",
    ("Nothing wrong: reward 4.42 and rising, 2500 of 40,000 iterations", "lr follows the KL (adaptive): its jumps are by design", "Too early to judge the policy"),
)  # fmt: skip

RSL_SHORT = Case(
    "rsl-short-run-after-rewards-were-scaled",
    "leggedrobotics/rsl_rl#95",
    "rl-sim",
    legged(
        np.arange(0, 400),
        wandering((made(0, -3), made(30, 4), made(80, 24), real(146, 40.36), made(250, 46), made(399, 49)), 1.2),
        Line((made(0, 0.08), made(30, 0.02), made(80, 0.004), real(146, 0.0014), made(399, 0.0009)), "log", noise=(gaussian(0.25),)),
        (made(0, 180), made(60, 900), real(146, 1192.4), made(399, 1230)),
        (made(0, 1.0), made(60, 0.5), real(146, 0.24), made(399, 0.12)),
        iterations=400,
        seconds=1.65,
        config=rsl(400, "navigation"),
        state="finished",
        entropy=(made(0, 5.7), made(60, 3.0), real(146, 0.0337), made(399, -2.6)),
        full=1250.0,
        more={
            "Episode_Reward/distance_to_goal": Line((made(0, 0.5), made(60, 5), real(146, 7.4923), made(399, 8.4)), noise=(gaussian(0.1),)),
            "Episode_Termination/died": Line((made(0, 0.6), made(60, 0.1), real(146, 0.0156), made(399, 0.01)), noise=(gaussian(0.004),), then=(clipped(0, 1),)),
        },
    ),
    healthy(usable=True, never="entropy-collapse grad-vanish lr-anomaly plateau critic-runaway"),
    "Entropy of a Gaussian falls below 0 and std to 0.12 while the reward climbs to 49: learnt, not collapsed. A value loss of 0.001 is small because the rewards are.",
    ("Nothing wrong: reward 49, the best, at the end of its 400 iterations", "Entropy -2.6 and std 0.12 follow from a policy that has settled; no robots die", "Usable"),
)  # fmt: skip

HOST_STD = Case(
    "host-standup-noise-above-one-is-fine",
    "InternRobotics/HoST#13",
    "rl-sim",
    legged(
        every(5, 12_000),
        wandering((made(0, 10), made(500, 60), made(2_000, 210), made(6_000, 330), made(12_000, 372)), 8.0),
        Line((made(0, 12), made(500, 4), made(2_000, 2.5), made(12_000, 2.2)), "log", noise=(gaussian(0.15),)),
        (made(0, 500), made(12_000, 500)),
        (made(0, 1.0), made(1_500, 0.75), level(3_000, 0.6), made(6_000, 0.8), level(12_000, 1.05)),
        iterations=12_000,
        seconds=2.0,
        config=rsl(12_000, "g1_ground"),
        state="finished",
        full=500.0,
    ),
    healthy(usable=True, never="sim-blowup critic-runaway entropy-collapse lr-anomaly plateau eval-regress"),
    "std falls to 0.6 and then creeps above 1.0 over 9000 iterations while the reward keeps rising; the author finds it fine as long as the motion is good.",
    ("Nothing wrong: reward 372, the best", "std went 0.6 -> 1.05 as pulling forces and difficulty changed; reward rises with it", "Usable; look at the motion"),
)  # fmt: skip

# Other libraries, one thread each

VELOCIRAPTOR = Case(
    "sb3-ppo-velociraptor-1524-to-424",
    "kuds/mesozoic-labs#442",
    "rl-sim",
    sb3(
        every(16_384, 10 * M),
        (made(50 * K, 60), made(M, 420), made(2 * M, 900), made(3 * M, 1290), real(3_600 * K, 1524.0), made(4_500 * K, 1380), made(5_500 * K, 1010), made(7 * M, 640), made(9 * M, 450), real(10 * M, 424.0)),
        sd=55.0,
        evals=every(50 * K, 10 * M),
        length=(made(50 * K, 90), made(3_600 * K, 985), made(6 * M, 620), made(10 * M, 290)),
        rollout=(made(0, 30), made(2 * M, 800), made(3_600 * K, 1400), made(6 * M, 820), made(10 * M, 410)),
        config={"algo": "ppo", "species": "velociraptor", "stage": 1, "ppo": {"n_envs": 4, "learning_rate": 3e-4, "learning_rate_end": 1e-5, "ent_coef": 0.01, "n_steps": 4096, "total_timesteps": 10000000}},
        total=10 * M,
        train=ppo((made(0, 60), made(3 * M, 20), made(10 * M, 35)), (made(0, -21), made(10 * M, -27)), (made(0, 0.009), made(4 * M, 0.018), made(10 * M, 0.035)), (made(0, 0.1), made(2 * M, 0.85), made(10 * M, 0.6)), linear_decay(3e-4, 10 * M, floor=1e-5), std=(made(0, 1.0), made(3 * M, 0.95), made(10 * M, 1.3))),
        fps=2900.0,
    ),
    sick(fault("eval-regress policy-collapse", (3_600 * K, 7 * M), 7_300 * K), also="ppo-kl-blowup best-checkpoint-old entropy-collapse sim-blowup", never="overfit lr-zero lr-anomaly no-learning"),
    "Its owners found exploration that never decays on a padded budget: the best evaluation is at 3.6M, the last one has 28 % of it.",
    (
        "Return fell after its best: 1524 (3.6M) -> 640 (7M) -> 424; 6.4M steps gone since",
        "approx_kl 0.009 -> 0.035, std grows 0.95 -> 1.3 while entropy is still rewarded (ent_coef 0.01)",
        "Let ent_coef decay, set target_kl, end near 4M",
        "Use the ckpt at 3.6M",
    ),
)  # fmt: skip

TREX = Case(
    "sb3-ppo-trex-entropy-bonus-anneals-as-planned",
    "kuds/mesozoic-labs#487",
    "rl-sim",
    sb3(
        every(16_384, 10_002_432),
        (made(50 * K, 150), made(M, 900), made(3 * M, 1900), made(5 * M, 2350), made(8 * M, 2610), real(10_000 * K, 2686.9)),
        sd=45.0,
        evals=every(50 * K, 10 * M),
        length=(made(50 * K, 110), made(2 * M, 700), made(4 * M, 980), made(10 * M, 1000)),
        rollout=(made(0, 80), made(2 * M, 1200), made(5 * M, 2150), made(10 * M, 2600)),
        config={"algo": "ppo", "species": "trex", "stage": 1, "ppo": {"n_envs": 4, "learning_rate": 3e-4, "ent_coef": 0.01, "ent_coef_end": 0.001, "ent_coef_decay_timesteps": 3000000, "total_timesteps": 10002432}},
        total=10_002_432,
        train={
            **ppo((made(0, 90), made(3 * M, 25), made(10 * M, 12)), (made(0, -29.8), made(2_100 * K, -27), made(8_400 * K, -9.1), made(10 * M, -8.3)), (made(0, 0.01),), (made(0, 0.1), made(2 * M, 0.9), made(10 * M, 0.95)), linear_decay(3e-4, 10_002_432)),
            "train/std": Line((made(0, 1.0), level(2_100 * K, 0.879), level(4_600 * K, 0.554), level(5_900 * K, 0.469), level(8_400 * K, 0.375), made(10 * M, 0.36)), noise=(gaussian(0.003),)),
            "train/ent_coef": Line((made(0, 0.01), level(3 * M, 0.001), level(10 * M, 0.001))),
        },
        fps=340.0,
    ),
    healthy(usable=True, never="entropy-collapse lr-zero plateau eval-regress"),
    "A smooth rise with entropy and std falling as ent_coef is annealed to 0.001 over 3M steps. That a robot doing nothing earns 3271.8 stands in no column: nobody can read it off these curves.",
    ("Nothing wrong in the curves: return 2687, the best, at the end", "Entropy -29.8 -> -8.3 follows the planned decay of ent_coef", "Compare with a policy that does nothing before calling it good"),
)  # fmt: skip

SUMO = Case(
    "sb3-ppo-traffic-light-value-explains-nothing",
    "DLR-RM/stable-baselines3#2240",
    "rl-sim",
    replace(
        sb3(
            every(2_000, 1_100 * K),
            (made(50 * K, -262_000), made(1_100 * K, -255_000)),
            sd=9_000.0,
            evals=every(50 * K, 1_100 * K),
            length=(real(50 * K, 200), real(1_100 * K, 200)),
            rollout=(made(0, -268_000), made(200 * K, -262_000), made(1_100 * K, -258_000)),
            config={"algo": "PPO", "n_steps": 2000, "n_epochs": 10, "batch_size": 64, "ent_coef": 0.15, "vf_coef": 0.5, "learning_rate": 0.0003, "gamma": 0.99, "gae_lambda": 0.95, "clip_range": 0.2},
            total=2 * M,
            train={
                **ppo((made(0, 3.1e6), made(300 * K, 1.5e6), level(1_100 * K, 738_000)), (made(0, -1.386), made(100 * K, -1.34), level(1_100 * K, -1.33)), (made(0, 0.0004),), (made(0, 0.0),), constant(3e-4)),
                "train/explained_variance": Line((made(0, 0.0), level(1_100 * K, 5.96e-8)), noise=(gaussian(2e-7),)),
                "train/clip_fraction": Line((made(0, 0.0005),), then=(lognormal(0.5), spikes(0.02, 10, 40))),
                "train/policy_gradient_loss": Line((level(0, -0.0024),), noise=(gaussian(0.0008),)),
            },
            fps=70.0,
            state="running",
            rollout_sd=5_000.0,
        ),
    ),
    sick(fault("value-not-learning scale-mismatch at-chance no-learning", (0, 250 * K), 500 * K), also="plateau component-dominates entropy-collapse", never="divergence critic-runaway overfit policy-collapse"),
    "Rewards in the hundreds of thousands without normalisation: explained variance is 0 for a million steps, the value loss is 738,000, and the entropy (1.33 of ln 4 = 1.386) says the lights are still switched at random.",
    (
        "Value function explains nothing: explained variance 6e-8 for 1.1M steps, value loss 738,000",
        "Entropy 1.33 of at most 1.386: the policy is nearly uniform; clip fraction 0, so it hardly moves",
        "Normalise rewards (VecNormalize) first; then ent_coef 0.15 -> 0.01",
        "Not usable: still random",
    ),
)  # fmt: skip

BASELINES_KL = Case(
    "baselines-ppo1-kl-leaps-within-one-iteration",
    "openai/baselines#975",
    "rl-sim",
    Sketch(
        np.arange(1, 61),
        {
            "EpRewMean": Line((made(1, -900), made(5, -420), made(9, -310), made(11, -1450), made(20, -1500), made(60, -1480)), noise=(gaussian(25.0),)),
            "EpLenMean": Line((made(1, 200), made(60, 200))),
            "loss_pol_surr": Line((made(1, -0.02), made(9, -0.01), real(10, 0.23058), made(12, 0.03), made(60, 0.01)), noise=(gaussian(0.004),)),
            "loss_pol_entpen": Line(constant(0.0)),
            "loss_vf_loss": Line((made(1, 3.2e5), made(9, 1.75e5), real(10, 1.61e5), made(12, 4.4e5), made(60, 4.0e5)), "log", noise=(gaussian(0.03),)),
            "loss_kl": Line((made(1, 0.006), made(8, 0.012), made(9, 0.017), real(10, 4.47347), made(11, 2.6), made(13, 0.9), made(20, 0.4), made(60, 0.25)), "log", noise=(gaussian(0.15),)),
            "loss_ent": Line((made(1, -0.2), made(9, -0.34), real(10, -0.3637), made(60, -0.5)), noise=(gaussian(0.005),)),
            "ev_tdlam_before": Line((made(1, 0.05), made(9, 0.6), made(11, -0.2), made(60, 0.1)), noise=(gaussian(0.05),)),
            "TimestepsSoFar": Line(count(1024)),
        },
        {"alg": "ppo1", "timesteps_per_actorbatch": 1024, "clip_param": 0.2, "entcoeff": 0.0, "optim_epochs": 10, "optim_batchsize": 64, "gamma": 0.99, "lam": 0.95},
        "running",
        clock=Clock(9.0),
    ),
    sick(fault("policy-collapse ppo-kl-blowup kl-explode eval-regress", (9, 12), 24), also="loss-jump value-not-learning loss-spike divergence", never="overfit entropy-collapse"),
    "A good policy is overwritten in the ten passes of one update: KL 0.017 at its start, 4.47 at its end. Clipping bounds no such thing. The return never comes back.",
    (
        "One update broke the policy: KL 0.017 -> 4.47 in iteration 10, return -310 -> -1450 since",
        "Value loss is 1.6e5: unscaled returns make huge steps in a shared network",
        "target_kl / early stop, fewer epochs, scale rewards; go on from iteration 9",
        "Only what was saved before iteration 10",
    ),
)  # fmt: skip

TRPO_NAN = Case(
    "trpo-humanoid-policy-nan-after-31455-episodes",
    "pat-coady/trpo#21",
    "rl-sim",
    Sketch(
        every(20, 31_455, first=15),
        {
            "_MeanReward": Line((made(15, 9_000), made(3_000, 14_000), made(12_000, 22_000), made(25_000, 27_800), real(31_455, 28911.0)), noise=(ar1(500, 0.6),)),
            "Beta": Line((made(15, 1.0), made(4_000, 3.4), real(31_455, 6.91)), "log", noise=(ar1(0.15, 0.9),)),
            "ExplainedVarNew": Line((made(15, 0.3), made(3_000, 0.85), real(31_455, 0.913)), noise=(gaussian(0.02),), then=(clipped(-1, 1),)),
            "ExplainedVarOld": Line((made(15, 0.1), made(3_000, 0.75), real(31_455, 0.812)), noise=(gaussian(0.04),), then=(clipped(-1, 1),)),
            "KL": Line((made(15, 0.003), made(31_435, 0.003)), "log", noise=(gaussian(0.3),), then=(stretch(31_455, 31_456, NAN),)),
            "PolicyEntropy": Line((made(15, 24.1), made(31_435, 8.0)), noise=(gaussian(0.05),), then=(stretch(31_455, 31_456, NAN),)),
            "PolicyLoss": Line((made(15, -0.02), made(31_435, -0.02)), noise=(gaussian(0.006),), then=(stretch(31_455, 31_456, NAN),)),
            "Steps": Line((made(15, 900), real(31_455, 672)), noise=(gaussian(40),), then=(rounded(0),)),
            "ValFuncLoss": Line((made(15, 300), made(3_000, 150), real(31_455, 114)), "log", noise=(gaussian(0.08),)),
        },
        {"env_name": "HumanoidStandup-v2", "num_episodes": 50000, "gamma": 0.995, "lam": 0.98, "kl_targ": 0.003, "batch_size": 20},
        "failed",
        50_000,
        Clock(0.6),
    ),
    sick(fault("nan-inf run-crashed", (31_435, 31_455), 31_455, least=WARNING), also="sim-blowup entropy-collapse", never="overfit plateau lr-anomaly"),
    "Reward at its best and the value function well, but KL, entropy and policy loss are NaN in the last row and the next action is refused by the environment. `_MeanReward` is this framework's own name, with an underscore.",
    (
        "KL, entropy and policy loss NaN at episode 31455; the process died in the next rollout (63 % of the plan)",
        "Value function and reward (28,911, the best) were fine up to there",
        "Look for an observation out of range (the scaler's variance near 0); restart from the last ckpt",
        "Ckpt before it is good",
    ),
)  # fmt: skip

FPO_NAN = Case(
    "fpo-humanoid-walk-evaluation-nan-from-the-second-on",
    "akanazawa/fpo#4",
    "rl-sim",
    Sketch(
        np.arange(0, 61),
        {
            "eval/reward_mean": Line((real(0, 3.06), real(6, NAN), real(13, NAN), real(20, NAN), real(26, NAN)), then=(stretch(1, 99, NAN),), at=at(0, 6, 13, 20, 26, 33, 40, 46, 53, 60)),
            "eval/reward_min": Line((real(0, 1.92),), then=(stretch(1, 99, NAN),), at=at(0, 6, 13, 20, 26, 33, 40, 46, 53, 60)),
            "eval/reward_max": Line((real(0, 10.06),), then=(stretch(1, 99, NAN),), at=at(0, 6, 13, 20, 26, 33, 40, 46, 53, 60)),
            "eval/reward_std": Line((real(0, 1.38),), then=(stretch(1, 99, NAN),), at=at(0, 6, 13, 20, 26, 33, 40, 46, 53, 60)),
            "eval/steps_mean": Line((real(0, 1000.0), real(6, 0.0), real(13, 0.0), real(60, 0.0)), then=(stretch(1, 99, 0.0),), at=at(0, 6, 13, 20, 26, 33, 40, 46, 53, 60)),
            "train/policy_loss": Line((made(0, 0.01), made(3, 0.02)), noise=(gaussian(0.002),), then=(stretch(4, 99, NAN),)),
            "train/v_loss": Line((made(0, 1.0), made(3, 2.4)), "log", noise=(gaussian(0.1),), then=(stretch(4, 99, NAN),)),
            "train/reward_mean": Line((made(0, 0.003), made(3, 0.004)), noise=(gaussian(0.0002),), then=(stretch(4, 99, NAN),)),
        },
        {"env_name": "HumanoidWalk", "config": {"num_timesteps": 60000000, "num_evals": 10, "learning_rate": 3e-4, "num_envs": 2048, "episode_length": 1000}},
        "running",
        clock=Clock(14.0, evals=(7, 20)),
    ),
    sick(fault("nan-inf", (3, 6), 9, least=CRITICAL), also="sim-blowup metric-dead success-zero", never="overfit plateau no-learning", unsaid=("之前的 ckpt",)),
    "One good evaluation before training, then NaN in losses and in every evaluation; steps 0 mean that no episode counted. There is nothing to go back to.",
    ("All losses NaN from update 4 on, every evaluation since is NaN with 0 steps", "The only number is that of the untrained policy (3.06)", "Gradient clipping and smaller lr; check the environment's observations", "Nothing usable"),
)  # fmt: skip

TIANSHOU = Case(
    "tianshou-ppo-cartpole-perfect-from-the-first-epoch",
    "thu-ml/tianshou#449",
    "rl-sim",
    Sketch(
        every(2_000, 500 * K),
        {
            "train/reward": Line((made(2_000, 25), made(20 * K, 140), real(50 * K, 200.0), made(500 * K, 200.0)), noise=(gaussian((made(0, 8), made(40 * K, 5), made(60 * K, 0))),), then=(clipped(8, 200),)),
            "train/length": same("train/reward"),
            "update/loss": Line((made(2_000, 3.0), real(50 * K, -0.562), real(100 * K, -0.023), real(150 * K, 0.001), real(200 * K, -0.018), real(250 * K, -0.01), real(300 * K, -0.015), made(500 * K, -0.01)), noise=(gaussian(0.01),)),
            "update/loss/clip": Line((made(2_000, 0.0), real(50 * K, -0.584), real(100 * K, -0.023), real(150 * K, 0.001), real(250 * K, -0.011), made(500 * K, -0.01)), noise=(gaussian(0.01),)),
            "update/loss/vf": Line((made(2_000, 6.0), real(50 * K, 0.044), real(100 * K, 0.001), made(500 * K, 0.001)), "log", noise=(gaussian(0.2),)),
            "update/loss/ent": Line((made(2_000, 0.69), real(50 * K, 0.468), real(100 * K, 0.335), real(150 * K, 0.29), real(200 * K, 0.265), real(250 * K, 0.257), real(300 * K, 0.197), made(500 * K, 0.12)), noise=(gaussian(0.006),)),
            "test/reward": Line((made(1, 10), real(50 * K, 200.0), real(500 * K, 200.0)), at=every(50 * K, 500 * K)),
            "test/reward_std": Line((real(50 * K, 0.0), real(500 * K, 0.0)), at=every(50 * K, 500 * K)),
        },
        {"task": "CartPole-v0", "epoch": 10, "step_per_epoch": 50000, "repeat_per_collect": 10, "batch_size": 64, "lr": 3e-4, "gamma": 0.99, "test_num": 100},
        "finished",
        500 * K,
        Clock(0.0008),
    ),
    healthy(usable=True, never="metric-dead entropy-collapse plateau success-zero policy-collapse grad-vanish"),
    "200 of 200 in every test is the ceiling of CartPole-v0; a PPO loss around 0 and falling entropy are how that looks.",
    ("Solved: 200 of 200 in all tests since 50k steps", "A loss around 0 means nothing in PPO", "Usable"),
)  # fmt: skip

RVO_NAV = Case(
    "rvo-nav-second-stage-success-goes-to-zero",
    "hanruihua/rl_rvo_nav#6",
    "rl-sim",
    Sketch(
        every(1, 2_000, first=0),
        {
            "train/reward_mean": Line((made(0, -35), made(100, -28), made(300, -55), made(1_000, -60), level(1_998, -62.8), made(2_000, -63)), noise=(gaussian(7.0),)),
            "train/kl": Line((made(0, 0.008), made(100, 0.02), made(200, 0.3), made(2_000, 0.6)), "log", noise=(gaussian(0.4),)),
            "train/policy_iters": Line((made(0, 50), made(100, 40), made(180, 2), level(1_999, 0.0)), noise=(gaussian(0.4),), then=(clipped(0, 50), rounded(0))),
            "test/success_rate": Line((made(0, 62), level(100, 47.0), made(150, 20), made(200, 0.0), level(1_000, 0.0), level(2_000, 0.0)), at=every(50, 2_000), then=(clipped(0, 100), binomial(100, whole=100))),
            "test/average_EpLen": Line((made(0, 80), level(100, 97.83), made(200, 150), made(2_000, 150)), noise=(gaussian(2.0),), at=every(50, 2_000)),
            "test/average_speed": Line((made(0, 1.2), level(100, 1.03), made(200, 0.3), made(2_000, 0.2)), noise=(gaussian(0.03),), at=every(50, 2_000)),
        },
        {"env_name": "gym_env:mrnav-v1", "robot_number": 10, "train_epoch": 2000, "pi_lr": 4e-6, "vf_lr": 5e-5, "target_kl": 0.05, "train_pi_iters": 50, "steps_per_epoch": 500},
        "finished",
        2_000,
        Clock(11.5, evals=(50, 120)),
    ),
    sick(
        fault("policy-collapse eval-regress success-zero", (50, 220), 400),
        fault("ppo-kl-blowup kl-explode policy-collapse", (100, 320), 600),
        also="no-learning entropy-collapse plateau", never="overfit",
    ),
    "Fine-tuning from four to ten robots: 47 % at epoch 100, 0 % ever after, and every update is broken off at its first step because the KL is beyond its bound already: nothing is learnt for 1800 epochs.",
    (
        "Success 47 % (epoch 100) -> 0 % since 200, 0 of 3600 trials",
        "Updates stop at step 0: KL above target before the first step, so the policy no longer changes",
        "Collision rewards first (the author says p1 and p4); lower lr, keep the ckpt of stage 1",
        "Only the ckpt at epoch 100 (47 %)",
    ),
)  # fmt: skip


# Goals and pixels: VladPrytula/robotics_series, ggand0/devlogs


def goals(rate: Anchors, critic: Anchors, actor: Anchors, ent: Anchors | Trend, reward: Anchors, *, total: int, config: Mapping[str, Any], every_: int, fps: float, state: str = "finished") -> Sketch:  # fmt: skip
    lines: dict[str, Line | Derived] = {
        "rollout/success_rate": Line(rate, noise=(gaussian(0.02),), then=(clipped(0, 1), rounded(2))),
        "rollout/ep_rew_mean": Line(reward, noise=(gaussian(0.4),), then=(clipped(-50, 0),)),
        "rollout/ep_len_mean": Line(constant(50.0)),
        "time/fps": Line(constant(fps), then=(lognormal(0.05), rounded(0))),
        "train/critic_loss": Line(critic, "log", noise=(gaussian(0.18),)),
        "train/actor_loss": Line(actor, noise=(gaussian(0.05),)),
        "train/ent_coef": Line(ent, "linear" if callable(ent) else "log"),
        "train/learning_rate": Line(constant(config.get("learning_rate", 3e-4))),
    }
    return Sketch(every(every_, total), lines, config, state, total, Clock(1 / fps), step_key="global_step", apart=True)


HER_ENTROPY = Case(
    "sac-her-push-temperature-collapses-on-sparse-reward",
    "VladPrytula/robotics_series:tutorials/ch04_her_sparse_reach_push.md auto",
    "rl-sim",
    goals(
        (made(2_000, 0.05), made(500 * K, 0.06), made(M, 0.05), real(2 * M, 0.05)),
        (made(2_000, 0.05), made(300 * K, 0.3), real(2 * M, 0.424)),
        (made(2_000, 0.5), made(300 * K, -3.2), real(2 * M, -4.24)),
        (made(2_000, 0.95), made(60 * K, 0.05), made(300 * K, 0.009), real(2 * M, 0.00656)),
        (made(2_000, -48), made(M, -47.6), real(2 * M, -47.4)),
        total=2 * M,
        config={"algo": "sac", "env": "FetchPush-v4", "her": True, "ent_coef": "auto", "n_sampled_goal": 8, "total_steps": 2000000, "n_envs": 8, "batch_size": 256, "learning_rate": 3e-4},
        every_=4_000,
        fps=550.0,
    ),
    sick(fault("entropy-collapse no-learning success-zero plateau policy-collapse", (0, 600 * K), 900 * K), also="critic-runaway", never="divergence overfit eval-regress lr-anomaly"),
    "5 % of pushes succeed because the goal is where the block lies. The temperature, tuned automatically, has gone to 0.007 before a single success was understood: the author held it at 0.1 and got 94 %.",
    (
        "No progress in 2M steps: success 5 %, return -47.4 (of -50 at worst)",
        "Temperature collapsed: ent_coef 0.95 -> 0.009 by 300k: exploration is over",
        "Fix ent_coef (0.05-0.1) instead of auto; HER relabelling is fine",
        "Not usable",
    ),
)  # fmt: skip

HER_FIXED = Case(
    "sac-her-push-fixed-temperature-learns",
    "VladPrytula/robotics_series:tutorials/ch04_her_sparse_reach_push.md fixed",
    "rl-sim",
    goals(
        (made(2_000, 0.05), made(300 * K, 0.07), made(600 * K, 0.25), made(M, 0.68), made(1_500 * K, 0.9), real(2 * M, 0.94)),
        (made(2_000, 0.05), made(300 * K, 0.4), made(M, 1.1), real(2 * M, 0.645)),
        (made(2_000, 0.5), made(300 * K, 2.0), made(M, -2.0), real(2 * M, -8.97)),
        constant(0.1),
        (made(2_000, -48), made(300 * K, -46.5), made(M, -30), real(2 * M, -15.5)),
        total=2 * M,
        config={"algo": "sac", "env": "FetchPush-v4", "her": True, "ent_coef": 0.1, "n_sampled_goal": 8, "total_steps": 2000000, "n_envs": 8, "batch_size": 256, "learning_rate": 3e-4},
        every_=4_000,
        fps=550.0,
    ),
    healthy(usable=True, never="critic-runaway divergence loss-jump success-zero no-learning metric-dead entropy-collapse"),
    "Critic loss twenty times its start while success goes from 5 to 94 %; a constant temperature is a setting.",
    ("Nothing wrong: success 94 %, return -15.5", "Critic loss rose to 1.1 while it learnt and is at 0.65 now", "Usable"),
)  # fmt: skip

PIXEL_FLAT = Case(
    "sac-her-pixel-push-critic-learns-to-expect-failure",
    "VladPrytula/robotics_series:tasks/critic_encoder_status.md run A",
    "rl-sim",
    goals(
        (made(2_000, 0.06), level(700 * K, 0.05), level(1_400 * K, 0.05), level(1_540 * K, 0.05)),
        (made(2_000, 0.3), made(100 * K, 0.2), made(500 * K, 0.11), level(1_540 * K, 0.07)),
        (made(2_000, 0.9), made(200 * K, 0.1), level(1_540 * K, 0.0)),
        constant(0.05),
        (made(2_000, -49), level(700 * K, -48.5), level(1_540 * K, -48.6)),
        total=2 * M,
        config={"algo": "sac", "env": "FetchPush-v4", "pixels": True, "her": True, "critic_encoder": True, "drq": True, "buffer_size": 200000, "ent_coef": 0.05, "learning_rate": 3e-4, "n_envs": 4, "total_steps": 2000000},
        every_=2_000,
        fps=20.0,
        state="killed",
    ),
    sick(fault("no-learning success-zero plateau", (0, 500 * K), 900 * K), also="entropy-collapse", never="divergence critic-runaway overfit converged"),
    "A critic loss that falls to 0.07 with the success flat at 5 % is the bad sign here: it has learnt that everything fails (Q near -18.5 everywhere). A falling loss is no progress.",
    (
        "No progress in 1.54M steps: success 3-7 % from the start, return -48.6 of -50",
        "The falling critic loss (0.3 -> 0.07) is no success: it predicts failure everywhere; actor loss at 0 gets no signal",
        "Gradients into the encoder, larger buffer (200k is cycled ten times), no random shift of 4 px on 84",
        "Not usable",
    ),
)  # fmt: skip

PIXEL_STICK = Case(
    "sac-her-pixel-push-resumed-then-takes-off",
    "VladPrytula/robotics_series:tasks/critic_encoder_status.md cell A",
    "rl-sim",
    replace(
        goals(
            (made(2_000, 0.06), level(700 * K, 0.065), level(1_400 * K, 0.065), level(1_600 * K, 0.08), level(1_800 * K, 0.083), level(2 * M, 0.13)),
            (made(2_000, 0.3), made(200 * K, 0.14), level(1_500 * K, 0.07), made(2 * M, 0.12)),
            (made(2_000, 0.9), made(200 * K, 0.05), level(1_500 * K, 0.0), made(2 * M, 0.2)),
            constant(0.05),
            (made(2_000, -49), level(1_400 * K, -48.5), level(2 * M, -46.5)),
            total=2 * M,
            config={"algo": "sac", "env": "FetchPush-v4", "pixels": True, "her": True, "critic_encoder": True, "drq": False, "buffer_size": 500000, "ent_coef": 0.05, "learning_rate": 3e-4, "n_envs": 4, "total_steps": 8000000},
            every_=4_000,
            fps=45.0,
            state="running",
        ),
        planned=8 * M,
        then=replace(
            goals(
                (made(2_004 * K, 0.08), level(2_130 * K, 0.1), level(2_150 * K, 0.15), level(2_250 * K, 0.175), level(2_400 * K, 0.22), level(2_440 * K, 0.3), made(2_800 * K, 0.62), made(3_200 * K, 0.86), level(3_500 * K, 0.93), level(4_400 * K, 0.96)),
                (made(2_004 * K, 0.1), level(2_250 * K, 0.3), level(2_700 * K, 0.75), level(3_300 * K, 0.6), level(3_600 * K, 0.35), level(4_400 * K, 0.16)),
                (made(2_004 * K, 0.2), level(2_300 * K, 0.6), level(2_800 * K, 1.3), made(3_300 * K, 0.3), level(3_700 * K, -0.3), level(4_400 * K, -0.65)),
                constant(0.05),
                (made(2_004 * K, -47), level(2_250 * K, -42), level(2_800 * K, -25), level(3_500 * K, -10), level(4_400 * K, -6)),
                total=4_400 * K,
                config={"algo": "sac"},
                every_=4_000,
                fps=31.0,
                state="running",
            ),
            at=every(4_000, 4_400 * K, first=2_004 * K),
            clock=Clock(1 / 31, pauses=((2_004 * K, 5_400.0),)),
        ),
    ),
    healthy(usable=False, also="success-zero no-learning plateau resume-seam", never="critic-runaway divergence loss-jump overfit eval-regress lr-anomaly"),
    "Flat at 6.5 % for 1.4M steps, resumed with an empty buffer at 2M, then success and both losses rise together: critic loss times ten is the sign "
    "that there is something to learn. A note during the flat stretch is fair, an alarm about the critic is not.",
    (
        "Success 96 % and settled, from 6.5 % until 1.4M steps",
        "Critic loss rose 0.07 -> 0.75 while success took off (2.2-3.3M), and is falling again: healthy",
        "Resumed at 2.0M with a fresh buffer: a short dip, then on",
        "4.4 of 8M steps; success is measured with exploration on",
    ),
)  # fmt: skip

SAC_WIDE = Case(
    "sb3-sac-dodge-wide-network-swings",
    "ggand0/devlogs:bevy-3d-dodge/037_sac_wide_arch_4m_results.md",
    "rl-sim",
    sb3(
        every(16 * K, 4 * M),
        (made(40 * K, 60), made(400 * K, 600), made(600 * K, 850), real(800 * K, 932.3), made(M, 560), made(1_200 * K, 880), made(1_500 * K, 450), made(1_800 * K, 820), made(2_100 * K, 430), made(2_400 * K, 760), made(2_800 * K, 500), made(3_100 * K, 870), made(3_400 * K, 420), made(3_700 * K, 700), real(4 * M, 623.78)),
        sd=110.0,
        evals=every(40 * K, 4 * M),
        length=(made(40 * K, 150), made(800 * K, 950), made(1_500 * K, 560), made(4 * M, 690)),
        rollout=(made(0, 5), made(500 * K, 170), made(M, 250), made(2 * M, 220), real(4 * M, 209.81)),
        config={"algorithm": "SAC", "n_envs": 4, "total_timesteps": 4000000, "learning_rate": 0.0003, "buffer_size": 100000, "batch_size": 256, "net_arch": [512, 512], "n_eval_episodes": 5},
        total=4 * M,
        train=off_policy((made(10 * K, 2), made(500 * K, 25), made(4 * M, 45)), (made(10 * K, -1), made(500 * K, -9), made(4 * M, -13)), (made(10 * K, 0.6), made(200 * K, 0.02), made(4 * M, 0.028)), constant(3e-4)),
        fps=240.0,
        low=-20.0,
        high=1005.0,
        rollout_sd=18.0,
    ),
    sick(fault("eval-regress oscillation policy-collapse eval-underpowered best-checkpoint-old plateau", (840 * K, 3_000 * K), 3_600 * K, least=INFO), never="critic-runaway divergence overfit", usable=True),
    "Best of all at 0.8M, then it swings between 400 and 900 for three million steps and ends at 624: worth saying, no emergency.",
    (
        "Return swings between 400 and 930 since 0.8M without gain; now 624, best 932 (0.8M)",
        "Half the training time after the best",
        "Evaluate ckpts at 0.8M and 3.1M with 20 episodes; the smaller network did better",
        "Usable: ckpt at 0.8M",
    ),
)  # fmt: skip

SAC_BASE = Case(
    "sb3-sac-dodge-baseline-reaches-full-episodes",
    "ggand0/devlogs:bevy-3d-dodge/033_sac_2m_baseline_results.md",
    "rl-sim",
    sb3(
        every(16 * K, 2 * M),
        (made(40 * K, 55), made(300 * K, 480), made(600 * K, 700), made(840 * K, 874.66), real(1_000 * K, 660.48), made(1_300 * K, 850), made(1_600 * K, 900), real(1_840 * K, 1007.27), made(1_900 * K, 900), real(2 * M, 870.6)),
        sd=85.0,
        evals=every(40 * K, 2 * M),
        length=(made(40 * K, 150), made(M, 715), made(1_840 * K, 1000), real(2 * M, 900.8)),
        rollout=(made(0, 5), made(500 * K, 160), made(1_400 * K, 290), real(2 * M, 184.51)),
        config={"algorithm": "SAC", "n_envs": 4, "total_timesteps": 2000000, "learning_rate": 0.0003, "buffer_size": 100000, "batch_size": 256, "net_arch": [256, 256], "n_eval_episodes": 5},
        total=2 * M,
        train=off_policy((made(10 * K, 2), made(500 * K, 18), real(2_000 * K, 27.7)), (made(10 * K, -1), made(500 * K, -7), real(2_000 * K, -11.3)), (made(10 * K, 0.6), made(200 * K, 0.02), real(2_000 * K, 0.0261)), constant(3e-4)),
        fps=240.0,
        low=-20.0,
        high=1008.0,
        rollout_sd=18.0,
    ),
    healthy(usable=True, also="eval-regress", never="critic-runaway divergence overfit policy-collapse"),
    "Evaluations of five episodes with a spread of 200: 1007 and 871 are the same policy on two days. The return with exploration noise (185) is a different thing.",
    ("Nothing wrong: return 871 (best 1007, a perfect episode length)", "Five episodes scatter by +-90 on the mean", "Usable; take the best ckpt and evaluate it with 20 episodes"),
)  # fmt: skip


def drqv2(reward: Anchors, trained: Anchors, success: Anchors, q: Anchors, critic: Anchors, *, sd: float, total: int, evals: Ints, n: int, state: str, config: Mapping[str, Any], train_success: Anchors) -> Sketch:  # fmt: skip
    lines: dict[str, Line | Derived] = {
        "train/episode_reward": Line(trained, noise=(gaussian(sd),)),
        "train/task_success": Line(train_success),
        "train/critic_loss": Line(critic, "log", noise=(gaussian(0.3),)),
        "train/critic_target_q": Line(q, noise=(ar1(0.4),)),
        "train/actor_loss": Derived(("train/critic_target_q",), lambda x: -x),
        "eval/episode_reward": Line(reward, noise=(gaussian(sd),), at=evals),
        "eval/task_success": Line(success, then=(binomial(n),), at=evals),
    }
    return Sketch(every(total // 400, total), lines, config, state, total, Clock(0.029), apart=True)


DRQ_GENESIS = Case(
    "drqv2-genesis-lift-success-only-by-luck",
    "ggand0/devlogs:pick-101-genesis/026_v19_training_results_analysis.md",
    "rl-sim",
    drqv2(
        figures("100:335 200:308 300:824 400:358 500:332 600:3060 700:907 800:312 900:2177 1000:2617", K),
        (made(2_500, 150), made(100 * K, 300), made(600 * K, 360), made(M, 420)),
        figures("100:0 200:0 300:0 400:0 500:0 600:0.2 700:0 800:0 900:0.2 1000:0.2", K),
        (made(2_500, 2), made(300 * K, 40), made(M, 90)),
        (made(2_500, 0.5), made(200 * K, 2.0), made(M, 6.0)),
        sd=40.0,
        total=M,
        evals=every(100 * K, M),
        n=10,
        state="finished",
        config={"method": "drqv2", "num_train_frames": 1000000, "num_train_envs": 16, "batch_size": 256, "stddev_schedule": "linear(1.0,0.1,500000)", "env": {"reward_version": "v19", "curriculum_stage": 3}, "num_eval_episodes": 10},
        train_success=(real(2_500, 0.0), real(M, 0.0)),
    ),
    sick(fault("success-zero no-learning", (100 * K, 400 * K), 600 * K, lasting=False), also="eval-underpowered eval-regress metric-dead best-checkpoint-old oscillation", never="divergence overfit critic-runaway"),
    "0 of 50 in the first half, 0 in all training episodes, then 2 of 10 three times: the policy finds the grasp now and then. Not usable, but not dead either.",
    (
        "Success 0/10 in seven of ten evaluations, 2/10 at best (600k, 900k, 1M); in training never",
        "Return swings with it: 3060 (600k) -> 312 (800k) -> 2617",
        "Ten episodes say 20 % +-25; look at grasp reward and domain randomisation; 1M may be short",
        "Not usable yet",
    ),
)  # fmt: skip

PPO_GENESIS = Case(
    "ppo-genesis-wrist-camera-no-lift-in-a-million-steps",
    "ggand0/devlogs:pick-101-genesis/021_ppo_1m_results_drqv2_switch.md",
    "rl-sim",
    Sketch(
        every(2_048, 1_001_472),
        {
            "rollout/mean_reward": Line((made(2_048, 20), level(150 * K, 38), level(500 * K, 45), level(800 * K, 40), level(M, 36)), noise=(ar1(8.0, 0.9),)),
            "rollout/success_rate": Line((real(2_048, 0.0), real(M, 0.0))),
            "loss/policy": Line((made(0, -0.005),), noise=(gaussian(0.003),)),
            "loss/value": Line((made(2_048, 30), made(200 * K, 12), made(M, 9)), "log", noise=(gaussian(0.25),)),
            "loss/entropy": Line((made(2_048, 5.7), made(400 * K, 3.1), made(M, 1.2)), noise=(gaussian(0.03),)),
            "loss/approx_kl": Line((made(2_048, 0.012),), "log", noise=(gaussian(0.3),)),
            "eval/mean_reward": Line((made(150 * K, 41), made(400 * K, 56), made(700 * K, 33), real(M, 28.8)), noise=(gaussian(7),), at=every(50 * K, M)),
            "eval/success_rate": Line((real(50 * K, 0.0), real(M, 0.0)), at=every(50 * K, M)),
        },
        {"algo": "ppo", "total_timesteps": 1000000, "num_envs": 16, "image_size": 84, "domain_randomization": True, "num_eval_episodes": 3},
        "finished",
        1_000_000,
        Clock(0.012, evals=(50 * K, 60)),
    ),
    sick(fault("success-zero no-learning plateau", (0, 350 * K), 500 * K), also="entropy-collapse eval-underpowered metric-dead best-checkpoint-old", never="divergence overfit critic-runaway"),
    "Reward between 28 and 56 without a trend, success exactly 0 in 20 evaluations and in all training episodes: the arm drifts to the left whatever it sees.",
    (
        "Success 0 in all 20 evaluations and in training; return 29, where it began (best 56)",
        "Entropy 5.7 -> 1.2 meanwhile: it settled on something that does not work",
        "PPO needs far more than 1M steps from pixels: off-policy with augmentation, or state first",
        "Not usable",
    ),
)  # fmt: skip

DRQ_STAGE2 = Case(
    "drqv2-lift-reward-climbs-success-stays-zero",
    "ggand0/devlogs:pick-101/050_stage2_1M_success.md",
    "rl-sim",
    drqv2(
        (made(3_750, 60), level(500 * K, 165), level(800 * K, 398), level(M, 674), real(1_440 * K, 720.63), level(1_500 * K, 720)),
        (made(3_750, 40), made(500 * K, 150), made(800 * K, 360), made(M, 610), made(1_500 * K, 690)),
        (real(100 * K, 0.0), real(1_500 * K, 0.0)),
        (made(3_750, 1), made(500 * K, 14), made(1_500 * K, 61)),
        (made(3_750, 0.2), made(500 * K, 0.6), made(1_500 * K, 1.4)),
        sd=14.0,
        total=1_500 * K,
        evals=every(90 * K, 1_500 * K),
        n=10,
        state="finished",
        config={"method": "drqv2", "num_train_frames": 1500000, "num_train_envs": 8, "action_repeat": 2, "env": {"reward_version": "v13", "curriculum_stage": 2}, "num_eval_episodes": 10},
        train_success=(real(3_750, 0.0), real(1_500 * K, 0.0)),
    ),
    sick(fault("success-zero metric-dead", (0, 500 * K), 900 * K), also="no-learning plateau", never="divergence overfit eval-regress critic-runaway policy-collapse"),
    "The return quadruples because it grasps and lifts to 6-7 cm; success asks for 8 cm and is exactly 0 from beginning to end. Reward and success disagree: say so.",
    (
        "Success is exactly 0 in all 16 evaluations although return rose to 721 (best): reward and success disagree",
        "Check the threshold of success (8 cm) against what the reward pays for",
        "Behaviour may be fine: look at it before training on",
        "Not usable by its own measure",
    ),
)  # fmt: skip

HIL_SERL = Case(
    "hil-serl-grasp-success-falls-from-60-to-28",
    "ggand0/devlogs:hil-serl-so101/082_500ep_training_degradation.md",
    "rl-sim",
    Sketch(
        every(100, 6_500),
        {
            "train/critic_loss": Line((made(100, 30), level(2_000, 110), made(6_500, 130)), "log", noise=(gaussian(0.35),)),
            "train/actor_loss": Line((made(100, -5), made(1_000, -60), level(3_000, -90), made(6_500, -104)), noise=(gaussian(4.0),)),
            "train/temperature": Line((made(100, 0.01), made(1_000, 0.12), level(3_000, 0.16), made(6_500, 0.16)), noise=(gaussian(0.003),)),
            "Interaction/success_rate": Line((made(500, 0.36), made(1_000, 0.5), made(2_000, 0.55), level(3_000, 0.6), real(4_500, 0.55), real(5_000, 0.5), real(6_000, 0.549), made(6_200, 0.42), real(6_500, 0.279)), noise=(gaussian(0.02),), then=(clipped(0, 1),), at=every(100, 6_500, first=500)),
            "Interaction/intervention_rate": Line((level(500, 0.224), level(2_000, 0.149), level(3_000, 0.157), made(6_500, 0.16)), noise=(gaussian(0.02),), then=(clipped(0, 1),), at=every(100, 6_500, first=500)),
            "Interaction/episodes": Line((made(100, 8), real(3_000, 242), real(6_500, 528)), then=(rounded(0),)),
        },
        {"policy": {"type": "sac", "discount": 0.97, "temperature_init": 0.01, "utd_ratio": 20, "online_buffer_capacity": 30000, "offline_buffer_capacity": 5000}, "batch_size": 256, "save_freq": 500},
        "killed",
        clock=Clock(4.6, jitter=0.2, pauses=((3_100, 60_000.0),)),
    ),
    sick(fault("eval-regress policy-collapse", (5_000, 6_400), 6_500), also="best-checkpoint-old resume-seam", never="critic-runaway divergence overfit lr-anomaly"),
    "A real robot: 60 % in the afternoon at ckpt 3000, 28 % the next morning at 6500; the last 500 updates lost half. Light, not the algorithm, says its owner.",
    (
        "Success halved in the last 500 updates: 55 % (6000) -> 28 % (6500, about 43 episodes); best 60 % (3000)",
        "Critic, temperature and intervention rate unchanged: look at the scene (light, camera, reset height) first",
        "Use ckpt 6000 or 3000",
        "Not the last ckpt",
    ),
)  # fmt: skip

# Healthy twins of the above

AWAC_CHEETAH = Case(
    "awac-halfcheetah-replay-actor-loss-falls-by-five-orders",
    "takuseno/d3rlpy-benchmarks:d4rl/awac/AWAC_halfcheetah-medium-replay-v0_1",
    "rl-sim",
    d3rlpy(
        figures("1:1.275 2:2.345 5:10.87 10:31.51 25:40.8 50:30.29 100:25.82 150:23.81 200:22.94 250:22.15 300:21.37 350:20.52 400:20.06 450:20.07 500:19.8", K),
        figures("1:-6.79 2:797.5 5:1381.7 10:2000.4 25:3822 50:4328 100:4686 150:4801 200:4789 250:4889 300:4868 350:4980 400:5046 450:4986 500:5140", K),
        figures("1:15.3 2:29.2 5:68.9 10:122 25:160.1 50:164.3 100:191 150:212.4 200:223.1 250:232.7 300:236 350:243.9 400:248.7 450:252.2 500:256.5", K),
        noise=0.03,
        sd=70.0,
        actor=figures("1:173990 2:73658 5:15350 10:2299 25:1128 50:859.5 100:320.8 150:-45.1 200:-264.4 250:-483.7 300:-568.4 350:-676.2 400:-857 450:-1036.4 500:-887.9", K),
        seconds=0.019,
        config={**OFFLINE, "batch_size": 1024, "actor_learning_rate": 3e-4, "critic_learning_rate": 3e-4, "lam": 1.0, "tau": 0.005},
    ),
    healthy(usable=True, never="critic-runaway divergence loss-jump impossible-value oscillation"),
    "Actor loss from 174,000 through zero to -1000 and a critic loss that triples tenfold and settles: numbers of this algorithm, with a return that climbs to 5140.",
    ("Nothing wrong: return 5140, near its best (5228)", "The sign and size of the actor loss mean nothing in AWAC", "Usable; 0.3 % a 50k epoch still to gain"),
)  # fmt: skip

PPO_ENDURO = Case(
    "sb3-ppo-enduro-swings-on-its-way-up",
    "DLR-RM/rl-trained-agents:ppo/EnduroNoFrameskip-v4_1",
    "rl-sim",
    sb3(
        every(10_240, 10 * M),
        figures("10:0 260:43.9 510:108.6 760:181 1010:206.3 1260:147.1 1510:410.4 1760:352.3 2010:181 2260:150.7 2510:327.3 2760:291.6 3010:211.2 3260:365.5 3510:346.6 3760:193.6 4010:327.5 4260:408.9 4510:395.4 4760:490.6 5010:283.4 5260:486 5510:587.3 5760:527.9 6010:522.3 6260:590.2 6510:570.5 6760:697.9 7010:523.8 7260:647.2 7510:573.7 7760:866.4 8010:845.7 8260:927.8 8510:776.6 8760:766.2 9010:862.9 9260:971.7 9510:985 9760:955.9", K),
        sd=45.0,
        evals=every(10 * K, 10 * M),
        length=figures("10:13312 760:15974 1510:26624 2260:13312 3260:25293 4760:27955 5510:33280 6760:37274 7760:45261 8260:47923 9260:50586 9760:49254", K),
        rollout=(made(0, 0), made(M, 150), made(4 * M, 300), made(7 * M, 550), made(10 * M, 930)),
        config={"algo": "ppo", "env": "EnduroNoFrameskip-v4", "batch_size": 256, "clip_range": "lin_0.1", "ent_coef": 0.01, "frame_stack": 4, "learning_rate": "lin_2.5e-4", "n_envs": 8, "n_epochs": 4, "n_steps": 128, "n_timesteps": 10000000.0, "vf_coef": 0.5, "n_eval_episodes": 10},
        total=10 * M,
        train=ppo((made(0, 0.01), made(M, 0.25), made(10 * M, 0.12)), (made(0, -2.19), made(10 * M, -1.1)), (made(0, 0.01), made(10 * M, 0.002)), (made(0, 0.1), made(2 * M, 0.85), made(10 * M, 0.95)), linear_decay(2.5e-4, 10 * M)),
        fps=2200.0,
        low=0.0,
        rollout_sd=12.0,
    ),
    healthy(usable=True, also="eval-regress", never="policy-collapse lr-zero overfit entropy-collapse divergence critic-runaway"),
    "410 at 1.5M, 151 at 2.3M, 194 at 3.8M: real dips of a learning policy, each higher peak later, 956 at the end. A2C on the same game never scored.",
    ("Nothing wrong: return 956, near its best (1145), still rising", "Dips to 150-200 until 3.8M are over", "Usable: the last ckpts"),
)  # fmt: skip

PPO_CHEETAH = Case(
    "sb3-ppo-halfcheetah-one-fall-in-twenty-episodes",
    "DLR-RM/rl-trained-agents:ppo/HalfCheetah-v3_1",
    "rl-sim",
    sb3(
        every(2_048, M),
        figures("25:717.2 50:1682.3 75:2332 100:2779.4 125:3006.2 150:3356.5 175:3541.9 200:3463.6 225:3647.6 250:3843.7 275:3817.5 300:4189.1 325:4347.2 350:4543.1 375:4624.1 400:4832.6 425:4781.5 450:5129.8 475:4761.7 500:5232.8 525:5266.1 550:4063.3 575:5385 600:5495.6 625:5516.6 650:5349.5 675:4302.2 700:5292.7 725:5158.9 750:5427.4 775:4492.2 800:5382.6 825:5726.8 850:5674.9 875:5769.9 900:5284.5 925:5800.3 950:5876.9 975:5883.06 1000:5728.1", K),
        sd=60.0,
        evals=every(25 * K, M),
        length=(real(25 * K, 1000), real(M, 1000)),
        rollout=(made(0, -200), made(50 * K, 1200), made(150 * K, 3000), made(400 * K, 4600), made(M, 5600)),
        config={"algo": "ppo", "env": "HalfCheetah-v3", "batch_size": 64, "clip_range": 0.1, "ent_coef": 0.000401762, "gae_lambda": 0.92, "gamma": 0.98, "learning_rate": 2.0633e-05, "max_grad_norm": 0.8, "n_envs": 1, "n_epochs": 20, "n_steps": 512, "n_timesteps": 1000000.0, "normalize": True, "vf_coef": 0.58096, "n_eval_episodes": 20},
        total=M,
        train=ppo((made(0, 0.4), made(M, 0.03)), (made(0, 3.3), made(M, -2.4)), (made(0, 0.006),), (made(0, 0.2), made(100 * K, 0.9), made(M, 0.97)), constant(2.0633e-05), std=(made(0, 0.135), made(M, 0.09))),
        fps=340.0,
        rollout_sd=60.0,
    ),
    healthy(usable=True, never="eval-regress policy-collapse entropy-collapse oscillation divergence"),
    "Every third or fourth evaluation one or two of twenty episodes end on the back (4063, 4302, 4492 with spreads of 1800); the next one is on trend again.",
    ("Nothing wrong: return 5728, best 5883 at 975k", "Single drops to 4100-4500 are a fall in one or two of 20 episodes", "Usable"),
)  # fmt: skip

A2C_QBERT = Case(
    "sb3-a2c-qbert-two-levels-of-score",
    "DLR-RM/rl-trained-agents:a2c/QbertNoFrameskip-v4_1",
    "rl-sim",
    sb3(
        every(16_000, 10 * M),
        figures("10:112.5 260:87.5 510:295 760:280 1010:305 1260:347.5 1510:460 1760:522.5 2010:450 2260:675 2510:642.5 2760:920 3010:912.5 3260:620 3510:1062.5 3760:1107.5 4010:1515 4260:1860 4510:1455 4760:1830 5010:2220 5260:3232.5 5510:3010 5760:3470 6010:1790 6260:2065 6510:3157.5 6760:3607.5 7010:3522.5 7260:2942.5 7510:3322.5 7760:4012.5 8010:3997.5 8260:4012.5 8510:3142.5 8760:4272.5 9010:2860 9260:2707.5 9510:4247.5 9760:4122.5", K),
        sd=320.0,
        evals=every(20 * K, 10 * M, first=10 * K),
        length=figures("10:1355 2010:1814 4010:2737 5010:2805 6010:2436 8010:3408 9010:2847 9760:3604", K),
        rollout=(made(0, 120), made(2 * M, 450), made(4 * M, 1250), made(5 * M, 2050), made(7 * M, 3000), made(10 * M, 3700)),
        config={"algo": "a2c", "env": "QbertNoFrameskip-v4", "n_envs": 16, "ent_coef": 0.01, "frame_stack": 4, "n_timesteps": 10000000.0, "policy": "CnnPolicy", "n_eval_episodes": 10},
        total=10 * M,
        train={
            "train/value_loss": Line((made(0, 0.05), made(5 * M, 0.2), made(10 * M, 0.15)), "log", noise=(student(0.5),)),
            "train/entropy_loss": Line((made(0, -1.79), made(10 * M, -0.6)), noise=(ar1(0.08),)),
            "train/explained_variance": Line((made(0, 0.1), made(3 * M, 0.8), made(10 * M, 0.9)), noise=(gaussian(0.12),), then=(clipped(-2, 1),)),
            "train/learning_rate": Line(linear_decay(7e-4, 10 * M)),
        },
        fps=2300.0,
        low=0.0,
        rollout_sd=90.0,
    ),
    healthy(usable=True, also="eval-regress", never="policy-collapse lr-zero critic-runaway divergence entropy-collapse"),
    "Episodes end either in the first level (about 1000) or beyond it (4250), so ten of them give anything between. The share of good ones grows.",
    ("Nothing wrong: about 4100 (best 4530), rising with wide swings", "Ten episodes fall into two groups (1000 or 4250): that is the scatter", "Usable"),
)  # fmt: skip

TDMPC2_DOG = Case(
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
)  # fmt: skip

MJLAB_START = Case(
    "mjlab-first-iterations-of-a-humanoid",
    "mujocolab/mjlab#1021",
    "rl-sim",
    legged(
        np.arange(0, 320),
        wandering((made(0, -3.2), made(20, -6.0), real(66, -7.91), made(140, -4.5), made(220, 0.8), made(319, 4.1)), 0.4),
        Line((made(0, 0.9), made(20, 0.55), real(66, 0.4399), made(200, 0.22), made(319, 0.15)), "log", noise=(gaussian(0.15),)),
        (made(0, 22), made(20, 40), real(66, 59.62), made(200, 160), made(319, 310)),
        (made(0, 1.0), real(66, 1.01), made(319, 0.97)),
        iterations=30_000,
        seconds=0.24,
        config={"max_iterations": 30000, "num_steps_per_env": 24, "algorithm": {"class_name": "PPO", "schedule": "adaptive", "desired_kl": 0.01, "learning_rate": 0.001, "entropy_coef": 0.01}, "env": {"scene": {"num_envs": 1}}},
        state="running",
        entropy=(made(0, 41.15), real(66, 41.4604), made(319, 40.2)),
        more={"Metrics/slip_velocity_mean": Line((made(0, 0.5), real(66, 0.3317), made(319, 0.25)), noise=(gaussian(0.03),), then=(clipped(0, 9),))},
    ),
    healthy(usable=False, never="no-learning eval-regress policy-collapse lr-anomaly sim-blowup divergence"),
    "The return falls from -3 to -8 first because the robot survives longer and collects more penalties (22 -> 60 steps): the usual start of a walker.",
    ("Nothing wrong: 1 % of the plan, reward rising since iteration 70", "It fell at first because episodes got longer (22 -> 60 steps) while penalties outweigh", "Too early to judge"),
)  # fmt: skip

PPO_REACH = Case(
    "sb3-ppo-fetch-reach-dense-hundred-percent",
    "VladPrytula/robotics_series:tutorials/ch02_ppo_dense_reach.md",
    "rl-sim",
    Sketch(
        every(8_192, 500 * K),
        {
            "rollout/success_rate": Line((made(8_192, 0.04), level(50 * K, 0.1), level(100 * K, 0.5), level(200 * K, 0.9), made(300 * K, 0.98), level(500 * K, 1.0)), noise=(gaussian(0.015),), then=(clipped(0, 1), rounded(2))),
            "rollout/ep_rew_mean": Line((made(8_192, -12), made(100 * K, -6), made(200 * K, -2.4), made(500 * K, -1.1)), noise=(ar1(0.15, 0.8),)),
            "rollout/ep_len_mean": Line(constant(50.0)),
            "time/fps": Line((level(0, 1300.0),), noise=(gaussian(25),), then=(rounded(0),)),
            **ppo((made(0, 0.9), made(100 * K, 0.15), made(500 * K, 0.004)), (made(0, -5.67), made(500 * K, -2.6)), (made(0, 0.009),), (made(0, 0.0), made(60 * K, 0.8), made(500 * K, 0.97)), constant(3e-4), std=(made(0, 1.0), made(500 * K, 0.46))),
        },
        {"algo": "ppo", "env": "FetchReachDense-v4", "n_envs": 8, "n_steps": 1024, "batch_size": 256, "n_epochs": 10, "learning_rate": 3e-4, "clip_range": 0.2, "gae_lambda": 0.95, "ent_coef": 0.0, "total_timesteps": 500000},
        "finished",
        500 * K,
        Clock(1 / 1300),
        step_key="global_step",
        apart=True,
    ),
    healthy(usable=True, never="entropy-collapse metric-dead plateau no-learning grad-vanish"),
    "61 records from 4 to 100 % success; a value loss that falls to 0.004 and a constant episode length are as they should be.",
    ("Solved: success 100 %, return -1.1", "Success at its ceiling since 300k", "Usable"),
)  # fmt: skip

CASES: tuple[Case, ...] = (
    CQL_WALKER, TD3BC_WALKER, SAC_HOPPER, CQL_CHEETAH, TD3_CHEETAH, IQL_HOPPER, TD3BC_CHEETAH, A2C_ANT, A2C_ENDURO, PPO_HOPPER,
    SAC_HARDCORE, DQN_CAR, HER_PICK, SAC_CHEETAH, SAC_HUMANOID, PPO_PONG, A2C_PENDULUM, TDMPC_DOG, TDMPC2_HUMANOID, SAC_DOG,
    DREAMER_CUP, DREAMER_HOPPER, DREAMER_QUADRUPED, DREAMER_INF, G1_BLOWUP, G1_INF, T1_STANDUP, HOVER_STD, HOVER_NAN, AMP_VALUE,
    AMP_NAN, H1_ZERO, G1_DECAY, UH1_SLOW, RSL_SHORT, HOST_STD, VELOCIRAPTOR, TREX, SUMO, BASELINES_KL, TRPO_NAN, FPO_NAN, TIANSHOU,
    RVO_NAV, HER_ENTROPY, HER_FIXED, PIXEL_FLAT, PIXEL_STICK, SAC_WIDE, SAC_BASE, DRQ_GENESIS, PPO_GENESIS, DRQ_STAGE2, HIL_SERL,
    AWAC_CHEETAH, PPO_ENDURO, PPO_CHEETAH, A2C_QBERT, TDMPC2_DOG, MJLAB_START, PPO_REACH,
)  # fmt: skip
