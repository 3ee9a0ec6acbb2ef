"""lark-oapi, tamed: REST calls whose every failure is a DeliveryError, and a long connection that can be stopped.

The SDK takes seconds and 170 MB to import, grabs an event loop while doing so, retries nothing, never gives up hanging
requests, and its socket client goes deaf on a refused reconnect. So it is imported late, in a thread of its own, and
its client is used for one connection: when that is to be replaced, `bot.chats.sockets` decides.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import structlog

from bot.chats.feishu.lean import import_sdk
from bot.chats.port import DeliveryError, NotSent, NotThere, Refused, ShutOut, Unclear
from bot.chats.sockets import Limits, Pulse

log = structlog.get_logger(__name__)

TIMEOUT_S = 5.0
_CONNECT_S = 10.0  # for the answer with the socket's address; the SDK itself would wait for ever
_PING_S = 12.0  # of the WebSocket itself, and for its answer: a half-open connection is found within twice this
# An hour: whether the endpoint counts against the 10,000 calls a month of the free plan is not known.
LIMITS = Limits(connect_s=20.0, silent_s=35.0, eventless_s=3600.0)

_TOKEN_BAD = {99991661, 99991663, 99991664, 99991668}
_LIMITED = {230020, 99991400, 11232}
_QUOTA, _QUOTA_S = 99991403, 600.0  # spent for this month, unless somebody buys more: asked again so often
# Nothing of any message: no valid token, app switched off or not released, our address not allowed, bot switched off.
_SHUT_OUT = _TOKEN_BAD | {99991401, 99991662, 99991673, 230006}
_CREDENTIALS = range(10003, 10100)  # of the token's own errors those that only a person cures
_WHY = {
    230001: "参数不对，或没有这个群",
    230002: "机器人不在群里，先把它加进群",
    230006: "应用没有启用机器人能力",
    230011: "要回复的消息已被撤回",
    230013: "对方不在应用的可用范围内",
    230025: "内容超过 30 KB",
    230099: "卡片内容不被接受",
    10003: "App ID 或 App Secret 不对",
    10014: "App Secret 不对",
    99991672: "缺少权限，请在开放平台开通并发布版本",
    99991401: "出口 IP 不在应用的白名单里",
    99991661: "没有令牌",
    99991662: "应用未启用",
    99991663: "令牌无效",
    99991664: "令牌无效",
    99991668: "令牌无效",
    99991673: "应用不可用",
    _QUOTA: "本月 API 调用额度已用完",
}
_OUTSIDE = {230002}
CARD_REFUSED = {230099, 230025, 200550, 200570, 200621, 200861, 300305}
WITHDRAWN = {230011, 231003}


class CodeError(Refused):
    """Feishu refused for good, with a code."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code


_importing = threading.Lock()
_imported: list[Any] = []


def sdk() -> Any:
    """The lark_oapi package. The first call takes a second; any thread may make it, with or without a running loop."""
    with _importing:
        if not _imported:
            with ThreadPoolExecutor(1, thread_name_prefix="lark-import") as clean:
                _imported.append(clean.submit(_import).result())
    return _imported[0]


def _import() -> Any:
    # requests reads only its own variables.
    if bundle := os.environ.get("SSL_CERT_FILE"):
        os.environ.setdefault("REQUESTS_CA_BUNDLE", bundle)
    asyncio.set_event_loop(asyncio.new_event_loop())  # else the SDK's module makes one and warns
    lark = import_sdk()
    from lark_oapi.core.log import logger  # noqa: PLC0415
    from lark_oapi.ws import client as ws  # noqa: PLC0415

    asyncio.get_event_loop().close()
    asyncio.set_event_loop(None)
    logger.handlers.clear()  # it writes to stdout, past our redaction
    logger.setLevel(logging.WARNING)  # INFO prints the socket's address with its ticket
    logger.addFilter(lambda record: "receive message loop exit" not in record.getMessage())  # said by us
    # The socket client's module: its tasks go to whatever loop runs, its requests end, its proxy is the environment's.
    ws.loop = SimpleNamespace(create_task=_create_task)
    ws.requests = SimpleNamespace(post=functools.partial(ws.requests.post, timeout=_CONNECT_S))
    ws._ws_connect_kwargs = _socket_options
    return lark


def _socket_options(headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Of websockets.connect; without `proxy` it takes the environment's."""
    found: dict[str, Any] = {"ping_interval": _PING_S, "ping_timeout": _PING_S, "close_timeout": 2.0}
    return found | ({"additional_headers": dict(headers)} if headers else {})


def _create_task(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.get_running_loop().create_task(work)


class Api:
    """REST calls as the app. Thread-safe; nothing is repeated, except once after the token turned out to be stale."""

    def __init__(self, app_id: str, app_secret: str, domain: str, timeout_s: float = TIMEOUT_S) -> None:
        self._app_id, self._app_secret, self._domain, self._timeout_s = app_id, app_secret, domain, timeout_s

    @functools.cached_property
    def _client(self) -> Any:
        lark = sdk()
        builder = lark.Client.builder().app_id(self._app_id).app_secret(self._app_secret).domain(self._domain)
        return builder.timeout(self._timeout_s).log_level(lark.LogLevel.WARNING).build()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """One request under /open-apis/; `form` is sent as multipart. Returns the answer. Raises DeliveryError."""
        answer, code = self._once(method, path, query, body, form)
        if code in _TOKEN_BAD:
            self._forget_token()
            answer, code = self._once(method, path, query, body, form)
        if code != 0:
            raise _failure(code, answer)
        return answer

    def _once(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        form: Mapping[str, Any] | None,
    ) -> tuple[dict[str, Any], int]:
        """-> the answer, and its code. Raises DeliveryError when there is none."""
        lark = sdk()
        self._fetch_token()
        request = lark.BaseRequest()
        request.http_method, request.uri = lark.HttpMethod[method], f"/open-apis/{path}"
        request.token_types = {lark.AccessTokenType.TENANT}
        request.queries = [(name, str(value)) for name, value in (query or {}).items()]
        option = lark.RequestOption()
        if form is not None:
            request.body = _multipart(form)
            option.headers["Content-Type"] = request.body.content_type
        elif body is not None:
            request.body = dict(body)
            option.headers["Content-Type"] = "application/json; charset=utf-8"
        try:
            raw = self._client.request(request, option).raw
        except Exception as error:
            raise _network(error) from None
        return _read(raw.status_code, raw.headers, raw.content)

    def _fetch_token(self) -> None:
        """So that a failure to get a token is told apart: nothing was sent by then."""
        from lark_oapi.core.exception import ObtainAccessTokenException  # noqa: PLC0415
        from lark_oapi.core.token import TokenManager  # noqa: PLC0415

        try:
            TokenManager.get_self_tenant_token(self._client._config)
        except ObtainAccessTokenException as error:
            why = f"飞书：{_WHY.get(error.code, '取不到令牌')} ({error.code})"
            raise (ShutOut(why) if error.code in _CREDENTIALS else NotSent(why)) from None
        except Exception as error:
            raise NotSent(f"飞书连不上：{type(error).__name__}") from None

    def _forget_token(self) -> None:
        from lark_oapi.core.token import TokenManager  # noqa: PLC0415

        TokenManager.cache.set(f"self_tenant_token:{self._app_id}", "", 0)


def _multipart(form: Mapping[str, Any]) -> Any:
    from requests_toolbelt import MultipartEncoder  # type: ignore[import-untyped]  # noqa: PLC0415

    return MultipartEncoder(dict(form))


def _read(status: int, headers: Mapping[str, str], content: bytes) -> tuple[dict[str, Any], int]:
    """An answer and its code. A page of HTML is a gateway's: above 500 it may have passed the request on."""
    try:
        answer = json.loads(content)
        code = int(answer["code"])
    except (ValueError, KeyError, TypeError):
        if 400 <= status < 500 and status != 408:
            raise NotSent(f"飞书：HTTP {status}，网关没有放行") from None
        raise Unclear(f"飞书：HTTP {status}，回的不是 JSON") from None
    if code in _LIMITED or (code != 0 and status == 429):
        # Per chat there is no header, and the window is a second.
        reset = next((v for k, v in headers.items() if k.lower() == "x-ogw-ratelimit-reset"), "")
        raise NotSent(f"飞书：限流 ({code})", float(reset) if reset.isdigit() else 1.0)
    if code != 0 and status >= 500:
        raise Unclear(f"飞书：HTTP {status} ({code})")
    return answer, code


def _failure(code: int, answer: Mapping[str, Any]) -> DeliveryError:
    if code == _QUOTA:
        return ShutOut(f"飞书：{_WHY[code]}", _QUOTA_S)
    if code in _SHUT_OUT:
        return ShutOut(f"飞书：{_WHY[code]} ({code})")
    if code in _OUTSIDE:
        return NotThere(f"飞书：{_WHY[code]} ({code})")
    return CodeError(code, f"飞书：{_WHY.get(code, '请求被拒绝')} ({code})")


def _network(error: Exception) -> DeliveryError:
    """What failed before a connection stood was certainly not sent."""
    import requests.exceptions as http  # noqa: PLC0415
    from urllib3.exceptions import NewConnectionError  # noqa: PLC0415

    reason = getattr(error.args[0], "reason", None) if error.args else None
    never = isinstance(error, http.ConnectTimeout | http.ProxyError | http.SSLError) or isinstance(
        reason, NewConnectionError
    )
    detail = f"飞书连不上：{type(error).__name__}"
    return NotSent(detail) if never else Unclear(detail)


class LongConnection:
    """One connection, with a thread and a loop of its own. Raises what the SDK raised when there is none."""

    def __init__(
        self, app_id: str, app_secret: str, domain: str, dispatcher: Callable[[], Any], work: Executor
    ) -> None:
        """`dispatcher`: makes the SDK's event handler; it is called in `work`, so that a slow one keeps no ping."""
        self._make: Callable[[], Any] = lambda: _client()(
            app_id,
            app_secret,
            domain=domain,
            event_handler=dispatcher(),
            log_level=sdk().LogLevel.WARNING,
            auto_reconnect=False,
        )
        self._work = work
        self._end = threading.Event()
        self._ready: Future[None] = Future()
        self._open = False
        self._heard_at = self._event_at = time.monotonic()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="feishu", daemon=True)
        self._thread.start()
        self._ready.result()

    def pulse(self) -> Pulse:
        now = time.monotonic()
        return Pulse(self._open, now - self._heard_at, now - self._event_at)

    def close(self) -> None:
        self._end.set()
        loop, over = self._loop, self._over
        if loop is not None and over is not None:
            with contextlib.suppress(RuntimeError):  # closed already
                loop.call_soon_threadsafe(over.set)
        self._thread.join(1.5)

    def _run(self) -> None:
        try:
            asyncio.run(self._session())
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(error)
            else:
                log.debug("飞书连接结束", error=type(error).__name__)
        finally:
            self._open = False

    async def _session(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: None)  # a receive task dies of every close; we see it below
        self._loop, self._over = loop, asyncio.Event()
        client = self._make()
        client.work, client.on_frame, client.on_event = self._work, self._on_frame, self._on_event
        await client._connect()
        connection = client._conn
        pings = asyncio.ensure_future(client._ping_loop())
        waits = {asyncio.ensure_future(connection.wait_closed()), asyncio.ensure_future(self._over.wait())}
        self._heard_at, self._open = time.monotonic(), True
        self._ready.set_result(None)
        try:
            while not self._end.is_set():
                done, _ = await asyncio.wait(waits, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
                if done:
                    break
                # websockets closes a connection whose pings stay unanswered; this loop turning is the other half.
                self._heard_at = time.monotonic()
        finally:
            self._open = False
            for task in (pings, *waits):
                task.cancel()
            with contextlib.suppress(Exception):
                await asyncio.wait_for(client._disconnect(), 1.0)
            with contextlib.suppress(Exception):  # a peer that never says goodbye must not keep the socket open
                connection.transport.abort()
            await asyncio.sleep(0)

    def _on_frame(self) -> None:
        self._heard_at = time.monotonic()

    def _on_event(self) -> None:
        self._event_at = time.monotonic()


@functools.cache
def _client() -> Any:
    """The SDK's socket client, except that events are handled in threads: its own loop answers the pings meanwhile."""
    lark = sdk()

    class Client(lark.ws.Client):  # type: ignore[misc, name-defined]
        work: Executor
        on_frame: Callable[[], None]
        on_event: Callable[[], None]

        async def _handle_message(self, msg: bytes) -> None:
            self.on_frame()
            await super()._handle_message(msg)

        async def _handle_data_frame(self, frame: Any) -> None:
            told = {header.key: header.value for header in frame.headers}
            payload = frame.payload
            if int(told["sum"]) > 1:  # comes in pieces
                payload = self._combine(told["message_id"], int(told["sum"]), int(told["seq"]), payload)
            if payload is None or told["type"] != "event":
                return
            self.on_event()
            answer: dict[str, Any] = {"code": 200}
            began = time.monotonic()
            try:
                handle = self._event_handler._do_without_validation
                result = await asyncio.get_running_loop().run_in_executor(self.work, handle, payload)
                if result is not None:
                    answer["data"] = base64.b64encode(lark.JSON.marshal(result).encode()).decode()
            except Exception as error:  # not acknowledged: Feishu delivers an event again
                log.error("飞书事件没有处理，不确认", error=type(error).__name__)
                answer = {"code": 500}
            taken = frame.headers.add()
            taken.key, taken.value = "biz_rt", str(int(1000 * (time.monotonic() - began)))
            frame.payload = json.dumps(answer).encode()
            await self._write_message(frame.SerializeToString())

    return Client
