"""Runs as the stories see them: read within what the access allows, with their peers, their report and their chart."""

from __future__ import annotations

from typing import Protocol

from analysis import analyze
from analysis.columns.profile import Profile
from analysis.model import Report, Run
from bot.render import charts
from bot.services.notices import Notices
from bot.services.refusals import NoSuchRunError, RefusedError
from bot.settings.configuration import Settings
from bot.sources import RunFilter, RunRef, SourceError


class Runs(Protocol):
    """What the stories need of the sources; `bot.sources.Sources` is it. Methods that take a text raise ValueError."""

    def fetch(self, ref: str) -> Run:
        """The run as it stands now. Raises SourceError."""

    def canonical(self, text: str) -> str:
        """The reference in full."""

    def filter(self, text: str) -> RunFilter | None:
        """None when the text means one run."""

    def list_runs(self, filter_: RunFilter) -> list[str]:
        """References of the running runs that match. Raises SourceError."""

    def with_peers(self, run: Run, profile: Profile) -> Run:
        """The run with the finished runs of its project beside it; it says so where they could not be read."""

    def near(self, text: str) -> RunRef | None:
        """A run that may have been meant by a text that names none. Raises ValueError, SourceError."""


class RunReader:
    """Thread-safe. Methods that take a text raise ValueError when it names nothing."""

    def __init__(self, settings: Settings, runs: Runs, notices: Notices) -> None:
        self._access, self._diagnoses, self._profile = settings.config.access, settings.diagnoses, settings.profile
        self._runs, self._notices = runs, notices

    def fetch(self, text: str) -> Run:
        """The run a text names, if this bot may read it. Raises RefusedError, SourceError."""
        run = self._runs.fetch(text)
        if run.entity and run.project:
            self._admit(run.entity, run.project)
        return run

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
        return str(self._runs.filter(text) or self._runs.canonical(text))

    def filter(self, text: str) -> RunFilter | None:
        """The filter a text means; None when it means one run. Raises RefusedError."""
        found = self._runs.filter(text)
        if found is not None:
            self._admit(found.entity, found.project)
        return found

    def running(self, filter_: RunFilter) -> list[str]:
        """References of the running runs that match. Raises SourceError."""
        return self._runs.list_runs(filter_)

    def near(self, text: str) -> str | None:
        """The run of the same project that comes next to what was typed; a hint is not worth an error."""
        try:
            ref = self._runs.near(text)
        except (SourceError, ValueError):
            return None
        allowed = ref is not None and self._access.allows_project(ref.entity, ref.project)
        return str(ref) if allowed else None

    def beside_peers(self, run: Run) -> Run:
        """The run with the finished runs of its project beside it. An answer without them is better than none."""
        try:
            return self._runs.with_peers(run, self._profile)
        except Exception:
            self._notices.bug("peers")
            return run

    def report(self, run: Run) -> Report:
        return analyze(run, self._diagnoses, self._profile)

    def chart(self, run: Run, report: Report) -> bytes | None:
        """The PNG; None when there is nothing to draw. An answer without its chart is better than none."""
        if not len(run.history):
            return None
        try:
            return charts.chart(run, report)
        except Exception:
            self._notices.bug("chart")
            return None

    def _admit(self, entity: str, project: str) -> None:
        if not self._access.allows_project(entity, project):
            raise RefusedError(f"{entity}/{project} 不在允许读取的项目里，请管理员把它加进配置的 access.projects")
