"""The Chat port over one URL: every post is an event, POSTed and signed. Nobody speaks back."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError

from bot.chats import DeliveryError, Inbound, LookUpImpossible, NotSent, Post, Unclear
from bot.chats.webhook import wire

_TIMEOUT_S = 10.0


class WebhookChat:
    """Thread-safe. The URL is the operator's; no redirect is followed, and nothing of an answer is shown to anybody."""

    def __init__(self, url: str, key: bytes, *, timeout_s: float = _TIMEOUT_S) -> None:
        self._url, self._key, self._timeout_s = url, key, timeout_s

    def start(self, receive: Callable[[Inbound], None]) -> None:
        pass

    def stop(self) -> None:
        pass

    def connected(self) -> bool:
        return True  # there is no connection that could be down

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        return 404, {}, b""

    def send(self, post: Post) -> str:
        self.deliver(post.key, wire.event(post))
        return post.edits or post.key

    def find(self, post: Post, since: float) -> str | None:
        raise LookUpImpossible("Webhook：查不到发过什么")

    def deliver(self, event_id: str, event: Mapping[str, Any]) -> None:
        """Raises DeliveryError: what failed before a connection stood was certainly not sent."""
        body = wire.encoded(event)
        try:
            answer = requests.post(
                self._url,
                data=body,
                headers=wire.headers(event_id, body, self._key, time.time()),
                timeout=self._timeout_s,
                allow_redirects=False,
                stream=True,  # whatever it says besides its status is not read
                verify=os.environ.get("SSL_CERT_FILE") or True,
            )
        except requests.RequestException as error:
            raise _network(error) from None
        answer.close()
        if (failure := wire.failure(answer.status_code, answer.headers.get("Retry-After"))) is not None:
            raise failure


def _network(error: requests.RequestException) -> DeliveryError:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    never = (requests.ConnectTimeout, requests.exceptions.ProxyError, requests.exceptions.SSLError)
    detail = f"Webhook 连不上：{type(error).__name__}"  # its text holds the URL, which may hold a secret
    return NotSent(detail) if isinstance(error, never) or isinstance(reason, NewConnectionError) else Unclear(detail)
