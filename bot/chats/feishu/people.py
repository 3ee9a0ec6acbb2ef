"""Who is in a chat: whether the bot is, and what people call those who speak there. `im:chat:readonly` tells both.

Each question is one of the 10,000 calls a month of the free plan: answers are kept, and nobody waits long for one.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait

import structlog

from bot.chats.feishu.lark import Api
from bot.chats.port import DeliveryError, Refused

log = structlog.get_logger(__name__)

_MEMBER_S = 3600.0  # for so long it is remembered whether the bot is in a chat
_ASK_AGAIN_S = 3600.0  # who is not among the names of a chat may have come since
_NAME_WAIT_S = 0.3  # it was asked for when the event came, and what is answered later finds it
_PAGES, _PAGE = 10, 100  # of members, at most


class People:
    """Thread-safe."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._asking = ThreadPoolExecutor(2, thread_name_prefix="feishu-people")
        self._lock = threading.Lock()
        self._bot_in: dict[str, tuple[float, bool | None]] = {}
        self._names: dict[str, str] = {}  # open_id -> name, whichever chat told it
        self._asked: dict[str, tuple[float, Future[None]]] = {}  # chat -> when its names were asked for

    def stop(self) -> None:
        self._asking.shutdown(wait=False, cancel_futures=True)

    # the bot

    def bot_spoke_in(self, chat: str) -> None:
        """Something came from there: we are in it."""
        self._bot_in[chat] = (time.monotonic(), True)

    def bot_in(self, chat: str, wait_s: float) -> bool | None:
        """None when Feishu does not tell. Raises TimeoutError."""
        known = self._bot_in.get(chat)
        if known is not None and time.monotonic() - known[0] < _MEMBER_S:
            return known[1]
        return self._asking.submit(self._ask_for_bot, chat).result(wait_s)

    def _ask_for_bot(self, chat: str) -> bool | None:
        member: bool | None = None
        try:
            answer = self._api.call("GET", f"im/v1/chats/{chat}/members/is_in_chat")
            member = bool((answer.get("data") or {}).get("is_in_chat"))
        except Refused as error:
            log.warning("飞书：查不到机器人在不在群里，链接不预览（要 im:chat:readonly）", error=str(error))
        except DeliveryError:
            return None  # for now
        self._bot_in[chat] = (time.monotonic(), member)
        return member

    # the others

    def expect(self, chat: str, user: str) -> None:
        """Somebody speaks there, and their name will be wanted. Fast."""
        self._asked_for(chat, user)

    def name(self, chat: str, user: str) -> str:
        """What people call somebody in a chat; empty when that is not known in time, or is not told."""
        asking = self._asked_for(chat, user)
        if asking is not None:
            wait([asking], _NAME_WAIT_S)  # whatever becomes of it: who speaks is answered
        return self._names.get(user, "")

    def _asked_for(self, chat: str, user: str) -> Future[None] | None:
        """The question for the names of a chat; None when there is nothing to wait for."""
        if not user or user in self._names:
            return None
        with self._lock:
            asked = self._asked.get(chat)
            if asked is None or time.monotonic() - asked[0] > _ASK_AGAIN_S:
                try:
                    asking = self._asking.submit(self._ask_for_names, chat)
                except RuntimeError:  # we are on our way out
                    return None
                asked = self._asked[chat] = (time.monotonic(), asking)
        return asked[1]

    def _ask_for_names(self, chat: str) -> None:
        query = {"member_id_type": "open_id", "page_size": _PAGE}
        try:
            for _ in range(_PAGES):
                page = self._api.call("GET", f"im/v1/chats/{chat}/members", query=query).get("data") or {}
                found = {str(m["member_id"]): str(m["name"]) for m in page.get("items") or () if m.get("name")}
                self._names |= found
                if not page.get("has_more"):
                    return
                query["page_token"] = page["page_token"]
        except DeliveryError as error:
            log.info("飞书：查不到群成员的名字，按编号称呼（要 im:chat:readonly）", error=str(error))
