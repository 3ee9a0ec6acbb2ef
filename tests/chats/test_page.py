"""The page as a chat: the port, and who may speak to it over HTTP. The page itself: tests/cli/test_chat_in_browser.py.

What the contract of platforms says of vendors (sockets, outages, rate limits, proxies) applies to nothing here.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.chats import Inbound, Post
from bot.chats.page import wire
from bot.chats.page.chat import PageChat
from bot.chats.page.site import STREAM, PageSite
from bot.chats.page.transcript import Entry, Transcript
from bot.http import HttpServer
from bot.platforms import CONSOLE, CONSOLE_PAGE
from bot.render.chat_page import chat_page
from bot.render.message import Button, File, Item, Message, Section
from tests.fakes.server import PATIENCE_S

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8) + (1200).to_bytes(4, "big") + (800).to_bytes(4, "big")
TOKEN = "token-of-this-process"
CARD = Message(
    "act-uot：OT 没起作用",
    "critical",
    items=(Item("π 总和 7.3e-12", "critical", ("代价 1260",), "先核对代价", 1),),
    buttons=(Button("完整报告", "/curve full team/robot/64wxlc3y"), Button("打开 W&B", url="https://wandb.ai/x")),
)


class Page:
    """A page's side of the conversation."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._ids = (f"page-event-{n}" for n in range(1000))

    def request(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        """Status, body, headers; as this page's own scripts ask, but for what `headers` say."""
        own = {"Host": f"127.0.0.1:{self.port}", "X-Curvebot-Token": TOKEN, "Sec-Fetch-Site": "same-origin"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        data = None if body is None else json.dumps(body).encode()
        connection.request(method, path, body=data, headers=own | dict(headers or {}))
        answer = connection.getresponse()
        content, told = answer.read(), dict(answer.getheaders())
        connection.close()
        return answer.status, content, told

    def say(self, text: str, **more: Any) -> int:
        return self.request("POST", "/say", {"id": next(self._ids), "text": text} | more)[0]

    def press(self, message: str, button: int) -> int:
        return self.request("POST", "/press", {"id": next(self._ids), "message": message, "button": button})[0]

    def follow(self, until: int, last: str | None = None) -> list[dict[str, Any]]:
        """What the stream says, until so many entries have come; each with the id of its event."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        headers = {} if last is None else {"Last-Event-ID": last}
        connection.request("GET", f"{STREAM}?token={TOKEN}&after=0", headers=headers)
        answer, entries, id_ = connection.getresponse(), list[dict[str, Any]](), ""
        while len(entries) < until:
            line = answer.readline().decode().rstrip("\n")
            if line.startswith("id: "):
                id_ = line.removeprefix("id: ")
            elif line.startswith("data: {"):
                entries.append(json.loads(line.removeprefix("data: ")) | {"event": id_})
        answer.close()
        connection.close()
        return entries


@pytest.fixture
def heard() -> list[Inbound]:
    return []


@pytest.fixture
def chat(heard: list[Inbound]) -> Iterator[PageChat]:
    chat = PageChat(CONSOLE.address)
    chat.start(heard.append)
    yield chat
    chat.stop()


@pytest.fixture
def page(chat: PageChat) -> Iterator[Page]:
    html = chat_page(token=TOKEN, suggestions=(), examples=(), hints=())
    site = PageSite(chat, html, token=TOKEN, report=lambda name: (200, {}, name.encode()))
    server = HttpServer(site, "127.0.0.1", 0, streams=(STREAM,))
    site.allow([f"127.0.0.1:{server.port}", f"localhost:{server.port}"])
    server.start()
    yield Page(server.port)
    chat.stop()
    server.stop()


def post(message: Message | None = CARD, key: str = "k" * 40, **more: Any) -> Post:
    return Post(key, CONSOLE.address, message, **more)


def shown(chat: PageChat, id_: str) -> dict[str, Any]:
    entry = chat.transcript.get(id_)
    assert entry is not None
    return wire.shown(entry)


def test_it_stands_where_the_terminal_stands_and_can_more() -> None:
    assert CONSOLE_PAGE.address == CONSOLE.address
    assert replace(CONSOLE_PAGE.can, edits=False, threads=False) == CONSOLE.can


def test_an_edit_replaces_in_its_place_and_thread(chat: PageChat) -> None:
    root = chat.send(post(key="r" * 40, about="team/robot/r1"))
    first = chat.send(post(Message("正在分析…"), root_message_id=root))
    chat.send(post(Message("后来的"), key="l" * 40))
    second = chat.send(post(key="e" * 40, edits=first, chart=PNG))
    entries = {e.id: e for e in chat.transcript.since(0)}

    assert second == first
    assert [e.id for e in sorted(entries.values(), key=lambda e: e.place)] == [root, first, "l" * 40]
    assert shown(chat, first)["message"]["title"] == CARD.title
    assert shown(chat, first)["chart"]["width"] == 1200
    assert shown(chat, first)["under"] == root
    assert shown(chat, root)["run"] and not shown(chat, "l" * 40)["run"]


def test_an_edit_of_what_an_earlier_session_showed_brings_it_back(chat: PageChat) -> None:
    assert chat.send(post(edits="o" * 40)) == "o" * 40
    assert shown(chat, "o" * 40)["message"]["title"] == CARD.title


def test_what_was_not_sent_is_not_found(chat: PageChat) -> None:
    remote_id = chat.send(post())

    assert chat.find(post(), time.time()) == remote_id
    assert chat.find(post(key="o" * 40), 0) is None


def test_what_is_said_is_heard_and_stands_before_its_answer(chat: PageChat, page: Page, heard: list[Inbound]) -> None:
    def answer_at_once(inbound: Inbound) -> None:
        heard.append(inbound)
        chat.send(post())

    chat.start(answer_at_once)

    assert page.say(" /curve 64wxlc3y\n") == 202
    mine, answer = sorted(page.follow(2), key=lambda e: e["place"])

    assert (heard[0].text, heard[0].address, heard[0].direct) == ("/curve 64wxlc3y", CONSOLE.address, True)
    assert heard[0].root_message_id is None
    assert mine["text"] == "/curve 64wxlc3y" and answer["message"]["title"] == CARD.title


def test_a_button_is_its_command_in_the_thread_of_its_message(chat: PageChat, page: Page, heard: list[Inbound]) -> None:
    root = chat.send(post())
    reply = chat.send(post(key="t" * 40, root_message_id=root))

    assert (page.press(root, 0), page.press(reply, 0)) == (202, 202)
    assert {i.text for i in heard} == {"/curve full team/robot/64wxlc3y"}
    assert {(i.root_message_id, i.reply_to_message_id) for i in heard} == {(root, root)}
    assert [e.text for e in chat.transcript.since(0) if e.text] == ["完整报告", "完整报告"]


@pytest.mark.parametrize("button", [1, 2, -1, "0", True])
def test_what_is_no_button_is_not_pressed(chat: PageChat, page: Page, heard: list[Inbound], button: Any) -> None:
    """A link, none at all, and no number."""
    root = chat.send(post())

    assert page.press(root, button) == 400
    assert heard == []


def test_who_speaks_in_a_thread_names_its_root(chat: PageChat, page: Page, heard: list[Inbound]) -> None:
    root = chat.send(post())
    page.say("完整", under=root)

    assert (heard[0].root_message_id, heard[0].overheard) == (root, False)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": "page-event-1"},
        {"id": "page-event-1", "text": " \n"},
        {"id": "page-event-1", "text": ["a"]},
        {"id": "page-event-1", "text": "x" * 4001},
        {"id": "../../x", "text": "a"},
        {"id": "page-event-1", "text": "a", "under": 7},
        ["a"],
        "a",
    ],
)
def test_what_cannot_be_understood_is_refused(page: Page, heard: list[Inbound], body: Any) -> None:
    assert page.request("POST", "/say", body)[0] == 400
    assert heard == []


def test_what_could_not_be_kept_is_not_taken(chat: PageChat, page: Page, heard: list[Inbound]) -> None:
    def fail(inbound: Inbound) -> None:
        raise OSError("disk full")

    chat.start(fail)

    assert page.say("/curve 64wxlc3y") == 503
    assert chat.transcript.since(0) == []

    chat.start(heard.append)

    assert page.say("/curve 64wxlc3y") == 202
    assert len(heard) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Host": "evil.example:{port}"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://localhost:{port}"},  # of our own two names only one is the page's
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("what", ["/say", "/", STREAM, "/chart/x/1"])
def test_another_host_or_origin_is_refused(
    page: Page, heard: list[Inbound], what: str, headers: dict[str, str]
) -> None:
    foreign = {name: value.replace("{port}", str(page.port)) for name, value in headers.items()}
    body = {"id": "page-event-1", "text": "help"} if what == "/say" else None
    status, content, _ = page.request("POST" if body else "GET", what, body, foreign)

    assert status == 403
    assert TOKEN.encode() not in content
    assert heard == []


def test_the_page_is_for_both_names_of_this_machine(page: Page, heard: list[Inbound]) -> None:
    host = f"localhost:{page.port}"
    said = page.request(
        "POST", "/say", {"id": "page-event-1", "text": "help"}, {"Host": host, "Origin": f"http://{host}"}
    )
    opened = page.request("GET", "/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"})

    assert (said[0], opened[0]) == (202, 200)
    assert len(heard) == 1


@pytest.mark.parametrize("token", ["", "wrong", "\xe9"])
def test_without_the_token_nothing_is_said_or_followed(page: Page, heard: list[Inbound], token: str) -> None:
    said = page.request("POST", "/say", {"id": "page-event-1", "text": "help"}, {"X-Curvebot-Token": token})
    _, stream, _ = page.request("GET", STREAM)

    assert said[0] == 401
    assert b"stale" in stream and b"message" not in stream
    assert heard == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/say", 404),
        ("GET", "/nothing", 404),
        ("GET", "/healthz", 404),
        ("GET", "/chart/none/1", 404),
        ("GET", "/file/none/1", 404),
        ("POST", "/", 405),
        ("PUT", "/say", 405),
    ],
)
def test_nothing_else_answers(page: Page, method: str, path: str, status: int) -> None:
    assert page.request(method, path)[0] == status


def test_the_page_allows_its_own_scripts_only_and_no_frame(page: Page) -> None:
    _, html, headers = page.request("GET", "/")
    policy = headers["Content-Security-Policy"]

    for part in ("default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for"):
        assert part in policy
    assert "unsafe" not in policy and "http" not in policy
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert TOKEN in html.decode()


def test_a_stream_goes_on_where_it_broke_off(chat: PageChat, page: Page) -> None:
    first = chat.send(post(key="1" * 40))
    chat.send(post(key="2" * 40))
    before = page.follow(2)
    chat.send(post(Message("改过"), key="e" * 40, edits=first))
    chat.send(post(key="3" * 40))
    after = page.follow(2, last=before[-1]["event"])

    assert [e["id"][0] for e in before] == ["1", "2"]
    assert [(e["id"][0], e["message"]["title"]) for e in after] == [("1", "改过"), ("3", CARD.title)]


def test_pages_that_were_closed_hold_nobody_up(chat: PageChat, page: Page) -> None:
    chat.send(post())
    began = time.monotonic()
    for _ in range(40):  # more than there are threads for streams
        assert len(page.follow(1)) == 1

    assert page.request("GET", "/")[0] == 200
    assert time.monotonic() - began < 60


def test_charts_and_files_are_what_they_are(chat: PageChat, page: Page) -> None:
    file = File('../报告"\r\nX: y.html', "<script>alert(1)</script>")
    chat.send(post(replace(CARD, file=file), chart=PNG))
    told = page.follow(1)[0]
    chart = page.request("GET", told["chart"]["url"])
    kept = page.request("GET", told["message"]["file"]["url"])

    assert (chart[1], chart[2]["Content-Type"]) == (PNG, "image/png")
    assert kept[1] == file.content.encode()
    assert kept[2]["Content-Disposition"].startswith("attachment; ") and "\n" not in kept[2]["Content-Disposition"]
    assert kept[2]["Content-Type"] == "application/octet-stream"


def test_only_addresses_of_the_web_become_links(chat: PageChat) -> None:
    buttons = (Button("a", url="javascript:alert(1)"), Button("b", url="https://x"), Button("c", "/curve help"))
    chat.send(post(replace(CARD, buttons=buttons)))
    told = shown(chat, "k" * 40)["message"]["buttons"]

    assert told == [{"index": 1, "label": "b", "url": "https://x"}, {"index": 2, "label": "c", "url": None}]


def test_texts_are_one_line_each_and_indents_stay(chat: PageChat) -> None:
    chat.send(post(Message("a\u202eb\nc", sections=(Section("", ("  x\ty", "z")),))))
    told = shown(chat, "k" * 40)["message"]

    assert told["title"] == "ab c"
    assert told["sections"][0]["lines"] == ["  x y", "z"]


def test_a_transcript_keeps_the_newest(heard: list[Inbound]) -> None:
    transcript = Transcript(most=3)
    for n in range(5):
        transcript.put(Entry(id=str(n), at=0.0, text="x"))
    transcript.put(Entry(id="2", at=0.0, text="y"))

    assert [e.id for e in transcript.since(0)] == ["3", "4", "2"]
    assert [e.id for e in sorted(transcript.since(0), key=lambda e: e.place)] == ["2", "3", "4"]


def test_it_ends_while_a_page_follows(chat: PageChat, page: Page) -> None:
    chat.send(post())
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=PATIENCE_S)
    connection.request("GET", f"{STREAM}?token={TOKEN}")
    answer = connection.getresponse()
    while answer.readline() != b"event: ready\n":
        pass
    began = time.monotonic()
    chat.stop()
    answer.read()
    connection.close()

    assert time.monotonic() - began < 10
    assert not chat.connected()
    assert page.say("help") == 503
