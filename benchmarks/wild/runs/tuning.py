"""Fine-tuning of language models on text (SFT, LoRA)."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.wild.case import CRITICAL, INFO, WARNING, Case, fault, healthy, sick
from benchmarks.wild.sketch import (
    NAN,
    Clock,
    Line,
    Sketch,
    at,
    constant,
    cosine,
    count,
    epoch,
    every,
    figures,
    gaussian,
    level,
    linear_decay,
    made,
    onward,
    printed,
    real,
    rounded,
    sometimes,
    spike,
    stretch,
    student,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        name="llamafactory-glm4-bf16-nan-after-15k-steps",
        source="hiyouga/LlamaFactory#4850",
        family="sft",
        sketch=Sketch(
            at=every(10, 15_400),
            lines={
                "train/loss": Line(
                    (
                        made(10, 2.31), made(400, 1.95), made(3_000, 1.76), made(9_000, 1.69), made(14_730, 1.665), real(14_740, 1.6228), real(14_750, 1.6573),
                        real(14_760, 1.6861), real(14_770, 1.677), real(14_780, 1.691),
                    ),
                    noise=(gaussian(0.032),), then=(onward(14_790, 0.0), rounded(4)),
                ),
                "train/grad_norm": Line(
                    (
                        made(10, 22), made(400, 11), made(3_000, 8.6), real(14_740, 9.305521011352539), real(14_750, 6.687822341918945), real(14_760, 9.891931533813477),
                        real(14_770, 8.5338134765625), made(15_400, 8.5),
                    ),
                    scale="log", noise=(student(0.13, 4),), then=(onward(14_790, NAN),),
                ),
                "train/learning_rate": Line(cosine(5e-6, 91_200, warmup=9_120)),
                "train/epoch": Line(epoch(91_200)),
            },
            config={
                "model_name_or_path": "glm-4-9b-chat", "stage": "sft", "finetuning_type": "full", "deepspeed": "examples/deepspeed/ds_z2_config.json", "cutoff_len": 8192,
                "per_device_train_batch_size": 2, "gradient_accumulation_steps": 4, "learning_rate": 5e-6, "num_train_epochs": 1, "lr_scheduler_type": "cosine",
                "warmup_ratio": 0.1, "bf16": True, "logging_steps": 10, "save_steps": 1000, "eval_steps": 50_000_000,
            },
            step_key="train/global_step", state="running", planned=91_200, clock=Clock(7.1, jitter=0.05),
        ),
        expect=sick(fault("masked-nan nan-inf", (14_781, 14_800), 14_850, CRITICAL), also="metric-dead grad-vanish", never="converged eval-leak", unsaid=("已收敛",)),
        why="Ordinary to the record before, then loss 0.0 with a NaN gradient for ever: Trainer prints a masked NaN as 0. bf16 and ZeRO-2, so no "
        "scaler holds the step back and the weights are gone; 84 % of the plan would be spent on nothing.",
        read=(
            "14790 步起 loss 恰为 0、grad norm 为 NaN：权重已是 NaN，之后的训练无效",
            "此前无先兆：14740–14780 步 loss 1.62–1.69，grad norm 6.7–9.9",
            "→ 从 14000 步的 ckpt 续训，先查 14790 步前后的 batch（空样本、全被截断的 label）",
            "计划 91200 步，还剩 84%",
        ),
    ),
    Case(
        name="llamafactory-chatglm3-nan-from-the-first-record",
        source="hiyouga/LlamaFactory#4031",
        family="sft",
        sketch=Sketch(
            at=every(1, 42),
            lines={
                "loss": Line((real(1, 2.6257), real(2, 0.0), made(42, 0.0)), then=(onward(2, 0.0),)),
                "grad_norm": Line((real(1, NAN), real(2, NAN)), then=(onward(1, NAN),)),
                "learning_rate": Line((real(1, 6.666666666666667e-08), real(2, 1.3333333333333334e-07), real(3, 2e-07), real(6, 4e-07), made(42, 2.8e-06))),
                "epoch": Line((real(1, 0.07), real(2, 0.14), real(3, 0.21), real(6, 0.42), made(42, 2.95)), then=(rounded(2),)),
            },
            config={
                "model_name_or_path": "THUDM/chatglm3-6b", "stage": "sft", "finetuning_type": "lora", "lora_target": "query_key_value", "num_train_epochs": 3.0,
                "logging_steps": 1, "fp16": True, "warmup_steps": 750, "learning_rate": 5e-5,
            },
            state="finished", planned=42, clock=Clock(9.0, jitter=0.05),
        ),
        expect=sick(fault("masked-nan nan-inf", (0, 2), 8, CRITICAL), also="metric-dead grad-vanish schedule-mismatch", never="converged", unsaid=("已收敛",)),
        why="The gradient is NaN from the very first record and the loss 0.0 from the second: half precision (or a second GPU without it), not the "
        "lr, which is 7e-8. Nothing was ever trained, so there is no ckpt before it. The warm-up would also have outlasted the run.",
        read=(
            "从第 1 次记录起 grad norm 为 NaN，第 2 步起 loss 恰为 0：整个训练无效",
            "lr 才 6.7e-8，不是 lr 的问题；没有更早的 ckpt 可用",
            "→ fp16 改 bf16 或 fp32；单卡、一个 batch 先跑通",
            "warmup 750 步，但总共只有 42 步，lr 也没有升起来",
        ),
    ),
    Case(
        name="mamba-squad-loss-zero-no-gradient-logged",
        source="Oxen-AI/mamba-dive#2",
        family="sft",
        sketch=Sketch(
            at=every(100, 9_000),
            lines={
                "loss": Line((real(100, 2.9325), real(200, 0.0), real(300, 0.0), real(400, 0.0)), then=(onward(200, 0.0),)),
                "learning_rate": Line(linear_decay(5e-4, 109_500)),
                "epoch": Line(epoch(10_950)),
            },
            config={"model": "state-spaces/mamba-130m", "num_epochs": 10, "learning_rate": 5e-4, "optim": "adamw_torch", "per_device_train_batch_size": 4, "fp16": True},
            state="running", planned=109_500, clock=Clock(0.21, jitter=0.05),
        ),
        expect=sick(fault("masked-nan metric-dead", (101, 200), 900, CRITICAL), never="converged overfit", unsaid=("已收敛",)),
        why="2.93 once, then exactly 0 at every record while the lr goes on: the same masked NaN without a gradient norm to show it. Smaller lr did "
        "not help, so precision or labels.",
        read=(
            "200 步起 loss 恰为 0（此前 2.93）：很可能是 NaN 被记成 0，训练无效",
            "没有记录 grad norm；lr 仍按计划下降，不是 lr 到 0",
            "→ 关掉 fp16 复跑 200 步；并打印一个 batch 的 labels",
            "计划 109500 步，才 8%",
        ),
    ),
    Case(
        name="llamafactory-awq-fp16-now-and-then-nan-norm",
        source="hiyouga/LlamaFactory#9462",
        family="sft",
        sketch=Sketch(
            at=every(10, 7_090),
            lines={
                "train/loss": Line((real(10, 0.9088), made(400, 0.84), made(1_500, 0.79), made(4_000, 0.75), made(7_090, 0.735)), noise=(gaussian(0.05),), then=(rounded(4),)),
                "train/grad_norm": Line(
                    (real(10, 0.1640101671218872), made(400, 0.17), made(7_090, 0.21)), scale="log", noise=(student(0.12, 4),), then=(sometimes(0.02, NAN, begin=20),)
                ),
                "train/learning_rate": Line((real(10, 2.2566995768688293e-06), made(712, 2e-4), made(2_300, 1.75e-4), made(3_900, 1e-4), made(5_500, 2.5e-5), made(7_090, 1e-8))),
                "train/epoch": Line(epoch(2_363)),
            },
            config={
                "model_name_or_path": "Qwen3-32B-AWQ", "finetuning_type": "lora", "lora_rank": 8, "per_device_train_batch_size": 1, "gradient_accumulation_steps": 4,
                "learning_rate": 2e-4, "num_train_epochs": 3, "lr_scheduler_type": "cosine", "warmup_ratio": 0.1, "bf16": False, "fp16": True, "max_grad_norm": 0.5, "logging_steps": 10, "max_steps": 7_090,
            },
            step_key="train/global_step", planned=7_090, clock=Clock(11.0, jitter=0.05),
        ),
        expect=sick(
            fault("nan-inf amp-overflow", (10, 1_700), 5_000, INFO, WARNING, lasting=False), never="masked-nan divergence grad-explode lr-zero",
        ),
        why="Every fiftieth record has a NaN gradient norm while the loss is finite and falls: fp16 overflows, the scaler skips that step, the next "
        "is sound. Worth a line (bf16 would not do it); a critical alarm each time would be wrong.",
        read=(
            "grad norm 偶发 NaN（约 2% 的记录），loss 0.91→0.74 一直正常：fp16 溢出，当步被跳过",
            "每次下一条记录即恢复，没有越来越密",
            "→ 仅提示：显卡支持就改 bf16；也可调大 gradient_accumulation_steps",
            "没有评估，效果未知",
        ),
    ),
    Case(
        name="stanford-alpaca-three-stairs",
        source="yc1999/stanford_alpaca:output/trainer_state.json",
        family="sft",
        sketch=Sketch(
            at=every(1, 1_218),
            lines={
                "loss": Line(
                    (
                        real(1, 1.502), made(8, 1.14), level(25, 1.123), level(65, 1.096), level(105, 1.06), level(205, 1.075), level(305, 1.075), level(400, 1.07), made(406, 1.06),
                        made(407, 0.725), level(415, 0.70), level(425, 0.70), level(505, 0.735), level(705, 0.752), level(805, 0.75), made(812, 0.745), made(813, 0.42),
                        level(820, 0.408), level(835, 0.403), level(1_005, 0.433), level(1_205, 0.436), real(1_218, 0.4774),
                    ),
                    noise=(gaussian(0.045),), then=(rounded(4),),
                ),
                "learning_rate": Line(cosine(2e-5, 1_218, warmup=37)),
                "epoch": Line(epoch(406)),
            },
            config={
                "num_train_epochs": 3, "learning_rate": 2e-5, "lr_scheduler_type": "cosine", "warmup_ratio": 0.03, "per_device_train_batch_size": 4, "gradient_accumulation_steps": 8,
                "weight_decay": 0.0, "bf16": True, "save_steps": 2000, "logging_steps": 1, "evaluation_strategy": "no", "max_steps": 1_218,
            },
            planned=1_218, clock=Clock(13.8, jitter=0.02),
        ),
        expect=healthy(usable=False, never="loss-jump overfit eval-leak divergence lr-anomaly"),
        why="1.07, 0.73, 0.42: the loss drops at each epoch because the model remembers what it has seen once and twice. Everybody who fine-tunes "
        "sees it; it is explained, never alarmed. Without an evaluation nobody knows which epoch is best.",
        read=(
            "训练完成，过程正常；没有评估，不能判断效果",
            "loss 在 406、812 步（epoch 边界）阶梯式下降 1.07→0.73→0.42：记住了见过的样本，属正常",
            "第 2、3 个 epoch 内 loss 不再下降，第 3 个 epoch 的收益主要是记忆",
            "→ 各 epoch 的 ckpt 各评一次（这次只在 1000 步以后存过）",
        ),
    ),
    Case(
        name="chatglm-rouge-rises-while-eval-loss-rises",
        source="Jaong/Checkpoint-of-CPT:trainer_state.json",
        family="sft",
        sketch=Sketch(
            at=every(500, 5_000),
            lines={
                "loss": Line((real(500, 1.1409), real(1_000, 0.6419), real(1_500, 0.5212), real(2_000, 0.4477), real(2_500, 0.3979), real(3_000, 0.3643), real(3_500, 0.3238), real(4_000, 0.2993), real(4_500, 0.2735), real(5_000, 0.2645))),
                "grad_norm": Line((real(500, 2.7575), real(1_000, 3.1357), real(1_500, 1.9751), real(2_000, 2.1443), real(2_500, 2.392), real(3_000, 2.4227), real(3_500, 2.6542), real(4_000, 3.1916), real(4_500, 2.4203), real(5_000, 3.6814))),
                "learning_rate": Line(linear_decay(2e-5, 5_490)),
                "eval_loss": Line(
                    (real(549, 0.6598), real(1_098, 0.5546), real(1_647, 0.5185), real(2_196, 0.4940), real(2_745, 0.4894), real(3_294, 0.4853), real(3_843, 0.4873), real(4_392, 0.4906), real(4_941, 0.4907), real(5_490, 0.4917)),
                    at=every(549, 5_490),
                ),
                "eval_rouge-l": Line(
                    (real(549, 32.9451), real(1_098, 32.1636), real(1_647, 35.8033), real(2_196, 33.7623), real(2_745, 34.4437), real(3_294, 34.9932), real(3_843, 36.3449), real(4_392, 35.9106), real(4_941, 36.1259), real(5_490, 36.7381)),
                    at=every(549, 5_490),
                ),
                "eval_runtime": Line((real(549, 2725.7664), real(1_098, 3772.7644), real(3_294, 3032.1092), real(5_490, 2893.3367)), at=every(549, 5_490), noise=(gaussian(120),)),
                "predict_loss": Line(
                    (real(549, 0.6477), real(1_098, 0.5356), real(1_647, 0.495), real(2_196, 0.4723), real(2_745, 0.4672), real(3_294, 0.4632), real(3_843, 0.4620), real(4_392, 0.4649), real(4_941, 0.4650), real(5_490, 0.4661)),
                    at=every(549, 5_490),
                ),
            },
            config={"num_train_epochs": 10, "evaluation_strategy": "epoch", "logging_steps": 500, "save_strategy": "epoch", "predict_with_generate": True, "max_steps": 5_490},
            planned=5_490, clock=Clock(6.3, jitter=0.02, evals=(549, 3_000)), apart=True,
        ),
        expect=healthy(usable=True, never="overfit eval-regress gen-gap throughput-drop data-bound"),
        why="The evaluation loss is lowest at epoch 6 and 1.3 % higher at epoch 10, but ROUGE-L, which is what the model is for, is best at the last. The "
        "score decides: use the last ckpt. Half the wall time went into generating for the evaluations.",
        read=(
            "训练完成，可用：ROUGE-L 36.7 为最后一次，也是最好（第 1 个 epoch 32.9）",
            "eval loss 3294 步最低 0.485，现 0.492（+1.3%）：以 ROUGE 为准，不必回退",
            "→ 用最后的 ckpt；第 7 个 epoch 的（36.3）可对照",
            "评估（生成）约占一半时间，可减少频次",
        ),
    ),
    Case(
        name="llamafactory-seven-epochs-resumed-at-5000",
        source="rameyjm7/SFT-Training-LLM:trainer_log.jsonl",
        family="sft",
        sketch=Sketch(
            at=every(10, 5_240),
            lines={
                "loss": Line(
                    (
                        real(10, 0.8548), made(30, 0.71), level(100, 0.664), level(200, 0.635), level(500, 0.618), level(900, 0.610), made(937, 0.606), made(945, 0.572), level(1_000, 0.5566),
                        level(1_500, 0.5529), made(1_874, 0.545), made(1_882, 0.51), level(2_000, 0.4981), made(2_811, 0.478), made(2_820, 0.455), level(3_000, 0.4556), made(3_748, 0.446),
                        made(3_756, 0.421), level(4_000, 0.4212), made(4_685, 0.417), made(4_694, 0.394), level(5_000, 0.3913), made(5_240, 0.391),
                    ),
                    noise=(gaussian(0.0095),), then=(rounded(4),),
                ),
                "lr": Line(cosine(1e-5, 6_566, warmup=20)),
                "epoch": Line(epoch(937.5, 4)),
                "percentage": Line(count(100 / 6_566), then=(rounded(2),)),
            },
            config={"stage": "sft", "finetuning_type": "lora", "num_train_epochs": 7.0, "learning_rate": 1e-5, "lr_scheduler_type": "cosine", "logging_steps": 10, "save_steps": 1000, "bf16": True, "resume_from_checkpoint": "checkpoint-5000"},
            planned=6_566, clock=Clock(15.2, jitter=0.03),
            then=Sketch(
                at=every(10, 6_560, first=5_010),
                lines={
                    "loss": Line((level(5_010, 0.3913), made(5_622, 0.389), made(5_630, 0.3755), level(6_000, 0.377), level(6_500, 0.3722), made(6_560, 0.3717)), noise=(gaussian(0.0085),), then=(rounded(4),)),
                    "lr": Line(cosine(1e-5, 6_566, warmup=20)),
                    "epoch": Line(epoch(937.5, 4)),
                    "percentage": Line(count(100 / 6_566), then=(rounded(2),)),
                },
                clock=Clock(15.1, jitter=0.03, start=1.76e9 + 5_240 * 15.2 + 5 * 3600), state="finished",
            ),
        ),
        expect=healthy(usable=False, never="loss-jump overfit no-learning divergence lr-anomaly throughput-drop"),
        why="Seven epochs with a small stair at each, cut off at 5,240 and taken up from the ckpt at 5,000 five hours later at the same loss: optimizer and "
        "lr came back. 240 steps were done twice. A healthy run; without evaluation its worth is open.",
        read=(
            "训练完成，过程正常；没有评估，不能判断效果",
            "5000 步续训（此前到过 5240，重复 240 步），续训衔接处 loss 0.391→0.391，正常",
            "每 938 步（epoch 边界）小台阶下降，属正常；末段 0.372",
            "→ 第 3–7 个 epoch 的 ckpt 各评一次",
        ),
    ),
    Case(
        name="axolotl-loss-times-eight-accumulations",
        source="axolotl-ai-cloud/axolotl#2262",
        family="sft",
        sketch=Sketch(
            at=every(1, 250),
            lines={
                "train/loss": Line((level(1, 83.7), made(20, 76.5), made(80, 62.0), made(160, 53.5), level(250, 50.0)), noise=(gaussian(1.6),), then=(rounded(4),)),
                "train/grad_norm": Line((made(1, 92), made(30, 41), made(250, 24)), scale="log", noise=(student(0.13, 4),)),
                "train/learning_rate": Line(cosine(5e-5, 250, warmup=10)),
                "eval/loss": Line((made(25, 9.48), made(75, 7.85), made(150, 6.72), made(250, 6.24)), at=every(25, 250), noise=(gaussian(0.01),), then=(rounded(4),)),
                "train/epoch": Line(epoch(250)),
            },
            config={"micro_batch_size": 1, "gradient_accumulation_steps": 8, "num_epochs": 1, "learning_rate": 5e-5, "lr_scheduler": "cosine", "warmup_steps": 10, "logging_steps": 1, "eval_steps": 25, "max_grad_norm": 1.0, "val_set_size": 0.05, "base_model": "tiny-random-llama"},
            step_key="train/global_step", apart=True, planned=250, clock=Clock(0.9, jitter=0.05, evals=(25, 4)),
        ),
        expect=sick(
            fault("scale-mismatch", (0, 60), 225, INFO, WARNING), also="grad-clip-saturated", never="eval-leak grad-explode divergence", unsaid=("泄漏",),
        ),
        why="Train loss 83.7 to 50 beside an evaluation loss of 9.5 to 6.2: exactly eight times, the accumulation steps. The logged loss is a sum over "
        "them (a bug of that version); the evaluation is right. Never a data leak.",
        read=(
            "train loss 是 eval loss 的 8.0 倍 = gradient_accumulation_steps 8：记录时没有除以累积步数",
            "eval loss 9.48→6.24 是对的，以它为准；grad norm 同样被放大",
            "→ 升级 transformers/axolotl；clip 1.0 在此版本下实际更严，改好后 grad norm 再看",
        ),
    ),
    Case(
        name="t5-translation-lr-zero-at-half",
        source="huggingface/transformers#26827",
        family="sft",
        sketch=Sketch(
            at=every(100, 100_000),
            lines={
                "train_loss": Line((made(100, 4.1), made(1_000, 2.35), made(10_000, 1.83), made(30_000, 1.69), made(48_000, 1.645), made(100_000, 1.643)), noise=(gaussian(0.06),)),
                "lr": Line((made(0, 0.0), level(5_000, 5e-4), level(50_000, 0.0), made(100_000, 0.0))),
                "bleu": Line(
                    (made(1_000, 14.5), made(5_000, 20.1), made(20_000, 23.6), made(45_000, 25.0), made(50_000, 25.1), made(100_000, 25.1)), at=every(1_000, 100_000),
                    noise=(gaussian((made(1_000, 0.12), made(50_000, 0.1), made(51_000, 0.0), made(100_000, 0.0))),), then=(rounded(4),),
                ),
                "epoch": Line(epoch(35_400)),
            },
            config={"model_name_or_path": "t5-small", "dataset_name": "wmt14", "max_train_steps": 100_000, "num_warmup_steps": 10_000, "learning_rate": 5e-4, "lr_scheduler_type": "linear", "per_device_train_batch_size": 64, "num_processes": 2},
            planned=100_000, clock=Clock(0.31, jitter=0.03, evals=(1_000, 55)),
        ),
        expect=sick(
            fault("schedule-mismatch lr-zero", (49_000, 50_200), 53_000, WARNING), also="plateau metric-dead converged best-checkpoint-old lr-anomaly", never="overfit",
        ),
        why="Two processes step the scheduler twice per step: warmed up at 5,000 instead of 10,000 and at 0 from 50,000 of 100,000. The second half, "
        "eight and a half hours with its evaluations, changed no weight: BLEU is constant to the last digit.",
        read=(
            "lr 自 50000 步起为 0（计划 100000 步）：后一半没有更新参数，BLEU 恒为 25.1",
            "warmup 也提前一倍结束（配置 10000，实际 5000）：scheduler 每步走了 2 次 = num_processes",
            "→ num_warmup_steps、num_training_steps 都乘 num_processes，或不 prepare scheduler",
            "可用：50000 步的 ckpt（BLEU 25.1），是完成一半日程的结果",
        ),
    ),
    Case(
        name="llamafactory-yi-full-tuning-five-epochs",
        source="hiyouga/LlamaFactory#3856",
        family="sft",
        sketch=Sketch(
            at=every(10, 2_000),
            lines={
                "train/loss": Line(
                    (
                        made(10, 1.52), made(60, 1.12), made(399, 1.04), made(402, 0.66), made(799, 0.63), made(802, 0.27), made(1_199, 0.25), made(1_202, 0.10), made(1_599, 0.085), made(1_602, 0.04),
                        made(2_000, 0.032),
                    ),
                    scale="log", noise=(gaussian(0.06),), then=(rounded(4),),
                ),
                "train/grad_norm": Line((made(10, 5.1), made(100, 2.2), made(800, 1.7), made(1_200, 1.2), made(2_000, 0.5)), scale="log", noise=(student(0.15, 4),)),
                "train/learning_rate": Line((level(10, 1e-4), made(500, 8.5e-5), made(1_000, 5e-5), made(1_500, 1.46e-5), made(2_000, 0.0))),
                "eval/loss": Line((made(100, 1.13), made(200, 1.095), made(300, 1.075), made(400, 1.066), made(500, 1.11), made(800, 1.16), made(900, 1.34), made(1_200, 1.45), made(1_300, 1.71), made(1_700, 1.93), made(2_000, 2.02)), at=every(100, 2_000), noise=(gaussian(0.004),), then=(rounded(4),)),
                "train/epoch": Line(epoch(400)),
            },
            config={
                "model_name_or_path": "Yi-1.5-9B", "stage": "sft", "finetuning_type": "full", "deepspeed": "examples/deepspeed/ds_z2_offload_config.json", "per_device_train_batch_size": 12, "gradient_accumulation_steps": 1,
                "learning_rate": 1e-4, "num_train_epochs": 5.0, "lr_scheduler_type": "cosine", "warmup_steps": 0.1, "bf16": True, "val_size": 0.1, "eval_steps": 100, "save_steps": 400, "logging_steps": 10,
            },
            step_key="train/global_step", apart=True, planned=2_000, clock=Clock(19.0, jitter=0.03, evals=(100, 140)),
        ),
        expect=sick(
            fault("overfit", (380, 900), 1_150, WARNING), also="gen-gap best-checkpoint-old eval-regress", never="loss-jump eval-leak converged divergence",
        ),
        why="Full tuning at 1e-4 (ten times the usual): the train loss falls in stairs to 0.03 and the evaluation loss rises from 1.07 to 2.0 over epochs "
        "2 to 5. The maintainer's answer was one word, overfitted. No score is logged, so a warning.",
        read=(
            "eval loss 400 步（第 1 个 epoch 末）1.066 后未再改善，现 2.02；train loss 降到 0.03：过拟合",
            "train 在 400、800、1200、1600 步阶梯式下降，是记住了训练集",
            "→ 400 步的 ckpt（已存）与 800 步各实测；重训用 1–2 个 epoch、lr 1e-5",
            "后 4 个 epoch 约 8.5 小时没有收益",
        ),
    ),
    Case(
        name="trace-lora-same-losses-every-epoch",
        source="BeyonderXX/TRACE#5",
        family="sft",
        sketch=Sketch(
            at=every(1, 144),
            lines={
                "loss": Line(
                    tuple(real(8 * e + i + 1, v) for e in range(18) for i, v in enumerate((0.9741, 1.3742, 1.2390, 0.9670, 1.0386, 1.1681, 1.2240, 0.9610)))
                ),
                "epoch": Line(lambda steps, rng: np.floor((steps - 1) / 8) + 1),
                "lr": Line(linear_decay(1e-4, 144)),
            },
            config={"model_name_or_path": "llama-3", "CL_method": "lora", "num_train_epochs": 18, "per_device_train_batch_size": 1, "learning_rate": 1e-4},
            planned=144, clock=Clock(1.6, jitter=0.1),
        ),
        expect=sick(fault("no-learning grad-vanish", (1, 20), 80, WARNING), also="plateau metric-dead", never="oscillation converged", unsaid=("震荡",)),
        why="The eight losses of each epoch come again to the last digit, eighteen times: no weight has moved. Not a flat curve that wanders but an exact "
        "repetition, so adapters without gradient or an optimizer that holds none of them.",
        read=(
            "18 个 epoch 的 loss 逐点相同（8 步一循环，0.9741、1.3742 …）：参数没有更新",
            "不是平台期也不是震荡：重复到小数第 4 位",
            "→ 打印 requires_grad 的参数数与 optimizer 里的参数；LoRA 很可能被冻结",
        ),
    ),
    Case(
        name="unsloth-gemma-norm-eleven-thousand",
        source="unslothai/unsloth#5207",
        family="sft",
        sketch=Sketch(
            at=every(1, 120),
            lines={
                "train/loss": Line(
                    (real(1, 1.46), real(2, 1.28), real(3, 1.60), real(4, 1.14), real(5, 1.54), real(6, 1.61), real(7, 1.36), real(8, 1.36), real(9, 1.51), made(20, 1.33), made(60, 1.18), made(120, 1.07)),
                    noise=(gaussian(0.13),), then=(rounded(4),),
                ),
                "train/grad_norm": Line(
                    (real(1, 14.98), real(2, 9.78), real(3, 7.64), real(4, 92.10), real(5, 29.0), real(6, 5.21), real(7, 7.83), real(8, 7.79), real(9, 11_140.0), made(10, 8.1), made(30, 5.5), made(120, 3.9)),
                    scale="log", noise=(student(0.25, 4),), then=(spike(37, 640.0), spike(71, 2_950.0), spike(104, 158.0)),
                ),
                "train/learning_rate": Line(cosine(1e-4, 600, warmup=20)),
                "train/epoch": Line(epoch(300)),
            },
            config={"model_name": "unsloth/gemma-4-31B-it", "r": 16, "lora_alpha": 32, "per_device_train_batch_size": 1, "gradient_accumulation_steps": 8, "max_seq_length": 16_384, "learning_rate": 1e-4, "lr_scheduler_type": "cosine", "warmup_steps": 20, "optim": "adamw_8bit", "max_grad_norm": 1.0, "bf16": True, "max_steps": 600},
            step_key="train/global_step", state="running", planned=600, clock=Clock(26.0, jitter=0.05),
        ),
        expect=sick(fault("grad-spike grad-clip-saturated", (4, 71), 80, INFO, WARNING, lasting=False), never="grad-explode divergence nan-inf loss-jump"),
        why="Single pre-clip norms of 92, 640, 2,950 and 11,140 at a usual 5 to 10 while the loss of those steps is like any other: clipped to 1, so the update "
        "is bounded, but 1,500 times the usual is a fault of the model code or of a sample and worth a warning. No explosion.",
        read=(
            "grad norm 反复单点尖峰（9 步 11140，平时 5–10），已被 clip 1.0 截断，loss 1.46→1.07 正常",
            "37、71、104 步又各一次，没有一次影响 loss",
            "→ 记下这些步的样本；核对模型实现（注意力与 logits 是否用 fp32），升级 transformers",
            "可继续；若 loss 开始跟着升再停",
        ),
    ),
    Case(
        name="axolotl-gemma3-eval-without-packing",
        source="axolotl-ai-cloud/axolotl#3465 and its log",
        family="sft",
        sketch=Sketch(
            at=every(1, 57),
            lines={
                "train/loss": Line(
                    (
                        real(1, 4.119), real(2, 4.102), real(3, 2.975), real(4, 3.396), real(5, 3.112), real(6, 2.751), real(7, 2.51), real(8, 2.386), real(9, 2.544), real(10, 2.405), real(11, 2.391), real(12, 2.296), real(13, 2.364),
                        real(14, 2.385), real(15, 2.222), real(16, 2.218), real(17, 2.297), real(18, 2.093), real(19, 2.185), real(20, 2.027), real(21, 1.96), real(22, 1.988), real(23, 1.865), real(24, 1.976), real(25, 1.722), real(26, 1.576),
                        made(31, 1.5), real(36, 1.356), real(37, 1.067), real(38, 1.285), real(39, 1.226), real(40, 1.112), real(41, 1.219), real(42, 1.106), real(43, 1.232), real(44, 1.091), real(45, 1.215), real(46, 0.9176), real(47, 1.194), real(48, 0.858),
                        real(49, 0.8475), real(50, 0.7598), real(51, 0.8311), real(52, 1.1), real(53, 0.8799), real(54, 0.8324), real(55, 0.9508), real(56, 0.7469), real(57, 1.012),
                    ),
                    noise=(gaussian(0.06),), then=(printed(4),),
                ),
                "train/grad_norm": Line(
                    (real(1, 100), real(2, 97.5), real(3, 31.62), real(4, 20.25), real(5, 19.5), real(6, 14.25), real(7, 6.094), real(8, 3.891), real(9, 10.06), real(10, 3.781), real(12, 2.719), real(16, 2.141), real(20, 2.016), real(25, 2.25), real(26, 4.531), real(36, 1.586), real(45, 1.664), real(57, 1.398)),
                    scale="log", noise=(gaussian(0.1),), then=(printed(4),),
                ),
                "train/learning_rate": Line(cosine(2e-4, 57, warmup=3)),
                "train/tokens/train_per_sec_per_gpu": Line((real(1, 2_295), real(2, 7_540), real(3, 7_853), real(57, 7_777)), noise=(gaussian(500),)),
                "train/memory/max_active (GiB)": Line((real(1, 9.51), real(2, 10.7), real(57, 10.7))),
                "train/epoch": Line(epoch(19)),
                "eval/loss": Line(
                    (real(5, 12.41), real(10, 14.42), real(15, 14.36), real(20, 13.63), real(25, 13.14), made(30, 13.6), made(35, 13.9), real(40, 14.01), real(45, 14.03), real(50, 14.15), real(55, 14.18)), at=every(5, 55), noise=(gaussian(0.03),), then=(printed(4),)
                ),
                "eval/runtime": Line((real(5, 91.78), real(10, 92.4), real(55, 91.86)), at=every(5, 55), noise=(gaussian(0.4),)),
            },
            config={
                "base_model": "google/gemma-3-1b-it", "sample_packing": True, "eval_sample_packing": False, "sequence_len": 8192, "micro_batch_size": 2, "gradient_accumulation_steps": 1, "num_epochs": 3.0, "learning_rate": 2e-4, "lr_scheduler": "cosine",
                "optimizer": "adamw_torch_fused", "flash_attention": True, "bf16": True, "evals_per_epoch": 4, "logging_steps": 1,
            },
            step_key="train/global_step", apart=True, planned=57, clock=Clock(0.93, jitter=0.08, evals=(5, 92)),
        ),
        expect=sick(
            fault("scale-mismatch at-chance gen-gap impossible-value overfit", (4, 16), 30, WARNING), also="eval-regress throughput-drop", never="converged",
        ),
        why="An evaluation loss of 12.4 to 14.4 from the first evaluation on is above ln of the vocabulary (262 k: 12.5), worse than guessing, while the "
        "train loss is an ordinary 4.1 to 0.8: the evaluation is broken (packing in training, none in evaluation), not the model.",
        read=(
            "eval loss 从第一次就是 12.4–14.4，高于随机猜（ln 词表=12.5），train loss 4.1→0.8 正常：评估口径有问题",
            "配置 sample_packing=true 而 eval_sample_packing=false；不像过拟合（第 5 步就如此）",
            "→ eval_sample_packing 改 true 重评同一 ckpt；在此之前不能据 eval loss 选 ckpt",
            "评估占总时间约 87%（每 5 步 92 s）",
        ),
    ),
    Case(
        name="vicuna-lora-loss-of-1e14",
        source="jackaduma/Vicuna-LoRA-RLHF-PyTorch#11",
        family="sft",
        sketch=Sketch(
            at=every(20, 1_300),
            lines={
                "loss": Line(
                    (real(20, 388_082_722_196_684.8), made(60, 9e13), made(140, 4e11), made(240, 3e9), made(340, 8e6), real(460, 240_023.775), made(461, 2.4e5)),
                    scale="log", noise=(gaussian(0.8),), then=(stretch(480, 500, math.inf), onward(500, NAN)),
                ),
                "learning_rate": Line((real(20, 0.0), made(60, 2e-4), made(80, 3e-4), real(460, 0.0002762320648783531), real(480, 0.0002743605739238927), real(500, 0.00027248908296943227), made(1_300, 1.98e-4))),
                "epoch": Line((real(20, 0.02), real(460, 0.47), real(480, 0.49), real(500, 0.51), made(1_300, 1.32))),
            },
            config={"base_model": "vicuna-7b", "num_epochs": 3, "learning_rate": 3e-4, "warmup_steps": 100, "logging_steps": 20, "load_in_8bit": True, "fp16": True, "lora_r": 8},
            state="running", planned=2_950, clock=Clock(5.4, jitter=0.05),
        ),
        expect=sick(
            fault("scale-mismatch impossible-value divergence nan-inf loss-jump", (0, 60), 500, WARNING),
            fault("nan-inf", (461, 480), 560, CRITICAL),
            never="converged plateau overfit",
        ),
        why="A cross-entropy of 3.9e14 at the very first record cannot be: broken weights or a broken tokenizer, visible twenty steps in. That it then "
        "becomes Inf and NaN is no surprise and no question of lr.",
        read=(
            "第一次记录 loss 就是 3.9e14（正常 1–3）：底模或词表加载有问题，480 步起 Inf/NaN，训练无效",
            "下降到 2.4e5 不代表在学：语言模型 loss 高于 ln 词表（约 10.4）就不如随机猜",
            "→ 先用底模直接推理一句；核对合并后的权重、tokenizer 与 int8 加载，再训",
            "不是 lr 的问题，降 lr 没有用",
        ),
    ),
    Case(
        name="alpaca-lora-30b-flat-train-loss",
        source="tloen/alpaca-lora#77",
        family="sft",
        sketch=Sketch(
            at=every(10, 1_180),
            lines={
                "train/loss": Line((made(10, 1.52), made(40, 1.02), made(100, 0.835), made(200, 0.803), made(500, 0.789), level(1_180, 0.778)), noise=(gaussian(0.012),), then=(rounded(4),)),
                "train/learning_rate": Line(linear_decay(3e-4, 1_180, warmup=100)),
                "train/epoch": Line(epoch(393)),
                "eval/loss": Line((made(200, 0.8262), made(400, 0.8153), made(600, 0.8089), made(800, 0.8045), made(1_000, 0.8021), level(1_180, 0.8007)), at=at(200, 400, 600, 800, 1_000, 1_180), noise=(gaussian(0.0003),), then=(rounded(4),)),
            },
            config={"base_model": "llama-30b-hf", "num_epochs": 3, "learning_rate": 3e-4, "warmup_steps": 100, "batch_size": 128, "micro_batch_size": 4, "val_set_size": 2000, "lora_r": 8, "logging_steps": 10, "eval_steps": 200, "save_steps": 200, "max_steps": 1_180},
            step_key="train/global_step", apart=True, planned=1_180, clock=Clock(27.0, jitter=0.02, evals=(200, 310)),
        ),
        expect=healthy(usable=True, never="overfit plateau converged no-learning"),
        why="The train loss looks flat from step 200 on, 0.80 to 0.78, as it does for LoRA on cleaned Alpaca; the evaluation loss gets better at each of six "
        "evaluations. Sound, and the last is the best.",
        read=(
            "训练完成，正常：eval loss 0.826→0.8007，6 次评估次次更好",
            "train loss 200 步后只降 0.025，是 LoRA SFT 的常态，不是没学到",
            "可用：最后的 ckpt；eval 仍在微降，3 个 epoch 没有过拟合",
        ),
    ),
    Case(
        name="unsloth-functiongemma-settles-in-forty-steps",
        source="unslothai/notebooks:nb/FunctionGemma_(270M)-Mobile-Actions.ipynb",
        family="sft",
        sketch=Sketch(
            at=every(1, 100),
            lines={
                "train/loss": Line(
                    figures("2:4.2396 4:2.3946 6:0.7793 8:0.7423 10:0.5159 12:0.2552 14:0.147 16:0.1034 20:0.0867 22:0.0335 26:0.0242 30:0.0286 34:0.0108 40:0.0124 42:0.0036 50:0.0151 52:0.0463 60:0.0049 66:0.0843 68:0.0054 80:0.0151 90:0.0234 96:0.0307 100:0.0139"),
                    scale="log", noise=(gaussian((made(1, 0.03), made(14, 0.1), made(24, 0.5), made(100, 0.6))),), then=(rounded(4),),
                ),
                "train/grad_norm": Line((made(1, 14), made(8, 5.5), made(20, 1.6), made(40, 0.5), made(100, 0.35)), scale="log", noise=(gaussian(0.5),)),
                "train/learning_rate": Line(linear_decay(2e-4, 100, warmup=5)),
                "eval/loss": Line(
                    figures("2:3.647664 4:1.27669 6:0.748503 8:0.582926 10:0.360648 12:0.188659 14:0.118053 16:0.09442 20:0.065308 24:0.042516 30:0.027951 36:0.022296 42:0.019412 44:0.019565 50:0.017908 56:0.016912 64:0.016258 66:0.016395 70:0.016607 78:0.016741 84:0.016473 90:0.016219 100:0.016062"),
                    scale="log", at=every(2, 100), noise=(gaussian(0.003),), then=(rounded(6),),
                ),
            },
            config={"model_name": "unsloth/functiongemma-270m-it", "per_device_train_batch_size": 4, "gradient_accumulation_steps": 2, "warmup_steps": 5, "max_steps": 100, "learning_rate": 2e-4, "lr_scheduler_type": "linear", "weight_decay": 0.001, "logging_steps": 1, "eval_steps": 2, "optim": "adamw_8bit"},
            step_key="train/global_step", apart=True, planned=100, clock=Clock(1.4, jitter=0.1, evals=(2, 6)),
        ),
        expect=healthy(usable=True, also="converged", never="overfit eval-regress eval-leak no-learning loss-spike oscillation lr-zero gen-gap"),
        why="3.65 to 0.016 on held-out data in sixty steps of under one epoch, then level; the bump of 3 % at step 64 to 78 heals by itself as the lr runs out as planned. "
        "Single training losses of 0.004 or 0.08 are batches of eight short calls.",
        read=(
            "训练完成，可用：eval loss 3.65→0.0161，60 步起基本到底",
            "64–78 步 eval 回升 3% 后又降，是波动；train 单步 0.004–0.08 是小 batch",
            "→ 用最后的 ckpt；再看函数调用的完全匹配率",
        ),
    ),
    Case(
        name="unsloth-raft-five-epochs-flat-at-the-end",
        source="unslothai/notebooks:nb/Llama3.2_(1B)-RAFT.ipynb",
        family="sft",
        sketch=Sketch(
            at=every(5, 185),
            lines={
                "train/loss": Line(figures("5:1.493 10:1.4666 15:1.5463 20:1.4859 30:1.4265 40:1.3767 50:1.3655 60:1.372 70:1.2759 80:1.2291 90:1.1688 95:1.2555 100:1.2467 105:1.1356 115:1.1719 130:1.09 140:1.1241 150:1.1222 165:1.1358 180:1.1471 185:1.1338"), noise=(gaussian(0.02),), then=(rounded(4),)),
                "train/grad_norm": Line((made(5, 1.6), made(60, 1.2), made(185, 1.15)), scale="log", noise=(gaussian(0.12),)),
                "train/learning_rate": Line(cosine(2e-5, 185)),
                "train/epoch": Line(epoch(37)),
                "eval/loss": Line(figures("5:1.633143 10:1.617843 20:1.571562 30:1.521693 40:1.474485 50:1.434021 60:1.392783 70:1.352113 80:1.317328 90:1.288014 100:1.264712 110:1.242589 120:1.233676 130:1.223785 140:1.216492 150:1.210105 155:1.210061 160:1.210211 165:1.208962 175:1.208125 180:1.208712 185:1.208498"), noise=(gaussian(0.0006),), then=(rounded(6),)),
            },
            config={"model_name": "unsloth/Llama-3.2-1B-Instruct", "per_device_train_batch_size": 1, "gradient_accumulation_steps": 8, "learning_rate": 2e-5, "num_train_epochs": 5, "lr_scheduler_type": "cosine", "logging_steps": 5, "eval_steps": 5, "save_strategy": "no", "peft": {"r": 16}},
            step_key="train/global_step", planned=185, clock=Clock(2.6, jitter=0.08, evals=(5, 9)),
        ),
        expect=healthy(usable=True, also="converged plateau", never="overfit eval-regress no-learning gen-gap lr-flat-stall eval-leak lr-zero"),
        why="Five epochs over 301 examples, and the evaluation still does not turn: 1.63 to 1.21, level over the last thirty steps because the cosine is at its end. A gap of 0.08 is small.",
        read=(
            "训练完成，可用：eval loss 1.633→1.208，全程没有回升",
            "150 步后走平是 cosine 走到 0，不是停滞；train 1.13、eval 1.21，差距小",
            "→ 301 条数据、lr 2e-5 还没过拟合：可提高 lr 或多训一轮（配合调长的调度）",
        ),
    ),
    Case(
        name="unsloth-tinyllama-alpaca-one-epoch",
        source="unslothai/notebooks:nb/TinyLlama_(1.1B)-Alpaca.ipynb",
        family="sft",
        sketch=Sketch(
            at=every(1, 375),
            lines={
                "train/loss": Line(figures("1:2.2801 5:2.302 10:2.2457 20:2.099 30:1.9911 40:1.7348 60:1.4827 80:1.3406 100:1.2514 150:1.1166 200:1.1036 250:1.1088 300:1.0757 350:1.1082 375:1.0743"), noise=(gaussian(0.03),), then=(rounded(4),)),
                "train/learning_rate": Line(linear_decay(2e-5, 375, warmup=37.5)),
                "train/epoch": Line(epoch(375)),
            },
            config={"model_name": "unsloth/tinyllama-bnb-4bit", "per_device_train_batch_size": 2, "gradient_accumulation_steps": 4, "warmup_ratio": 0.1, "num_train_epochs": 1, "learning_rate": 2e-5, "lr_scheduler_type": "linear", "logging_steps": 1, "weight_decay": 0.001, "packing": True, "max_steps": 375},
            step_key="train/global_step", planned=375, clock=Clock(6.8, jitter=0.03),
        ),
        expect=healthy(usable=False, also="converged", never="plateau no-learning overfit lr-zero lr-flat-stall divergence"),
        why="Packed batches make a smooth curve: 2.28 to 1.07, most of it by step 150, lr to 0 at the planned end. Nothing to object to; nothing was evaluated.",
        read=(
            "训练完成，正常：loss 2.28→1.07，150 步后缓降；没有评估",
            "lr 在最后一步到 0，与计划一致",
            "→ 用最后的 ckpt，看几条回答；想再低可提高 lr（LoRA 常用 2e-4）",
        ),
    ),
    Case(
        name="megatron-bridge-nemotron-lora-warmup",
        source="NVIDIA-NeMo/Megatron-Bridge#4024",
        family="sft",
        sketch=Sketch(
            at=every(1, 64),
            lines={
                "lm loss": Line(
                    (
                        made(1, 1.31), made(8, 1.16), real(15, 1.059172), real(16, 1.052699), real(17, 1.028811), real(29, 0.8716962), real(30, 0.8535482),
                        real(31, 0.8641004), made(45, 0.815), made(64, 0.79),
                    ),
                    noise=(gaussian(0.008),), then=(printed(7),),
                ),
                "seq_load_balancing_loss": Line(
                    (
                        made(1, 1.231), real(15, 1.236344), real(16, 1.238920), real(17, 1.244786), real(29, 1.253194), real(30, 1.248744), real(31, 1.249063),
                        made(64, 1.252),
                    ),
                    noise=(gaussian(0.003),), then=(printed(7),),
                ),
                "mtp_1 loss": Line(
                    (made(1, 1.41), real(15, 1.175022), real(16, 1.167316), real(17, 1.152218), real(29, 1.115410), real(30, 1.080622), real(31, 1.116914), made(64, 1.05)),
                    noise=(gaussian(0.012),), then=(printed(7),),
                ),
                "mtp_2 loss": Line(
                    (made(1, 1.5), real(15, 1.250805), real(16, 1.242170), real(17, 1.227099), real(29, 1.180141), real(30, 1.143016), real(31, 1.180170), made(64, 1.11)),
                    noise=(gaussian(0.012),), then=(printed(7),),
                ),
                "grad norm": Line(
                    (made(1, 4.6), real(15, 2.722), real(16, 2.487), real(17, 2.104), real(29, 0.852), real(30, 1.366), real(31, 1.081), made(64, 0.7)),
                    scale="log", noise=(gaussian(0.18),), then=(rounded(3),),
                ),
                "learning rate": Line(count(2e-6)),
                "global batch size": Line(constant(512)),
                "elapsed time per iteration (ms)": Line(
                    (made(1, 61_000), made(2, 27_900), real(15, 27_447.6), real(16, 27_875.2), real(17, 28_802.1), real(29, 26_813.0), real(30, 29_511.9), real(31, 29_793.2), made(64, 28_400)),
                    noise=(gaussian(700),), then=(rounded(1),),
                ),
            },
            config={"train": {"train_iters": 6_069, "global_batch_size": 512, "micro_batch_size": 4}, "optimizer": {"lr": 2e-4, "min_lr": 0.0, "clip_grad": 1.0}, "scheduler": {"lr_warmup_iters": 100, "lr_decay_style": "cosine"}, "peft": {"dim": 64, "alpha": 128}, "checkpoint": {"pretrained_checkpoint": "nemotron-3-super-120b"}},
            state="running", planned=6_069, clock=Clock(28.3, jitter=0.03),
        ),
        expect=healthy(usable=False, never="experts-unbalanced throughput-drop lr-anomaly"),
        why="The first minutes of a LoRA of a mixture of experts: loss down, balance loss steady near 1.25 (that of the pretrained router), lr "
        "in its warm-up, a gradient norm that falls from 4.6 below 1. Nothing to say yet, and no verdict either.",
        read=(
            "训练中（64/6069 步），正常：lm loss 1.31→0.79，尚未评估",
            "seq_load_balancing_loss 稳定在 1.25，是预训练 router 的原有水平",
            "lr 仍在 warmup（100 步），grad norm 4.6→0.7",
        ),
    ),
    Case(
        name="swift-qwen3-next-experts-and-grad-norm",
        source="modelscope/ms-swift#6836",
        family="sft",
        sketch=Sketch(
            at=every(5, 1_545),
            lines={
                "lm loss": Line(
                    (made(5, 0.62), made(60, 0.43), made(300, 0.37), made(900, 0.355), real(1_530, 0.3515074), made(1_545, 0.352)), noise=(gaussian(0.022),), then=(printed(7),)
                ),
                "load_balancing_loss": Line(
                    (made(5, 1.36), made(200, 1.52), made(600, 2.05), made(1_000, 2.48), real(1_530, 2.801638), made(1_545, 2.80)), scale="log", noise=(gaussian(0.015),), then=(printed(7),)
                ),
                "grad norm": Line((made(5, 1.8), made(200, 2.6), made(700, 5.6), made(1_100, 8.9), real(1_530, 11.293), made(1_545, 11.2)), scale="log", noise=(student(0.14, 4),), then=(rounded(3),)),
                "learning rate": Line((made(5, 2e-6), made(100, 4e-5), made(300, 3.85e-5), made(700, 2.9e-5), made(1_100, 1.55e-5), real(1_530, 4.001458e-6), made(1_545, 3.8e-6))),
                "memory(GiB)": Line((real(1_530, 72.89), made(1_545, 72.89))),
                "elapsed time per iteration (ms)": Line((made(5, 86_000), real(1_530, 85_938.4)), noise=(gaussian(300),), then=(rounded(1),)),
            },
            config={"model": "Qwen/Qwen3-Next-80B-A3B-Instruct", "train_type": "lora", "lora_rank": 16, "lora_alpha": 32, "target_modules": "all-linear", "global_batch_size": 16, "train_iters": 1_926, "clip_grad": 1.0, "moe_aux_loss_coeff": 1e-6, "expert_model_parallel_size": 4},
            state="running", planned=1_926, clock=Clock(86.0, jitter=0.005),
        ),
        expect=sick(
            fault("experts-unbalanced grad-explode", (100, 1_100), 1_500, WARNING), also="plateau grad-clip-saturated scale-mismatch no-learning lr-anomaly",
            never="converged",
        ),
        why="The balance loss doubles and the gradient norm grows sixfold while the lm loss hardly moves: the adapters also sit on the router, and "
        "an auxiliary coefficient of 1e-6 does not hold it. What comes next, in other people's runs, is the explosion.",
        read=(
            "专家负载持续走偏：load_balancing_loss 1.36→2.80，grad norm 1.8→11.3，lm loss 停在 0.35",
            "两者从 200 步起同步升高；均衡时应接近 1，预训练模型一般 1.2–1.4",
            "→ LoRA 不要加在 router 上（all-linear 会带上），或调大 moe_aux_loss_coeff（现 1e-6）",
            "已到 80%，用 600 步以前的 ckpt 对照评测",
        ),
    ),
)
# fmt: on
