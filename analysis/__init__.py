"""The analysis core. Pure: numbers in, findings out. No clock, no log, no file, no network.

report = analyze(run)             # everything, as it stands
found = episodes(run)             # the causal scan alone: for replay
"""

from analysis.model import Report, Run, Severity
from analysis.report.analyze import analyze, episodes

__all__ = ["Report", "Run", "Severity", "analyze", "episodes"]
