"""One diagnosis on one history, and what everything it says must look like."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from analysis.facts import Facts
from analysis.model import Column, Episode, Floats, History, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.episodes import scan
from analysis.scan.reading import Reading

FORBIDDEN = ("停掉", "白跑", "撑爆", "空转", "打满", "没救", "nan", "None", "inf ", "质量", "量纲")
START = 1.76e9


def rows(columns: dict[str, Floats], every: int = 10, step: Any = None, seconds: Any = 2.0) -> History:
    """Dense columns -> History; a NaN cell was not logged. `seconds` per row, or one value a row."""
    n = len(next(iter(columns.values())))
    steps = np.arange(1, n + 1) * every if step is None else np.asarray(step)
    at = START + np.cumsum(np.broadcast_to(np.asarray(seconds, dtype=np.float64), n))
    cells = {}
    for key, values in columns.items():
        logged = np.flatnonzero(~np.isnan(values))
        if len(logged):
            cells[key] = Column(logged.astype(np.int64), np.asarray(values, dtype=np.float64)[logged])
    return History(steps.astype(np.int64), at, at - START, cells)


def found(diagnosis: CausalDiagnosis, history: History, planned: int | None = None, **config: Any) -> list[Episode]:
    """Its episodes, after checking the wording of every transition and of what is said now."""
    result = scan(Reading(history, Facts(config, planned)), (diagnosis,))
    for e in result.episodes:
        for t in e.transitions:
            proofread(t.words)
    for words in result.now.values():
        proofread(words)
    return list(result.episodes)


def applies(diagnosis: CausalDiagnosis, history: History, **config: Any) -> bool:
    return diagnosis.id not in scan(Reading(history, Facts(config)), (diagnosis,)).not_applicable


def proofread(words: Words) -> None:
    """Lengths, tone, at most 4 significant digits in figures that are not whole numbers, nothing that is no number."""
    assert 0 < len(words.title) <= 20, words.title
    assert len(words.message) <= 60, (len(words.message), words.message)
    assert len(words.advice) <= 40, (len(words.advice), words.advice)
    text = words.title + words.message + words.advice
    assert not [w for w in FORBIDDEN if w in text], text
    assert not re.search("[\u4e00-\u9fff] [\u4e00-\u9fff]", text), text
    for figure in re.findall(r"\d+\.\d+", text):
        assert len(figure.replace(".", "").lstrip("0")) <= 4, figure


def worst(episodes: list[Episode]) -> Severity:
    return max((t.severity for e in episodes for t in e.transitions), default=Severity.OK)


def falling(n: int, rng: np.random.Generator, noise: float = 0.05, floor: float = 0.3) -> Floats:
    """A loss as healthy runs have it: a power law on a floor, log-normal noise."""
    return np.asarray((floor + 4 * (np.arange(n) + 5.0) ** -0.6) * np.exp(noise * rng.standard_normal(n)))


def cosine(n: int, peak: float = 1e-3, last: float = 0.0, warmup: int = 0) -> Floats:
    x = np.arange(n) / max(1, n - 1)
    lr = last + (peak - last) * 0.5 * (1 + np.cos(np.pi * x))
    lr[:warmup] = peak * (np.arange(warmup) + 1) / max(1, warmup)
    return np.asarray(lr)
