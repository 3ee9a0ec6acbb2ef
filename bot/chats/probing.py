"""What the probes of the platforms have in common.

A long connection is opened and closed at once; while it is open, a running bot may miss events that come to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from bot.chats.port import NotSent, Refused

TIMEOUT_S = 8


def all_granted(wanted: Iterable[str], granted: set[Any]) -> None:
    """Raises Refused when scopes are lacking."""
    lacking = [scope for scope in wanted if scope not in granted]
    if lacking:
        raise Refused(f"缺权限 {'、'.join(lacking)}，加上后要重新安装或发布版本")


def hello(url: str, *, expect: str | None) -> str:
    """Connects and closes; `expect`: the type of the first message, from a platform that greets. Raises NotSent."""
    try:
        with connect(url, open_timeout=TIMEOUT_S, close_timeout=1) as socket:
            if expect is not None and json.loads(socket.recv(timeout=TIMEOUT_S)).get("type") != expect:
                raise NotSent("连上了，但没有收到问候")
    except (WebSocketException, OSError, ValueError) as error:  # their texts may hold the ticket
        raise NotSent(f"长连接失败（{type(error).__name__}），检查代理是否放行 WebSocket") from None
    return "连得上"
