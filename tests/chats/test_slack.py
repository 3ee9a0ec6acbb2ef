"""What is Slack's alone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.address import Address
from bot.chats import Inbound, LinkShared, LookUpImpossible, NotSent, Post, Preview, Refused, ShutOut, Unclear
from bot.chats.slack import wire
from bot.chats.slack.chat import SlackChat
from bot.chats.slack.probe import OPTIONAL, SCOPES
from bot.render.message import Button, File, Item, Message
from tests.fakes.slack_server import BOT_USER, SlackServer, words

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
CARD = Message("run-1：训练发散", "critical", items=(Item("loss 3.2e5", "critical", ("NaN",), "降 lr", 1),))


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


@pytest.fixture
def chat(slack: SlackServer) -> SlackChat:
    return SlackChat(bot_token=slack.bot_token, api_url=slack.api_url, timeout_s=1)


def post(message: Message | None = CARD, key: str = "k" * 40, channel: str = "C1", **more: Any) -> Post:
    return Post(key, Address("slack", channel), message, **more)


# hearing


def test_a_command_is_shown_to_the_channel_that_sees_the_answer(slack: SlackServer) -> None:
    heard: list[Inbound] = []
    chat = SlackChat(bot_token=slack.bot_token, app_token=slack.app_token, api_url=slack.api_url)
    chat.start(heard.append)
    ack = slack.ack(slack.command("64wxlc3y", channel="C7", user="U9", trigger_id="trigger.x"))
    slack.wait(lambda _: heard)
    chat.stop()

    assert ack.payload["response_type"] == "in_channel"
    assert heard == [
        Inbound("trigger.x", Address("slack", "C7"), "/curve 64wxlc3y", "U9", None, heard[0].reply_url, direct=False),
    ]
    assert heard[0].reply_url is not None


def test_comes_back_on_a_new_socket_when_slack_asks(slack: SlackServer) -> None:
    heard: list[Inbound] = []
    chat = SlackChat(bot_token=slack.bot_token, app_token=slack.app_token, api_url=slack.api_url)
    chat.start(heard.append)
    before = slack.wait(lambda s: s.sockets())
    slack.disconnect()
    slack.wait(lambda s: s.sockets() - before)
    slack.wait(lambda s: not s.sockets() & before)
    slack.ack(slack.direct("64wxlc3y"))
    slack.wait(lambda _: heard)
    chat.stop()

    assert [inbound.text for inbound in heard] == ["64wxlc3y"]


@pytest.mark.parametrize("which", ["bot", "app"])
def test_a_bad_token_is_told_at_the_start(slack: SlackServer, which: str) -> None:
    bot, app = ("wrong", slack.app_token) if which == "bot" else (slack.bot_token, "wrong")
    chat = SlackChat(api_url=slack.api_url, bot_token=bot, app_token=app)

    with pytest.raises(ShutOut, match="Bot Token" if which == "bot" else "SLACK_APP_TOKEN"):
        chat.start(lambda inbound: None)
    assert not chat.connected()


def test_an_outage_at_the_start_may_be_tried_again(slack: SlackServer) -> None:
    chat = SlackChat(bot_token=slack.bot_token, app_token=slack.app_token, api_url=slack.api_url)
    slack.fail("auth.test", "reset")
    slack.fail("apps.connections.open", "error")
    for _ in range(2):
        with pytest.raises(Unclear):
            chat.start(lambda inbound: None)
    chat.start(lambda inbound: None)

    assert chat.connected()
    chat.stop()


EVENT = {"type": "app_mention", "channel": "C1", "ts": "1.5", "user": "U1", "text": f"<@{BOT_USER}> x"}
DIRECT = EVENT | {"type": "message", "channel_type": "im", "channel": "D1", "text": "x"}


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (EVENT, "x"),
        (EVENT | {"text": f"<@{BOT_USER}|curvebot> x"}, "x"),
        (EVENT | {"text": f"看下 <@{BOT_USER}>\xa0x"}, "看下  \xa0x"),
        (EVENT | {"text": "<@U2> x"}, "U2 x"),
        (
            EVENT | {"text": "<https://wandb.ai/a/b/runs/c?x=1&amp;y=2|wandb.ai/a>"},
            "https://wandb.ai/a/b/runs/c?x=1&y=2",
        ),
        (EVENT | {"text": "a &lt;b&gt; &amp;"}, "a <b> &"),
        (DIRECT, "x"),
        (DIRECT | {"subtype": "file_share"}, "x"),
        (DIRECT | {"subtype": "message_changed"}, None),
        (DIRECT | {"subtype": "bot_message"}, None),
        (DIRECT | {"bot_id": "B1"}, None),
        (DIRECT | {"edited": {"ts": "2"}}, None),
        (EVENT | {"edited": {"ts": "2"}}, None),
        (DIRECT | {"channel_type": "channel"}, None),
    ],
)
def test_what_a_message_says(event: dict[str, Any], text: str | None) -> None:
    inbound = wire.message(event, bot_user=BOT_USER)

    assert (inbound and inbound.text) == text


def test_a_message_that_comes_as_two_events_is_one() -> None:
    mention = wire.message(EVENT | {"channel": "D1"}, bot_user=BOT_USER)
    direct = wire.message(DIRECT, bot_user=BOT_USER)

    assert mention is not None
    assert direct is not None
    assert mention.event_id == direct.event_id


def test_a_mention_in_a_thread_is_answered_there() -> None:
    inbound = wire.message(EVENT | {"thread_ts": "1.1"}, bot_user=BOT_USER)

    assert inbound is not None
    assert inbound.reply_to_message_id == "1.1"


@pytest.mark.parametrize(
    ("event", "overheard"),
    [
        (DIRECT | {"channel_type": "channel", "thread_ts": "1.1"}, True),
        (DIRECT | {"channel_type": "group", "thread_ts": "1.1"}, True),
        (DIRECT | {"channel_type": "channel", "thread_ts": "1.5"}, None),  # the root itself
        (
            DIRECT | {"channel_type": "channel", "thread_ts": "1.1", "text": f"<@{BOT_USER}> x"},
            None,
        ),  # comes as mention
        (DIRECT | {"channel_type": "channel", "thread_ts": "1.1", "bot_id": "B1"}, None),
        (DIRECT | {"thread_ts": "1.1"}, False),
        (EVENT | {"thread_ts": "1.1"}, False),
    ],
)
def test_what_is_overheard(event: dict[str, Any], overheard: bool | None) -> None:
    inbound = wire.message(event, bot_user=BOT_USER)

    assert (inbound and inbound.overheard) == overheard
    assert inbound is None or inbound.root_message_id == "1.1"


def test_a_button_that_only_opens_a_link_says_nothing() -> None:
    pressed = {"actions": [{"action_ts": "1", "url": "https://x"}], "channel": {"id": "C1"}, "user": {"id": "U1"}}

    assert wire.action(pressed) is None


# links

LINK = "https://wandb.ai/team/robot/runs/r1?x=1&amp;y=2"
SHARED = {
    "type": "link_shared",
    "channel": "C1",
    "user": "U1",
    "message_ts": "1.5",
    "is_bot_user_member": True,
    "source": "conversations_history",
    "links": [{"domain": "wandb.ai", "url": LINK}, {"domain": "wandb.ai", "url": LINK}],
}


@pytest.mark.parametrize(
    ("event", "shared"),
    [
        (SHARED, LinkShared(Address("slack", "C1"), (LINK,), "C1:1.5", True)),
        (SHARED | {"is_bot_user_member": False}, LinkShared(Address("slack", "C1"), (LINK,), "C1:1.5", False)),
        (SHARED | {"source": "composer"}, None),
        (SHARED | {"channel": "COMPOSER"}, None),
        (SHARED | {"channel": "D1"}, None),
        (SHARED | {"user": BOT_USER}, None),
        (SHARED | {"links": []}, None),
    ],
)
def test_what_links_say(event: dict[str, Any], shared: LinkShared | None) -> None:
    assert wire.links(event, bot_user=BOT_USER) == shared


def test_a_message_and_its_links_have_one_id() -> None:
    """So that a link said to the bot is answered, and not shown besides."""
    mention, shared = wire.message(EVENT, bot_user=BOT_USER), wire.links(SHARED, bot_user=BOT_USER)

    assert mention is not None and shared is not None
    assert mention.event_id == shared.message


def previewing(slack: SlackServer, found: Mapping[str, Message]) -> tuple[SlackChat, list[LinkShared]]:
    """A chat under whose links stands what was found."""
    asked: list[LinkShared] = []

    def previewer(shared: LinkShared) -> Preview:
        asked.append(shared)
        future: Future[Mapping[str, Message]] = Future()
        future.set_result(found)
        return Preview({}, future)

    chat = SlackChat(bot_token=slack.bot_token, app_token=slack.app_token, api_url=slack.api_url)
    chat.preview_with(previewer)
    chat.start(lambda inbound: None)
    return chat, asked


def test_a_link_unfurls_once(slack: SlackServer) -> None:
    evil = Message("<!channel> run-1：训练发散", "critical", items=CARD.items, facts="loss <@U1> 3.2e5")
    chat, asked = previewing(slack, {LINK: evil})
    slack.ack(slack.share(LINK, "https://wandb.ai/other", ts="1.5"))
    slack.ack(slack.redeliver())
    slack.wait(lambda s: s.unfurls)
    chat.stop()
    [sent] = slack.unfurls

    assert [*sent["unfurls"]] == [LINK]
    assert sent["unfurl_id"] and sent["source"] == "conversations_history"
    assert len(asked) == 1
    shown = json.dumps(sent["unfurls"][LINK], ensure_ascii=False)
    assert "🔴 <!channel> run-1：训练发散\\n1 🔴 loss 3.2e5" in shown
    assert "mrkdwn" not in shown
    assert "降 lr" not in shown
    assert slack.messages == []


def test_a_verdict_that_changed_is_unfurled_again_in_its_place(slack: SlackServer) -> None:
    found: Future[Mapping[str, Message]] = Future()
    found.set_result({LINK: CARD})
    refreshes: list[Callable[[Mapping[str, Message]], object]] = []
    chat = SlackChat(bot_token=slack.bot_token, app_token=slack.app_token, api_url=slack.api_url)
    chat.preview_with(lambda shared: Preview({}, found, refreshes.append))
    chat.start(lambda inbound: None)
    slack.ack(slack.share(LINK, ts="1.5"))
    slack.wait(lambda s: s.unfurls and refreshes)
    refreshes[0]({LINK: Message("run-1：已恢复", "ok")})
    chat.stop()

    assert (slack.unfurls[-1]["channel"], slack.unfurls[-1]["ts"]) == ("C1", "1.5")
    assert "已恢复" in json.dumps(slack.unfurls[-1]["unfurls"], ensure_ascii=False)


@pytest.mark.parametrize("why", ["nothing", "scope", "error"])
def test_a_link_that_does_not_unfurl_says_nothing(slack: SlackServer, why: str) -> None:
    chat, asked = previewing(slack, {} if why == "nothing" else {LINK: CARD})
    slack.scopes -= {"links:write"} if why == "scope" else set()
    if why == "error":
        slack.fail("chat.unfurl", "cannot_unfurl_url")
    ack = slack.ack(slack.share(LINK))
    slack.wait(lambda s: asked and (why == "nothing" or s.called("chat.unfurl")))
    chat.stop()

    assert ack.seconds < 3
    assert slack.unfurls == [] and slack.messages == []


# over HTTP


@pytest.fixture
def listening(slack: SlackServer) -> tuple[SlackChat, list[Inbound]]:
    heard: list[Inbound] = []
    chat = SlackChat(bot_token=slack.bot_token, api_url=slack.api_url, signing_secret=slack.signing_secret)
    chat.start(heard.append)
    return chat, heard


FORM = "application/x-www-form-urlencoded"


def test_a_signed_command_is_heard(slack: SlackServer, listening: tuple[SlackChat, list[Inbound]]) -> None:
    chat, heard = listening
    body = slack.command_body("64wxlc3y")
    status, _, answer = chat.events(slack.signed(body, kind=FORM), body)
    slack.wait(lambda _: heard)

    assert status == 200
    assert json.loads(answer)["response_type"] == "in_channel"
    assert heard[0].text == "/curve 64wxlc3y"


def test_answers_the_challenge(slack: SlackServer, listening: tuple[SlackChat, list[Inbound]]) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc", "token": "t"}).encode()
    status, _, answer = listening[0].events(slack.signed(body), body)

    assert status == 200
    assert b"abc" in answer


@pytest.mark.parametrize("wrong", ["signature", "age", "body", "none"])
def test_nobody_else_is_heard(slack: SlackServer, listening: tuple[SlackChat, list[Inbound]], wrong: str) -> None:
    chat, heard = listening
    body = slack.command_body("64wxlc3y")
    headers = slack.signed(body, kind=FORM, at=time.time() - 600 if wrong == "age" else None)
    if wrong == "signature":
        headers["x-slack-signature"] = "v0=" + "0" * 64
    if wrong == "none":
        headers = {"content-type": FORM}
    status, _, _ = chat.events(headers, body + b"&x=1" if wrong == "body" else body)

    assert status == 401
    assert not heard


def test_without_a_signing_secret_nothing_is_heard(slack: SlackServer, chat: SlackChat) -> None:
    chat.start(lambda inbound: None)
    body = slack.command_body("x")

    assert chat.events(slack.signed(body, kind=FORM), body)[0] == 503


# sending


def test_nothing_unfurls_and_the_key_goes_along(slack: SlackServer, chat: SlackChat) -> None:
    chat.send(post())
    [sent] = slack.called("chat.postMessage")

    assert sent["unfurl_links"] is False
    assert sent["unfurl_media"] is False
    assert sent["metadata"] == {"event_type": "curvebot_alert", "event_payload": {"key": "k" * 40}}
    assert sent["text"].splitlines()[0] == "🔴 run-1：训练发散"
    assert not {"parse", "link_names"} & set(sent)


@pytest.mark.parametrize("refusal", ["invalid_blocks", "msg_blocks_too_long"])
@pytest.mark.parametrize("edited", [False, True])
def test_refused_blocks_go_once_as_plain_text(slack: SlackServer, chat: SlackChat, refusal: str, edited: bool) -> None:
    edits = chat.send(post(Message("正在分析…"))) if edited else None
    slack.fail("chat.update" if edited else "chat.postMessage", refusal)
    chat.send(post(replace(CARD, buttons=(Button("完整报告", "/curve full x"),)), edits=edits))
    [message] = slack.messages

    assert not message.get("blocks")
    assert "loss 3.2e5" in message["text"]
    assert "/curve full x" in message["text"]


def test_refused_twice_is_refused(slack: SlackServer, chat: SlackChat) -> None:
    slack.fail("chat.postMessage", "invalid_blocks", times=2)

    with pytest.raises(Refused):
        chat.send(post())


def test_where_the_bot_is_no_member_the_response_url_answers(slack: SlackServer, chat: SlackChat) -> None:
    slack.outside.add("C1")
    remote_id = chat.send(post(reply_url=f"{slack.url}/respond/1"))
    [answer] = slack.responses

    assert not slack.messages
    assert answer["response_type"] == "in_channel"
    assert "loss 3.2e5" in words(answer)
    assert "/invite" in words(answer)
    with pytest.raises(Refused, match="发不了图"):
        chat.send(post(None, chart=PNG, root_message_id=remote_id))


def test_a_used_response_url_is_refused(slack: SlackServer, chat: SlackChat) -> None:
    slack.outside.add("C1")
    for n in range(5):
        chat.send(post(key=f"k{n}", reply_url=f"{slack.url}/respond/1"))

    with pytest.raises(Refused, match="失效"):
        chat.send(post(key="k5", reply_url=f"{slack.url}/respond/1"))


def test_a_placeholder_of_a_response_url_is_replaced(slack: SlackServer, chat: SlackChat) -> None:
    slack.outside.add("C1")
    first = chat.send(post(Message("正在分析…"), reply_url=f"{slack.url}/respond/1"))
    chat.send(post(edits=first, reply_url=f"{slack.url}/respond/1"))

    assert [r["replace_original"] for r in slack.responses] == [False, True]


def test_a_chart_goes_under_its_message(slack: SlackServer, chat: SlackChat) -> None:
    root = chat.send(post())
    chart = post(None, key="c" * 40, chart=PNG, root_message_id=root)
    file_id = chat.send(chart)

    assert slack.files[file_id]["content"] == PNG
    assert slack.files[file_id]["alt_txt"]
    assert slack.messages[-1]["thread_ts"] == root
    assert chat.find(chart, time.time() - 60) == file_id


def test_a_chart_whose_answer_was_lost_is_found(slack: SlackServer, chat: SlackChat) -> None:
    root = chat.send(post())
    chart = post(None, key="c" * 40, chart=PNG, root_message_id=root)
    slack.fail("files.completeUploadExternal", "lost")
    with pytest.raises(Unclear):
        chat.send(chart)

    assert chat.find(chart, time.time() - 60) in slack.files
    assert len([m for m in slack.messages if m.get("files")]) == 1


def test_a_chart_that_was_only_uploaded_is_not_there(slack: SlackServer, chat: SlackChat) -> None:
    root = chat.send(post())
    chart = post(None, key="c" * 40, chart=PNG, root_message_id=root)
    slack.fail("files.completeUploadExternal", "reset")
    with pytest.raises(Unclear):
        chat.send(chart)

    assert chat.find(chart, time.time() - 60) is None


def test_a_report_comes_as_a_file_in_the_thread(slack: SlackServer, chat: SlackChat) -> None:
    root = chat.send(post(replace(CARD, file=File("run-1-report.html", "<p>报告</p>"))))
    [file] = slack.files.values()

    assert file["content"].decode() == "<p>报告</p>"
    assert file["title"] == "run-1-report.html"
    assert slack.messages[-1]["thread_ts"] == root


def test_a_file_that_fails_is_told_and_the_message_stands(slack: SlackServer, chat: SlackChat) -> None:
    slack.fail("files.getUploadURLExternal", "missing_scope")
    root = chat.send(post(replace(CARD, file=File("r.html", "x"))))

    assert slack.messages[0]["ts"] == root
    assert "r.html 没能上传" in slack.messages[-1]["text"]
    assert slack.messages[-1]["thread_ts"] == root


FILE_CALLS = ("files.getUploadURLExternal", "upload", "files.completeUploadExternal")
FILE_FAULTS = [(call, fault) for call in FILE_CALLS for fault in ("reset", "lost")]


def files_shown(slack: SlackServer) -> list[str]:
    return [f["title"] for m in slack.messages for f in m.get("files", ())]


@pytest.mark.parametrize("edited", [False, True])
@pytest.mark.parametrize(("call", "fault"), [*FILE_FAULTS, (FILE_CALLS[0], "token_revoked")])
def test_a_file_that_got_lost_comes_after_all_and_once(
    slack: SlackServer, chat: SlackChat, call: str, fault: str, edited: bool
) -> None:
    """As the outbox does it: an edit is repeated, another message is looked up."""
    edits = chat.send(post(key="p" * 40)) if edited else None
    report = post(replace(CARD, file=File("r.html", "x")), edits=edits)
    slack.fail(call, fault)
    with pytest.raises(Unclear):
        chat.send(report)
    for _ in range(2):
        root = chat.send(report) if edited else chat.find(report, time.time() - 60)

    assert files_shown(slack) == ["r.html"]
    assert slack.messages[-1]["thread_ts"] == root and len(slack.messages) == 2


def test_a_file_is_put_under_the_message_of_a_process_that_died(slack: SlackServer, chat: SlackChat) -> None:
    report = post(replace(CARD, file=File("r.html", "x")))
    root = chat.send(replace(report, message=CARD))  # so far it had come
    slack.fail("files.completeUploadExternal", "reset")
    with pytest.raises(NotSent):
        chat.find(report, time.time() - 60)

    assert chat.find(report, time.time() - 60) == root
    assert files_shown(slack) == ["r.html"]


def test_where_nobody_can_look_a_lost_file_is_told(slack: SlackServer, chat: SlackChat) -> None:
    slack.scopes.remove("channels:history")
    slack.fail("files.completeUploadExternal", "reset")
    chat.send(post(replace(CARD, file=File("r.html", "x"))))

    assert "r.html 没能上传" in slack.messages[-1]["text"]


# looking up


def test_a_post_in_a_thread_is_found_there(slack: SlackServer, chat: SlackChat) -> None:
    root = chat.send(post())
    reply = post(key="r" * 40, root_message_id=root)
    remote_id = chat.send(reply)

    assert chat.find(reply, time.time() - 60) == remote_id
    assert chat.find(replace(reply, root_message_id=None), time.time() - 60) is None


def test_looks_through_a_long_history(slack: SlackServer, chat: SlackChat) -> None:
    remote_id = chat.send(post())
    first = slack.messages[0]
    slack.messages += [first | {"metadata": {}, "ts": f"{time.time() + n:.6f}"} for n in range(450)]

    assert chat.find(post(), time.time() - 60) == remote_id


def test_does_not_look_before_the_first_try(slack: SlackServer, chat: SlackChat) -> None:
    chat.send(post())

    assert chat.find(post(), time.time() + 60) is None


@pytest.mark.parametrize("why", ["scope", "outside"])
def test_without_the_right_to_read_it_cannot_be_looked_up(slack: SlackServer, chat: SlackChat, why: str) -> None:
    if why == "scope":
        slack.scopes.clear()
    else:
        slack.outside.add("C1")

    with pytest.raises(LookUpImpossible):
        chat.find(post(), time.time() - 60)


@pytest.mark.parametrize("fault", ["rate_limited", "error", "reset", "html"])
def test_a_look_up_that_failed_is_tried_again(slack: SlackServer, chat: SlackChat, fault: str) -> None:
    slack.fail("conversations.history", fault)

    with pytest.raises(NotSent):
        chat.find(post(), time.time() - 60)


def test_the_manifest_is_true() -> None:
    """What `check --online` wants is asked for, and nothing is subscribed that nobody hears."""
    manifest = YAML(typ="safe").load(Path("deploy/slack-manifest.yaml").read_text(encoding="utf-8"))
    scopes = manifest["oauth_config"]["scopes"]["bot"]

    assert set(scopes) == {*SCOPES, *OPTIONAL}
    assert manifest["settings"]["event_subscriptions"]["bot_events"] == ["app_mention", "link_shared", "message.im"]
    assert manifest["features"]["unfurl_domains"] == ["wandb.ai"]
    assert [c["command"] for c in manifest["features"]["slash_commands"]] == ["/curve"]
    assert manifest["settings"]["interactivity"]["is_enabled"]
    assert manifest["settings"]["socket_mode_enabled"]
    assert all(scope in Path("docs/slack.md").read_text(encoding="utf-8") for scope in scopes)
