"""Columns that have no names of their own."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis import analyze
from bot.sources import SourceError
from bot.sources.files import read as files
from tests.sources.written import cells, falls, write


class TestWithoutNames:
    """What the columns are of, the name of the file may say."""

    @pytest.mark.parametrize(
        ("file", "name"),
        [
            ("rewards.csv", "reward"),
            ("rewards.txt", "reward"),
            ("episode_rewards_v2.csv", "episode_reward"),
            ("avg_returns.csv", "avg_return"),
            ("Score.csv", "score"),
            ("cifarlosses10.csv", "loss"),
            ("train_losses.csv", "train_loss"),
            ("loss_val.csv", "loss_val"),
            ("test_accs.csv", "test_accuracy"),
            ("critic_loss_history.csv", "critic_loss"),
        ],
    )
    def test_one_column_is_what_its_file_is_called(self, file: str, name: str, tmp_path: Path) -> None:
        path = write(tmp_path / file, "-5.25e+00\n-4.5e+00\n-4.75e+00\n")
        assert cells(path, name) == {0: -5.25, 1: -4.5, 2: -4.75}
        assert files.read(path).notes[0] == f"没有表头，按文件名读作 {name}"

    @pytest.mark.parametrize(
        ("file", "rows", "names", "steps"),
        [
            ("losses.csv", ["0,2.5", "1,2.25", "2,2"], ["step", "loss"], [0, 1, 2]),
            ("losses.csv", ["100;2.5", "200;2.25", "300;2"], ["step", "loss"], [100, 200, 300]),
            ("losses.csv", ["# of mine", "1,2.5", "2,nan", "3,2"], ["step", "loss"], [1, 2, 3]),
            ("episode_rewards.csv", ["1,2.5", "2,2.25", "3,2"], ["episode", "episode_reward"], [1, 2, 3]),
            ("loss_per_epoch.csv", ["1\t2.5", "2\t2.25", "3\t2"], ["epoch", "loss"], [1, 2, 3]),
            ("losses.txt", [" 0.00  2.5e+00", "10.00  2.2e+00", "20.00 -2.0e+00"], ["step", "loss"], [0, 10, 20]),
        ],
    )
    def test_a_column_before_it_may_count(
        self, file: str, rows: list[str], names: list[str], steps: list[int], tmp_path: Path
    ) -> None:
        run = files.read(write(tmp_path / file, "\n".join(rows) + "\n"))
        assert run.history.step.tolist() == steps
        assert list(run.history.columns) == names[1:]
        assert run.notes == (f"没有表头，按文件名读作 {'、'.join(names)}",)

    def test_of_episodes_the_one_column_that_is_no_length_and_no_share_is_the_return(self, tmp_path: Path) -> None:
        rows = [f"{n},{30.5 + n},{100 + n},{0.99**n}" for n in range(30)]
        run = files.read(write(tmp_path / "episode_rewards.csv", "\n".join(rows) + "\n"))

        assert list(run.history.columns) == ["episode_reward", "column_3", "column_4"]
        assert run.history.columns["episode_reward"].values[1] == 31.5
        assert "episode_reward" in run.notes[0]

        two = [f"{n},{30.5 + n},{-0.5 * n}" for n in range(30)]  # which of them?
        with pytest.raises(SourceError, match="没有表头"):
            files.read(write(tmp_path / "rewards.csv", "\n".join(two) + "\n"))

    def test_the_steps_at_which_episodes_end_count_too(self, tmp_path: Path) -> None:
        ends = [20 * n + n % 7 for n in range(1, 31)]
        path = write(tmp_path / "rewards.csv", "".join(f"{end:e},{-n}\n" for n, end in enumerate(ends)))
        assert files.read(path).history.step.tolist() == ends
        assert list(files.read(path).history.columns) == ["reward"]

    def test_a_row_is_an_episode_where_the_file_says_so(self, tmp_path: Path) -> None:
        run = files.read(write(tmp_path / "episode_rewards.csv", "1.5\n2.5\n3.5\n"))
        assert (run.counted_by, analyze(run).run.unit) == ("episode", "回合")
        assert files.read(write(tmp_path / "rewards.csv", "1.5\n2.5\n3.5\n")).counted_by == "row"

    def test_columns_that_only_say_of_which_split_they_are(self, tmp_path: Path) -> None:
        text = "ep,train,valid\n" + "".join(f"{n},{3 - n / 20},{3 - n / 30}\n" for n in range(1, 30))
        assert set(files.read(write(tmp_path / "losses.csv", text)).history.columns) == {
            "ep", "train_loss", "valid_loss"
        }  # fmt: skip
        assert set(files.read(write(tmp_path / "log.csv", text)).history.columns) == {"ep", "train", "valid"}

    def test_several_losses_are_numbered_and_hold_no_role(self, tmp_path: Path) -> None:
        path = write(tmp_path / "losses.csv", "".join(f"{3 - n / 20},{1 + n / 20}\n" for n in range(40)))
        run = files.read(path)
        assert list(run.history.columns) == ["loss_1", "loss_2"]
        assert run.notes[:2] == (
            "没有表头，按文件名读作 loss_1、loss_2",
            "分不清训练和评估，加一行列名才判得全，例如 train_loss,val_loss",
        )
        assert analyze(run).findings == ()

    @pytest.mark.parametrize(
        ("file", "text"),
        [
            ("x.csv", "1,0.5\n2,0.4\n3,0.3\n"),
            ("x.csv", "# a run\n1;0.5\n2;nan\n"),
            ("x.csv", "0.5\n0.4\n"),
            ("train_log.csv", "0.5,0.25\n0.4,0.2\n"),
            ("loss_acc.csv", "0.5\n0.4\n"),  # of two things
            ("rewards.csv", "0,3.5,200\n1,4.5,180\n2,5,150\n"),  # which of them?
            ("rewards.csv", "3.5,200\n4.5,180\n5,150\n"),
            ("out.txt", "3.5 200\n4.5 180\n5 150\n"),
        ],
    )
    def test_it_is_refused_where_nobody_could_say(self, file: str, text: str, tmp_path: Path) -> None:
        with pytest.raises(
            SourceError, match=r"\.(csv|txt) 没有表头，第一行就是数：在最上面加一行列名，例如 step,loss"
        ):
            files.read(write(tmp_path / file, text))

    def test_a_text_that_begins_with_a_number_is_no_table(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="不是能读的格式"):
            files.read(write(tmp_path / "x.txt", "12\nof them\n"))

    def test_a_series_that_pandas_called_0(self, tmp_path: Path) -> None:
        losses = pd.Series([3.5, 2.5, 1.5])
        for index in (True, False):
            losses.to_csv(tmp_path / "losses7.csv", index=index)
            assert cells(tmp_path / "losses7.csv", "loss") == {0: 3.5, 1: 2.5, 2: 1.5}
            assert files.read(tmp_path / "losses7.csv").notes[0] == "列名是 0，按文件名读作 loss"
        losses.to_csv(tmp_path / "x.csv")
        assert list(files.read(tmp_path / "x.csv").history.columns) == ["0"]

    def test_a_run_begins_at_its_line(self, tmp_path: Path) -> None:
        rows = [f"{row['epoch']},{row['loss']}\n" for row in falls(30) + falls(12)]
        run = files.read(write(tmp_path / "epoch_loss.csv", "".join(rows)))
        assert run.notes[1] == "文件里有 2 次训练，只看最后一次（第 31 行起）"

    def test_a_name_above_in_a_comment(self, tmp_path: Path) -> None:
        """`numpy.savetxt(…, header="loss")`."""
        assert cells(write(tmp_path / "x.csv", "# loss\n3.5\n2.5\n"), "loss") == {0: 3.5, 1: 2.5}
        path = write(tmp_path / "y.txt", "# epoch loss\n1.0 3.5\n2.0 2.5\n")
        assert (cells(path, "loss"), files.read(path).history.step.tolist()) == ({0: 3.5, 1: 2.5}, [1, 2])
