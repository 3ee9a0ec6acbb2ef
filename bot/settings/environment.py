"""The environment: variables, which pydantic-settings reads, or files that hold them.

Secrets come from here only; the value of `<VARIABLE>_FILE` names a file that holds the variable's.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError

from bot.chats.port import Credentials
from bot.platforms import PLATFORMS, Platform
from bot.settings.mistakes import sentence
from bot.variables import Url, Variables

V = TypeVar("V", bound=Variables)


class Environment(Variables):
    """The variables that belong to no chat platform, as contract."""

    curvebot_config: Path | None = None
    curvebot_database_url: SecretStr | None = None
    curvebot_state_dir: Path = Path(".curvebot")
    curvebot_public_url: Url | None = None
    wandb_api_key: SecretStr | None = None
    wandb_base_url: Url = "https://api.wandb.ai"
    wandb_entity: str | None = None
    wandb_project: str | None = None
    swanlab_api_key: SecretStr | None = None
    swanlab_api_host: Url = "https://api.swanlab.cn"

    def secrets(self) -> list[str]:
        database = self.curvebot_database_url
        password = urlsplit(database.get_secret_value()).password if database is not None else None
        return [*super().secrets(), *([password] if password else [])]


def variable_names(platforms: Sequence[Platform] = PLATFORMS) -> list[str]:
    """All that are read."""
    models: list[type[Variables]] = [Environment, *(p.credentials for p in platforms if p.credentials is not None)]
    return [name for model in models for name in model.names()]


def read(model: type[V], mistakes: list[str]) -> V | None:
    """The variables of a model. Adds to `mistakes` what is wrong with them; None then."""
    files: dict[str, Any] = {}
    wrong: list[str] = []
    for name in model.names():
        file = os.environ.get(f"{name}_FILE")
        if file and os.environ.get(name):
            wrong.append(f"{name}_FILE：和 {name} 只能给一个")
        elif file:
            try:
                files[name] = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                wrong.append(f"{name}_FILE：读不了这个文件")
    try:
        found = model(**{name: text for name, text in files.items() if text})
    except ValidationError as error:
        wrong += [f"{e['loc'][0]}：{sentence(dict(e))}" for e in error.errors()]
    mistakes += wrong
    return None if wrong else found


def read_credentials(platforms: Sequence[Platform], mistakes: list[str]) -> dict[str, Credentials]:
    """Platform -> its credentials, also of one that is not switched on. Adds to `mistakes` what is wrong or missing."""
    found: dict[str, Credentials] = {}
    for platform in platforms:
        credentials = read(platform.credentials, mistakes) if platform.credentials is not None else None
        if credentials is not None:
            mistakes += credentials.mistakes()
            found[platform.name] = credentials
    return found
