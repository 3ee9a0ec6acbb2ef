"""History files: what counts as logged, the facts beside them, and files that are not quite right."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis import analyze
from bot.render.numbers import progress
from bot.sources import SourceError
from bot.sources.files import histories
from bot.sources.files import read as files
from bot.sources.files.source import FileSource
from tests.sources.conftest import SAMPLE
from tests.sources.written import cells, falls, write


def test_the_sample_run_with_its_facts() -> None:
    run = files.read(SAMPLE)
    assert (len(run.history), len(run.history.columns)) == (1200, 16)
    assert (run.name, run.state, run.entity, run.project, run.run_id) == (
        "act-uot-64wxlc3y",
        "finished",
        "team",
        "robot",
        "64wxlc3y",
    )
    assert run.created_at == datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC).timestamp()
    assert (run.user, run.tags, run.config["ot"]["tau_src"]) == ("alice", ("act", "uot"), 24.0)
    assert run.observed_at is None  # its facts do not say
    assert list(run.history.columns)[:2] == ["train/loss", "train/l1_loss"]  # the order of the file


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        ("0.5", 0.5),
        ("1e-6", 1e-6),
        ("-3", -3.0),
        (" 7 ", 7.0),
        ("NaN", math.nan),
        ("nan", math.nan),
        ('"NaN"', math.nan),
        ("Infinity", math.inf),
        ("-Infinity", -math.inf),
        ("inf", math.inf),
        ('"Infinity"', math.inf),
        ("1e400", math.inf),
        ("", None),
        ('""', None),
        ("null", None),
        ("None", None),
        ("oops", None),
        ("true", None),
    ],
)
def test_a_csv_cell(text: str, logged: float | None, tmp_path: Path) -> None:
    got = cells(write(tmp_path / "x.csv", f"_step,a\n1,1.5\n2,{text}\n3,2.5\n"), "a")
    wanted = {0: 1.5, 2: 2.5} | ({} if logged is None else {1: logged})
    np.testing.assert_equal(got, wanted)


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        ("0.5", 0.5),
        ("3", 3.0),
        ("NaN", math.nan),
        ('"NaN"', math.nan),
        ("Infinity", math.inf),
        ("-Infinity", -math.inf),
        ('"Infinity"', math.inf),
        ("1e400", math.inf),
        ("null", None),
        ("true", None),
        ('"text"', None),
        ("[1, 2]", None),
        ('{"_type": "histogram", "bins": [1]}', None),
        ("1" + "0" * 400, math.inf),
    ],
)
def test_a_jsonl_cell(text: str, logged: float | None, tmp_path: Path) -> None:
    got = cells(write(tmp_path / "x.jsonl", f'{{"_step": 1, "a": 1.5}}\n{{"_step": 2, "a": {text}}}\n'), "a")
    np.testing.assert_equal(got, {0: 1.5} | ({} if logged is None else {1: logged}))


def test_nested_metrics_have_the_names_of_wandb(tmp_path: Path) -> None:
    row = {"_step": 1, "a": {"b": {"c": 2}}, "img": {"_type": "image-file", "width": 640}}
    assert files.read(write(tmp_path / "x.jsonl", json.dumps(row))).history.columns.keys() == {"a.b.c"}
    table = pa.table({"_step": [1, 2], "a": [{"b": 1.0}, None], "img": [{"_type": "image-file", "width": 640}, None]})
    pq.write_table(table, tmp_path / "x.parquet")
    assert cells(tmp_path / "x.parquet", "a.b") == {0: 1.0}
    assert "img.width" not in files.read(tmp_path / "x.parquet").history.columns


def test_parquet_keeps_null_and_nan_apart(tmp_path: Path) -> None:
    column = pa.array([1.0, None, math.nan, math.inf], pa.float32())
    pq.write_table(pa.table({"_step": [1, 2, 3, 4], "a": column}), tmp_path / "x.parquet")
    np.testing.assert_equal(cells(tmp_path / "x.parquet", "a"), {0: 1.0, 2: math.nan, 3: math.inf})


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, None, 3], pa.int8()),
        pa.array([1, None, 3], pa.uint64()),
        pa.array([1, None, 3], pa.float16()),
        pa.array(["1", None, "3"]),
        pa.array(["1", None, "3"], pa.large_string()),
        pa.array(["1", None, "3"]).dictionary_encode(),
        pa.array([1, None, 3], pa.int64()).cast(pa.decimal128(38, 9)),
    ],
    ids=lambda c: str(c.type)[:12],
)
def test_parquet_numbers_of_any_type(column: Any, tmp_path: Path) -> None:
    pq.write_table(pa.table({"_step": [1, 2, 3], "a": column}), tmp_path / "x.parquet")
    assert cells(tmp_path / "x.parquet", "a") == {0: 1.0, 2: 3.0}


@pytest.mark.parametrize(
    "column", [[True, False, None], ["a", "nan", None], [[1.0], [2.0], None], [b"1", b"2", None]], ids=str
)
def test_what_is_no_metric(column: list[Any], tmp_path: Path) -> None:
    """A word "nan" among other words is text: it must not raise an alarm about NaN."""
    pq.write_table(pa.table({"_step": [1, 2, 3], "a": column, "loss": [1.0, 2.0, 3.0]}), tmp_path / "x.parquet")
    assert files.read(tmp_path / "x.parquet").history.columns.keys() == {"loss"}


def test_integers_beyond_float_precision_are_read(tmp_path: Path) -> None:
    pq.write_table(pa.table({"_step": [1], "tokens": [2**63 - 1]}), tmp_path / "x.parquet")
    assert cells(tmp_path / "x.parquet", "tokens") == {0: float(2**63 - 1)}


def test_the_first_nan_may_come_late(tmp_path: Path) -> None:
    """pyarrow guesses the type of a csv column from its first block of a megabyte."""
    body = "".join(f"{i},{i}\n" for i in range(120_000))
    got = files.read(write(tmp_path / "x.csv", f"_step,a\n{body}120000,NaN\n120001,0.5\n")).history.columns["a"]
    assert len(got.rows) == 120_002
    assert math.isnan(got.values[-2]) and got.values[-1] == 0.5


@pytest.mark.parametrize("named", [True, False])
def test_the_step_may_be_the_index(named: bool, tmp_path: Path) -> None:
    index = pd.Index([10, 20], name="_step" if named else None)
    pd.DataFrame({"a": [1.0, 2.0]}, index=index).to_parquet(tmp_path / "x.parquet")
    assert files.read(tmp_path / "x.parquet").history.step.tolist() == [10, 20]


def test_rows_stay_in_the_order_in_which_they_were_logged(tmp_path: Path) -> None:
    run = files.read(write(tmp_path / "x.csv", "_step,a\n1,1\n2,2\n3,3\n2,4\n2,5\n"))
    assert run.history.step.tolist() == [1, 2, 3, 2, 2]
    assert run.history.columns["a"].values.tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_missing_step_is_that_of_the_row_before(suffix: str, tmp_path: Path) -> None:
    texts = {
        "csv": "_step,a\n,1\n5,2\n,3\n7,4\nNaN,5\n",
        "jsonl": '{"a":1}\n{"_step":5,"a":2}\n{"a":3}\n{"_step":7,"a":4}\n{"_step":NaN,"a":5}\n',
    }
    assert files.read(write(tmp_path / f"x.{suffix}", texts[suffix])).history.step.tolist() == [0, 5, 5, 7, 7]


def test_csv_with_a_mark_and_windows_lines(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes("\ufeff_step,损失\r\n1,0.5\r\n".encode())
    assert cells(tmp_path / "x.csv", "损失") == {0: 0.5}


def test_the_index_that_pandas_writes_is_no_metric(tmp_path: Path) -> None:
    pd.DataFrame({"_step": [1, 2], "a": [1.0, 2.0]}).to_csv(tmp_path / "x.csv")
    assert files.read(tmp_path / "x.csv").history.columns.keys() == {"a"}


def test_a_csv_row_of_another_length_is_told(tmp_path: Path) -> None:
    run = files.read(write(tmp_path / "x.csv", "_step,a,b\n1,2,3\n4,5,6\n7,8"))
    assert run.history.step.tolist() == [1, 4]
    assert run.notes == ("1 行列数不对，没有读",)


@pytest.mark.parametrize("tail", ['{"_step": 3, "a', '{"_step": 3, "名": "半'.encode()[:-1], "3", "{"])
def test_a_jsonl_being_written(tail: str | bytes, tmp_path: Path) -> None:
    whole = b'{"_step": 1, "a": 1}\n{"_step": 2, "a": 2}\n'
    (tmp_path / "x.jsonl").write_bytes(whole + (tail.encode() if isinstance(tail, str) else tail))
    run = files.read(tmp_path / "x.jsonl")
    assert run.history.step.tolist() == [1, 2]
    assert run.notes == ("最后一行还没写完，没有读",)


def test_a_jsonl_broken_in_the_middle(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"x\.jsonl 第 2 行不是 JSON 对象"):
        files.read(write(tmp_path / "x.jsonl", '{"_step": 1}\n{"_step"\n{"_step": 3}\n'))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"_step": 1e300, "a": 1}\n'])
def test_a_hostile_jsonl(text: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        files.read(write(tmp_path / "x.jsonl", text))


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_an_empty_file(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        files.read(write(tmp_path / f"x.{suffix}", ""))
    assert caught.value.reason == "unreadable"


@pytest.mark.parametrize(("name", "text"), [("x.jsonl", ""), ("x.csv", "_step,a\n")])
def test_no_rows_yet_is_no_error(name: str, text: str, tmp_path: Path) -> None:
    assert len(files.read(write(tmp_path / name, text)).history) == 0


def test_a_truncated_parquet(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(SAMPLE.read_bytes()[:-100])
    with pytest.raises(SourceError, match="还没写完") as caught:
        files.read(tmp_path / "x.parquet")
    assert caught.value.reason == "unreadable"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.txt", ""),
        ("notes.md", "# 计划\n\n先跑基线，再调 lr, batch size, 增广\n"),
        ("run.py", "x = {'loss': 0.5}\nprint(x)\n"),
        ("one.log", "{'loss': 0.5}\nTraceback (most recent call last):\n"),
        ("config.yaml", "lr: 0.1\nmodel: {depth: 3}\n"),
        ("args.txt", '{"lr": 0.1, "epochs": 3}'),
    ],
)
def test_another_kind_of_file(name: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        files.read(write(tmp_path / name, text))
    able = "支持 .parquet、.csv、.jsonl、.wandb、trainer_state.json、每行一个 JSON 的日志、打印指标的控制台输出"
    assert str(caught.value) == f"{name} 不是能读的格式，{able}"


class TestOfAnyEnding:
    """What a file is stands in it."""

    def test_one_object_a_line(self, tmp_path: Path) -> None:
        rows = [{"epoch": n, "train_loss": 2.0 / (n + 1), "test_coco_eval_bbox": [0.1, 0.2]} for n in range(3)]
        path = write(tmp_path / "log.txt", "".join(json.dumps(row) + "\n" for row in rows))
        assert (files.read(path).history.step.tolist(), files.read(path).notes) == ([0, 1, 2], ())
        assert files.read(path).name == tmp_path.name  # every run has a `log.txt`

    def test_the_dicts_that_a_trainer_prints_between_other_lines(self, tmp_path: Path) -> None:
        text = (
            "Loading weights\n"
            " 10%|#  | 1/10 [00:01<00:09]\r{'loss': 2.5, 'grad_norm': nan, 'epoch': 0.1}\n"
            "{'loss': 2.0, 'grad_norm': 3.0, 'epoch': 0.2}\n"
            "{'eval_loss': 1.5, 'epoch': 0.2}\n"
            "warning: {'no': object}\n"
        )
        path = write(tmp_path / "train.log", text)
        np.testing.assert_equal(cells(path, "grad_norm"), {0: math.nan, 1: 3.0})
        assert cells(path, "eval_loss") == {2: 1.5}
        assert files.read(path).notes[0] == "2 行不是 JSON，没有读"

    def test_a_table(self, tmp_path: Path) -> None:
        path = write(tmp_path / "progress.txt", "Epoch\tLossPi\n0\t0.5\n1\t0.25\n")
        assert cells(path, "LossPi") == {0: 0.5, 1: 0.25}

    def test_a_parquet_file(self, tmp_path: Path) -> None:
        pq.write_table(pa.table({"_step": [1, 2], "loss": [3.0, 2.0]}), tmp_path / "history.pq")
        assert cells(tmp_path / "history.pq", "loss") == {0: 3.0, 1: 2.0}

    @pytest.mark.parametrize("name", ["20250101.log.json", "20250101.log", "vis.jsonl"])
    def test_a_first_line_that_only_says_what_the_run_is(self, name: str, tmp_path: Path) -> None:
        head = {"env_info": "sys.platform: linux\n" * 50, "seed": 7, "optim": {"lr": 0.02}}
        rows = [
            {"mode": "train", "epoch": 1 + n // 20, "iter": 50 * (1 + n % 20), "loss": 3.0 - n / 50} for n in range(60)
        ]
        run = files.read(write(tmp_path / name, "".join(json.dumps(row) + "\n" for row in [head, *rows])))

        assert set(run.history.columns) == {"epoch", "loss"}
        # `iter` begins anew in each epoch, which is of many rows: neither counts the steps.
        assert run.history.step.tolist() == list(range(1, 61))
        assert run.notes == ("没有步数列，按行号计",)

    @pytest.mark.parametrize("form", ["jsonl", "log"])
    def test_a_log_of_events(self, form: str, tmp_path: Path) -> None:
        """A config first, and in the end that it is done."""
        rows = [
            {"event": "config", "lr": 0.01, "epochs": 9, "steps": 900, "opt": {"name": "adam"}},
            *({"event": "train", "step": 100 * n, "loss": 3.0 - n / 4, "lr": 0.01} for n in range(1, 6)),
            {"event": "done", "step": 500, "wall_s": 12.5},
        ]
        run = files.read(write(tmp_path / f"events.{form}", "".join(json.dumps(row) + "\n" for row in rows)))
        assert run.history.step.tolist() == [100, 200, 300, 400, 500, 500]
        assert (set(run.history.columns), run.state, run.notes) == ({"loss", "lr", "wall_s"}, "finished", ())
        assert run.config == {"lr": 0.01, "epochs": 9, "steps": 900, "opt.name": "adam"}

    def test_a_start_that_measures_is_a_record(self, tmp_path: Path) -> None:
        rows = [{"type": "start", "epoch": 0, "loss": 3.0}, *({"type": "x", "epoch": n, "loss": 2.0} for n in (1, 2))]
        run = files.read(write(tmp_path / "x.jsonl", "".join(json.dumps(row) + "\n" for row in rows)))
        assert (run.history.step.tolist(), run.state) == ([0, 1, 2], "unknown")

    @pytest.mark.parametrize(("seconds", "is_clock"), [(1.7e9, True), (12.0, False)])
    @pytest.mark.parametrize("form", ["csv", "jsonl"])
    def test_a_time_that_is_a_date(self, seconds: float, is_clock: bool, form: str, tmp_path: Path) -> None:
        rows = [{"step": n, "time": seconds + 60 * n, "loss": 3.0} for n in range(4)]
        path = tmp_path / f"x.{form}"
        if form == "csv":
            pd.DataFrame(rows).to_csv(path, index=False)
        else:
            write(path, "".join(json.dumps(row) + "\n" for row in rows))
        history = files.read(path).history
        assert ("time" not in history.columns) == is_clock
        assert bool(np.isfinite(history.timestamp).all()) == is_clock

    def test_a_broken_state_file_is_no_log(self, tmp_path: Path) -> None:
        text = '{\n  "log_history": [\n    {"loss": 1.0, "step": 1},\n'
        with pytest.raises(SourceError, match="不是完整的 JSON"):
            files.read(write(tmp_path / "trainer_state.json", text))

    @pytest.mark.parametrize(
        ("name", "tag"),
        [
            ("run-fold1_validation-tag-epoch_loss", "epoch_loss"),
            ("PPO_1_rollout_ep_rew_mean", "rollout_ep_rew_mean"),
            ("hopper_seed3_rollout_ep_len_mean", "rollout_ep_len_mean"),
            ("cnn_v2_train_loss", "train_loss"),
            ("charts_episodic_return", "charts_episodic_return"),
            ("PPO_hop_test_2", "PPO_hop_test_2"),  # nothing but the run
            ("DQN_7", "DQN_7"),
        ],
    )
    def test_tensorboards_csv_says_its_tag_in_its_name(self, name: str, tag: str, tmp_path: Path) -> None:
        path = write(tmp_path / f"{name}.csv", "Wall time,Step,Value\n1.7e9,0,2.5\n1.7e9,1,2\n")
        assert cells(path, tag) == {0: 2.5, 1: 2.0}


class TestRaggedCsv:
    def test_a_header_written_again_names_the_rows_after_it(self, tmp_path: Path) -> None:
        text = "iter,loss,win\n1,4,0.5\n2,3,0.6\niter,loss,lr,win\n3,2,0.01,0.7\n4,1.5,0.01,0.8\n"
        path = write(tmp_path / "x.csv", text)
        assert cells(path, "win") == {0: 0.5, 1: 0.6, 2: 0.7, 3: 0.8}
        assert cells(path, "lr") == {2: 0.01, 3: 0.01}
        assert files.read(path).notes[0] == "第 4 行换了表头，其后按新表头读"

    @pytest.mark.parametrize("end", ["\n", ""])
    def test_the_same_header_again(self, end: str, tmp_path: Path) -> None:
        """Without an end of the last line it is glued to it."""
        path = write(tmp_path / "x.csv", f"iter,loss,win\n1,4,0.5\n2,3,0.6{end}iter,loss,win\n3,2,0.7\n")
        assert cells(path, "loss") == {0: 4.0, 1: 3.0, 2: 2.0}
        assert cells(path, "win") == {0: 0.5, 1: 0.6, 2: 0.7}
        assert files.read(path).notes == ()

    def test_fewer_names(self, tmp_path: Path) -> None:
        path = write(tmp_path / "x.csv", "iter,loss,win\n1,4,0.5\n2,3,0.6\niter,loss\n3,2\n4,1\n")
        assert cells(path, "loss") == {0: 4.0, 1: 3.0, 2: 2.0, 3: 1.0}
        assert cells(path, "win") == {0: 0.5, 1: 0.6}

    def test_other_names_of_the_same_number(self, tmp_path: Path) -> None:
        path = write(tmp_path / "x.csv", "epoch,loss\n1,4\n2,3\nepoch,acc\n3,0.5\n4,0.6\n")
        assert (cells(path, "loss"), cells(path, "acc")) == ({0: 4.0, 1: 3.0}, {2: 0.5, 3: 0.6})

    def test_more_cells_than_names(self, tmp_path: Path) -> None:
        path = write(tmp_path / "x.csv", "iter,loss\n1,4\n2,3\n3,2,0.9\n4,1,0.8\n5,1\n")
        assert cells(path, "loss") == {0: 4.0, 1: 3.0, 2: 2.0, 3: 1.0, 4: 1.0}
        assert files.read(path).notes[0] == "2 行比表头多 1 格：前 2 格按表头读，多出的没有读"

    def test_more_cells_of_another_kind_are_counted_and_left_out(self, tmp_path: Path) -> None:
        path = write(tmp_path / "x.csv", "iter,loss\n1,4\n2,3\n3,warmup,2\n4,warmup,1\n5,1\n6\n")
        assert cells(path, "loss") == {0: 4.0, 1: 3.0, 2: 1.0}
        assert files.read(path).notes[0] == "3 行列数不对，没有读"

    def test_settings_stand_in_the_first_row_alone(self, tmp_path: Path) -> None:
        rows = "".join(f"{n},{100 * n},{n / 2}\n" for n in range(2, 12))
        path = write(tmp_path / "log.csv", "episode,timestep,reward,lr,seed,\n1,100,0.5,0.001,7,\n" + rows)
        run = files.read(path)
        assert run.notes == ()
        assert list(cells(path, "reward").values()) == [n / 2 for n in range(1, 12)]

    def test_a_cell_that_is_a_name_is_no_header(self, tmp_path: Path) -> None:
        path = write(tmp_path / "x.csv", "iter,loss,what\n1,4,loss\n2,3,win\n3,2,iter\n")
        assert cells(path, "loss") == {0: 4.0, 1: 3.0, 2: 2.0}


class TestFacts:
    def test_none(self, tmp_path: Path) -> None:
        run = files.read(write(tmp_path / "run 7.csv", "_step\n1\n"))
        assert (run.name, run.state, run.observed_at, run.created_at, run.notes) == ("run 7", "unknown", None, None, ())

    @pytest.mark.parametrize(
        "at", ["2025-10-09T08:53:20Z", "2025-10-09T08:53:20", "2025-10-09T16:53:20+08:00", 1760000000, 1760000000.0]
    )
    def test_times(self, at: Any, tmp_path: Path) -> None:
        run = files.read(write(tmp_path / "x.csv", "_step\n1\n", {"observed_at": at, "heartbeat_at": at}))
        assert (run.observed_at, run.heartbeat_at) == (1.76e9, 1.76e9)

    @pytest.mark.parametrize(
        ("facts", "key"),
        [
            ({"created_at": "yesterday"}, "created_at"),
            ({"created_at": True}, "created_at"),
            ({"state": "dancing"}, "state"),
            ({"planned_steps": "many"}, "planned_steps"),
            ({"planned_steps": -1}, "planned_steps"),
            ({"config": [1]}, "config"),
            ({"state": ["x"]}, "state"),
            ({"tags": "a"}, "tags"),
            ({"name": {"a": 1}}, "name"),
            ('{"observed_at": NaN}', "observed_at"),
        ],
    )
    def test_one_that_makes_no_sense_is_told_and_left_out(self, facts: Any, key: str, tmp_path: Path) -> None:
        run = files.read(write(tmp_path / "x.csv", "_step\n1\n", facts))
        assert run.notes == (f"x.json 里的 {key} 看不懂，没有用",)

    def test_planned_steps(self, tmp_path: Path) -> None:
        assert files.read(write(tmp_path / "x.csv", "_step\n1\n", {"planned_steps": 20000.0})).planned_steps == 20000

    @pytest.mark.parametrize("facts", ["{", "[]", "\x00"])
    def test_broken(self, facts: str, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match=r"x\.json") as caught:
            files.read(write(tmp_path / "x.csv", "_step\n1\n", facts))
        assert caught.value.reason == "unreadable"


def test_every_column_of_a_wide_parquet_keeps_its_values(tmp_path: Path) -> None:
    n = 2_000
    values = np.random.default_rng(1).random((20, n))
    table = pa.table({"_step": np.arange(n)} | {f"m{i}": v for i, v in enumerate(values)})
    pq.write_table(table, tmp_path / "x.parquet", compression="none", use_dictionary=False)
    history = files.read(tmp_path / "x.parquet").history
    for i, v in enumerate(values):
        np.testing.assert_array_equal(history.columns[f"m{i}"].values, v)


@pytest.mark.parametrize(
    ("header", "row", "keys", "steps"),
    [
        ("time/iterations,time/total_timesteps,loss", "{n},{k},0.5", {"loss"}, [2048, 4096]),
        (",loss", "{n},0.5", {"loss"}, [1, 2]),  # pandas and its index
        ("step;loss", "{n};0.5", {"loss"}, [1, 2]),
        ("步数,loss", "{n},0.5", {"loss"}, [1, 2]),
    ],
    ids=["SB3", "an index without a name", "semicolons", "Chinese"],
)
def test_tables_of_others(header: str, row: str, keys: set[str], steps: list[int], tmp_path: Path) -> None:
    path = tmp_path / "progress.csv"
    rows_ = [row.format(n=n, k=2048 * n) for n in (1, 2)]
    path.write_text("\n".join([header, *rows_]) + "\n", encoding="utf-8")
    run = files.read(path)

    assert set(run.history.columns) == keys
    assert run.history.step.tolist() == steps


@pytest.mark.parametrize(
    ("header", "rows", "source", "steps"),
    [
        ("loss,val_loss", ["3,3.1", "2,2.2", "1,1.5"], "行号", [1, 2, 3]),
        ("frame,episode_reward", ["640,0", "1280,1", "1920,1"], "frame", [640, 1280, 1920]),
        ("Episode,Reward", ["1,5", "2,6", "3,7"], "Episode", [1, 2, 3]),
        ("Iteration,Train_Return", ["0,5", "50,6", "100,7"], "Iteration", [0, 50, 100]),
        ("episode,steps,reward", ["1,50,5", "2,31,6", "3,50,7"], "episode", [1, 2, 3]),  # the length of an episode
        ("episode,steps,reward", ["1,50,5", "2,81,6", "3,131,7"], "steps", [50, 81, 131]),  # of all so far
        ("episode,loss", ["1,3", "2,2", "3,2", "2,3", "3,2"], "行号", [1, 2, 3, 4, 5]),  # means it not surely enough
        ("global_step,step,loss", ["1,1,3", "2,2,2", "3,1,3"], "global_step", [1, 2, 3]),  # anew in each epoch
        ("epoch,step,loss", ["0,9,3", "0,19,2", "1,9,1", "1,19,1"], "epoch", [0, 0, 1, 1]),
        ("epoch,iters,loss", [f"1,{100 * n},2" for n in range(30)], "iters", [100 * n for n in range(30)]),
        ("epoch,batch,loss", [f"{n // 20},{n % 20},2" for n in range(40)], "行号", list(range(1, 41))),
        ("epoch,loss", [f"{n / 60},2" for n in range(60)], "行号", list(range(1, 61))),  # parts of an epoch
        ("step,loss", ["1,3", "2,2", "3,2", "2,2", "3,1"], "step", [1, 2, 3, 2, 3]),  # resumed
        ("step,loss", ["1,3", "1,2", "2,3", "2,2"], "step", [1, 1, 2, 2]),  # a row for each kind of record
    ],
)
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_which_column_counts_the_steps(
    header: str, rows: list[str], source: str, steps: list[int], form: str, tmp_path: Path
) -> None:
    names = header.split(",")
    table = [dict(zip(names, map(float, row.split(",")), strict=True)) for row in rows]
    path = tmp_path / f"log.{form}"
    if form == "csv":
        write(path, "\n".join([header, *rows]) + "\n")
    elif form == "jsonl":
        write(path, "".join(json.dumps(row) + "\n" for row in table))
    else:
        pq.write_table(pa.Table.from_pylist(table), path)
    run = files.read(path)

    assert run.history.step.tolist() == steps
    assert "epoch" not in names or source == "epoch" or "epoch" in run.history.columns
    assert not {"step", source} & set(run.history.columns)  # one axis
    if form != "jsonl":
        assert run.notes == (("没有步数列，按行号计",) if source == "行号" else ())
    if form == "parquet":
        assert histories.some_columns(path, names[-1:]).step.tolist() == steps


def test_a_csv_that_begins_with_a_comment(tmp_path: Path) -> None:
    path = write(tmp_path / "monitor.csv", '#{"t_start": 1.5, "env_id": "x"}\nr,l,t\n-20.5,8,0.1\n-18,9,0.3\n')
    assert cells(path, "episode_return") == {0: -20.5, 1: -18.0}


@pytest.mark.parametrize(
    ("header", "rows", "unit", "said"),
    [
        ("epoch,loss", [f"{n},{9 - n}" for n in range(5)], "轮", "5 轮"),  # from 0 to 4
        ("epoch,loss", [f"{n + 1},{9 - n}" for n in range(5)], "轮", "5 轮"),
        ("Episode,reward", [f"{n},{n}" for n in range(5)], "回合", "5 回合"),
        ("Episod,Recompensa", [f"{n + 1},{n}" for n in range(5)], "回合", "5 回合"),
        ("episode,reward", [f"{10 * n},{n}" for n in range(5)], "回合", "40 回合"),  # each tenth of them
        ("episode,reward", [f"{1 + n % 8},{n}" for n in range(24)], "回合", "24 回合"),  # anew in each stage
        ("Gen,BestFitness", [f"{n},{n}" for n in range(5)], "代", "5 代"),
        ("step,loss", [f"{n},{9 - n}" for n in range(5)], "步", "4 步"),
        ("loss,time", [f"{9 - n},1.5" for n in range(5)], "行", "5 行"),
    ],
)
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_the_steps_of_a_file_are(
    header: str, rows: list[str], unit: str, said: str, form: str, tmp_path: Path
) -> None:
    names = header.split(",")
    table = [dict(zip(names, map(float, row.split(",")), strict=True)) for row in rows]
    text = "\n".join([header, *rows]) if form == "csv" else "\n".join(map(json.dumps, table))
    info = analyze(files.read(write(tmp_path / f"seed3.{form}", text + "\n"))).run

    assert info.unit == unit
    assert progress(info) == said


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("dqn-3/training_log.csv", "dqn-3"),
        ("ppo-a1/monitor.csv", "ppo-a1"),
        ("dqn-3/logs/progress.csv", "dqn-3"),
        ("dqn-3/train_log_no_gnn.csv", "train_log_no_gnn"),
        ("dqn-3/seed1.csv", "seed1"),
    ],
)
def test_a_run_is_called_by_what_tells_it_from_others(path: str, name: str, tmp_path: Path) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    assert files.read(write(tmp_path / path, "step,loss\n1,3\n2,2\n")).name == name


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("# run 7\n\n# of mine\nepoch, 损失, acc\n1, 0.5, 0.6\n2, 0.4, 0.7\n", "utf-8"),
        ("epoch,损失,acc\n1,0.5,0.6\n2,0.4,0.7\n", "utf-8"),
        ("epoch,损失,acc\n1,0.5,0.6\n2,0.4,0.7\n", "gb2312"),
        ("epoch,损失,acc\r\n1,0.5,0.6\r\n2,0.4,0.7\r\n", "utf-16"),
        ("# epoch,损失,acc\n1,0.5,0.6\n2,0.4,0.7\n", "utf-8"),  # numpy.savetxt
        ("epoch,损失,acc\n1,\"tensor(0.5, device='cuda:0')\",0.6\n2,\"tensor(0.4, device='cuda:0')\",0.7\n", "utf-8"),
        ("epoch,损失,acc\n1,tensor(0.5, device='cuda:0'),0.6\n2,tensor(0.4, device='cuda:0'),0.7\n", "utf-8"),
        (
            "epoch,损失,acc\n1,np.float32(0.5),[0.6]\n2,np.float32(0.4),[0.7]\n".replace("[", "").replace("]", ""),
            "utf-8",
        ),
    ],
)
def test_a_csv_as_people_write_it(text: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode(encoding))
    run = files.read(path)
    assert run.history.step.tolist() == [1, 2]
    assert cells(path, "损失") == {0: 0.5, 1: 0.4}
    assert cells(path, "acc") == {0: 0.6, 1: 0.7}
    assert run.notes == ()


def test_a_csv_in_latin_1(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("epoch,précision,coût\n1,0.5,3\n".encode("latin-1"))
    assert set(files.read(path).history.columns) == {"précision", "coût"}


def test_a_run_begins_at_its_line_also_below_comments(tmp_path: Path) -> None:
    rows = "".join(f"{row['epoch']}, {row['loss']}\n" for row in falls(30) + falls(12))
    run = files.read(write(tmp_path / "x.csv", f"# of mine\n\nepoch, loss\n{rows}"))
    assert run.notes == ("文件里有 2 次训练，只看最后一次（第 34 行起）",)


def test_the_monitor_of_gym_has_an_episode_a_row(tmp_path: Path) -> None:
    head = '#{"t_start": 1747316484.6, "env_id": "Hopper-v4"}\nr,l,t\n'
    run = files.read(write(tmp_path / "0.monitor.csv", head + "12.5,20,1.5\n14.0,22,3.25\n"))
    assert cells(tmp_path / "0.monitor.csv", "episode_return") == {0: 12.5, 1: 14.0}
    assert run.history.runtime.tolist() == [1.5, 3.25]
    assert analyze(run).run.unit == "回合"


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl"])
def test_a_table_without_numbers_is_no_history(name: str, tmp_path: Path) -> None:
    text = "user,answer\nann,yes\nbob,no\n" if name == "x.csv" else '{"user": "ann", "answer": "yes"}\n'
    with pytest.raises(SourceError, match="没有数值列"):
        files.read(write(tmp_path / name, text))


def test_a_name_in_a_message_is_a_file_only_where_one_is_held(tmp_path: Path) -> None:
    inside, outside = tmp_path / "runs", tmp_path / "secret.csv"
    (inside / "night").mkdir(parents=True)
    for path in (inside / "a.csv", inside / "night" / "b.csv", outside):
        path.write_text("_step,loss\n0,1\n")
    source = FileSource(roots=[inside], any_path=False, allows=lambda entity, project: True)

    assert source.held("a.csv") == inside / "a.csv"
    assert source.held("night/b.csv") == inside / "night" / "b.csv"
    assert source.held("c.csv") is None
    assert source.held("../secret.csv") is None
    assert source.held(str(outside)) is None
    assert FileSource(roots=[], any_path=False, allows=lambda e, p: True).held("a.csv") is None


def test_what_pycocotools_measures_is_opened(tmp_path: Path) -> None:
    measured = [round(0.4 - 0.01 * n, 2) for n in range(12)]
    lines = [{"epoch": n, "test_coco_eval_bbox": measured, "shapes": [640, 480]} for n in range(5)]
    run = files.read(write(tmp_path / "log.txt", "".join(json.dumps(line) + "\n" for line in lines)))
    assert run.history.columns["test_coco_eval_bbox_0"].values.tolist() == [0.4] * 5
    assert run.history.columns["test_coco_eval_bbox_11"].values[0] == 0.29
    assert not [key for key in run.history.columns if "shapes" in key]


def test_a_csv_that_holds_what_a_training_printed(tmp_path: Path) -> None:
    text = "".join(
        f"Epoch: [{n}/20], training loss: {2 - n / 20:.6f}, training accuracy: {60 + n}.0000%\n" for n in range(1, 20)
    )
    run = files.read(write(tmp_path / "train_log.csv", text))
    assert run.history.step.tolist() == list(range(1, 20))
    assert any("loss" in key for key in run.history.columns)
