"""A language model that had known more, and whose outputs have become even over the whole vocabulary: the loss leaps,
and then stands at the logarithm of it to the third decimal. No weight comes back from there.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from analysis.columns.captions import in_title, titled
from analysis.diagnoses.chance.level import Level
from analysis.facts.classes import MORE_VOCABULARIES, VOCABULARIES, vocabulary
from analysis.figures import num
from analysis.model import Bools, Words
from analysis.scan.contrastive import contrastive
from analysis.scan.track import Moment
from analysis.scan.view import Points, View

BAND: Final = 0.002  # nats: no loss that still learns stays as near
RECORDS: Final = 5  # in a row


def even_over_words(view: View, points: Points, asked: Bools) -> list[Level]:
    out: list[Level] = []
    if contrastive(view, points):  # a queue that fills ends at such a number, too
        return out
    stated, highest = vocabulary(view.facts), float(np.max(points.x, initial=-np.inf)) + BAND
    for size in sorted({*VOCABULARIES, *MORE_VOCABULARIES, *([stated] if stated is not None else [])}):
        value = float(np.log(size))
        if value < highest and np.count_nonzero(np.abs(points.x - value) < BAND) >= RECORDS:
            out.append(Level(points, value, f"ln {size}", asked, BAND, BAND, RECORDS, ruined=True))
    return out


def even_words(view: View, points: Points, level: Level, evidence: dict[str, object], m: Moment) -> Words:
    lr = view.role("lr")
    before = lr.value(int(points.rows[m.onset])) if lr is not None else None
    rate = "" if before is None else f"（当时 {num(before)}）"
    called, best, since = in_title(points.kind), float(np.min(points.x[: m.raised + 1])), int(points.at[m.onset])
    return Words(
        titled(called, f" 停在 {level.called}"),
        f"第 {since} 步起停在 {level.value:.3f}，此前最低 {num(best)}：输出对整个词表均匀，权重已坏",
        f"降 lr{rate}、加 warmup 和 clip，从原权重重训",
        "很可能",
        {**evidence, "best": best, "since": since, "lr": before},
    )
