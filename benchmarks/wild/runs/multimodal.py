"""Fine-tuning of language models that see, hear or speak."""

from __future__ import annotations

from benchmarks.wild.case import CRITICAL, Case, fault, healthy, sick
from benchmarks.wild.sketch import (
    Clock,
    Line,
    Sketch,
    clipped,
    cosine,
    epoch,
    every,
    figures,
    gaussian,
    level,
    linear_decay,
    made,
    onward,
    real,
    rounded,
    spike,
    spikes,
    student,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        name="llamafactory-llama32v-loss-zero-norm-at-clip",
        source="hiyouga/LlamaFactory#8004",
        family="sft",
        sketch=Sketch(
            at=every(5, 1_500),
            lines={
                "train/loss": Line((made(5, 1.42), made(50, 0.94), made(300, 0.71), made(940, 0.62)), noise=(gaussian(0.05),), then=(onward(945, 0.0), rounded(4))),
                "train/grad_norm": Line((made(5, 1.9), made(60, 0.7), made(940, 0.55), level(945, 1.0)), scale="log", noise=(student(0.14, 4),), then=(onward(945, 1.0),)),
                "train/learning_rate": Line(cosine(1e-4, 3_600, warmup=360)),
                "train/epoch": Line(epoch(1_200)),
            },
            config={
                "model_name_or_path": "Llama-3.2-11B-Vision-Instruct", "stage": "sft", "finetuning_type": "lora", "lora_rank": 8, "lora_alpha": 16, "optim": "adamw_torch",
                "max_grad_norm": 1.0, "learning_rate": 1e-4, "num_train_epochs": 3.0, "lr_scheduler_type": "cosine", "logging_steps": 5, "bf16": True, "max_steps": 3_600,
            },
            step_key="train/global_step", state="running", planned=3_600, clock=Clock(6.3, jitter=0.05),
        ),
        expect=sick(fault("masked-nan metric-dead", (941, 950), 1_010, CRITICAL), also="grad-vanish grad-clip-saturated", never="converged lr-zero", unsaid=("已收敛",)),
        why="Loss exactly 0 and the gradient norm exactly 1 = max_grad_norm, both from one record to the next: a NaN that was masked on one side and "
        "clipped on the other. There is no NaN anywhere in the log, yet nothing trains.",
        read=(
            "945 步起 loss 恰为 0、grad norm 恰为 1.0（=max_grad_norm）：应是 NaN 被遮住，之后无效",
            "此前 loss 0.62、grad norm 约 0.55，正常",
            "→ 从 940 步以前的 ckpt 续训，查该 batch（图像为空或 label 全被 mask）；打印未过滤的 loss",
        ),
    ),
    Case(
        name="llava-lora-single-bad-batches",
        source="haotian-liu/LLaVA#918",
        family="sft",
        sketch=Sketch(
            at=every(1, 4_200),
            lines={
                "train/loss": Line(
                    (
                        made(1, 1.32), made(60, 0.92), made(400, 0.80), made(2_563, 0.70), real(2_564, 0.6623), real(2_565, 0.8022), real(2_567, 0.77),
                        real(2_568, 0.556), real(2_569, 0.8223), made(4_200, 0.665),
                    ),
                    noise=(gaussian(0.1),), then=(spikes(0.0012, 3.2, 6.5), spike(2_566, 4.2653), clipped(0.2), rounded(4)),
                ),
                "train/learning_rate": Line(cosine(2e-4, 10_485, warmup=315)),
                "train/epoch": Line(epoch(10_485)),
            },
            config={"lora_enable": True, "lora_r": 128, "lora_alpha": 256, "model_name_or_path": "liuhaotian/llava-v1.5-13b", "num_train_epochs": 1, "per_device_train_batch_size": 4, "learning_rate": 2e-4, "lr_scheduler_type": "cosine", "warmup_ratio": 0.03, "logging_steps": 1, "bf16": True, "max_steps": 10_485},
            step_key="train/global_step", state="running", planned=10_485, clock=Clock(4.57, jitter=0.02),
        ),
        expect=healthy(usable=False, also="loss-spike", never="divergence loss-jump oscillation"),
        why="About one batch in eight hundred costs four nats while the batches on both sides are ordinary: single odd samples (a broken image, a "
        "foreign language), logged batch by batch. The level goes down undisturbed. Worth at most a line to look at these samples.",
        read=(
            "训练中，正常：loss 1.32→0.67",
            "偶有单个 batch loss 3–5（如 2566 步 4.27，前后 0.80、0.77），下一步即恢复",
            "→ 仅提示：记录这些 batch 的样本 id，多为坏图或异常文本",
            "逐步记录，单步波动约 ±0.1 属正常",
        ),
    ),
    Case(
        name="llava-lora-creeps-up-after-20k",
        source="haotian-liu/LLaVA#1375",
        family="sft",
        sketch=Sketch(
            at=every(20, 48_000),
            lines={
                "train/loss": Line(
                    (
                        made(20, 1.75), made(400, 1.18), made(3_000, 0.98), made(10_000, 0.86), level(20_000, 0.80), made(22_000, 0.83), made(25_000, 1.15), made(28_000, 1.9), made(32_000, 3.4),
                        made(36_000, 5.2), level(40_000, 6.2), level(48_000, 6.2),
                    ),
                    noise=(gaussian((made(20, 0.06), made(24_000, 0.06), made(40_000, 0.35), made(48_000, 0.35))),), then=(rounded(4),),
                ),
                "train/learning_rate": Line(cosine(2e-4, 62_000, warmup=1_860)),
                "train/epoch": Line(epoch(62_000)),
            },
            config={"lora_enable": True, "lora_r": 128, "mm_projector_lr": 2e-5, "learning_rate": 2e-4, "num_train_epochs": 1, "lr_scheduler_type": "cosine", "warmup_ratio": 0.03, "bf16": True, "logging_steps": 20, "save_steps": 5_000, "max_steps": 62_000},
            step_key="train/global_step", state="running", planned=62_000, clock=Clock(2.4, jitter=0.04),
        ),
        expect=sick(fault("divergence loss-jump", (20_000, 24_500), 28_500, CRITICAL), never="plateau converged oscillation"),
        why="0.80 at 20,000, then up for twenty thousand steps, slowly enough that each record looks like noise, to 6.2, worse than at the first. At lr "
        "2e-4; with 2e-5 the same data train. By 1.9 (a nat above its best) nobody should be waiting any longer.",
        read=(
            "20000 步（loss 0.80）后持续上升到 6.2，比开训时还差：已发散",
            "上升缓慢（2 万步），单看每条记录像波动；lr 2e-4 仍接近峰值",
            "→ 从 20000 步的 ckpt 续训，lr 2e-4→2e-5（同样问题的人这样解决）",
            "25000 步之后的 ckpt 都不能用",
        ),
    ),
    Case(
        name="unsloth-gemma3n-audio-loss-from-nine",
        source="unslothai/notebooks:nb/Gemma3N_(4B)-Audio.ipynb",
        family="sft",
        sketch=Sketch(
            at=every(10, 1_500),
            lines={
                "train/loss": Line(figures("10:8.9261 20:8.573 30:1.9231 40:1.2189 50:0.9937 60:1.1056 80:0.8122 100:0.6814 150:0.6453 200:0.5256 300:0.4433 500:0.4309 750:0.373 1000:0.3251 1250:0.306 1500:0.3954"), scale="log", noise=(gaussian((made(10, 0.02), made(100, 0.09), made(1_500, 0.11))),), then=(rounded(4),)),
                "train/grad_norm": Line((made(10, 38), made(30, 12), made(100, 2.2), made(300, 1.3), made(1_500, 1.1)), scale="log", noise=(student(0.2, 4),)),
                "train/learning_rate": Line(cosine(5e-5, 1_500, warmup=150)),
                "train/epoch": Line(epoch(1_500)),
            },
            config={"model_name": "unsloth/gemma-3n-E4B-it", "per_device_train_batch_size": 2, "gradient_accumulation_steps": 1, "warmup_ratio": 0.1, "num_train_epochs": 1, "learning_rate": 5e-5, "lr_scheduler_type": "cosine", "logging_steps": 10, "weight_decay": 0.001, "max_steps": 1_500},
            step_key="train/global_step", planned=1_500, clock=Clock(4.6, jitter=0.05),
        ),
        expect=healthy(usable=False, never="loss-jump loss-spike divergence plateau no-learning overfit grad-explode lr-zero"),
        why="A new kind of input: 8.9 falls to 1.9 within thirty steps, then slowly to 0.36. No evaluation, one epoch. Two samples a batch explain the scatter.",
        read=(
            "训练完成，过程正常：loss 8.93→0.36，一个 epoch，无过拟合之虞；没有评估",
            "前 30 步的陡降（8.6→1.9）是模板/格式学会，属正常",
            "→ 在留出音频上算 WER 再定",
        ),
    ),
    Case(
        name="unsloth-orpheus-tts-stays-at-four-point-four",
        source="unslothai/notebooks:nb/Orpheus_(3B)-TTS.ipynb",
        family="sft",
        sketch=Sketch(
            at=every(1, 298),
            lines={
                "train/loss": Line((*figures("1:5.1138 2:4.8706 5:5.0092 10:4.6665"), level(13, 4.7), real(20, 4.5339), level(38, 4.597), real(40, 4.5434), level(58, 4.57), real(60, 4.5783), level(88, 4.481), real(100, 4.3959), made(101, 4.49), level(138, 4.456), made(149, 4.45), real(150, 4.6792), made(151, 4.45), level(188, 4.436), made(199, 4.45), real(200, 4.3208), made(201, 4.46), level(238, 4.457), real(250, 4.4724), level(286, 4.435), real(298, 4.498)), noise=(gaussian(0.115),), then=(rounded(4),)),
                "train/grad_norm": Line((made(1, 1.5), made(30, 0.85), made(298, 0.8)), scale="log", noise=(gaussian(0.14),)),
                "train/learning_rate": Line(linear_decay(2e-4, 298, warmup=5)),
                "train/epoch": Line(epoch(298)),
            },
            config={"model_name": "unsloth/orpheus-3b-0.1-ft", "per_device_train_batch_size": 1, "gradient_accumulation_steps": 4, "warmup_steps": 5, "num_train_epochs": 1, "learning_rate": 2e-4, "lr_scheduler_type": "linear", "logging_steps": 1, "weight_decay": 0.001, "optim": "adamw_8bit"},
            step_key="train/global_step", planned=298, clock=Clock(2.9, jitter=0.06),
        ),
        expect=healthy(usable=False, also="plateau converged", never="no-learning overfit divergence oscillation loss-spike at-chance"),
        why="Audio codes are close to random token by token: 5.1 to 4.44 and flat is all a voice of 1,195 clips gives, from a model that could speak before. To be judged by ear, not by this loss.",
        read=(
            "训练完成，过程正常：loss 5.1→4.44 后持平；没有评估",
            "TTS 的离散音频码本身熵高，loss 停在 4.4 不等于没学到",
            "→ 合成几句听；再训几轮可能过拟合音色，留意",
        ),
    ),
)
# fmt: on
