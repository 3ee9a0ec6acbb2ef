"""What stands outside the law of episodes, in one list. Nothing else does.

Two forms. Some look at the wall clock and the state of the run: pure functions of (last row, state, heartbeat_at, observed_at).
The others set the run beside finished runs, which are frozen facts. Both are asked once per analysis.
"""

from __future__ import annotations

from analysis.diagnoses.comparison import COMPARISONS, Comparison
from analysis.diagnoses.lifecycle import WALL_CLOCK, WallClock

Outside = WallClock | Comparison
OUTSIDE: tuple[Outside, ...] = (*WALL_CLOCK, *COMPARISONS)
IDS: frozenset[str] = frozenset(d.id for d in OUTSIDE)
COMPARED: frozenset[str] = frozenset(d.id for d in COMPARISONS)
