"""Whether a platform would let us in: token, scopes, long connection. For `curvebot check --online`.

A long connection is opened and closed at once; while it is open, a running bot may miss events that come to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from bot.chats.feishu.lark import Api
from bot.chats.port import DeliveryError, NotSent, Refused

_TIMEOUT_S = 8
SLACK_SCOPES = ("app_mentions:read", "chat:write", "commands", "files:write", "im:history")
SLACK_OPTIONAL = ("channels:history", "groups:history")
FEISHU_SCOPES = (
    "im:message:send_as_bot", "im:message.group_at_msg:readonly", "im:message.p2p_msg:readonly", "im:resource",
)  # fmt: skip


def slack_token(token: str, api_url: str) -> str:
    """Workspace and bot name. Raises DeliveryError for a token that does not work or lacks scopes."""
    answer = _slack(WebClient(token=token, base_url=api_url, timeout=_TIMEOUT_S, retry_handlers=[]), "auth.test")
    granted = {scope.strip() for scope in _header(answer, "x-oauth-scopes").split(",") if scope.strip()}
    told = f"{answer.get('team') or '?'} 的 {answer.get('user') or '?'}"
    if not granted:
        return f"{told}（没有返回权限列表）"
    _all_granted(SLACK_SCOPES, granted)
    lacking = [scope for scope in SLACK_OPTIONAL if scope not in granted]
    return f"{told}，权限齐" + (f"；建议再加 {'、'.join(lacking)}，消息没有回执时用来核对" if lacking else "")


def slack_socket(app_token: str, api_url: str) -> str:
    """Opens and closes Socket Mode. Raises DeliveryError."""
    client = WebClient(token=app_token, base_url=api_url, timeout=_TIMEOUT_S, retry_handlers=[])
    url = str(_slack(client, "apps.connections.open")["url"])
    return _hello(url, expect="hello")


def feishu_app(app_id: str, app_secret: str, domain: str) -> str:
    """The bot's name. Raises DeliveryError for wrong credentials or lacking scopes."""
    api = Api(app_id, app_secret, domain.rstrip("/"), _TIMEOUT_S)
    name = str((api.call("GET", "bot/v3/info").get("bot") or {}).get("app_name") or "?")
    try:
        listed = (api.call("GET", "application/v6/scopes").get("data") or {}).get("scopes") or []
    except DeliveryError:
        listed = []
    if not listed:
        return f"{name}（没有返回权限列表）"
    _all_granted(FEISHU_SCOPES, {s.get("scope_name") for s in listed if s.get("grant_status") == 1})
    return f"{name}，权限齐"


def feishu_socket(app_id: str, app_secret: str, domain: str) -> str:
    """Opens and closes the long connection. Raises DeliveryError."""
    try:
        answer = requests.post(
            f"{domain.rstrip('/')}/callback/ws/endpoint",
            json={"AppID": app_id, "AppSecret": app_secret},
            headers={"locale": "zh"},
            timeout=_TIMEOUT_S,
        ).json()
    except (requests.RequestException, ValueError) as error:
        raise NotSent(f"连不上（{type(error).__name__}）") from None
    url = (answer.get("data") or {}).get("URL")
    if answer.get("code") != 0 or not url:
        raise Refused(f"不给连接（{answer.get('code')}），检查凭证和“使用长连接接收事件”是否已开")
    return _hello(str(url), expect=None)


def _slack(client: WebClient, method: str) -> Any:
    try:
        return client.api_call(method)
    except SlackApiError as error:
        raise Refused(f"Slack 回答 {error.response.get('error') or error.response.status_code}") from None
    except OSError as error:
        raise NotSent(f"连不上（{type(error).__name__}）") from None


def _header(answer: Any, name: str) -> str:
    """A header of the answer; the SDK gives lists or texts."""
    found = next((v for k, v in (answer.headers or {}).items() if k.lower() == name), "")
    return ",".join(found) if isinstance(found, list) else str(found)


def _all_granted(wanted: Iterable[str], granted: set[Any]) -> None:
    lacking = [scope for scope in wanted if scope not in granted]
    if lacking:
        raise Refused(f"缺权限 {'、'.join(lacking)}，加上后要重新安装或发布版本")


def _hello(url: str, *, expect: str | None) -> str:
    """Connects and closes; waits for the first message when the platform greets."""
    try:
        with connect(url, open_timeout=_TIMEOUT_S, close_timeout=1) as socket:
            if expect is not None and json.loads(socket.recv(timeout=_TIMEOUT_S)).get("type") != expect:
                raise NotSent("连上了，但没有收到问候")
    except (WebSocketException, OSError, ValueError) as error:  # their texts may hold the ticket
        raise NotSent(f"长连接失败（{type(error).__name__}），检查代理是否放行 WebSocket") from None
    return "连得上"
