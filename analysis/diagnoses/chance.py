"""The loss of guessing: ln 2 of two, ln K of K classes, ln V of a vocabulary, 1 of standard noise;
and it stays there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.dwell import Dwell, Rest, dwell, rest
from analysis.columns.captions import in_title, of_evaluation, titled
from analysis.columns.family import Family
from analysis.columns.names import taken_apart, words
from analysis.facts.classes import classes, vocabulary
from analysis.figures import num, ran
from analysis.model import Bools, Finding, Floats, Severity, Words
from analysis.scan.accuracies import Accuracies
from analysis.scan.constant_answers import ConstantAnswers, constant_answers
from analysis.scan.contrastive import batch_choices
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.even_share import EvenShare, even_shares
from analysis.scan.held_out_pairs import HeldOutPairs, held_out_pairs
from analysis.scan.impact import Impact, Result
from analysis.scan.recovery import Recovery
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Evals, Nats, PlanShare, Records, Share, Sigmas, Times
from analysis.scan.view import Points, View

SMALLEST_VOCABULARY = 32_000  # of the language models in use: a loss at its logarithm is chance for larger ones, too
UNIGRAM = 7.5  # nats, of single tokens of text
OTHER_LOSSES = (
    Family.RL,
    Family.GAN,
    Family.IMITATION,
    Family.VLA,
    Family.DIFFUSION,
    Family.PREFERENCE,
)  # of no classes
LANGUAGE = (Family.SFT, Family.PRETRAINING)
FLOWS = {"pi0", "pi05", "smolvla", "groot"}  # policies that predict velocities of normalised actions
SEVERAL_TERMS = {
    "map",
    "miou",
    "bbox",
    "box",
    "giou",
    "dfl",
    "objectness",
    "dice",
    "fid",
}  # beside one of these a total is no single cross-entropy


@dataclass(frozen=True, eq=False)
class _Level:
    """A loss that says that nothing is known, and where it is asked, (n,). `called`: how a sentence writes it."""

    value: float
    called: str
    band: float
    asked: Bools
    look: Callable[[], Dwell | Rest]
    top: Severity = Severity.CRITICAL
    advice: str = "先用一个 batch 试过拟合，查标签对齐、输入与 lr"
    guess: str = "随机猜"

    @cached_property
    def seen(self) -> Dwell | Rest:
        return self.look()


@dataclass(frozen=True)
class AtChance(CausalDiagnosis):
    """The loss sits where guessing has it for two thirds of all records, resolved well below the band and not falling.

    Healthy runs begin there and leave, so warm-up and the first part of a plan are not asked; what passes through the
    band on its way down shows its fall. Where an accuracy is logged it has to agree. Preference pairs start at ln 2 by
    design: there the margins have to stand still, too. An evaluation is at chance above ln V, which no working model
    reaches, or above ln K with an accuracy of 1 / K, whatever training does. So is a held-out accuracy that has been
    the share of one class all along, to the last digit, and that of pairs which a coin tells apart as well; and a
    training accuracy that has been one in K all along, beside a loss in another unit.
    """

    id = "at-chance"
    title = "停在随机猜测水平"
    severity = Severity.WARNING
    meaning = "loss 长期停在随机猜的水平（ln 2、ln 类别数、ln 词表），或评估准确率等于总猜一类：没学到东西。"
    clears = "loss 降到明显低于随机水平并稳住"
    mistaken_for = "难任务开头会长时间停在随机水平再突然降；偏好训练本就从 ln 2 起步"
    impact = Impact.UNUSABLE
    wastes_time = True
    explained_by = ("lr-zero", "masked-nan", "divergence", "loss-jump")

    band: Nats = 0.012  # below the level of two classes
    band_share: Share = 0.006  # the same of a larger level
    over_multiple: Times = 2.5  # of the band, above the level: guessing too surely costs more than guessing
    settled_progress: PlanShare = 0.08
    agreed_progress: PlanShare = 0.04  # where an accuracy says the same
    settled_points: Records = 60  # where no plan is known
    settled_epochs: Times = 3.0  # passes over the data do as well
    critical_progress: PlanShare = 1 / 3
    batch_epochs: Times = 10.0  # passes over the data in which pairs of a batch would have been told apart
    pair_band: Nats = 0.003
    pair_start: Share = 0.1  # of its first three records, either way
    pair_progress: PlanShare = 0.2
    frozen_points: Records = 20  # of a pair loss that is the very same number
    moved_sigmas: Sigmas = 3.0  # of a mean margin above 0: it learns, slowly
    unigram_band: Nats = 0.5  # below the entropy of single tokens
    unigram_progress: PlanShare = 0.2  # masked language models rest there at first, and leave
    noise_band: Share = 0.02
    noise_points: Records = 30
    rest_points: Records = 10  # at the level, and at half of the highest lr
    language_band: Nats = 0.05
    language_hold: Evals = 3
    language_share: Share = 0.8  # of ln V: below it the evaluation works
    class_hold: Evals = 8
    left_multiple: Times = 4.0  # of the band, below the level: it has learnt

    def impact_of(self, finding: Finding, *, of_eval: bool) -> Impact:
        return Impact.IN_DOUBT if of_eval else self.impact

    def use(self, result: Result) -> str | None:
        return "还不能判断" if result.of_eval else None

    def tracks(self, view: View) -> Iterable[Track]:
        loss, evaluation = view.role("loss"), view.role("eval_loss")
        if loss is not None and len(loss):
            yield self._train(view, loss)
        if evaluation is not None and len(evaluation):
            yield self._eval(view, evaluation)
        for answers in constant_answers(view):
            yield self._constant(view, answers)
        for even in even_shares(view):
            yield self._even(view, even)
        for pairs in held_out_pairs(view):
            yield self._held_out(view, pairs)

    # Training

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
        left = self.left_multiple * rolling.take_or(np.array([level.band for level in levels]), at, 0.0)
        value = rolling.take_or(np.array([level.value for level in levels]), at, -np.inf)
        now = points.median(10, least=3)

        def level_of(j: int) -> _Level:
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
            words=lambda m: self._words(view, points, level_of(m.raised), m),
        )

    def _levels(self, view: View, points: Points) -> list[_Level]:
        accuracies = Accuracies(view, points)
        stated = classes(view.facts)
        told = accuracies.classes() if stated is None else None
        out = []
        single = ~view.is_family(points, *OTHER_LOSSES) & self._single(view, points)
        for k in sorted({2, *(x for x in (stated, told[0] if told else None) if x is not None)}):
            value = float(np.log(k))
            band = max(self.band, self.band_share * value)
            agrees, known = accuracies.agree(k), accuracies.known
            asked = single & self._due(view, points, np.where(agrees, self.agreed_progress, self.settled_progress))
            asked &= agrees | ~known
            if k == 2 and stated != 2:  # nobody says that there are two
                asked &= (stated is None) & (agrees | ~view.is_family(points, *LANGUAGE))
            elif told is not None and k == told[0]:
                asked &= agrees & (np.arange(len(points)) >= told[1])
            look = partial(_dwell, points, value, band, self.over_multiple * band)
            out.append(_Level(value, f"ln {k}", band, asked, look))
        out += self._batch(view, points)
        out += self._pairs(view, points)
        out.append(self._language(view, points))
        out.append(self._frequencies(view, points))
        out.append(self._noise(view, points))
        out.append(self._no_action(view, points))
        return out

    def _batch(self, view: View, points: Points) -> list[_Level]:
        """Of a batch: each is as near to any other as to its own. So many passes are no warm-up, however planned."""
        choices = batch_choices(view, points)
        if not choices:
            return []
        asked = ~view.is_family(points, *OTHER_LOSSES) & self._single(view, points)
        passes, size, batch = view.epochs(points), view.facts.data_size, view.facts.whole_batch
        if size is not None and batch is not None:
            passes = np.fmax(passes, points.at * batch / size)
        asked &= self._due(view, points, np.full(len(points), self.settled_progress)) | (passes >= self.batch_epochs)
        levels = [(f"ln {n}", float(np.log(n))) for n in choices]
        return [
            _Level(
                value,
                called,
                self.band_share * value,
                asked,
                partial(_dwell, points, value, self.band_share * value, self.over_multiple * self.band_share * value),
                advice="先查重复或雷同的样本，再加大 batch、从预训练权重起训",
            )
            for called, value in levels
        ]

    def _pairs(self, view: View, points: Points) -> list[_Level]:
        """Of two answers to the same question: no margin has grown. Over the batches of one step the loss may be
        summed, or divided by their number twice."""
        asked = view.is_family(points, Family.PREFERENCE)
        if asked.any():
            asked &= self._undecided(view, points)
        k = view.facts.accumulation or 1
        scales = {"ln 2": 1.0} | ({f"ln 2/{k}": 1 / k, f"ln 2×{k}": float(k)} if k > 1 else {})
        return [self._pairs_at(points, called, scale, asked) for called, scale in scales.items()]

    def _pairs_at(self, points: Points, called: str, scale: float, asked: Bools) -> _Level:
        value, band = scale * float(np.log(2)), scale * self.pair_band
        if scale != 1.0:  # it began there: what has come down to a fifth of ln 2 has learnt
            first = points.x[:3]
            asked = asked & bool(len(first) == 3 and abs(rolling.median(first) / value - 1) < self.pair_start)
        return _Level(
            value,
            called,
            band,
            asked,
            partial(_dwell, points, value, band, scale * 4 * self.band),
            Severity.CRITICAL,
            "先查回答是否被截断或全被屏蔽，再看 lr 与 beta",
        )

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
        due = np.asarray(frozen) | self._due(view, points, np.full(len(points), self.pair_progress))
        return np.asarray(due & ~moved & Accuracies(view, points).pairs_undecided())

    def _language(self, view: View, points: Points) -> _Level:
        value, called = self._of_vocabulary(view)
        asked = view.is_family(points, *LANGUAGE)
        if not {"lm"} & taken_apart(points.key).bag and vocabulary(view.facts) is None:
            asked &= view.is_family(points, Family.PRETRAINING) | self._speaks(view, points)
        if asked.any():
            asked &= self._due(view, points, np.full(len(points), self.settled_progress))
        return _Level(
            value,
            called,
            self.language_band,
            asked,
            partial(_dwell, points, value, self.language_band, np.inf),
            Severity.CRITICAL,
            "先查 tokenizer 与 label 是否错位，再看 lr 与初始化",
        )

    def _frequencies(self, view: View, points: Points) -> _Level:
        """Of a language model that has learnt how frequent each token is and not what stands before it. The entropy of
        single tokens is 7.3 to 7.8 nats with the vocabularies in use; what attends to anything is soon below."""
        value, _ = self._of_vocabulary(view)
        above = value - self.language_band - UNIGRAM
        asked = view.is_family(points, Family.PRETRAINING) & (value >= np.log(SMALLEST_VOCABULARY))
        asked &= vocabulary(view.facts) is not None or bool({"lm"} & taken_apart(points.key).bag)
        if asked.any():
            asked &= self._due(view, points, np.full(len(points), self.unigram_progress))
            # So wide a band is passed through slowly, too.
            now, index = points.median(10), np.arange(len(points))
            asked &= now > now[np.minimum((index + 1) // 3 + 9, index)] - self.language_band
        return _Level(
            UNIGRAM,
            "词频熵",
            self.unigram_band,
            asked,
            lambda: dwell(points.x, UNIGRAM, self.unigram_band, above),
            advice="先查注意力 mask 与位置编码、label 错位，再看 lr 与初始化",
            guess="只按词频猜",
        )

    def _noise(self, view: View, points: Points) -> _Level:
        """Noise of variance 1 that is predicted as 0."""
        of_noise = view.is_family(points, Family.DIFFUSION)
        if any(
            {"vlb", "simple"} & taken_apart(k).bag and view.logged_by_third_point(k, points) for k in view.roles.kinds
        ):
            of_noise = np.ones(len(points), dtype=bool)
        asked = of_noise & (np.arange(len(points)) >= self.noise_points)
        if asked.any():
            asked &= self._due(view, points, np.full(len(points), self.settled_progress))
        look = partial(_dwell, points, 1.0, self.noise_band, self.noise_band)
        return _Level(
            1.0,
            "噪声方差 1",
            self.noise_band,
            asked,
            look,
            Severity.WARNING,
            "先查 lr 大小、条件输入与 latent 缩放",
            "什么都没预测",
        )

    def _no_action(self, view: View, points: Points) -> _Level:
        """Velocities between noise and normalised actions: 1 is left of them where nothing of the action is known.
        A note, since it may be on its way through, slowly."""
        named = any(FLOWS & set(words(view.facts.text(key))) for key in ("policy_type", "policy"))
        asked = view.is_family(points, Family.VLA) & named
        lr = view.role("lr")
        if asked.any() and lr is not None and len(lr):  # at an lr that is worth something for as long
            peak = max(view.facts.lr or 0.0, 1e-300)
            high = (lr.x >= 0.5 * np.maximum(rolling.running_max(lr.x), peak)).astype(np.float64)
            asked &= rolling.take_or(rolling.sustained(high > 0, self.rest_points), view.latest(points, lr), False)
        look = partial(rest, points.x, 1.0, self.noise_band, self.rest_points)
        return _Level(
            1.0, "动作方差 1", self.noise_band, asked, look, Severity.INFO,
            "先核对动作归一化统计、维度与补零，再看相机与 state 键", "没预测动作",
        )  # fmt: skip

    def _due(self, view: View, points: Points, progress: Floats) -> Bools:
        """(n,) learning should have shown by now: past warm-up, with the lr no longer rising."""
        done, passed = view.progress(points), view.epochs(points) >= self.settled_epochs
        late = np.where(np.isnan(done), (np.arange(len(points)) >= self.settled_points) | passed, done >= progress)
        return np.asarray(late & points.once("lr has risen", lambda: self._risen_lr(view, points)))

    def _risen_lr(self, view: View, points: Points) -> Bools:
        """(n,) past warm-up, with the lr no longer rising."""
        past, lr = view.past_warmup(points, 1.3), view.role("lr")
        if lr is None or not len(lr):
            return past
        index = np.arange(len(points))
        peak = rolling.take_or(rolling.running_max(lr.x), view.latest(points, lr), 0.0)
        return np.asarray(past & (peak <= 1.02 * peak[index - (index + 1) // 5]))

    def _single(self, view: View, points: Points) -> Bools:
        """(n,) no column is known yet that only a loss of several terms has beside it."""
        begun = (int(c.rows[0]) for k, c in view.history.columns.items() if taken_apart(k).stems & SEVERAL_TERMS)
        return np.asarray(points.rows < min(begun, default=len(view.history)))

    def _speaks(self, view: View, points: Points) -> bool:
        """Columns that only a language model logs."""
        of_text = {"ppl", "perplexity", "tokens", "token", "seqlen"}
        return any(taken_apart(k).bag & of_text and view.logged_by_third_point(k, points) for k in view.roles.kinds)

    def _of_vocabulary(self, view: View) -> tuple[float, str]:
        size = vocabulary(view.facts)
        return float(np.log(size or SMALLEST_VOCABULARY)), f"ln {size}" if size else "ln 32000"

    # Evaluation

    def _eval(self, view: View, points: Points) -> Track:
        """At ln V (less its band) or above, three times; or at ln K or above with an accuracy of 1 / K, eight times."""
        value, called = self._of_vocabulary(view)
        train = self._beside(view, points)
        a_loss = points.kind.name == "eval_loss"  # no error, no distance
        language = view.is_family(points, *LANGUAGE) & (points.x >= value - self.language_band) & a_loss
        language &= ~(train >= self.language_share * value)
        k = classes(view.facts)
        told = np.zeros(len(points), dtype=bool)
        if k is not None:
            single = ~view.is_family(points, *OTHER_LOSSES) & self._single(view, points)
            band = max(self.band, self.band_share * float(np.log(k)))
            told = a_loss & single & (points.x >= np.log(k) - band) & Accuracies(view, points, held_out=True).agree(k)
            # Where training is at chance, too, that is what is told; but one class for every sample is told at once.
            told &= ~(train >= np.log(k) - band) | Accuracies(view, points, held_out=True).stuck(k)
        of_classes = rolling.sustained(told, self.class_hold)
        firing = rolling.sustained(language, self.language_hold) | of_classes
        limit = value if k is None else min(value, float(np.log(k)))
        done = view.progress(points)
        severity = np.where(of_classes & (done >= self.critical_progress), Severity.CRITICAL, Severity.WARNING)
        level = points.median(3)
        by_class = rolling.carried(np.where(firing, of_classes, np.nan))
        hold = np.where(of_classes, self.class_hold, self.language_hold)

        def words(m: Moment) -> Words:
            said = f"ln {k}" if by_class[m.raised] == 1 else called
            return self._eval_words(view, points, said, by_class[m.raised] == 1, m)

        return track(
            points,
            firing=firing,
            clearing=lambda: level < self.language_share * limit,
            severity=lambda: severity.astype(np.int64),
            onset=lambda j: max(0, j - int(hold[j]) + 1),
            recovery=lambda: Recovery(level, (1 - self.language_share) * limit),
            words=words,
        )

    def _constant(self, view: View, answers: ConstantAnswers) -> Track:
        """The accuracy of one class for all, whatever the loss of guessing is."""
        points = answers.points
        firing = answers.said & ~view.is_family(points, *OTHER_LOSSES) & view.past_warmup(points)
        return track(
            points,
            firing=firing,
            clearing=lambda: ~answers.there,
            severity=Severity.WARNING,
            onset=answers.since,
            recovery=lambda: Recovery(answers.there.astype(np.float64), 0.5),
            words=lambda m: self._constant_words(answers, m),
        )

    def _even(self, view: View, even: EvenShare) -> Track:
        """A training accuracy of one in K all along, whatever the loss of guessing is."""
        points = even.points
        return track(
            points,
            firing=even.said & ~view.is_family(points, *OTHER_LOSSES) & view.past_warmup(points),
            clearing=lambda: ~even.there,
            severity=Severity.WARNING,
            onset=lambda j: 0,
            recovery=lambda: Recovery(even.there.astype(np.float64), 0.5),
            words=lambda m: self._even_words(even, m),
        )

    def _held_out(self, view: View, pairs: HeldOutPairs) -> Track:
        """Held-out pairs told apart no better than by a coin; a note where it is a little better, and never rose."""
        points = pairs.points
        guessed = pairs.guessed & view.past(points, self.pair_progress, self.class_hold) & view.past_warmup(points)
        poor = pairs.poor & view.past(points, 0.5, 2 * self.class_hold)
        level = rolling.rolling_median(pairs.share, 3)
        return track(
            points,
            firing=guessed | poor,
            clearing=lambda: ~(guessed | poor),
            severity=lambda: np.where(guessed, Severity.WARNING, Severity.INFO).astype(np.int64),
            onset=pairs.since,
            recovery=lambda: Recovery(-level, 0.05),
            words=lambda m: self._held_out_words(pairs, m),
        )

    def _beside(self, view: View, points: Points) -> Floats:
        """(n,) the level of the train loss at each evaluation; NaN where there is none."""
        loss = view.role("loss")
        if loss is None:
            return np.full(len(points), np.nan)
        return rolling.take_or(loss.median(5), view.latest(points, loss), np.nan)

    # Words

    def _words(self, view: View, points: Points, level: _Level, m: Moment) -> Words:
        called, now = in_title(points.kind), rolling.median(points.x[max(0, m.now - 9) : m.now + 1])
        evidence = {"limit": level.value, "now": now, "mean": float(level.seen.mean[m.raised])}
        if m.over:
            return Words(f"{called} 已低于随机水平", f"现 {num(now)}，随机猜 {num(level.value)}", "", "确定", evidence)
        done = float(view.progress(points)[m.now])
        how = ran(done) if np.isfinite(done) else f"已 {m.now + 1} 次记录"
        about = "≈" if abs(now - level.value) < 3 * level.band else "，不低于 "
        guessed = level.guess
        said = f"{how}，{called} 停在 {num(now)}{about}{level.called}：等于{guessed}"
        accuracy = Accuracies(view, points).level_at(m.now)
        if accuracy is not None and level.top is Severity.CRITICAL:
            said += f"（{accuracy[0]} {num(accuracy[1])}）"
        title = f"{called} 停在 {level.called}（随机猜）" if guessed == "随机猜" else f"{called} 停在{level.called}"
        if len(title) > 20:
            title = f"{called} 停在随机猜的水平"
        return Words(title, said, level.advice, "很可能", evidence)

    def _constant_words(self, answers: ConstantAnswers, m: Moment) -> Words:
        points, evals = answers.points, m.now - m.onset + 1
        called, now, since = of_evaluation(points.kind), float(points.x[m.now]), int(points.at[m.onset])
        evidence = {"now": now, "evals": evals, "since": since}
        if m.over:
            return Words(titled(called, " 又有变化"), f"现 {num(now)}", "", "确定", evidence)
        if not answers.there[m.now]:  # on its way back, and not yet for long
            first = float(points.x[m.raised])
            return Words(
                titled(called, f" 曾恒为 {num(first)}"),
                f"第 {since} 步起停在 {num(first)}，现 {num(now)}，刚有变化",
                "再看几次评估与各类 recall",
                "仅提示",
                evidence,
            )
        training = float(answers.training[m.now])
        beside = f"，训练 {num(training)}" if np.isfinite(training) else ""
        still = "一位不变" if answers.frozen[m.now] else f"都在 {num(now)} 附近，loss 等于只知各类占比"
        return Words(
            titled(called, f" {'恒为' if answers.frozen[m.now] else '停在'} {num(now)}"),
            f"第 {since} 步起 {evals} 次评估{still}{beside}：疑对所有样本判同一类",
            "看混淆矩阵与各类 recall；先用少量样本试过拟合",
            "很可能",
            evidence,
        )

    def _even_words(self, even: EvenShare, m: Moment) -> Words:
        now = float(even.points.x[m.now])
        evidence = {"now": now, "classes": even.classes, "records": m.now + 1}
        if m.over or not even.there[m.now]:
            return Words("训练准确率又有变化", f"现 {num(now)}，{even.classes} 类", "", "确定", evidence)
        return Words(
            "训练准确率停在随机猜",
            f"从第一次起 {m.now + 1} 次记录都在 {num(now)} 附近，{even.classes} 类等于没学",
            "先用少量样本试过拟合，再查 lr、标签与输出是否恒定",
            "很可能",
            evidence,
        )

    def _held_out_words(self, pairs: HeldOutPairs, m: Moment) -> Words:
        points, since = pairs.points, pairs.since(m.now)
        now, loss = float(points.x[m.now]), float(pairs.loss[m.now])
        mean = float(np.mean(points.x[since : m.now + 1]))
        evidence = {"now": now, "mean": mean, "evals": m.now + 1, "eval_loss": loss if np.isfinite(loss) else None}
        if m.over:
            return Words("评估准确率已有提升", f"现 {num(now)}", "", "确定", evidence)
        beside = f"，评估 loss {num(loss)}（随机猜 0.693）" if np.isfinite(loss) else ""
        if m.severity < Severity.WARNING:
            return Words(
                "评估准确率一直没提升",
                f"{m.now + 1} 次评估 {num(float(points.x[0]))}→{num(now)}{beside}",
                "以准确率为准，不看 loss；抽查标注是否一致，再加数据",
                "仅提示",
                evidence,
            )
        return Words(
            "评估准确率与随机猜无异",
            f"近 {m.now - since + 1} 次评估平均 {num(mean)}{beside}",
            "核对模板、mask 与截断是否同训练，再看 lr 与精度",
            "很可能",
            evidence,
        )

    def _eval_words(self, view: View, points: Points, level: str, by_class: bool, m: Moment) -> Words:
        called, now = of_evaluation(points.kind), float(points.x[m.now])
        evidence = {"now": now, "since": int(points.at[m.onset])}
        if m.over:
            return Words(f"{called} 已好于随机", f"现 {num(now)}", "", "确定", evidence)
        other = float(self._beside(view, points)[m.now])
        beside = f"，训练 {num(other)}" if np.isfinite(other) else ""
        accuracy = Accuracies(view, points, held_out=True).level_at(m.now) if by_class else None
        beside += f"，{accuracy[0]} {num(accuracy[1])}" if accuracy is not None else ""
        return Words(
            f"{called} 不好于随机猜",
            f"第 {int(points.at[m.onset])} 步起 {called} {num(now)}，不低于 {level}{beside}",
            "先核对评估数据、标签与预处理是否同训练" if by_class else "先核对评估的 label、模板与 packing 是否同训练",
            "很可能",
            evidence,
        )


def _dwell(points: Points, level: float, below: float, above: float) -> Dwell:
    return dwell(points.x, level, below, above, points.plain_noise)
