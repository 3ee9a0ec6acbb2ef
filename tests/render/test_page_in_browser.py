"""The HTML report in a real browser, used as a reader would: it fetches nothing, complains of nothing, and answers."""

from __future__ import annotations

import dataclasses
import itertools
import re
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import Run, analyze
from analysis.model import Column
from bot.http import HttpServer, Site
from bot.metrics import Metrics
from bot.render import charts, html
from bot.store.pages import KeptPages
from bot.store.store import Store
from tests.analysis.company import run as beside
from tests.analysis.company import several
from tests.analysis.samples import SAMPLE, read
from tests.fakes.browser import CHROMIUM, Browser
from tests.reports import healthy, run, sample, sample_report

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: .ci/run installs it with apt"),
    pytest.mark.xdist_group("browser"),
]
HOSTILE = '<script>document.title="pwned"</script><img src=x onerror="document.title=1"></script><!--'
SIZES = {"phone": (390, 844), "desktop": (1440, 900)}
PLOT = ".panel .u-over"  # of the first panel


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def browser(shared: Browser) -> Iterator[Browser]:
    """With nothing on its mind from before; at the end it must have had nothing to complain of, and fetched nothing."""
    shared.errors.clear()
    shared.requested.clear()
    shared.screen(*SIZES["desktop"])
    yield shared
    assert shared.errors == []
    assert [address for address in shared.requested if not address.startswith(("file:", "data:"))] == []


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of the sample's page."""
    told = read(SAMPLE)
    report = analyze(told)
    return written(tmp_path_factory.mktemp("page"), told, charts.chart(told, report))


def test_the_sample_is_a_small_page(page: str) -> None:
    assert Path(page.removeprefix("file://")).stat().st_size < 2_000_000


def written(folder: Path, told: Run, chart: bytes | None = None) -> str:
    path = folder / "report.html"
    path.write_text(html.page(told, analyze(told), chart), encoding="utf-8")
    return path.as_uri()


def text(browser: Browser, selector: str) -> str:
    return str(browser.ask(f"document.querySelector({selector!r}).textContent.trim()"))


def choose(browser: Browser, selector: str, value: object) -> None:
    """What a control says after it was set to a value by hand; none where there is none."""
    browser.ask(
        f"document.querySelectorAll({selector!r}).forEach((e, i) => {{ if (i) return; e.value = {str(value)!r};"
        " e.dispatchEvent(new Event(e.tagName === 'SELECT' ? 'change' : 'input')); })"
    )
    browser.settle()


def legends(browser: Browser) -> list[str]:
    found = browser.ask("[...document.querySelectorAll('.legend')].map((e) => e.textContent)")
    return [str(legend) for legend in found]


def ink(browser: Browser) -> str:
    """What the first chart shows, as one value to compare."""
    return str(browser.ask("document.querySelector('.panel canvas').toDataURL()"))


def test_a_hostile_name_stays_text(browser: Browser, tmp_path: Path) -> None:
    told = read(SAMPLE)
    columns = {HOSTILE: told.history.columns["train/loss"], **told.history.columns}
    told = dataclasses.replace(
        told,
        name=HOSTILE,
        config={HOSTILE: HOSTILE, "lr": HOSTILE},
        history=dataclasses.replace(told.history, columns=columns),
    )
    browser.open(written(tmp_path, told))
    browser.ask("[...document.querySelectorAll('button.draw')].forEach((b) => b.click())")
    browser.settle()

    assert text(browser, "title").startswith("<script>")
    assert HOSTILE in text(browser, "table.metrics")
    assert any(HOSTILE in legend for legend in legends(browser))
    assert browser.ask("document.querySelectorAll('script').length") == 3
    assert browser.ask("document.querySelectorAll('img').length") == 0


@pytest.mark.parametrize(("size", "theme"), list(itertools.product(SIZES, ("light", "dark"))))
def test_it_draws_itself(browser: Browser, page: str, size: str, theme: str) -> None:
    width, height = SIZES[size]
    browser.screen(width, height, theme=theme, touch=size == "phone")
    browser.open(page)
    browser.settle()
    png = browser.picture()

    assert struct.unpack(">II", png[16:24]) == (width, height)
    assert len(png) > 20_000  # a blank page compresses to a few hundred bytes
    assert browser.ask("document.documentElement.scrollWidth") <= width
    assert browser.ask("document.querySelectorAll('.panel canvas').length") == 6
    assert browser.ask("getComputedStyle(document.querySelector('.static')).display") == "none"
    outside = "[...document.querySelectorAll('.plot')].filter((e) => e.scrollWidth > e.clientWidth).length"
    assert browser.ask(outside) == 0


def test_without_scripts_the_picture_and_every_row_are_there(browser: Browser, page: str) -> None:
    browser.scripts(on=False)
    browser.open(page)
    browser.scripts(on=True)

    assert browser.ask("document.querySelector('.static img').getBoundingClientRect().width") > 300
    assert browser.ask("document.querySelector('.bar').getBoundingClientRect().height") == 0
    shown = "[...document.querySelectorAll('tr[data-name]')].filter((r) => r.getBoundingClientRect().height > 0).length"
    assert browser.ask(shown) == len(read(SAMPLE).history.columns)


@pytest.mark.parametrize("broken", ["class Panel {", "this.chart = new uPlot("])
def test_where_the_charts_cannot_be_made_the_picture_is_there(shared: Browser, broken: str, tmp_path: Path) -> None:
    """A script that is not understood or not allowed, and one that fails."""
    told = read(SAMPLE)
    whole = html.page(told, analyze(told), b"\x89PNG")
    page = tmp_path / "report.html"
    allowed = re.sub(r"<meta http-equiv[^>]*>", "", whole) if broken.startswith("this") else whole
    assert broken in allowed
    page.write_text(allowed.replace(broken, "null.x; " + broken), encoding="utf-8")
    shared.errors.clear()
    shared.open(page.as_uri())

    assert shared.errors
    assert shared.ask("getComputedStyle(document.querySelector('.static')).display") == "block"
    assert shared.ask("document.querySelector('.bar').getBoundingClientRect().height") == 0


def test_the_pointer_reads_every_panel_at_once(browser: Browser, page: str) -> None:
    browser.open(page)
    assert all("末值" in legend for legend in legends(browser))

    browser.hover(PLOT, 0.5)
    step = int(text(browser, "#where").split()[1])

    assert 9_500 <= step <= 10_500
    assert not any("末值" in legend for legend in legends(browser))
    loss = read(SAMPLE).history.columns["train/loss"]
    at = read(SAMPLE).history.step[loss.rows]
    value = float(loss.values[np.flatnonzero(at == step)[0]])
    shown = next(legend for legend in legends(browser) if legend.startswith("train/loss"))
    assert float(shown.split()[-1]) == pytest.approx(value, rel=1e-3)


def test_dragging_zooms_every_panel_and_a_double_click_shows_all_again(browser: Browser, page: str) -> None:
    browser.open(page)
    before = ink(browser)

    browser.drag(PLOT, 0.25, 0.5)
    shown = [float(step) for step in re.findall(r"[\d.]+", text(browser, "#range"))]

    assert shown == pytest.approx([5_000, 10_000], abs=300)
    assert ink(browser) != before

    left, top, width, height = browser.box(PLOT)
    for count in (1, 2):
        for kind in ("mousePressed", "mouseReleased"):
            browser.point(kind, left + width / 2, top + height / 2, button="left", clickCount=count)
    browser.settle()

    assert text(browser, "#range") == "全程"


def test_buttons_zoom(browser: Browser, page: str) -> None:
    browser.open(page)
    browser.click("#zoom-in")
    assert text(browser, "#range") == "第 5038–15013 步"
    browser.click("#zoom-all")
    assert text(browser, "#range") == "全程"


def test_another_run_and_what_was_overwritten_are_told_apart(browser: Browser, tmp_path: Path) -> None:
    told = beside(0.35, peers=several(0.36, 0.29))
    browser.open(written(tmp_path, told))
    eval_l1 = next(legend for legend in legends(browser) if legend.startswith("eval/l1"))
    assert "act-1（同项目最好）" in eval_l1

    steps = np.array([*range(0, 3000, 10), *range(2000, 5000, 10)])
    resumed = run({"train/loss": np.linspace(3, 1, len(steps))})
    browser.open(
        written(tmp_path, dataclasses.replace(resumed, history=dataclasses.replace(resumed.history, step=steps)))
    )
    assert "虚线：续训覆盖掉的部分" in text(browser, ".panel .notes")


@pytest.mark.parametrize("scale", ["linear", "log", "asinh"])
def test_every_scale_draws_every_run(browser: Browser, scale: str, tmp_path: Path) -> None:
    """Zeros, negative values and gaps included."""
    rng = np.random.default_rng(0)
    wave = np.sinh(rng.normal(0, 4, 200))
    wave[50], wave[90:95], wave[120] = 0.0, np.nan, np.inf
    browser.open(written(tmp_path, run({"train/loss": np.abs(wave), "train/kl": wave})))
    before = ink(browser)

    choose(browser, "#scale", scale)
    browser.settle()

    assert len(legends(browser)) == 2
    assert (ink(browser) != before) == (scale != "log")  # what it chose by itself


def test_one_panel_has_a_scale_of_its_own(browser: Browser, page: str) -> None:
    browser.open(page)
    before = ink(browser)
    choose(browser, ".panel select", "linear")

    assert ink(browser) != before


def test_smoothing_can_be_changed_and_switched_off(browser: Browser, page: str) -> None:
    browser.open(page)
    pictures = [ink(browser)]
    for value in (15, 0):
        choose(browser, "#smoothing", value)
        browser.settle()
        pictures.append(ink(browser))

    assert len(set(pictures)) == 3
    assert text(browser, "#smoothed") == "关"


def test_the_keyboard_reads_and_zooms(browser: Browser, page: str) -> None:
    browser.open(page)
    browser.ask("document.querySelector('.plot').focus()")

    browser.press("Home")
    browser.press("ArrowRight")
    browser.press("ArrowRight")
    assert text(browser, "#where") == "第 150 步"
    assert browser.until("document.querySelector('#live').textContent").startswith("第 150 步：OT π 总和 ")

    browser.press("End")
    browser.press("ArrowLeft", shift=True)
    assert text(browser, "#where") == "第 19000 步"

    browser.press("+")
    assert text(browser, "#range").startswith("第 9525–")
    browser.press("0")
    assert text(browser, "#range") == "全程"


def test_the_cursor_takes_the_view_along(browser: Browser, page: str) -> None:
    browser.open(page)
    browser.drag(PLOT, 0.4, 0.6)
    browser.ask("document.querySelector('.plot').focus()")
    browser.press("End")

    assert text(browser, "#range").endswith("–20000 步")


def test_a_finger_reads(browser: Browser, page: str) -> None:
    browser.screen(*SIZES["phone"], touch=True)
    browser.open(page)
    left, top, width, _ = browser.box(PLOT)
    browser.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": left + width / 2, "y": top + 90}])
    browser.call("Input.dispatchTouchEvent", type="touchMove", touchPoints=[{"x": left + width / 4, "y": top + 90}])
    browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    browser.settle()

    assert float(text(browser, "#where").split()[1]) == pytest.approx(5_000, abs=400)


def test_two_fingers_zoom(browser: Browser, page: str) -> None:
    browser.screen(*SIZES["phone"], touch=True)
    browser.open(page)
    left, top, width, _ = browser.box(PLOT)

    def fingers(kind: str, *across: float) -> None:
        points = [{"x": left + a * width, "y": top + 90, "id": i} for i, a in enumerate(across)]
        browser.call("Input.dispatchTouchEvent", type=kind, touchPoints=points)

    fingers("touchStart", 0.4)
    fingers("touchStart", 0.4, 0.6)
    fingers("touchMove", 0.3, 0.7)
    fingers("touchMove", 0.2, 0.8)
    fingers("touchEnd")
    browser.settle()

    shown = [float(step) for step in re.findall(r"[\d.]+", text(browser, "#range"))]
    assert shown == pytest.approx([10_000 - 3_333, 10_000 + 3_333], abs=300)


def test_a_finding_leads_to_its_curve(browser: Browser, page: str) -> None:
    browser.open(page)
    link = "[...document.querySelectorAll('.finding')].find((e) => e.textContent.includes('后回升')).querySelector('a')"
    onset = browser.ask(f"{link}.textContent")
    browser.ask(f"{link}.click()")
    browser.settle()

    assert onset == "第 4950 步起"
    assert text(browser, "#where") == "第 4950 步"
    assert text(browser, ".panel.marked h3") == "评估 L1 与训练 L1"
    assert browser.ask("document.activeElement.closest('.panel').classList.contains('marked')")


def test_a_consequence_leads_to_a_curve_that_no_panel_showed(browser: Browser, page: str) -> None:
    browser.open(page)
    browser.ask(
        "[...document.querySelectorAll('.finding .finding')].find((e) => e.textContent.includes('代价'))"
        ".querySelector('a.jump').click()"
    )
    browser.settle()

    assert text(browser, ".panel.marked .legend").startswith("train/ot_ot_cost/observation.state")
    assert text(browser, "#where") == "第 50 步"
    browser.click(".panel.marked button")
    assert browser.ask("document.querySelectorAll('.panel').length") == 6


def test_the_table_sorts_and_searches(browser: Browser, page: str) -> None:
    browser.open(page)
    values = (
        "[...document.querySelectorAll('table.metrics')[0].querySelectorAll('tr[data-name]')]"
        ".map((r) => r.querySelector('[data-column=\"2\"]').dataset.value).map(Number)"
    )
    browser.ask("document.querySelectorAll('.sort')[2].click()")
    ascending = browser.ask(values)
    assert ascending == sorted(ascending)
    browser.ask("document.querySelectorAll('.sort')[2].click()")
    assert browser.ask(values) == sorted(ascending, reverse=True)
    assert browser.ask("document.querySelectorAll('th')[2].getAttribute('aria-sort')") == "descending"

    browser.ask("document.querySelector('#search').focus()")
    for letter in "ot_pi":
        browser.press(letter)

    rows = "[...document.querySelectorAll('tr[data-name]')].filter((r) => !r.hidden).map((r) => r.dataset.name)"
    assert browser.ask(rows) == ["train/ot_ot_pi_sum", "train/ot_ot_pi_diag"]
    assert text(browser, "#matching") == "2 个匹配"
    choose(browser, "#search", "梯度")
    assert browser.ask(rows) == ["train/grad_norm"]


def test_families_of_columns_are_folded(browser: Browser, tmp_path: Path) -> None:
    told = healthy()
    loss = told.history.columns["train/loss"]
    columns = {**told.history.columns, **{f"layer.{i}.norm": Column(loss.rows, loss.values + i) for i in range(6)}}
    told = dataclasses.replace(told, history=dataclasses.replace(told.history, columns=columns))
    browser.open(written(tmp_path, told))
    seen = "[...document.querySelectorAll('tr[data-of]')].filter((r) => !r.hidden).length"

    assert text(browser, "tr[data-family]") == "layer.*.norm 6 列"
    assert browser.ask(seen) == 0
    browser.click(".fold")
    assert browser.ask(seen) == 6
    browser.click(".fold")
    choose(browser, "#search", "layer.3")
    assert browser.ask(seen) == 1


def test_the_theme_can_be_chosen(browser: Browser, page: str) -> None:
    browser.open(page)
    browser.ask("localStorage.clear()")
    browser.open(page)
    paper = "getComputedStyle(document.body).backgroundColor"
    light, drawn = browser.ask(paper), ink(browser)
    browser.click("#theme")
    dark = browser.ask(paper)

    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(13, 17, 23)")
    assert ink(browser) != drawn
    browser.open(page)
    assert browser.ask(paper) == dark  # kept
    browser.ask("localStorage.clear()")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_can_be_read(browser: Browser, page: str, theme: str) -> None:
    """WCAG AA: 4.5 to 1 for text, 3 to 1 for lines, on both grounds."""
    browser.screen(*SIZES["desktop"], theme=theme)
    browser.open(page)
    browser.ask("localStorage.clear()")
    browser.open(page)
    colours = browser.ask(
        "Object.fromEntries('ink soft link critical warning info ok good line-0 line-1 line-2 paper shade'.split(' ')"
        ".map((n) => [n, getComputedStyle(document.documentElement).getPropertyValue('--' + n).trim()]))"
    )
    grounds = (colours.pop("paper"), colours.pop("shade"))

    poor = {n: c for n, c in colours.items() if min(contrast(c, g) for g in grounds) < (3 if "line" in n else 4.5)}
    assert poor == {}


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_it_works_as_it_is_served(browser: Browser, tmp_path: Path) -> None:
    """Under the header's policy besides its own, and without a request for anything else."""
    store = Store.open(f"sqlite:///{tmp_path / 'bot.db'}")
    pages = KeptPages(store, "http://bot.example", clock=time.time)
    address = pages.keep(html.page(sample(), sample_report()), "team/robot/r1")
    assert address is not None
    site = Site(healthy=bool, ready=bool, metrics=Metrics(), pages=pages, events={})
    server = HttpServer(site, "127.0.0.1", 0)
    server.start()
    here = address.replace("http://bot.example", f"http://127.0.0.1:{server.port}")
    try:
        browser.open(here)
        browser.settle()
        drawn = browser.ask("document.querySelectorAll('.panel canvas').length")
        styled = browser.ask("getComputedStyle(document.querySelector('.panel')).borderTopStyle")
    finally:
        server.stop()
        store.close()
    asked = [address for address in browser.requested if not address.startswith("data:")]
    browser.requested.clear()

    assert (drawn, styled, asked) == (6, "solid", [here])


AWKWARD: dict[str, dict[str, Any]] = {
    "no row": {},
    "one row": {"train/loss": [1.0]},
    "nothing finite": {"train/loss": [np.nan] * 60},
    "constant": {"train/loss": [2.0] * 60},
    "zeros": {"train/loss": [0.0] * 60},
    "huge": {"train/loss": 1.7e308 * np.linspace(-1, 1, 60)},
    "tiny": {"train/loss": np.geomspace(1e-300, 1e-290, 60)},
}


@pytest.mark.parametrize("kind", AWKWARD)
def test_awkward_runs_are_drawn(browser: Browser, kind: str, tmp_path: Path) -> None:
    browser.open(written(tmp_path, run(AWKWARD[kind])))
    for scale in ("linear", "log", "asinh"):
        choose(browser, "#scale", scale)
        browser.ask("document.querySelectorAll('button.draw').forEach((b) => b.click())")
        browser.settle()

    assert browser.ask("document.documentElement.classList.contains('js')") == (kind != "no row")  # else a picture


def test_complaints_are_heard(shared: Browser, tmp_path: Path) -> None:
    """What all the other tests rely on: errors, refused scripts and foreign addresses are seen."""
    page = tmp_path / "bad.html"
    page.write_text(
        "<meta http-equiv='Content-Security-Policy' content=\"script-src 'none'; img-src *\">"
        "<script>1</script><img src='http://127.0.0.1:1/x'>",
        encoding="utf-8",
    )
    shared.errors.clear()
    shared.open(page.as_uri())
    shared.ask("console.error('said')")

    assert len(shared.errors) >= 3
    assert "http://127.0.0.1:1/x" in shared.requested
