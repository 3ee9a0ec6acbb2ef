"""What trainings print, each in the way of its framework or tutorial -> the rows that it means."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest

from bot.sources import SourceError
from bot.sources.files import read as files
from bot.sources.files.console_line import read_line
from bot.sources.files.console_log import console_log
from tests.sources.conftest import cells_of

SECONDS = 60.0  # for what takes a tenth of a second: the machine may have other things to do


def lines(form: str, count: int = 4) -> str:
    """A line for each n from 1; `{n}`, and `{x}` which falls."""
    return "".join(form.format(n=n, x=f"{3 / n:.4f}", k=200 * n) + "\n" for n in range(1, count + 1))


def nested(form: str, epochs: Iterable[int], batches: Iterable[int]) -> str:
    return "".join(form.format(e=e, b=b, x=f"{3 / (1 + e + b):.4f}") + "\n" for e in epochs for b in batches)


def falling(count: int = 4) -> list[float]:
    return [round(3 / n, 4) for n in range(1, count + 1)]


def cyclegan(size: int, epochs: int, every: int = 100, head: str = "") -> str:
    """What it logs of `size` images an epoch: whenever so many have been seen in all."""
    said = "(epoch: {e}, iters: {b}, time: 0.345, data: 0.002) D_A: 0.25{b} cycle_A: {x} idt_A: 0.5"
    seen = range(every, size * epochs + 1, every)
    at = [((n - 1) // size + 1, (n - 1) % size + 1) for n in seen]
    rows = [said.format(e=e, b=b, x=f"{3 / n:.4f}") for n, (e, b) in enumerate(at, 1)]
    return "\n".join(["======= Training Loss (Sat Mar  2 17:37:20 2024) =======", *(head + row for row in rows)]) + "\n"


def table(*rows: Mapping[str, float], frame: str = "|") -> str:
    """Boxes of names and numbers, as Baselines prints them (`|`), or garage and rlkit between two rules."""
    out = []
    for row in rows:
        if frame == "|":
            body, rule = [f"| {key:<24} | {cell:<8} |" for key, cell in row.items()], "-" * 39
        else:
            body, rule = [f"{key:<40}  {cell:>12}" for key, cell in row.items()], f"{'-' * 40}  {'-' * 12}"
        out += [rule, *body, rule]
    return "\n".join(out) + "\n"


PLAIN: dict[str, tuple[str, list[int], dict[str, list[float]]]] = {
    "nothing but what was saved": (
        lines("Saved model at epoch {n} with loss: {x}"),
        [1, 2, 3, 4],
        {"loss": falling()},
    ),
    "several numbers of one name": (
        lines("Episode {n} | Rewards: [ {x} -1.0 ], shape: [3, 224], lr=0.1"),
        [1, 2, 3, 4],
        {
            "Rewards/mean": [(x - 1) / 2 for x in falling()],
            "Rewards/0": falling(),
            "Rewards/1": [-1.0] * 4,
            "lr": [0.1] * 4,
        },
    ),
    "what got better is said once": (
        lines("Epoch {n}/9 - val_dice: {x}\nEpoch {n}: val_dice improved from None to {x}, saving model"),
        [1, 2, 3, 4],
        {"val_dice": falling()},
    ),
    "a config beside its rows": (
        "Run args: {{'model': 'vae', 'epochs': 2000, 'lr': 0.001}}\n".format() + lines("Epoch {n} mse={x}"),
        [1, 2, 3, 4],
        {"mse": falling()},
    ),
    "dicts beside it": (
        "".join(
            f"step {10 * n} | loss {3 / n:.4f} | ppl 2.5\n"
            + (f"saved | pruned={{'n_active': {n}}}\n" if n % 3 == 0 else "")
            for n in range(1, 13)
        ),
        [10 * n for n in range(1, 13)],
        {"loss": falling(12), "ppl": [2.5] * 12},
    ),
    "sentences": (
        "Epoch 1\n" + lines("[step {n}] done\ngrpo_loss is {x} and kl is -0.25\nreward is 0.5"),
        [1, 2, 3, 4],
        {"grpo_loss": falling(), "kl": [-0.25] * 4, "reward": [0.5] * 4},
    ),
    "an arrow behind what several numbers are of": (
        lines(
            "Update: {k}\n    Loss:  {x}, A:  1.0e-01\n    Rewards          => Avg: {x}, Min: -5.0e-03\n"
            "    Returns          => Avg: 0.25, σ: 0.5"
        ),
        [200, 400, 600, 800],
        {
            "Loss": falling(),
            "Rewards/Avg": falling(),
            "Rewards/Min": [-0.005] * 4,
            "Returns/Avg": [0.25] * 4,
            "Returns/std": [0.5] * 4,
        },
    ),
    "nanoGPT": (
        lines("iter {k}: loss {x}, time 20.50ms, mfu 5.00%") + "step 800: train loss 0.7, val loss 0.9\n",
        [200, 400, 600, 800],
        {"loss": falling(), "time": [0.0205] * 4, "mfu": [5.0] * 4, "train loss": [0.7], "val loss": [0.9]},
    ),
    "HF Trainer, besides other lines": (
        "Loading\n" + lines("{{'loss': {x}, 'learning_rate': 5e-05, 'epoch': {n}.0}}") + "done: 3\n",
        [1, 2, 3, 4],
        {"loss": falling(), "learning_rate": [5e-5] * 4},
    ),
    "Keras, a bar that is drawn over itself": (
        lines(
            "Epoch {n}/100\n 1/50 [>....] - ETA: 1:02 - loss: 9.0\r"
            "50/50 [==============================] - 12s 118ms/step - loss: {x} - val_loss: 0.{n}"
        ),
        [1, 2, 3, 4],
        {"loss": falling(), "val_loss": [0.1, 0.2, 0.3, 0.4]},
    ),
    "Keras 3, in colours": (
        lines(
            "Epoch {n}/100\n\x1b[1m50/50\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m \x1b[1m12s\x1b[0m 118ms/step"
            " - loss: {x} - val_loss: 0.{n}"
        ),
        [1, 2, 3, 4],
        {"loss": falling(), "val_loss": [0.1, 0.2, 0.3, 0.4]},
    ),
    "blocks below an epoch": (
        lines("Epoch {n}/100\nTrain Loss: {x} | Acc: {n}0.5%\n\t Val. Loss: 0.{n} | Acc: {n}1.5%\n"),
        [1, 2, 3, 4],
        {
            "Train Loss": falling(),
            "Val. Loss": [0.1, 0.2, 0.3, 0.4],
            "train Acc": [10.5, 20.5, 30.5, 40.5],
            "val Acc": [11.5, 21.5, 31.5, 41.5],
        },
    ),
    "the tutorial of torchvision": (
        lines("Epoch {n}/24\n----------\ntrain Loss: {x} Acc: 0.{n}1\nval Loss: 0.{n} Acc: 0.{n}2\n"),
        [1, 2, 3, 4],
        {"train Loss": falling(), "train Acc": [0.11, 0.21, 0.31, 0.41], "val Acc": [0.12, 0.22, 0.32, 0.42]},
    ),
    "epochs and steps of them": (
        nested("Epoch [{e}/5], Step [{b}/600], Loss: {x}", (1, 2), (200, 400, 600)),
        [200, 400, 600, 800, 1000, 1200],
        {"epoch": [1, 1, 1, 2, 2, 2]},
    ),
    "the DCGAN of PyTorch": (
        nested("[{e}/5][{b}/100]\tLoss_D: {x}\tLoss_G: 1.5\tD(x): 0.5\tD(G(z)): 0.6 / 0.1", (0, 1), (0, 50)),
        [0, 50, 100, 150],
        {"D(x)": [0.5] * 4, "D(G(z))": [0.6] * 4},
    ),
    "MNIST of PyTorch": (
        nested("Train Epoch: {e} [{b}/60000 ({b}%)]\tLoss: {x}", (1, 2), (0, 640))
        + "\nTest set: Average loss: 0.05, Accuracy: 9870/10000 (99%)\n",
        [0, 640, 60000, 60640],
        {"test Average loss": [0.05], "test Accuracy": [0.987]},
    ),
    "ImageNet of PyTorch": (
        nested(
            "Epoch: [{e}][ {b}/50]\tTime  0.5 ( 0.9)\tLoss 6.9e+00 (7.0e+00)\tAcc@1   {b}.50 ( 0.1)", (0, 1), (0, 25)
        ),
        [0, 25, 50, 75],
        {"Loss": [6.9] * 4, "Acc@1": [0.5, 25.5, 0.5, 25.5], "Time": [0.5] * 4},
    ),
    "the language model of PyTorch": (
        nested(
            "| epoch   {e} |   {b}/ 2928 batches | lr 20.00 | ms/batch 12.5 | loss  {x} | ppl  130.5",
            (1, 2),
            (200, 400),
        ),
        [200, 400, 3128, 3328],
        {"ppl": [130.5] * 4, "lr": [20.0] * 4},
    ),
    "mmengine": (
        nested(
            "2023/05/01 12:00:00 - mmengine - INFO - Epoch(train) [{e}][{b}/100]  lr: 1.0000e-02  eta: 0:10:00  "
            "time: 0.5  loss: {x}",
            (1, 2),
            (50, 100),
        )
        + "2023/05/01 12:09:00 - mmengine - INFO - Epoch(val) [2][10/10]  accuracy/top1: 76.5\n",
        [50, 100, 150, 200],
        {"lr": [0.01] * 4, "val accuracy/top1": [76.5]},
    ),
    "detectron2": (
        lines(
            "[05/01 12:00:00 d2.utils.events]:  eta: 0:10:00  iter: {k}  total_loss: {x}  loss_cls: 0.5  time: 0.3  "
            "lr: 1e-05  max_mem: 2000M"
        ),
        [200, 400, 600, 800],
        {"total_loss": falling(), "max_mem": [2e9] * 4},
    ),
    "fairseq": (
        lines(
            "2020-01-01 00:00:00 | INFO | train_inner | epoch 001:    {k} / 1000 loss={x}, ppl=100.5, wps=1000.5, "
            "num_updates={k}, lr=1e-05, gnorm=1.5"
        )
        + "2020-01-01 00:00:09 | INFO | valid | epoch 001 | valid on 'valid' subset | loss 5.5 | ppl 34 "
        "| num_updates 1000\n",
        [200, 400, 600, 800, 1000],
        {"train loss": falling(), "val loss": [5.5], "val ppl": [34.0], "gnorm": [1.5] * 4},
    ),
    "a logger, and a file in its prefix": (
        lines("2024-01-02 03:04:0{n},123 - INFO - train.py:121 - step={k} loss={x} acc={n}0%"),
        [200, 400, 600, 800],
        {"loss": falling(), "acc": [10.0, 20.0, 30.0, 40.0]},
    ),
    "loguru": (
        lines("2024-01-02 03:04:05.123 | INFO     | __main__:train:121 - epoch={n} train_loss={x} val_loss=0.5"),
        [1, 2, 3, 4],
        {"train_loss": falling(), "val_loss": [0.5] * 4},
    ),
    "Megatron": (
        lines(
            " [2024-01-01 00:00:0{n}] iteration {n}0/  500 | elapsed time per iteration (ms): 1500.5 | "
            "learning rate: 1.500E-04 | lm loss: {x}E+00 | grad norm: 2.{n} |"
        ),
        [10, 20, 30, 40],
        {"lm loss": falling(), "learning rate": [1.5e-4] * 4, "elapsed time per iteration (ms)": [1500.5] * 4},
    ),
    "CleanRL, an array of one": (
        lines("global_step={k}, episodic_return=[{n}1.], lengths=[3, 4]"),
        [200, 400, 600, 800],
        {"episodic_return": [11.0, 21.0, 31.0, 41.0]},
    ),
    "verl, from Ray": (
        lines("(TaskRunner pid=123) step:{n} - actor/pg_loss:-0.0{n} - critic/rewards/mean:np.float64(0.{n})"),
        [1, 2, 3, 4],
        {"actor/pg_loss": [-0.01, -0.02, -0.03, -0.04], "critic/rewards/mean": [0.1, 0.2, 0.3, 0.4]},
    ),
    "the table of SB3": (
        lines(
            "--------------------------------\n| rollout/           |         |\n|    ep_rew_mean     | {n}0.5    |\n"
            "| time/              |         |\n|    total_timesteps | {k}     |\n|    loss            | {x}  |\n"
        ),
        [200, 400, 600, 800],
        {"ep_rew_mean": [10.5, 20.5, 30.5, 40.5], "loss": falling()},
    ),
    "the table of Baselines": (
        table(
            *(
                {"% time spent exploring": 90 - n, "mean 100 episode reward": n + 0.5, "steps": 700 * n}
                for n in (1, 2, 3)
            )
        ),
        [700, 1400, 2100],
        {"mean 100 episode reward": [1.5, 2.5, 3.5], "% time spent exploring": [89, 88, 87]},
    ),
    "a table of what nobody knows": (
        "Logging to ./logs\n" + table(*({"nash_conv": x, "t": n * n} for n, x in enumerate(falling(), 1))),
        [1, 2, 3, 4],
        {"nash_conv": falling(), "t": [1, 4, 9, 16]},
    ),
    "garage": (
        "".join(
            f"2020-06-25 22:52:0{n} | [trpo_run] epoch #{n} | Optimizing policy...\n"
            + table(
                {"Evaluation/AverageReturn": 10.5 * n, "TotalEnvSteps": 400 * n, "policy/Entropy": 1.5 - n / 8},
                frame=" ",
            )
            for n in range(1, 5)
        ),
        [1, 2, 3, 4],
        {
            "Evaluation/AverageReturn": [10.5, 21.0, 31.5, 42.0],
            "TotalEnvSteps": [400, 800, 1200, 1600],
            "policy/Entropy": [1.375, 1.25, 1.125, 1.0],
        },
    ),
    "rlkit, each line with its time": (
        "".join(
            f"2019-05-0{n} 10:00:00.123456 PDT | [SAC_2019] {line}\n"
            for n in range(1, 5)
            for line in table(
                {"replay_buffer/size": 250 * n, "trainer/QF1 Loss": 3 / n, "Epoch": n}, frame=" "
            ).splitlines()
        ),
        [1, 2, 3, 4],
        {"replay_buffer/size": [250, 500, 750, 1000], "trainer/QF1 Loss": [3.0, 1.5, 1.0, 0.75]},
    ),
    "CycleGAN, less than an epoch": (
        cyclegan(1334, 1),
        list(range(100, 1301, 100)),
        {"cycle_A": falling(13), "time": [0.345] * 13},
    ),
    "CycleGAN, whose epochs are of no whole number of records": (
        cyclegan(1334, 3, head="[Rank 0] "),
        list(range(100, 4001, 100)),
        {"cycle_A": falling(40), "epoch": [1.0] * 13 + [2.0] * 13 + [3.0] * 14},
    ),
    "CycleGAN, whose epochs are": (cyclegan(300, 4), list(range(100, 1201, 100)), {"cycle_A": falling(12)}),
    "iterations of epochs, nobody knows of how many": (
        nested("(epoch: {e}, iters: {b}, time: 0.5) G_L1: {x} loss: {x}", (1, 2, 3), (0, 70)),
        [1, 1, 2, 2, 3, 3],
        {"time": [0.5] * 6},
    ),
    "rsl_rl": (
        lines(
            "################\n     \x1b[1m Learning iteration {n}/1500 \x1b[0m \n\n"
            "   Computation: 50000 steps/s (collection: 1.5s, learning 0.2s)\n   Mean reward: {n}.5\n"
        ),
        [1, 2, 3, 4],
        {"Mean reward": [1.5, 2.5, 3.5, 4.5], "collection": [1.5] * 4},
    ),
    "episodes, and how long each was": (
        lines("Episode {n}/9 - Reward: {n}.5 - Steps: {x}"),
        [1, 2, 3, 4],
        {"Reward": [1.5, 2.5, 3.5, 4.5], "Steps": falling()},
    ),
    "Chinese": (
        lines("第 {n} 轮 训练损失：{x}，验证损失：0.{n}，准确率：{n}0%"),
        [1, 2, 3, 4],
        {"训练损失": falling(), "验证损失": [0.1, 0.2, 0.3, 0.4], "准确率": [10.0, 20.0, 30.0, 40.0]},
    ),
    "batches, and a block at the end of each epoch, in Chinese of Taiwan": (
        "".join(
            nested("  Epoch {e}/9 | Batch {b}/200 | Loss: {x} | Acc: 0.5", (e,), (1, 100, 200))
            + f"\n📊 Epoch {e}/9\n   訓練損失: 1.{e} | 準確率: 0.3\n   驗證損失: 1.5 | 準確率: 0.4\n"
            "   學習率: 1.00e-03\n"
            for e in (1, 2)
        ),
        [1, 100, 200, 201, 300, 400],
        {
            "Acc": [0.5] * 6,
            "訓練損失": [1.1, 1.2],
            "train 準確率": [0.3] * 2,
            "驗證損失": [1.5] * 2,
            "val 準確率": [0.4] * 2,
            "學習率": [0.001] * 2,
        },
    ),
    "no counter, but a loss that moves": (lines("loss: {x}"), [1, 2, 3, 4], {"loss": falling()}),
    "one bar over the whole run": (
        "\r".join(f" {n}%|█  | {n}/100 [00:01<00:09,  9.9it/s, loss={x}, lr=1e-4]" for n, x in enumerate(falling(), 1))
        + "\n",
        [1, 2, 3, 4],
        {"loss": falling(), "lr": [1e-4] * 4},
    ),
    "a bar for each epoch, of which the end is seen": (
        lines(
            "Epoch {n}:  10%|█  | 1/10 [00:00<00:09,  9.9it/s, loss=9.0]\r"
            "Epoch {n}: 100%|███| 10/10 [00:01<00:00,  9.9it/s, loss={x}]"
        ),
        [1, 2, 3, 4],
        {"loss": falling()},
    ),
    "prints behind a bar": (
        lines(
            "\r {n}%|█  | {n}/200 [00:02<03:35,  1.09s/it]Best saved, val loss 0.4 @ epoch0\n"
            "Epoch {n}, lr: 1e-4\nTrain loss: {x}\nloss: 2.5\n"
            "Val loss:   0.{n}.   Best val loss: 0.1 at epoch 0\nloss: 0.5\n"
        ),
        [1, 2, 3, 4],
        {"Train loss": falling(), "loss": [2.5] * 4, "Val loss": [0.1, 0.2, 0.3, 0.4], "lr": [1e-4] * 4},
    ),
    "checkpoints of Keras": (
        lines(
            "Epoch {n}/9\nloss: {x} - val_dice: 0.{n}\n"
            "Epoch {n}: val_dice improved from None to 0.{n}, saving model to best.keras\n"
            "Epoch {n}: val_dice did not improve from 0.9"
        ),
        [1, 2, 3, 4],
        {"loss": falling(), "val_dice": [0.1, 0.2, 0.3, 0.4]},
    ),
    "episodes that are drawn over each other": (
        "".join(
            f"\rEpisode {n}\tAverage Score: {x}" + ("\n" if n % 50 == 0 else "") for n, x in enumerate(falling(200), 1)
        )
        + "\n",
        list(range(1, 201)),
        {"Average Score": falling(200)},
    ),
    "objects in passing": (
        lines(
            "step {n} | loss {x}\n[train] saved a_{n}.pt | cells={{'n_active': {n}, 'n_pruned': 3}}\nstep {n} | ppl 7"
        ),
        [1, 2, 3, 4],
        {"loss": falling()},
    ),
    "the bar of Lightning, a dict that a script prints behind it, and what it rehearses": (
        "Sanity Checking DataLoader 0: 100%|████| 2/2 [00:01<00:00,  1.30it/s]{'accuracy': 0.25, 'kappa': 0.0}\n"
        + lines(
            "Epoch {n}: 100%|████| 13/13 [00:05<00:00, 2.4it/s, loss={x}, v_num=7]{{'accuracy': 0.{n}, 'kappa': 0.5}}"
        )
        + "Restoring states from the checkpoint path at ./out/best-epoch=2-val_cohen=0.1159.ckpt\n{'test_acc': 0.3}\n",
        [1, 2, 3, 4],
        {"loss": falling(), "val accuracy": [0.1, 0.2, 0.3, 0.4], "val kappa": [0.5] * 4, "test_acc": [0.3]},
    ),
    "printed and logged": (lines("Epoch {n}, loss: {x}\nEpoch {n}, loss: {x}"), [1, 2, 3, 4], {"loss": falling()}),
    "an epoch by its first letters": (lines("  ✅ Ep {n}: Loss {x} | 210.7s"), [1, 2, 3, 4], {"Loss": falling()}),
    "an episode by its first letters": (lines("Ep {n}/50 | Reward {n} | Loss {x}"), [1, 2, 3, 4], {"Loss": falling()}),
    "NaN, and infinity": (
        "step 1 loss: 2.5\nstep 2 loss: nan\nstep 3 loss: inf\nstep 4 loss: -Infinity\n",
        [1, 2, 3, 4],
        {"loss": [2.5, np.nan, np.inf, -np.inf]},
    ),
}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("kind", PLAIN)
def test_a_console(kind: str, end: str, tmp_path: Path) -> None:
    text, steps, columns = PLAIN[kind]
    path = tmp_path / "train.log"
    path.write_bytes(text.replace("\n", end).encode())
    history = files.read(path).history

    assert history.step.tolist() == steps
    for key, values in columns.items():
        np.testing.assert_array_equal(list(cells_of(history, key).values()), values, err_msg=key)
    assert not any("improve" in key for key in history.columns)


LEROBOT = lines(
    "INFO 2026-05-06 17:15:0{n} ot_train.py:357 step:{{}} smpl:6K ep:18 epch:0.{n} "
    "loss:{x} grdn:97.2 lr:1.0e-05 updt_s:0.51 data_s:0.03",
    9,
)


def lerobot(*steps: str) -> str:
    return "".join(line.format(step) + "\n" for line, step in zip(LEROBOT.splitlines(), steps, strict=False))


class TestLeRobot:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_names_are_those_that_it_logs(self, encoding: str, tmp_path: Path) -> None:
        path = tmp_path / "train.txt"
        path.write_bytes(lerobot("200", "400", "600", "800", "1K").encode(encoding))
        run = files.read(path)
        assert list(run.history.columns) == [
            "samples", "episodes", "epochs", "loss", "grad_norm", "lr", "update_s", "dataloading_s",
        ]  # fmt: skip
        assert cells_of(run.history, "samples")[0] == 6000
        assert run.history.timestamp.tolist()[:2] == [1778087701.0, 1778087702.0]
        assert run.notes == ("按控制台输出读，5 条记录",)

    @pytest.mark.parametrize(
        ("printed", "meant"),
        [
            (["200", "400", "600", "800", "1K", "1K", "1K", "2K", "2K"], list(range(200, 2000, 200))),
            (["500", "1K", "2K", "2K", "2K"], [500, 1000, 1500, 2000, 2500]),
            (["200", "400", "5K", "5K"], [200, 400, 5000, 5000]),  # it does not go on as it had
            (["20K", "20K", "20K", "21K"], [20000, 20000, 20000, 21000]),
        ],
    )
    def test_a_step_that_is_rounded_goes_on_as_it_had(
        self, printed: list[str], meant: list[int], tmp_path: Path
    ) -> None:
        path = tmp_path / "train.log"
        path.write_text(lerobot(*printed))
        assert files.read(path).history.step.tolist() == meant

    def test_its_config_is_printed_on_several_lines(self, tmp_path: Path) -> None:
        head = (
            "INFO 2026-05-06 17:14:06 ot_train.py:164 {'batch_size': 32,\n 'optimizer': {'lr': 1e-05,\n"
            "               'type': 'adamw'},\n 'policy': {'mode': <Mode.MEAN: 'MEAN'>},\n 'steps': 50000}\n"
            "INFO 2026-05-06 17:14:11 ot_train.py:267 cfg.steps=50000 (50K)\n"
        )
        path = tmp_path / "train.log"
        path.write_text(
            head + lerobot("200", "400", "600") + "INFO 2026-05-07 00:24:56 ot_train.py:438 End of training\n"
        )
        run = files.read(path)
        assert run.config["optimizer"] == {"lr": 1e-5, "type": "adamw"}
        assert (run.config["steps"], run.state) == (50000, "finished")
        assert run.history.step.tolist() == [200, 400, 600]


@pytest.mark.parametrize(
    "tail", ["step 1000 loss: 1.2e-0", "step 10", "\r 5%|█  | 5/100 [00:01<00:09, 1.2it/s, loss=1"]
)
def test_a_line_that_is_being_written_is_left_out(tail: str, tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_text(lines("step {k} loss: {x}") + tail)
    run = files.read(path)
    assert list(cells_of(run.history, "loss").values()) == falling()
    assert ("最后一行还没写完，没有读" in run.notes) == ("loss" in tail)


class TestFacts:
    @pytest.mark.parametrize(
        ("kind", "planned", "epochs"),
        [
            ("Keras, a bar that is drawn over itself", 100, 100),
            ("blocks below an epoch", 100, 100),
            ("epochs and steps of them", 3000, 5),
            ("the DCGAN of PyTorch", 500, 5),
            ("one bar over the whole run", 100, None),
            ("rsl_rl", 1500, None),
            ("nanoGPT", None, None),
        ],
    )
    def test_the_plan(self, kind: str, planned: int | None, epochs: int | None, tmp_path: Path) -> None:
        path = tmp_path / "train.log"
        path.write_text(PLAIN[kind][0])
        run = files.read(path)
        assert (run.planned_steps, run.config.get("epochs")) == (planned, epochs)

    @pytest.mark.parametrize(
        ("end", "state", "why"),
        [
            ("Training finished\n", "finished", None),
            ("训练完成，用时 3 小时\n", "finished", None),
            (
                "Traceback (most recent call last):\n  ...\ntorch.OutOfMemoryError: CUDA out of memory.\n",
                "failed",
                "OutOfMemoryError: CUDA out of memory.",
            ),
            ("KeyboardInterrupt\n", "killed", "KeyboardInterrupt"),
            ("Saved plots\n", "unknown", None),
            ("System.Management.Automation.RemoteException\n", "unknown", None),  # of PowerShell, per line on stderr
        ],
    )
    def test_how_it_ended(self, end: str, state: str, why: str | None, tmp_path: Path) -> None:
        path = tmp_path / "train.log"
        path.write_text("ValueError: caught, and on it goes\n" + lines("step {k}: loss {x}") + end)
        run = files.read(path)
        assert (run.state, run.exit_reason) == (state, why)

    def test_a_file_of_facts_beside_it_says_more(self, tmp_path: Path) -> None:
        path = tmp_path / "train.log"
        path.write_text(lines("Epoch {n}/100 loss: {x}"))
        path.with_suffix(".json").write_text(json.dumps({"state": "finished", "planned_steps": 7}))
        run = files.read(path)
        assert (run.state, run.planned_steps) == ("finished", 7)


@pytest.mark.parametrize(
    "text",
    [
        "step 1: loss 0.5\nstep 2: loss 0.4\n",  # two rows are no log
        "epochs: 3\nlr: 0.1\nbatch_size: 32\n",
        "for i in range(3):\n    f(x=1)\n    f(x=2)\n    f(x=3)\n",
        "Downloading 37 files\nDownloading 38 files\nDownloading 39 files\n",
        "at 10:00:01\nat 10:00:02\nat 10:00:03\n",
        "2024-01-01 10:00:00 started\n2024-01-01 10:00:01 went on\n2024-01-01 10:00:02 ended\n",
        "loss: 0.5\n" * 5,  # nothing counts, nothing moves
        "\x00\x01\x02\xff",
    ],
)
def test_what_is_no_console_of_a_training(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_text(text)
    with pytest.raises(SourceError, match=r"x\.log 不是能读的格式.*打印指标的控制台输出"):
        files.read(path)


def test_a_file_that_is_too_large_is_refused_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_LARGEST_CONSOLE", 100)
    path = tmp_path / "x.log"
    path.write_text(lines("step {k}: loss {x}", 30))
    with pytest.raises(SourceError, match=r"x\.log 超过 .* MB.*grep"):
        files.read(path)


class TestUntrusted:
    ATOMS = (
        "loss", " ", ":", "=", "0", "1.5", "/", "|", "[", "]", "(", ")", "epoch", "step", "%|", "tensor(", "nan", "-",
        ".", "\t", "\r", "第", "损失", "━", "e+", "K", "'", "{", "}", "\x1b[", "\x08", "2024-01-01 00:00:00", "9" * 30,
        " - ", "<", "batch", "123/456", "_", "@", ",",
    )  # fmt: skip

    def test_any_text_is_read_in_bounded_time(self) -> None:
        begun = time.monotonic()
        chance = random.Random(7)
        for a in self.ATOMS:
            for b in self.ATOMS:
                read_line((a + b) * 4000)
        for _ in range(60):
            console_log("".join(chance.choice((*self.ATOMS, "\n")) for _ in range(2000)))
        for hostile in (
            "{\n" * 200_000,
            "x" * 5_000_000,
            "tensor(" * 100_000,
            "\r" * 1_000_000,
            "{'a': " * 3000 + "\n",
        ):
            console_log(hostile + "\n" + lines("step {k}: loss {x}"))
        assert time.monotonic() - begun < SECONDS

    def test_any_bytes_are_read_or_refused(self, tmp_path: Path) -> None:
        chance = random.Random(8)
        texts = [text for text, _, _ in PLAIN.values()]
        for n in range(100):
            raw = bytearray(chance.choice(texts).encode())
            for _ in range(chance.randrange(1, 30)):
                raw[chance.randrange(len(raw))] = chance.randrange(256)
            path = tmp_path / f"{n}.log"
            path.write_bytes(raw)
            try:
                assert len(files.read(path).history)
            except SourceError as refused:
                assert refused.reason == "unreadable"

    def test_columns_are_bounded(self) -> None:
        log = console_log(
            "".join(f"step {n}: loss: {n}.5 {' '.join(f'k{i}: {n}' for i in range(400))}\n" for n in range(9))
        )
        assert log is not None
        assert len({key for row in log.rows for key in row}) <= 301
