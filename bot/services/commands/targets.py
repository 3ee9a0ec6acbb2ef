"""What a command about alerts is about: one alert by its number, a rule, or a run."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.diagnoses.configure import rules
from analysis.scan.diagnosis import Diagnosis
from bot.address import Address
from bot.alerts.incident import Incident
from bot.services import glances
from bot.services.context import Context
from bot.services.refusals import RefusedError
from bot.services.rules import threshold

OWN = "threshold:"  # begins the id of a channel's own threshold
_NUMBER = re.compile(r"[#＃第]?\s*(\d{1,6})\s*(?:号|条|个)?(?:告警)?")


@dataclass(frozen=True, slots=True)
class Target:
    """One of: an incident with its run, a rule, a run. `name`: how an answer calls it."""

    name: str
    ref: str | None = None
    incident: Incident | None = None
    rule: str | None = None


def number(text: str) -> int | None:
    """`12`, `#12`, `第 12 条` -> 12; None: it is no number of an alert."""
    found = _NUMBER.fullmatch(text.strip())
    return int(found[1]) if found else None


def numbers(text: str) -> list[int]:
    """`12`, `1,2`, `#1、#2` -> each of them; empty: they are no numbers of alerts."""
    found = [number(part) for part in re.split(r"[,，、]", text)]
    return [n for n in found if n is not None] if None not in found else []


def incident(context: Context, address: Address, n: int) -> tuple[str, Incident]:
    """The run and the incident of a number. Raises RefusedError."""
    found = context.store.decisions.incident(address, n)
    if found is None or not context.may_show(address, found[0]):
        raise RefusedError(f"这里没有 #{n} 这条告警，未结的见 /curve alerts")
    return found


def targets(context: Context, address: Address, text: str) -> list[Target]:
    """What a text names here, of several numbers each. Raises as `target`."""
    numbered = [str(n) for n in numbers(text)]
    return [target(context, address, one) for one in numbered or [text]]


def target(context: Context, address: Address, text: str) -> Target:
    """What a text names here. Nothing is read. Raises RefusedError, ValueError."""
    n = number(text)
    if n is not None:
        ref, found = incident(context, address, n)
        return Target(f"#{n} {found.words.title}", ref, found)
    in_force = rules([*context.settings.diagnoses, *channel_rules(context, address)])
    known = {name.lower(): rule for rule in in_force for name in (rule["title"], rule["id"], _bare(rule["id"]))}
    if text.lower() in known:
        rule = known[text.lower()]
        title = "" if rule["id"].startswith(OWN) else f" {rule['title']}"
        return Target(f"{_bare(rule['id'])}{title}", rule=rule["id"])
    ref = run_ref(context, address, text)
    watches = [w for w in context.watches(address) if w.kind == "run"]
    here = [w for w in watches if w.ref == ref]
    if not here:
        names = [name for w in watches for name in glances.names(w)]
        near = difflib.get_close_matches(text, [*names, *known], n=1, cutoff=0.6)
        hint = f"是不是 {near[0]}？" if near else "关注着哪些见 /curve list，规则见 /curve rules"
        raise RefusedError(f"{text} 不是这里关注的 run，也不是规则或告警编号，{hint}")
    return Target(glances.title(here[0]), ref=ref)


def channel_rules(context: Context, address: Address) -> list[Diagnosis]:
    """The thresholds of a channel that are in force."""
    return [threshold(r) for r in context.store.decisions.rules(address) if r.active]


def _bare(rule: str) -> str:
    """A threshold as people call it: without what tells it from a diagnosis."""
    return rule.removeprefix(OWN)


def run_ref(context: Context, address: Address, text: str) -> str:
    """The reference of a run: one that is watched here by any of its names, or what the text means."""
    found = {w.ref for w in context.watches(address) if w.kind == "run" and text in glances.names(w)}
    return found.pop() if len(found) == 1 else context.runs.canonical(text)


def open_here(context: Context, address: Address, ref: str) -> list[Incident]:
    """The incidents of a run that this channel was told of and that are not over, as numbered."""
    return [i for of, i in told_here(context, address) if of == ref]


def told_here(context: Context, address: Address) -> list[tuple[str, Incident]]:
    """The incidents that this channel was told of and that are not over, with their runs, as numbered."""
    told = [(w.ref, i) for w, i in context.incidents_at(address) if i.number is not None]
    return sorted(told, key=lambda pair: pair[1].number or 0)


def the_only(found: Sequence[tuple[str, Incident]], what: str, usage: str) -> tuple[str, Incident]:
    """The one that is meant by somebody who names none. Raises RefusedError when there are several, or none."""
    if not found:
        raise RefusedError(f"这里没有{what}")
    if len(found) > 1:
        many = "、".join(f"#{i.number} {i.words.title}" for _, i in found[:5])
        example = usage.replace("<n>", str(found[0][1].number))
        raise RefusedError(f"这里有 {len(found)} 条{what}（{many}），说一下是哪条，例如 /curve {example}")
    return found[0]
