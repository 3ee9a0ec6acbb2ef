"""What a channel is told when its runs cannot be read: one line, and one when they can be again. Pure."""

from __future__ import annotations

from dataclasses import replace

from analysis.figures import duration
from bot.outgoing import Outgoing
from bot.render import answers
from bot.services import glances
from bot.store.store import Watch


def gone(watch: Watch, since: float, sentence: str) -> Outgoing:
    """One run is not to be found since then. `sentence`: how the source says it."""
    return _line(watch, watch.id, since, f"{glances.title(watch)} 读不到了：{sentence}", about=watch.ref)


def away(watch: Watch, since: float, sentence: str, now: float) -> Outgoing:
    """None of the channel's runs can be read since then: one line for all of them."""
    late = f"这里关注的 run 已经 {duration(now - since)}读不到，告警会晚到。{sentence}"
    return _line(watch, f"unseen:{watch.address}", since, late)


def back(said: Outgoing, silent_s: float) -> Outgoing:
    """Takes one of these back: `silent_s` seconds later everything is read."""
    caught_up = f"又能读到了，这 {duration(silent_s)}里的数据已补看"
    return replace(
        said, transition=said.transition.replace("unseen", "seen"), message=answers.sentence(caught_up, "ok")
    )


def _line(watch: Watch, subject: str, since: float, text: str, about: str | None = None) -> Outgoing:
    return Outgoing(
        dest=watch.address,
        kind="update",
        subject=subject,
        transition=f"unseen:{since:.0f}",
        message=answers.sentence(text, "warning"),
        about=about,
    )
