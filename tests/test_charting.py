"""The process that draws: it may die, hang or be refused, and nobody else notices more than a missing picture."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot import charting
from bot.charting import ChartProcess, DrawingError
from bot.render.charts import drawn_here
from bot.render.lines import Line, lines
from bot.render.picture import Picture, Plot
from tests.fakes.server import PATIENCE_S
from tests.fakes.world import wait

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at /proc"),
    pytest.mark.xdist_group("charting"),  # they share a process
]
DRAWN = lines([Line(np.arange(100.0), np.linspace(3, 1, 100))], ["loss"])
PICTURE = Picture((Plot(title="loss", subtitle="末值 1", lines=DRAWN, colours=("#1f5fbf",)),), caption="一条")


@pytest.fixture(scope="module")
def process() -> Iterator[ChartProcess]:
    """One for all tests, each of which leaves it able to draw."""
    made = ChartProcess()
    made.draw(PICTURE)
    yield made
    made.stop()


def pid(process: ChartProcess) -> int:
    assert process.pid is not None
    return process.pid


def is_gone(number: int) -> bool:
    """Not even a dead child stands about."""
    return not Path(f"/proc/{number}").exists()


def while_drawing(process: ChartProcess) -> tuple[int, Future[bytes]]:
    """-> the process, stopped in the middle of a picture, and who waits for that."""
    process.start()
    number = pid(process)
    os.kill(number, signal.SIGSTOP)
    asked: Future[bytes] = Future()

    def ask() -> None:
        try:
            asked.set_result(process.draw(PICTURE))
        except DrawingError as error:
            asked.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    wait(process._turn.locked)
    return number, asked


def test_it_draws_what_is_drawn_here(process: ChartProcess) -> None:
    assert process.draw(PICTURE) == drawn_here(PICTURE)


def test_one_that_dies_while_drawing_has_a_successor(process: ChartProcess) -> None:
    number, asked = while_drawing(process)

    os.kill(number, signal.SIGKILL)

    assert asked.result(PATIENCE_S).startswith(b"\x89PNG")
    assert pid(process) != number and is_gone(number)


def test_one_that_died_while_nobody_asked_is_no_try(process: ChartProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charting, "_TRIES", 1)
    number = pid(process)
    os.kill(number, signal.SIGKILL)
    wait(lambda: is_gone(number))
    wait(lambda: process._child is not None and process._child.gone)

    assert process.draw(PICTURE).startswith(b"\x89PNG")


def test_one_that_always_dies_costs_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")

    with pytest.raises(DrawingError, match="两次"):
        ChartProcess().draw(PICTURE)


def test_one_that_cannot_be_started_costs_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")

    with pytest.raises(DrawingError, match="起不来"):
        ChartProcess().draw(PICTURE)
    ChartProcess().start()


def test_one_that_hangs_is_replaced(process: ChartProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_deadline_s", 0.3)
    number, asked = while_drawing(process)

    with pytest.raises(DrawingError, match="没画完"):
        asked.result(PATIENCE_S)
    wait(lambda: is_gone(number))
    monkeypatch.undo()
    assert process.draw(PICTURE).startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_drawn_costs_only_itself(process: ChartProcess) -> None:
    number = pid(process)
    odd: Any = "no lines"

    with pytest.raises(DrawingError, match="AttributeError"):
        process.draw(replace(PICTURE, plots=(replace(PICTURE.plots[0], lines=odd),)))

    assert process.draw(PICTURE).startswith(b"\x89PNG") and pid(process) == number


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_all_processes_of_a_group_are_sent_does_not_end_it(process: ChartProcess, number: int) -> None:
    """The last answers are still to come, with their charts."""
    before = pid(process)
    os.kill(before, number)

    assert process.draw(PICTURE).startswith(b"\x89PNG") and pid(process) == before


def test_after_so_many_pictures_comes_another_one() -> None:
    process = ChartProcess(most=2)
    seen = []
    for _ in range(3):
        process.start()
        seen.append(pid(process))
        process.draw(PICTURE)
    process.stop()

    assert seen[0] == seen[1] != seen[2]
    wait(lambda: is_gone(seen[0]) and is_gone(seen[2]))


def test_who_leaves_waits_for_no_picture() -> None:
    process = ChartProcess()
    process.draw(PICTURE)
    number, asked = while_drawing(process)
    began = time.monotonic()
    process.stop()

    with pytest.raises(DrawingError):
        asked.result(PATIENCE_S)
    with pytest.raises(DrawingError):
        process.draw(PICTURE)
    wait(lambda: is_gone(number))
    assert time.monotonic() - began < charting._DEADLINE_S / 2


def test_it_has_no_socket_of_its_parent(process: ChartProcess) -> None:
    held = {str(link.readlink()) for link in Path(f"/proc/{pid(process)}/fd").iterdir()}

    assert not any(name.startswith("socket:") or ".db" in name for name in held)


def test_it_does_not_load_what_only_an_analysis_needs(process: ChartProcess) -> None:
    loaded = Path(f"/proc/{pid(process)}/maps").read_text()

    assert "matplotlib" in loaded and "pandas" not in loaded


@pytest.mark.parametrize("way", ["leaves", "is killed while it draws"])
def test_it_ends_with_its_parent(way: str) -> None:
    program = (
        "import os, sys; from bot.charting import ChartProcess; from tests.test_charting import PICTURE\n"
        "p = ChartProcess(); p.draw(PICTURE); print(p.pid, flush=True)\n"
        "if sys.argv[1] == 'leaves': os._exit(0)\n"
        "while True: p.draw(PICTURE)\n"
    )
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program, way]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", env=os.environ | path) as parent:
        assert parent.stdout is not None
        number = int(parent.stdout.readline())
        if way != "leaves":
            parent.kill()
        parent.wait(PATIENCE_S)

    wait(lambda: is_gone(number) or "zombie" in Path(f"/proc/{number}/status").read_text())


def test_what_is_handed_over_of_a_long_run_is_short() -> None:
    """However wild it is: a quarter of a million rows are four megabytes a metric."""
    wild = Line(np.arange(250_000.0), np.random.default_rng(0).standard_cauchy(250_000))

    assert len(pickle.dumps(lines([wild], ["loss"]))) < 500_000


def test_threads_draw_one_after_the_other(process: ChartProcess) -> None:
    drawn: list[bytes] = []
    threads = [threading.Thread(target=lambda: drawn.append(process.draw(PICTURE))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)

    assert len(drawn) == 4 and len(set(drawn)) == 1
