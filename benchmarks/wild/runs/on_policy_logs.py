"""On-policy agents: progress files of Stable-Baselines3, consoles of rsl_rl."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.wild.case import INFO, Case, fault, healthy, sick
from benchmarks.wild.sketch import (
    NAN,
    Anchors,
    Clock,
    K,
    Line,
    Sketch,
    ar1,
    clipped,
    constant,
    every,
    figures,
    gaussian,
    level,
    linear_decay,
    lognormal,
    made,
    mades,
    real,
    rounded,
    sometimes,
    student,
)

# rsl_rl's console and its W&B twin: a record per iteration


def rsl_rl(
    reward: Anchors,
    length: Anchors,
    std: Anchors,
    value: Anchors,
    *,
    sd: float,
    last: int,
    log: int = 1,
    seconds: float,
    fps: float,
    planned: int,
    config: Mapping[str, Any],
    state: str = "running",
    more: Mapping[str, Line] | None = None,
) -> Sketch:
    lines = {
        "Loss/value_function": Line(value, "log", noise=(gaussian(0.2),)),
        "Loss/surrogate": Line((made(0, -0.006),), noise=(gaussian(0.004),)),
        "Policy/mean_noise_std": Line(std, noise=(gaussian(0.004),), then=(clipped(0.01),)),
        "Perf/total_fps": Line(constant(fps), then=(lognormal(0.05), rounded(0))),
        "Train/mean_reward": Line(reward, noise=(ar1(sd, 0.9),)),
        "Train/mean_episode_length": Line(length, noise=(ar1(4.0, 0.9),), then=(clipped(1),)),
        **(more or {}),
    }
    return Sketch(every(log, last, first=0), lines, config, state, planned, Clock(seconds))


# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        "sb3-racer-episodes-get-shorter-as-it-learns",
        "haakontveit1/rl_racer:logs/progress.csv",
        "rl-sim",
        Sketch(
            at=every(2048, 1_001_472),
            lines={
                "rollout/ep_len_mean": Line(figures("2048:600 43008:593.5 81920:600 122880:596.1 161792:569.6 202752:401.2 241664:399.5 282624:209.7 321536:208.4 362496:233 401408:224.4 442368:202.9 481280:210.4 522240:225.1 561152:202.8 602112:195.6 641024:230.5 681984:222.3 720896:252.6 761856:196.5 800768:193.2 841728:216.5 880640:200.3 921600:192 960512:204.4 1001472:182.7"), noise=(ar1(12.0, 0.8),), then=(clipped(170, 600),)),
                "rollout/ep_rew_mean": Line(figures("2048:-1183 28672:-1133 53248:-1202 79872:-1234 104448:-1163 131072:-977.6 155648:-983.1 182272:-384.5 206848:-72.41 233472:-291.9 258048:610.9 284672:970.9 309248:977.2 335872:878.9 360448:755.6 387072:944.3 411648:967.4 438272:952.6 462848:901.1 489472:898 514048:937.8 540672:882.6 565248:944.4 591872:887.4 616448:961.1 643072:817.8 667648:951.2 694272:994.6 718848:770.7 745472:1029 770048:953.8 796672:1006 821248:1009 847872:969.8 872448:992.8 899072:1030 923648:991.6 950272:935.6 974848:955.9 1001472:1052"), noise=(ar1(45.0, 0.7),)),
                "time/fps": Line(figures("2048:3079 92160:1343 184320:1341 274432:1311 364544:1272 456704:1249 546816:1239 638976:1233 729088:1228 819200:1219 911360:1213 1001472:1210"), then=(rounded(0),)),
                "train/approx_kl": Line((made(2048, 0.0025), level(200 * K, 0.005), level(1_000 * K, 0.0065)), "log", noise=(gaussian(0.4),)),
                "train/clip_fraction": Line((made(2048, 0.01), made(1_000 * K, 0.06)), noise=(gaussian(0.025),), then=(clipped(0, 1),)),
                "train/entropy_loss": Line(figures("4096:-2.832 94208:-2.852 186368:-2.845 276480:-2.755 366592:-2.621 456704:-2.651 548864:-2.624 638976:-2.605 729088:-2.536 819200:-2.351 910000:-2.3 1000000:-2.255"), noise=(gaussian(0.006),)),
                "train/explained_variance": Line((made(2048, 0.1), level(80 * K, 0.81), level(310 * K, 0.96), level(1_000 * K, 0.97)), noise=(gaussian(0.03),), then=(clipped(-1, 1),)),
                "train/value_loss": Line((made(2048, 1500.0), level(233 * K, 5979.0), level(387 * K, 221.7), level(694 * K, 112.8), level(925 * K, 400.0)), "log", noise=(gaussian(1.0),)),
                "train/learning_rate": Line(linear_decay(3e-4, 1_530_000)),
                "train/std": Line(figures("4096:0.9949 94208:1.008 186368:1.006 276480:0.9568 366592:0.9002 456704:0.9145 548864:0.9029 638976:0.8923 729088:0.8576 819200:0.7849 910000:0.7657 1000000:0.7483"), noise=(gaussian(0.003),)),
                "eval/mean_reward": Line(figures("10:-1649 20:-1800 30:-1157 40:-1350 70:-1350 80:-846 90:-877 110:-795 130:-1303 160:-795 170:331 180:-795 190:914 200:926 210:-1222 220:-1059 230:886 240:-795 250:1017 260:1014 280:1025 310:1005 330:1030 380:1043 480:1057 520:1062 600:1063 710:1002 720:1012 760:1064 850:1009 900:1056 1000:1038", K), noise=(gaussian(14.0),), then=(clipped(-1800, 1064),), at=every(10 * K, 1_000 * K)),
                "eval/mean_ep_length": Line(figures("10:600 160:600 170:349 180:600 190:212 200:205 210:600 220:600 230:209 240:600 250:195 330:190 480:182 1000:184", K), noise=(gaussian(2.0),), then=(clipped(180, 600),), at=every(10 * K, 1_000 * K)),
            },
            config={"algo": "ppo", "policy": "MlpPolicy", "n_steps": 2048, "gamma": 0.99, "clip_range": 0.2, "total_timesteps": 1_000_000},
            planned=1_000_000,
            clock=Clock(1 / 1240, evals=(10_000, 0.5)),
            step_key="time/total_timesteps",
            apart=True,
        ),
        healthy(usable=True, never="eval-regress policy-collapse throughput-drop lr-anomaly lr-zero value-not-learning no-learning entropy-collapse critic-runaway"),
        "Episodes fall from 600 steps to 180 because the lap gets faster; evaluations jump between -1222 and 926 while it learns to finish "
        "(170k to 250k) and stand above 1000 from then on. The value loss grows with the reward and falls back.",
        ("Nothing wrong: evaluation 1038, above 1000 since 250k, from -1649", "Shorter episodes (600 -> 184) are faster laps", "Usable: any ckpt from 330k on; the last half brought 2 %"),
    ),
    Case(
        "sb3-pendulum-at-its-ceiling-explained-variance-minus-forty",
        "hyojaekim03/warp-mujoco-domain-randomization:logs/progress.csv",
        "rl-sim",
        Sketch(
            at=every(2048, 200_704),
            lines={
                "rollout/ep_len_mean": Line(figures("2048:8.18 8192:23.81 16384:65.7 22528:95.09 28672:137.9 36864:204.4 43008:260.9 49152:313.7 57344:386.7 63488:441.2 69632:493.9 77824:574.9 83968:627.4 90112:680.4 98304:746.6 104448:795.4 112640:857.4 118784:908 124928:946.6 133120:980.4 139264:990.2 145408:992.8 153600:1000 159744:1000 165888:1000 174080:1000 180224:1000 186368:1000 194560:1000 200704:1000")),
                "rollout/ep_rew_mean": Line(figures("2048:7.18 8192:22.81 16384:64.7 22528:94.09 28672:136.9 36864:203.4 43008:260 49152:312.9 57344:385.9 63488:440.5 69632:493.2 77824:574.3 83968:626.9 90112:680 98304:746.2 104448:795 112640:857.1 118784:907.9 124928:946.5 133120:980.3 139264:990.2 145408:992.8 153600:1000 159744:1000 165888:1000 174080:1000 180224:1000 186368:1000 194560:1000 200704:1000")),
                "time/fps": Line((real(2048, 4307), level(8 * K, 2427), level(98 * K, 2195), level(200 * K, 2027)), then=(rounded(0),)),
                "train/approx_kl": Line((made(2048, 0.012), made(200 * K, 0.006)), "log", noise=(gaussian(0.45),)),
                "train/clip_fraction": Line((made(2048, 0.14), made(60 * K, 0.05), made(200 * K, 0.09)), noise=(gaussian(0.03),), then=(clipped(0, 1),)),
                "train/entropy_loss": Line(figures("4096:-1.398 12288:-1.267 20480:-1.227 30720:-1.223 38912:-1.19 47104:-1.128 55296:-1.11 63488:-1.124 71680:-1.094 81920:-1.075 90112:-1.005 98304:-0.8893 106496:-0.7593 114688:-0.6451 122880:-0.508 133120:-0.3025 141312:-0.1716 149504:-0.06342 157696:0.0789 165888:0.1821 174080:0.3037 184320:0.4609 192512:0.5783 200704:0.714")),
                "train/explained_variance": Line(figures("4096:-0.02021 10240:0.08228 16384:0.6535 22528:0.8721 28672:0.9715 34816:0.958 38912:0.9726 45056:-0.1457 51200:-0.1248 57344:-0.002492 63488:0.03102 69632:-0.06588 75776:-0.1599 81920:-0.1052 88064:-0.2793 94208:-0.7057 100352:-1.279 104448:-1.084 110592:-2.759 116736:-4.543 122880:-6.588 129024:-9.702 135168:-24.87 141312:-29.62 147456:-7.656 153600:-18.08 159744:-3.15 165888:-3.686 169984:-22.23 176128:-14.12 182272:-40.99 188416:-11.1 194560:-13.25 200704:-43.09"), noise=(gaussian(0.03),)),
                "train/learning_rate": Line(constant(3e-4)),
                "train/std": Line(figures("4096:0.9574 12288:0.8479 20480:0.8209 30720:0.8212 38912:0.7961 47104:0.7548 55296:0.7269 63488:0.7462 71680:0.7167 81920:0.702 90112:0.6524 98304:0.5792 106496:0.5083 114688:0.4543 122880:0.3955 133120:0.3218 141312:0.2839 149504:0.2542 157696:0.2207 165888:0.1987 174080:0.1756 184320:0.1512 192512:0.1339 200704:0.1168")),
                "train/value_loss": Line(figures("4096:14.85 12288:62.57 20480:28.62 30720:8.526 38912:3.89 47104:0.1995 55296:0.06983 63488:0.009973 71680:0.001978 81920:0.0003034 90112:8.311e-05 98304:2.476e-05 106496:1.892e-05 114688:2.507e-06 122880:3.764e-06 133120:4.271e-06 141312:2.73e-07 149504:5.771e-05 157696:1.793e-07 165888:1.725e-05 174080:2.482e-06 184320:1.271e-06 192512:0.0008181 200704:4.864e-08"), "log", noise=(gaussian(0.5),)),
            },
            config={"algo": "ppo", "env": "InvertedPendulum", "n_steps": 2048, "learning_rate": 3e-4, "total_timesteps": 200_000},
            planned=200_000,
            clock=Clock(1 / 2100),
            step_key="time/total_timesteps",
        ),
        healthy(usable=True, never="value-not-learning entropy-collapse critic-runaway impossible-value plateau metric-dead eval-regress"),
        "1000 of 1000 since 153k steps. All returns being equal, their variance is nearly nothing and the explained variance goes to -43; "
        "the entropy falls steadily as the policy becomes sure. Neither harms.",
        ("Solved: 1000 of 1000 steps since 153k", "Explained variance -43 at the ceiling: there is no variance left to explain", "Usable"),
    ),
    Case(
        "sb3-carla-kl-grows-fifty-fold",
        "EmiliaKARDACHE/Simulator_Carla:logs/progress.csv",
        "rl-sim",
        Sketch(
            at=every(1024, 68_608),
            lines={
                "rollout/ep_len_mean": Line(figures("1024:65.47 3072:58.94 5120:59.23 7168:63.06 9216:70.1 11264:76.99 13312:81.59 15360:90.69 17408:96.45 19456:100.9 21504:103.4 23552:114.5 25600:122 27648:122.4 29696:127.2 31744:130 33792:125.9 35840:131 37888:139.9 39936:140.2 41984:153 44032:163.2 46080:146.2 48128:156.8 50176:137.6 52224:132.8 54272:131.6 56320:120.2 58368:136.4 60416:143.9 62464:134.1 64512:146.6 66560:142.9 68608:132.9"), noise=(gaussian(1.0),)),
                "rollout/ep_rew_mean": Line(figures("1024:29.28 2048:30.14 3072:27.48 4096:29.03 5120:32.34 6144:36.87 7168:45.11 8192:51.81 9216:62.5 10240:74.52 11264:83.75 12288:89.67 13312:100.6 14336:108.7 15360:124.8 16384:129.6 17408:144.2 18432:153.9 19456:157.4 20480:158.1 21504:163.8 22528:180.1 23552:189.3 24576:201 25600:205.4 26624:206.6 27648:202.5 28672:207.4 29696:211 30720:211.4 31744:216.3 32768:214.5 33792:206.7 34816:209.8 35840:213.4 36864:222.1 37888:226.6 38912:216 39936:221.3 40960:228 41984:233.1 43008:235.6 44032:245 45056:236.3 46080:217.8 47104:230.1 48128:241.7 49152:245.5 50176:212.6 51200:200.8 52224:209.7 53248:218.8 54272:220.9 55296:212.4 56320:212.5 57344:226.4 58368:239.2 59392:240.5 60416:248.6 61440:237.5 62464:231.6 63488:246.5 64512:252.8 65536:250 66560:246.4 67584:230.1 68608:228.8")),
                "time/fps": Line((real(1024, 60), real(4096, 49), level(12 * K, 47), level(62 * K, 46), real(68_608, 42)), then=(rounded(0),)),
                "train/approx_kl": Line(figures("2048:0.00874 3072:0.004353 4096:0.008053 5120:0.007432 6144:0.006906 7168:0.008644 8192:0.0132 9216:0.01347 10240:0.01184 11264:0.01487 12288:0.01508 13312:0.01816 14336:0.02356 15360:0.02317 16384:0.03169 17408:0.03428 18432:0.05141 19456:0.03726 20480:0.04447 21504:0.05552 22528:0.06253 23552:0.06926 24576:0.06422 25600:0.08948 26624:0.107 27648:0.09236 28672:0.09868 29696:0.1041 30720:0.1514 31744:0.1141 32768:0.1125 33792:0.1413 34816:0.1295 35840:0.1587 36864:0.1581 37888:0.2019 38912:0.1844 39936:0.2698 40960:0.2494 41984:0.3669 43008:0.34 44032:0.5142 45056:0.3088 46080:0.2142 47104:0.2511 48128:0.2748 49152:0.3375 50176:0.3341 51200:0.2314 52224:0.316 53248:0.3891 54272:0.4238 55296:0.4467 56320:0.3401 57344:0.3813 58368:0.4262 59392:0.5378 60416:0.3834 61440:0.6741 62464:0.3431 63488:0.3588 64512:0.4973 65536:0.4288 66560:0.4276 67584:0.4189 68608:0.4794"), "log", at=every(1024, 68_608, first=2048)),
                "train/clip_fraction": Line(figures("2048:0.08916 3072:0.02344 4096:0.07178 5120:0.1212 6144:0.08506 7168:0.0748 8192:0.1169 9216:0.1396 10240:0.1395 11264:0.1391 12288:0.1699 13312:0.1437 14336:0.1942 15360:0.1912 16384:0.2674 17408:0.2737 18432:0.2991 19456:0.2877 20480:0.3063 21504:0.3301 22528:0.3486 23552:0.3917 24576:0.3751 25600:0.4407 26624:0.4276 27648:0.4261 28672:0.4502 29696:0.4167 30720:0.484 31744:0.4889 32768:0.4442 33792:0.4671 34816:0.4741 35840:0.4917 36864:0.4757 37888:0.489 38912:0.5054 39936:0.5244 40960:0.555 41984:0.5508 43008:0.5899 44032:0.5756 45056:0.5825 46080:0.5092 47104:0.5437 48128:0.5579 49152:0.5841 50176:0.5619 51200:0.5223 52224:0.5588 53248:0.5981 54272:0.6068 55296:0.5908 56320:0.5795 57344:0.5848 58368:0.6365 59392:0.6476 60416:0.5872 61440:0.6329 62464:0.5779 63488:0.5911 64512:0.6298 65536:0.5998 66560:0.5485 67584:0.5896 68608:0.5971"), at=every(1024, 68_608, first=2048)),
                "train/clip_range": Line(constant(0.2), at=every(1024, 68_608, first=2048)),
                "train/entropy_loss": Line(figures("2048:-2.828 5120:-2.803 8192:-2.802 10240:-2.791 13312:-2.784 16384:-2.761 19456:-2.749 22528:-2.703 25600:-2.622 27648:-2.557 30720:-2.477 33792:-2.412 36864:-2.353 39936:-2.238 43008:-2.122 45056:-2.046 48128:-1.956 51200:-1.882 54272:-1.764 57344:-1.646 60416:-1.53 62464:-1.48 65536:-1.399 68608:-1.288"), at=every(1024, 68_608, first=2048)),
                "train/explained_variance": Line(figures("2048:-0.004741 3072:-0.0768 4096:0.1495 5120:0.07348 6144:0.2425 7168:-0.04438 8192:0.02786 9216:-0.02861 10240:-0.118 11264:0.2323 12288:-0.03251 13312:0.02195 14336:0.168 15360:0.2515 16384:0.1983 17408:0.2556 18432:0.4036 19456:0.3523 20480:-0.1545 21504:-0.04342 22528:-0.04547 23552:-0.09191 24576:0.06959 25600:0.5022 26624:0.1949 27648:-0.03001 28672:-0.08985 29696:-0.1959 30720:0.3539 31744:0.488 32768:0.3267 33792:0.02527 34816:-0.1685 35840:-0.002879 36864:0.1469 37888:0.2299 38912:0.1169 39936:0.2507 40960:-0.01783 41984:0.7643 43008:0.7506 44032:0.8294 45056:0.7175 46080:0.1175 47104:0.3803 48128:0.1304 49152:0.6111 50176:0.2491 51200:0.1157 52224:0.1238 53248:0.3266 54272:0.7305 55296:0.5492 56320:0.3481 57344:0.5655 58368:0.55 59392:0.8652 60416:0.3666 61440:0.576 62464:0.03596 63488:-0.1325 64512:-0.02272 65536:-0.02502 66560:-0.0473 67584:0.1208 68608:0.2559"), at=every(1024, 68_608, first=2048)),
                "train/learning_rate": Line(constant(3e-4), at=every(1024, 68_608, first=2048)),
                "train/std": Line(figures("2048:0.9915 5120:0.9817 8192:0.9843 10240:0.9765 13312:0.9786 16384:0.9631 19456:0.9561 22528:0.932 25600:0.8899 27648:0.8668 30720:0.8324 33792:0.8068 36864:0.78 39936:0.7307 43008:0.6924 45056:0.6669 48128:0.6365 51200:0.6174 54272:0.5766 57344:0.5433 60416:0.5194 62464:0.5042 65536:0.4837 68608:0.456"), at=every(1024, 68_608, first=2048)),
                "train/value_loss": Line(figures("2048:1.329 3072:0.2818 4096:0.2202 5120:0.3736 6144:0.3391 7168:0.5322 8192:0.4835 9216:0.4083 10240:0.2901 11264:0.3023 12288:0.3276 13312:0.2322 14336:0.2058 15360:0.2001 16384:0.08894 17408:0.1951 18432:0.05772 19456:0.1297 20480:0.1989 21504:0.1741 22528:0.1202 23552:0.1016 24576:0.1634 25600:0.06558 26624:0.1395 27648:0.138 28672:0.1051 29696:0.1383 30720:0.0557 31744:0.08035 32768:0.1377 33792:0.1272 34816:0.1238 35840:0.07927 36864:0.04508 37888:0.0658 38912:0.1241 39936:0.09987 40960:0.09854 41984:0.04662 43008:0.07628 44032:0.04182 45056:0.0823 46080:0.2474 47104:0.1558 48128:0.1409 49152:0.0746 50176:0.16 51200:0.2293 52224:0.1302 53248:0.08378 54272:0.04828 55296:0.09362 56320:0.1211 57344:0.08927 58368:0.07553 59392:0.02104 60416:0.1584 61440:0.06976 62464:0.2545 63488:0.1875 64512:0.0626 65536:0.1749 66560:0.2827 67584:0.1764 68608:0.132"), "log", at=every(1024, 68_608, first=2048)),
            },
            config={"algo": "ppo", "env": "CarlaEnv", "n_steps": 1024, "n_epochs": 10, "learning_rate": 3e-4, "clip_range": 0.2},
            state="killed",
            clock=Clock(1 / 46),
            step_key="time/total_timesteps",
        ),
        sick(fault("ppo-kl-blowup", (14 * K, 30 * K), 48 * K), also="plateau entropy-collapse value-not-learning no-learning", never="policy-collapse lr-zero critic-runaway"),
        "The KL of an update climbs from 0.008 to 0.4 and the clipped share from 8 to 60 % while the return, risen to 207 by 26k, stays at "
        "210 to 250: ten epochs over 1024 steps at 3e-4 move the policy far too much.",
        (
            "approx_kl 0.008 -> 0.1 (28k) -> 0.45, clip_fraction 60 %: updates far too large, and growing",
            "Return 29 -> 207 by 26k, since then 200-250 with little gain; explained variance mostly below 0.5",
            "target_kl 0.02, lr 1e-4 or fewer epochs; more than 1024 steps a rollout",
            "Usable for looking at: 229 (best 253 at 64k)",
        ),
    ),
    Case(
        "sb3-driving-entropy-rises-with-the-reward",
        "phnk/Driving-Env:logs/progress.csv",
        "rl-sim",
        Sketch(
            at=every(8192, 606_208),
            lines={
                "rollout/ep_len_mean": Line(figures("16384:995.5 32768:997.8 57344:975.9 73728:959.2 98304:939.8 114688:898.8 139264:870 155648:854 180224:794.5 196608:735.5 221184:693 237568:697.7 262144:681.3 278528:675.6 303104:608.2 319488:596.8 344064:554.1 360448:514.3 385024:472.7 401408:484.1 425984:496.7 442368:489.8 466944:449.7 483328:434.3 507904:413.5 524288:422.5 548864:439.1 565248:429.5 589824:399 606208:415"), noise=(gaussian(4.0),)),
                "rollout/ep_rew_mean": Line(figures("16384:-1.572 32768:-0.3202 49152:2.431 65536:4.778 73728:5.976 90112:6.737 106496:9.75 122880:12.25 139264:13.14 155648:13.99 163840:14.93 180224:17.03 196608:19.52 212992:21.29 229376:20.97 245760:20.95 262144:20.14 270336:20.2 286720:21.9 303104:23.68 319488:23.75 335872:25 352256:24.89 360448:25.23 376832:26.59 393216:27.49 409600:26.36 425984:25.81 442368:25.18 458752:26.68 466944:26.74 483328:27.61 499712:28.63 516096:28.51 532480:28.48 548864:28.3 557056:28.84 573440:29.04 589824:28.57 606208:28.11"), noise=(gaussian(0.3),)),
                "time/fps": Line((real(8192, 2473), level(41 * K, 583), level(74 * K, 532), level(131 * K, 482), level(606 * K, 480)), "log", noise=(gaussian(0.004),), then=(rounded(0),)),
                "train/entropy_loss": Line(figures("16384:-5.512 32768:-5.722 57344:-5.092 73728:-5.867 98304:-5.367 114688:-5.94 139264:-6.152 155648:-5.823 180224:-5.808 196608:-6.121 221184:-6.088 237568:-6.433 262144:-6.597 278528:-6.776 303104:-6.896 319488:-6.947 344064:-7.514 360448:-7.155 385024:-7.196 401408:-7.294 425984:-7.452 442368:-7.299 466944:-7.446 483328:-7.547 507904:-7.583 524288:-7.324 548864:-7.511 565248:-7.552 589824:-7.503 606208:-7.555"), noise=(gaussian(0.05),)),
                "train/explained_variance": Line((level(16 * K, 0.8), level(106 * K, 0.95), level(606 * K, 0.985)), noise=(gaussian(0.015),), then=(clipped(-1, 1),)),
                "train/clip_fraction": Line((made(16 * K, 0.12), made(606 * K, 0.1)), noise=(gaussian(0.012),), then=(clipped(0, 1),)),
                "train/learning_rate": Line(constant(3e-5)),
                "train/policy_gradient_loss": Line((made(16 * K, -0.038),), noise=(gaussian(0.004),)),
                "train/std": Line(figures("16384:0.1351 73728:0.1321 122880:0.1287 180224:0.1251 229376:0.1214 286720:0.1175 335872:0.1146 393216:0.1105 442368:0.1081 499712:0.1043 548864:0.1026 606208:0.09919")),
                "train/value_loss": Line((made(16 * K, 0.05), level(74 * K, 0.46), level(197 * K, 0.37), level(606 * K, 0.06)), "log", noise=(gaussian(0.7),)),
            },
            config={"algo": "ppo", "env": "DrivingEnv", "use_sde": True, "n_steps": 8192, "learning_rate": 3e-5, "clip_range": 0.4},
            clock=Clock(1 / 480),
            step_key="time/total_timesteps",
        ),
        healthy(usable=True, never="throughput-drop entropy-collapse policy-collapse divergence no-learning critic-runaway value-not-learning ppo-kl-blowup"),
        "`entropy_loss` goes from -5.8 to -7.6: with state-dependent exploration the noise grows with the features while std shrinks. `fps` is "
        "all steps over all time and falls from 2473 to 480 in the first records because the first rollout held no update. Return -0.3 to 28, still rising.",
        ("Nothing wrong: return -0.3 -> 28, rising slowly (best 29)", "fps fell to 480 at once because the first record had no training yet", "Usable; no evaluation, the return is that of training"),
    ),
    Case(
        "sb3-rollouts-of-five-steps-value-blind",
        "reddyn12/Sb3Test:logs/progress.csv",
        "rl-sim",
        Sketch(
            at=every(50, 5090, first=40),
            lines={
                "rollout/ep_rew_mean": Line(figures("10:-77.67 40:-94.85 80:-97.46 110:-100 150:-97.99 180:-97.99 220:-97.99 250:-97.99 290:-97.99 320:-97.99 360:-95.98 390:-95.98 430:-97.99 460:-100 500:-91.96 530:-89.95 570:-87.94 600:-91.96 640:-95.98 670:-93.97 710:-97.99 740:-93.97 780:-89.95 810:-85.93 850:-89.95 880:-83.92 920:-61.81 950:-33.67 990:0.5 1020:26.63"), noise=(gaussian(0.8),)),
                "train/approx_kl": Line((made(40, 0.0), made(3600, 0.0), level(3740, 0.0458), made(3800, 0.0), level(4540, 0.052), made(4800, 0.0001), real(5090, 6e-8)), noise=(gaussian(1e-8),)),
                "train/clip_fraction": Line((made(40, 0.0), made(3700, 0.0), real(3740, 0.3), made(3800, 0.0), real(4540, 0.25), made(4600, 0.0), made(5090, 0.0)),),
                "train/entropy_loss": Line(figures("10:-7.4911 40:-7.4911 60:-7.4911 90:-7.4911 110:-7.4911 140:-7.4909 170:-7.4909 190:-7.4909 220:-7.4902 240:-7.4902 270:-7.4902 290:-7.4902 320:-7.4898 350:-7.4895 370:-7.4895 400:-7.4895 420:-7.4895 450:-7.4895 480:-7.4892 500:-7.4884 530:-7.488 550:-7.4874 580:-7.4871 610:-7.4867 630:-7.4867 660:-7.4852 680:-7.4852 710:-7.4852 740:-7.478 760:-7.4686 790:-7.448 810:-7.4467 840:-7.4181 860:-7.3984 890:-5.7375 920:-3.1474 940:-1.8769 970:-1.8595 990:-2.5469 1020:-1.5592")),
                "train/explained_variance": Line((made(40, 0.0), real(4540, -1.07e-6), real(5090, -1.07e-6)), then=(sometimes(0.94, NAN, end=4500),)),
                "train/learning_rate": Line(constant(3e-4)),
                "train/value_loss": Line(figures("10:9244.8 30:8330.5 40:8100.3 60:7703 80:7338.5 100:6991.4 110:6822.9 130:6559.5 150:6239.6 160:6083.2 180:5777.3 200:11402 220:5248.9 230:5106.9 250:4829.3 270:4559.8 280:4428 300:4219 320:3970.3 340:3727.1 350:3653.4 370:3422.6 390:3197.4 400:3087.7 420:2874.1 440:2668.3 460:2470.1 470:2373.9 490:2293.2 510:2150.7 520:2061.3 540:1921.7 560:1754.5 570:1673.6 590:1577.7 610:1427.8 630:1284.1 640:1215.2 660:1108.3 680:982.61 690:922.4 710:807.69 730:739.58 750:20686 760:630.07 780:16459 800:483.22 810:455.63 830:378.18 850:319.91 870:274.27 880:271.01 900:266.08 920:17388 930:20512 950:20545 970:16695 990:16461 1000:20627 1020:16199"), "log"),
                "time/fps": Line((real(40, 3), level(290, 14), level(2190, 21), level(4040, 17), real(5090, 8)), then=(rounded(0),)),
            },
            config={"algo": "ppo", "n_steps": 5, "batch_size": 5, "learning_rate": 3e-4, "clip_range": 0.2, "gamma": 0.99},
            state="killed",
            clock=Clock(1 / 18),
            step_key="time/total_timesteps",
        ),
        sick(fault("value-not-learning no-learning at-chance plateau", (40, 1600), 4400, INFO), also="nan-inf entropy-collapse masked-nan metric-dead throughput-drop grad-vanish", never="divergence overfit", unsaid=("此前的 ckpt",)),
        "Rollouts of five steps inside one episode: all returns alike, so their explained variance is 0/0 and no update moves anything (KL 0) "
        "until two lucky episodes collapse the entropy at the end. The return stays at -98 for 4500 of 5090 steps.",
        (
            "No learning for 4500 of 5090 steps: return -98, KL of every update 0, entropy -7.49",
            "Explained variance NaN: five equal returns a rollout (n_steps 5); the critic sees nothing",
            "n_steps 512 or more; then look again",
            "The rise to 26 at the end is a handful of episodes with an entropy that has collapsed (-7.4 -> -1.6)",
        ),
    ),
    Case(
        "rsl-rl-ant-noise-down-to-a-tenth",
        "yuxinchen123/IsaacLab:MENTOR_REPORT.md",
        "rl-sim",
        rsl_rl(
            (real(0, -0.456), made(50, 4.0), made(120, 38.0), made(200, 82.0), made(300, 118.0), real(400, 137.32)),
            (real(0, 19.7), made(40, 120.0), made(120, 560.0), made(250, 840.0), real(400, 907.3)),
            (real(0, 0.987), made(60, 0.72), made(160, 0.34), made(280, 0.15), real(400, 0.075)),
            mades((0, 0.08), (40, 0.4), (150, 0.9), (400, 0.5)),
            sd=2.2, last=400, seconds=0.5, fps=130_000, planned=1_000, state="killed",
            config={"task": "Isaac-Ant-v0", "num_envs": 4096, "max_iterations": 1000, "algorithm": {"class_name": "PPO", "schedule": "adaptive", "desired_kl": 0.01, "entropy_coef": 0.0}},
            more={"Loss/learning_rate": Line(mades((0, 5e-4), (60, 1e-3), (400, 4e-4)), "log", noise=(gaussian(0.25),))},
        ),
        healthy(usable=True, never="entropy-collapse plateau no-learning lr-anomaly value-not-learning policy-collapse critic-runaway"),
        "Action noise falls by 92 % while the return goes from -0.5 to 137 and episodes from 20 to 907 steps: the policy becomes sure. Stopped at 400 of 1000 iterations by hand.",
        ("Nothing wrong: reward 137, episodes 907 steps, still rising a little", "Noise std 0.99 -> 0.075 goes with the reward: no collapse", "Stopped at 400 of 1000 iterations; usable"),
    ),
    Case(
        "rsl-rl-mpc-five-thousand-iterations-for-nothing",
        "silvery107/rl-mpc-locomotion#38",
        "rl-sim",
        rsl_rl(
            (made(0, 0.3), made(400, 0.9), made(2_000, 1.1), made(3_500, 1.2), real(4_997, 1.48)),
            (made(0, 30.0), made(400, 60.0), made(2_000, 110.0), made(4_000, 190.0), real(4_997, 212.49)),
            (made(0, 1.0), made(1_000, 1.04), made(3_000, 1.17), real(4_997, 1.28)),
            (made(0, 0.03), made(500, 0.012), real(4_997, 0.0086)),
            sd=0.16, last=4_997, log=2, seconds=1.66, fps=462, planned=5_000, state="finished",
            config={"task": "RL-MPC", "num_envs": 32, "max_iterations": 5000, "num_steps_per_env": 24, "bridge_MPC_to_RL": False},
            more={},
        ),
        sick(fault("no-learning plateau entropy-collapse", (200, 2_400), 4_400, INFO), also="value-not-learning", never="policy-collapse divergence eval-regress"),
        "Reward about 1 from iteration 400 to 5000 while the action noise grows from 1.0 to 1.28: the policy adds noise because nothing it does is "
        "rewarded. The switch that hands the controller's action to the policy was off.",
        (
            "Reward 0.9 (400) -> 1.48 (4997): nothing learnt in 4600 iterations; 32 environments give 768 steps an iteration",
            "Action noise 1.0 -> 1.28 and rising, surrogate without effect: actions do not reach the robot, or earn nothing",
            "Check that the actions are applied (bridge between controller and policy), then more environments",
            "Not usable",
        ),
    ),
    Case(
        "wholebody-tracking-new-robot-worse-and-worse",
        "NVlabs/GR00T-WholeBodyControl#196",
        "rl-sim",
        Sketch(
            at=every(1_000, 720_000),
            lines={
                "Train/mean_rewards": Line((made(1_000, 1.2), made(60_000, 7.5), made(150_000, 9.1), made(240_000, 8.4), made(380_000, 5.6), made(540_000, 3.1), real(720_000, 1.85213)), noise=(ar1(0.35, 0.8),), then=(clipped(0.1),)),
                "Train/mean_length": Line((made(1_000, 14.0), made(60_000, 128.0), made(150_000, 152.0), made(240_000, 139.0), made(380_000, 88.0), made(540_000, 46.0), real(720_000, 24.69)), noise=(ar1(5.0, 0.8),), then=(clipped(5),)),
                "Policy/mean_noise_std": Line((made(1_000, 0.05), made(150_000, 0.16), made(380_000, 0.29), real(720_000, 0.47)), noise=(gaussian(0.004),)),
                "Policy/mean_entropy": Line((made(1_000, -32.0), made(150_000, -7.0), made(380_000, 6.0), real(720_000, 16.85375)), noise=(gaussian(0.3),)),
                "Env/Episode_Termination/foot_pos_xyz": Line((made(1_000, 0.8), made(150_000, 0.3), made(380_000, 0.46), real(720_000, 0.708)), noise=(gaussian(0.03),), then=(clipped(0, 1),)),
                "Perf/total_fps": Line((level(1_000, 117_901),), then=(lognormal(0.04), rounded(0))),
                "Loss/learning_rate": Line(mades((1_000, 2e-5), (720_000, 2e-5)), "log", noise=(student(0.2, 6.0),)),
            },
            config={"algo": "TRL-PPO", "num_envs": 40960, "num_processes": 4, "exp": "manager/universal_token/all_modes/sonic_lus2_joint27", "desired_kl": 0.01},
            state="running",
            clock=Clock(17.8),
        ),
        sick(fault("policy-collapse eval-regress", (160_000, 400_000), 620_000), also="no-learning best-checkpoint-old entropy-collapse oscillation value-not-learning", never="overfit lr-zero throughput-drop"),
        "A new robot put on the tracking policy: over 720k iterations episodes shrink to 25 steps and the reward to 1.85 while the action noise keeps growing to 0.47. Slow, never a step.",
        (
            "Getting worse since about 150k: reward 9.1 -> 1.85, episodes 152 -> 25 steps",
            "Action noise grows all the time (0.16 -> 0.47, entropy 17): nothing pulls it back",
            "Lower entropy_coef or cap the std, check the new robot's joint limits and gains; 71 % end at foot_pos_xyz",
            "Only ckpts about 150k; the last is lost",
        ),
    ),
)
# fmt: on
