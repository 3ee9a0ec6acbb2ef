"""The terminal as a chat."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

from bot.chats import Inbound, Post
from bot.chats.terminal import ADDRESS, TerminalChat
from bot.render.message import File, Item, Message

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
CARD = Message("run-1：训练发散", "critical", items=(Item("loss 3.2e5", "critical", ("NaN",), "降 lr", 1),))


def post(message: Message | None = CARD, key: str = "k" * 40, **more: object) -> Post:
    return Post(key, ADDRESS, message, **more)  # type: ignore[arg-type]


def test_lines_are_what_people_say(tmp_path: Path) -> None:
    heard: list[Inbound] = []
    chat = TerminalChat(io.StringIO(), tmp_path, io.StringIO("/curve 64wx\n\n  对比 a b \n"))
    chat.start(heard.append)
    chat.wait()

    assert [i.text for i in heard] == ["/curve 64wx", "对比 a b"]
    assert {i.address for i in heard} == {ADDRESS}
    assert len({i.event_id for i in heard}) == 2
    assert not chat.connected()


def test_goodbye_ends_it(tmp_path: Path) -> None:
    heard: list[Inbound] = []
    chat = TerminalChat(io.StringIO(), tmp_path, ["退出", "late"])
    chat.start(heard.append)
    chat.wait()

    assert not heard


def test_prints_the_message_and_says_where_the_chart_is(tmp_path: Path) -> None:
    out = io.StringIO()
    chat = TerminalChat(out, tmp_path / "charts")
    remote_id = chat.send(post(chart=PNG))
    [chart] = (tmp_path / "charts").iterdir()

    assert "🔴 run-1：训练发散" in out.getvalue()
    assert "→ 降 lr" in out.getvalue()
    assert f"[图] {chart}" in out.getvalue()
    assert chart.read_bytes() == PNG
    assert chat.find(post(), 0) == remote_id
    assert chat.find(post(key="o"), 0) is None


def test_a_file_stays_in_the_folder(tmp_path: Path) -> None:
    chat = TerminalChat(io.StringIO(), tmp_path)
    chat.send(post(replace(CARD, file=File("../../报告.html", "<p>报告</p>"))))
    [file] = tmp_path.iterdir()

    assert file.read_text(encoding="utf-8") == "<p>报告</p>"


def test_chinese_survives_a_poor_locale(tmp_path: Path) -> None:
    raw = io.BytesIO()
    chat = TerminalChat(io.TextIOWrapper(raw, encoding="ascii"), tmp_path)
    chat.send(post())

    assert "🔴 run-1：训练发散" in raw.getvalue().decode()
