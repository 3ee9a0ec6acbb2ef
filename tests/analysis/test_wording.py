"""Everything the diagnoses say, over every case, real curve and the sample: short, proper, no forbidden words."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from analysis import analyze
from analysis.model import Report
from tests.analysis.samples import REAL_CURVES, SAMPLE, read
from tests.analysis.scanning import proofread
from tests.analysis.test_cases import CASES, GROUP, analysed

REPORTS = [
    *(pytest.param(partial(analysed, k), id=f"{i}: {n}", marks=GROUP) for k, (i, n, *_) in enumerate(CASES)),
    *(pytest.param(lambda p=p: analyze(read(p)), id=p.stem) for p in [SAMPLE, *REAL_CURVES]),
]


@pytest.mark.parametrize("make", REPORTS)
def test_every_sentence_is_fit_for_a_chat(make: Callable[[], Report]) -> None:
    report = make()
    for e in report.episodes:
        for t in e.transitions:
            proofread(t.words)
    for f in report.findings:
        proofread(f.words)
