"""What a result can be used for: the worst open fault decides, worded with what is known."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis import analyze
from analysis.columns.family import Family
from analysis.diagnoses import ALL
from analysis.diagnoses.custom import Threshold
from analysis.facts import Facts
from analysis.model import Course, Finding, MetricSummary, RunInfo, Severity, Usable, Words
from analysis.report.usability import LONGEST, verdict
from tests.analysis.cases import descent, steady
from tests.analysis.curves import history, run

ACT = {"policy": {"type": "act"}}
PPO = {"algo": "ppo"}
SAVES = {"save_freq": 1000}


def info(state: str = "finished", **known: Any) -> RunInfo:
    facts: dict[str, Any] = {
        "ref": "a/b/c",
        "name": "x",
        "url": None,
        "state": state,
        "user": None,
        "tags": (),
        "rows": 300,
        "step_key": "_step",
        "first_step": 10,
        "last_step": 3000,
        "planned_steps": 3000,
        "created_at": None,
        "last_row_at": None,
        "observed_at": None,
        "heartbeat_at": None,
        "at": 3000,
        "progress": 1.0,
        "elapsed_s": 600.0,
        "eta_s": None,
    }
    return RunInfo(**(facts | known))


def metric(key: str, role: str | None, group: str, direction: str, **known: Any) -> MetricSummary:
    facts: dict[str, Any] = {
        "key": key,
        "role": role,
        "label": key,
        "caption": key,
        "named": False,
        "group": group,
        "direction": direction,
        "points": 60,
        "first": 0.9,
        "last": 0.3,
        "best": 0.3,
        "best_step": 2500,
        "best_at": 2500,
        "best_level": 0.3,
        "gained": True,
        "kept": True,
        "course": None,
        "outcome": "better",
        "late": False,
        "moving": False,
        "worse": False,
        "change": -0.6,
        "change_pct": -66.0,
        "nonfinite": 0,
        "constant": False,
    }
    return MetricSummary(**(facts | known))


TRAIN = metric("train/loss", "loss", "train", "min")
EVAL = metric("eval/loss", "eval_loss", "eval", "min")
EARLY_BEST = metric("eval/loss", "eval_loss", "eval", "min", last=0.9, best_at=600, best_step=600)
NO_BETTER = metric("eval/loss", "eval_loss", "eval", "min", best=0.9)
SUCCESS = metric("eval/success", "eval_score", "eval", "max", first=0.1, last=0.8, best=0.8, best_level=0.75)
STUCK = metric("rollout/ep_rew_mean", "reward", "train", "max", outcome="same")
RETURN = metric("rollout/ep_rew_mean", "reward", "train", "max", first=1.0, last=200.0, best=200.0)


BY_ID = {d.id: d for d in (*ALL, Threshold("pi-floor", "ot/pi_sum", 1e-6, "below"))}


def use(findings: list[Finding], info: RunInfo, metrics: list[MetricSummary], facts: Facts, family: Family) -> str:
    return verdict(findings, info, metrics, facts, family, BY_ID).use


def usable(
    findings: list[Finding], info: RunInfo, metrics: list[MetricSummary], facts: Facts, family: Family
) -> Usable:
    return verdict(findings, info, metrics, facts, family, BY_ID).usable


def finding(
    id_: str, severity: Severity = Severity.CRITICAL, at: int = 1700, key: str = "train/loss", **known: Any
) -> Finding:
    words = Words("t", "m", "", evidence=known.pop("evidence", {}))
    return Finding(id_, severity, (key,), at, 3000, words, onset_at=at, **known)


CALM = [
    ("nobody evaluated it", [TRAIN], {}, "finished", "未评估，无法判断效果"),
    ("evaluated by what nobody knows", [TRAIN, metric("eval/odd", None, "eval", "none")], {}, "finished",
     "没认出评估指标，无法判断效果"),
    ("evaluated once", [TRAIN, metric("eval/loss", "eval_loss", "eval", "min", points=1)], {}, "finished",
     "只评估过一次，还不能判断"),
    ("four evaluations, of which the last is nothing like the best",
     [TRAIN, replace(SUCCESS, points=4, last=0.08, best=0.5)], {}, "finished", "评估太少，还不能判断"),
    ("halved, under swings that are larger still",
     [TRAIN, metric("eval/loss", "eval_loss", "eval", "min", gained=False)], {}, "finished",
     "评估大起大落，还不能判断"),
    ("no better than the first eval", [TRAIN, metric("eval/loss", "eval_loss", "eval", "min", best=0.9)], {},
     "finished",
     "只有训练在变好，评估没提升"),
    ("no better than the first eval, nor is training",
     [replace(TRAIN, first=0.9, last=0.89, best=0.89), metric("eval/loss", "eval_loss", "eval", "min", best=0.9)],
     {}, "finished", "训练、评估都几乎没动"),
    ("no better than the first eval, of an agent, whose loss tells little",
     [TRAIN, metric("eval/return", "eval_score", "eval", "max", last=0.9, best=0.9, best_level=0.88)], PPO, "finished",
     "评估未见提升，还不能判断"),
    ("an offline loss of a robot", [TRAIN, EVAL], ACT, "finished", "评估 loss 正常，成功率待实测"),
    ("a success rate of a robot", [TRAIN, EVAL, SUCCESS], ACT, "finished", "可用"),
    ("an offline loss of a language model's fine-tune", [TRAIN, EVAL], {"base_model": "qwen"}, "finished",
     "评估 loss 正常，效果待实测"),
    ("a held-out loss where it is the measure", [TRAIN, EVAL], {}, "finished", "可用"),
    ("the return of an agent", [TRAIN, RETURN], PPO, "finished", "只有训练 return，未单独评估"),
    ("a column called reward in another family", [TRAIN, RETURN], ACT, "finished", "未评估，无法判断效果"),
    ("a return that never rose", [TRAIN, STUCK], PPO, "finished", "训练 return 几乎没涨，还不能判断"),
    ("a return that fell", [TRAIN, replace(STUCK, outcome="worse")], PPO, "finished",
     "训练 return 反而降低，还不能判断"),
    ("a return that fell back", [TRAIN, replace(STUCK, outcome="better", kept=False, course=Course(0.0, 9.0, 80.0))],
     PPO, "finished", "训练 return 已回落，还不能判断"),
    ("a loss that rose again", [replace(TRAIN, kept=False, course=Course(3.0, 2.5, 0.4))], {}, "finished",
     "训练 loss 已回升，未评估"),
    ("a loss that never fell, and no evaluation", [replace(TRAIN, outcome="same")], {}, "finished",
     "训练 loss 几乎没降，未评估"),
    ("a loss that rose", [replace(TRAIN, outcome="worse")], {}, "finished", "训练 loss 反而升高，未评估"),
    ("evaluations that got worse", [TRAIN, replace(NO_BETTER, gained=False, outcome="worse")], {}, "finished",
     "评估反而变差，还不能判断"),
    ("still running", [TRAIN, EVAL], {}, "running", "训练中，效果待定"),
    ("still running, not evaluated yet", [TRAIN], {}, "running", "训练中，尚未评估"),
]  # fmt: skip


@pytest.mark.parametrize(("metrics", "config", "state", "said"), [pytest.param(*c[1:], id=c[0]) for c in CALM])
def test_without_a_fault_it_depends_on_what_was_evaluated(
    metrics: list[MetricSummary], config: dict[str, Any], state: str, said: str
) -> None:
    told = verdict([], info(state), metrics, Facts(config), Facts(config).family, BY_ID)
    assert told.use == said
    assert told.doubtful == any(
        word in said for word in ("几乎没", "反而", "未见提升", "没提升", "已回", "不到一半", "大起大落")
    )


@pytest.mark.parametrize("family", [Family.GAN, Family.RL])
def test_a_loss_of_two_networks_need_not_fall(family: Family) -> None:
    assert use([], info("finished"), [replace(TRAIN, outcome="worse")], Facts({}), family) == "未评估，无法判断效果"


FAULTY = [
    ("diverged, evaluated", [finding("divergence")], [TRAIN, EARLY_BEST], {}, "finished", "600 步附近的 ckpt 可用"),
    ("diverged, and the eval got better all the same", [finding("divergence")], [TRAIN, EVAL], {}, "finished",
     "ckpt 按评估选第 2500 步"),
    ("diverged, saved every 1000", [finding("divergence")], [TRAIN, EARLY_BEST], SAVES, "finished",
     "1000 步的 ckpt 可用"),
    ("diverged before the first save", [finding("divergence", at=700)], [TRAIN, EARLY_BEST], SAVES, "finished",
     "不能用（此前没存 ckpt）"),
    ("diverged, the old ones rotated away", [finding("divergence")], [TRAIN, EARLY_BEST],
     {**SAVES, "save_total_limit": 1}, "finished",
     "不能用（此前没存 ckpt）"),
    ("diverged, never evaluated", [finding("divergence")], [TRAIN], {}, "finished", "1700 步前未受影响，未评估"),
    ("NaN from the first row on", [finding("nan-inf", at=10)], [TRAIN, EVAL], {}, "finished",
     "不能用（一开始就出问题）"),
    ("a lone Inf norm", [finding("nan-inf", Severity.WARNING, key="train/grad_norm")], [TRAIN, EVAL], {}, "finished",
     "可用"),
    ("NaN in the eval only", [finding("nan-inf", Severity.WARNING, key="eval/loss")], [TRAIN, EVAL], {}, "finished",
     "评估有异常，还不能判断"),
    ("lr 0", [finding("lr-zero")], [TRAIN, EVAL], {}, "finished", "等于停在 1700 步的结果"),
    ("never learnt", [finding("no-learning")], [TRAIN, EVAL], {}, "finished", "不能用（没学到东西）"),
    ("has not learnt yet", [finding("no-learning")], [TRAIN, EVAL], {}, "running", "目前不能用（还没学到东西）"),
    ("OT dead all along, a robot", [finding("ot-mass-collapse")], [TRAIN, EVAL], ACT, "finished", "只能当纯 BC 基线"),
    ("OT dead all along", [finding("ot-mass-collapse")], [TRAIN, EVAL], {}, "finished", "只能当不带 OT 的基线"),
    ("OT died on the way", [finding("ot-mass-collapse", evidence={"was_healthy": True})], [TRAIN, EVAL], ACT,
     "finished",
     "1700 步后等于没开 OT"),
    ("overfitted, a robot", [finding("overfit", Severity.WARNING, evidence={"best_step": 1700})], [TRAIN, EVAL], ACT,
     "finished",
     "ckpt 须实测后再选"),
    ("overfitted, a classifier", [finding("overfit", Severity.WARNING, evidence={"best_step": 1700})], [TRAIN, EVAL],
     {}, "finished",
     "1700 步附近的 ckpt 可用"),
    ("slow", [finding("data-bound", Severity.WARNING)], [TRAIN, EVAL], {}, "finished", "结果可用，只是慢"),
    ("slow, running", [finding("data-bound", Severity.WARNING)], [TRAIN, EVAL], {}, "running", "训练中，只是慢"),
    ("slow, never evaluated", [finding("data-bound", Severity.WARNING)], [TRAIN], {}, "finished",
     "只是慢；未评估，效果未知"),
    ("slow and dead: dead decides", [finding("data-bound", Severity.WARNING), finding("ot-loss-dead",
     Severity.WARNING)],
     [TRAIN, EVAL], ACT, "finished", "只能当纯 BC 基线"),
    ("told as a consequence", [finding("divergence", suppressed_by="nan-inf")], [TRAIN, EVAL], {}, "finished", "可用"),
    ("over", [finding("divergence", Severity.INFO, over=True)], [TRAIN, EVAL], {}, "finished", "可用"),
    ("a custom threshold", [finding("threshold:pi-floor")], [TRAIN, EVAL], {}, "finished", "可用"),
    ("failed half-way", [finding("run-crashed")], [TRAIN, EVAL], {}, "failed", "没跑完，已存的 ckpt 可用"),
    ("fell silent", [finding("stalled-logging")], [TRAIN, EVAL], {}, "running", "日志停更，还不能判断"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("findings", "metrics", "config", "state", "said"), [pytest.param(*c[1:], id=c[0]) for c in FAULTY]
)
def test_the_worst_fault_decides(
    findings: list[Finding], metrics: list[MetricSummary], config: dict[str, Any], state: str, said: str
) -> None:
    assert use(findings, info(state), metrics, Facts(config), Facts(config).family) == said


def test_without_rows_nothing_is_said() -> None:
    assert use([], info("running", rows=0), [], Facts(), Family.UNKNOWN) == ""


@pytest.mark.parametrize("state", ["running", "finished", "failed", "unknown"])
@pytest.mark.parametrize("id_", BY_ID)
def test_whatever_it_is_it_fits_a_headline_and_is_never_called_usable_unless_evaluated(id_: str, state: str) -> None:
    for severity in (Severity.WARNING, Severity.CRITICAL):
        for at in (10, 1_234_567):
            faults = [finding(id_, severity, at, evidence={"best_step": 1_234_567})]
            for config in ({}, ACT, PPO, SAVES, {**SAVES, **ACT}):
                bare = use(faults, info(state, at=2_345_678), [TRAIN], Facts(config), Facts(config).family)
                worse = use(faults, info(state, at=2_345_678), [TRAIN, NO_BETTER], Facts(config), Facts(config).family)
                judged = use(faults, info(state, at=2_345_678), [TRAIN, EVAL], Facts(config), Facts(config).family)

                assert 0 < len(bare) <= LONGEST, bare
                assert 0 < len(judged) <= LONGEST, judged
                assert 0 < len(worse) <= LONGEST, worse
                assert "可用" not in bare, bare
                assert "可用" not in worse, worse


def test_a_report_says_it_with_the_runs_own_steps() -> None:
    x = descent()
    x[150:] = np.inf
    report = analyze(
        run(
            history({"train/loss": x, "train/global_step": np.arange(64.0, 64.0 * 301, 64.0)}),
            state="finished",
            planned_steps=19_200,
        )
    )

    assert report.findings[0].onset_step == 1510
    assert report.findings[0].onset_at == 64 * 151
    assert report.use == "9664 步前未受影响，未评估"


def test_columns_tell_the_family_where_the_config_does_not() -> None:
    """An L1 beside a KL is a policy that clones: its offline loss is not its success."""
    columns = {
        "train/loss": descent(),
        "train/l1_loss": descent(seed=2),
        "train/kld_loss": steady(0.3),
        "eval/loss": descent(seed=3),
    }
    report = analyze(run(history(columns), state="finished", planned_steps=3000))

    assert report.use == "评估 loss 正常，成功率待实测"


@pytest.mark.parametrize(
    ("key", "best_level", "kept", "usable_"),
    [
        ("eval/wer", 12.0, True, "yes"),
        ("eval/wer", 92.0, True, "no"),  # hardly a word is right
        ("eval/wer", 0.95, True, "no"),
        ("eval/wer", 12.0, False, "unknown"),
    ],
)
def test_an_error_rate_of_the_task_decides(key: str, best_level: float, kept: bool, usable_: str) -> None:
    judged = metric(
        key, None, "eval", "min", best_level=best_level, kept=kept, first=99.0, last=best_level, best=best_level
    )
    facts = Facts({})

    assert usable([], info("finished"), [TRAIN, EVAL, judged], facts, facts.family) == usable_


def returns(x: np.ndarray, **columns: np.ndarray) -> Any:
    """The report of an agent with one evaluation a record."""
    return analyze(run(history({"eval/mean_reward": x, **columns}), config=PPO, state="finished", planned_steps=len(x)))


def test_returns_that_swing_as_wide_as_they_have_grown_are_in_doubt() -> None:
    rng = np.random.default_rng(3)
    grown = np.interp(np.arange(120), (0, 60, 119), (-8000, -5500, -4500))
    wide, narrow = (grown + sigma * rng.standard_normal(120) for sigma in (1500, 120))

    assert (returns(wide).use, returns(narrow).use) == ("评估波动太大，还不能判断", "可用")


def test_what_began_late_and_still_grows_is_not_done() -> None:
    t, noise = np.linspace(0, 1, 30), np.random.default_rng(5).normal(0, 1.0, 30)
    late, settled, early = (
        noise + 100 * np.interp(t, at, to)
        for at, to in (((0, 0.55, 1), (0, 0, 1)), ((0, 0.55, 0.7, 1), (0, 0, 1, 1)), ((0, 0.3, 1), (0, 0.3, 1)))
    )

    assert returns(late).use == "起步晚、还在涨，先接着训"
    assert [returns(x).use for x in (settled, early)] == ["可用", "可用"]


def fitted(val: np.ndarray, **config: Any) -> Any:
    """The report of a run that is judged by its validation loss."""
    return analyze(run(history({"train_loss": val, "val_loss": val}), config=config, state="finished"))


@pytest.mark.parametrize(("scale", "evals"), [(1.0, 30), (6.9, 12), (250.0, 60)])
def test_a_loss_that_falls_as_fast_as_ever_at_its_end_is_not_done(scale: float, evals: int) -> None:
    t, noise = np.linspace(0, 1, evals), 0.003 * np.random.default_rng(5).standard_normal(evals)

    for falls in (1 - 0.3 * t, np.interp(t, (0, 0.3, 1), (1, 0.98, 0.7))):
        report = fitted(scale * (falls + noise))
        assert (report.use, report.usable) == ("loss 还在降，先接着训", "unknown")
        assert fitted(scale * (falls + noise), policy={"type": "diffusion"}).use == "loss 还在降，先接着训"
    for rests in (0.7 + 0.3 * np.exp(-8 * t), 0.1 + 0.9 * (1 - t)):  # at rest, or most of it is gone
        assert fitted(scale * (rests + noise)).use == "可用"


@pytest.mark.parametrize(
    ("levels", "kept", "usable_"),
    [
        ((0.6, 0.9, 0.8, 0.7), True, "yes"),
        ((0.6, 0.9, 0.8, 0.05), True, "unknown"),  # one of four tasks has never worked
        ((0.6, 0.9, 0.8, 0.7), False, "unknown"),  # one of them worked and does no longer
        ((0.6, 0.9), False, "yes"),  # two are top-1 and top-5, or the like
    ],
)
def test_one_task_does_not_speak_for_the_others(levels: tuple[float, ...], kept: bool, usable_: str) -> None:
    tasks = [
        metric(
            f"eval/success_{i}", "eval_score" if not i else None, "eval", "max", first=0.0, last=x, best=x, best_level=x
        )
        for i, x in enumerate(levels)
    ]
    tasks[-1] = replace(tasks[-1], kept=kept)
    facts = Facts(PPO)

    assert usable([], info("finished"), [TRAIN, *tasks], facts, facts.family) == usable_


@pytest.mark.parametrize(("gained", "usable_"), [(True, "yes"), (False, "unknown")])
def test_a_score_that_never_got_better_is_no_reason_to_use_what_overfits(gained: bool, usable_: str) -> None:
    accuracy = metric("val_accuracy", "eval_score", "eval", "max", first=0.65, last=0.64, best=0.69, gained=gained)
    facts, family = Facts({}), Family.SUPERVISED
    overfits = finding("overfit", Severity.WARNING, key="eval/loss")

    assert usable([overfits], info("finished"), [TRAIN, EVAL, accuracy], facts, family) == usable_
    assert usable([], info("finished"), [TRAIN, EVAL, accuracy], facts, family) == usable_


FLAT = {
    "a cost of tours": ("eval_score", 42_250 + 5 * np.sin(np.arange(80.0))),
    "a win rate of ten matches": ("eval/win_rate", np.array([0.69, 0.45, 0.74, 0.5, 0.6, 0.71, 0.42, 0.66, 0.55, 0.5])),
    "a picture's PSNR": ("val_psnr", 22.7 + 0.3 * np.cos(2.4 * np.arange(60.0))),
    "an accuracy that a frozen encoder brought along": ("val_accuracy", 0.58 + 0.01 * np.sin(1.7 * np.arange(13.0))),
}


@pytest.mark.parametrize("flat", FLAT)
def test_what_is_no_better_than_at_its_first_evaluation_is_not_usable(flat: str) -> None:
    """Its twin climbs by far more than it scatters."""
    key, x = FLAT[flat]
    climb = 5 * (x.max() - x.min()) * np.log1p(np.arange(len(x)))

    def said(scores: np.ndarray) -> tuple[str, str]:
        report = analyze(run(history({"loss": descent(n=len(x)), key: scores}), state="finished"))
        return report.usable, report.use

    assert said(x) == ("unknown", "只有训练在变好，评估没提升")
    assert said(x + climb if x.max() > 1 else 0.1 + 0.8 * (x + climb) / (x + climb).max()) == ("yes", "可用")


@pytest.mark.parametrize(("last", "said"), [(27.7, "评估太少，还不能判断"), (20.1, "只有训练在变好，评估没提升")])
def test_of_three_evaluations_of_which_the_last_is_best_nobody_says_that_it_gained_nothing(
    last: float, said: str
) -> None:
    found = np.full(75, np.nan)
    found[24::25] = [21.3, 18.8, last]
    report = analyze(run(history({"total_loss": descent(n=75), "bbox/AP": found}), state="finished"))
    assert report.use == said


@pytest.mark.parametrize(("samples", "said"), [(80, "unknown"), (1600, "yes")])
def test_a_gain_of_few_samples_may_be_luck(samples: int, said: str) -> None:
    """Half of the evaluations repeat one number to the last digit, which is no lack of scatter."""
    right = [38, 44, 44, 44, 44, 44, 44, 44, 44, 44, 40, 44, 47, 49, 44, 45, 40, 44, 49, 51, 49]
    scores = np.array([x * samples // 80 + (i % 3 if samples > 80 else 0) for i, x in enumerate(right)]) / samples

    report = analyze(run(history({"loss": descent(n=21), "eval_accuracy": scores}), state="finished"))
    assert report.usable == said


@pytest.mark.parametrize(
    ("key", "level", "said"),
    [
        ("eval/success_rate", 0.3, ("成功率不到一半，看是否够用", "unknown")),
        ("eval/pc_success", 30.0, ("成功率不到一半，看是否够用", "unknown")),
        ("eval/success_rate", 0.7, ("可用", "yes")),
        ("eval/win_rate", 0.42, ("可用", "yes")),
    ],
)
def test_what_fails_more_often_than_not_is_not_simply_usable(key: str, level: float, said: tuple[str, str]) -> None:
    judge = metric(key, "eval_score", "eval", "max", points=20, best=level, best_level=level, gained=True, kept=True)

    assert (use([], info(), [judge], Facts(), Family.RL), usable([], info(), [judge], Facts(), Family.RL)) == said


@pytest.mark.parametrize(("best", "said"), [(-0.44, ("效果还很差，还不能用", "no")), (0.44, ("可用", "yes"))])
def test_a_normalised_score_below_zero_is_worse_than_acting_at_random(best: float, said: tuple[str, str]) -> None:
    score = metric("normalized_score", "eval_score", "eval", "max", first=best - 0.3, best=best, best_level=best)
    assert verdict([], info(), [score], Facts({}), Family.RL, BY_ID)[:2] == said


@pytest.mark.parametrize("state", ["running", "finished", "failed"])
@pytest.mark.parametrize("id_", [None, *BY_ID])
def test_headline_and_word_agree(id_: str | None, state: str) -> None:
    """A named checkpoint is another matter: what was saved before may be usable where the result is not."""
    good, lost = SUCCESS, replace(SUCCESS, kept=False)
    poor = replace(SUCCESS, best_level=0.02)
    for severity in (Severity.WARNING, Severity.CRITICAL):
        for evidence in ({}, {"best_step": 1700}, {"zeros": 40.0}):
            for judged in ([], [RETURN], [EVAL], [NO_BETTER], [good], [lost], [poor]):
                faults = [] if id_ is None else [finding(id_, severity, evidence=evidence)]
                for facts in (Facts({}), Facts(PPO), Facts(ACT)):
                    said = verdict(faults, info(state), [TRAIN, *judged], facts, facts.family, BY_ID)
                    bare = re.sub(r"\d+ 步(附近|前)?的 ckpt 可用|已存的 ckpt 可用", "", said.use)

                    assert "可用" not in bare or said.usable == "yes", said
                    assert "不能用" not in bare or said.usable == "no", said
                    assert said.usable != "no" or "还不能判断" not in bare, said


@pytest.mark.parametrize(
    ("rise", "score", "usable_"),
    [(0.1, "stands", "yes"), (1.0, "stands", "unknown"), (1.0, None, "yes")],
)
def test_a_loss_that_has_doubled_beside_a_score_that_stands_still_tells_against_the_last_weights(
    rise: float, score: str | None, usable_: str
) -> None:
    accuracy = metric("val_accuracy", "eval_score", "eval", "max", first=0.35, last=0.72, best=0.73)
    facts, told = Facts({}), {"best_step": 1700, "rise": rise, "score": score}
    found = finding("overfit", Severity.WARNING, key="eval/loss", evidence=told)
    said = verdict([found], info("finished"), [TRAIN, EVAL, accuracy], facts, Family.SUPERVISED, BY_ID)

    assert said.usable == usable_
    assert said.use == ("1700 步附近的 ckpt 可用" if usable_ == "unknown" else "可用，ckpt 按评估选")


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([(0.9, True), (1.0, True)], "可用"),
        ([(0.9, True), (0.02, True)], "部分任务没学会，须逐个看"),  # one of them never works
        ([(0.9, True), (0.95, False)], "部分任务没学会，须逐个看"),  # one of them works no more
        ([(0.02, True)], "可用"),  # two columns with a number are no suite
    ],
)
def test_of_several_tasks_each_has_to_be_done(others: list[tuple[float, bool]], said: str) -> None:
    tasks = [metric("eval/success_0", "eval_score", "eval", "max", first=0.1, best=0.8, best_level=0.8)]
    for i, (level, kept) in enumerate(others, 1):
        key = f"eval/success_{i}"
        tasks.append(metric(key, None, "eval", "max", first=0.0, best=level, best_level=level, kept=kept))

    assert use([], info(), tasks, Facts({}), Family.RL) == said


@pytest.mark.parametrize(("severity", "usable_"), [(Severity.INFO, "unknown"), (Severity.WARNING, "yes")])
def test_returns_that_swing_by_all_that_was_learnt_say_nothing(severity: Severity, usable_: str) -> None:
    swings, facts = finding("oscillation", severity, key="eval/mean_reward"), Facts({})
    returns = metric("eval/mean_reward", "eval_score", "eval", "max", first=1.0, last=200.0, best=300.0)

    assert usable([swings], info("finished"), [returns], facts, Family.RL) == usable_


def test_the_best_of_evaluations_that_training_never_earned_is_to_be_tried() -> None:
    """Seventeen evaluations, a few episodes each; the agent stands still in the best of them and so does not fall."""
    lucky = np.array([-118, -137, -89, -58, -41, -38, -91, -94, -98, -131, -103, -103, -99, -103, -97, -97, -100.0])
    n = 10 * len(lucky)
    stands, climbs = np.linspace(-109, -101, n), np.interp(np.arange(n), [0, 60, 80, n], [-115, -35, -90, -100])

    def said(rollouts: Any) -> tuple[str, str]:
        evals = np.full(n, np.nan)
        evals[9::10] = lucky
        columns = {
            "rollout/ep_rew_mean": rollouts + np.random.default_rng(0).normal(0, 0.5, n),
            "eval/mean_reward": evals,
        }
        report = analyze(run(history(columns), config=PPO))
        return report.use, report.usable

    assert said(stands) == ("训练没跟着涨，ckpt 须实测", "unknown")
    assert "ckpt 可用" in said(climbs)[0]


@pytest.mark.parametrize(("worse", "said"), [(True, "可用，取第 700 步附近"), (False, "可用")])
def test_which_evaluation_is_taken_is_said_where_the_last_is_worse(worse: bool, said: str) -> None:
    early = metric("eval/loss", "eval_loss", "eval", "min", last=0.33, best_at=700, best_step=700, worse=worse)
    assert use([], info("finished"), [TRAIN, early], Facts({}), Family.SUPERVISED) == said


@pytest.mark.parametrize(("key", "said"), [("val_dice", "效果还很差，还不能用"), ("val_mAP50-95", "可用")])
def test_areas_that_hardly_overlap_are_not_usable(key: str, said: str) -> None:
    score = metric(key, "eval_score", "eval", "max", first=0.04, last=0.12, best=0.12, best_level=0.12)
    assert use([], info("finished"), [TRAIN, score], Facts({}), Family.SUPERVISED) == said
