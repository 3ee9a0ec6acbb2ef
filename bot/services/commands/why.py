"""The command that explains one finding: what was tested, on which numbers, and what would clear it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis.diagnoses.configure import rules
from analysis.model import Finding, Severity
from bot.chats import Inbound
from bot.render import answers
from bot.render import why as pages
from bot.services.commands.command import Answer
from bot.services.commands.targets import incident, number, run_ref
from bot.services.context import Context
from bot.services.refusals import RefusedError

_N = re.compile(r"^(.*?)\s+[#＃第]?\s*(\d{1,2})\s*(?:条|个|号)?$")


@dataclass(frozen=True, slots=True)
class Why:
    """`target`: a run as typed, or the number of an alert. `n`: which finding of the run's card, from 1."""

    target: str
    n: int = 1


def parse_why(rest: str) -> Why:
    if not rest:
        raise ValueError("没说是哪个 run、第几条")
    found = _N.match(rest)
    if found and found[1] and number(rest) is None:
        return Why(found[1], max(1, int(found[2])))
    return Why(rest)


def why(context: Context, inbound: Inbound, command: Why) -> Answer:
    n = number(command.target)
    identity = None
    if n is not None:
        ref, one = incident(context, inbound.address, n)
        identity = one.identity
    else:
        ref = run_ref(context, inbound.address, command.target)
    run = context.runs.beside_peers(context.runs.asked(ref))
    report = context.runs.report(run, inbound.address)
    told = list(report.open_findings())
    if identity is not None:
        finding = next((f for f in report.findings if (f.id, *f.metrics[:1]) == tuple(filter(None, identity))), None)
        if finding is None:
            raise RefusedError(f"#{n} 现在的数据里已经看不到了，看诊断发 /curve {ref}")
    else:
        grave = [f for f in told if f.severity >= Severity.WARNING] or told
        if not grave:
            return Answer(answers.sentence(f"{run.name} 没有报出问题，没什么要解释的"))
        if command.n > len(grave):
            raise RefusedError(f"{run.name} 的诊断只有 {len(grave)} 条，没有第 {command.n} 条")
        finding = grave[command.n - 1]
    return Answer(pages.why(report, finding, *_rule(context, inbound, ref, finding)), about=run.ref)


def _rule(context: Context, inbound: Inbound, ref: str, finding: Finding) -> tuple[dict[str, object], str, str]:
    """The rule with its thresholds in force; what clears it, what else it may be."""
    in_force = context.runs.diagnoses(ref, inbound.address)
    rule = next(d for d in in_force if d.id == finding.id)
    return rules([rule])[0], rule.clears, rule.mistaken_for
