"""The watches and digests of the configuration file become rows, beside those made in chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.address import Address
from bot.settings import Configuration, SettingsError
from bot.sources import Source
from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class Configured:
    """A watch of the configuration file."""

    address: Address
    ref: str
    kind: Literal["run", "filter"]
    interval_s: float


def configured(config: Configuration, source: Source) -> list[Configured]:
    """The watches of the configuration file. Raises SettingsError naming every entry that is no run or filter."""
    found: list[Configured] = []
    mistakes: list[str] = []
    for n, entry in enumerate(config.watch.runs):
        kind: Literal["run", "filter"] = "run" if entry.filter is None else "filter"
        try:
            if entry.filter is None:
                ref = source.canonical(entry.run or "")
            elif (filter_ := source.filter(entry.filter)) is not None:
                ref = str(filter_)
            else:
                raise ValueError(f"“{entry.filter}”不是筛选条件，写法例如 team/robot?tag=prod")
        except ValueError as error:
            mistakes.append(f"watch.runs[{n}].{kind}：{error}")
            continue
        if not config.access.allows_ref(ref):
            mistakes.append(f"watch.runs[{n}].{kind}：access.projects 不允许 {ref}")
        mistakes += [
            f"watch.runs[{n}].to[{k}]：access 没有开通 {address}"
            for k, address in enumerate(entry.to)
            if not config.access.allows_channel(address)
        ]
        interval_s = entry.interval or config.watch.interval
        found += [Configured(address, ref, kind, interval_s) for address in entry.to]
    if mistakes:
        raise SettingsError(mistakes)
    return found


def adopt(config: Configuration, source: Source, store: Store, now: float) -> None:
    """Makes rows of them, and forgets those that the file no longer has. Raises SettingsError as `configured`."""
    wanted = configured(config, source)
    for w in wanted:
        store.add_watch(w.address, w.ref, kind=w.kind, interval_s=w.interval_s, now=now, origin="config")
    kept = {(w.address, w.ref) for w in wanted}
    for old in set(store.configured()) - kept:
        store.remove_watch(*old)
    zone = str(config.timezone)
    for plan in config.digests:
        at = plan.at.strftime("%H:%M")
        store.digests.set(plan.to, at=at, days=plan.days, timezone=zone, origin="config", now=now)
    for d in store.digests.all():
        if d.origin == "config" and d.address not in {plan.to for plan in config.digests}:
            store.digests.remove(d.address)
