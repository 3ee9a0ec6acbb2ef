"""A message on its way out: a value with a name for ever. The outbox keeps it, delivery sends it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Literal

from bot.address import Address
from bot.render.message import Message, Plot, without_buttons

Kind = Literal["alert", "update", "resolve", "digest", "reply"]


def outbox_key(dest: Address, subject: str, transition: str, ordinal: int = 0) -> str:
    """The name of a message for ever: 40 hex digits. Two rows of one key are one message."""
    parts = "\x00".join((str(dest), subject, transition, str(ordinal)))
    return hashlib.sha256(parts.encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be sent once. `subject`: incident id, digest slot or inbound event id.

    `ordinal` tells apart several messages of one transition (an edit beside the message that tells the news).
    """

    dest: Address
    kind: Kind
    subject: str
    transition: str
    message: Message | None  # None: the chart alone
    ordinal: int = 0
    chart: bytes | None = None  # PNG
    parent: str | None = None  # key of the row under whose message it goes; sent after it
    edits: str | None = None  # key of the row whose message it replaces; sent after it
    reply_to_message_id: str | None = None  # remote id of a person's message to answer under
    reply_url: str | None = None
    critical: bool = False
    orphan: Literal["root", "drop"] = "root"  # when the message it belongs to never arrived: on its own, or not at all
    not_before: float | None = None  # seconds since epoch
    about: str | None = None  # reference of the run it is about: in its thread nobody has to name it

    def beside_chart(self, plot: Plot | None) -> Outgoing:
        """The same with lines to point at, where a picture of them goes with it."""
        if plot is None or self.chart is None or self.message is None:
            return self
        return replace(self, message=replace(self.message, plot=plot))

    @property
    def key(self) -> str:
        return outbox_key(self.dest, self.subject, self.transition, self.ordinal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a platform can do: the layers above ask this, and never for its name.

    inline_charts  a chart is part of its message; otherwise it is a message of its own right under it
    files          a document can go with a message
    edits          a message can be replaced
    buttons        a button does what its command does; otherwise its command is written out
    look_up        it can be found out whether a message arrived
    plots          draws lines itself, so that people can point at a value
    previews       a link in somebody's message can be given a preview
    threads        messages stand in threads; otherwise all that is said in a channel is one
    idempotent_s   for how long a second send with the same key is dropped by the platform itself; 0: never
    """

    inline_charts: bool
    files: bool
    edits: bool
    buttons: bool
    look_up: bool
    plots: bool = False
    previews: bool = False
    idempotent_s: float = 0.0
    threads: bool = True


def for_platform(post: Outgoing, can: Capabilities) -> list[Outgoing]:
    """The messages that a post becomes on a platform: what it cannot do is left out or done another way.

    Nothing, for an edit where nothing can be edited: its news always comes as a message of its own as well.
    """
    if post.edits is not None and not can.edits:
        return []
    message = post.message
    if message is not None and message.file is not None and not can.files:
        message = replace(message, file=None)
    if message is not None and message.plot is not None and not can.plots:
        message = replace(message, plot=None)
    if message is not None and message.buttons and not can.buttons:
        message = without_buttons(message)
    post = replace(post, message=message)
    return [post] if can.inline_charts else separate_chart(post)


def separate_chart(post: Outgoing) -> list[Outgoing]:
    """For a chat without inline charts: the message, and its chart as a message of its own right under it.

    The chart stands in the message's thread, or in the thread the message itself stands in. It is nothing on its own.
    """
    if post.chart is None or post.message is None:
        return [post]
    chart = replace(
        post,
        message=None,
        transition=f"{post.transition}/chart",
        parent=post.edits or post.key,  # an edit has no place of its own
        edits=None,
        reply_url=None,
        orphan="drop",
    )
    return [replace(post, chart=None), chart]
