"""The show: what a newcomer sees, with the bundled run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_cli import curvebot, process

pytestmark = pytest.mark.xdist_group("demo")  # shown once


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("demo")
    dead = "http://127.0.0.1:9"  # nobody answers: it must not ask
    done = process("demo", cwd=folder, HTTPS_PROXY=dead, HTTP_PROXY=dead, NO_PROXY="")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout, folder / "curvebot-demo"


def test_it_shows_the_card_first(shown: tuple[str, Path]) -> None:
    text, _ = shown

    card = text.index("🔴 act-uot-64wxlc3y：")
    assert text.index("> /curve") < card < text.index("> /curve watch")
    assert "评估 L1" in text and "等数据" in text and "1200 行全部读取" in text


def test_the_watched_run_is_announced_once_and_closed_once(shown: tuple[str, Path]) -> None:
    text, _ = shown
    watched = text[text.index("> /curve watch") :]

    assert watched.count("第 550 步：OT 没起作用") == 1
    assert watched.count("个问题未解决") == 1
    assert "已恢复" not in watched


def test_it_leaves_charts_and_a_report(shown: tuple[str, Path]) -> None:
    _, folder = shown

    charts = list(folder.glob("*.png"))
    assert charts and all(chart.read_bytes().startswith(b"\x89PNG") for chart in charts)
    assert "data:image/png;base64," in (folder / "report.html").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    done = curvebot("demo", "--out", "file/demo", cwd=tmp_path)

    assert done.returncode == 2
    assert "file/demo" in done.stderr and done.stderr.count("\n") == 1
