"""Time series: forecasters, and LSTMs for the flow of rivers."""

from __future__ import annotations

from benchmarks.wild.case import CRITICAL, INFO, WARNING, Case, fault, healthy, sick
from benchmarks.wild.columns import loss, same
from benchmarks.wild.sketch import (
    NAN,
    Clock,
    Derived,
    Line,
    Sketch,
    count,
    epochs,
    every,
    gaussian,
    level,
    lognormal,
    made,
    onward,
    real,
    reals,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        "timesnet-three-batches-lr-halved-fifty-times",
        "thuml/Time-Series-Library#315",
        "supervised",
        Sketch(
            at=every(1, 50),
            lines={"Train Loss": loss((made(1, 1.71), made(6, 1.43), made(14, 1.366), level(50, 1.3646304)), 0.0006), "Vali Loss": Line((real(50, NAN),)), "Test Loss": loss((made(1, 1.52), made(8, 1.446), level(50, 1.4440242)), 0.00005), "learning rate": Line(lambda s, r: 1e-5 * 0.5 ** (s - 1.0))},
            config={"model": "TimesNet", "task_name": "long_term_forecast", "lradj": "type1", "learning_rate": 1e-5, "train_epochs": 100, "patience": 100, "batch_size": 32, "steps_per_epoch": 3},
            state="running",
            planned=100,
            clock=Clock(2.1),
        ),
        sick(fault("nan-inf", (1, 2), 12, WARNING), fault("lr-zero schedule-mismatch no-learning lr-anomaly lr-flat-stall plateau metric-dead", (8, 32), 48, INFO), also="best-checkpoint-old"),
        "The validation loss is NaN in every epoch (its split is shorter than a window, so it is the mean of nothing), and the lr is halved every epoch: 1.8e-20 at the fiftieth. Nothing has been learnt since the tenth.",
        ("Not usable: validation is NaN in all epochs and the lr has been nothing since epoch 15.", "Vali Loss NaN from epoch 1 (empty split); lr 1e-5 * 0.5^49 = 1.8e-20, train loss constant to four digits since.", "Longer validation split or shorter windows; lradj cosine or constant, lr 1e-3."),
    ),
    Case(
        "timegrad-nan-at-epoch-five",
        "zalandoresearch/pytorch-ts#39",
        "supervised",
        Sketch(
            at=every(1, 40, first=0)[:40],
            lines={
                "avg_epoch_loss": Line((*reals((0, 0.945), (1, 0.495), (2, 0.466), (3, 0.795), (4, 0.852), (5, NAN), (6, NAN), (18, NAN)),), then=(onward(5, NAN),)),
                "epoch": Line(count()),
                "it/s": Line((*reals((0, 4.39), (1, 4.40), (2, 4.39), (3, 4.35), (4, 4.33), (5, 4.32), (6, 4.33), (7, 4.30), (8, 4.34), (9, 4.29), (10, 4.30), (11, 4.33), (12, 4.21), (13, 4.30)),), noise=(gaussian(0.04),)),
            },
            config={"estimator": "TimeGradEstimator", "epochs": 100, "learning_rate": 1e-3, "num_batches_per_epoch": 99, "batch_size": 64, "diff_steps": 100},
            state="running",
            planned=100,
            clock=Clock(22.6),
        ),
        sick(fault("nan-inf", (3, 5), 7, CRITICAL), also="divergence loss-jump throughput-drop"),
        "Loss turns at epoch 3 (0.47, 0.80, 0.85) and is NaN from the fifth epoch on: divergence first, NaN after it.",
        ("Not usable: NaN since epoch 5 of 100, the last good epoch is 2.", "avg_epoch_loss 0.466 -> 0.852 in two epochs, then NaN for good.", "Start again with a lower lr and gradient clipping; scale the series (scaling=True) first."),
    ),
    Case(
        "deepar-epochs-twice-as-long-then-nan",
        "awslabs/gluonts#833",
        "supervised",
        Sketch(
            at=every(1, 22, first=0)[:22],
            lines={
                "epoch_loss": loss((*reals((0, 0.347671), (1, 0.289498), (2, 0.280888), (3, 0.274745)), level(4, 0.273), made(18, 0.262), made(19, NAN), made(20, NAN), made(21, NAN)), 0.002, then=(onward(19, NAN),)),
                "learning_rate": Line((real(0, 1e-4), real(1, 1e-4))),
                "elapsed_time": Line((*reals((0, 1353.823), (1, 2083.485), (2, 2089.929), (3, 2644.357)), level(4, 2746.0), made(21, 2790.0)), then=(lognormal(0.015),)),
                "it/s": Line((*reals((0, 2.95), (1, 1.92), (2, 1.91), (3, 1.51), (4, 1.46)), made(21, 1.43)), then=(lognormal(0.015),)),
            },
            config={"estimator": "DeepAREstimator", "distr_output": "NegativeBinomialOutput", "epochs": 100, "num_batches_per_epoch": 4000, "learning_rate": 1e-4, "batch_size": 32},
            state="running",
            planned=100,
            clock=Clock(((made(0, 1354.0)), made(1, 2083.0), made(3, 2644.0), made(21, 2790.0)), jitter=0.01),
        ),
        sick(fault("throughput-drop", (0, 4), 15, INFO, WARNING), fault("nan-inf", (19, 19), 21, CRITICAL), never="divergence"),
        "An epoch takes 22 minutes, then 35, then 46, at the same batch count; and after nineteen quiet epochs the negative binomial likelihood is NaN.",
        (
            "Usable: the checkpoint of epoch 18 (loss 0.262); NaN since epoch 19.",
            "Time per epoch 1354 s -> 2790 s from the fourth epoch on (2.95 -> 1.43 it/s).",
            "NaN without a rise: overflow of the negative binomial at large counts, clip its parameters or scale; look for what else runs on the machine.",
        ),
    ),
    Case(
        "streamflow-lstm-val-turns-at-2111",
        "CooperBigFoot/CAMELS-CH:lightning_logs/version_116/metrics.csv",
        "supervised",
        Sketch(
            at=every(50, 3400, first=49),
            lines={
                "train_loss": loss(reals((49, 1.697), (349, 0.8221), (649, 0.9422), (949, 0.7014), (1249, 0.8241), (1549, 0.7052), (1899, 0.6351), (2199, 0.6415), (2499, 0.5918), (2799, 0.6234), (3099, 0.7373), (3399, 0.5638)), 0.1),
                "val_loss": Line(reals((263, 0.9819), (527, 0.8444), (791, 0.8261), (1055, 0.7184), (1319, 0.6928), (1583, 0.7085), (1847, 0.7375), (2111, 0.6689), (2375, 0.675), (2639, 0.6706), (2903, 0.676), (3167, 0.6928), (3431, 0.764)), at=every(264, 3431, first=263)),
                "lr-Adam": Line((real(263, 0.0008127),), at=every(264, 3431, first=263)),
                "epoch": Line(epochs(264)),
            },
            config={"dropout": 0.3259332753890891, "hidden_size": 99, "input_len": 63, "output_len": 10, "learning_rate": 0.0008127134882347091, "lr_scheduler_factor": 0.5, "lr_scheduler_patience": 5, "num_layers": 4, "max_epochs": 50},
            planned=13_200,
            clock=Clock(0.11, evals=(264, 6)),
        ),
        sick(fault("overfit gen-gap", (2111, 3167), 3431, INFO, WARNING), also="run-crashed plateau best-checkpoint-old", never="divergence", usable=True),
        "Validation is lowest at step 2111 and 14 % higher five evaluations later, while training falls. Early stopping ended it, rightly.",
        ("Usable: checkpoint of step 2111 (val 0.669), not the last (0.764, +14 %).", "Flat for four evaluations, then 0.693 and 0.764; train 0.64 -> 0.56.", "Ended by early stopping at 26 % of its plan; a tenth of the lr reached lower in this repository (0.64)."),
    ),
    Case(
        "domain-discriminator-driven-to-fifty",
        "CooperBigFoot/CAMELS-CH:lightning_logs/version_22/metrics.csv",
        "supervised",
        Sketch(
            at=every(50, 1049, first=49),
            lines={
                "train_domain_loss": Line((*reals((49, 0.1665), (99, 0.1413), (149, 0.1162), (199, 30.36), (249, 49.0)), *reals(*((s, 50.0) for s in range(299, 1050, 50))))),
                "train_task_loss": loss(reals((49, 0.1996), (149, 0.2267), (249, 0.4282), (299, 0.3497), (399, 0.3334), (499, 0.3436), (599, 0.3454), (699, 0.3314), (799, 0.3292), (849, 0.3), (949, 0.3014), (1049, 0.3222)), 0.04),
                "train_loss": Derived(("train_task_loss", "train_domain_loss"), lambda task, domain: task + 0.1 * domain),
                "val_loss": Line(reals((263, 0.192), (527, 0.1596), (791, 0.1536), (1055, 0.1518)), at=every(264, 1055, first=263)),
                "val_domain_acc": Line(reals((263, 0.4994), (527, 0.4995), (791, 0.4995), (1055, 0.4995)), at=every(264, 1055, first=263)),
                "lr-Adam": Line((real(263, 1e-3), real(1055, 1e-3)), at=every(264, 1055, first=263)),
            },
            config={"learning_rate": 1e-3, "lambda_adv": 0.1, "domain_loss_weight": 0.1, "hidden_size": 64, "input_len": 35, "output_len": 10, "max_epochs": 20},
            planned=5_280,
            clock=Clock(0.14, evals=(264, 7)),
        ),
        sick(fault("loss-jump divergence critic-runaway metric-dead at-chance loss-spike component-dominates", (150, 260), 800, WARNING), also="run-crashed"),
        "Adversarial fine-tuning: the encoder drives the domain discriminator to the clamp of its BCE (exactly 50: half the batch fully wrong) within a hundred steps, accuracy one half. The task loss is higher by half than before; validation of the task improves nevertheless.",
        (
            "Doubtful: the domain part is broken since step 150; task val_loss 0.152 is all that can be used.",
            "train_domain_loss 0.12 -> 50.0 exactly (clamp of BCE), val_domain_acc 0.4995: the discriminator is one-sided, its gradient dead; it is 94 % of the total.",
            "Ramp lambda_adv from 0, BCE on logits with label smoothing, lower lr for the discriminator.",
        ),
    ),
    Case(
        "streamflow-lstm-small-lr-fifty-evals",
        "CooperBigFoot/CAMELS-CH:lightning_logs/version_117/metrics.csv",
        "supervised",
        Sketch(
            at=every(50, 13_299, first=49),
            lines={
                "train_loss": loss(reals((49, 15.76), (1249, 1.835), (2449, 1.107), (3649, 1.037), (4849, 0.9909), (6049, 0.9348), (7299, 0.8428), (8499, 0.7402), (9699, 0.8774), (10899, 0.8835), (12099, 0.7475), (13299, 0.6222)), 0.11, pace="log"),
                "train_mse": same("train_loss"),
                "val_loss": loss(
                    reals(
                        (265, 12.22), (797, 2.889), (1329, 1.736), (1861, 1.393), (2659, 1.171), (3191, 1.065), (3723, 1.007), (4255, 0.9627),
                        (4787, 0.9203), (5319, 0.8835), (5851, 0.8606), (6383, 0.8377), (7181, 0.8006), (7713, 0.7965), (8245, 0.7811),
                        (8777, 0.7688), (9309, 0.7542), (9841, 0.7526), (10373, 0.742), (10905, 0.7392), (11703, 0.7177), (12235, 0.7195),
                        (12767, 0.7107), (13299, 0.703),
                    ),
                    0.003,
                    steps=every(266, 13_300, first=265),
                ),
                "val_mse": same("val_loss"),
                "lr-Adam": Line((real(265, 1.563e-5), real(13299, 1.563e-5)), at=every(266, 13_300, first=265)),
                "epoch": Line(epochs(266)),
            },
            config={"learning_rate": 1.563e-5, "lr_scheduler_factor": 0.5, "lr_scheduler_patience": 5, "hidden_size": 96, "num_layers": 2, "max_epochs": 50},
            planned=13_300,
            clock=Clock(0.1, evals=(266, 6)),
        ),
        healthy(usable=True, never="plateau overfit no-learning eval-leak metric-duplicate loss-decomposition-mismatch"),
        "A small constant lr and a long slow fall of the validation loss, best at the very end. Not converged, nothing wrong; loss and mse are the same column twice.",
        ("Usable: val_loss 0.703 at the last evaluation, the best of the run.", "Still falling by 1 % per evaluation at lr 1.6e-5.", "Ten times the lr reaches 0.63 in half the steps (other versions of this repository)."),
    ),
)
# fmt: on
