"""TensorBoard's event files, written by a real writer."""

from __future__ import annotations

import math
import os
import struct
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from tensorboardX import SummaryWriter
from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.record_writer import RecordWriter, masked_crc32c

from bot.sources import SeveralRunsError, SourceError, Sources
from bot.sources.files import read as files
from bot.sources.tensorboard.source import EventLogs
from tests.sources.conftest import cells_of, event_log

AT = 1_760_000_000.0


def write(folder: Path, tags: dict[str, Iterable[tuple[int, float]]], *, at: float = AT, suffix: str = "") -> Path:
    """One event file, step by step: each record a second later than the one before."""
    there = set(folder.glob("*"))
    writer = SummaryWriter(str(folder), filename_suffix=suffix)
    cells = sorted(((step, tag, value) for tag, points in tags.items() for step, value in points))
    for second, (step, tag, value) in enumerate(cells):
        writer.add_scalar(tag, value, step, walltime=at + second)
    writer.close()
    return next(file for file in folder.glob("*tfevents*") if file not in there)


def falling(steps: Iterable[int], level: float = 8.0) -> list[tuple[int, float]]:
    return [(step, level / (1 + step)) for step in steps]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return tmp_path / "exp1"


def test_scalars_become_rows_by_step(run: Path) -> None:
    write(run, {"train/loss": [(1, 0.5), (2, 0.25)], "eval/acc": [(2, 0.75)], "lr": [(1, math.nan), (2, math.inf)]})
    got = files.read(run)
    assert (got.name, got.tracker, got.ref, got.local, got.sampled) == ("exp1", "TensorBoard", str(run), True, False)
    assert got.history.step.tolist() == [1, 2]
    assert got.history.timestamp.tolist() == [AT, AT + 2]
    assert cells_of(got.history, "train/loss") == {0: 0.5, 1: 0.25}
    assert cells_of(got.history, "eval/acc") == {1: 0.75}
    assert repr(cells_of(got.history, "lr")) == "{0: nan, 1: inf}"
    assert got.created_at == AT


def test_an_evaluation_that_comes_late_stands_at_its_step(run: Path) -> None:
    writer = SummaryWriter(str(run))
    for second, (tag, step) in enumerate([("loss", 1), ("loss", 2), ("loss", 3), ("eval", 2), ("loss", 4)]):
        writer.add_scalar(tag, 1.0, step, walltime=AT + second)
    writer.close()
    history = files.read(run).history
    assert history.step.tolist() == [1, 2, 3, 4]
    assert history.timestamp.tolist() == [AT, AT + 1, AT + 2, AT + 4]
    assert cells_of(history, "eval") == {1: 1.0}


@pytest.mark.parametrize("which", ["folder", "file"])
def test_a_folder_or_a_file(which: str, run: Path) -> None:
    file = write(run, {"loss": falling(range(5))})
    got = files.read(run if which == "folder" else file)
    assert (got.name, len(got.history)) == ("exp1", 5)


def test_it_runs_until_ten_silent_minutes_and_then_nobody_knows(run: Path) -> None:
    write(run, {"loss": falling(range(5))})
    for silent, state, heartbeat in ((599, "running", AT + 4), (601, "unknown", None)):
        got = EventLogs(clock=lambda silent=silent: AT + 4 + silent).read(run)  # type: ignore[misc]
        assert (got.state, got.heartbeat_at) == (state, heartbeat)


# while it is being written


def test_cut_anywhere_it_gives_what_is_whole(run: Path) -> None:
    file = write(run, {"loss": falling(range(40))})
    whole, rows = file.read_bytes(), set()
    for size in (*range(0, len(whole), 7), len(whole)):
        file.write_bytes(whole[:size])
        got = files.read(run)
        assert (got.sampled, got.notes) == (False, ())
        assert got.history.step.tolist() == list(range(len(got.history)))
        rows.add(len(got.history))
    assert rows == {*range(41)}


def test_only_what_is_new_is_read(run: Path) -> None:
    """The beginning is overwritten between the reads: whoever read it again would find it damaged."""
    file, logs = write(run, {"loss": falling(range(40))}), EventLogs()
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    first = logs.read(run).history
    with file.open("r+b") as opened:
        opened.write(b"\xff" * 200)
        opened.seek(0, os.SEEK_END)
        opened.write(whole[len(whole) // 2 :])
    second, third = logs.read(run), logs.read(run)
    assert second.notes == ()
    assert 0 < len(first) < len(second.history) == 40
    assert second.history.origin is first.origin  # judged from where the last look ended
    assert third.history is second.history


def test_a_row_that_may_not_be_whole_waits(run: Path) -> None:
    """Wherever a look cuts it, what was there before stays as it was: it is not judged again."""
    file = write(run, {"loss": falling(range(40)), "lr": falling(range(40))})  # 80 records, a second each
    whole = file.read_bytes()
    now = [AT + 80.0]
    logs = EventLogs(clock=lambda: now[0])
    seen = []
    for size in range(1000, len(whole) + 1, 333):
        file.write_bytes(whole[:size])
        seen.append(logs.read(run).history)
    file.write_bytes(whole)
    assert len(logs.read(run).history) == 39
    now[0] += 160.0
    seen.append(logs.read(run).history)

    assert len(seen[-1]) == 40
    assert {history.origin for history in seen} == {seen[0].origin}


def test_a_file_begun_anew_is_read_anew(run: Path) -> None:
    file, logs = write(run, {"loss": falling(range(40))}), EventLogs()
    assert len(logs.read(run).history) == 40
    file.unlink()
    write(run, {"loss": falling(range(3))}).rename(file)
    assert len(logs.read(run).history) == 3


def test_a_file_that_comes_later_is_found(run: Path) -> None:
    logs = EventLogs()
    write(run, {"loss": falling(range(5))})
    logs.read(run)
    write(run, {"loss": falling(range(5, 9))}, at=AT + 60, suffix=".1")
    got = logs.read(run)
    assert got.history.step.tolist() == list(range(9))
    assert got.notes == ("训练启动过 2 次，重复的步数取后一次",)


# started again


def test_what_a_restart_writes_again_takes_the_place_of_what_was(run: Path) -> None:
    write(run, {"loss": falling(range(100)), "eval": [(50, 1.0), (99, 2.0)], "epoch_loss": [(9, 0.9), (10, 1.0)]})
    write(run, {"loss": falling(range(90, 95), level=16.0)}, at=AT + 1000, suffix=".1")
    history = files.read(run).history
    assert history.step.tolist() == list(range(95))
    assert cells_of(history, "loss")[89] == pytest.approx(8 / 90)
    assert cells_of(history, "loss")[90] == pytest.approx(16 / 91)
    assert cells_of(history, "eval") == {50: 1.0}  # that of step 99 was of a training that is gone
    assert cells_of(history, "epoch_loss") == {9: pytest.approx(0.9), 10: 1.0}  # written before that, in other units


def test_a_writer_may_say_from_where_it_goes_on(run: Path) -> None:
    write(run, {"loss": falling(range(100))})
    writer = RecordWriter(str(run / "events.out.tfevents.later"))
    start = Event(wall_time=AT + 900, step=40, session_log=SessionLog(status=SessionLog.START))
    writer.write(start.SerializeToString())
    writer.write(_scalar("other", 1.0, 41, AT + 901).SerializeToString())
    writer.close()
    assert files.read(run).history.step.tolist() == [*range(40), 41]


def test_an_evaluation_afterwards_is_no_restart(run: Path) -> None:
    write(run, {"loss": falling(range(100))})
    write(run, {"eval/acc": [(50, 0.5), (99, 0.75)]}, at=AT + 1000, suffix=".1")
    got = files.read(run)
    assert (len(got.history), got.notes) == (100, ())
    assert cells_of(got.history, "eval/acc") == {50: 0.5, 99: 0.75}


def test_two_writers_side_by_side_are_no_restart(run: Path) -> None:
    write(run, {"loss": falling(range(100))})
    write(run, {"eval": falling(range(0, 100, 10))}, at=AT + 5, suffix=".1")
    got = files.read(run)
    assert (got.history.step.tolist(), got.notes) == (list(range(100)), ())


@pytest.mark.parametrize("logged_twice", [False, True])
def test_steps_that_count_anew_in_every_epoch_keep_their_order(logged_twice: bool, run: Path) -> None:
    writer = SummaryWriter(str(run))
    steps = [0, *range(10), *range(10)] if logged_twice else [*range(10), *range(10)]
    for second, step in enumerate(steps):
        writer.add_scalar("loss", second, step, walltime=AT + 2 * second)
        writer.add_scalar("lr", second, step, walltime=AT + 2 * second + 1)
    writer.close()
    history = files.read(run).history
    assert history.step.tolist() == steps
    assert list(cells_of(history, "loss").values()) == list(range(len(steps)))
    assert cells_of(history, "lr") == cells_of(history, "loss")


def test_without_steps_every_record_is_a_row(run: Path) -> None:
    writer = SummaryWriter(str(run))
    for i in range(20):
        writer.add_scalar("loss", i, walltime=AT + i)
    writer.close()
    history = files.read(run).history
    assert history.step.tolist() == [0] * 20
    assert list(cells_of(history, "loss").values()) == list(range(20))


def test_several_records_of_a_step_are_rows_of_their_own(run: Path) -> None:
    writer = SummaryWriter(str(run))
    for second, step in enumerate([0, 1, 1, 2, 2, 2]):
        writer.add_scalar("loss", second, step, walltime=AT + second)
    writer.close()
    history = files.read(run).history
    assert history.step.tolist() == [0, 1, 1, 2, 2, 2]
    assert list(cells_of(history, "loss").values()) == [0, 1, 2, 3, 4, 5]


# folders below


def test_add_scalars_are_named_as_they_were_written(run: Path) -> None:
    writer = SummaryWriter(str(run))
    for step in range(5):
        writer.add_scalar("lr", 0.1, step, walltime=AT + step)
        writer.add_scalars("loss/all", {"train": 1.0, "val": 2.0}, step, walltime=AT + step)
    writer.close()
    history = files.read(run).history
    assert history.columns.keys() == {"lr", "loss/all/train", "loss/all/val"}
    assert history.step.tolist() == list(range(5))


@pytest.mark.parametrize("above", ["", "logs/fit"])
def test_folders_of_two_sides_are_one_run(above: str, run: Path) -> None:
    for side in ("train", "validation"):
        write(run / above / side, {"epoch_loss": falling(range(5))})
    got = files.read(run)
    assert got.history.columns.keys() == {"train/epoch_loss", "validation/epoch_loss"}
    assert got.history.step.tolist() == list(range(5))


def test_folders_side_by_side_are_runs(run: Path) -> None:
    for i in range(4):
        write(run / f"seed{i}", {"loss": falling(range(5))})
        write(run / f"seed{i}" / "loss_val", {"loss": falling(range(5))})
    with pytest.raises(SeveralRunsError) as caught:
        files.read(run)
    assert str(caught.value) == f"{run} 里有 4 个 run（seed0、seed1、seed2…），请写到其中一个，例如 {run / 'seed0'}"
    assert files.read(run / "seed2").history.columns.keys() == {"loss", "loss/val"}


def test_the_only_run_below_is_meant(run: Path) -> None:
    write(run / "lightning_logs" / "version_0", {"train_loss": falling(range(5))})
    got = files.read(run)
    assert (got.name, len(got.history)) == ("lightning_logs/version_0", 5)


def test_hparams_are_the_configuration(run: Path) -> None:
    config = {"lr": 1e-3, "max_steps": 20_000, "model": "act", "amp": True}
    writer = SummaryWriter(str(run))
    writer.add_scalar("loss", 1.0, 7, walltime=AT)
    writer.add_hparams(config, {"loss": 0.5}, name="hp")
    writer.close()
    got = files.read(run)
    assert got.config == config
    assert {type(got.config["max_steps"]), type(got.config["amp"])} == {int, bool}
    assert cells_of(got.history, "loss") == {0: 1.0}  # the last values beside the configuration are no curve


# tensors


def _scalar(tag: str, value: float, step: int, at: float) -> Any:
    event = Event(wall_time=at, step=step)
    event.summary.value.add(tag=tag, simple_value=value)
    return event


def _tensor(step: int, plugin: str = "scalars", **fields: Any) -> Any:
    event = Event(wall_time=AT + step, step=step)
    value = event.summary.value.add(tag="loss")
    value.metadata.plugin_data.plugin_name = plugin
    for key, given in fields.items():
        if isinstance(given, list):
            getattr(value.tensor, key).extend(given)
        else:
            setattr(value.tensor, key, given)
    return event


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"dtype": 1, "float_val": [1.5]}, 1.5),
        ({"dtype": 1, "tensor_content": struct.pack("<f", 1.5)}, 1.5),
        ({"dtype": 1, "tensor_content": struct.pack("<f", math.nan)}, math.nan),
        ({"dtype": 2, "tensor_content": struct.pack("<d", 0.1)}, 0.1),
        ({"dtype": 3, "int_val": [-7]}, -7.0),
        ({"dtype": 9, "int64_val": [1 << 40]}, float(1 << 40)),
        ({"dtype": 19, "half_val": [0x3E00]}, 1.5),
        ({"dtype": 19, "tensor_content": struct.pack("<e", 1.5)}, 1.5),
        ({"dtype": 14, "half_val": [0x3FC0]}, 1.5),
        ({"dtype": 14, "tensor_content": b"\xc0\x3f"}, 1.5),
        ({"dtype": 1}, 0.0),
        ({"dtype": 1, "tensor_content": b"\0"}, None),
        ({"dtype": 7, "string_val": [b"1.5"]}, None),
        ({"dtype": 99, "float_val": [1.5]}, None),
        ({"dtype": 1, "float_val": [1.5], "plugin": "histograms"}, None),
    ],
)
def test_a_tensor_of_one_number(fields: dict[str, Any], value: float | None, run: Path) -> None:
    run.mkdir()
    writer = RecordWriter(str(run / "events.out.tfevents.1"))
    writer.write(_tensor(3, **fields).SerializeToString())
    writer.close()
    wanted = {} if value is None else {0: value}
    assert repr(cells_of(files.read(run).history, "loss")) == repr(wanted)


# what is not as it should be


def test_damage_is_told_and_what_came_before_is_read(run: Path) -> None:
    file = write(run, {"loss": falling(range(40))})
    content = bytearray(file.read_bytes())
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    file.write_bytes(content)
    got = files.read(run)
    assert 10 < len(got.history) < 30
    assert got.sampled and "损坏" in got.notes[0]


def test_zeros_that_a_crash_left_are_no_damage(run: Path) -> None:
    file = write(run, {"loss": falling(range(5))})
    file.write_bytes(file.read_bytes() + b"\0" * 4096)
    got = files.read(run)
    assert (len(got.history), got.notes) == (5, ())


def test_anything_in_a_record_is_damage_and_no_crash(run: Path) -> None:
    run.mkdir()
    for i, rubbish in enumerate([b"\xff" * 30, b"\x80\x05]q\x00.", zlib.compress(b"x" * 99)]):
        file = run / "events.out.tfevents.1"
        writer = RecordWriter(str(file))
        writer.write(_scalar("loss", 1.0, i, AT).SerializeToString())
        writer.write(rubbish)
        writer.close()
        got = files.read(run)
        assert (len(got.history), len(got.notes)) == (1, 1)


def test_a_length_that_no_file_has_is_not_believed(run: Path) -> None:
    """With a checksum that fits: somebody meant it. It looks as if the rest were still to be written."""
    file = write(run, {"loss": falling(range(5))})
    head = struct.pack("<Q", 1 << 62)
    file.write_bytes(file.read_bytes() + head + struct.pack("<I", masked_crc32c(head)) + b"x" * 100)
    got = files.read(run)
    assert (len(got.history), got.notes) == (5, ())


def test_a_record_too_large_for_scalars_is_stepped_over(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.sources.tensorboard.records._LARGEST", 1000)
    run.mkdir()
    writer = RecordWriter(str(run / "events.out.tfevents.1"))
    writer.write(_scalar("loss", 1.0, 0, AT).SerializeToString())
    writer.write(_scalar("x" * 2000, 1.0, 1, AT).SerializeToString())
    writer.write(_scalar("loss", 1.0, 2, AT).SerializeToString())
    writer.close()
    assert files.read(run).history.step.tolist() == [0, 2]


def test_too_many_scalars_are_refused(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.sources.tensorboard.source._MOST_CELLS", 30)
    write(run, {"loss": falling(range(40))})
    with pytest.raises(SourceError, match="标量太多") as caught:
        files.read(run)
    assert caught.value.reason == "unreadable"


def test_links_out_of_the_folder_are_not_followed(run: Path, tmp_path: Path) -> None:
    secret = write(tmp_path / "secret", {"loss": falling(range(40))})
    write(run, {"lr": falling(range(5))})
    (run / "events.out.tfevents.link").symlink_to(secret)
    (run / "link").symlink_to(tmp_path / "secret")
    assert files.read(run).history.columns.keys() == {"lr"}


def test_a_folder_without_any(run: Path) -> None:
    run.mkdir()
    with pytest.raises(SourceError, match="也没有 TensorBoard 日志") as caught:
        files.read(run)
    assert caught.value.reason == "not_found"


def test_beside_an_offline_run_somebody_has_to_say_which(run: Path) -> None:
    logged = write(run, {"loss": falling(range(5))})
    (run / "run-64wxlc3y.wandb").write_bytes(b":W&B")
    with pytest.raises(SourceError) as caught:
        files.read(run)
    assert str(caught.value) == (
        f"exp1 里既有 run-64wxlc3y.wandb（W&B）和 {logged.name}（TensorBoard），请写到具体哪个文件"
    )
    assert len(files.read(logged).history) == 5


def test_the_copies_in_an_offline_run_are_the_runs(run: Path) -> None:
    write(run / "files", {"loss": falling(range(5))})
    (run / "run-64wxlc3y.wandb").write_bytes(b":W&B")
    assert files.read(run).tracker == "W&B"


def test_without_its_package_it_says_what_to_install(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(run, {"loss": falling(range(5))})
    monkeypatch.setitem(sys.modules, "tensorboardX.proto.event_pb2", None)
    with pytest.raises(SourceError) as caught:
        files.read(run)
    assert str(caught.value) == "读 TensorBoard 日志要先装一个包：pip install tensorboardX"


# as it is named


def test_on_the_command_line_its_name_is_enough(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(run, {"loss": falling(range(5))})
    monkeypatch.chdir(run.parent)
    sources = Sources(any_path=True)
    for text in ("exp1", "./exp1", str(run), str(file), f"exp1/{file.name}"):
        assert sources.fetch(text).name == "exp1"


def test_in_a_chat_only_below_the_roots(run: Path, tmp_path: Path) -> None:
    file = write(run, {"loss": falling(range(5))})
    sources = Sources(roots=[tmp_path], entity="team", project="robot")
    for text in (str(run), "./exp1", f"exp1/{file.name}"):
        assert sources.canonical(text) in {str(run), str(file)}
        assert sources.fetch(text).name == "exp1"
    closed = Sources(roots=[tmp_path / "other"], entity="team", project="robot")
    with pytest.raises(ValueError, match="只能读配置"):
        closed.fetch(str(run))


def test_same_row_whoever_reads_it(run: Path) -> None:
    """A long one, as `event_log` of the suite for all sources writes it."""
    path = event_log(run, [{"_step": i, "_timestamp": AT + i, "loss": 1 / (1 + i)} for i in range(1000)])
    assert len(files.read(path).history) == 1000
