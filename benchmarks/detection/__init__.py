"""How well the diagnoses detect faults. `python -m benchmarks.detection --help`; figures in docs/detection.md."""
