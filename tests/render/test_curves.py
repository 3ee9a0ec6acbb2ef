"""What the page's charts are drawn from: of a short run nothing is left out, of a long one nothing that stands out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from analysis import Run, analyze
from analysis.model import Column, Floats, History
from bot.render.curves import DETAIL, Curves, curves
from bot.render.families import families
from bot.render.html import page
from bot.render.inline import data_block, inline
from tests.analysis.company import EVAL, peer, several
from tests.analysis.company import run as beside
from tests.reports import healthy, run, sample, sample_report


def of(told: Run) -> Curves:
    return curves(told, analyze(told))


def line(found: Curves, key: str, part: str = "") -> tuple[list[Any], list[Any]]:
    """x and y of a metric, or of one of its parts (old, mean)."""
    metric = next(m for m in found.data["metrics"] if m["key"] == key)
    metric = metric[part] if part else metric
    return found.data["axes"][metric["x"]], metric["y"]


def with_steps(steps: Any, values: Any) -> Run:
    n = len(steps)
    stamp = 1.76e9 + np.arange(n, dtype=np.float64)
    cells = {"train/loss": Column(np.arange(n), np.asarray(values, dtype=np.float64))}
    return replace(healthy(), history=History(np.asarray(steps), stamp, stamp - stamp[0], cells))


def test_a_short_run_keeps_every_point() -> None:
    found = curves(sample(), sample_report())

    assert (found.thinned, found.absent) == (0, 0)
    for key, column in sample().history.columns.items():
        x, y = line(found, key)
        assert x == sample().history.step[column.rows].tolist()
        assert y == pytest.approx(column.values.tolist(), rel=1e-5)


def long(n: int = 40_000) -> Floats:
    return np.exp(0.1 * np.random.default_rng(3).standard_normal(n))


def test_what_stands_out_of_a_long_run_stays_where_it_was() -> None:
    loss = long()
    loss[24_321], loss[30_000], loss[35_000], loss[35_001] = 900.0, 1e-6, np.nan, -np.inf

    found = of(run({"train/loss": loss}))
    x, y = line(found, "train/loss")
    at = dict(zip(x, y, strict=True))

    assert found.thinned == 1
    assert len(y) <= DETAIL
    assert (at[50 * 24_322], at[50 * 30_001], at[50 * 35_001]) == (900.0, 1e-6, "NaN")
    assert x == sorted(x)
    assert (x[0], x[-1]) == (50, 50 * 40_000)


def test_the_level_of_a_long_run_is_that_of_all_its_points() -> None:
    """Extremes alone would tell of a level that nothing ever had."""
    skewed = long() ** 8

    _, mean = line(of(run({"train/loss": skewed})), "train/loss", "mean")

    assert np.mean(mean) == pytest.approx(skewed.mean(), rel=0.01)


def test_the_page_of_a_wide_long_run_stays_small() -> None:
    told = run({"train/loss": long(), **{f"layer.{i}": long() for i in range(60)}})

    assert len(page(told, analyze(told)).encode()) < 4_000_000


def test_what_a_resume_overwrote_is_another_line() -> None:
    """0..9, then again from 5: the second ones count."""
    told = with_steps([*range(10), *range(5, 12)], [*np.arange(10.0), *(100.0 + np.arange(7))])
    found = of(told)

    assert line(found, "train/loss") == (list(range(12)), [0, 1, 2, 3, 4, *range(100, 107)])
    old = line(found, "train/loss", "old")
    assert old == ([5, 6, 7, 8, 9], [5, 6, 7, 8, 9])


def test_what_two_resumes_overwrote_is_not_joined() -> None:
    told = with_steps([*range(6), *range(3, 9), *range(7, 10)], np.arange(15.0))

    assert line(of(told), "train/loss", "old") == ([3, 4, 5, 5, 7, 8], [3, 4, 5, "NaN", 10, 11])


def test_rows_in_no_order_are_put_in_order() -> None:
    steps = np.random.default_rng(0).permutation(400)
    x, y = line(of(with_steps(steps, steps * 2.0)), "train/loss")

    assert x == list(range(400))
    assert y == [2 * step for step in range(400)]


def test_columns_of_the_same_rows_share_their_steps() -> None:
    assert len(curves(sample(), sample_report()).data["axes"]) <= 3


def test_an_episode_has_the_words_of_its_finding() -> None:
    data = curves(sample(), sample_report()).data
    worst = next(e for e in data["episodes"] if e["severity"] == "critical")

    assert worst["title"] == sample_report().findings[worst["finding"]].words.title
    assert (worst["from"], worst["to"]) == (50, None)


def test_an_episode_ends_where_it_cleared() -> None:
    loss = np.exp(0.01 * np.random.default_rng(0).standard_normal(600))
    loss[300:303] = 50.0
    spikes = [e for e in of(run({"train/loss": loss})).data["episodes"] if "尖峰" in e["title"]]

    assert [(15_000 <= e["from"] <= 15_100, 15_100 < e["to"] < 20_000) for e in spikes] == [(True, True)]


def test_the_best_run_of_the_project_lies_beside() -> None:
    found = of(beside(0.35, peers=several(0.36, 0.29, 0.38)))
    index = next(i for i, m in enumerate(found.data["metrics"]) if m["key"] == EVAL)
    best = found.data["peer"]

    assert best["name"] == "act-1（同项目最好）"
    assert best["curves"][index]["y"][-1] == pytest.approx(several(0.36, 0.29)[1].curves[EVAL].values[-1], rel=1e-5)


@pytest.mark.parametrize(
    "peers", [(), (peer(step_key="epoch"),), (peer(0.29), peer(0.36))], ids=["none", "other steps", "same name twice"]
)
def test_no_run_lies_beside_where_it_could_be_another(peers: Any) -> None:
    assert of(beside(0.35, peers=peers)).data["peer"] is None


def test_nothing_ends_the_block_of_numbers() -> None:
    hostile = {"</script><!--": "\u2028&<script>"}
    block = str(data_block(hostile))

    assert not set("<>&\u2028") & set(block)
    assert json.loads(block) == hostile


def test_uplot_is_the_published_one() -> None:
    """uPlot 1.6.32 as npm has it: what is changed here is no longer what others have read."""
    folder = files("bot.render") / "web" / "uplot"
    hashes = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}

    assert hashes == {
        "uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
        "uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
        "LICENSE": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
    }
    assert (folder / "LICENSE").read_text(encoding="utf-8") in inline().script


def test_columns_that_differ_in_a_number_are_a_family() -> None:
    names = ["loss", "layer.0.norm", "layer.1.norm", "gpu.0", "layer.2.norm", "gpu.1", "layer.10.norm"]
    found = families(analyze(run({name: [1.0, 2.0, 3.0] for name in names})).metrics)

    told = {family.pattern: [m.key for m in family.metrics] for family in found}
    assert told["layer.*.norm"] == ["layer.0.norm", "layer.1.norm", "layer.2.norm", "layer.10.norm"]
    assert [f.pattern for f in found].count("") == 3  # two of a kind are no family


def test_the_page_shows_the_settings_that_matter_and_no_secret() -> None:
    config = {
        "optimizer": {"lr": 3e-4},
        "api_key": "hunter2",
        "output_dir": "/home/alice/x",
        "eval_freq": 100,
        "note": 1,
    }
    text = page(healthy(config=config), analyze(healthy(config=config)))

    assert "<code>optimizer.lr</code></td><td>3e-4" in text
    assert "eval_freq" not in text
    assert "hunter2" not in text
    assert "/home/alice" not in text
