"""Comparison -> the answer to `/curve compare`: the verdict, the runs, their metrics line by line, their configs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from analysis.facts.config_diff import setting
from analysis.figures import num, pct
from analysis.model import Severity
from analysis.report.comparison import OF_FITTING, Compared, Comparison, Difference, Metric, Ranking
from analysis.report.outcomes import Outcome
from bot.render.card import marker
from bot.render.message import Button, Item, Marker, Message, Section
from bot.render.numbers import progress, state
from bot.render.panels import MOST
from bot.render.plain import dots, one_line, short

MOST_DIFFERENCES = 6
_NAME = 24  # characters of a run's name
_BEYOND_COUNTING = 20.0  # times the noise: more is just far beyond it
_CLEAR = 3.0  # times the noise: a best value of another run that is worth a word
_SHOWN_COMMIT = 8
_LONGEST_VERSION = 20


def compare(comparison: Comparison) -> Message:
    """The answer to `/curve compare a b`."""
    c = comparison
    return Message(
        title=title(c),
        marker=_marker(c),
        subtitle=_subtitle(c),
        items=tuple(_run(run) for run in c.runs),
        sections=tuple(s for s in (_metrics(c), _configs(c), _outcomes(c), Section("注意", c.notes)) if s.lines),
        chart_alt=chart_alt(c),
        buttons=tuple(
            Button(f"{run.letter} 完整报告", command=f"/curve full {one_line(run.report.run.ref)}") for run in c.runs
        ),
        footer=_coverage(c),
    )


def title(comparison: Comparison) -> str:
    """The verdict, alone on a lock screen: which one, by what, since when."""
    verdict = comparison.verdict
    metric = verdict.metric
    if metric is None or metric.ranking is None:
        return f"{'不可比' if verdict.kind == 'incomparable' else '还不能判断哪个更好'}：{verdict.reason}"
    return _TITLES[verdict.kind](comparison, metric, metric.ranking)


def chart_alt(comparison: Comparison) -> str:
    """The chart in words; empty without one."""
    names = [m.name for m in panels(comparison)]
    return f"{'、'.join(names)}，{len(comparison.runs)} 个 run 叠在一起" if names else ""


def panels(comparison: Comparison) -> tuple[Metric, ...]:
    """The metrics that the chart shows, the one that decides first."""
    judge = comparison.verdict.metric
    ranked = sorted(comparison.metrics, key=lambda m: m is not judge)
    return tuple(m for m in ranked if any(len(r.curve.at) for r in m.reached))[:MOST]


def called(run: Compared, limit: int = _NAME) -> str:
    """`A act-base-12`."""
    return f"{run.letter} {short(run.report.run.name, limit)}"


# verdict


def _better(c: Comparison, m: Metric, r: Ranking) -> str:
    first = c.runs[r.order[0]]
    if first.broken is not None:
        return f"{called(first)} 的{_gap(m.name)} {_word(m)}，但它有严重问题：{first.broken.words.title}"
    values, since = _values(c, m, r), r.since
    lead = f"，第 {since} {c.unit}起一直{'更低' if m.direction == 'min' else '更高'}" if since is not None else ""
    if m.role in OF_FITTING:
        return f"{called(first)} 的{_gap(m.name)} 更低（{values}{lead}）；没有评估，不等于效果更好"
    return f"{called(first)} 更好：{m.name} {values}{lead}"


def _leaders(c: Comparison, m: Metric, r: Ranking) -> str:
    letters = "、".join(c.runs[i].letter for i in sorted(r.leaders))
    broken = "、".join(c.runs[i].letter for i in sorted(r.leaders) if c.runs[i].broken is not None)
    but = f"；但 {broken} 有严重问题" if broken else ""
    return f"{letters} 领先，它们之间分不出高下：{m.name} {_values(c, m, r)}{but}"


def _even(c: Comparison, m: Metric, r: Ranking) -> str:
    why = "换个 seed 也可能差这么多" if r.by_seed else "差距在噪声内"
    return f"分不出高下：{m.name} {_values(c, m, r)}，{why}"


def _repeated(c: Comparison, m: Metric, r: Ranking) -> str:
    return f"配置相同（至多差 seed），差距就是波动：{m.name} {_values(c, m, r)}"


def _fitting(c: Comparison, m: Metric, r: Ranking) -> str:
    first = c.runs[r.order[0]]
    what = f"{first.letter} 的{_gap(m.name)} 更低" if r.decided else f"{m.name} 也分不出高下"
    return f"好坏未定：评估没法对比，只知道 {what}（{_values(c, m, r)}）"


_TITLES: dict[str, Callable[[Comparison, Metric, Ranking], str]] = {
    "better": _better,
    "leaders": _leaders,
    "even": _even,
    "repeated": _repeated,
    "fitting": _fitting,
}


def _marker(c: Comparison) -> Marker:
    m = c.verdict.metric
    if c.verdict.kind not in {"better", "leaders"} or m is None or m.ranking is None:
        return "info"
    return "critical" if any(c.runs[i].broken is not None for i in m.ranking.leaders) else "ok"


def _subtitle(c: Comparison) -> str:
    """`差 0.030（9.7%），是噪声的 6 倍 · 全程最优是 A 0.250（第 18000 步）`."""
    m = c.verdict.metric
    if m is None or m.ranking is None:
        return ""
    r, first = m.ranking, m.ranking.order[0]
    parts = [_by_how_much(m, r)] if r.gap > 0 else []
    best, mine, other = m.best, m.reached[first].best, None if m.best is None else m.reached[m.best].best
    if best is not None and best not in r.leaders and mine is not None and other is not None:
        at = m.reached[best].best_at
        if abs(mine - other) > max(_CLEAR * r.noise, r.least):
            parts.append(f"但全程最优是 {c.runs[best].letter} {num(other)}（第 {at} {c.unit}）")
    bests = [x.best for x in m.reached if x.best is not None]
    if r.decided and len(bests) == len(c.runs) and max(bests) - min(bests) <= max(_CLEAR * r.noise, r.least):
        parts.append("但各自最优相近")
    return dots(parts)


def _by_how_much(m: Metric, r: Ranking) -> str:
    base = max(abs(x.level) for x in m.reached if x.level is not None)
    rate = m.direction == "max" and all(x.level is not None and 0 <= x.level <= 1 for x in m.reached)
    share = "" if rate or not base else f"（{pct(r.gap / base)}）"
    gap = f"差 {num(r.gap, 2)}{share}"
    times = r.gap / r.noise if r.noise > 0 else None
    if times is None:
        return gap
    if r.by_seed:
        return f"{gap}，超出曲线波动，但在 seed 差异范围内"
    return f"{gap}，远超噪声" if times >= _BEYOND_COUNTING else f"{gap}，是噪声的 {num(times, 2)} 倍"


def _values(c: Comparison, m: Metric, r: Ranking) -> str:
    """`A 0.310 / B 0.280（第 12000 步）`."""
    named = _slashed(f"{c.runs[i].letter} {num(m.reached[i].level)}" for i in range(len(c.runs)))
    return f"{named}（第 {m.step} {c.unit}）"


# the rest


def _run(run: Compared) -> Item:
    report = run.report
    said = "，".join(filter(None, (report.title, report.use)))
    grave = report.severity >= Severity.WARNING
    headline = dots((called(run, 40), state(report.run), progress(report.run), one_line(report.run.user or "")))
    return Item(headline, marker(report.severity) if report.run.rows else "none", (said,) if grave else ())


def _metrics(c: Comparison) -> Section:
    return Section("指标", tuple(_metric(c, m) for m in c.metrics))


def _metric(c: Comparison, m: Metric) -> str:
    """`评估 L1：第 12000 步 A 0.310 / B 0.280（B 更低）· 最优 A 0.303（第 4750 步）/ B 0.279（第 11500 步）`."""
    parts = []
    if m.step is not None:
        here = _slashed(f"{run.letter} {num(r.level)}" for run, r in zip(c.runs, m.reached, strict=True))
        parts.append(f"第 {m.step} {c.unit} {here}{_who(c, m)}")
    best = [
        f"{run.letter} {num(r.best)}（第 {r.best_at} {c.unit}）"
        for run, r in zip(c.runs, m.reached, strict=True)
        if r.best is not None
    ]
    if best and (
        m.group == "eval" or m.role == "reward" or m.step is None
    ):  # of a training loss it is the luckiest batch
        parts.append(f"最优 {_slashed(best)}")
    return f"{m.name}：{dots(parts)}" if parts else f"{m.name}：没有都跑到的步数可比"


def _who(c: Comparison, m: Metric) -> str:
    if m.ranking is None:
        return ""
    if not m.ranking.decided:
        return "（在 seed 差异范围内）" if m.ranking.by_seed else "（差距在噪声内）"
    return f"（{'、'.join(c.runs[i].letter for i in sorted(m.ranking.leaders))} {_word(m)}）"


def _configs(c: Comparison) -> Section:
    lines = [_difference(c, d) for d in c.differences[:MOST_DIFFERENCES]]
    versions = [run.commit for run in c.runs]
    if any(versions) and len(set(versions)) > 1:
        named = (f"{run.letter} {_version(run.commit)}" for run in c.runs)
        lines.append(f"代码版本：{_slashed(named)}")
    rest = len(c.differences) - MOST_DIFFERENCES
    more = [f"另有 {rest} 处"] if rest > 0 else []
    if c.untold > 0:
        more.append(f"路径、名称、日志等 {c.untold} 处未列")
    if c.configured and not c.differences:
        lines.append("没有会影响结果的不同")
    if more:
        lines.append("；".join(more))
    return Section("配置不同", tuple(lines))


def _difference(c: Comparison, d: Difference) -> str:
    values = _slashed(f"{run.letter} {one_line(v)}" for run, v in zip(c.runs, d.values, strict=True))
    return f"{short(d.leaf, 40)}：{values}"


def _outcomes(c: Comparison) -> Section:
    return Section("之前的建议", tuple(_outcome(c, o) for o in c.outcomes))


def _outcome(c: Comparison, o: Outcome) -> str:
    """`A 建议代价归一化，B 照做了（已打开）：OT π 总和 7.3e-12 → 0.42，已无此问题（还改了别的 2 处）`."""
    one, other = c.runs[o.earlier].letter, c.runs[o.later].letter
    course = f"{o.metric} {num(o.before)} → {num(o.after)}，" if o.before is not None and o.after is not None else ""
    came = {True: "已无此问题", False: "仍有此问题", None: "还没跑到当时出问题的步数"}[o.gone]
    besides = f"（还改了别的 {o.besides} 处）" if o.besides else ""
    a, b = o.change
    changed = "已打开" if b is True else f"现为 {setting(b)}" if a is None else f"{setting(a)}→{setting(b)}"
    return f"{one} 建议{_gap(o.remedy)}，{other} 照做了（{changed}）：{course}{came}{besides}"


def _version(commit: str | None) -> str:
    if commit is None:
        return "未知"
    text = one_line(commit)
    whole = len(text) > _SHOWN_COMMIT and all(ch in "0123456789abcdef" for ch in text.lower())
    return text[:_SHOWN_COMMIT] if whole else short(text, _LONGEST_VERSION)


def _coverage(c: Comparison) -> str:
    """`A 1200 行、B 600 行全部读取 · 同一步的值取此前几次记录的中位数`: how much was seen, and how it was read."""
    seen = [(run.letter, run.report.coverage) for run in c.runs]
    rows = "、".join(f"{letter} {of.rows_read} 行{'（采样）' if of.sampled else ''}" for letter, of in seen)
    whole = "" if any(of.sampled for _, of in seen) else "全部读取"
    notes = (f"{letter} {one_line(note)}" for letter, of in seen for note in of.notes)
    how = "同一步的值取此前几次记录的中位数" if any(m.step is not None for m in c.metrics) else ""
    return dots((f"{rows}{whole}", how, *notes))


def _word(m: Metric) -> str:
    return "更低" if m.direction == "min" else "更高"


def _gap(name: str) -> str:
    return f" {name}" if name[:1].isascii() else name


def _slashed(parts: Iterable[str]) -> str:
    """`A 1 / B 2`; a full-width bracket brings its own space."""
    return " / ".join(parts).replace("） / ", "）/ ")
