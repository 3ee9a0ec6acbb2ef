"""A real Chromium, headless, driven over its DevTools protocol: enough of it to use a page as a person would."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import connect

from tests.fakes.server import PATIENCE_S

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
    "--remote-debugging-port=0",
)
_KEYS = {
    "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Home": 36, "End": 35, "Enter": 13, "Tab": 9,
    "Escape": 27, "PageUp": 33, "PageDown": 34,
}  # fmt: skip


class Browser:
    """One tab. `errors`: what the console and the page complained of; `requested`: every address asked for."""

    def __init__(self, profile: Path) -> None:
        assert CHROMIUM is not None
        self._process = subprocess.Popen(
            [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        port = self._port(profile / "DevToolsActivePort")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE_S) as answer:
            target = next(t for t in json.load(answer) if t["type"] == "page")
        self._socket = connect(target["webSocketDebuggerUrl"], max_size=None)
        self._number = 0
        self._events: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self.requested: list[str] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def _port(self, told: Path) -> int:
        until = time.monotonic() + PATIENCE_S
        while not (told.exists() and told.read_text(encoding="utf-8").count("\n")):
            assert self._process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        return int(told.read_text(encoding="utf-8").splitlines()[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait(PATIENCE_S)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The result of a command; what happens meanwhile is kept."""
        self._number += 1
        number = self._number
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = self._receive()
            if message.get("id") == number:
                assert "error" not in message, message
                return dict(message["result"])

    def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv(timeout=PATIENCE_S))
        params = message.get("params", {})
        match message.get("method"):
            case "Runtime.exceptionThrown":
                self.errors.append(str(params["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if params["type"] in {"error", "warning", "assert"}:
                self.errors.append(str(params["args"]))
            case "Log.entryAdded" if params["entry"]["level"] in {"error", "warning"}:
                self.errors.append(params["entry"]["text"])
            case "Network.requestWillBeSent":
                self.requested.append(params["request"]["url"])
            case _:
                pass
        if "method" in message:
            self._events.append(message)
        return message

    def screen(self, width: int, height: int, *, theme: str = "light", touch: bool = False) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)
        self.call("Emulation.setTouchEmulationEnabled", enabled=touch)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])

    def scripts(self, *, on: bool) -> None:
        self.call("Emulation.setScriptExecutionDisabled", value=not on)

    def open(self, address: str) -> None:
        """Goes there and waits until it has loaded."""
        self._events.clear()
        self.call("Page.navigate", url=address)
        self.loaded()

    def loaded(self) -> None:
        """Waits until a page has loaded since the last time this was waited for, also by itself."""
        while not any(e["method"] == "Page.loadEventFired" for e in self._events):
            self._receive()
        self._events.clear()

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is awaited."""
        told = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def settle(self) -> None:
        """Waits for two frames: what was asked for is drawn."""
        self.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))")

    def until(self, expression: str) -> Any:
        """The first true value of an expression."""
        until = time.monotonic() + PATIENCE_S
        while not (value := self.ask(expression)):
            assert time.monotonic() < until, expression
            time.sleep(0.02)
        return value

    def box(self, selector: str) -> tuple[float, float, float, float]:
        """left, top, width, height of an element, scrolled into view."""
        found = self.ask(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({block: 'center', behavior: 'instant'});"
            " const r = e.getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()"
        )
        left, top, width, height = found
        return left, top, width, height

    def point(self, kind: str, x: float, y: float, **more: Any) -> None:
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def hover(self, selector: str, across: float) -> None:
        """The pointer at a share of an element's width, at half its height."""
        left, top, width, height = self.box(selector)
        self.point("mouseMoved", left + across * width, top + height / 2)
        self.settle()

    def drag(self, selector: str, start: float, end: float) -> None:
        left, top, width, height = self.box(selector)
        y = top + height / 2
        self.point("mouseMoved", left + start * width, y)
        self.point("mousePressed", left + start * width, y, button="left", buttons=1, clickCount=1)
        for share in (0.5, 1.0):
            self.point("mouseMoved", left + (start + share * (end - start)) * width, y, button="left", buttons=1)
        self.point("mouseReleased", left + end * width, y, button="left", clickCount=1)
        self.settle()

    def click(self, selector: str) -> None:
        left, top, width, height = self.box(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.point(kind, left + width / 2, top + height / 2, button="left", clickCount=1)
        self.settle()

    def press(self, key: str, *, shift: bool = False) -> None:
        text = {"text": "\r"} if key == "Enter" else {"text": key} if len(key) == 1 else {}
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=_KEYS.get(key, ord(key[0])),
                modifiers=8 if shift else 0, **(text if kind == "keyDown" else {}),
            )  # fmt: skip
        self.settle()

    def picture(self, *, whole: bool = False) -> bytes:
        """PNG of what is seen, or of the whole page."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"])
