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
    columns = {"train/reward": rng.standard_normal(200), "train/kl": kl}
    report = analyze(run(history(columns), config={"algo": "grpo", "target_kl": 0.03}))
    assert Reading.of(run(history(columns), config={"algo": "grpo"})).roles.role("train/kl") == "ref_kl"
    assert not [f for f in report.findings if "目标" in f.words.message]
