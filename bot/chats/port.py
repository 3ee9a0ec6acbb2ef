"""The port: what the bot needs of a chat platform.

An adapter listens, acknowledges and hands over; and it sends one post at a time.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple, Protocol, runtime_checkable

from bot.address import Address
from bot.online import Found
from bot.render.message import Message
from bot.render.plain import short
from bot.variables import Variables


@dataclass(frozen=True, slots=True)
class Inbound:
    """Something a person said to the bot, or a button pressed (its command as text).

    `event_id` is the platform's own and the same when the platform delivers the event again.
    """

    event_id: str  # unique per platform
    address: Address  # where to answer
    text: str  # without the mention of the bot; otherwise raw
    user: str = ""
    reply_to_message_id: str | None = None  # remote id of the message to answer under, where the platform wants it
    reply_url: str | None = None  # Slack response_url: works where the bot is no member
    direct: bool = False  # a direct message
    user_name: str = ""  # what people call `user`, where the platform says it
    root_message_id: str | None = None  # remote id of the root of the thread it stands in, or hangs on
    overheard: bool = False  # said in a thread, not to the bot: only a bare command is meant for it

    @property
    def who(self) -> str:
        """What a message calls the person: never a mention."""
        return short(self.user_name, 20) or (f"用户 …{self.user[-4:]}" if self.user else "有人")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Inbound:
        """Inverse of `to_json`; also of what a version kept that said `channel` and `thread`."""
        named: dict[str, Any] = {"address": data.get("channel"), "reply_to_message_id": data.get("thread"), **data}
        named["address"] = Address.parse(named["address"])
        return cls(**{f.name: named[f.name] for f in fields(cls) if f.name in named})

    def to_json(self) -> dict[str, Any]:
        """As it is kept in the inbox."""
        return asdict(self) | {"address": str(self.address)}


@dataclass(frozen=True, slots=True)
class Post:
    """One thing to send. `key` is the outbox key: the same for every try, at most 40 characters.

    Exactly one of: a message (new, or an edit of `edits`), or a chart alone (`message` None).
    """

    key: str
    address: Address
    message: Message | None
    chart: bytes | None = None  # PNG
    root_message_id: str | None = None  # remote id of the message whose thread it goes to
    edits: str | None = None  # remote id of the message to replace
    reply_url: str | None = None
    about: str | None = None  # reference of the run
    kind: str = "reply"  # as of `Outgoing`: alert, update, resolve, digest, reply


class DeliveryError(Exception):
    """A send that did not succeed. The subclass says what is known; `str()` is safe to log (no secrets)."""


class Refused(DeliveryError):
    """For good: channel gone, no scope. Certainly not sent; do not try again."""


class NotThere(Refused):
    """The bot is not in that channel: nothing arrives there until somebody brings it (back) in."""


class NotSent(DeliveryError):
    """For now: certainly not sent. `retry_after` seconds when the platform said so."""

    def __init__(self, detail: str, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class ShutOut(NotSent):
    """For now the platform takes nothing from us (bad token, app off, quota spent). Says nothing of the message."""


class Unclear(DeliveryError):
    """Timeout, reset, 5xx: it may have been sent. Look it up before trying again."""


class LookUpImpossible(DeliveryError):
    """The platform does not let us look (missing scope)."""


class Chat(Protocol):
    """A platform that is listened to and sent to. All methods block; they are called from worker threads."""

    def start(self, receive: Callable[[Inbound], None]) -> None:
        """Begins to listen, in threads of its own, and returns. `receive` returns fast (it only stores)."""

    def stop(self) -> None:
        """Stops listening. Under 2 s."""

    def connected(self) -> bool:
        """Whether events would arrive now."""

    def events(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """What came to `/<platform>/events`, for a platform that also speaks HTTP -> status, headers, body.

        Signature and age are checked before anything else. Header names are in lower case.
        """

    def send(self, post: Post) -> str:
        """Sends or edits; returns the remote id. Raises DeliveryError. Never retries by itself."""

    def find(self, post: Post, since: float) -> str | None:
        """The remote id of a post with this key, sent after `since` (epoch seconds), or None if it is not there.

        Raises LookUpImpossible, or NotSent when the look-up itself failed for now.
        """


@runtime_checkable
class KeepsSocket(Protocol):
    """What a chat with a socket of its own can tell besides."""

    def reconnects(self) -> int:
        """How often another connection was made since the start."""


@runtime_checkable
class KnowsPeople(Protocol):
    """A chat whose events do not say what people are called, and that can find out."""

    def name_of(self, inbound: Inbound) -> str:
        """What people call who said it; empty when that is not known in a moment, or is not told."""


@dataclass(frozen=True, slots=True)
class LinkShared:
    """Links that somebody posted where the bot may see them, not to the bot. A preview is best effort: not kept."""

    address: Address
    links: tuple[str, ...]  # as the platform gives them, each once
    message: str  # the `event_id` the message would have, were it said to the bot
    member: bool | None = None  # whether the bot is in that channel; None: the platform did not say


@dataclass(frozen=True, slots=True)
class Preview:
    """What may be shown of links, by link. A link that is not in it is left as it is."""

    plain: Mapping[str, str]  # what the link itself says; for who cannot wait for `found`
    found: Future[Mapping[str, Message]]  # the verdicts; without those there is nothing to see of; never an exception
    # To be called by who has shown them: what is given is called with the verdicts whenever one has changed.
    follow: Callable[[Callable[[Mapping[str, Message]], object]], None] = lambda refresh: None


Previewer = Callable[[LinkShared], Preview | None]  # returns at once; None: nothing is to be shown


@runtime_checkable
class PreviewsLinks(Protocol):
    """What a chat can do besides whose record says `previews`."""

    def preview_with(self, previewer: Previewer) -> None:
        """Called once, before `start`."""


class Probe(NamedTuple):
    """Something that `curvebot check --online` tries."""

    name: str
    run: Callable[[], Found]  # raises AmissError, DeliveryError


class Credentials(Variables):
    """What the environment says of one platform, and what follows from it. The platform's packages are imported late:
    a platform that is not switched on costs nothing.
    """

    @property
    @abstractmethod
    def given(self) -> bool:
        """Whether the platform is to be started."""

    @abstractmethod
    def chat(self, *, http: bool) -> Chat:
        """`http`: whether `Chat.events` is served."""

    def mistakes(self) -> list[str]:
        """What only works together and is not: one Chinese sentence each, beginning with the variable."""
        return []

    @property
    def missing_for_socket(self) -> str | None:
        """The variable that is missing for a connection of its own, so that events come over HTTP only; or None."""
        return None

    @property
    def signed(self) -> bool:
        """Whether it can be checked that an event over HTTP comes from the platform. Only then it has an endpoint."""
        return False

    def probes(self, channels: Sequence[str] = (), running: int | None = None) -> list[Probe]:
        """Tokens, permissions, connections; and `channels`, which the configuration names. `running`: how many bots run
        on our database now; None where several may.
        """
        return []
