"""Logs: JSON lines, or one quiet line each on a terminal. No secret leaves, whoever wrote the record.

Redaction works on the finished line, so it covers messages, fields and exception texts of every library alike.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Iterable
from typing import TextIO

import structlog
from structlog.types import Processor

_HIDDEN = "[已隐去]"
_PATTERNS = [
    (re.compile(r"xox[a-z](?:\.xox[a-z])?-[\w-]{4,}|xapp-[\w-]{4,}"), _HIDDEN),
    (re.compile(r"\bwandb_v\d_\w{8,}"), _HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=:-]{6,}"), rf"\1 {_HIDDEN}"),
    (re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"), _HIDDEN),
    (re.compile(r"(//hooks\.[\w.-]+/)[\w/-]+|(/bot/v2/hook/)[\w-]+"), rf"\1\2{_HIDDEN}"),
    (
        re.compile(
            r"""(?ix)\b([\w-]*(?:app_secret|access_token|access_key|ticket|api[_-]?key|signing_secret|encrypt_key
            |verification_token|app_token|bot_token|password)\\*["']?\s*[=:]\s*\\*["']?)(?!\[已隐去\])[^\s"'&,;\\}]+"""
        ),
        rf"\1{_HIDDEN}",
    ),
    # A W&B key. Our own long names (outbox keys) are logged by their first 12 digits.
    (re.compile(r"(?<![0-9a-f])[0-9a-f]{40,}(?![0-9a-f])"), _HIDDEN),
]
_NOISY = ("apscheduler", "waitress", "wandb", "urllib3", "websockets", "matplotlib", "alembic", "sqlalchemy")


class Redaction:
    """Known secret values and the shapes of unknown ones -> a mark. Idempotent."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({s for s in secrets if len(s) >= 6}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(_HIDDEN, text)
        for pattern, mark in _PATTERNS:
            text = pattern.sub(mark, text)
        return text


class _RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    def __init__(self, redact: Redaction, renderer: Processor) -> None:
        super().__init__(
            foreign_pre_chain=_shared(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        return self._redact(super().format(record))


def configure(
    *,
    secrets: Iterable[str] = (),
    libraries: Iterable[str] = (),
    human: bool | None = None,
    stream: TextIO | None = None,
    level: int = logging.INFO,
) -> None:
    """Sends every record of the process to `stream` (stderr).

    libraries  further loggers that only say what is of interest when they warn
    human      quiet lines instead of JSON; by default when the stream is a terminal
    """
    out = stream if stream is not None else sys.stderr
    plain = out.isatty() if human is None else human
    renderer: list[Processor] = (
        [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
        if plain
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(_RedactingFormatter(Redaction(secrets), _chain(renderer)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in (*_NOISY, *libraries):
        noisy = logging.getLogger(name)
        noisy.handlers.clear()
        noisy.propagate = True
        noisy.setLevel(max(level, logging.WARNING))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    # What nobody caught goes the same way: the interpreter's own hooks would print it unredacted.
    sys.excepthook = lambda kind, error, trace: root.critical("未捕获的异常", exc_info=(kind, error, trace))
    threading.excepthook = _thread_died


def _thread_died(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is not SystemExit and args.exc_value is not None:
        name = args.thread.name if args.thread is not None else "?"
        logging.getLogger("threads").critical(
            "线程 %s 意外结束", name, exc_info=(args.exc_type, args.exc_value, args.exc_traceback)
        )


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _chain(processors: list[Processor]) -> Processor:
    def run(logger: structlog.types.WrappedLogger, name: str, event: structlog.types.EventDict) -> str:
        result: object = event
        for process in processors:
            result = process(logger, name, result)  # type: ignore[arg-type]
        return str(result)

    return run
