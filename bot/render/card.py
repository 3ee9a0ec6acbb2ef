"""Report -> the condensed card, and the whole report as one message with the HTML beside it."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import replace

from analysis.columns.names import same_quantity
from analysis.diagnoses import ALL
from analysis.diagnoses.duplicates import MetricDuplicate
from analysis.diagnoses.eval_process import EvalUnderpowered
from analysis.figures import num
from analysis.model import Finding, MetricSummary, Report, RunInfo, Severity
from analysis.scan import evidence
from analysis.scan.impact import Impact
from bot.render.key_figures import key_figures, tasks
from bot.render.message import Button, File, Item, Marker, Message, Section
from bot.render.numbers import SHANGHAI, ago, clock, ends_at, epochs, lost, progress, spent, state
from bot.render.panels import chart_alt, label
from bot.render.plain import dots, one_line, short
from bot.render.sections import sections

MOST_FINDINGS = 4
MOST_NOTES = 3
MOST_PREVIEWED = 2
MOST_TWINS = 2
CAME_DOWN = 0.1  # of all it had gained
_DAY_S = 86_400.0
_ENDINGS = frozenset(d.id for d in ALL if d.ends_run)
_HEADLINES = frozenset(d.id for d in ALL if d.headline_as_note)
_CHOICES = frozenset(d.id for d in ALL if d.impact is Impact.CHOOSE_CHECKPOINT and not d.headline_as_note)
_EXPLAINED_BY = {d.id: d.explained_by for d in ALL}
_DENIALS = frozenset(d.id for d in ALL if d.denies_gain)
_MARKERS: dict[Severity, Marker] = {
    Severity.OK: "ok",
    Severity.INFO: "info",
    Severity.WARNING: "warning",
    Severity.CRITICAL: "critical",
}


def card(report: Report, tz: dt.tzinfo = SHANGHAI, notes: Sequence[str] = ()) -> Message:
    """The answer to `/curve <run>`. A run without anything above info gets one line.

    `notes`: what people have said of the run, newest first.
    """
    grave, remarks = _told(report)
    items = [_item(report, i + 1, f) for i, f in enumerate(grave[:MOST_FINDINGS])]
    if len(grave) > MOST_FINDINGS:
        items.append(Item(f"另有 {len(grave) - MOST_FINDINGS} 个问题，见完整报告"))
    if remarks:
        items.append(_remark(remarks, untitled=not grave and _in_headline(report, remarks)))
    return Message(
        title=verdict(report) if grave else calm(report, tz),
        marker=("info" if report.doubtful else marker(report.severity)) if report.run.rows else "none",
        subtitle=subtitle(report.run, tz) if grave else "",
        items=tuple(items),
        sections=_notes(notes[:MOST_NOTES]),
        facts=facts(report) if grave else "",
        chart_alt=chart_alt(report),
        buttons=buttons(report.run, compare=bool(grave)),
        footer=coverage(report, tz),
    )


def full(report: Report, page: str | None = None, tz: dt.tzinfo = SHANGHAI, notes: Sequence[str] = ()) -> Message:
    """The answer to `/curve full <run>`: every section, and the HTML page as a file."""
    return Message(
        title=verdict(report),
        marker=marker(report.severity),
        subtitle=subtitle(report.run, tz),
        sections=(*sections(report), *_notes(notes)),
        chart_alt=chart_alt(report),
        buttons=buttons(report.run, full=False),
        footer=coverage(report, tz),
        file=File(file_name(report.run), page) if page is not None else None,
    )


def _notes(notes: Sequence[str]) -> tuple[Section, ...]:
    return (Section("备注", tuple(notes)),) if notes else ()


def preview(report: Report, tz: dt.tzinfo = SHANGHAI) -> Message:
    """What is shown of a run under a link that somebody posted: the card's first line, its figures, two findings.

    It stands as it was seen until the verdict changes, so of a run that goes on it says as of when.
    """
    whole, run = card(report, tz), report.run
    told = tuple(replace(i, evidence=(), advice="") for i in whole.items if i.number is not None)
    at = run.observed_at if run.state == "running" else None
    return Message(
        title=whole.title,
        marker=whole.marker,
        items=told[:MOST_PREVIEWED],
        facts=whole.facts,
        footer=f"截至 {clock(at, at, tz)}" if at is not None else "",
    )


def marker(severity: Severity) -> Marker:
    """The marker of a severity."""
    return _MARKERS[severity]


def verdict(report: Report) -> str:
    """`<run>：<what is the matter>`. What is only worth knowing is not the matter."""
    if report.doubtful:
        return f"{short(report.run.name)}：{report.use}"
    title = report.title if report.severity >= Severity.WARNING or not report.run.rows else _calm_word(report)
    return f"{short(report.run.name)}：{title}{f'，{report.use}' if report.use else ''}"


def calm(report: Report, tz: dt.tzinfo) -> str:
    """`act-base-17 正常 · 训练中，效果待定 · 12000/20000 步 · 训练 L1 0.52 → 0.061 · 约 14:40 结束`."""
    run = report.run
    word = _calm_word(report) if run.rows else report.title
    grave, remarks = _told(report)
    head = f"{short(run.name)} {word}"
    if not grave and _in_headline(report, remarks):
        head = f"{short(run.name)}：{remarks[0].words.title}"
    steps = (
        progress(run) if run.state in {"running", "unknown"} else " ".join(filter(None, (state(run), progress(run))))
    )
    said = [verdict(report)] if report.doubtful else [head, report.use]
    return dots([*said, steps, *_figures(report, calm=True), ends_at(run, tz)])


def subtitle(run: RunInfo, tz: dt.tzinfo) -> str:
    """`已结束 · 20000 步 · 约 3.2 个 epoch · 1 小时 30 分（12 卡时）· alice`."""
    parts = (state(run), progress(run), epochs(run), spent(run), ends_at(run, tz), one_line(run.user or ""))
    return dots(parts)


def standing_now(report: Report) -> list[str]:
    """`训练 L1 0.061`, `评估 L1 0.290（最优）`: of a report of one row, which has no course."""
    return _figures(report, calm=True)


def facts(report: Report) -> str:
    """`L1 0.518 → 0.0508 · 评估 L1 0.322（最优 0.303）· grad norm 7.02 · lr 1e-5`."""
    return dots(_figures(report, calm=False))


def buttons(run: RunInfo, *, full: bool = True, watch: bool = True, compare: bool = False) -> tuple[Button, ...]:
    """Only what works: the full report, the last run that worked beside one that does not (`compare`), watching a run
    that still runs, the run's own page."""
    ref = one_line(run.ref)
    found = [Button("完整报告", command=f"/curve full {ref}")] if full else []
    if compare and run.tracked_as is not None:  # a file alone has no project, and no run before it
        found.append(Button("对比上次成功的", command=f"/curve compare {ref} last"))
    if watch and run.state == "running":
        found.append(Button("关注", command=f"/curve watch {ref}"))
    if run.url:
        found.append(Button(f"打开 {run.tracker or '链接'}", url=run.url))
    return tuple(found)


def coverage(report: Report, tz: dt.tzinfo) -> str:
    """`1200 行全部读取 · 截至最后一行 3 分钟前`: how much was seen, and how old it is."""
    seen, run = report.coverage, report.run
    if not seen.rows_read:
        parts = ["还没有数据"]
    elif seen.sampled:
        parts = [f"读到 {seen.rows_read} 行（采样，可能漏掉尖峰）"]
    else:
        parts = [f"{seen.rows_read} 行全部读取"]
    if run.last_row_at is not None:
        age = run.observed_at - run.last_row_at if run.observed_at is not None else None
        # A file that was copied is as old as what it says last: nobody knows when it was seen.
        seen_at = run.observed_at if age is not None and age >= 1 else None
        parts.append(
            f"截至最后一行 {ago(age)}"
            if seen_at is not None and age is not None and age < _DAY_S
            else f"最后一行 {clock(run.last_row_at, seen_at, tz)}"
        )
    return dots([*parts, *map(one_line, seen.notes)])


def file_name(run: RunInfo) -> str:
    """A name that every platform and file system takes."""
    stem = re.sub(r"[^\w.-]+", "-", one_line(run.name)).strip("-.")[:60] or "run"
    return f"{stem}-report.html"


def metric_name(metric: MetricSummary) -> str:
    """How people call it in one line: `L1`, `loss`, `评估 L1`, `grad norm`, `lr`."""
    return metric.caption if metric.group == "eval" else short(metric.caption, 30)


def _calm_word(report: Report) -> str:
    """正常 where the analysis says so; 无异常 where there are remarks, or no ground to call it that (what the result is
    good for says why, next to it)."""
    return "正常" if report.title == "正常" else "无异常"


def _item(report: Report, number: int, finding: Finding) -> Item:
    """A finding. Of the first one the verdict says the title already: its evidence takes the headline."""
    words = finding.words
    sure = "" if words.certainty == "确定" or words.certainty in words.title + words.message else words.certainty
    before = "或是起因" if finding.began_it else ""
    aside = "，".join(filter(None, (_twins(report, finding), before, sure)))
    if number == 1 and words.title == report.title and words.message:
        first, _, rest = words.message.partition("；")
        keys = () if evidence.by_clock(words.evidence) else finding.metrics[:1]
        about = next((m for m in report.metrics if m.key in keys), None)
        known = about is None or metric_name(about) in first
        headline, lines = (
            (first if about is None or known else f"{label(about)}：{first}"),
            (rest,) if rest else (),
        )
    else:
        headline, lines = words.title, (words.message,) if words.message else ()
    if cost := lost(finding.lost):
        lines = (f"{lines[0]}，{cost}", *lines[1:]) if lines else (cost,)
    headline += f"（{aside}）" if aside else ""
    return Item(headline, marker(finding.severity), lines, words.advice, number)


def _twins(report: Report, finding: Finding) -> str:
    """`loss、KL loss 同样`: the other metrics of which the same is told since the same time."""
    of = {m.key: label(m) for m in report.metrics}
    own = {of.get(key) for key in finding.metrics[:1]}
    called = ((key, of.get(key, one_line(key))) for key in finding.twins)
    names = list(dict.fromkeys(one_line(key) if name in own else name for key, name in called))
    if not names:
        return ""
    return f"{'、'.join(names)} 同样" if len(names) <= MOST_TWINS else f"另有 {len(names)} 项同样"


def _told(report: Report) -> tuple[list[Finding], list[Finding]]:
    """What is wrong, and what is only worth knowing."""
    told = report.open_findings()
    grave = [f for f in told if f.severity >= Severity.WARNING]
    remarks = [f for f in told if f.severity < Severity.WARNING and _news(report, f) and not _belied(report, f)]
    return grave, [r for r in remarks if not any(_explains(f, r) for f in grave)]


def _explains(finding: Finding, remark: Finding) -> bool:
    """It is about the same metric, and whichever was there first, it leaves the remark nothing to say."""
    return finding.id in _EXPLAINED_BY.get(remark.id, ()) and finding.metrics[:1] == remark.metrics[:1]


def _belied(report: Report, remark: Finding) -> bool:
    """It says that nothing got better, and the figures beside it that something did; or which checkpoint to choose
    where none is any good."""
    chooses = remark.id in _CHOICES or "checkpoint" in remark.words.evidence
    if report.usable == "no" and (chooses or (remark.over and report.severity >= Severity.WARNING)):
        return True
    of = (m for m in report.metrics if m.key in remark.metrics[:1])
    return remark.id in _DENIALS and any(m.outcome == "better" for m in of)


def _in_headline(report: Report, remarks: Sequence[Finding]) -> bool:
    """Whether the first remark is the first line's."""
    return bool(remarks) and remarks[0].id in _HEADLINES and not remarks[0].over and not report.doubtful


def _news(report: Report, remark: Finding) -> bool:
    """Not that a run has ended, which the card says anyway; nor that something is over which never was critical; nor
    that frameworks write a column twice, unless an evaluation equals what training logs; nor how far a loss scatters
    where checkpoints are chosen by a score."""
    if remark.id in _ENDINGS or (remark.id == MetricDuplicate.id and not _held_out(report, remark)):
        return False
    if remark.id == EvalUnderpowered.id and report.metric("eval_score") is not None and _of_eval_loss(report, remark):
        return False
    same = (e for e in report.episodes if (e.id, e.metrics[:1]) == (remark.id, remark.metrics[:1]))
    return not remark.over or any(e.severity >= Severity.CRITICAL for e in same)


def _of_eval_loss(report: Report, remark: Finding) -> bool:
    loss = report.metric("eval_loss")
    return loss is not None and remark.metrics[:1] == (loss.key,)


def _held_out(report: Report, remark: Finding) -> bool:
    """It is about an evaluation beside a column of training."""
    return {"train", "eval"} <= {m.group for m in report.metrics if m.key in remark.metrics}


def _remark(remarks: list[Finding], *, untitled: bool) -> Item:
    """One line for all that is only worth knowing: the first of them, what to do about it, and how many more.

    `untitled`: its title stands in the headline.
    """
    words = remarks[0].words
    more = f"（另有 {len(remarks) - 1} 条提示，见完整报告）" if len(remarks) > 1 else ""
    bare, _, figure = words.title.removesuffix("）").partition("（")
    title = bare if figure and words.message.startswith(figure) else words.title  # once is enough
    said = words.message if untitled and words.message else f"{title}：{words.message}" if words.message else title
    return Item(f"{said}{more}", "info", advice=words.advice)


def _figures(report: Report, *, calm: bool) -> list[str]:
    """Key figures, from where to where; `calm`: without the norm and the lr, which nobody looks at then."""
    key, level = key_figures(report), _told_level(report)
    courses = [_course(report, m) for m in key.courses if m.key not in level]
    if report.metric("reward") is not None:  # an agent: how far it went from its reference and how long its answers are
        lr = report.metric("lr") if level else None  # what is looked at first where nothing is learnt
        rate = [f"{metric_name(lr)} {num(lr.last)}"] if lr is not None and lr.last is not None else []
        return [*courses, *(_suite(report, m) or _standing(report, m) for m in key.standings), *rate]
    scored = any(m.role in {"loss", "component"} for m in key.courses) or key.standings
    if not scored:
        return courses
    found = [("训练 " if calm else "") + course for course in courses]
    found += [_suite(report, m) or _standing(report, m) for m in key.standings]
    if not calm:
        told = ("margin", "pair_accuracy") if report.metric("margin") is not None else ("grad_norm", "lr")
        rest = [m for m in map(report.metric, told) if m is not None and m.last is not None]
        found += [f"{metric_name(m)} {num(m.last)}" for m in rest]
    return found


def _course(report: Report, metric: MetricSummary) -> str:
    """From where to where; only from where, if a finding above says what it was at best and what it is now: levels of
    another width would be two more figures for the same."""
    if metric.key in _told_fall(report):
        begin = num(metric.first) if metric.course is None else f"约 {_roughly(metric.course.begin)}"
        return f"{metric_name(metric)} 起初{begin if begin.startswith('约') else f' {begin}'}{_odd(metric)}"
    if metric.course is not None and metric.group in {"train", "other"}:
        begin, end = map(_roughly, metric.course[:2])
        best = metric.course.best
        way = f"{begin} → {end}" if begin != end else end
        top = (
            ""
            if best is None or metric.key in _denied(report)
            else f"（{'最低' if metric.direction == 'min' else '最高'}约 {_roughly(best)}）"
        )
        return f"{metric_name(metric)} 约 {way}{top}{_odd(metric)}"
    course = num(metric.last) if metric.first == metric.last else f"{num(metric.first)} → {num(metric.last)}"
    return f"{metric_name(metric)} {course}{_above(metric)}{_odd(metric)}"


def _above(metric: MetricSummary) -> str:
    """What a return that has come down again was at best, where no finding says so."""
    if metric.role != "reward" or metric.best is None or metric.last is None or metric.first is None:
        return ""
    lost, gained = abs(metric.best - metric.last), abs(metric.best - metric.first)
    return f"（最高 {num(metric.best)}）" if metric.gained and lost > CAME_DOWN * gained else ""


def _roughly(level: float) -> str:
    """A level scatters: three digits of what is large, two of the rest."""
    return num(float(f"{level:.{3 if abs(level) >= 100 else 2}g}"), 2) if math.isfinite(level) else num(level)


def _standing(report: Report, metric: MetricSummary) -> str:
    """`评估 L1 0.322（最优 0.303，第 4750 步）`; without the step where a finding tells it, without the best where that
    is another one there: the best of levels is not the best single value."""
    said, told = f"{metric_name(metric)} {num(metric.last)}", _told_best(report).get(metric.key)
    own = _of_training(report, metric)
    if metric.points - metric.nonfinite == 1:
        best = f"（只评一次{f'；{own}' if own else ''}）"
    elif metric.best is None or (told is not None and num(told) != num(metric.best)):
        best = ""
    elif num(metric.best) == num(metric.last):
        best = f"（最优{f'；{own}' if own else ''}）"
    else:
        where = "" if told is not None or metric.best_at is None else f"，第 {metric.best_at} {report.run.unit}"
        best = f"（最优 {num(metric.best)}{where}{f'；{own}' if own else ''}）"
    return f"{said}{best}{_odd(metric)}"


def _of_training(report: Report, metric: MetricSummary) -> str:
    """What training itself gets of the same score, where no finding says so: how far the two lie apart."""
    told = {key for f in _told(report)[0][:MOST_FINDINGS] for key in f.metrics}
    if metric.direction != "max" or metric.role != "eval_score" or metric.key in told:
        return ""
    alike = (m for m in report.metrics if m.group == "train" and same_quantity(m.key, metric.key))
    one = next((m for m in alike if m.last is not None and m.points >= metric.points), None)
    blank = one is not None and one.last == 0 < (metric.last or 0.0)  # a meter that had just been reset
    return f"训练 {num(one.last)}" if one is not None and not blank else ""


def _told_best(report: Report) -> dict[str, float]:
    """What the findings that are shown say was best, by metric."""
    grave, remarks = _told(report)
    found = ((f, evidence.number(f.words.evidence, "best")) for f in (*grave[:MOST_FINDINGS], *remarks[:1]))
    return {f.metrics[0]: best for f, best in found if f.metrics and best is not None}


def _told_fall(report: Report) -> set[str]:
    """Metrics of which a finding that is shown says both what they were at best and what they are now."""
    grave, remarks = _told(report)
    shown = [*grave[:MOST_FINDINGS], *(remarks[:1] if not grave and _in_headline(report, remarks) else [])]
    return {
        f.metrics[0]
        for f in shown
        if f.metrics and all(evidence.number(f.words.evidence, what) is not None for what in ("best", "now"))
    }


def _denied(report: Report) -> set[str]:
    """Metrics of which a finding that is shown says that they never got better: what was best was luck."""
    return {f.metrics[0] for f in _told(report)[0][:MOST_FINDINGS] if f.metrics and f.id in _DENIALS}


def _told_level(report: Report) -> set[str]:
    """Metrics of which a finding that is shown says where they stayed: the ends of their noise would deny it."""
    shown = _told(report)[0][:MOST_FINDINGS]
    return {
        f.metrics[0] for f in shown if f.metrics and f.id in _DENIALS and {"first", "now"} <= f.words.evidence.keys()
    }


def _suite(report: Report, metric: MetricSummary) -> str:
    """`评估成功率 15 项平均 0.31（0–1）`: of a score that is one of many; empty of one that stands for itself."""
    last = [m.last for m in tasks(report, metric) if m.last is not None]
    if not last:
        return ""
    return f"{metric_name(metric)} {len(last)} 项平均 {num(sum(last) / len(last))}（{num(min(last))}–{num(max(last))}）"


def _odd(metric: MetricSummary) -> str:
    odd = metric.nonfinite - metric.unborn
    return f"（另有 {odd} 次 NaN/Inf）" if odd else ""
