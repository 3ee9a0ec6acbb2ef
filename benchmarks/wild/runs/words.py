"""Language models, speech, recommenders, graphs and series: threads and logs of their owners."""

from __future__ import annotations

import numpy as np

from benchmarks.wild.case import CRITICAL, INFO, WARNING, Case, fault, healthy, sick
from benchmarks.wild.sketch import (
    NAN,
    Clock,
    Derived,
    Line,
    Sketch,
    ar1,
    at,
    clipped,
    constant,
    count,
    epoch,
    every,
    figures,
    flat,
    gaussian,
    levels,
    linear_decay,
    lognormal,
    made,
    mades,
    onward,
    real,
    reals,
    rounded,
    stretch,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        name="baby-llama-pretraining-nan-at-seven-thousand", source="DLLXW/baby-llama2-chinese#17", family="pretraining",
        sketch=Sketch(at=every(1_000, 30_000, first=0), lines={
                "loss": Line(figures("0:11.271 1000:6.268 2000:5.627 3000:4.548 4000:4.591 5000:4.309 6000:4.294"), then=(onward(7_000, NAN),)),
                "lr": Line((*figures("0:0 1000:1e-4 2000:1e-4 3000:9.99e-5 4000:9.97e-5 5000:9.94e-5 6000:9.91e-5 7000:9.87e-5 8000:9.83e-5 9000:9.77e-5 10000:9.71e-5 11000:9.65e-5"), made(30_000, 7.7e-5))),
        }, config={"learning_rate": 1e-4, "max_epoch": 2, "iter_per_epoch": 293_491, "dtype": "float16"}, state="running", planned=586_982, clock=Clock(0.215, jitter=0.02)),
        expect=sick(fault("nan-inf", (6_001, 7_000), 12_000, CRITICAL), also="divergence metric-dead", never="converged plateau lr-zero no-learning", unsaid=("已收敛", "已恢复")),
        why="11.3 to 4.29 in six thousand steps, as a small model does, and NaN in every record from 7000 on. It went on for hours at NaN; the weights are gone since before that record.",
        read=(
            "7000 步起 loss 变成 NaN，之后一直是 NaN，后面的训练全部作废",
            "此前正常：11.27→4.29（6000 步）",
            "→ 停掉，从 6000 步之前的 ckpt 续；fp16 换 bf16 或调低 lr、加梯度裁剪",
        ),
    ),
    Case(
        name="slm-experimental-block-stays-at-word-frequencies", source="0Xero7/slm_training:lightning_logs/version_7/metrics.csv", family="pretraining",
        sketch=Sketch(at=every(100, 10_949, first=49), lines={
                "train_loss_step": Line(figures("49:7.6821 149:7.8101 249:7.783 349:7.6888 449:7.6989 549:7.6172 649:7.5925 749:7.5703 849:7.6413 949:7.6894 1049:7.7212 1149:7.5954 1249:7.6436 1349:7.5481 1449:7.5785 1549:7.6451 1649:7.6814 1749:7.7054 1849:7.6255 1949:7.6598 2049:7.6165 2149:7.6086 2249:7.6724 2349:7.6037 2449:7.6591 2549:7.6605 2649:7.5966 2749:7.5752 2849:7.6055 2949:7.5624 3049:7.6064 3149:7.6697 3249:7.7814 3349:7.6777 3449:7.6015 3549:7.6049 3649:7.6124 3749:7.5433 3849:7.5566 3949:7.7046 4049:7.6946 4149:7.633 4249:7.6667 4349:7.5723 4449:7.5255 4549:7.5733 4649:7.6468 4749:7.7436 4849:7.6002 4949:7.6928 5049:7.5976 5149:7.5912 5249:7.6327 5349:7.5173 5449:7.6476 5549:7.6799 5649:7.6102 5749:7.7191 5849:7.5944 5949:7.6523 6049:7.5738 6149:7.5913 6249:7.7126 6349:7.5664 6449:7.5829 6549:7.5751 6649:7.6195 6749:7.6185 6849:7.5604 6949:7.678 7049:7.7448 7149:7.5686 7249:7.5615 7349:7.4892 7449:7.6003 7549:7.652 7649:7.5978 7749:7.6877 7849:7.6626 7949:7.5762 8049:7.5726 8149:7.6531 8249:7.6437 8349:7.5759 8449:7.6422 8549:7.7061 8649:7.6361 8749:7.6178 8849:7.5536 8949:7.56 9049:7.5347 9149:7.5982 9249:7.6091 9349:7.5946 9449:7.5714 9549:7.6072 9649:7.5732 9749:7.5675 9849:7.6351 9949:7.6877 10049:7.6831 10149:7.5878 10249:7.6545 10349:7.5775 10449:7.577 10549:7.5771 10649:7.6707 10749:7.7321 10849:7.6166 10949:7.623"), noise=(gaussian(0.07),)),
                "train_perplexity_step": Derived(("train_loss_step",), np.exp),
        }, config={"d_model": 768, "num_layers": 12, "lr": 0.000236, "max_seq_len": 128, "num_epochs": 1, "vocab_size": 50_258, "use_experimental": True}, state="killed", planned=14_074, clock=Clock(0.175, jitter=0.02)),
        expect=sick(fault("no-learning at-chance plateau", (49, 3_000), 9_000, WARNING), also="run-crashed metric-dead", never="converged overfit divergence nan-inf lr-zero", unsaid=("已收敛",)),
        why="7.5 to 7.8 from the first record to the last of eleven thousand steps: what one has when only the frequency of words is known (perplexity 2,000). Its sister with the same settings is at 4.6 by then. Nothing of the context reaches the output.",
        read=(
            "没学动：loss 7.68→7.56，1 万步基本没降（ppl 约 2000，只学到词频）",
            "同配置的正常运行此时约 4.6",
            "→ 查 experimental 分支：注意力输出是否接进残差、mask 是否全遮、梯度能否传到各层",
        ),
    ),
    Case(
        name="rat-sql-bert-blows-up-at-twenty-five-thousand-eight-hundred", source="microsoft/rat-sql#7", family="supervised",
        sketch=Sketch(at=every(100, 32_000), lines={
                "train/loss": Line((*mades((100, 28.0), (1_000, 9.0), (4_000, 2.4), (10_000, 0.55), (18_000, 0.12), (25_400, 0.04)), *figures("25500:0.046728 25600:0.010738 25700:0.053737 25800:7.5638 25900:12.7587 26000:8.207 26100:78.754 32000:100.7053")), "log", noise=(gaussian(0.5),)),
                "val/loss": Line((*mades((100, 29.0), (1_000, 9.6), (4_000, 4.2), (10_000, 3.9), (18_000, 4.9), (25_400, 5.3)), *figures("25500:5.44138 25600:5.06388 25700:5.39401 25800:10.99925 25900:16.12212 26000:12.26951 26100:94.27817 32000:119.73885")), "log", noise=(gaussian(0.05),)),
        }, config={"batch_size": 8, "lr": 7.4e-4, "bert_lr": 3e-6, "end_lr": 0, "max_steps": 81_000}, state="running", planned=81_000, clock=Clock(figures("100:18 20000:19 25500:29 32000:27"), jitter=0.05)),
        expect=sick(
            fault("divergence loss-jump loss-spike grad-explode", (25_701, 25_800), 27_000, CRITICAL),
            also="overfit gen-gap eval-regress best-checkpoint-old oscillation", never="converged nan-inf no-learning", unsaid=("已收敛", "已恢复"),
        ),
        why="From 0.05 to 7.6, 12.8, 79 and about 100 for six thousand steps, training and validation alike: blown up between 25,700 and 25,800, never to come back. Before that the validation loss had been creeping up for long (3.9 to 5.4) beside a training loss of nearly nothing.",
        read=(
            "25800 步发散：train loss 0.05→7.6→79→约 100，val 同步从 5.4 到 120，没有回来",
            "→ 停掉，回 25700 步之前的 ckpt；lr 7.4e-4 降低、加梯度裁剪后续训",
            "发散前 val loss 已从约 3.9 涨到 5.4，而 train 近 0，更早的 ckpt 可能更好",
        ),
    ),
    Case(
        name="albert-from-scratch-masked-words-forgotten-in-the-third-epoch", source="kamalkraj/ALBERT-TF2.0#21", family="pretraining",
        sketch=Sketch(at=every(1_000, 136_000), lines={
                "loss": Line((*mades((1_000, 3.1), (8_000, 1.5), (20_000, 1.0)), *levels((45_595, 0.8), (91_190, 0.69)), *mades((93_000, 0.68), (95_000, 2.05)), *levels((136_785, 1.9355))), "log", noise=(gaussian(0.02),)),
                "masked_lm_accuracy": Line((*mades((1_000, 0.03), (8_000, 0.22), (20_000, 0.34)), *levels((45_595, 0.42), (91_190, 0.462)), *mades((93_000, 0.464), (95_000, 0.058)), *levels((136_785, 0.062883))), noise=(gaussian(0.004),), then=(clipped(0, 1),)),
                "lm_example_loss": Line((*mades((1_000, 8.6), (8_000, 4.5), (20_000, 3.0)), *levels((45_595, 2.45), (91_190, 2.02)), *mades((93_000, 2.0), (95_000, 6.1)), *levels((136_785, 5.900585))), "log", noise=(gaussian(0.015),)),
                "sentence_order_accuracy": Line((*mades((1_000, 0.51), (8_000, 0.62), (20_000, 0.73)), *levels((45_595, 0.787), (91_190, 0.82)), *mades((93_000, 0.822), (95_000, 0.56)), *levels((136_785, 0.572066))), noise=(gaussian(0.006),), then=(clipped(0, 1),)),
        }, config={"num_train_epochs": 6, "warmup_steps": 3_125, "optimizer": "lamb"}, state="running", planned=273_570, clock=Clock(1.09, jitter=0.01)),
        expect=sick(fault("loss-jump divergence", (92_000, 96_000), 115_000, CRITICAL), also="plateau no-learning best-checkpoint-old eval-regress at-chance grad-explode", never="converged overfit nan-inf", unsaid=("已收敛", "已恢复")),
        why="Accuracy on masked words 0.40, then 0.45, then 0.06 over the third epoch, the order of sentences from 0.81 to 0.57, next to a coin: what was learnt in two epochs is lost in one blow and does not return, half of the plan still ahead.",
        read=(
            "第 3 轮初训练崩掉：loss 0.69→约 2.0，MLM 准确率 0.46→0.06，SOP 0.82→0.57",
            "4 万步没有恢复，继续跑没有意义",
            "→ 回 9 万步的 ckpt，lr 减半、加长 warmup 后续训",
        ),
    ),
    Case(
        name="chat-hamner-two-resumes-that-lose-weights", source="ruapotato/chat_hamner:logs/metrics.csv", family="pretraining",
        sketch=Sketch(
            at=every(100, 49_100, first=44_000),
            lines={"loss": Line(figures("44000:5.234 44100:5.173 44200:5.185 44300:5.24 44400:5.195 44500:5.215 44600:5.175 44700:5.132 44800:5.106 44900:5.189 45000:5.145 45100:5.241 45200:5.217 45300:5.173 45400:5.251 45500:5.217 45600:5.202 45700:5.244 45800:5.212 45900:5.144 46000:5.205 46100:5.166 46200:5.103 46300:5.121 46400:5.043 46500:5.103 46600:5.135 46700:5.198 46800:5.159 46900:5.177 47000:5.164 47100:5.217 47200:5.197 47300:5.221 47400:5.171 47500:5.183 47600:5.183 47700:5.129 47800:5.091 47900:5.083 48000:5.048 48100:5.113 48200:5.172 48300:5.173 48400:5.178 48500:5.194 48600:5.171 48700:5.157 48800:5.178 48900:5.077 49000:5.115 49100:5.073")), "learning_rate": Line((real(44_000, 2.869e-4), real(49_100, 2.837e-4)))},
            config={"hidden_size": 768, "num_layers": 20, "vocab_size": 49_152, "lr": 3e-4, "dtype": "float16"},
            clock=Clock(1.32, jitter=0.02), state="running",
            then=Sketch(
                at=every(100, 54_300, first=49_100),
                lines={"loss": Line(figures("49100:8.767 49200:8.692 49300:7.452 49400:7.196 49500:7.004 49600:6.838 49700:6.674 49800:6.592 49900:6.48 50000:6.393 50100:6.306 50200:6.195 50300:6.185 50400:6.151 50500:6.105 50600:6.055 50700:5.951 50800:5.947 50900:5.937 51000:5.915 51100:5.857 51200:5.786 51300:5.765 51400:5.8 51500:5.825 51600:5.684 51700:5.644 51800:5.601 51900:5.639 52000:5.641 52100:5.591 52200:5.524 52300:5.472 52400:5.549 52500:5.499 52600:5.488 52700:5.422 52800:5.408 52900:5.463 53000:5.436 53100:5.413 53200:5.341 53300:5.279 53400:5.35 53500:5.368 53600:5.358 53700:5.307 53800:5.216 53900:5.312 54000:5.315 54100:5.283 54200:5.245 54300:5.185")), "learning_rate": Line((real(49_100, 2.837e-4), real(54_300, 2.8e-4)))},
                clock=Clock(0.93, jitter=0.02, pauses=((49_100, 72_000),)), state="running",
                then=Sketch(
                    at=every(100, 60_000, first=54_100),
                    lines={"loss": Line(figures("54100:7.83 54200:7.275 54300:7.059 54400:6.876 54500:6.715 54600:6.606 54700:6.518 54800:6.418 54900:6.318 55000:6.221 55100:6.169 55200:6.168 55300:6.113 55400:6.051 55500:5.974 55600:5.924 55700:5.933 55800:5.903 55900:5.869 56000:5.784 56100:5.729 56200:5.801 56300:5.796 56400:5.706 56500:5.655 56600:5.56 56700:5.636 56800:5.626 56900:5.605 57000:5.533 57100:5.45 57200:5.543 57300:5.51 57400:5.477 57500:5.449 57600:5.385 57700:5.449 57800:5.45 57900:5.42 58000:5.371 58100:5.277 58200:5.354 58300:5.349 58400:5.372 58500:5.317 58600:5.233 58700:5.293 58800:5.318 58900:5.306 59000:5.266 59100:5.191 59200:5.249 59300:5.241 59400:5.233 59500:5.199 59600:5.162 59700:5.17 59800:5.218 59900:5.203 60000:5.165")), "learning_rate": Line((real(54_100, 2.801e-4), made(60_000, 2.756e-4)))},
                    clock=Clock(0.93, jitter=0.02, pauses=((54_100, 340),)), state="running",
                ),
            ),
        ),
        expect=sick(
            fault("resume-seam loss-jump", (49_050, 49_200), 51_000, WARNING, lasting=False),
            also="divergence loss-spike throughput-drop best-checkpoint-old eval-regress config-drift", never="nan-inf converged overfit lr-anomaly no-learning", unsaid=("已收敛",),
        ),
        why="5.1 before the restart and 8.8 after, five thousand steps until it is near 5.3, and then the same again: 7.8 after the restart at 54,100. The lr goes on smoothly, so the schedule was restored and the weights (or a part of them) were not. Neither loss is that of a fresh model (10.8); the second restart came three hours after the first.",
        read=(
            "两次续训都没接上：49100 步 loss 5.1→8.8，54100 步 5.3→7.8，各用了约 5000 步才爬回",
            "lr 是连续的：调度恢复了，权重没有（或只恢复了一部分）",
            "→ 查加载：torch.compile 的 _orig_mod 前缀、strict=False 吞掉的 key；从 49000 步的 ckpt 重新接",
        ),
    ),
    Case(
        name="chat-hamner-second-session-sees-the-same-text-again", source="ruapotato/chat_hamner:logs/chat_pretrain_metrics.csv", family="pretraining",
        sketch=Sketch(
            at=every(100, 10_600),
            lines={"loss": Line(figures("100:2.91 200:2.646 300:2.502 400:2.494 500:2.438 600:2.434 700:2.361 800:2.358 900:2.328 1000:2.292 1100:2.269 1200:2.229 1300:2.244 1400:2.169 1500:2.227 1600:2.143 1700:2.096 1800:2.076 1900:2.003 2000:2.048 2100:1.987 2200:1.925 2300:1.931 2400:1.92 2500:1.926 2600:1.907 2700:1.925 2800:1.895 2900:1.887 3000:1.851 3100:1.861 3200:1.892 3300:1.861 3400:1.833 3500:1.811 3600:1.759 3700:1.801 3800:1.802 3900:1.797 4000:1.794 4100:1.77 4200:1.803 4300:1.788 4400:1.789 4500:1.752 4600:1.789 4700:1.765 4800:1.715 4900:1.81 5000:1.788 5100:1.743 5200:1.798 5300:1.805 5400:1.769 5500:1.842 5600:1.765 5700:1.776 5800:1.788 5900:1.775 6000:1.842 6100:1.778 6200:1.8 6300:1.818 6400:1.699 6500:1.72 6600:1.705 6700:1.761 6800:1.73 6900:1.7 7000:1.645 7100:1.766 7200:1.767 7300:1.809 7400:1.71 7500:1.736 7600:1.708 7700:1.787 7800:1.719 7900:1.749 8000:1.772 8100:1.833 8200:1.744 8300:1.731 8400:1.759 8500:1.701 8600:1.785 8700:1.744 8800:1.686 8900:1.679 9000:1.753 9100:1.762 9200:1.692 9300:1.775 9400:1.72 9500:1.718 9600:1.75 9700:1.732 9800:1.736 9900:1.754 10000:1.787 10100:1.734 10200:1.799 10300:1.771 10400:1.718 10500:1.709 10600:1.727")), "learning_rate": Line(figures("100:1e-5 200:2e-5 300:3e-5 400:4e-5 500:5e-5 1000:4.999e-5 2000:4.99e-5 3000:4.972e-5 4000:4.945e-5 5000:4.909e-5 6000:4.864e-5 7000:4.811e-5 8000:4.75e-5 9000:4.681e-5 10000:4.603e-5 10600:4.553e-5")), "tokens_per_sec": Line(figures("100:19984 300:24410 600:25785 1000:26314 2000:26472 3000:26539 4000:26530 5000:26541 6000:26385 7000:26414 8000:26445 9000:26482 10000:26516 10600:26428"))},
            config={"lr": 5e-5, "warmup_steps": 500, "batch_size": 24, "seq_len": 1_024}, state="running", clock=Clock(0.93, jitter=0.005),
            then=Sketch(
                at=every(100, 20_700, first=10_700),
                lines={"loss": Line(figures("10700:1.455 10800:1.434 10900:1.404 11000:1.378 11100:1.366 11200:1.342 11300:1.357 11400:1.391 11500:1.367 11600:1.395 11700:1.347 11800:1.385 11900:1.433 12000:1.389 12100:1.429 12200:1.358 12300:1.364 12400:1.363 12500:1.374 12600:1.393 12700:1.391 12800:1.404 12900:1.437 13000:1.367 13100:1.344 13200:1.388 13300:1.372 13400:1.361 13500:1.347 13600:1.392 13700:1.333 13800:1.373 13900:1.445 14000:1.427 14100:1.403 14200:1.363 14300:1.413 14400:1.467 14500:1.451 14600:1.44 14700:1.386 14800:1.439 14900:1.366 15000:1.361 15100:1.419 15200:1.435 15300:1.396 15400:1.416 15500:1.353 15600:1.397 15700:1.422 15800:1.389 15900:1.304 16000:1.397 16100:1.357 16200:1.37 16300:1.359 16400:1.412 16500:1.359 16600:1.411 16700:1.343 16800:1.395 16900:1.417 17000:1.44 17100:1.419 17200:1.416 17300:1.452 17400:1.39 17500:1.389 17600:1.341 17700:1.393 17800:1.384 17900:1.456 18000:1.433 18100:1.393 18200:1.377 18300:1.487 18400:1.399 18500:1.393 18600:1.366 18700:1.444 18800:1.393 18900:1.316 19000:1.366 19100:1.311 19200:1.35 19300:1.325 19400:1.357 19500:1.383 19600:1.441 19700:1.423 19800:1.373 19900:1.39 20000:1.44 20100:1.424 20200:1.361 20300:1.405 20400:1.387 20500:1.383 20600:1.337 20700:1.347")), "learning_rate": Line(figures("10700:4.545e-5 12000:4.427e-5 14000:4.224e-5 16000:3.996e-5 18000:3.749e-5 20000:3.486e-5 20700:3.391e-5")), "tokens_per_sec": Line(figures("10700:2.582e6 10800:1.3865e6 10900:9.5167e5 11000:7.2781e5 11100:5.8043e5 11200:4.9181e5 11300:4.2769e5 11400:3.7908e5 11500:3.4091e5 11600:3.1021e5 11700:2.8495e5 11800:2.6379e5 11900:2.4576e5 12000:2.3024e5 12100:2.1483e5 12200:2.033e5 12300:1.931e5 12400:1.84e5 12500:1.7586e5 12600:1.6851e5 12700:1.6184e5 12800:1.5576e5 12900:1.5021e5 13000:1.4511e5 13100:1.3964e5 13200:1.3538e5 13300:1.3144e5 13400:1.2776e5 13500:1.2433e5 13600:1.2114e5 13700:1.1813e5 13800:1.1532e5 13900:1.1265e5 14000:1.1016e5 14100:1.0744e5 14200:1.0524e5 14300:1.0315e5 14400:1.0117e5 14500:99305 14600:97530 14700:95832 14800:94215 14900:92673 15000:91197 15100:88814 15200:87500 15300:86241 15400:85038 15500:83884 15600:82771 15700:81702 15800:80672 15900:79683 16000:78730 16100:77633 16200:76753 16300:75900 16400:75074 16500:74274 16600:73498 16700:72751 16800:72028 16900:71331 17000:70655 17100:69874 17200:69243 17300:68629 17400:68032 17500:67450 17600:66885 17700:66335 17800:65798 17900:65275 18000:64766 18100:64151 18200:63671 18300:63203 18400:62752 18500:62312 18600:61885 18700:61470 18800:61067 18900:60672 19000:60285 19100:59809 19200:59435 19300:59069 19400:58710 19500:58361 19600:58020 19700:57687 19800:57363 19900:57045 20000:56733 20100:56139 20200:55847 20300:55538 20400:55236 20500:54960 20600:54692 20700:54430"))},
                state="running", clock=Clock(0.91, jitter=0.005, pauses=((10_700, 620),)),
            ),
        ),
        expect=sick(
            fault("resume-seam loss-jump config-drift", (10_600, 10_800), 14_000, INFO, WARNING, lasting=False),
            also="throughput-drop eval-leak impossible-value plateau eta-target gen-gap overfit", never="divergence nan-inf converged no-learning lr-anomaly", unsaid=("已收敛",),
        ),
        why="1.73 before the restart and 1.44 after, with the lr where it was: no model gets better in ten minutes of pause. The stream of text begins anew (or the mixture is another), and what is read is known already. tokens_per_sec after it is nonsense (2.6 million, then falling): tokens of both sessions over the clock of one; the steps are as fast as ever.",
        read=(
            "10700 步续训后 loss 1.73→1.44，lr 没变：多半是数据流从头读，第二遍见同样的样本，不是真进步",
            "tokens_per_sec 258 万起往下掉是统计口径错（总 token 除以本次时长），实际步速没变",
            "→ 续训时恢复数据位置；两段的 loss 不要直接比，用固定验证集",
        ),
    ),
    Case(
        name="tacotron-biaobei-nan-ends-it-at-one-hundred-and-thirteen-thousand", source="keithito/tacotron#266", family="supervised",
        sketch=Sketch(at=at(*range(500, 113_501, 500), *range(113_790, 113_797)), lines={
                "loss": Line((*mades((500, 0.31), (5_000, 0.145), (30_000, 0.102), (80_000, 0.09), (113_500, 0.0862)), *figures("113790:0.08736 113791:0.08801 113792:0.0883 113793:0.08872 113794:0.08842 113795:0.09743"), real(113_796, NAN)), "log", noise=(gaussian(0.02),)),
                "step_time": Line(constant(0.88), then=(lognormal(0.02), rounded(3))),
        }, config={"initial_learning_rate": 0.002, "batch_size": 32, "outputs_per_step": 5}, state="failed", clock=Clock(0.88, jitter=0.01)),
        expect=sick(fault("nan-inf run-crashed", (113_795, 113_796), 113_796, CRITICAL), also="plateau converged loss-spike", never="divergence no-learning overfit", unsaid=("已恢复",)),
        why="A hundred thousand quiet steps, one record that is a little high (0.097), a NaN, and the trainer ends itself. The checkpoints before it are good: the loss was at its level.",
        read=(
            "113796 步 loss=NaN，训练随即退出；前一步只略高（0.097）",
            "此前平稳在 0.086 左右，最近一个正常 ckpt 可用",
            "→ 从 113000 步的 ckpt 续，lr 降低或收紧梯度裁剪；查这一批有没有空文本、过长或静音样本",
        ),
    ),
    Case(
        name="rvc-three-of-five-losses-nan-mel-goes-on", source="RVC-Project/Retrieval-based-Voice-Conversion-WebUI#507", family="gan",
        sketch=Sketch(at=every(200, 6_000), lines={
                "loss/d/total": Line((*reals((200, 3.859), (400, 3.253), (600, 3.216)), made(1_200, 3.35)), noise=(gaussian(0.25),), then=(onward(1_400, NAN),)),
                "loss/g/gen": Line((*reals((200, 3.076), (400, 4.051), (600, 4.726)), made(1_200, 4.1)), noise=(gaussian(0.5),), then=(onward(1_400, NAN),)),
                "loss/g/fm": Line((*reals((200, 10.436), (400, 15.998), (600, 12.343)), made(1_200, 12.0)), noise=(gaussian(1.4),), then=(onward(1_400, NAN),)),
                "loss/g/mel": Line((*reals((200, 21.974), (400, 22.939), (600, 21.107)), made(1_400, 22.8), made(6_000, 23.4)), noise=(gaussian(1.1),)),
                "loss/g/kl": Line(reals((200, 1.27), (400, 9.0), (600, 9.0)), then=(stretch(400, 1e9, 9.0),)),
                "learning_rate": Line((real(200, 9.99875e-5), real(400, 9.9975e-5), real(600, 9.99625e-5), made(6_000, 9.9626e-5))),
        }, config={"learning_rate": 1e-4, "lr_decay": 0.999875, "fp16_run": True}, state="running", clock=Clock(27.9, jitter=0.01)),
        expect=sick(fault("nan-inf", (1_201, 1_400), 2_600, CRITICAL), also="metric-dead component-dead gan-collapse kl-explode plateau no-learning", never="converged overfit", unsaid=("已收敛", "已恢复")),
        why="Adversarial losses NaN from the seventh epoch on; the mel loss is still a number (23, no better than at first), which hides that the discriminator is lost and the generator with it. kl stands at its cap of 9.0 since the second record.",
        read=(
            "1400 步起 disc/gen/fm 三项全是 NaN，只有 mel 还有数：判别器已坏，后面都不能用",
            "kl 从第 2 条记录起一直是 9.0（被截在上限），mel 在 21–23 之间没有下降",
            "→ 回 1200 步之前的 ckpt，关 fp16 再训",
        ),
    ),
    Case(
        name="mbht-ndcg-falls-after-the-tenth-epoch", source="yuh-yang/MBHT-KDD22#9", family="supervised",
        sketch=Sketch(at=every(1, 17, first=0), lines={
                "train loss": Line((*mades((0, 214_000), (2, 178_000), (5, 167_000), (10, 162_700)), *figures("11:161721.1421 12:160700.3537"), made(17, 157_300)), noise=(gaussian(150),)),
                "valid/ndcg@10": Line((*mades((0, 0.118), (2, 0.185), (5, 0.221), (8, 0.233)), *figures("10:0.2363 11:0.2295 12:0.2063"), *mades((14, 0.198), (17, 0.189))), noise=(gaussian(0.002),)),
                "valid/recall@10": Line((*mades((0, 0.21), (2, 0.3), (5, 0.344), (8, 0.358)), *figures("10:0.3626 11:0.3514 12:0.3266"), *mades((14, 0.315), (17, 0.303))), noise=(gaussian(0.0025),)),
                "valid/recall@101": Line(constant(1.0)),
        }, config={"epochs": 300, "stopping_step": 10, "valid_metric": "NDCG@10"}, state="running", planned=300, clock=Clock(9_900, jitter=0.005)),
        expect=sick(fault("overfit eval-regress gen-gap", (10, 13), 17, WARNING), also="best-checkpoint-old metric-dead metric-duplicate plateau", never="divergence no-learning converged eval-leak", unsaid=("已收敛",)),
        why="NDCG@10 has its best (0.236) after epoch 10 and has lost an eighth two epochs later, while the training loss goes on down. At 2.7 hours an epoch each further one is an expense. recall@101 is 1 by construction (101 candidates).",
        read=(
            "过拟合：NDCG@10 第 10 轮 0.236 最好，12 轮 0.206，之后继续跌；train loss 仍在降",
            "每轮 2.7 小时，继续跑没有收益 → 停，用第 10 轮 ckpt",
            "→ 降 lr 或加 dropout/正则；recall@101=1 是候选只有 101 个，不用看",
        ),
    ),
    Case(
        name="gcn-own-data-accuracy-never-moves-while-loss-falls", source="tkipf/gcn#38", family="supervised",
        sketch=Sketch(at=every(1, 200), lines={
                "train_loss": Line((*mades((1, 1.612), (15, 1.47)), *figures("37:1.32362 38:1.28895 39:1.2891 40:1.26195 41:1.25371 42:1.24904 43:1.23366 44:1.22609 45:1.22172 46:1.21135 47:1.20308"), *mades((80, 1.13), (200, 1.1))), noise=(gaussian(0.008),), then=(rounded(5),)),
                "train_acc": Line(constant(0.62857)),
                "val_loss": Line((*mades((1, 1.612), (15, 1.56)), *figures("37:1.45957 38:1.45154 39:1.44433 40:1.43808 41:1.43273 42:1.42827 43:1.42465 44:1.42184 45:1.41968 46:1.41816 47:1.41732"), *mades((80, 1.414), (200, 1.42))), noise=(gaussian(0.0006),), then=(rounded(5),)),
                "val_acc": Line((real(40, 0.51),)),
                "time": Line(constant(0.317), then=(lognormal(0.01), rounded(5))),
        }, config={"epochs": 200, "learning_rate": 0.01, "hidden1": 16, "dropout": 0.5}, planned=200, clock=Clock(0.32, jitter=0.02)),
        expect=sick(fault("no-learning plateau at-chance metric-dead", (1, 80), 170, WARNING), also="gen-gap overfit eval-underpowered converged", never="divergence nan-inf eval-leak", unsaid=("已收敛",)),
        why="Both accuracies are the same number in every epoch, 0.62857 and 0.51: one class is predicted for all nodes, and these are its shares. The loss falls to that of these frequencies (1.6 to 1.2) and no lower. The features (ten shares that sum to one) say nothing after the normalisation.",
        read=(
            "准确率从头到尾一个值：train 0.62857、val 0.51，模型把所有节点判成同一类",
            "loss 1.61→1.10 只是学到类别比例",
            "→ 看特征归一化后是否还有区分度、标签与邻接矩阵是否对齐；加类别权重，先用 MLP 做对照",
        ),
    ),
    Case(
        name="kd-lib-electra-student-stays-at-a-third", source="SforAiDl/KD_Lib#130", family="supervised",
        sketch=Sketch(at=every(1, 20), lines={
                "Training loss/Student": Line((made(1, 2_243.6), made(4, 2_242.7), *figures("10:2242.55317 11:2242.59809 12:2242.58061 13:2242.59093 14:2242.55616 15:2242.6027 16:2242.56725"), made(20, 2_242.58)), noise=(gaussian(0.02),)),
                "Training accuracy/Student": Line((made(1, 0.3269), made(4, 0.3273), *figures("10:0.32735 11:0.32738 12:0.32738 13:0.32738 14:0.32738 15:0.32743 16:0.32738"), made(20, 0.32738)), noise=(gaussian(0.00003),)),
                "Validation accuracy/Student": Line((real(10, 0.32513445409755914),)),
        }, config={"distil_weight": 0.5, "temp": 20.0, "epochs": 20, "num_labels": 3}, planned=20, clock=Clock(910, jitter=0.02)),
        expect=sick(fault("no-learning at-chance plateau metric-dead", (1, 8), 17, WARNING), also="eval-stale converged", never="divergence overfit eval-leak", unsaid=("已收敛",)),
        why="A third of three classes from the first epoch to the last and the loss the same to five digits: the student answers the same for everything. 2242 is a sum over batches, not by itself a fault. Mostly a learning rate that kills the encoder, or a temperature that leaves nothing of the soft targets.",
        read=(
            "学生没学动：acc 一直 0.327（3 类随机水平），loss 2242.6 五位数字不变",
            "loss 数值大是按批求和，不是问题本身",
            "→ 先只用硬标签训通学生，再加蒸馏；lr 降到 2e-5，检查 logits 是否恒定、温度 20 是否过高",
        ),
    ),
    Case(
        name="informer-validation-never-better-than-after-the-first-epoch", source="zhouhaoyi/Informer2020#122", family="supervised",
        sketch=Sketch(at=at(*sorted(e * 266 + i for e in range(6) for i in (100, 200))), lines={
                "iter_loss": Line(mades((100, 0.47), (200, 0.36), (366, 0.28), (466, 0.26), (700, 0.21), (1_000, 0.185), (1_530, 0.165)), "log", noise=(gaussian(0.06),)),
                "Train Loss": Line(figures("266:0.3823095 532:0.2566502 798:0.2059148 1064:0.186 1330:0.1765 1596:0.172"), at=every(266, 1_596)),
                "Vali Loss": Line((*figures("266:0.6652329 532:0.6658759 798:0.6526757"), *mades((1_064, 0.667), (1_330, 0.6745), (1_596, 0.6781))), at=every(266, 1_596)),
                "Test Loss": Line((*figures("266:0.626831 532:0.6883199 798:0.7069948"), *mades((1_064, 0.714), (1_330, 0.722), (1_596, 0.725))), at=every(266, 1_596)),
                "learning_rate": Line(figures("266:1e-4 532:5e-5 798:2.5e-5 1064:1.25e-5 1330:6.25e-6 1596:3.125e-6"), at=every(266, 1_596)),
        }, config={"model": "informer", "data": "ETTh1", "learning_rate": 1e-4, "lradj": "type1", "train_epochs": 6, "patience": 3}, planned=1_596, clock=Clock(0.17, jitter=0.03), apart=True),
        expect=sick(fault("overfit gen-gap eval-regress no-learning plateau", (266, 1_064), 1_596, INFO, WARNING), also="eval-underpowered lr-anomaly lr-flat-stall best-checkpoint-old", never="divergence nan-inf eval-leak", unsaid=("已收敛",)),
        why="Training halves (0.38 to 0.21) and the validation stays (0.665, 0.666, 0.653); the test loss is worse after each epoch: 0.63, 0.69, 0.71. What is learnt does not carry over. The lr halves each epoch, so what follows hardly counts.",
        read=(
            "没有泛化：train 0.38→0.17，val 一直在 0.65–0.68，test 0.63→0.72 逐轮变差",
            "→ 第 1 轮的模型在 test 上最好；作者说明与 decoder 自注意力混合有关，加 --mix 重训",
            "lr 每轮减半，第 4 轮后基本不动，加轮数没有用",
        ),
    ),
    Case(
        name="voxceleb-trainer-loader-slows-thirtyfold-in-mid-epoch", source="clovaai/voxceleb_trainer#110", family="supervised",
        sketch=Sketch(at=every(50, 3_300), lines={
                "loss": Line(mades((50, 8.9), (600, 8.0), (1_500, 7.2), (3_300, 6.4)), "log", noise=(gaussian(0.012),)),
                "TAcc": Line(mades((50, 0.1), (600, 1.6), (1_500, 5.0), (3_300, 10.5)), noise=(gaussian(0.25),), then=(clipped(0, 100),)),
                "Hz": Line((*levels((50, 310), (2_600, 305)), *levels((2_750, 9.0), (3_300, 8.5))), "log", noise=(gaussian(0.05),), then=(rounded(1),)),
        }, config={"batch_size": 200, "nDataLoaderThread": 5, "n_gpus": 8, "lr": 0.001}, state="running", planned=5_460, clock=Clock(mades((50, 0.65), (2_600, 0.66), (2_750, 22.0), (3_300, 23.5)), jitter=0.04)),
        expect=sick(fault("throughput-drop data-bound gpu-idle", (2_600, 2_800), 3_250, WARNING), also="stalled-logging eta-target", never="divergence no-learning overfit nan-inf", unsaid=("已收敛",)),
        why="Over 300 utterances a second until half of the epoch, less than ten from there on, on each try and with each setting: the cache of the files is full and everything comes from the disk (one of the GPUs waits, the others spin). The learning itself is as it should be.",
        read=(
            "吞吐在约 2700 步（半个 epoch）掉到 1/30：Hz 305→9，每步 0.66s→23s，没有恢复",
            "loss、acc 正常，和学习无关",
            "→ 查数据读取：内存页缓存用满后落盘、网络盘限速、worker 数；把 wav 放本地 SSD 或打包",
        ),
    ),
    Case(
        name="qwen2-vl-lora-loss-zero-under-zero-two", source="2U1/Qwen-VL-Series-Finetune#10", family="sft",
        sketch=Sketch(at=every(1, 60), lines={
                "train/loss": Line((real(1, 1.0446), real(2, 0.0)), then=(flat(0.0),)),
                "train/grad_norm": Line((real(1, NAN), real(2, NAN)), then=(flat(NAN),)),
                "train/learning_rate": Line((real(1, 1.4925373134328357e-8), real(2, 2.9850746268656714e-8), made(60, 8.955e-7))),
                "train/epoch": Line(epoch(222, 2)),
        }, config={"learning_rate": 1e-5, "lora_enable": True, "deepspeed": "zero2.json", "bf16": True, "max_steps": 666, "logging_steps": 1}, state="running", planned=666, clock=Clock(20.5, jitter=0.06), step_key="train/global_step"),
        expect=sick(fault("masked-nan nan-inf", (1, 2), 20, CRITICAL), also="metric-dead grad-vanish run-crashed", never="converged overfit no-learning", unsaid=("已收敛", "已恢复")),
        why="The norm is NaN at the very first step and the loss exactly 0 from the second on: the weights were spoilt by one update. Others found that ZeRO-2 with overlapping communication does it and ZeRO-3 does not.",
        read=(
            "第 1 步 grad_norm 就是 NaN，第 2 步起 loss 恒为 0：权重已坏，不是收敛",
            "→ 停；zero2.json 设 overlap_comm=false 或换 ZeRO-3，再看第 1 步的 norm",
            "仍是 NaN 再查样本里有没有标签全被 mask、图像为空的",
        ),
    ),
    Case(
        name="emospeech-cnn-two-thousand-epochs-best-before-the-hundredth", source="haoweilou/EmoSpeech:log/classifier/train_log_cnn.csv", family="supervised",
        sketch=Sketch(at=every(10, 2_000, first=0), lines={
                "train_loss": Line(figures("0:1.407 10:0.8063 20:0.6576 30:0.5593 40:0.4698 50:0.3934 60:0.3264 70:0.2695 80:0.2273 90:0.1924 100:0.1602 110:0.1349 120:0.1204 130:0.08137 140:0.07374 150:0.03764 160:0.0364 170:0.05498 180:0.01193 190:0.01268 200:0.01007 210:0.1484 220:0.03108 230:0.04901 240:0.003669 250:0.009153 260:0.006544 270:0.1022 280:0.05018 290:0.002111 300:0.02358 310:0.00141 320:0.009419 330:0.001073 340:0.01879 350:0.001016 360:0.004078 370:0.1786 380:0.001879 390:0.001074 400:0.01473 410:0.0008236 420:0.0004197 430:0.006324 440:0.0005722 450:0.0003644 460:0.002036 470:0.0006779 480:0.0005409 490:0.1474 500:0.0005207 510:0.07043 520:0.0005009 530:0.1841 540:0.0005606 550:0.0002461 560:0.6132 570:0.0008001 580:0.0004125 590:0.0002322 600:0.001218 610:0.0003942 620:0.0001715 630:0.006777 640:0.0004854 650:0.0001976 660:0.01939 670:0.0004064 680:0.0001727 690:0.08922 700:0.0006362 710:0.0002202 720:0.000134 730:0.002177 740:0.0001644 750:9.041e-5 760:5.307e-5 770:0.00201 780:0.003001 790:0.0002304 800:0.0001172 810:5.446e-5 820:0.0008528 830:0.0002165 840:0.0001087 850:5.53e-5 860:0.0007633 870:0.0001989 880:0.0001069 890:0.1202 900:0.0004203 910:0.0001777 920:8.541e-5 930:0.4567 940:0.0005779 950:0.0001892 960:9.868e-5 970:0.003717 980:0.0002185 990:0.0001194 1000:5.591e-5 1010:3.145e-5 1020:0.004101 1030:0.000191 1040:9.749e-5 1050:0.0003418 1060:9.182e-5 1070:4.503e-5 1080:2.713e-5 1090:0.004244 1100:0.0002969 1110:0.0001223 1120:5.828e-5 1130:3.072e-5 1140:1.87e-5 1150:0.008054 1160:0.0002055 1170:8.26e-5 1180:5.186e-5 1190:2.923e-5 1200:1.536e-5 1210:0.1542 1220:0.0005356 1230:0.0001754 1240:7.829e-5 1250:4.159e-5 1260:0.2048 1270:0.0002183 1280:8.953e-5 1290:3.652e-5 1300:1.953e-5 1310:0.02962 1320:0.000198 1330:8.399e-5 1340:5.13e-5 1350:0.003572 1360:9.69e-5 1370:4.998e-5 1380:2.636e-5 1390:1.745e-5 1400:1.387e-5 1410:4.952e-6 1420:0.0003137 1430:0.000111 1440:5.863e-5 1450:2.667e-5 1460:1.595e-5 1470:0.0001761 1480:5.913e-5 1490:3.252e-5 1500:1.812e-5 1510:1.091e-5 1520:6.198e-6 1530:0.0003652 1540:8.153e-5 1550:3.649e-5 1560:2.237e-5 1570:1.429e-5 1580:7.711e-6 1590:4.488e-6 1600:0.0001769 1610:7.229e-5 1620:3.301e-5 1630:1.691e-5 1640:9.112e-6 1650:5.469e-6 1660:0.0001694 1670:6.308e-5 1680:2.888e-5 1690:1.775e-5 1700:1.143e-5 1710:6.232e-6 1720:3.168e-6 1730:0.0008671 1740:0.0001176 1750:4.439e-5 1760:2.045e-5 1770:1.14e-5 1780:9.649e-6 1790:0.0005765 1800:0.0001081 1810:5.194e-5 1820:0.01783 1830:0.0001333 1840:5.969e-5 1850:3.154e-5 1860:1.708e-5 1870:9.778e-6 1880:0.0004746 1890:0.0001379 1900:6.103e-5 1910:0.001242 1920:7.69e-5 1930:3.562e-5 1940:5.596e-5 1950:0.02323 1960:0.0001049 1970:4.791e-5 1980:2.364e-5 1990:1.476e-5 2000:0.2682")),
                "val_loss": Line(figures("0:1.301 10:0.8224 20:0.7127 30:0.633 40:0.6662 50:0.6369 60:0.5728 70:0.5788 80:0.6718 90:0.7241 100:0.8104 110:0.8251 120:0.8416 130:1.005 140:1.033 150:1.05 160:1.192 170:1.154 180:1.344 190:1.279 200:1.358 210:1.303 220:1.368 230:1.186 240:1.398 250:1.334 260:1.826 270:1.32 280:1.399 290:1.523 300:1.343 310:1.621 320:1.48 330:1.691 340:1.293 350:1.71 360:1.452 370:1.326 380:1.943 390:1.731 400:1.495 410:1.739 420:1.91 430:1.505 440:1.801 450:1.922 460:1.594 470:1.818 480:1.821 490:1.1 500:1.791 510:1.659 520:1.722 530:1.229 540:1.79 550:1.95 560:0.9097 570:1.871 580:2.082 590:2.237 600:1.779 610:2.017 620:2.215 630:1.479 640:1.837 650:2.003 660:1.801 670:2.175 680:2.326 690:1.456 700:2.028 710:2.273 720:2.435 730:1.925 740:2.237 750:2.437 760:2.583 770:1.701 780:1.997 790:2.128 800:2.263 810:2.41 820:1.852 830:2.112 840:2.289 850:2.466 860:1.957 870:2.219 880:2.439 890:1.411 900:2.175 910:2.399 920:2.55 930:0.7227 940:2.117 950:2.388 960:2.593 970:1.803 980:2.16 990:2.277 1000:2.518 1010:2.657 1020:1.725 1030:2.232 1040:2.423 1050:2.079 1060:2.353 1070:2.502 1080:2.643 1090:1.752 1100:2.076 1110:2.311 1120:2.521 1130:2.706 1140:2.871 1150:1.651 1160:2.241 1170:2.448 1180:2.602 1190:2.778 1200:2.93 1210:1.163 1220:2.003 1230:2.248 1240:2.408 1250:2.634 1260:1.609 1270:2.351 1280:2.541 1290:2.805 1300:2.938 1310:1.721 1320:2.261 1330:2.491 1340:2.638 1350:2.198 1360:2.419 1370:2.602 1380:2.775 1390:2.909 1400:3.083 1410:3.23 1420:2.22 1430:2.459 1440:2.636 1450:2.824 1460:2.98 1470:2.319 1480:2.566 1490:2.717 1500:2.877 1510:2.969 1520:3.198 1530:2.088 1540:2.411 1550:2.574 1560:2.745 1570:2.905 1580:3.058 1590:3.268 1600:2.253 1610:2.463 1620:2.644 1630:2.814 1640:2.967 1650:3.103 1660:2.214 1670:2.396 1680:2.581 1690:2.744 1700:2.872 1710:3.002 1720:3.163 1730:2.014 1740:2.351 1750:2.562 1760:2.714 1770:2.871 1780:2.963 1790:2.003 1800:2.311 1810:2.49 1820:1.89 1830:2.282 1840:2.477 1850:2.635 1860:2.811 1870:2.951 1880:2.198 1890:2.445 1900:2.617 1910:2.034 1920:2.375 1930:2.551 1940:2.612 1950:1.721 1960:2.282 1970:2.498 1980:2.685 1990:2.823 2000:0.8773")),
                "accuracy": Line(figures("0:37.3 10:66.6 20:71.3 30:75.1 40:74.3 50:75.6 60:79.8 70:82.2 80:79.5 90:81.1 100:78.2 110:80.5 120:82 130:80.4 140:81.7 150:82.9 160:80.5 170:81.2 180:81.9 190:82.2 200:82.1 210:81.2 220:81.2 230:82.6 240:83.9 250:82.1 260:81.9 270:78.6 280:82.8 290:82.8 300:82.3 310:82.7 320:82.2 330:82.8 340:82.1 350:82.8 360:83.6 370:82.4 380:82.3 390:82.7 400:82.9 410:83.2 420:83.6 430:82 440:82.9 450:82.4 460:82.6 470:82.9 480:82.4 490:78.1 500:81.7 510:74.5 520:82.3 530:80.9 540:82.1 550:82.3 560:76.3 570:81.7 580:81.6 590:82.2 600:81.7 610:82.4 620:82.3 630:81.8 640:81.5 650:81.6 660:80.2 670:81 680:81.7 690:79 700:80.5 710:81.7 720:81.4 730:81.5 740:81.9 750:82 760:81.6 770:81 780:81.3 790:81.8 800:82.2 810:82 820:81.5 830:81.8 840:81.6 850:81.8 860:81.3 870:82 880:82 890:64.1 900:81.7 910:81.7 920:81.8 930:75.3 940:80.7 950:80.7 960:80.6 970:80.6 980:81.2 990:81.5 1000:81 1010:81.4 1020:81.4 1030:80.4 1040:80.6 1050:81.4 1060:80.8 1070:81 1080:81 1090:81 1100:81.2 1110:81.6 1120:81.4 1130:81.6 1140:81.3 1150:80.5 1160:80.8 1170:81 1180:81.2 1190:81.2 1200:81.1 1210:80.3 1220:81.6 1230:81.2 1240:81.9 1250:81.7 1260:79.1 1270:81 1280:81.2 1290:80.3 1300:80.6 1310:80.1 1320:80.7 1330:81.5 1340:81.1 1350:79.4 1360:81 1370:80.7 1380:81.1 1390:81.1 1400:81.7 1410:81.5 1420:81.4 1430:81 1440:81.1 1450:80.9 1460:81 1470:81 1480:80.9 1490:81 1500:81.2 1510:81.2 1520:81.3 1530:80.3 1540:80.5 1550:80.5 1560:80.9 1570:81.1 1580:81.3 1590:81.6 1600:80.5 1610:80.7 1620:80.9 1630:80.9 1640:80.7 1650:79.8 1660:80.9 1670:80.8 1680:80.7 1690:80.6 1700:80.8 1710:80.7 1720:80.3 1730:80.4 1740:80.4 1750:80.1 1760:80.3 1770:80.4 1780:80.4 1790:80.5 1800:79.9 1810:80 1820:79.9 1830:81.5 1840:81.3 1850:81.1 1860:81.2 1870:81.4 1880:79.8 1890:80.2 1900:80.2 1910:79.7 1920:80 1930:80.2 1940:79.7 1950:80.3 1960:80.2 1970:80.6 1980:80.5 1990:80.6 2000:76.5")),
        }, config={"epochs": 2_000, "n_classes": 5}, planned=2_000, clock=Clock(2.4, jitter=0.03)),
        expect=sick(fault("overfit gen-gap", (60, 350), 900, WARNING), also="eval-regress best-checkpoint-old plateau converged loss-spike oscillation divergence loss-jump", never="no-learning at-chance eval-leak nan-inf", unsaid=("已收敛",)),
        why="The validation loss is best at epoch 60 (0.573) and two to three from the four hundredth on, the training loss 1e-4. Accuracy is at its best (83.9) at 240 and drifts down to 80. Nineteen hundred epochs bought nothing.",
        read=(
            "过拟合：val loss 第 60 轮 0.57 最低，之后到 2–3；train loss 到 1e-4",
            "accuracy 第 240 轮 83.9 最好，之后回落到约 80",
            "→ 用 60–240 轮的 ckpt；2000 轮改成早停，加增广/正则",
        ),
    ),
    Case(
        name="slm-four-billion-tokens-ended-in-a-second-session", source="akawslearn-ai/slm_training:metrics.jsonl", family="pretraining",
        sketch=Sketch(at=every(40, 7_540, first=20), lines={
                "loss": Line(figures("20:8.56 60:7.218 100:6.433 140:5.674 180:5.181 220:4.775 260:4.708 300:4.013 340:3.996 380:4.022 420:3.581 460:3.351 500:3.515 540:3.132 580:2.937 620:2.994 660:3.08 700:3.032 740:3.042 780:2.932 820:2.699 860:2.906 900:2.833 940:2.752 980:2.814 1020:2.841 1060:2.737 1100:2.701 1140:2.763 1180:2.687 1220:2.691 1260:2.847 1300:2.805 1340:2.705 1380:2.647 1420:2.649 1460:2.626 1500:2.693 1540:2.449 1580:2.513 1620:2.652 1660:2.545 1700:2.475 1740:2.662 1780:2.663 1820:2.528 1860:2.518 1900:2.483 1940:2.655 1980:2.586 2020:2.477 2060:2.368 2100:2.596 2140:2.55 2180:2.672 2220:2.574 2260:2.521 2300:2.519 2340:2.453 2380:2.406 2420:2.381 2460:2.599 2500:2.303 2540:2.393 2580:2.492 2620:2.69 2660:2.434 2700:2.448 2740:2.427 2780:2.588 2820:2.483 2860:2.464 2900:2.422 2940:2.425 2980:2.403 3020:2.458 3060:2.414 3100:2.405 3140:2.529 3180:2.403 3220:2.431 3260:2.191 3300:2.482 3340:2.419 3380:2.404 3420:2.383 3460:2.342 3500:2.26 3540:2.297 3580:2.633 3620:2.368 3660:2.559 3700:2.386 3740:2.3 3780:2.485 3820:2.405 3860:2.391 3900:2.273 3940:2.304 3980:2.283 4020:2.199 4060:2.181 4100:2.38 4140:2.207 4180:2.285 4220:2.254 4260:2.404 4300:2.205 4340:2.281 4380:2.305 4420:2.225 4460:2.268 4500:2.08 4540:2.343 4580:2.277 4620:2.232 4660:2.365 4700:2.115 4740:2.304 4780:2.185 4820:2.192 4860:2.257 4900:2.084 4940:2.159 4980:2.311 5020:2.332 5060:2.357 5100:2.259 5140:2.391 5180:2.187 5220:2.185 5260:2.144 5300:2.265 5340:2.269 5380:2.344 5420:2.182 5460:2.344 5500:2.264 5540:2.088 5580:2.226 5620:2.299 5660:2.296 5700:2.252 5740:2.318 5780:2.245 5820:2.159 5860:2.258 5900:2.241 5940:2.295 5980:2.397 6020:1.946 6060:2.359 6100:2.11 6140:2.362 6180:2.164 6220:2.196 6260:2.307 6300:2.219 6340:2.185 6380:2.21 6420:2.109 6460:2.106 6500:2.268 6540:2.196 6580:2.166 6620:2.26 6660:2.15 6700:2.109 6740:2.238 6780:2.03 6820:2.203 6860:2.13 6900:2.239 6940:2.127 6980:2.248 7020:2.02 7060:2.114 7100:2.126 7140:2.008 7180:2.147 7220:2.177 7260:2.217 7300:2.224 7340:2.251 7380:2.212 7420:2.117 7460:2.14 7500:2.148 7540:2.088 7580:2.209")), "lr": Line(figures("20:2.988e-5 160:0.0002501 260:0.0004074 340:0.0005332 380:0.0005961 460:0.0005999 780:0.0005962 1180:0.0005847 1580:0.0005658 2000:0.0005388 2400:0.0005068 2820:0.0004678 3220:0.0004265 3620:0.0003825 4040:0.0003347 4440:0.000289 4840:0.0002445 5260:0.0002004 5660:0.0001622 6060:0.0001289 6480:0.0001001 6880:7.946e-5 7280:6.605e-5 7560:6.117e-5")),
                "tokens": Line(count(524_288)), "usd": Line((real(20, 0.0755), made(40, 0.6), made(7_540, 14.5))),
            },
            config={"max_tokens": 4_080_000_000, "peak_lr": 6e-4, "min_lr": 6e-5},
            planned=7_780, clock=Clock(3.4, jitter=0.01), state="running",
            then=Sketch(
                at=every(20, 7_760, first=7_520),
                lines={"loss": Line(figures("7520:2.206 7540:2.181 7560:2.166 7580:2.212 7600:2.133 7620:2.16 7640:2.16 7660:2.198 7680:2.169 7700:2.156 7720:2.16 7740:2.185 7760:2.201")), "lr": Line((made(7_520, 6.17e-5), real(7_760, 6.001e-5))), "tokens": Line(count(524_288)), "usd": Line((made(7_520, 0.08), real(7_760, 0.4139)))},
                planned=7_780, clock=Clock(3.4, jitter=0.01, pauses=((7_520, 5_400),)), state="finished",
            ),
        ),
        expect=healthy(usable=True, also="plateau resume-seam converged throughput-drop config-drift", never="divergence loss-jump loss-spike no-learning lr-anomaly nan-inf overfit eval-regress"),
        why="8.6 to 2.2 over 4.07 billion tokens, noise of one batch (0.1), cosine down to a tenth. The last 250 steps are a second session that begins twenty steps before the first ended and at the same loss; the dollars are counted anew.",
        read=(
            "正常跑完：loss 8.56→约 2.2，lr 余弦降到 6e-5，40.7 亿 token",
            "7520 步处续训接得上（前后都约 2.2），usd 从 0 重计不影响",
            "→ 可用；没有验证集，对外报指标前补一次 held-out ppl",
        ),
    ),
    Case(
        name="chat-hamner-v4-base-a-quarter-of-its-plan", source="ruapotato/chat_hamner:logs/pretrain_v4_base_metrics.csv", family="pretraining",
        sketch=Sketch(at=every(500, 100_500), lines={
                "loss": Line(figures("500:6.781 1000:5.898 1500:5.431 2000:5.2 2500:4.913 3000:4.725 3500:4.537 4000:4.465 4500:4.367 5000:4.228 5500:4.19 6000:4.155 6500:4.11 7000:4.055 7500:4.037 8000:4.016 8500:3.941 9000:3.933 9500:3.931 10000:3.895 10500:3.927 11000:3.898 11500:3.882 12000:3.811 12500:3.871 13000:3.775 13500:3.764 14000:3.808 14500:3.812 15000:3.777 15500:3.748 16000:3.735 16500:3.746 17000:3.69 17500:3.706 18000:3.717 18500:3.652 19000:3.723 19500:3.72 20000:3.674 20500:3.625 21000:3.704 21500:3.682 22000:3.624 22500:3.684 23000:3.678 23500:3.628 24000:3.602 24500:3.668 25000:3.628 25500:3.619 26000:3.637 26500:3.61 27000:3.555 27500:3.568 28000:3.6 28500:3.574 29000:3.529 29500:3.636 30000:3.587 30500:3.538 31000:3.574 31500:3.543 32000:3.575 32500:3.576 33000:3.611 33500:3.558 34000:3.532 34500:3.587 35000:3.588 35500:3.557 36000:3.532 36500:3.581 37000:3.55 37500:3.455 38000:3.589 38500:3.573 39000:3.474 39500:3.553 40000:3.537 40500:3.499 41000:3.527 41500:3.555 42000:3.495 42500:3.496 43000:3.512 43500:3.531 44000:3.482 44500:3.549 45000:3.555 45500:3.504 46000:3.552 46500:3.542 47000:3.5 47500:3.538 48000:3.517 48500:3.516 49000:3.474 49500:3.501 50000:3.53 50500:3.492 51000:3.464 51500:3.516 52000:3.514 52500:3.459 53000:3.505 53500:3.515 54000:3.492 54500:3.457 55000:3.519 55500:3.504 56000:3.446 56500:3.454 57000:3.484 57500:3.495 58000:3.488 58500:3.495 59000:3.464 59500:3.432 60000:3.498 60500:3.486 61000:3.476 61500:3.487 62000:3.476 62500:3.598 63000:3.439 63500:3.512 64000:3.496 64500:3.415 65000:3.475 65500:3.512 66000:3.444 66500:3.482 67000:3.445 67500:3.459 68000:3.443 68500:3.491 69000:3.438 69500:3.445 70000:3.512 70500:3.46 71000:3.465 71500:3.407 72000:3.454 72500:3.433 73000:3.42 73500:3.484 74000:3.472 74500:3.44 75000:3.446 75500:3.461 76000:3.447 76500:3.403 77000:3.444 77500:3.453 78000:3.407 78500:3.483 79000:3.48 79500:3.436 80000:3.401 80500:3.396 81000:3.439 81500:3.385 82000:3.407 82500:3.435 83000:3.43 83500:3.487 84000:3.43 84500:3.426 85000:3.413 85500:3.387 86000:3.393 86500:3.313 87000:3.475 87500:3.452 88000:3.37 88500:3.335 89000:3.424 89500:3.402 90000:3.444 90500:3.416 91000:3.394 91500:3.346 92000:3.418 92500:3.467 93000:3.421 93500:3.328 94000:3.408 94500:3.447 95000:3.311 95500:3.413 96000:3.434 96500:3.424 97000:3.36 97500:3.442 98000:3.355 98500:3.381 99000:3.42 99500:3.432 100000:3.409 100500:3.343")),
                "val_loss": Line(figures("500:6.701 1000:5.895 1500:5.484 2000:5.157 2500:4.883 3000:4.662 3500:4.543 4000:4.263 4500:4.221 5000:4.17 5500:4.105 6000:4.075 6500:4.029 7000:3.994 7500:3.945 8000:3.919 8500:3.904 9000:3.872 9500:3.84 10000:3.832 10500:3.811 11000:3.793 11500:3.773 12000:3.762 12500:3.731 13000:3.727 13500:3.716 14000:3.699 14500:3.688 15000:3.675 15500:3.673 16000:3.651 16500:3.65 17000:3.647 17500:3.622 18000:3.615 18500:3.608 19000:3.597 19500:3.599 20000:3.586 20500:3.585 21000:3.57 21500:3.564 22000:3.571 22500:3.546 23000:3.551 23500:3.554 24000:3.534 24500:3.53 25000:3.527 25500:3.537 26000:3.514 26500:3.512 27000:3.509 27500:3.495 28000:3.495 28500:3.515 29000:3.494 29500:3.479 30000:3.475 30500:3.491 31000:3.471 31500:3.469 32000:3.467 32500:3.478 33000:3.453 33500:3.458 34000:3.466 34500:3.444 35000:3.45 35500:3.47 36000:3.449 36500:3.439 37000:3.437 37500:3.449 38000:3.423 38500:3.428 39000:3.43 39500:3.436 40000:3.421 40500:3.43 41000:3.413 41500:3.417 42000:3.41 42500:3.42 43000:3.401 43500:3.408 44000:3.414 44500:3.406 45000:3.405 45500:3.399 46000:3.408 46500:3.403 47000:3.395 47500:3.418 48000:3.388 48500:3.391 49000:3.398 49500:3.392 50000:3.394 50500:3.391 51000:3.399 51500:3.381 52000:3.38 52500:3.385 53000:3.387 53500:3.373 54000:3.381 54500:3.385 55000:3.37 55500:3.368 56000:3.388 56500:3.36 57000:3.358 57500:3.366 58000:3.371 58500:3.36 59000:3.367 59500:3.374 60000:3.36 60500:3.362 61000:3.362 61500:3.371 62000:3.354 62500:3.364 63000:3.365 63500:3.344 64000:3.354 64500:3.356 65000:3.351 65500:3.344 66000:3.351 66500:3.361 67000:3.344 67500:3.339 68000:3.365 68500:3.341 69000:3.342 69500:3.344 70000:3.346 70500:3.343 71000:3.338 71500:3.346 72000:3.336 72500:3.329 73000:3.336 73500:3.324 74000:3.331 74500:3.332 75000:3.332 75500:3.317 76000:3.329 76500:3.337 77000:3.332 77500:3.314 78000:3.327 78500:3.327 79000:3.319 79500:3.325 80000:3.337 80500:3.316 81000:3.318 81500:3.327 82000:3.312 82500:3.315 83000:3.331 83500:3.321 84000:3.315 84500:3.312 85000:3.331 85500:3.307 86000:3.31 86500:3.319 87000:3.326 87500:3.31 88000:3.316 88500:3.332 89000:3.305 89500:3.316 90000:3.336 90500:3.313 91000:3.307 91500:3.316 92000:3.306 92500:3.304 93000:3.311 93500:3.325 94000:3.304 94500:3.309 95000:3.311 95500:3.299 96000:3.299 96500:3.305 97000:3.302 97500:3.29 98000:3.296 98500:3.314 99000:3.289 99500:3.291 100000:3.302 100500:3.312")),
                "learning_rate": Line((made(500, 5e-5), made(2_000, 2e-4), made(100_500, 2e-4))),
                "tokens_per_sec": Line(figures("500:25463 10500:25979 20500:26003 30500:26017 40500:26028 50500:26035 60500:26072 70500:26085 80500:26077 90500:26074 100500:25537"), noise=(gaussian(12),)),
        }, config={"lr": 2e-4, "schedule": "wsd", "warmup_steps": 2_000, "max_steps": 400_000, "batch_size": 24, "seq_len": 1_024}, state="running", planned=400_000, clock=Clock(0.942, jitter=0.004)),
        expect=healthy(usable=True, also="plateau eta-target converged", never="divergence overfit gen-gap lr-anomaly lr-flat-stall no-learning nan-inf loss-jump eval-regress loss-spike throughput-drop"),
        why="6.7 to 3.31 on held-out text after a quarter of 400,000 steps, slower and slower as it must be at a constant lr; training and validation are level. WSD: the lr stays at 2e-4 until the annealing stage, which is where the next drop will come from.",
        read=(
            "正常：val loss 6.70→3.31（10 万步，计划 40 万），train/val 持平，没有过拟合",
            "近 3 万步只降 0.03，是恒定 lr 阶段的常态，退火时会再掉",
            "→ 继续；吞吐稳定在 2.6 万 token/s",
        ),
    ),
    Case(
        name="slm-classic-ten-epochs-perplexity-thirty-six", source="0Xero7/slm_training:lightning_logs/version_0/metrics.csv", family="pretraining",
        sketch=Sketch(at=every(1_000, 139_999, first=999), lines={
                "train_loss_step": Line(figures("999:5.551 1999:5.044 2999:4.978 3999:4.88 4999:4.641 5999:4.726 6999:4.493 7999:4.601 8999:4.432 9999:4.365 10999:4.672 11999:4.362 12999:4.459 13999:4.419 14999:4.407 15999:4.214 16999:4.367 17999:4.32 18999:4.219 19999:4.132 20999:4.22 21999:4.38 22999:4.083 23999:4.443 24999:4.106 25999:4.145 26999:3.989 27999:4.18 28999:3.97 29999:4.282 30999:4.109 31999:4.068 32999:4.122 33999:4.196 34999:3.856 35999:4.115 36999:4.232 37999:4.085 38999:4.304 39999:4.157 40999:4.034 41999:4.13 42999:4.149 43999:3.942 44999:4.123 45999:3.856 46999:4 47999:4.018 48999:4.043 49999:4.094 50999:4.094 51999:4.04 52999:3.838 53999:4.189 54999:3.814 55999:4.061 56999:3.988 57999:3.984 58999:3.949 59999:3.912 60999:4.057 61999:3.836 62999:3.863 63999:3.987 64999:3.868 65999:4.096 66999:4.059 67999:3.963 68999:3.957 69999:3.76 70999:3.947 71999:3.744 72999:3.914 73999:3.743 74999:3.821 75999:3.84 76999:3.944 77999:4.01 78999:3.911 79999:3.936 80999:3.887 81999:3.738 82999:3.866 83999:3.819 84999:3.859 85999:3.715 86999:4.012 87999:3.817 88999:3.863 89999:3.809 90999:3.667 91999:3.815 92999:3.721 93999:3.854 94999:3.7 95999:3.557 96999:3.958 97999:3.94 98999:3.707 99999:3.886 100999:4.145 101999:3.725 102999:3.778 103999:3.761 104999:3.758 105999:3.919 106999:3.958 107999:3.817 108999:3.729 109999:3.783 110999:3.908 111999:3.754 112999:3.772 113999:3.635 114999:3.633 115999:3.852 116999:3.759 117999:3.836 118999:3.811 119999:3.676 120999:3.727 121999:3.702 122999:3.667 123999:3.726 124999:3.613 125999:3.627 126999:3.552 127999:3.915 128999:3.562 129999:3.708 130999:3.605 131999:3.791 132999:3.69 133999:3.519 134999:3.653 135999:3.533 136999:3.68 137999:3.679 138999:3.858 139999:3.797"), noise=(gaussian(0.08),)),
                "train_loss_epoch": Line(figures("14073:4.77697 28147:4.21829 42221:4.10121 56295:4.02349 70369:3.95526 84443:3.88854 98517:3.82526 112591:3.76723 126665:3.71996 140739:3.68724"), at=at(14_073, 28_147, 42_221, 56_295, 70_369, 84_443, 98_517, 112_591, 126_665, 140_739)),
                "val_loss": Line(figures("14073:4.13257 28147:3.95621 42221:3.88103 56295:3.81896 70369:3.77009 84443:3.71827 98517:3.67656 112591:3.62333 126665:3.59087 140739:3.57049"), at=at(14_073, 28_147, 42_221, 56_295, 70_369, 84_443, 98_517, 112_591, 126_665, 140_739)),
        }, config={"d_model": 768, "num_layers": 12, "lr": 0.000236, "max_seq_len": 128, "num_epochs": 10, "vocab_size": 50_258}, planned=140_740, clock=Clock(0.172, jitter=0.01), apart=True),
        expect=healthy(usable=True, also="plateau eta-target eval-underpowered", never="overfit gen-gap divergence eval-regress no-learning nan-inf loss-jump eval-leak"),
        why="Validation falls at each of the ten epochs, 4.13 to 3.57, and stays below the training mean of the same epoch, which is the mean over an epoch of a model that was still worse. The last step is as large as the one before: it could go on.",
        read=(
            "正常跑完：val loss 4.13→3.57，10 轮逐轮下降（ppl 62→36），最后一轮最好",
            "没有过拟合，末轮仍降 0.02，可再训",
            "→ 用最后的 ckpt",
        ),
    ),
    Case(
        name="whisper-tiny-norwegian-hundred-thousand-steps", source="CoralReefFish/whisper-tiny-nbaiLab:trainer_state.json", family="supervised",
        sketch=Sketch(at=every(1_000, 100_000), lines={
                "train/loss": Line(figures("1000:1.882 2000:1.643 3000:1.548 4000:1.464 5000:1.411 6000:1.348 7000:1.313 8000:1.299 9000:1.265 10000:1.246 11000:1.226 12000:1.213 13000:1.197 14000:1.179 15000:1.149 16000:1.151 17000:1.124 18000:1.118 19000:1.115 20000:1.101 21000:1.097 22000:1.078 23000:1.077 24000:1.072 25000:1.064 26000:1.059 27000:1.049 28000:1.047 29000:1.032 30000:1.019 31000:1.008 32000:1.015 33000:1.013 34000:1.002 35000:0.999 36000:1.004 37000:1 38000:1.002 39000:0.9878 40000:0.9854 41000:0.9624 42000:0.9639 43000:0.9569 44000:0.9682 45000:0.9539 46000:0.946 47000:0.9429 48000:0.9462 49000:0.9312 50000:0.9462 51000:0.922 52000:0.9253 53000:0.9065 54000:0.9096 55000:0.9329 56000:0.9181 57000:0.914 58000:0.9149 59000:0.9092 60000:0.9101 61000:0.9046 62000:0.8917 63000:0.8993 64000:0.8875 65000:0.8892 66000:0.8929 67000:0.8703 68000:0.8709 69000:0.8917 70000:0.8867 71000:0.8778 72000:0.8757 73000:0.8726 74000:0.8792 75000:0.8706 76000:0.8585 77000:0.8659 78000:0.8551 79000:0.8572 80000:0.8612 81000:0.8598 82000:0.8686 83000:0.8503 84000:0.8545 85000:0.8594 86000:0.86 87000:0.8514 88000:0.8505 89000:0.8512 90000:0.8495 91000:0.8381 92000:0.8253 93000:0.8387 94000:0.8425 95000:0.8339 96000:0.8402 97000:0.8396 98000:0.8432 99000:0.844 100000:0.8333")),
                "eval/loss": Line(figures("1000:1.187 2000:0.9991 3000:0.9147 4000:0.8605 5000:0.8253 6000:0.7946 7000:0.774 8000:0.7551 9000:0.7378 10000:0.7257 11000:0.7114 12000:0.6972 13000:0.6871 14000:0.6786 15000:0.6703 16000:0.6647 17000:0.6559 18000:0.6509 19000:0.6452 20000:0.6382 21000:0.6331 22000:0.6304 23000:0.6249 24000:0.6194 25000:0.6158 26000:0.6105 27000:0.6041 28000:0.604 29000:0.5984 30000:0.5957 31000:0.5924 32000:0.594 33000:0.5892 34000:0.5873 35000:0.5838 36000:0.5799 37000:0.577 38000:0.5733 39000:0.5745 40000:0.572 41000:0.5703 42000:0.5681 43000:0.5679 44000:0.5643 45000:0.5601 46000:0.5562 47000:0.5592 48000:0.554 49000:0.5535 50000:0.5536 51000:0.5539 52000:0.551 53000:0.5493 54000:0.549 55000:0.5483 56000:0.5471 57000:0.5457 58000:0.5449 59000:0.5405 60000:0.5402 61000:0.5374 62000:0.539 63000:0.5386 64000:0.5361 65000:0.5358 66000:0.5346 67000:0.5332 68000:0.5336 69000:0.5329 70000:0.5323 71000:0.5315 72000:0.5317 73000:0.5269 74000:0.5268 75000:0.5247 76000:0.5265 77000:0.5262 78000:0.5249 79000:0.5249 80000:0.5235 81000:0.5208 82000:0.5214 83000:0.5214 84000:0.5215 85000:0.5186 86000:0.5196 87000:0.5203 88000:0.5164 89000:0.5174 90000:0.5141 91000:0.513 92000:0.5147 93000:0.5168 94000:0.5135 95000:0.5162 96000:0.5147 97000:0.5143 98000:0.51 99000:0.51 100000:0.5128")),
                "eval/wer": Line(figures("1000:61.97 2000:53.65 3000:50.21 4000:47.08 5000:45.74 6000:43.45 7000:42.27 8000:40.9 9000:39.86 10000:39.89 11000:39.8 12000:37.88 13000:37.3 14000:37.42 15000:37 16000:36.36 17000:36.39 18000:36.51 19000:35.99 20000:34.5 21000:34.35 22000:34.29 23000:34.1 24000:33.83 25000:32.98 26000:32.64 27000:32.73 28000:32.76 29000:31.61 30000:31.3 31000:31.43 32000:31.3 33000:31.03 34000:31.18 35000:30.63 36000:30.42 37000:30.18 38000:29.66 39000:30.27 40000:30.05 41000:29.6 42000:29.51 43000:29.63 44000:29.57 45000:29.57 46000:29.72 47000:29.29 48000:29.08 49000:29.29 50000:28.68 51000:28.71 52000:28.84 53000:28.59 54000:28.5 55000:28.29 56000:27.98 57000:28.41 58000:27.59 59000:27.83 60000:27.34 61000:27.56 62000:27.74 63000:27.41 64000:26.86 65000:27.34 66000:26.74 67000:26.83 68000:26.71 69000:27.07 70000:26.34 71000:27.28 72000:26.25 73000:26.64 74000:26.16 75000:26.16 76000:26.37 77000:26.74 78000:26.07 79000:26.28 80000:25.76 81000:25.7 82000:25.7 83000:25.7 84000:28.23 85000:25.67 86000:25.58 87000:25.18 88000:28.01 89000:25.09 90000:25.55 91000:24.97 92000:25.58 93000:24.91 94000:25.24 95000:25.67 96000:25.73 97000:25.67 98000:24.88 99000:25.06 100000:24.97")),
                "train/learning_rate": Line(constant(3e-6)),
        }, config={"learning_rate": 3e-6, "lr_scheduler_type": "constant_with_warmup", "warmup_steps": 1_000, "max_steps": 100_000, "eval_steps": 1_000, "per_device_train_batch_size": 256}, planned=100_000, clock=Clock(6.2, jitter=0.01), step_key="train/global_step"),
        expect=healthy(usable=True, also="plateau eval-underpowered eta-target", never="overfit eval-regress divergence no-learning loss-jump gen-gap lr-anomaly lr-flat-stall nan-inf loss-spike"),
        why="WER 62 to 25 with its best (24.9) at 98,000, on 161 utterances: single evaluations stand three points above their neighbours (84,000, 88,000) while their loss is the same. Still falling slowly at a small constant lr. Nothing is wrong; it would gain from more steps or a larger rate.",
        read=(
            "正常跑完：WER 62→25.0，98000 步 24.88 最好，eval loss 1.19→0.51 仍在降",
            "84000、88000 步 WER 跳高约 3 点而 loss 没动，是验证集小（约 160 条）",
            "→ 用 98000 或最后的 ckpt；lr 3e-6 偏小，末段可加衰减再训",
        ),
    ),
    Case(
        name="mt5-azerbaijani-summaries-rouge-of-twenty-articles", source="NijatZeynalov/mT5-based-azerbaijani-news-summarize:trainer_state.json", family="supervised",
        sketch=Sketch(at=at(10, *range(100, 7_001, 100)), lines={
                "train/loss": Line(figures("10:25.51 100:4.726 200:3.923 300:3.686 400:3.54 500:3.433 600:3.412 700:3.305 800:3.139 900:3.144 1000:3.144 1100:3.104 1200:3.147 1300:3.004 1400:3.04 1500:2.989 1600:3.006 1700:2.885 1800:3.029 1900:2.838 2000:2.817 2100:2.83 2200:2.816 2300:2.883 2400:2.861 2500:2.765 2600:2.778 2700:2.709 2800:2.729 2900:2.683 3000:2.77 3100:2.652 3200:2.725 3300:2.618 3400:2.53 3500:2.697 3600:2.522 3700:2.646 3800:2.649 3900:2.602 4000:2.487 4100:2.402 4200:2.543 4300:2.517 4400:2.461 4500:2.526 4600:2.544 4700:2.541 4800:2.487 4900:2.486 5000:2.488 5100:2.506 5200:2.431 5300:2.604 5400:2.619 5500:2.478 5600:2.421 5700:2.437 5800:2.398 5900:2.398 6000:2.434 6100:2.42 6200:2.428 6300:2.423 6400:2.352 6500:2.393 6600:2.289 6700:2.401 6800:2.443 6900:2.429 7000:2.244")),
                "eval/loss": Line(figures("100:3.398 200:3.01 300:2.951 400:2.791 500:2.735 600:2.67 700:2.602 800:2.543 900:2.554 1000:2.531 1100:2.499 1200:2.434 1300:2.412 1400:2.398 1500:2.356 1600:2.361 1700:2.332 1800:2.336 1900:2.31 2000:2.295 2100:2.282 2200:2.29 2300:2.296 2400:2.267 2500:2.274 2600:2.231 2700:2.219 2800:2.205 2900:2.171 3000:2.19 3100:2.189 3200:2.193 3300:2.188 3400:2.212 3500:2.168 3600:2.184 3700:2.23 3800:2.209 3900:2.212 4000:2.201 4100:2.184 4200:2.161 4300:2.146 4400:2.139 4500:2.128 4600:2.139 4700:2.13 4800:2.126 4900:2.117 5000:2.114 5100:2.109 5200:2.12 5300:2.106 5400:2.085 5500:2.087 5600:2.097 5700:2.099 5800:2.086 5900:2.094 6000:2.11 6100:2.103 6200:2.083 6300:2.109 6400:2.078 6500:2.085 6600:2.106 6700:2.073 6800:2.058 6900:2.053 7000:2.065"), at=every(100, 7_000)),
                "eval/rouge1": Line(figures("100:0.2283 200:0.2329 300:0.259 400:0.2871 500:0.273 600:0.256 700:0.2818 800:0.2719 900:0.2838 1000:0.2795 1100:0.3184 1200:0.3062 1300:0.309 1400:0.2814 1500:0.3044 1600:0.2978 1700:0.2996 1800:0.2883 1900:0.3002 2000:0.3069 2100:0.3235 2200:0.316 2300:0.3156 2400:0.3166 2500:0.3102 2600:0.2849 2700:0.3358 2800:0.3092 2900:0.3035 3000:0.3033 3100:0.2998 3200:0.3063 3300:0.2894 3400:0.2998 3500:0.3402 3600:0.3207 3700:0.3023 3800:0.3036 3900:0.3163 4000:0.3196 4100:0.3078 4200:0.3102 4300:0.3133 4400:0.3006 4500:0.3331 4600:0.3503 4700:0.3461 4800:0.3417 4900:0.3196 5000:0.3167 5100:0.3189 5200:0.3351 5300:0.3151 5400:0.3296 5500:0.2992 5600:0.311 5700:0.3278 5800:0.307 5900:0.303 6000:0.3094 6100:0.3185 6200:0.3168 6300:0.3219 6400:0.341 6500:0.3316 6600:0.3457 6700:0.3636 6800:0.3638 6900:0.3538 7000:0.3435"), at=every(100, 7_000)),
                "eval/rougeLsum": Line(figures("100:0.2019 200:0.2184 300:0.2343 400:0.2695 500:0.2519 600:0.2424 700:0.2676 800:0.2561 900:0.2632 1000:0.2655 1100:0.3049 1200:0.2806 1300:0.2943 1400:0.2579 1500:0.2903 1600:0.2825 1700:0.2808 1800:0.2772 1900:0.2877 2000:0.2766 2100:0.295 2200:0.3077 2300:0.2868 2400:0.3027 2500:0.2966 2600:0.2672 2700:0.3169 2800:0.2992 2900:0.2803 3000:0.2868 3100:0.2814 3200:0.2899 3300:0.2725 3400:0.2843 3500:0.3209 3600:0.3139 3700:0.2803 3800:0.2839 3900:0.2955 4000:0.2971 4100:0.2943 4200:0.2903 4300:0.2996 4400:0.2834 4500:0.3106 4600:0.3275 4700:0.3305 4800:0.3184 4900:0.3008 5000:0.296 5100:0.2989 5200:0.3204 5300:0.2966 5400:0.3122 5500:0.2826 5600:0.288 5700:0.3101 5800:0.2932 5900:0.2843 6000:0.2915 6100:0.3001 6200:0.2949 6300:0.3021 6400:0.3193 6500:0.3123 6600:0.327 6700:0.35 6800:0.3465 6900:0.3381 7000:0.326"), at=every(100, 7_000)),
                "train/learning_rate": Line(linear_decay(5e-4, 9_411, warmup=90)),
        }, config={"learning_rate": 5e-4, "num_train_epochs": 3, "max_steps": 9_411, "eval_steps": 100, "warmup_steps": 90}, state="running", planned=9_411, clock=Clock(1.4, jitter=0.02, evals=(100, 28)), step_key="train/global_step"),
        expect=healthy(usable=True, also="eval-underpowered plateau oscillation eta-target", never="overfit divergence gen-gap no-learning eval-leak lr-anomaly lr-zero nan-inf loss-jump at-chance"),
        why="The evaluation loss falls the whole way (3.40 to 2.07) and lies below the training loss, which is with dropout and the mean of a hundred steps. ROUGE goes up and down by 0.04 from one evaluation to the next: it is of twenty articles. Two of three epochs done.",
        read=(
            "进展正常：eval loss 3.40→2.07 持续下降，ROUGE-1 0.23→0.34",
            "ROUGE 逐次 ±0.03 是只评 20 篇，选 ckpt 看 eval loss",
            "→ 跑完剩下的 2400 步；eval 低于 train 是 dropout，不是泄漏",
        ),
    ),
    Case(
        name="medbot-one-epoch-of-sixteen-thousand-steps", source="Ysn-Ir/medBot-finetuning-part:trainer_state.json", family="sft",
        sketch=Sketch(at=at(25, *range(100, 16_001, 100)), lines={
                "train/loss": Line(figures("25:3.911 100:2.46 200:2.253 300:2.193 400:2.121 500:2.049 600:2.088 700:2.006 800:1.996 900:2.026 1000:1.997 1100:1.976 1200:2.042 1300:2.099 1400:2.018 1500:1.992 1600:1.965 1700:2.045 1800:2.012 1900:2.049 2000:2.07 2100:2.018 2200:1.981 2300:2.002 2400:1.991 2500:1.967 2600:2.027 2700:1.969 2800:2.012 2900:2.003 3000:1.958 3100:1.976 3200:2.029 3300:1.915 3400:2.02 3500:2.013 3600:1.982 3700:2.013 3800:2.026 3900:1.953 4000:1.886 4100:1.961 4200:2.001 4300:1.954 4400:1.86 4500:1.911 4600:1.939 4700:2.024 4800:1.919 4900:1.954 5000:1.945 5100:1.968 5200:1.964 5300:1.861 5400:1.934 5500:1.937 5600:1.931 5700:1.973 5800:1.92 5900:1.939 6000:1.942 6100:1.906 6200:1.912 6300:1.923 6400:1.966 6500:1.926 6600:1.923 6700:1.94 6800:1.992 6900:1.922 7000:1.905 7100:1.923 7200:1.942 7300:1.954 7400:1.97 7500:1.859 7600:1.973 7700:1.926 7800:1.91 7900:1.927 8000:1.976 8100:1.956 8200:1.889 8300:1.972 8400:1.934 8500:1.887 8600:1.969 8700:1.874 8800:1.885 8900:1.928 9000:1.919 9100:1.906 9200:1.868 9300:1.897 9400:1.877 9500:1.887 9600:1.91 9700:1.873 9800:1.918 9900:1.89 10000:1.897 10100:1.865 10200:1.887 10300:1.86 10400:1.875 10500:1.921 10600:1.883 10700:1.885 10800:1.881 10900:1.833 11000:1.833 11100:1.914 11200:1.835 11300:1.899 11400:1.921 11500:1.833 11600:1.851 11700:1.906 11800:1.849 11900:1.855 12000:1.862 12100:1.889 12200:1.853 12300:1.859 12400:1.902 12500:1.909 12600:1.863 12700:1.883 12800:1.82 12900:1.819 13000:1.883 13100:1.886 13200:1.825 13300:1.806 13400:1.863 13500:1.871 13600:1.821 13700:1.835 13800:1.823 13900:1.878 14000:1.826 14100:1.834 14200:1.818 14300:1.865 14400:1.867 14500:1.857 14600:1.822 14700:1.818 14800:1.833 14900:1.84 15000:1.833 15100:1.848 15200:1.883 15300:1.83 15400:1.861 15500:1.836 15600:1.782 15700:1.881 15800:1.829 15900:1.864 16000:1.809")),
                "train/grad_norm": Line(figures("25:6.19 100:1.27 200:1.49 300:1.67 400:1.28 500:1.47 600:1.03 700:0.957 800:0.922 900:1.11 1000:1.1 1100:1.12 1200:0.944 1300:1.43 1400:1.11 1500:1.24 1600:1.21 1700:1.19 1800:1.05 1900:1.24 2000:1.2 2100:1.33 2200:1.33 2300:1.43 2400:1.33 2500:1.25 2600:1.27 2700:1.31 2800:1.17 2900:1.3 3000:1.3 3100:1.39 3200:1.36 3300:1.17 3400:1.14 3500:1.29 3600:1.31 3700:1.41 3800:1.22 3900:1.28 4000:1.27 4100:1.36 4200:1.3 4300:1.31 4400:1.45 4500:1.26 4600:1.04 4700:1.32 4800:1.41 4900:1.36 5000:1.28 5100:1.25 5200:1.45 5300:1.21 5400:1.23 5500:1.07 5600:1.35 5700:1.4 5800:1.03 5900:1.33 6000:1.38 6100:1.2 6200:1.27 6300:1.28 6400:1.33 6500:1.43 6600:1.14 6700:1.21 6800:1.33 6900:1.34 7000:1.15 7100:1.4 7200:1.19 7300:1.25 7400:1.3 7500:1.2 7600:1.26 7700:1.27 7800:1.33 7900:1.38 8000:1.31 8100:1.52 8200:1.45 8300:1.36 8400:1.26 8500:1.44 8600:1.39 8700:1.16 8800:1.31 8900:1.13 9000:1.14 9100:1.2 9200:1.33 9300:1.19 9400:1.12 9500:1.09 9600:1.28 9700:0.849 9800:1.2 9900:1.13 10000:1.34 10100:1.15 10200:1.2 10300:1.09 10400:1.12 10500:1.21 10600:1.14 10700:1.16 10800:1.01 10900:1.33 11000:1.16 11100:1.25 11200:1.22 11300:1.13 11400:1.08 11500:1.19 11600:1.15 11700:1.25 11800:1.17 11900:1.17 12000:1.16 12100:1.14 12200:0.916 12300:1.11 12400:1.08 12500:1.21 12600:1.17 12700:1.12 12800:1.12 12900:1.15 13000:1.2 13100:1.2 13200:1.16 13300:1.12 13400:0.991 13500:1.16 13600:1.16 13700:1.07 13800:1.07 13900:1.2 14000:0.969 14100:1.28 14200:1.1 14300:1.33 14400:1.08 14500:1.18 14600:1.04 14700:1.05 14800:1.13 14900:1.03 15000:1.06 15100:1.04 15200:1.14 15300:1.19 15400:0.963 15500:1.09 15600:1.12 15700:1.17 15800:1.15 15900:1.17 16000:1.22")),
                "train/learning_rate": Line(linear_decay(2e-4, 16_058, warmup=1_606)),
                "train/epoch": Line(epoch(16_058, 4)),
        }, config={"learning_rate": 2e-4, "lr_scheduler_type": "linear", "warmup_ratio": 0.1, "num_train_epochs": 1, "per_device_train_batch_size": 4, "logging_steps": 25, "max_steps": 16_058}, planned=16_058, clock=Clock(1.7, jitter=0.02), step_key="train/global_step"),
        expect=healthy(usable=True, also="plateau converged", never="divergence overfit no-learning grad-explode lr-anomaly nan-inf loss-jump lr-zero grad-vanish"),
        why="3.9 to 2.0 in the first seven hundred steps and 1.85 at the end of the one epoch: what tuning looks like. A slight rise at the top of the warm-up (2.05) and then down with the lr; norms about 1.2 throughout. No evaluation was made, so nothing is known of held-out text.",
        read=(
            "正常跑完：loss 3.91→约 1.85，grad_norm 稳定在 1.2 左右，lr 线性降到 0",
            "warmup 顶部 loss 略升到 2.05 后回落，正常",
            "→ 可用；没有 eval，需另跑验证",
        ),
    ),
    Case(
        name="g2p-validation-loss-turns-up-error-rate-goes-on-down", source="quincyhopper/g2p:train_log.csv", family="supervised",
        sketch=Sketch(at=every(3, 342, first=0), lines={
                "train_loss": Line(figures("0:3.851 3:2.603 6:2.164 9:1.673 12:1.192 15:0.9389 18:0.7866 21:0.6893 24:0.6222 27:0.5713 30:0.5265 33:0.5038 36:0.4532 39:0.4304 42:0.3958 45:0.38 48:0.3582 51:0.3328 54:0.3209 57:0.3038 60:0.2843 63:0.2693 66:0.2535 69:0.2416 72:0.2301 75:0.2234 78:0.2106 81:0.1923 84:0.1967 87:0.1849 90:0.1777 93:0.1705 96:0.1631 99:0.1577 102:0.1507 105:0.1496 108:0.1347 111:0.1272 114:0.1253 117:0.1239 120:0.1185 123:0.1174 126:0.1097 129:0.1091 132:0.1081 135:0.101 138:0.09395 141:0.09152 144:0.09116 147:0.08275 150:0.0844 153:0.08107 156:0.07884 159:0.07683 162:0.07387 165:0.07081 168:0.0702 171:0.06529 174:0.06659 177:0.06392 180:0.06 183:0.05796 186:0.06213 189:0.05738 192:0.0546 195:0.05073 198:0.05146 201:0.04641 204:0.0513 207:0.05436 210:0.04478 213:0.04522 216:0.04448 219:0.04369 222:0.04136 225:0.04063 228:0.04419 231:0.03782 234:0.03926 237:0.03842 240:0.03654 243:0.0371 246:0.03507 249:0.03219 252:0.03275 255:0.03295 258:0.03179 261:0.0313 264:0.03087 267:0.02876 270:0.03033 273:0.02816 276:0.02639 279:0.02688 282:0.02451 285:0.02531 288:0.02421 291:0.02605 294:0.02565 297:0.02503 300:0.02459 303:0.02327 306:0.02523 309:0.02119 312:0.0249 315:0.02011 318:0.02009 321:0.02011 324:0.01905 327:0.01931 330:0.01863 333:0.01776 336:0.01806 339:0.01609 342:0.02033")),
                "val_loss": Line(figures("0:2.97 3:2.276 6:1.828 9:1.305 12:0.8892 15:0.7161 18:0.6325 21:0.5606 24:0.5237 27:0.481 30:0.4572 33:0.4235 36:0.3894 39:0.3703 42:0.3542 45:0.3575 48:0.3296 51:0.3043 54:0.2815 57:0.2675 60:0.2631 63:0.2375 66:0.225 69:0.2178 72:0.2146 75:0.1983 78:0.1919 81:0.1865 84:0.1777 87:0.1894 90:0.1711 93:0.1736 96:0.1587 99:0.1574 102:0.1496 105:0.1534 108:0.1452 111:0.1443 114:0.1394 117:0.1411 120:0.1371 123:0.1337 126:0.1322 129:0.1304 132:0.1285 135:0.1236 138:0.1404 141:0.1314 144:0.1238 147:0.1218 150:0.1295 153:0.1252 156:0.1183 159:0.1162 162:0.1181 165:0.1163 168:0.1123 171:0.1161 174:0.1172 177:0.1132 180:0.1127 183:0.1126 186:0.1124 189:0.1083 192:0.112 195:0.1115 198:0.115 201:0.1093 204:0.1151 207:0.1135 210:0.1137 213:0.1108 216:0.1116 219:0.1169 222:0.1139 225:0.1127 228:0.117 231:0.1126 234:0.1116 237:0.1123 240:0.1115 243:0.1024 246:0.1062 249:0.1137 252:0.1132 255:0.1142 258:0.1148 261:0.1172 264:0.1184 267:0.1133 270:0.1136 273:0.1159 276:0.116 279:0.117 282:0.1145 285:0.1154 288:0.1209 291:0.1179 294:0.1153 297:0.1095 300:0.1165 303:0.1099 306:0.1154 309:0.1154 312:0.1135 315:0.115 318:0.1164 321:0.1177 324:0.1166 327:0.1199 330:0.1209 333:0.1233 336:0.1223 339:0.1199 342:0.1188")),
                "val_per": Line(figures("0:0.8771 3:0.711 6:0.6226 9:0.5042 12:0.3216 15:0.2599 18:0.2443 21:0.2161 24:0.2024 27:0.1734 30:0.1753 33:0.1581 36:0.1532 39:0.1362 42:0.1353 45:0.1501 48:0.1296 51:0.125 54:0.1168 57:0.1049 60:0.1116 63:0.09854 66:0.09473 69:0.09321 72:0.09023 75:0.09163 78:0.08771 81:0.07442 84:0.08062 87:0.08679 90:0.07214 93:0.0791 96:0.06662 99:0.0748 102:0.06354 105:0.06642 108:0.06236 111:0.06261 114:0.06322 117:0.05964 120:0.05605 123:0.05423 126:0.05625 129:0.05342 132:0.05304 135:0.05301 138:0.06389 141:0.06057 144:0.05413 147:0.05047 150:0.05655 153:0.05476 156:0.04764 159:0.0445 162:0.05006 165:0.04801 168:0.04594 171:0.04637 174:0.0483 177:0.04148 180:0.04462 183:0.04288 186:0.04374 189:0.03991 192:0.04624 195:0.04449 198:0.04405 201:0.04158 204:0.04222 207:0.04508 210:0.04511 213:0.04552 216:0.03976 219:0.04515 222:0.04026 225:0.04241 228:0.0438 231:0.04168 234:0.03887 237:0.04524 240:0.03945 243:0.03996 246:0.04064 249:0.03506 252:0.03716 255:0.03806 258:0.03829 261:0.04219 264:0.03977 267:0.03549 270:0.0396 273:0.03779 276:0.03656 279:0.03507 282:0.03172 285:0.03364 288:0.03442 291:0.03754 294:0.03974 297:0.03267 300:0.0358 303:0.03276 306:0.03339 309:0.03309 312:0.02767 315:0.03325 318:0.03606 321:0.03559 324:0.03341 327:0.03674 330:0.03407 333:0.03722 336:0.03175 339:0.03236 342:0.03421")),
                "val_wacc": Line(figures("0:0 3:0 6:0 9:0.01333 12:0.08333 15:0.1467 18:0.19 21:0.2467 24:0.26 27:0.33 30:0.3267 33:0.3633 36:0.3933 39:0.4533 42:0.4467 45:0.4167 48:0.4733 51:0.4833 54:0.5267 57:0.57 60:0.5433 63:0.5867 66:0.6067 69:0.6167 72:0.6133 75:0.62 78:0.62 81:0.66 84:0.6433 87:0.6333 90:0.6733 93:0.6667 96:0.7 99:0.6867 102:0.7267 105:0.7267 108:0.74 111:0.73 114:0.72 117:0.7467 120:0.7567 123:0.7667 126:0.76 129:0.7633 132:0.7667 135:0.7567 138:0.7233 141:0.74 144:0.77 147:0.7767 150:0.76 153:0.7667 156:0.7767 159:0.8 162:0.79 165:0.79 168:0.7933 171:0.7967 174:0.78 177:0.8133 180:0.7967 183:0.8 186:0.81 189:0.81 192:0.8 195:0.8067 198:0.8067 201:0.8167 204:0.81 207:0.8 210:0.8 213:0.79 216:0.82 219:0.8 222:0.81 225:0.81 228:0.8033 231:0.8167 234:0.8133 237:0.8 240:0.81 243:0.8233 246:0.8167 249:0.8233 252:0.8267 255:0.8167 258:0.8133 261:0.8167 264:0.81 267:0.8333 270:0.8233 273:0.8267 276:0.83 279:0.8267 282:0.84 285:0.84 288:0.84 291:0.83 294:0.8267 297:0.84 300:0.8333 303:0.8433 306:0.84 309:0.84 312:0.8633 315:0.8467 318:0.84 321:0.8367 324:0.84 327:0.83 330:0.83 333:0.82 336:0.84 339:0.84 342:0.84")),
        }, config={"epochs": 400, "early_stopping": "val_per", "patience": 30}, clock=Clock(4.6, jitter=0.03)),
        expect=healthy(usable=True, also="plateau converged overfit gen-gap best-checkpoint-old eval-underpowered", never="divergence no-learning at-chance eval-leak loss-jump nan-inf lr-zero"),
        why="What counts, the phoneme error rate, has its best (2.8 %) at epoch 312 and words 0.86; the validation loss had its lowest at 243 (0.102) and is 0.119 at the end: surer, also where wrong. Ended by patience on the error rate.",
        read=(
            "早停结束，可用：PER 0.877→0.034（312 轮 0.028 最好），词准确率 0.84–0.86",
            "val loss 从 243 轮的 0.102 升到 0.119，只是置信度变高，PER 仍在降",
            "→ 用 PER 最好的 312 轮 ckpt",
        ),
    ),
    Case(
        name="tinystories-two-thousand-steps-on-a-laptop", source="AndyZhao2023/assignment1-basics:logs/metrics.csv", family="pretraining",
        sketch=Sketch(at=every(50, 1_950, first=0), lines={
                "train/loss": Line(figures("0:9.286 50:3.707 100:1.985 150:1.596 200:1.615 250:1.403 300:1.259 350:1.302 400:1.257 450:1.233 500:1.214 550:1.204 600:1.211 650:1.189 700:1.19 750:1.064 800:1.159 850:1.122 900:1.089 950:1.097 1000:1.143 1050:1.155 1100:1.052 1150:1.098 1200:1.066 1250:1.095 1300:1.037 1350:1.025 1400:1.096 1450:0.9951 1500:1.101 1550:1.054 1600:1.062 1650:1.055 1700:1.118 1750:1.03 1800:1.055 1850:1.003 1900:1.111 1950:1.028")), "train/grad_norm_before_clip": Line(figures("0:8.977 50:3.667 100:0.5896 150:0.6095 200:0.541 250:0.4722 300:0.541 350:0.5821 400:0.5592 450:0.5746 500:0.5267 550:0.5141 600:0.4252 650:0.4576 700:0.5064 750:0.491 800:0.4879 850:0.5168 900:0.4477 950:0.453 1000:0.4793 1050:0.465 1100:0.5147 1150:0.4599 1200:0.4849 1250:0.4825 1300:0.4656 1350:0.4623 1400:0.4881 1450:0.4544 1500:0.4469 1550:0.4636 1600:0.4745 1650:0.4696 1700:0.4813 1750:0.4666 1800:0.5493 1850:0.476 1900:0.4515 1950:0.4512")), "train/learning_rate": Line(figures("0:0 50:0.00015 100:0.0003 150:0.0002995 200:0.0002982 250:0.0002959 300:0.0002927 350:0.0002886 400:0.0002837 450:0.000278 500:0.0002715 550:0.0002643 600:0.0002564 650:0.0002479 700:0.0002388 750:0.0002293 800:0.0002192 850:0.0002088 900:0.0001981 950:0.0001872 1000:0.0001761 1050:0.000165 1100:0.0001539 1150:0.0001428 1200:0.0001319 1250:0.0001212 1300:0.0001108 1350:0.0001007 1400:9.116e-5 1450:8.208e-5 1500:7.357e-5 1550:6.568e-5 1600:5.847e-5 1650:5.198e-5 1700:4.627e-5 1750:4.137e-5 1800:3.731e-5 1850:3.413e-5 1900:3.184e-5 1950:3.046e-5")),
                "performance/tokens_per_second": Line(figures("0:513.8 50:2229 100:1870 150:1995 200:2017 250:2119 300:2257 350:2128 400:1638 450:2093 500:1970 550:1973 600:2097 650:2219 700:2142 750:2049 800:2238 850:2253 900:2198 950:2070 1000:2237 1050:2238 1100:1542 1150:1526 1200:1968 1250:1545 1300:1481 1350:1603 1400:1517 1450:1537 1500:1860 1550:1518 1600:1131 1650:1545 1700:1488 1750:1952 1800:1949 1850:1473 1900:1508 1950:2263")),
                "eval/loss": Line(figures("200:1.485 400:1.28 600:1.193 800:1.159 1000:1.108 1200:1.094 1400:1.056 1600:1.047 1800:1.037 2000:1.04"), at=every(200, 2_000)), "eval/perplexity": Line(figures("200:4.417 400:3.595 600:3.296 800:3.188 1000:3.028 1200:2.986 1400:2.875 1600:2.85 1800:2.822 2000:2.83"), at=every(200, 2_000)),
        }, config={"max_iters": 2_000, "lr": 3e-4, "warmup_iters": 100, "max_grad_norm": 1.0, "vocab_size": 10_000}, planned=2_000, clock=Clock(2.7, jitter=0.1), apart=True),
        expect=healthy(usable=True, also="throughput-drop plateau eval-underpowered converged gpu-idle", never="divergence overfit gen-gap grad-explode no-learning nan-inf loss-jump grad-clip-saturated lr-anomaly eval-leak"),
        why="9.29 to 1.03 in training, 1.485 to 1.04 in evaluation, warm-up and cosine, norms of 0.5 below the clip after the first two records. The speed dips for some hundred steps (2,200 to 1,100 tokens a second) as on a machine that is used for other things, and comes back.",
        read=(
            "正常跑完：train 9.29→1.03，eval 1.485→1.04（ppl 4.4→2.8）",
            "1250–1700 步吞吐掉到约一半后恢复，像本机有别的任务",
            "→ 可用；eval 仍在缓降，可加步数",
        ),
    ),
    Case(
        name="enmf-loss-goes-on-below-zero", source="chenchongthu/ENMF#1", family="supervised",
        sketch=Sketch(at=every(10, 500), lines={
                "loss": Line((*mades((10, -4_200), (50, -13_800), (150, -20_900)), *levels((300, -25_000), (500, -29_000))), noise=(ar1(60, 0.5),)),
                "recall@50": Line((*mades((10, 0.148), (50, 0.243), (150, 0.291), (300, 0.307)), real(500, 0.31026490066225165)), noise=(gaussian(0.0018),)),
                "ndcg@50": Line((*mades((10, 0.041), (50, 0.072), (150, 0.0895), (300, 0.095)), real(500, 0.09599689344574573)), noise=(gaussian(0.0006),)),
                "recall@200": Line((*mades((10, 0.4), (50, 0.53), (150, 0.585), (300, 0.601)), real(500, 0.6041390728476821)), noise=(gaussian(0.0022),)),
        }, config={"epochs": 500, "lr": 0.05, "dropout": 0.7, "embed_size": 64, "negative_weight": 0.1}, planned=500, clock=Clock(3.1, jitter=0.03)),
        expect=healthy(usable=True, also="plateau converged", never="divergence impossible-value overfit eval-regress no-learning nan-inf kl-negative loss-jump scale-mismatch"),
        why="The loss of whole-data matrix factorisation leaves out a constant, so it is below zero and falls without a floor; recall and NDCG say how good the model is: 0.310 and 0.096, what the author reports, level since epoch 300.",
        read=(
            "跑完可用：recall@50 0.310、ndcg@50 0.096，300 轮后走平",
            "loss 为负且一直降是该目标省去了常数项，不是发散",
            "→ 按 recall/ndcg 选 ckpt，可以早停在 300 轮左右",
        ),
    ),
    Case(
        name="drug-target-affinity-graph-net-hundred-epochs", source="VijayReddy0919/GNN-Based-Drug-Target-Binding-Affinity-Prediction:loss_log.csv", family="supervised",
        sketch=Sketch(at=every(1, 100), lines={
                "Train_Loss": Line(figures("1:4.5338 2:1.0764 3:1.0898 4:1.0788 5:1.071 6:1.0527 7:1.0683 8:1.0517 9:1.0504 10:1.0488 11:1.0474 12:1.0459 13:1.0356 14:1.051 15:1.0239 16:1.0298 17:1.0168 18:1.0369 19:1.0195 20:1.0103 21:1.0117 22:1.0129 23:1.0189 24:1.0151 25:1.0177 26:0.99834 27:1.0314 28:1.0061 29:0.99977 30:1.009 31:0.99837 32:1.003 33:0.98798 34:1.0006 35:1.0025 36:0.99672 37:0.99961 38:0.98999 39:1.0155 40:0.9934 41:0.99652 42:0.99293 43:1.0001 44:0.98627 45:0.99064 46:0.99353 47:0.99444 48:0.99077 49:0.98839 50:0.98917 51:0.98746 52:0.98485 53:0.96785 54:0.9853 55:0.98987 56:0.98684 57:0.97986 58:0.99125 59:0.97953 60:0.96872 61:0.97392 62:0.97886 63:0.97015 64:0.97307 65:0.97564 66:0.97332 67:0.96841 68:0.97089 69:0.96273 70:0.9691 71:0.96553 72:0.97245 73:0.97112 74:0.96387 75:0.96001 76:0.96848 77:0.96194 78:0.97737 79:0.9724 80:0.97562 81:0.95514 82:0.95643 83:0.95743 84:0.95487 85:0.97066 86:0.95748 87:0.95049 88:0.94466 89:0.95394 90:0.95098 91:0.96309 92:0.95684 93:0.9539 94:0.95038 95:0.95058 96:0.95165 97:0.9578 98:0.96146 99:0.95089 100:0.94653")),
                "Test_Loss": Line(figures("1:1.0276 2:1.0774 3:1.0332 4:0.99131 5:0.98664 6:0.97547 7:0.97137 8:0.96834 9:1.0456 10:0.95408 11:1.0844 12:0.95541 13:0.98799 14:0.94059 15:0.93965 16:1.0571 17:0.94235 18:0.98037 19:0.94053 20:0.93037 21:0.97073 22:0.9625 23:1.0375 24:0.92461 25:1.0802 26:0.92071 27:0.96798 28:0.93675 29:0.94954 30:0.92104 31:0.91859 32:0.9313 33:0.92041 34:0.93253 35:0.926 36:0.91703 37:0.91242 38:0.9121 39:0.91166 40:0.93582 41:0.92059 42:0.91149 43:0.91115 44:0.90857 45:0.92068 46:0.94012 47:0.90578 48:0.98376 49:0.91028 50:0.90941 51:0.90062 52:0.90752 53:0.90049 54:0.9022 55:0.89829 56:0.9088 57:0.95109 58:0.91368 59:0.91797 60:0.92156 61:0.95348 62:0.90008 63:0.95121 64:0.89395 65:0.89418 66:0.89476 67:0.92729 68:0.89256 69:0.90858 70:0.88976 71:0.89081 72:0.8933 73:0.89556 74:0.88861 75:0.91065 76:0.8885 77:0.92544 78:0.88652 79:0.88708 80:0.89469 81:0.92286 82:0.88282 83:0.88847 84:0.88669 85:0.98023 86:0.88437 87:0.88284 88:0.90968 89:0.88785 90:0.88648 91:0.8868 92:0.96592 93:0.90612 94:0.92014 95:0.89007 96:0.88371 97:0.88838 98:0.88333 99:0.87984 100:0.87905")),
        }, config={"epochs": 100, "loss": "mse"}, planned=100, clock=Clock(11, jitter=0.03)),
        expect=healthy(usable=True, also="plateau eval-leak eta-target converged", never="divergence overfit eval-regress gen-gap loss-jump at-chance nan-inf lr-zero"),
        why="After the first epoch (4.53) it goes slowly from 1.08 to 0.945 in training and from 1.03 to 0.879 in test, which is lower for the dropout; best test loss in the last epoch. Weak (the spread of the labels is not much more than one), but going down, with single epochs that stand out (11, 25).",
        read=(
            "跑完：test loss 1.03→0.879，最后一轮最好，没有过拟合",
            "降得慢，绝对水平不高（MSE≈0.88），先和均值基线比一下",
            "→ 可用；可加轮数或调高 lr；test 低于 train 是 dropout 所致",
        ),
    ),
    Case(
        name="chatglm2-prefix-three-thousand-steps", source="O5-7/chat_glm2_in4_LIL_prefix:trainer_state.json", family="sft",
        sketch=Sketch(at=at(10, *range(20, 3_001, 20)), lines={
                "train/loss": Line(figures("10:2.664 20:1.715 40:1.401 60:1.47 80:1.542 100:1.373 120:1.476 140:1.376 160:1.347 180:1.321 200:1.364 220:1.409 240:1.457 260:1.444 280:1.354 300:1.319 320:1.342 340:1.357 360:1.265 380:1.332 400:1.281 420:1.559 440:1.236 460:1.387 480:1.288 500:1.302 520:1.172 540:1.382 560:1.206 580:1.163 600:1.344 620:1.182 640:1.223 660:1.24 680:1.23 700:1.297 720:1.316 740:1.258 760:1.133 780:1.27 800:1.359 820:1.326 840:1.241 860:1.238 880:1.164 900:1.186 920:1.213 940:1.232 960:1.243 980:1.158 1000:1.232 1020:1.202 1040:1.307 1060:1.416 1080:1.226 1100:1.192 1120:1.196 1140:1.23 1160:1.271 1180:1.371 1200:1.295 1220:1.131 1240:1.273 1260:1.199 1280:1.177 1300:1.216 1320:1.325 1340:1.198 1360:1.266 1380:1.295 1400:1.251 1420:1.195 1440:1.217 1460:1.132 1480:1.238 1500:1.266 1520:1.324 1540:1.139 1560:1.185 1580:1.233 1600:1.182 1620:1.211 1640:1.302 1660:1.208 1680:1.203 1700:1.19 1720:1.304 1740:1.178 1760:1.214 1780:1.262 1800:1.254 1820:1.104 1840:1.16 1860:1.148 1880:1.195 1900:1.207 1920:1.098 1940:1.195 1960:1.113 1980:1.139 2000:1.067 2020:1.218 2040:1.178 2060:1.039 2080:1.058 2100:1.244 2120:1.181 2140:1.306 2160:1.275 2180:1.191 2200:1.306 2220:1.161 2240:1.14 2260:1.093 2280:1.189 2300:1.178 2320:1.161 2340:1.224 2360:1.084 2380:1.077 2400:1.127 2420:1.238 2440:1.131 2460:1.154 2480:1.119 2500:1.149 2520:1.158 2540:1.2 2560:1.269 2580:1.147 2600:1.033 2620:1.133 2640:1.118 2660:1.131 2680:1.294 2700:1.001 2720:1.133 2740:1.207 2760:1.153 2780:1.097 2800:1.138 2820:1.289 2840:1.127 2860:1.089 2880:1.197 2900:1.11 2920:1.229 2940:1.152 2960:1.251 2980:1.133 3000:1.196")),
                "train/learning_rate": Line(linear_decay(0.02, 3_000)),
                "train/epoch": Line(epoch(10_827, 2)),
        }, config={"learning_rate": 0.02, "lr_scheduler_type": "linear", "max_steps": 3_000, "pre_seq_len": 128, "quantization_bit": 4, "gradient_accumulation_steps": 16, "logging_steps": 10}, planned=3_000, clock=Clock(9.13, jitter=0.01), step_key="train/global_step"),
        expect=healthy(usable=True, also="plateau converged", never="divergence overfit no-learning lr-anomaly lr-zero nan-inf loss-jump"),
        why="2.66 to about 1.15, most of it in the first five hundred steps, then slowly with a noise of 0.1 from record to record (16 samples each). 2e-2 looks much, but is what prefix tuning takes; 28 % of one pass, so nothing was seen twice.",
        read=(
            "正常跑完：loss 2.66→约 1.15，lr 线性降到 0，0.28 个 epoch",
            "lr 0.02 是 P-Tuning v2 的常用值，不算偏大；±0.1 是每条只平均 16 条样本",
            "→ 可用；没有 eval，抽样看生成",
        ),
    ),
)
