"""Runs as the stories see them: with their peers, their report and their chart."""

from __future__ import annotations

import contextvars
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from analysis import analyze
from analysis.diagnoses.custom import Threshold
from analysis.diagnoses.quieter import Quieter, quieter
from analysis.model import Report, Run, Trial
from analysis.report.analyze import Memory, episodes
from analysis.report.compare import compare
from analysis.report.comparison import Comparison
from analysis.report.trials import whole
from analysis.scan.diagnosis import CausalDiagnosis, Diagnosis, DiagnosisError
from analysis.scan.reading import Reading
from bot.address import Address
from bot.alerts.incident import Incident
from bot.render import charts, plots
from bot.render.message import Plot
from bot.render.numbers import ago
from bot.render.overlay import overlay
from bot.render.plain import short
from bot.services.notices import Notices
from bot.services.refusals import NoSuchRunError
from bot.services.rules import in_force, scope_of
from bot.settings import Settings
from bot.sources import Listed, RunFilter, SeveralRunsError, Source, SourceError, StillReadingError
from bot.sources.spotting import files, is_sure
from bot.store.decisions import Decisions, Note

_PATIENCE_S = 3.0
_MEMORIES = 2000  # of long runs, some kilobytes each; of others they are empty


class RunReader:
    """Thread-safe. Methods that take a text raise ValueError when it names nothing."""

    def __init__(
        self,
        settings: Settings,
        source: Source,
        notices: Notices,
        decisions: Decisions,
        draw: charts.Draw = charts.drawn_here,
    ) -> None:
        self._settings, self._profile, self._draw = settings, settings.profile, draw
        self._source, self._notices, self._decisions = source, notices, decisions
        self._rules = stamp(settings.diagnoses)
        self._memories = _Memories()

    def fetch(self, text: str, listed: Listed | None = None) -> Run:
        """The run a text names. Raises SourceError, also for one that this bot may not read."""
        return self._source.fetch(text, listed)

    def survey(self, refs: Sequence[str]) -> Mapping[str, Listed]:
        """How runs stand, without reading them; those that no listing shows are left out. Raises SourceError."""
        return self._source.survey(refs)

    def asked(self, text: str) -> Run:
        """Like `fetch`, for a run that a person names: raises NoSuchRunError where there is none of this name.

        What need not be a run at all (a bare word) is answered as one that was not found, whatever the tracker says:
        who only talks is not told about keys, servers and files.
        """
        try:
            return self._source.fetch(text, patience_s=_PATIENCE_S)
        except (SeveralRunsError, StillReadingError):
            raise
        except (SourceError, ValueError) as error:
            searched = isinstance(error, SourceError) and error.reason == "not_found"
            if is_sure(text):
                if searched:
                    raise NoSuchRunError(str(error), text) from None
                raise
            shown = short(text, 40)
            sentence = f"没找到叫“{shown}”的 run" if searched else f"“{shown}”不是命令，也没能按名字查到 run"
            raise NoSuchRunError(sentence, text, sure=False, searched=searched) from None

    def asked_together(self, texts: Sequence[str]) -> list[Run]:
        """Like `asked`, for a few runs read at the same time; the first of them with its peers. Raises what the first
        that cannot be read raises. How many are read at once is the source's to bound.
        """

        def read(i: int) -> Run:
            run = self.asked(texts[i])
            return self.beside_peers(run) if i == 0 else run

        with ThreadPoolExecutor(len(texts), thread_name_prefix="asked") as readers:
            reading = [readers.submit(contextvars.copy_context().run, read, i) for i in range(len(texts))]
            return [one.result() for one in reading]

    def canonical(self, text: str) -> str:
        """What a text means, a run or a filter, in full."""
        return str(self._source.filter(text) or self._source.canonical(text))

    def filter(self, text: str) -> RunFilter | None:
        """The filter a text means; None when it means one run."""
        return self._source.filter(text)

    def files(self, text: str) -> Mapping[str, str]:
        """The files that a message names and that may be read here: as written -> what it means."""
        held = {name: self._source.held(name) for name in files(text)}
        return {name: ref for name, ref in held.items() if ref is not None}

    def running(self, filter_: RunFilter) -> Mapping[str, Listed]:
        """The running runs that match, by reference. Raises SourceError, also for a project that may not be read."""
        return self._source.list_runs(filter_)

    def near(self, text: str) -> str | None:
        """The run of the same project that comes next to what was typed; a hint is not worth an error."""
        try:
            ref = self._source.near(text)
        except (SourceError, ValueError):
            return None
        except Exception:
            self._notices.bug("near")
            return None
        return None if ref is None else str(ref)

    def beside_peers(self, run: Run) -> Run:
        """The run with the finished runs of its project beside it. An answer without them is better than none."""
        try:
            return self._source.with_peers(run, self._profile)
        except Exception:
            self._notices.bug("peers")
            return run

    def report(self, run: Run, address: Address) -> Report:
        """As a channel sees it: with what people measured, and with the rules in force there."""
        noted = self._decisions.notes(run.ref)
        trials = tuple(_trial(n) for n in noted if n.rate is not None)
        return self._analyzed(replace(run, trials=trials), tuple(self.diagnoses(run.ref, address)))

    def _analyzed(self, run: Run, rules: tuple[Diagnosis, ...]) -> Report:
        """A diagnosis with a bug takes nobody the others: it is left out, and the report says so."""
        unasked: dict[str, str] = {}
        while True:
            asked = tuple(d for d in rules if d.id not in unasked)
            try:
                report = analyze(run, asked, self._profile, self._memories.of(run.ref, asked))
            except DiagnosisError as error:
                unasked[error.diagnosis] = self._notices.bug("diagnosis")
                continue
            titles = {d.id: d.title for d in rules}
            notes = (*report.coverage.notes, *(f"「{titles[id_]}」没能检查：{said}" for id_, said in unasked.items()))
            return replace(report, coverage=replace(report.coverage, notes=notes), unasked=frozenset(unasked))

    def seen_by_channels(self, run: Run) -> Callable[[Address], Report]:
        """Like `report`, for several channels: those with the same rules share one."""
        made: dict[tuple[Diagnosis, ...], Report] = {}

        def report(address: Address) -> Report:
            rules = tuple(self.diagnoses(run.ref, address))
            if rules not in made:
                made[rules] = self.report(run, address)
            return made[rules]

        return report

    @property
    def rules(self) -> str:
        """Names the configuration's rules: after a change of them every run is judged anew."""
        return self._rules

    def notes(self, ref: str, now: float) -> list[str]:
        """What people have said of a run, newest first: `第 5000 步实测成功率 60% — 张三，2 天前`."""
        return [
            f"{n.text if n.rate is None else whole(_trial(n))} — {n.by}，{ago(now - n.created_at)}"
            for n in reversed(self._decisions.notes(ref))
        ]

    def diagnoses(self, ref: str, address: Address) -> Sequence[Diagnosis]:
        """The rules in force for a run in a channel: the configuration's, those made less sensitive for its project
        after false alarms, and the channel's own thresholds.
        """
        tunings = self._decisions.tunings(scope_of(ref))
        rules = [r for r in self._decisions.rules(address) if r.active and r.applies(ref)]
        return in_force(self._settings.diagnoses, tunings, rules)

    def quieter(self, run: Run, incident: Incident, address: Address) -> Quieter | None:
        """How the rule of a false alarm would have kept silent; None where no threshold does it."""
        rule = next((d for d in self.diagnoses(run.ref, address) if d.id == incident.diagnosis), None)
        if not isinstance(rule, CausalDiagnosis) or not incident.metrics or isinstance(rule, Threshold):
            return None
        least = self._settings.policy.min_severity
        return quieter(Reading.of(run, self._profile), rule, incident.metrics[0], incident.onset_row, least)

    def fired(self, run: Run, rule: Threshold) -> int:
        """How often a threshold would have fired on a run."""
        return len(episodes(run, [rule], self._profile).episodes)

    def compare(self, runs: Sequence[tuple[Run, Report]]) -> Comparison:
        return compare(runs, self._profile)

    def plot(self, run: Run, report: Report) -> Plot | None:
        """The lines that a chat may draw itself; None where there are none. An answer without them is no worse."""
        try:
            return plots.of_run(run, report)
        except Exception:
            self._notices.bug("plot")
            return None

    def overlay(self, comparison: Comparison) -> bytes | None:
        """The chart of a comparison; None when there is nothing to draw, or it could not be drawn."""
        if not any(len(r.curve.at) for m in comparison.metrics for r in m.reached):
            return None
        try:
            return self._draw(overlay(comparison))
        except Exception:
            self._notices.bug("chart")
            return None

    def chart(self, run: Run, report: Report) -> bytes | None:
        """The PNG; None when there is nothing to draw. An answer without its chart is better than none."""
        if not len(run.history):
            return None
        try:
            return charts.chart(run, report, self._draw)
        except Exception:
            self._notices.bug("chart")
            return None


class _Memories:
    """Of long runs by the rules they are judged by, the least recently used forgotten first. Thread-safe."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, tuple[Diagnosis, ...]], Memory] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, ref: str, rules: tuple[Diagnosis, ...]) -> Memory:
        with self._lock:
            memory = self._kept.setdefault((ref, rules), Memory())
            self._kept.move_to_end((ref, rules))
            if len(self._kept) > _MEMORIES:
                self._kept.popitem(last=False)
            return memory


def stamp(rules: Sequence[Diagnosis]) -> str:
    """A name of rules and their thresholds."""
    return hashlib.sha256(repr(rules).encode()).hexdigest()[:12]


def _trial(note: Note) -> Trial:
    return Trial(note.rate or 0.0, note.successes, note.trials, note.step)
