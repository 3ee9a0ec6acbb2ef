"""Offline reinforcement learning on D4RL. Figures of d3rlpy-benchmarks are of one seed each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.wild.case import Case, fault, healthy, sick
from benchmarks.wild.sketch import (
    Anchors,
    Clock,
    Derived,
    K,
    Line,
    Sketch,
    constant,
    every,
    figures,
    gaussian,
    lognormal,
)

# d3rlpy: a row per epoch of 1000 steps; `environment` is the mean of 10 episodes


def d3rlpy(
    critic: Anchors,
    returns: Anchors,
    values: Anchors,
    *,
    noise: float,
    sd: float,
    actor: Anchors,
    seconds: float,
    config: Mapping[str, Any],
    more: Mapping[str, Line] | None = None,
) -> Sketch:
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

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
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
    ),
    Case(
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
    ),
    Case(
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
    ),
    Case(
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
    ),
    Case(
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
    ),
    Case(
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
    ),
    Case(
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
    ),
    Case(
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
    ),
)
# fmt: on
