"""A rate that stays at 0, or near it: of what is done or found, and of what is recognised, as its errors say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.arrays.order_statistics import expected_max_z
from analysis.arrays.trend import trend
from analysis.columns.captions import in_title
from analysis.columns.family import Family
from analysis.columns.names import taken_apart, words
from analysis.columns.vocabulary import SUCCESS
from analysis.diagnoses.learning.patience import Patience, done
from analysis.figures import num, pct
from analysis.model import Bools, Floats, Severity, Words
from analysis.scan.judges import WORTH, as_rate, counted_std, of_expert, of_returns, task_error
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Evals, Level, PlanShare, Records, Sigmas
from analysis.scan.view import Points, View

# Rates of what is found or done, 0 where nothing is. Accuracy is none: chance is 1e-3 of a thousand classes; nor are
# exact matches and the like, which a language model may reach late and at once.
FROM_ZERO = SUCCESS | {"coco", "map", "ap", "iou", "miou", "dice", "recall", "precision", "f1"}
MOST_ERRORS = 3.0  # of a rate of errors: above it it is in per cent; insertions carry a share past 1
TAKES_OFF = 2.0  # times the stretch before
POOREST = 0.01  # of a rate, or of what an expert has: near 0
RECENT = 3  # evaluations that say where a rate stands
LITTLE_TEMPERATURE = 0.05  # of the first one: a soft actor-critic explores no more by itself


@dataclass(frozen=True, eq=False)
class _Luck:
    """An agent's rate of success beside what its first records had by chance, (n,) each.

    only   it is no better than that
    better it has been better for a whole stretch, or worth something
    best   the best stretch so far
    """

    only: Bools
    better: Bools
    best: Floats


@dataclass(frozen=True)
class RateStands(Patience):
    zero_progress: PlanShare = 1 / 3  # before a rate that never left 0 is reported: detectors find something in 5 %
    offline_progress: PlanShare = 0.1  # of an agent that explores nothing
    max_zero_rate: Level = 1e-3  # of a rate, or of a per cent
    lucky_window: Records = 20  # of a rate that is not 0, in a stretch
    hopeless_evals: Evals = 10  # all wrong, of a run that has ended
    risen_sigmas: Sigmas = 3.0  # beyond the expected maximum: it has risen

    def of_rates(self, view: View) -> Iterator[Track]:
        score = view.role("eval_score")
        error = _words_wrong(view) or task_error(view) or view.role("eval_loss")
        if score is not None and not of_returns(score) and (of_expert(score) or _starts_at_zero(score)):
            yield self._rate_track(view, score)
        if error is not None and {"wer", "cer"} & set(words(error.key)):
            yield self._error_track(view, error)

    def _rate_track(self, view: View, score: Points) -> Track:
        """A rate that never left 0, whatever the losses do. Info of an agent: a rare reward is found late; a warning
        where it succeeds now and then from the first record on, by luck, and never learns to do so more often.
        """
        high = rolling.running_max(score.x)
        share = score.x / np.where(high > 1, 100.0, 1.0)
        agent = view.is_family(score, Family.RL)
        never = np.zeros(len(score), dtype=bool)
        luck = self._luck(view, score) if agent.any() else _Luck(never, never, high)
        little = self._little(view, score)
        none = (high <= self.max_zero_rate) & (rolling.running_min(score.x) >= 0)
        eligible = view.past(score, self.zero_progress, self.score_evals)
        eligible &= np.arange(len(score)) >= self.zero_evals - 1
        enough = np.arange(len(score)) >= self.score_evals  # of a run that is over: no more of them will come

        def over() -> Bools:
            # A detector that finds one box in a hundred has not begun to work: it is over once something does. An
            # agent's rate may rise above its luck earlier.
            works = rolling.sustained(_recent(share) > WORTH, self.hold)
            works &= ~np.maximum.accumulate(luck.only)  # three lucky records in a row are no more than luck
            return np.asarray(works | (agent & ~none & luck.better & ~luck.only))

        return track(
            score,
            firing=(none & eligible & _starts_at_zero(score)) | luck.only | little | self._poor(view, score, share),
            clearing=over,
            severity=lambda: np.select(
                [luck.only & view.at_end(score) & enough, agent & ~luck.only & ~little],
                [Severity.CRITICAL, Severity.INFO],
                Severity.WARNING,
            ).astype(np.int64),
            onset=lambda j: 0,
            words=lambda m: (
                _lucky_words(view, score, luck.best, m)
                if luck.only[m.raised]
                else self._rate_words(view, score, high, m)
            ),
        )

    def _little(self, view: View, score: Points) -> Bools:
        """(n,) an agent that explores nothing is worth next to nothing, evaluation after evaluation."""
        if not view.facts.offline:
            return np.zeros(len(score), dtype=bool)
        stretch = rolling.rolling_mean(score.x / as_rate(score), self.zero_evals, least=self.zero_evals)
        best = rolling.running_max(stretch)
        far = view.progress(score) >= self.offline_progress
        return np.asarray(far & (best < POOREST) & view.is_family(score, Family.RL))

    def _poor(self, view: View, score: Points, share: Floats) -> Bools:
        """(n,) what is found in pictures is less than one in ten at best, half of the plan is over, and it has come to
        rest there. Not of a recommender, for which that is much: a loss of boxes, or an overlap, says what it is."""
        boxes = {"box", "bbox", "dfl", "giou", "objectness", "obj"}
        detects = any(
            taken_apart(k).stems & boxes and view.logged_by_third_point(k, score) for k in view.roles.kinds
        ) or bool(taken_apart(score.key).stems & {"iou", "miou", "dice"})
        best = rolling.running_max(_recent(share))
        enough = np.arange(len(score)) >= 2 * self.zero_evals - 1
        asked = enough & (best < WORTH) & view.past(score, self.half_progress, 3 * self.zero_evals)
        asked &= detects & ~view.is_family(score, Family.RL)
        out = np.zeros(len(score))
        looked = rolling.log_spaced(len(score))
        for j in np.flatnonzero(looked & asked).tolist():
            part = share[(j + 1) // 2 : j + 1]
            out[j] = trend(part).below(self.z_threshold)
        return asked & (rolling.carried(np.where(looked, out, np.nan)) > 0)

    def _luck(self, view: View, score: Points) -> _Luck:
        w = self.lucky_window
        stretch = rolling.rolling_mean(score.x, w, least=w)
        best = rolling.filled(rolling.running_max(stretch))
        start = stretch[w - 1] if len(stretch) >= w else np.nan
        luck = expected_max_z(np.arange(2, len(score) + 2)) + self.risen_sigmas
        sigma = np.maximum(rolling.noise(score.x, 60), rolling.rolling_mad(score.x, 60)) / np.sqrt(w)
        sigma = np.maximum(sigma, counted_std(view, score) / np.sqrt(w))
        worth = WORTH * as_rate(score)
        risen = (start > worth) | (best - start > luck * sigma)  # the former may be flat at its ceiling
        due = view.past(score, self.zero_progress, self.unplanned_points) & (np.arange(len(score)) >= 2 * w)
        succeeds = bool(taken_apart(score.key).stems & SUCCESS) & (rolling.running_max(score.x) > self.max_zero_rate)
        # What is left of the plan does not make much of a rate below a tenth, unless it is just taking off.
        poor = (view.progress(score) > self.mostly_progress) & (best < worth)
        poor &= stretch < TAKES_OFF * rolling.before(stretch, w)
        lucky = due & (~risen | poor) & succeeds & view.is_family(score, Family.RL)
        # A quiet hour does not make a lucky stretch of a louder one before it any more certain.
        loudest = rolling.running_max(rolling.filled(sigma))
        better = rolling.sustained((start > worth) | (stretch - start > luck * loudest), w)
        only = rolling.sustained(lucky, self.hold) | (lucky & view.at_end(score))
        return _Luck(only, better | (len(score) < w), best)

    def _rate_words(self, view: View, score: Points, high: Floats, m: Moment) -> Words:
        called, best = in_title(score.kind), float(high[m.now])
        evidence = {"best": best, "evals": m.now + 1}
        if m.over:
            return Words(f"{called} 已有起色", f"现 {num(float(score.x[m.now]))}", "", "确定", evidence)
        advice = "先核对标签与输入对齐、输出归一化与评估口径"
        if best > self.max_zero_rate:
            return Words(
                f"{called} {'一直很低' if best > POOREST else '仍接近 0'}",
                f"{done(view, score, m)}，{m.now + 1} 次评估最高 {num(best)}，现 {num(float(score.x[m.now]))}",
                "先核对 reward 是否要平移或归一化，再看数据" if view.facts.offline else advice,
                "很可能",
                evidence,
            )
        top = f"最高 {num(best)}" if best > 0 else "全为 0"
        return Words(
            f"{called} 一直为 0", f"{done(view, score, m)}，{m.now + 1} 次评估{top}", advice, "很可能", evidence
        )

    def _error_track(self, view: View, error: Points) -> Track:
        """Nine words in ten are wrong from the first evaluation on, half of the plan through: it recognises nothing."""
        right = 1 - error.x / np.where(rolling.running_max(error.x) > MOST_ERRORS, 100.0, 1.0)
        level = _recent(right)
        best = rolling.running_max(level)
        enough = np.arange(len(error)) >= self.zero_evals - 1
        eligible = enough & view.past(error, self.half_progress, 2 * self.zero_evals)
        firing = (best < WORTH) & eligible
        # What was recognised before is gone: nothing has come of it in so many, and the loss of it is higher.
        lost = view.at_end(error) & (np.arange(len(error)) >= self.hopeless_evals - 1) & _loss_ended_higher(view, error)
        return track(
            error,
            firing=firing & ~self._letters_come(view, error, firing),
            clearing=lambda: rolling.sustained(level > 2 * WORTH, self.hold),
            severity=lambda: np.where(lost, Severity.CRITICAL, Severity.WARNING).astype(np.int64),
            onset=lambda j: 0,
            words=lambda m: _error_words(view, error, m),
        )

    def _letters_come(self, view: View, error: Points, asked: Bools) -> Bools:
        """(n,) errors of letters or tokens still become fewer: what is on its way gets these right before a word."""
        out = np.zeros(len(error), dtype=bool)
        for key in view.keys("eval_error"):
            if key == error.key or not {"cer", "ter"} & set(words(key)) or not asked.any():
                continue
            finer = view.column(key)
            at = view.latest(error, finer)
            looked, fewer = rolling.log_spaced(len(error)) & asked, np.full(len(error), np.nan)
            for j in np.flatnonzero(looked & (at >= 0)).tolist():
                fewer[j] = trend(finer.x[(at[j] + 1) // 2 : at[j] + 1]).below(-self.z_threshold)
            out |= rolling.carried(fewer) > 0
        return out


def _starts_at_zero(score: Points) -> bool:
    return bool(taken_apart(score.key).stems & FROM_ZERO)


def _words_wrong(view: View) -> Points | None:
    """A rate of wrong words, whatever other error rates are logged beside it: letters may be right where no word is."""
    keys = [k for k, kind in view.roles.kinds.items() if kind.group == "eval" and "wer" in words(k)]
    first = view.history.columns
    return view.column(min(keys, key=lambda k: (int(first[k].rows[0]), k))) if keys else None


def _loss_ended_higher(view: View, error: Points) -> Bools:
    """(n,) the last evaluations have a higher loss than the first, in more than noise."""
    loss = view.role("eval_loss")
    if loss is None or loss.key == error.key or len(loss) < 2 * RECENT:
        return np.zeros(len(error), dtype=bool)
    chance = 2 * eval_noise.scatter(loss.x, len(loss))
    higher = rolling.rolling_median(loss.x, RECENT, least=RECENT) > loss.x[:1] + chance
    return rolling.take_or(np.asarray(higher), view.latest(error, loss), False)


def _recent(share: Floats) -> Floats:
    """(n,) where a rate stands."""
    return rolling.rolling_median(share, RECENT, least=RECENT)


def _lucky_words(view: View, score: Points, best_stretch: Floats, m: Moment) -> Words:
    called, best = in_title(score.kind), float(best_stretch[m.now])
    evidence = {"best": best, "evals": m.now + 1}
    if m.over:
        return Words(f"{called} 已开始上升", f"现 {num(float(score.x[m.now]))}", "", "确定", evidence)
    coef, advice = view.role("temperature"), "先核对 reward 与目标是否可达，再看探索和观测"
    now = coef.value(int(score.rows[m.now])) if coef is not None else None
    if coef is not None and now is not None and now < LITTLE_TEMPERATURE * coef.x[0]:
        advice = f"温度已降到 {num(now)}，先改成固定的 ent_coef 再试"
    return Words(
        f"{called} 一直没涨",
        f"{done(view, score, m)}，最好的一段也只有 {pct(best)}，与开头的偶然成功相差无几",
        advice,
        "很可能",
        evidence,
    )


def _error_words(view: View, error: Points, m: Moment) -> Words:
    called, now = in_title(error.kind), float(error.x[m.now])
    best = float(np.min(error.x[: m.now + 1]))
    evidence = {"best": best, "now": now, "evals": m.now + 1}
    if m.over:
        return Words(f"{called} 已有起色", f"现 {num(now)}", "", "确定", evidence)
    loss = view.role("eval_loss") if m.severity is Severity.CRITICAL else None
    higher = "" if loss is None else f"；评估 loss 反而 {num(float(loss.x[0]))}→{num(float(loss.x[-1]))}"
    return Words(
        f"{called} 一直没降下来",
        f"{done(view, error, m)}，{m.now + 1} 次评估最低 {num(best)}，现 {num(now)}：几乎全错{higher}",
        "先核对 lr、语言与 tokenizer；微调先与未调的模型比",
        "很可能",
        evidence,
    )
