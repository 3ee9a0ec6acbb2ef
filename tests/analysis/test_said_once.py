"""What experts minded in cards, as kinds: advice that the config has answered, hints that warn, effects before their
cause, a rollout called an evaluation, a level beside a record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis import analyze
from analysis.diagnoses import ALL
from analysis.facts import Facts
from analysis.model import Episode, Finding, Severity, Transition, Words
from analysis.report.order import in_order
from analysis.scan.episodes import plain
from analysis.scan.reading import Reading
from analysis.scan.remedy import (
    EARLY_STOP_BY_KL,
    FEWER_EPOCHS,
    LESS_ENTROPY,
    LOWER_LR,
    TIGHTER_CLIP,
    WIDER_NUMBERS,
    one_of,
)
from tests.analysis.curves import history, run

ANSWERED: dict[str, Any] = {
    "lr": 1e-7, "max_grad_norm": 0.05, "bf16": True, "target_kl": 0.02, "ent_coef": 0.0, "num_train_epochs": 1,
}  # fmt: skip
REMEDIES = (LOWER_LR, TIGHTER_CLIP, WIDER_NUMBERS, EARLY_STOP_BY_KL, LESS_ENTROPY, FEWER_EPOCHS)


@pytest.mark.parametrize("remedy", REMEDIES, ids=lambda r: r.name)
def test_what_the_config_has_answered_is_not_advised(remedy: Any) -> None:
    assert remedy.answered(Facts(ANSWERED))
    assert not remedy.answered(Facts({}))
    assert one_of(Facts(ANSWERED), remedy, lead="；再", instead="看数据") == "看数据"
    assert one_of(Facts({}), remedy, lead="；再") == f"；再{remedy.said}"


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"bf16": True}, "bf16"),
        ({"mixed_precision": "bf16"}, "bf16"),
        ({"torch_dtype": "torch.bfloat16"}, "bf16"),
        ({"precision": "bf16-mixed"}, "bf16"),
        ({"fp16": True, "bf16": False}, "fp16"),
        ({"precision": "16-mixed"}, "fp16"),
        ({"dtype": "float32"}, "fp32"),
        ({"use_amp": True}, "fp16"),
        ({"mixed_precision": "no"}, None),
    ],
)
def test_precision(config: dict[str, Any], told: str | None) -> None:
    assert Facts(config).precision == told


def spiky() -> Any:
    rng = np.random.default_rng(3)
    loss = 2 * np.exp(-np.arange(300) / 80) + 0.5 + 0.01 * rng.standard_normal(300)
    loss[[150, 180, 210, 240, 270]] *= 6
    return history({"train/loss": loss})


def test_advice_in_a_report_too() -> None:
    def advice(**config: Any) -> str:
        return " ".join(f.words.advice for f in analyze(run(spiky(), config=config)).findings)

    assert "降 lr 或收紧 clip" in advice(lr=1e-3)
    assert "降 lr" not in advice(**ANSWERED)
    assert "收紧 clip" in advice(lr=1e-7)


def test_a_warning_is_no_mere_hint() -> None:
    words = Words("t", "m", "", "仅提示")
    assert plain(words, severity=Severity.INFO).certainty == "仅提示"
    assert plain(words, severity=Severity.WARNING).certainty == "很可能"


def told(id_: str, row: int, severity: Severity) -> tuple[Finding, Episode]:
    words = Words("t", "m", "")
    episode = Episode(id_, ("x",), row, row, (Transition("raised", row, row, severity, words),))
    return Finding(id_, severity, ("x",), row, 400, words), episode


BY_ID = {d.id: d for d in ALL}
ORDER = {d.id: i for i, d in enumerate(ALL)}


@pytest.mark.parametrize(
    ("kl", "severity", "expected"),
    [
        (100, Severity.CRITICAL, [("ppo-kl-blowup", False), ("eval-regress", False)]),
        (100, Severity.WARNING, [("eval-regress", False), ("ppo-kl-blowup", True)]),  # the graver stays in front
        (200, Severity.WARNING, [("eval-regress", False), ("ppo-kl-blowup", False)]),  # it came later
    ],
)
def test_what_came_first_is_told_as_such(kl: int, severity: Severity, expected: list[tuple[str, bool]]) -> None:
    found = in_order([told("eval-regress", 150, Severity.CRITICAL), told("ppo-kl-blowup", kl, severity)], BY_ID, ORDER)
    assert [(f.id, f.began_it) for f, _ in found] == expected


@pytest.mark.parametrize("d", ALL, ids=lambda d: d.id)
def test_effects_are_known_diagnoses(d: Any) -> None:
    assert set(d.leads_to) <= BY_ID.keys() - {d.id}


@pytest.mark.parametrize(
    ("key", "algo", "called"),
    [
        ("train/success_once", "ppo", "训练"),
        ("rollout/success_rate", "ppo", "训练"),
        ("env/success_once", "ppo", "训练"),
        ("eval/success_once", "ppo", "评估"),
        ("success_rate", "ppo", "评估"),
        ("Rollout/Success_Rate/Lift", "bc", "评估"),  # an imitator learns nothing from it
    ],
)
def test_rollouts_of_training_are_no_evaluation(key: str, algo: str, called: str) -> None:
    h = history({"loss": np.linspace(1.0, 0.5, 40), key: np.linspace(0.0, 0.9, 40)})
    report = analyze(run(h, config={"algo": algo}))
    metric = next(m for m in report.metrics if m.key == key)
    assert metric.caption.startswith(f"{called}成功率")


def test_the_target_of_an_update_is_none_of_a_reference() -> None:
    rng = np.random.default_rng(5)
    kl = 0.3 + 0.02 * rng.standard_normal(200)
    columns = {"train/reward": rng.standard_normal(200), "objective/kl": kl}
    report = analyze(run(history(columns), config={"algo": "grpo", "target_kl": 0.03}))
    assert Reading.of(run(history(columns), config={"algo": "grpo"})).roles.role("objective/kl") == "ref_kl"
    assert not [f for f in report.findings if "目标" in f.words.message]


def test_a_drift_that_is_paid_for_in_the_end_is_over() -> None:
    rng = np.random.default_rng(7)
    n = np.arange(500)
    reward = np.where(n < 250, 0.0, (n - 250) / 60) + 0.5 * rng.standard_normal(500)
    kl = 0.001 * np.exp(np.minimum(n, 300) / 70) * np.exp(0.1 * rng.standard_normal(500))
    report = analyze(run(history({"train/reward": reward, "train/kl": kl}), config={"algo": "grpo"}))
    assert [e for e in report.episodes if e.id == "kl-explode"]
    assert not [f for f in report.findings if f.id == "kl-explode" and not f.over]


def test_what_no_longer_climbs_is_not_said_to() -> None:
    loss = np.concatenate([2 * np.exp(-np.arange(150) / 40) + 0.3, np.full(150, 3.0)])
    loss += 0.01 * np.random.default_rng(2).standard_normal(300)
    climbing = np.concatenate([loss[:150], np.linspace(0.4, 6.0, 150)])
    said = {
        name: next(f.words.title for f in analyze(run(history({"loss": x}))).findings if f.id == "divergence")
        for name, x in (("flat", loss), ("up", climbing))
    }
    assert "未回落" in said["flat"]
    assert "持续上升" in said["up"]


def test_a_course_is_not_told_by_its_luckiest_record() -> None:
    rng = np.random.default_rng(4)
    reward = np.linspace(0.0, 2.0, 300) + rng.standard_normal(300)
    reward[0], reward[-1] = 3.0, 1.0
    metric = next(m for m in analyze(run(history({"train/reward": reward}))).metrics if m.key == "train/reward")
    assert metric.course is not None
    assert metric.course[0] < 0.5 < 1.5 < metric.course[1]
    loss = next(m for m in analyze(run(history({"train/loss": 2 * np.exp(-np.arange(300) / 30)}))).metrics)
    assert loss.course is None


def test_a_norm_of_nothing_from_the_first_record_on_began_there() -> None:
    n = 80
    columns = {"train/loss": np.full(n, 0.7), "train/grad_norm": np.zeros(n)}
    report = analyze(run(history(columns)))
    found = next(f for f in report.findings if f.id == "grad-vanish")
    assert "从第一次记录起" in found.words.message


def test_what_was_now_when_it_was_over_is_the_past_in_a_report() -> None:
    x = np.r_[1 - 0.9 * np.linspace(0, 1, 100) ** 0.5, np.full(40, 2.0), 0.1 * 0.99 ** np.arange(200)]
    loss = x * np.exp(0.01 * np.random.default_rng(0).normal(size=len(x)))
    report = analyze(run(history({"train/loss": loss})))
    over = [f for f in report.findings if f.over and f.id in {"divergence", "loss-jump"}]
    assert over
    assert all("当时" in f.words.message and "现" not in f.words.message for f in over)


def test_what_is_open_for_its_cause_alone_is_not_said_to_rise() -> None:
    rng = np.random.default_rng(1)
    loss = np.r_[np.full(30, 0.4), np.linspace(0.4, 4, 30), 2 + 2 * np.exp(-np.arange(300) / 60), np.full(60, 6.0)]
    loss = np.r_[loss, 1.5 + 4.5 * np.exp(-np.arange(300) / 40)] * np.exp(0.03 * rng.normal(size=720))
    norm = np.r_[np.full(420, 1.0), np.full(60, 60.0), 0.6 + 59 * np.exp(-np.arange(240) / 20)]
    report = analyze(run(history({"loss": loss, "grad_norm": norm * np.exp(0.2 * rng.normal(size=720))})))

    told = next(f for f in report.findings if f.id == "grad-explode")
    assert not told.over and told.suppressed_by == "divergence"
    assert "曾升到" in told.words.message and "→" not in told.words.message
