"""Which finished runs are good, where a run stands among them, and what it is compared by."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analysis import analyze
from analysis.model import Curve, Peer, Standing
from analysis.peers import behind, curve, level, short_name, to_read
from analysis.scan.reading import Reading
from tests.analysis.company import EVAL, KEYS, LOSS, PLAN, SUCC, beside, peer, run, several
from tests.analysis.curves import history


def ended(p: Peer, *values: float) -> Peer:
    """The same run, its eval ending in these values."""
    c = p.curves[EVAL]
    x = c.values.copy()
    x[-len(values) :] = values
    return replace(p, curves={EVAL: Curve(c.at, x)})


@pytest.mark.parametrize(
    ("name", "one", "good"),
    [
        ("to the end of its plan", peer(), True),
        ("to 92 % of it", peer(last=18_400, config={"steps": PLAN}), True),
        ("to half of it", peer(last=10_000, config={"steps": PLAN}), False),
        ("no plan, as long as the longest", peer(config={}), True),
        ("no plan, half of the longest", peer(last=10_000, config={}), False),
        ("its own short plan", peer(last=10_000, config={"steps": 10_000}), True),
        ("a plan in other units, as long as the longest", peer(config={"steps": 50 * PLAN}), True),
        ("ends in NaN", ended(peer(), math.nan), False),
        ("ends in Inf", ended(peer(), math.inf), False),
        ("fell to 0.3 and is back at 0.9", ended(peer(), 0.9, 0.9, 0.9), False),
        ("fell to 0.3 and ends at 0.35", ended(peer(), 0.35, 0.35, 0.35), True),
        ("never moved", replace(peer(), curves={EVAL: Curve(np.array([1.0, 2e4]), np.array([1.0, 1.0]))}), True),
        (
            "only ever rose",
            replace(peer(), curves={EVAL: Curve(np.array([1.0, 1e4, 2e4]), np.array([1.0, 1.5, 9.0]))}),
            False,
        ),
        ("without the metric", peer(key="eval/other"), False),
        ("nobody knows how far it came", replace(peer(), last_step=None), False),
    ],
)
def test_good_is_who_trained_to_the_end_and_ended_well(name: str, one: Peer, good: bool) -> None:
    company = beside(run(peers=(one, peer(0.31, name="longest"))))

    assert (one.ref in {p.ref for p in company.good}) == good


def test_a_loss_that_exploded_and_came_half_way_down_is_not_good() -> None:
    """From 8 to 0.05 and up to 2: half of the fall is kept as a difference, a third of it as a ratio."""
    at = np.arange(1.0, 41.0) * 500
    x = np.concatenate([np.geomspace(8, 0.05, 30), np.full(10, 2.0)])
    company = beside(run(peers=(replace(peer(), curves={EVAL: Curve(at, x)}), peer(0.4, name="sound"))))

    assert [p.name for p in company.good] == ["sound"]


def test_the_reference_is_the_good_one_that_ended_best() -> None:
    company = beside(run(peers=(*several(0.4, 0.2, 0.3), ended(peer(0.1, name="nan"), math.nan))))

    assert [p.name for p in company.good] == ["act-1", "act-2", "act-0"]
    assert company.reference is company.good[0]


def test_a_nan_among_the_last_values_does_not_hide_where_a_run_ended() -> None:
    company = beside(
        run(peers=(ended(peer(0.2, name="hole"), math.nan, 0.21), peer(0.3, name="worse"), peer(0.1, name="best")))
    )

    assert [p.name for p in company.good] == ["best", "hole", "worse"]


def test_a_metric_that_only_a_broken_run_shares_decides_nothing() -> None:
    """One peer has success rates too, but stopped half way: eval decides among the others."""
    half = replace(peer(name="half", last=9000), curves={**peer().curves, **peer(0.8, key=SUCC, last=9000).curves})
    standing = beside(run(0.3, columns={SUCC: np.full(160, 0.5)}, peers=(half, *several(0.2, 0.4)))).standing

    assert standing is not None
    assert (standing.key, len(standing.others)) == (EVAL, 2)


def test_standing_counts_who_is_worse_at_the_same_step() -> None:
    standing = beside(run(0.3, peers=several(0.2, 0.25, 0.32, 0.35, 0.4))).standing

    assert standing is not None
    assert (standing.key, standing.name, standing.step) == (EVAL, "评估 L1", 8000.0)
    assert (standing.better_than, len(standing.others)) == (3, 5)
    assert standing.others == tuple(sorted(standing.others))
    assert standing.best == "act-0"
    assert standing.best_value == standing.others[0] < standing.value


def test_a_score_is_better_when_it_is_higher() -> None:
    standing = beside(run(0.7, key=SUCC, peers=several(0.6, 0.65, 0.8, key=SUCC))).standing

    assert standing is not None
    assert (standing.name, standing.better_than, standing.best) == ("评估成功率", 2, "act-2")
    assert standing.others[0] > standing.others[-1]


def test_the_score_decides_then_eval_then_train() -> None:
    both = run(0.3, columns={SUCC: np.full(160, 0.5)})
    with_score = (replace(peer(), curves={**peer().curves, **peer(0.8, key=SUCC).curves}),)
    train_only = (peer(0.05, key=LOSS),)

    for peers, decided in ((with_score, SUCC), (several(0.2), EVAL), (train_only, LOSS)):
        standing = beside(replace(both, peers=peers)).standing
        assert standing is not None
        assert standing.key == decided


def test_the_loss_of_an_agent_decides_nothing() -> None:
    r = run(config={"algo": "ppo", "steps": PLAN}, columns={EVAL: np.full(160, np.nan)}, peers=(peer(0.05, key=LOSS),))

    assert beside(r).good == ()


def test_another_data_set_or_environment_measures_something_else() -> None:
    r = run(0.3, config={"dataset": {"repo_id": "team/a"}, "steps": PLAN})
    other, same = {"dataset": {"repo_id": "team/b"}, "steps": PLAN}, {"dataset.repo_id": "team/a", "steps": PLAN}
    peers = (peer(0.1, name="other", config=other), peer(0.35, name="same", config=same))
    company = beside(replace(r, peers=peers))

    assert company.standing is not None
    assert len(company.standing.others) == 1
    assert [p.name for p in company.good] == ["same", "other"]  # the numbers of the first can be compared


def test_steps_of_another_column_are_not_the_same_steps() -> None:
    assert beside(run(peers=(peer(step_key="train/global_step"),))).standing is None


def test_a_peer_without_a_recent_value_is_not_compared() -> None:
    """Evaluated at 5000 and 10,000 only, it has no value at 8000."""
    sparse = replace(peer(), curves={EVAL: Curve(np.array([5e3, 1e4, 1.5e4, 2e4]), np.array([0.5, 0.4, 0.3, 0.3]))})

    assert beside(run(peers=(sparse,))).standing is None


def test_own_step_columns_are_compared_by_what_they_say() -> None:
    """Rows count from 1 here, steps of training in fifties: the peer's step 8000 is the run's 160th row."""
    r = run(peers=(peer(0.2, step_key="train/global_step"),), columns={"train/global_step": 50.0 * np.arange(1, 161)})
    r = replace(r, history=replace(r.history, step=np.arange(1, 161)))
    standing = beside(r).standing

    assert standing is not None
    assert standing.step == 8000.0


def test_after_a_resume_the_run_stands_where_it_was_resumed() -> None:
    r = run(0.3, at=12_000, peers=several(0.3, 0.31))
    h = r.history
    again = np.concatenate([np.arange(240), np.arange(100, 160)])  # back from 12,000 to 5000, and on to 8000
    columns = {k: np.full(240, np.nan) for k in h.columns}
    for k, c in h.columns.items():
        columns[k][c.rows] = c.values
    standing = beside(
        replace(r, history=history({k: x[again] for k, x in columns.items()}, step=h.step[again]))
    ).standing

    assert standing is not None
    assert standing.step == 8000.0


def test_levels_of_training_are_medians_those_of_evals_single() -> None:
    c = Curve(np.arange(1.0, 101.0), np.where(np.arange(100) == 79, 9.0, 1.0))

    assert level(c, 80.0, smooth=True) == 1.0
    assert level(c, 80.0, smooth=False) == 9.0
    assert level(c, 500.0, smooth=False) is None  # the last value is older than a tenth of the step
    assert level(c, 0.5, smooth=False) is None


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(allow_nan=True)), max_size=600))
def test_a_curve_ascends_and_keeps_its_end(points: list[tuple[float, float]]) -> None:
    at, x = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    c = curve(at, x)

    assert len(c.at) <= 200
    assert np.all(np.diff(c.at) > 0)
    if points:
        last = max(range(len(points)), key=lambda i: (points[i][0], i))  # of a repeated step the last copy
        np.testing.assert_array_equal([c.at[-1], c.values[-1]], points[last])


@example(10, 1.0, [8.988465674311579e307, 8.98846567431158e307])
@example(10, 1.0, [-8.98846567431158e307])
@given(
    st.integers(2, 160),
    st.floats(0.01, 3),
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=40),
)
def test_whatever_a_peer_logged_an_analysis_ends_well(rows: int, mine: float, theirs: list[float]) -> None:
    odd = replace(
        peer(),
        curves={
            EVAL: curve(np.arange(len(theirs), dtype=np.float64) * 500, np.asarray(theirs, dtype=np.float64)),
            LOSS: curve(np.zeros(0), np.zeros(0)),
        },
    )
    report = analyze(run(mine, at=50 * rows, peers=(odd, peer(name="\n<!channel>\u202e" * 9), peer(0.2))))

    for f in report.findings:
        assert "nan" not in f.words.title + f.words.message


def test_without_peers_nothing_is_compared_and_nothing_changes() -> None:
    alone, among = analyze(run()), analyze(run(peers=several(0.3, 0.31)))

    assert alone.standing is None
    assert {"metric-missing", "config-drift", "behind-peers"} <= set(alone.not_applicable)
    assert among.episodes == alone.episodes
    assert among.standing is not None


def test_peers_are_fixed_facts_of_every_prefix() -> None:
    r = run(peers=several(0.3))

    assert r.head(20).peers is r.peers


def test_read_is_what_decides_and_what_most_have_and_the_run_has_not() -> None:
    listed = [KEYS | {"train/aux", f"only/{i}"} for i in range(5)]

    assert to_read(Reading.of(run()), listed) == (EVAL, LOSS, "train/aux")


@pytest.mark.parametrize(("n", "limit"), [(5, 0.06), (10, 0.03)])
def test_a_run_like_the_others_is_seldom_behind(n: int, limit: float) -> None:
    """The last of six is one in six; behind is told of one in twenty at most."""
    rng = np.random.default_rng(4)
    x = np.exp(0.1 * rng.standard_normal((4000, n + 1)))
    told = [behind(_standing(*r), down=True, share=0.9, spread=3.0, least=0.02) for r in x.tolist()]

    assert np.mean(told) < limit


@pytest.mark.parametrize(
    ("mine", "others", "down", "told"),
    [
        (0.40, (0.28, 0.29, 0.30, 0.31, 0.32), True, True),
        (0.33, (0.28, 0.29, 0.30, 0.31, 0.32), True, False),  # the last, but near
        (0.40, (0.28, 0.29, 0.30, 0.31, 0.41), True, False),  # not the last
        (0.302, (0.30, 0.30, 0.30, 0.30, 0.30), True, False),  # less than two per cent
        (0.33, (0.30, 0.30, 0.30, 0.30, 0.30), True, True),
        (0.2, (0.7, 0.75, 0.8, 0.7, 0.78), False, True),
        (0.8, (0.7, 0.75, 0.8, 0.7, 0.78), False, False),
        (-90.0, (-20.0, -22.0, -19.0, -25.0, -21.0), False, True),  # returns may be negative
    ],
)
def test_behind(mine: float, others: tuple[float, ...], down: bool, told: bool) -> None:
    assert behind(_standing(mine, *others), down=down, share=0.9, spread=3.0, least=0.02) == told


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("act-base-12", "act-base-12"),
        ("a\nb\t\x1b[31mc\u202e", "a b [31mc"),
        ("act-uot-so100-pick-place-seed3", "act-uot-so…seed3"),
        ("\n", "未命名"),
    ],
)
def test_names_of_runs_are_untrusted_text(name: str, said: str) -> None:
    assert short_name(name) == said


def _standing(value: float, *others: float) -> Standing:
    return Standing("k", "k", 1.0, value, others, 0, None, None)
