"""`curvebot check`: every mistake of the configuration at once; with `--online`, a line per thing that must answer."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import requests
from sqlalchemy.exc import SQLAlchemyError

from bot import settings
from bot.address import Address
from bot.app import claim, open_store
from bot.chats import DeliveryError
from bot.chats.port import Probe
from bot.online import TIMEOUT_S, AmissError, Found, unreachable
from bot.platforms import PLATFORMS, Platform
from bot.services.adoption import configured
from bot.settings import Settings, SettingsError
from bot.sources import SourceError
from bot.sources.swanlab.record import SWANLAB
from bot.sources.wandb import probe as wandb
from bot.sources.wandb.record import WANDB

_FAILURES = (SettingsError, SourceError, DeliveryError, SQLAlchemyError, OSError)


def check(path: Path | None, *, online: bool, out: TextIO, platforms: tuple[Platform, ...] = PLATFORMS) -> bool:
    """Prints what is wrong (✗), what should be looked at (!), or that all is well (✓); whether nothing is wrong."""
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
    answers = [_run(probe, out) for probe in _probes(loaded)] if online else []
    return all(answers)  # of all: every line is written, also after a ✗


def _run(probe: Probe, out: TextIO) -> bool:
    try:
        found = probe.run()
    except AmissError as error:
        out.writelines(f"✗ {probe.name}：{wrong}\n" for wrong in error.args)
        return False
    except _FAILURES as error:
        known = not isinstance(error, SQLAlchemyError | OSError)
        out.write(f"✗ {probe.name}：{error if known else type(error).__name__}\n")
        return False
    out.write(f"✓ {probe.name}：{found.text}\n")
    out.writelines(f"! {probe.name}：{doubt}\n" for doubt in found.doubts)
    return True


def _probes(loaded: Settings) -> Iterator[Probe]:
    yield Probe("数据库", lambda: _database(loaded))
    yield Probe("状态目录", lambda: _directory(loaded.env.curvebot_state_dir))
    if loaded.env.wandb_api_key is not None:
        yield Probe(WANDB.name, lambda: _wandb(loaded))
    if loaded.env.swanlab_api_key is not None:
        yield Probe(SWANLAB.name, lambda: _swanlab(loaded))
    if loaded.env.curvebot_public_url is not None:
        address = loaded.env.curvebot_public_url
        yield Probe("报告地址", lambda: _public(address))
    for name, credentials in loaded.switched_on().items():
        channels = [a.channel for a in destinations(loaded) if a.platform == name]
        yield from credentials.probes(channels, _running(loaded))


def destinations(loaded: Settings) -> list[Address]:
    """Every channel that the configuration names, each once."""
    config = loaded.config
    named = [address for entry in config.watch.runs for address in entry.to]
    named += [digest.to for digest in config.digests] + ([config.admin] if config.admin is not None else [])
    allowed = [Address(name, channel) for name, some in config.access.channels.items() for channel in some]
    return list(dict.fromkeys([*named, *allowed]))


def _running(loaded: Settings) -> int | None:
    """How many bots run on this database, 0 or 1; None where several may."""
    if not loaded.database_url.startswith("sqlite"):
        return None
    try:
        held = claim(loaded)
    except SettingsError:
        return 1
    if held is not None:
        held.close()
    return 0


def _wandb(loaded: Settings) -> Found:
    key = loaded.env.wandb_api_key
    found = wandb.server(loaded.env.wandb_base_url, key.get_secret_value() if key is not None else "")
    _directory(loaded.env.curvebot_state_dir)  # the client keeps its files there, and says of that only that it failed
    sources = loaded.sources()
    sources.check()
    if loaded.entity and loaded.project:
        place = f"{loaded.entity}/{loaded.project}"
        filter_ = sources.filter(f"{place}?tag=curvebot-check")  # which no run has: the answer is short
        try:
            if filter_ is not None:
                sources.list_runs(filter_)
        except SourceError as error:
            if error.reason not in ("not_found", "forbidden"):
                raise
            where = "核对 wandb.entity、wandb.project，或换有权限的密钥"
            raise AmissError(f"密钥有效，但默认项目 {place} 读不到：{where}") from None
        return Found(f"{found.text} 认这个密钥，{place} 读得到", found.doubts)
    return Found(f"{found.text} 认这个密钥", found.doubts)


def _swanlab(loaded: Settings) -> Found:
    loaded.sources().check_swanlab()
    return Found(f"{loaded.env.swanlab_api_host} 认这个密钥")


def _database(loaded: Settings) -> Found:
    open_store(loaded).close()
    running = "，有一个 curvebot 正在用" if _running(loaded) else ""
    return Found(f"{loaded.database_url.partition(':')[0]}{running}")


def _public(address: str) -> Found:
    """Whether a browser would get to `/r/…`; that nothing runs yet is no fault."""
    url = f"{address.rstrip('/')}/healthz"
    try:
        ours = requests.get(url, timeout=TIMEOUT_S).text.startswith(("ok\n", "stuck\n"))
    except requests.RequestException as error:
        return Found(address, (f"{unreachable(url, error)}；curvebot serve --http 没在跑时也会这样",))
    return Found(address, () if ours else (f"{url} 后面不是 curvebot：检查反向代理，或先启动 curvebot serve --http",))


def _directory(folder: Path) -> Found:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        why = f"写不了 {folder}（{error.strerror}）：给运行它的用户写权限，或把 CURVEBOT_STATE_DIR 指到别处"
        raise AmissError(why) from None
    return Found(str(folder))
