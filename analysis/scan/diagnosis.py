"""What a diagnosis is: everything that is to be said about one fault, declared on one class.

A diagnosis is a frozen dataclass. What is assigned in its body without an annotation says what it is; its annotated
fields are its thresholds, which a configuration may change. docs/diagnoses.md says how to add one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from analysis.model import Finding, PanelKind, Run, RunInfo, Severity, Words
from analysis.scan.impact import Impact, Result
from analysis.scan.remedy import Remedy
from analysis.scan.track import Track
from analysis.scan.view import View


class DiagnosisError(Exception):
    """A diagnosis has a bug that a run brings to light. The others can still be asked."""

    def __init__(self, diagnosis: str) -> None:
        super().__init__(f"{diagnosis} raised an exception")
        self.diagnosis = diagnosis


class asking:  # noqa: N801 - a context manager; that of contextlib takes six times as long
    """Whatever is raised within becomes that diagnosis's DiagnosisError."""

    __slots__ = ("diagnosis",)

    def __init__(self, diagnosis: str) -> None:
        self.diagnosis = diagnosis

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception):
            raise DiagnosisError(self.diagnosis) from error


class Diagnosis(ABC):
    """The declaration. Three forms can be run: CausalDiagnosis, WallClockDiagnosis, analysis.peers.PeerDiagnosis."""

    id: str  # its name in configuration, JSON, buttons and documentation
    title: str  # Chinese, for lists
    severity: Severity  # the usual one, for lists; each finding has its own
    meaning: str  # what it means, in one Chinese sentence
    impact: Impact  # what it makes of the result
    clears: str  # what ends it, in one Chinese clause; in words, since a configuration may change the numbers
    mistaken_for: str = ""  # what it turned out to be when it was wrong, in one; empty: a threshold of somebody's own
    explained_by: tuple[str, ...] = ()  # ids of which it is a consequence while they are open
    leads_to: tuple[str, ...] = ()  # ids that may be its effect although they have a word of their own
    explains_what_follows = False  # whatever is raised while this is open is its consequence
    ends_run = False  # it says that the run has ended
    blows_up = False  # one event with others like it within minutes: a spike, divergence, NaN, the crash they end in
    doubts_as_note = False  # what it makes of the result counts even where it is a note
    headline_as_note = False  # it stands in the first line even where it is a note: nobody calls that normal
    denies_gain = False  # it says that its metric never got better
    wastes_time = False  # from its onset on, the time went into something that will not be used
    remedies: tuple[Remedy, ...] = ()  # changes of the config that its advice may name
    patient = False  # it waits for a part of the plan: what it says of a run that has ended is judged without waiting
    made_good = False  # it is over where a run that has ended ended as good as ever, without time to prove it
    panel: PanelKind = "lines"  # how the chart shows its metrics

    def impact_of(self, finding: Finding, *, of_eval: bool) -> Impact:
        """What one finding makes of the result. `of_eval`: it is about an eval metric."""
        return self.impact

    def use(self, result: Result) -> str | None:
        """What the result can be used for, at most 20 characters, where this fault knows more than its impact says;
        else None. Always there for IN_DOUBT and PART_MISSING: what is in doubt or missing, only the fault can tell.
        """
        return None

    def outlasts_score(self, finding: Finding) -> bool:
        """Whether the last weights are in doubt although a score beside the eval metric that it is about has held."""
        return False

    def wasted_s(self, finding: Finding, since_onset_s: float | None) -> float | None:
        """Seconds that an open finding has cost so far; None where it costs none, or times are unknown."""
        return since_onset_s if self.wastes_time else None


class CausalDiagnosis(Diagnosis):
    """A fault seen in the rows.

    It obeys the law of episodes: what it says of a row depends on that row and earlier ones.
    """

    @abstractmethod
    def tracks(self, view: View) -> Iterable[Track]:
        """What to watch. Nothing at all means: not applicable, the run never had the inputs."""


class WallClockDiagnosis(Diagnosis):
    """A fault seen in the state of the run and the time of reading.

    Outside the law: judged once per analysis, at the last row.
    """

    @abstractmethod
    def applies(self, run: Run) -> bool:
        """Whether what it looks at is known."""

    @abstractmethod
    def judge(self, run: Run, info: RunInfo) -> tuple[Severity, Words] | None:
        """What it says now; None: nothing."""
