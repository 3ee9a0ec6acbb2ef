"""Whether the relay would let us in."""

from __future__ import annotations

import requests

from bot.chats import Refused


def token(url: str, relay_token: str) -> str:
    answer = requests.get(f"{url}/me", headers={"Authorization": f"Bearer {relay_token}"}, timeout=5)
    if not answer.ok:
        raise Refused(f"HTTP {answer.status_code}")
    return str(answer.json()["name"])
