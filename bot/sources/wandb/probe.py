"""Whether W&B would let us in: the address is that of an API, the server is not too old, the clocks agree.

Asked by plain HTTP: the client (wandb-core) says of all of these only that it failed. Its key is tried elsewhere.
"""

from __future__ import annotations

import os
import re
import time
from typing import Any
from urllib.parse import urlsplit

import requests

from bot.online import TIMEOUT_S, AmissError, Found, clock, unreachable

OLDEST = (0, 65)  # server that the client in use still speaks to; older ones since wandb 0.28 no more
_VERSION = "query ServerInfo { serverInfo { latestLocalVersionInfo { versionOnThisInstanceString } } }"
_WEB = ("wandb.ai", "www.wandb.ai", "app.wandb.ai")


def misplaced(base_url: str) -> str | None:
    """What is wrong with an address that is none of an API, with the fix; None when nothing is to be seen."""
    parts = urlsplit(base_url)
    if parts.hostname in _WEB:
        return "这是网页的地址：WANDB_BASE_URL 写 https://api.wandb.ai"
    if parts.path.strip("/") or parts.query or parts.fragment:
        return f"不要带路径：WANDB_BASE_URL 写 {parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return None


def too_old(version: str) -> bool:
    """Of a self-hosted server: `0.63.1`. Anything that is no version is not."""
    found = re.match(r"v?(\d+)\.(\d+)\.\d+", version)
    return found is not None and (0, 0) < (int(found[1]), int(found[2])) < OLDEST


def server(base_url: str, api_key: str) -> Found:
    """Its host, and its version if it has one. Raises AmissError."""
    wrong, host = misplaced(base_url), urlsplit(base_url).netloc.rpartition("@")[2]
    if wrong is not None:
        raise AmissError(wrong)
    url = f"{base_url.rstrip('/')}/graphql"
    bundle = os.environ.get("SSL_CERT_FILE")  # requests reads only its own variable
    try:
        answer = requests.post(
            url, json={"query": _VERSION}, auth=("api", api_key), timeout=TIMEOUT_S, verify=bundle or True
        )
        said = answer.json()
    except requests.exceptions.JSONDecodeError:
        said = None
    except requests.RequestException as error:
        raise AmissError(unreachable(url, error)) from None
    told = isinstance(said, dict) and bool({"data", "errors"} & said.keys())  # what GraphQL answers
    if said is None or (answer.status_code in (200, 404) and not told):  # other errors: who tries the key says why
        raise AmissError(f"{host} 回的不是 W&B API（多半是网页或别的服务）：WANDB_BASE_URL 写服务器的根地址")
    doubts = clock(answer.headers.get("Date"), time.time())
    version = _version(said)
    if too_old(version):
        raise AmissError(f"服务器 {version} 太旧，至少要 {OLDEST[0]}.{OLDEST[1]}.0：请管理员升级 W&B 服务器")
    return Found(f"{host}（服务器 {version}）" if version else host, doubts)


def _version(said: Any) -> str:
    """Empty on the public cloud, and where the server does not say."""
    for key in ("data", "serverInfo", "latestLocalVersionInfo", "versionOnThisInstanceString"):
        said = said.get(key) if isinstance(said, dict) else None
    return said if isinstance(said, str) else ""
