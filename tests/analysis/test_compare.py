"""Runs side by side: the same step whatever they log, and what may be said of a difference."""

from __future__ import annotations

import inspect
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import analyze
from analysis.arrays import alignment
from analysis.diagnoses import ALL
from analysis.model import Floats, Run
from analysis.report.compare import compare
from analysis.report.comparison import Comparison, Metric
from analysis.report.earlier import earlier, worked
from analysis.scan import remedy
from tests.analysis import curves
from tests.analysis.company import peer
from tests.analysis.curves import history

LOSS, L1, EVAL, SUCCESS = "train/loss", "train/l1_loss", "eval/l1", "eval/success_rate"
BASE: dict[str, Any] = {"lr": 1e-4, "batch_size": 8, "seed": 1000, "dataset": {"repo_id": "pusht"}}


def run(columns: dict[str, Any], *, every: int = 50, step: Any = None, name: str = "r", **facts: Any) -> Run:
    known: dict[str, Any] = {"state": "finished", "config": BASE}
    return Run(ref=f"team/robot/{name}", name=name, history=history(columns, step, every), **(known | facts))


def beside(*runs: Run) -> Comparison:
    named = [replace(r, ref=f"team/robot/r{i}") for i, r in enumerate(runs)]
    return compare([(r, analyze(r)) for r in named])


def levels(m: Metric) -> list[float]:
    return [r.level for r in m.reached if r.level is not None]


def line(n: int, every: int = 50, slope: float = 1e-4) -> Floats:
    """A loss that falls from 3 by `slope` a step."""
    return np.asarray(3 - slope * every * np.arange(1, n + 1), dtype=np.float64)


# the same step


@pytest.mark.parametrize(("a", "b", "step", "level"), [
    # a window of 5 % of the step, the same for both: its middle is at 0.975 of it
    (run({LOSS: line(400)}), run({LOSS: line(240)}), 12_000, 3 - 1.17),
    (run({LOSS: line(240)}), run({LOSS: line(400)}), 12_000, 3 - 1.17),
    (run({LOSS: line(400)}), run({LOSS: line(1200, 10)}, every=10), 12_000, 3 - 1.17),
    # one in 400 steps: three of its records reach back to 11200
    (run({LOSS: line(400)}), run({LOSS: line(30, 400)}, every=400), 12_000, 3 - 1.16),
    # its own steps, four to a row of the tracker
    (run({LOSS: line(400)}), run({LOSS: line(240), "train/global_step": 50.0 * np.arange(1, 241)}, every=12), 12_000,
     3 - 1.17),
    # it was resumed at 8000: what it went back behind (too high by one) is gone, also where steps repeat
    (run({LOSS: line(400)}),
     run({LOSS: np.r_[line(160), line(200)[160:] + 1, line(240)[160:]]},
         step=np.r_[50 * np.arange(1, 201), 50 * np.arange(161, 241)]), 12_000, 3 - 1.17),
    (run({LOSS: line(400)}),
     run({LOSS: np.r_[line(160), line(240)[160:] + 1, line(240)[160:]]},
         step=np.r_[50 * np.arange(1, 241), 50 * np.arange(161, 241)]), 12_000, 3 - 1.17),
    # the tracker counts on, its own steps go back
    (run({LOSS: line(400)}),
     run({LOSS: np.r_[line(160), line(240)[160:] + 1, line(240)[160:]],
          "train/global_step": np.r_[50.0 * np.arange(1, 241), 50.0 * np.arange(161, 241)]}, every=1),
     12_000, 3 - 1.17),
], ids=["shorter", "longer", "finer", "coarser", "own steps", "resumed", "repeated", "own steps resumed"])  # fmt: skip
def test_the_same_step_whatever_they_log(a: Run, b: Run, step: int, level: float) -> None:
    (metric,) = (m for m in beside(a, b).metrics if m.role == "loss")

    assert metric.step == step
    assert levels(metric) == pytest.approx([level, level], rel=1e-12)


def test_five_runs_meet_where_the_shortest_ends() -> None:
    found = beside(*(run({LOSS: line(n)}) for n in (400, 380, 240, 300, 390)))

    assert [m.step for m in found.metrics] == [12_000]
    assert levels(found.metrics[0]) == pytest.approx([3 - 1.17] * 5, rel=1e-12)


def test_other_intervals_meet_at_the_last_step_that_both_know() -> None:
    """One evaluated every 1000 steps, one every 1500: at 6000 both were."""
    a, b = np.full(400, np.nan), np.full(140, np.nan)
    a[19::20], b[29::30] = np.linspace(1, 0.5, 20), np.linspace(1, 0.8, 4)
    (metric,) = (m for m in beside(run({EVAL: a, LOSS: line(400)}), run({EVAL: b, LOSS: line(140)})).metrics
                 if m.role == "eval_loss")  # fmt: skip

    assert metric.step == 6000
    assert [r.best for r in metric.reached] == pytest.approx([0.5, 0.8])
    assert [r.best_at for r in metric.reached] == [20_000, 6000]


def test_a_best_that_was_overwritten_is_none() -> None:
    values = np.r_[line(160), np.full(40, 0.1), line(240)[160:]]
    resumed = run({LOSS: values}, step=np.r_[50 * np.arange(1, 201), 50 * np.arange(161, 241)])

    assert beside(resumed, run({LOSS: line(240)})).metrics[0].reached[0].best == pytest.approx(3 - 1.2)


def test_a_point_that_came_late_takes_nothing_away() -> None:
    at, x = alignment.surviving(np.array([1.0, 2, 3, 4, 0, 5]), np.arange(6.0))

    assert at.tolist() == [0, 1, 2, 3, 4, 5]
    assert x.tolist() == [4, 0, 1, 2, 3, 5]


def test_steps_of_other_columns_are_said() -> None:
    own = run({LOSS: line(240), "train/global_step": 50.0 * np.arange(1, 241)}, every=12)

    assert "步数来自不同的列：A _step / B train/global_step" in beside(run({LOSS: line(400)}), own).notes


# what may be said


def noisy(level: float, *, n: int = 400, scatter: float = 0.01, seed: int = 0, since: int = 0) -> dict[str, Floats]:
    """Evaluated every 500 steps; from row `since` on it stands at `level`, before at 0.5."""
    rng = np.random.default_rng(seed)
    x = np.full(n, np.nan)
    middle = np.where(np.arange(n) < since, 0.5, level)
    x[9::10] = (middle + scatter * rng.standard_normal(n))[9::10]
    return {LOSS: line(n), EVAL: x}


def changed(**changes: Any) -> dict[str, Any]:
    return BASE | changes


def test_beside_a_run_without_a_config_nothing_is_called_different() -> None:
    bare = run(noisy(0.3), config={})

    alone = beside(run(noisy(0.5)), bare)
    two = beside(run(noisy(0.5)), bare, run(noisy(0.4), config=changed(lr=3e-4)))

    assert alone.differences == () and alone.untold == 0
    assert any("没有记录配置" in note for note in alone.notes)
    assert any(d.leaf == "lr" for d in two.differences)


def test_better_since_when() -> None:
    found = beside(run(noisy(0.5)), run(noisy(0.3, seed=1, since=200), config=changed(lr=3e-4)))

    verdict = found.verdict
    assert verdict.kind == "better" and verdict.metric is not None and verdict.metric.ranking is not None
    assert verdict.metric.name == "评估 L1"
    assert verdict.metric.ranking.order == (1, 0)
    assert 10_000 < (verdict.metric.ranking.since or 0) <= 11_500
    assert verdict.metric.ranking.gap > 10 * verdict.metric.ranking.noise
    assert [(d.key, d.values) for d in found.differences] == [("lr", ("1e-4", "3e-4"))]


@pytest.mark.parametrize("seed", range(8))
def test_the_same_level_is_never_better(seed: int) -> None:
    a = run(noisy(0.3, scatter=0.02, seed=seed))
    b = run(noisy(0.3, scatter=0.02, seed=seed + 100), config=changed(lr=1e-5))

    assert beside(a, b).verdict.kind == "even"


def test_less_than_another_seed_may_do_is_not_better() -> None:
    found = beside(run(noisy(0.3, scatter=1e-5)), run(noisy(0.297, scatter=1e-5), config=changed(lr=1e-5)))

    assert found.verdict.kind == "even"
    assert found.verdict.metric is not None and found.verdict.metric.ranking is not None
    assert found.verdict.metric.ranking.by_seed


def test_a_repetition_shows_its_own_scatter() -> None:
    assert beside(run(noisy(0.3)), run(noisy(0.4), config=changed(seed=7))).verdict.kind == "repeated"
    assert beside(run(noisy(0.3)), run(noisy(0.4), config=changed(seed=7), commit="b")).verdict.kind == "repeated"
    switched = beside(run(noisy(0.3)), run(noisy(0.4), config=changed(seed=7, my_new_switch=True)))
    assert switched.verdict.kind == "better"  # it may be what was tried
    assert ("my_new_switch", ("—", "是")) in [(d.key, d.values) for d in switched.differences]
    other_code = beside(run(noisy(0.3), commit="a"), run(noisy(0.4), config=changed(seed=7), commit="b"))
    assert other_code.verdict.kind == "better"


def test_what_seeds_do_is_taken_from_runs_of_one_config() -> None:
    """0.30 and 0.38 differ in their seed only: 0.25 of another config is not clearly better."""
    seeds = [run(noisy(0.30)), run(noisy(0.38), config=changed(seed=7))]
    other = run(noisy(0.25), config=changed(lr=1e-5))

    assert beside(*seeds, other).verdict.kind == "even"
    assert beside(seeds[0], other).verdict.kind == "better"


def test_what_seeds_do_is_taken_from_peers() -> None:
    peers = tuple(
        peer(level, name=f"p{i}", config=changed(seed=i)) for i, level in enumerate((0.26, 0.30, 0.34, 0.28, 0.32))
    )
    a, b = run(noisy(0.3), peers=peers), run(noisy(0.27), config=changed(lr=1e-5))

    assert beside(a, b).verdict.kind == "even"
    assert beside(replace(a, peers=()), b).verdict.kind == "better"


def test_two_that_lead_together() -> None:
    found = beside(
        run(noisy(0.3)),
        run(noisy(0.5, seed=1), config=changed(lr=1.0)),
        run(noisy(0.3, seed=2), config=changed(lr=1e-5)),
    )

    assert found.verdict.kind == "leaders"
    assert found.verdict.metric is not None and found.verdict.metric.ranking is not None
    assert set(found.verdict.metric.ranking.leaders) == {0, 2}


def test_never_by_the_training_loss_where_there_is_an_evaluation() -> None:
    low, high = line(400), line(400) + 1
    one_evaluated = beside(run({LOSS: low, EVAL: noisy(0.3)[EVAL]}), run({LOSS: high}, config=changed(lr=1.0)))
    even = beside(run(noisy(0.3) | {LOSS: low}), run(noisy(0.3, seed=1) | {LOSS: high}, config=changed(lr=1.0)))
    neither = beside(run({LOSS: low}), run({LOSS: high}, config=changed(lr=1.0)))

    assert one_evaluated.verdict.kind == "fitting"
    assert any("只有 A 有评估 L1" in note for note in one_evaluated.notes)
    assert even.verdict.kind == "even"
    assert neither.verdict.kind == "better"


def test_what_is_not_the_same_is_not_compared() -> None:
    other_data = beside(run(noisy(0.3)), run(noisy(0.5), config=changed(dataset={"repo_id": "aloha"})))
    assert other_data.verdict.kind == "incomparable"
    assert "pusht" in other_data.verdict.reason and "aloha" in other_data.verdict.reason
    assert {m.step for m in other_data.metrics} == {None}
    assert all(m.ranking is None for m in other_data.metrics)

    other_weights = beside(run({LOSS: line(400)}), run({LOSS: line(400) + 1}, config=changed(kl_weight=10)))
    assert other_weights.verdict.kind == "unknown"
    assert "loss 权重不同（kl_weight），总 loss 不比" in other_weights.notes

    other_names = beside(run({"train/ce_loss": line(400)}), run({"train/mse_loss": line(400) + 1}))
    assert other_names.verdict.kind == "unknown"
    assert any("口径不同" in note and "train/ce_loss" in note for note in other_names.notes)

    other_eval = beside(run(noisy(0.3)), run(noisy(0.5), config=changed(eval={"dataset": "b"})))
    assert other_eval.verdict.kind == "fitting"
    assert any("评估集不同" in note for note in other_eval.notes)

    test = {key.replace("eval", "test"): x for key, x in noisy(0.3).items()}
    assert beside(run(noisy(0.3)), run(test)).verdict.kind == "fitting"


def test_few_evaluations_say_nothing_unless_their_tries_are_known() -> None:
    def evaluated(rate: float, n: int, **config: Any) -> Run:
        x = np.full(400, np.nan)
        x[[199, 399][:n]] = rate
        return run({LOSS: line(400), SUCCESS: x}, config=changed(**config))

    assert beside(evaluated(0.2, 2), evaluated(0.8, 2, lr=1.0)).verdict.kind == "fitting"
    known = beside(evaluated(0.2, 2, n_eval_episodes=50), evaluated(0.8, 2, n_eval_episodes=50, lr=1.0)).verdict
    assert known.kind == "better"
    few = beside(evaluated(0.6, 2, n_eval_episodes=10), evaluated(0.8, 2, n_eval_episodes=10, lr=1.0)).verdict
    assert few.kind == "even"


def test_a_broken_run_is_named() -> None:
    collapsed = {"train/ot_ot_pi_sum": np.r_[np.full(100, 0.5), np.full(300, 1e-9)]}
    found = beside(run(noisy(0.5)), run(noisy(0.3) | collapsed, config=changed(lr=1.0)))

    assert [r.broken is not None for r in found.runs] == [False, True]


def test_configs_the_most_telling_first_the_rest_counted() -> None:
    a = changed(kl_weight=1, policy={"dim_model": 512}, git_commit="a" * 40, output_dir="/a", job_name="a", flag=1)
    b = changed(lr=3e-4, batch_size=16, seed=7, kl_weight=10, policy={"dim_model": 256}, git_commit="b" * 40,
                output_dir="/b", job_name="b", flag=2, wandb_api_key="x")  # fmt: skip
    found = beside(run(noisy(0.3), config=a), run(noisy(0.3), config=b))

    keys = [d.key for d in found.differences]
    assert keys == ["lr", "batch_size", "seed", "kl_weight", "policy.dim_model", "flag"]
    assert found.untold == 2  # where it lies, what it is called
    assert [r.commit for r in found.runs] == ["a" * 40, "b" * 40]
    assert "batch 不同（A 8 / B 16）：同一步看过的样本数不同" in found.notes


@settings(max_examples=20, deadline=None)
@given(st.lists(curves.histories(80), min_size=2, max_size=5))
def test_it_never_fails_and_says_no_nan(made: list[Any]) -> None:
    runs = [replace(curves.run(h), ref=f"r{i}") for i, h in enumerate(made)]
    found = compare([(r, analyze(r)) for r in runs])

    for m in found.metrics:
        for r in m.reached:
            assert all(x is None or np.isfinite(x) for x in (r.level, r.error, r.best))
        if m.ranking is not None:
            assert sorted(m.ranking.order) == list(range(len(runs)))
            assert np.isfinite(m.ranking.gap) and np.isfinite(m.ranking.noise)


# the last one that worked


def test_the_last_one_is_of_the_same_kind_and_user() -> None:
    def made(name: str, at: float, **facts: Any) -> Any:
        config = {"policy_type": "act", "dataset": {"repo_id": "pusht"}} | facts.pop("config", {})
        return peer(name=name, created_at=at, config=config, **facts)

    peers = (
        made("later", 9.0, user="me"),
        made("other user", 4.0, user="you"),
        made("other policy", 3.5, user="me", config={"policy_type": "diffusion"}),
        made("other data", 3.2, user="me", config={"dataset": {"repo_id": "aloha"}}),
        made("mine", 3.0, user="me"),
        made("mine before", 2.0, user="me"),
    )
    now = run({LOSS: line(10)}, config={"policy_type": "act"} | BASE, user="me", created_at=5.0, peers=peers)

    assert [p.name for p in earlier(now)] == ["mine", "mine before", "other user"]
    assert [p.name for p in earlier(replace(now, user=None))] == ["other user", "mine", "mine before"]


def test_a_run_that_worked_has_nothing_open() -> None:
    assert worked(analyze(run(noisy(0.3))))
    assert not worked(analyze(run({LOSS: np.r_[line(100), np.full(300, 1e6)]})))
    assert not worked(analyze(run({LOSS: np.zeros(0)})))


# what came of an advice


def ot(mass: float, n: int = 400) -> dict[str, Floats]:
    return noisy(0.3, n=n) | {
        "train/ot_ot_pi_sum": np.full(n, mass),
        "train/ot_ot_cost/observation.state": np.full(n, 1000.0 if mass < 0.1 else 1.0),
    }


OT = {"ot": {"lambda_ot": 0.1, "reg": 1.0, "tau_src": 24.0, "tau_tgt": 24.0}}
NORMALISED = {"ot": {**OT["ot"], "normalize_cost": True}}


def pair(before: Run, after: Run) -> list[Any]:
    by_alice = replace(before, user="alice", created_at=1.0), replace(after, user="alice", created_at=2.0)
    return list(beside(*by_alice).outcomes)


def test_an_advice_that_was_followed() -> None:
    (outcome,) = pair(run(ot(1e-12), config=BASE | OT), run(ot(0.42), config=BASE | NORMALISED | {"lr": 1e-5}))

    assert (outcome.remedy, outcome.change) == ("代价归一化", (None, True))
    assert (outcome.before, outcome.after) == (1e-12, 0.42)
    assert outcome.gone is True
    assert outcome.besides == 1  # lr


@pytest.mark.parametrize(("after", "gone"), [(ot(1e-12), False), (ot(0.42), True)])
def test_it_is_said_whether_it_helped(after: dict[str, Floats], gone: bool) -> None:
    (outcome,) = pair(run(ot(1e-12), config=BASE | OT), run(after, config=BASE | NORMALISED))

    assert outcome.gone is gone


def test_nothing_is_said_where_nobody_followed_it() -> None:
    before, after = run(ot(1e-12), config=BASE | OT), run(ot(0.42), config=BASE | NORMALISED)

    assert pair(before, run(ot(0.42), config=BASE | OT)) == []  # nothing was changed
    assert pair(before, run(noisy(0.3), config=BASE | NORMALISED)) == []  # it is logged no more
    assert pair(run(ot(0.42), config=BASE | OT), after) == []  # nothing was advised
    assert beside(before, after).outcomes == ()  # nobody knows whose they are, nor when
    stranger = replace(after, user="bob", created_at=2.0)
    assert beside(replace(before, user="alice", created_at=1.0), stranger).outcomes == ()


def test_the_order_of_asking_does_not_matter() -> None:
    before = replace(run(ot(1e-12), config=BASE | OT), user="alice", created_at=1.0)
    after = replace(run(ot(0.42), config=BASE | NORMALISED), user="alice", created_at=2.0)
    (outcome,) = beside(after, before).outcomes

    assert (outcome.earlier, outcome.later) == (1, 0)


@pytest.mark.parametrize("diagnosis", [d for d in ALL if d.remedies], ids=lambda d: d.id)
def test_every_remedy_is_in_an_advice_of_its_diagnosis(diagnosis: Any) -> None:
    """As its source has it: an advice that is worded anew must take its remedies along."""
    room = type(diagnosis).__module__ + "."
    rooms = [inspect.getsource(module) for name, module in sys.modules.items() if name.startswith(room)]
    source = "".join([inspect.getsource(type(diagnosis)), *rooms])

    composed = "one_of(" in source  # which asks what the config has answered
    by_name = {name for name, value in vars(remedy).items() if value in diagnosis.remedies and name in source}
    told = {vars(remedy)[name].said for name in by_name} if composed else set()
    told |= {r.said for r in diagnosis.remedies} if composed and "*self.remedies" in source else set()
    assert [r.said for r in diagnosis.remedies if r.said not in source and r.said not in told] == []
