"""python -m benchmarks.crash: nothing is lost and nothing comes twice, whatever is killed, cut or slow.

The real `curvebot serve` between local W&B, Slack and Feishu servers in bad weather: a quarter of all calls to the
chats fails (answers dropped after the effect, messages that show up 2-3 s after they were taken, 429, 500, hanging),
and a tenth of those to W&B. Twelve runs go bad twice each, at known rows, and end; people ask meanwhile.

kill       SIGKILL at random moments; on SQLite one process, with --postgres two replicas on one database
restart    PostgreSQL crashes and comes back by its log, six times
pause      PostgreSQL stands still for 30 s, twice (SIGSTOP)
cut        all its connections are cut, every few seconds

At the end every alert of the input must be in its Slack channel and its Feishu chat once, before what follows it, and
every command that was acknowledged must have one answer. Exit code 1 otherwise.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select

from benchmarks.trouble import Training, bad_weather, configure, good_weather, table
from bot.address import Address
from bot.outgoing import outbox_key
from bot.store import tables
from bot.store.outbox import OPEN
from tests.fakes import postgres
from tests.fakes.world import World, wait, world

RUNS = 12
SCENARIOS = ("kill", "restart", "pause", "cut")
COMMANDS = 20
_TEXTS = ("help", "list", "r0", "alerts", "r1")
_REDELIVER_S = 4.0  # a platform delivers an event again that nobody acknowledged
_CALM_S = 420.0  # at most, until the last message is out
_QUIET_S = 4.0  # and then nothing more may come


@dataclass
class Verdict:
    """What was found at the end. All but the first four must be 0."""

    kills: int = 0
    alerts: int = 0  # of the input, in all channels
    messages: int = 0  # that were to be sent, alerts and everything else
    commands: int = 0
    lost: int = 0  # alerts that are in no message
    doubled: int = 0  # messages that stand there more than once
    extra: int = 0  # messages that nobody wanted, alerts of faults that the input does not have
    given_up: int = 0  # messages that were to be sent and were not
    disordered: int = 0  # what follows an alert stands before it
    unanswered: int = 0
    answered_twice: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def bad(self) -> bool:
        return any(getattr(self, name) for name in self.counts()[4:])

    @staticmethod
    def counts() -> list[str]:
        return [f.name for f in fields(Verdict) if f.name != "notes"]


class Trial:
    """Twelve runs, two channels each, and replicas that are killed. `with` it."""

    def __init__(
        self,
        bot: World,
        replicas: int,
        url: str | None,
        seed: int,
        *,
        runs: int = RUNS,
        commands: int = COMMANDS,
        bad: float = 0.25,
    ) -> None:
        """`bad`: the share of calls to the chats that fail."""
        self.bot, self.rng = bot, random.Random(seed)
        self.url = url or f"sqlite:///{bot.folder / 'state' / 'curvebot.db'}"
        self.replicas = [bot, *(World(bot.folder, bot.wandb, bot.slack, bot.feishu) for _ in range(replicas - 1))]
        began = time.time() - 600.0
        self.runs = [Training(f"r{i}", began, seed + i) for i in range(runs)]
        self._commands, self._bad = commands, bad
        self.asked: list[str] = []  # slack:CQ0, feishu:oc_q1, …
        self._asking: list[threading.Thread] = []
        self._over = threading.Event()

    def __enter__(self) -> Trial:
        configure(
            self.bot, [r.name for r in self.runs], interval="1s", channels=lambda r: (f"slack:C{r}", f"feishu:oc_{r}")
        )
        for run in self.runs:
            self.bot.wandb.add_run("team", "robot", run.name, run.healthy(run.FIRST))
        for replica in self.replicas:  # one after the other: the first look at a run is not what is tried here
            self._launch(replica)
        wait(self._looked_at)
        bad_weather(self.bot, self.rng, chats=self._bad, tracker=self._bad / 2.5)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for replica in self.replicas:
            if replica.process is not None and replica.process.poll() is None:
                replica.process.kill()
                replica.process.wait()

    def kill(self, most_s: float) -> None:
        """One of the replicas dies at a random moment from its start on, and is started again."""
        replica = self.rng.choice(self.replicas)
        time.sleep(self.rng.uniform(0.0, most_s))
        assert replica.process is not None
        assert replica.process.poll() is None, "".join(replica.log[-20:])
        replica.end(signal.SIGKILL)
        self._launch(replica)

    def live(self, done: Callable[[], float]) -> threading.Thread:
        """Runs go on, go bad and end while `done` goes from 0 to 1; people ask things."""
        thread = threading.Thread(target=self._live, args=(done,), daemon=True)
        thread.start()
        return thread

    def settle(self) -> None:
        """The weather is fine again; waits until all is said that is to be said."""
        good_weather(self.bot)
        until = time.monotonic() + _CALM_S
        while not self._all_said() and time.monotonic() < until:
            time.sleep(0.5)
        for thread in self._asking:
            thread.join(max(0.0, until - time.monotonic()))
        time.sleep(_QUIET_S)

    # what happens

    def _launch(self, replica: World) -> None:
        replica.launch(CURVEBOT_DATABASE_URL=self.url)

    def _live(self, done: Callable[[], float]) -> None:
        planned: list[tuple[float, Callable[[], None]]] = []
        for run in self.runs:
            first = self.rng.uniform(0.02, 0.45)
            planned += [(first, self._fault(run)), (first + self.rng.uniform(0.2, 0.4), self._fault(run))]
            planned.append((self.rng.uniform(0.9, 0.98), self._end(run)))
        planned += [(self.rng.random(), self._ask(text)) for text in (_TEXTS * self._commands)[: self._commands]]
        for at, act in sorted(planned, key=lambda p: p[0]):
            while done() < at and not self._over.wait(0.05):
                pass
            act()

    def _fault(self, run: Training) -> Callable[[], None]:
        return lambda: self.bot.wandb.append(run.name, run.fails())

    def _end(self, run: Training) -> Callable[[], None]:
        def end() -> None:
            self.bot.wandb.append(run.name, run.healthy(5))
            self.bot.wandb.update(run.name, state="finished", heartbeat_at=time.time())

        return end

    def _ask(self, text: str) -> Callable[[], None]:
        def ask() -> None:
            number = len(self.asked)
            platform, channel = ("slack", f"CQ{number}") if number % 2 else ("feishu", f"oc_q{number}")
            self.asked.append(f"{platform}:{channel}")
            thread = threading.Thread(target=self._say, args=(platform, channel, text), daemon=True)
            self._asking.append(thread)
            thread.start()

        return ask

    def _say(self, platform: str, channel: str, text: str) -> None:
        """As the platforms do: the same event, until somebody acknowledges it."""
        slack, feishu = self.bot.slack, self.bot.feishu
        said = slack.event_payload({"type": "app_mention", "text": f"<@U> {text}", "channel": channel, "user": "U1"})
        envelope = feishu.envelope("im.message.receive_v1", feishu.said(text, chat=channel))
        while not self._over.is_set():
            with contextlib.suppress(Exception):  # the socket closed meanwhile, or nobody answered
                if platform == "slack":
                    slack.ack(slack.deliver("events_api", said), _REDELIVER_S)
                    return
                if feishu.ack(feishu.deliver(envelope), _REDELIVER_S).code == 200:
                    return
            time.sleep(0.5)

    # what is there

    def _looked_at(self) -> bool:
        with contextlib.suppress(Exception):
            seen = self._rows(select(tables.watch.c.rows))
            return len(seen) == 2 * len(self.runs) and all(row["rows"] is not None for row in seen)
        return False

    def _rows(self, query: Any) -> list[dict[str, Any]]:
        engine = create_engine(self.url.replace("postgresql:", "postgresql+psycopg:"))
        try:
            with engine.connect() as connection:
                return [dict(row) for row in connection.execute(query).mappings()]
        finally:
            engine.dispose()

    def _all_said(self) -> bool:
        with contextlib.suppress(Exception):
            watches = self._rows(select(tables.watch.c.rows, tables.watch.c.state))
            open_rows = self._rows(select(tables.outbox.c.key).where(tables.outbox.c.state.in_(OPEN)))
            unanswered = self._rows(select(tables.inbox.c.event_id).where(tables.inbox.c.state == "new"))
            waiting = any(thread.is_alive() for thread in self._asking)
            lengths = {len(self.bot.wandb.run(r.name).records) for r in self.runs}
            read = all(w["rows"] in lengths for w in watches) and self._told() >= self._expected()
            return read and not open_rows and not unanswered and not waiting
        return False

    def _expected(self) -> int:
        return 2 * sum(len(run.bad) for run in self.runs)

    def _told(self) -> int:
        return len(self._rows(select(tables.incident.c.id).where(tables.incident.c.posted_at.is_not(None))))

    def judge(self) -> Verdict:
        found = Verdict(alerts=self._expected(), commands=len(self.asked))
        rows = self._rows(select(tables.outbox).order_by(tables.outbox.c.seq))
        stands = [shown_key(m) for m in [*self.bot.slack.messages, *self.bot.feishu.messages]]
        count, place = Counter(stands), {key: n for n, key in enumerate(stands)}
        named = {row["key"]: _named(row) for row in rows}
        found.messages = len(rows)
        for key, times in count.items():
            if times > 1:
                found.doubled += times - 1
                found.notes.append(f"{times} times: {named.get(key, key)}")
            if key not in named:
                found.extra += 1
                found.notes.append(f"nobody wanted: {key}")
        for row in rows:
            key, parent = row["key"], row["parent"]
            if row["state"] != "sent":
                found.given_up += 1
                found.notes.append(f"{row['state']}: {named[key]}: {row['last_error']}")
            elif not row["edits"] and not count[key]:
                found.lost += 1
                found.notes.append(f"not there: {named[key]}")
            if parent in place and key in place and place[key] < place[parent]:
                found.disordered += 1
                found.notes.append(f"before what it follows: {named[key]}")
        self._judge_alerts(found, count)
        self._judge_answers(found)
        return found

    def _judge_alerts(self, found: Verdict, count: Counter[str]) -> None:
        """Independent of the outbox's own view: the faults of the input are what counts."""
        query = select(tables.watch.c.address, tables.watch.c.ref, tables.incident.c.id, tables.incident.c.body)
        query = query.join(tables.incident, tables.incident.c.watch_id == tables.watch.c.id)
        told: Counter[tuple[Address, str, int]] = Counter()
        for row in self._rows(query):
            address, body = row["address"], row["body"]
            keys = [outbox_key(address, row["id"], kind) for kind in ("opened", "folded")]
            times = sum(count[key] for key in keys)
            told[address, body["diagnosis"], body["raised_row"]] += times
        wanted = {
            (address, "nan-inf", row)
            for run in self.runs
            for row in run.bad
            for address in (Address("slack", f"C{run.name}"), Address("feishu", f"oc_{run.name}"))
        }
        for key in wanted:
            if not told[key]:
                found.lost += 1
                found.notes.append(f"never told: {key[0]} row {key[2]}")
            found.doubled += max(0, told[key] - 1)
        for key in told.keys() - wanted:
            found.extra += told[key]
            found.notes.append(f"no fault of the input: {key[0]} {key[1]} row {key[2]}")

    def _judge_answers(self, found: Verdict) -> None:
        slack = Counter(f"slack:{m['channel']}" for m in self.bot.slack.messages if not m.get("files"))
        feishu = Counter(f"feishu:{m['chat_id']}" for m in self.bot.feishu.messages)
        unfinished = {
            *(f"slack:{m['channel']}" for m in self.bot.slack.messages if "正在分析" in str(m.get("blocks"))),
            *(f"feishu:{m['chat_id']}" for m in self.bot.feishu.messages if "正在分析" in str(m["content"])),
        }
        for asked in self.asked:
            times = (slack | feishu)[asked] - (asked in unfinished)
            found.unanswered += times < 1
            found.answered_twice += max(0, times - 1)
            if times != 1:
                found.notes.append(f"{times} answers: {asked}")


def shown_key(message: dict[str, Any]) -> str:
    """The outbox key of a message in a chat, as each platform carries it."""
    if "chat_id" in message:
        return str(message["uuid"])
    if message.get("files"):
        return str(message["files"][0]["name"]).rpartition("-")[2].removesuffix(".png")
    return str(message["metadata"]["event_payload"]["key"])


def _named(row: dict[str, Any]) -> str:
    title = (row.get("body") or {}).get("title", "chart")
    return f"{row['dest']} {row['kind']} {row['key'][:8]} {title[:40]}"


# the scenarios


def kill(trial: Trial, kills: int, most_s: float = 8.0) -> int:
    at = [0.0]
    living = trial.live(lambda: at[0])
    for n in range(kills):
        trial.kill(most_s)
        at[0] = (n + 1) / kills
    living.join()
    return kills


def outage(trial: Trial, times: int, every_s: float, act: Callable[[], None]) -> int:
    at = [0.0]
    living = trial.live(lambda: at[0])
    for n in range(times):
        for part in range(10):  # the runs go on at a steady pace
            at[0] = (n + part / 10) / times
            time.sleep(every_s / 10)
        act()
    at[0] = 1.0
    living.join()
    return 0


@contextlib.contextmanager
def trial(replicas: int, url: str | None, seed: int, **sizes: Any) -> Iterator[Trial]:
    with contextlib.ExitStack() as stack:
        bot = stack.enter_context(world(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        yield stack.enter_context(Trial(bot, replicas, url, seed, **sizes))


def pause(url: str) -> None:
    with postgres.paused(url):
        time.sleep(30.0)


def scenario(name: str, kills: int, on_postgres: bool, seed: int) -> Verdict:
    """Plays one and judges what is there at the end."""
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(postgres.postgres_server(durable=True)) if on_postgres else None
        tried = stack.enter_context(trial(2 if on_postgres else 1, url, seed))
        if name == "kill":
            killed = kill(tried, kills)
        else:
            assert url is not None
            outages: dict[str, tuple[int, float, Callable[[], object]]] = {
                "restart": (6, 10.0, lambda: postgres.restart(url)),
                "pause": (2, 25.0, lambda: pause(url)),
                "cut": (15, 4.0, lambda: postgres.cut_connections(url)),
            }
            times, every_s, act = outages[name]
            killed = outage(tried, times, every_s, lambda: (act(), None)[1])
        tried.settle()
        found = tried.judge()
        found.kills = killed
        return found


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.crash", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scenario", nargs="*", metavar="{" + ",".join(SCENARIOS) + "}")  # argparse refuses no choice
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--postgres", action="store_true", help="two replicas on PostgreSQL; else SQLite, `kill` alone")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    if unknown := {*args.scenario} - {*SCENARIOS}:
        parser.error(f"no scenario: {', '.join(sorted(unknown))}")
    rows: list[list[object]] = []
    bad = False
    for name in args.scenario or (SCENARIOS if args.postgres else ("kill",)):
        found = scenario(name, args.kills, args.postgres or name != "kill", args.seed)
        rows.append([name, *(getattr(found, count) for count in Verdict.counts())])
        bad = bad or found.bad
        for note in found.notes:
            print(f"{name}: {note}", file=sys.stderr, flush=True)
    print(table(["scenario", *(c.replace("_", " ") for c in Verdict.counts())], rows))
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
