"""The real `curvebot serve` as a process, between local W&B, Slack and Feishu servers."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis.model import Run
from bot import settings
from bot.services.answering import PLACEHOLDER
from bot.sources.files import read as files
from tests.fakes import feishu_cards, slack_server
from tests.fakes.feishu_server import FeishuServer
from tests.fakes.server import PATIENCE_S, free_port
from tests.fakes.slack_server import SlackServer
from tests.fakes.wandb_server import WandbServer, records

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "bot" / "samples" / "64wxlc3y.parquet"
CONFIG = """
wandb: {entity: team, project: robot}
alerts: {group_wait: 1s}
"""


class World:
    """Three local vendors, and the bot as a process on a state directory that survives it."""

    def __init__(self, folder: Path, wandb: WandbServer, slack: SlackServer, feishu: FeishuServer) -> None:
        self.folder, self.wandb, self.slack, self.feishu = folder, wandb, slack, feishu
        self.sample = files.read(SAMPLE)
        self.process: subprocess.Popen[str] | None = None
        self.log: list[str] = []
        self.secrets: dict[str, str] = {}  # those of the HTTP side
        self.port = free_port()
        (folder / "c.yaml").write_text(CONFIG)

    def environment(self) -> dict[str, str]:
        known = {*settings.variable_names()}
        return {k: v for k, v in os.environ.items() if k.removesuffix("_FILE") not in known} | {
            "PYTHONPATH": str(ROOT),
            "CURVEBOT_STATE_DIR": str(self.folder / "state"),
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_API_URL": self.slack.api_url,
            "FEISHU_APP_ID": self.feishu.app_id,
            "FEISHU_APP_SECRET": self.feishu.app_secret,
            "FEISHU_DOMAIN": self.feishu.domain,
            "WANDB_API_KEY": self.wandb.api_key,
            "WANDB_BASE_URL": self.wandb.url,
            "NO_PROXY": "127.0.0.1",
        }

    def start(self, **variables: str) -> None:
        """Starts the bot; returns when it is ready."""
        lines = self.launch(**variables)
        process = self.process
        assert process is not None
        wait(lambda: any("就绪" in line for line in lines) or process.poll() is not None, lambda: "".join(lines))
        assert process.poll() is None, "".join(lines)

    def launch(self, **variables: str) -> list[str]:
        """Starts the bot and waits for nothing. -> what it says, as it comes."""
        env = self.environment() | variables
        env |= self.secrets
        args = [sys.executable, "-m", "bot", "serve", "--config", "c.yaml", "--http", f"127.0.0.1:{self.port}"]
        process = subprocess.Popen(args, cwd=self.folder, env=env, stderr=subprocess.PIPE, encoding="utf-8")
        self.process = process
        lines: list[str] = []
        threading.Thread(target=self._read, args=(process, lines), daemon=True).start()
        return lines

    def _read(self, process: subprocess.Popen[str], lines: list[str]) -> None:
        assert process.stderr is not None
        with process.stderr as stream:
            for line in stream:
                lines.append(line)
                self.log.append(line)

    def end(self, number: int) -> int:
        """Sends a signal; -> the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def get(self, path: str) -> tuple[int, str]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> int:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)) as connection:
            connection.request("POST", path, body=body, headers=dict(headers))
            return connection.getresponse().status

    def upload(self, run: Run, run_id: str, **facts: Any) -> None:
        self.wandb.add_run("team", "robot", run_id, records(run.history), config=run.config, **facts)

    def in_slack(self, channel: str) -> list[str]:
        """What a channel shows now, without what only stands there until its answer comes."""
        shown = [slack_server.words(m) for m in list(self.slack.messages) if m["channel"] == channel]
        return [text for text in shown if text != PLACEHOLDER]

    def in_feishu(self, chat: str) -> list[str]:
        shown = [feishu_cards.words(m) for m in list(self.feishu.messages) if m["chat_id"] == chat]
        return [text for text in shown if text != PLACEHOLDER]


def wait(happened: Callable[[], Any], why: Callable[[], str] = lambda: "") -> Any:
    """Until something is true; its value. Raises TimeoutError when it does not come."""
    until = time.monotonic() + PATIENCE_S
    while not (found := happened()):
        if time.monotonic() > until:
            raise TimeoutError(f"it did not happen: {why()}")
        time.sleep(0.01)
    return found


@contextlib.contextmanager
def world(folder: Path) -> Iterator[World]:
    with WandbServer() as wandb, SlackServer() as slack, FeishuServer() as feishu:
        made = World(folder, wandb, slack, feishu)
        try:
            yield made
        finally:
            if made.process is not None and made.process.poll() is None:
                made.process.kill()
                made.process.wait(10)


def shifted(run: Run) -> Run:
    """The sample as if it ran just now, so that nothing in it is long ago."""
    ahead = time.time() - float(run.history.timestamp[45])
    return replace(run, history=replace(run.history, timestamp=run.history.timestamp + ahead))
