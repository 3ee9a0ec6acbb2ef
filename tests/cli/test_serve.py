"""The real `curvebot serve` process against local W&B, Slack and Feishu servers, through the real SDKs.

How long things take is not asked here but measured by `python -m benchmarks.answers`.
"""

from __future__ import annotations

import array
import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest

from benchmarks.soak import children
from tests.fakes.postgres import paused
from tests.fakes.server import PATIENCE_S, free_port
from tests.fakes.wandb_server import records
from tests.fakes.world import World, shifted, wait, world

pytestmark = pytest.mark.xdist_group("serve")  # they share a bot


@pytest.fixture(scope="module")
def bot() -> Iterator[World]:
    """One running bot for all tests that leave it running."""
    with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as made:
        made.upload(made.sample, "64wxlc3y", name="act-uot-64wxlc3y", state="finished")
        made.secrets = {
            "SLACK_SIGNING_SECRET": made.slack.signing_secret,
            "FEISHU_ENCRYPT_KEY": made.feishu.encrypt_key,
            "FEISHU_VERIFICATION_TOKEN": made.feishu.verification_token,
        }
        made.start()
        yield made


def test_it_is_healthy_and_ready(bot: World) -> None:
    assert bot.get("/healthz")[0] == 200
    assert bot.get("/readyz")[0] == 200
    wait(lambda: 'curvebot_ws_connected{platform="slack"} 1.0' in bot.get("/metrics")[1])
    wait(lambda: 'curvebot_ws_connected{platform="feishu"} 1.0' in bot.get("/metrics")[1])


def test_slack_is_acknowledged_and_answered_with_card_and_chart(bot: World) -> None:
    envelope = bot.slack.command("64wxlc3y", channel="C1")

    assert bot.slack.ack(envelope)
    wait(lambda: bot.slack.files and any(f.get("shared") for f in bot.slack.files.values()))
    (card,) = [t for t in bot.in_slack("C1") if "🔴" in t]
    assert "OT" in card and "评估 L1" in card and "等数据" in card
    assert next(iter(bot.slack.files.values()))["content"].startswith(b"\x89PNG")


def test_feishu_is_acknowledged_and_answered_with_card_and_chart(bot: World) -> None:
    event = bot.feishu.mention("/curve 64wxlc3y", chat="oc_1")

    assert bot.feishu.ack(event)
    (card,) = wait(lambda: bot.in_feishu("oc_1"))
    assert "OT" in card and "评估 L1" in card
    assert all(image.startswith(b"\x89PNG") for image in bot.feishu.images.values()) and bot.feishu.images


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("/curve nosuchrun", "nosuchrun"),
        ("/curve wacth 64wxlc3y", "是不是 watch"),
        ("/curve other/secret/abc", "other/secret/abc"),
        ("/curve https://wandb.example/a/b/runs/c", "wandb.example"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(bot: World, text: str, part: str) -> None:
    chat = f"oc_{abs(hash(text))}"

    bot.feishu.mention(text, chat=chat)

    (answer,) = wait(lambda: bot.in_feishu(chat))
    assert part in answer
    assert "Traceback" not in answer and "Error" not in answer


def test_no_permission_is_said(bot: World) -> None:
    bot.wandb.fail("any", 403)
    try:
        bot.slack.command("64wxlc3y", channel="C403")
        (answer,) = wait(lambda: bot.in_slack("C403"))
    finally:
        bot.wandb.heal()

    assert "权限" in answer or "密钥" in answer


def test_an_event_delivered_twice_is_answered_once(bot: World) -> None:
    bot.slack.mention("help", channel="C2")
    wait(lambda: bot.in_slack("C2"))
    bot.slack.redeliver()
    bot.slack.mention("list", channel="C2")

    wait(lambda: any("没有关注" in t for t in bot.in_slack("C2")))
    assert len(bot.in_slack("C2")) == 2


def test_events_over_http_are_checked_and_answered(bot: World) -> None:
    body = bot.slack.command_body("help")
    form = "application/x-www-form-urlencoded"
    before = len(bot.slack.messages) + len(bot.slack.responses)

    assert bot.post("/slack/events", body, bot.slack.signed(body, at=time.time() - 600, kind=form)) == 401
    assert bot.post("/slack/events", body, bot.slack.signed(body + b"x", kind=form)) == 401
    assert bot.post("/slack/events", body, bot.slack.signed(body, kind=form)) == 200
    wait(lambda: len(bot.slack.messages) + len(bot.slack.responses) == before + 1)

    headers, encrypted = bot.feishu.encrypted(bot.feishu.envelope("url_verification", {}))
    assert bot.post("/feishu/events", encrypted, headers | {"x-lark-signature": "forged"}) == 401


def test_an_event_that_comes_over_both_ways_is_answered_once(bot: World) -> None:
    typed = bot.slack.command_payload("help", channel="CBOTH")
    said = bot.feishu.envelope("im.message.receive_v1", bot.feishu.said("help", chat="oc_both"))
    body, form = urlencode(typed).encode(), "application/x-www-form-urlencoded"
    bot.slack.deliver("slash_commands", typed)
    bot.feishu.deliver(said)

    assert bot.post("/slack/events", body, bot.slack.signed(body, kind=form)) == 200
    signed, encrypted = bot.feishu.encrypted(said)
    assert bot.post("/feishu/events", encrypted, signed) == 200
    bot.slack.mention("list", channel="CBOTH")
    bot.feishu.mention("list", chat="oc_both")
    wait(lambda: any("没有关注" in t for t in bot.in_slack("CBOTH")))
    wait(lambda: any("没有关注" in t for t in bot.in_feishu("oc_both")))

    assert len(bot.in_slack("CBOTH")) == 2
    assert len(bot.in_feishu("oc_both")) == 2


def test_a_link_shows_its_verdict_and_nothing_is_said(bot: World) -> None:
    link = f"{bot.wandb.url}/team/robot/runs/64wxlc3y"
    bot.slack.share(link, f"{bot.wandb.url}/team/robot/runs/nosuch", channel="CLINK")
    [sent] = wait(lambda: bot.slack.unfurls)
    ack = bot.feishu.ack(bot.feishu.share(link, chat="oc_link", message_id="om_link_1"))
    wait(lambda: "card" in bot.feishu.ack(bot.feishu.share(link, chat="oc_link", message_id="om_link_1")).data)

    assert [*sent["unfurls"]] == [link]
    assert "OT" in str(sent["unfurls"])
    assert ack.seconds < 3
    assert bot.in_slack("CLINK") == [] and bot.in_feishu("oc_link") == []


def test_a_link_said_to_the_bot_is_answered_and_not_shown(bot: World) -> None:
    link = f"{bot.wandb.url}/team/robot/runs/64wxlc3y"
    before = len(bot.slack.unfurls)
    bot.slack.share(link, channel="CSAID", ts="1.5")
    bot.slack.mention(link, channel="CSAID", ts="1.5")
    wait(lambda: any("OT" in t for t in bot.in_slack("CSAID")))
    bot.slack.share(link, channel="CSAID")
    wait(lambda: len(bot.slack.unfurls) > before)

    assert len(bot.slack.unfurls) == before + 1


def test_a_second_bot_on_the_same_file_is_refused(bot: World) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "serve", "--config", "c.yaml"],
        cwd=bot.folder,
        check=False,
        env=bot.environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
    )

    assert bot.process is not None
    assert done.returncode == 2
    assert f"已有一个 curvebot 在用这个数据库（进程 {bot.process.pid}）" in done.stderr and done.stderr.count("\n") == 1


def test_no_secret_in_the_log(bot: World) -> None:
    text = "".join(bot.log)

    assert "canary" not in text and bot.wandb.api_key not in text
    assert "Traceback" not in text


def test_a_run_that_grows_into_a_collapse_is_told_once_even_over_kill_9(bot: World) -> None:
    rows = records(shifted(bot.sample).history)
    assert rows[26]["_step"] < 550 < rows[44]["_step"]  # where the collapse is raised
    bot.wandb.add_run("team", "robot", "r1", rows[:27], name="act-uot", config=bot.sample.config)
    bot.slack.command("watch r1 every 1s", channel="C9")
    bot.feishu.mention("/curve watch r1 every 1s", chat="oc_9")
    wait(lambda: bot.in_slack("C9") and bot.in_feishu("oc_9"))

    bot.wandb.append("r1", rows[27:45])
    wait(lambda: collapses(bot.in_slack("C9")) and collapses(bot.in_feishu("oc_9")))

    bot.end(signal.SIGKILL)
    bot.wandb.append("r1", rows[45:50])
    bot.start()
    looked_at(bot, 4)

    assert collapses(bot.in_slack("C9")) == 1
    assert collapses(bot.in_feishu("oc_9")) == 1
    bot.slack.command("unwatch r1", channel="C9")
    bot.feishu.mention("/curve unwatch r1", chat="oc_9")
    wait(lambda: any("已取关" in t for t in bot.in_feishu("oc_9")))


def looked_at(bot: World, times: int) -> None:
    """Both watches are polled so often."""
    polls = bot.wandb.requests.count("runs")
    wait(lambda: bot.wandb.requests.count("runs") >= polls + times)


def collapses(texts: list[str]) -> int:
    return sum("OT 没起作用" in t for t in texts)


def unread(number: int) -> int:
    """Bytes that a process was sent and has not taken."""
    size = array.array("i", [0])
    with Path(f"/proc/{number}/fd/0").open("rb", buffering=0) as pipe:
        fcntl.ioctl(pipe, termios.FIONREAD, size)
    return size[0]


def while_a_chart_is_drawn(bot: World, ref: str) -> int:
    """Somebody asks for a run, and its chart is not ready. -> the process that draws, stopped."""
    assert bot.process is not None
    parent = bot.process.pid
    (number,) = wait(
        lambda: [p for p in children(parent) if b"bot.charting" in Path(f"/proc/{p}/cmdline").read_bytes()]
    )
    wait(lambda: Path(f"/proc/{number}/task").exists() and len(list(Path(f"/proc/{number}/task").iterdir())) > 1)
    os.kill(number, signal.SIGSTOP)
    bot.upload(bot.sample.head(30 + len(ref)), ref, name=ref, state="finished")  # a chart that was not drawn before
    bot.feishu.mention(f"/curve {ref}", chat=f"oc_{ref}")
    wait(lambda: unread(number) > 0)
    return int(number)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at /proc")
def test_when_the_process_that_draws_is_killed_card_and_chart_come_all_the_same(bot: World) -> None:
    before = len(bot.feishu.images)
    os.kill(while_a_chart_is_drawn(bot, "drawn-1"), signal.SIGKILL)

    wait(lambda: bot.in_feishu("oc_drawn-1"))
    assert len(bot.feishu.images) == before + 1


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at /proc")
def test_a_chart_that_is_drawn_keeps_nobody_from_leaving(tmp_path: Path) -> None:
    with world(tmp_path) as bot:
        bot.start()
        number = while_a_chart_is_drawn(bot, "drawn-2")
        began = time.monotonic()

        assert bot.end(signal.SIGTERM) == 0
        assert time.monotonic() - began < 10
        wait(lambda: not Path(f"/proc/{number}").exists() or "zombie" in Path(f"/proc/{number}/status").read_text())


def test_a_platform_that_is_away_does_not_stop_the_other_nor_the_end(tmp_path: Path) -> None:
    with world(tmp_path) as bot, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_S)
        bot.upload(bot.sample, "64wxlc3y", state="finished")
        bot.start(SLACK_API_URL=f"http://127.0.0.1:{free_port()}/api/", NOTIFY_SOCKET=str(tmp_path / "notify"))
        assert manager.recv(100) == b"READY=1"

        bot.feishu.mention("help", chat="oc_1")

        wait(lambda: bot.in_feishu("oc_1"))
        assert bot.get("/healthz")[0] == 200
        assert 'curvebot_ws_connected{platform="slack"} 0.0' in bot.get("/metrics")[1]
        assert bot.end(signal.SIGTERM) == 0
        said = [manager.recv(100)]
        while said[-1] != b"STOPPING=1":
            said.append(manager.recv(100))
        assert set(said) <= {b"WATCHDOG=1", b"STOPPING=1"}


def check(bot: World, **variables: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "check", "--online", "--config", "c.yaml"],
        cwd=bot.folder,
        check=False,
        env=bot.environment() | variables,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
    )
    return done.returncode, done.stdout + done.stderr


def test_check_online_tries_everything_one_line_each(tmp_path: Path) -> None:
    with world(tmp_path) as bot:
        bot.upload(bot.sample, "64wxlc3y", state="finished")
        wrong = {
            "SLACK_BOT_TOKEN": "xoxb-wrong-token",
            "FEISHU_APP_SECRET": "wrong-secret",
            "WANDB_BASE_URL": f"http://127.0.0.1:{free_port()}",
            "CURVEBOT_STATE_DIR": str(tmp_path / "other"),
        }
        with ThreadPoolExecutor(2) as both:
            good, bad = both.submit(check, bot), both.submit(check, bot, **wrong)
        code, text = good.result()

        assert code == 0, text
        for name in ("配置", "数据库", "W&B", "Slack Bot Token", "Slack 长连接", "飞书应用", "飞书长连接"):
            assert f"✓ {name}：" in text

        code, text = bad.result()

        assert code == 2
        for name in ("W&B", "Slack Bot Token", "飞书应用"):
            assert f"✗ {name}：" in text, text
        assert "✓ Slack 长连接" in text
        assert "wrong" not in text and "Traceback" not in text


def test_a_database_that_hangs_is_told_and_keeps_neither_watch_nor_end_waiting(tmp_path: Path, postgres: str) -> None:
    with world(tmp_path) as bot:
        bot.start(CURVEBOT_DATABASE_URL=postgres)
        wait(lambda: bot.get("/readyz")[0] == 200)
        with paused(postgres):
            began = time.monotonic()
            assert bot.get("/readyz")[0] == 503
            readyz_s, began = time.monotonic() - began, time.monotonic()
            status, text = bot.get("/metrics")
            metrics_s = time.monotonic() - began
            assert status == 200
            assert "curvebot_database_up 0.0" in text
            assert 'curvebot_ws_connected{platform="slack"}' in text and "curvebot_outbox{" not in text
            until = time.monotonic() + 40  # longer than a loop may stand still
            while time.monotonic() < until:
                assert bot.get("/healthz")[0] == 200
                time.sleep(0.5)
        wait(lambda: bot.get("/readyz")[0] == 200)
        bot.slack.mention("help", channel="CBACK")
        wait(lambda: bot.in_slack("CBACK"))
        with paused(postgres):
            began = time.monotonic()
            assert bot.end(signal.SIGTERM) == 0
            end_s = time.monotonic() - began

    assert readyz_s < 8 and metrics_s < 8  # without waiting for the database, however busy the machine
    assert end_s < 10
