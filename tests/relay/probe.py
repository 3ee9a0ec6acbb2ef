"""Whether the relay would let us in."""

from __future__ import annotations

import requests

from bot.chats import Refused
from bot.online import Found


def token(url: str, relay_token: str) -> Found:
    answer = requests.get(f"{url}/me", headers={"Authorization": f"Bearer {relay_token}"}, timeout=5)
    if not answer.ok:
        raise Refused(f"HTTP {answer.status_code}")
    return Found(str(answer.json()["name"]))
