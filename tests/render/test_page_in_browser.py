"""The HTML report in a real browser: it renders, nothing in a run's name becomes markup, and nothing is fetched."""

from __future__ import annotations

import dataclasses
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from analysis import analyze
from bot.render import charts, html
from tests.analysis.samples import SAMPLE, read
from tests.fakes.server import PATIENCE_S

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: .ci/run installs it with apt")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HOSTILE = '<script>document.title="pwned"</script><img src=x onerror="document.title=1">'


def browse(page: Path, profile: Path, *flags: str) -> str:
    assert CHROMIUM is not None
    done = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", *flags, page.as_uri()],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.stdout


@pytest.fixture
def page(tmp_path: Path) -> Path:
    run = read(SAMPLE)
    report = analyze(dataclasses.replace(run, name=HOSTILE))
    path = tmp_path / "report.html"
    path.write_text(html.page(report, charts.chart(run, report)), encoding="utf-8")
    return path


def test_a_hostile_name_stays_text(page: Path, tmp_path: Path) -> None:
    dom = browse(page, tmp_path / "profile", "--dump-dom")

    assert "OT 没起作用" in dom
    assert "&lt;script&gt;" in dom
    assert "<script" not in dom
    assert dom.count("<img") == 1  # the chart
    assert "<title>pwned" not in dom


def test_it_draws_itself_with_its_chart(page: Path, tmp_path: Path) -> None:
    shot = tmp_path / "shot.png"
    browse(page, tmp_path / "profile", "--window-size=800,1200", f"--screenshot={shot}")
    png = shot.read_bytes()

    assert struct.unpack(">II", png[16:24]) == (800, 1200)
    assert len(png) > 40_000  # a blank page compresses to a few hundred bytes
    assert "http://" not in page.read_text(encoding="utf-8").replace("http://www.w3.org", "")
