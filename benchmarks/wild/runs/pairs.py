"""Preference tuning, second round: DPO, ORPO and reward models."""

from __future__ import annotations

from benchmarks.wild.case import INFO, WARNING, Case, fault, healthy, sick
from benchmarks.wild.columns import margin, score
from benchmarks.wild.sketch import (
    Clock,
    Line,
    Sketch,
    apply,
    binomial,
    constant,
    cosine,
    count,
    epoch,
    every,
    figures,
    gaussian,
    level,
    levels,
    linear_decay,
    lognormal,
    made,
    real,
    rounded,
    student,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        name="mlx-orpo-margins-of-hundredths",
        source="ml-explore/mlx-lm#6",
        family="preference",
        sketch=Sketch(
            at=every(10, 500),
            lines={
                "train/loss": Line((*figures("10:0.061 20:0.058 30:0.072 40:0.057 50:0.045 60:0.054"), made(61, 0.056), made(250, 0.051), made(500, 0.047)), scale="log", noise=(gaussian(0.13),), then=(rounded(3),)),
                "train/chosen_reward": Line((*figures("10:-0.206 20:-0.176 30:-0.219 40:-0.168 50:-0.169 60:-0.181"), made(250, -0.168), made(500, -0.155)), noise=(gaussian(0.02),), then=(rounded(3),)),
                "train/rejected_reward": Line((*figures("10:-0.227 20:-0.203 30:-0.236 40:-0.195 50:-0.240 60:-0.216"), made(250, -0.226), made(500, -0.238)), noise=(gaussian(0.018),), then=(rounded(3),)),
                "train/accuracy": Line((*figures("10:0.6 20:0.8 30:0.5 40:0.7 50:0.8 60:0.8"), made(61, 0.72), made(500, 0.8)), then=(binomial(10),)),
                "train/margin": margin("train/chosen_reward", "train/rejected_reward"),
                "train/learning_rate": Line(constant(1e-5)),
                "train/tokens_per_sec": Line((real(10, 63.892), real(20, 63.266), real(30, 62.543), real(40, 62.565), real(50, 685.863), made(60, 63), made(500, 63)), then=(lognormal(0.02),)),
                "train/peak_mem": Line((*figures("10:5.276 20:6.435 30:6.435 40:7.027 50:7.767"), made(500, 7.767)), hold=10),
                "val/loss": Line((real(0, 0.055), real(50, 0.052), made(250, 0.049), made(500, 0.0475)), at=every(50, 500, first=0), noise=(gaussian(0.0007),), then=(rounded(3),)),
                "val/accuracy": Line((real(0, 1.0), real(50, 1.0)), at=every(50, 500, first=0)),
                "val/margin": Line((real(0, 0.028), real(50, 0.036), made(500, 0.07)), at=every(50, 500, first=0), noise=(gaussian(0.004),), then=(rounded(3),)),
            },
            config={"training_mode": "orpo", "iters": 500, "learning_rate": 1e-5, "beta": 0.1, "steps_per_report": 10, "steps_per_eval": 50, "val_batches": 1, "batch_size": 1},
            planned=500, clock=Clock(13.0, jitter=0.15),
        ),
        expect=healthy(usable=False, also="eval-underpowered metric-dead eval-leak plateau", never="at-chance no-learning preference-saturated throughput-drop mem-growth gan-collapse overfit"),
        why="ORPO counts log-probabilities per token times 0.1, so margins of hundredths are all one sees; they grow from 0.03 to 0.07 and the validation loss falls a little at each look. The "
        "accuracy of 1.000 is that of a single batch of one or two pairs. Slow, not wrong. The memory steps up with the longest sample so far.",
        read=(
            "训练完成，正常：val loss 0.055→0.0475，margin 0.028→0.07 缓升（ORPO 的奖励本来就是这个量级）",
            "val accuracy 恒为 1.000 只是 1 个 batch 的样本，不能当依据",
            "train accuracy 0.5–0.9 是每次 10 对的抽样波动",
            "→ 加大 val_batches 再判断；想更快可提高 lr（LoRA 可到 5e-5）",
        ),
    ),
    Case(
        name="mlx-dpo-accuracy-two-three-four",
        source="ml-explore/mlx-examples#1209",
        family="preference",
        sketch=Sketch(
            at=every(1, 20),
            lines={
                "train/loss": Line((*figures("1:0.69314718 2:0.49983707 3:0.29690582 4:0.11287212"), made(6, 0.03), made(10, 0.006), made(20, 0.0012)), scale="log", noise=(gaussian(0.4),)),
                "train/chosen_reward": Line((*figures("1:0.0 2:0.304 3:1.239 4:1.498"), made(10, 3.4), made(20, 4.4)), noise=(gaussian(0.4),), then=(rounded(3),)),
                "train/rejected_reward": Line((*figures("1:0.0 2:-0.173 3:0.130 4:-0.629"), made(10, -2.8), made(20, -4.1)), noise=(gaussian(0.5),), then=(rounded(3),)),
                "train/accuracy": Line((*figures("1:0.0 2:1.0 3:2.0 4:3.0"), made(20, 19.0)), then=(rounded(0),)),
                "train/margin": Line((*figures("1:0.0 2:0.476 3:1.585 4:3.712"), made(20, 92)), then=(rounded(3),)),
                "train/learning_rate": Line(constant(1e-5)),
                "train/tokens_per_sec": Line(figures("1:95.431 2:96.268 3:101.869 4:96.193"), noise=(gaussian(2),)),
                "train/peak_mem": Line((*figures("1:14.636 2:15.923 3:16.125 4:16.125"),), hold=1),
            },
            config={"training_mode": "dpo", "iters": 20, "learning_rate": 1e-5, "beta": 0.1, "batch_size": 2, "steps_per_report": 1, "model": "Qwen/Qwen2.5-3B-Instruct"},
            planned=20, clock=Clock(7.6, jitter=0.15),
        ),
        expect=sick(fault("impossible-value", (2, 4), 14, WARNING), also="preference-saturated loss-decomposition-mismatch", never="converged no-learning mem-growth at-chance"),
        why="An accuracy of 2, 3, 4 … cannot be: the counter is summed over reports and never divided, as is the margin (3.7 where chosen less rejected are 2.1). The loss goes from ln 2 to nothing within "
        "ten pairs, so the training works; the two columns say nothing.",
        read=(
            "accuracy 2、3、4…19：不可能大于 1，是累加没清零；margin 也是累加（4 步 3.71，chosen−rejected 只有 2.13）",
            "loss 0.693→0.001，训练本身在动；20 步、每步 2 对就饱和，数据太容易分",
            "→ 修日志：每次上报后清零并按样本数平均",
        ),
    ),
    Case(
        name="trl-dpo-eval-margin-below-zero",
        source="huggingface/trl#570",
        family="preference",
        sketch=Sketch(
            at=every(10, 120),
            lines={
                "loss": Line((made(10, 0.98), real(20, 0.9073), real(30, 0.8165), real(40, 0.7638), made(60, 0.71), made(90, 0.66), made(120, 0.64)), noise=(gaussian(0.02),), then=(rounded(4),)),
                "rewards/chosen": Line((made(10, -0.6), real(20, -1.17503821849823), real(30, -1.1095190048217773), real(40, -0.923618495464325), made(120, -0.7)), noise=(gaussian(0.08),)),
                "rewards/rejected": Line((made(10, -0.7), real(20, -1.4742968082427979), real(30, -1.5209710597991943), real(40, -1.2611225843429565), made(120, -1.25)), noise=(gaussian(0.08),)),
                "rewards/margins": margin("rewards/chosen", "rewards/rejected"),
                "rewards/accuracies": Line((made(10, 0.53), real(20, 0.5625), real(30, 0.625), made(40, 0.61), made(120, 0.68)), then=(binomial(80),)),
                "learning_rate": Line(linear_decay(5e-5, 125)),
                "epoch": Line(epoch(125)),
                "eval_loss": Line((real(25, 0.8106440901756287), made(50, 0.818), made(75, 0.809), made(100, 0.812), made(125, 0.811)), at=every(25, 125)),
                "eval_rewards/chosen": Line((real(25, -0.26931989192962646), made(75, -0.35), made(125, -0.36)), at=every(25, 125), noise=(gaussian(0.01),)),
                "eval_rewards/rejected": Line((real(25, -0.19057123363018036), made(75, -0.30), made(125, -0.31)), at=every(25, 125), noise=(gaussian(0.01),)),
                "eval_rewards/margins": margin("eval_rewards/chosen", "eval_rewards/rejected"),
                "eval_rewards/accuracies": Line((real(25, 0.45192307233810425), made(75, 0.462), made(125, 0.471)), at=every(25, 125), noise=(gaussian(0.008),)),
            },
            config={"learning_rate": 5e-5, "lr_scheduler_type": "linear", "num_train_epochs": 1, "max_steps": 125, "logging_steps": 10, "eval_steps": 25, "beta": 0.1, "per_device_train_batch_size": 8},
            planned=125, clock=Clock(1.9, jitter=0.04, evals=(25, 9.6)),
        ),
        expect=sick(fault("at-chance overfit gen-gap no-learning eval-regress", (0, 80), 125, WARNING), also="plateau eval-underpowered", never="converged preference-saturated eval-leak divergence"),
        why="In training the chosen answers win a little (0.3 to 0.55); on held-out pairs the margin is below zero, the accuracy 0.45 and the loss 0.81, above ln 2: worse than a model that "
        "has not been touched. A hundred pairs make a coin-toss uncertain by five points, so this is chance, and it does not improve.",
        read=(
            "eval accuracy 0.45–0.47、margin −0.05~−0.08、eval loss 0.81 > ln2：在留出集上不如不训",
            "train margin 0.3→0.55 只是记住了训练对",
            "→ 先核对 eval 的 chosen/rejected 有没有反、模板是否一致；lr 5e-5 降到 5e-7–5e-6",
            "评估约 104 对，accuracy 误差 ±5 个点",
        ),
    ),
    Case(
        name="llamafactory-baichuan-reward-model-loss-falls-accuracy-does-not",
        source="hiyouga/LlamaFactory#934",
        family="preference",
        sketch=Sketch(
            at=every(10, 1_000),
            lines={
                "loss": Line((level(10, 0.80), made(100, 0.725), made(300, 0.685), made(600, 0.63), level(1_000, 0.58)), noise=(gaussian(0.03),), then=(rounded(4),)),
                "learning_rate": Line(cosine(1e-5, 1_200)),
                "epoch": Line(epoch(400)),
                "eval_loss": Line((made(100, 0.742), made(300, 0.716), made(600, 0.694), made(1_000, 0.681)), at=every(100, 1_000), noise=(gaussian(0.003),), then=(rounded(4),)),
                "eval_accuracy": Line((level(100, 0.64), made(200, 0.6), made(300, 0.625), made(400, 0.595), made(500, 0.62), made(600, 0.585), made(700, 0.61), made(800, 0.59), made(900, 0.6), level(1_000, 0.58)), at=every(100, 1_000), noise=(gaussian(0.004),)),
            },
            config={"stage": "rm", "model_name_or_path": "baichuan2-chat", "finetuning_type": "lora", "learning_rate": 1e-5, "num_train_epochs": 3, "logging_steps": 10, "eval_steps": 100, "max_steps": 1_200},
            state="running", planned=1_200, clock=Clock(2.2, jitter=0.04, evals=(100, 30)),
        ),
        expect=sick(fault("eval-regress at-chance no-learning overfit", (150, 900), 1_000, INFO, WARNING), also="best-checkpoint-old eval-underpowered plateau gen-gap metric-dead", never="converged divergence eval-leak preference-saturated"),
        why="Both losses fall to 0.58 and 0.68, the accuracy on held-out pairs wavers between 0.64 and 0.58 and ends lowest. The loss only gets smaller rewards (less badly wrong pairs), the order of pairs "
        "is not learnt. Too few or too hard pairs, say the maintainers: ten thousand are needed.",
        read=(
            "eval accuracy 0.64→0.58，10 次评估没有提升；loss 与 eval loss 却都在降",
            "eval loss 0.68 与 ln2（0.693）几乎一样：排序没学到，只是打分幅度变小",
            "→ 数据要到 1 万对量级，抽查标注一致性；accuracy 才是该看的指标",
            "留出集小，±3 个点是抽样误差",
        ),
    ),
    Case(
        name="llamafactory-qwen-dpo-accuracy-one-for-nine-epochs",
        source="hiyouga/LlamaFactory#5116",
        family="preference",
        sketch=Sketch(
            at=every(2, 5_620),
            lines={
                "train/loss": Line((made(2, 0.6931), made(60, 0.66), made(140, 0.42), made(240, 0.11), made(400, 0.02), made(1_000, 0.0018), made(3_000, 2.2e-4), made(5_620, 1.1e-4)), scale="log", noise=(gaussian((made(2, 0.02), made(200, 0.2), made(400, 0.5), made(5_620, 0.5))),), then=(rounded(4),)),
                "train/rewards/chosen": Line((made(2, 0.0), made(140, 0.35), made(400, 1.1), made(1_000, 1.2), made(5_620, 0.6)), noise=(gaussian((made(2, 0.01), made(300, 0.3), made(5_620, 0.4))),)),
                "train/rewards/rejected": Line((made(2, 0.0), made(140, -0.6), made(400, -4.2), made(1_000, -7.6), made(3_000, -10.4), made(5_620, -11.2)), noise=(gaussian((made(2, 0.01), made(300, 0.6), made(5_620, 0.9))),)),
                "train/rewards/margins": margin("train/rewards/chosen", "train/rewards/rejected"),
                "train/rewards/accuracies": Line((made(2, 0.5), made(60, 0.7), made(140, 0.95), made(220, 0.995), level(400, 1.0), level(5_620, 1.0)), then=(binomial(16),)),
                "train/learning_rate": Line(cosine(1e-5, 5_625, warmup=562)),
                "train/epoch": Line(epoch(562.5)),
                "eval/loss": Line((made(500, 0.011), made(1_000, 0.0031), made(2_000, 0.0016), made(3_500, 0.0014), made(5_500, 0.0014)), scale="log", at=every(500, 5_500), noise=(gaussian(0.1),), then=(rounded(4),)),
                "eval/rewards/accuracies": Line((level(500, 1.0),), at=every(500, 5_500)),
            },
            config={"model_name_or_path": "qwen-1.8B-chat", "stage": "dpo", "finetuning_type": "lora", "pref_beta": 0.1, "pref_loss": "sigmoid", "learning_rate": 1e-5, "num_train_epochs": 10, "per_device_train_batch_size": 1, "gradient_accumulation_steps": 8, "logging_steps": 2, "eval_steps": 500, "warmup_ratio": 0.1, "bf16": True, "val_size": 0.1},
            step_key="train/global_step", planned=5_625, clock=Clock(1.4, jitter=0.05, evals=(500, 40)),
        ),
        expect=sick(fault("preference-saturated", (140, 700), 2_200, INFO, WARNING), also="converged metric-dead plateau grad-vanish overfit best-checkpoint-old", never="divergence eval-leak no-learning at-chance masked-nan"),
        why="Chosen answers are Chinese, rejected ones English: told apart after half an epoch, accuracy 1, margin 12, loss 1e-4, and nine more epochs pull the model away for nothing. On held-out pairs too, "
        "so no overfitting by the book; and no better answers, its owner says. What it has learnt is the language.",
        read=(
            "400 步起 accuracy 恒为 1、loss 趋 0、margin 拉到 12：偏好已饱和，后面 9 个 epoch 没有新信息",
            "chosen/rejected 差异太表面（如中/英文），模型只学到这个区分，回答不会变好",
            "→ 用 300–500 步的 ckpt；1 个 epoch 足够；让模型自己生成 rejected（on-policy）",
        ),
    ),
    Case(
        name="llama2-13b-chat-dpo-held-out-accuracy-at-half",
        source="eric-mitchell/direct-preference-optimization#53",
        family="preference",
        sketch=Sketch(
            at=every(960, 160_320),
            lines={
                "loss/train": Line((made(960, 0.7), made(20_000, 0.685), made(60_000, 0.672), made(160_320, 0.655)), noise=(gaussian(0.02),)),
                "rewards_train/accuracies": Line((made(960, 0.5), made(20_000, 0.545), made(160_320, 0.605)), then=(binomial(64),)),
                "rewards_train/chosen": Line((made(960, 0.0), made(160_320, -0.22)), noise=(gaussian(0.06),)),
                "rewards_train/rejected": Line((made(960, 0.0), made(160_320, -0.37)), noise=(gaussian(0.06),)),
                "rewards_train/margins": margin("rewards_train/chosen", "rewards_train/rejected"),
                "grad_norm": Line((made(960, 6), made(20_000, 8), made(160_320, 9)), scale="log", noise=(student(0.2, 6),)),
                "loss/eval": Line((made(19_200, 0.696), made(80_000, 0.698), made(153_600, 0.7)), at=every(19_200, 153_600, first=0), noise=(gaussian(0.002),)),
                "rewards_eval/accuracies": Line(levels((0, 0.5), (80_000, 0.5), (153_600, 0.51)), at=every(19_200, 153_600, first=0), then=(binomial(256),)),
                "rewards_eval/margins": Line((made(0, 0.0), made(153_600, 0.01)), at=every(19_200, 153_600, first=0), noise=(gaussian(0.012),)),
            },
            config={"model": {"name_or_path": "Llama-2-13b-chat", "policy_dtype": "bfloat16"}, "loss": {"name": "dpo", "beta": 0.1}, "datasets": ["hh"], "n_epochs": 1, "batch_size": 64, "eval_every": 19_200, "n_eval_examples": 256, "lr": 5e-7},
            step_key="counters/examples", state="finished", apart=True, planned=160_800, clock=Clock(0.19, jitter=0.05, evals=(19_200, 260)),
        ),
        expect=sick(fault("at-chance no-learning gen-gap", (0, 60_000), 153_600, WARNING), also="eval-underpowered plateau overfit metric-dead", never="converged preference-saturated divergence eval-leak"),
        why="Nine looks at 256 held-out pairs, and the accuracy is a coin each time (0.5 within three points); the margin is nothing. In training the pairs are told apart at 60 %. HH pairs give 0.60 to 0.65 on held-out "
        "data when it works: changed tokenisation or masks are the suspects.",
        read=(
            "eval accuracy 9 次都在 0.50±0.03：留出集上没有学到偏好（HH 正常 0.60–0.65）",
            "train accuracy 0.50→0.60、loss 0.70→0.655，只在训练对上有变化",
            "→ 查改过的模板：回答的 mask、结尾空格、</s>；bf16 策略 + lr 5e-7 可能更新被舍掉，试 fp32",
        ),
    ),
    Case(
        name="swift-rpo-starts-below-half-with-a-loss-near-one",
        source="modelscope/ms-swift#4146",
        family="preference",
        sketch=Sketch(
            at=every(1, 94),
            lines={
                "loss": Line((made(1, 0.948), real(2, 0.95361328), real(3, 0.92423505), real(4, 0.92635095), made(10, 0.905), made(30, 0.79), made(60, 0.71), made(94, 0.69)), noise=(gaussian(0.03),)),
                "grad_norm": Line((made(1, 82), real(2, 80.16770935), real(3, 83.79512024), real(4, 71.51528931), made(20, 55), made(94, 38)), scale="log", noise=(gaussian(0.12),)),
                "learning_rate": Line((made(1, 1e-7), real(2, 2e-7), real(3, 3e-7), real(4, 4e-7), made(10, 1e-6), made(50, 6.5e-7), made(94, 1e-7))),
                "memory(GiB)": Line((real(2, 37.9), real(3, 43.18), made(94, 43.18)), hold=1),
                "train_speed(iter/s)": Line((made(1, 0.0061), real(2, 0.007584), real(3, 0.008413), real(4, 0.008905), made(20, 0.0105), made(94, 0.0108))),
                "rewards/chosen": Line((made(1, 0.0), real(2, -0.00637817), real(3, 0.00026131), real(4, -0.0067749), made(30, 0.12), made(94, 0.24)), noise=(gaussian(0.01),)),
                "rewards/rejected": Line((made(1, 0.0), real(2, 0.00234985), real(3, -0.01611328), real(4, -0.03100586), made(30, -0.25), made(94, -0.7)), noise=(gaussian(0.02),)),
                "rewards/margins": margin("rewards/chosen", "rewards/rejected"),
                "rewards/accuracies": Line((made(1, 0.0), real(2, 0.3125), real(3, 0.41666669), real(4, 0.4375), made(10, 0.6), made(30, 0.76), made(94, 0.84)), then=(binomial(48),)),
                "logps/chosen": Line((real(2, -186.0), real(3, -164.0), real(4, -169.0)), noise=(gaussian(14),)),
                "logps/rejected": Line((real(2, -167.0), real(3, -164.0), real(4, -141.0), made(94, -166)), noise=(gaussian(14),)),
                "nll_loss": Line((real(2, 1.015625), real(3, 0.953125), real(4, 0.98046875), made(94, 0.93)), noise=(gaussian(0.03),)),
                "epoch": Line(epoch(47)),
            },
            config={"rlhf_type": "dpo", "beta": 0.1, "learning_rate": 1e-6, "num_train_epochs": 2, "max_steps": 94, "logging_steps": 1},
            planned=94, clock=Clock(93.0, jitter=0.05),
        ),
        expect=healthy(usable=False, also="grad-clip-saturated", never="at-chance no-learning loss-decomposition-mismatch throughput-drop preference-saturated masked-nan scale-mismatch mem-growth data-bound"),
        why="Accuracy 0.31 and a loss of 0.95 at step two look worse than chance: with rewards of thousandths the sign is noise, and the loss contains a part of the likelihood (RPO) beside ln 2. From step ten the margin "
        "grows as it should. The speed is a running mean that includes the start.",
        read=(
            "训练完成，正常：margin 0→0.94，accuracy 升到 0.84，loss 0.95→0.69",
            "开头 accuracy 0.31、loss 0.95 不是异常：奖励还是 ±0.01，loss 里还有约 0.25×nll（RPO）",
            "train_speed 从 0.0061 爬升只是含启动的累计平均",
            "没有评估，能否用要看留出集",
        ),
    ),
    Case(
        name="stack-llama-reward-model-sixty-seven-percent",
        source="huggingface/blog#998",
        family="preference",
        sketch=Sketch(
            at=every(10, 6_000),
            lines={
                "train/loss": Line((made(10, 0.698), made(200, 0.668), made(1_000, 0.634), made(3_000, 0.612), made(6_000, 0.6)), noise=(gaussian(0.035),), then=(rounded(4),)),
                "train/learning_rate": Line(linear_decay(2e-5, 6_000)),
                "train/epoch": Line(epoch(6_000, 3)),
                "eval/loss": Line((made(500, 0.653), made(1_500, 0.627), made(3_000, 0.614), made(6_000, 0.607)), at=every(500, 6_000), noise=(gaussian(0.0012),)),
                "eval/accuracy": score((made(500, 0.613), made(1_500, 0.645), made(3_000, 0.661), level(6_000, 0.67)), 0.003, steps=every(500, 6_000)),
            },
            config={"model_name": "llama-7b-se", "per_device_train_batch_size": 4, "learning_rate": 2e-5, "num_train_epochs": 1, "lr_scheduler_type": "linear", "bf16": True, "eval_steps": 500},
            step_key="train/global_step", planned=6_000, clock=Clock(3.1, jitter=0.04, evals=(500, 420)),
        ),
        expect=healthy(usable=True, also="plateau converged", never="at-chance no-learning overfit eval-regress gen-gap lr-zero"),
        why="A loss of 0.60 is not far from ln 2 and 67 % not far from half, but people agree no better on such answers, and each of twelve evaluations is better than the last. That is what "
        "a reward model on forum votes looks like.",
        read=(
            "训练完成，可用：eval accuracy 0.613→0.67，eval loss 0.653→0.607，一路变好",
            "67% 看着低，但这类投票数据人也差不多；loss 0.60 接近 ln2 属正常",
            "→ 用最后的 ckpt；PPO 时对奖励做归一并留意钻空子",
        ),
    ),
    Case(
        name="llamafactory-long-pairs-two-hundred-of-five-thousand-steps",
        source="hykun1989/360-LLaMA-Factory-grpo:trainer_log.jsonl",
        family="preference",
        sketch=Sketch(
            at=every(1, 202),
            lines={
                "train/loss": Line(
                    figures("1:0.6491 9:0.4834 17:0.6332 25:0.6197 33:0.7057 41:0.6096 49:0.6283 57:0.8458 65:0.8061 73:0.3936 81:0.6634 89:0.6201 97:0.7143 105:0.6891 113:0.6234 121:0.5674 129:0.5146 137:0.5449 145:0.6425 153:0.6523 161:0.4456 169:0.4506 177:0.9238 185:0.9756 193:0.4137 201:0.7393 202:0.4962"),
                    scale="log", noise=(gaussian(0.22),), then=(rounded(4),),
                ),
                "train/accuracy": Line(
                    figures("1:1.0 9:0.75 17:0.75 25:0.25 33:0.5 41:0.5 49:0.75 57:0.25 65:0.5 73:1.0 81:0.5 89:0.75 97:0.75 105:0.5 113:0.5 121:0.75 129:1.0 137:0.75 145:0.75 153:0.5 161:1.0 169:1.0 177:0.0 185:0.25 193:1.0 201:0.5 202:1.0"),
                    then=(apply(lambda x, steps: 0.5 + 0.25 * (x - 0.5)), binomial(4)),
                ),
                "train/learning_rate": Line(count(9.803921568627451e-10)),
                "train/epoch": Line(epoch(510.5, 4)),
            },
            config={"num_train_epochs": 10, "max_steps": 5_100, "warmup_ratio": 0.1, "learning_rate": 5e-7, "lr_scheduler_type": "cosine", "logging_steps": 1},
            step_key="train/global_step", state="running", planned=5_100, clock=Clock(44.9, jitter=0.04),
        ),
        expect=healthy(usable=False, also="eval-underpowered", never="divergence at-chance no-learning overfit plateau lr-anomaly metric-dead oscillation schedule-mismatch"),
        why="Four per cent of the plan, in the warm-up, at an lr of 2e-7: that the loss is where it began (0.69 give or take 0.19) and that four pairs a step give accuracies of 0, 0.25 to 1 is all there can be. The mean of the last fifty steps is 0.05 above the first, less than two standard errors. "
        "Too early to say anything.",
        read=(
            "训练中（202/5100 步），还在 warmup（lr 2e-7 / 5e-7），现在判断为时过早",
            "loss 0.69±0.19、accuracy 0.25–1 跳动是每步只有 4 对；后 50 步均值略高也在误差内",
            "→ 过了 510 步再看；accuracy 取 50 步滑动均值，并留一份验证集",
        ),
    ),
)
# fmt: on
