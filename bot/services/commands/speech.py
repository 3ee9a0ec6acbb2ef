"""What somebody said -> a command's name and what stands behind it. Pure.

Three readings, the strictest first: a command as documents show it (`watch <run> every 5m`); a slip of one (`wach x`),
which is never run, only asked about; and plain speech, in which a run is found wherever it stands
(bot.sources.spotting) and a command by the examples that the sentence is like (`wishes`). A run alone is asked for its
diagnosis, two for a comparison; with neither run nor command the answer is one line of help. In the thread under a card
the run is known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from bot.services.commands import amounts, grammar, words
from bot.services.commands.command import EXAMPLE_RUN, Takes
from bot.services.commands.wishes import ACTS, CARD, TALK, Wish, wish
from bot.services.refusals import UsageError
from bot.sources import spotting
from bot.sources.spotting import Spot

_LONGEST = 4000  # characters that are read: of a pasted log more would only take time
# What nobody says but pastes: of a key or a row of dashes the beginning will do, since patterns take long over it.
_HEAP = re.compile(r"([\w.+=-]{256})[\w.+=-]+|((.)\3{63})\3+", re.ASCII)
HINT = "hint"  # the name of the line of help, which is no word
ASK = "ask"  # of the question whether a command, one a line behind it, is meant; no word either
_PLAIN_WORD = re.compile(r"(?<![\w./-])[A-Za-z][\w.+=-]*(?![\w/])", re.ASCII)
_KEY = re.compile(r"(?<![\w/.-])[A-Za-z][\w./-]*", re.ASCII)  # of a metric
_NO_KEYS = frozenset({"threshold", "thresholds", "the", "that", "this", "please", "pls", "delete", "drop", "on"})
_SLASHED = re.compile(r"[/\\]([a-z]{2,12})(?:\s+(.*))?$", re.IGNORECASE)
_BETWEEN_RUNS = re.compile(
    r"\b(?:with|and|vs|to|versus)\b\.?|[，,、;；&]|(?<!\w)[和跟与同](?!\w)|[和跟与](?=[\w◇ ])", re.IGNORECASE
)
_BEFORE_RUN = re.compile(r"[到在给]\s*[\w◇]", re.IGNORECASE)  # `记到 64wxlc3y 上`
_CONSOLE = re.compile(r"\s*(?:wandb|swanlab)\s*:\s", re.IGNORECASE)
_BEHIND_RUN = re.compile(r"^(?:的|上(?=[\s:：,，])|[:：,，])+")  # of `记到 64wxlc3y 上：…`, before the note itself
_ONE_RUN = ("watch", "unwatch", "full")  # of several they would leave out all but one
_ABOUT_SEVERAL = (CARD, "compare", "why")
_ASKS = 0.6  # as much as no name with a Chinese word in it
_SAID = 0.85  # as much as an example itself: of a single word less means that it is a name
_TELLS = ("threshold", "watch", "quiet", "alerts")  # with a limit (`loss 超过 5`) they all mean: tell me then


@dataclass(frozen=True, slots=True)
class Said:
    """A command by its name, and what stands behind its word."""

    name: str
    rest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words of the commands, and what is known where somebody speaks."""

    words: Mapping[str, str]  # in lower case -> name of the command
    takes: Mapping[str, Takes]  # name -> what stands behind its word
    near: Callable[[str], str | None]  # a word that is none -> the one that may have been meant
    typed: Callable[[str], str]  # a word -> its command, as an example
    rules: Collection[str]  # ids of diagnoses
    run: str | None  # the run of the thread
    names: Mapping[str, str]  # of the runs that this channel watches -> what each means
    alert: str | None = None  # the number of the alert that is quoted above what is said, or whose thread it is

    def name_of(self, word: str) -> str | None:
        """The command of a word."""
        return self.words.get(word.lower()) if word else None

    def taken(self, name: str | None) -> Takes:
        return self.takes.get(name, "nothing") if name is not None else "nothing"


def understand(text: str, known: Vocabulary) -> Said:
    """Raises UsageError: a slip of a command, or several runs where one is meant."""
    own, quoted = _unquoted(_without_console(_shortened(text)))
    plain = _on_one_line(own)
    named = amounts.numbered(amounts.without(plain)) is not None
    known = replace(known, alert=None if named else amounts.quoted(quoted) or _alert_of_thread(plain, known))
    if not any(c.isalnum() for c in plain) and not quoted:
        return Said("help" if not plain or "?" in plain else HINT)
    word, rest = grammar.first_word(plain, known.words)
    name = known.name_of(word)
    if name is not None:
        if name != "note":
            rest = words.COURTESY.sub("", rest)
        said = _as_documented(name, word, rest, known)
        if said is not None:
            return said
    elif not (word.startswith("alert") and amounts.is_of_alert(plain)):
        _refuse_a_slip(plain, word, rest, known)
    found = spotting.spots(plain, known.names)
    if quoted and all(s.kind == "name" for s in found):
        context = [s for s in spotting.spots(_on_one_line(quoted), known.names) if s.kind == "run"]
        if context:
            asked = wish(plain, known.takes, of_runs=True)
            return _sure(asked, lambda one: _about_runs(one, plain, context, plain, known), known)
    return _in_plain_speech(plain, found, known)


def is_bare(text: str, known: Vocabulary) -> bool:
    """Whether it is a command's word about a run and no more than belongs to it: meant for the bot, no chatter."""
    word, rest = grammar.first_word(_on_one_line(_shortened(text)), known.words)
    if known.taken(known.name_of(word)) == "nothing":
        return False
    found = [s for s in spotting.spots(rest) if s.kind == "run"]
    left = amounts.without(spotting.blanked(rest, found, ""))
    return re.fullmatch(r"[\d\s,，、和跟与]*", left) is not None


def _shortened(text: str) -> str:
    return _HEAP.sub(lambda match: match[1] or match[2], text[:_LONGEST])


def _alert_of_thread(plain: str, known: Vocabulary) -> str | None:
    """The alert in whose thread somebody speaks, unless a run or a rule is named."""
    other = known.alert is None or words.WHOLE_RUN.search(plain) or _rule(plain, known)
    return None if other or spotting.spots(plain, known.names) else known.alert


def _without_console(text: str) -> str:
    """Of what a tracker prints (`wandb: 🚀 View run at …`) only the links to runs: nobody has said the rest."""
    lines = (
        " ".join(s.text for s in spotting.spots(line) if s.kind == "run") if _CONSOLE.match(line) else line
        for line in text.splitlines()
    )
    return "\n".join(lines)


def _on_one_line(text: str) -> str:
    return re.sub(r"\s+", " ", grammar.plain(text)).strip().rstrip("~～ ")


def _unquoted(text: str) -> tuple[str, str]:
    """What somebody wrote, and the lines of others that they quote (`> …`). All quoted: it is their own."""
    lines = text.splitlines()
    quoted = [line.lstrip("> ") for line in lines if line.lstrip().startswith(">")]
    own = [line for line in lines if not line.lstrip().startswith(">")]
    if not "".join(own).strip():
        return "\n".join(quoted), ""
    return "\n".join(own), "\n".join(quoted)


# a command as documents show it


def _as_documented(name: str, word: str, rest: str, known: Vocabulary) -> Said | None:
    """The command a text begins with; None when it only begins like one (`help me with 64wxlc3y`)."""
    takes, found = known.takes[name], spotting.spots(rest, known.names)
    sure = [s for s in found if s.kind != "name"]
    if takes == "nothing":
        return _without_run(name, word, rest, sure, known)
    if rest.lower().partition(" ")[0] in known.words:  # `watch list`
        return None
    if takes == "runs":
        several = sum(s.kind == "run" for s in found) > 1
        last = wish(f"{word} {rest}", known.takes).more == "last"
        typed_out = not several and known.run is None and (rest.isascii() or not last)
        return Said(name, rest if typed_out else " ".join(_compared(rest, found, known, last=last)))
    if name == "why" and known.run is None and re.fullmatch(r"#?\d{1,6}", rest):  # the number of an alert
        return Said(name, rest)
    if name == "why" and (number := amounts.alert_alone(rest)) is not None:  # in a thread that of a finding
        return Said(name, f"{known.run or ''} {number}".strip())
    if name == "note":
        return Said(name, _note(rest, found, known))
    if takes == "incident":
        return _about_alert(name, word, rest, found, known)
    if not rest:
        return Said(name, (known.alert if name == "why" else None) or known.run or "")
    if known.run is not None and name in _ONE_RUN and _is_talk(rest, known):  # `取关 知道了`
        return Said(name, _about(name, rest, _target(found, known) or known.run, known))
    if _is_one_reference(name, rest, sure):
        first, _, tail = rest.partition(" ")
        how = _how_watched(tail) or tail if name == "watch" else tail
        return Said(name, f"{known.names.get(first, first)} {how}".strip())
    if len(sure) > 1:
        return None if name in _ABOUT_SEVERAL else _refuse_several(word, known)  # `为什么 r1 比 r2 差`
    target = _target(found, known) or _name_right_behind(rest) or known.run
    if target is None and name == "why" and not words.CHATTER.match(rest):
        return None  # `为什么 loss 会突然变大`: a question, but not about a run
    return Said(name, _about(name, rest, target, known))


def _without_run(name: str, word: str, rest: str, sure: Sequence[Spot], known: Vocabulary) -> Said | None:
    """Of what takes no run; None where more is said than it takes."""
    if name in ("help", "list", "alerts", "rules") and (
        sure or known.taken(wish(rest, known.takes).name) == "incident"
    ):
        return None
    of = (known.name_of(w) or known.name_of(w.removesuffix("s")) for w in rest.lower().split())
    other = next((n for n in of if n in ("rules", "alerts", "threshold")), None) if name == "list" else None
    if other is not None:  # `list all rules`
        return Said(other)
    if name == "alerts" and re.match(r"#?\d+\s*[^\d\s]", rest):  # `告警 12 怎么触发的`
        return None
    if name == "quiet" and amounts.silence(rest):  # `quiet for 45 min`
        return None
    if name == "digest" and not rest.isascii():
        asked = wish(f"{word} {rest}", known.takes)
        return Said(name, amounts.digest(rest, asked.more if asked.name == name else "") or rest)
    return Said(name, rest)


def _refuse_several(word: str, known: Vocabulary) -> NoReturn:
    raise UsageError(f"{word} 一次只说一个 run，请分开发，例如 {known.typed(word)}")


def _about_alert(name: str, word: str, rest: str, found: Sequence[Spot], known: Vocabulary) -> Said | None:
    if _is_typed_out(rest):
        return Said(name, rest)
    talked = wish(f"{word} {rest}", known.takes)
    if talked.nearly or words.ASKED_ABOUT.search(rest) or words.OF_OTHERS.search(rest):
        return None  # `静音 3 号了吗`
    return Said(name, _incident(name, rest, found, known, talked.more))


def _is_one_reference(name: str, rest: str, sure: Sequence[Spot]) -> bool:
    """`act-uot`, `team/robot?tag=x`, `r1 every 5m`: nothing but what the command takes."""
    first, _, tail = rest.partition(" ")
    if tail and not (name == "watch" and re.match(r"every\b|每|end$", tail, re.IGNORECASE)):
        return False
    if len(sure) > 1 or (sure and sure[0].end - sure[0].start != len(first)):
        return False
    amount = not amounts.without(first).strip() or (name == "why" and first.isdigit())
    return not amount and not words.CHATTER.match(first)


def _is_talk(rest: str, known: Vocabulary) -> bool:
    """Whether what follows a command tells how, when or why, and names nothing."""
    if rest.isascii() or rest.partition(" ")[0] in known.names:
        return False
    said = words.SENTENCE.search(rest) or words.AT_END.search(rest) or words.THANKS.search(rest)
    return said is not None or amounts.every(rest) != ""


def _is_typed_out(rest: str) -> bool:
    """`12 2h`, `grad-spike tomorrow`, `12 undo`: as documents show it, so that what is wrong in it can be said."""
    said = rest.split()
    talk = any(words.CHATTER.match(w) or w.lower() in ("for", "until", "is") for w in said)
    return 1 <= len(said) <= 2 and rest.isascii() and not talk and bool(amounts.without(said[0]).strip())


def _name_right_behind(rest: str) -> str | None:
    """`act-uot 吧`, `r1 2`: the word right behind a command, when whatever follows is chatter or an amount."""
    left = words.AT_END.sub(" ", amounts.NTH.sub(" ", rest))
    said = [w for w in left.split() if not words.CHATTER.match(w) and amounts.without(w).strip("0123456789 ")]
    return said[0] if len(said) == 1 and said[0].isascii() and rest.startswith(said[0]) else None


# a slip of one


def _refuse_a_slip(plain: str, word: str, rest: str, known: Vocabulary) -> None:
    """Raises UsageError when somebody meant a command and mistyped it: nothing is run that was only guessed."""
    slashed = _SLASHED.match(plain)
    if slashed is not None:
        typed = slashed[1]
        if _is_slip(typed.lower(), "curve"):
            raise UsageError(f"没有 /{typed} 这个命令，是不是 /curve？例如 /curve {slashed[2] or EXAMPLE_RUN}")
        word = typed
    near = known.near(word) if word.isalpha() and word not in known.names else None
    more = word.replace(near, "", 1) if near is not None and near in word else ""
    longer = near is not None and not near.isascii() and more not in ("", *near)  # `又误报`, but not `误报报`
    if near is not None and word.startswith(near) and not word.isascii() and near.isascii():  # `unwatch一下`
        return
    said = words.EVERYTHING.sub("", word.rstrip("下吧呗哈啊的了呀嘛"))  # `关注下`, `取消所有静音`
    if longer or (near is not None and said == near):  # `完整报告发一下`
        return
    if near is not None and not word.isascii():
        asked = wish(plain, known.takes)
        if asked.sure and asked.score >= _SAID and asked.name == known.words[near]:  # `为啥没报`, as it is said too
            return
    names = all(re.search(r"[\d/_-]", w) for w in rest.split())
    if near is None or not (len(rest.split()) < 2 or names or spotting.spots(rest)):
        return
    example = known.typed(near) if rest or known.taken(known.words[near]) != "nothing" else f"/curve {near}"
    perhaps_a_name = "" if rest or slashed is not None else f"；真有叫 {word} 的 run，就加上引号：“{word}”"
    raise UsageError(f"没有“{word}”这个命令，是不是 {near}？例如 {example}{perhaps_a_name}")


def _is_slip(typed: str, meant: str) -> bool:
    """One letter too many, too few or another, or two that changed places."""
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    if len(typed) == len(meant):
        differ = [n for n, (a, b) in enumerate(zip(typed, meant, strict=True)) if a != b]
        swapped = len(differ) == 2 and differ[1] == differ[0] + 1 and sorted(typed) == sorted(meant)
        return len(differ) == 1 or swapped
    short, long = sorted((typed, meant), key=len)
    return any(long[:n] + long[n + 1 :] == short for n in range(len(long)))


# plain speech


def _in_plain_speech(plain: str, found: Sequence[Spot], known: Vocabulary) -> Said:
    runs, filters, names = ([s for s in found if s.kind == kind] for kind in ("run", "filter", "name"))
    if len(found) == len(names) == 1 and names[0].end - names[0].start == len(plain):
        return Said(CARD, names[0].text)
    nth = amounts.nth_alone(plain) if known.run is not None and not plain.isascii() else None
    if nth is not None:
        return Said("why", f"{known.run} {nth}")
    # What may be a name is left in: it may as well be what is asked for.
    around = spotting.blanked(plain, [*runs, *filters]).strip()
    asked = wish(around, known.takes, of_runs=bool(runs))
    return _sure(asked, lambda one: _as_asked(one, around, found, plain, known), known)


def _sure(asked: Wish, said: Callable[[Wish], Said], known: Vocabulary) -> Said:
    """What is said, or the question whether it is: nothing is done that was only guessed. Raises UsageError."""
    if not asked.nearly:
        return said(asked)
    limit = said(replace(asked, nearly=()))
    if limit.name == "threshold":  # is asked about by itself
        return limit
    wishes = [Wish(n.name, n.more, True, n.score) for n in asked.nearly if n.name in known.takes]
    meant = list(dict.fromkeys(said(one) for one in wishes))
    if len(wishes) > 1 and len(meant) == 1:  # whichever of them is meant
        return meant[0]
    asked_about = [one for one in meant if one.name and one.name in known.takes]
    if not asked_about:
        return meant[0] if meant else Said(HINT)
    return Said(ASK, "\n".join(f"{one.name} {one.rest}".strip() for one in asked_about))


def _as_asked(asked: Wish, around: str, found: Sequence[Spot], plain: str, known: Vocabulary) -> Said:
    runs, filters, names = ([s for s in found if s.kind == kind] for kind in ("run", "filter", "name"))
    project = spotting.project(plain) if not runs and not filters else None
    if runs:
        return _about_runs(asked, around, runs, plain, known)
    if project is not None and asked.name in ("watch", "unwatch"):
        return Said(asked.name, _about(asked.name, plain, project, known))
    if filters:  # they can be watched; for anything else whoever reads them says what is missing
        name = asked.name if asked.name in ("watch", "unwatch") else CARD
        return Said(name, _about(name, plain, filters[0].text, known))
    acts = asked.sure and asked.name in ACTS and (not plain.isascii() or amounts.numbered(plain))  # `第2条静音`
    asks = asked.score >= _ASKS or words.QUESTION.search(plain) is not None  # `日报改8点半`, `lr多少`
    # `mine` where no run is known: the name of one, since an alert would be told by its number
    unsaid = asked.name in ACTS and known.run is None and plain.isascii() and not words.JARGON.search(plain)
    told = asked.score >= _SAID and not unsaid
    word = None if acts or told or (asks and not plain.isascii()) else _bare_word(plain)
    if word is not None and known.run is not None and words.ASPECT.search(word):
        return Said(CARD, known.run)
    if word is not None:
        return Said(CARD, word)
    several = [s.text for s in names if s.text not in known.rules and " " not in s.text]
    if len(several) > 1 and asked.sure and asked.name == "compare" and not asked.more:
        return Said("compare", " ".join(several))
    limit = asked.name in _TELLS and amounts.threshold(plain)  # of a metric, no run
    named = None if limit else _perhaps_named(asked, plain, around, names, known)
    if named is not None:
        return _about_runs(asked, around.replace(named, "◇"), [Spot(0, 0, named)], plain, known)
    return Said(HINT) if _is_refusal(asked, plain) else _about_nothing(asked, around, plain, known)


def _about_runs(asked: Wish, around: str, runs: Sequence[Spot], plain: str, known: Vocabulary) -> Said:
    first, several = runs[0].text, len(runs) > 1
    limit = amounts.threshold(around.replace("◇", " ")) if asked.name in _TELLS else ""
    if limit:
        return Said("threshold", f"{limit} on {first}")
    if _is_refusal(asked, around):  # `64wxlc3y 别取关`
        return Said(HINT)
    if asked.sure and asked.name == "quiet" and words.NOT_TOLD.search(around):  # `怎么没数据` is no silence of ours
        return Said(asked.name)
    way = asked.name if asked.sure and known.taken(asked.name) != "nothing" else CARD
    if several and way in _ABOUT_SEVERAL:
        compared = [s.text for s in runs]
        if known.run is not None and known.run not in compared and words.BESIDES.search(around):
            compared = [known.run, *compared]
        return Said("compare", " ".join(compared))
    if several and way in _ONE_RUN:
        raise UsageError(f"{way} 一次只说一个 run，请分开发，例如 /curve {way} {first}")
    if way == CARD and not several and known.run not in (None, first) and words.BESIDE.search(around):
        way = "compare"
    if amounts.NTH.search(around) and way in (CARD, "full"):
        way = "why"
    if way == "compare":
        other = known.run is not None and known.run != first
        return Said(way, f"{known.run} {first}" if other else f"{first} {asked.more}".strip())
    if way == "note":
        text = _behind_note(plain)
        if known.run is not None and text.find(first) > 0 and not _BEFORE_RUN.match(text):
            return Said("note", f"{known.run} {text}")  # `备注：从 64wxlc3y 接着训的`
        return Said("note", _note(text, spotting.spots(text, known.names), replace(known, run=first)))
    if known.taken(way) == "incident":
        return Said(way, _incident(way, plain, runs, replace(known, run=first), asked.more))
    return Said(way, _about(way, around, first, known))


def _is_refusal(asked: Wish, plain: str) -> bool:
    """Whether nothing is said but that something is not to be done."""
    reads = not asked.sure or asked.name in (CARD, TALK)
    return reads and words.is_refused(plain) and not words.QUESTION.search(plain)


def _about_nothing(asked: Wish, around: str, plain: str, known: Vocabulary) -> Said:
    """No run is named. In the thread of one it is that; elsewhere only what needs none, or the word for what does."""
    name, more = asked.name, asked.more
    limit = amounts.threshold(plain) if name in _TELLS and more != "off" else ""
    if limit:
        return Said("threshold", limit)
    if name == "threshold" and more == "off" and asked.sure:
        return Said(name, _threshold_to_drop(plain))
    rule = _rule(plain, known)
    if rule is not None and name in (CARD, "why") and known.run is None:
        return Said("rules", rule)
    if (
        known.run is not None and name in (TALK, "help", "rules") and amounts.NTH.search(plain)
    ):  # `第二条也是这个原因吗`
        return Said("why", _about("why", around, known.run, known))
    if not asked.sure or name == TALK:
        return _unsure(asked, around, plain, known)
    if name == "why" and known.run is None and (alert := amounts.numbered(amounts.without(plain))):
        return Said(name, alert.partition(",")[0])  # `21 为啥报的`
    if name == "digest":
        return Said(name, amounts.digest(around, more))
    if name == "rules":
        return Said(name, rule or "")
    if name != CARD and known.taken(name) == "nothing":
        return Said(name)
    if known.run is not None:
        return _in_thread(asked, around, plain, known.run, known)
    if name in ACTS:
        return _act_on_nothing(name, plain, known, more)
    if name != CARD and len(plain) <= 8:  # said of a run, but of which?
        return Said(name)
    return Said(HINT, _opening(plain))


def _unsure(asked: Wish, around: str, plain: str, known: Vocabulary) -> Said:
    """Of a question in a thread its run is shown; anything else gets the line of help."""
    if asked.sure or known.run is None or not words.QUESTION.search(plain):
        return Said(HINT, _opening(plain))
    name = "why" if amounts.NTH.search(plain) else CARD
    return Said(name, _about(name, around, known.run, known))


def _act_on_nothing(name: str, plain: str, known: Vocabulary, more: str) -> Said:
    """Something is to be done outside any thread, and no run is named. Raises UsageError."""
    if name == "mute" and amounts.is_every_night(plain):
        raise UsageError(
            "免打扰时段请管理员设 alerts.quiet_hours，例如 22:00-08:00；只静音一条告警发 /curve mute 12 tomorrow"
        )
    if name == "unwatch" and words.EVERYTHING.search(plain):
        return Said(ASK, "unwatch all")
    return Said(name, _incident(name, plain, [], known, more) if known.taken(name) == "incident" else "")


def _in_thread(asked: Wish, around: str, plain: str, run: str, known: Vocabulary) -> Said:
    name = "why" if amounts.NTH.search(around) and asked.name in (CARD, "full") else asked.name
    if name == "note":
        return Said(name, _note(_behind_note(plain), [], known))
    if known.taken(name) == "incident":
        return Said(name, _incident(name, around, [], known, asked.more))
    if name == "compare":
        other = _called_in_part(plain, known) or asked.more or ("last" if words.BASELINE.search(plain) else "")
        return Said(name, f"{run} {other}".strip())
    return Said(name, _about(name, around, run, known))


def _called_in_part(plain: str, known: Vocabulary) -> str:
    """The only other run here of whose name a word was said: `跟 base 比` of `pi0-base-v2`; empty without one."""
    said = {w.casefold() for w in _PLAIN_WORD.findall(plain) if not words.JARGON.search(w)}
    others = ((name, ref) for name, ref in known.names.items() if ref != known.run)
    meant = {ref for name, ref in others if said & set(re.split(r"[-_.\s/]+", name.casefold()))}
    return meant.pop() if len(meant) == 1 else ""


def _perhaps_named(asked: Wish, plain: str, around: str, names: Sequence[Spot], known: Vocabulary) -> str | None:
    """What may be the display name of a run, when somebody asks about it and nothing else could be meant."""
    if known.run is not None and asked.sure and asked.name not in (CARD, "compare"):
        return None
    likely = [s.text for s in names if s.text not in known.rules]
    if likely and not asked.sure:  # who asks something about it
        return likely[0] if len(likely) == 1 and words.QUESTION.search(plain) else None
    if likely:
        asks = known.taken(asked.name) != "nothing" and asked.name not in ("why", "note")
        return likely[0] if len(likely) == 1 and asks else None
    if asked.name == "mute" and amounts.numbered(amounts.without(around)) is not None:  # of an alert
        return None
    if asked.sure and asked.name in (*_ONE_RUN, "mute") and not plain.isascii():
        said = [w for w in _PLAIN_WORD.findall(amounts.without(around)) if not words.JARGON.search(w)]
        said = [w for w in said if w.lower() not in known.words]
        return said[0] if len(said) == 1 and len(said[0]) > 2 else None
    match = (words.NAMED.match(plain) or words.CALLED.search(plain)) if asked.name == CARD else None
    name = match[match.lastindex or 0] if match is not None else ""
    return name if name and not words.JARGON.search(name) else None


def _bare_word(plain: str) -> str | None:
    """A single word that nobody would say for anything but a name."""
    if not plain or " " in plain or len(plain) > 128 or words.SMALL_TALK.fullmatch(plain):
        return None
    if (
        re.fullmatch(r"[A-Za-z']+[?]+|.*[^\x00-\x7f]\+1", plain)
        or words.ACTION.search(plain)
        or words.DIGEST.search(plain)
    ):
        return None  # `lunch?`, `周一到周五早9点日报`
    if plain.isascii():
        return plain
    if amounts.NTH.search(plain):  # `展开说说第2条`
        return None
    talk = words.SENTENCE.search(plain) or words.THANKS.search(plain) or words.HELLO.search(plain)
    marked = re.search(r"[A-Za-z0-9（(_-]", plain)
    return plain if marked and not talk and len(plain) <= 24 else None


def _opening(plain: str) -> str:
    """What is said before the line of help, to somebody who only was polite."""
    if words.THANKS.search(plain):
        return "不客气"
    return "你好！" if words.HELLO.search(plain) else ""


# what stands behind a command's word


def _target(found: Sequence[Spot], known: Vocabulary) -> str | None:
    return next((s.text for s in found if s.text not in known.rules), None)


def _about(name: str, around: str, run: str | None, known: Vocabulary) -> str:
    """`<run>`, with the number or the interval that was said with it."""
    more = ""
    if name == "why":
        number = amounts.ordinal(around)
        if number is None and known.alert is not None and run == known.run:
            return known.alert
        more = str(number) if number is not None else ""
    elif name == "watch":
        more = _how_watched(around)
    return " ".join(filter(None, (run or "", more)))


def _how_watched(text: str) -> str:
    """`every 10m`, `end`: what was said of how to watch."""
    return " ".join(filter(None, (amounts.every(text), "end" if words.AT_END.search(text) else "")))


def _incident(name: str, text: str, found: Sequence[Spot], known: Vocabulary, more: str) -> str:
    """`<run|rule|n> [2h]`: what is silenced, taken or called false, and for how long."""
    left = spotting.blanked(text, found)
    when = amounts.silence(left) if name == "mute" else more if name == "wrong" else ""
    untimed = amounts.without(left)
    what = known.alert or _target(found, known) or _rule(left, known) or amounts.numbered(untimed)
    if name == "unmute" and what is None and words.EVERYTHING.search(left):
        return "all"
    if what is None and name in ("mute", "unmute"):
        said = [w for w in untimed.split() if re.fullmatch(r"[\w.+=/:-]+", w, re.ASCII) and not words.CHATTER.match(w)]
        said = [w for w in said if not words.JARGON.search(w) and w.lower() not in known.words]
        # Anywhere but right behind the command a plain word is English, no name: `可以 unmute 了，已经 fix`.
        named = [w for w in said if text.startswith(w) or re.search(r"[\d_./:-]", w)]
        what = named[0] if len(named) == 1 else None
    return " ".join(filter(None, (what or known.run or "", when)))


def _compared(rest: str, found: Sequence[Spot], known: Vocabulary, *, last: bool) -> list[str]:
    """The runs of a comparison; what is no reference counts as a name as long as nothing else is said."""
    texts = [s.text for s in found if s.kind == "run"]
    if last:
        left = [w for w in _BETWEEN_RUNS.sub(" ", rest).split() if w.isascii() and w.lower() != "last"]
        one = (texts or left or [known.run or ""])[0]
        return list(filter(None, (known.names.get(one, one), "last")))
    if len(texts) < 2:
        texts += [s.text for s in found if s.kind == "name" and s.text not in texts]
    others = [w for w in _BETWEEN_RUNS.sub(" ", rest).split() if not words.CHATTER.match(w)]
    if len(texts) < 2 and all(w.isascii() for w in others):
        texts = [known.names.get(w, w) for w in others]
    if len(texts) < 2 and known.run is not None and known.run not in texts:
        texts = [known.run, *texts]
    return texts


def _behind_note(plain: str) -> str:
    """What is to be noted: what stands behind the word that asks for it."""
    behind = words.NOTED.split(plain, maxsplit=1)
    left = grammar.trim(behind[-1]) if len(behind) > 1 else plain
    return left or grammar.trim(behind[0])


def _note(text: str, found: Sequence[Spot], known: Vocabulary) -> str:
    """`<run> <text>`: the text as it was written, without the run."""
    sure = [s for s in found if s.kind != "name"]
    word, _, rest = text.partition(" ")
    if not sure and rest and word in known.names:  # a name too short to be found anywhere but here
        return f"{known.names[word]} {rest}"
    if not sure:
        return f"{known.run or ''} {text}".strip()
    left = re.sub(r"\s+", " ", f"{text[: sure[0].start]} {text[sure[0].end :]}").strip()
    return f"{sure[0].text} {grammar.trim(_BEHIND_RUN.sub('', left))}".strip()


def _threshold_to_drop(plain: str) -> str:
    """`off <number or metric>`; nothing, which lists them, when none is named."""
    said = [w for w in _KEY.findall(plain) if not words.ENDS.search(w) and w.lower() not in _NO_KEYS]
    return f"off {said[0]}" if len(said) == 1 else ""


def _rule(text: str, known: Vocabulary) -> str | None:
    """The id of a diagnosis in a text."""
    said = re.findall(r"(?<![\w-])(?:threshold:)?[a-z][\w-]*", text.lower(), re.ASCII)
    return next((w for w in said if w in known.rules or w.startswith("threshold:")), None)
