"""The bundled run and the real curves, read by the program's own reader."""

from __future__ import annotations

from pathlib import Path

from analysis.model import Run
from bot.sources.files import read as files

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "bot" / "samples" / "64wxlc3y.parquet"
REAL_CURVES = sorted((ROOT / "tests" / "data").glob("*.parquet"))


def read(path: Path) -> Run:
    return files.read(path)
