"""Does it learn at all: parts beside a KL term, scores that never leave 0, returns that never rise; and near misses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis import analyze
from analysis.diagnoses.learning import NoLearning
from analysis.facts import Facts
from analysis.model import Episode, Floats, Run, Severity
from analysis.scan.episodes import scan
from analysis.scan.reading import Reading
from tests.analysis.scanning import found, rows, worst

N = 300
W, C, OK, I = Severity.WARNING, Severity.CRITICAL, Severity.OK, Severity.INFO  # noqa: E741
X: Floats = np.linspace(0, 1, N)
X_LONG: Floats = np.linspace(0, 1, 2400)


def noise(sigma: float, seed: int = 0) -> Floats:
    return np.asarray(np.exp(sigma * np.random.default_rng(seed).standard_normal(N)))


def evals(x: Floats, count: int) -> Floats:
    """Only every so many-th is logged."""
    out = np.full(len(x), np.nan)
    at = np.linspace(len(x) / count, len(x), count).astype(int) - 1
    out[at] = x[at]
    return out


KL = 1.2 * np.exp(-X * 40) + 0.001
STUCK, FALLING = 0.37 * noise(0.08), (0.05 + 0.35 * np.exp(-X * 12)) * noise(0.08)
FLAT_RETURN = -150 * noise(0.15, 1)
SUCCESS, MAP, REWARD, ROLLOUT = "eval/pc_success", "metrics/mAP50-95(B)", "eval/mean_reward", "rollout/ep_rew_mean"
WER = "eval/wer"
EPOCH = np.resize([0.9741, 1.2239, 1.1684, 1.3742, 1.0391, 0.9673, 1.2387, 0.961], N)
LORA = {"finetuning_type": "lora", "model_name_or_path": "a/b"}
ACT = {"policy": {"type": "act"}}
SAC = {"algo": "sac"}


def act(l1: Floats, weight: float = 10.0) -> dict[str, Floats]:
    return {"train/loss": l1 + weight * KL, "train/l1_loss": l1, "train/kld_loss": KL}


TABLE: dict[str, tuple[dict[str, Floats], dict[str, Any], Severity]] = {
    "the total falls with KL, L1 does not": (act(STUCK), ACT, C),
    "L1 falls while KL hides it in the total": (act(FALLING), ACT, OK),
    "a flat part beside others, without KL": ({"train/loss": 2 * FALLING, "train/l1_loss": STUCK,
        "train/cls_loss": FALLING}, {}, OK),
    "success 0 for ever": ({"train/loss": FALLING, SUCCESS: evals(np.zeros(N), 20)}, ACT, W),
    "success 0 in nine evals": ({"train/loss": FALLING, SUCCESS: evals(np.zeros(N), 9)}, ACT, OK),
    "one success in the first third": ({"train/loss": FALLING, SUCCESS: evals(np.where(X > 0.2, 2.0, 0.0), 20)}, ACT,
        OK),
    "success 0 for a third, of an agent": ({SUCCESS: evals(np.zeros(N), 40)}, SAC, I),
    "mAP within rounding of 0": ({"train/box_loss": FALLING, MAP: 5e-4 * noise(0.2)}, {}, W),
    "mAP of a few per mille, which rises": ({"train/box_loss": FALLING, MAP: 0.004 + 0.1 * X}, {}, OK),
    "accuracy at the chance of a thousand classes": ({"train/loss": FALLING, "eval/accuracy": np.full(N, 9e-4)}, {},
        OK),
    "nine words in ten wrong to the end": ({WER: evals(94 * noise(0.02), 20)}, {}, W),
    "all words wrong at first": ({WER: evals(np.clip(100 - 120 * (X - 0.2), 30, 100), 20)}, {}, OK),
    "the same eight losses every epoch": ({"loss": EPOCH}, LORA, C),
    "eight losses that come again, rounded": ({"loss": np.round(EPOCH * np.exp(-0.3 * X), 2)}, LORA, OK),
    "25 evals of a return without a rise": ({REWARD: evals(FLAT_RETURN, 25)}, SAC, W),
    "25 evals of a return that rises by half": ({REWARD: evals(150 * (1 + 0.5 * X) * noise(0.08), 25)}, SAC, OK),
    "ten evals of a return, too few to tell": ({REWARD: evals(FLAT_RETURN, 10)}, SAC, OK),
    "a reward of training, where evals are few": ({ROLLOUT: FLAT_RETURN, REWARD: evals(FLAT_RETURN, 8)}, SAC, W),
    "a reward of training that rises in the last half": ({ROLLOUT: 100 * (1 + 2 * np.maximum(X - 0.5, 0)) * noise(0.1)},
        SAC, OK),
    "a reward that learnt, then lost it": ({ROLLOUT: (20 + 100 * np.sin(np.pi * X)) * noise(0.1)}, SAC, OK),
    "a reward of answers, from learnt weights": (
        {"train/reward": 0.2 + 0.05 * np.random.default_rng(3).standard_normal(N)},
        {"algo": "grpo", "base_model": "a/b"}, I,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "config", "severity"), TABLE.values(), ids=TABLE)
def test_what_never_learnt_and_what_comes_near(
    columns: dict[str, Floats], config: dict[str, Any], severity: Severity
) -> None:
    assert worst(found(NoLearning(), rows(columns), 10 * N, **config)) is severity


def test_a_return_is_asked_late_only_where_a_plan_is_known() -> None:
    """25 evals of a run of which nobody knows how long it is may be its beginning."""
    assert not found(NoLearning(), rows({REWARD: evals(FLAT_RETURN, 25)}), None, **SAC)
    assert worst(found(NoLearning(), rows({ROLLOUT: FLAT_RETURN}), None, **SAC)) is I


def test_a_rate_that_comes_late_is_taken_back() -> None:
    (episode,) = found(NoLearning(), rows({SUCCESS: evals(np.where(X > 0.7, 40.0, 0.0), 40)}), 10 * N, **ACT)

    assert [t.kind for t in episode.transitions] == ["raised", "cleared"]
    assert 0.33 < episode.raised_row / N < 0.4


LANGUAGE = 7.05 * np.exp(0.002 * np.random.default_rng(4).standard_normal(22))


def test_a_run_logged_22_times_that_has_not_moved_by_half_its_plan() -> None:
    """An eval that gets worse is no sign of learning."""
    worse = {"eval/loss": np.linspace(7.03, 7.3, 22), "eval/accuracy": np.linspace(0.06, 0.055, 22)}
    better = {"eval/loss": np.linspace(7.03, 6.6, 22)}
    step = 200 * np.arange(1, 23)

    (episode,) = found(NoLearning(), rows({"train/loss": LANGUAGE, **worse}, step=step), 4500)
    assert 11 <= episode.raised_row <= 17
    assert not found(NoLearning(), rows({"train/loss": LANGUAGE, **better}, step=step), 4500)
    assert not found(NoLearning(), rows({"train/loss": LANGUAGE * np.linspace(1, 0.96, 22)}, step=step), 4500)


def test_a_plan_in_epochs_is_one() -> None:
    columns = {"train/loss": 2.3 * noise(0.02), "train/epoch": 10 * X}
    (episode,) = scan(Reading(rows(columns), Facts({"num_train_epochs": 10})), (NoLearning(),)).episodes

    assert 0.12 < episode.raised_row / N < 0.2
    assert "已跑 1" in episode.transitions[0].words.message


def held_out(eval_loss: Floats, train: Floats, **config: Any) -> list[Episode]:
    h = rows({"train/mse": train, "val/mse": eval_loss})
    return found(NoLearning(), h, len(train) * 10, **config)


FEW = 40
down = np.exp(-np.linspace(0, 0.8, FEW))


def test_an_evaluation_no_better_than_at_first_is_a_note_while_training_falls() -> None:
    (episode,) = held_out(0.015 * np.exp(0.1 * np.random.default_rng(1).standard_normal(FEW)), down)

    assert episode.severity is Severity.INFO
    assert episode.open
    assert episode.last.words.evidence["carries_over"] is False


CARRIES_OVER = {
    "it falls by a tenth": (0.015 * np.exp(-np.linspace(0, 0.1, FEW)), down),
    "it falls in noise": (0.015 * down * np.exp(0.1 * np.random.default_rng(2).standard_normal(FEW)), down),
    "it falls at once": (0.015 * (1 + 2 * np.exp(-np.arange(FEW))), down),
    "training does not fall either": (
        0.015 * np.exp(0.1 * np.random.default_rng(3).standard_normal(FEW)),
        np.ones(FEW),
    ),
}


@pytest.mark.parametrize(("evaluation", "train"), CARRIES_OVER.values(), ids=CARRIES_OVER)
def test_an_evaluation_that_falls_or_has_nothing_to_fall_with_is_silent(evaluation: Floats, train: Floats) -> None:
    assert not [e for e in held_out(evaluation, train) if e.metrics[0] == "val/mse"]


def agent(kl: Floats, entropy: Floats, **config: Any) -> list[Episode]:
    r = np.random.default_rng(9).standard_normal(N)
    columns = {"rollout/ep_rew_mean": 20 + 2 * r, "train/approx_kl": kl, "train/entropy_loss": entropy}
    h = rows(columns)
    return [e for e in found(NoLearning(), h, 10 * N, algo="ppo", **config) if e.metrics[0] == "train/approx_kl"]


def test_an_agent_whose_updates_change_nothing_is_told_early() -> None:
    tiny, usual = 2e-9 * noise(0.5, 1), 0.008 * noise(0.3, 2)
    same, moves = -1.38 + 5e-4 * np.random.default_rng(3).standard_normal(N), -1.38 + 0.5 * X
    (e,) = agent(tiny, same)

    assert e.severity is Severity.WARNING
    assert e.raised_row == 19
    assert agent(np.where(np.arange(N) == 200, 0.05, tiny), same)[0].open  # one batch that did something
    assert not agent(np.where(np.arange(N) < 100, tiny, usual), same)[0].open
    assert not agent(usual, same)
    assert not agent(tiny, moves)  # one pass over each batch: its KL is that before the step
    assert not agent(np.concatenate([usual[:1], tiny[1:]]), same)


def judged(score: Floats, reward: Floats, **config: Any) -> list[Episode]:
    columns = {
        "critic/rewards/mean": reward,
        "val-core/gsm8k/acc/mean": evals(score, 25),
        "actor/kl_loss": 0.01 + 0.1 * X,
    }
    h = rows(columns)
    return [e for e in found(NoLearning(), h, 10 * N, adv_estimator="grpo", **config) if "gsm8k" in e.metrics[0]]


def test_a_reward_that_rises_alone_is_a_note() -> None:
    paid = 0.3 + 0.6 * (1 - np.exp(-6 * X)) + 0.02 * np.random.default_rng(1).standard_normal(N)
    same = 0.5 + 0.012 * np.random.default_rng(2).standard_normal(N)
    (e,) = judged(same, paid)

    assert e.severity is Severity.INFO
    assert e.last.words.evidence["carries_over"] is False
    assert not judged(same + 0.2 * X, paid)
    assert not judged(same + 0.45, paid)  # nothing is left above it
    assert not judged(same, 0.3 + 0.02 * np.random.default_rng(3).standard_normal(N))


def asr(n: int, words: Floats, tokens: Floats, seed: int = 5) -> dict[str, Floats]:
    """Error rates of words and of tokens in per cent, beside a loss."""
    rng = np.random.default_rng(seed)
    noise = [rng.standard_normal(n) for _ in range(2)]
    return {
        "loss": np.asarray(118 - 37 * (1 - np.exp(-np.arange(n) / 4))),
        "dev-clean-TER": tokens + 3 * noise[0],
        "dev-clean-WER": words + 0.4 * noise[1],
    }


def test_every_word_is_wrong_although_some_tokens_are_right() -> None:
    columns = asr(60, np.full(60, 100.2), np.full(60, 88.0))
    (episode,) = [e for e in found(NoLearning(), rows(columns)) if worst([e]) is Severity.WARNING]

    assert episode.metrics[0] == "dev-clean-WER"
    assert episode.raised_row <= 30


@pytest.mark.parametrize(
    "columns",
    [
        asr(60, np.full(60, 100.2), np.linspace(99, 30, 60)),
        asr(60, np.linspace(101, 60, 60), np.linspace(99, 30, 60)),
    ],
    ids=["tokens come first", "both"],
)
def test_words_that_are_on_their_way_are_not_called_so(columns: dict[str, Floats]) -> None:
    assert worst(found(NoLearning(), rows(columns))) < Severity.WARNING


@pytest.mark.parametrize(("fall", "left"), [(0.055, Severity.OK), (0.0, Severity.CRITICAL)])
def test_a_loss_that_turns_out_to_fall_slowly_is_no_longer_said_to_stand(fall: float, left: Severity) -> None:
    """Training that goes on from learnt weights loses a tenth of a nat in thousands of steps; nobody said so."""
    n = 2400
    loss = 2.23 * np.exp(0.025 * np.random.default_rng(1).standard_normal(n) - fall * X_LONG)
    columns = {"loss": loss, "learning_rate": 5e-5 * (1 - X_LONG), "grad_norm": np.full(n, 0.4)}
    report = analyze(Run("r", "r", rows(columns, every=1), "unknown", config={}, planned_steps=n))
    told = [e for e in report.episodes if e.id == "no-learning"]

    assert len(told) == 1
    assert max((e.severity for e in told if e.open), default=Severity.OK) is left


def of_trainer(start: float, fall: float, n: int, prefix: str = "", lr: str = "learning_rate") -> dict[str, Floats]:
    """`log_history` of a `trainer_state.json`, with nothing else known."""
    t = np.linspace(0, 1, n)
    loss = start - fall * (1 - np.exp(-t / 0.05)) + 0.04 * np.random.default_rng(4).standard_normal(n)
    return {prefix + "loss": loss, prefix + lr: 2e-5 * (1 - t), prefix + "epoch": 3 * t}


TUNED: dict[str, tuple[dict[str, Floats], dict[str, Any], Severity]] = {
    "answers that it nearly knew": (of_trainer(1.9, 0.07, 50), {}, I),
    "the same, logged by W&B": (of_trainer(1.9, 0.07, 150, "train/"), {}, I),
    "the same of another trainer": (of_trainer(1.9, 0.07, 50, lr="lr"), {}, C),
    "the same, whose config says that nothing was learnt before": (of_trainer(1.9, 0.07, 50), {"depth": 12}, C),
    "four classes": (of_trainer(1.386, 0.0, 50), {}, C),
    "words that it does not know": (of_trainer(7.0, 0.07, 50), {}, C),
}


@pytest.mark.parametrize("name", TUNED)
def test_a_loss_that_stands_where_no_guess_is_was_learnt_before(name: str) -> None:
    columns, config, severity = TUNED[name]
    run = Run("r", "r", rows(columns), "finished", config=config, planned_steps=10 * len(next(iter(columns.values()))))
    told = [f.severity for f in analyze(run).findings if f.id in {"no-learning", "at-chance"}]

    assert max(told, default=I) is severity
