"""The one list of what runs, in the order in which a reader should act: broken, dead, wasteful, informative."""

from __future__ import annotations

from analysis.diagnoses.adversaries import GanCollapse
from analysis.diagnoses.against_peers import BehindPeers, ConfigDrift, MetricMissing
from analysis.diagnoses.answers import NoSpread, TruncatedAnswers
from analysis.diagnoses.chance import AtChance
from analysis.diagnoses.critics import CriticRunaway, SimBlowup
from analysis.diagnoses.data_loading import DataBound
from analysis.diagnoses.divergence import Divergence
from analysis.diagnoses.duplicates import MetricDuplicate
from analysis.diagnoses.eval_process import BestCheckpointOld, EvalStale, EvalUnderpowered
from analysis.diagnoses.eval_scores import EvalRegress
from analysis.diagnoses.exploration import EntropyCollapse
from analysis.diagnoses.gradient_clipping import GradClipSaturated
from analysis.diagnoses.gradient_spikes import GradSpike
from analysis.diagnoses.gradients import GradExplode, GradVanish
from analysis.diagnoses.impossible import ImpossibleValue
from analysis.diagnoses.learning import NoLearning
from analysis.diagnoses.learning_rate import LrAnomaly, LrFlatStall, LrZero
from analysis.diagnoses.log_integrity import MetricDead, ResumeSeam
from analysis.diagnoses.loss import NanInf
from analysis.diagnoses.loss_jump import LossJump
from analysis.diagnoses.loss_spikes import LossSpike
from analysis.diagnoses.loss_terms import ComponentDominates, LossDecompositionMismatch
from analysis.diagnoses.masked_nan import MaskedNan
from analysis.diagnoses.memory import MemGrowth
from analysis.diagnoses.oscillation import Oscillation
from analysis.diagnoses.overfit import Overfit
from analysis.diagnoses.policies import PpoKlBlowup, ValueNotLearning
from analysis.diagnoses.post_training import KlNegative, PolicyCollapse
from analysis.diagnoses.posterior import KlCollapse, KlExplode
from analysis.diagnoses.precision import AmpOverflow
from analysis.diagnoses.preference import PreferenceSaturated
from analysis.diagnoses.progress import Converged, Plateau
from analysis.diagnoses.routing import CodebookCollapse, ExpertsUnbalanced
from analysis.diagnoses.run_state import GpuIdle, RunCrashed, StalledLogging
from analysis.diagnoses.scale import ScaleMismatch
from analysis.diagnoses.schedule import ScheduleMismatch
from analysis.diagnoses.success import SuccessZero
from analysis.diagnoses.target import EtaTarget
from analysis.diagnoses.throughput import ThroughputDrop
from analysis.diagnoses.train_vs_eval import EvalLeak, GenGap
from analysis.diagnoses.transport import OtMassCollapse, OtUnderflow
from analysis.diagnoses.transport_symptoms import OtCostUnnormalised, OtLossDead, OtPlanDegenerate, OtSolverInconsistent
from analysis.scan.diagnosis import Diagnosis

ALL: tuple[Diagnosis, ...] = (
    RunCrashed(),
    NanInf(),
    MaskedNan(),
    Divergence(),
    PolicyCollapse(),
    CriticRunaway(),
    SimBlowup(),
    StalledLogging(),
    GradExplode(),
    GradVanish(),
    LossJump(),
    LrZero(),
    AtChance(),
    NoLearning(),
    SuccessZero(),
    GanCollapse(),
    NoSpread(),
    CodebookCollapse(),
    OtMassCollapse(),
    OtUnderflow(),
    MemGrowth(),
    ImpossibleValue(),
    LossSpike(),
    GradSpike(),
    LrAnomaly(),
    ScheduleMismatch(),
    AmpOverflow(),
    KlExplode(),
    KlNegative(),
    ExpertsUnbalanced(),
    TruncatedAnswers(),
    OtSolverInconsistent(),
    OtCostUnnormalised(),
    OtLossDead(),
    OtPlanDegenerate(),
    EvalRegress(),
    Oscillation(),
    EntropyCollapse(),
    PpoKlBlowup(),
    ValueNotLearning(),
    Overfit(),
    PreferenceSaturated(),
    GenGap(),
    ScaleMismatch(),
    EvalLeak(),
    MetricDead(),
    DataBound(),
    ThroughputDrop(),
    KlCollapse(),
    GradClipSaturated(),
    Converged(),
    Plateau(),
    ResumeSeam(),
    LossDecompositionMismatch(),
    ComponentDominates(),
    EvalStale(),
    EvalUnderpowered(),
    BestCheckpointOld(),
    LrFlatStall(),
    EtaTarget(),
    GpuIdle(),
    BehindPeers(),
    ConfigDrift(),
    MetricMissing(),
    MetricDuplicate(),
)
