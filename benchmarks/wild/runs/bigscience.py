"""BLOOM and the runs before it, as BigScience's chronicles tell them."""

from __future__ import annotations

from benchmarks.wild.case import CRITICAL, WARNING, Case, fault, healthy, sick
from benchmarks.wild.sketch import (
    NAN,
    Clock,
    Derived,
    Line,
    Sketch,
    constant,
    every,
    gaussian,
    level,
    made,
    onward,
    printed,
    quantised,
    real,
    rounded,
    spike,
    spikes,
    staircase,
    student,
)

# fmt: off
BLOOM_CONFIG = {
    "num_layers": 70, "hidden_size": 14336, "seq_length": 2048, "global_batch_size": 2048, "micro_batch_size": 2,
    "lr": 6e-5, "min_lr": 6e-6, "lr_decay_style": "cosine", "clip_grad": 1.0, "bf16": True, "weight_decay": 0.1,
    "train_samples": 220_000_000, "eval_interval": 1000, "save_interval": 100,
}

CASES: tuple[Case, ...] = (
    Case(
        name="bloom-176b-spike-recovers-in-thirty-steps",
        source="bigscience-workshop/bigscience:train/tr11-176B-ml/chronicles.md",
        family="pretraining",
        sketch=Sketch(
            at=every(1, 32_500, first=30_001),
            lines={
                "lm-loss-training/lm loss": Line(
                    (
                        level(30_001, 2.209), real(31_214, 2.198845), real(31_215, 2.220424), real(31_216, 2.595213),
                        real(31_217, 2.241558), real(31_218, 2.345279), real(31_219, 5.098124), real(31_220, 3.492029),
                        real(31_221, 3.213059), real(31_222, 2.804948), made(31_228, 2.42), made(31_240, 2.25),
                        real(31_250, 2.215699), real(31_251, 2.235667), made(31_260, 2.203), made(32_500, 2.189),
                    ),
                    noise=(gaussian(0.014),), then=(printed(7),),
                ),
                "grad-norm/grad-norm": Line(
                    (
                        made(30_001, 0.19), real(31_214, 0.242), real(31_215, 0.947), real(31_216, 2.390), real(31_217, 15.886),
                        real(31_218, 145.119), real(31_219, 960.351), real(31_220, 353.201), real(31_221, 379.330),
                        real(31_222, 650.246), made(31_230, 6.0), made(31_242, 0.6), real(31_250, 0.267), real(31_251, 0.205),
                        made(31_300, 0.185), made(32_500, 0.18),
                    ),
                    scale="log", noise=(gaussian(0.14),), then=(spikes(0.002, 3, 12, end=31_000), rounded(3)),
                ),
                "learning-rate/learning-rate": Line(
                    (made(30_001, 5.352e-5), real(31_214, 5.279e-5), made(32_500, 5.202e-5)), then=(printed(4),)
                ),
                "batch-size/batch-size": Line(constant(2048)),
                "iteration-time/iteration-time": Line((level(30_001, 106.3), level(32_500, 106.3)), noise=(gaussian(0.4),)),
                "lm-loss-validation/valid/lm loss validation": Line(
                    (made(30_000, 2.425), made(33_000, 2.405)), at=every(1000, 32_000, first=31_000), noise=(gaussian(0.002),)
                ),
            },
            config=BLOOM_CONFIG, state="running", planned=115_311, clock=Clock(106.3, jitter=0.004),
        ),
        expect=healthy(usable=False, also="loss-spike grad-spike"),
        why="One spike of 2.9 nats in a hundred thousand iterations, gradient norm a thousandfold for ten iterations, all of it gone "
        "after thirty: the authors noted it, kept the two ckpts and went on. A note; nothing is to be done.",
        read=(
            "训练正常：唯一一次尖峰（31219 步 lm loss 5.10）约 30 步后已回到 2.21",
            "grad norm 从 31215 步开始先于 loss 升高，最高 960（平时 0.2），clip 1.0，31250 步已恢复正常",
            "仅提示：不用回滚；若再次出现，查 31215 步前后的数据",
            "验证 loss 2.42→2.41 仍在降，可继续",
        ),
    ),
    Case(
        name="bloom-176b-five-percent-slower",
        source="bigscience-workshop/bigscience:train/tr11-176B-ml/chronicles.md",
        family="pretraining",
        sketch=Sketch(
            at=every(1, 44_200, first=42_001),
            lines={
                "lm loss": Line(
                    (
                        made(42_001, 2.120), real(42_780, 2.117073), real(42_781, 2.116946), real(42_782, 2.110646),
                        real(42_783, 2.124820), real(42_784, 2.127643), made(42_900, 2.117), made(44_200, 2.112),
                    ),
                    noise=(gaussian(0.011),), then=(printed(7),),
                ),
                "grad-norm": Line(
                    (
                        made(42_001, 0.145), real(42_780, 0.150), real(42_781, 0.140), real(42_782, 0.144), real(42_783, 0.135),
                        real(42_784, 0.127), made(44_200, 0.143),
                    ),
                    scale="log", noise=(gaussian(0.1),), then=(spikes(0.001, 2, 6), rounded(3)),
                ),
                "learning-rate": Line((made(42_001, 4.53e-5), real(42_780, 4.475e-5), made(44_200, 4.372e-5)), then=(printed(4),)),
                "iteration-time": Line(
                    (
                        made(42_001, 105.2), real(42_780, 105.16), real(42_781, 105.17), real(42_782, 106.25),
                        real(42_783, 110.17), real(42_784, 111.14), level(42_785, 111.0), made(44_200, 111.0),
                    ),
                    noise=(gaussian(0.3),), then=(rounded(2),),
                ),
                "tflops": Derived(("iteration-time",), lambda s: 149.10 * 105.16 / s, then=(rounded(2),)),
                "lm loss validation": Line(
                    (made(42_000, 2.352), made(44_000, 2.343)), at=every(1000, 44_000, first=42_000), noise=(gaussian(0.001),)
                ),
            },
            config=BLOOM_CONFIG, state="running", planned=115_311,
            clock=Clock((made(42_001, 105.2), real(42_781, 105.17), real(42_784, 111.1), made(44_200, 111.0)), jitter=0.003),
        ),
        expect=healthy(usable=True, also="throughput-drop", never="plateau divergence"),
        why="From one iteration to the next every step takes 5.6 % longer and stays so: one slow GPU. It costs hours of 384 GPUs, but the "
        "training itself is sound; worth a note, no louder. The flat-looking loss falls slowly, as it does at a third of the plan.",
        read=(
            "训练正常；42783 步起每步 105.2→111.0 s（慢 5.6%），此后未恢复",
            "仅提示：吞吐 149→141 TFLOPs，loss、grad norm 未变，像是某一节点变慢",
            "→ 逐台排除节点（换掉慢的那台后恢复）；剩余约 7 万步预计多等 4.8 天",
            "loss 2.12→2.11 正常缓降，不是停滞",
        ),
    ),
    Case(
        name="bigscience-13b-spike-takes-500-steps",
        source="bigscience-workshop/bigscience:train/tr1-13B-base/chronicles.md",
        family="pretraining",
        sketch=Sketch(
            at=every(10, 36_000, first=24_010),
            lines={
                "lm loss": Line(
                    (
                        made(24_010, 2.83), real(29_020, 2.775923), real(29_030, 2.772822), real(29_040, 2.768131),
                        real(29_050, 7.343709), real(29_060, 8.715872), real(29_070, 7.654131), real(29_080, 7.192470),
                        real(29_090, 6.849044), made(29_150, 5.4), made(29_250, 3.9), made(29_350, 3.15), made(29_450, 2.88),
                        made(29_550, 2.785), made(30_000, 2.765), real(33_240, 2.722675), made(36_000, 2.703),
                    ),
                    noise=(gaussian(0.007),), then=(spike(30_410, 5.2, fades=1.2), printed(7)),
                ),
                "grad norm": Line(constant(0.0)),
                "loss scale": Line(
                    staircase((0, 32768), (29_040, 65536), (29_050, 8192), (29_060, 4096), (30_100, 8192), (31_100, 16384), (32_100, 32768))
                ),
                "learning rate": Line(
                    (made(24_010, 9.95e-5), real(29_020, 9.850e-5), real(33_240, 9.702e-5), made(36_000, 9.585e-5)), then=(printed(4),)
                ),
                "global batch size": Line(constant(1024)),
                "elapsed time per iteration (ms)": Line(
                    (real(29_020, 22306.6), real(29_030, 22336.4), real(29_040, 22332.6), real(29_050, 22148.5), real(29_060, 22181.7),
                     real(29_070, 22107.1), real(29_080, 22131.2), real(29_090, 22119.2), real(33_240, 23491.4)),
                    noise=(gaussian(60),), then=(rounded(1),),
                ),
            },
            config={
                "num_layers": 40, "hidden_size": 5120, "seq_length": 2048, "global_batch_size": 1024, "lr": 1e-4, "min_lr": 1e-5,
                "clip_grad": 1.0, "fp16": True, "lr_decay_style": "cosine", "log_interval": 10,
            },
            state="running", planned=311_541, clock=Clock(22.6, jitter=0.01),
        ),
        expect=sick(
            fault("loss-spike loss-jump divergence", (29_030, 29_060), 29_200, lasting=False),
            also="amp-overflow", never="grad-vanish plateau",
        ),
        why="2.77 to 8.7 within twenty iterations and 500 until it is back: big enough to be told while it lasts (nobody knows yet that it "
        "comes back), over afterwards. The gradient norm is printed as 0.000 all along: not measured, not vanished.",
        read=(
            "29050 步 lm loss 尖峰 2.77→8.72，约 500 步后已回到 2.78",
            "同时 loss scale 65536→4096（fp16 溢出）；30410 步又一次（约 5.2），很快恢复",
            "→ 再出现时核对 beta2 与 fp16；本次不用回滚，29000 步前的 ckpt 先留着",
            "grad norm 恒为 0.000，属未记录，不代表梯度消失",
        ),
    ),
    Case(
        name="bigscience-104b-jumps-and-dies",
        source="bigscience-workshop/bigscience:train/tr8-104B-wide/chronicles.md",
        family="pretraining",
        sketch=Sketch(
            at=every(10, 9_200),
            lines={
                "lm loss": Line(
                    (
                        made(10, 11.3), made(200, 8.9), made(1_000, 7.5), made(3_000, 6.78), level(6_000, 6.3), made(6_990, 6.37),
                        real(7_000, 6.444662), real(7_010, 11.42026), level(7_030, 14.0), made(7_100, 9.4), real(7_220, 7.155109),
                        level(8_990, 7.06),
                    ),
                    noise=(gaussian(0.045),), then=(onward(9_000, NAN), printed(7)),
                ),
                "grad norm": Line(
                    (
                        made(10, 4e5), made(1_000, 6e4), level(6_000, 9e4), real(7_000, 98258.265), real(7_010, 219645.978),
                        made(7_060, 9e4), real(7_220, 16921.991), made(9_000, 1.4e4),
                    ),
                    scale="log", noise=(student(0.16, 4),), then=(onward(9_000, NAN), rounded(3)),
                ),
                "loss scale": Line(
                    staircase(
                        (0, 65536), (400, 32768), (3_000, 16384), (4_700, 4096), (6_950, 2048), (9_000, 256), (9_040, 16), (9_080, 1)
                    )
                ),
                "learning rate": Line((made(10, 4e-8), made(5_000, 4.2e-5), real(6_900, 6e-5), real(7_000, 6e-5), made(9_200, 6e-5))),
                "global batch size": Line(staircase((0, 16), (1_500, 32), (3_000, 48), (4_300, 64), (5_500, 80), (6_500, 96))),
                "lm loss validation": Line(
                    (made(1_000, 7.9), made(4_000, 7.3), real(7_000, 7.1742), made(8_000, 7.35)), at=every(1_000, 9_000),
                    then=(onward(9_000, NAN),),
                ),
            },
            config={
                "num_layers": 32, "hidden_size": 16384, "seq_length": 2048, "rampup_batch_size": [16, 16, 6_000_000],
                "global_batch_size": 2048, "lr": 6e-5, "min_lr": 6e-6, "clip_grad": 1.0, "fp16": True, "adam_beta2": 0.999,
                "train_samples": 300_000_000,
            },
            state="killed", planned=159_576, clock=Clock(18.7, jitter=0.03),
        ),
        expect=sick(
            fault("divergence loss-jump", (6_980, 7_020), 7_200, WARNING),
            fault("nan-inf", (8_990, 9_010), 9_040, CRITICAL),
            also="loss-spike amp-overflow grad-clip-saturated scale-mismatch grad-explode overfit gen-gap plateau",
            never="converged grad-vanish",
        ),
        why="6.4 to 14 in three records, then 7.1 for two thousand iterations without moving, then NaN. The gradient norm is in the units of "
        "the loss scale, so 1e5 is its ordinary level. The loss scale had been going down since 4,700.",
        read=(
            "7010 步 lm loss 6.44→14，此后停在 7.1 未恢复，9000 步起 NaN：7000 步后的 ckpt 都不能用",
            "先兆：loss scale 自 4700 步起 16384→2048，一直没有回升（fp16）",
            "→ 从 4700 步以前的 ckpt 续训，beta2 0.999→0.95，有条件换 bf16",
            "验证 loss 最好 7.17（7000 步），之后没有更好",
        ),
    ),
    Case(
        name="bigscience-104b-embed-norm-diverges-at-14k",
        source="bigscience-workshop/bigscience:train/tr8b-104B/chronicles.md",
        family="pretraining",
        sketch=Sketch(
            at=every(1, 14_400, first=12_001),
            lines={
                "lm loss": Line(
                    (
                        real(12_001, 3.029124), made(12_030, 2.985), real(13_251, 2.924229), made(13_980, 2.893), real(14_000, 2.898812),
                        made(14_025, 2.96), made(14_060, 3.4), made(14_110, 4.9), made(14_180, 6.3), made(14_260, 7.0), made(14_400, 7.3),
                    ),
                    noise=(gaussian(0.02),), then=(printed(7),),
                ),
                "grad norm": Line(
                    (
                        real(12_001, 60983.653), made(12_060, 7.9e4), real(13_251, 122160.116), made(13_980, 1.4e5), made(13_990, 1.5e4),
                        real(14_000, 2553.971), made(14_060, 4.5e3), made(14_200, 2.4e4), made(14_400, 9e4),
                    ),
                    scale="log", noise=(gaussian(0.16),), then=(rounded(3),),
                ),
                "loss scale": Line(
                    staircase(
                        (0, 262144), (12_900, 524288), (13_985, 65536), (13_990, 16384), (13_996, 4096), (14_080, 1024), (14_200, 256),
                        (14_330, 64),
                    )
                ),
                "learning rate": Line((real(12_001, 5.842e-5), made(12_100, 5.999e-5), real(14_000, 5.994e-5), made(14_400, 5.993e-5))),
                "global batch size": Line(
                    (level(12_001, 528), level(13_251, 800), level(14_000, 1024), made(14_400, 1072)), then=(quantised(16),)
                ),
            },
            config={"num_layers": 64, "hidden_size": 11600, "seq_length": 2048, "lr": 6e-5, "clip_grad": 1.0, "fp16": True, "embed_layernorm": True},
            state="killed", planned=159_576, clock=Clock((made(12_001, 208), made(14_400, 262)), jitter=0.01),
        ),
        expect=sick(
            fault("divergence loss-jump", (13_985, 14_090), 14_200, WARNING),
            also="amp-overflow grad-spike grad-explode loss-spike throughput-drop", never="grad-vanish converged",
        ),
        why="Two thousand sound iterations, then 2.9 to 7.3 within 300 without turning back. The logged gradient norm is multiplied by the "
        "loss scale, so its fall at 14,000 is the scale's and no vanishing. A step takes longer as the batch is ramped up.",
        read=(
            "14020 步起 lm loss 2.90→7.3 持续上升，不像尖峰：之后的 ckpt 不能用",
            "先兆：13985 步起 loss scale 524288→4096，连续溢出",
            "→ 从 13251 步的 ckpt 续训；先核对 lr 与 fp16，跳过数据不一定有用（原作者试过两次）",
            "grad norm 随 loss scale 缩放，13990 步的下降不是梯度消失",
        ),
    ),
)
# fmt: on
