"""What a sentence asks for, and whether that is sure enough to do it. Pure.

Examples decide (`likeness`); the few rules here are for what examples cannot tell, since it may be said of anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.services.commands import likeness, words
from bot.services.commands.command import Takes
from bot.services.commands.likeness import Likely

CARD, TALK = "", "talk"  # names that are no words: the diagnosis of a run; what is said among people and wants nothing
ACTS = ("watch", "unwatch", "mute", "unmute", "ack", "wrong")  # asked for without a run: which one?
_BEGINS = ("watch", "mute", "ack", "wrong")  # the opposite of what is called off
# How like its examples a sentence must be, of 1, and how much more than those of anything else. What changes something
# takes more: to ask once too often costs a line, to silence an alert by mistake a night.
_READS, _CHANGES, _AHEAD = 0.25, 0.45, 0.1


@dataclass(frozen=True, slots=True)
class Wish:
    """`more`: as `likeness` says. Not `sure`: nothing is done for it."""

    name: str
    more: str
    sure: bool
    score: float
    nearly: Sequence[str] = ()  # not sure, but one of these seems to be asked for, and changes something


def wish(around: str, takes: Mapping[str, Takes], *, of_runs: bool = False) -> Wish:
    """`around`: the text around the runs in it. `of_runs`: there are some, so it is one of what takes one."""
    found = [f for f in likeness.known().likeliest(around) if not of_runs or _is_of_runs(f, takes)]
    if words.ASKED_ABOUT.search(around):  # `谁静音的`, `为什么没静音`: about what was done, or would be
        found = [f for f in found if not _changes(f)]
    elif words.NOT_YET.search(around):  # `跑完再取关`; but `盯着，跑完再取关` is to be watched
        found = [f for f in found if f.name in ("watch", "note") or not _changes(f)]
    elif words.CALLED_OFF.search(around):
        found = [f for f in found if f.name not in _BEGINS or f.more]
    elif words.QUESTION.search(around) and not words.NOTED.search(around):  # `成功率 65% 是不是低了`
        found = [f for f in found if f.name != "note"]
    first, second = found[:2]
    if _changes(first) and second.name in ("card", TALK) and first.score - second.score < _AHEAD:
        first, second = second, first  # to change something or not: not
    name = CARD if first.name == "card" else first.name
    sure = first.score >= (_CHANGES if _changes(first) else _READS)
    if sure and _changes(first) and first.score - second.score < _AHEAD:
        return Wish(name, first.more, False, first.score, tuple(dict.fromkeys((name, second.name))))
    return Wish(name, first.more, sure, first.score)


def _is_of_runs(one: Likely, takes: Mapping[str, Takes]) -> bool:
    return one.name in ("card", "threshold", "quiet") or takes.get(one.name, "nothing") != "nothing"


def _changes(one: Likely) -> bool:
    return one.name in (*ACTS, "note") or (one.name == "digest" and one.more in ("on", "off"))
