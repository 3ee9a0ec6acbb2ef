"""kill -9 at any moment: no alert is lost, none comes twice.

A child process polls watches and delivers, with the real store, incidents and delivery, to a chat server over a
socket; it is killed at random moments and started again. The server answers late on some channels: it takes a message,
and shows it only after the sender has given up.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from analysis.model import Episode, Severity, Transition, Words
from bot.address import Address
from bot.alerts.incident import Change, Policy
from bot.alerts.incidents import advance
from bot.chats import NotSent, Post, Unclear
from bot.delivery import Delivery, Timing
from bot.outgoing import Outgoing, outbox_key
from bot.platforms import PLATFORMS
from bot.render.message import Message
from bot.store.store import Store, Watch
from tests.fakes.mute_chat import MuteChat
from tests.fakes.server import PATIENCE_S

KILLS = 8
GIVE_UP_S = 0.4  # the sender's patience
CAN = {platform.name: platform.can for platform in PLATFORMS}
SLOW_S = (0.7, 1.1)  # when a late channel shows a message
FAST_S = (0.0, 0.15)
TIMING = Timing(lease_s=1.0, settle_s=4.0, backoff_cap_s=1.0)
CHANNELS = {
    f"{chat}:{speed}{n}": faults
    for chat in ("slack", "feishu")
    for speed, n, faults in (
        ("fast", 0, 2),
        ("fast", 1, 2),
        ("fast", 2, 2),
        ("slow", 0, 1),
        ("slow", 1, 1),
    )
}
EXPECTED = sum(3 * faults for faults in CHANNELS.values())  # opened; resolved, in the thread and as an edit


def trace(faults: int) -> list[Episode]:
    """Faults that come and go, one after the other."""
    words = Words("训练出错", "证据", "建议")
    return [
        Episode(
            f"fault-{k}",
            ("loss",),
            10 * k,
            10 * k,
            (
                Transition("raised", 10 * k + 3, 10 * k + 3, Severity.CRITICAL, words),
                Transition("cleared", 10 * k + 7, 10 * k + 7, Severity.CRITICAL, words, reason="recovered"),
            ),
        )
        for k in range(faults)
    ]


# The child


@dataclass
class SocketChat(MuteChat):
    """A chat over one TCP connection per request, as a real adapter would see it."""

    platform: str
    port: int
    idempotent_s: float

    def send(self, post: Post) -> str:
        assert post.message is not None
        asked = {"do": "send", "key": post.key, "channel": str(post.address), "title": post.message.title}
        return str(self._ask(asked | {"thread": post.root_message_id, "edits": post.edits})["id"])

    def find(self, post: Post, since: float) -> str | None:
        try:
            found = self._ask({"do": "find", "key": post.key})["id"]
        except Unclear as error:
            raise NotSent(str(error)) from error
        return None if found is None else str(found)

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            connection = socket.create_connection(("127.0.0.1", self.port), timeout=GIVE_UP_S)
        except ConnectionRefusedError as error:
            raise NotSent("refused") from error
        except OSError as error:
            raise Unclear("no connection") from error
        try:
            with connection, connection.makefile("rwb") as stream:
                stream.write(json.dumps(request | {"once": self.idempotent_s > 0}).encode() + b"\n")
                stream.flush()
                answer: dict[str, Any] = json.loads(stream.readline())
                return answer
        except (OSError, ValueError) as error:
            raise Unclear(type(error).__name__) from error


def posts(watch: Watch, changes: tuple[Change, ...]) -> list[Outgoing]:
    """Two for a recovery: one in the thread, and the first message edited."""
    out = []
    for c in changes:
        if not c.posted:
            continue
        name = f"{c.incident.id} {c.kind}"
        if c.kind == "opened":
            out.append(Outgoing(watch.address, "alert", c.incident.id, c.kind, Message(name), critical=True))
        else:
            opening = outbox_key(watch.address, c.incident.id, "opened")
            thread = Outgoing(watch.address, "resolve", c.incident.id, c.kind, Message(name), parent=opening)
            edit = Outgoing(
                watch.address, "resolve", c.incident.id, c.kind, Message(name), 1, edits=opening, orphan="drop"
            )
            out += [thread, edit]
    return out


def poll(store: Store, watch: Watch, policy: Policy) -> None:
    now = time.time()
    rows = (watch.rows or 0) + 1
    episodes = trace(CHANNELS[str(watch.address)])
    last = 10 * len(episodes)
    before = store.incidents(watch.id, posted_since=0.0)
    step = advance(
        before, episodes, scope=watch.id, cursor=watch.rows or 0, rows=rows, ended=False, now=now, policy=policy
    )
    store.commit_poll(
        watch,
        now=now,
        due_at=now + 0.02,
        rows=rows,
        step=rows,
        state="ended" if rows > last else "active",
        incidents=step.incidents,
        posts=posts(watch, step.changes),
    )


def child(url: str, port: int) -> None:
    store = Store.open(url)
    chats = {"slack": SocketChat("slack", port, 0.0), "feishu": SocketChat("feishu", port, 3000.0)}
    delivery = Delivery(store.outbox, chats, can=CAN, clock=time.time, chance=random.random, timing=TIMING, workers=8)
    delivery.start()
    print("ready", flush=True)
    policy = Policy(group_wait_s=0.05)
    while True:
        for watch in store.lease_due(time.time(), lease_s=0.5, places=3):
            poll(store, watch, policy)
            delivery.wake()
        time.sleep(0.02)


# The other side


@dataclass
class ChatServer:
    """Takes a message, shows it a little later whatever the sender does meanwhile, and answers then."""

    rng: random.Random
    shown: list[tuple[str, str, str, str]] = field(default_factory=list)  # channel, key, id, title
    edited: list[tuple[str, str]] = field(default_factory=list)  # id, title
    lock: threading.Lock = field(default_factory=threading.Lock)
    promised: dict[str, str] = field(default_factory=dict)  # key -> id, where a key counts once
    done: set[str] = field(default_factory=set)  # keys whose message is shown, or whose edit is made
    under_way: int = 0  # messages taken and not yet answered
    ids: int = 0
    looked: threading.Event | None = None  # not before somebody has looked for it is a late message shown

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["do"] == "find":
            with self.lock:
                found = {"id": next((id_ for _, key, id_, _ in self.shown if key == request["key"]), None)}
            if self.looked is not None:
                self.looked.set()
            return found
        with self.lock:
            known = self.promised.get(request["key"]) if request["once"] else None
            self.ids += 1
            name = known or request["edits"] or f"m{self.ids}"
            self.promised[request["key"]] = name
            late = ":slow" in request["channel"] and request["key"] not in self.done
            delay = self.rng.uniform(*(SLOW_S if late else FAST_S))
            self.under_way += 1
        if late and self.looked is not None:
            self.looked.wait(PATIENCE_S)
        else:
            time.sleep(delay)
        with self.lock:
            if request["edits"]:
                self.edited.append((name, request["title"]))
            elif known is None:
                self.shown.append((request["channel"], request["key"], name, request["title"]))
            self.done.add(request["key"])
            self.under_way -= 1
        return {"id": name}


@pytest.fixture
def server() -> Iterator[tuple[ChatServer, int]]:
    chat = ChatServer(random.Random(7))

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            line = self.rfile.readline()
            if not line.endswith(b"\n"):
                return  # killed in the middle of the request
            answer = chat.answer(json.loads(line))
            with contextlib.suppress(OSError):  # nobody may be listening any more
                self.wfile.write(json.dumps(answer).encode() + b"\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 64

    with Server(("127.0.0.1", 0), Handler) as tcp:
        thread = threading.Thread(target=tcp.serve_forever, args=(0.05,))
        thread.start()
        yield chat, tcp.server_address[1]
        tcp.shutdown()
        thread.join()


class Nursery:
    """A process that has imported everything and forks a child in no time, as often as asked."""

    def __init__(self) -> None:
        command = [sys.executable, "-P", __file__]  # -P: tests/ is no place to import from
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    @contextlib.contextmanager
    def running(self, url: str, port: int) -> Iterator[None]:
        """A child, from the moment it works until it is killed."""
        pid = int(self._ask(f"{url} {port}"))
        try:
            assert self._read() == "ready"
            yield
        finally:
            os.kill(pid, signal.SIGKILL)
            assert self._ask("wait") == f"killed by {signal.SIGKILL:d}"

    def close(self) -> None:
        with self._process as process:
            process.kill()

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def nurse() -> None:
    """The nursery's own side."""
    for line in sys.stdin:
        if line == "wait\n":
            print(f"killed by {os.waitstatus_to_exitcode(os.wait()[1]) * -1}", flush=True)
            continue
        url, port = line.split()
        pid = os.fork()
        if pid == 0:
            child(url, int(port))
        print(pid, flush=True)


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()


def rows_of(url: str) -> list[dict[str, Any]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT * FROM outbox ORDER BY seq")).mappings().all()
    engine.dispose()
    return [dict(r) for r in found]


def finished(rows: list[dict[str, Any]]) -> bool:
    return len(rows) >= EXPECTED and all(r["state"] in ("sent", "dead", "expired") for r in rows)


def until(happened: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.02)


def nothing_behind_the_cursor_is_missing(url: str) -> None:
    """Every fault that the cursor has passed is an incident, and once told it has its row: one transaction."""
    store = Store.open(url)
    for watch in store.watches():
        incidents = {i.diagnosis: i for i in store.incidents(watch.id, posted_since=0.0)}
        for episode in trace(CHANNELS[str(watch.address)]):
            if watch.rows is not None and episode.raised_row < watch.rows:
                incident = incidents[episode.id]
                told = store.outbox.state_of(outbox_key(watch.address, incident.id, "opened")) is not None
                assert told == (incident.posted_at is not None)
    store.close()


@pytest.mark.xdist_group("serve")  # groups begin first, and this takes long
def test_killed_at_any_moment(tmp_path: Path, server: tuple[ChatServer, int], nursery: Nursery) -> None:
    chat, port = server
    url = f"sqlite:///{tmp_path / 'x.db'}"
    store = Store.open(url)
    for channel in CHANNELS:
        store.add_watch(Address.parse(channel), "team/robot/run", kind="run", interval_s=1.0, now=time.time())
    store.close()
    rng = random.Random(11)
    in_flight = 0
    for n in range(KILLS):
        with contextlib.ExitStack() as stack:
            for _ in range(1 + n % 2):  # every other time two of them share the work
                stack.enter_context(nursery.running(url, port))
            if n % 4 < 2:  # any moment
                time.sleep(rng.uniform(0.05, 0.9))
            else:  # one at which a message is under way
                until(lambda: chat.under_way or finished(rows_of(url)))
                time.sleep(rng.uniform(0.0, 0.1))
        nothing_behind_the_cursor_is_missing(url)
        in_flight += sum(r["state"] == "sending" for r in rows_of(url))
    with nursery.running(url, port), nursery.running(url, port):
        until(lambda: finished(rows_of(url)))
    rows = rows_of(url)
    assert in_flight > 0, "no kill hit a send: this run shows nothing"
    assert Counter(r["state"] for r in rows) == {"sent": EXPECTED}

    # Each told once, on every channel.
    messages = [r for r in rows if r["edits"] is None]
    assert Counter(key for _, key, _, _ in chat.shown) == {r["key"]: 1 for r in messages}
    # What we think we sent is there, under the id we know.
    assert {(r["key"], r["remote_id"]) for r in messages} == {(key, id_) for _, key, id_, _ in chat.shown}
    assert {r["remote_id"] for r in rows if r["edits"] is not None} == {id_ for id_, _ in chat.edited}
    # Each fault opened and resolved once, and in this order.
    for channel, faults in CHANNELS.items():
        titles = [title for where, _, _, title in chat.shown if where == channel]
        names = list(dict.fromkeys(title.split()[0] for title in titles))
        assert titles == [f"{name} {kind}" for name in names for kind in ("opened", "resolved")]
        assert len(names) == faults


@pytest.mark.parametrize("settle_s", [0.0, 3.0])
def test_it_takes_the_settling(tmp_path: Path, server: tuple[ChatServer, int], settle_s: float) -> None:
    """Who looks too early sees nothing and sends again. (So the test above can fail.)"""
    chat, port = server
    early = settle_s == 0.0
    chat.looked = threading.Event() if early else None
    store = Store.open(f"sqlite:///{tmp_path / 'x.db'}")
    slack = SocketChat("slack", port, 0.0)
    timing = Timing(lease_s=1.0, settle_s=settle_s, backoff_cap_s=0.1)
    delivery = Delivery(store.outbox, {"slack": slack}, can=CAN, clock=time.time, chance=lambda: 0.0, timing=timing)
    alert = Outgoing(Address("slack", "slow0"), "alert", "i1", "opened", Message("一次"))
    store.enqueue([alert], time.time())
    deadline = time.monotonic() + PATIENCE_S
    while store.outbox.counts() != {"sent": 1} and time.monotonic() < deadline:
        delivery.drain_once(time.time())
        time.sleep(0.02)
    while early and len(chat.shown) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    store.close()

    assert (len(chat.shown) > 1) == early


if __name__ == "__main__":
    nurse()
