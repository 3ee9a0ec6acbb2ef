"""Units of thresholds, as the types of their fields: `ratio: Times = 6.0`. Rules print them."""

from __future__ import annotations

from typing import Annotated, get_type_hints

Times = Annotated[float, "倍"]
Share = Annotated[float, "占比"]  # 0..1 of something, which the reason names
PlanShare = Annotated[float, "计划进度"]  # 0..1 of the planned steps
Ln = Annotated[float, "ln"]  # a difference of natural logarithms: 0.1 is a change by a tenth
Nats = Annotated[float, "nats"]
Sigmas = Annotated[float, "σ"]  # robust standard deviations of noise
Seconds = Annotated[float, "秒"]
Level = Annotated[float, "原单位"]  # a value of the metric itself
Records = Annotated[int, "条记录"]
Evals = Annotated[int, "次评估"]
Steps = Annotated[int, "步"]
Count = Annotated[int, "个"]


def units(thresholds: type) -> dict[str, str]:
    """Field name -> unit of each field of a dataclass that is typed as one of the above."""
    hints = get_type_hints(thresholds, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items() if hasattr(hint, "__metadata__")}
