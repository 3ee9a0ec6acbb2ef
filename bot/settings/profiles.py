"""Profiles: YAML files that say what the columns of a family of runs are.

There are bundled ones; a team's own lie beside its configuration file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from analysis.columns.family import Family
from analysis.columns.profile import GENERIC, ROLES, Naming, Profile

_PACKAGE = Path(__file__).parents[1]
# In a wheel the files lie inside the package, in a checkout beside it.
_BUNDLED = (_PACKAGE / "config" / "profiles", _PACKAGE.parent / "config" / "profiles")


def _role(name: str) -> str:
    if name not in ROLES:
        raise ValueError(f"没有 {name} 这个角色，可用：{'、'.join(ROLES)}")
    return name


def _family(name: str) -> str:
    known = [family.value for family in Family if family is not Family.UNKNOWN]
    if name not in known:
        raise ValueError(f"没有 {name} 这类训练，可用：{'、'.join(known)}")
    return name


class _Metric(BaseModel):
    model_config = ConfigDict(extra="forbid")
    match: str
    role: Annotated[str, AfterValidator(_role)] | None = None
    label: str | None = None
    direction: Literal["min", "max", "target", "none"] | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    family: Annotated[str, AfterValidator(_family)] | None = None
    metrics: list[_Metric] = []


def _folders(beside: Path | None) -> tuple[Path, ...]:
    """Where profiles lie: a team's own beside its configuration file, then the bundled ones."""
    return _BUNDLED if beside is None else (beside.parent / "profiles", *_BUNDLED)


def names(beside: Path | None = None) -> list[str]:
    """Every profile that can be asked for. `beside`: the configuration file, when there is one."""
    return sorted({path.stem for folder in _folders(beside) for path in folder.glob("*.yaml")})


def load(wanted: Sequence[str], beside: Path | None = None) -> Profile:
    """These profiles as one; of two lines that match a column, and of two families, the one that stands first counts.

    Raises ValueError with one Chinese sentence that names the file and what is wrong with it.
    """
    if not wanted:
        return GENERIC
    files = [_read(name, beside) for name in wanted]
    namings = tuple(Naming(m.match, m.role, m.label, m.direction) for file in files for m in file.metrics)
    family = next((file.family for file in files if file.family is not None), None)
    return Profile("+".join(wanted), namings, family)


def _read(name: str, beside: Path | None) -> _File:
    path = next((f / f"{name}.yaml" for f in _folders(beside) if (f / f"{name}.yaml").is_file()), None)
    if path is None:
        raise ValueError(f"没有 {name} 这份列名配置，可用：{'、'.join(names(beside))}")
    try:
        return _File.model_validate(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))
    except (YAMLError, UnicodeDecodeError, OSError):
        raise ValueError(f"{path} 不是能读的 YAML") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{path} 的 {where}：{first['msg'].removeprefix('Value error, ')}") from None
