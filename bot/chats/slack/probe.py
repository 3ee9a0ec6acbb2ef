"""Whether Slack would let us in: token, scopes, Socket Mode."""

from __future__ import annotations

from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.chats.port import NotSent, Refused
from bot.chats.probing import TIMEOUT_S, all_granted, hello

SCOPES = ("app_mentions:read", "chat:write", "commands", "files:write", "im:history")
LOOK_UP = ("channels:history", "groups:history")
LINKS = ("links:read", "links:write")
OPTIONAL = (*LOOK_UP, *LINKS)


def token(bot_token: str, api_url: str) -> str:
    """Workspace and bot name. Raises DeliveryError for a token that does not work or lacks scopes."""
    answer = _call(WebClient(token=bot_token, base_url=api_url, timeout=TIMEOUT_S, retry_handlers=[]), "auth.test")
    granted = {scope.strip() for scope in _header(answer, "x-oauth-scopes").split(",") if scope.strip()}
    known = f"{answer.get('team') or '?'} 的 {answer.get('user') or '?'}"
    if not granted:
        return f"{known}（没有返回权限列表）"
    all_granted(SCOPES, granted)
    said = f"{known}，权限齐"
    for scopes, why in ((LOOK_UP, "消息没有回执时用来核对"), (LINKS, "贴出的 run 链接才会展开结论")):
        lacking = [scope for scope in scopes if scope not in granted]
        said += f"；建议再加 {'、'.join(lacking)}，{why}" if lacking else ""
    return said


def socket(app_token: str, api_url: str) -> str:
    """Opens and closes Socket Mode. Raises DeliveryError."""
    client = WebClient(token=app_token, base_url=api_url, timeout=TIMEOUT_S, retry_handlers=[])
    url = str(_call(client, "apps.connections.open")["url"])
    return hello(url, expect="hello")


def _call(client: WebClient, method: str) -> Any:
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
