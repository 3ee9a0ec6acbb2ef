"""A training loss that stands where it began, repeats itself value by value, or has come to rest where a model that
knows nothing has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.arrays import rolling
from analysis.arrays.trend import trend
from analysis.arrays.unfallen import creeps, repeated, still, trend_error, unfallen
from analysis.arrays.unrisen import WINDOW
from analysis.columns.captions import in_title
from analysis.columns.family import Family
from analysis.diagnoses.learning.loss_at_the_end import OF_LEARNT_WEIGHTS, LossEnds, frozen_words
from analysis.diagnoses.learning.patience import done
from analysis.figures import num
from analysis.model import ROUND, Bools, Certainty, Floats, Ints, Severity, Words
from analysis.scan.begun import begun_before
from analysis.scan.blank_answers import BlankAnswer, blank_answer
from analysis.scan.contrastive import contrastive, retriever
from analysis.scan.eval_moves import eval_moves
from analysis.scan.judges import as_rate, of_outputs
from analysis.scan.track import Moment, Track, track
from analysis.scan.training_score import training_score
from analysis.scan.tuned import tuned
from analysis.scan.units import Ln, PlanShare, Records, Share, Sigmas, Steps, Times
from analysis.scan.view import Points, View

# nats: ln of the 30,000 words of the smallest vocabularies in use, and of the 260,000 of the largest with some to spare
FIRM = 4.0  # times the noise of one record of an accuracy
CHANCE_OF_WORDS, MOST_OF_WORDS = 10.3, 13.0


@dataclass(frozen=True)
class LossStands(LossEnds):
    settled_progress: PlanShare = 0.12  # before a loss is judged
    settled_points: Records = 60  # the same where planned steps are unknown
    warmup_multiple: Times = 1.3  # times the lr warm-up
    early_min_points: Records = 12  # enough past half of the plan, where nothing at all has moved, by size and by trend
    early_max_fall: Ln = 0.02  # less than this is nothing at all
    untouched_points: Records = 100  # of a language model that has not even learnt which words are frequent
    untouched_steps: Steps = 400  # the same of fewer records
    untouched_fall: Ln = 0.003  # of them, up or down: a thirtieth of a nat
    wordless_steps: Steps = 1000  # past warm-up, after which `early_min_points` that do not fall are enough
    deaf_records: Records = 1000  # of a retriever that is no better than guessing, and as many steps: however low an lr
    deaf_fall: Ln = 0.01  # of them, up or down
    start_fall: Ln = 0.5  # one of the first 4 points stood this far above: it has learnt
    slow_min_fall: Ln = 0.04  # a fall of this much counts where it is `noise_multiple` times the noise of one record
    noise_multiple: Times = 3.0  # times the noise of one record
    known: Share = 0.9  # of its own batches is right: nothing is left that the loss should fall by
    fewer_wrong: Share = 0.2  # of what was wrong in its first record is right now: whatever its loss is divided by
    clear_fall: Ln = 0.2  # below the start: it learns
    certain_z: Sigmas = 3.0  # Mann-Kendall z of a fall that is certain, however often it is looked at

    def of_loss(self, view: View) -> Iterator[Track]:
        points = _judged(view)
        if points is not None and not begun_before(view, points):
            yield self._loss_track(view, points)

    def _loss_track(self, view: View, points: Points) -> Track:
        x = points.log
        now = points.once("level, ln", lambda: rolling.rolling_median(x, 10, least=10))
        start = np.full(len(x), rolling.median(x[:4]) if len(x) >= 4 else np.nan)
        if contrastive(view, points):  # it begins among few others, and rises as there are more
            start = np.fmax(start, rolling.running_max(rolling.filled(now, -np.inf)))
        index = np.arange(len(x))
        firing = rolling.sustained(self._flat(view, points, start, now), self.hold)
        blank = blank_answer(view, points)
        as_blank = np.isfinite(blank.value) if blank is not None else np.zeros(len(x), dtype=bool)
        period = points.once("repeated", lambda: repeated(points.x))
        again = (period > 0) & ~view.is_family(points, Family.RL)
        frozen, never = self.frozen(view, points), self.never_fell(view, points)
        deaf = self._deaf(view, points)
        nothing = rolling.running_max(np.abs(points.x)) == 0
        begun = np.zeros(len(x), dtype=bool)
        if nothing[:10].all():
            begun = rolling.rolling_median(np.abs(points.x), 10) > 0

        def rated() -> Ints:
            learnt = view.is_family(points, *OF_LEARNT_WEIGHTS) | view.facts.pretrained | tuned(view, points)
            # Without a plan nobody knows how little a record is: where each batch is logged, a hundred are a start.
            # Nor do more of them say much, as long as single ones are so loud that a slow fall may hide.
            hides = self.z_threshold * trend_error(points.noise, index) > self.slow_min_fall
            few = (index < self.unplanned_points) | hides
            early = np.isnan(view.progress(points)) & few & ~self._untouched(view, points)
            early |= creeps(x, self.certain_z)  # it learns, if little: of one record a pass, the first had learnt most
            by_itself = np.where((learnt | early | ~firing) & ~again, Severity.INFO, Severity.CRITICAL)
            # No noise hides a fall of what is exactly 0 from its first record on, and nothing begins that near; but a
            # policy that is updated once per batch of rewards has a loss of 0.
            sure = as_blank | (firing & nothing & (view.role("reward") is None))
            rated = np.where(sure, np.maximum(by_itself, Severity.WARNING), by_itself)
            ended = Severity.CRITICAL if len(x) >= self.min_points else Severity.WARNING
            rated = np.where(deaf, Severity.CRITICAL, rated)
            rated = np.where(never, np.maximum(rated, ended), rated)
            return np.where(frozen, Severity.CRITICAL, rated).astype(np.int64)

        return track(
            points,
            firing=firing | again | as_blank | frozen | never | deaf,
            clearing=lambda: (
                (
                    (start - now > self.clear_fall)
                    | creeps(x, self.certain_z, self.slow_min_fall)
                    | points.after_first_negative
                    | begun
                )
                & ~again
                & ~as_blank
                & ~frozen
                & ~never
                & ~deaf
            ),
            severity=rated,
            onset=lambda j: self.frozen_since(points) if frozen[j] and not never[j] else 0,
            words=lambda m: (
                _blank_words(points, blank, m)
                if blank is not None and as_blank[m.now] and not m.over
                else _nothing_words(points, m)
                if nothing[m.now] or (m.over and begun[m.now])
                else frozen_words(view, points, self.frozen_since(points), m)
                if frozen[m.now]
                else _deaf_words(view, points, m)
                if deaf[m.now]
                else _loss_words(view, points, float(start[m.now]), period, m)
            ),
        )

    def _flat(self, view: View, points: Points, start: Floats, now: Floats) -> Bools:
        """(n,) it has not come down, neither since its start nor from any of its first records, and ought to have.

        start  (n,) level of the first four, ln; now (n,) of the last ten
        """
        x = points.log
        # A noisy loss hides a slow fall: the lowest median so far must not have left the start either.
        # A slow fall that noise cannot explain is learning too.
        fallen = start - rolling.running_min(np.where(np.isnan(now), np.inf, now))
        flat = (fallen < self.min_fall) & (fallen < np.maximum(self.slow_min_fall, self.noise_multiple * points.noise))
        flat &= now - start < 3 * self.min_fall
        # A run that is logged rarely may have come down before its second record.
        from_first = (np.max(x[:4]) if len(x) else np.nan) - now
        flat &= from_first < self.start_fall
        # So may one that is logged once an epoch; one that stands at chance since then does not go on falling.
        goes_on = fallen > np.maximum(self.early_max_fall, self.noise_multiple * points.noise)
        flat &= ~(goes_on & (from_first > self.min_fall))
        if flat.any():
            flat &= self._loss_eligible(view, points, fallen) & ~eval_moves(view, points) & ~self._knows(view, points)
            flat = unfallen(
                x,
                points.noise,
                flat,
                fall=self.min_fall,
                z=self.z_threshold,
                slow=self.slow_min_fall,
                certain_z=self.certain_z,
            )
        return flat

    def _knows(self, view: View, points: Points) -> Bools:
        """(n,) of its own batches it gets nearly all right, and did not from the first: that is but one class. Or it
        gets many more right than at its first record, which after a whole epoch has learnt most."""
        own = training_score(view)
        if own is None:
            return np.zeros(len(points), dtype=bool)
        share = own.points.median(WINDOW, least=1) / as_rate(own.points)
        ever = view.history.columns[own.points.key]  # before a resume, too
        lowest = rolling.take_or(rolling.running_min(ever.values), np.searchsorted(ever.rows, own.points.rows), np.nan)
        knows = (share > self.known) & (share - lowest / as_rate(own.points) > 1 - self.known)
        first = own.points.x[:1] / as_rate(own.points)[:1]
        gain = share - (first[0] if len(first) else np.nan)
        fewer = gain > np.maximum(self.fewer_wrong * (1 - first), FIRM * own.noise / as_rate(own.points))
        return rolling.take_or(knows | fewer, view.latest(points, own.points), False)

    def _loss_eligible(self, view: View, points: Points, fallen: Floats) -> Bools:
        """(n,) past the beginning, or soon where a loss has hardly fallen by then; of what has a reason to fall."""
        x, index = points.log, np.arange(len(points))
        eligible = view.past(points, self.settled_progress, self.settled_points)
        eligible &= view.past_warmup(points, self.warmup_multiple)
        soon = (
            (index < self.min_points)
            & (index >= self.early_min_points)
            & (view.progress(points) > self.half_progress)
            & (fallen < self.early_max_fall)
        )
        for j in np.flatnonzero(soon).tolist():
            soon[j] = trend(x[: j + 1]).z > -self.z_threshold
        eligible &= (index >= self.min_points) | soon
        eligible |= self._untouched(view, points)
        # Nothing begins late that has been exactly nothing for a dozen passes over the data.
        nothing = (rolling.running_max(np.abs(points.x)) == 0) & (index >= self.early_min_points - 1)
        for j in np.flatnonzero(nothing & ~eligible).tolist():
            eligible[j] = view.reading.unit(int(points.rows[j])) == ROUND
        # An agent's loss has no reason to fall, nor have those of two networks that play against each other.
        return eligible & ~view.is_family(points, Family.RL, Family.GAN)

    def _deaf(self, view: View, points: Points) -> Bools:
        """(n,) a retriever costs more than guessing among the passages of one batch, and has not moved in a thousand
        updates. The weights that it starts from know their language: they learn what belongs within some hundred."""
        among, n = retriever(view), np.arange(len(points)) + 1
        if among is None:
            return np.zeros(len(points), dtype=bool)
        passed = points.at - points.at[0] if len(points) else points.at
        high = rolling.running_min(rolling.filled(points.median(10, least=10), np.inf)) > np.log(among)
        due = high & (n >= self.deaf_records) & (passed >= self.deaf_records) & rolling.log_spaced(len(points))
        return np.asarray(high & still(points.log, points.noise, due, self.deaf_fall, self.z_threshold))

    def _untouched(self, view: View, points: Points) -> Bools:
        """(n,) a loss as high as guessing among all words has not moved at all in a hundred records, too even for a
        fall to hide: how frequent words are is learnt within the first steps, however small the lr of a warm-up. Of
        fewer records, past it: they rise, if anything, in a thousand steps.
        """
        n = np.arange(len(points)) + 1
        level = rolling.rolling_median(points.x, 10)
        # Of no words is what has been lower: nobody begins by knowing some, and a queue rises as it fills.
        high = (level > CHANCE_OF_WORDS) & (rolling.running_min(points.x) > CHANCE_OF_WORDS - 1)
        high &= not contrastive(view, points)
        passed = points.at - points.at[0] if len(points) else points.at
        enough = (n >= self.untouched_points) | (n >= 2 * self.min_points) & (passed >= self.untouched_steps)
        looked = rolling.log_spaced(len(points))
        out = high & still(points.log, points.noise, high & enough & looked, self.untouched_fall, self.z_threshold)
        few = high & (level < MOST_OF_WORDS) & (n >= self.early_min_points) & (passed >= self.wordless_steps)
        few &= view.past_warmup(points, self.warmup_multiple)
        rises = np.full(len(points), np.nan)
        for j in np.flatnonzero(few & looked).tolist():
            rises[j] = trend(points.log[: j + 1]).z > 0
        return out | few & (rolling.carried(rises) > 0)


def _judged(view: View) -> Points | None:
    """The reconstruction where a KL term is beside it from the start: a total falls when KL alone does."""
    kl, loss = view.role("kl"), view.role("loss")
    if kl is None or loss is None or not view.logged_by_third_point(kl.key, loss):
        return loss
    return view.prefer("component", "loss")


COIN, OF_COIN = float(np.log(2)), 0.002  # the loss of guessing one of two, to the third digit
LITTLE = 0.95  # of what it began with: below that it has come down, if by little


def _deaf_words(view: View, points: Points, m: Moment) -> Words:
    called, among = in_title(points.kind), retriever(view) or 1
    limit = float(np.log(among))
    first, now = rolling.median(points.x[:100]), rolling.median(points.x[max(0, m.now - 99) : m.now + 1])
    return Words(
        f"{called} 停在随机水平，没在学",
        f"{m.now + 1} 次记录 {num(first)}→{num(now)}，一直高于 ln {among}（{num(limit)}）：分不出正负样本",
        "先核对正负样本与标签；若是续训，换回预训练权重重来",
        "很可能",
        {"first": first, "now": now, "limit": limit, "records": m.now + 1},
    )


def _loss_words(view: View, points: Points, start: float, period: Ints, m: Moment) -> Words:
    called = in_title(points.kind)
    first, now = rolling.from_log(start), rolling.median(points.x[max(0, m.now - 9) : m.now + 1])
    lr = view.role("lr")
    logged = lr.value(int(points.rows[m.now])) if lr is not None else None
    evidence = {"first": first, "now": now, "lr_logged": logged, "lr_config": view.facts.lr}
    if m.over:
        return Words(f"{called} 已开始下降", f"{num(first)}→{num(now)}", "", "确定", evidence)
    if period[m.now]:
        return Words(
            f"{called} 逐次重复，参数没更新",
            f"{m.now + 1} 次记录每 {int(period[m.now])} 次完全相同，现 {num(float(points.x[m.now]))}",
            "查 requires_grad 与 optimizer 的参数，是否冻结",
            "很可能",
            evidence,
        )
    rate = f"，lr {num(logged)}" if logged is not None else ""
    score = view.role("eval_score")
    if abs(now - COIN) < OF_COIN and score is not None and of_outputs(score):
        rate = f"（ln 2，等于瞎猜）{rate}"
    certainty: Certainty = "仅提示" if m.severity < Severity.WARNING else "很可能"
    return Words(
        f"{called} {'基本没降' if now > LITTLE * first else '降得很少'}",
        f"{done(view, points, m)}，{called} {num(first)}→{num(now)}{rate}",
        "先看 lr 实际值、可训练参数、输入与标签对齐",
        certainty,
        evidence,
    )


def _nothing_words(points: Points, m: Moment) -> Words:
    called, now = in_title(points.kind), float(points.x[m.now])
    evidence = {"first": 0.0, "now": now, "records": m.now + 1}
    if m.over:
        return Words(f"{called} 已不为 0", f"现为 {num(now)}", "", "确定", evidence)
    return Words(
        f"{called} 一直恰为 0",
        f"{m.now + 1} 次记录全为 0：不是学得好，是没算或没记",
        "先核对 loss 各项有没有算、标签是否全被屏蔽，再看日志",
        "很可能",
        evidence,
    )


def _blank_words(points: Points, blank: BlankAnswer, m: Moment) -> Words:
    value, called = float(blank.value[m.now]), blank.called
    loss = f"{in_title(points.kind)} {num(float(points.x[m.now]))} 已走平"
    return Words(
        f"{called} 与没学时相当",
        f"{called} {num(value)}，约等于{blank.said}的水平；{loss}",
        "先核对输入与标签的对齐、缩放与归一化，再换种子重启",
        "很可能",
        {"now": float(points.x[m.now]), "measured": value},
    )
