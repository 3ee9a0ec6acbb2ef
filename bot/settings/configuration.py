"""The configuration file: its sections and keys, as contract. Every key is optional, an unknown one is refused."""

from __future__ import annotations

import datetime as dt
import fnmatch
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    create_model,
    model_validator,
)
from pydantic_core import PydanticKnownError

from analysis.model import Severity
from bot.address import Address
from bot.platforms import PLATFORMS, Platform
from bot.settings import profiles
from bot.settings.mistakes import nearest
from bot.sources.reference import project_of
from bot.times import clock, days_of_week, seconds


def _at_least_1s(value: float) -> float:
    if not 1 <= value <= 86_400:
        raise ValueError("时长要在 1s 到 1d 之间")
    return value


def _address(text: Any, info: ValidationInfo) -> Address:
    if not isinstance(text, str):
        raise PydanticKnownError("string_type")
    platforms = _context(info, "platforms", PLATFORMS)
    try:
        address = Address.parse(text)
    except ValueError:
        address = Address("", "")
    if not any(p.name == address.platform and bool(p.example) == bool(address.channel) for p in platforms):
        *examples, last = (str(p.address) for p in platforms)
        raise ValueError(f"“{text}”不是地址，要写成 {'、'.join(examples)} 或 {last} 这样")
    return address


def _quiet(text: Any) -> tuple[dt.time, dt.time]:
    start, dash, end = str(text).partition("-")
    if not dash:
        raise ValueError(f"“{text}”不是时段，要写成 23:00-08:00 这样")
    return clock(start.strip()), clock(end.strip())


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, TypeError, OSError):
        raise ValueError(f"没有时区“{name}”，要写成 Asia/Shanghai 这样") from None


def _severity(word: Any) -> Severity:
    if word not in ("info", "warning", "critical"):
        raise ValueError(f"“{word}”不是级别，可用：info、warning、critical")
    return Severity.of(word)


def _profile(name: str, info: ValidationInfo) -> str:
    beside = _context(info, "path", None)
    known = profiles.names(beside)
    if name not in known:
        raise ValueError(f"没有 {name} 这份列名配置{nearest(name, known) or '，可用：' + '、'.join(known)}")
    profiles.load([name], beside)
    return name


def _context(info: ValidationInfo, name: str, default: Any) -> Any:
    """What `schema` is validated with: `path` of the file, `platforms` that there are."""
    return (info.context or {}).get(name, default)


def _channel(text: str, info: ValidationInfo) -> str:
    """As the platform itself names it: anything else would match nothing, and everybody would be refused."""
    bare = text.strip()
    for platform in _context(info, "platforms", PLATFORMS):
        bare = bare.removeprefix(f"{platform.name}:")
    if bare != text:
        raise ValueError(f"“{text}”只要写平台自己的 id，写成 {bare}")
    if not text or text[0] in "#@":
        raise ValueError(f"“{text}”不是 id，要写频道详情里的 id")
    return text


Duration = Annotated[float, BeforeValidator(seconds), AfterValidator(_at_least_1s)]
DurationOrZero = Annotated[float, BeforeValidator(seconds)]
Destination = Annotated[Address, PlainValidator(_address)]
Level = Annotated[Severity, BeforeValidator(_severity)]


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, arbitrary_types_allowed=True, hide_input_in_errors=True
    )


class Wandb(_Section):
    entity: str | None = None
    project: str | None = None
    requests_per_minute: Annotated[int, Field(ge=1, le=100_000)] | None = None  # of all replicas together


class WatchedRun(_Section):
    run: str | None = None
    filter: str | None = None
    to: list[Destination] = Field(min_length=1)
    interval: Duration | None = None

    @model_validator(mode="after")
    def _one_of(self) -> WatchedRun:
        if (self.run is None) == (self.filter is None):
            raise ValueError("run 和 filter 要写且只写一个")
        return self


class Watching(_Section):
    interval: Duration = 300.0
    runs: list[WatchedRun] = []


class Alerts(_Section):
    group_wait: DurationOrZero = 30.0
    repeat: DurationOrZero = 4 * 3600.0
    resolved: bool = True
    min_severity: Level = Severity.WARNING
    quiet_hours: Annotated[tuple[dt.time, dt.time], BeforeValidator(_quiet)] | None = None
    budget: int = Field(default=6, ge=1)


class DigestPlan(_Section):
    to: Destination
    at: Annotated[dt.time, BeforeValidator(clock)]
    days: Annotated[str, BeforeValidator(days_of_week)] = "*"


class Threshold(_Section):
    name: str = Field(pattern=r"^[A-Za-z0-9][\w.-]*$")
    metric: str = Field(min_length=1)
    above: float | None = None
    below: float | None = None
    points: int = Field(default=1, ge=1, alias="for")
    severity: Level = Severity.WARNING

    @model_validator(mode="after")
    def _one_of(self) -> Threshold:
        if (self.above is None) == (self.below is None):
            raise ValueError("above 和 below 要写且只写一个")
        return self


class Access(_Section):
    """Who is answered, and which projects may be read."""

    projects: list[str] = []
    channels: dict[str, list[str]] = {}  # platform -> those that are answered; in a file under a key of the platform's

    def allows_channel(self, address: Address) -> bool:
        """Whether the bot listens to this address: to any, until a channel of some platform is named."""
        return not self.channels or address.channel in self.channels.get(address.platform, ())

    def allows_project(self, entity: str, project: str) -> bool:
        """Whether runs of this project may be read. Without a rule every one that the key can read."""
        path = f"{entity}/{project}"
        return not self.projects or any(fnmatch.fnmatchcase(path, pattern) for pattern in self.projects)

    def allows_ref(self, ref: str) -> bool:
        """The same of a run or a filter, in canonical form; a file is under `local`."""
        project = project_of(ref)
        return project is None or self.allows_project(*project)


class Local(_Section):
    roots: list[Path] = []


class Configuration(_Section):
    """The whole file."""

    timezone: Annotated[ZoneInfo, BeforeValidator(_zone)] = ZoneInfo("Asia/Shanghai")
    wandb: Wandb = Wandb()
    links: bool = True  # whether a run's link that somebody posts gets a preview
    watch: Watching = Watching()
    alerts: Alerts = Alerts()
    digests: list[DigestPlan] = []
    diagnoses: dict[str, dict[str, Any]] = {}
    thresholds: list[Threshold] = []
    profiles: list[Annotated[str, AfterValidator(_profile)]] = []
    access: Access = Access()
    local: Local = Local()
    admin: Destination | None = None


@cache
def schema(platforms: tuple[Platform, ...]) -> type[Configuration]:
    """The file as it is written: `access` has a section for each platform. `configuration` brings it into one form."""
    sections: dict[str, Any] = {}
    for platform in platforms:
        if platform.rule is not None:
            keys: dict[str, Any] = {platform.rule: (list[Annotated[str, AfterValidator(_channel)]], [])}
            section = create_model("Rule", __base__=_Section, **keys)
            sections[platform.name] = (section, section())
    access = create_model("AccessRules", __base__=_Section, **sections, projects=(list[str], []))
    return create_model("File", __base__=Configuration, access=(access, access()))


def configuration(file: Configuration) -> Configuration:
    """What was validated by a `schema`, in one form for any platforms. A rule without channels is none."""
    sections: dict[str, Any] = dict(file.access)
    projects = sections.pop("projects")
    channels = {name: allowed for name, section in sections.items() for _, allowed in section if allowed}
    return Configuration.model_construct(**dict(file) | {"access": Access(projects=projects, channels=channels)})
