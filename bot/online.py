"""What the probes of `curvebot check --online` have in common: what they found, why nobody was reached, the clock."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from analysis.figures import duration

TIMEOUT_S = 8
_CLOCK_DOUBT_S = 30.0  # times in messages are off by so much
_CLOCK_AMISS_S = 240.0  # what is signed is refused at 300 s, and a run without a heartbeat for 5 minutes has crashed


class Found(NamedTuple):
    """What works, and what about it somebody should look at: one Chinese sentence each, with the fix."""

    text: str
    doubts: tuple[str, ...] = ()


class AmissError(Exception):
    """Something does not work. `args`: Chinese sentences: what, and what to do about it; no secrets."""


def proxy_for(url: str) -> str | None:
    """The proxy for a URL as the environment says, exceptions included; a WebSocket goes the way of HTTP."""
    parts = urlsplit(url)
    scheme = {"wss": "https", "ws": "http"}.get(parts.scheme, parts.scheme)
    return None if proxy_bypass(parts.netloc) else getproxies().get(scheme)


def proxy_name(url: str) -> str | None:
    """Host and port of the proxy for a URL: without the password that its address may hold."""
    proxy = proxy_for(url)
    return urlsplit(proxy if "//" in proxy else f"//{proxy}").netloc.rpartition("@")[2] if proxy else None


def unreachable(url: str, error: BaseException) -> str:
    """Why a server was not reached, and what to do about it."""
    host, proxy = urlsplit(url).hostname or "?", proxy_name(url)
    chain = list(_chain(error))
    words = " ".join(f"{type(e).__name__} {e}" for e in chain)
    if any(isinstance(e, ssl.SSLError) for e in chain) or "SSLError" in words or "CERTIFICATE_VERIFY" in words:
        return f"{host} 的证书不受信任：把公司 CA 的证书文件写进 SSL_CERT_FILE"
    if proxy is not None:
        return f"经代理 {proxy} 连不上 {host}：让代理放行它，或把它加进 NO_PROXY 直连"
    if any(isinstance(e, TimeoutError) for e in chain) or "timed out" in words or "Timeout" in words:
        return f"{host} 在 {TIMEOUT_S} 秒内没有回答：检查防火墙；要走代理就设 HTTPS_PROXY"
    if "Name or service" in words or "gaierror" in words or "NameResolution" in words:
        return f"找不到主机 {host}：检查网址和 DNS；要走代理就设 HTTPS_PROXY"
    return f"连不上 {host}：检查网址和网络；要走代理就设 HTTPS_PROXY"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and what it was made of."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        reason = getattr(error, "reason", None)
        error = reason if isinstance(reason, BaseException) else error.__cause__ or error.__context__


def clock(date: str | None, now: float) -> tuple[str, ...]:
    """What the `Date` of an answer, received at `now` (epoch seconds), says of our clock. Raises AmissError."""
    try:
        ahead_s = now - parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return ()
    if abs(ahead_s) < _CLOCK_DOUBT_S:
        return ()
    wrong = (
        f"本机时钟{'快' if ahead_s > 0 else '慢'}了 {duration(abs(ahead_s))}：打开时间同步（timedatectl set-ntp true）"
    )
    if abs(ahead_s) > _CLOCK_AMISS_S:
        raise AmissError(wrong)
    return (wrong,)
