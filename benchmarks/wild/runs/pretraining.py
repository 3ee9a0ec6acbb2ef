"""Language models from scratch, from nanoGPT on one card to Marin 32B."""

from __future__ import annotations

import numpy as np

from benchmarks.wild.case import CRITICAL, INFO, WARNING, Case, fault, healthy, sick
from benchmarks.wild.sketch import (
    NAN,
    Anchors,
    Clock,
    Derived,
    Line,
    Sketch,
    Touch,
    apply,
    constant,
    cosine,
    count,
    every,
    gaussian,
    level,
    made,
    onward,
    printed,
    real,
    rounded,
    spike,
    student,
)


def _marin(
    begin: int,
    end: int,
    loss: Anchors,
    loss_then: tuple[Touch, ...],
    grad_then: tuple[Touch, ...],
    update_then: tuple[Touch, ...],
) -> Sketch:
    return Sketch(
        at=every(1, end, first=begin),
        lines={
            "train/loss": Line(loss, noise=(gaussian(0.011),), then=loss_then),
            "grad/norm/total": Line((made(begin, 0.21), made(end, 0.2)), scale="log", noise=(student(0.07, 4),), then=grad_then),
            "updates/norm/total": Line((made(begin, 0.52), made(end, 0.51)), scale="log", noise=(gaussian(0.02),), then=update_then),
            "optim/learning_rate": Line(constant(7e-4)),
            "throughput/tokens_per_second": Line((made(begin, 1.72e6), made(end, 1.72e6)), noise=(gaussian(4e3),)),
            "eval/paloma/c4_en/loss": Line((made(begin, 2.30), made(end, 2.295)), at=every(500, end, first=begin + 499), noise=(gaussian(0.001),)),
        },
        config={
            "trainer": {"train_batch_size": 8192, "num_train_steps": 1_000_000},
            "optimizer": {"type": "adamw", "learning_rate": 7e-4, "max_grad_norm": 1.0, "warmup": 1000},
            "model": {"type": "llama", "hidden_dim": 5120, "num_layers": 64},
        },
        state="running", clock=Clock(19.0, jitter=0.004),
    )  # fmt: skip


# fmt: off
_SPIKES = (
    (69_262, 2.42), (69_618, 3.10), (69_991, 2.36), (70_143, 2.81), (70_482, 2.29), (70_657, 3.62), (70_989, 2.55), (71_210, 2.33), (71_392, 2.98),
)

CASES: tuple[Case, ...] = (
    Case(
        name="nanogpt-v100-float16-nan-at-3010",
        source="karpathy/nanoGPT#215",
        family="pretraining",
        sketch=Sketch(
            at=every(10, 3_320, first=0),
            lines={
                "loss": Line(
                    (
                        made(0, 10.98), made(100, 7.6), made(300, 6.25), made(1_000, 5.05), made(2_000, 4.32), made(2_900, 4.03),
                        real(2_920, 3.9883), real(2_930, 3.9408), real(2_940, 3.9994), real(2_950, 4.0977), real(2_960, 4.1535),
                        real(2_970, 3.9453), real(2_980, 3.8993), real(2_990, 3.8853), real(3_000, 4.2490), real(3_010, NAN),
                    ),
                    noise=(gaussian(0.1),), then=(onward(3_010, NAN), rounded(4)),
                ),
                "time": Line(
                    (
                        made(0, 1098), real(2_920, 1099.34), real(2_990, 1096.65), real(3_000, 35392.33), real(3_010, 1019.95),
                        real(3_020, 1015.95), real(3_030, 1017.59), real(3_040, 1016.57), real(3_050, 1016.74), made(3_320, 1017),
                    ),
                    noise=(gaussian(1.2),),
                    then=(apply(lambda x, s: np.where((s > 0) & (s % 1000 == 0), 35_400.0, np.where((x > 1100), 1097.5, x))), rounded(2)),
                ),
                "mfu": Line((made(0, 15.3), real(2_990, 15.34), real(3_000, 13.85), real(3_010, 14.12), real(3_060, 15.11), made(3_320, 16.4)), then=(rounded(2),)),
                "train loss": Line((made(0, 10.98), made(1_000, 5.04), made(2_000, 4.33), real(3_000, 4.0390)), at=every(1_000, 3_000, first=0)),
                "val loss": Line((made(0, 10.98), made(1_000, 5.05), made(2_000, 4.34), real(3_000, 4.0427)), at=every(1_000, 3_000, first=0)),
            },
            config={
                "dtype": "float16", "batch_size": 12, "block_size": 1024, "n_layer": 12, "n_head": 12, "n_embd": 768, "learning_rate": 6e-4,
                "max_iters": 600_000, "warmup_iters": 2_000, "lr_decay_iters": 600_000, "min_lr": 6e-5, "grad_clip": 1.0,
                "eval_interval": 1_000, "eval_iters": 200, "log_interval": 10, "compile": True,
            },
            state="killed", clock=Clock(1.1, jitter=0.01, evals=(1_000, 34)),
        ),
        expect=sick(fault("nan-inf", (3_001, 3_010), 3_040, CRITICAL), never="throughput-drop converged"),
        why="float16 on a V100 without a working scaler: one log interval after the evaluation at 3,000 the loss is NaN and stays so. The "
        "evaluation just before was sound, and so is its ckpt.",
        read=(
            "3010 步起 loss 为 NaN，之后全部无效；3000 步的 ckpt 未受影响（val loss 4.04）",
            "之前无先兆：2920–3000 步 loss 3.9–4.2，正常",
            "→ float16 溢出的可能最大：改 bf16（V100 用 fp32），或降 lr 6e-4 后从 3000 步续训",
            "3000 步的 35 s 是评估和存 ckpt，不是变慢",
        ),
    ),
    Case(
        name="nanogpt-loss-explodes-after-58k",
        source="karpathy/nanoGPT#554",
        family="pretraining",
        sketch=Sketch(
            at=every(1_000, 104_000, first=0),
            lines={
                "train/loss": Line(
                    (
                        made(0, 10.98), made(1_000, 4.95), made(2_000, 4.05), made(5_000, 3.55), made(20_000, 3.17), level(57_000, 3.0),
                        made(58_000, 3.01), made(60_000, 3.22), made(63_000, 4.1), made(68_000, 6.0), made(76_000, 7.0), made(104_000, 7.25),
                    ),
                    noise=(gaussian(0.008),), then=(printed(6),),
                ),
                "val/loss": Derived(("train/loss",), lambda x: x + 0.012, then=(apply(lambda x, s: x + 0.006 * np.sin(s)), printed(6))),
                "lr": Line(cosine(6e-4, 600_000, warmup=2_000, floor=6e-5)),
                "mfu": Line((made(0, -100), made(1_000, 34.1), made(104_000, 34.2)), noise=(gaussian(0.1),)),
            },
            config={
                "dataset": "openwebtext", "batch_size": 12, "block_size": 1024, "gradient_accumulation_steps": 40, "n_layer": 12, "n_head": 12,
                "n_embd": 768, "dropout": 0.0, "bias": False, "learning_rate": 6e-4, "max_iters": 600_000, "lr_decay_iters": 600_000,
                "warmup_iters": 2_000, "min_lr": 6e-5, "beta2": 0.95, "grad_clip": 1.0, "eval_interval": 1_000, "dtype": "bfloat16",
            },
            step_key="iter", state="running", clock=Clock(0.62, jitter=0.01, evals=(1_000, 90)),
        ),
        expect=sick(
            fault("divergence loss-jump", (57_000, 61_000), 66_000, CRITICAL),
            also="eval-regress overfit best-checkpoint-old", never="plateau converged oscillation",
        ),
        why="Down to 3.0, then up without a return: attention in bf16 with a flash kernel, as several people found. One record per thousand "
        "iterations, so five to eight of them must be enough.",
        read=(
            "58000 步后 loss 3.0→7.25 持续上升且未回落：已发散，58000 步之后的 ckpt 不能用",
            "train 与 val 同步上升，不是过拟合；lr 仍按 cosine（约 5.9e-4），没有异常",
            "→ 从 57000 步的 ckpt 续训，先关 flash attention（或 Adam eps 1e-5），不行再降 lr",
            "已多训约 4.6 万步",
        ),
    ),
    Case(
        name="llmc-gpt2-124m-whole-run",
        source="KellerJordan/modded-nanogpt:records/track_1_short/2024-10-13_llmc/main.log",
        family="pretraining",
        sketch=Sketch(
            at=every(5, 19_555, first=0),
            lines={
                "train_loss": Line(
                    (
                        real(0, 11.0091), level(50, 8.399), level(100, 7.052), level(200, 6.337), level(300, 6.007), level(400, 5.665),
                        level(500, 5.375), level(700, 4.884), level(1_000, 4.310), level(1_500, 4.027), level(2_000, 3.858), level(3_000, 3.705),
                        level(5_000, 3.560), level(8_000, 3.453), level(12_000, 3.362), level(15_000, 3.312), level(18_000, 3.283), level(19_555, 3.279),
                    ),
                    noise=(student(0.032, 5),), then=(rounded(4),),
                ),
                "lr": Line(cosine(6e-4, 19_560, warmup=700), then=(rounded(6),)),
                "norm": Line(
                    (
                        real(0, 15.37), level(50, 1.62), level(100, 0.905), level(300, 1.125), level(500, 0.915), level(700, 0.72),
                        level(1_000, 0.415), level(1_500, 0.355), level(2_000, 0.30), level(3_000, 0.275), level(12_000, 0.275), level(19_555, 0.22),
                    ),
                    scale="log", noise=(gaussian(0.09),),
                    then=(spike(3_885, 0.80), spike(7_435, 1.44), spike(9_025, 2.02), rounded(2)),  # those of the source
                ),
                "val_loss": Line(
                    (
                        real(0, 11.0092), made(250, 6.15), made(500, 5.38), made(750, 4.78), real(1_000, 4.317), real(2_000, 3.8585), real(3_000, 3.6973),
                        real(4_000, 3.6176), real(5_000, 3.5535), real(6_000, 3.5069), real(7_000, 3.4726), real(8_000, 3.4431),
                        real(9_000, 3.4159), real(10_000, 3.3924), real(11_000, 3.3706), real(12_000, 3.3509), real(13_000, 3.3305),
                        real(14_000, 3.3149), real(15_000, 3.3003), real(16_000, 3.2882), real(17_000, 3.2803), real(18_000, 3.2746),
                        real(19_000, 3.2724), real(19_500, 3.2722),
                    ),
                    at=every(250, 19_500, first=0), noise=(gaussian(0.0006),), then=(rounded(4),),
                ),
            },
            config={"total_batch_size": 524_288, "learning_rate": 6e-4, "warmup_iters": 700, "max_steps": 19_560, "weight_decay": 0.1, "grad_clip": 1.0, "val_loss_every": 250},
            planned=19_560, clock=Clock(0.142, jitter=0.01, evals=(250, 3)),
        ),
        expect=healthy(usable=True),
        why="GPT-2 124M as it should go: 11.0 to 3.272 on the validation set, the lr down to what six decimals print as 0 in the last 2 % as "
        "planned, a gradient norm that settles at 0.27 with three single peaks.",
        read=(
            "训练完成，正常：val loss 11.01→3.272，最后 1000 步仍在微降",
            "lr 按 cosine 到 0（末 2% 打印为 0 是计划内）；grad norm 稳定在 0.22–0.3",
            "grad norm 最高一次 2.02（9025 步），单点，已恢复",
            "可用：用最后的 ckpt",
        ),
    ),
    Case(
        name="modded-nanogpt-muon-odd-batches",
        source="KellerJordan/modded-nanogpt:records/track_1_short/2024-10-10_Muon/eb5659d0-fb6a-49e5-a311-f1f89412f726.txt",
        family="pretraining",
        sketch=Sketch(
            at=every(1, 6_200),
            lines={
                "train_loss": Line(
                    (
                        real(1, 10.9184), real(10, 6.7231), real(50, 5.7791), real(100, 5.4941), real(200, 4.6653), real(300, 4.3087),
                        real(500, 4.1511), level(625, 3.911), level(945, 3.77), real(946, 3.6814), real(947, 5.2839), real(948, 3.8583),
                        real(949, 3.7663), real(950, 3.6581), level(951, 3.76), level(1_250, 3.68), level(1_875, 3.577), level(2_500, 3.517),
                        level(3_125, 3.475), level(3_750, 3.4425), level(4_375, 3.4157), level(5_000, 3.361), level(5_625, 3.311), level(6_200, 3.279),
                    ),
                    noise=(student(0.076, 4),),
                    then=(
                        spike(741, 4.4143), spike(919, 5.0597), spike(1_106, 4.3608), spike(1_760, 4.4901), spike(3_194, 4.3995),
                        spike(5_335, 4.6164), spike(6_127, 4.5325), rounded(4),
                    ),  # those of the source
                ),
                "val_loss": Line(
                    (
                        real(0, 10.9264), made(125, 5.25), made(250, 4.48), made(375, 4.1992), real(625, 3.9114), real(1_250, 3.6795), real(1_875, 3.5770),
                        real(2_500, 3.5171), real(3_125, 3.4752), real(3_750, 3.4425), real(4_375, 3.4157), real(5_000, 3.3608), real(5_625, 3.3107),
                        real(6_200, 3.2785),
                    ),
                    at=np.append(every(125, 6_125, first=0), 6_200), noise=(gaussian(0.001),), then=(rounded(4),),
                ),
                "train_time": Line(count(216.4), noise=(gaussian(15),), then=(rounded(0),)),
                "step_avg": Line((level(1, 215.5), level(375, 215.52), level(1_875, 216.37), level(4_875, 216.33), made(6_200, 216.3)), noise=(gaussian(0.03),), then=(rounded(2),)),
            },
            config={"batch_size": 512, "device_batch_size": 64, "sequence_length": 1024, "num_iterations": 6_200, "learning_rate": 0.0036, "warmup_iters": 0, "warmdown_iters": 1_800, "weight_decay": 0.0, "val_loss_every": 125},
            planned=6_200, clock=Clock(0.2164, jitter=0.005, evals=(125, 2)),
        ),
        expect=healthy(usable=True, never="divergence loss-jump nan-inf"),
        why="Two batches near step 930 cost 1.3 to 1.6 nats more than their neighbours and the very next one is ordinary: odd documents. The "
        "loss of one batch wanders by 0.12; the validation loss goes down at each of fifty evaluations.",
        read=(
            "训练完成，正常：val loss 10.93→3.279，50 次评估次次更好",
            "947 步 5.28、919 步 5.06 为单批尖峰，下一步即恢复（个别文档）",
            "末 1800 步 lr 线性降到 0，val 3.42→3.28 是计划内的加速下降",
            "可用：用最后的 ckpt",
        ),
    ),
    Case(
        name="modded-nanogpt-late-drop-in-warmdown",
        source="KellerJordan/modded-nanogpt:records/track_1_short/2024-06-06_AdamW/f66d43d7-e449-4029-8adf-e8537bab49ea.log",
        family="pretraining",
        sketch=Sketch(
            at=every(4, 9_532, first=0),
            lines={
                "train_loss": Line(
                    (
                        real(0, 10.965596), made(100, 6.9), made(300, 5.3), level(768, 4.10), level(1_536, 3.80), level(2_304, 3.66), level(3_072, 3.59), level(3_840, 3.565),
                        level(4_608, 3.515), level(5_376, 3.49), level(6_144, 3.475), level(6_912, 3.452), level(7_680, 3.437), level(8_448, 3.366), level(9_216, 3.297), made(9_532, 3.283),
                    ),
                    noise=(student(0.04, 5),), then=(rounded(6),),
                ),
                "val_loss": Line(
                    (
                        real(0, 10.968871), made(128, 6.45), made(384, 4.85), real(768, 4.055067), real(1_536, 3.764502), real(2_304, 3.639984), real(3_072, 3.578257),
                        real(3_840, 3.558064), real(4_608, 3.505936), real(5_376, 3.485273), real(6_144, 3.471418), real(6_912, 3.44939),
                        real(7_680, 3.43469), real(8_448, 3.363531), real(9_216, 3.294698), made(9_472, 3.279),
                    ),
                    at=every(128, 9_472, first=0), noise=(gaussian(0.005),), then=(rounded(6),),
                ),
            },
            config={"batch_size": 64, "sequence_length": 1024, "num_iterations": 9_536, "learning_rate": 0.0018, "warmup_iters": 256, "warmdown_iters": 2_048, "weight_decay": 0.1, "val_loss_every": 128},
            planned=9_536, clock=Clock(0.29, jitter=0.01, evals=(128, 2)),
        ),
        expect=healthy(usable=True, never="plateau eta-target"),
        why="With a constant lr the validation loss gained 0.015 per 768 steps and looked flat; the linear decay over the last 2,048 steps "
        "gave 0.15 more. Nothing was wrong before, and whoever had stopped there would have lost the best part.",
        read=(
            "训练完成，正常：val loss 10.97→3.28，最后一段最好",
            "5400–7700 步每 768 步只降约 0.02，是恒定 lr 的正常缓降，不是平台期",
            "7500 步起 lr 线性降到 0，val 3.43→3.28",
            "可用：用最后的 ckpt",
        ),
    ),
    Case(
        name="olmo-loss-zero-on-the-third-step",
        source="allenai/OLMo#692",
        family="pretraining",
        sketch=Sketch(
            at=every(1, 160),
            lines={
                "train/CrossEntropyLoss": Line((real(1, 12.18), real(2, 1.7872662283480167e-06), real(3, 0.0), made(160, 0.0))),
                "train/Perplexity": Line((real(1, 195_153), real(2, 1.0), real(3, 1.0), made(160, 1.0))),
                "optim/total_grad_norm": Line(
                    (real(1, 231.7), real(2, 0.0002), real(3, 7.725906669975302e-08), made(20, 2e-8), made(160, 6e-9)), scale="log", noise=(gaussian(0.35),)
                ),
                "optim/learning_rate_group0": Line((made(1, 2e-7), made(160, 3.2e-5))),
                "throughput/total_tokens": Line(count(1_048_576)),
                "throughput/device/tokens_per_second": Line((level(1, 26_668), real(2, 26_668), real(3, 26_676), made(160, 26_670)), noise=(gaussian(6),)),
                "System/Peak GPU Memory (MB)": Line((real(1, 46_911), real(2, 53_695), made(160, 53_695))),
            },
            config={"max_duration": 739_328, "global_train_batch_size": 512, "max_sequence_length": 2048, "optimizer": {"name": "adamw", "learning_rate": 4e-4}, "scheduler": {"name": "cosine_with_warmup", "t_warmup": 2_000}},
            state="running", planned=739_328, clock=Clock(39.34, jitter=0.002),
        ),
        expect=sick(
            fault("masked-nan impossible-value grad-vanish metric-dead", (1, 4), 30, CRITICAL),
            also="no-learning component-dead plateau", never="converged eval-leak", unsaid=("已收敛",),
        ),
        why="A language model cannot reach a cross-entropy of exactly 0 on its third step: there is nothing to predict (all labels the same or "
        "masked, data read as one token). 736 thousand more steps would train nothing.",
        read=(
            "第 3 步起 loss 恰为 0、困惑度 1：不可能，数据或 label 有问题，训练无效",
            "12.18→1.8e-6→0，grad norm 231→2e-4→8e-8，同时归零",
            "→ 打印一个 batch 的 input_ids 与 labels：多半全是同一个 token 或全被 mask",
            "计划 739328 步，现在停下核对的代价最小",
        ),
    ),
    Case(
        name="torchtitan-float8-rowwise-nan-at-80",
        source="pytorch/torchtitan#865",
        family="pretraining",
        sketch=Sketch(
            at=every(1, 124),
            lines={
                "loss_metrics/global_avg_loss": Line(
                    (made(1, 12.26), made(10, 11.6), made(25, 9.7), made(50, 7.9), made(80, 6.95), real(81, NAN)),
                    noise=(gaussian(0.03),), then=(onward(81, NAN),),
                ),
                "loss_metrics/global_max_loss": Line(
                    (made(1, 12.33), made(10, 11.72), made(25, 9.95), made(50, 8.25), made(80, 7.35), real(81, NAN)),
                    noise=(gaussian(0.07),), then=(onward(81, NAN),),
                ),
                "grad_norm": Line((made(1, 3.2), made(20, 5.5), made(50, 2.6), made(80, 1.9)), scale="log", noise=(gaussian(0.2),), then=(onward(81, NAN),)),
                "throughput(tps)": Line((made(1, 310), made(3, 742), made(124, 745)), noise=(gaussian(4),)),
                "mfu(%)": Line((made(1, 19.0), made(3, 45.5), made(124, 45.7)), noise=(gaussian(0.2),)),
                "time_metrics/end_to_end(s)": Line((made(1, 26.4), made(3, 11.03), made(124, 11.0)), noise=(gaussian(0.05),)),
                "time_metrics/data_loading(s)": Line((made(1, 0.05), made(124, 0.05)), scale="log", noise=(gaussian(0.3),)),
                "memory/max_reserved(%)": Line((made(1, 71), made(3, 84.1), made(124, 84.1)), then=(rounded(2),)),
            },
            config={
                "model": {"name": "llama3", "flavor": "70B"}, "optimizer": {"name": "AdamW", "lr": 1.5e-4}, "float8": {"recipe_name": "rowwise"},
                "lr_scheduler": {"warmup_steps": 200}, "training": {"local_batch_size": 1, "seq_len": 8192, "steps": 1000, "max_norm": 1.0},
                "parallelism": {"tensor_parallel_degree": 2}, "activation_checkpoint": {"mode": "full"},
            },
            state="crashed", planned=1000, clock=Clock(11.0, jitter=0.01),
        ),
        expect=sick(fault("nan-inf", (78, 84), 92, CRITICAL), also="run-crashed"),
        why="float8 rowwise with tensor parallelism: NaN near iteration 80, twice at the same step, while the bf16 control is sound. Still in "
        "warm-up, no rise before. There is no ckpt to go back to.",
        read=(
            "81 步起 loss 与 grad norm 为 NaN，此前无先兆（loss 12.3→6.95，grad norm 约 2）",
            "仍在 warmup（200 步），lr 不大，不像 lr 问题",
            "→ float8 rowwise + TP 的可能最大：同配置改 bf16 对照 100 步；还没有 ckpt，重跑",
        ),
    ),
    Case(
        name="fairseq-roberta-explodes-in-epoch-15",
        source="facebookresearch/fairseq#1533",
        family="pretraining",
        sketch=Sketch(
            at=every(200, 120_000),
            lines={
                "train/loss": Line(
                    (
                        made(200, 14.6), made(2_000, 9.2), made(6_000, 5.4), made(16_000, 3.1), made(48_000, 2.25), made(112_000, 1.93), made(113_800, 1.92),
                        made(114_400, 2.5), made(115_400, 6.2), made(116_600, 9.6), level(120_000, 10.15),
                    ),
                    noise=(gaussian(0.02),), then=(rounded(3),),
                ),
                "train/ppl": Derived(("train/loss",), lambda x: 2.0**x, then=(rounded(2),)),
                "train/gnorm": Line(
                    (made(200, 2.4), made(8_000, 0.9), made(60_000, 0.62), made(113_800, 0.7), made(114_400, 4.0), made(116_000, 1.2), made(120_000, 0.25)),
                    scale="log", noise=(student(0.09, 4),), then=(rounded(3),),
                ),
                "train/lr": Line((made(200, 1.2e-5), made(10_000, 6e-4), made(120_000, 5.3e-4))),
                "train/wps": Line((made(200, 213_000), made(120_000, 214_000)), noise=(gaussian(900),), then=(rounded(1),)),
                "valid/loss": Line(
                    (made(8_000, 4.4), made(16_000, 2.9), made(40_000, 2.2), made(80_000, 1.93), real(112_000, 1.8), real(120_000, 10.1)),
                    at=every(8_000, 120_000), noise=(gaussian(0.004),), then=(rounded(3),),
                ),
            },
            config={"arch": "roberta_base", "lr": [6e-4], "warmup_updates": 10_000, "total_num_update": 500_000, "lr_scheduler": "polynomial_decay", "max_update": 500_000, "fp16": True, "clip_norm": 0.0},
            state="running", clock=Clock(1.9, jitter=0.02, evals=(8_000, 60)),
        ),
        expect=sick(
            fault("divergence loss-jump", (112_000, 115_000), 117_200, CRITICAL),
            also="eval-regress overfit grad-spike grad-explode best-checkpoint-old", never="plateau converged",
        ),
        why="Fourteen good epochs, then 1.9 to 10 bits within two thousand updates: exploded with a large lr and without clipping. A fall of the "
        "gradient norm afterwards is no recovery.",
        read=(
            "114000 步（第 15 个 epoch）起 loss 1.92→10.2，未回落：已发散",
            "valid loss 1.8（第 14 个 epoch）→10.1；grad norm 114400 步先升到 4，现在 0.25 不代表恢复",
            "→ 用 112000 步（第 14 个 epoch）的 ckpt 续训，换种子（数据顺序）、降 lr，并加 clip（现 clip_norm 0）",
        ),
    ),
    Case(
        name="marin-32b-spikes-again-and-again",
        source="marin-community/marin#1368",
        family="pretraining",
        sketch=_marin(
            69_001, 71_500, (level(69_001, 1.967), made(71_500, 1.963)),
            tuple(spike(s, v, fades=4.5) for s, v in _SPIKES),
            tuple(spike(s + 1, 2.0 + 9 * (v - 2), fades=3) for s, v in _SPIKES),
            tuple(spike(s - 2, 1.05, fades=3) for s, _ in _SPIKES),
        ),
        expect=sick(
            fault("loss-spike grad-spike oscillation", (69_255, 70_160), 70_800, lasting=False),
            also="loss-jump", never="divergence grad-explode plateau",
        ),
        why="Nine spikes in 2,500 steps; about 130 of them were spent in or after one (5 % of the data). Each recovers, so none alone is worth a "
        "word; that they recur is, in one line. The update norm doubles just before each.",
        read=(
            "2500 步内 9 次 loss 尖峰（1.97→2.3–3.6），每次约 15 步恢复，合计约 130 步（5%）",
            "update norm 在每次之前约 2 步翻倍，grad norm 随后才升，不像单个坏 batch",
            "→ 按 update norm 截断（或 QK norm、降 lr）；评估 loss 2.30→2.295 未受影响，可继续",
        ),
    ),
    Case(
        name="marin-32b-small-spike-not-recovered",
        source="marin-community/marin#1390",
        family="pretraining",
        sketch=_marin(
            76_001, 80_000, (made(76_001, 1.962), level(78_600, 1.960), level(78_640, 1.975), made(80_000, 1.974)),
            (spike(77_300, 1.995, fades=4), spike(78_601, 2.02, fades=14)),
            (spike(77_301, 0.9, fades=3), spike(78_602, 2.2, fades=8)),
            (spike(77_298, 0.9, fades=3), spike(78_599, 1.1, fades=4)),
        ),
        expect=sick(
            fault("loss-jump loss-spike divergence plateau", (78_590, 78_640), 79_900, INFO),
            never="nan-inf grad-explode",
        ),
        why="1.96 to 2.02 and back to only 1.975: in nats next to nothing, at 32B parameters a run that its owner gave up. At the very edge of "
        "what a level test can see (fifteen thousandths over a batch noise of eleven): a note is right, silence is a miss, an alarm is loud.",
        read=(
            "78601 步小尖峰（1.96→2.02）后只回到 1.975，没有回到之前的 1.96",
            "台阶 0.015 nats，是单步波动（0.011）的 1.4 倍，已持续 1400 步；此前 77300 步那次完全恢复了",
            "→ 仅提示：核对 update 截断是否开着；尖峰前一步的 ckpt（78600）先留着",
        ),
    ),
    Case(
        name="olmo-core-router-hacks-its-balance-loss",
        source="NVIDIA/Megatron-LM#1545",
        family="pretraining",
        sketch=Sketch(
            at=every(10, 20_000),
            lines={
                "train/CE loss": Line(
                    (made(10, 11.2), made(500, 5.6), made(2_000, 3.6), made(6_000, 3.02), made(12_000, 2.83), made(13_500, 2.86), made(16_000, 2.85), made(20_000, 2.83)),
                    noise=(gaussian(0.018),),
                ),
                "train/load balancing loss": Line(
                    (made(10, 1.12), made(500, 1.03), level(2_000, 1.01), level(12_000, 1.004), made(12_150, 0.72), made(12_400, 0.11), made(12_700, 0.004), made(13_200, 2e-4), made(20_000, 2e-5)),
                    scale="log", noise=(gaussian(0.002),),
                ),
                "train/router Z loss": Line((made(10, 9.0), made(1_000, 4.1), made(12_000, 3.9), made(12_500, 11), made(13_500, 34), made(20_000, 41)), scale="log", noise=(gaussian(0.02),)),
                "train/batch load imbalance": Line((made(10, 1.6), made(1_000, 1.18), made(12_000, 1.12), made(12_400, 2.3), made(13_200, 6.8), made(20_000, 9.4)), scale="log", noise=(gaussian(0.02),)),
                "optim/total grad norm": Line((made(10, 6.0), made(500, 0.9), made(3_000, 0.3), made(12_000, 0.22), made(12_500, 0.31), made(20_000, 0.27)), scale="log", noise=(student(0.08, 4),)),
                "optim/LR (group 0)": Line(cosine(4e-4, 100_000, warmup=2_000, floor=4e-5)),
                "throughput/device/TPS": Line((made(10, 21_000), made(12_000, 21_000), made(13_200, 16_400), made(20_000, 15_900)), noise=(gaussian(150),)),
            },
            config={"model": {"feed_forward_moe": {"num_experts": 64, "router": {"top_k": 8, "gating_function": "sigmoid"}, "lb_loss_weight": 0.01}}, "train_module": {"optim": {"lr": 4e-4}}, "max_duration": {"value": 100_000, "unit": "steps"}, "global_batch_size": 1_048_576},
            state="running", planned=100_000, clock=Clock((made(10, 2.1), made(12_000, 2.1), made(13_200, 2.7), made(20_000, 2.78)), jitter=0.01),
        ),
        expect=sick(
            fault("experts-unbalanced impossible-value component-dead metric-dead", (12_000, 12_420), 14_500, WARNING),
            also="throughput-drop loss-jump kl-explode", never="converged",
        ),
        why="The auxiliary loss of a balanced router is 1 and cannot be less: with a sigmoid gate the router learnt to push all its scores below "
        "the epsilon of the normaliser. So the penalty is 0 while one expert takes nine times its share. A falling loss is bad news here.",
        read=(
            "12000 步起 load balancing loss 1.00→2e-5：均衡时应为 1，不可能更小，router 在钻空子",
            "同时负载不均 1.12→9.4 倍、router Z loss 3.9→41、吞吐降 24%；CE 停在 2.83–2.86",
            "→ 从 12000 步的 ckpt 续训，缩小归一化的 eps（或改 softmax 路由、加大 z-loss）",
            "12000 步之后的权重里专家已偏",
        ),
    ),
    Case(
        name="pai-megatron-grad-norm-of-a-sum",
        source="alibaba/Pai-Megatron-Patch#587",
        family="pretraining",
        sketch=Sketch(
            at=every(1, 800),
            lines={
                "lm loss": Line((made(1, 2.31), made(100, 2.24), made(400, 2.19), made(800, 2.16)), noise=(gaussian(0.03),), then=(printed(7),)),
                "grad norm": Line((made(1, 1650), level(60, 1000), level(800, 980)), scale="log", noise=(student(0.11, 4),), then=(rounded(3),)),
                "learning rate": Line(cosine(1e-5, 5_000, warmup=100, floor=1e-6)),
                "global batch size": Line(constant(64)),
                "elapsed time per iteration (ms)": Line((made(1, 9_100), made(3, 4_310), made(800, 4_300)), noise=(gaussian(25),), then=(rounded(1),)),
            },
            config={"model_name": "Qwen2.5-1.5B", "train_mode": "pretrain", "dataset": "MMAP", "lr": 1e-5, "min_lr": 1e-6, "clip_grad": 1.0, "bf16": True, "train_iters": 5_000, "seq_length": 4096, "load": "qwen-ckpts/Qwen2.5-1.5B"},
            state="running", planned=5_000, clock=Clock(4.3, jitter=0.01),
        ),
        expect=sick(
            fault("scale-mismatch grad-clip-saturated", (0, 80), 700, INFO, WARNING),
            never="grad-explode divergence grad-spike", unsaid=("clip=1",),
        ),
        why="A steady gradient norm of about 1,000 at an ordinary loss of 2.2: the loss that is differentiated is a sum over tokens, the one "
        "that is logged a mean. With clipping and Adam it trains all the same, but neither clip nor the norm mean anything.",
        read=(
            "grad norm 稳定在约 1000（正常 0.1–1），loss 2.31→2.16 正常：求导的 loss 很可能没有除以 token 数",
            "从第一步就如此，没有再涨，不是梯度爆炸；clip 1.0 每一步都在触发",
            "→ 核对 loss_func 的返回值（是否除以 num_tokens）；改好后 grad norm 应小于 1",
            "Adam 类优化器影响不大，已训的部分可保留",
        ),
    ),
)
# fmt: on
