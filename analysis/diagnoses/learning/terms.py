"""Terms of a loss that have never come down, while their total has, and by now are most of what is left of it.

A physics-informed network that answers 0 has no residual, and misses every boundary: its total looks learnt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.columns.captions import short_key
from analysis.columns.family import Family
from analysis.columns.names import words
from analysis.columns.vocabulary import word_set
from analysis.diagnoses.learning.patience import Patience
from analysis.figures import num, pct, spaced
from analysis.model import Bools, Floats, Severity, Words
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Ln, Records, Share
from analysis.scan.view import Points, View

# What holds weights back, or plays against them, stands where it stands by design; so does what grows from nothing.
HOLDS_BACK = word_set(
    "reg regularization regularizer l1 l2 decay penalty commit commitment aux balance balancing sparsity smooth"
    " smoothness tv adv gan disc entropy kl kld prior"
)
# What a solution has to meet, of a physics-informed network.
CONDITIONS = word_set("initial ic ics boundary boundaries bc bcs")
FEWEST, MOST = 2, 24  # terms
FIRST = 3  # records, with which a term has to be logged
LONGEST = 16  # characters of a name in a sentence
SAME_SUM = 1e-3  # of the total, that the terms add up to it, or their mean is it: what is printed has four digits


@dataclass(frozen=True)
class TermStands(Patience):
    term_records: Records = 100  # before a term is judged
    total_fall: Ln = 2.3  # a tenth of the total is left
    term_fall: Ln = 0.4  # at most, of a term: a third of what it began with
    term_range: Share = 0.02  # that it has moved by over the last half of the records
    share_of_rest: Share = 0.5  # of what is left of the total are terms that never came down
    given_up: Share = 1 / 3  # of what is left, a condition that is met worse than at first, and
    of_first: Share = 0.1  # of all that the total began with: no small matter
    coming_back: Share = 0.15  # less than at half of the records so far: it may be met yet

    def of_terms(self, view: View) -> Iterator[Track]:
        total = view.role("loss")
        if total is None or len(total) < self.term_records or total.kind.group == "eval":
            return
        terms = _terms(view, total)
        if len(terms) >= FEWEST and (held := _adds_up(total, terms)).any():
            yield self._terms_track(view, total, terms, held)

    def _terms_track(self, view: View, total: Points, terms: Sequence[Points], held: Bools) -> Track:
        stuck = np.stack([self._stuck(term) for term in terms])
        level = np.stack([term.median(10) for term in terms])
        share = rolling.filled((stuck * level).sum(axis=0) / np.maximum(level.sum(axis=0), 1e-300))
        start = rolling.median(total.log[:4])
        fell = start - np.where(np.isnan(total.log), np.inf, rolling.rolling_median(total.log, 10))
        firing = held & (fell > self.total_fall) & (share > self.share_of_rest)
        worse = np.stack([self._given_up(term, total) for term in terms])
        given_up = rolling.filled((worse * level).sum(axis=0) / np.maximum(level.sum(axis=0), 1e-300))
        firing |= held & (fell > 0) & (given_up > self.given_up)
        firing &= (np.arange(len(total)) + 1 >= self.term_records) & view.past_warmup(total)
        firing &= ~view.is_family(total, Family.RL, Family.GAN)
        return track(
            total,
            firing=firing,
            clearing=lambda: rolling.sustained((share < self.share_of_rest / 2) & (given_up < self.given_up / 2), 10),
            # While it goes on a boundary may still be reached; a result that misses it is of no use.
            severity=lambda: np.where(view.at_end(total), Severity.CRITICAL, Severity.WARNING).astype(np.int64),
            onset=lambda j: 0,
            words=lambda m: _term_words(
                total, [t for t, s in zip(terms, stuck | worse, strict=True) if s[m.now]], np.fmax(share, given_up), m
            ),
        )

    def _stuck(self, term: Points) -> Bools:
        """(n,) it has never come down, and no longer moves."""
        level, n = term.median(10, least=10), np.arange(len(term))
        # The first record is of weights that know nothing; those after it may leap, where the first steps are too long.
        start = min(float(term.x[0]), rolling.median(term.x[:4]))
        lowest = rolling.running_min(np.where(np.isnan(level), np.inf, level))
        moved = np.maximum(*(np.abs(level - level[k * n // 4]) for k in (2, 3)))
        with np.errstate(invalid="ignore"):
            still = moved <= self.term_range * level
        return np.asarray((start > 0) & (lowest > start * np.exp(-self.term_fall)) & still)

    def _given_up(self, term: Points, total: Points) -> Bools:
        """(n,) a condition that is further from being met than at first, by what counts."""
        if not CONDITIONS & set(words(term.key)):
            return np.zeros(len(term), dtype=bool)
        level, start = term.median(10, least=10), rolling.median(term.x[:4])
        half_before = level[np.arange(len(term)) // 2]
        with np.errstate(invalid="ignore"):
            further = level > start * np.exp(self.term_fall)
            falls = level < half_before * (1 - self.coming_back)
            return np.asarray(further & ~falls & (level > self.of_first * rolling.median(total.x[:4])))


def _terms(view: View, total: Points) -> list[Points]:
    """What else is logged with the total from its first records on, of training, and should be as low as can be."""
    columns, begun = view.history.columns, int(total.rows[0])
    keys = [
        key
        for key, kind in sorted(view.roles.kinds.items())
        if kind.group == "train" and kind.direction == "min" and key != total.key and kind.name != "loss"
    ]
    found = [view.column(key) for key in keys if len(columns[key].rows) and int(columns[key].rows[0]) <= begun]
    beside = [_beside(total, p) for p in found if np.array_equal(p.rows[:FIRST], total.rows[:FIRST])]
    return beside if len(beside) <= MOST else []


def _beside(total: Points, term: Points) -> Points:
    """At the records of the total; NaN where the term was not logged with it."""
    at = np.minimum(np.searchsorted(term.rows, total.rows), len(term) - 1)
    x = np.where(term.rows[at] == total.rows, term.x[at], np.nan)
    return Points(term.key, term.kind, total.rows, total.step, total.at, x)


def _adds_up(total: Points, terms: Sequence[Points]) -> Bools:
    """(n,) the terms, of which nothing holds back any by design, are all there is: the total so far is their sum, or
    their mean."""
    if any(HOLDS_BACK & set(words(t.key)) for t in terms):
        return np.zeros(len(total), dtype=bool)
    each = np.stack([t.x for t in terms])
    whole: Floats = each.sum(axis=0)
    size = SAME_SUM * np.abs(total.x)
    fits = [np.logical_and.accumulate(np.abs(whole / k - total.x) <= size) for k in (1, len(terms))]
    return np.asarray((fits[0] | fits[1]) & np.logical_and.accumulate((each >= 0).all(axis=0)))


def _term_words(total: Points, stuck: Sequence[Points], share: Floats, m: Moment) -> Words:
    now = float(share[m.now])
    evidence = {"share": now, "terms": [t.key for t in stuck], "total": float(total.x[m.now])}
    if m.over or not stuck:
        return Words("各项 loss 都已下降", f"总 loss 现 {num(float(total.x[m.now]))}", "", "确定", evidence)
    most = max(stuck, key=lambda t: float(t.x[m.now]))
    first, last = rolling.median(most.x[:4]), rolling.median(most.x[max(0, m.now - 9) : m.now + 1])
    named = _ending(most.key) + (f" 等 {len(stuck)} 项" if len(stuck) > 1 else "")
    risen = last > first * np.exp(TermStands.term_fall)
    return Words(
        f"loss 有 {len(stuck)} 项{'不降反升' if risen else '一直没降'}",
        f"{spaced(f'{named} 停在')} {num(last)}（起初 {num(first)}），占余下总 loss 的 {pct(now)}",
        "定解条件没满足：核对输入归一化，加大该项权重或硬性满足"
        if risen
        else "疑为平凡解（输出恒为 0）：加大这些项的权重或硬性满足边界",
        "很可能",
        evidence,
    )


def _ending(key: str) -> str:
    """What tells one term from the others: its last words."""
    said = [w for w in short_key(key).split("_") if w not in {"loss", "step", "epoch"}]
    while len(said) > 1 and len("_".join(said)) > LONGEST:
        said.pop(0)
    return "_".join(said)[:LONGEST]
