"""The picture: what must be visible is looked for in its pixels."""

from __future__ import annotations

import io
import re
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from matplotlib.ft2font import FT2Font
from matplotlib.image import imread
from numpy.typing import NDArray

from analysis import Report, Run, analyze
from analysis.model import Column, History
from analysis.report.compare import compare
from bot.render import charts, digest
from bot.render.charts import chart, chart_alt, drawn_here
from bot.render.key_figures import key_figures
from bot.render.overlay import COLOURS, overlay
from bot.render.panels import panels
from bot.render.picture import Picture
from tests.analysis import curves
from tests.analysis.samples import read
from tests.reports import NASTY, healthy, run, sample, sample_report

ROOT = Path(__file__).parents[2]
Pixels = NDArray[np.float32]


def pixels(png: bytes) -> Pixels:
    """(800, 1200, 3), 0..1."""
    return np.asarray(imread(io.BytesIO(png), format="png"))[:, :, :3]


def near(picture: Pixels, colour: str, tolerance: float = 0.12) -> NDArray[np.bool_]:
    """Where the picture has about this colour."""
    wanted = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.asarray(np.abs(picture - wanted).max(axis=2) < tolerance)


@lru_cache(maxsize=1)
def picture() -> Pixels:
    return pixels(chart(sample(), sample_report()))


def single(values: list[float] | NDArray[np.float64]) -> tuple[Run, Report]:
    """A run of which the chart has one panel: the loss."""
    made = run({"train/loss": values}, every=1)
    report = analyze(run({"train/loss": np.linspace(3, 1, 60)}, every=1))
    return made, replace(report, findings=())


def test_the_size() -> None:
    png = chart(sample(), sample_report())

    assert struct.unpack(">II", png[16:24]) == (1200, 800)
    assert len(png) < 400_000


def test_nothing_touches_the_edge() -> None:
    edge = np.concatenate(
        [
            picture()[:8].reshape(-1, 3),
            picture()[-8:].reshape(-1, 3),
            picture()[:, :10].reshape(-1, 3),
            picture()[:, -10:].reshape(-1, 3),
        ]
    )

    assert np.all(edge > 0.99)


def test_panels_of_the_sample_run_what_is_broken_first() -> None:
    assert [tuple(m.key for m in p.metrics) for p in panels(sample_report())] == [
        ("train/ot_ot_pi_sum",),
        ("eval/offline_eval/avg_l1", "train/l1_loss"),
        ("train/dataloading_s", "train/update_s"),
        ("train/loss",),
    ]


def test_the_chart_in_words() -> None:
    assert chart_alt(sample_report()) == (
        "OT π 总和（第 50 步起，经验上 ≥0.1）；评估 L1 与训练 L1；"  # its best stands beside it
        "每步耗时构成（第 50 步起）；loss"
    )


def test_onset_normal_level_and_best_are_marked() -> None:
    upper = picture()[:400]

    assert near(upper[:, :600], "#c62828").sum(axis=0).max() > 100  # a red vertical line
    assert near(upper[:, :600], "#1b7f3b").sum(axis=1).max() > 200  # a green horizontal one
    assert near(upper[:, 640:], "#1b7f3b").sum() > 60  # a green ring


def test_a_healthy_run_shows_loss_and_eval_first() -> None:
    assert [p.metrics[0].key for p in panels(analyze(healthy()))][:2] == ["train/loss", "eval/offline_eval/avg_l1"]


@pytest.mark.parametrize("rows", [300, 5_000, 200_000])
def test_a_spike_of_one_row_is_visible(rows: int) -> None:
    values = 2 + 0.01 * np.random.default_rng(1).standard_normal(rows)
    values[rows // 3] = 9.0
    drawn = pixels(chart(*single(values)))
    top = drawn[150:400, 100:]

    assert near(top, "#1f5fbf").sum() >= 12


def test_without_a_spike_the_same_place_is_empty() -> None:
    drawn = pixels(
        chart(*single(np.r_[2 + 0.01 * np.random.default_rng(1).standard_normal(5_000), 9.0 * np.ones(5_000)]))
    )

    assert near(drawn[150:400, 100:560], "#1f5fbf").sum() == 0


def test_logged_nans_are_crosses_at_the_top() -> None:
    values = np.linspace(3, 1, 200)
    values[150:] = np.nan
    plain, holed = (pixels(chart(*single(v))) for v in (np.linspace(3, 1, 200), values))

    assert near(plain, "#c62828").sum() == 0
    assert near(holed[100:200], "#c62828").sum() > 200


def test_zeros_on_a_log_axis_are_marks_at_the_bottom() -> None:
    values = np.geomspace(1e-9, 1e-1, 200)
    without = pixels(chart(*single(values)))
    values[:20] = 0.0
    drawn = pixels(chart(*single(values)))

    assert near(drawn[700:770], "#6b7280").sum() > near(without[700:770], "#6b7280").sum() + 50


def test_a_wild_start_does_not_press_the_rest_flat() -> None:
    values = np.linspace(3, 1, 500)
    calm = pixels(chart(*single(values)))
    values[0] = 500.0
    wild = pixels(chart(*single(values)))

    assert near(wild, "#1f5fbf").any(axis=1).sum() > 0.9 * near(calm, "#1f5fbf").any(axis=1).sum()
    assert near(wild, "#6b7280").sum() > near(calm, "#6b7280").sum() + 50  # and says what is out of sight


def test_the_own_step_column_is_the_axis() -> None:
    """Half of the `_step`s belong to counters: people read trainer/global_step."""
    base = {"train/loss": np.linspace(3, 1, 60), "trainer/global_step": np.arange(60) * 1000.0}
    own = run(base, every=1)
    report = analyze(own)

    assert report.run.step_key == "trainer/global_step"
    assert not np.array_equal(
        pixels(chart(own, report)), pixels(chart(own, replace(report, run=replace(report.run, step_key="_step"))))
    )


def test_a_resume_does_not_draw_a_line_back() -> None:
    rows = np.arange(400)
    step = np.where(rows < 300, rows, rows - 200)
    loss = np.where(rows < 300, 1.0, 5.0)
    history = History(step, rows.astype(float), rows.astype(float), {"train/loss": Column(rows, loss)})
    made = replace(single([1.0])[0], history=history)
    drawn = pixels(chart(made, single([1.0])[1]))
    middle = drawn[330:520, 60:1150]  # between the two levels

    assert near(middle, "#1f5fbf", 0.3).sum() == 0


@pytest.mark.parametrize(
    "made",
    [
        run({}),
        run({"train/loss": [1.0]}),
        run({"train/loss": [np.nan, np.inf]}),
        run({"train/loss": np.zeros(100)}),
        run({"train/loss": np.resize([-1.7e308, 1.0, 1.7e308], 100), "val/loss": np.full(100, -1e-300)}),
        run(
            {
                "train/loss": np.linspace(1, 2, 100),
                NASTY: np.linspace(1, 2, 100),
                "train/龘𠀀é🚀": np.linspace(-1, 2, 100),
            },
            name=NASTY,
        ),
    ],
    ids=["empty", "one", "nothing-finite", "zeros", "huge", "hostile"],
)
def test_odd_runs_have_a_chart(made: Run) -> None:
    """A missing glyph would be a warning, and a warning is an error here."""
    assert struct.unpack(">II", chart(made, analyze(made))[16:24]) == (1200, 800)


@settings(max_examples=12)
@given(curves.histories())
def test_any_run_has_a_chart(history: History) -> None:
    made = curves.run(history, config=curves.CONFIG)

    assert chart(made, analyze(made)).startswith(b"\x89PNG")


def test_every_character_the_program_writes_has_a_glyph() -> None:
    known = FT2Font(str(ROOT / "bot" / "fonts" / "NotoSansSC-subset.ttf")).get_charmap()
    sources = [*(ROOT / "analysis").rglob("*.py"), *(ROOT / "bot" / "render").rglob("*.py")]
    # What columns are called in other scripts is read, and written as it came.
    text = "".join(path.read_text(encoding="utf-8") for path in sources if path.name != "languages.py")
    written = set(re.findall(r"[\u0370-\u03ff\u2010-\u2027\u2030-\u25ff\u3000-\u9fff\uff00-\uffef]", text))

    in_chats_only = set(digest._BARS)  # a digest has no chart
    assert {c for c in written - in_chats_only if ord(c) not in known} == set()


def test_threads_draw_the_same_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "_drawn", charts._Drawn(0))
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda _: chart(sample(), sample_report()), range(4)))

    assert len({*drawn}) == 1


def test_what_was_drawn_is_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def draw(picture: Picture) -> bytes:
        drawn.append(picture)
        return f"{len(drawn)}".encode()

    monkeypatch.setattr(charts, "_drawn", charts._Drawn(2))
    one, longer = healthy(), run({"train/loss": np.linspace(3, 1, 61)})
    seen = [chart(r, analyze(r), draw) for r in (one, one, longer, one)]
    other = run({"train/loss": np.linspace(3, 1, 62)})

    assert seen == [b"1", b"1", b"2", b"1"]
    assert [chart(r, analyze(r), draw) for r in (other, longer, other)] == [b"3", b"4", b"3"]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at /proc")
def test_threads_that_draw_keep_no_fonts_open_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "_drawn", charts._Drawn(0))

    def fonts() -> int:
        return sum(str(f.resolve()).endswith(".ttf") for f in Path("/proc/self/fd").iterdir())

    chart(sample(), sample_report())
    before = fonts()
    for _ in range(3):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(chart, sample(), sample_report()).result()

    assert fonts() == before


# several runs over each other


def overlaid(*columns: dict[str, NDArray[np.float64]]) -> Pixels:
    runs = [run(c, ref=f"team/robot/r{i}", name=f"run-{i}") for i, c in enumerate(columns)]
    return pixels(drawn_here(overlay(compare([(r, analyze(r)) for r in runs]))))


def test_every_run_has_its_colour_in_the_legend_and_in_its_panel() -> None:
    drawn = overlaid(*({"train/loss": np.linspace(3 + i, 1 + i, 60)} for i in range(5)))

    for colour in COLOURS:
        seen = near(drawn, colour, 0.05)
        assert seen[:100].sum() > 60, colour
        assert seen[150:].sum() > 300, colour


def test_the_colours_differ_also_for_the_colour_blind() -> None:
    """By their lightness alone, or by blue against yellow, which hardly anybody lacks."""
    rgb = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in COLOURS], dtype=np.float64)
    light = rgb @ [0.299, 0.587, 0.114]
    blue = rgb[:, 2] - rgb[:, :2].mean(axis=1)

    for i in range(len(rgb)):
        for j in range(i):
            assert np.hypot(light[i] - light[j], blue[i] - blue[j]) > 30


def test_a_nan_of_one_run_stays_visible_in_the_overlay() -> None:
    broken = np.linspace(3, 1, 60)
    broken[30] = np.nan
    drawn = overlaid({"train/loss": np.linspace(3, 1, 60)}, {"train/loss": broken})

    assert near(drawn[100:300], "#c62828").sum() > 10


def test_nothing_of_the_overlay_touches_the_edge() -> None:
    drawn = overlaid(*({"train/loss": np.linspace(3, 1, 60), "eval/l1": np.linspace(1, 0.5, 60)} for _ in range(3)))

    assert all(np.all(edge > 0.99) for edge in (drawn[:8], drawn[-8:], drawn[:, :8], drawn[:, -8:]))


def test_long_and_nasty_names_are_clipped_in_the_legend() -> None:
    runs = [run({"train/loss": np.linspace(3, 1, 60)}, ref=f"r{i}", name=f"{NASTY} {'x' * 200} {i}") for i in range(5)]
    drawn = pixels(drawn_here(overlay(compare([(r, analyze(r)) for r in runs]))))

    assert np.all(drawn[:, -8:] > 0.99)


def test_a_panel_says_once_that_it_is_of_the_training_set() -> None:
    told = read(ROOT / "tests" / "data" / "algoperf-cyclic_lr-ogbg-01.parquet")

    assert panels(analyze(told))[0].title == "评估 loss 与训练集评估 loss"


def test_what_the_first_line_of_the_card_tells_is_drawn() -> None:
    """Names that say nothing: the same two; an error rate beside an eval loss, though it holds no role."""
    fall = np.linspace(3, 1, 40)
    strange = analyze(run({"foo": fall, "train/bar": fall + 1, "train/baz": fall + 2, "train/qux": fall + 3}, every=1))
    spoken = analyze(run({"train/loss": fall, "eval/loss": fall + 0.1, "eval/wer": fall / 10}, every=1))

    assert [p.metrics[0].key for p in panels(strange)][:2] == [m.key for m in key_figures(strange).all]
    assert {m.key for m in key_figures(spoken).all} <= {p.metrics[0].key for p in panels(spoken)}
