"""A run's link in somebody's message: its verdict, or nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.address import Address
from bot.chats import LinkShared
from bot.render.message import Message
from bot.render.text import render_text
from bot.services.previews import MOST_LINKS, Previews
from bot.sources import SourceError
from tests.fakes.bot import BAD, CONFIG, HEALTHY, REF, Bot, run
from tests.fakes.wandb_server import WandbServer
from tests.services.test_access import CONFIG as CLOSED
from tests.services.test_access import bot_with
from tests.sources.test_peers import rows

LINK = "https://wandb.ai/team/robot/runs/r1"
CHANNEL = Address("slack", "C1")


class Desk:
    """The previews of a bot, whose work is done at once, or when a test says so."""

    def __init__(self, bot: Bot) -> None:
        self.bot, self.numbers, self.waited = bot, itertools.count(), 0.0
        self.later: list[Callable[[], None]] | None = None
        self.previews = Previews(bot.services.context, self._submit, self._wait)

    def _submit(self, work: Callable[[], None]) -> bool:
        if self.later is None:
            work()
        else:
            self.later.append(work)
        return True

    def _wait(self, seconds: float) -> None:
        self.waited += seconds
        self.bot.clock.now += seconds

    def shared(
        self, *links: str, address: Address = CHANNEL, message: str = "", member: bool | None = True
    ) -> LinkShared:
        return LinkShared(address, links, message or f"C1:{next(self.numbers)}", member)

    def show(self, *links: str, **more: Any) -> dict[str, str]:
        """Link -> what is shown under it."""
        preview = self.previews.preview(self.shared(*links, **more))
        return {} if preview is None else {k: render_text(m) for k, m in preview.found.result(0).items()}


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    made = Bot(tmp_path, CONFIG)
    made.runs.runs[REF] = run(BAD)
    yield made
    made.store.close()


@pytest.fixture
def desk(bot: Bot) -> Desk:
    return Desk(bot)


def configured(bot: Bot, **more: Any) -> Desk:
    bot.config |= more
    bot.restart()
    return Desk(bot)


def test_the_verdict_is_the_cards_own(bot: Bot, desk: Desk) -> None:
    card = bot.say("/curve r1")
    shown = desk.show(f"{LINK}?nw=x#overview")[f"{LINK}?nw=x#overview"]

    assert shown.splitlines()[0] == card.splitlines()[0]
    assert "floor" in shown and "截至 " in shown
    assert "〔" not in shown  # no buttons, no chart


def test_two_findings_at_most_and_no_advice(bot: Bot) -> None:
    names = [{"name": f"t{n}", "metric": "train/mass", "below": 0.1 + n / 100, "for": 3} for n in range(4)]
    shown = configured(bot, thresholds=names).show(LINK)[LINK]

    assert [line[0] for line in shown.splitlines() if line[:1].isdigit()] == ["1", "2"]
    assert not [line for line in shown.splitlines() if line.strip().startswith("→")]


def test_a_healthy_run_is_one_line(bot: Bot, desk: Desk) -> None:
    bot.runs.runs[REF] = run(HEALTHY, state="finished")

    assert len(desk.show(LINK)[LINK].splitlines()) == 1


@pytest.mark.parametrize(
    "link",
    [
        "https://wandb.ai/team/robot/runs/nosuch",
        "https://wandb.example/team/robot/runs/r1",
        "https://wandb.ai.evil.example/team/robot/runs/r1",
        "https://user@wandb.ai/team/robot/runs/r1",
        "https://wandb.ai/team/robot",
        "https://wandb.ai/team/robot/workspace",
        "https://wandb.ai/team/robot/reports/x--Vmlldzo",
        "https://wandb.ai",
        "ftp://wandb.ai/team/robot/runs/r1",
        "team/robot/r1",
    ],
)
def test_anything_else_is_nothing(desk: Desk, link: str) -> None:
    assert desk.show(link) == {}


@pytest.mark.parametrize(
    "error", [SourceError("forbidden", "没有权限"), SourceError("unreachable", "连不上"), KeyError("x")]
)
def test_what_cannot_be_read_is_nothing(bot: Bot, desk: Desk, error: Exception) -> None:
    bot.runs.error = error

    assert desk.show(LINK) == {}
    assert bot.slack.shown == {}


@pytest.mark.parametrize(
    ("access", "address", "seen"),
    [
        ({}, CHANNEL, True),
        ({"slack": {"channels": ["C1"]}}, CHANNEL, True),
        ({"slack": {"channels": ["C2"]}}, CHANNEL, False),
        ({"feishu": {"chats": ["oc_1"]}}, CHANNEL, False),
        ({"projects": ["team/robot"]}, CHANNEL, True),
        ({"projects": ["team/other"]}, CHANNEL, False),
    ],
)
def test_access_is_obeyed_before_anything_is_read(bot: Bot, access: Any, address: Address, seen: bool) -> None:
    shown = configured(bot, access=access).show(LINK, address=address)

    assert bool(shown) is seen
    assert bool(bot.runs.fetched) is seen


@pytest.mark.parametrize(
    ("access", "member", "seen"),
    [({}, True, True), ({}, False, False), ({}, None, False), ({"slack": {"channels": ["C1"]}}, None, True)],
)
def test_only_where_the_bot_is(bot: Bot, access: Any, member: bool | None, seen: bool) -> None:
    """Where the platform does not tell, a channel that the configuration names counts."""
    assert bool(configured(bot, access=access).show(LINK, member=member)) is seen


def test_it_can_be_switched_off(bot: Bot) -> None:
    assert configured(bot, links="off").show(LINK) == {}
    assert configured(bot, links="on").show(LINK) != {}


def test_what_the_bot_answers_or_said_has_none(bot: Bot, desk: Desk) -> None:
    bot.hear(f"{LINK}", event_id="C1:1.5")
    mine = next(iter(bot.slack.shown))

    assert desk.show(LINK, message="C1:1.5") == {}
    assert desk.show(LINK, message=mine) == {}
    assert bot.runs.fetched == [LINK]


def test_a_mention_that_comes_after_its_link_has_none(bot: Bot, desk: Desk) -> None:
    desk.later = []
    preview = desk.previews.preview(desk.shared(LINK, message="C1:1.5"))
    bot.hear(LINK, event_id="C1:1.5")
    for work in desk.later:
        work()

    assert preview is not None
    assert preview.found.result(0) == {}


def test_everybody_who_looks_gets_the_same_look(bot: Bot, desk: Desk) -> None:
    """A group's members ask one by one: one read, and nobody after the first waits."""
    desk.later = []
    first, second = (desk.previews.preview(desk.shared(LINK, message="om_1")) for _ in range(2))
    assert first is not None and second is not None
    assert first.plain == {LINK: "r1（team/robot）"}
    assert not first.found.done()
    for work in desk.later:
        work()
    desk.later = None
    waited = desk.waited
    third = desk.show(LINK, message="om_1")

    assert first.found is second.found
    assert [*third] == [LINK]
    assert bot.runs.fetched == [REF]
    assert desk.waited == waited
    bot.clock.now += 120
    desk.show(LINK, message="om_1")
    assert bot.runs.fetched == [REF, REF]


def test_a_message_of_many_links_shows_a_few(bot: Bot, desk: Desk) -> None:
    links = [f"https://wandb.ai/team/robot/runs/r{n}" for n in range(1, 8)]
    for n in range(1, 8):
        ref = f"team/robot/r{n}"
        bot.runs.runs[ref] = run(BAD, ref=ref)

    assert [*desk.show(*links)] == links[:MOST_LINKS]


def test_a_bot_with_too_much_to_do_shows_nothing(bot: Bot) -> None:
    previews = Previews(bot.services.context, lambda work: False)
    preview = previews.preview(LinkShared(CHANNEL, (LINK,), "C1:1", True))

    assert preview is not None
    assert preview.found.result(0) == {}


@pytest.fixture
def server() -> Iterator[WandbServer]:
    with WandbServer() as running:
        for project in ("robot", "secret"):
            running.add_run("team", project, f"{project}1", rows(), name=f"{project}-name")
        yield running


def test_nothing_is_asked_of_a_project_that_may_not_be_read(server: WandbServer, tmp_path: Path) -> None:
    """With the real client: neither whether the run exists, nor that it does not, is to be seen."""
    made = bot_with(server, tmp_path, CLOSED)
    desk = Desk(made)
    for run_id in ("secret1", "secret3"):
        assert desk.show(f"{server.url}/team/secret/runs/{run_id}") == {}
    assert server.requests == []
    robot = f"{server.url}/team/robot/runs/robot1"

    assert desk.show(robot)[robot]
    made.store.close()


def test_names_show_as_they_are(bot: Bot, desk: Desk) -> None:
    bot.runs.runs[REF] = run(BAD, name="<!channel> <at id=all></at> *b*")
    preview = desk.previews.preview(desk.shared(LINK))
    assert preview is not None
    message: Message = preview.found.result(0)[LINK]

    assert "<!channel>" in message.title


def followed(desk: Desk, **more: Any) -> list[dict[str, str]]:
    """Shows a link; -> what is shown there later, as it comes."""
    preview = desk.previews.preview(desk.shared(LINK, **more))
    assert preview is not None
    later: list[dict[str, str]] = []
    preview.follow(lambda changed: later.append({k: render_text(m) for k, m in changed.items()}))
    return later


def after(desk: Desk, seconds: float = 400.0) -> None:
    desk.bot.clock.now += seconds
    desk.previews.refresh()


def test_what_stands_under_a_link_is_given_anew_when_the_verdict_changes(bot: Bot, desk: Desk) -> None:
    bot.runs.runs[REF] = run(HEALTHY)
    later = followed(desk)
    bot.runs.runs[REF] = run(HEALTHY * 2)
    after(desk)
    assert later == [], "a run that goes on as before is no news"

    bot.runs.runs[REF] = run(BAD)
    after(desk)

    assert len(later) == 1 and "🔴" in later[0][LINK] and "floor" in later[0][LINK]
    after(desk)
    assert len(later) == 1


def test_the_end_of_a_run_is_shown_and_then_it_is_left_alone(bot: Bot, desk: Desk) -> None:
    bot.runs.runs[REF] = run(HEALTHY)
    later = followed(desk)
    bot.runs.runs[REF] = run(HEALTHY, state="finished")
    after(desk)
    assert len(later) == 1

    before = len(bot.runs.fetched)
    after(desk)
    assert len(bot.runs.fetched) == before


def test_a_run_that_did_not_move_is_not_read_again(bot: Bot, desk: Desk) -> None:
    bot.runs.lists = True
    bot.runs.runs[REF] = run(HEALTHY)
    followed(desk)
    after(desk)
    before = len(bot.runs.fetched)
    after(desk)

    assert len(bot.runs.fetched) == before


def test_what_cannot_be_seen_any_more_stays_as_it_was(bot: Bot, desk: Desk) -> None:
    later = followed(desk)
    bot.runs.error = SourceError("unreachable", "连不上")
    after(desk)

    assert later == []


def test_nobody_reads_what_was_posted_half_a_day_ago(bot: Bot, desk: Desk) -> None:
    followed(desk)
    bot.runs.fetched.clear()
    after(desk, 13 * 3600.0)

    assert bot.runs.fetched == []
