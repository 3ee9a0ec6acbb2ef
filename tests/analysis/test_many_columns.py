"""Thousands of columns may go wrong at once: that costs in proportion to their number."""

from __future__ import annotations

import time

import numpy as np
import pytest

from analysis import Run, analyze
from analysis.columns.roles import assign_roles
from analysis.model import Column, Floats, History

ROWS = 20


def broken(columns: int, name: str) -> Run:
    """Every column holds infinite values, each in rows of its own."""
    rng = np.random.default_rng(3)
    rows = np.arange(ROWS)
    made = {}
    for i in range(columns):
        x: Floats = rng.normal(1.0, 0.1, ROWS)
        x[rng.random(ROWS) < 0.6] = np.inf
        made[f"layers.{i}/{name}"] = Column(rows, x)
    return Run("r", "r", History(rows * 10, 1.7e9 + rows * np.float64(5.0), rows * np.float64(5.0), made))


def cpu_s(run: Run) -> float:
    began = time.thread_time()
    analyze(run)
    return time.thread_time() - began


def costs_less(many: Run, few: Run, times: float) -> bool:
    """In one of three tries: a neighbour who empties the caches only ever adds."""
    return any(cpu_s(many) < times * min(cpu_s(few) for _ in range(2)) for _ in range(3))


@pytest.mark.parametrize("name", ["train/loss", "eval/success_rate", "train/kl"])
def test_eight_times_the_columns_cost_about_eight_times_as_much(name: str) -> None:
    analyze(broken(20, name))  # what is loaded late
    few, many = broken(250, name), broken(2000, name)

    assert costs_less(many, few, times=20)


def returning(columns: int) -> Run:
    """Columns that differ from one another, of a run that goes back to an earlier step again and again."""
    rng, rows = np.random.default_rng(3), np.arange(72)
    made = {f"layers.{i}/activation": Column(rows, rng.normal(1.0, 0.1, 72)) for i in range(columns)}
    made["train/loss"] = Column(rows, rng.normal(1.0, 0.1, 72))
    step = rows - 8 * (rows // 12)
    return Run("r", "r", History(step, 1.7e9 + rows * np.float64(5.0), rows * np.float64(5.0), made))


def test_so_they_do_where_a_run_returns_to_earlier_steps() -> None:
    """Each column used to be compared with every other one, once a stretch."""
    analyze(returning(20))
    few, many = returning(500), returning(4000)

    assert costs_less(many, few, times=14)


@pytest.mark.parametrize("name", ["score{}mean", "policy{}kl", "temperature{}"])
def test_so_it_does_where_what_a_column_is_depends_on_the_others(name: str) -> None:
    """Of a name that says little, all the others were asked, each time anew."""

    def roles_s(columns: int) -> float:
        keys = (name.format("".join("/_.-"[i >> 2 * k & 3] for k in range(7))) for i in range(columns))
        logged = {key: Column(np.arange(i % 50, 60), np.ones(60 - i % 50)) for i, key in enumerate(keys)}
        began = time.process_time()
        assign_roles(logged)
        return time.process_time() - began

    roles_s(4000)  # how names are taken apart is remembered

    assert min(roles_s(4000) for _ in range(3)) < 20 * min(roles_s(500) for _ in range(5))


def test_of_many_equal_faults_the_first_explains_the_others() -> None:
    report = analyze(broken(60, "train/loss"))

    assert len([f for f in report.findings if f.suppressed_by is None and not f.over]) < 5
