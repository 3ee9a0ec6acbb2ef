"""An eval loss that has turned while training still improves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.arrays.valley import FEWEST, Valley, directness, straightness, turn, valley
from analysis.columns.captions import of_evaluation, of_score, short_key
from analysis.columns.family import WEAK_PROXY, Family
from analysis.columns.names import same_quantity
from analysis.facts import checkpoints
from analysis.figures import num, ratio, spaced
from analysis.model import Bools, Finding, Floats, Ints, Severity, Words
from analysis.scan import evidence
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.handful import handful
from analysis.scan.impact import Evaluated, Impact, Result
from analysis.scan.judges import (
    SAMPLERS,
    as_rate,
    bettered,
    goal_at,
    holds,
    judge_at,
    judges,
    lower_is_better,
    measures_task,
    of_outputs,
    outranks,
)
from analysis.scan.partners import between, train_partner
from analysis.scan.recovery import Recovery
from analysis.scan.text_by_heart import NATS, RECORDS, text_by_heart
from analysis.scan.track import Moment, Track, from_then_on, track
from analysis.scan.units import Count, Evals, Ln, Nats, Share, Sigmas, Times
from analysis.scan.view import Points, View

IN_NATS = (Family.SFT, Family.PRETRAINING, Family.PREFERENCE)  # their loss is a cross-entropy


NEAR_SHARE = 0.1  # of all evals
NOISE_EVALS = 60  # evals that say by how much single ones stray from training


@dataclass(frozen=True, eq=False)
class _Said:
    """What its sentences are made of. `signed`: the loss may be negative, and is judged as it is, not in ln."""

    train: Points | None
    v: Valley
    outranked: Bools
    signed: bool


@dataclass(frozen=True, eq=False)
class _Evidence:
    """What training says, (n,) each: it has fallen on since eval was lowest; it has come down at all, in more than
    noise; it stands clearly higher than then."""

    learns: Bools
    learnt: Bools
    worse: Bools
    level: Bools  # it stands where eval does
    by_heart: Bools  # nearly all of it has gone since then


@dataclass(frozen=True)
class Overfit(CausalDiagnosis):
    """The eval loss has turned and rises while training still improves.

    Offline loss is a weak proxy of success (imitation, VLA, SFT): never critical, and where a score of the task exists
    it decides. Training that is seen to go on falling is half of the evidence: without it (none logged, or as noisy as
    it is level) eval has to rise by more errors.
    """

    id = "overfit"
    title = "过拟合"
    severity = Severity.WARNING
    meaning = "评估 loss 触底回升，训练 loss 却没变差：再训下去多半只是记住训练集。"
    clears = "评估 loss 回到最低处附近并稳住，或又创新低"
    mistaken_for = "模仿学习、VLA、SFT 里评估 loss 回升而成功率还在涨，很常见"
    impact = Impact.CHOOSE_CHECKPOINT
    explained_by = ("divergence", "at-chance", "gan-collapse", "success-zero")
    wastes_time = True

    min_rise: Share = 0.03  # relative, smoothed, against a floor that is smoothed as wide
    rise: Share = 0.04  # the least of one that is not as certain as a slow one
    warning_rise: Share = 0.05
    waited_evals: Evals = 3  # above the floor: as many as early stopping waits for, and so long
    waiting_rise: Share = 0.08  # less of a rise is a note
    slow_sigmas: Sigmas = 4.0  # more of them, and less of a rise will do: the reference run rose by 3.5 % in 300 evals
    steady_sigmas: Sigmas = 5.0  # standard errors by which a line through all evals since the floor rises
    slow: Share = 0.33  # of all evals, for which it has stood above its floor by then
    sure_of_wrong: Share = (
        0.5  # of the lowest, above it: where a score stands still, it grows ever surer of the same errors
    )
    no_gap: Ln = 0.1  # at most, of eval above training: none
    held_fall: Ln = 0.1  # at most, of eval below its first: nothing that was learnt holds for other samples, and
    by_heart: Ln = 1.5  # of training since then: what it learnt are its own
    held_evals: Evals = 24  # since the floor: a long one, not a pass or two
    share_of_fall: Share = 0.1  # of a loss that may be negative: of what it had fallen by
    sigmas: Sigmas = 1.5  # standard errors beyond chance, of few evals
    late_sigmas: Sigmas = 3.0  # of many: more evals, more chances to stray
    few_evals: Evals = 12
    many_evals: Evals = 60
    settled_evals: Evals = 8  # after a leap down: what was frozen is trained, and nobody knows yet what one scatters by
    sinking_evals: Evals = 3  # each below the one before: a bump that passes is told no more than a fall
    blind_sigmas: Sigmas = 1.5  # more of them where training is not seen to fall
    # since the eval loss was lowest; in training logs of public runs that overfit 0.1 to 4. One that rose by as much is
    # another fault
    train_fall: Ln = 0.1
    straightness: Share = 0.5  # of its way went down; public runs that overfit: above 0.65, noise of 20 records: below
    early_straightness: Share = 0.3  # more of it where three evals are all there is, none more from twelve on
    # of the way of an eval loss to its floor, and from there, where no training is logged: no less says it
    straightness_alone: Share = 0.8
    # of what it had fallen by, it has risen again: so much lost says by itself that it had been learnt, and
    lost_alone: Share = 0.5
    learnt_sigmas: Sigmas = 6.0  # of one evaluation, by which it must have fallen: bumps at a floor make no way crooked
    # units of the last logged digit: a rise of fewer (0.0012 to 0.0013) may be rounding
    min_resolution_steps: Times = 3.0
    a_picture: Count = 4  # samples, or objects of a detector: what one does is of that one, and no rule
    min_nats: Nats = 0.02  # of a cross-entropy: by less no answer changes (0.02 to 0.035 is 70 %)

    def use(self, result: Result) -> str | None:
        step = evidence.best_step(result.finding.words.evidence)
        # An offline loss that is a weak proxy of success chooses no checkpoint.
        return f"{step} 步附近的 ckpt 可用" if result.evaluated is Evaluated.ENOUGH and step is not None else None

    def impact_of(self, finding: Finding, *, of_eval: bool) -> Impact:
        return Impact.IN_DOUBT if self.outlasts_score(finding) else self.impact

    def outlasts_score(self, finding: Finding) -> bool:
        rise = evidence.number(finding.words.evidence, "rise")
        return rise is not None and rise > self.sure_of_wrong and finding.words.evidence.get("score") == "stands"

    def tracks(self, view: View) -> Iterable[Track]:
        if (trained := view.role("loss")) is not None and trained.kind.group == "train":
            yield self._by_heart(view, trained)
        points = view.role("eval_loss")
        if points is None:
            return
        first = self._track(view, points)
        yield first
        for other in self._beside(view, points):
            second = self._track(view, other)
            told = rolling.take_or(first.firing, view.latest(other, points), False)
            yield replace(second, firing=second.firing & ~told)

    def _by_heart(self, view: View, points: Points) -> Track:
        known = text_by_heart(view, points)
        return track(
            points,
            firing=known,
            clearing=lambda: ~known,
            severity=Severity.WARNING,
            onset=lambda j: j - RECORDS + 1,
            words=lambda m: _by_heart_words(view, points, m),
        )

    def _beside(self, view: View, points: Points) -> list[Points]:
        """The same loss on a second held-out set: valid and test."""
        known = int(points.rows[min(2, len(points) - 1)]) if len(points) else 0
        keys = [k for k in view.keys(points.kind.name) if k != points.key and same_quantity(k, points.key)]
        keys = [k for k in keys if int(view.history.columns[k].rows[0]) <= known]
        return [view.column(min(keys))] if keys else []

    def _track(self, view: View, points: Points) -> Track:
        """A loss that comes to be negative, as one with a Dice term, is judged in its own unit from there on."""
        signed, ever = bool((points.x[:3] < 0).any()), bool((points.x < 0).any())
        if signed or not ever:
            return self._in_one_unit(view, points, signed)
        before, since = (self._in_one_unit(view, points, unit) for unit in (False, True))
        return from_then_on(points.after_first_negative, before, since)

    def _in_one_unit(self, view: View, points: Points, signed: bool) -> Track:
        x = points.x if signed else points.log
        # What a rise is measured by: itself, or how far it has fallen where a ratio means nothing.
        fell = (
            np.maximum(np.abs(x[:1]) * 1e-3, rolling.running_max(x) - rolling.running_min(x))
            if signed
            else np.ones(len(x))
        )
        least = self.share_of_fall * fell if signed else np.full(len(x), np.log1p(self.min_rise))
        v = valley(x, least, 0.02 * fell)
        train = train_partner(view, points)
        training = cache(lambda: self._training(view, points, train, v, x))
        said = cache(lambda: _Said(train, v, outranks(view, points, v.where), signed))
        n = np.arange(len(x)) + 1
        errors = np.interp(np.log(n), np.log([self.few_evals, self.many_evals]), [self.sigmas, self.late_sigmas])
        certain = (v.errors > errors + self.slow_sigmas) & (n - 1 - v.where > self.slow * n)
        low, now = (v.floor, v.level) if signed else (np.exp(v.floor), np.exp(v.level))
        firing = (v.errors > errors) & (signed | certain | (v.rise > np.log1p(self.rise)))
        # However much one eval scatters: all that came since the floor go up, while training goes down.
        alike = eval_noise.autocorrelation_time(x)
        line = eval_noise.drift(x, v.where, v.sigma, self.few_evals, alike)
        steady = (line > self.steady_sigmas) & (v.level - v.floor > self.warning_rise * fell)
        if (firing | steady).any():
            steady &= training().learns
            firing |= steady
            certain |= steady
            firing &= steady | (v.errors > errors + np.where(training().learns, 0.0, self.blind_sigmas))
            firing &= ~training().worse
            firing &= self._same_lr(view, points, v, training().learns) & (signed | ~_unsettled(x, self.settled_evals))
            firing &= ~self._sinks(x)
            firing &= (n > FEWEST) | view.is_family(points, *IN_NATS)  # the same texts each time, which scatter little
            if measures_task(points.key):  # eval-regress says so: what draws has no loss that tells
                firing &= ~view.is_family(points, *SAMPLERS)
            with np.errstate(invalid="ignore"):
                firing &= (now - low > self.min_resolution_steps * eval_noise.resolution(points.x)) | (n <= 3)

        def rated() -> Ints:
            enough = signed | certain | (v.rise > np.log1p(self.warning_rise))
            enough &= signed | (n - 1 - v.where >= self.waited_evals) | (v.rise > np.log1p(self.waiting_rise))
            with np.errstate(invalid="ignore"):
                small = (view.is_family(points, *IN_NATS) | _of_classes(view, points)) & (now - low < self.min_nats)
            # By half of a lowest that it had come down to, for certain: then it does not matter whether training is
            # seen to fall in its noise.
            by_far = certain & (v.rise > np.log1p(self.sure_of_wrong)) & (train is not None) & (not signed)
            by_far &= rolling.running_min(points.x) < CAME_DOWN * points.x[:1]
            warns = enough & (training().learnt | by_far) & ~small & ~said().outranked & ~self._sinks(x)
            # Nothing is known by heart that costs as little on other samples; one made harder stands above both times.
            warns &= signed | ~training().level | (v.rise > np.log1p(self.sure_of_wrong))
            warns &= ~(handful(view, points) <= self.a_picture)
            # What is right stands where it was best: until the loss is half as much again, another checkpoint may be
            # a little surer and no more right.
            little = np.maximum(v.rise, v.level - v.floor) < np.log1p(self.sure_of_wrong)
            warns &= ~(little & _learnt_and_held(view, points) & (not signed))
            grave = warns & training().by_heart & self._nothing_held(view, points, train, v, x) & (not signed)
            return np.select([grave, warns], [Severity.CRITICAL, Severity.WARNING], Severity.INFO).astype(np.int64)

        # Over where it stands as low as before it turned, or lower: not only at a floor that has sunk meanwhile.
        back = v.level
        return track(
            points,
            firing=firing,
            clearing=lambda: np.ones(len(x), dtype=bool) if signed else np.isfinite(back) | points.after_first_negative,
            severity=rated,
            metrics=(train.key,) if train is not None else (),
            onset=lambda j: turn(x, _lowest(x, int(v.where[j])), j),
            words=lambda m: self._words(view, points, said(), m),
            recovery=lambda: Recovery(np.where(np.isfinite(back), back, np.inf), least / 2, span=3),
        )

    def _training(self, view: View, points: Points, train: Points | None, v: Valley, x: Floats) -> _Evidence:
        """What training says of it. Where none is logged eval alone has to show that it learnt and then unlearnt."""
        alone = self._learnt_alone(x, v)
        if train is None or not len(train):
            nothing = np.zeros(len(points), dtype=bool)
            return _Evidence(nothing, alone, nothing, nothing, nothing)
        at = view.latest(points, train)
        told = rolling.take_or(rolling.running_max(train.x) > rolling.running_min(train.x), at, False, least=2)
        steps = np.minimum(np.arange(len(points)), at)
        course = between(view, points, train, train.log)
        fell, direct = self._fallen(course, v)
        w = self.few_evals
        gap = rolling.rolling_median(x, w) - rolling.rolling_median(course, w)
        strays = eval_noise.scatter(x - rolling.filled(course), NOISE_EVALS) * np.sqrt(np.pi / 2 / w)
        with np.errstate(invalid="ignore"):
            level = (gap < self.no_gap + self.late_sigmas * strays) & (np.arange(len(x)) - v.where >= w)
        if (train.x < 0).any():  # in ln as long as there is one, then in shares of all that it has moved by
            moved = rolling.running_max(train.x) - rolling.running_min(train.x)
            plain, straightly = self._fallen(between(view, points, train, train.x), v)
            below = rolling.take_or(train.after_first_negative, at, False)
            share = plain / np.maximum(rolling.take_or(moved, at, np.inf), 1e-12)
            fell, direct = np.where(below, share, fell), np.where(below, straightly, direct)
        straight = told & (direct > self._direct(steps))
        learns = np.asarray((fell > self.train_fall) & straight)
        learnt = np.where(told, learns | straight & (steps >= self.few_evals), alone)
        return _Evidence(
            learns,
            learnt,
            np.asarray(fell < -self.train_fall),
            np.asarray(level),
            np.asarray(fell > self.by_heart) & learns,
        )

    def _nothing_held(self, view: View, points: Points, train: Points | None, v: Valley, x: Floats) -> Bools:
        """(n,) eval was never much better than at first, and stands far above that. The first one was no better than
        training up to it: where a pass teaches what holds for others, too, the model at its end is."""
        if train is None or not len(points):
            return np.zeros(len(points), dtype=bool)
        score = view.role("eval_score")
        alone = np.ones(len(x), dtype=bool) if score is None else view.latest(points, score) < 0
        before = train.recent(int(points.rows[0]), len(train))
        unlike = bool(len(before)) and points.x[0] >= rolling.median(before)
        stands = (x[:1] - v.floor < self.held_fall) & (v.level - x[:1] > np.log1p(self.sure_of_wrong))
        long = np.arange(len(x)) - v.where >= self.held_evals
        # Of these a loss is not what counts, or half of it is never gone.
        counts = ~view.is_family(points, *WEAK_PROXY, *IN_NATS, Family.GAN, Family.RL)
        return np.asarray(alone & unlike & stands & long & counts)

    def _fallen(self, now: Floats, v: Valley) -> tuple[Floats, Floats]:
        """(n,) each: by how much training has fallen since eval was lowest, and how straight it has come down."""
        first = now[np.minimum(np.argmax(np.isfinite(now)), len(now) - 1)]  # where none was known yet at the floor
        known = np.where(np.isfinite(now), now, first)
        return known[v.where] - now, directness(known)

    def _learnt_alone(self, x: Floats, v: Valley) -> Bools:
        since = np.arange(len(x)) - v.where
        down, up = directness(x)[v.where], straightness(x, v.where)
        fell = x[:1] - v.floor
        learnt = (fell > self.learnt_sigmas * v.sigma) & (v.level - v.floor > self.lost_alone * fell)
        straight = (up > self.straightness_alone) & ((down > self.straightness_alone) | learnt)
        return np.asarray(straight & (since >= self.few_evals // 2) & (v.where >= 2))

    def _direct(self, steps: Ints) -> Floats:
        """How straight so many steps must have gone: noise of three often goes straight by chance."""
        return self.straightness + self.early_straightness * np.clip(1 - steps / 12, 0.0, 1.0)

    def _same_lr(self, view: View, points: Points, v: Valley, learns: Bools) -> Bools:
        """A loss is higher while lr is: after a warm restart it is not comparable until lr is back down, unless that of
        training fell all the while; and a cut that lowers it is no rise."""
        lr = view.role("lr")
        if lr is None or not len(lr):
            return np.ones(len(points), dtype=bool)
        now = rolling.take_or(lr.x, view.latest(points, lr), np.nan)
        # A cut since the floor answers to the rise: as long as eval stands lower than before it, it works.
        cut = now < 0.6 * rolling.before(now)
        before = rolling.carried(np.where(cut, rolling.before(points.x), np.nan))
        index = np.arange(len(points))
        last = np.maximum.accumulate(np.where(cut, index, -1)) if len(index) else index
        works = (last > v.where) & (points.x < before)
        return np.asarray((learns | ~(now > 1.2 * now[v.where])) & ~works)

    def _sinks(self, x: Floats) -> Bools:
        """(n,) it is on its way down again, evaluation after evaluation."""
        return rolling.sustained(np.diff(x, prepend=np.inf) < 0, self.sinking_evals)

    def _words(self, view: View, points: Points, said: _Said, m: Moment) -> Words:
        v = said.v
        held = view.roles.holder.get("eval_loss") == points.key
        name = of_evaluation(points.kind) if held else short_key(points.key)[:14]  # beside a card's 评估 loss
        so_far = points.x[: m.now + 1]
        b = int(v.where[m.now]) if not m.over else int(v.where[m.raised])
        # Of few evaluations the lowest median of three may be where it stands: it has risen from a single one.
        lone = not m.over and v.level[m.now] - v.floor[m.now] < v.rise[m.now] / 2
        b = int(np.argmin(so_far)) if lone else b
        raw = int(np.argmin(so_far))  # one card has one best; unless that is a lucky one, far from where it was low
        low_said = "最低"
        if abs(raw - b) > NEAR_SHARE * len(so_far) and not _best_there(view, points, raw, m.now):
            raw, low_said = _lowest(points.x, b), "低点"  # of all it is not the lowest
        best, now, step = float(points.x[raw]), float(points.x[m.now]), int(points.at[raw])
        if m.over:
            return Words(
                f"{name} 已回到最低处", f"现 {num(now)}，此前最低 {num(best)}（第 {step} 步）", "", "确定", {"now": now}
            )
        row = int(points.rows[m.now])
        smooth, low = float(v.level[m.now]), float(v.floor[m.now])
        of_one = float(v.sigma[m.now]) if said.signed else float(best * v.sigma[m.now])
        low = float(so_far[b] if said.signed else np.log(so_far[b])) if lone else low
        smooth, low = (smooth, low) if said.signed else (float(np.exp(smooth)), float(np.exp(low)))
        weak = bool(view.is_family(points, *WEAK_PROXY)[m.now])
        judge = judge_at(view, row)
        by_score = judge is not None and self._by_score(view, points, judge, said, m)
        tries = self._tries(view, points, b, raw, m, weak) if not by_score else []
        told: dict[str, object] = {
            "best": best,
            "best_step": step,
            "now": now,
            "rise": smooth / low - 1 if ratio(smooth, low) else None,
            "smoothed_best": low,
            "near_best_steps": [int(points.at[max(0, b - 2)]), int(points.at[b])],
            "noise": of_one,
            "evals_since": m.now - raw,
            "minutes_since": view.minutes(int(points.rows[raw]), row),
            "checkpoints": tries,
        }
        if not by_score and judge is not None:
            told["score"] = "stands"  # beside it, and climbs no more
        if said.train is not None:
            told["train_now"] = rolling.median(said.train.recent(row, 5))
        beside = f"3 次平均 {num(low)} → {num(smooth)}"
        if said.train is not None:
            course = between(view, points, said.train, said.train.x)
            then, lately = float(course[raw]), float(course[m.now])
            told["train_then"] = then
            if lately < then:
                beside = f"同期训练 {num(then)} → {num(lately)}"
        turned = f"{low_said} {num(best)}（第 {step} 步），现 {num(now)}"
        if (levels := _of_many(so_far, raw)) is not None:
            width, then_around, lately_around = levels
            turned = f"第 {step} 步前后 {width} 次的中位 {num(then_around)}，近 {width} 次 {num(lately_around)}"
            told |= {"best": then_around, "now": lately_around}
        return Words(
            self._title(view, points, name, step, said, m),
            f"{turned}{f'，首次 {num(float(points.x[0]))}' if m.severity is Severity.CRITICAL else ''}；{beside}",
            self._advice(view, points, step, tries, weak, said, m),
            "很可能", told, ("ckpt 步数按 save_freq 推算，先确认文件还在",) if tries else (),
        )  # fmt: skip

    def _title(self, view: View, points: Points, name: str, step: int, said: _Said, m: Moment) -> str:
        judge = judge_at(view, int(points.rows[m.now]))
        if judge is not None and self._by_score(view, points, judge, said, m):
            return f"{name} 回升，{of_score(judge.kind)[:6].strip()} 未降"
        plain = bool(view.is_family(points, Family.SUPERVISED, Family.PRETRAINING)[m.now])
        since = f"{name} 第 {step} 步后回升"
        plain &= not self._train_rose(points, said, m)
        return f"{name} 回升，过拟合" if plain else since if len(since) <= 20 else f"{name} 触底后回升"

    def _by_score(self, view: View, points: Points, judge: Points, said: _Said, m: Moment) -> bool:
        """What is right tells which checkpoint: it speaks against the loss, or the loss has risen by next to nothing
        and the score stands where it was best."""
        last = int(view.latest(points, judge)[m.now])
        return bool(said.outranked[m.now]) or (m.severity < Severity.WARNING and last >= 0 and bool(holds(judge)[last]))

    def _train_rose(self, points: Points, said: _Said, m: Moment) -> bool:
        """Training has got worse since the best, too: that is no overfitting."""
        if said.train is None:
            return False
        then, now = (
            rolling.median(said.train.recent(int(points.rows[j]), 5)) for j in (int(said.v.where[m.now]), m.now)
        )
        return bool(then > 0 and now > then * np.exp(self.train_fall))

    def _advice(
        self, view: View, points: Points, step: int, tries: list[int], weak: bool, said: _Said, m: Moment
    ) -> str:
        """What the choice of a checkpoint goes by: the score that is logged, else what this family is for."""
        judge = judge_at(view, int(points.rows[m.now]))
        if judge is not None and self._by_score(view, points, judge, said, m):
            down = lower_is_better(judge)
            goes_on = of_outputs(judge) and said.outranked[m.now]
            still = ("仍在降" if down else "仍在升") if goes_on else "未变差" if down else "未降"
            return f"{of_score(judge.kind)} {still}，ckpt 按它选"
        if m.severity is Severity.CRITICAL:
            return "没有能泛化的 ckpt：先加数据、正则或缩小模型再训"
        goal = goal_at(view, points, m.now)
        if judge is not None and not tries:
            return spaced(f"按 {of_score(judge.kind)} 选 ckpt，也测第 {step} 步附近的")
        if not tries:
            plain = bool(view.is_family(points, Family.SUPERVISED, Family.PRETRAINING, Family.UNKNOWN)[m.now])
            return f"用第 {step} 步附近的 ckpt；没存就早停重跑" if plain else f"按{goal}选 ckpt，带上第 {step} 步附近的"
        if not weak:  # one that had been saved before it turned
            return f"用第 {tries[0]} 步的 ckpt；要重训就在这附近早停"
        return f"以{goal}为准，第 {'、'.join(map(str, tries))} 步的 ckpt {'各' if len(tries) > 1 else '一并'}实测"

    def _tries(self, view: View, points: Points, best: int, lowest: int, m: Moment, weak: bool) -> list[int]:
        """Saved checkpoints worth a try. Where the loss is but a proxy the later ones may be better. Else the one
        nearest the lowest evaluation, or the last before it turned: what was saved later is worse for all we know.
        """
        near = checkpoints.around(view.facts, float(points.at[best]), float(points.at[m.now]))
        onset = float(points.at[m.onset])
        if weak or not near:
            return near
        now, lowest_at = float(points.at[m.now]), float(points.at[lowest])
        saved = checkpoints.near(view.facts, lowest_at, now)
        if saved is None or saved > onset:
            saved = checkpoints.before(view.facts, onset, now)
        return [saved] if saved is not None else []


def _of_classes(view: View, points: Points) -> Bools:
    """(n,) what is right is counted beside it: it is a cross-entropy, of which each wrong answer costs at least ln 2.
    What is less than that is a mean over something else."""
    out = np.zeros(len(points), dtype=bool)
    for score in (s for s in judges(view) if of_outputs(s) and len(s)):
        wrong = 1 - rolling.take_or(score.x / as_rate(score), view.latest(points, score), np.nan)
        with np.errstate(invalid="ignore"):
            out |= points.x >= MEAN_COST * np.log(2) * wrong
    return out


def _learnt_and_held(view: View, points: Points) -> Bools:
    """(n,) what is right of the same evaluations has become more since the first of them, and has not fallen since."""
    out = np.zeros(len(points), dtype=bool)
    for score in (s for s in judges(view) if of_outputs(s) and len(s) >= FEW_SCORES):
        stands = holds(score) & bettered(score)
        out |= rolling.take_or(stands, view.latest(points, score), False)
    return out


FEW_SCORES = 5
CAME_DOWN = 0.98  # of its first evaluation
MEAN_COST = 0.5  # of ln 2 a wrong one: of several labels each is one of two


LUCKY = 0.5  # of the rise: what the lowest of many evaluations lies below those around it
OF_MANY, NARROWEST = 50, 5  # windows in all, of at least so many evaluations


def _of_many(x: Floats, best: int) -> tuple[int, float, float] | None:
    """How wide, and the levels around the best and of late, where a loss is evaluated so often that the lowest of it
    is luck."""
    width = len(x) // OF_MANY
    if width < NARROWEST:
        return None
    around = rolling.median(x[max(0, best - width // 2) : best + width // 2 + 1])
    late = rolling.median(x[-width:])
    return (width, around, late) if around - x[best] > LUCKY * (late - around) > 0 else None


STOOD, LEAP, STRAYED = 4, 1.0, 0.25  # evaluations at one level; ln that it leaps down by; of which they strayed by less


def _unsettled(x: Floats, evals: int) -> Bools:
    """(n,) less than so many evaluations after a loss (ln) has leapt down from a level that it had kept."""
    out = np.zeros(len(x), dtype=bool)
    down = -np.diff(x, prepend=x[:1])
    for j in np.flatnonzero((down > LEAP) & (np.arange(len(x)) >= STOOD)).tolist():
        if np.ptp(x[j - STOOD : j]) < STRAYED * down[j]:
            out[j : j + evals] = True
    return out


def _best_there(view: View, points: Points, lowest: int, now: int) -> bool:
    """A score was best at the very evaluation at which the loss was lowest: that was no luck of the loss alone."""
    score = judge_at(view, int(points.rows[now]))
    if score is None:
        return False
    known = score.x[: int(np.searchsorted(score.rows, points.rows[now], "right"))]
    best = int(np.argmin(known) if lower_is_better(score) else np.argmax(known))
    return bool(score.rows[best] == points.rows[lowest])


def _lowest(x: Floats, best: int) -> int:
    """The lowest single eval of a smoothed best."""
    lo = max(0, best - 2)
    return lo + int(np.argmin(x[lo : best + 1]))


def _by_heart_words(view: View, points: Points, m: Moment) -> Words:
    now, passes = rolling.median(points.x[max(0, m.now - RECORDS + 1) : m.now + 1]), float(view.epochs(points)[m.now])
    first = rolling.median(points.x[:RECORDS])
    evidence = {"now": now, "first": first, "passes": passes}
    if m.over:
        return Words(f"loss 又高于 {num(NATS)}", f"现 {num(now)}", "", "确定", evidence)
    return Words(
        "训练集已背熟，没有评估",
        f"loss {num(first)}→{num(now)}，已跑 {num(passes, 2)} 个 epoch：每个 token 几乎都记住了",
        "留一份验证集；多半 3–5 个 epoch 就够，比较早期的 ckpt",
        "很可能",
        evidence,
    )
