"""What Slack says -> what it means for us. Pure: events -> Inbound, LinkShared; answers and failures -> DeliveryError.

No secret gets into an error: neither arguments nor URLs are repeated.
"""

from __future__ import annotations

import errno
import html
import re
import socket
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.error import URLError

from slack_sdk.web import SlackResponse

from bot.address import Address
from bot.chats.port import DeliveryError, Inbound, LinkShared, NotSent, NotThere, Post, Refused, ShutOut, Unclear

EVENT_TYPE = "curvebot_alert"  # of the metadata that holds the outbox key
RESPONDED = "response_url:"  # begins the remote id of an answer that has none of its own

_BLOCKS_REFUSED = {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_attachments"}
_OUTSIDE = {"not_in_channel", "channel_not_found"}
_SHUT_OUT = {
    "not_authed",
    "invalid_auth",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "org_login_required",
    "ekm_access_denied",
    "team_access_not_granted",
    "enterprise_is_restricted",
}
_LATER = {"ratelimited", "rate_limited", "message_limit_exceeded", "accesslimited", "slow_down"}
_UNKNOWN = {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
_WHY = {
    "not_in_channel": "机器人不在频道里，先在频道里 /invite 它",
    "channel_not_found": "没有这个频道，或机器人不在里面",
    "is_archived": "频道已归档",
    "invalid_auth": "Bot Token 无效",
    "account_inactive": "Bot Token 已停用",
    "token_revoked": "Bot Token 已撤销",
    "token_expired": "Bot Token 已过期",
    "not_authed": "没有 Bot Token",
    "missing_scope": "缺少权限",
    "message_not_found": "要修改的消息已不在",
    "restricted_action": "频道不让机器人发言",
}


class BlocksRefusedError(Refused):
    """The blocks, not the message: it may go as plain text."""


class OutsideError(NotThere):
    """Only a response_url reaches it."""


def command(body: Mapping[str, Any]) -> Inbound:
    """A slash command. Its name may differ from ours (a second app of the same workspace must call it otherwise)."""
    return Inbound(
        event_id=str(body["trigger_id"]),
        address=Address("slack", str(body["channel_id"])),
        text=f"/curve {_plain(str(body.get('text') or ''))}".strip(),
        user=str(body.get("user_id") or ""),
        reply_url=body.get("response_url"),
        direct=body.get("channel_name") == "directmessage",
        user_name=str(body.get("user_name") or ""),
    )


def message(event: Mapping[str, Any], *, bot_user: str) -> Inbound | None:
    """A mention, a direct message or, overheard, a reply in a thread; None for what is none of our business: bots,
    edits, joins, what else is said in channels.

    The id is channel and time stamp: a message that comes as two events (a mention in a direct message) is one.
    """
    mention, direct = event.get("type") == "app_mention", event.get("channel_type") == "im"
    if event.get("bot_id") or event.get("edited") or not event.get("user"):
        return None
    if event.get("subtype") not in (None, "file_share"):
        return None
    overheard = not (mention or direct)
    mentioned = f"<@{bot_user}" in str(event.get("text") or "") if bot_user else False
    if overheard and (mentioned or event.get("thread_ts") in (None, event.get("ts"))):  # a mention comes as such
        return None
    text = re.sub(rf"<@{re.escape(bot_user or '-')}(\|[^>]*)?>", " ", str(event.get("text") or ""))
    return Inbound(
        event_id=f"{event['channel']}:{event['ts']}",
        address=Address("slack", str(event["channel"])),
        text=_plain(text).strip(),
        user=str(event["user"]),
        reply_to_message_id=event.get("thread_ts"),
        direct=direct,
        root_message_id=event.get("thread_ts"),
        overheard=overheard,
    )


def links(event: Mapping[str, Any], *, bot_user: str) -> LinkShared | None:
    """Links that somebody posted; None while they are only typed (nobody knows where yet), in a direct message (which
    the bot answers), and for our own.
    """
    channel, ts = str(event.get("channel") or ""), str(event.get("message_ts") or "")
    urls = tuple(dict.fromkeys(str(link["url"]) for link in event.get("links") or () if link.get("url")))
    typed = event.get("source") == "composer" or channel in ("", "COMPOSER") or not ts
    if typed or channel.startswith("D") or event.get("user") == bot_user or not urls:
        return None
    return LinkShared(
        address=Address("slack", channel),
        links=urls,
        message=f"{channel}:{ts}",
        member=bool(event.get("is_bot_user_member")),
    )


def action(body: Mapping[str, Any]) -> Inbound | None:
    """A button pressed; None for one that only opens a link. Answered under the message it stands on."""
    pressed = (body.get("actions") or [{}])[0]
    container = body.get("container") or {}
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id")
    if not pressed.get("value") or not channel:
        return None
    return Inbound(
        event_id=f"{pressed['action_ts']}:{(body.get('user') or {}).get('id', '')}",
        address=Address("slack", str(channel)),
        text=str(pressed["value"]),
        user=str((body.get("user") or {}).get("id") or ""),
        reply_to_message_id=container.get("thread_ts") or container.get("message_ts"),
        reply_url=body.get("response_url"),
        direct=str(channel).startswith("D"),
        user_name=str((body.get("user") or {}).get("name") or (body.get("user") or {}).get("username") or ""),
        root_message_id=container.get("thread_ts") or container.get("message_ts"),
    )


def _plain(text: str) -> str:
    """Slack's `<https://x|label>`, `<@U1|name>` and entities -> what the person typed."""
    linked = re.sub(r"<((?:https?|mailto):[^|>]+)(?:\|[^>]*)?>", r"\1", text)
    return html.unescape(re.sub(r"<[@#!]([^|>]+)(?:\|([^>]*))?>", lambda m: m[2] or m[1], linked))


def answered(response: SlackResponse | Any) -> DeliveryError:
    status, code = int(response.status_code), str(response.get("error") or "")
    why = f"Slack：{_WHY.get(code, code if code.isidentifier() else 'HTTP')} ({status})"
    if status == 429 or code in _LATER:
        return NotSent("Slack：限流", seconds(response.headers.get("Retry-After")))
    if code in _SHUT_OUT:
        return ShutOut(why)
    if status >= 500 or code in _UNKNOWN or not code.isidentifier():  # else the SDK's text about a body without JSON
        return Unclear(why)
    if code in _BLOCKS_REFUSED:
        return BlocksRefusedError(why)
    if code in _OUTSIDE:
        return OutsideError(why)
    if code == "missing_scope":
        return Refused(f"Slack：缺少权限 {response.get('needed') or ''}".rstrip())
    return Refused(why)


def network(error: Exception) -> DeliveryError:
    """What failed before a connection stood was certainly not sent."""
    cause = error.reason if isinstance(error, URLError) and isinstance(error.reason, Exception) else error
    never = isinstance(cause, ConnectionRefusedError | socket.gaierror | ssl.SSLCertVerificationError) or (
        isinstance(cause, OSError)
        and (cause.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH} or "Tunnel connection failed" in str(cause))
    )
    detail = f"Slack 连不上：{type(cause).__name__}"
    return NotSent(detail) if never else Unclear(detail)


def holds(found: Mapping[str, Any], post: Post) -> bool:
    """Whether a message of the history is this post."""
    if post.message is None:
        return holds_file(found, post.key)
    metadata = found.get("metadata") or {}
    return bool(
        metadata.get("event_type") == EVENT_TYPE and (metadata.get("event_payload") or {}).get("key") == post.key
    )


def holds_file(found: Mapping[str, Any], key: str) -> bool:
    """Whether a file hangs on a message whose name tells the key."""
    return any(key in str(f.get("name")) for f in found.get("files") or ())


def remote_id_of(found: Mapping[str, Any], post: Post) -> str:
    if post.message is not None:
        return str(found["ts"])
    return next(str(f["id"]) for f in found["files"] if post.key in str(f.get("name")))


def own(remote_id: str | None) -> str | None:
    """A time stamp that Slack knows; None for an answer through a response_url."""
    return None if remote_id is None or remote_id.startswith(RESPONDED) else remote_id


def seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdigit() else None
