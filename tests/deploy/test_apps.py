"""The apps at Slack and Feishu may do what the code does: no scope and no event too many or too few."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from slack_sdk import WebClient

from bot.chats.feishu.probe import SCOPES as FEISHU_SCOPES
from bot.chats.slack.probe import OPTIONAL, SCOPES
from tests.deploy.test_validators import DEPLOY, ROOT, documents

# What Slack asks for, method by method and event by event (api.slack.com/methods, api.slack.com/events).
SLACK_METHODS = {
    "apps_connections_open": set[str](),  # connections:write of the app token, which no manifest lists
    "auth_test": set(),
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "chat_unfurl": {"links:write"},
    "conversations_history": {"channels:history", "groups:history"},
    "conversations_replies": {"channels:history", "groups:history"},
    "files_upload_v2": {"files:write"},
    "files_info": {"files:read"},
    "files_getUploadURLExternal": {"files:write"},
    "files_completeUploadExternal": {"files:write"},
}
SLACK_EVENTS = {"app_mention": "app_mentions:read", "link_shared": "links:read", "message.im": "im:history"}


def used(folder: str) -> Iterator[ast.Call]:
    """Every call in the code of a folder."""
    for path in (ROOT / "bot" / "chats" / folder).glob("*.py"):
        yield from (n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call))


def slack_methods() -> set[str]:
    """The methods of the Web API that the code names."""
    text = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "bot" / "chats" / "slack").glob("*.py"))
    called = {name for name in re.findall(r"\b(?:_client|web_client)\.(\w+)", text) if hasattr(WebClient, name)}
    named = re.findall(r'"((?:apps|auth|chat|conversations|files|users|views|reactions)\.[\w.]+)"', text)
    return {*called, *(name.replace(".", "_") for name in named)}


def slack_events() -> set[str]:
    """What the Bolt app listens to; of messages those that are heard without the team's doing: direct ones."""
    heard = {
        ast.literal_eval(call.args[0])
        for call in used("slack")
        if isinstance(call.func, ast.Attribute) and call.func.attr == "event" and call.args
    }
    return {"message.im" if event == "message" else event for event in heard}


def test_the_slack_app_may_do_what_the_code_does_and_nothing_else() -> None:
    (manifest,) = documents(DEPLOY / "slack-manifest.yaml")
    methods = slack_methods()
    wanted = set().union(*(SLACK_METHODS[method] for method in methods))

    assert {"chat_postMessage", "conversations_history", "chat_unfurl"} <= methods  # it does look
    assert set(manifest["settings"]["event_subscriptions"]["bot_events"]) == slack_events() == set(SLACK_EVENTS)
    scopes = {*wanted, *SLACK_EVENTS.values(), "commands"}
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == scopes == {*SCOPES, *OPTIONAL}


# What Feishu asks for, path by path and event by event (open.feishu.cn/document/server-docs).
FEISHU_PATHS = {
    "bot/v3/info": None,
    "application/v6/scopes": None,
    "application/v6/applications": "application:application:self_manage",
    "im/v1/messages": "im:message:send_as_bot",
    "im/v1/images": "im:resource",
    "im/v1/files": "im:resource",
    "im/v1/chats": "im:chat:readonly",
    "im/v2/url_previews": "im:url_preview.update",
    "application/v7/app_slash_commands": "application:app_slash_command:write",
}
FEISHU_EVENTS = {"im.message.receive_v1": {"im:message.group_at_msg:readonly", "im:message.p2p_msg:readonly"}}
FEISHU_ALSO = {
    "application:app_slash_command:read",  # the GET of the same path
    "im:message.group_msg",  # the GET of im/v1/messages, and threads that are overheard
}


def feishu_paths() -> set[str]:
    text = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "bot" / "chats" / "feishu").glob("*.py"))
    found = re.findall(r'"((?:im|bot|application|auth|contact)/v\d/\w+)', text)
    return {*found}


def test_the_feishu_app_may_do_what_the_code_does_and_nothing_else() -> None:
    (listed,) = documents(DEPLOY / "feishu.yaml")
    paths = feishu_paths()
    wanted = {scope for path in paths if (scope := FEISHU_PATHS[path]) is not None}
    handlers = {
        call.func.attr: call.args
        for call in used("feishu")
        if isinstance(call.func, ast.Attribute) and call.func.attr.startswith("register_p2_") and call.args
    }
    ours = {  # an event by name, or a callback by its method
        ast.literal_eval(args[0]) if isinstance(args[0], ast.Constant) else name.removeprefix("register_p2_")
        for name, args in handlers.items()
        if not isinstance(args[0], ast.Name)
    }

    assert {"im/v1/messages", "bot/v3/info"} <= paths  # it does look
    scopes = {*wanted, *FEISHU_ALSO, *(scope for some in FEISHU_EVENTS.values() for scope in some)}
    assert {*listed["scopes"]["required"], *listed["scopes"]["optional"]} == scopes
    assert set(listed["scopes"]["required"]) == set(FEISHU_SCOPES)
    assert {*listed["events"], *(name.replace(".", "_") for name in listed["callbacks"])} == {
        name if name in FEISHU_EVENTS else name.removesuffix("_v1") for name in ours | {"im.message.receive_v1"}
    }
