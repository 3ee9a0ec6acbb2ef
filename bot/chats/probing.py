"""What the probes of the platforms have in common.

A long connection is opened and closed at once; while it is open, a running bot may miss events that come to it.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from bot.online import TIMEOUT_S, AmissError, proxy_name


def lacking(wanted: Iterable[str], granted: Container[str], fix: str) -> list[str]:
    """A sentence when scopes are lacking; `fix`: where to add them."""
    scopes = [scope for scope in wanted if scope not in granted]
    return [f"缺权限 {'、'.join(scopes)}：{fix}"] if scopes else []


def hello(url: str, *, expect: str | None) -> dict[str, Any]:
    """Connects and closes. `expect`: the type of the first message, from a platform that greets -> the greeting.

    Raises AmissError.
    """
    greeting: dict[str, Any] = {}
    try:
        with connect(url, open_timeout=TIMEOUT_S, close_timeout=1) as socket:
            if expect is not None:
                greeting = json.loads(socket.recv(timeout=TIMEOUT_S))
    except (WebSocketException, OSError, ValueError) as error:  # their texts may hold the ticket
        raise AmissError(blocked(url, error)) from None
    if expect is not None and greeting.get("type") != expect:
        raise AmissError("长连接连上了，但没有收到问候：稍后再试")
    return greeting


def blocked(url: str, error: Exception) -> str:
    """REST got through, the socket did not: somebody between does not let WebSockets pass."""
    host, proxy, kind = urlsplit(url).hostname or "?", proxy_name(url), type(error).__name__
    domain = "." + ".".join(host.split(".")[-2:])
    if proxy is None:
        return f"REST 通、长连接不通（{kind}）：让防火墙放行到 {host} 的 WebSocket"
    return f"REST 通、长连接不通（{kind}）：让代理 {proxy} 放行到 {host} 的 WebSocket，或把 {domain} 加进 NO_PROXY 直连"
