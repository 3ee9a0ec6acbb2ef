"""Whether Feishu would let us in: credentials, permissions, the long connection."""

from __future__ import annotations

import requests

from bot.chats.feishu.lark import Api
from bot.chats.port import DeliveryError, NotSent, Refused
from bot.chats.probing import TIMEOUT_S, all_granted, hello

SCOPES = (
    "im:message:send_as_bot",
    "im:message.group_at_msg:readonly",
    "im:message.p2p_msg:readonly",
    "im:resource",
)


def app(app_id: str, app_secret: str, domain: str) -> str:
    """The bot's name. Raises DeliveryError for wrong credentials or lacking permissions."""
    api = Api(app_id, app_secret, domain.rstrip("/"), TIMEOUT_S)
    name = str((api.call("GET", "bot/v3/info").get("bot") or {}).get("app_name") or "?")
    try:
        listed = (api.call("GET", "application/v6/scopes").get("data") or {}).get("scopes") or []
    except DeliveryError:
        listed = []
    if not listed:
        return f"{name}（没有返回权限列表）"
    all_granted(SCOPES, {s.get("scope_name") for s in listed if s.get("grant_status") == 1})
    return f"{name}，权限齐"


def socket(app_id: str, app_secret: str, domain: str) -> str:
    """Opens and closes the long connection. Raises DeliveryError."""
    try:
        answer = requests.post(
            f"{domain.rstrip('/')}/callback/ws/endpoint",
            json={"AppID": app_id, "AppSecret": app_secret},
            headers={"locale": "zh"},
            timeout=TIMEOUT_S,
        ).json()
    except (requests.RequestException, ValueError) as error:
        raise NotSent(f"连不上（{type(error).__name__}）") from None
    url = (answer.get("data") or {}).get("URL")
    if answer.get("code") != 0 or not url:
        raise Refused(f"不给连接（{answer.get('code')}），检查凭证和“使用长连接接收事件”是否已开")
    return hello(str(url), expect=None)
