"""Every Chinese sentence the diagnoses say over the tables of cases, in one file that a person reads in one go.

`CURVEBOT_WRITE_GOLDEN=1 pytest tests/analysis/test_texts.py` writes it anew. Sentences that differ in their
figures only are one; the first is kept with its figures, and the comparison looks at the words: processors
differ in last digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from analysis import analyze
from analysis.diagnoses import ALL
from analysis.model import Floats, History, Report, Run, Words
from analysis.peers import PeerDiagnosis
from tests.analysis.cases import AT, N, descent, put, steady
from tests.analysis.curves import history, run
from tests.analysis.samples import SAMPLE, read
from tests.analysis.scanning import rows
from tests.analysis.test_cases import CASES, GROUP, analysed
from tests.render.test_golden import kept

pytestmark = GROUP

PARTS = ("标题", "证据", "建议", "补充")
LOSS, LR = "train/loss", "train/lr"


def resumed(level: float) -> History:
    """A loss that was resumed 30 records back, at `level` times what it had been."""
    step = np.arange(1, N + 1) * 10
    step[AT:] -= 300
    x = steady(0.5, sigma=0.03)
    x[AT:] *= level
    return rows({LOSS: x}, step=step)


def scale(*halved: int, doubled: tuple[int, ...] = ()) -> Floats:
    x = np.full(N, 65536.0)
    for at in halved:
        x[at:] /= 2
    for at in doubled:
        x[at:] *= 2
    return x


def slower(until: int = N) -> Floats:
    return np.where((np.arange(N) >= AT) & (np.arange(N) < until), 5.0, 2.0)


leak = np.round(np.interp(np.arange(N), [0, 100, N - 1], [45.0, 45.0, 92.0]), 1)
evals = np.full(N, np.nan)
evals[9:160:10] = np.linspace(1.0, 0.5, 16)
OT = {"lambda_ot": 0.1, "reg": 1.0, "tau_src": 24.0, "tau_tgt": 24.0}
gone = put(steady(0.3), 0.0, AT)
# What the table of cases does not make them say: sick for good, and sick for a while.
MORE: list[tuple[History, dict[str, Any]]] = [
    (rows({LR: put(np.full(N, 1e-3), 0.0)}), {}),
    (rows({LR: put(np.full(N, 1e-3), 0.0, AT, AT + 40)}), {}),
    (rows({LR: put(np.full(N, 1e-3), 1e-2)}), {"config": {"lr": 1e-3}}),
    (rows({LR: put(np.full(N, 1e-3), 1e-2, AT, AT + 40)}), {"config": {"lr": 1e-3}}),
    (rows({LR: np.full(N, 1e-2)}), {"config": {"lr": 1e-3}}),
    (rows({"train/aux_loss": put(descent(), 0.4)}), {}),
    (rows({"train/aux_loss": put(descent(), 0.4, AT, AT + 40)}), {}),
    (rows({LOSS: descent(), "system/gpu.0.memoryAllocated": leak}), {}),
    (rows({LOSS: descent(), "system/gpu.0.memoryAllocated": leak}, seconds=600.0), {}),
    (rows({LOSS: descent(), "system/gpu.0.memoryAllocated": put(leak, 45.0, 240)}), {}),
    (rows({LOSS: descent(), "system/gpu.0.memoryAllocatedBytes": 1e10 * np.linspace(1, 6, N)}), {}),
    (rows({LOSS: descent()}, seconds=slower()), {}),
    (rows({LOSS: descent()}, seconds=slower(220)), {}),
    (rows({LOSS: descent(), "train/samples_per_s": 100 / slower()}), {}),
    (resumed(1.0), {}),
    (resumed(1.3), {}),
    (rows({LOSS: descent()}, seconds=np.where(np.arange(N) == AT, 7200.0, 2.0)), {}),
    (rows({"train/loss_scale": scale(200, 206, 212, 218)}), {}),
    (rows({"train/loss_scale": scale(150, 154, 158, doubled=(220, 260))}), {}),
    (rows({LOSS: descent(), "eval/loss": evals}), {}),
    (rows({LOSS: descent(), "eval/loss": np.where(np.arange(N) == 250, 0.5, evals)}), {}),
    (rows({LOSS: descent(), "train/kld_loss": steady(0.3) * np.exp(np.clip((np.arange(N) - AT) / 40, 0,
     1) * np.log(60))}), {}),
    (rows({"objective/kl": np.linspace(0.01, 20, N), "rollout/reward": np.linspace(0, 1, N)}),
     {"config": {"kl_target": 6.0}}),
    (rows({LOSS: 1.02 * descent(), "train/l1_loss": descent(), "train/kld_loss": 2e-3 * descent()}),
     {"config": {"kl_weight": 10.0}}),
    (rows({LOSS: 1.4 * descent(), "train/l1_loss": descent(), "train/kld_loss": 2e-3 * descent()}),
     {"config": {"kl_weight": 10.0}}),
    (rows({LOSS: descent(), "ot/pi_sum": gone, "ot/cost/state": steady(1260.0), "train/ot_loss": 0.3 * gone}),
     {"config": {"ot": OT}}),
    (rows({LOSS: descent()[:200], LR: np.full(200, 1e-3)}), {"config": {"target_loss": 0.05}}),
    (rows({LOSS: descent(), "gpu.0.gpu": np.full(N, 12.0)}), {"state": "running"}),
]  # fmt: skip


def reports() -> Iterator[Report]:
    cases: list[tuple[Any, ...]] = list(CASES)
    for k, (_, _, columns, facts, _) in enumerate(cases):
        yield analysed(k)
        yield analyze(run(history(columns), **{**facts, "config": {"save_freq": 700, **facts.get("config", {})}}))
    yield from map(analyze, more())


def more() -> Iterator[Run]:
    for h, facts in MORE:
        yield run(h, planned_steps=10 * N, **facts)
    half = rows({LOSS: descent()})
    for state in ("failed", "crashed", "killed"):
        yield run(half, planned_steps=20 * N, state=state)
    silent = run(half, state="running", observed_at=float(half.timestamp[-1]) + 7200)
    yield from (silent, replace(silent, heartbeat_at=float(half.timestamp[-1])))
    yield read(SAMPLE)


def said() -> Iterator[tuple[str, bool, Words]]:
    """(id, over, words) of every transition and of what is told now."""
    for report in reports():
        for e in report.episodes:
            for t in e.transitions:
                yield e.id, t.kind == "cleared" and t.reason == "recovered", t.words
        for f in report.findings:
            if not f.over:
                yield f.id, False, f.words


def shape(line: str) -> str:
    """A sentence without its figures."""
    return re.sub(r"[-+±]?\d[\d.]*(e-?\d+)?", "#", line)


@lru_cache(maxsize=1)
def texts() -> str:
    """By id: raised, then cleared; titles, evidence, advice and what the full report adds."""
    found: dict[tuple[str, bool, str], dict[str, str]] = {}
    for id_, over, words in said():
        for part, lines in zip(PARTS, ((words.title,), (words.message,), (words.advice,), words.more), strict=True):
            for line in filter(None, lines):
                found.setdefault((id_, over, part), {}).setdefault(shape(line), line)
    out = ["# 诊断的全部中文文案", "", "由用例表生成；数字只是例子，句式相同的只留一条。"]
    for id_ in sorted({id_ for id_, _, _ in found}):
        out += ["", f"## {id_}"]
        for over in (False, True):
            of = {part: lines for (i, o, part), lines in found.items() if (i, o) == (id_, over)}
            out += ["", "解除后" if over else "报出时"] if of else []
            out += [f"- {part}：{of[part][key]}" for part in PARTS for key in sorted(of.get(part, {}))]
    return "\n".join(out)


def test_the_sentences_are_those_that_were_read() -> None:
    text = texts()

    assert shape(text) == shape(kept("texts.md", text))


def test_every_diagnosis_speaks_in_it() -> None:
    """But for comparisons with other runs, whose sentences stand in their own tables."""
    spoken = set(re.findall(r"^## (.+)$", texts(), re.MULTILINE))

    assert sorted({d.id for d in ALL} - spoken - {d.id for d in ALL if isinstance(d, PeerDiagnosis)}) == []
