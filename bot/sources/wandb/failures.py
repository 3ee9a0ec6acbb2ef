"""What wandb raises -> one of five reasons, and a Chinese sentence for each."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.sources.port import Failure, SourceError


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or getattr(error, "exc", None) or error.__context__


def core_died(error: BaseException) -> bool:
    """A connection to the child that is closed, or its loop ended; the public errors then have an empty text."""
    names = {"MailboxClosedError", "HandleAbandonedError", "AlreadyJoinedError", "RunCancelledError"}
    return any(
        type(e).__name__ in names
        or isinstance(e, ConnectionError)
        or (type(e).__name__ in ("CommError", "WandbApiFailedError") and not str(e).strip())
        for e in _chain(error)
    )


def _text(error: BaseException) -> str:
    return "\n".join(str(e) for e in _chain(error))


def _status(error: BaseException) -> int:
    """The HTTP status behind an error; 0 when there was none."""
    status = next((s for e in _chain(error) if (s := getattr(getattr(e, "response", None), "http_status", 0))), 0)
    if not status and (found := re.search(r"\b(?:HTTP|returned error) (\d{3})\b", _text(error))):
        status = int(found[1])
    return int(status)


def reason_of(error: BaseException) -> Failure:
    """Which of the five it is. By HTTP status where the client tells, else by its words, which are all there is."""
    text, status = _text(error), _status(error)
    by_status: dict[int, Failure] = {401: "forbidden", 403: "forbidden", 404: "not_found", 429: "rate_limited"}
    if status in by_status:
        return by_status[status]
    if status >= 500 or status == 408:
        return "unreachable"
    words: tuple[tuple[str, Failure], ...] = (
        (r"could not find (run|project)", "not_found"),
        (r"permission denied|not authori[sz]ed|access denied|API key must|API key may|API key is", "forbidden"),
        (r"rate.?limit|too many requests", "rate_limited"),
        (
            r"giving up after|did not respond|timed? ?out|deadline exceeded|dial tcp|no such host"
            r"|connection|x509|proxy",
            "unreachable",
        ),
    )
    return next((reason for pattern, reason in words if re.search(pattern, text, re.IGNORECASE)), "unreadable")


def explained(error: BaseException, what: str, host: str) -> SourceError:
    reason = reason_of(error)
    if reason == "unreachable" and _status(error) >= 500:
        return SourceError(reason, f"W&B（{host}）自己出错了（HTTP {_status(error)}），稍后再试")
    if reason == "unreachable" and re.search(r"timed? ?out|deadline exceeded", _text(error), re.IGNORECASE):
        return SourceError(reason, f"W&B（{host}）一直没有回答，稍后再试；一直这样就检查网络和代理")
    return SourceError(reason, sentence(reason, what, host))


def sentence(reason: Failure, what: str, host: str = "") -> str:
    """What a person is told. `what`: the run or project that was asked for."""
    match reason:
        case "not_found":
            return f"没有找到 {what}：可能写错了，也可能机器人的 key 看不到它"
        case "forbidden":
            return f"没有权限读 {what}：W&B 不认这个 key，或它没有这个项目的权限，请管理员检查 WANDB_API_KEY"
        case "rate_limited":
            return "W&B 限流了，过一两分钟再试"
        case "unreachable":
            return f"连不上 W&B（{host}），稍后再试；一直这样就检查网络和代理"
        case "unreadable":
            return f"W&B 的回答看不懂，读不了 {what}，稍后再试；一直这样就检查 WANDB_BASE_URL 和 wandb 版本"
