"""Instruction tuning, second round: LLaMA-Factory, axolotl, xtuner, torchtune, lit-gpt and plain Trainer scripts."""

from __future__ import annotations

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
    lognormal,
    made,
    onward,
    real,
    reals,
    rounded,
    spike,
    student,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        name="mistral-translator-four-stairs-to-a-tenth",
        source="syGOAT/Mistral-v0.2-Translator-bf16:trainer_state.json",
        family="sft",
        sketch=Sketch(
            at=every(10, 8_660),
            lines={
                "train/loss": Line(
                    (
                        *figures("10:2.4977 40:2.8357 70:0.9835 130:0.7982 250:0.6354 370:0.6423 490:0.6231 610:0.5459 730:0.5642 850:0.4918 970:0.4883 1090:0.5144 1210:0.4938 1330:0.4544 1450:0.4978 1570:0.4445 1690:0.4392 1810:0.4373 1930:0.3957 2050:0.3855"),
                        made(2_160, 0.385), *figures("2170:0.3425 2290:0.3108 2410:0.3157 2530:0.3178 2650:0.3065 2770:0.3199 2890:0.3077 3010:0.3043 3250:0.3073 3490:0.2934 3730:0.3015 3970:0.3009 4210:0.2897 4330:0.3165"),
                        made(4_340, 0.192), *figures("4450:0.1815 4570:0.1951 4690:0.1776 4930:0.1924 5170:0.1668 5410:0.1701 5650:0.1781 5890:0.1697 6130:0.167 6370:0.1696 6490:0.1787"),
                        made(6_500, 0.114), *figures("6610:0.1107 6850:0.114 7090:0.1197 7330:0.0935 7570:0.1171 7810:0.1207 8050:0.126 8290:0.1225 8530:0.1045 8660:0.1333"),
                    ),
                    scale="log", noise=(gaussian(0.07),), then=(rounded(4),),
                ),
                "train/grad_norm": Line(figures("10:11.009 100:5.39 250:3.71 610:2.26 970:5.71 1330:2.52 1930:1.96 2290:1.58 3010:2.72 3730:1.5 4330:1.32 4450:2.21 5050:2.86 5410:1.14 6250:1.0 6610:0.956 7330:0.83 8050:1.08 8650:1.12", kind="level"), scale="log", noise=(student(0.26, 5),)),
                "train/learning_rate": Line(cosine(5e-5, 8_660, warmup=866)),
                "train/epoch": Line(epoch(2_165)),
            },
            config={"stage": "sft", "num_train_epochs": 4, "learning_rate": 5e-5, "lr_scheduler_type": "cosine", "warmup_ratio": 0.1, "per_device_train_batch_size": 1, "bf16": True, "logging_steps": 10, "save_steps": 500},
            step_key="train/global_step", planned=8_660, clock=Clock(2.354, jitter=0.04),
        ),
        expect=healthy(usable=False, never="loss-jump plateau eval-leak lr-zero grad-vanish no-learning divergence metric-dead oscillation"),
        why="Three sudden falls, at 2165, 4330 and 6495, which are the epoch bounds: the data are seen again. Within an epoch the curve is level. lr "
        "runs out as planned. Nothing was held out, so whether epochs three and four only learn by heart cannot be told from here.",
        read=(
            "训练完成，正常：loss 2.50→0.11，三级台阶都在 epoch 边界（2165、4330、6495 步）",
            "台阶是重复见到同一批数据，不是突变；epoch 内走平也正常",
            "没有评估，0.11 多半有背诵成分",
            "→ 用留出的句对比较 4500、6500、8660 步的 ckpt（BLEU/COMET）再选",
        ),
    ),
    Case(
        name="luojiu-7b-base-three-epochs-hardly-any-stairs",
        source="suzushi-tw/luojiu-7b-base:trainer_state.json",
        family="sft",
        sketch=Sketch(
            at=every(5, 8_710),
            lines={
                "train/loss": Line(
                    figures(
                        "5:1.7484 75:1.6185 145:1.5999 215:1.6178 285:1.5692 355:1.5371 425:1.4267 565:1.4488 635:1.5331 775:1.4536 985:1.4036 1125:1.4729 1335:1.3868 1545:1.376 1755:1.4373 1965:1.402 2175:1.3508 2245:1.5063 2315:1.3129 2525:1.3023 2735:1.3976 3015:1.4312 "
                        "3155:1.3381 3365:1.3075 3575:1.4029 3855:1.3326 4065:1.3697 4275:1.3315 4345:1.4528 4555:1.3169 4695:1.4446 4905:1.3737 5115:1.4054 5465:1.4197 5675:1.297 5815:1.382 6025:1.478 6305:1.411 6515:1.357 6935:1.2431 7145:1.3967 7215:1.2412 7495:1.4127 7705:1.3006 8055:1.3697 8195:1.4584 8335:1.4288 8615:1.267 8685:1.4029 8710:1.3703"
                    ),
                    noise=(gaussian(0.05),), then=(rounded(4),),
                ),
                "train/learning_rate": Line(cosine(5e-5, 8_712)),
                "train/epoch": Line(epoch(2_904)),
            },
            config={"num_train_epochs": 3, "learning_rate": 5e-5, "lr_scheduler_type": "cosine", "logging_steps": 5, "max_steps": 8_712},
            step_key="train/global_step", planned=8_712, clock=Clock(42.7, jitter=0.03),
        ),
        expect=healthy(usable=False, also="plateau converged", never="no-learning loss-spike oscillation lr-zero lr-flat-stall divergence loss-jump"),
        why="1.75 to 1.35 with a spread of 0.05 from batch to batch; most of the gain in the first 400 of 8700 steps, the rest so slow that it drowns in the "
        "noise. That is how it looks when a strong base model is tuned on a large set. The last zeros of lr are the end of the cosine.",
        read=(
            "训练完成，正常：loss 1.75→1.37（均值约 1.35），前 400 步降得最多",
            "400 步后很慢，单步 ±0.05 是 batch 噪声，不是震荡",
            "lr 按 cosine 走到 0；没有评估",
            "→ 先用留出集比较 2900/5800/8700 步，看第 2、3 个 epoch 是否值得",
        ),
    ),
    Case(
        name="qwen25-medical-lora-eval-up-two-percent-in-epoch-three",
        source="xueh88401-web/qwen2.5-7b-medical-finetune:trainer_log.jsonl",
        family="sft",
        sketch=Sketch(
            at=every(10, 6_750),
            lines={
                "train/loss": Line(
                    figures("10:2.219 230:1.909 450:1.8125 670:1.8956 890:1.7658 1110:1.7381 1330:1.9756 1550:1.7937 1770:1.7574 1990:1.7126 2210:1.7221 2430:1.7692 2650:1.6897 2870:1.6967 3090:1.701 3310:1.6655 3530:1.5998 3750:1.6145 3970:1.5715 4190:1.7263 4410:1.7297 4630:1.6058 4850:1.7349 5070:1.7099 5290:1.6258 5510:1.5304 5730:1.5948 5950:1.5685 6170:1.4528 6390:1.3763 6610:1.6443 6750:1.5999"),
                    noise=(gaussian(0.075),), then=(rounded(4),),
                ),
                "train/learning_rate": Line(cosine(1e-4, 6_750, warmup=675)),
                "train/epoch": Line(epoch(2_250)),
                "eval/loss": Line(
                    figures("500:1.6410622596740723 1000:1.5953900814056396 1500:1.5773080587387085 2000:1.5693508386611938 2500:1.571066975593567 3000:1.566278100013733 3500:1.560699462890625 4000:1.5536987781524658 4500:1.5517804622650146 5000:1.5734031200408936 5500:1.5759403705596924 6000:1.5776652097702026 6500:1.577560544013977"), at=every(500, 6_500),
                ),
            },
            config={"model_name_or_path": "Qwen/Qwen2.5-7B-Instruct", "stage": "sft", "finetuning_type": "lora", "lora_rank": 8, "quantization_bit": 4, "num_train_epochs": 3, "learning_rate": 1e-4, "lr_scheduler_type": "cosine", "warmup_ratio": 0.1, "logging_steps": 10, "eval_steps": 500},
            step_key="train/global_step", apart=True, planned=6_750, clock=Clock(3.35, jitter=0.04, evals=(500, 95)),
        ),
        expect=healthy(usable=True, also="overfit best-checkpoint-old plateau converged", never="eval-regress gen-gap divergence loss-jump no-learning lr-zero"),
        why="The evaluation is best at the end of epoch two (1.5518) and 1.7 % higher throughout epoch three, flat. A hint of learning by heart, no more: "
        "the gap to the training loss is nothing. Ckpt 4500 is the better one by a hair.",
        read=(
            "训练完成，可用：eval loss 1.641→1.552（4500 步最低），第 3 个 epoch 回升 1.7% 后走平",
            "train 与 eval 差距很小，只是轻微过拟合",
            "→ 用 4500 步（第 2 个 epoch 末）的 ckpt；下次 2 个 epoch 就够，省 2.3 小时",
        ),
    ),
    Case(
        name="litgpt-codellama-full-tuning-breaks-at-iteration-1152",
        source="Lightning-AI/litgpt#628",
        family="sft",
        sketch=Sketch(
            at=every(1, 2_400),
            lines={
                "loss": Line(
                    (
                        made(1, 0.95), made(400, 0.88), made(1_000, 0.92), made(1_148, 1.25), real(1_151, 1.7019), real(1_152, 11.4630), real(1_153, 11.7545), real(1_154, 11.5019), real(1_155, 11.4807), real(1_156, 12.1935),
                        real(1_157, 10.0220), real(1_158, 10.9364), real(1_159, 10.5513), made(1_300, 9.6), made(1_700, 8.4), made(2_400, 7.8),
                    ),
                    scale="log", noise=(gaussian((made(1, 0.24), made(1_151, 0.24), made(1_152, 0.05), made(2_400, 0.06))),), then=(rounded(4),),
                ),
                "iter_time": Line(reals((1_151, 1_106.53), (1_152, 1_260.82), (1_153, 1_109.35), (1_154, 901.24), (1_155, 1_019.36), (1_156, 978.51), (1_157, 1_022.02), (1_158, 2_538.55), (1_159, 1_628.55), (1_160, 1_080)), noise=(gaussian(140),), then=(rounded(2),)),
                "step": Line(lambda steps, rng: steps // 8),
            },
            config={"model": "codellama/CodeLlama-7b-hf", "data": "evol-codealpaca-v1", "devices": 8, "log_interval": 1},
            state="running", clock=Clock(1.12, jitter=0.12),
        ),
        expect=sick(
            fault("divergence loss-jump loss-spike", (1_149, 1_153), 1_230, CRITICAL), also="scale-mismatch at-chance no-learning throughput-drop",
            never="converged overfit", unsaid=("已收敛", "已恢复"),
        ),
        why="From 1.7 to 11.5 within one iteration, at an optimiser step, and it stays there: above ln of the vocabulary (10.4), so the pretrained model is gone. The slow fall "
        "to 8 afterwards is a language model that starts over, no recovery. Too high an lr in half precision.",
        read=(
            "第 1152 次迭代 loss 1.7→11.5 并停在 8–11：高于 ln 词表（10.4），预训练权重已毁",
            "之后缓降到 7.8 是从头学起，不是恢复；应停",
            "→ 回到 1100 次迭代以前的 ckpt；lr 降 10–30 倍、加 warmup 与梯度裁剪，用 bf16",
            "1140 次迭代起 loss 已抬头（0.9→1.7）",
        ),
    ),
    Case(
        name="glm4-lora-gradient-nan-in-the-sixth-epoch",
        source="zai-org/GLM-4#174",
        family="sft",
        sketch=Sketch(
            at=every(10, 2_520),
            lines={
                "loss": Line(
                    (
                        made(10, 3.4), made(100, 1.9), made(446, 1.1), made(900, 0.62), made(1_340, 0.38), made(1_800, 0.21), made(2_340, 0.13), real(2_350, 0.0618), real(2_360, 0.1924), real(2_370, 0.1147), real(2_380, 0.1006), real(2_390, 0.1459),
                        real(2_400, 0.2096), made(2_520, 0.2),
                    ),
                    scale="log", noise=(gaussian((made(10, 0.1), made(1_300, 0.25), made(2_520, 0.4))),), then=(onward(2_405, 0.0), rounded(4)),
                ),
                "grad_norm": Line((made(10, 1.1), made(446, 1.6), made(1_340, 2.4), made(2_340, 2.6), real(2_350, 0.58984375), real(2_360, 4.25), real(2_370, 1.34375), real(2_380, 5.625), real(2_390, 5.28125), real(2_400, NAN), made(2_520, 5)), scale="log", noise=(student(0.5, 5),), then=(onward(2_400, NAN),)),
                "learning_rate": Line(linear_decay(5e-4, 5_000)),
                "epoch": Line(epoch(446)),
            },
            config={"max_steps": 5_000, "learning_rate": 5e-4, "per_device_train_batch_size": 1, "max_input_length": 1_024, "max_output_length": 512, "logging_steps": 10},
            state="running", planned=5_000, clock=Clock(1.3, jitter=0.06),
        ),
        expect=sick(
            fault("nan-inf masked-nan", (2_391, 2_410), 2_450, CRITICAL), also="metric-dead grad-vanish grad-explode grad-spike",
            never="converged", unsaid=("已收敛",),
        ),
        why="Batch size one and an lr of 5e-4: five epochs learn the set by heart (loss 0.1) while single gradients grow to five; then the norm is NaN and what is printed "
        "as 0 is no loss. Had anything been held out, one would have stopped three epochs earlier.",
        read=(
            "2400 步（5.38 epoch）grad norm 变 NaN，随后 loss 记 0：权重已坏，后面无效",
            "此前 loss 0.1–0.2、grad norm 摆到 5 以上：batch 1 + lr 5e-4 偏激进，且已在背训练集",
            "→ 用 1000 步前后的 ckpt；lr 降到 1e-4 以下、梯度累积到 8–16，留验证集早停",
        ),
    ),
    Case(
        name="xtuner-llama2-gradient-never-finite-loss-flat",
        source="InternLM/xtuner#658",
        family="sft",
        sketch=Sketch(
            at=every(10, 900),
            lines={
                "loss": Line((made(10, 0.682), real(510, 0.6919), real(520, 0.6479), real(530, 0.6724), real(540, 0.6974), real(550, 0.7089), real(560, 0.6493), real(570, 0.6526), real(580, 0.6829), made(590, 0.68), made(900, 0.681)), noise=(gaussian(0.022),), then=(rounded(4),)),
                "grad_norm": Line(reals((510, NAN), (520, NAN), (530, NAN), (540, NAN), (550, NAN), (560, NAN), (570, NAN), (580, NAN)), then=(onward(0, NAN),)),
                "lr": Line(cosine(2e-4, 2_046, warmup=61)),
                "time": Line((made(10, 2.92), made(500, 2.92), real(510, 22.5450), real(520, 2.9098), real(530, 2.9166), real(540, 2.9215), made(900, 2.92)), noise=(gaussian(0.006),), then=(rounded(4),)),
                "data_time": Line((made(10, 0.022), made(500, 0.022), real(510, 19.6772), real(520, 0.0234), real(530, 0.0211), made(900, 0.021)), then=(lognormal(0.08), rounded(4))),
                "memory": Line((real(510, 15_266),)),
            },
            config={"pretrained_model_name_or_path": "Llama-2-7b-chat-hf", "max_length": 2_048, "lr": 2e-4, "max_norm": 1, "warmup_ratio": 0.03, "accumulative_counts": 16, "batch_size": 1},
            state="running", planned=2_046, clock=Clock(2.93, jitter=0.01, pauses=((510, 196),)),
        ),
        expect=sick(fault("nan-inf no-learning amp-overflow grad-vanish metric-dead masked-nan", (0, 300), 800, WARNING), also="plateau", never="converged throughput-drop data-bound overfit", unsaid=("已收敛",)),
        why="The loss is finite and as flat as a ruler, 0.65 to 0.71 with no trend, while each gradient norm is NaN: with a scaler each step is skipped, so nothing is being trained. "
        "The 20 s at 510 are one evaluation.",
        read=(
            "grad norm 从头到尾 NaN，loss 停在 0.68±0.02 不动：每一步都被 scaler 跳过，等于没训",
            "loss 有限只是因为权重没被更新",
            "→ 停；换 bf16，检查空 label（模板对不上、全被截断），先让一个 batch 的梯度有限",
            "510 步的 20 s 是一次评估，不是数据瓶颈",
        ),
    ),
    Case(
        name="trainer-loss-climbs-while-lr-decays",
        source="huggingface/transformers#33336",
        family="sft",
        sketch=Sketch(
            at=every(20, 300),
            lines={
                "loss": Line(figures("20:1.453 40:1.406 60:1.4152 80:1.426 100:1.4592 120:1.4357 140:1.4684 160:1.5027 180:1.5133 200:1.5651 220:1.562 240:1.6139 260:1.631"), noise=(gaussian(0.012),)),
                "grad_norm": Line((*figures("20:2.474428415298462 40:2.5064773559570312 60:2.5167486667633057 80:2.4449574947357178 100:2.5427122116088867 120:2.4496681690216064 140:2.4780757427215576 160:2.5224385261535645 180:2.5421390533447266 200:2.5934836864471436 220:2.5455050468444824 240:2.580508232116699 260:2.7025833129882812"), made(300, 2.72))),
                "learning_rate": Line(linear_decay(5e-5, 315)),
                "epoch": Line(epoch(105)),
            },
            config={"learning_rate": 5e-5, "lr_scheduler_type": "linear", "logging_steps": 20, "num_train_epochs": 3},
            state="running", planned=315, clock=Clock(4.0, jitter=0.05),
        ),
        expect=sick(fault("divergence no-learning loss-jump", (60, 220), 300, WARNING), also="plateau eval-regress", never="converged grad-explode", unsaid=("已收敛",)),
        why="The training loss rises steadily, 1.41 to 1.63 over two epochs, without a spike and while the lr falls to a seventh. A training loss that goes up on data seen before is no noise: "
        "labels or data order differ from what the weights were loaded for, or the weights are not the ones optimised.",
        read=(
            "loss 40 步后一路升：1.406→1.631（+16%），lr 同时从 4.7e-5 降到 9e-6：不是噪声，也不是 lr 太大",
            "grad norm 平稳（2.45–2.70）：不是爆炸",
            "→ 停；查从哪个 ckpt 加载（只该由 Trainer 恢复一次）、label/模板与数据顺序是否一致",
        ),
    ),
    Case(
        name="llm4svg-one-spike-at-two-fifths-of-an-epoch",
        source="ximinng/LLM4SVG#19",
        family="sft",
        sketch=Sketch(
            at=every(1, 3_000),
            lines={
                "train/loss": Line((made(1, 2.1), made(60, 1.05), made(400, 0.62), made(1_200, 0.5), level(1_990, 0.45), made(3_000, 0.425)), scale="log", noise=(gaussian(0.08),), then=(spike(2_004, 3.05, fades=5), rounded(4))),
                "train/grad_norm": Line((made(1, 6.0), made(60, 1.9), made(400, 0.9), made(1_990, 0.62), made(3_000, 0.6)), scale="log", noise=(student(0.14, 6),), then=(spike(2_004, 41, fades=3),)),
                "train/learning_rate": Line(cosine(1e-5, 10_000, warmup=300)),
                "train/epoch": Line(epoch(5_010, 3)),
            },
            config={"per_device_train_batch_size": 4, "num_train_epochs": 2, "learning_rate": 1e-5, "lr_scheduler_type": "cosine", "logging_steps": 1, "bf16": True},
            step_key="train/global_step", state="running", planned=10_000, clock=Clock(3.8, jitter=0.04),
        ),
        expect=sick(fault("loss-spike grad-spike", (2_004, 2_006), 2_080, INFO, WARNING, lasting=False), never="divergence loss-jump no-learning converged overfit grad-explode"),
        why="0.45 to 3.05 in one step, back within twenty, and the curve goes on as if nothing had happened. Others saw it at the same place with the same order of data: a bad stretch "
        "of samples. Worth a look at these batches, no reason to stop.",
        read=(
            "2004 步 loss 尖峰 0.45→3.05（grad norm 0.6→41），约 20 步内完全恢复",
            "前后趋势一致（0.45→0.43），可继续，不必回滚",
            "→ 看 2000–2006 步的样本（超长或乱码）；max_grad_norm 设 1.0",
        ),
    ),
    Case(
        name="gpt2-xl-on-shakespeare-val-loss-near-four",
        source="karpathy/nanoGPT#97",
        family="sft",
        sketch=Sketch(
            at=every(1, 1_000),
            lines={
                "train/iter_loss": Line(
                    (
                        made(1, 3.1), made(100, 2.55), made(300, 2.0), made(600, 1.4), real(791, 1.2052), real(792, 1.1750), real(793, 1.0942), real(794, 1.9608), real(795, 0.6159), real(796, 0.9267), real(797, 2.4209), real(798, 1.0178), real(799, 0.6466),
                        made(990, 0.75), real(997, 1.1173), real(998, 0.2788), real(999, 0.3390),
                    ),
                    scale="log", noise=(gaussian((made(1, 0.1), made(500, 0.3), made(1_000, 0.5))),), then=(rounded(4),),
                ),
                "train/loss": Line((made(0, 3.28), made(100, 2.62), made(200, 2.3), made(300, 2.05), made(400, 1.8), made(500, 1.56), made(600, 1.35), made(700, 1.16), real(800, 0.9795), made(900, 0.81), real(1_000, 0.6703)), at=every(100, 1_000, first=0), noise=(gaussian(0.02),), then=(rounded(4),)),
                "val/loss": Line((made(0, 3.24), made(100, 2.93), made(200, 2.91), made(300, 3.0), made(400, 3.14), made(500, 3.31), made(600, 3.47), made(700, 3.62), real(800, 3.7535), made(900, 3.83), real(1_000, 3.8986)), at=every(100, 1_000, first=0), noise=(gaussian(0.015),), then=(rounded(4),)),
                "iter_time": Line((real(791, 745.63), real(792, 745.47), real(999, 745.36)), noise=(gaussian(0.3),), then=(rounded(2),)),
            },
            config={"init_from": "gpt2-xl", "dataset": "shakespeare", "out_dir": "out-shakespeare", "max_iters": 1_000},
            planned=1_000, clock=Clock(0.7456, jitter=0.002, evals=(100, 40)),
        ),
        expect=sick(fault("overfit", (200, 500), 800, WARNING), also="gen-gap best-checkpoint-old eval-regress", never="converged divergence no-learning eval-leak"),
        why="1.5 billion parameters on one megabyte: the validation loss is lowest within 200 iterations and then climbs to 3.90, above that of the untouched model, "
        "while the training loss falls to 0.67. Learnt by heart.",
        read=(
            "200 步后过拟合：val loss 2.91→3.90，已比不训练（3.24）还差；train 3.28→0.67",
            "→ 用 100–200 步的 ckpt；只在 val 变好时存 ckpt",
            "1.5B 参数配 1 MB 文本：换小模型、dropout、LoRA 或更小 lr",
            "后 800 步（约 17 分钟）白跑",
        ),
    ),
    Case(
        name="alpaca-lora-30b-loss-zero-after-fifteen-steps",
        source="tloen/alpaca-lora#391",
        family="sft",
        sketch=Sketch(
            at=every(1, 48),
            lines={
                "loss": Line((made(1, 1.31), made(5, 1.27), made(10, 1.18), made(13, 1.16), made(15, 1.42), level(16, 0.0)), noise=(gaussian(0.03),), then=(onward(16, 0.0), rounded(4))),
                "learning_rate": Line(count(3e-5)),
                "epoch": Line(epoch(52)),
            },
            config={"base_model": "llama-30b-hf", "num_epochs": 3, "learning_rate": 0.003, "cutoff_len": 1_024, "batch_size": 384, "micro_batch_size": 12, "lora_r": 128, "lora_alpha": 256, "group_by_length": True, "load_in_8bit": True, "warmup_steps": 100},
            state="running", planned=156, clock=Clock(310, jitter=0.05),
        ),
        expect=sick(fault("masked-nan nan-inf metric-dead", (14, 17), 26, CRITICAL), also="schedule-mismatch", never="converged overfit", unsaid=("已收敛",)),
        why="A cross-entropy of exactly 0 from one step to the next is a NaN that the trainer hides. The lr climbs to 0.003, ten times what LoRA takes, on rank 128 in eight bits; "
        "the warm-up of 100 steps would not end before two thirds of the run.",
        read=(
            "16 步起 loss 恰为 0：是被掩盖的 NaN，不是学会了；后面全部无效",
            "lr 0.003 是 LoRA 常用值的 10 倍（此时已升到 4.5e-4），15 步 loss 已抬头",
            "→ 停；lr 降到 1e-4–3e-4，重新开始（没有可用 ckpt）",
            "warmup 100 步占全程 156 步的 64%，也要改短",
        ),
    ),
    Case(
        name="axolotl-sql-lora-two-epochs-with-odd-gradients",
        source="modal-labs/llm-finetuning#82",
        family="sft",
        sketch=Sketch(
            at=every(1, 120),
            lines={
                "train/loss": Line(
                    (made(1, 2.4), made(5, 1.5), made(10, 0.5), made(20, 0.16), made(40, 0.075), made(60, 0.055), *figures("75:0.0499 76:0.039 77:0.0506 78:0.0276 79:0.0421 80:0.0285 81:0.0359 82:0.0369 83:0.0312 84:0.0455 85:0.0332 86:0.0289 87:0.0417"), made(120, 0.034)),
                    scale="log", noise=(gaussian(0.2),), then=(rounded(4),),
                ),
                "train/grad_norm": Line(
                    (made(1, 9), made(10, 5), made(20, 2.4), made(60, 1.4), *figures("75:1.1254302714475641 76:1.2167796415450376 77:4.452874722918433 78:0.9299505919258111 79:7.697287947328512 80:1.3604883872622895 81:1.37049367616969 82:1.2314236200435549 83:1.061109297078815 84:1.3768483185346843 85:0.8345831520768111 86:1.0510257090004664 87:1.8998287323444785"), made(120, 1.1)),
                    scale="log", noise=(student(0.22, 3),),
                ),
                "train/learning_rate": Line(cosine(1e-4, 120, warmup=10)),
                "train/epoch": Line(epoch(60)),
                "eval/loss": Line((made(1, 2.42), made(30, 0.092), made(60, 0.058), made(90, 0.049), made(120, 0.0475)), scale="log", at=at(1, 30, 60, 90, 120), then=(rounded(4),)),
            },
            config={"base_model": "mistralai/Mistral-7B-v0.1", "adapter": "lora", "num_epochs": 2, "learning_rate": 1e-4, "lr_scheduler": "cosine", "warmup_steps": 10, "logging_steps": 1, "sample_packing": True},
            planned=120, clock=Clock(7.2, jitter=0.08, evals=(30, 12)),
        ),
        expect=healthy(usable=True, also="converged grad-spike", never="overfit grad-explode oscillation loss-spike plateau divergence lr-zero eval-leak"),
        why="Short, templated answers are soon learnt: 2.4 to 0.035, and the held-out loss follows. Two gradients of 4.5 and 7.7 among ones of 1.2 leave no trace in the loss; "
        "with losses this small the norm is that of a few hard tokens.",
        read=(
            "训练完成，可用：eval loss 2.42→0.0475，次次更好",
            "77、79 步 grad norm 4.5/7.7 是个别样本，loss 未受影响",
            "→ 用最后的 ckpt；再测 SQL 的执行正确率",
        ),
    ),
    Case(
        name="trl-llama2-sft-halves-its-loss-in-a-seventh-of-an-epoch",
        source="huggingface/trl#733",
        family="sft",
        sketch=Sketch(
            at=every(10, 320),
            lines={
                "loss": Line((*figures("10:1.0037 20:0.7644 30:0.7018 40:0.6524 50:0.613 60:0.588 70:0.5651 80:0.5447 90:0.5373 100:0.5254 110:0.5311"), made(160, 0.508), made(240, 0.491), made(320, 0.483)), noise=(gaussian(0.007),), then=(rounded(4),)),
                "learning_rate": Line(constant(1e-5)),
                "epoch": Line(epoch(725)),
            },
            config={"model_name": "meta-llama/Llama-2-7b-hf", "learning_rate": 1e-5, "lr_scheduler_type": "constant", "logging_steps": 10},
            state="running", clock=Clock(9.5, jitter=0.03),
        ),
        expect=healthy(usable=False, also="plateau", never="overfit no-learning converged lr-anomaly lr-flat-stall divergence loss-spike"),
        why="1.00 to 0.48 in under half an epoch, smoothly. Its owner finds the answers worse than before: that may be (format, a missing end token), but no loss shows it. The curve is sound, "
        "and there is nothing by which to call the model good.",
        read=(
            "训练中，曲线正常：loss 1.00→0.48，仍在缓降（0.44 epoch）",
            "没有评估：loss 低不等于回答好，无法判断能否用",
            "→ 固定 20 个问题每 100 步生成一次；若变差先查 EOS、模板与截断",
        ),
    ),
    Case(
        name="torchtune-codellama-tokens-per-second-all-over",
        source="meta-pytorch/torchtune#1358",
        family="sft",
        sketch=Sketch(
            at=every(1, 120),
            lines={
                "loss": Line(
                    (*figures("1:2.085338592529297 2:1.8718312978744507 3:1.1732845306396484 4:1.1244843006134033 5:0.9739330410957336 6:0.8440025448799133 7:0.9451338052749634 8:0.8629082441329956 9:0.6810362935066223 10:1.0359036922454834 11:1.0432602167129517 12:1.1174635887145996"), made(14, 0.95), made(60, 0.88), made(120, 0.85)),
                    scale="log", noise=(gaussian(0.17),),
                ),
                "lr": Line(constant(2e-5)),
                "tokens_per_second_per_gpu": Line(
                    (*figures("1:57.828881833956174 2:405.044978758513 3:655.9372371931469 4:417.49818620797487 5:414.73347397639026 6:345.44944748351764 7:408.6546853024294 8:402.3016704011016 9:698.9489335304891 10:962.2259327743811 11:477.88804137904646 12:542.9797193194343"), made(13, 500), made(120, 510)),
                    scale="log", noise=(gaussian(0.33),),
                ),
            },
            config={"model": "code_llama2_7b", "batch_size": 2, "optimizer": {"lr": 2e-5}, "log_every_n_steps": 1, "dtype": "bf16", "dataset": "alpaca_dataset"},
            state="running", clock=Clock(1.4, jitter=0.3),
        ),
        expect=healthy(usable=False, also="plateau", never="throughput-drop data-bound no-learning loss-spike oscillation lr-flat-stall overfit stalled-logging gpu-idle"),
        why="Two samples a step: tokens per second go with the length of the samples, 350 to 960, and mean nothing singly; the 58 of the first step is the warm-up of the machine. "
        "The loss has found its level of 0.85 within ten steps, as usual for Alpaca data.",
        read=(
            "训练中，正常：loss 2.09→0.85，10 步后进入缓降；尚未评估",
            "tokens/s 在 350–960 间跳是样本长短不一（batch 2），不是变慢",
            "单步 loss ±0.15 是小 batch 噪声",
        ),
    ),
    Case(
        name="one-epoch-lora-level-from-step-hundred-on",
        source="TheUn4given123jkbkjs/Viettel_Race_2026:trainer_state.json",
        family="sft",
        sketch=Sketch(
            at=every(1, 1_028),
            lines={
                "train/loss": Line(
                    (real(1, 1.3022977113723755), *figures("58:0.5428 115:0.4095 172:0.4299 229:0.4667 286:0.5253 343:0.3198 400:0.3282 457:0.4509 514:0.4358 571:0.4352 628:0.3610 685:0.4286 742:0.4019 799:0.3651 856:0.4171 913:0.4832 970:0.3945 1027:0.4583", kind="level"), real(1_028, 0.3535216152667999)),
                    noise=(gaussian(0.055),), then=(rounded(4),),
                ),
                "train/grad_norm": Line(figures("1:0.363 58:0.193 115:0.198 172:0.216 229:0.197 286:0.216 343:0.197 400:0.244 457:0.23 514:0.256 571:0.246 628:0.257 685:0.277 742:0.229 799:0.197 856:0.23 913:0.275 970:0.245 1028:0.2507", kind="level"), scale="log", noise=(gaussian(0.12),)),
                "train/learning_rate": Line(linear_decay(2e-4, 1_029, warmup=10)),
                "train/epoch": Line(epoch(1_028, 4)),
            },
            config={"num_train_epochs": 1, "per_device_train_batch_size": 1, "lr_scheduler_type": "linear", "learning_rate": 2e-4, "logging_steps": 1, "warmup_steps": 10, "peft_type": "LORA"},
            step_key="train/global_step", planned=1_028, clock=Clock(11.0, jitter=0.1),
        ),
        expect=healthy(usable=False, also="plateau converged", never="no-learning oscillation grad-explode loss-spike overfit divergence lr-zero"),
        why="1.30 to 0.42 in the first hundred steps, then level with a spread of 0.06; the gradient norm creeps from 0.19 to 0.25 as the lr goes to nothing, which is no explosion. "
        "One epoch, each sample seen once: nothing to object to, nothing evaluated.",
        read=(
            "训练完成，正常：loss 1.30→0.42，100 步后走平（单步 ±0.06 是噪声）",
            "grad norm 0.19→0.25 的缓升属正常；lr 按线性走到 0",
            "没有评估，能否用要看留出集",
        ),
    ),
)
# fmt: on
