"""Runs as the stories see them: with their peers, their report and their chart."""

from __future__ import annotations

from collections.abc import Sequence

from analysis import analyze
from analysis.model import Report, Run
from analysis.report.compare import Comparison, compare
from bot.render import charts
from bot.render.overlay import overlay
from bot.services.notices import Notices
from bot.services.refusals import NoSuchRunError
from bot.settings import Settings
from bot.sources import RunFilter, Source, SourceError


class RunReader:
    """Thread-safe. Methods that take a text raise ValueError when it names nothing."""

    def __init__(self, settings: Settings, source: Source, notices: Notices) -> None:
        self._diagnoses, self._profile = settings.diagnoses, settings.profile
        self._source, self._notices = source, notices

    def fetch(self, text: str) -> Run:
        """The run a text names. Raises SourceError, also for one that this bot may not read."""
        return self._source.fetch(text)

    def asked(self, text: str) -> Run:
        """Like `fetch`, for a run that a person names: raises NoSuchRunError where there is none of this name."""
        try:
            return self.fetch(text)
        except SourceError as error:
            if error.reason == "not_found":
                raise NoSuchRunError(str(error), text) from None
            raise

    def canonical(self, text: str) -> str:
        """What a text means, a run or a filter, in full."""
        return str(self._source.filter(text) or self._source.canonical(text))

    def filter(self, text: str) -> RunFilter | None:
        """The filter a text means; None when it means one run."""
        return self._source.filter(text)

    def running(self, filter_: RunFilter) -> list[str]:
        """References of the running runs that match. Raises SourceError, also for a project that may not be read."""
        return self._source.list_runs(filter_)

    def near(self, text: str) -> str | None:
        """The run of the same project that comes next to what was typed; a hint is not worth an error."""
        try:
            ref = self._source.near(text)
        except (SourceError, ValueError):
            return None
        return None if ref is None else str(ref)

    def beside_peers(self, run: Run) -> Run:
        """The run with the finished runs of its project beside it. An answer without them is better than none."""
        try:
            return self._source.with_peers(run, self._profile)
        except Exception:
            self._notices.bug("peers")
            return run

    def report(self, run: Run) -> Report:
        return analyze(run, self._diagnoses, self._profile)

    def compare(self, runs: Sequence[tuple[Run, Report]]) -> Comparison:
        return compare(runs, self._profile)

    def overlay(self, comparison: Comparison) -> bytes | None:
        """The chart of a comparison; None when there is nothing to draw, or it could not be drawn."""
        if not any(len(r.curve.at) for m in comparison.metrics for r in m.reached):
            return None
        try:
            return overlay(comparison)
        except Exception:
            self._notices.bug("chart")
            return None

    def chart(self, run: Run, report: Report) -> bytes | None:
        """The PNG; None when there is nothing to draw. An answer without its chart is better than none."""
        if not len(run.history):
            return None
        try:
            return charts.chart(run, report)
        except Exception:
            self._notices.bug("chart")
            return None
