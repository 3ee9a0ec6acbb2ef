"""The one place where numbers become text: at most 4 significant digits, never nan, as people write in chat."""

from __future__ import annotations

import math
import re


def num(value: float | None, digits: int = 3) -> str:
    """0.0508, 1260, 7.3e-12, 2.1 万 is not used: teams read steps as digits. `—` for what is not a number."""
    if value is None or math.isnan(value):
        return "—"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == 0:
        return "0"
    size = abs(value)
    if size < 1e-3 or size >= 1e6:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(exponent)}"
    if float(short := f"{value:.{digits}g}") == value and "e" not in short:
        return short  # exactly that: 4, 0.1, 0.05
    if size >= 10 ** (digits - 1):
        return f"{value:.0f}" if size < 1e4 or float(value).is_integer() else f"{float(f'{value:.4g}'):.0f}"
    return f"{value:#.{digits}g}".rstrip(".")  # trailing zeros are figures that were measured: 0.150


def whole(value: float | None) -> str:
    """1150000, 600: steps and counts are read as digits, however many."""
    exact = value is not None and float(value).is_integer() and abs(value) < 1e16
    return f"{value:.0f}" if exact else num(value, 6)


def ran(share: float) -> str:
    """已跑 43% of what is planned; 已跑完."""
    return "已跑完" if share >= 0.98 else f"已跑 {pct(share)}"


def spaced(text: str) -> str:
    """Sentences set names apart by spaces, right beside `loss`, not between Chinese characters: 成功率 回退."""
    return re.sub(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])", "", text)


def pct(share: float | None, digits: int = 2) -> str:
    """0.589 -> 59%; 0.0631 -> 6.3%. `—` for what is not a number."""
    if share is None or not math.isfinite(share):
        return "—"
    value = 100 * share
    return f"{value:.1f}%" if 0 < abs(value) < 10 else f"{value:.0f}%"


def ratio(a: float, b: float) -> float | None:
    """a / b; None where it means nothing (b <= 0, or not finite)."""
    if not (math.isfinite(a) and math.isfinite(b)) or b <= 0:
        return None
    value = a / b
    return value if math.isfinite(value) else None


def signed_pct(now: float, base: float) -> str:
    """+6.3%; `—` where the change has no percentage."""
    r = ratio(now, base)
    return "—" if r is None else f"{100 * (r - 1):+.1f}%"


def times(ratio: float | None) -> str:
    """A ratio in front of 倍: 2.4, 26, 6.3e5."""
    if ratio is None or not math.isfinite(ratio):
        return "—"
    return num(ratio, 2)


def duration(seconds: float | None) -> str:
    """45 秒, 12 分钟, 1 小时 30 分, 2 天 3 小时."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return "—"
    minutes = round(seconds / 60)
    if seconds < 60:
        return f"{seconds:.0f} 秒"
    if minutes < 60:
        return f"{minutes} 分钟"
    hours, rest = divmod(minutes, 60)
    if 10 <= hours < 24:
        return f"{round(minutes / 60)} 小时"  # nobody asks for the minutes of a day
    if hours < 24:
        return f"{hours} 小时 {rest} 分" if rest else f"{hours} 小时"
    days, left = divmod(round(minutes / 60), 24)
    return f"{days} 天 {left} 小时" if left else f"{days} 天"
