"""What the rows of a file are: of several runs, of a split, of one number each."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bot.sources.files import read as files
from tests.sources.written import cells, falls, table, write


class TestSeveralRunsInAFile:
    """`runs`: how many are told of, and the line at which the last begins (of a jsonl, without a header)."""

    @pytest.mark.parametrize(
        ("parts", "runs"),
        [
            ([falls(30), falls(12)], (2, 31)),
            ([falls(30), falls(5), falls(9), falls(3)], (4, 45)),
            ([falls(30), falls(1)], (2, 31)),  # its first record
            ([falls(10), falls(10, 4.5, 2.0, at=0)], (2, 11)),
            ([falls(10, at=5), falls(10, at=1)], (2, 11)),  # the beginning of the file was cut off
            ([falls(10, 2.0, 2.0), falls(10, 2.0, 2.0)], (2, 11)),  # learns nothing; the epoch alone says it
            ([falls(20), falls(20, 0.01, 0.001)], (2, 21)),  # another setup, nothing goes on
            ([falls(30), falls(30, 1.0, 0.5, at=20)], None),  # a resume goes back to the middle
            ([falls(30), falls(30, 1.05, 0.5)], None),  # and one that counts anew goes on where it was
            ([falls(30), falls(30, 4.0, 0.5, at=31)], None),  # warm restart of the schedule
            ([falls(30), [{"epoch": 1, "eval_loss": 2.0}]], None),  # the first checkpoint was evaluated last
            ([falls(3), falls(1), falls(30, at=4)], None),  # a record of the first epoch came late
        ],
    )
    @pytest.mark.parametrize("form", ["csv", "jsonl"])
    def test_the_newest_is_read(
        self, parts: list[list[dict[str, float]]], runs: tuple[int, int] | None, form: str, tmp_path: Path
    ) -> None:
        rows = [row for part in parts for row in part]
        path = table(tmp_path / f"log.{form}", rows)
        run = files.read(path)

        read = rows if runs is None else parts[-1]
        assert run.history.step.tolist() == [row["epoch"] for row in read]
        assert run.earlier_rows == len(rows) - len(read)
        told = [note for note in run.notes if "次训练" in note]
        line = 0 if runs is None else runs[1] + (form == "csv")
        assert told == ([] if runs is None else [f"文件里有 {runs[0]} 次训练，只看最后一次（第 {line} 行起）"])

    def test_a_step_that_begins_anew_in_each_epoch_counts_no_run(self, tmp_path: Path) -> None:
        """Also where nothing else counts, and the loss no longer moves."""
        for last in (0.5, 4.0):
            loss = np.geomspace(4.0, last, 120)
            text = "".join(f"{n % 30},{x}\n" for n, x in enumerate(loss))
            assert len(files.read(write(tmp_path / "x.csv", f"iter,loss\n{text}")).history) == 120

    @pytest.mark.parametrize("index", ["", "Unnamed: 0"])
    def test_an_index_of_pandas_over_all_of_them(self, index: str, tmp_path: Path) -> None:
        table = pd.DataFrame(falls(30) + falls(12))
        table.to_csv(tmp_path / "x.csv", index_label=index)
        run = files.read(tmp_path / "x.csv")
        assert (run.history.step.tolist(), set(run.history.columns)) == (list(range(1, 13)), {"loss"})
        assert run.notes == ("文件里有 2 次训练，只看最后一次（第 32 行起）",)

    def test_runs_of_wandb_keep_all_they_logged(self, tmp_path: Path) -> None:
        text = "".join(f"{row['epoch']},{row['loss']}\n" for row in falls(30) + falls(12))
        run = files.read(write(tmp_path / "x.csv", f"_step,loss\n{text}"))
        assert (len(run.history), run.notes) == (42, ())

    def test_each_says_what_it_is_in_a_line_of_its_own(self, tmp_path: Path) -> None:
        rows = [{"lr": 0.1}, *falls(10), {"lr": 0.01}, *falls(5)]
        run = files.read(write(tmp_path / "x.jsonl", "".join(json.dumps(row) + "\n" for row in rows)))
        assert (len(run.history), set(run.history.columns)) == (5, {"loss"})
        assert run.notes == ("文件里有 2 次训练，只看最后一次（第 13 行起）",)

    @pytest.mark.parametrize("form", ["csv", "jsonl"])
    def test_a_text_or_a_seed_tells_one_from_another(self, form: str, tmp_path: Path) -> None:
        """Also where a run begins as good as the one before it has ended."""
        rows = [
            {
                "agent": agent,
                "seed": seed,
                "episode": n + 1,
                "timestep": 7 * n + 3 + seed,
                "reward": 5.0 + (n * seed) % 4,
            }
            for agent in ("ours", "PPO (base)")
            for seed in (1, 2, 3)
            for n in range(30)
        ]
        path = table(tmp_path / f"log.{form}", rows)
        run = files.read(path)
        assert (len(run.history), run.earlier_rows) == (30, 150)
        line = 151 + (form == "csv")
        assert run.notes == (f"文件里有 6 次训练，只看最后一次（agent=PPO (base)，seed=3，第 {line} 行起）",)

    @pytest.mark.parametrize("label", ["split", "host"])
    def test_another_text_begins_no_run(self, label: str, tmp_path: Path) -> None:
        """One of each row, and one that is another after a resume."""
        table = pd.DataFrame(falls(30) + falls(30, 1.0, 0.5, at=20))
        table[label] = ["ab"[n % 2 if label == "split" else n >= 30] for n in range(60)]
        table.to_csv(tmp_path / "log.csv", index=False)
        run = files.read(tmp_path / "log.csv")
        assert (len(run.history), run.notes) == (60, ())

    def test_episodes_count_although_their_length_goes_up_and_down(self, tmp_path: Path) -> None:
        rows = [f"{n % 40},{50 + n * 7 % 31},{n % 40}" for n in range(90)]
        run = files.read(write(tmp_path / "x.csv", "episode,steps,reward\n" + "\n".join(rows) + "\n"))
        assert run.history.step.tolist() == list(range(10))


class TestRowsOfASplit:
    """Rows that say of which split they are."""

    @pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
    @pytest.mark.parametrize("in_turn", [True, False])
    @pytest.mark.parametrize("said", [("train", "val"), ("Training", "Validation")])
    def test_what_each_logs_is_a_metric_of_its_own(
        self, said: tuple[str, str], in_turn: bool, form: str, tmp_path: Path
    ) -> None:
        train = [{"phase": said[0], "epoch": n, "loss": 4.0 - n / 10, "lr": 0.1} for n in range(20)]
        val = [{"phase": said[1], "epoch": n, "loss": 5.0 - n / 10, "acc": 0.5} for n in range(20)]
        rows = [row for both in zip(train, val, strict=True) for row in both] if in_turn else [*train, *val]
        path = table(tmp_path / f"log.{form}", rows)
        run = files.read(path)
        assert set(run.history.columns) == {"loss", "val/loss", "lr", "acc"}
        assert list(cells(path, "loss").values()) == [4.0 - n / 10 for n in range(20)]
        assert list(cells(path, "val/loss").values()) == [5.0 - n / 10 for n in range(20)]
        assert (len(run.history), run.notes) == (40, ())

    def test_other_events_between_them(self, tmp_path: Path) -> None:
        rows = [{"event": event, "epoch": n, "loss": n + 0.5} for n in range(3) for event in ("train", "eval", "saved")]
        path = write(tmp_path / "x.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        assert cells(path, "eval/loss") == {1: 0.5, 4: 1.5, 7: 2.5}
        assert cells(path, "loss") == {0: 0.5, 2: 0.5, 3: 1.5, 5: 1.5, 6: 2.5, 8: 2.5}
        pd.DataFrame(rows).to_csv(tmp_path / "x.csv", index=False)
        assert cells(tmp_path / "x.csv", "loss") == cells(path, "loss")

    def test_what_names_its_split_keeps_its_name(self, tmp_path: Path) -> None:
        rows = [
            {"phase": phase, "epoch": n, "loss": 1.0, "val_acc": 0.5, "time": 3}
            for n in range(4)
            for phase in ("train", "test")
        ]
        path = write(tmp_path / "x.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        assert set(files.read(path).history.columns) == {"loss", "test/loss", "val_acc", "time"}


class TestOneNumberARow:
    """Tables in which a column names what the number of a row is."""

    @pytest.mark.parametrize("form", ["csv", "jsonl"])
    @pytest.mark.parametrize(
        "names", [("step", "tag", "value"), ("epoch", "metric", "value"), ("Step", "key", "Value")]
    )
    @pytest.mark.parametrize("by_tag", [True, False])
    def test_each_name_is_a_metric(self, names: tuple[str, str, str], form: str, by_tag: bool, tmp_path: Path) -> None:
        rows = [(n, "train/loss", 4.0 - n) for n in range(4)] + [(n, "val/acc", 0.1 * n) for n in (1, 3)]
        rows = rows if by_tag else sorted(rows)
        records = [dict(zip(names, row, strict=True)) for row in rows]
        path = table(tmp_path / f"x.{form}", records)
        assert files.read(path).history.step.tolist() == [0, 1, 2, 3]
        assert cells(path, "train/loss") == {0: 4.0, 1: 3.0, 2: 2.0, 3: 1.0}
        assert cells(path, "val/acc") == {1: 0.1, 3: pytest.approx(0.3)}
        assert set(files.read(path).history.columns) == {"train/loss", "val/acc"}

    def test_of_several_runs_the_newest(self, tmp_path: Path) -> None:
        text = "".join(f"{n},{key},{9 - n}\n" for _ in range(2) for n in range(9) for key in ("loss", "val_loss"))
        run = files.read(write(tmp_path / "x.csv", "step,name,value\n" + text))
        assert run.history.step.tolist() == [n for n in range(9) for _ in range(2)]
        assert run.notes == ("文件里有 2 次训练，只看最后一次（第 20 行起）",)
        assert set(run.history.columns) == {"loss", "val_loss"}

    def test_names_of_no_metric(self, tmp_path: Path) -> None:
        path = write(tmp_path / "x.csv", "step,name,value,loss\n1,ann,3,5\n2,bob,4,6\n")
        assert set(files.read(path).history.columns) == {"value", "loss"}

    def test_a_step_a_name_and_a_number_in_a_line(self, tmp_path: Path) -> None:
        text = "".join(f"{n} val {3 - n / 50}\n{n} hella 0.25\n{n} train {2.5 - n / 50}\n" for n in range(20))
        path = write(tmp_path / "log.txt", text)
        assert cells(path, "val_loss")[10] == 2.8
        assert cells(path, "train_loss")[10] == 2.3
        assert cells(path, "hella")[10] == 0.25
