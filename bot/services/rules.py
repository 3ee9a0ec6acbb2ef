"""The rules in force for one run in one channel: what the configuration says, and what people decided since. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from analysis.diagnoses.custom import Threshold
from analysis.scan.diagnosis import Diagnosis
from bot.store.decisions import Rule, Tuning


def scope_of(ref: str) -> str:
    """The project of a run, for which rules are made less sensitive; a run that belongs to none stands for itself."""
    parts = ref.split("/")
    return "/".join(parts[:2]) if len(parts) == 3 and all(parts) else ref


def in_force(base: Sequence[Diagnosis], tunings: Sequence[Tuning], rules: Sequence[Rule]) -> tuple[Diagnosis, ...]:
    """`base` with the tunings of a project applied, then the channel's thresholds. Of one field the newest counts; one
    that this version no longer has is left out.
    """
    changed = {d.id: d for d in base}
    for t in tunings:
        rule = changed.get(t.diagnosis)
        if rule is not None and dataclasses.is_dataclass(rule):
            known = {f.name for f in dataclasses.fields(rule)} & t.fields.keys()
            changed[t.diagnosis] = dataclasses.replace(rule, **{name: t.fields[name] for name in known})
    taken = set(changed)
    own = [d for r in rules if (d := threshold(r)).id not in taken]
    return (*changed.values(), *own)


def threshold(rule: Rule) -> Threshold:
    """A channel's rule as a diagnosis."""
    return Threshold(name=rule.id, metric=rule.metric, limit=rule.limit, side=rule.side, points=rule.points)
