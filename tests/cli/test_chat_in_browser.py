"""The real `curvebot chat --web` in a folder of its own, used in a real browser as a person would."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import settings
from bot.cli.chat import SAMPLE
from tests.fakes.browser import CHROMIUM, Browser
from tests.fakes.server import PATIENCE_S, free_port

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: .ci/run installs it with apt"),
    pytest.mark.xdist_group("browser"),
]
ROOT = Path(__file__).parents[2]
SIZES = {"phone": (390, 844), "desktop": (1440, 900)}
HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
CONFIG = """
alerts: {group_wait: 0s}
local: {roots: [runs]}
thresholds: [{name: floor, metric: train/mass, below: 0.1, for: 3, severity: critical}]
"""


class Chat:
    """The process, and the folder its runs are in."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        (folder / "runs").mkdir(exist_ok=True)
        (folder / "c.yaml").write_text(CONFIG, encoding="utf-8")
        known = {*settings.variable_names()}
        environment = {k: v for k, v in os.environ.items() if k.removesuffix("_FILE") not in known}
        # Reports of the team's bot are elsewhere: the page must link to its own.
        more = {"PYTHONPATH": str(ROOT), "CURVEBOT_PUBLIC_URL": "https://bot.example", "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "chat", "--web", f"127.0.0.1:{port}", "--config", "c.yaml"],
            cwd=folder,
            env=environment | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert self.process.stdout is not None
        if not re.search(r"http://127\.0\.0\.1:\d+/", self.process.stdout.readline()):
            raise RuntimeError(self.process.communicate()[1])
        self.url = f"http://127.0.0.1:{port}/"

    def log(self, name: str, first: int, mass: list[float], **more: Any) -> None:
        """Appends rows to a history: one a second, the last one just now."""
        begin = time.time() - len(mass)
        rows = [{"_step": first + i, "_timestamp": begin + i, "train/mass": m} | more for i, m in enumerate(mass)]
        with (self.folder / "runs" / name).open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    running = Chat(tmp_path_factory.mktemp("chat"), free_port())
    yield running
    if running.process.poll() is None:
        running.process.kill()
    running.process.communicate()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def browser(shared: Browser, chat: Chat) -> Iterator[Browser]:
    """At the page; at the end nothing may have been complained of, and nothing asked of anybody else."""
    shared.errors.clear()
    shared.requested.clear()
    shared.screen(*SIZES["desktop"])
    shared.open(chat.url)
    shared.until("document.getElementById('state').textContent === '已连接'")
    yield shared
    assert shared.errors == []
    assert {a for a in shared.requested if not a.startswith((chat.url, "data:", "about:"))} == set()


def say(browser: Browser, text: str) -> None:
    """Typed into the field, character by character, and sent with Enter."""
    browser.ask("document.getElementById('say').focus()")
    browser.call("Input.insertText", text=text)
    if not browser.ask("document.getElementById('suggestions').hidden"):
        browser.press("Escape")
    browser.press("Enter")


def cards(browser: Browser) -> list[str]:
    found = browser.ask("[...document.querySelectorAll('.card')].map((e) => e.innerText)")
    return [str(text) for text in found]


def until_said(browser: Browser, text: str) -> None:
    browser.until(f"[...document.querySelectorAll('.card')].some((e) => e.innerText.includes({json.dumps(text)}))")


def root(browser: Browser, text: str) -> str:
    """Selector of the newest card outside of threads that says a text: it stays when the card is edited."""
    told = f"e.innerText.includes({json.dumps(text)})"
    newest = f"[...document.querySelectorAll('#log > .bot')].filter((e) => {told}).at(-1)"
    browser.until(f"{newest} !== undefined")  # after a reload what was said comes a moment later
    return f"#{browser.ask(f'{newest}.id')}"


def sample_card(browser: Browser) -> str:
    """Selector of a card of the sample run, asked for where no test has done so before."""
    if not any("只能当纯 BC 基线" in text for text in cards(browser)):
        say(browser, f"/curve {SAMPLE}")
    until_said(browser, "只能当纯 BC 基线")
    return root(browser, "只能当纯 BC 基线")


def press(browser: Browser, card: str, label: str) -> None:
    """Clicks a button of a card."""
    browser.ask(
        "document.querySelector('[data-pressed]')?.removeAttribute('data-pressed');"
        f"[...document.querySelectorAll('{card} > .card .buttons button')]"
        f".find((e) => e.textContent === {json.dumps(label)}).dataset.pressed = ''"
    )
    browser.click("[data-pressed]")


def test_a_click_on_the_example_brings_card_and_chart(browser: Browser) -> None:
    browser.click(".example")
    until_said(browser, "只能当纯 BC 基线")
    browser.until("document.querySelector('.card.critical .chart img').naturalWidth > 600")

    assert browser.ask("document.querySelector('.mine .said').textContent") == f"/curve {SAMPLE}"
    assert not any("正在分析" in card for card in cards(browser))  # the answer took its place
    assert "critical" in browser.ask("document.querySelector('.card').className")
    assert "OT" in browser.ask("document.getElementById('live').textContent")


def test_what_is_typed_is_answered_and_comes_back_with_the_arrow(browser: Browser) -> None:
    say(browser, "/curve help")
    until_said(browser, "curvebot 能做什么")
    browser.press("ArrowUp")

    assert browser.ask("document.getElementById('say').value") == "/curve help"

    browser.press("ArrowDown")

    assert browser.ask("document.getElementById('say').value") == ""


def test_shift_enter_breaks_the_line_and_the_list_completes(browser: Browser) -> None:
    browser.ask("document.getElementById('say').focus()")
    browser.call("Input.insertText", text="a")
    browser.press("Enter", shift=True)
    browser.call("Input.insertText", text="b")

    assert browser.ask("document.getElementById('say').value") == "a\nb"

    browser.ask("document.getElementById('say').value = ''")
    browser.call("Input.insertText", text="/关")
    browser.press("Tab")

    assert browser.ask("document.getElementById('say').value") == "/curve watch "
    assert browser.ask("document.activeElement.id") == "say"


def test_the_report_opens_from_the_thread_of_its_card(browser: Browser, chat: Chat) -> None:
    card = sample_card(browser)
    press(browser, card, "完整报告")
    link = f"{card} > .thread .button[href*='/r/']"
    browser.until(f"!!document.querySelector({json.dumps(link)})")
    address = browser.ask(f"document.querySelector({json.dumps(link)}).href")
    asked = browser.ask(f"document.querySelector('{card} > .thread .said').textContent")
    browser.open(address)

    assert asked == "完整报告"
    assert address.startswith(chat.url)
    assert browser.ask("document.querySelectorAll('.panel canvas').length") == 6


def test_an_answer_in_a_thread_knows_its_run(browser: Browser) -> None:
    card = sample_card(browser)
    browser.click(f"{card} > .who .reply")
    say(browser, "为什么 1")
    last = f"[...document.querySelectorAll('{card} > .thread > li')].slice(-2).map((e) => e.innerText).join()"
    browser.until(f"(({last}).includes('为什么 1') && ({last}).includes('阈值'))")

    assert browser.ask("document.getElementById('under').hidden")


def entries(browser: Browser) -> list[list[str]]:
    """Of every entry of the log its id, its root's, and what it says."""
    told = "[e.id, e.parentNode.closest('li')?.id ?? '', e.querySelector('.card, .said').innerText.trim()]"
    return list(browser.ask(f"[...document.querySelectorAll('#log li[id]')].map((e) => {told})"))


def test_an_alert_comes_by_itself_a_button_of_it_acts_and_a_reload_shows_the_same(browser: Browser, chat: Chat) -> None:
    chat.log("grows.jsonl", 0, [1.0] * 30)
    say(browser, "/curve watch grows.jsonl every 1s")
    until_said(browser, "已关注")
    chat.log("grows.jsonl", 30, [0.01] * 5)
    until_said(browser, "floor")
    alert, before = root(browser, "floor"), len(cards(browser))
    press(browser, alert, "认领")
    browser.until(f"document.querySelector('{alert} > .card').innerText.includes('你已认领')")
    browser.until(f"document.querySelectorAll('{alert} > .thread > li').length === 2")

    labels = browser.ask(f"[...document.querySelectorAll('{alert} > .card .buttons button')].map((e) => e.textContent)")
    assert "认领" not in labels and "静音 2h" in labels
    assert len(cards(browser)) == before + 1  # edited where it stood, and answered in its thread

    chat.log("grows.jsonl", 35, [1.0] * 12)
    until_said(browser, "已恢复")
    say(browser, "/curve unwatch grows.jsonl")
    until_said(browser, "已取关")
    live = entries(browser)
    browser.call("Page.reload")
    browser.loaded()
    browser.until("document.getElementById('state').textContent === '已连接'")

    assert [told for _, root, told in live if root == alert.removeprefix("#")][:2] == [
        "认领",
        "你认领了 #1：floor：train/mass 0.01",
    ]
    assert entries(browser) == live


def test_by_keyboard_a_button_acts_and_keeps_the_focus_and_the_log_turns_its_pages(browser: Browser) -> None:
    card = sample_card(browser)
    before = browser.ask(f"document.querySelectorAll('{card} > .thread > li').length")
    browser.ask(f"document.querySelector('{card} > .card .buttons button').focus()")
    browser.press("Enter")
    browser.until(f"document.querySelectorAll('{card} > .thread > li').length === {before + 2}")

    assert browser.ask("document.activeElement.textContent") == "完整报告"

    browser.ask("document.getElementById('scroll').scrollTop = 0; document.getElementById('say').focus()")
    browser.press("PageDown")

    assert browser.ask("document.getElementById('scroll').scrollTop") > 300


def test_a_hostile_name_stays_text(browser: Browser, chat: Chat) -> None:
    chat.log("evil.jsonl", 0, [1.0] * 50, **{HOSTILE: 1.0})
    facts = {"name": HOSTILE, "user": HOSTILE, "state": "finished", "url": "javascript:alert(1)"}
    (chat.folder / "runs" / "evil.json").write_text(json.dumps(facts), encoding="utf-8")
    say(browser, "/curve full evil.jsonl")
    until_said(browser, "<img src=x")
    say(browser, HOSTILE)
    browser.until("[...document.querySelectorAll('.said')].at(-1).textContent.includes('<script>')")

    assert browser.ask("document.title") == "curvebot"
    assert browser.ask("document.querySelectorAll('#log script, #log [onerror], #log img:not(.chart img)').length") == 0
    assert browser.ask("[...document.links].filter((a) => !/^https?:$/.test(a.protocol)).length") == 0


@pytest.mark.parametrize(("size", "theme"), list(itertools.product(SIZES, ("light", "dark"))))
def test_it_fits_the_screen(browser: Browser, size: str, theme: str) -> None:
    width, height = SIZES[size]
    browser.screen(width, height, theme=theme, touch=size == "phone")
    browser.settle()
    paper = browser.ask("getComputedStyle(document.body).backgroundColor")

    assert browser.ask("document.documentElement.scrollWidth") <= width
    assert browser.ask("document.documentElement.scrollHeight") <= height  # only the log scrolls
    assert (
        browser.ask("[...document.querySelectorAll('#log .card')].filter((e) => e.scrollWidth > e.clientWidth).length")
        == 0
    )
    assert browser.ask("document.getElementById('send').getBoundingClientRect().bottom") <= height
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}[theme]


def test_ctrl_c_ends_it_and_the_page_comes_back_with_it(chat: Chat, shared: Browser) -> None:
    """A page stays open meanwhile; what it shows then is the new process's."""
    shared.open(chat.url)
    shared.until("document.querySelectorAll('.card').length > 0")
    began = time.monotonic()
    chat.process.send_signal(signal.SIGINT)
    code = chat.process.wait(PATIENCE_S)
    took_s = time.monotonic() - began
    assert chat.process.stderr is not None
    said = chat.process.stderr.read()
    shared.until("document.getElementById('state').textContent !== '已连接'")
    again = Chat(chat.folder, chat.port)
    try:
        shared.loaded()  # by itself
        shared.until("document.getElementById('state').textContent === '已连接'")
        assert not shared.ask("document.querySelectorAll('.mine').length")
        shared.click(".example")
        until_said(shared, "只能当纯 BC 基线")
    finally:
        again.process.kill()
        again.process.communicate()

    assert (code, said) == (130, "")
    assert took_s < 10
