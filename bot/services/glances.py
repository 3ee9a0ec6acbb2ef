"""What lists and digests say of a watch: a glance kept by each poll, and what is open. Pure."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from typing import Any

from analysis.figures import duration
from analysis.model import ENDED, Report, Run, Severity
from bot import times
from bot.alerts.incident import Incident
from bot.render import answers
from bot.render import digest as digest_page
from bot.render.card import metric_name
from bot.store.digests import Digest
from bot.store.store import Watch

_DAY_S = 86_400.0
_LATE_S = 60.0
_STATES = {"finished": "已结束", "failed": "已失败", "crashed": "失联", "killed": "已手动终止"}


def glance(run: Run, report: Report, now: float, tz: dt.tzinfo) -> dict[str, Any]:
    """What lists and digests say of a run until the next look, as JSON."""
    metric = digest_page.judge(report)
    values: Sequence[float] = () if metric is None else run.history.columns[metric.key].values.tolist()
    return {
        "after_best": digest_page.after_best(report),
        "metric": "" if metric is None else metric_name(metric),
        "value": None if metric is None else metric.last,
        "curve": digest_page.thinned([x for x in values if math.isfinite(x)]),
        "rows": report.run.rows,
        "last_row_at": report.run.last_row_at,
        "name": report.run.name,
        "state": report.run.state,
        "about": digest_page.about(report.run, tz),
        "best": digest_page.best(report),
        "severity": report.severity.word,
        "seen_at": now,
    }


def watched(watch: Watch, incidents: Sequence[tuple[Watch, Incident]], now: float) -> answers.Watched:
    seen = watch.glance or {}
    problem = watch.last_error or _late(watch, now)
    if watch.kind == "filter":
        about = f"{seen['running']} 个在跑" if "running" in seen else ""
        return answers.Watched(watch.ref, watch.interval_s, about=about, problem=problem)
    open_ = _worst_first(i for w, i in incidents if w.id == watch.id and i.state in ("open", "closed"))
    worst = max((i.severity for i in open_), default=Severity.of(seen["severity"]) if seen else Severity.INFO)
    return answers.Watched(
        watch.ref,
        None if seen.get("state") in ENDED else watch.interval_s,
        seen.get("name") or "",
        " · ".join(filter(None, (seen.get("about"), seen.get("best")))) or "还没看过",
        problem,
        max(worst, Severity.WARNING) if problem else worst,
        tuple(i.words.title for i in open_ if i.severity >= Severity.WARNING),
    )


def _late(watch: Watch, now: float) -> str:
    """What is said of a watch whose turn does not come; empty when it does."""
    late_s = now - watch.due_at
    behind = watch.state == "active" and late_s > max(_LATE_S, watch.interval_s)
    return f"轮询落后，已 {duration(late_s)}没看" if behind else ""


def line(watch: Watch, incidents: Sequence[tuple[Watch, Incident]], since: float) -> digest_page.Line:
    seen = watch.glance or {}
    mine = _worst_first(i for w, i in incidents if w.id == watch.id and i.severity >= Severity.WARNING)
    open_ = [i for i in mine if i.state in ("open", "closed")]
    return digest_page.Line(
        name=title(watch),
        about=seen.get("about", "还没看过"),
        best=seen.get("best", ""),
        severity=max((i.severity for i in open_), default=Severity.OK if seen else Severity.INFO),
        open=tuple(i.words.title for i in open_ if i.opened_at <= since),
        new=tuple(i.words.title for i in open_ if i.opened_at > since),
        passed=tuple(i.words.title for i in mine if i.over and i.opened_at > since),
        problem=watch.last_error or "",
        moved=not seen or (seen.get("last_row_at") or 0.0) > since or watch.created_at > since,
        ended=_STATES.get(seen.get("state", ""), "") if (seen.get("last_row_at") or 0.0) > since else "",
        after_best=seen.get("after_best", ""),
        value=seen.get("value"),
        metric=seen.get("metric", ""),
        curve=tuple(seen.get("curve", ())),
    )


def _worst_first(incidents: Iterable[Incident]) -> list[Incident]:
    """Without what is told by its cause."""
    return sorted((i for i in incidents if i.suppressed_by is None), key=lambda i: -i.severity)


def long_over(watch: Watch, now: float) -> bool:
    """Ended, and told in a digest already."""
    return watch.state == "ended" and now - (watch.glance or {}).get("seen_at", 0.0) > _DAY_S


def every(seconds: float) -> str:
    return f"每 {duration(seconds)}"


def names(watch: Watch) -> list[str]:
    name = (watch.glance or {}).get("name")
    return [watch.ref, watch.ref.rsplit("/", 1)[-1], *([name] if name else [])]


def by_name(watches: Sequence[Watch]) -> dict[str, str]:
    """The names of watched runs -> what each means: its reference, or itself where several share it."""
    refs: dict[str, set[str]] = {}
    for watch in watches:
        for name in names(watch) if watch.kind == "run" else ():
            refs.setdefault(name, set()).add(watch.ref)
    return {name: next(iter(of)) if len(of) == 1 else name for name, of in refs.items()}


def title(watch: Watch) -> str:
    return str((watch.glance or {}).get("name") or watch.ref)


def when(digest: Digest) -> str:
    return f"{days(digest.days)} {digest.at}（{digest.timezone}）"


def days(kept: str) -> str:
    """`mon,wed` -> `周一、周三`; what APScheduler takes, as people say it."""
    named = {"*": "每天", "mon-fri": "工作日", "sat,sun": "周末"}
    said = kept.replace(",", "、").replace("-", "至")
    for day, character in zip(times.DAYS, "一二三四五六日", strict=True):
        said = said.replace(day, f"周{character}")
    return named.get(kept, said)
