"""JSON that somebody wrote in the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.sources import SourceError
from bot.sources.files import read as files
from tests.sources.written import cells, write


class TestOneObject:
    """JSON that somebody wrote in the end."""

    LOSS = (3.0, 2.0, 1.5, 1.25, 1.0, 0.75)

    @pytest.mark.parametrize(
        ("content", "columns"),
        [
            ({"loss": LOSS, "val_loss": LOSS}, {"loss", "val_loss"}),  # Keras
            ({"history": {"loss": LOSS}, "params": {"epochs": 6}}, {"loss"}),
            ({"train": {"loss": LOSS}, "val": {"loss": LOSS}}, {"train.loss", "val.loss"}),
            ({"loss": [str(x) for x in LOSS], "lr": 0.1}, {"loss"}),  # numpy's, by `default=str`
            ({"history": [{"epoch": n, "loss": x} for n, x in enumerate(LOSS)]}, {"loss"}),
            ({"log": [{"loss": x, "eval": {"acc": 0.5}} for x in LOSS], "note": "x"}, {"loss", "eval.acc"}),
            ([{"epoch": n, "loss": x} for n, x in enumerate(LOSS)], {"loss"}),
            ({"loss": LOSS, "name": "x", "betas": [0.9, 0.999], "tags": ["a", "b"]}, {"loss", "betas"}),
        ],
    )
    def test_it_is_read(self, content: Any, columns: set[str], tmp_path: Path) -> None:
        path = write(tmp_path / "metrics.json", json.dumps(content))
        history = files.read(path).history
        assert set(history.columns) == columns
        first = next(iter(columns & {"loss", "train.loss"}))
        assert cells(path, first) == dict(enumerate(self.LOSS))

    @pytest.mark.parametrize(
        ("content", "steps"),
        [
            ({str(n): {"loss": x, "val_loss": 1} for n, x in enumerate(LOSS, 1)}, range(1, 7)),
            ({f"epoch_{n}": {"loss": x} for n, x in enumerate(LOSS)}, range(6)),
            ({f"Step {10 * n}": {"loss": x} for n, x in enumerate(LOSS)}, range(0, 60, 10)),
            ({str(n): {"epoch": n + 3, "loss": x} for n, x in enumerate(LOSS)}, range(6)),
        ],
    )
    def test_records_under_their_step(self, content: Any, steps: range, tmp_path: Path) -> None:
        path = write(tmp_path / "metrics.json", json.dumps(content))
        assert files.read(path).history.step.tolist() == list(steps)
        assert cells(path, "loss") == dict(enumerate(self.LOSS))

    def test_steps_that_were_sorted_as_text(self, tmp_path: Path) -> None:
        content = {str(n): {"loss": 3.0 + n} for n in range(12)}
        path = write(tmp_path / "metrics.json", json.dumps(content, sort_keys=True))
        assert list(cells(path, "loss").values()) == [3.0 + n for n in range(12)]

    @pytest.mark.parametrize(
        ("file", "content", "names"),
        [
            ("rewards.json", LOSS, ["reward"]),
            ("train_losses.json", [[n, x] for n, x in enumerate(LOSS)], ["step", "train_loss"]),
            ("losses.json", [[x, 2 * x] for x in LOSS], ["loss_1", "loss_2"]),
        ],
    )
    def test_numbers_alone_are_what_their_file_is_called(
        self, file: str, content: Any, names: list[str], tmp_path: Path
    ) -> None:
        path = write(tmp_path / file, json.dumps(content))
        assert cells(path, next(name for name in names if name != "step")) == dict(enumerate(self.LOSS))
        assert files.read(path).notes[0] == f"没有列名，按文件名读作 {'、'.join(names)}"

    def test_what_was_predicted_is_no_history(self, tmp_path: Path) -> None:
        content = {
            "loss": self.LOSS,
            "lr": [0.1] * 6,
            "preds": [0, 1] * 50,
            "labels": [0, 1] * 50,
            "grad_norm": [2] * 12,
        }
        path = write(tmp_path / "x.json", json.dumps(content))
        assert set(files.read(path).history.columns) == {"loss", "lr", "grad_norm"}
        assert "preds、labels 比指标长（多于 6 个值），没有读" in files.read(path).notes

    def test_settings_beside_are_the_config(self, tmp_path: Path) -> None:
        path = write(tmp_path / "metrics.json", json.dumps({"args": {"epochs": 9, "dims": [1, 2]}, "loss": self.LOSS}))
        assert files.read(path).config == {"epochs": 9, "dims": [1, 2]}
        assert set(files.read(path).history.columns) == {"loss"}

    @pytest.mark.parametrize(
        ("short", "rows"),
        [
            (2, [2, 5]),  # at every third
            (3, [1, 3, 5]),
            (6, list(range(6))),
            (5, list(range(5))),  # the last is not there yet
            (4, [0, 1, 3, 5]),  # before the first, and at every second
        ],
    )
    def test_a_shorter_list_was_written_at_every_kth(self, short: int, rows: list[int], tmp_path: Path) -> None:
        path = write(tmp_path / "x.json", json.dumps({"loss": self.LOSS, "val_loss": list(range(short))}))
        assert list(cells(path, "val_loss")) == rows
        told = [note for note in files.read(path).notes if "val_loss" in note]
        assert told == ([f"val_loss 只有 {short} 个值，按每 {6 // short} 行一个排开"] if short in (2, 3) else [])

    def test_a_list_that_says_its_steps_stands_at_these(self, tmp_path: Path) -> None:
        content = {"step": [1, 2, 3, 4], "loss": [4, 3, 2, 1], "dev_bleu": {"2": 0.5, "4": 0.75, "6": 0.8}}
        path = write(tmp_path / "x.json", json.dumps(content))
        assert files.read(path).history.step.tolist() == [1, 2, 3, 4, 6]
        assert cells(path, "dev_bleu") == {1: 0.5, 3: 0.75, 4: 0.8}

    @pytest.mark.parametrize(
        "content",
        [
            {"lr": 0.1, "betas": [0.9, 0.999]},
            {"dims": [64, 128, 256]},
            {"vocab": {"a": 1, "b": 2}},
            {"images": [{"id": 1}], "annotations": [{"id": 1, "area": 2.5}]},  # COCO
            {"loss": [1.0, 0.5]},
            [1, 2, 3],
            ["a"],
            [],
            "x",
            None,
            {"a": {"b": {"c": {"d": {"loss": [3, 2, 1]}}}}},
        ],
    )
    def test_what_holds_no_history(self, content: Any, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match=r"x\.json 里没有训练历史；能读的 JSON：trainer_state\.json、"):
            files.read(write(tmp_path / "x.json", json.dumps(content)))
