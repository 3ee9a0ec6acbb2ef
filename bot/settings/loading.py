"""Environment and configuration file -> Settings, checked as a whole: every mistake at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from analysis.columns.profile import Profile
from analysis.diagnoses.configure import ConfigurationError, configure
from analysis.diagnoses.custom import Threshold as ThresholdDiagnosis
from analysis.scan.diagnosis import Diagnosis
from bot.alerts.incident import Policy
from bot.chats.port import Credentials
from bot.platforms import PLATFORMS, Platform
from bot.settings import environment, profiles
from bot.settings.configuration import Configuration, configuration, schema
from bot.settings.environment import Environment
from bot.settings.mistakes import SettingsError, mistakes_in
from bot.sources import Budget, Sources

DEFAULT_FILE = Path("config/curvebot.yaml")


@dataclass(frozen=True)
class Settings:
    """Everything the program was told."""

    config: Configuration
    env: Environment
    path: Path | None = None  # the configuration file, when there is one
    platforms: tuple[Platform, ...] = PLATFORMS  # that there are
    credentials: Mapping[str, Credentials] = field(default_factory=dict)  # by platform

    def secrets(self) -> list[str]:
        """Every secret value, for the redaction of logs."""
        return [secret for part in (self.env, *self.credentials.values()) for secret in part.secrets()]

    def libraries(self) -> list[str]:
        """The loggers of the platforms' packages."""
        return [name for platform in self.platforms for name in platform.libraries]

    def switched_on(self) -> dict[str, Credentials]:
        """Those of the platforms that are to be started."""
        return {name: credentials for name, credentials in self.credentials.items() if credentials.given}

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

    @cached_property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """What runs, with the thresholds in force."""
        return _diagnoses(self.config)

    @cached_property
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

    def sources(self, *, command_line: bool = False, budget: Budget = lambda requests, asked: True) -> Sources:
        """For a chat: projects and files as the configuration allows. For the command line: whatever can be read."""
        key, swanlab_key = self.env.wandb_api_key, self.env.swanlab_api_key
        return Sources(
            base_url=self.env.wandb_base_url,
            api_key=key.get_secret_value() if key is not None else None,
            swanlab_host=self.env.swanlab_api_host,
            swanlab_api_key=swanlab_key.get_secret_value() if swanlab_key is not None else None,
            entity=self.entity,
            project=self.project,
            roots=self.config.local.roots,
            any_path=command_line,
            allows=(lambda entity, project: True) if command_line else self.config.access.allows_project,
            directory=self.env.curvebot_state_dir / "wandb",
            cache=self.env.curvebot_state_dir / "cache",
            budget=budget,
        )


def load(path: Path | None = None, platforms: tuple[Platform, ...] = PLATFORMS) -> Settings:
    """Reads the environment, and the file (`path`, else CURVEBOT_CONFIG, else the default one when present).

    Raises SettingsError with every mistake of both.
    """
    mistakes: list[str] = []
    env = environment.read(Environment, mistakes) or Environment.model_construct()
    credentials = environment.read_credentials(platforms, mistakes)
    named = path or env.curvebot_config
    file = named or (DEFAULT_FILE if DEFAULT_FILE.is_file() else None)
    config = Configuration()
    if file is not None:
        try:
            config = read(file, platforms)
        except SettingsError as error:
            mistakes += error.mistakes
    if mistakes:
        raise SettingsError(mistakes)
    return Settings(config, env, file, platforms, credentials)


def read(path: Path, platforms: tuple[Platform, ...] = PLATFORMS) -> Configuration:
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
        found = "列表" if isinstance(data, list) else "一段文本"
        raise SettingsError([f"{path}：最外层要是“键: 值”，现在是{found}"])
    return parse(data, path, platforms)


def parse(
    data: Mapping[str, Any], path: Path | None = None, platforms: tuple[Platform, ...] = PLATFORMS
) -> Configuration:
    """The file's content -> Configuration; profiles are looked for beside `path`. Raises SettingsError."""
    mistakes: list[str] = []
    model = schema(platforms)
    try:
        config = configuration(model.model_validate(dict(data), context={"path": path, "platforms": platforms}))
    except ValidationError as error:
        mistakes += mistakes_in(error, model)
        given = data.get("diagnoses")  # the rest must not hide their mistakes
        shaped = {k: v for k, v in given.items() if isinstance(v, dict)} if isinstance(given, dict) else {}
        config = Configuration.model_construct(diagnoses=shaped)
    slots = [str(d.to) for d in config.digests]
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
