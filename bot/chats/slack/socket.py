"""Socket Mode: one connection at a time. When it is to be replaced, `bot.chats.sockets` decides."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.chats.port import NotSent
from bot.chats.slack import calls
from bot.chats.sockets import Limits, Pulse
from bot.online import proxy_for

PING_S = 5.0
# Slack itself asks for another connection every few hours. Two at a time are allowed, and a new one costs one call.
LIMITS = Limits(connect_s=20.0, silent_s=4 * PING_S, eventless_s=900.0)
_HELLO_S = 10.0


class _Client(SocketModeClient):
    """The SDK's client without its own repairs: they may wait for ever, or come back when nobody reads any more."""

    asked = False

    def issue_new_wss_url(self) -> str:
        """Without the SDK's sleep on a rate limit."""
        url = str(self.web_client.apps_connections_open(app_token=self.app_token)["url"])
        self.proxy = proxy_for(url)
        return url

    def connect_to_new_endpoint(self, force: bool = False) -> None:
        self.asked = True


class SocketModeConnection:
    """A connection that was greeted. Raises DeliveryError when there is none."""

    def __init__(self, app: App, app_token: str, *, ping_s: float = PING_S) -> None:
        self._app = app
        self._client = _Client(app_token, app.logger, app.client, auto_reconnect_enabled=False, ping_interval=ping_s)
        self._greeted = threading.Event()
        self._heard_at = self._event_at = time.monotonic()
        self._pong: float | None = None
        self._client.on_message_listeners.append(self._on_frame)
        self._client.socket_mode_request_listeners.append(self._on_request)
        try:
            calls.call(self._client.connect)
            if not self._client.is_connected() or not self._greeted.wait(_HELLO_S):
                raise NotSent("Slack：长连接没有建立，检查代理是否放行 WebSocket")
        except BaseException:
            self.close()
            raise

    def pulse(self) -> Pulse:
        session, now = self._client.current_session, time.monotonic()
        pong = session.last_ping_pong_time if session is not None else None
        if pong != self._pong:  # a wall clock's time: only that it changed counts
            self._pong, self._heard_at = pong, now
        return Pulse(self._client.is_connected(), now - self._heard_at, now - self._event_at, asked=self._client.asked)

    def close(self) -> None:
        """Ends the SDK's waits, for the socket and for its own queue, which would hold up the closing for seconds."""
        client = self._client
        client.closed = True
        client.enqueue_message("")
        session = client.current_session
        if session is not None and session.sock is not None:
            with contextlib.suppress(OSError):  # no longer connected
                session.sock.shutdown(socket.SHUT_RDWR)
        client.close()

    def _on_frame(self, text: str) -> None:
        self._heard_at = time.monotonic()
        if not self._greeted.is_set() and json.loads(text).get("type") == "hello":
            self._greeted.set()

    def _on_request(self, client: Any, request: SocketModeRequest) -> None:
        """What Bolt answers with 200 is acknowledged, and nothing else."""
        self._event_at, began = time.monotonic(), time.time()
        send_response(client, request, run_bolt_app(self._app, request), began)
