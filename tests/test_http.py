"""The HTTP side over a real socket."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from bot import listener, settings
from bot.http import HttpServer, Site
from bot.metrics import Metrics, _Gauges
from bot.render import html
from bot.store.pages import KeptPages
from bot.store.store import Store
from tests.reports import sample, sample_report


class Door:
    """Whether the bot is ready, and what a platform posted."""

    def __init__(self) -> None:
        self.healthy = self.ready = True
        self.bodies: list[bytes] = []
        self.gate = threading.Event()
        self.gate.set()
        self.inside = 0

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        self.inside += 1
        self.gate.wait(60)
        if headers.get("x-signature") != "good":
            return 401, {}, b""
        self.bodies.append(body)
        return 200, {"Content-Type": "application/json"}, b"{}"

    def broken(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        raise RuntimeError("secret detail")


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'bot.db'}")
    yield opened
    opened.close()


@pytest.fixture
def forbidden() -> set[str]:
    """Runs that may not be shown any more."""
    return set()


@pytest.fixture
def pages(store: Store, forbidden: set[str]) -> KeptPages:
    return KeptPages(store, "https://bot.example/", clock=time.time, allows=lambda ref: ref not in forbidden)


@pytest.fixture
def server(door: Door, pages: KeptPages) -> Iterator[HttpServer]:
    metrics = Metrics()
    metrics.polls.labels("ok").inc()
    metrics.read_from(lambda: {"outbox": {"pending": 2.0}, "due_lag_seconds": {"": 1.5}})
    events = {"slack": door.events, "feishu": door.broken}
    site = Site(healthy=lambda: door.healthy, ready=lambda: door.ready, metrics=metrics, pages=pages, events=events)
    server = HttpServer(site, "127.0.0.1", 0)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def connection(server: HttpServer) -> Iterator[http.client.HTTPConnection]:
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    yield client
    client.close()


def get(
    connection: http.client.HTTPConnection, path: str, method: str = "GET", **headers: str
) -> tuple[int, str, Mapping[str, str]]:
    body = headers.pop("body", None)
    connection.request(method, path, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), dict(answer.getheaders())


def test_health_says_the_process_turns_and_readiness_whether_it_serves(
    connection: http.client.HTTPConnection, door: Door
) -> None:
    assert get(connection, "/healthz")[0] == 200
    assert get(connection, "/readyz")[0] == 200

    door.ready = False

    assert get(connection, "/readyz")[0] == 503
    assert get(connection, "/healthz")[0] == 200

    door.healthy = False

    assert get(connection, "/healthz")[0] == 503


def test_metrics_are_prometheus_text(connection: http.client.HTTPConnection) -> None:
    status, text, headers = get(connection, "/metrics")

    assert status == 200
    assert headers["Content-Type"].startswith("text/plain")
    assert 'curvebot_polls_total{result="ok"} 1.0' in text
    assert 'curvebot_outbox{state="pending"} 2.0' in text
    assert "curvebot_due_lag_seconds 1.5" in text


def test_a_report_is_read_under_its_address_only(connection: http.client.HTTPConnection, pages: KeptPages) -> None:
    address = pages.keep("<p>报告</p>", "team/robot/r1")
    assert address is not None
    path = address.removeprefix("https://bot.example")

    status, text, headers = get(connection, path)

    assert (status, text) == (200, "<p>报告</p>")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert get(connection, path[:-1])[0] == 404


def test_a_report_may_run_what_it_brings_and_nothing_else(
    connection: http.client.HTTPConnection, pages: KeptPages
) -> None:
    page = html.page(sample(), sample_report())
    address = pages.keep(page, "team/robot/r1")
    assert address is not None

    policy = get(connection, address.removeprefix("https://bot.example"))[2]["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    allowed = set(re.findall("'sha256-[^']+'", policy))
    brought = re.findall("<(?:script|style)>(.*?)</(?:script|style)>", page, re.DOTALL)
    assert allowed == {f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in brought}


def test_a_report_of_a_run_that_may_not_be_shown_any_more_is_not_there(
    connection: http.client.HTTPConnection, pages: KeptPages, forbidden: set[str]
) -> None:
    address = pages.keep("<p>报告</p>", "team/secret/r1")
    assert address is not None

    forbidden.add("team/secret/r1")

    assert get(connection, address.removeprefix("https://bot.example"))[:2] == get(connection, "/r/" + "x" * 32)[:2]


def test_a_report_opens_on_any_replica(pages: KeptPages, store: Store, tmp_path: Path) -> None:
    address = pages.keep("<p>报告</p>", "team/robot/r1")
    other = Store.open(f"sqlite:///{tmp_path / 'bot.db'}")

    read = KeptPages(other, None, clock=time.time).read((address or "").rsplit("/", 1)[-1])
    other.close()

    assert read == "<p>报告</p>".encode()


def test_old_reports_are_dropped(store: Store) -> None:
    now = time.time()
    old = KeptPages(store, "https://bot.example", clock=lambda: now - 31 * 86_400).keep("old", "r")
    new = KeptPages(store, "https://bot.example", clock=lambda: now).keep("new", "r")

    store.purge(now)

    assert [store.page((address or "").rsplit("/", 1)[-1]) for address in (old, new)] == [None, ("r", b"new")]


def test_without_a_public_address_nothing_is_kept(store: Store) -> None:
    assert KeptPages(store, None, clock=time.time).keep("x", "r") is None


@pytest.mark.parametrize(
    "path", ["/", "/r/", "/r/../curvebot.db", "/r/%2e%2e%2fcurvebot", "/slack", "/events", "/other/events", "/static/x"]
)
def test_nothing_else_answers(connection: http.client.HTTPConnection, path: str) -> None:
    assert get(connection, path)[0] == 404


def test_events_go_to_their_platform(connection: http.client.HTTPConnection, door: Door) -> None:
    assert get(connection, "/slack/events", "POST", body="a=1", X_Signature="good")[:2] == (200, "{}")
    assert get(connection, "/slack/events", "POST", body="a=2", X_Signature="bad")[0] == 401
    assert get(connection, "/slack/events")[0] == 405

    assert door.bodies == [b"a=1"]


def test_a_body_of_a_megabyte_is_taken(connection: http.client.HTTPConnection, door: Door) -> None:
    assert get(connection, "/slack/events", "POST", body="x" * (1 << 20), X_Signature="good")[0] == 200
    assert len(door.bodies) == 1


HEAD = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nX-Signature: good\r\n"


@contextlib.contextmanager
def raw(server: HttpServer, *sent: bytes) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        for part in sent:
            client.sendall(part)
        yield client


@pytest.mark.parametrize("how", [b"1048577", b"900000000", "chunked"])
def test_a_larger_body_is_not_waited_for(server: HttpServer, door: Door, how: bytes | str) -> None:
    if isinstance(how, bytes):
        sent = [HEAD + b"Content-Length: " + how + b"\r\n\r\n"]
    else:
        sent = [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"10000\r\n" + b"x" * 65536 + b"\r\n"] * 17]
    with raw(server, *sent) as client:
        assert client.recv(1000).startswith(b"HTTP/1.1 413")
    assert door.bodies == []


@pytest.mark.parametrize("clients", [120, 700])
def test_slow_clients_keep_nobody_waiting(
    server: HttpServer, connection: http.client.HTTPConnection, clients: int
) -> None:
    """Some send a byte now and then, some nothing at all."""
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(raw(server, (HEAD, b"", b"GET /he")[n % 3])) for n in range(clients)]
        began = time.monotonic()
        for _ in range(20):
            for client in slow:
                with contextlib.suppress(OSError):  # it was closed
                    client.sendall(b"X")
            assert get(connection, "/healthz")[0] == 200
            connection.close()
        took = time.monotonic() - began

    assert took < 30  # for twenty


def test_who_dawdles_over_a_request_is_cut_off(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "REQUEST_S", 0.5)
    closed = False
    with raw(server, HEAD) as client:
        client.settimeout(0.05)
        until = time.monotonic() + 60
        while not closed and time.monotonic() < until:
            try:
                client.sendall(b"X")
                closed = client.recv(10) == b""
            except TimeoutError:
                continue
            except OSError:
                closed = True

    assert closed


def test_health_does_not_wait_for_the_events(
    server: HttpServer, door: Door, connection: http.client.HTTPConnection
) -> None:
    gate = threading.Event()
    door.gate = gate
    with contextlib.ExitStack() as stack:
        for _ in range(12):
            stack.enter_context(raw(server, HEAD + b"Content-Length: 1\r\n\r\nx"))
        until = time.monotonic() + 60
        while door.inside < 4 and time.monotonic() < until:
            time.sleep(0.01)
        status = get(connection, "/healthz")[0]
        waiting = door.inside
        gate.set()

    assert status == 200
    assert waiting == 4


def test_a_bug_is_a_500_without_detail(connection: http.client.HTTPConnection) -> None:
    assert get(connection, "/feishu/events", "POST", body="{}")[:2] == (500, "")


def test_it_stops_though_an_answer_wakes_the_loop_first(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopping is asked of the loop's thread, which any answer may wake before the asking is done."""
    trigger = server._server.trigger
    pull = trigger._physical_pull

    def overtaken() -> None:
        pull()
        time.sleep(0.2)
        pull()

    monkeypatch.setattr(trigger, "_physical_pull", overtaken)

    server.stop()

    assert not server._thread.is_alive()


def test_every_metric_and_variable_is_in_the_handbook() -> None:
    text = (Path(__file__).parent.parent / "docs" / "operations.md").read_text(encoding="utf-8")
    samples = {f.name + ("_total" if f.type == "counter" else "") for f in Metrics().registry.collect()}
    read = {
        "curvebot_database_up",
        "curvebot_outbox_oldest_seconds",
        "curvebot_due_lag_seconds",
        *(f"curvebot_{n}" for n in _Gauges.LABELS),
    }

    assert [name for name in samples | read if name not in text] == []
    assert [name for name in settings.variable_names() if name not in text] == []
