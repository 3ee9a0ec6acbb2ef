exec(__import__("pathlib").Path("/tmp/load.py").read_text())
from pathlib import Path

SAMPLE = Path("/work/shared/data/seed/64wxlc3y.parquet")
REAL_CURVES = sorted(Path("/work/shared/data/curves").glob("*.parquet"))
read = load
