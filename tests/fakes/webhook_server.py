"""A receiver of our events: checks them as docs/webhook.md tells it to, and keeps each once."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

from tests.fakes.server import Answer, FakeServer, Request

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
DOCUMENT = (Path(__file__).parents[2] / "docs" / "webhook.md").read_text(encoding="utf-8")
_STATUS = {"rate_limited": 429, "error": 500, "html": 502}


def documented() -> Any:
    """The function that the document gives receivers."""
    code = re.search(r"^```python\n(.*?)^```$", DOCUMENT, flags=re.MULTILINE | re.DOTALL)
    assert code is not None
    found: dict[str, Any] = {}
    exec(code[1], found)
    return found["genuine"]


class WebhookServer(FakeServer):
    """Faults besides: a status, as text."""

    def __init__(self) -> None:
        super().__init__()
        self.events: dict[str, dict[str, Any]] = {}  # by id, in order of arrival
        self.tries: list[tuple[str, bytes]] = []  # id and body of every request that was genuine
        self.secret = SECRET
        self._genuine = documented()

    @property
    def posted(self) -> list[dict[str, Any]]:
        return [event for event in self.events.values() if event["type"] != "ping"]

    def name(self, request: Request) -> str:
        return request.path

    def refusal(self, fault: str) -> Answer:
        status = _STATUS.get(fault) or int(fault)
        headers = {"Location": f"{self.url}/elsewhere"} if 300 <= status < 400 else {}
        return Answer(b"<html>secret</html>", status, headers | ({"Retry-After": "7"} if status == 429 else {}))

    def answer(self, name: str, request: Request) -> Answer:
        headers = {key.lower(): value for key, value in request.headers.items()}
        if not self._genuine(headers, request.body, self.secret):
            return Answer({}, 401)
        self.tries.append((headers["webhook-id"], request.body))
        self.events.setdefault(headers["webhook-id"], json.loads(request.body))
        return Answer({}, 202)
