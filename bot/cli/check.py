"""`curvebot check`: every mistake of the configuration at once; with `--online`, one line per thing that must answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from sqlalchemy.exc import SQLAlchemyError

from bot.app import open_store
from bot.chats import DeliveryError
from bot.services.adoption import configured
from bot.settings import configuration as settings
from bot.settings.configuration import Settings, SettingsError
from bot.sources import SourceError

Probe = Callable[[], str]  # what it found; raises one of _FAILURES


_FAILURES = (SettingsError, SourceError, DeliveryError, SQLAlchemyError, OSError)


def check(path: Path | None, *, online: bool, out: TextIO) -> bool:
    """Prints what is wrong, or that nothing is; whether all is well."""
    try:
        loaded = settings.load(path)
        configured(loaded.config, loaded.sources())
    except SettingsError as error:
        out.writelines(f"✗ {mistake}\n" for mistake in error.mistakes)
        return False
    out.write(f"✓ 配置：{loaded.path or '全部用默认值'}\n")
    env = loaded.env
    if env.slack_bot_token is None and env.feishu_app_id is None:
        out.write("· 平台：还没有 SLACK_BOT_TOKEN 或 FEISHU_APP_ID，curvebot serve 启动不了\n")
    if env.wandb_api_key is None:
        out.write("· W&B：还没有 WANDB_API_KEY，只能读本地文件\n")
    answers = (
        [_run(name, probe, out) for name, probe in _probes(loaded)] if online else []
    )  # every line, also after a ✗
    return all(answers)


def _run(name: str, probe: Probe, out: TextIO) -> bool:
    try:
        out.write(f"✓ {name}：{probe()}\n")
    except _FAILURES as error:
        known = isinstance(error, SourceError | DeliveryError | SettingsError)
        out.write(f"✗ {name}：{error if known else type(error).__name__}\n")
        return False
    return True


def _probes(loaded: Settings) -> Iterator[tuple[str, Probe]]:
    env = loaded.env
    yield "数据库", lambda: _database(loaded)
    if env.wandb_api_key is not None:
        yield "W&B", lambda: _wandb(loaded)
    if env.slack_bot_token is None and env.feishu_app_id is None:
        return
    from bot.chats import probes  # noqa: PLC0415  # both SDKs: seconds

    if env.slack_bot_token is not None:
        bot, app = env.slack_bot_token.get_secret_value(), env.slack_app_token
        yield "Slack Bot Token", lambda: probes.slack_token(bot, env.slack_api_url)
        if app is not None:
            yield "Slack 长连接", lambda: probes.slack_socket(app.get_secret_value(), env.slack_api_url)
    if env.feishu_app_id is not None and env.feishu_app_secret is not None:
        app_id, secret = env.feishu_app_id, env.feishu_app_secret.get_secret_value()
        yield "飞书应用", lambda: probes.feishu_app(app_id, secret, env.feishu_domain)
        yield "飞书长连接", lambda: probes.feishu_socket(app_id, secret, env.feishu_domain)


def _wandb(loaded: Settings) -> str:
    loaded.sources().check()
    return f"{loaded.env.wandb_base_url} 认这个密钥"


def _database(loaded: Settings) -> str:
    store = open_store(loaded)
    try:
        store.ping()
    finally:
        store.close()
    return loaded.database_url.partition(":")[0]
