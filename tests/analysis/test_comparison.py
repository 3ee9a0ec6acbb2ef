"""A run beside the finished runs of its project: what it lacks, what is configured otherwise, whether it is behind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis import analyze
from analysis.diagnoses import ALL
from analysis.diagnoses.against_peers import ConfigDrift
from analysis.facts.config import Config
from analysis.facts.config_diff import drift
from analysis.model import Finding, Peer, Run, Severity
from analysis.peers import PeerDiagnosis, curve
from tests.analysis.company import EVAL, KEYS, PLAN, peer, run, several
from tests.analysis.scanning import proofread

COMPARISONS = [d for d in ALL if isinstance(d, PeerDiagnosis)]


def findings(r: Run) -> dict[str, Finding]:
    """What the comparisons say, proofread."""
    report = analyze(r, COMPARISONS)
    for f in report.findings:
        proofread(f.words)
        assert f.severity is Severity.INFO
        assert f.onset_step is None
    return {f.id: f for f in report.findings}


# metric-missing


def logging(*keys: str, first: float = 500.0, n: int = 5, without: int = 0, **facts: Any) -> tuple[Peer, ...]:
    """Peers that log more than the run; the newest `without` of them do not. `first`: the step where it begins."""
    made = []
    for i in range(n):
        more = keys if i >= without else ()
        curves = {
            key: curve(np.arange(first, PLAN + 1, 500.0), np.ones(len(np.arange(first, PLAN + 1, 500.0))))
            for key in more
        }
        made.append(peer(name=f"p{i}", keys=KEYS | set(more), curves={**peer().curves, **curves}, **facts))
    return tuple(made)


@pytest.mark.parametrize(
    ("name", "r", "missing"),
    [
        ("in all five", run(peers=logging("train/kld_loss")), ["train/kld_loss"]),
        ("in three of five", run(peers=logging("train/kld_loss", without=2)), ["train/kld_loss"]),
        ("in two of five", run(peers=logging("train/kld_loss", without=3)), []),
        ("in three of three", run(peers=logging("train/kld_loss", n=3)), ["train/kld_loss"]),
        ("only two peers", run(peers=logging("train/kld_loss", n=2)), []),
        ("in three older than the last five", run(peers=logging("train/kld_loss", n=8, without=5)), []),
        ("4 % of the steps", run(at=800, peers=logging("train/kld_loss")), []),
        ("6 % of the steps", run(at=1200, peers=logging("train/kld_loss")), ["train/kld_loss"]),
        ("no plan, 30 rows", run(at=1500, config={}, peers=logging("train/kld_loss")), ["train/kld_loss"]),
        ("no plan, 20 rows", run(at=1000, config={}, peers=logging("train/kld_loss")), []),
        (
            "an eval whose step has passed",
            run(at=8000, peers=logging("eval/success_rate", first=5000)),
            ["eval/success_rate"],
        ),
        ("an eval whose step has just come", run(at=5500, peers=logging("eval/success_rate", first=5000)), []),
        ("an eval whose step is to come", run(at=8000, peers=logging("eval/success_rate", first=10_000)), []),
        ("nobody knows when it begins", run(peers=several(0.3, 0.3, 0.3, keys=KEYS | {"train/kld_loss"})), []),
        ("a reading of the system", run(peers=logging("system/gpu.0.gpu", "system/gpu.0.memoryAllocated")), []),
        ("the tracker's own", run(peers=logging("_wandb", "_runtime")), []),
        (
            "renamed: another column has its role",
            run(peers=logging("train/kld_loss"), columns={"train/kl": np.full(160, 0.1)}),
            [],
        ),
        ("another kind of run: it lacks most", run(peers=logging(*(f"aux/{i}" for i in range(9)))), []),
        ("steps of another column", run(peers=logging("train/kld_loss", step_key="train/global_step")), []),
    ],
)
def test_metric_missing(name: str, r: Run, missing: list[str]) -> None:
    finding = findings(r).get("metric-missing")

    assert (list(finding.words.evidence["missing"]) if finding else []) == missing


def test_what_is_missing_is_named_however_long() -> None:
    key = "train/losses/auxiliary_reconstruction_of_the_wrist_camera"
    words = findings(run(peers=logging(key, "train/kld_loss", "train/entropy")))["metric-missing"].words

    assert words.title == "少了 3 个常见指标"
    assert "5 个 run" in words.message
    assert key in words.evidence["missing"]


# config-drift

BASE: dict[str, Any] = {"lr": 1e-4, "batch_size": 8, "steps": PLAN, "seed": 1000}


def drifted(**changes: Any) -> Run:
    return run(
        config=BASE | changes,
        peers=(peer(0.2, name="act-base-12", config=BASE), peer(0.5, name="worse", config={"lr": 9})),
    )


@pytest.mark.parametrize(("changes", "keys"), [
    ({"lr": 3e-4}, ["lr"]),
    ({"lr": "1e-4", "batch_size": 8.0}, []),  # written otherwise
    ({"seed": 7}, []),  # a repetition
    ({"seed": 7, "lr": 1e-5}, ["lr", "seed"]),
    ({"seed": 7, "dataset": {"revision": "v3"}, "kl_weight": 1, "optimizer": {"type": "sgd"}, "batch_size": 16,
     "lr": 1e-5},
     ["lr", "batch_size", "optimizer.type", "kl_weight", "dataset.revision"]),
    ({"output_dir": "/runs/b", "job_name": "b", "run_name": "b", "hostname": "node7", "started_at": "2025-11-02 10:00",
      "wandb": {"project": "x"}, "num_workers": 9, "log_freq": 7, "policy": {"repo_id": "team/b"}}, []),
    ({"dataset": {"root": "/data/b"}, "pretrained_path": "/ckpt/b"}, []),  # where it lies on this machine
    ({"pretrained_path": "lerobot/smolvla_base"}, ["pretrained_path"]),
    ({"some_new_flag": True}, []),  # one of them is older than the flag
    ({"steps": 2 * PLAN}, ["steps"]),
])  # fmt: skip
def test_config_drift(changes: dict[str, Any], keys: list[str]) -> None:
    finding = findings(drifted(**changes)).get("config-drift")

    assert ([c["key"] for c in finding.words.evidence["changes"]] if finding else []) == keys


def test_drift_is_told_from_the_best_run_to_this_one() -> None:
    words = findings(drifted(lr=3e-4, batch_size=16))["config-drift"].words

    assert words.title == "与最好的 run 有 2 处配置不同"
    assert words.message == "相对 act-base-12：lr 1e-4→3e-4，batch_size 8→16"


@pytest.mark.parametrize(
    "secret",
    [
        {"wandb_api_key": "a" * 8},
        {"hf_token": "x"},
        {"auth": {"password": "x"}},
        {"model": "sk-abcdefgh"},
        {"model": "0123456789abcdef" * 4},
        {"optim_url": "https://user:pass@host/x"},
    ],
)
def test_a_secret_is_never_told_not_even_that_it_differs(secret: dict[str, Any]) -> None:
    assert "config-drift" not in findings(drifted(**secret))
    assert drift(Config(secret), Config()) == ()


def test_many_long_differences_stay_within_a_line() -> None:
    changes = {f"optimizer_setting_with_a_long_name_{i}": f"a very long value indeed {i}" for i in range(9)}
    r = drifted(lr=1.23456789e-5, lr_scheduler_name="cosine_with_hard_restarts", **changes)
    r = replace(r, peers=tuple(replace(p, name="act-uot-so100-pick-place-seed3") for p in r.peers))
    words = findings(r)["config-drift"].words

    assert len(words.evidence["changes"]) == ConfigDrift().max_keys
    assert words.evidence["differences"] == 11
    assert "1.235e-5" in words.message
    assert any("另有 6 处" in line for line in words.more)


def test_without_a_good_run_there_is_no_base() -> None:
    alone = analyze(run(config=BASE | {"lr": 1.0}, peers=(peer(last=100, config=BASE),)), COMPARISONS)

    assert "config-drift" in alone.not_applicable or alone.findings  # a run of 100 steps is the longest there is
    nobody = replace(peer(config=BASE), last_step=None)
    assert "config-drift" in analyze(run(config=BASE | {"lr": 1.0}, peers=(nobody,)), COMPARISONS).not_applicable


# behind-peers

GOOD = several(0.28, 0.29, 0.30, 0.31, 0.32)


@pytest.mark.parametrize(("name", "r", "told"), [
    ("far behind all five", run(0.5, peers=GOOD), True),
    ("the last, but near", run(0.325, peers=GOOD), False),
    ("better than all", run(0.2, peers=GOOD), False),
    ("behind four", run(0.5, peers=GOOD[:4]), False),
    ("behind nine of ten", run(0.5, peers=several(*np.linspace(0.28, 0.32, 9).tolist(), 0.6)), True),
    ("behind eight of ten", run(0.5, peers=several(*np.linspace(0.28, 0.32, 8).tolist(), 0.6, 0.7)), False),
    ("at 5 % of the steps", run(0.9, at=1000, peers=GOOD), False),
    ("behind five that did not train to their end", run(0.5, peers=(*several(0.3, 0.3, 0.3, 0.3, last=9_000),
     peer(0.3))), False),
    ("at its end", run(0.5, at=PLAN, state="finished", peers=GOOD), True),
    ("another data set", run(0.5, peers=several(0.28, 0.29, 0.30, 0.31, 0.32, config={"dataset_name": "b"}),
                             config={"dataset_name": "a"}), False),
])  # fmt: skip
def test_behind_peers(name: str, r: Run, told: bool) -> None:
    assert ("behind-peers" in findings(r)) == told


def test_behind_is_said_with_the_step_and_the_median() -> None:
    words = findings(run(0.5, peers=GOOD))["behind-peers"].words

    assert words.message == "第 8000 步时评估 L1 0.520，不如同项目 5 个 run 中的 5 个（中位 0.329）"
    assert words.evidence["metric"] == EVAL
    assert len(words.evidence["others"]) == 5


def test_a_run_better_than_all_is_a_line_and_no_finding() -> None:
    report = analyze(run(0.2, peers=GOOD), COMPARISONS)

    assert report.findings == ()
    assert report.standing is not None
    assert report.standing.better_than == 5
