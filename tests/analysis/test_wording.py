"""Everything the diagnoses say, over every case, real curve and the sample: short, proper, no forbidden words."""

from __future__ import annotations

import pytest

from analysis import analyze, episodes
from analysis.model import Run
from tests.analysis.curves import history, run
from tests.analysis.samples import REAL_CURVES, SAMPLE, read
from tests.analysis.scanning import proofread
from tests.analysis.test_cases import CASES

RUNS = [
    *(
        pytest.param(lambda c=c, f=f: run(history(c), planned_steps=3000, **f), id=f"{i}: {n}")
        for i, n, c, f, _ in CASES
    ),
    *(pytest.param(lambda p=p: read(p), id=p.stem) for p in [SAMPLE, *REAL_CURVES]),
]


@pytest.mark.parametrize("make", RUNS)
def test_every_sentence_is_fit_for_a_chat(make) -> None:  # type: ignore[no-untyped-def]
    r: Run = make()
    for e in episodes(r).episodes:
        for t in e.transitions:
            proofread(t.words)
    for f in analyze(r).findings:
        proofread(f.words)
