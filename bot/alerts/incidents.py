"""The life of the incidents of one watched run: what is news, and whether it is said. Pure; time is an argument.

An episode is what a scan found; an incident is what a channel was told about it. Live watching and replay call the
same `advance`, so they cannot disagree. All state is in the incidents themselves: store them, load them, go on.

    held ──opening decided──> open ──cleared──────────> resolved
                               │ └──run ended─────────> closed ──run came back──> open
                               └── open without `posted_at`: tracked, but not posted (`why`)

What people decide comes in as values: a `Silence` keeps an incident from being said, an owner from being repeated.

Identity: diagnosis id + first metric. An episode that overlaps a stored incident of the same identity is that
incident, whatever its onset now. Only what happens after the watch's cursor is news.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from analysis.diagnoses import ALL
from analysis.model import Episode, Severity, Transition
from analysis.scan.diagnosis import CausalDiagnosis
from bot.alerts.incident import Change, Incident, Kind, Policy, Reason, State, Step
from bot.alerts.placement import place, posted_lately, quiet_until
from bot.alerts.silence import Silence, over

# These appear at the last row without new rows, and vanish instead of clearing.
OUTSIDE = frozenset(d.id for d in ALL if not isinstance(d, CausalDiagnosis))
# These say that the run has ended.
_ENDINGS = frozenset(d.id for d in ALL if d.ends_run)


def advance(
    incidents: Sequence[Incident],
    episodes: Sequence[Episode],
    *,
    scope: str,
    cursor: int | None,
    rows: int,
    ended: bool,
    now: float,
    policy: Policy,
    ref: str = "",
    silences: Sequence[Silence] = (),
    unasked: Collection[str] = (),
    anew: bool = False,
) -> Step:
    """Brings the incidents of one run up to `rows`.

    incidents  those returned last time (at least: all not over, and all posted in the last day)
    episodes   the whole list of a scan of at least `rows` rows; transitions from `rows` on are not looked at, so a
               replay passes the same list every time (episodes of the wall clock only with the last row)
    scope      makes incident ids unique: the watch's id
    cursor     number of rows already processed; None when the watch begins: open faults are news, past ones are not
    ended      the run's state is final; nothing is held any longer (but by quiet hours)
    ref        the run, as silences name it
    silences   of this channel; those that are over may be among them
    unasked    diagnoses that could not look this time: what they told before stays as it is
    anew       the rows are those of another run, begun since in the same file: what is known of is over
    """
    poll = _Poll(
        scope=scope,
        cursor=cursor,
        rows=rows,
        ended=ended,
        now=now,
        policy=policy,
        ref=ref,
        silences=tuple(silences),
        anew=anew,
    )
    known = [i for i in incidents if not i.over or posted_lately(i, now, policy)]
    live = [i for i in known if not i.over]
    wanted = {i.identity for i in live}
    seen = [
        e if e.last.row < rows else e.upto(rows)
        for e in episodes
        if e.raised_row < rows and (e.last.row >= poll.fresh or e.last.kind != "cleared" or _identity(e) in wanted)
    ]
    matches, others = _match([] if anew else live, seen, poll.fresh)
    for incident in known:
        if incident.over or (not anew and ((incident.state == "closed" and ended) or incident.diagnosis in unasked)):
            poll.keep(incident)
        else:
            _follow(poll, incident, matches.get(incident.id))
    for episode in others:
        _discover(poll, episode)
    _decide(poll)
    if ended:
        _close(poll, already=any(i.state == "closed" for i in live))
    else:
        _remind(poll)
    return Step(tuple(poll.incidents.values()), tuple(poll.changes))


def next_due(incidents: Iterable[Incident]) -> float | None:
    """When `advance` must be called again even without new rows, or None."""
    return min((i.hold_until for i in incidents if i.state == "held" and i.hold_until is not None), default=None)


def effects(incidents: Iterable[Incident], cause: Incident) -> tuple[Incident, ...]:
    """The open incidents named as consequences of `cause`, in the order they were raised."""
    found = [i for i in incidents if not i.over and i.suppressed_by == cause.diagnosis]
    return tuple(sorted(found, key=lambda i: i.raised_row))


def event(incidents: Iterable[Incident], root_incident_id: str) -> tuple[Incident, ...]:
    """The incidents that are told in one message, in the order they were raised."""
    members = [
        i for i in incidents if i.id == root_incident_id or (i.root_incident_id == root_incident_id and i.follows)
    ]
    return tuple(sorted(members, key=lambda i: i.raised_row))


def numbered(step: Step, take: Callable[[int], int]) -> Step:
    """With a number for each incident that has just had its first message. `take(n)`: the first of n free numbers."""
    new = [i for i in step.incidents if i.posted_at is not None and i.number is None]
    if not new:
        return step
    first = take(len(new))
    numbers = {i.id: first + n for n, i in enumerate(new)}

    def with_number(incident: Incident) -> Incident:
        return replace(incident, number=numbers[incident.id]) if incident.id in numbers else incident

    changes = (replace(c, incident=with_number(c.incident)) for c in step.changes)
    return Step(tuple(map(with_number, step.incidents)), tuple(changes))


def _identity(episode: Episode) -> tuple[str, str]:
    return episode.id, episode.metrics[0] if episode.metrics else ""


@dataclass(slots=True, kw_only=True)
class _Poll:
    """The writing pad of one `advance`: the inputs everybody needs, and the two lists that become the Step."""

    scope: str
    cursor: int | None
    rows: int
    ended: bool
    now: float
    policy: Policy
    ref: str
    silences: tuple[Silence, ...]
    anew: bool
    incidents: dict[str, Incident] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    @property
    def fresh(self) -> int:
        """The first row whose transitions are news.

        Without new rows the wall clock still brings news, stamped with the last row. What is known of that row stays
        known, since every step below compares with what the incident says already.
        """
        return 0 if self.cursor is None else min(self.cursor, max(self.rows - 1, 0))

    def muted(self, incident: Incident) -> bool:
        return over(incident, self.silences, ref=self.ref, now=self.now) is not None

    def keep(self, incident: Incident) -> Incident:
        self.incidents[incident.id] = incident
        return incident

    def record(self, kind: Kind, incident: Incident, transition: Transition | None, reason: Reason) -> None:
        """Something happened that is not posted."""
        row = self.rows - 1 if transition is None else transition.row
        self.changes.append(Change(kind, self.keep(incident), row, False, reason, transition))

    def post(
        self,
        kind: Kind,
        incident: Incident,
        transition: Transition | None,
        *,
        root_incident_id: str | None,
        reason: Reason = "news",
        severity: Severity | None = None,
    ) -> None:
        row = self.rows - 1 if transition is None else transition.row
        loud = (incident.severity if severity is None else severity) >= Severity.CRITICAL
        until = None if loud else quiet_until(self.now, self.policy)
        self.changes.append(Change(kind, self.keep(incident), row, True, reason, transition, root_incident_id, until))

    def hold(self, incident: Incident, news: Transition) -> Incident:
        """Waits for the group: with what is waiting already, or as the first one."""
        due = self.now + self.policy.group_wait_s
        group = [i.hold_until for i in self.incidents.values() if i.state == "held" and i.hold_until is not None]
        due = min([until for until in group if self.now < until < due], default=due)
        if incident.hold_until is not None:  # it became critical while quiet hours kept it
            due = min(due, incident.hold_until)
        if incident.state != "held":
            incident = replace(incident, state="held", news_row=news.row, news_step=news.step)
        return self.keep(replace(incident, hold_until=due))


def _match(incidents: list[Incident], episodes: list[Episode], fresh: int) -> tuple[dict[str, Episode], list[Episode]]:
    """Which episode each incident is, one to one; and the episodes that are nobody's."""
    free: dict[tuple[str, str], list[Episode]] = {}
    for e in episodes:
        free.setdefault(_identity(e), []).append(e)
    found: dict[str, Episode] = {}

    def take(incident: Incident, candidates: list[Episode]) -> None:
        if candidates:
            # Of several, one that was there before; of those, one still open; of those, the latest.
            found[incident.id] = best = max(candidates, key=lambda e: (e.raised_row < fresh, e.open, e.raised_row))
            free[incident.identity].remove(best)

    for incident in incidents:  # first the same scan as before, which is nearly always
        take(incident, [e for e in free.get(incident.identity, ()) if e.raised_row == incident.raised_row])
    for incident in incidents:
        if incident.id not in found:
            take(incident, [e for e in free.get(incident.identity, ()) if e.open or e.last.row > incident.onset_row])
    return found, [e for rest in free.values() for e in rest]


def _follow(poll: _Poll, incident: Incident, episode: Episode | None) -> None:
    """What became of a known incident."""
    incident = poll.keep(incident)
    if episode is None:
        if incident.cleared is None:
            _vanish(poll, incident)
        return
    news = [t for t in episode.transitions if t.row >= poll.fresh]
    if incident.state == "closed" and not poll.ended and episode.open:
        incident = replace(incident, state="open")
        poll.record("reopened", incident, None, "run_back")
    incident = _worsen(poll, incident, news)
    if episode.open:
        _weigh_cause(poll, incident, episode)
        _unmute(poll, poll.incidents[incident.id], episode)
    elif incident.cleared is None:
        late = episode.last.row < poll.fresh
        _clear(poll, incident, replace(episode.last, reason="rescanned") if late else episode.last)


def _vanish(poll: _Poll, incident: Incident) -> None:
    """The scan no longer has it: the wall clock went on, old rows are read by new rules, or it is another run's."""
    by_clock = incident.diagnosis in OUTSIDE
    if by_clock and poll.ended and not poll.anew:
        return  # the run ended while it was silent: that is no recovery
    reason = "anew" if poll.anew else "recovered" if by_clock else "rescanned"
    row = max(poll.rows - 1, 0)
    _clear(
        poll,
        incident,
        Transition("cleared", row, incident.raised_step, incident.severity, incident.words, reason=reason),
    )


def _worsen(poll: _Poll, incident: Incident, news: list[Transition]) -> Incident:
    """Takes over a severity above the worst so far, and says so where the incident was posted."""
    worst = max(news, key=lambda t: (t.kind in ("raised", "worsened"), t.severity, t.row), default=None)
    if worst is None or worst.kind not in ("raised", "worsened") or worst.severity <= incident.severity:
        return incident
    incident = poll.keep(replace(incident, severity=worst.severity, words=worst.words))
    critical = worst.severity >= Severity.CRITICAL
    if incident.suppressed_by is not None:
        poll.record("worsened", incident, worst, "suppressed")
    elif incident.state == "held":
        if critical:  # quiet hours do not keep it any longer
            incident = poll.hold(incident, worst)
    elif incident.posted_at is not None and poll.muted(incident):
        poll.record("worsened", incident, worst, "muted")
    elif incident.posted_at is not None and (
        incident.root_incident_id == incident.id or incident.follows or not critical
    ):
        poll.post("worsened", incident, worst, root_incident_id=incident.root_incident_id)
    elif worst.severity >= poll.policy.min_severity:
        incident = poll.hold(incident, worst)  # not posted so far, or only in a thread where a critical one is missed
    else:
        poll.record("worsened", incident, worst, "below_severity")
    return incident


def _weigh_cause(poll: _Poll, incident: Incident, episode: Episode) -> None:
    """Folds an open incident into its cause, or lets it out."""
    by = episode.suppressed_by
    if by == incident.suppressed_by:
        return
    turn = next(t for t in reversed(episode.transitions) if t.kind in ("suppressed", "released"))
    if by is not None:
        first = incident.state == "held" and incident.why == "news"
        state: State = "open" if incident.state == "held" else incident.state
        folded = replace(incident, state=state, suppressed_by=by, hold_until=None, why="suppressed")
        poll.record("opened" if first else "suppressed", folded, turn, "suppressed")
        return
    incident = replace(incident, suppressed_by=None)
    if incident.posted_at is not None:
        poll.record("released", incident, turn, "suppressed")
    elif incident.severity < poll.policy.min_severity:
        poll.record("released", replace(incident, why="below_severity"), turn, "below_severity")
    else:
        poll.record("released", poll.hold(incident, turn), turn, "suppressed")


def _unmute(poll: _Poll, incident: Incident, episode: Episode) -> None:
    """What was kept from the channel and still goes on is news once its silence is over."""
    kept = incident.state == "open" and incident.posted_at is None and incident.why == "muted"
    if kept and incident.suppressed_by is None and not poll.muted(incident):
        poll.hold(replace(incident, why="news"), episode.transitions[0])


def _clear(poll: _Poll, incident: Incident, transition: Transition) -> None:
    """It is over. One that is still held is posted first, and resolved then."""
    incident = replace(incident, cleared=transition)
    # Let out by its cause and gone before it was posted: it was that cause's consequence to the end.
    if incident.state == "held" and incident.why != "suppressed" and transition.reason != "rescanned":
        poll.keep(incident)
    else:
        _resolve(poll, incident, transition)


def _resolve(poll: _Poll, incident: Incident, transition: Transition) -> None:
    incident = replace(incident, state="resolved", hold_until=None)
    reason: Reason | None = None
    if incident.posted_at is None:
        reason = "never_posted" if incident.why == "news" else incident.why
    elif incident.suppressed_by is not None:
        reason = "suppressed"
    elif transition.reason == "rescanned":
        reason = "rescanned"
    elif poll.muted(incident):
        reason = "muted"
    elif not poll.policy.resolved:
        reason = "resolved_off"
    if reason is not None:
        poll.record("resolved", incident, transition, reason)
    else:
        poll.post("resolved", incident, transition, root_incident_id=incident.root_incident_id)


def _discover(poll: _Poll, episode: Episode) -> None:
    """An episode that is no known incident: news, something to adopt in silence, or the past."""
    begins = poll.cursor is None
    news = episode.raised_row >= poll.fresh if episode.open or begins else episode.raised_row >= (poll.cursor or 0)
    if not episode.open and (begins or not news):
        return
    rises = [t for t in episode.transitions if t.kind in ("raised", "worsened")]
    worst = episode.last if begins else max(rises, key=lambda t: (t.severity, t.row))
    raised = episode.transitions[0]
    name = (poll.scope, episode.id, *episode.metrics[:1], str(episode.raised_row), repr(poll.now))
    incident = Incident(
        id=hashlib.sha256("\x00".join(name).encode()).hexdigest()[:24],
        diagnosis=episode.id,
        metrics=episode.metrics,
        onset_row=episode.onset_row,
        onset_step=episode.onset_step,
        raised_row=episode.raised_row,
        raised_step=raised.step,
        news_row=raised.row,
        news_step=raised.step,
        severity=worst.severity,
        words=worst.words,
        state="open",
        opened_at=poll.now,
        suppressed_by=episode.suppressed_by,
        cleared=None if episode.open else episode.last,
    )
    quiet: Reason | None = None
    if incident.suppressed_by is not None:
        quiet = "suppressed"
    elif incident.severity < poll.policy.min_severity:
        quiet = "below_severity"
    elif not news:
        quiet = "adopted"
    if quiet is None:
        poll.hold(incident, raised)
        return
    incident = replace(incident, why=quiet)
    poll.record("opened", incident, raised, quiet)
    if incident.cleared is not None:
        _resolve(poll, incident, incident.cleared)


def _decide(poll: _Poll) -> None:
    """Posts the held ones that are due, worst first."""
    due = [i for i in poll.incidents.values() if i.state == "held" and i.hold_until is not None]
    due = [i for i in due if poll.ended or (i.hold_until or 0.0) <= poll.now]
    for held in sorted(due, key=lambda i: (-i.severity, i.raised_row)):
        if poll.muted(held):
            tracked = replace(held, state="open", hold_until=None, why="muted")
            poll.record("opened", tracked, None, "muted")
            if tracked.cleared is not None:
                _resolve(poll, tracked, tracked.cleared)
            continue
        until = None if held.severity >= Severity.CRITICAL else quiet_until(poll.now, poll.policy)
        if until is not None:
            poll.keep(replace(held, hold_until=until))
            continue
        root_incident_id, reason = place(held, poll.incidents.values(), poll.now, poll.policy)
        posted = replace(
            held,
            state="open",
            hold_until=None,
            posted_at=poll.now,
            root_incident_id=root_incident_id or held.id,
            why=reason,
        )
        opening = Transition("raised", posted.news_row, posted.news_step, posted.severity, posted.words)
        kind: Kind = "opened" if root_incident_id is None else "folded"
        poll.post(kind, posted, opening, root_incident_id=root_incident_id, reason=reason)
        if posted.cleared is not None:
            _resolve(poll, posted, posted.cleared)


def _remind(poll: _Poll) -> None:
    """Brings up a critical fault again that nobody has taken: after `repeat_s`, then ever more rarely."""
    for i in list(poll.incidents.values()):
        at = i.posted_at
        asks = i.state == "open" and i.root_incident_id == i.id and i.severity >= Severity.CRITICAL
        if at is None or not asks or i.suppressed_by is not None or i.owner or i.wrong_by or not poll.policy.repeat_s:
            continue
        times = i.reminders
        while poll.now - at >= poll.policy.repeat_s * 2**times:
            times += 1
        if times > i.reminders and not poll.muted(i):
            told = replace(i, reminders=times)
            poll.post("reminded", told, None, root_incident_id=i.id, reason="reminder", severity=Severity.WARNING)


def _close(poll: _Poll, *, already: bool) -> None:
    """The run ended: what is open closes, in one summary per run."""
    still = [i for i in poll.incidents.values() if i.state == "open"]
    # That the run broke off is the ending itself, and has just been posted.
    told = [i for i in still if i.posted_at is not None and i.suppressed_by is None and not poll.muted(i)]
    listed = [i for i in told if i.diagnosis not in _ENDINGS]
    lead = None if already or not listed else max(listed, key=lambda i: (i.severity, -i.raised_row))
    for incident in sorted(still, key=lambda i: (-i.severity, i.raised_row)):
        closed = replace(incident, state="closed")
        if lead is not None and incident in listed:
            poll.post("closed", closed, None, root_incident_id=lead.root_incident_id, severity=lead.severity)
        elif incident.posted_at is None:
            poll.record("closed", closed, None, "never_posted" if incident.why == "news" else incident.why)
        else:
            poll.record("closed", closed, None, "suppressed" if incident.suppressed_by is not None else "ended")
