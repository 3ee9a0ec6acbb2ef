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
_NEEDS = {
    "ack": (words.TAKES,),
    "note": (words.NOTING,),
    "mute": (words.SILENCES,),
    "unmute": (words.ENDS, words.ALERTING),
    "unwatch": (words.ENDS,),
    "wrong undo": (words.ENDS,),
    "digest on": (words.SUMMARY,),
    "quiet": (words.TELLING,),
    "digest off": (words.SUMMARY, words.ENDS),
    "threshold off": (words.LIMIT, words.ENDS),
}
_FORBIDDEN = ("unwatch", "mute", "ack", "wrong")
# How like its examples a sentence must be, of 1, and how much more than those of anything else. What changes something
# takes more: to ask once too often costs a line, to silence an alert by mistake a night.
_READS, _ASKS, _CHANGES, _AHEAD = 0.25, 0.35, 0.45, 0.1
_ORDERED = 0.6  # of a clause by itself
_ORDERS = (*((name, "") for name in ACTS), ("wrong", "undo"))


@dataclass(frozen=True, slots=True)
class Wish:
    """`more`: as `likeness` says. Not `sure`: nothing is done for it."""

    name: str
    more: str
    sure: bool
    score: float
    nearly: Sequence[Likely] = ()  # not sure, but one of these seems to be asked for, and changes something


def wish(around: str, takes: Mapping[str, Takes], *, of_runs: bool = False) -> Wish:
    """`around`: the text around the runs in it. `of_runs`: there are some, so it is one of what takes one."""
    first, second = _possible(likeness.known().likeliest(around), around, takes, of_runs=of_runs)[:2]
    order = _order(around, takes, of_runs=of_runs)
    if order is not None and (order.name, order.more) != (first.name, first.more):
        first = order
    if _is_put_off(first) and first.score >= _ASKS and _is_hedged(first, around):
        return Wish(first.name, first.more, False, first.score, (first,))
    if order is not None:
        return Wish(first.name, first.more, True, max(first.score, order.score))
    if _is_of_another(first, around):
        return Wish(first.name, first.more, False, first.score, (first,) if first.score >= _ASKS else ())
    talks, acts = sorted((first, second), key=_changes)
    if _changes(acts) and talks.name in ("card", TALK) and first.score - second.score < _AHEAD:
        if acts.score >= _CHANGES and words.ACTION.search(around):  # the word for it was said
            return Wish(acts.name, acts.more, False, acts.score, (acts,))
        first, second = talks, acts  # to change something or not: not
    name = CARD if first.name == "card" else first.name
    sure = first.score >= (_CHANGES if _changes(first) else _READS)
    if sure and _changes(first) and first.score - second.score < _AHEAD and not _is_named(first, second, around):
        return Wish(name, first.more, False, first.score, (first, second))
    return Wish(name, first.more, sure, first.score)


def _order(around: str, takes: Mapping[str, Takes], *, of_runs: bool) -> Likely | None:
    """What one clause asks for by the very word, whatever the others tell: `正常现象，标误报`, `改好了 取消静音`."""
    clauses = [c for c in words.CLAUSES.split(around) if c.strip(" ◇")]
    said = [c for c in clauses if words.ORDERED.search(c)]
    if len(clauses) < 2 or len(said) != 1:
        return None
    possible = {(f.name, f.more) for f in _possible([Likely(*k, 0.0) for k in _ORDERS], around, takes, of_runs=of_runs)}
    first = _possible(likeness.known().likeliest(said[0]), said[0], takes, of_runs=of_runs)[0]
    return first if first.score >= _ORDERED and (first.name, first.more) in possible else None


def _is_of_another(one: Likely, around: str) -> bool:
    """Whether only the word of something else was said: `吵死了，先认领` silences nothing."""
    if one.name not in words.OWN or not _changes(one) or words.OWN[one.name].search(around):
        return False
    return any(words.OWN[other].search(around) for other in words.OWN if other != "watch")


def _is_named(one: Likely, other: Likely, around: str) -> bool:
    """Whether the very word of one was said and none of the other's: `先静音吧，在修了`."""
    if one.name not in words.OWN or other.name not in words.OWN or one.name == other.name:
        return False
    return words.OWN[one.name].search(around) is not None and words.OWN[other.name].search(around) is None


def _possible(found: Sequence[Likely], around: str, takes: Mapping[str, Takes], *, of_runs: bool) -> list[Likely]:
    """What can be meant by a text with these words in it, the likeliest first."""
    found = [f for f in found if (not of_runs or _is_of_runs(f, takes)) and _has_its_word(f, around)]
    if words.DIGEST.search(around) and not of_runs:  # `日报恢复吧`: no alert
        found = [f for f in found if f.name in ("digest", "help", "card", TALK)]
    if words.ASKED_ABOUT.search(around):  # `谁静音的`, `为什么没静音`: about what was done, or would be
        found = [f for f in found if not _changes(f)]
    elif words.KEPT.search(around):  # `先别取消静音`
        found = [f for f in found if not _ends(f) and f.name not in _FORBIDDEN]
    elif words.OF_OTHERS.search(around):  # `小王认领了`; but `小王说崩了，帮他盯着` is to be watched
        found = [f for f in found if not _is_put_off(f)]
    elif words.DIGEST_KEPT.search(around):
        found = [f for f in found if f.name != "digest" or not _changes(f)]
    elif words.FORBIDDEN.search(around):  # `先别静音`, `这不是误报`
        found = [f for f in found if f.name not in _FORBIDDEN or f.more == "undo"]
    elif words.CALLED_OFF.search(around):
        found = [f for f in found if f.name not in _BEGINS or f.more]
    elif words.QUESTION.search(around) and not words.NOTED.search(around):  # `成功率 65% 是不是低了`
        found = [f for f in found if f.name != "note"]
    return found


def _has_its_word(one: Likely, around: str) -> bool:
    """Not to silence, to take or to end anything for which no word was said."""
    if one.name == "watch":  # `又崩了就静音`: not to be watched
        acts = (words.OWN[name] for name in _FORBIDDEN)
        return not any(pattern.search(around) for pattern in (words.NOT_WATCHED, *acts))
    if one.name == "mute" and words.NOT_WATCHED.search(around) and not words.NOISE.search(around):
        return False  # `先别盯` silences nothing
    if one.name == "ack" and (words.HAS_BEEN.search(around) or words.NOT_MINE.search(around)):
        return False
    return all(pattern.search(around) for pattern in _NEEDS.get(f"{one.name} {one.more}".strip(), ()))


def _is_hedged(one: Likely, around: str) -> bool:
    """Whether something is not to be done now, or not by these words: asked back, since it may be wanted."""
    if words.LATER.search(around) or words.ON_CONDITION.search(around):
        return True
    if words.HEARSAY.search(around):  # but `导师说是误报，标上吧` ends with what is wanted
        return not words.ORDER_AT_LAST.search(around)
    if one.name == "unwatch" and words.NOT_WATCHED_YET.search(around):
        return True
    if one.more == "undo":
        return not words.TAKEN_BACK.search(around)  # `不是误报`: of a mark that stands, or against what others think
    return words.FORBIDDEN.search(around) is not None and one.name == "unmute" and not words.NO_MORE.search(around)


def _is_put_off(one: Likely) -> bool:
    """What is not meant to wait for anything: who says when, or if, does not want it now."""
    return _changes(one) and one.name not in ("watch", "note") and one.more != "on"


def _ends(one: Likely) -> bool:
    """Whether something is ended that was begun before."""
    return one.name in ("unmute", "unwatch") or one.more in ("undo", "off")


def _is_of_runs(one: Likely, takes: Mapping[str, Takes]) -> bool:
    return one.name in ("card", "threshold", "quiet") or takes.get(one.name, "nothing") != "nothing"


def _changes(one: Likely) -> bool:
    return one.name in (*ACTS, "note") or (one.name in ("digest", "threshold") and one.more in ("on", "off"))
