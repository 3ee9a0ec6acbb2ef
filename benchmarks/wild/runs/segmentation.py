"""Segmentation, most of it medical."""

from __future__ import annotations

from benchmarks.wild.case import CRITICAL, Case, fault, healthy, sick
from benchmarks.wild.columns import loss
from benchmarks.wild.sketch import (
    NAN,
    Clock,
    Derived,
    Line,
    Sketch,
    clipped,
    epoch,
    every,
    gaussian,
    level,
    lognormal,
    made,
    mades,
    onward,
    real,
    reals,
    rounded,
    staircase,
)

# fmt: off
CASES: tuple[Case, ...] = (
    Case(
        "nnunet-dice-collapses-after-ten-epochs",
        "MIC-DKFZ/nnUNet#2318",
        "supervised",
        Sketch(
            at=every(1, 180, first=0)[:180],
            lines={
                "train_loss": Line((made(0, 0.31), made(4, -0.12), made(8, -0.21), level(10, 0.06), made(14, 0.09), made(179, 0.088)), noise=(gaussian(0.014),)),
                "val_loss": Line((made(0, 0.22), made(4, -0.14), made(8, -0.22), level(10, 0.07), made(14, 0.1), made(179, 0.095)), noise=(gaussian(0.012),)),
                "mean_fg_dice": Line((made(0, 0.03), made(4, 0.24), made(8, 0.38), level(10, 0.0), made(179, 0.0)), then=(onward(10, 0.0),)),
                "ema_fg_dice": Line((made(0, 0.003), made(8, 0.14), made(10, 0.13), made(24, 0.03), made(50, 0.002), made(80, 0.0)), then=(clipped(0),)),
                "lrs": Line((real(0, 0.01), made(179, 0.01 * (1 - 179 / 1000) ** 0.9))),
                "epoch_time": Line((made(0, 132.0),), noise=(gaussian(3.0),)),
            },
            config={"configuration": "3d_fullres", "initial_lr": 0.01, "num_epochs": 1000, "weight_decay": 3e-5, "batch_size": 2, "oversample_foreground_percent": 0.33, "modalities": ["CT", "PT"]},
            state="running",
            planned=1000,
            clock=Clock(132.0, jitter=0.03),
        ),
        sick(fault("eval-regress success-zero loss-jump divergence at-chance", (8, 16), 50), also="metric-dead no-learning plateau"),
        "With the default lr of 0.01 the network learns for ten epochs, then the loss steps up and foreground Dice is exactly 0 from there: everything is called background. With 1e-4 it converged.",
        (
            "Not usable: Dice 0 since epoch 10 (0.38 two epochs before).",
            "train and val loss stepped from -0.21 to +0.09 at epoch 10 and stayed: only background is predicted, it will not come back.",
            "Start again with initial lr 1e-3 or 1e-4 (the author's cure); a few hundred epochs more at this lr bring nothing.",
        ),
    ),
    Case(
        "nnunet-nan-from-epoch-zero",
        "MIC-DKFZ/nnUNet#1612",
        "supervised",
        Sketch(
            at=every(1, 24, first=0)[:24],
            lines={
                "train_loss": Line((real(0, NAN), real(1, NAN))),
                "val_loss": Line((real(0, NAN), real(1, NAN))),
                "mean_fg_dice": Line((real(0, 0.0),)),
                "ema_fg_dice": Line((real(0, 0.0),)),
                "lrs": Line((real(0, 0.01), real(1, 0.00999), made(23, 0.01 * (1 - 23 / 1000) ** 0.9)), then=(rounded(5),)),
                "epoch_time": Line((real(0, 1345.72), made(1, 1330.0)), noise=(gaussian(12.0),)),
            },
            config={"configuration": "2d", "initial_lr": 0.01, "num_epochs": 1000, "channel_names": {"0": "grayscale"}, "labels": {"background": 0, "1": 1, "2": 2}},
            state="running",
            planned=1000,
            clock=Clock(1335.0, jitter=0.01),
        ),
        sick(fault("nan-inf", (0, 0), 3, CRITICAL), also="success-zero metric-dead", unsaid=("此前的 ckpt",)),
        "NaN in training and validation from the first epoch, Dice 0. No rise came before it, so it is the data after preprocessing (constant images, odd normalisation) or fp16.",
        ("Not usable: NaN since the first epoch, each of which costs 22 minutes.", "train and val loss NaN from record 1: input or precision, not lr.", "Look into the preprocessed arrays for NaN or zero variance, then one epoch without autocast."),
    ),
    Case(
        "vnet-heart-still-rising",
        "Apurbo6461/3D-deep-neural-architecture-for-segmentation-of-blockages-in-heart-using-cardiac-MRI-images_part2:training_log_v_net_multiclass.csv",
        "supervised",
        Sketch(
            at=every(1, 20),
            lines={
                "train_loss": Line(reals((1, 0.9604116), (3, 0.8155895), (5, 0.7180056), (7, 0.636702), (9, 0.5642056), (12, 0.4671064), (14, 0.4062369), (16, 0.3490275), (18, 0.2949818), (20, 0.2453576)), noise=(gaussian(0.002),)),
                "val_dice_RV": Line(reals((1, 0.0521838), (3, 0.0737078), (5, 0.094296), (7, 0.1243863), (9, 0.1554321), (12, 0.2272238), (14, 0.2862478), (16, 0.3499779), (18, 0.4355752), (20, 0.5138295)), noise=(gaussian(0.003),)),
                "val_dice_MYO": Line(reals((1, 0.0564347), (3, 0.0835001), (5, 0.1098819), (7, 0.1357712), (9, 0.1914005), (12, 0.2565585), (14, 0.324149), (16, 0.3985359), (18, 0.4741295), (20, 0.555439)), noise=(gaussian(0.003),)),
                "val_dice_LV": Line(reals((1, 0.0798689), (3, 0.1027422), (5, 0.1378727), (7, 0.1876196), (9, 0.2170372), (12, 0.3161398), (14, 0.3854155), (16, 0.4634145), (18, 0.5507445), (20, 0.6218625)), noise=(gaussian(0.003),)),
                "val_dice_mean": Derived(("val_dice_RV", "val_dice_MYO", "val_dice_LV"), lambda a, b, c: (a + b + c) / 3),
            },
            config={"model": "v_net", "epochs": 20, "num_classes": 4},
            planned=20,
            clock=Clock(210.0, jitter=0.03),
        ),
        healthy(usable=True, never="no-learning success-zero gen-gap"),
        "A slow, steady climb of all three Dice scores from 0.06 to 0.56, accelerating, with the loss. Stopped too early by its plan, nothing is wrong.",
        ("Usable as an early state: mean Dice 0.56 at the last epoch, best of the run.", "All three classes rise to the end, right ventricle weakest (0.51).", "Go on training: it gained 0.08 in the last two epochs."),
    ),
    Case(
        "pytorch-unet-dice-3e-8",
        "milesial/Pytorch-UNet#106",
        "supervised",
        Sketch(
            at=every(1, 180),
            lines={
                "train loss": loss(mades((1, 0.69), (12, 0.41), (60, 0.33), (180, 0.31)), 0.12),
                "validation Dice": Line((level(18, 2.9824738678740914e-08),), then=(lognormal(0.2),), at=every(9, 180)),
                "learning rate": Line(staircase((0, 1e-4), (45, 1e-5), (90, 1e-6), (135, 1e-7)), at=every(9, 180)),
                "epoch": Line(epoch(36, 0)),
            },
            config={"epochs": 5, "batch_size": 1, "learning_rate": 1e-4, "val_percent": 0.1, "img_scale": 0.5, "amp": False, "n_train": 36, "n_val": 4},
            planned=180,
            clock=Clock(2.2, evals=(9, 6)),
        ),
        sick(fault("success-zero no-learning at-chance metric-dead", (1, 70), 160), also="lr-anomaly lr-zero plateau overfit"),
        "The loss falls to that of an empty mask and the Dice of the validation is 3e-8 at each of twenty evaluations, i.e. nothing is ever predicted. 36 pictures, 4 for validation.",
        ("Not usable: Dice 3e-8 in all 20 evaluations.", "Loss 0.69 -> 0.31 is what an empty mask gets; the plateau schedule has already cut the lr by 1000.", "Check that masks are 0/1 and not 0/255, weight the foreground (Dice plus BCE), then more pictures."),
    ),
)
# fmt: on
