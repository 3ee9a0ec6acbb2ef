"""What was not the model: memory, pace, a schedule, a resume, a machine that went away; pasted into threads."""

from __future__ import annotations

import numpy as np

from benchmarks.wild.case import WARNING, Case, fault, sick
from benchmarks.wild.columns import loss, score
from benchmarks.wild.sketch import (
    Clock,
    Derived,
    Line,
    Sketch,
    cosine,
    count,
    every,
    figures,
    gaussian,
    level,
    made,
    onward,
    real,
    rounded,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        name="mambavision-two-hundred-fifty-megabytes-more-each-epoch",
        source="NVlabs/MambaVision#55",
        family="supervised",
        sketch=Sketch(
            at=every(1, 128, first=0),
            lines={
                "train_loss": loss((made(0, 6.86), made(5, 5.4), made(20, 4.15), made(60, 3.5), made(128, 3.2)), 0.006),
                "eval_loss": loss((made(0, 6.3), made(5, 3.4), made(20, 1.75), made(60, 1.25), made(128, 1.05)), 0.008),
                "eval_top1": score((made(0, 1.6), made(5, 29), made(20, 60), made(60, 71.5), made(128, 76.2)), 0.15, top=100.0),
                "lr": Line(cosine(5e-4, 300, warmup=20)),
                "gpu_mem_mb": Line((made(0, 21_400), level(1, 21_654), made(128, 53_912)), noise=(gaussian(35),), then=(rounded(0),)),
            },
            config={"dataset": "imagenet", "epochs": 300},
            step_key="epoch", state="running", planned=300, clock=Clock(1_310, jitter=0.01),
        ),
        expect=sick(fault("mem-growth", (0, 60), 90, WARNING), never="overfit divergence eval-leak plateau lr-anomaly throughput-drop no-learning gen-gap"),
        why="254 MB more after each validation, along a straight line: 21 GB have become 54, and by epoch 230 there is no card left that holds it. Training itself is sound (mixup makes its loss thrice that of validation). The writer empties the cache and asks whether that is all right.",
        read=(
            "显存每轮涨约 254 MB（21→54 GB），按此 80 GB 的卡约在第 230 轮 OOM，计划是 300 轮",
            "训练本身正常：top1 76.2%，仍在升；train_loss 高于 eval 是 mixup",
            "→ 查验证里是否留着带图的张量/指标列表；临时可每轮 empty_cache 并勤存 ckpt",
        ),
    ),
    Case(
        name="msu-net-step-lr-printed-as-nought-from-epoch-twenty",
        source="CN-zdy/MSU_Net#13",
        family="supervised",
        sketch=Sketch(
            at=every(1, 300),
            lines={
                "loss": Line((made(1, 0.61), made(5, 0.37), made(12, 0.245), made(20, 0.176), level(300, 0.165)), "log", noise=(gaussian(0.02),), then=(rounded(4),)),
                "acc": score((made(1, 0.81), made(8, 0.9), made(20, 0.934), made(300, 0.936)), 0.0025),
                "SE": score((made(1, 0.42), made(8, 0.67), made(20, 0.74), made(300, 0.745)), 0.006),
                "lr": Line((real(1, 0.001), real(19, 0.001), real(20, 0.0), real(300, 0.0)), then=(onward(20, 0.0),)),
            },
            config={"num_epochs": 300, "lr": 0.001, "scheduler": "StepLR(step_size=10, gamma=0.1)"},
            step_key="epoch", planned=300, clock=Clock(27, jitter=0.03),
        ),
        expect=sick(fault("lr-zero", (19, 22), 60, WARNING), also="plateau schedule-mismatch lr-anomaly converged no-learning metric-dead", never="overfit divergence lr-flat-stall", unsaid=("已收敛",)),
        why="0.001 for twenty epochs, then exactly 0 for the other 280: the schedule is stepped in the wrong place and the variable that is handed to it is 0. The loss stands at 0.165, where the lr left it, and the writer wonders why it is so high.",
        read=(
            "第 20 轮起 lr 为 0，后 280 轮没有更新：loss 停在 0.165",
            "→ scheduler.step() 的位置/初值写错（StepLR 10 轮×0.1 不该直接到 0），修好后从第 20 轮 ckpt 续",
            "loss 高是没再训，不是收敛",
        ),
    ),
    Case(
        name="betty-iterations-a-little-slower-every-thousand",
        source="leopard-ai/betty#1",
        family="supervised",
        sketch=Sketch(
            at=every(1_000, 60_000),
            lines={
                "loss": Line((*figures("1000:0.5296119451522827 2000:0.3373554050922394 3000:0.31969979405403137 4000:0.31455692648887634 5000:0.31011053919792175 6000:0.3047352433204651 7000:0.301718533039093 8000:0.30068764090538025 9000:0.29966291785240173 10000:0.2992149293422699"), made(20_000, 0.2972), made(60_000, 0.2961)), noise=(gaussian(0.0001),)),
                "local_step": Line(count(0.01)),
            },
            config={"problem": "outer", "type": "IterativeProblem"},
            step_key="global_step", state="running",
            clock=Clock((level(1_000, 0.003), level(5_000, 0.003), level(7_000, 0.0034), level(10_000, 0.0037), level(11_000, 0.0045), made(25_000, 0.0074), made(60_000, 0.0165)), jitter=0.06),
        ),
        expect=sick(fault("throughput-drop", (4_000, 14_000), 24_000, WARNING), also="plateau converged mem-growth", never="overfit divergence no-learning loss-jump"),
        why="Three seconds a thousand steps, then three and a half, five, seven, sixteen: an inner model that is copied at each step keeps a longer and longer chain (functorch; the project dropped it for that). The loss is all right. Whoever looks only at that waits three times as long.",
        read=(
            "越训越慢：每千步 3.0 s→16.5 s，5 倍，仍在匀速变慢",
            "loss 正常，0.296 已平",
            "→ 查每步是否累积计算图/hook（functorch 的 IterativeProblem 已知问题），或定期重启进程",
        ),
    ),
    Case(
        name="xtrend-epochs-four-minutes-then-nine",
        source="Realsumen/xtrend:loss_log.txt",
        family="supervised",
        sketch=Sketch(
            at=every(1, 129),
            lines={
                "Validation Joint Loss": Line(figures("1:77.59 5:40.6 10:72.64 14:76.76 19:68.74 23:119.48 27:113.53 32:56.35 36:65.39 41:81.88 45:106.57 50:98.93 54:75.65 58:74.6 63:81.86 67:103.75 72:78.94 76:60.18 80:95.91 85:49.88 89:123.63 94:104.78 98:60.46 103:80.08 107:58.53 111:75.54 116:88.58 120:79.15 125:63.2 129:64.34"), noise=(gaussian(17),)),
                "Validation MLE": Line(figures("1:87.26 5:50.93 10:85.37 14:90.1 19:83.7 23:135.34 27:130.29 32:73.82 36:84.85 41:101.31 45:126.87 50:120.72 54:98.12 58:98.42 63:106.42 67:126.05 72:104.79 76:83.4 80:121.05 85:74.87 89:150.71 94:130.74 98:91.12 103:110.04 107:89.68 111:105.4 116:118.1 120:111.05 125:96.65 129:97.57"), noise=(gaussian(17),)),
                "Validation Sharpe": Line(figures("1:-9.67 5:-10.32 10:-12.73 14:-13.33 19:-14.96 23:-15.86 27:-16.75 32:-17.47 36:-19.46 41:-19.43 45:-20.29 50:-21.8 54:-22.47 58:-23.82 63:-24.56 67:-22.3 72:-25.85 76:-23.23 80:-25.14 85:-24.99 89:-27.08 94:-25.96 98:-30.65 103:-29.96 107:-31.15 111:-29.85 116:-29.52 120:-31.89 125:-33.45 129:-33.23"), noise=(gaussian(0.8),)),
                "s/it": Line(figures("1:8.33 4:8.47 8:8.48 11:8.52 14:8.6 17:8.78 21:9.04 24:9.23 27:9.4 31:9.7 34:9.82 37:9.95 40:10.1 44:10.33 47:10.43 50:10.5 54:10.7 57:10.9 60:11.12 63:11.23 67:11.4 70:11.44 73:11.55 76:11.7 80:11.82 83:12.03 86:12.19 90:12.45 93:12.57 96:12.88 99:13.13 103:13.34 106:13.48 109:13.47 113:13.68 116:13.87 119:14.03 122:14.33 126:14.99 129:16.31"), noise=(gaussian(0.02),)),
            },
            config={"epochs": 500, "loss": "sharpe", "batches": 36},
            step_key="Epoch", state="running", planned=500, clock=Clock(figures("1:299.88 8:305.28 14:309.6 21:325.44 28:343.08 35:353.88 41:364.68 48:376.2 55:387 62:402.84 68:411.48 75:420.48 82:426.96 89:443.52 95:460.44 102:476.64 109:484.92 116:499.32 122:515.88 129:587.16", kind="level"), jitter=0.005),
        ),
        expect=sick(fault("throughput-drop", (2, 70), 110, WARNING), also="eval-underpowered plateau mem-growth", never="overfit divergence eval-regress no-learning impossible-value oscillation loss-jump"),
        why="8.4 seconds a batch have become 14 and more, a little with each of 129 epochs: something is appended to and never emptied (a summary, a graph of ops). What is trained, the negative Sharpe ratio, falls from -10 to -33; the likelihood beside it is not trained in this run and only wanders. At this pace the 500 epochs last three times as long as planned.",
        read=(
            "越训越慢：每 batch 8.4 s→14 s（每轮 5 分→8.5 分），匀速变慢，一直没停",
            "训练目标 Sharpe（取负）-9.7→-33，正常；MLE 不参与训练，上下漂属正常",
            "→ 查每轮是否往图/列表里加东西（tf 里重复建 op、saver）；重启进程续训最快",
        ),
    ),
    Case(
        name="baichuan-sft-resumed-a-sixth-of-a-nat-higher",
        source="hiyouga/LlamaFactory#512",
        family="sft",
        sketch=Sketch(
            at=every(10, 1_000),
            lines={
                "train/loss": Line((made(10, 1.62), made(100, 1.17), made(400, 1.01), level(700, 0.95), level(1_000, 0.95)), noise=(gaussian(0.022),), then=(rounded(4),)),
                "train/learning_rate": Line(cosine(5e-5, 5_000, warmup=100)),
            },
            config={"model_name_or_path": "baichuan-13b", "finetuning_type": "lora", "per_device_train_batch_size": 16, "learning_rate": 5e-5, "lr_scheduler_type": "cosine", "warmup_steps": 100, "logging_steps": 10, "save_steps": 1_000},
            clock=Clock(7.8, jitter=0.02),
            then=Sketch(
                at=every(10, 2_600, first=1_010),
                lines={
                    "train/loss": Line((made(1_010, 1.19), level(1_040, 1.1), level(2_600, 1.1)), noise=(gaussian(0.024),), then=(rounded(4),)),
                    "train/learning_rate": Line(cosine(5e-5, 5_000, warmup=100)),
                },
                clock=Clock(7.8, jitter=0.02, pauses=((1_010, 5_400),)), state="running",
            ),
        ),
        expect=sick(fault("resume-seam loss-jump", (1_000, 1_020), 1_500, WARNING), also="lr-anomaly config-drift plateau", never="overfit divergence lr-zero converged no-learning", unsaid=("已恢复",)),
        why="0.95 before the platform cut the job, 1.1 from the first records after it was loaded, and 1.1 sixteen hundred steps later, with or without warm-up. The adapter was loaded as a starting point, not as the run: optimiser state gone, perhaps half the adapter too. Small, and it does not heal.",
        read=(
            "1000 步续训后 loss 由 0.95 变 1.1，1600 步都没回来：不是暂时波动",
            "lr 曲线接得上，warmup 有无都一样 → 多半没恢复优化器/LoRA 权重（只给了 checkpoint_dir）",
            "→ 用 resume_from_checkpoint 续；先在 1000 步 ckpt 上跑一次 eval，确认 loss≈0.95",
        ),
    ),
    Case(
        name="olmo-reproduction-gone-five-hundred-steps-before-its-end",
        source="AntonioLopardo/OLMo:checkpoints/OLMo-1B-0724-reproduce/train_20251211_002555.log",
        family="pretraining",
        sketch=Sketch(
            at=every(1, 2_003),
            lines={
                "train/CrossEntropyLoss": loss(figures("1:11.33 35:7.94 69:7.212 103:6.873 137:6.66 171:6.385 205:6.183 239:6.031 272:5.929 306:5.809 340:5.664 374:5.599 408:5.5 442:5.405 476:5.321 510:5.248 544:5.185 578:5.132 612:5.06 646:4.986 680:4.935 714:4.849 748:4.747 781:4.676 815:4.615 849:4.546 883:4.495 917:4.456 951:4.408 985:4.322 1019:4.307 1053:4.251 1087:4.188 1121:4.212 1155:4.195 1189:4.112 1223:4.089 1256:4.088 1290:4.054 1324:4.003 1358:3.978 1392:3.939 1426:3.914 1460:3.928 1494:3.906 1528:3.883 1562:3.834 1596:3.873 1630:3.812 1664:3.777 1698:3.783 1732:3.783 1765:3.777 1799:3.722 1833:3.674 1867:3.715 1901:3.676 1935:3.632 1969:3.627 2003:3.674"), 0.0044),
                "train/Perplexity": Derived(("train/CrossEntropyLoss",), np.exp),
                "optim/total_grad_norm": loss(figures("1:11.55 42:1.404 83:1.475 124:0.9291 164:1.096 205:1.138 246:1.451 287:1.959 328:1.261 369:1.492 410:1.386 450:1.558 491:1.881 532:1.355 573:1.551 614:1.409 655:1.482 696:1.459 736:1.404 777:1.266 818:1.273 859:1.182 900:1.35 941:1.183 982:1.137 1022:1.125 1063:1.037 1104:1.073 1145:1.235 1186:0.9812 1227:1.018 1268:0.8815 1308:0.6434 1349:1.028 1390:0.7601 1431:1.053 1472:0.7291 1513:0.6766 1554:0.6121 1594:0.8151 1635:0.7398 1676:0.5226 1717:0.7985 1758:0.7037 1799:0.606 1840:0.5764 1880:0.5074 1921:0.5879 1962:0.7316 2003:0.7145"), 0.15),
                "throughput/total_tokens": Line(count(8_388_608)),
                "throughput/device/tokens_per_second": Line((made(1, 45_000), real(114, 47_673), level(1_000, 47_540), real(2_003, 47_400)), noise=(gaussian(30),)),
            },
            config={"run_name": "OLMo-1B-0724-reproduce", "max_duration": 2_500},
            state="crashed", planned=2_500, clock=Clock(22.1, jitter=0.008), silence=86_400, heartbeat=60,
        ),
        expect=sick(fault("run-crashed stalled-logging", (1_990, 2_003), 2_003, WARNING), never="divergence plateau overfit no-learning throughput-drop grad-explode grad-vanish loss-jump converged"),
        why="11.33 to 3.67 in 2,003 steps with a norm that comes down to 0.6 and the throughput level to a per mille: as sound as they come. Then the processes were killed, with semaphores left behind, 497 steps (three hours) short of the 2,500 planned. No loss of anything but time, if there is a checkpoint.",
        read=(
            "任务在 2003/2500 步中断（W&B 失联），还差 497 步约 3 小时",
            "中断前一切正常：CE 11.33→3.67，grad norm 0.6，4.74 万 tok/s 稳定",
            "→ 看机器日志（进程被杀、显存或时限）；从最近 ckpt 续训即可，结果未受影响",
        ),
    ),
)
