"""Pretraining, second round: from scratch and continued, language models and others without labels."""

from __future__ import annotations

from benchmarks.wild.case import CRITICAL, INFO, WARNING, Case, fault, healthy, sick
from benchmarks.wild.columns import loss, total
from benchmarks.wild.sketch import (
    NAN,
    Clock,
    Line,
    Sketch,
    clipped,
    constant,
    cosine,
    count,
    epoch,
    every,
    figures,
    gaussian,
    level,
    lognormal,
    made,
    onward,
    printed,
    real,
    rounded,
    student,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        name="nsllm-qwen3-8b-continued-for-ten-days",
        source="hsc748NLP/NSLLM:trainer_state.json",
        family="pretraining",
        sketch=Sketch(
            at=every(5, 2_175),
            lines={
                "train/loss": Line(
                    figures("5:2.3475 75:2.0501 145:2.0408 215:2.031 285:2.0209 355:2.0164 425:2.0084 495:2.0067 565:2.0001 635:2.0004 705:1.9984 775:1.9987 845:1.9964 915:1.9913 985:1.992 1055:1.9867 1125:1.9864 1195:1.9778 1265:1.9766 1335:1.9738 1405:1.9773 1475:1.9762 1545:1.9702 1615:1.9739 1685:1.9698 1755:1.972 1825:1.9678 1895:1.9713 1965:1.9614 2035:1.9692 2105:1.9707 2175:1.9787"),
                    noise=(gaussian(0.0045),), then=(rounded(4),),
                ),
                "train/grad_norm": Line((real(5, 6.8820600509643555), *figures("75:0.42 145:0.645 215:1.16 285:0.631 355:0.277 425:0.369 495:1.1 565:0.398 635:0.424 705:0.266 775:0.413 845:0.278 985:0.304 1125:0.279 1265:0.184 1405:0.219 1545:0.18 1685:0.138 1825:0.123 1965:0.121 2105:0.108", kind="level"), real(2_175, 0.10451847314834595)), scale="log", noise=(student(0.16, 4),)),
                "train/learning_rate": Line(cosine(5e-5, 2_178, warmup=109)),
                "train/epoch": Line(epoch(2_178.8, 4)),
            },
            config={"stage": "pt", "model_name_or_path": "Qwen3-8B-Base", "num_train_epochs": 1, "learning_rate": 5e-5, "lr_scheduler_type": "cosine", "warmup_ratio": 0.05, "logging_steps": 5, "save_steps": 500, "per_device_train_batch_size": 4},
            step_key="train/global_step", planned=2_178, clock=Clock(393.8, jitter=0.02),
        ),
        expect=healthy(usable=False, also="plateau converged", never="grad-vanish grad-spike no-learning lr-flat-stall lr-zero divergence oscillation"),
        why="2.35 to 2.05 in fifty steps, then 0.08 in two thousand: continued pretraining of a good model is that slow, and each hundredth counts. The gradient norm falls from 6.9 to 0.1 with the lr, which is no vanishing. The single norms of 1.1 "
        "early on are nothing.",
        read=(
            "训练完成，正常：loss 2.35→1.97，75 步后每千步约降 0.04，是继续预训练的常态",
            "grad norm 6.9→0.10 随 lr 走低，不是梯度消失",
            "训练中没有评估：→ 用通用集与领域集各测一次 PPL，看有没有遗忘",
        ),
    ),
    Case(
        name="megatron-deepspeed-gradient-nan-and-no-loss-printed",
        source="bigscience-workshop/Megatron-DeepSpeed#396",
        family="pretraining",
        sketch=Sketch(
            at=every(1, 5_430),
            lines={
                "lm loss": Line((made(1, 10.9), made(100, 8.1), made(400, 6.5), made(1_000, 5.7), made(1_870, 5.3)), scale="log", noise=(gaussian(0.035),), then=(printed(7),), at=every(1, 1_870)),
                "grad norm": Line((made(1, 9), made(200, 2.1), made(1_500, 1.3), made(1_850, 2.4), made(1_870, 31), real(5_426, NAN), real(5_427, NAN)), scale="log", noise=(student(0.2, 4),), then=(onward(1_871, NAN), rounded(3))),
                "learning rate": Line((made(1, 1.5e-7), made(2_000, 3e-4), real(5_425, 2.999e-4), real(5_428, 2.999e-4))),
                "loss scale": Line((real(5_426, 1.0),)),
                "samples per second": Line((made(1, 1.88), real(5_425, 1.886), real(5_426, 1.883), real(5_427, 1.893), real(5_428, 1.892)), noise=(gaussian(0.006),), then=(rounded(3),)),
                "TFLOPs": Line((real(5_425, 78.46), real(5_426, 78.36), real(5_427, 78.77), real(5_428, 78.71)), noise=(gaussian(0.25),), then=(rounded(2),)),
                "number of skipped iterations": Line((real(5_426, 0.0),)),
                "number of nan iterations": Line((real(5_426, 0.0),)),
                "elapsed time per iteration (ms)": Line((real(5_426, 4_247.9), real(5_427, 4_225.8), real(5_428, 4_229.2)), noise=(gaussian(14),), then=(rounded(1),)),
            },
            config={"train_iters": 250_000, "global_batch_size": 8, "lr": 3e-4, "lr_warmup_iters": 2_000, "lr_decay_style": "cosine", "bf16": True, "clip_grad": 1.0, "seq_length": 2_048},
            state="running", planned=250_000, clock=Clock(4.24, jitter=0.004),
        ),
        expect=sick(
            fault("nan-inf metric-missing metric-dead", (1_850, 1_872), 1_960, CRITICAL), also="grad-spike grad-explode stalled-logging", never="converged plateau overfit throughput-drop", unsaid=("已收敛", "正常"),
        ),
        why="The norm of the gradient is NaN for 3,500 iterations, and the column of the loss has ceased: it is only printed where it is finite. The counters of NaN and skipped iterations stand at 0, in bf16 nobody counts. Machine and lr run on as if "
        "all were well. Two per cent of the plan are done.",
        read=(
            "1871 次迭代起 grad norm 全是 NaN，lm loss 不再上报：权重已是 NaN，之后 3500 多步全部无效",
            "nan/skipped 计数为 0 不可信（bf16 下不统计）；loss scale 1.0",
            "→ 停，回到 1800 以前的 ckpt；global batch 只有 8，lr 3e-4 太大，降到 1e-4 或加大 batch",
            "1850 起 grad norm 2→31 是先兆（此时 lr 接近峰值）",
        ),
    ),
    Case(
        name="gemma4-31b-random-init-seventeen-at-step-eighteen",
        source="NVIDIA-NeMo/Automodel#3443",
        family="pretraining",
        sketch=Sketch(
            at=every(1, 120),
            lines={
                "loss": Line((made(1, 12.62), made(6, 12.1), made(10, 11.2), made(13, 11.6), made(16, 15.4), real(18, 17.0875), made(20, 14.6), made(24, 11.0), made(30, 9.2), made(50, 7.5), made(80, 6.8), real(120, 6.4423)), noise=(gaussian(0.035),), then=(rounded(4),)),
                "grad_norm": Line((made(1, 6.5), made(8, 9), made(12, 14), made(15, 95), made(18, 210), made(22, 60), made(30, 8), made(60, 2.4), made(120, 1.3)), scale="log", noise=(student(0.16, 6),)),
                "tps": Line((made(1, 900), made(3, 4_050), made(120, 4_060)), noise=(gaussian(40),)),
            },
            config={"model": {"name": "gemma-4-31b", "init": "random"}, "step_scheduler": {"max_steps": 120}},
            planned=120, clock=Clock(62.0, jitter=0.02),
        ),
        expect=sick(
            fault("loss-spike divergence grad-explode grad-spike loss-jump", (12, 19), 32, INFO, CRITICAL, lasting=False), also="grad-clip-saturated scale-mismatch", never="overfit no-learning plateau converged eval-leak",
        ),
        why="Within the first twenty steps the loss goes from 11 up to 17, above ln of the vocabulary (12.5), and comes down by itself; at step 35 it is where it would have been, and ends at 6.44. Seen with two frameworks, each kind of attention, "
        "an lr lowered to 5e-5: the random initialisation is to blame. True while it lasts, and over.",
        read=(
            "13–30 步尖峰：loss 11.2→17.1（18 步）→9.2，已自行恢复，末值 6.44",
            "峰值高于 ln 词表 12.5，grad norm 冲到 210",
            "→ 可继续；重跑加 warmup、缩小输出层初始化或对 logits 加 z-loss",
        ),
    ),
    Case(
        name="aws-albert-tf24-stays-above-ln-of-the-vocabulary",
        source="aws-samples/deep-learning-models#45",
        family="pretraining",
        sketch=Sketch(
            at=every(10, 1_400),
            lines={
                "MLM": Line((made(10, 10.483), *figures("690:10.482 700:10.474 710:10.480 720:10.468 730:10.478 740:10.481 750:10.480 760:10.477 1040:10.479 1050:10.478 1060:10.483 1070:10.475 1080:10.477 1090:10.479 1100:10.481 1110:10.481")), noise=(gaussian(0.004),), then=(rounded(3),)),
                "SOP": Line((made(10, 0.694), *figures("690:0.695 700:0.692 710:0.691 720:0.695 730:0.694 740:0.694 750:0.697 760:0.691 1040:0.695 1050:0.696 1060:0.694 1070:0.695 1080:0.689 1090:0.691 1100:0.693 1110:0.696")), noise=(gaussian(0.0022),), then=(rounded(3),)),
                "Loss": total("MLM", "SOP", then=(rounded(3),)),
                "MLM_acc": Line((real(690, 0.0), real(1_110, 0.0))),
                "SOP_acc": Line((made(10, 0.5), *figures("690:0.518 700:0.518 710:0.537 720:0.492 730:0.541 740:0.512 750:0.499 760:0.541 1040:0.521 1050:0.509 1060:0.533 1070:0.517 1080:0.553 1090:0.546 1100:0.524 1110:0.498")), noise=(gaussian(0.018),), then=(clipped(0, 1), rounded(3))),
                "It/s": Line((real(690, 1.70), real(1_110, 1.71)), noise=(gaussian(0.018),), then=(rounded(2),)),
            },
            config={"model_type": "albert", "model_size": "base", "total_steps": 125_000, "warmup_steps": 3_125, "learning_rate": 0.00176, "optimizer": "lamb", "fp16": True},
            state="running", planned=125_000, clock=Clock(0.589, jitter=0.02),
        ),
        expect=sick(fault("no-learning at-chance metric-dead", (0, 300), 1_300, CRITICAL), also="plateau component-dead scale-mismatch success-zero", never="converged overfit", unsaid=("已收敛",)),
        why="MLM at 10.48 is more than ln 30,000 = 10.31: no better than a guess, with an accuracy of exactly 0.000, and the sentence order at ln 2. In 1,400 steps nothing has moved in the third digit; with TF 2.3 the same script fell at once. "
        "Gradients are scaled or applied wrongly, not the lr.",
        read=(
            "1400 步 MLM 停在 10.48（≥ ln 词表 10.31）、MLM_acc 恰为 0.000：完全没学",
            "SOP 也在 ln2（0.693）、acc 0.52：两个任务都是随机水平",
            "→ 停；升级 TF 2.4 后 LossScaleOptimizer 行为变了，查梯度是否真正被 apply、是否被除了两次 scale",
            "先关 fp16 跑 200 步对照",
        ),
    ),
    Case(
        name="minimind-first-of-twenty-epochs",
        source="jingyaogong/minimind#26",
        family="pretraining",
        sketch=Sketch(
            at=every(100, 24_600, first=0),
            lines={
                "loss": Line(
                    (*figures("0:8.863 100:5.251 200:4.716 300:4.324 400:4.061 500:3.599 600:3.665 700:3.460 800:3.517 900:3.360 1000:3.225 1100:2.948 1200:2.979 1300:3.064 1400:2.871 1500:2.802 1600:2.510 1700:2.733 1800:2.589"), made(3_000, 2.42), made(8_000, 2.2), made(16_000, 2.08), made(24_600, 2.02)),
                    scale="log", noise=(gaussian(0.045),), then=(rounded(3),),
                ),
                "lr": Line((real(0, 2e-4), real(1_500, 2e-4), real(1_600, 0.00019999), made(24_600, 0.000198)), then=(rounded(8),)),
                "epoch_Time": Line((real(0, 372.0), real(100, 98.0), real(200, 96.0), real(300, 94.0), real(1_000, 91.0), real(1_500, 88.0), made(24_600, 0.0)), then=(rounded(0),)),
            },
            config={"epochs": 20, "batch_size": 64, "learning_rate": 2e-4, "dtype": "bfloat16", "dim": 512, "n_layers": 8, "log_interval": 100},
            state="running", planned=493_620, clock=Clock(0.226, jitter=0.03),
        ),
        expect=healthy(usable=False, also="plateau", never="no-learning converged oscillation lr-flat-stall lr-anomaly loss-spike throughput-drop divergence"),
        why="8.86 (ln 6,400 is 8.76) to 2.0 within the first epoch of twenty, quickly and then slower and slower: a power law. The lr has hardly begun its cosine. The time column counts down. Nothing to say but that nothing is evaluated.",
        read=(
            "训练中，正常：loss 8.86→2.02（第 1/20 个 epoch 末），仍在按幂律缓降",
            "起点 8.86≈ln 6400，初始化没问题；单点 ±0.1 是 batch 噪声",
            "epoch_Time 是剩余分钟，不是变快",
            "→ 继续；留一份验证集，20 个 epoch 后段要看过拟合",
        ),
    ),
    Case(
        name="minimind-moe-hovers-at-two-point-seven",
        source="jingyaogong/minimind#343",
        family="pretraining",
        sketch=Sketch(
            at=every(100, 33_000),
            lines={
                "logits_loss": Line((made(100, 6.6), made(500, 4.1), made(1_500, 3.2), made(4_000, 2.86), made(8_000, 2.75), level(11_000, 2.7), made(22_000, 2.62), made(33_000, 2.575)), scale="log", noise=(gaussian(0.03),), then=(rounded(4),)),
                "aux_loss": Line((made(100, 0.112), made(1_500, 0.1015), made(33_000, 0.1004)), noise=(gaussian(0.0006),), then=(rounded(4),)),
                "loss": total("logits_loss", "aux_loss"),
                "lr": Line(cosine(5.5e-4, 33_000, floor=5e-5)),
                "epoch_Time": Line(lambda steps, rng: 70 - 70 * ((steps - 100) % 11_000) / 11_000, then=(rounded(1),)),
            },
            config={"epochs": 3, "use_moe": True, "n_routed_experts": 4, "num_experts_per_tok": 2, "aux_loss_alpha": 0.1, "learning_rate": 5e-4, "batch_size": 32, "accumulation_steps": 8, "dataset": "pretrain_hq.jsonl"},
            planned=33_000, clock=Clock(0.4, jitter=0.03),
        ),
        expect=healthy(usable=False, also="converged", never="no-learning experts-unbalanced oscillation loss-decomposition-mismatch component-dead overfit lr-anomaly"),
        why="After the first epoch the loss seems to stand at 2.7, and still goes from 2.70 to 2.58 in the two that follow, which the noise of 0.08 hides. That is what a small mixture does on 1.6 GB. The balance loss is at its smallest "
        "possible value, experts evenly used.",
        read=(
            "训练完成，正常：logits_loss 6.6→2.58；第 1 个 epoch 后仍由 2.70 降到 2.58，只是慢",
            "aux_loss 0.1004 就是均衡时的下限（alpha 0.1），专家没有走偏",
            "→ 没有评估；想再低要加数据或参数，不是加 epoch",
        ),
    ),
    Case(
        name="nanogpt-shakespeare-twelve-layers-best-at-1250",
        source="karpathy/nanoGPT#211",
        family="pretraining",
        sketch=Sketch(
            at=every(10, 2_000),
            lines={
                "train/iter_loss": Line((made(10, 3.0), made(250, 2.08), made(500, 1.66), made(750, 1.46), made(1_000, 1.34), made(1_500, 1.2), made(2_000, 1.1)), scale="log", noise=(gaussian(0.018),), then=(rounded(4),)),
                "train/loss": Line((made(250, 2.03), made(500, 1.61), made(750, 1.4), made(1_000, 1.27), made(1_250, 1.18), made(1_500, 1.1), made(1_750, 1.02), made(2_000, 0.95)), at=every(250, 2_000), then=(rounded(4),)),
                "val/loss": Line(figures("250:2.11 500:1.77 750:1.59 1000:1.52 1250:1.49 1500:1.51 1750:1.52 2000:1.56"), at=every(250, 2_000)),
                "lr": Line(cosine(1e-3, 5_000, warmup=100, floor=1e-4)),
            },
            config={"dataset": "shakespeare_char", "n_layer": 12, "n_head": 6, "n_embd": 384, "dropout": 0.2, "batch_size": 64, "block_size": 256, "learning_rate": 1e-3, "max_iters": 5_000, "lr_decay_iters": 5_000, "eval_interval": 250, "always_save_checkpoint": False},
            state="running", planned=5_000, clock=Clock(0.09, jitter=0.05, evals=(250, 14)),
        ),
        expect=sick(fault("overfit", (1_250, 1_760), 2_000, INFO), also="gen-gap best-checkpoint-old", never="no-learning divergence converged eval-leak plateau"),
        why="1.49 at 1250 and three looks later 1.56, while the training loss goes on from 1.18 to 0.95: a million characters are soon known. The configuration says so itself and keeps the ckpt of the best evaluation. Sixty per cent of the plan "
        "remain and will only make it worse.",
        read=(
            "1250 次迭代后过拟合：val 1.49→1.56（+4.7%，连续 3 次变差），train 1.18→0.95",
            "→ 用 1250 的 ckpt（only-best 已存），现在就可以停，后 3000 次迭代没有收益",
            "想再低：dropout 0.2→0.3、减层数；6 层也是 1.48，加深没有帮助",
        ),
    ),
    Case(
        name="parameter-golf-validation-creeps-by-thousandths",
        source="openai/parameter-golf#839",
        family="pretraining",
        sketch=Sketch(
            at=every(50, 5_800),
            lines={
                "train_loss": Line(
                    (
                        made(50, 4.9), made(200, 3.1), made(600, 2.52), made(1_500, 2.29), made(3_000, 2.19), made(5_000, 2.12),
                        *figures("5050:2.0232 5100:2.1995 5150:2.0709 5200:2.0972 5250:2.1395 5300:2.0947 5350:2.0819 5400:2.2099 5450:2.1314 5500:2.2057 5550:2.0856 5600:2.1448 5650:2.0312 5700:2.1392 5750:2.0206"), made(5_800, 2.11),
                    ),
                    noise=(gaussian(0.055),), then=(rounded(4),),
                ),
                "val_loss": Line((made(200, 3.09), made(600, 2.51), made(1_400, 2.31), made(3_000, 2.205), made(4_200, 2.169), made(5_000, 2.1530), real(5_200, 2.1501), real(5_400, 2.1475), real(5_600, 2.1455), made(5_800, 2.1434)), at=every(200, 5_800), then=(rounded(4),)),
                "val_bpb": Line((made(200, 1.825), made(600, 1.483), made(1_400, 1.365), made(3_000, 1.3025), made(4_200, 1.2812), made(5_000, 1.2718), real(5_200, 1.2701), real(5_400, 1.2685), real(5_600, 1.2674), made(5_800, 1.2662)), at=every(200, 5_800), then=(rounded(4),)),
                "step_avg": Line((made(50, 44.2), made(1_000, 43.6), real(5_050, 43.49), real(5_150, 43.50), real(5_250, 43.49), real(5_500, 43.51), real(5_750, 43.50)), noise=(gaussian(0.006),), then=(rounded(2),)),
            },
            config={"iterations": 20_000, "train_log_every": 50, "val_loss_every": 200, "max_wallclock_seconds": 600},
            state="running", planned=20_000, clock=Clock(0.0435, jitter=0.02, evals=(200, 1.5)),
        ),
        expect=healthy(usable=False, also="plateau eta-target", never="no-learning overfit throughput-drop oscillation converged lr-flat-stall eval-regress gen-gap"),
        why="Single training losses jump between 2.02 and 2.21, the validation loss falls at each look, by two thousandths of late: small and certain. The step time is as steady as it can be; that others are twice as fast is "
        "a matter of the machine. At 20,000 steps of 43 ms the ten minutes are over long before the plan.",
        read=(
            "训练中，正常：val_loss 2.153→2.143，次次更好（每 200 步约 −0.002）",
            "train_loss 2.02–2.21 的跳动是单 batch 噪声，看 val",
            "step 43.5 ms 稳定；按 600 s 上限只能到约 1.38 万步，到不了计划的 2 万步",
        ),
    ),
    Case(
        name="megatron-llm-each-iteration-twelve-seconds-longer",
        source="epfLLM/Megatron-LLM#22",
        family="pretraining",
        sketch=Sketch(
            at=every(5, 90),
            lines={
                "lm loss": Line((made(5, 2.31), made(20, 2.22), made(50, 2.11), made(90, 2.06)), noise=(gaussian(0.03),), then=(printed(7),)),
                "grad norm": Line((made(5, 2.4), made(30, 1.1), made(90, 0.8)), scale="log", noise=(student(0.12, 5),), then=(rounded(3),)),
                "learning rate": Line((made(5, 4e-6), real(10, 8e-6), real(15, 1.2e-5), real(20, 1.6e-5), made(25, 2e-5), made(90, 1.93e-5))),
                "consumed samples": Line(count(64)),
                "loss scale": Line(constant(1.0)),
                "number of nan iterations": Line(constant(0.0)),
                "elapsed time per iteration (ms)": Line((made(5, 27_100), real(10, 84_606.2), real(15, 142_474.1), real(20, 202_438.6), made(90, 1_026_000)), noise=(gaussian(900),), then=(rounded(1),)),
            },
            config={"train_iters": 600, "global_batch_size": 64, "micro_batch_size": 1, "tensor_model_parallel_size": 4, "pipeline_model_parallel_size": 2, "lr": 2e-5, "bf16": True, "use_flash_attn": True},
            state="running", planned=600, clock=Clock((made(5, 27), made(10, 84.6), made(20, 202.4), made(90, 1_026)), jitter=0.005),
        ),
        expect=sick(fault("throughput-drop", (10, 20), 55, WARNING), also="mem-growth gpu-idle eta-target data-bound stalled-logging", never="no-learning plateau divergence converged lr-anomaly loss-spike"),
        why="The loss is fine; each iteration takes twelve seconds more than the last, 85 s at the tenth, 202 s at the twentieth, as straight as a ruler, with the host's memory growing beside it: a leak (micro batch 1). At this rate the 600 "
        "iterations take twenty-five days.",
        read=(
            "每次迭代越来越慢：85 s（10）→202 s（20）→约 1000 s（90），每次迭代固定多约 12 s",
            "loss、grad norm 正常：不是训练问题，是泄漏（主机内存同步涨）",
            "→ 停；micro_batch_size 设 >1 或换官方镜像（nvcr 23.07）再跑；从最近 ckpt 续",
            "按此趋势 600 次要约 25 天",
        ),
    ),
    Case(
        name="long-context-80k-starts-with-a-norm-of-249",
        source="FranxYao/Long-Context-Data-Engineering#13",
        family="pretraining",
        sketch=Sketch(
            at=every(1, 300),
            lines={
                "train/loss": Line((real(1, 5.5021), made(3, 4.3), made(8, 3.1), made(20, 2.45), real(50, 2.2328), made(120, 2.08), made(300, 1.98)), scale="log", noise=(gaussian(0.025),), then=(rounded(4),)),
                "train/grad_norm": Line((real(1, 249.4825), made(4, 130), made(12, 48), made(30, 19), real(50, 12.5982), made(120, 4.5), made(300, 1.9)), scale="log", noise=(student(0.15, 5),), then=(rounded(4),)),
                "train/learning_rate": Line((made(1, 1e-6), made(20, 2e-5), made(300, 2e-5))),
                "train/epoch": Line(epoch(1_667)),
                "train/per_length_loss/loss@2": Line((real(1, 4.8841), real(50, 5.6365), made(300, 5.7)), noise=(gaussian(0.18),)),
                "train/per_length_loss/loss@32": Line((real(1, 2.4782), real(50, 2.5983), made(300, 2.57)), noise=(gaussian(0.05),)),
                "train/per_length_loss/loss@256": Line((real(1, 1.8967), real(50, 1.9717), made(300, 1.93)), noise=(gaussian(0.04),)),
                "train/per_length_loss/loss@2048": loss((real(1, 2.8781), made(10, 2.2), real(50, 1.9699), made(300, 1.88)), 0.02),
                "train/per_length_loss/loss@16384": loss((real(1, 4.8923), made(10, 3.0), made(50, 2.1), made(300, 1.83)), 0.02),
                "train/per_length_loss/loss@65536": loss((real(1, 5.8821), made(10, 3.4), made(50, 2.3), made(300, 1.95)), 0.025),
            },
            config={"model": "llama-2-7b", "max_length": 81_920, "learning_rate": 2e-5, "warmup_steps": 20, "tokens_per_batch": 5_000_000},
            state="running", planned=1_000, clock=Clock(510, jitter=0.02),
        ),
        expect=healthy(usable=False, also="grad-clip-saturated", never="grad-explode grad-vanish grad-spike divergence overfit component-dead plateau loss-jump no-learning loss-spike"),
        why="With positions that the model has never seen the first loss is 5.5 and the norm 249; fifty steps later they are 2.23 and 12.6, and on they go. The losses on the first tokens rise a little, 4.9 to 5.6 at two tokens: another mix of documents, "
        "noise, no forgetting. The long ones fall by three nats, and they are what it is for.",
        read=(
            "训练中，正常：loss 5.50→1.98，长位置收益最大（@65536：5.88→1.95）",
            "首步 grad norm 249 是新位置编码下的起点，300 步已降到 1.9，不是爆炸",
            "@2 由 4.88 到 5.7 是文档混合与噪声，@256 以内基本不变",
            "→ 继续；用大海捞针与短文 PPL 各测一次",
        ),
    ),
    Case(
        name="endo-fm-dino-four-point-one-to-three-point-eight",
        source="med-air/Endo-FM#16",
        family="pretraining",
        sketch=Sketch(
            at=every(1, 110, first=0),
            lines={
                "train_loss": Line(
                    (
                        made(0, 10.6), made(3, 8.9), made(8, 6.9), made(16, 5.5), made(30, 4.6), made(40, 4.25), *figures("47:4.064707929204925 48:4.067022484802981 49:4.041212570257094 50:3.9895897841305907 51:3.989341023622516 52:3.957296126399903 53:3.9233194697780287 54:3.879504623089543 55:3.8724829544437918 56:3.822613398759599 57:3.8000583280650337 58:3.7846899017461837"),
                        made(75, 3.45), made(110, 2.98),
                    ),
                    scale="log", noise=(gaussian(0.004),),
                ),
                "train_lr": Line((made(0, 1.2e-6), made(10, 2.37e-5), *figures("47:2.2524483038139777e-05 48:2.2475856843454886e-05 50:2.23749991509489e-05 55:2.2102106680693938e-05 58:2.1924401401671845e-05"), made(110, 1.73e-5))),
                "train_wd": Line((made(0, 0.04), *figures("47:0.06181187203059446 48:0.06271991396390254 50:0.06458763896355955 55:0.06955332523488654 58:0.07273159021292523"), made(110, 0.147))),
            },
            config={"arch": "vit_base", "epochs": 300, "warmup_epochs": 10, "weight_decay": 0.04, "weight_decay_end": 0.4, "out_dim": 65_536, "momentum_teacher": 0.996, "use_fp16": True},
            step_key="epoch", state="running", planned=300, clock=Clock(1_900, jitter=0.02),
        ),
        expect=healthy(usable=False, never="plateau no-learning lr-flat-stall converged lr-anomaly config-drift overfit component-dominates divergence"),
        why="A loss of self-distillation: 10.6 (near ln 65,536 = 11.1) to 3.0 over 110 of 300 epochs, one or two per cent an epoch without a break. It may fall too far, to a collapse; a loss that still declines evenly with a rising weight decay is no sign of that. Its size says "
        "nothing about the features.",
        read=(
            "训练中（110/300 epoch），正常：DINO loss 10.6→3.0，每个 epoch 稳降约 1%",
            "weight decay 0.04→0.15 是计划内的上升",
            "loss 高低不代表特征好坏：→ 每 20 个 epoch 做一次 k-NN/线性探测",
        ),
    ),
    Case(
        name="litgpt-falcon-loss-does-not-change-in-400-iterations",
        source="Lightning-AI/litgpt#125",
        family="pretraining",
        sketch=Sketch(
            at=every(1, 400),
            lines={
                "loss": Line((real(1, 11.0666), real(400, 11.0666)), noise=(gaussian(0.0009),), then=(rounded(4),)),
                "time": Line((real(1, 13_381.00), made(20, 13_600), made(150, 15_200), made(300, 17_700), real(400, 19_090.34)), then=(lognormal(0.02), rounded(2))),
                "speed": Line((real(1, 306.0), made(20, 301), made(150, 269), made(300, 231), real(400, 214.0)), then=(lognormal(0.02), rounded(0))),
            },
            config={"model_name": "falcon-7b", "name": "redpajama", "devices": 4, "learning_rate": 6e-4, "warmup_iters": 2_000, "batch_size": 125, "micro_batch_size": 5, "log_interval": 1},
            state="running", clock=Clock(((made(1, 13.4)), made(400, 19.1)), jitter=0.02),
        ),
        expect=sick(fault("no-learning at-chance plateau", (0, 120), 380, CRITICAL), also="throughput-drop lr-zero metric-dead grad-vanish", never="converged overfit", unsaid=("已收敛",)),
        why="The same four digits after 400 iterations, ln of the vocabulary: no weight has moved, or the targets are nonsense (the ids were packed in another type than they are read). Beside it each iteration takes 40 % longer than at first.",
        read=(
            "400 次迭代 loss 恒为 11.067（≈ ln 65024）：一点没学，是随机水平",
            "→ 停；核对打包数据的 dtype（uint16/int32）与读取是否一致；再查梯度累积下 optimizer.step 是否真的执行、lr 是否仍近 0",
            "每次迭代 13.4→19.1 s（慢了 43%），另查内存或数据",
        ),
    ),
    Case(
        name="litgpt-lightning-example-lr-is-zero",
        source="Lightning-AI/litgpt#2151",
        family="pretraining",
        sketch=Sketch(
            at=every(1, 900),
            lines={
                "train_loss": Line((real(1, 10.90), real(2, 10.90), real(7, 10.90), made(900, 10.90)), noise=(gaussian(0.006),), then=(rounded(2),)),
                "lr": Line((real(1, 0.0), real(2, 0.0), real(7, 0.0))),
                "param/std": Line((real(1, 0.024048), real(7, 0.024048))),
                "param/mean": Line((real(1, -0.000124), real(7, -0.000124))),
                "param/nan": Line((real(1, 0.0),)),
            },
            config={"model": "pythia-160m", "max_epochs": 1, "warmup_steps": 10, "accumulate_grad_batches": 1, "precision": "bf16-true"},
            state="running", planned=1_793_507, clock=Clock(0.29, jitter=0.1),
        ),
        expect=sick(fault("lr-zero no-learning", (0, 30), 300, CRITICAL), also="at-chance metric-dead plateau", never="converged overfit schedule-mismatch", unsaid=("已收敛",)),
        why="The lr is 0.0 from the first step to the last, so mean and spread of the weights are the same to the last digit and the loss stands at ln of the vocabulary. A scheduler that is stepped once an epoch (with a warm-up of ten) gives just this: its next step "
        "would come after 1.8 million batches.",
        read=(
            "lr 恒为 0，权重均值/方差一位都没变，loss 停在 10.90（随机水平）：完全没训",
            "→ 停；scheduler 默认按 epoch 走，warmup 第 0 步 lr=0：把 interval 设成 \"step\"",
            "一个 epoch 有 179 万步，等不到下一次更新",
        ),
    ),
    Case(
        name="storch-pico-gpt-one-nat-in-five-thousand-iterations",
        source="bytedeco/storch#51",
        family="pretraining",
        sketch=Sketch(
            at=every(500, 12_000, first=0),
            lines={
                "train loss": Line((*figures("0:4.315746 500:4.2083063 1000:4.109281 1500:4.024676 2000:3.9401476 2500:3.861138 3000:3.7746782 3500:3.6901476 4000:3.599073 4500:3.5131109"), made(6_000, 3.3), made(9_000, 3.03), made(12_000, 2.88)), noise=(gaussian(0.003),)),
                "val loss": Line((*figures("0:4.3061743 500:4.2047343 1000:4.1095076 1500:4.021858 2000:3.9419503 2500:3.868681 3000:3.7817297 3500:3.7049506 4000:3.617259 4500:3.5384142"), made(6_000, 3.33), made(9_000, 3.07), made(12_000, 2.93)), noise=(gaussian(0.004),)),
            },
            config={"batch_size": 32, "block_size": 8, "learning_rate": 1e-5, "max_iters": 25_000, "eval_interval": 500, "n_embd": 32},
            state="running", planned=25_000, clock=Clock(0.02, jitter=0.05),
        ),
        expect=healthy(usable=False, also="eta-target lr-flat-stall", never="no-learning divergence overfit plateau gen-gap converged at-chance"),
        why="From ln 65 = 4.17 and a bit down to 2.9, as straight as a line and the same on both sets: an lr of 1e-5 where the lecture takes a hundred times that. Slow, and without fault; it will not arrive within the plan.",
        read=(
            "训练中，正常但很慢：train/val 4.31→2.88/2.93，两条线贴在一起，没有过拟合",
            "每 500 步约 −0.08，近乎直线：lr 1e-5 太小",
            "→ lr 调到 1e-3 量级（若发散再查梯度裁剪与初始化），同样步数能到 2.3",
        ),
    ),
)
# fmt: on
