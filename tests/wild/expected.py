"""What is right for each of the smallest inputs that once went wrong: written by a reader of the curve, not by the product.

Online (`replay`) and in the final card (`report`) alike. Steps are `_step`.
"""

from __future__ import annotations

from dataclasses import dataclass

INF = float("inf")


@dataclass(frozen=True)
class Told:
    """A fault that has to be told: any of `ids`, between two severities, begun and told in time."""

    ids: tuple[str, ...]
    least: str = "warning"
    most: str = "critical"
    onset: tuple[float, float] = (-INF, INF)
    by: float = INF  # the step at which a watcher has heard of it
    open: bool = True  # it goes on to the end: then it is never called resolved
    posted: bool = True  # also online; False: info, in the report alone


@dataclass(frozen=True)
class Case:
    """`silent`: nothing above info. `never`: ids that must not be told above info; `unsaid`: text that no line may hold."""

    name: str
    file: str = "run.csv"
    told: tuple[Told, ...] = ()
    silent: bool = False
    never: tuple[str, ...] = ()
    unfound: tuple[str, ...] = ()  # ids that must not be among the findings at all
    said: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()
    usable: tuple[str, ...] = ("yes", "no", "unknown")
    verdict: tuple[str, ...] = ("ok", "info", "warning", "critical")
    state: str | None = None
    planned: int | None = None


def _alone(name: str, **expected: object) -> Case:
    return Case(name, f"{name}.csv", **expected)  # type: ignore[arg-type]


CASES = (
    _alone("adaptive-lr-of-rsl-rl", silent=True),
    Case("binary-stuck-at-ln2", told=(Told(("no-learning", "at-chance")),), said=("随机猜", "ln 2"), usable=("no", "unknown")),
    _alone("clip-advice-of-a-thousand", never=("grad-explode", "grad-spike", "grad-vanish"), unsaid=("clip 调到 1", "可试 clip"),
           said=("累加",)),
    Case("copied-a-moment-ago", "run-abc12345.wandb", unsaid=("运行中", "W&B 失联", "只是上传中断", "心跳 0 秒")),
    Case("crash-step-in-rows-not-in-steps", told=(Told(("run-crashed",)),), said=("810",), unsaid=("停在 26 步", "第 26 步")),
    _alone("critic-runs-away", told=(Told(("critic-runaway",), by=500_000, onset=(250_000, 420_000)),), usable=("no", "unknown")),
    _alone("critical-nan-hidden-by-warning", told=(Told(("nan-inf",), least="critical", onset=(5400, 5400), by=5400),),
           said=("loss 出现 NaN",)),
    Case("ctrl-c-exit-255", "run-abc12345.wandb", silent=True, said=("手动终止",), unsaid=("任务失败", "退出码非 0"), state="killed"),
    _alone("data-wait-in-bursts", told=(Told(("data-bound",)),), said=("84%",)),
    Case("epoch-eval-pause-called-resume", silent=True, unfound=("resume-seam",), unsaid=("中断过", "断点续训", "，未评估")),
    _alone("eval-leak-is-grad-accumulation", silent=True, said=("16",), unsaid=("数据重叠", "泄漏")),
    Case("eval-leak-is-grad-accumulation", "control.csv", silent=True),
    Case("exit-1-reason-is-in-the-file", "run-abc12345.wandb", told=(Told(("run-crashed",), posted=False),),
         said=("CUDA out of memory",), state="failed"),
    _alone("experts-lose-balance", told=(Told(("experts-unbalanced",), onset=(5000, 8000), by=11_000),)),
    Case("failed-after-the-last-step", verdict=("info", "warning"), said=("收尾时报错",), unsaid=("无异常", "正常")),
    Case("grad-norm-square-stationary", silent=True, never=("grad-explode", "grad-vanish")),
    _alone("grpo-collapse-called-recovered", told=(
        Told(("policy-collapse", "eval-regress", "kl-explode"), least="critical", onset=(150, 200), by=215),),
        unsaid=("无异常", "已回落", "已恢复"), usable=("no", "unknown"), verdict=("critical",)),
    _alone("grpo-groups-without-spread", told=(Told(("no-spread",), onset=(45, 70), by=100),), never=("grad-vanish",)),
    _alone("iterations-per-second-read-as-seconds", silent=True),
    Case("iterations-per-second-read-as-seconds", "control.csv", told=(Told(("throughput-drop",)),)),
    Case("lm-loss-8-to-12", told=(Told(("divergence", "loss-jump"), least="critical", onset=(66, 88)),), unfound=("plateau",),
         unsaid=("无异常",), usable=("no", "unknown")),
    _alone("long-plan-is-deaf", told=(
        Told(("grad-spike",), onset=(1060, 1080), by=1100, open=False, least="info", posted=False),
        Told(("divergence", "loss-jump"), least="critical", by=1500)), unsaid=("无异常",)),
    Case("long-plan-is-deaf", "control.csv", told=(Told(("divergence", "loss-jump"), least="critical", by=1500),)),
    _alone("loss-zero-is-a-masked-nan", told=(Told(("masked-nan", "nan-inf"), least="critical", onset=(590, 620)),),
           said=("NaN",), unsaid=("日志是否写死",), usable=("no", "unknown")),
    _alone("lr-floor-at-a-quarter-of-the-plan", told=(Told(("schedule-mismatch", "lr-zero"), onset=(28_000, 31_000), by=45_000),),
           said=("30000", "120000"), unsaid=("无异常",)),
    Case("lr-zero-last-quarter-42-records", told=(Told(("lr-zero",), onset=(300, 310)),), said=("310",), usable=("yes", "no", "unknown")),
    Case("map-0.003-called-usable", usable=("no", "unknown"), said=("效果还很差",)),
    _alone("nan-in-validation-only", told=(Told(("nan-inf",), least="info", most="warning", posted=False),), usable=("yes",),
           unsaid=("评估有异常，还不能判断", "续训")),
    Case("no-learning-told-at-batch-64", silent=True),
    _alone("overfit-recommends-worst-checkpoint", never=("overfit",), usable=("yes",),
           unsaid=("1872 步附近", "2184 步附近", "2496 步附近")),
    _alone("pix2pix-names", told=(Told(("gan-collapse",), least="critical"),), unsaid=("无异常",)),
    Case("plateau-since-the-first-tenth", silent=True, unfound=("plateau",)),
    _alone("policy-kl-goes-negative", told=(Told(("kl-negative",), onset=(33, 48), by=60),)),
    _alone("resumed-run-did-not-begin-here", unfound=("no-learning",), silent=True),
    Case("rl-reward-not-on-the-card", silent=True, planned=9_830_400, said=("49.0",), unsaid=("476",)),
    Case("trl-ppo-reward-falls", "run.jsonl", told=(Told(("eval-regress", "policy-collapse"), onset=(165, 195), by=280),),
         usable=("no", "unknown"), planned=500, unsaid=("无异常",)),
    _alone("vae-kl-told-like-act", told=(Told(("kl-collapse",), onset=(4, 14)),), unsaid=("推理时 z=0",)),
    _alone("verl-always-logs-twice", silent=True, unfound=("metric-duplicate",)),
    _alone("warmup-mutes-divergence", told=(Told(("divergence", "loss-jump"), least="critical", onset=(15, 24), by=30),),
           unsaid=("已回落", "已恢复", "无异常"), usable=("no", "unknown")),
    Case("warmup-mutes-divergence", "control.csv", told=(Told(("divergence", "loss-jump"), least="critical", by=30),)),
)  # fmt: skip
