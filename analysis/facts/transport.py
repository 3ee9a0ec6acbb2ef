"""The optimal transport term of a run, as its config states it."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.columns.vocabulary import word_set
from analysis.facts.config import Config

_OT = word_set("ot uot sinkhorn transport wasserstein")


@dataclass(frozen=True, slots=True)
class Transport:
    """The entropic unbalanced OT problem of a run, as its config states it. None: not stated."""

    reg: float | None
    tau_src: float | None
    tau_tgt: float | None
    batch: float | None
    weight: float | None  # lambda_ot
    off: bool  # the config switches the term off
    warmup_steps: float

    @property
    def d(self) -> float | None:
        """D = reg + tau_src + tau_tgt of the mass law; None unless all three are stated."""
        if self.reg is None or self.tau_src is None or self.tau_tgt is None:
            return None
        total = self.reg + self.tau_src + self.tau_tgt
        return total if total > 0 else None


def transport(config: Config) -> Transport:
    """Reads the OT part of a config; names of POT, LeRobot forks and the usual home-made ones."""
    both = config.number("reg_m", "tau", under=_OT, least=0)
    weight = config.number("lambda_ot", "ot_weight", "ot_lambda", "ot_loss_weight", "ot_coef", least=0)
    enabled = config.value("ot_enabled", "use_ot", "ot_enable", "enable_ot", "ot_use")
    return Transport(
        reg=config.number("ot_reg", "reg", "epsilon", "eps", "entropic_reg", under=_OT, least=0),
        tau_src=config.number("tau_src", "tau_a", "tau1", "tau_x", "tau_source", "rho_src", least=0)
        if both is None
        else both,
        tau_tgt=config.number("tau_tgt", "tau_b", "tau2", "tau_y", "tau_target", "rho_tgt", least=0)
        if both is None
        else both,
        batch=config.number("batch_size", "train_batch_size", "per_device_train_batch_size", least=1),
        weight=weight,
        off=enabled is False or weight == 0,
        warmup_steps=config.number(
            "ot_warmup_steps", "ot_warmup", "lambda_ot_warmup_steps", "lambda_warmup_steps", least=0
        )
        or 0.0,
    )
