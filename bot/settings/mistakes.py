"""What is wrong with the settings, in Chinese: every mistake a sentence that begins with its key path or variable."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError


class SettingsError(Exception):
    """The configuration cannot be used. `mistakes`: one Chinese sentence each, beginning with the key path."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("；".join(mistakes))
        self.mistakes = mistakes


def mistakes_in(error: ValidationError, model: type[BaseModel]) -> Iterator[str]:
    """The mistakes of a file. `model`: what it was validated as."""
    for e in error.errors():
        yield f"{key_path(e['loc'])}：{sentence(dict(e), _known(e['loc'], model))}"


def nearest(word: str, known: list[str]) -> str:
    """`，是不是 x？`, or nothing when no known word is near."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"，是不是 {near[0]}？" if near else ""


def key_path(loc: tuple[int | str, ...]) -> str:
    """`("watch", "runs", 0, "to")` -> `watch.runs[0].to`."""
    return re.sub(r"\.?\[", "[", ".".join(f"[{p}]" if isinstance(p, int) else str(p) for p in loc))


def sentence(error: Mapping[str, Any], known: list[str] | None = None) -> str:
    """A pydantic error in Chinese. Never repeats the input of an environment variable."""
    kind, ctx = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(ctx["error"])
    if kind == "extra_forbidden":
        return f"没有这个键{nearest(str(error['loc'][-1]), known or []) or '，可用：' + '、'.join(known or [])}"
    table = {
        "missing": "缺这一项",
        "bool_parsing": "要写 true 或 false",
        "bool_type": "要写 true 或 false",
        "finite_number": "要是有限的数",
        "too_short": "至少写一项",
        "greater_than_equal": f"不能小于 {ctx.get('ge')}",
        "string_pattern_mismatch": "只能用字母、数字、点、横线和下划线",
        "string_too_short": "不能为空",
    }
    types = {"int": "整数", "float": "数", "string": "文本", "list": "列表", "dict": "“键: 值”", "model": "“键: 值”"}
    wanted = next((word for prefix, word in types.items() if kind.startswith(prefix)), None)
    return table.get(kind) or (f"要写{wanted}" if wanted else "值不对")


def _known(loc: tuple[int | str, ...], model: Any) -> list[str]:
    """The keys allowed beside the last one of a path in a model."""
    for part in loc[:-1]:
        if isinstance(part, int) or model is None:
            continue
        field = next((f for name, f in model.model_fields.items() if part in (name, f.alias)), None)
        inner = [field.annotation, *getattr(field.annotation, "__args__", ())] if field is not None else []
        model = next((t for t in inner if isinstance(t, type) and issubclass(t, BaseModel)), None)
    return [f.alias or name for name, f in model.model_fields.items()] if model is not None else []
