"""KL terms: a latent that goes to sleep, a posterior or a policy that runs away from its reference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.arrays import eval_noise, rolling
from analysis.arrays.portrait import first_above, left_at
from analysis.arrays.trend import trend
from analysis.columns.family import Family
from analysis.columns.names import words
from analysis.columns.vocabulary import ACCURACY
from analysis.figures import num, times, whole
from analysis.model import Bools, Floats, Ints, Severity, Words
from analysis.scan.diagnosis import CausalDiagnosis
from analysis.scan.impact import Impact, Result
from analysis.scan.recovery import Recovery
from analysis.scan.remedy import LOWER_LR, MORE_KL, one_of
from analysis.scan.track import Moment, Track, track
from analysis.scan.units import Evals, Ln, Nats, PlanShare, Records, Share, Sigmas, Times
from analysis.scan.view import Points, View

_OF_A_VAE = {"vae", "elbo", "recon", "recons", "reconstruction"}


@dataclass(frozen=True)
class KlCollapse(CausalDiagnosis):
    """The posterior equals the prior: the latent carries nothing.

    Info for ACT, whose inference uses z = 0 anyway; a warning where z is sampled at inference (a VAE); critical where
    what is reconstructed has got worse meanwhile, so that nothing was won by it.
    """

    id = "kl-collapse"
    title = "后验坍塌（KL≈0）"
    severity = Severity.WARNING
    meaning = "KL 降到接近 0：后验等于先验，隐变量不携带信息；推理时取 z=0 的 ACT 不受影响。"
    clears = "KL 回升到坍塌前的量级并稳住"
    mistaken_for = "beta 退火没写进日志时，KL 会先压到很低再回升"
    impact = Impact.PART_MISSING

    low_nats: Nats = 1.5e-3  # after a peak above 0.01
    drop_ratio: Times = 30.0  # the peak over the level, if that is below `drop_max_nats`
    drop_max_nats: Nats = 0.015  # nats
    settled_progress: PlanShare = 0.04  # of planned steps: KL is still finding its level
    settled_points: Records = 16  # points; the same where planned steps are unknown
    hold: Records = 5  # points in a row
    certain_points: Records = 60  # records of sleep that need neither plan nor a settled weight
    clear_ratio: Times = 5.0  # times the lowest level: it wakes up
    worse: Share = 0.01  # above its lowest, and beyond chance: what is reconstructed has got worse
    worse_sigmas: Sigmas = 5.0  # of a level of `hold` records

    def use(self, result: Result) -> str | None:
        return "只能当没有隐变量的基线"

    def tracks(self, view: View) -> Iterable[Track]:
        points = view.role("kl")
        if points is not None:
            yield self._track(view, points)

    def _track(self, view: View, points: Points) -> Track:
        level = points.median(5, least=5)
        peak = rolling.running_max(points.median(3))
        asleep = ((level < self.low_nats) & (peak > 0.01)) | (
            (level < peak / self.drop_ratio) & (level < self.drop_max_nats)
        )
        index = np.arange(len(points))
        begun = view.past(points, self.settled_progress, self.settled_points) | (index >= self.certain_points)
        ready = begun & view.past_warmup(points) & self._weight_settled(view, points)
        # One that has slept for so long will not be woken by a weight that is still to grow.
        ready |= rolling.sustained(asleep, self.certain_points)
        # Nor by one that has only grown so far: more of it pushes further in the same direction.
        ready |= rolling.sustained(asleep & ~self._weight_fell(view, points), self.settled_points)
        # The KL of an agent is that of an update, which is meant to be small; one that goes negative is an estimate
        # from samples, as agents make it: the KL of a posterior is computed, and never is.
        other = view.is_family(points, Family.RL) | points.after_first_negative
        firing = rolling.sustained(asleep & ready & ~other, self.hold)
        lowest = rolling.carried(np.where(firing, level, np.nan))
        clearing = level > self.clear_ratio * np.maximum(lowest, self.low_nats / self.clear_ratio)
        vae = self._samples_latents(view, points)
        # Who weighs or sizes a latent and imitates nobody's actions has it for its own sake.
        own = view.facts.number("latent_dim", "latent_size", "max_beta", "beta_max", "kl_anneal_epochs") is not None
        drawn = (vae | own) & ~(self._is_act(view) | view.is_family(points, Family.IMITATION, Family.VLA))
        drawn |= vae

        def rated() -> Ints:
            lost = drawn & self._lost(view, points)
            return np.select([lost, drawn], [Severity.CRITICAL, Severity.WARNING], Severity.INFO).astype(np.int64)

        return track(
            points,
            firing=firing,
            clearing=lambda: (clearing & ~asleep) | other,
            severity=rated,
            onset=lambda j: self._onset(points.log, j),
            words=lambda m: self._words(view, points, level, peak, bool(drawn[m.now]), m),
            recovery=lambda: Recovery(-np.log(np.maximum(level, 1e-12)), np.log(self.clear_ratio)),
        )

    def _lost(self, view: View, points: Points) -> Bools:
        """(n,) what is reconstructed costs more than it once did. The whole loss says so, too: with next to no KL in it
        now it is the reconstruction, of which it was no less when some KL was in it, whatever that weighed."""
        loss = view.prefer("component", "loss")
        if loss is None or len(loss) < 2 * self.hold:
            return np.zeros(len(points), dtype=bool)
        now = loss.median(self.hold, self.hold)
        lowest = rolling.running_min(rolling.filled(now, np.inf))
        chance = self.worse_sigmas * eval_noise.scatter(loss.x, self.certain_points) / np.sqrt(self.hold)
        with np.errstate(invalid="ignore"):
            lost = now - lowest > np.maximum(self.worse * np.abs(lowest), chance)
        return rolling.take_or(np.asarray(lost), view.latest(points, loss), False)

    def _samples_latents(self, view: View, points: Points) -> bool:
        """Whether z is drawn at inference, as in a VAE: by what the config names, or by the names of its columns."""
        if self._is_act(view):
            return False
        named = (
            view.facts.text(k) for k in ("policy_type", "model_type", "model_name", "model", "arch", "architecture")
        )
        if (
            any("vae" in text for text in named)
            or view.facts.number("z_dim", "kl_tolerance", "beta_vae", "free_bits") is not None
        ):
            return True
        known = [k for k in view.roles.kinds if view.logged_by_third_point(k, points)]
        beta = view.role("beta")  # what is annealed is meant to be used
        return any(_OF_A_VAE & set(words(k)) for k in known) or (beta is not None and beta.key in known)

    def _is_act(self, view: View) -> bool:
        return "act" in view.facts.text("policy_type", "model_type", "policy_name").split("_")

    def _weight_fell(self, view: View, points: Points) -> Bools:
        """A weight that goes up and down, or is not on yet: what it put to sleep it lets go again."""
        beta = view.role("beta")
        if beta is None or not len(beta):
            return np.ones(len(points), dtype=bool)
        fell = rolling.running_max((rolling.running_max(beta.x) - beta.x > 1e-9).astype(np.float64)) > 0
        return rolling.take_or(np.asarray(fell | (beta.x <= 0)), view.latest(points, beta), True)

    def _weight_settled(self, view: View, points: Points) -> Bools:
        """Not while beta is still being annealed: it has not moved over the last 20 records."""
        beta = view.role("beta")
        if beta is None or not len(beta):
            return np.ones(len(points), dtype=bool)
        moved = beta.x - rolling.before(beta.x, 20)
        still = np.isfinite(moved) & (np.abs(moved) <= 1e-9)
        at = view.latest(points, beta)
        return rolling.take_or(still, at, True)

    def _onset(self, x: Floats, j: int) -> int:
        lo = max(0, j - 100)
        return lo + rolling.change_point(x[lo : j + 1])

    def _words(self, view: View, points: Points, level: Floats, peak: Floats, vae: bool, m: Moment) -> Words:
        kl = float(points.x[m.now])
        weight = view.facts.number("kl_weight", "beta", "kl_coef", least=0)
        evidence = {
            "kl": kl,
            "peak": float(peak[m.now]),
            "kl_weight": weight,
            "latent_dim": view.facts.number("latent_dim", least=1),
        }
        if m.over:
            return Words("KL 已回升", f"KL 现为 {num(kl)}", "", "确定", evidence)
        seen = f"KL {num(kl, 2)} nats（峰值 {num(float(peak[m.now]), 2)}）"
        if self._is_act(view):
            return Words(
                f"隐变量未使用（KL {num(kl, 2)}）", f"{seen}；ACT 推理时 z=0，通常不影响", "", "确定", evidence
            )
        if vae:
            return Words(
                f"后验坍塌（KL {num(kl, 2)}）",
                f"{seen}，隐变量没被使用{'；重建反而变差' if m.severity is Severity.CRITICAL else ''}",
                "先核对 kl_weight 与 KL 的求和方式，再试 free bits、退火",
                "很可能",
                evidence,
            )
        return Words(
            f"隐变量未使用（KL {num(kl, 2)}）",
            f"{seen}；推理时 z=0 则不影响",
            "推理要采样 z 时再试 KL 退火或 free bits",
            "仅提示",
            evidence,
        )


OF_AN_UPDATE = "每次更新的"
_OF_A_REFERENCE = {"ref", "reference", "objective", "penalty"}


@dataclass(frozen=True)
class KlExplode(CausalDiagnosis):
    """The KL of a posterior, or of a policy to its reference, runs away.

    A posterior that is being put to use lets KL rise while the loss falls: then it is info. A policy is meant to
    leave its reference: it is judged against the target of its config, else by what no useful policy needs while
    its reward stands.
    """

    id = "kl-explode"
    title = "KL 爆炸"
    severity = Severity.WARNING
    meaning = "KL 涨了一个数量级，或远超配置的目标：后验或策略正在远离它的参考分布。"
    clears = "KL 降回目标附近或失控前的量级，并稳住"
    mistaken_for = "隐变量被用起来、策略靠离开参考换来 reward 时，KL 变大属正常"
    impact = Impact.USABLE_BEFORE_ONSET
    leads_to = ("eval-regress", "policy-collapse", "nan-inf", "success-zero")
    remedies = (MORE_KL, LOWER_LR)
    explained_by = ("divergence", "policy-collapse", "kl-negative")

    ratio: Times = 10.0  # times the lowest of the last `span_points` records
    min_nats: Nats = 0.1  # rises below this are a latent waking up
    nothing_nats: Nats = 0.02  # means within 0.2 of a prior's deviation: how far below it lies is scatter, no bound
    window: Records = 8  # in the level
    span_points: Records = 200  # records
    rising_ratio: Times = 1.2  # over the last `window` records
    target_multiple: Times = 2.0  # times the target of a policy
    early_multiple: Times = 30.0  # times the KL of the tenth to fortieth record, where no target is stated
    least_nats: Nats = 2.0  # below it no KL to a reference is much
    drift_multiple: Times = 5.0  # times the same: a note where no reward comes of it; what is used grows it by less
    drift_z: Sigmas = 3.7  # Mann-Kendall z of that way, one-sided 1e-4: it goes on
    rise_z: Sigmas = 1.64  # the same of the reward, one-sided 5 %
    paid_z: Sigmas = 3.7  # the same of its later half: it goes on paying
    known_rewards: Evals = 5  # before which nobody knows what comes of it
    absurd_nats: Nats = 10.0  # of one answer, which no useful policy needs
    lost_multiple: Times = 100.0  # times that, and what its first five records were: no distribution has anything left
    min_loss_fall: Ln = 0.05  # ln: a loss that fell by this since the lowest KL pays for it
    clear_ratio: Times = 3.0  # times the lowest level

    def tracks(self, view: View) -> Iterable[Track]:
        kl, ref = view.role("kl"), view.role("ref_kl")
        reward = view.role("reward")
        target = view.facts.number("kl_target", "kl_ctrl_target", "adap_kl_target", least=1e-9)
        policy = ref or (
            kl if kl is not None and reward is not None and view.logged_by_third_point(reward.key, kl) else None
        )
        if policy is not None:
            # `target_kl` is that of one update, no distance to a reference.
            aside = None if _OF_A_REFERENCE & set(words(policy.key)) else view.facts.number("target_kl", least=1e-9)
            if target or aside:
                yield self._policy(view, policy, target or aside or 0.0, "与参考策略的" if target else OF_AN_UPDATE)
            else:
                yield self._unbounded(view, policy)
        if kl is not None and kl is not policy:
            yield self._posterior(view, kl)

    def _policy(self, view: View, points: Points, target: float, which: str) -> Track:
        level = points.median(self.window, least=self.window)
        limit = self.target_multiple * target
        return track(
            points,
            firing=(level > limit) & view.warm(points),
            clearing=lambda: rolling.sustained(level < 0.7 * limit, self.window),
            severity=Severity.WARNING,
            onset=lambda j: first_above(points.x, j, self.window, limit),
            words=lambda m: self._policy_words(level, target, which, m),
            recovery=lambda: Recovery(level, 0.5 * limit),
        )

    def _unbounded(self, view: View, points: Points) -> Track:
        """Without a target: beyond 30 times its early level, or 10 nats an answer, while no reward is gained by it."""
        level = points.median(self.window, least=min(5, self.window))
        early = np.abs(rolling.early_level(points.x, 10, 40))
        paid = known = risen = np.zeros(len(points), dtype=bool)
        reward = self._earned(view)
        if reward is not None:
            of, at = reward.descent, view.latest(points, reward)
            # A new best comes late where the reward is noisy: a climb through its later half will do.
            pays = (of.rising & (of.gain > 3 * of.sigma)) | self._rises(reward, 0.5, self.paid_z)
            paid = rolling.take_or(pays, at, False)
            risen = (at >= self.known_rewards - 1) & rolling.take_or(self._rises(reward, 0.0, self.rise_z), at, True)
            known = (at >= self.known_rewards - 1) & ~risen
        with np.errstate(invalid="ignore"):
            # Where it has lain from the start is no way off, however far.
            far = (level > np.fmax(self.early_multiple * early, self.least_nats)) | (
                (level > self.absurd_nats) & ~(level < self.clear_ratio * early)
            )
            first = np.abs(rolling.early_level(points.x, 0, 5))
            lost = level > self.lost_multiple * np.fmax(first, self.absurd_nats)
            rising = level > rolling.before(level, 10)
            drifts = known & (level > self.drift_multiple * early) & ~far & ~lost
        if drifts.any():
            drifts &= self._steadily(points, drifts)
        asked = rising & ~paid & (np.arange(len(points)) >= 40)
        return track(
            points,
            firing=rolling.sustained((far | drifts) & asked | lost & rising & ~paid, 3),
            clearing=lambda: ~far & ~drifts & ~lost,
            severity=lambda: np.select([lost, far], [Severity.CRITICAL, Severity.WARNING], Severity.INFO).astype(
                np.int64
            ),
            onset=lambda j: left_at(level, float(early[j]), j),
            words=lambda m: self._unbounded_words(view, points, level, early, m),
            # What was unpaid for is paid for once the reward goes up, however far it has gone.
            recovery=lambda: Recovery(
                np.where(risen & ~far & ~lost, -np.inf, np.log(np.maximum(level, 1e-6))), np.log(self.clear_ratio)
            ),
        )

    def _earned(self, view: View) -> Points | None:
        """What the policy is paid; of one that is paid for right answers alone, how many are right."""
        scores = (k for k in view.keys("score") if ACCURACY & set(words(k)) and view.roles.kinds[k].group == "train")
        return view.role("reward") or next((view.column(k) for k in scores), None)

    def _rises(self, reward: Points, after: float, z: float) -> Bools:
        """(n,) what was paid after that share of all records so far has a trend upwards."""
        looked, out = rolling.log_spaced(len(reward)), np.zeros(len(reward))
        for j in np.flatnonzero(looked).tolist():
            out[j] = trend(reward.x[int(after * j) : j + 1]).z >= z
        return np.asarray(rolling.carried(np.where(looked, out, np.nan)) > 0)

    def _steadily(self, points: Points, asked: Bools) -> Bools:
        """(n,) the way to here has been one trend since it began to be used, no single batch."""
        looked, out = rolling.log_spaced(len(points)), np.zeros(len(points))
        for j in np.flatnonzero(looked & asked).tolist():
            out[j] = trend(points.x[j // 3 : j + 1]).z >= self.drift_z
        return asked & (rolling.carried(np.where(looked, out, np.nan)) > 0)

    def _unbounded_words(self, view: View, points: Points, level: Floats, early: Floats, m: Moment) -> Words:
        now, before, since = float(level[m.now]), float(early[m.now]), int(points.at[m.onset])
        evidence = {"kl": now, "early": before, "since": since}
        if m.over:
            return Words("KL 已回到正常范围", f"KL {num(now)}", "", "确定", evidence)
        was = f"，早期约 {num(before)}" if np.isfinite(before) and 2 * before < now else ""
        answers = _answers(view, int(points.rows[m.now]))
        which = "对参考策略的 KL" if answers else "策略 KL"
        look = "先看生成样本是否 reward hacking" if answers else "先看 reward 从哪一步掉的，用那之前的 ckpt"
        return Words(
            "KL 一路在涨，reward 没涨" if m.severity < Severity.WARNING else f"{which} 失控（{num(now, 2)}）",
            f"第 {since} 步起 KL 升到 {num(now)}{was}；reward 没有随之提高",
            f"{look}；再" + one_of(view.facts, *self.remedies),
            "很可能",
            evidence,
        )

    def _policy_words(self, level: Floats, target: float, which: str, m: Moment) -> Words:
        now = float(level[m.now])
        evidence = {"kl": now, "target": target}
        if m.over:
            return Words("KL 已回到目标附近", f"KL {num(now)}，目标 {num(target)}", "", "确定", evidence)
        return Words(
            "KL 远超目标",
            f"{which} KL {num(now)}，是目标 {num(target)} 的 {times(now / target)} 倍",
            "先看是否 reward hacking；属实再调 kl_coef 或 lr"
            if which != OF_AN_UPDATE
            else "先核对 lr 与每批更新轮数，再看更新是否被提前中止",
            "很可能",
            evidence,
        )

    def _posterior(self, view: View, points: Points) -> Track:
        x = points.log
        level = rolling.rolling_median(x, self.window, least=self.window)
        ready = view.settled(points) & view.past_warmup(points) & self._steady(view, points)
        lowest = rolling.rolling_min(np.where(ready, level, np.nan), self.span_points)
        lowest = np.maximum(lowest, np.log(self.nothing_nats))
        climbing = level - rolling.before(level, self.window) > np.log(self.rising_ratio)
        firing = (
            ready
            & (level - lowest > np.log(self.ratio))
            & climbing
            & (level > np.log(self.min_nats))
            & ~points.after_first_negative
        )
        base = rolling.carried(np.where(firing, lowest, np.nan))

        def rated() -> Ints:
            return np.where(self._paid_for(view, points), Severity.INFO, Severity.WARNING).astype(np.int64)

        return track(
            points,
            firing=firing,
            clearing=lambda: rolling.sustained(~firing, self.window) | points.after_first_negative,
            severity=rated,
            onset=lambda j: left_at(rolling.rolling_median(x, 3), float(base[j]), j, max(0, j - self.span_points)),
            words=lambda m: self._words(view, points, level, base, m),
            recovery=lambda: Recovery(level, np.log(self.clear_ratio)),
        )

    def _steady(self, view: View, points: Points) -> Bools:
        """Not while the weight of the KL term still moves, nor right after: its floor is a moving target then."""
        beta = view.role("beta")
        if beta is None or len(beta) < 2:
            return np.ones(len(points), dtype=bool)
        moved = np.concatenate([[False], np.abs(np.diff(beta.x)) > 1e-9])
        quiet = rolling.streak(~moved) > 20
        at = view.latest(points, beta)
        return np.where(at >= 0, quiet[np.maximum(at, 0)], True)

    def _paid_for(self, view: View, points: Points) -> Bools:
        """Where the loss has fallen over the last `span_points` records: the latent is being used."""
        loss = view.role("component") or view.role("loss")
        if loss is None or not len(loss):
            return np.zeros(len(points), dtype=bool)
        level = rolling.rolling_median(loss.log, 20, least=10)
        fallen = level < rolling.before(rolling.running_min(level), 60) - self.min_loss_fall
        at = view.latest(points, loss)
        return np.where(at >= 0, fallen[np.maximum(at, 0)], False)

    def _words(self, view: View, points: Points, level: Floats, base: Floats, m: Moment) -> Words:
        now, low = float(np.exp(level[m.now])), float(np.exp(base[m.now]))
        weight = view.facts.number("kl_weight", "beta", "kl_coef", least=0)
        evidence = {
            "kl": now,
            "lowest": low,
            "ratio": now / low,
            "kl_weight": weight,
            "since_step": int(points.step[m.onset]),
        }
        if m.over:
            return Words("KL 已回落", f"KL 现为 {num(now)}", "", "确定", evidence)
        held = f"（当前 {num(weight)}）" if weight is not None else ""
        return Words(
            "KL 快速上升",
            f"第 {whole(float(points.at[m.onset]))} 步起 KL {num(low)}→{num(now)}"
            f"（{times(now / low)} 倍），先验约束变弱",
            f"重建仍在变好就不用管，否则调大 kl_weight{held}",
            "很可能",
            evidence,
        )


_OF_ANSWERS = {"completion", "completions", "response", "responses", "prompt", "token", "tokens", "rlhf", "objective"}


def _answers(view: View, row: int) -> bool:
    """Whether it is known by a row that the policy is a language model, which has a reference to stay near; others of
    which nothing is known are taken for one."""
    known = {w for key, column in view.history.columns.items() if column.rows[0] <= row for w in words(key)}
    return bool(known & _OF_ANSWERS) or not known & {"skill", "episode", "ep", "env", "rollout"}
