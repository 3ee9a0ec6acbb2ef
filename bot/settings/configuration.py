"""Environment and configuration file -> Settings, checked as a whole: every mistake at once, each with its key path.

Secrets come from the environment only, or from a file named by the same variable with `_FILE` appended.
"""

from __future__ import annotations

import datetime as dt
import difflib
import fnmatch
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticKnownError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from analysis.columns.profile import Profile
from analysis.diagnoses.configure import ConfigurationError, configure
from analysis.diagnoses.custom import Threshold as ThresholdDiagnosis
from analysis.model import Severity
from analysis.scan.diagnosis import Diagnosis
from bot.address import Address
from bot.alerts.incidents import Policy
from bot.settings import profiles
from bot.sources import Sources
from bot.times import clock, days_of_week, seconds

DEFAULT_FILE = Path("config/curvebot.yaml")
_PLATFORMS = ("slack", "feishu", "console")


class SettingsError(Exception):
    """The configuration cannot be used. `mistakes`: one Chinese sentence each, beginning with the key path."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("；".join(mistakes))
        self.mistakes = mistakes


def _at_least_1s(value: float) -> float:
    if not 1 <= value <= 86_400:
        raise ValueError("时长要在 1s 到 1d 之间")
    return value


def _address(text: Any) -> Address:
    if not isinstance(text, str):
        raise PydanticKnownError("string_type")
    try:
        address = Address.parse(text)
        known = address.platform in _PLATFORMS and (address.channel or address.platform == "console")
    except ValueError:
        known = False
    if not known:
        raise ValueError(f"“{text}”不是地址，要写成 slack:C0TEAM、feishu:oc_team 或 console: 这样")
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


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("要写成 https://主机 这样的网址")
    return text


def _severity(word: Any) -> Severity:
    if word not in ("info", "warning", "critical"):
        raise ValueError(f"“{word}”不是级别，可用：info、warning、critical")
    return Severity.of(word)


def _profile(name: str, info: ValidationInfo) -> str:
    beside = (info.context or {}).get("path")
    known = profiles.names(beside)
    if name not in known:
        raise ValueError(f"没有 {name} 这份列名配置{nearest(name, known) or '，可用：' + '、'.join(known)}")
    profiles.load([name], beside)
    return name


Duration = Annotated[float, BeforeValidator(seconds), AfterValidator(_at_least_1s)]
DurationOrZero = Annotated[float, BeforeValidator(seconds)]
Destination = Annotated[Address, PlainValidator(_address)]
Url = Annotated[str, AfterValidator(_url)]
Level = Annotated[Severity, BeforeValidator(_severity)]


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, arbitrary_types_allowed=True, hide_input_in_errors=True
    )


class Wandb(_Section):
    entity: str | None = None
    project: str | None = None


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


class SlackAccess(_Section):
    channels: list[str] = []


class FeishuAccess(_Section):
    chats: list[str] = []


class Access(_Section):
    slack: SlackAccess = SlackAccess()
    feishu: FeishuAccess = FeishuAccess()
    projects: list[str] = []

    def allows_channel(self, address: Address) -> bool:
        """Whether the bot listens to this address. An empty list allows every channel of the platform."""
        allowed = {"slack": self.slack.channels, "feishu": self.feishu.chats}.get(address.platform, [])
        return not allowed or address.channel in allowed

    def allows_project(self, entity: str, project: str) -> bool:
        """Whether runs of this project may be read."""
        path = f"{entity}/{project}"
        return not self.projects or any(fnmatch.fnmatchcase(path, pattern) for pattern in self.projects)


class Local(_Section):
    roots: list[Path] = []


class Configuration(_Section):
    """The file, as contract: every key optional."""

    timezone: Annotated[ZoneInfo, BeforeValidator(_zone)] = ZoneInfo("Asia/Shanghai")
    wandb: Wandb = Wandb()
    watch: Watching = Watching()
    alerts: Alerts = Alerts()
    digests: list[DigestPlan] = []
    diagnoses: dict[str, dict[str, Any]] = {}
    thresholds: list[Threshold] = []
    profiles: list[Annotated[str, AfterValidator(_profile)]] = []
    access: Access = Access()
    local: Local = Local()
    admin: Destination | None = None


class _EnvironmentOrFiles(EnvSettingsSource):
    """Adds the variables whose value stands in a file named by `<VARIABLE>_FILE`."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        found = dict(super()._load_env_vars())
        for name in self.settings_cls.model_fields:
            path = found.get(f"{name}_file")
            if path and not found.get(name):
                found[name] = Path(path).read_text(encoding="utf-8").strip()
        return found


class Environment(BaseSettings):
    """The variables, as contract. An empty one counts as not given."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True, enable_decoding=False
    )

    curvebot_config: Path | None = None
    curvebot_database_url: SecretStr | None = None
    curvebot_state_dir: Path = Path(".curvebot")
    curvebot_public_url: Url | None = None
    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_api_url: Url = "https://slack.com/api/"
    feishu_app_id: str | None = None
    feishu_app_secret: SecretStr | None = None
    feishu_encrypt_key: SecretStr | None = None
    feishu_verification_token: SecretStr | None = None
    feishu_domain: Url = "https://open.feishu.cn"
    wandb_api_key: SecretStr | None = None
    wandb_base_url: Url = "https://api.wandb.ai"
    wandb_entity: str | None = None
    wandb_project: str | None = None

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *_: PydanticBaseSettingsSource, **__: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (_EnvironmentOrFiles(settings_cls),)

    @field_validator("slack_bot_token")
    @classmethod
    def _no_app_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and token.get_secret_value().startswith("xapp-"):
            raise ValueError("这是 App-Level Token（xapp-），这里要 Bot Token（xoxb-）")
        return token

    @field_validator("slack_app_token")
    @classmethod
    def _no_bot_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and token.get_secret_value().startswith("xoxb-"):
            raise ValueError("这是 Bot Token（xoxb-），这里要 App-Level Token（xapp-）")
        return token

    def secrets(self) -> list[str]:
        """Every secret value, for the redaction of logs."""
        values = [getattr(self, name) for name in type(self).model_fields]
        found = [v.get_secret_value() for v in values if isinstance(v, SecretStr)]
        database = self.curvebot_database_url
        password = urlsplit(database.get_secret_value()).password if database is not None else None
        return [*found, *([password] if password else [])]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the program was told."""

    config: Configuration
    env: Environment
    path: Path | None  # the configuration file, when there is one

    @property
    def entity(self) -> str | None:
        return self.env.wandb_entity or self.config.wandb.entity

    @property
    def project(self) -> str | None:
        return self.env.wandb_project or self.config.wandb.project

    @property
    def database_url(self) -> str:
        given = self.env.curvebot_database_url
        return given.get_secret_value() if given else f"sqlite:///{self.env.curvebot_state_dir / 'curvebot.db'}"

    @property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """What runs, with the thresholds in force."""
        return _diagnoses(self.config)

    @property
    def profile(self) -> Profile:
        """What the columns of the team's runs are."""
        return profiles.load(self.config.profiles, self.path)

    @property
    def policy(self) -> Policy:
        a = self.config.alerts
        return Policy(
            group_wait_s=a.group_wait,
            repeat_s=a.repeat,
            resolved=a.resolved,
            min_severity=a.min_severity,
            quiet_hours=a.quiet_hours,
            budget=a.budget,
            timezone=self.config.timezone,
        )

    def sources(self, *, any_path: bool = False) -> Sources:
        """`any_path`: whether files anywhere may be read (the command line), or only those under `local.roots`."""
        key = self.env.wandb_api_key
        return Sources(
            base_url=self.env.wandb_base_url,
            api_key=key.get_secret_value() if key is not None else None,
            entity=self.entity,
            project=self.project,
            roots=self.config.local.roots,
            any_path=any_path,
            directory=self.env.curvebot_state_dir / "wandb",
        )


def load(path: Path | None = None) -> Settings:
    """Reads the environment, and the file (`path`, else CURVEBOT_CONFIG, else the default one when present).

    Raises SettingsError with every mistake of both.
    """
    mistakes = _wrong_files() or []
    env = Environment.model_construct()
    if not mistakes:
        try:
            env = Environment()
            mistakes += _incomplete(env)
        except ValidationError as error:
            mistakes += [f"{'.'.join(map(str, e['loc'])).upper()}：{_sentence(dict(e))}" for e in error.errors()]
    named = path or env.curvebot_config
    file = named or (DEFAULT_FILE if DEFAULT_FILE.is_file() else None)
    config = Configuration()
    if file is not None:
        try:
            config = read(file)
        except SettingsError as error:
            mistakes += error.mistakes
    if mistakes:
        raise SettingsError(mistakes)
    return Settings(config, env, file)


def read(path: Path) -> Configuration:
    """The configuration file alone, by YAML 1.2 rules. Raises SettingsError."""
    try:
        data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError([f"{path}：读不了配置文件（{error.strerror}）"]) from None
    except UnicodeDecodeError:
        raise SettingsError([f"{path}：配置文件不是 UTF-8 编码"]) from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第 {mark.line + 1} 行" if mark is not None else "某处"
        problem = str(getattr(error, "problem", "") or "").splitlines()
        raise SettingsError([f"{path}：{where}不是合法的 YAML（{problem[0] if problem else '语法错误'}）"]) from None
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise SettingsError([f"{path}：最外层要是“键: 值”，现在是{_kind(data)}"])
    return parse(data, path)


def parse(data: Mapping[str, Any], path: Path | None = None) -> Configuration:
    """The file's content -> Configuration; profiles are looked for beside `path`. Raises SettingsError."""
    mistakes: list[str] = []
    config = Configuration()
    try:
        config = Configuration.model_validate(dict(data), context={"path": path})
    except ValidationError as error:
        mistakes += [f"{key_path(e['loc'])}：{_sentence(dict(e), _known(e['loc']))}" for e in error.errors()]
        given = data.get("diagnoses")  # the rest must not hide their mistakes
        shaped = {k: v for k, v in given.items() if isinstance(v, dict)} if isinstance(given, dict) else {}
        config = Configuration.model_construct(diagnoses=shaped)
    slots = [d.to for d in config.digests]
    mistakes += [
        f"digests：{a} 出现了两次，一个频道只有一份日报" for a in sorted({a for a in slots if slots.count(a) > 1})
    ]
    try:
        _diagnoses(config)
    except ConfigurationError as error:
        mistakes += [f"{where}：{what}" for where, what in error.mistakes]
    if mistakes:
        raise SettingsError(mistakes)
    return config


def _diagnoses(config: Configuration) -> tuple[Diagnosis, ...]:
    custom = [
        ThresholdDiagnosis(
            name=t.name,
            metric=t.metric,
            limit=t.above if t.above is not None else t.below,  # type: ignore[arg-type]  # one of them is given
            side="above" if t.above is not None else "below",
            points=t.points,
            severity=t.severity,
        )
        for t in config.thresholds
    ]
    return configure(config.diagnoses, custom)


def nearest(word: str, known: list[str]) -> str:
    """`，是不是 x？`, or nothing when no known word is near."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"，是不是 {near[0]}？" if near else ""


def key_path(loc: tuple[int | str, ...]) -> str:
    """`("watch", "runs", 0, "to")` -> `watch.runs[0].to`."""
    return re.sub(r"\.?\[", "[", ".".join(f"[{p}]" if isinstance(p, int) else str(p) for p in loc))


def _known(loc: tuple[int | str, ...]) -> list[str]:
    """The keys allowed beside the last one of a path."""
    model: Any = Configuration
    for part in loc[:-1]:
        if isinstance(part, int) or model is None:
            continue
        field = next((f for name, f in model.model_fields.items() if part in (name, f.alias)), None)
        inner = [field.annotation, *getattr(field.annotation, "__args__", ())] if field is not None else []
        model = next((t for t in inner if isinstance(t, type) and issubclass(t, BaseModel)), None)
    return [f.alias or name for name, f in model.model_fields.items()] if model is not None else []


def _sentence(error: Mapping[str, Any], known: list[str] | None = None) -> str:
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


def _kind(value: Any) -> str:
    return "列表" if isinstance(value, list) else "一段文本"


def _wrong_files() -> list[str]:
    """Mistakes of the `_FILE` variables."""
    wrong = []
    for name in (field.upper() for field in Environment.model_fields):
        path = os.environ.get(f"{name}_FILE")
        if path and os.environ.get(name):
            wrong.append(f"{name}_FILE：和 {name} 只能给一个")
        elif path:
            try:
                Path(path).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                wrong.append(f"{name}_FILE：读不了这个文件")
    return wrong


def _incomplete(env: Environment) -> list[str]:
    """Credentials that only work together."""
    wrong = []
    if env.slack_bot_token and not (env.slack_app_token or env.slack_signing_secret):
        wrong.append("SLACK_APP_TOKEN：有 SLACK_BOT_TOKEN 时还要它（长连接），或者给 SLACK_SIGNING_SECRET 走 HTTP")
    if env.feishu_app_id and not env.feishu_app_secret:
        wrong.append("FEISHU_APP_SECRET：有 FEISHU_APP_ID 时还要它")
    domain = urlsplit(env.feishu_domain)
    if domain.scheme == "http" and domain.hostname not in ("127.0.0.1", "localhost", "::1"):
        wrong.append("FEISHU_DOMAIN：除本机外只能用 https")
    return wrong
