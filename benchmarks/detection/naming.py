"""What the same metric is called in different code bases. None of these styles is the one the other generator uses."""

from __future__ import annotations

from collections.abc import Mapping

COMMON: Mapping[str, str] = {
    "samples": "train/samples",
    "seq_len": "train/seq_len",
    "batch_size": "train/batch_size",
    "stage": "train/stage",
}

STYLES: Mapping[str, Mapping[str, str]] = {
    "camel": {
        "loss": "trainLoss", "l1": "trainL1Loss", "kl": "trainKlLoss", "aux": "trainDepthLoss", "grad": "gradNorm",
        "lr": "learningRate", "update": "stepTime", "data": "dataTime", "memory": "gpuMemoryPct",
        "rate": "tokensPerSec",
        "eval_loss": "valLoss", "score": "valAccuracy", "reward": "episodeReturn", "entropy": "policyEntropy",
        "value_loss": "valueLoss", "d_loss": "discLoss", "g_loss": "genLoss", "pi": "trainOtPlanSum",
        "pi_diag": "trainOtPlanDiag", "ot_loss": "trainOtLoss", "ot_cost": "trainOtCost",
    },
    "dotted": {
        "loss": "train.loss", "l1": "train.l1.loss", "kl": "train.kl.loss", "aux": "train.aux.contact.loss",
        "grad": "optim.grad.norm", "lr": "optim.lr", "update": "perf.step.seconds", "data": "perf.data.seconds",
        "memory": "gpu.memory.percent", "rate": "perf.samples.per.second", "eval_loss": "valid.loss",
        "score": "valid.success.rate", "reward": "rollout.return.mean", "entropy": "policy.entropy",
        "value_loss": "critic.value.loss", "d_loss": "gan.d.loss", "g_loss": "gan.g.loss", "pi": "train.uot.plan.mass",
        "pi_diag": "train.uot.plan.diag", "ot_loss": "train.uot.loss", "ot_cost": "train.uot.cost.state",
    },
    "nested": {
        "loss": "metrics/training/total_loss", "l1": "metrics/training/l1_loss", "kl": "metrics/training/kld",
        "aux": "metrics/training/velocity_loss", "grad": "optimizer/gradient_norm",
        "lr": "optimizer/group_0/learning_rate", "update": "timing/iteration_time", "data": "timing/dataloader_time",
        "memory": "gpu/0/memory_used_pct", "rate": "timing/images_per_sec",
        "eval_loss": "metrics/validation/total_loss",
        "score": "metrics/validation/top1", "reward": "env/rewards/mean", "entropy": "actor/entropy",
        "value_loss": "critic/value_loss", "d_loss": "losses/discriminator_loss", "g_loss": "losses/generator_loss",
        "pi": "metrics/training/ot/pi_sum", "pi_diag": "metrics/training/ot/pi_diag",
        "ot_loss": "metrics/training/ot/loss", "ot_cost": "metrics/training/ot/cost",
    },
    "terse": {
        "loss": "tr_loss", "l1": "tr_l1_loss", "kl": "tr_kl", "aux": "tr_reg_loss", "grad": "gnorm", "lr": "lr",
        "update": "iter_ms", "data": "data_ms", "memory": "vram_pct", "rate": "tokens_per_s", "eval_loss": "dev_loss",
        "score": "dev_f1", "reward": "ep_return", "entropy": "pi_entropy", "value_loss": "vf_loss", "d_loss": "loss_D",
        "g_loss": "loss_G", "pi": "tr_ot_mass", "pi_diag": "tr_ot_diag", "ot_loss": "tr_ot_loss",
        "ot_cost": "tr_ot_cost",
    },
}  # fmt: skip


def name(style: str, role: str) -> str:
    return STYLES[style].get(role) or COMMON[role]
