"""What people get wrong when they set the bot up, and that `check --online` says what it is and what to do."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest
from slack_sdk.socket_mode.builtin import SocketModeClient
from sqlalchemy.exc import OperationalError

from bot import settings
from bot.app import claim, unusable
from bot.chats.feishu import probe as feishu_probe
from bot.cli.check import check
from bot.http import HttpServer, Site
from bot.metrics import Metrics
from bot.online import AmissError, clock, unreachable
from bot.sources.wandb import probe as wandb_probe
from bot.store.pages import KeptPages
from bot.store.store import Store
from tests.fakes.feishu_server import FeishuServer
from tests.fakes.proxy import Proxy
from tests.fakes.server import authority, free_port
from tests.fakes.slack_server import SlackServer
from tests.fakes.wandb_server import WandbServer

NAMED = """
access:
  slack: {channels: [C1]}
  feishu: {chats: [oc_1]}
admin: slack:C2
digests: [{to: "feishu:oc_2", at: "09:00"}]
"""


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment of its own."""
    for name in (*settings.variable_names(), "HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    monkeypatch.setenv("CURVEBOT_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    return tmp_path


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[SlackServer]:
    with SlackServer() as server:
        monkeypatch.setenv("SLACK_BOT_TOKEN", server.bot_token)
        monkeypatch.setenv("SLACK_APP_TOKEN", server.app_token)
        monkeypatch.setenv("SLACK_API_URL", server.api_url)
        yield server


@pytest.fixture
def feishu(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[FeishuServer]:
    with FeishuServer() as server:
        monkeypatch.setenv("FEISHU_APP_ID", server.app_id)
        monkeypatch.setenv("FEISHU_APP_SECRET", server.app_secret)
        monkeypatch.setenv("FEISHU_DOMAIN", server.domain)
        yield server


@pytest.fixture
def wandb(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[WandbServer]:
    with WandbServer() as server:
        monkeypatch.setenv("WANDB_API_KEY", server.api_key)
        monkeypatch.setenv("WANDB_BASE_URL", server.url)
        yield server


def told(folder: Path, config: str = "") -> tuple[bool, str]:
    """-> whether all is well, and what was printed."""
    (folder / "c.yaml").write_text(config, encoding="utf-8")
    out = io.StringIO()
    return check(folder / "c.yaml", online=True, out=out), out.getvalue()


def line(text: str, mark: str) -> list[str]:
    """The lines that begin with ✗ or !."""
    return [one for one in text.splitlines() if one.startswith(mark)]


# Slack


def test_slack_as_it_should_be(slack: SlackServer, folder: Path) -> None:
    well, text = told(folder, NAMED)

    assert well, text
    assert "✓ Slack 频道：2 个都在" in text  # of access and admin
    assert line(text, "!") == [] and line(text, "✗") == []


def test_a_scope_is_lacking(slack: SlackServer, folder: Path) -> None:
    slack.scopes -= {"files:write", "links:read"}

    well, text = told(folder)

    assert not well
    (wrong,) = line(text, "✗")
    assert wrong.startswith("✗ Slack Bot Token：缺权限 files:write：") and "Reinstall" in wrong


def test_a_scope_that_would_be_better_to_have(slack: SlackServer, folder: Path) -> None:
    slack.scopes -= {"links:read"}

    well, text = told(folder)

    assert well
    (doubt,) = line(text, "!")
    assert "links:read" in doubt and "links:write" not in doubt


@pytest.mark.parametrize(
    ("call", "fault", "part"),
    [
        ("auth.test", "invalid_auth", "重新复制"),
        ("auth.test", "account_inactive", "重新安装"),
        ("auth.test", "token_revoked", "重新安装"),
        ("apps.connections.open", "missing_scope", "connections:write"),
        ("apps.connections.open", "not_allowed_token_type", "xapp-"),
        ("apps.connections.open", "some_new_error", "some_new_error"),
    ],
)
def test_a_token_that_slack_refuses(slack: SlackServer, folder: Path, call: str, fault: str, part: str) -> None:
    slack.fail(call, fault)

    well, text = told(folder)

    assert not well
    (wrong,) = line(text, "✗")
    assert part in wrong
    assert slack.bot_token not in text and slack.app_token not in text


def test_the_bot_is_not_in_a_channel(slack: SlackServer, folder: Path) -> None:
    slack.outside.add("C2")

    well, text = told(folder, NAMED)

    assert not well
    (wrong,) = line(text, "✗")
    assert "C2" in wrong and "C1" not in wrong and "/invite" in wrong


def test_channels_that_cannot_be_seen(slack: SlackServer, folder: Path) -> None:
    slack.scopes -= {"channels:history", "groups:history"}

    well, text = told(folder, NAMED)

    assert well
    assert any("看不出机器人在不在 C2、C1" in one for one in line(text, "!")), text


def connected(slack: SlackServer) -> SocketModeClient:
    """Another copy of the bot, somewhere."""
    other = SocketModeClient(app_token=slack.app_token, auto_reconnect_enabled=False)
    other.web_client.base_url = slack.api_url
    other.connect()
    slack.wait(lambda s: s.sockets())
    return other


def test_a_second_copy_takes_events(slack: SlackServer, folder: Path) -> None:
    other = connected(slack)
    try:
        well, text = told(folder)
    finally:
        other.close()

    assert well  # it may be one that is just ending
    (doubt,) = line(text, "!")
    assert "别处还有 1 个连接" in doubt and "停掉" in doubt


def test_the_bot_that_runs_here_is_no_second_copy(slack: SlackServer, folder: Path) -> None:
    other = connected(slack)
    held = threading.Event()
    busy = _hold_database(folder, held)
    try:
        well, text = told(folder)
    finally:
        held.set()
        busy()
        other.close()

    assert well
    assert "有一个 curvebot 正在用" in text
    assert line(text, "!") == []


def _hold_database(folder: Path, done: threading.Event) -> Callable[[], None]:
    """As a bot in another process does: a lock of our own process would not keep us out."""
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    code = (
        "import sys; from bot.store import alone; held = alone.claim(sys.argv[1]); print('held', flush=True);"
        "sys.stdin.read()"
    )
    url = f"sqlite:///{folder / 'state' / 'curvebot.db'}"
    process = subprocess.Popen(
        [sys.executable, "-c", code, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None and process.stdout.readline() == b"held\n"

    def end() -> None:
        process.communicate()

    return end


def test_a_proxy_that_lets_rest_through_and_no_socket(
    slack: SlackServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own address is told, its password is not."""
    with Refusing() as proxy:
        slack.socket_address = f"wss-primary.slack.example:{slack.port}"
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:canary@127.0.0.1:{proxy.port}")
        monkeypatch.setenv("HTTP_PROXY", f"http://user:canary@127.0.0.1:{proxy.port}")
        well, text = told(folder)

    assert not well
    (wrong,) = line(text, "✗")
    assert wrong.startswith("✗ Slack 长连接：REST 通、长连接不通")
    assert f"127.0.0.1:{proxy.port}" in wrong and "NO_PROXY" in wrong and "canary" not in text


class Refusing:
    """A proxy that opens no tunnel, and passes nothing on."""

    def __enter__(self) -> Refusing:
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_CONNECT(self) -> None:
                self.send_error(403)

            do_GET = do_POST = do_CONNECT  # noqa: N815

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def test_who_is_to_be_reached_directly_is(slack: SlackServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK alone would take HTTPS_PROXY for everything: the check has to go the way that `serve` goes."""
    with Proxy() as proxy:
        for name in ("HTTPS_PROXY", "HTTP_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        well, text = told(folder)

    assert well, text
    assert proxy.tunnels == [] and proxy.requests == []


# clocks


@pytest.mark.parametrize(("ahead_s", "well", "mark"), [(3600.0, False, "✗"), (-90.0, True, "!"), (5.0, True, "✓")])
def test_a_clock_that_is_wrong(slack: SlackServer, folder: Path, ahead_s: float, well: bool, mark: str) -> None:
    slack.date_ahead_s = ahead_s

    fine, text = told(folder)

    said = [one for one in text.splitlines() if "本机时钟" in one]
    assert fine == well
    assert [one[0] for one in said] == ([mark] if mark != "✓" else [])
    assert all("timedatectl" in one and ("慢" if ahead_s > 0 else "快") in one for one in said)


def test_a_wrong_clock_hides_no_scope_that_is_lacking(slack: SlackServer, folder: Path) -> None:
    slack.date_ahead_s = 3600.0
    slack.scopes -= {"files:write"}

    _, text = told(folder)

    assert "本机时钟慢了" in text and "缺权限 files:write" in text


def test_a_date_that_is_none_says_nothing() -> None:
    assert clock(None, 0.0) == clock("yesterday", 0.0) == ()


# Feishu


def test_feishu_as_it_should_be(feishu: FeishuServer, folder: Path) -> None:
    well, text = told(folder, NAMED)

    assert well, text
    assert "✓ 飞书群：2 个都在" in text
    assert line(text, "!") == []


def test_an_app_with_everything_wrong_is_told_all_of_it_at_once(feishu: FeishuServer, folder: Path) -> None:
    feishu.granted.discard("im:resource")
    feishu.outside.add("oc_2")
    feishu.info = {
        "status": 0,
        "online_version_id": "",
        "event": {"subscription_type": "webhook", "subscribed_events": []},
        "callback_info": {"callback_type": "websocket", "subscribed_callbacks": ["url.preview.get"]},
    }

    well, text = told(folder, NAMED)

    assert not well
    parts = (
        "已停用",
        "还没有发布",
        "im.message.receive_v1",
        "card.action.trigger",
        "开发者服务器",
        "im:resource",
        "oc_2",
    )
    wrong = line(text, "✗")
    assert len(wrong) == len(parts)
    for one, part in zip(wrong, parts, strict=True):
        assert part in one, one


def test_what_feishu_does_not_tell_is_in_doubt(feishu: FeishuServer, folder: Path) -> None:
    feishu.info = None
    feishu.granted.clear()
    feishu.scopes.discard("im:chat:readonly")

    well, text = told(folder, NAMED)

    assert well
    doubts = "".join(line(text, "!"))
    for part in ("application:application:self_manage", "权限列表", "im:chat:readonly"):
        assert part in doubts


def test_a_version_that_waits_for_the_administrator() -> None:
    amiss, doubts = feishu_probe.settings({"online_version_id": "oav_1", "unaudit_version_id": "oav_2"}, http=False)

    assert amiss == [] and "审核" in doubts[0]


def test_events_over_http_are_meant_where_they_can_be_checked() -> None:
    info = {"event": {"subscription_type": "webhook"}, "callback": {"callback_type": "webhook"}}

    assert feishu_probe.settings(info, http=True) == ([], [])
    assert len(feishu_probe.settings(info, http=False)[0]) == 2


# W&B


def test_wandb_as_it_should_be(wandb: WandbServer, folder: Path) -> None:
    wandb.version = "0.77.1"
    wandb.add_run("team", "robot", "r1", [{"_step": 1, "loss": 1.0}])

    well, text = told(folder, "wandb: {entity: team, project: robot}")

    assert well, text
    assert "（服务器 0.77.1） 认这个密钥，team/robot 读得到" in text


def test_a_default_project_that_is_not_there(wandb: WandbServer, folder: Path) -> None:
    wandb.add_run("team", "robot", "r1", [{"_step": 1, "loss": 1.0}])

    well, text = told(folder, "wandb: {entity: team, project: rebot}")

    assert not well
    assert line(text, "✗") == [
        "✗ W&B：密钥有效，但默认项目 team/rebot 读不到：核对 wandb.entity、wandb.project，或换有权限的密钥"
    ]


@pytest.mark.parametrize(
    ("version", "old"),
    [("0.64.9", True), ("0.50.2", True), ("0.65.0", False), ("1.2.3", False), ("development", False), ("0.0.0", False)],
)
def test_a_server_that_is_too_old(wandb: WandbServer, folder: Path, version: str, old: bool) -> None:
    wandb.version = version

    well, text = told(folder)

    assert well == (not old), text
    assert any("升级 W&B 服务器" in one for one in line(text, "✗")) == old


@pytest.mark.parametrize(
    ("url", "right"),
    [
        ("https://wandb.ai", "https://api.wandb.ai"),
        ("https://wandb.ai/team/robot", "https://api.wandb.ai"),
        ("https://wandb.firm.cn/team", "https://wandb.firm.cn"),
        ("https://u:p@wandb.firm.cn:8443/home?x=1", "https://wandb.firm.cn:8443"),
    ],
)
def test_the_address_of_a_page_for_that_of_the_api(url: str, right: str) -> None:
    wrong = wandb_probe.misplaced(url)

    assert wrong is not None and wrong.endswith(f"WANDB_BASE_URL 写 {right}")


@pytest.mark.parametrize("url", ["https://api.wandb.ai", "https://api.wandb.ai/", "http://wandb.local:8080"])
def test_the_address_of_an_api(url: str) -> None:
    assert wandb_probe.misplaced(url) is None


def test_a_server_that_answers_with_a_page(wandb: WandbServer, folder: Path) -> None:
    wandb.fail("server", "garbage")

    well, text = told(folder)

    assert not well
    assert "回的不是 W&B API" in line(text, "✗")[0]


def test_a_server_of_something_else(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It speaks JSON, and no GraphQL."""
    with SlackServer() as other:
        monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
        monkeypatch.setenv("WANDB_BASE_URL", other.url)
        well, text = told(folder)

    assert not well
    assert "回的不是 W&B API" in line(text, "✗")[0]


def test_wandb_tells_of_the_clock_too(wandb: WandbServer, folder: Path) -> None:
    wandb.date_ahead_s = -600.0

    well, text = told(folder)

    assert not well
    assert "本机时钟快了 10 分" in line(text, "✗")[0]


def test_a_server_that_nobody_answers_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{free_port()}")

    well, text = told(folder)

    assert not well
    assert "连不上 127.0.0.1：检查网址和网络" in line(text, "✗")[0]


def test_a_certificate_that_nobody_vouches_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told as such; and trusted as soon as SSL_CERT_FILE names the authority."""
    with SlackServer(tls=True) as server:
        url = f"https://{server.socket_address}"
        with pytest.raises(AmissError) as told_off:
            wandb_probe.server(url, "0" * 40)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority()))
        with pytest.raises(AmissError) as trusted:  # it is a WebSocket's server, and does not speak plain HTTP
            wandb_probe.server(url, "0" * 40)

    assert "证书不受信任" in str(told_off.value) and "SSL_CERT_FILE" in str(told_off.value)
    assert "证书" not in str(trusted.value)


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (TimeoutError("timed out"), "没有回答"),
        (socket.gaierror(-2, "Name or service not known"), "找不到主机 wandb.firm.cn"),
        (ConnectionRefusedError(), "连不上 wandb.firm.cn"),
    ],
)
def test_why_nobody_was_reached(folder: Path, error: Exception, part: str) -> None:
    assert part in unreachable("https://wandb.firm.cn/graphql", error)


# the machine itself


def test_a_state_directory_that_cannot_be_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURVEBOT_STATE_DIR", "/proc/no")
    monkeypatch.setenv("CURVEBOT_DATABASE_URL", f"sqlite:///{folder / 'x.db'}")

    well, text = told(folder)

    assert not well
    (wrong,) = line(text, "✗")
    assert wrong.startswith("✗ 状态目录：写不了 /proc/no") and "CURVEBOT_STATE_DIR" in wrong


def test_what_needs_the_state_directory_says_so(
    wandb: WandbServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client of W&B keeps files there: its address is not to blame."""
    monkeypatch.setenv("CURVEBOT_STATE_DIR", "/proc/no")

    well, text = told(folder)

    assert not well
    database, directory, source = line(text, "✗")
    assert "没有写权限" in database and "CURVEBOT_STATE_DIR" in database and "连不上" not in database
    assert "写不了 /proc/no" in directory and "写不了 /proc/no" in source


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ('connection failed: FATAL:  password authentication failed for user "canary"', "用户名或密码不对"),
        ('connection failed: FATAL:  database "canary" does not exist', "先建好"),
        ("connection failed: Connection refused", "服务器起没起"),
        ("failed to resolve host 'canary': Name or service not known", "找不到主机"),
        ("connection timeout expired", "防火墙"),
        ("permission denied for schema public", "没有写权限"),
        ("cannot execute INSERT in a read-only transaction", "换主库"),
        ("something new", "连不上，或没有写权限"),
    ],
)
def test_why_a_database_cannot_be_had(said: str, part: str) -> None:
    """In words of ours: those of the server may hold names."""
    (mistake,) = unusable(OperationalError("SELECT 1", None, psycopg.OperationalError(said))).mistakes

    assert part in mistake and "canary" not in mistake


def test_the_address_of_reports(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A doubt, since the bot may not run yet."""
    store = Store.open(f"sqlite:///{folder / 'pages.db'}")
    pages = KeptPages(store, None, clock=time.time)
    site = Site(healthy=lambda: True, ready=lambda: True, metrics=Metrics(), pages=pages, events={})
    server = HttpServer(site, "127.0.0.1", 0)
    server.start()
    try:
        monkeypatch.setenv("CURVEBOT_PUBLIC_URL", f"http://127.0.0.1:{server.port}/")
        right = told(folder)
        monkeypatch.setenv("CURVEBOT_PUBLIC_URL", f"http://127.0.0.1:{server.port}/other")
        other = told(folder)
    finally:
        server.stop()
        store.close()
    away = told(folder)

    assert right[0] and line(right[1], "!") == []
    assert other[0] and "后面不是 curvebot" in line(other[1], "!")[0]
    assert away[0] and "连不上 127.0.0.1" in line(away[1], "!")[0]


def test_looking_does_not_take_the_database(folder: Path) -> None:
    """A bot that starts right afterwards finds it free."""
    told(folder)

    held = claim(settings.load(folder / "c.yaml"))
    assert held is not None
    held.close()
