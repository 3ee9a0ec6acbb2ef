"""How people write durations, times of day and days, in configuration and chat. Pure; wrong text raises ValueError
with a Chinese sentence that shows the right form.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def seconds(text: Any) -> float:
    """`30s`, `5m`, `1h30m`, `1d` -> seconds. Raises ValueError with a Chinese sentence."""
    parts = re.findall(r"(\d+)([smhd])", text.lower()) if isinstance(text, str) else []
    if not parts or "".join(n + unit for n, unit in parts) != text.lower():
        raise ValueError(f"“{text}”不是时长，要写成 30s、5m、4h、1d 这样")
    return float(sum(int(n) * _UNITS[unit] for n, unit in parts))


def clock(text: Any) -> dt.time:
    """`9:00`, `09:00` -> time. Raises ValueError with a Chinese sentence."""
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", text) if isinstance(text, str) else None
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError(f"“{text}”不是时刻，要写成 09:00 这样")
    return dt.time(int(found[1]), int(found[2]))


def days_of_week(text: Any) -> str:
    """`daily`, `weekdays`, `mon,wed`, `mon-fri` -> APScheduler's day_of_week. Raises ValueError."""
    named = {"daily": "*", "everyday": "*", "*": "*", "每天": "*", "weekdays": "mon-fri", "weekday": "mon-fri",
             "工作日": "mon-fri", "weekends": "sat,sun", "weekend": "sat,sun", "周末": "sat,sun"}  # fmt: skip
    word = str(text).strip().lower().replace(" ", "")
    if word in named:
        return named[word]
    for part in word.split(","):
        ends = part.split("-")
        if len(ends) > 2 or any(end not in DAYS for end in ends) or DAYS.index(ends[0]) > DAYS.index(ends[-1]):
            raise ValueError(f"“{text}”不是星期，要写成 weekdays、daily 或 mon,wed,fri 这样")
    return word
