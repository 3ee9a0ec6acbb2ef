"""`curvebot check`: every mistake of the configuration at once; with `--online`, a line per thing that must answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from sqlalchemy.exc import SQLAlchemyError

from bot import settings
from bot.app import open_store
from bot.chats import DeliveryError
from bot.platforms import PLATFORMS, Platform
from bot.services.adoption import configured
from bot.settings import Settings, SettingsError
from bot.sources import SourceError
from bot.sources.wandb.record import WANDB

Probe = Callable[[], str]  # what it found; raises one of _FAILURES


_FAILURES = (SettingsError, SourceError, DeliveryError, SQLAlchemyError, OSError)


def check(path: Path | None, *, online: bool, out: TextIO, platforms: tuple[Platform, ...] = PLATFORMS) -> bool:
    """Prints what is wrong, or that nothing is; whether all is well."""
    try:
        loaded = settings.load(path, platforms)
        configured(loaded.config, loaded.sources())
    except SettingsError as error:
        out.writelines(f"✗ {mistake}\n" for mistake in error.mistakes)
        return False
    out.write(f"✓ 配置：{loaded.path or '全部用默认值'}\n")
    if not loaded.switched_on():
        variables = " 或 ".join(p.variable for p in loaded.platforms if p.credentials is not None)
        out.write(f"· 平台：还没有 {variables}，curvebot serve 启动不了\n")
    if loaded.env.wandb_api_key is None:
        out.write(f"· {WANDB.name}：还没有 WANDB_API_KEY，只能读本地文件\n")
    answers = [_run(name, probe, out) for name, probe in _probes(loaded)] if online else []
    return all(answers)  # of all: every line is written, also after a ✗


def _run(name: str, probe: Probe, out: TextIO) -> bool:
    try:
        out.write(f"✓ {name}：{probe()}\n")
    except _FAILURES as error:
        known = isinstance(error, SourceError | DeliveryError | SettingsError)
        out.write(f"✗ {name}：{error if known else type(error).__name__}\n")
        return False
    return True


def _probes(loaded: Settings) -> Iterator[tuple[str, Probe]]:
    yield "数据库", lambda: _database(loaded)
    if loaded.env.wandb_api_key is not None:
        yield WANDB.name, lambda: _wandb(loaded)
    for credentials in loaded.switched_on().values():
        yield from credentials.probes()


def _wandb(loaded: Settings) -> str:
    loaded.sources().check()
    return f"{loaded.env.wandb_base_url} 认这个密钥"


def _database(loaded: Settings) -> str:
    open_store(loaded).close()
    return loaded.database_url.partition(":")[0]
