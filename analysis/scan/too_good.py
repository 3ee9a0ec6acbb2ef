"""A loss that no model earns so soon: the answers are in what it is given, or the same samples are on both sides.

Text is never certain: a language model that begins at ln V keeps more than a nat of each token. What every answer is
right of has its loss, too, after a pass or two, only where nothing was left to learn. An error of a regression has no
such bound, and what has been shown over and over is known by heart: neither is asked.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis.arrays import rolling
from analysis.columns.captions import in_title, of_evaluation
from analysis.columns.family import Family
from analysis.facts.classes import MORE_VOCABULARIES, VOCABULARIES, vocabulary
from analysis.figures import num
from analysis.model import Bools, Severity, Words
from analysis.scan.track import Moment, Track, track
from analysis.scan.view import Points, View

TEXT = (Family.SFT, Family.PRETRAINING)
UNTRAINED = 6.0  # nats at which a model of tokens begins that has learnt nothing: ln of 400
MOST_UNTRAINED = 13.0  # the same of the largest vocabulary in use, ln of 440 thousand
AT_LOGARITHM = 0.03  # nats from the logarithm of its vocabulary, at which an untrained model begins
HELD_OUT_NATS = 0.1  # of a token of other text
EVALS = 3  # in a row
SHOWN_NATS = 0.01  # of a token of text that is shown for the first or second time: 99 of 100 are certain
RECORDS = 20
PASSES_OF_TEXT = 2.0  # after more of them it may be known by heart
NOTHING_NATS = 1e-3  # of an answer of other samples: none is wrong, and all are certain
NOTHING_SHARE = 1e-4  # of the first loss: of an error of values no such share is left, so soon
PASSES = 3.0
ZEROS = 2  # records of training, as logged with four digits


def too_good(view: View) -> Iterator[Track]:
    held, loss = view.role("eval_loss"), view.role("loss")
    if held is not None and held.kind.name != "eval_loss":
        held = None  # an error, a distance
    if held is not None and len(held):
        yield _of_text_held_out(view, held, loss)
        if loss is not None and len(loss):
            yield _of_classes(view, held, loss)
    elif loss is not None and len(loss) and loss.kind.name == "loss":
        yield _of_text_shown(view, loss)


def _of_text_held_out(view: View, held: Points, loss: Points | None) -> Track:
    """It began at the logarithm of a vocabulary, and next to nothing is left of it on other text."""
    begun = max([float(held.x[0]), *(loss.x[:1].tolist() if loss is not None else [])])
    sizes = (*VOCABULARIES, *MORE_VOCABULARIES, vocabulary(view.facts) or 1)
    untrained = begun > UNTRAINED and min(abs(begun - np.log(v)) for v in sizes) < AT_LOGARITHM
    low = (held.x < HELD_OUT_NATS) & (held.x >= 0)
    firing = rolling.sustained(low, EVALS) & untrained & view.is_family(held, *TEXT, Family.UNKNOWN)
    return track(
        held,
        firing=firing,
        clearing=lambda: ~low,
        severity=Severity.CRITICAL,
        onset=lambda j: j - EVALS + 1,
        words=lambda m: _words_of_text(of_evaluation(held.kind), held, begun, True, m),
    )


def _of_text_shown(view: View, loss: Points) -> Track:
    """Nothing is evaluated, and what is shown for the first time is known already."""
    level, begun = rolling.rolling_median(loss.x, RECORDS, least=RECORDS), float(loss.x[0])
    untrained = UNTRAINED < begun < MOST_UNTRAINED
    with np.errstate(invalid="ignore"):
        low = (level < SHOWN_NATS) & (loss.x >= 0)
        firing = low & untrained & (view.epochs(loss) < PASSES_OF_TEXT) & _in_parts(view, loss)
    firing &= view.is_family(loss, *TEXT, Family.UNKNOWN)
    return track(
        loss,
        firing=firing,
        clearing=lambda: ~low,
        severity=Severity.WARNING,
        onset=lambda j: j - RECORDS + 1,
        words=lambda m: _words_of_text(
            f"训练 {in_title(loss.kind)}", loss, begun, bool(view.is_family(loss, *TEXT)[m.now]), m
        ),
    )


def _of_classes(view: View, held: Points, loss: Points) -> Track:
    """After a pass or two nothing is left of the loss on other samples, and training is logged as 0."""
    zeros = rolling.take_or(np.cumsum(loss.x == 0), view.latest(held, loss), 0.0)
    low = (held.x < min(NOTHING_NATS, NOTHING_SHARE * float(loss.x[0]))) & (held.x >= 0)
    with np.errstate(invalid="ignore"):
        soon = (view.epochs(held) <= PASSES) & _in_parts(view, held)
    firing = low & soon & (zeros >= ZEROS) & view.is_family(held, Family.UNKNOWN, Family.SUPERVISED)
    return track(
        held,
        firing=firing,
        clearing=lambda: held.x > NOTHING_NATS,
        severity=Severity.WARNING,
        metrics=(loss.key,),
        words=lambda m: _words_of_classes(view, held, m),
    )


def _in_parts(view: View, points: Points) -> Bools:
    """(n,) epochs are logged as parts of a pass over the data: no rounds of anything else."""
    key = view.reading.epoch_key
    if key is None:
        return np.zeros(len(points), dtype=bool)
    epochs = view.column(key)
    parts = np.logical_or.accumulate(epochs.x != np.round(epochs.x))
    return np.asarray(rolling.take_or(parts, view.latest(points, epochs), False))


def _words_of_text(called: str, points: Points, begun: float, of_text: bool, m: Moment) -> Words:
    """`of_text`: its name or its start says so; else it is for the reader to know."""
    now = float(points.x[m.now])
    evidence = {"now": now, "first": begun, "nats": HELD_OUT_NATS}
    if m.over:
        return Words(f"{called} 已不再低得反常", f"现 {num(now)}", "", "确定", evidence)
    return Words(
        f"{called} {'低得不像文本' if of_text else '低得反常'}",
        f"{num(begun)}→{num(now)}；{'' if of_text else '若是文本生成，'}几乎每个 token 都全对，自然文本做不到",
        "先查标签是否漏进输入、causal mask；再查 padding 是否计入",
        "很可能" if of_text else "仅提示",
        evidence,
    )


def _words_of_classes(view: View, held: Points, m: Moment) -> Words:
    now, passes = float(held.x[m.now]), float(view.epochs(held)[m.now])
    evidence = {"now": now, "epochs": passes}
    called = of_evaluation(held.kind)
    if m.over:
        return Words(f"{called} 已不再低得反常", f"现 {num(now)}", "", "确定", evidence)
    return Words(
        f"{called} 好得不正常",
        f"才 {num(passes, 2)} 轮，评估 loss 已到 {num(now)}，训练 loss 记为 0",
        "先查训练、评估有没有重复样本，标签是否就在输入里",
        "很可能",
        evidence,
    )
