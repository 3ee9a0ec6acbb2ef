"""The Chat port over the relay: polls for updates, or hears them over HTTP; posts, edits and looks up by key."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

import requests

from bot.chats import Inbound, LookUpImpossible, NotSent, Post, Unclear
from bot.render.text import render_text
from tests.relay import wire

_POLL_S = 0.02


class RelayChat:
    """Thread-safe."""

    def __init__(self, url: str, token: str, secret: str | None) -> None:
        self._url, self._secret = url, secret or ""
        self._headers = {"Authorization": f"Bearer {token}"}
        self._stopping, self._connected = threading.Event(), False
        self._receive: Callable[[Inbound], None] | None = None

    def start(self, receive: Callable[[Inbound], None]) -> None:
        self._receive = receive
        threading.Thread(target=self._listen, name="relay", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()
        self._connected = False

    def connected(self) -> bool:
        return self._connected

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        if not hmac.compare_digest(wire.signature(body, self._secret), headers.get("x-relay-signature", "")):
            return 401, {}, b""
        self._hear(json.loads(body))
        return 200, {}, b""

    def send(self, post: Post) -> str:
        if post.message is None:
            about = {"room": post.address.channel, "under": post.root_message_id, "key": post.key}
            return str(self._call("POST", "images", params=about, data=post.chart)["id"])
        text = render_text(post.message)
        if post.edits is not None:
            self._call("PATCH", f"messages/{post.edits}", json={"text": text})
            return post.edits
        body = {"room": post.address.channel, "text": text, "under": post.root_message_id, "key": post.key}
        return str(self._call("POST", "messages", json=body)["id"])

    def find(self, post: Post, since: float) -> str | None:
        try:
            found = self._call("GET", "messages", params={"key": post.key})
        except Unclear as error:
            raise NotSent(str(error)) from None
        except NotSent:
            raise
        except Exception as error:
            raise LookUpImpossible(type(error).__name__) from None
        return None if found["id"] is None else str(found["id"])

    def _listen(self) -> None:
        after = 0
        while not self._stopping.wait(_POLL_S):
            try:
                updates = self._call("GET", "updates", params={"after": after})["updates"]
                self._connected = True
                for data in updates:
                    self._hear(data)
                    after = data["id"]
            except Exception:
                self._connected = False

    def _hear(self, data: Mapping[str, Any]) -> None:
        inbound = wire.update(data)
        if inbound is not None and self._receive is not None:
            self._receive(inbound)

    def _call(self, method: str, path: str, **more: Any) -> Any:
        """Raises DeliveryError."""
        try:
            answer = requests.request(method, f"{self._url}/{path}", headers=self._headers, timeout=5, **more)
        except requests.ConnectionError as error:
            raise NotSent(f"relay: {type(error).__name__}") from None
        except requests.RequestException as error:
            raise Unclear(f"relay: {type(error).__name__}") from None
        if not answer.ok:
            raise wire.failure(answer.status_code, answer.headers.get("Retry-After"))
        return answer.json()
