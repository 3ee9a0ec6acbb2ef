"""The relay itself, as a local server: rooms, what is said in them, and images."""

from __future__ import annotations

from typing import Any

from tests.fakes.server import Answer, FakeServer, Request

TOKEN = "relay-token"


class RelayServer(FakeServer):
    def __init__(self) -> None:
        super().__init__()
        self.messages: dict[str, dict[str, Any]] = {}  # by id, images among them
        self.updates: list[dict[str, Any]] = []

    def say(self, room: str, text: str) -> dict[str, Any]:
        """Somebody says something; what the bot is told of it."""
        with self._changed:
            told = {"id": len(self.updates) + 1, "room": room, "user": "alice", "text": text}
            self.updates.append(told)
            return told

    def texts(self, room: str, under: str | None = None) -> list[str]:
        """What the bot said there, as it reads now."""
        with self._changed:
            mine = [m for m in self.messages.values() if (m["room"], m["under"]) == (room, under)]
            return [m["text"] for m in mine if "text" in m]

    def name(self, request: Request) -> str:
        return f"{request.method} {request.path.split('/')[1]}"

    def refusal(self, fault: str) -> Answer:
        return Answer({}, 500)

    def answer(self, name: str, request: Request) -> Answer:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Answer({}, 401)
        if name == "GET me":
            return Answer({"name": "curvebot"})
        if name == "GET updates":
            return Answer({"updates": self.updates[int(request.params["after"]) :]})
        if name == "GET messages":
            found = [i for i, m in self.messages.items() if m["key"] == request.params["key"]]
            return Answer({"id": found[0] if found else None})
        if name == "PATCH messages":
            self.messages[request.path.split("/")[2]]["text"] = request.params["text"]
            return Answer({})
        new = {key: request.params.get(key) for key in ("room", "under", "key")}
        new |= {"text": request.params["text"]} if name == "POST messages" else {"image": request.body}
        self.messages[f"m{len(self.messages) + 1}"] = new
        return Answer({"id": f"m{len(self.messages)}"})
