"""What is Feishu's alone."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.address import Address
from bot.chats import Inbound, LinkShared, LookUpImpossible, NotSent, Post, Preview, Refused, ShutOut, Unclear
from bot.chats.feishu import people, wire
from bot.chats.feishu.chat import FeishuChat
from bot.chats.feishu.probe import SCOPES
from bot.platforms import FEISHU
from bot.render.message import Button, File, Item, Message, Plot, PlotLine
from tests.fakes.feishu_cards import card_errors, words
from tests.fakes.feishu_server import BOT, FeishuServer

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
CARD = Message("run-1：训练发散", "critical", items=(Item("loss 3.2e5", "critical", ("NaN",), "降 lr", 1),))


@pytest.fixture
def feishu() -> Iterator[FeishuServer]:
    with FeishuServer() as server:
        yield server


def make(feishu: FeishuServer, **more: Any) -> FeishuChat:
    return FeishuChat(app_id=feishu.app_id, app_secret=feishu.app_secret, domain=feishu.domain, timeout_s=1, **more)


@pytest.fixture
def chat(feishu: FeishuServer) -> FeishuChat:
    return make(feishu)


def post(message: Message | None = CARD, key: str = "k" * 40, chat: str = "oc_1", **more: Any) -> Post:
    return Post(key, Address("feishu", chat), message, **more)


# hearing


def said(text: str, *, ours: bool = True, **more: Any) -> dict[str, Any]:
    """A group message as it comes."""
    mentions = [{"key": "@_user_1", "id": {"open_id": BOT if ours else "ou_other"}, "name": "小明"}]
    content = json.dumps({"text": text})
    message = {"message_id": "om_1", "chat_id": "oc_1", "chat_type": "group", "message_type": "text"}
    sender = {"sender_id": {"open_id": "ou_1"}, "sender_type": "user"}
    return {"message": {**message, "content": content, "mentions": mentions, **more}, "sender": sender}


def test_a_message_as_it_comes() -> None:
    inbound = wire.message(said("@_user_1 /curve x"), bot_id=BOT)

    assert inbound == Inbound("om_1", Address("feishu", "oc_1"), "/curve x", "ou_1")


US = {"key": "@_user_1", "id": {"open_id": BOT}, "name": "curvebot"}
TENTH = {"key": "@_user_10", "id": {"open_id": "ou_other"}, "name": "小红"}
TOPIC = {"tag": "at", "user_id": "@_user_1", "user_name": "curvebot"}
LINK = {"tag": "a", "href": "https://wandb.ai/a/b/runs/c", "text": "run"}


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (said("@_user_1/curve x"), "/curve x"),
        (said("@_user_1\xa0/curve\xa0x"), "/curve x"),
        (said("@_user_1 ／curve　x"), "／curve　x"),
        (said("看下 @_user_1 x"), "看下 x"),
        (said("@_user_164wxlc3y"), "64wxlc3y"),
        (said("@_user_1 @_user_10 x", mentions=[US, TENTH]), "@小红 x"),
        (said("@_user_1 hello", ours=False), None),
        (said("@_user_1 /curve x", ours=False), None),
        (said("hello", mentions=[]), None),
        (said("@_all /curve x", mentions=[{"key": "@_all", "id": {}, "name": "所有人"}]), None),
        (said("/curve x", mentions=[]), "/curve x"),
        (said("x", mentions=[], chat_type="p2p"), "x"),
        (said("x", message_type="image"), None),
        (said("", message_type="post", content=json.dumps({"content": [[TOPIC, {"tag": "text", "text": " x"}]]})), "x"),
        (said("", message_type="post", content=json.dumps({"zh_cn": {"content": [[TOPIC, LINK]]}})), LINK["href"]),
        (said("", message_type="post", content="[1]", chat_type="p2p"), ""),
    ],
)
def test_what_a_message_says(event: dict[str, Any], text: str | None) -> None:
    inbound = wire.message(event, bot_id=BOT)

    assert (inbound and inbound.text) == text


def test_other_bots_are_not_heard() -> None:
    event = said("@_user_1 x")
    event["sender"]["sender_type"] = "app"

    assert wire.message(event, bot_id=BOT) is None


def test_before_it_knows_itself_any_mention_is_its_own() -> None:
    inbound = wire.message(said("@_user_1 x"), bot_id=None)

    assert inbound is not None
    assert inbound.text == "x"


def test_a_topic_is_answered_in_the_topic(feishu: FeishuServer) -> None:
    heard: list[Inbound] = []
    chat = make(feishu)
    chat.start(heard.append)
    feishu.ack(feishu.mention("64wxlc3y", topic=True, gap=""))
    feishu.wait(lambda _: heard)
    chat.send(post(root_message_id=heard[0].reply_to_message_id))
    chat.stop()

    assert feishu.messages[-1]["parent"] == heard[0].event_id
    assert feishu.messages[-1]["in_thread"]


def test_a_topic_is_one_thread(feishu: FeishuServer) -> None:
    """However deep somebody answers in it: what is said there is answered under its root, and belongs to it."""
    deep = said("@_user_1 x", root_id="om_0", parent_id="om_7", thread_id="omt_1")
    inbound = wire.message(deep, bot_id=BOT)

    assert inbound is not None
    assert (inbound.root_message_id, inbound.reply_to_message_id) == ("om_0", "om_0")


@pytest.mark.parametrize(
    ("event", "overheard"),
    [
        (said("完整", mentions=[], root_id="om_0"), True),
        (said("完整", mentions=[]), None),
        (said("@_user_1 完整", ours=False, root_id="om_0"), None),  # said to somebody else
        (said("@_user_1 完整", root_id="om_0"), False),
        (said("完整", mentions=[], root_id="om_0", chat_type="p2p"), False),
    ],
)
def test_what_is_overheard(event: dict[str, Any], overheard: bool | None) -> None:
    inbound = wire.message(event, bot_id=BOT)

    assert (inbound and inbound.overheard) == overheard


def test_events_nobody_cares_for_are_answered(feishu: FeishuServer) -> None:
    """Without a handler the SDK answers 500, and Feishu sends them again and again."""
    heard: list[Inbound] = []
    chat = make(feishu)
    chat.start(heard.append)
    kinds = ("im.message.message_read_v1", "im.message.reaction.created_v1", "im.chat.member.bot.added_v1")
    acks = [feishu.ack(feishu.deliver(feishu.envelope(kind, {"chat_id": "oc_1"}))) for kind in kinds]
    chat.stop()

    assert [ack.code for ack in acks] == [200, 200, 200]
    assert not heard


def test_what_could_not_be_stored_comes_again(feishu: FeishuServer) -> None:
    def broken(inbound: Inbound) -> None:
        raise OSError("disk full")

    chat = make(feishu)
    chat.start(broken)
    ack = feishu.ack(feishu.mention("x"))
    chat.stop()

    assert ack.code == 500


def test_a_press_gets_a_toast(feishu: FeishuServer) -> None:
    chat = make(feishu)
    chat.start(lambda inbound: None)
    chat.send(post(replace(CARD, buttons=(Button("静音 2h", "/curve mute 1 2h"),))))
    ack = feishu.ack(feishu.press(feishu.messages[-1], "静音 2h"))
    chat.stop()

    assert ack.data["toast"]["content"]


def test_a_click_is_answered_with_the_card_as_it_reads_now_and_edited_after(feishu: FeishuServer) -> None:
    chat = make(feishu)
    mute = Button("静音 2h", "/curve mute 1 2h", at_once=True)
    now = replace(CARD, subtitle="张三静音到 12:28")

    def change(inbound: Inbound) -> None:
        edit = post(now, key="e" * 40, edits=inbound.root_message_id)
        threading.Thread(target=chat.send, args=(edit,)).start()

    chat.start(change)
    remote_id = chat.send(post(replace(CARD, buttons=(mute,))))
    ack = feishu.ack(feishu.press(feishu.messages[-1], "静音 2h"))
    feishu.wait(lambda s: s.messages[-1]["edits"])
    chat.stop()

    assert ack.seconds < 0.5
    assert "张三静音到 12:28" in words({"content": ack.data["card"]["data"]})
    assert not list(card_errors(ack.data["card"]["data"], {}))
    assert feishu.messages[-1]["message_id"] == remote_id
    assert feishu.messages[-1]["content"] == ack.data["card"]["data"]


def test_a_click_whose_change_takes_longer_gets_a_toast_and_then_the_edit(feishu: FeishuServer) -> None:
    chat = make(feishu)
    chat.start(lambda inbound: None)
    remote_id = chat.send(post(replace(CARD, buttons=(Button("静音 2h", "/curve mute 1 2h", at_once=True),))))
    ack = feishu.ack(feishu.press(feishu.messages[-1], "静音 2h"))
    chat.send(post(replace(CARD, subtitle="已静音"), key="e" * 40, edits=remote_id))
    chat.stop()

    assert ack.seconds < 0.5 and "card" not in ack.data
    assert feishu.messages[-1]["edits"] == 1


def test_lines_that_are_refused_are_left_out_of_the_card(feishu: FeishuServer, chat: FeishuChat) -> None:
    bad = Plot("loss", (PlotLine("loss", (0.0, 1.0), (0.0, 1.0)),), log=True)  # which nothing here makes
    chat.send(post(replace(CARD, plot=bad)))

    assert "chart_spec" not in json.dumps(feishu.messages[-1]["content"])
    assert feishu.messages[-1]["content"]["header"]["template"] == "red"


@pytest.mark.parametrize("page_size", [1, 100])
def test_who_speaks_is_called_by_name(feishu: FeishuServer, page_size: int) -> None:
    feishu.people = {"ou_other": "李四", "ou_person": "张三"}
    feishu.page_size = page_size
    chat, heard = make(feishu), list[Inbound]()
    chat.start(heard.append)
    for n in range(3):
        assert feishu.ack(feishu.mention("/curve x", message_id=f"om_in_9{n}")).seconds < 0.5
    feishu.wait(lambda _: heard and chat.name_of(heard[0]))
    feishu.ack(feishu.direct("/curve x", chat="oc_p2p"))
    feishu.wait(lambda _: len(heard) == 4)

    assert {chat.name_of(inbound) for inbound in heard} == {"张三"}
    chat.stop()
    assert len(feishu.called("members")) == (2 if page_size == 1 else 1)


@pytest.mark.parametrize("why", ["scope", "slow", "stranger"])
def test_who_cannot_be_named_is_heard_all_the_same(feishu: FeishuServer, why: str) -> None:
    if why == "scope":
        feishu.scopes.clear()
    if why == "stranger":
        feishu.people = {}
    if why == "slow":
        feishu.fail("members", "hang")
    chat, heard = make(feishu), list[Inbound]()
    chat.start(heard.append)
    acks = [feishu.ack(feishu.mention("/curve x", message_id=f"om_in_9{n}")) for n in range(2)]
    feishu.wait(lambda _: len(heard) == 2)

    assert all(ack.seconds < 0.5 for ack in acks)
    assert chat.name_of(heard[0]) == "" and heard[0].who == "用户 …rson"
    chat.stop()
    assert len(feishu.called("members")) <= 1


def test_nobody_waits_to_be_heard_until_their_name_is_known(
    feishu: FeishuServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "_NAME_WAIT_S", 3600.0)
    feishu.fail("members", "hang")
    chat, heard = make(feishu), list[Inbound]()
    chat.start(heard.append)
    feishu.ack(feishu.mention("/curve x"))
    chat.stop()

    assert [inbound.text for inbound in heard] == ["/curve x"]


def test_registers_its_command_once(feishu: FeishuServer) -> None:
    for _ in range(2):
        chat = make(feishu)
        chat.start(lambda inbound: None)
        feishu.wait(lambda s: s.commands and s.called("bot"))
        asked = len(feishu.called("slash"))
        chat.stop()

    assert asked
    assert feishu.commands == ["curve"]


def test_works_without_the_right_to_register(feishu: FeishuServer) -> None:
    feishu.scopes.clear()
    heard: list[Inbound] = []
    chat = make(feishu)
    chat.start(heard.append)
    feishu.wait(lambda s: s.called("slash"))
    feishu.ack(feishu.mention("x"))
    feishu.wait(lambda _: heard)
    chat.stop()

    assert heard[0].text == "x"


@pytest.mark.parametrize("fault", ["1000040350", "403", "html", "reset", "error"])
def test_a_refused_connect_is_tried_again(feishu: FeishuServer, fault: str) -> None:
    """The SDK's own loop would die of some of these, and stay deaf."""
    feishu.fail("endpoint", fault)
    heard: list[Inbound] = []
    chat = make(feishu)
    chat.start(heard.append)
    feishu.ack(feishu.mention("x"))
    chat.stop()

    assert len(feishu.called("endpoint")) == 2
    assert heard


def test_starts_within_a_running_event_loop(feishu: FeishuServer) -> None:
    heard: list[Inbound] = []
    chat = make(feishu)

    async def main() -> None:
        chat.start(heard.append)
        await asyncio.to_thread(lambda: feishu.ack(feishu.mention("x")))
        chat.stop()

    asyncio.run(main())

    assert heard


# links

RUN_LINK = "https://wandb.ai/team/robot/runs/r1"


@dataclass
class Desk:
    """Previews of a test's making: `found` is what `preview` says, when it says it."""

    found: Future[Mapping[str, Message]] = field(default_factory=Future)
    asked: list[LinkShared] = field(default_factory=list)
    nothing: bool = False

    def preview(self, shared: LinkShared) -> Preview | None:
        self.asked.append(shared)
        return None if self.nothing else Preview({RUN_LINK: "r1（team/robot）"}, self.found)


@pytest.fixture
def desk(feishu: FeishuServer) -> Iterator[Desk]:
    made, chat = Desk(), make(feishu)
    chat.preview_with(made.preview)
    chat.start(lambda inbound: None)
    feishu.wait(lambda s: s.sockets())
    yield made
    chat.stop()


def test_a_link_is_previewed(feishu: FeishuServer, desk: Desk) -> None:
    desk.found.set_result({RUN_LINK: replace(CARD, title="<at id=all></at> run-1：训练发散", facts="loss 3.2e5")})
    ack = feishu.ack(feishu.share(RUN_LINK))

    assert ack.data["inline"]["title"] == "🔴 <at id=all></at> run-1：训练发散"
    assert ack.data["card"]["type"] == "raw"
    texts = [element["text"] for element in ack.data["card"]["data"]["elements"]]
    assert {text["tag"] for text in texts} == {"plain_text"}
    assert [text["content"] for text in texts] == ["1 🔴 loss 3.2e5", "loss 3.2e5"]
    assert desk.asked == [LinkShared(Address("feishu", "oc_1"), (RUN_LINK,), "om_shared_1", True)]
    assert feishu.messages == []


def test_a_verdict_that_takes_long_comes_later(feishu: FeishuServer, desk: Desk) -> None:
    """In time only what the link itself says; when more is known the clients are told to ask again."""
    ack = feishu.ack(feishu.share(RUN_LINK, token="pt-7"))
    assert feishu.refreshed == []
    desk.found.set_result({RUN_LINK: CARD})
    feishu.wait(lambda s: s.refreshed)

    assert ack.seconds < 3
    assert ack.data == {"inline": {"title": "r1（team/robot）"}}
    assert feishu.refreshed == ["pt-7"]


@pytest.mark.parametrize("why", ["refused", "not there", "typed"])
def test_nothing_is_shown_in_the_same_way(feishu: FeishuServer, desk: Desk, why: str) -> None:
    desk.nothing = why == "refused"
    desk.found.set_result({})
    ack = feishu.ack(feishu.share(RUN_LINK, **({"chat": "", "message_id": ""} if why == "typed" else {})))

    assert (ack.code, ack.data) == (200, {})


@pytest.mark.parametrize(("why", "member"), [("outside", False), ("scope", None)])
def test_whether_the_bot_is_in_the_chat_is_asked_once(
    feishu: FeishuServer, desk: Desk, why: str, member: bool | None
) -> None:
    desk.nothing = True
    feishu.outside |= {"oc_1"} if why == "outside" else set()
    feishu.scopes -= {"im:chat:readonly"} if why == "scope" else set()
    for n in range(3):
        feishu.ack(feishu.share(RUN_LINK, message_id=f"om_{n}"))

    assert {shared.member for shared in desk.asked} == {member}
    assert len(feishu.called("member")) == 1


def test_links_that_are_waited_for_keep_no_message(feishu: FeishuServer, desk: Desk) -> None:
    for n in range(10):
        feishu.share(RUN_LINK, message_id=f"om_{n}")
    ack = feishu.ack(feishu.mention("x"))

    assert ack.seconds < 2
    desk.found.set_result({})


# over HTTP


@pytest.fixture
def listening(feishu: FeishuServer) -> Iterator[tuple[FeishuChat, list[Inbound]]]:
    heard: list[Inbound] = []
    chat = make(feishu, encrypt_key=feishu.encrypt_key, verification_token=feishu.verification_token)
    chat.start(heard.append)
    feishu.wait(lambda s: s.sockets())
    yield chat, heard
    chat.stop()


def event(feishu: FeishuServer) -> dict[str, Any]:
    return feishu.envelope("im.message.receive_v1", said("@_user_1 x"))


def test_an_encrypted_event_is_heard(feishu: FeishuServer, listening: tuple[FeishuChat, list[Inbound]]) -> None:
    chat, heard = listening
    status, _, _ = chat.events(*feishu.encrypted(event(feishu)))

    assert status == 200
    assert heard[0].text == "x"


def test_one_event_over_both_ways_has_one_id(feishu: FeishuServer, listening: tuple[FeishuChat, list[Inbound]]) -> None:
    chat, heard = listening
    same = event(feishu)
    chat.events(*feishu.encrypted(same))
    feishu.ack(feishu.deliver(same))
    feishu.wait(lambda _: len(heard) == 2)

    assert heard[0] == heard[1]


def test_answers_the_challenge(feishu: FeishuServer, listening: tuple[FeishuChat, list[Inbound]]) -> None:
    challenge = {"type": "url_verification", "challenge": "abc", "token": feishu.verification_token}
    status, _, answer = listening[0].events(*feishu.encrypted(challenge))

    assert (status, json.loads(answer)) == (200, {"challenge": "abc"})


@pytest.mark.parametrize("wrong", ["signature", "age", "body", "none"])
def test_nobody_else_is_heard(feishu: FeishuServer, listening: tuple[FeishuChat, list[Inbound]], wrong: str) -> None:
    chat, heard = listening
    headers, body = feishu.encrypted(event(feishu), at=time.time() - 600 if wrong == "age" else None)
    if wrong == "signature":
        headers["x-lark-signature"] = "0" * 64
    if wrong == "none":
        headers = {}
    status, _, answer = chat.events(headers, body + b" " if wrong == "body" else body)

    assert (status, answer) == (401, b"")
    assert not heard


@pytest.mark.parametrize(("age_s", "authentic"), [(0, True), (600, False)])
def test_the_time_of_a_callback_is_in_microseconds(age_s: int, authentic: bool) -> None:
    now = time.time()
    body = json.dumps({"header": {"create_time": str(int(1e6 * (now - age_s)))}}).encode()

    assert wire.authentic({}, body, "", now=now) is authentic


@pytest.mark.parametrize(("token", "age_s", "status"), [("right", 0, 200), ("wrong", 0, 401), ("right", 600, 401)])
def test_with_a_verification_token_alone(feishu: FeishuServer, token: str, age_s: int, status: int) -> None:
    chat = make(feishu, verification_token=feishu.verification_token)
    chat.start(lambda inbound: None)
    plain = event(feishu)
    plain["header"]["create_time"] = str(int(1000 * (time.time() - age_s)))
    if token == "wrong":
        plain["header"]["token"] = "wrong"
    got, _, _ = chat.events({}, json.dumps(plain).encode())
    chat.stop()

    assert got == status


# sending


def test_the_chart_is_in_the_card(feishu: FeishuServer, chat: FeishuChat) -> None:
    chat.send(post(chart=PNG))
    [image] = [e for e in feishu.messages[0]["content"]["body"]["elements"] if e["tag"] == "img"]

    assert feishu.images[image["img_key"]] == PNG


def test_without_the_right_to_upload_the_card_comes_without_its_chart(feishu: FeishuServer, chat: FeishuChat) -> None:
    feishu.scopes.discard("im:resource")
    chat.send(post(chart=PNG))

    assert "loss 3.2e5" in words(feishu.messages[0])


def test_an_upload_that_failed_is_certainly_not_sent(feishu: FeishuServer, chat: FeishuChat) -> None:
    feishu.fail("images", "reset")

    with pytest.raises(NotSent):
        chat.send(post(chart=PNG))
    assert not feishu.messages


def test_a_stale_token_is_replaced_once(feishu: FeishuServer, chat: FeishuChat) -> None:
    chat.send(post())
    feishu.revoke_token()
    chat.send(post(key="l" * 40))

    assert len(feishu.messages) == 2
    assert len(feishu.called("token")) == 2


@pytest.mark.parametrize(
    ("fault", "error", "retry_after"),
    [
        ("chat_limited", NotSent, 1.0),
        ("99991403", ShutOut, 600.0),
        ("99991663", ShutOut, None),
        ("99991661", ShutOut, None),
        ("230006", ShutOut, None),
        ("230002", Refused, None),
        ("99991672", Refused, None),
    ],
)
def test_codes_say_what_is_known(
    feishu: FeishuServer, chat: FeishuChat, fault: str, error: type[Exception], retry_after: float | None
) -> None:
    feishu.fail("create", fault, 2)

    with pytest.raises(error) as caught:
        chat.send(post())
    assert getattr(caught.value, "retry_after", None) == retry_after
    assert len(feishu.called("create")) == (2 if fault in ("99991661", "99991663") else 1)  # with a fresh token


def test_no_token_is_certainly_not_sent(feishu: FeishuServer, chat: FeishuChat) -> None:
    for fault in ("error", "html", "reset", "hang"):
        feishu.fail("token", fault)
        with pytest.raises(NotSent):
            chat.send(post())

    assert not feishu.called("create")


@pytest.mark.parametrize("code", ["230099", "230025"])
@pytest.mark.parametrize("edited", [False, True])
def test_a_refused_card_goes_once_as_a_plain_one(
    feishu: FeishuServer, chat: FeishuChat, code: str, edited: bool
) -> None:
    edits = chat.send(post(Message("正在分析…"), key="p" * 40)) if edited else None
    feishu.fail("patch" if edited else "create", code)
    chat.send(post(edits=edits))
    [message] = feishu.messages

    assert "header" not in message["content"]
    assert "loss 3.2e5" in words(message)


def test_a_withdrawn_root_makes_a_new_message(feishu: FeishuServer, chat: FeishuChat) -> None:
    root = chat.send(post())
    feishu.withdrawn.add(root)
    chat.send(post(key="r" * 40, root_message_id=root))

    assert feishu.messages[-1]["parent"] is None


def test_a_report_comes_as_a_file_under_the_card(feishu: FeishuServer, chat: FeishuChat) -> None:
    root = chat.send(post(replace(CARD, file=File("run-1-report.html", "<p>报告</p>"))))
    chat.send(post(replace(CARD, file=File("run-1-report.html", "<p>报告</p>"))))  # again, after a doubt
    last = feishu.messages[-1]

    assert len(feishu.messages) == 2
    assert (last["msg_type"], last["parent"]) == ("file", root)
    assert feishu.files[last["content"]["file_key"]] == ("run-1-report.html", "<p>报告</p>".encode())


def test_a_file_that_fails_is_told_and_the_card_stands(feishu: FeishuServer, chat: FeishuChat) -> None:
    feishu.fail("files", "99991672")
    root = chat.send(post(replace(CARD, file=File("r.html", "x"))))

    assert feishu.messages[0]["message_id"] == root
    assert "没能上传" in feishu.messages[1]["content"]["text"]


@pytest.mark.parametrize(("call", "fault"), [("files", "error"), ("files", "reset"), ("reply", "lost")])
def test_a_file_that_may_not_have_come_goes_again(
    feishu: FeishuServer, chat: FeishuChat, call: str, fault: str
) -> None:
    report = post(replace(CARD, file=File("r.html", "x")))
    feishu.fail(call, fault)
    with pytest.raises(Unclear):
        chat.send(report)
    chat.send(report)

    assert [m["msg_type"] for m in feishu.messages] == ["interactive", "file"]


# looking up


def test_an_old_card_is_found_by_its_mark(feishu: FeishuServer, chat: FeishuChat) -> None:
    for n in range(60):
        chat.send(post(key=f"other-{n}"))
    remote_id = chat.send(post(chart=PNG))

    assert chat.find(post(), time.time() - 60) == remote_id


@pytest.mark.parametrize("why", ["scope", "thread"])
def test_what_cannot_be_looked_up(feishu: FeishuServer, chat: FeishuChat, why: str) -> None:
    feishu.scopes.discard("im:message.group_msg" if why == "scope" else "")

    with pytest.raises(LookUpImpossible):
        chat.find(post(root_message_id="om_1" if why == "thread" else None), time.time() - 60)


@pytest.mark.parametrize("fault", ["rate_limited", "error", "reset"])
def test_a_look_up_that_failed_is_tried_again(feishu: FeishuServer, chat: FeishuChat, fault: str) -> None:
    feishu.fail("list", fault)

    with pytest.raises(NotSent):
        chat.find(post(), time.time() - 60)


def test_the_server_forgets_a_uuid_after_an_hour(feishu: FeishuServer, chat: FeishuChat) -> None:
    """Why `idempotent_s` ends before that: the fake doubles as Feishu would."""
    chat.send(post())
    feishu.clock_ahead_s = 3601.0
    chat.send(post())

    assert len(feishu.messages) == 2
    assert FEISHU.can.idempotent_s < 3600


def test_an_unclear_answer_of_the_create_is_not_hidden(feishu: FeishuServer, chat: FeishuChat) -> None:
    feishu.fail("create", "lost")

    with pytest.raises(Unclear):
        chat.send(post(chart=PNG))


def test_the_list_of_permissions_is_true() -> None:
    """It asks for what `check --online` wants, and the snippet to paste asks for the same."""
    wanted = YAML(typ="safe").load(Path("deploy/feishu.yaml").read_text(encoding="utf-8"))
    guide = Path("docs/feishu.md").read_text(encoding="utf-8")
    pasted = json.loads(guide.partition("```json")[2].partition("```")[0])["scopes"]["tenant"]

    assert set(wanted["scopes"]["required"]) == set(SCOPES)
    assert set(SCOPES) <= set(pasted) <= set(SCOPES) | set(wanted["scopes"]["optional"])
    assert wanted["events"] == ["im.message.receive_v1"]
    assert wanted["callbacks"] == ["card.action.trigger", "url.preview.get"]
    assert all(name in guide for name in wanted["events"] + wanted["callbacks"])
