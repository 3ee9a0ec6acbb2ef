"""Whether Slack would let us in: token, scopes, Socket Mode, channels."""

from __future__ import annotations

import time
from collections.abc import Sequence
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.chats.probing import hello, lacking
from bot.online import TIMEOUT_S, AmissError, Found, clock, proxy_for, unreachable

SCOPES = ("app_mentions:read", "chat:write", "commands", "files:write", "im:history")
LOOK_UP = ("channels:history", "groups:history")
LINKS = ("links:read", "links:write")
OPTIONAL = (*LOOK_UP, *LINKS)
_ADD = "api.slack.com/apps → OAuth & Permissions 加上，再点 Reinstall to Workspace"
_FIX = {
    "invalid_auth": "令牌无效：重新复制一遍",
    "not_authed": "令牌无效：重新复制一遍",
    "token_revoked": "令牌已撤销：Install App 里重新安装，换上新的",
    "token_expired": "令牌已过期：Install App 里重新安装，换上新的",
    "account_inactive": "应用已从工作区移除：Install App 里重新安装",
    "not_allowed_token_type": "令牌的种类不对：这里要 App-Level Token（xapp-）",
    "missing_scope": "令牌缺权限：App-Level Token 要有 connections:write",
}


def token(bot_token: str, api_url: str) -> Found:
    """Workspace and bot name. Raises AmissError for a token that does not work, or lacks scopes, and for our clock."""
    answer = _call(_client(bot_token, api_url), "auth.test")
    amiss, doubts = list[str](), list[str]()
    try:
        doubts += clock(_header(answer, "date"), time.time())
    except AmissError as error:
        amiss += error.args
    granted = {scope.strip() for scope in _header(answer, "x-oauth-scopes").split(",") if scope.strip()}
    known = f"{answer.get('team') or '?'} 的 {answer.get('user') or '?'}"
    if granted:
        amiss += lacking(SCOPES, granted, _ADD)
    if amiss:
        raise AmissError(*amiss)
    if not granted:
        return Found(known, (*doubts, "Slack 没有返回权限列表，缺不缺看不出来"))
    for scopes, why in ((LOOK_UP, "消息没有回执时用来核对"), (LINKS, "贴出的 run 链接才会展开结论")):
        better = [scope for scope in scopes if scope not in granted]
        if better:
            doubts.append(f"建议再加 {'、'.join(better)}，{why}：{_ADD}")
    return Found(f"{known}，权限齐", tuple(doubts))


def socket(app_token: str, api_url: str, ours: int | None) -> Found:
    """Opens and closes Socket Mode. `ours`: connections that a bot of ours holds now; None: nobody knows.

    Raises AmissError.
    """
    client = _client(app_token, api_url)
    greeting = hello(str(_call(client, "apps.connections.open")["url"]), expect="hello")
    others = int(greeting.get("num_connections") or 1) - 1
    if ours is None and others:
        return Found("连得上", (f"另有 {others} 个连接：应和正在运行的副本一样多，多出来的会抢走一部分命令",))
    if ours is not None and others > ours:
        more = others - ours
        return Found("连得上", (f"别处还有 {more} 个连接，会抢走一部分命令：停掉那一份，或给它另建一个应用",))
    return Found("连得上")


def channels(bot_token: str, api_url: str, named: Sequence[str]) -> Found:
    """Whether the bot is in the channels that the configuration names. Raises AmissError."""
    client, outside, unseen = _client(bot_token, api_url), list[str](), list[str]()
    for channel in named:
        try:
            client.conversations_history(channel=channel, limit=1)
        except SlackApiError as error:
            code = error.response.get("error")
            if code in ("not_in_channel", "channel_not_found", "is_archived"):
                outside.append(channel)
            else:  # missing_scope, or too many questions
                unseen.append(channel)
        except (HTTPException, OSError) as error:
            raise AmissError(unreachable(api_url, error)) from None
    if outside:
        raise AmissError(
            f"机器人不在 {'、'.join(outside)}（或 id 写错、已归档）：在频道里 /invite 它，核对频道详情最下面的 id"
        )
    if unseen:
        return Found("没有看", (f"没有 {'、'.join(LOOK_UP)}，看不出机器人在不在 {'、'.join(unseen)}：{_ADD}",))
    return Found(f"{len(named)} 个都在")


def _client(secret: str, api_url: str) -> WebClient:
    client = WebClient(token=secret, base_url=api_url, timeout=TIMEOUT_S, retry_handlers=[])
    client.proxy = proxy_for(api_url)  # the SDK alone takes HTTPS_PROXY and knows no NO_PROXY
    return client


def _call(client: WebClient, method: str) -> Any:
    try:
        return client.api_call(method)
    except SlackApiError as error:
        code = error.response.get("error") or f"HTTP {error.response.status_code}"
        raise AmissError(_FIX.get(code, f"Slack 回答 {code}")) from None
    except (HTTPException, OSError) as error:
        raise AmissError(unreachable(client.base_url, error)) from None


def _header(answer: Any, name: str) -> str:
    """A header of the answer; the SDK gives lists or texts."""
    found = next((v for k, v in (answer.headers or {}).items() if k.lower() == name), "")
    return ",".join(found) if isinstance(found, list) else str(found)
