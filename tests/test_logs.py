"""A canary for each kind of secret, through every way a record can take; none may come out."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator

import pytest
import structlog

from bot import logs

CANARIES = {
    "slack bot token": "xoxb-111111111111-222222222222-abcdefCANARY",
    "slack app token": "xapp-1-A0000-333-deadCANARY",
    "slack user token": "xoxp-1-2-3-CANARY",
    "wandb key": "0123456789abcdef0123456789abcdef01234567",
    "wandb new key": "wandb_v1_CANARYCANARYCANARY_x",
    "known value": "s3cret-CANARY-value",
}
LINES = {
    "lark socket address": "connected to wss://msg.feishu.cn/ws/v2?device_id=1&access_key=CANARYKEY&service_id=2&ticket=CANARYTICKET",
    "feishu secret in json": '{"app_id": "cli_1", "app_secret": "CANARYSECRET"}',
    "tenant token": "tenant_access_token: t-CANARYTOKEN",
    "authorization": "Authorization: Bearer CANARY.TOKEN",
    "proxy": "proxy http://user:CANARYPASS@proxy.example:3128 refused",
    "database": "postgresql://bot:CANARYPASS@db/curvebot",
    "response url": "POST https://hooks.slack.com/commands/T1/2/CANARY failed",
    "webhook": "https://open.feishu.cn/open-apis/bot/v2/hook/CANARY-1",
    "environment": "WANDB_API_KEY=CANARYCANARY",
}


@pytest.fixture(params=[True, False], ids=["human", "json"])
def stream(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level, hook, thread_hook = (
        root.handlers[:],
        root.level,
        sys.excepthook,
        threading.excepthook,
    )
    out = io.StringIO()
    logs.configure(secrets=["s3cret-CANARY-value"], human=request.param, stream=out)
    yield out
    root.handlers[:], root.level = handlers, level
    sys.excepthook, threading.excepthook = hook, thread_hook
    structlog.reset_defaults()


@pytest.mark.parametrize("secret", CANARIES.values(), ids=CANARIES)
def test_a_secret_comes_out_of_no_record(stream: io.StringIO, secret: str) -> None:
    log = structlog.get_logger("bot.test")
    log.error(f"in the message {secret}", field=f"in a field {secret}", nested={"in": [secret]})
    logging.getLogger("some.module").error("as argument %s", secret)
    try:
        raise RuntimeError(f"in an exception {secret}")
    except RuntimeError:
        log.exception("caught")
        logging.getLogger("Lark").exception("caught by a library")

    text = stream.getvalue()
    assert text.count("[已隐去]") >= 5
    assert secret not in text and "CANARY" not in text


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_shapes_of_secrets_nobody_told_us(stream: io.StringIO, line: str) -> None:
    logging.getLogger("Lark").error(line)

    assert "[已隐去]" in stream.getvalue()
    assert "CANARY" not in stream.getvalue()


def test_an_exception_that_ends_a_thread_is_redacted_too(stream: io.StringIO) -> None:
    def die() -> None:
        raise RuntimeError("token xoxb-1-CANARY")

    thread = threading.Thread(target=die)
    thread.start()
    thread.join()

    assert "RuntimeError" in stream.getvalue()
    assert "CANARY" not in stream.getvalue()


def test_what_is_no_secret_stays() -> None:
    redact = logs.Redaction(["short"])

    for text in [
        "team/robot/64wxlc3y",
        "outbox 0123456789ab",
        "第 550 步：OT 未起作用",
        "https://wandb.ai/team/robot/runs/x?nw=1",
        "train/ot_ot_pi_sum=7.3e-12",
        "short",
    ]:
        assert redact(text) == text


def test_json_lines_hold_chinese_and_context(stream: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(run="team/robot/x"):
        structlog.get_logger("bot.test").warning("读不到", reason="超时")

    text = stream.getvalue()
    assert "读不到" in text and "超时" in text and "team/robot/x" in text
    if text.startswith("{"):
        assert json.loads(text)["run"] == "team/robot/x"
