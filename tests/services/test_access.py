"""Who is answered, and which projects may be read: others are refused before anything is asked, whether there is such
a run or not.

The real service and the real client against a local W&B server that counts its requests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.columns.profile import GENERIC
from bot.settings import Environment, Settings, parse
from bot.sources import SourceError, Sources
from tests.fakes.bot import Bot
from tests.fakes.wandb_server import WandbServer
from tests.sources.conftest import parquet
from tests.sources.test_peers import rows

REFUSED = "team/secret 不在允许读取的项目里，请管理员把它加进配置的 access.projects"
CONFIG: dict[str, Any] = {"wandb": {"entity": "team", "project": "robot"}, "access": {"projects": ["team/robot"]}}


@pytest.fixture
def server() -> Iterator[WandbServer]:
    """team/robot may be read, team/secret not; both have a running and a finished run."""
    with WandbServer() as running:
        for project in ("robot", "secret"):
            running.add_run("team", project, f"{project}1", rows(), name=f"{project}-name", tags=("x",))
            running.add_run("team", project, f"{project}2", rows(), state="finished")
        yield running


def settings(server: WandbServer, folder: Path, config: dict[str, Any]) -> Settings:
    known = {"WANDB_BASE_URL": server.url, "WANDB_API_KEY": server.api_key, "CURVEBOT_STATE_DIR": folder}
    return Settings(parse(config), Environment.model_validate(known))


def bot_with(server: WandbServer, folder: Path, config: dict[str, Any]) -> Bot:
    bot = Bot(folder, config)
    bot.runs = settings(server, folder, config).sources()  # type: ignore[assignment]
    bot.restart()
    return bot


@pytest.fixture
def bot(server: WandbServer, tmp_path: Path) -> Iterator[Bot]:
    made = bot_with(server, tmp_path, CONFIG)
    yield made
    made.store.close()


@pytest.mark.parametrize(
    "text",
    [
        "/curve team/secret/{run}",
        "/curve secret/{run}",
        "/curve {url}/team/secret/runs/{run}",
        "/curve full team/secret/{run}",
        "/curve watch team/secret/{run} every 5m",
    ],
)
def test_a_run_is_refused_unread_whether_it_exists_or_not(bot: Bot, server: WandbServer, text: str) -> None:
    """`secret3` is near to two that exist: nothing is suggested either."""
    for run in ("secret1", "secret3", "secret-name"):
        assert bot.say(text.format(run=run, url=server.url)) == REFUSED

    assert server.requests == []
    assert bot.store.watches() == []


@pytest.mark.parametrize(
    "text",
    [
        "/curve swanlab:team/robot/robot1",
        "/curve https://swanlab.cn/@team/robot/runs/robot1/chart",
        "/curve watch swanlab:team/robot/*",
    ],
)
def test_a_project_of_another_tracker_has_another_name(bot: Bot, text: str) -> None:
    """`team/robot` may be read, where W&B keeps it."""
    assert bot.say(text) == REFUSED.replace("team/secret", "swanlab:team/robot")
    assert bot.store.watches() == []


@pytest.mark.parametrize(
    "text", ["/curve watch team/secret/*", "/curve watch team/secret?tag=x", "watch {url}/team/secret"]
)
def test_a_filter_is_refused_unread(bot: Bot, server: WandbServer, text: str) -> None:
    assert bot.say(text.format(url=server.url)) == REFUSED
    assert server.requests == []
    assert bot.store.watches() == []


def test_what_is_watched_is_no_longer_read_once_it_may_not_be(bot: Bot, server: WandbServer, tmp_path: Path) -> None:
    open_to_all = bot_with(server, tmp_path, {"wandb": CONFIG["wandb"]})
    open_to_all.hear("watch team/secret/secret1")
    open_to_all.hear("watch team/secret/*")
    open_to_all.store.close()
    server.requests.clear()

    bot.poll(60)

    assert server.requests == []
    assert {w.last_error for w in bot.store.watches()} == {REFUSED}
    assert bot.metrics.registry.get_sample_value("curvebot_polls_total", {"result": "refused"}) == 2


def test_what_may_be_read_is_read(bot: Bot, server: WandbServer) -> None:
    assert "robot-name" in bot.say("/curve robot1")
    assert "已关注 robot-name" in bot.say("/curve watch team/robot/robot1")
    assert "现在有 1 个在跑" in bot.say("/curve watch team/robot/*")
    assert "是不是 team/robot/robot1？" in bot.say("/curve robot3")


def test_a_display_name_is_not_looked_for_in_a_project_that_may_not_be_read(
    server: WandbServer, tmp_path: Path
) -> None:
    """A name that the project given does not have may be one of the default project."""
    named = "team/robot/secret-name"
    config = {"wandb": {"entity": "team", "project": "secret"}, "access": {"projects": ["team/robot"]}}
    closed, open_to_all = (settings(server, tmp_path, c).sources() for c in (config, {"wandb": config["wandb"]}))

    assert open_to_all.fetch(named).ref == "team/secret/secret1"
    failures = []
    for text in (named, "team/robot/nothing"):
        with pytest.raises(SourceError) as error:
            closed.fetch(text)
        failures.append((error.value.reason, str(error.value).replace(text, "…")))
    assert failures[0] == failures[1]


def test_peers_are_not_asked_for(server: WandbServer, tmp_path: Path) -> None:
    run = settings(server, tmp_path, {}).sources().fetch("team/secret/secret1")
    closed = settings(server, tmp_path, CONFIG).sources()
    server.requests.clear()

    with pytest.raises(SourceError) as error:
        closed.peers(run)
    assert closed.with_peers(run, GENERIC).peers == ()
    assert (error.value.reason, str(error.value)) == ("refused", REFUSED)
    assert server.requests == []


def put(folder: Path, name: str, project: str) -> Path:
    path = parquet(folder, rows()).rename(folder / f"{name}.parquet")
    facts = {"name": name, "entity": "team", "project": project, "state": "finished"}
    path.with_suffix(".json").write_text(json.dumps(facts), encoding="utf-8")
    return path


def test_a_file_is_refused_once_it_has_told_its_project(server: WandbServer, tmp_path: Path) -> None:
    mine, hidden = put(tmp_path, "mine", "robot"), put(tmp_path, "hidden", "secret")
    sources = settings(server, tmp_path, CONFIG | {"local": {"roots": [str(tmp_path)]}}).sources()

    assert sources.fetch(str(mine)).name == "mine"
    with pytest.raises(SourceError, match="team/secret"):
        sources.fetch(str(hidden))


def test_the_siblings_of_a_file_are_those_that_may_be_read(tmp_path: Path) -> None:
    """A file that names no entity may lie beside runs of the same project of several."""
    mine = put(tmp_path, "mine", "robot")
    mine.with_suffix(".json").write_text(json.dumps({"project": "robot"}), encoding="utf-8")
    put(tmp_path, "peer", "robot")

    def peers(allowed: bool) -> list[str]:
        sources = Sources(roots=[tmp_path], allows=lambda entity, project: allowed)
        return [p.name for p in sources.peers(sources.fetch(str(mine)))]

    assert peers(allowed=True) == ["peer"]
    assert peers(allowed=False) == []


def test_a_channel_that_is_not_named_is_refused(tmp_path: Path) -> None:
    bot = Bot(tmp_path, {"access": {"slack": {"channels": ["C1"]}}})

    assert "没有开通" in bot.say("help", "slack:C2")
    assert "没有开通" in bot.say("help", "feishu:oc_1")
    assert "/curve full" in bot.say("help", "slack:C1")
    bot.store.close()
