"""Whether Feishu would let us in: credentials, permissions, release, subscriptions, the long connection, groups."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from bot.chats.feishu.lark import Api
from bot.chats.port import DeliveryError
from bot.chats.probing import hello, lacking
from bot.online import TIMEOUT_S, AmissError, Found, clock, unreachable

SCOPES = (
    "im:message:send_as_bot",
    "im:message.group_at_msg:readonly",
    "im:message.p2p_msg:readonly",
    "im:resource",
)
SELF = "application:application:self_manage"  # to see the app's own settings
EVENT, BUTTON = "im.message.receive_v1", "card.action.trigger"
_RELEASE = "再到 版本管理与发布 创建版本、申请线上发布"
_NO_SCOPE = 99991672


def app(app_id: str, app_secret: str, domain: str, *, http: bool) -> Found:
    """The bot's name. `http`: whether events may come over HTTP. Raises AmissError for what keeps it from working,
    DeliveryError for wrong credentials.
    """
    api = Api(app_id, app_secret, domain.rstrip("/"), TIMEOUT_S)
    name = str((api.call("GET", "bot/v3/info").get("bot") or {}).get("app_name") or "?")
    doubts: list[str] = []
    try:
        info = _data(api, f"application/v6/applications/{app_id}", lang="zh_cn").get("app") or {}
    except DeliveryError:
        info = {}
        doubts.append(f"看不出版本、事件和回调的状态：开通 {SELF} 后再查")
    amiss, waiting = settings(info, http=http)
    doubts += waiting
    try:
        listed = _data(api, "application/v6/scopes").get("scopes") or []
    except DeliveryError:
        listed = []
    if listed:
        granted = {s.get("scope_name") for s in listed if s.get("grant_status") == 1}
        amiss += lacking(SCOPES, granted, f"权限管理里开通，{_RELEASE}")
    else:
        doubts.append("飞书没有返回权限列表，缺不缺看不出来")
    if amiss:
        raise AmissError(*amiss)
    return Found(f"{name}，权限齐" if listed else name, tuple(doubts))


def settings(info: Mapping[str, Any], *, http: bool) -> tuple[list[str], list[str]]:
    """What of the app's own settings keeps commands or buttons from coming, and what is in doubt: sentences.

    Of what Feishu does not tell, nothing is said.
    """
    amiss = []
    if info.get("status") == 0:
        amiss.append("应用已停用：请管理员在 管理后台 → 应用管理 里启用")
    if "online_version_id" in info and not info["online_version_id"]:
        amiss.append("应用还没有发布：到 版本管理与发布 创建版本、申请线上发布，等管理员通过")
    event, callback = info.get("event") or {}, info.get("callback") or info.get("callback_info") or {}
    events, callbacks = event.get("subscribed_events"), callback.get("subscribed_callbacks")
    if events is not None and EVENT not in events:
        amiss.append(f"没有订阅事件 {EVENT}，收不到消息：事件与回调 → 事件配置 → 添加事件，{_RELEASE}")
    if callbacks is not None and BUTTON not in callbacks:
        amiss.append(f"没有订阅回调 {BUTTON}，按钮会报 200340：事件与回调 → 回调配置 → 添加回调，{_RELEASE}")
    for kind, way in (("事件", event.get("subscription_type")), ("回调", callback.get("callback_type"))):
        if way == "webhook" and not http:
            amiss.append(f"{kind}发往开发者服务器，长连接收不到：事件与回调 → {kind}配置 改成使用长连接接收{kind}")
    waiting = "有一个版本在等管理员审核，新加的权限和事件要等它通过"
    return amiss, [waiting] if info.get("unaudit_version_id") else []


def socket(app_id: str, app_secret: str, domain: str) -> Found:
    """Opens and closes the long connection. Raises AmissError."""
    url = f"{domain.rstrip('/')}/callback/ws/endpoint"
    try:
        raw = requests.post(
            url, json={"AppID": app_id, "AppSecret": app_secret}, headers={"locale": "zh"}, timeout=TIMEOUT_S
        )
        answer = raw.json()
    except requests.exceptions.JSONDecodeError:
        raise AmissError(f"{domain} 回的不是 JSON：检查 FEISHU_DOMAIN 和代理") from None
    except requests.RequestException as error:
        raise AmissError(unreachable(url, error)) from None
    doubts = clock(raw.headers.get("Date"), time.time())
    place = (answer.get("data") or {}).get("URL")
    if answer.get("code") != 0 or not place:
        raise AmissError(f"不给连接（{answer.get('code')}）：检查 App ID 和 App Secret，应用要已启用机器人能力")
    hello(str(place), expect=None)
    return Found("连得上", doubts)


def chats(app_id: str, app_secret: str, domain: str, named: Sequence[str]) -> Found:
    """Whether the bot is in the groups that the configuration names. Raises AmissError, DeliveryError."""
    api, outside, unseen = Api(app_id, app_secret, domain.rstrip("/"), TIMEOUT_S), list[str](), list[str]()
    for chat in named:
        try:
            inside = _data(api, f"im/v1/chats/{chat}/members/is_in_chat").get("is_in_chat")
        except DeliveryError as error:
            (unseen if getattr(error, "code", None) == _NO_SCOPE else outside).append(chat)
            continue
        if not inside:
            outside.append(chat)
    if outside:
        raise AmissError(
            f"机器人不在 {'、'.join(outside)}（或 id 写错）：群设置 → 群机器人 → 添加机器人，核对最下面的会话 ID"
        )
    if unseen:
        return Found("没有看", (f"没有 im:chat:readonly，看不出机器人在不在 {'、'.join(unseen)}",))
    return Found(f"{len(named)} 个都在")


def _data(api: Api, path: str, **query: str) -> Mapping[str, Any]:
    """Raises DeliveryError."""
    return api.call("GET", path, query=query).get("data") or {}
