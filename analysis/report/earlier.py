"""The finished runs before a run with which it may be compared: "the last one that worked" is looked for among them."""

from __future__ import annotations

from analysis.columns.profile import GENERIC, Profile
from analysis.facts import Facts
from analysis.model import Peer, Report, Run, Severity
from analysis.peers import same_measure

_ALGORITHM = ("policy_type", "policy_name", "algorithm", "algo", "model_type", "model_name", "method")


def earlier(run: Run, profile: Profile = GENERIC) -> tuple[Peer, ...]:
    """Of its peers those that were begun before it with the same kind of config: its user's first, then the newest.

    What a config does not say speaks against nobody.
    """
    mine = Facts(run.config, run.planned_steps, profile)

    def alike(peer: Peer) -> bool:
        theirs = Facts(peer.config, peer.planned_steps, profile)
        named = ((mine.text(name), theirs.text(name)) for name in _ALGORITHM)
        same = all(a == b for a, b in named if a and b)
        return same and mine.declared_family == theirs.declared_family and same_measure(mine, theirs)

    def before(peer: Peer) -> bool:
        known = run.created_at is not None and peer.created_at is not None
        return peer.ref not in {run.ref, run.tracked_as} and (
            not known or (peer.created_at or 0) < (run.created_at or 0)
        )

    found = [peer for peer in run.peers if before(peer) and alike(peer)]  # newest first
    return tuple(sorted(found, key=lambda peer: run.user is None or peer.user != run.user))


def worked(report: Report) -> bool:
    """Whether a run is one to go back to: nothing above a remark is open, and its result is not useless."""
    return report.run.rows > 0 and report.severity < Severity.WARNING and report.usable != "no"
