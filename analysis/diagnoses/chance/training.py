"""A training loss that rests at the level of a guess."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.dwell import dwell
from analysis.columns.captions import in_title
from analysis.columns.family import Family
from analysis.columns.names import taken_apart, words
from analysis.diagnoses.chance.even import even_over_words, even_words
from analysis.diagnoses.chance.guess import (
    LANGUAGE,
    OTHER_LOSSES,
    SMALLEST_VOCABULARY,
    Guess,
    of_one_term,
    of_vocabulary,
)
from analysis.diagnoses.chance.level import Level
from analysis.facts.classes import VOCABULARIES, classes, vocabulary
from analysis.figures import num, ran
from analysis.model import Bools, Floats, Severity, Words
from analysis.scan.accuracies import Accuracies
from analysis.scan.contrastive import batch_choices, queue_choices
from analysis.scan.recovery import Recovery
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Count, Nats, PlanShare, Records, Share, Sigmas, Times
from analysis.scan.view import Points, View

HARDLY = "几乎没学到"
UNIGRAM = 7.5  # nats, of single tokens of text
FLOWS = {"pi0", "pi05", "smolvla", "groot"}  # policies that predict velocities of normalised actions


@dataclass(frozen=True)
class LossGuesses(Guess):
    over_multiple: Times = 2.5  # of the band, above the level: guessing too surely costs more than guessing
    settled_progress: PlanShare = 0.08
    agreed_progress: PlanShare = 0.04  # where an accuracy says the same
    settled_points: Records = 60  # where no plan is known
    settled_epochs: Times = 10.0  # passes over the data do as well
    queue_progress: PlanShare = 0.15  # of a queue: momentum encoders rest there for a while before they learn
    pair_band: Nats = 0.003
    pair_start: Share = 0.1  # of its first three records, either way
    frozen_points: Records = 20  # of a pair loss that is the very same number
    moved_sigmas: Sigmas = 3.0  # of a mean margin above 0: it learns, slowly
    unigram_band: Nats = 0.5  # below the entropy of single tokens
    noise_band: Share = 0.02
    noise_points: Records = 30
    exact_share: Share = 0.001  # of a variance that is known without anybody saying so: no batch of samples is as near
    rest_points: Records = 10  # at the level, and at half of the highest lr
    fewest_classes: Count = 4  # of which it is told: of fewer any hard task looks like that
    hardly_share: Share = 0.05  # of the loss of guessing is gone
    hardly_epochs: Times = 20.0  # passes over the data
    hardly_progress: PlanShare = 0.5
    left_multiple: Times = 4.0  # of the band, below the level: it has learnt

    def of_loss(self, view: View) -> Iterator[Track]:
        loss = view.role("loss")
        if loss is not None and len(loss):
            yield self._train(view, loss)

    def _train(self, view: View, points: Points) -> Track:
        levels = self._levels(view, points)
        which = np.full(len(points), np.nan)  # of the levels it sits at, the first
        for i, level in reversed(list(enumerate(levels))):
            if level.asked.any():
                which[level.seen.inside & level.asked] = i
        firing = np.isfinite(which)
        grave = np.array([level.top is Severity.CRITICAL for level in levels], dtype=bool)
        slight = np.array([level.top is Severity.INFO for level in levels], dtype=bool)
        last = rolling.carried(which)
        at = rolling.filled(last, -1.0).astype(np.int64)
        late = rolling.take_or(grave, at, False) & (view.progress(points) >= self.critical_progress)
        late |= rolling.take_or(np.array([level.ruined for level in levels], dtype=bool), at, False)
        left = self.left_multiple * rolling.take_or(np.array([level.band for level in levels]), at, 0.0)
        value = rolling.take_or(np.array([level.value for level in levels]), at, -np.inf)
        now = points.median(10, least=3)

        def level_of(j: int) -> Level:
            # After a resume the point that told it may be gone: then the first that there is.
            return levels[int(last[j])] if np.isfinite(last[j]) else levels[0]

        return track(
            points,
            firing=firing,
            clearing=lambda: rolling.sustained(now < value - left, 5),
            severity=lambda: np.select(
                [late, rolling.take_or(slight, at, False)], [Severity.CRITICAL, Severity.INFO], Severity.WARNING
            ).astype(np.int64),
            onset=lambda j: level_of(j).seen.since(j),
            recovery=lambda: Recovery(now, left),
            words=lambda m: _words(view, points, level_of(m.raised), m),
        )

    def _levels(self, view: View, points: Points) -> list[Level]:
        accuracies = Accuracies(view, points)
        stated = classes(view.facts)
        told = accuracies.classes() if stated is None else None
        out, hardly = [], []
        single = ~view.is_family(points, *OTHER_LOSSES) & of_one_term(view, points)
        out += even_over_words(view, points, single)
        out += self._ended(view, points, single & (accuracies.agree(2) | ~accuracies.known))
        for k in sorted({2, *(x for x in (stated, told[0] if told else None) if x is not None)}):
            value = float(np.log(k))
            band = self.band_of(value)
            agrees, known = accuracies.agree(k), accuracies.known
            asked = single & self._due(view, points, np.where(agrees, self.agreed_progress, self.settled_progress))
            asked &= agrees | ~known
            if k == 2 and stated != 2:  # nobody says that there are two
                asked &= (stated is None) & (agrees | ~view.is_family(points, *LANGUAGE))
            elif told is not None and k == told[0]:
                asked &= agrees & (np.arange(len(points)) >= told[1])
            out.append(Level(points, value, f"ln {k}", asked, band, self.over_multiple * band))
            if k >= self.fewest_classes:
                since = told[1] if told is not None and k == told[0] else 0
                guessed = agrees & accuracies.none_tells(k) & (np.arange(len(points)) >= since)
                hardly.append(self._hardly(view, points, k, single & guessed))
        out += self._batch(view, points)
        out += self._pairs(view, points)
        out.append(self._language(view, points))
        out.append(self._frequencies(view, points))
        out += self._variances(points, single & self._due(view, points, np.full(len(points), self.slow_progress)))
        out.append(self._noise(view, points))
        out.append(self._no_action(view, points))
        return out + hardly

    def _ended(self, view: View, points: Points, asked: Bools) -> list[Level]:
        """Of a run that has ended, where a handful of records is all: it began at the coin of two classes and has gone
        nowhere from there, nor has its evaluation; or every record is the logarithm of a vocabulary in use."""
        last = self.closing(view, points)
        if not last.any():
            return []
        held = view.role("eval_loss")
        coin = float(np.log(2))
        began = abs(rolling.median(points.x[: max(1, len(points) // 20)]) - coin) < self.band
        moved = rolling.median(points.x[-3:]) < coin - self.ended_band
        moved |= held is not None and len(held) > 0 and bool(held.x[-1] < coin - self.ended_band)
        out = []
        if began and not moved:
            band = self.ended_band
            out.append(Level(points, coin, "ln 2", last & asked, band, band, all_along=True, top=Severity.WARNING))
        low, high = float(points.x.min()), float(points.x.max())
        for size in VOCABULARIES:
            value = float(np.log(size))
            if value - low < self.band and high - value < self.band:
                advice = "先查标签是否全被屏蔽、权重是否加载，再看 lr"
                level = Level(points, value, f"ln {size}", last, self.band, self.band, all_along=True, advice=advice)
                out.append(level)
        return out

    def _hardly(self, view: View, points: Points, k: int, asked: Bools) -> Level:
        """Of so many classes next to nothing is known after so long: neither the loss nor an accuracy has left a guess,
        however slowly they still improve."""
        value, done = float(np.log(k)), view.progress(points)
        passes = np.where(view.reading.in_passes[points.rows], points.at, view.epochs(points))
        late = (passes >= self.hardly_epochs) | (done >= self.hardly_progress)
        late |= np.isnan(done) & (np.arange(len(points)) >= 2 * self.settled_points)
        late &= view.once((points, "lr has risen"), lambda: _risen_lr(view, points))
        band = self.hardly_share * value
        called = f"ln {k}"
        return Level(points, value, called, asked & late, band, band, top=Severity.WARNING, guess=HARDLY)

    def _batch(self, view: View, points: Points) -> list[Level]:
        """Of a batch: each is as near to any other as to its own. So many passes are no warm-up, however planned."""
        choices, kept = batch_choices(view, points), queue_choices(view, points)
        if not (choices or kept):
            return []
        single = ~view.is_family(points, *OTHER_LOSSES) & of_one_term(view, points)
        passes, size, batch = view.epochs(points), view.facts.data_size, view.facts.whole_batch
        if size is not None and batch is not None:
            passes = np.fmax(passes, points.at * batch / size)
        asked = self._due(view, points, np.full(len(points), self.settled_progress)) | (passes >= self.settled_epochs)
        late = self._due(view, points, np.full(len(points), self.queue_progress))
        return [
            Level(
                points,
                value := float(np.log(n)),
                f"ln {n}",
                single & due,
                self.band_share * value,
                self.over_multiple * self.band_share * value,
                advice="先查重复或雷同的样本，再加大 batch、从预训练权重起训",
            )
            for n, due in [*((n, asked) for n in choices), *((n, late) for n in kept)]
        ]

    def _pairs(self, view: View, points: Points) -> list[Level]:
        """Of two answers to the same question: no margin has grown. Over the batches of one step the loss may be
        summed, or divided by their number twice."""
        asked = view.is_family(points, Family.PREFERENCE)
        if asked.any():
            asked &= self._undecided(view, points)
        k = view.facts.accumulation or 1
        scales = {"ln 2": 1.0} | ({f"ln 2/{k}": 1 / k, f"ln 2×{k}": float(k)} if k > 1 else {})
        return [self._pairs_at(points, called, scale, asked) for called, scale in scales.items()]

    def _pairs_at(self, points: Points, called: str, scale: float, asked: Bools) -> Level:
        value, band = scale * float(np.log(2)), scale * self.pair_band
        if scale != 1.0:  # it began there: what has come down to a fifth of ln 2 has learnt
            first = points.x[:3]
            asked = asked & bool(len(first) == 3 and abs(rolling.median(first) / value - 1) < self.pair_start)
        advice = "先查回答是否被截断或全被屏蔽，再看 lr 与 beta"
        return Level(points, value, called, asked, band, scale * 4 * self.band, advice=advice)

    def _undecided(self, view: View, points: Points) -> Bools:
        """(n,) margins should have grown by now, and have not."""
        moved = np.zeros(len(points), dtype=bool)
        margin = view.role("margin")
        if margin is not None and len(margin):
            # Its mean over the last two thirds against its error; a tiny margin that is sure has moved.
            mean = dwell(margin.x, 0.0, 1.0, np.inf)
            up = mean.mean > self.moved_sigmas * np.maximum(mean.error / 2, 1e-9)
            moved = rolling.take_or(up, view.latest(points, margin), False)
        frozen = rolling.streak(np.abs(np.diff(points.x, prepend=np.nan)) < 1e-6) >= self.frozen_points - 1
        due = np.asarray(frozen) | self._due(view, points, np.full(len(points), self.slow_progress))
        return np.asarray(due & ~moved & Accuracies(view, points).pairs_undecided())

    def _language(self, view: View, points: Points) -> Level:
        value, called = of_vocabulary(view)
        asked = view.is_family(points, *LANGUAGE)
        if not {"lm"} & taken_apart(points.key).bag and vocabulary(view.facts) is None:
            asked &= view.is_family(points, Family.PRETRAINING) | _speaks(view, points)
        if asked.any():
            asked &= self._due(view, points, np.full(len(points), self.settled_progress))
        advice = "先查 tokenizer 与 label 是否错位，再看 lr 与初始化"
        return Level(points, value, called, asked, self.language_band, np.inf, advice=advice)

    def _frequencies(self, view: View, points: Points) -> Level:
        """Of a language model that has learnt how frequent each token is and not what stands before it. The entropy of
        single tokens is 7.3 to 7.8 nats with the vocabularies in use; what attends to anything is soon below."""
        value, _ = of_vocabulary(view)
        above = value - self.language_band - UNIGRAM
        asked = view.is_family(points, Family.PRETRAINING) & (value >= np.log(SMALLEST_VOCABULARY))
        asked &= vocabulary(view.facts) is not None or bool({"lm"} & taken_apart(points.key).bag)
        if asked.any():
            asked &= self._due(view, points, np.full(len(points), self.slow_progress))
            # So wide a band is passed through slowly, too.
            now, index = points.median(10), np.arange(len(points))
            asked &= now > now[np.minimum((index + 1) // 3 + 9, index)] - self.language_band
        return Level(
            points,
            UNIGRAM,
            "词频熵",
            asked,
            self.unigram_band,
            above,
            advice="先查注意力 mask 与位置编码、label 错位，再看 lr 与初始化",
            guess="只按词频猜",
        )

    def _variances(self, points: Points, asked: Bools) -> list[Level]:
        """Of targets that are answered by their mean: 0 and 1 in equal parts, and what was standardised. Nobody says
        what the loss is: every record has to stand there exactly, as of the same samples each time. What noise leaves
        over of a regression scatters from batch to batch."""
        return [
            Level(
                points,
                value,
                f"方差 {value:g}",
                asked & (points.plain_noise < self.exact_share * value),
                self.exact_share * value,
                self.exact_share * value,
                top=Severity.WARNING,
                advice="看各样本的输出是否相同；先查激活与初始化，再看 lr 与输入",
                guess=guess,
            )
            for value, guess in ((0.25, "把 0/1 标签全答成 0.5"), (1.0, "把标准化的目标全答成均值"))
        ]

    def _noise(self, view: View, points: Points) -> Level:
        """Noise of variance 1 that is predicted as 0."""
        of_noise = view.is_family(points, Family.DIFFUSION)
        if any(
            {"vlb", "simple"} & taken_apart(k).bag and view.logged_by_third_point(k, points) for k in view.roles.kinds
        ):
            of_noise = np.ones(len(points), dtype=bool)
        asked = of_noise & (np.arange(len(points)) >= self.noise_points)
        if asked.any():
            asked &= self._due(view, points, np.full(len(points), self.settled_progress))
        return Level(
            points,
            1.0,
            "噪声方差 1",
            asked,
            self.noise_band,
            self.noise_band,
            top=Severity.WARNING,
            advice="先查 lr 大小、条件输入与 latent 缩放",
            guess="什么都没预测",
        )

    def _no_action(self, view: View, points: Points) -> Level:
        """Velocities between noise and normalised actions: 1 is left of them where nothing of the action is known.
        A note, since it may be on its way through, slowly."""
        named = any(FLOWS & set(words(view.facts.text(key))) for key in ("policy_type", "policy"))
        asked = view.is_family(points, Family.VLA) & named
        lr = view.role("lr")
        if asked.any() and lr is not None and len(lr):  # at an lr that is worth something for as long
            peak = max(view.facts.lr or 0.0, 1e-300)
            high = (lr.x >= 0.5 * np.maximum(rolling.running_max(lr.x), peak)).astype(np.float64)
            asked &= rolling.take_or(rolling.sustained(high > 0, self.rest_points), view.latest(points, lr), False)
        return Level(
            points,
            1.0,
            "动作方差 1",
            asked,
            self.noise_band,
            self.noise_band,
            lately=self.rest_points,
            top=Severity.INFO,
            advice="先核对动作归一化统计、维度与补零，再看相机与 state 键",
            guess="没预测动作",
        )

    def _due(self, view: View, points: Points, progress: Floats) -> Bools:
        """(n,) learning should have shown by now: past warm-up, with the lr no longer rising."""
        done, passed = view.progress(points), view.epochs(points) >= self.settled_epochs
        late = np.where(np.isnan(done), (np.arange(len(points)) >= self.settled_points) | passed, done >= progress)
        return np.asarray(late & view.once((points, "lr has risen"), lambda: _risen_lr(view, points)))


def _risen_lr(view: View, points: Points) -> Bools:
    """(n,) past warm-up, with the lr no longer rising."""
    past, lr = view.past_warmup(points, 1.3), view.role("lr")
    if lr is None or not len(lr):
        return past
    index = np.arange(len(points))
    peak = rolling.take_or(rolling.running_max(lr.x), view.latest(points, lr), 0.0)
    return np.asarray(past & (peak <= 1.02 * peak[index - (index + 1) // 5]))


def _speaks(view: View, points: Points) -> bool:
    """Columns that only a language model logs."""
    of_text = {"ppl", "perplexity", "tokens", "token", "seqlen"}
    return any(taken_apart(k).bag & of_text and view.logged_by_third_point(k, points) for k in view.roles.kinds)


def _words(view: View, points: Points, level: Level, m: Moment) -> Words:
    called, now = in_title(points.kind), rolling.median(points.x[max(0, m.now - 9) : m.now + 1])
    evidence: dict[str, object] = {"limit": level.value, "now": now, "mean": float(level.seen.mean[m.raised])}
    if m.over:
        return Words(f"{called} 已低于随机水平", f"现 {num(now)}，随机猜 {num(level.value)}", "", "确定", evidence)
    done = float(view.progress(points)[m.now])
    how = ran(done) if np.isfinite(done) else f"已 {m.now + 1} 次记录"
    about = "≈" if abs(now - level.value) < 3 * level.band else "，不低于 "
    if level.ruined:
        return even_words(view, points, level, evidence, m)
    guessed = level.guess
    said = f"{how}，{called} 停在 {num(now)}{about}{level.called}：等于{guessed}"
    if guessed == HARDLY:
        said = f"已 {m.now + 1} 次记录，{called} {num(now)}，随机猜 {num(level.value)}（{level.called}）"
    accuracy = Accuracies(view, points).level_at(m.now)
    if accuracy is not None and guessed == HARDLY:
        said += f"；{accuracy[0]} {num(accuracy[1])}"
    elif accuracy is not None and level.top is Severity.CRITICAL:
        said += f"（{accuracy[0]} {num(accuracy[1])}）"
    title = f"{called} 停在 {level.called}（随机猜）" if guessed == "随机猜" else f"{called} 停在{level.called}"
    if guessed == HARDLY:
        title = f"{called} 几乎没离开 {level.called}"
    if len(title) > 20:
        title = f"{called} 停在随机猜的水平"
    return Words(title, said, level.advice, "很可能", evidence)
