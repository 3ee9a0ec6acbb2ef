"""Somebody asks: what they said is kept, understood, and answered exactly once."""

from __future__ import annotations

import difflib
import itertools
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot.alerts.announce import first_key
from bot.chats import Inbound
from bot.outgoing import Outgoing
from bot.render import answers, reading
from bot.render.message import Message
from bot.services import glances
from bot.services.commands import grammar, table
from bot.services.commands.command import EXAMPLE_RUN, Answer
from bot.services.context import Context
from bot.services.refusals import NoSuchRunError, RefusedError
from bot.sources import Progress, SourceError, StillReadingError
from bot.store.engine import AWAY
from bot.store.inbox import Event

log = structlog.get_logger(__name__)

FIRST_SIGN_S = 0.15  # what takes longer is announced: who asked sees that it was heard
PLACEHOLDER = "正在分析…"
MOST_TRIES = 3
_LATE_S = 600.0  # who asked has moved on: told, not answered
_RECENT_S = 7 * 86_400.0  # an alert that was over before is spoken of no more
_STUCK_S = 90.0  # an answer that takes longer is not held any more: somebody else may try

Name = tuple[str, str]  # of an event: source, event id


class Answering:
    """Thread-safe."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._expected: queue.PriorityQueue[tuple[float, int, Event]] = queue.PriorityQueue()  # monotonic, a tie-break
        self._nth = itertools.count()
        self._sooner = threading.Event()  # something was expected: it may be due before what is waited for
        self._open: set[Name] = set()  # events that are expected to be answered soon
        self._lock = threading.Lock()  # a placeholder comes before its answer, or not at all
        self._starting, self._watching = threading.Lock(), False
        self._begun: dict[Name, float | None] = {}  # events in our hands; monotonic time, None: they wait
        self._heard: dict[Name, float] = {}  # when they came; monotonic time
        self._reading: dict[Name, Event] = {}  # those that wait for a long read
        self._said: dict[Name, tuple[int, Message | None]] = {}  # how often how far that is, and what last
        self._unstored: dict[Name, tuple[Event, Outgoing]] = {}  # answers that the database did not take so far

    def receive(self, inbound: Inbound) -> Event | None:
        """Keeps what somebody said; None when it was delivered before, or was not meant for the bot. Fast."""
        # Half of an emoji, as JSON may hold it, is no text that anybody could be answered with.
        inbound = replace(inbound, text=inbound.text.encode("utf-8", "replace").decode())
        if inbound.overheard and not (table.is_bare(inbound.text) and self._run_at(inbound) is not None):
            return None
        now = self._context.clock()
        source, payload = inbound.address.platform, inbound.to_json()
        if not self._context.store.inbox.receive(source, inbound.event_id, payload, now):
            return None
        self._begun[(source, inbound.event_id)] = None
        self._heard[(source, inbound.event_id)] = time.monotonic()
        return Event(source, inbound.event_id, payload, now, 1)

    def take_up(self) -> list[Event]:
        """To be called every few seconds: what was accepted and is not answered, because a process died or the
        database was away, is the caller's to `answer`. Raises SQLAlchemyError.
        """
        now, context = self._context.clock(), self._context
        for event, reply in list(self._unstored.values()):
            try:
                self._finish(event, reply)
            except AWAY:
                raise
            except Exception:  # its lease runs out, and it is answered anew
                self._drop(event)
                log.exception("答复存不下")
        late = time.monotonic() - _STUCK_S
        held = [name for name, begun in list(self._begun.items()) if begun is None or begun > late]
        if held:
            context.store.inbox.hold(held, now)
        with self._lock:
            again = list(self._reading.values())
            self._reading.clear()
        taken = [*again, *context.store.inbox.take_unfinished(now)]
        self._begun.update({_name(event): None for event in taken})
        return taken

    def expect(self, event: Event, *, waits: bool = False) -> None:
        """The event is going to be answered: when that takes a while, a placeholder stands there until then. Fast.

        waits   others are answered before it: it will take a while. May be found out later
        """
        inbound = Inbound.from_json(event.payload)
        # Slack shows a slash command to the channel by itself, and its answer may have to come by another way.
        if inbound.reply_url is not None or not self._context.can[inbound.address.platform].edits:
            return
        self._open.add(_name(event))  # without the lock, which is held while the database writes
        with self._starting:
            if not self._watching:
                self._watching = True
                threading.Thread(target=self._watch, name="placeholders", daemon=True).start()
        self._expected.put((time.monotonic() + (0.0 if waits else FIRST_SIGN_S), next(self._nth), event))
        self._sooner.set()

    def _watch(self) -> None:
        while True:
            self._sooner.clear()
            due, nth, event = self._expected.get()
            if self._sooner.wait(max(0.0, due - time.monotonic())):
                self._expected.put((due, nth, event))
                continue
            try:
                self.announce([event, *self._also_due()])
            except Exception as error:  # the answers come all the same
                log.warning("占位消息没有发出", error=type(error).__name__)

    def _also_due(self) -> list[Event]:
        """What is due as well: ten questions at once are one transaction, and nobody's first sign waits for nine."""
        found: list[Event] = []
        while not self._expected.empty():
            due, nth, event = self._expected.get()
            if due > time.monotonic():
                self._expected.put((due, nth, event))
                break
            found.append(event)
        return found

    def announce(self, events: Sequence[Event]) -> None:
        """Posts the placeholders of those events that are not answered yet."""
        context = self._context
        with self._lock:
            asked = [Inbound.from_json(event.payload) for event in events if _name(event) in self._open]
            allowed = [i for i in asked if context.config.access.allows_channel(i.address)]
            if allowed:
                context.store.enqueue([_placeholder(inbound) for inbound in allowed], context.clock())
                context.wake()

    def answer(self, event: Event) -> None:
        """Answers an event: its posts and `done` are one transaction. A bug becomes a sentence with a number.

        While the database is away the event stays what it is, and comes back by `take_up`.
        """
        inbound, context = Inbound.from_json(event.payload), self._context
        name = _name(event)
        self._begun[name] = time.monotonic()
        with structlog.contextvars.bound_contextvars(channel=str(inbound.address)):
            try:
                answer = self._excuse(event) or self._answer(inbound)
            except AWAY as error:
                log.warning("数据库不可用，稍后再答", error=type(error).__name__)
                self._drop(event)
                return
            except StillReadingError as error:
                self._first_answer(event, error.progress)
                return
            except NoSuchRunError as error:
                answer = Answer(answers.sentence(f"{error}{self._hint(inbound, error)}"))
            except (RefusedError, SourceError, ValueError) as error:
                answer = Answer(answers.sentence(str(error)))
            except Exception:
                answer = Answer(answers.sentence(context.notices.bug("command")))
            try:
                self._finish(event, _reply(inbound, answer))
            except AWAY as error:  # said again as it is: what was done for it is not to be done twice
                log.error("答复没有存下，稍后再存", error=type(error).__name__)
                self._unstored[name] = event, _reply(inbound, answer)
                self._begun[name] = None
            except BaseException:
                self._drop(event)
                raise

    def _first_answer(self, event: Event, progress: Progress) -> None:
        """A long run is being read: how far that is, in the place of the answer until that comes. `take_up` asks on."""
        inbound, context, name = Inbound.from_json(event.payload), self._context, _name(event)
        can_edit = inbound.reply_url is None and context.can[inbound.address.platform].edits
        newest = context.runs.report(progress.about, inbound.address)
        message = reading.page(newest, progress.rows, progress.lines, replaced=can_edit)
        first = replace(_placeholder(inbound), message=message, about=progress.about.ref)
        with self._lock:
            self._open.discard(name)
            said, before = self._said.get(name, (0, None))
            if not can_edit:
                post = replace(first, transition="reading", reply_url=inbound.reply_url)
            elif context.store.outbox.holds(first.key):
                ordinal = 1000 * event.attempts + said
                post = replace(first, transition="reading", ordinal=ordinal, edits=first.key, orphan="drop")
            else:
                post = first
            if message != before and (can_edit or not said):
                context.store.enqueue(context.rows([post]), context.clock())
                said += 1
            self._said[name] = said, message
            self._reading[name] = event
            self._begun[name] = None
        context.wake()

    def _drop(self, event: Event) -> None:
        """Out of our hands: somebody takes it up again."""
        self._begun.pop(_name(event), None)
        self._unstored.pop(_name(event), None)
        self._heard.pop(_name(event), None)
        self._said.pop(_name(event), None)

    def _finish(self, event: Event, reply: Outgoing) -> None:
        context, inbound = self._context, Inbound.from_json(event.payload)
        now = context.clock()
        with self._lock:
            self._open.discard(_name(event))
            key = _placeholder(inbound).key
            reply = replace(reply, edits=key if context.store.outbox.holds(key) else None)
            context.store.inbox.finish(event.source, event.event_id, context.rows([reply]), now)
        heard = self._heard.get(_name(event))
        self._drop(event)
        context.metrics.commands.observe(now - event.received_at if heard is None else time.monotonic() - heard)
        context.wake()

    def _excuse(self, event: Event) -> Answer | None:
        """Instead of an answer, for what was tried often enough or comes too late; None: answer it."""
        if event.attempts > MOST_TRIES:
            log.error("命令没能答上", event_id=event.event_id, attempts=event.attempts)
            self._context.metrics.bugs.labels("unanswered").inc()
            return Answer(answers.sentence(f"这条试了 {MOST_TRIES} 次都没能答上，已记录。换个写法再试，或告诉管理员。"))
        if event.attempts > 1 and self._context.clock() - event.received_at > _LATE_S:
            return Answer(answers.sentence("这条来的时候机器人没能处理，现在已恢复。还需要的话请再发一次。"))
        return None

    def _answer(self, inbound: Inbound) -> Answer:
        config = self._context.config
        if not config.access.allows_channel(inbound.address):
            raise RefusedError("这个频道没有开通，请管理员把它加进配置的 access")
        if not inbound.user_name:
            inbound = replace(inbound, user_name=self._context.name_of(inbound))
        watched = glances.by_name(self._context.watches(inbound.address))
        names = {**watched, **self._context.runs.files(inbound.text)}
        run = self._run_at(inbound)
        request = table.parse(inbound.text, run=run, names=names, alert=self._alert_at(inbound, run))
        if request.command.who == "admin" and inbound.address != config.admin:
            raise RefusedError(f"{request.command.name} 只能在配置的 admin 频道里用")
        return request.answer(self._context, inbound)

    def _run_at(self, inbound: Inbound) -> str | None:
        """The run in whose thread somebody speaks."""
        root, threads = inbound.root_message_id, self._context.can[inbound.address.platform].threads
        return None if root is None and threads else self._context.store.run_at(inbound.address, root)

    def _alert_at(self, inbound: Inbound, run: str | None) -> str | None:
        """The number of the alert in whose thread somebody speaks; None where `run`, meant there, is another's."""
        context, root = self._context, inbound.root_message_id
        key = None if root is None or run is None else context.store.key_of(inbound.address, root)
        if key is None:
            return None
        found = context.incidents_at(inbound.address, since=context.clock() - _RECENT_S)
        return next((str(i.number) for w, i in found if w.ref == run and first_key(inbound.address, i) == key), None)

    def _hint(self, inbound: Inbound, error: NoSuchRunError) -> str:
        """What may have been meant by the name of a run that does not exist, or how to name one."""
        typed = error.typed
        near = table.near_command(typed)
        if near is not None and " " not in grammar.plain(inbound.text):  # it stands alone: it may have been a command
            return f"；想用命令的话，是不是 /curve {near}？"
        refs = [w.ref for w in self._context.watches(inbound.address)]
        watched = {name: ref for ref in refs for name in (ref, ref.rsplit("/", 1)[-1])}
        found = difflib.get_close_matches(typed, watched, n=1, cutoff=0.6)
        meant = watched[found[0]] if found else self._context.runs.near(typed) if error.searched else None
        if meant is not None:
            return f"；是不是 {meant}？"
        return "" if error.sure else f"；看 run 发链接或 run_id 就行，例如 /curve {EXAMPLE_RUN}，能做什么发 help"


def _name(event: Event) -> Name:
    return event.source, event.event_id


def _placeholder(inbound: Inbound) -> Outgoing:
    """What stands in the place of an answer until it comes."""
    return Outgoing(
        dest=inbound.address,
        kind="reply",
        subject=inbound.event_id,
        transition="placeholder",
        message=answers.sentence(PLACEHOLDER),
        reply_to_message_id=inbound.reply_to_message_id,
    )


def _reply(inbound: Inbound, answer: Answer) -> Outgoing:
    return Outgoing(
        dest=inbound.address,
        kind="reply",
        subject=inbound.event_id,
        transition="reply",
        message=answer.message,
        chart=answer.chart,
        reply_to_message_id=inbound.reply_to_message_id,
        reply_url=inbound.reply_url,
        about=answer.about,
    )
