"""Which code a run was started from, as far as its config says."""

from __future__ import annotations

from analysis.facts.config import Config, Words

_NAMES = (
    "git_commit", "git_sha", "git_hash", "git_rev", "git_revision", "commit_hash", "commit_sha", "commit_id",
    "code_version", "commit",
)  # fmt: skip
_TAILS = tuple(tuple(name.split("_")) for name in _NAMES)


def commit(config: Config) -> str | None:
    """The commit or version of the code; None where the config does not say."""
    stated = config.value(*_NAMES)
    return str(stated) if isinstance(stated, str) and stated.strip() else None


def is_version(path: Words) -> bool:
    """Whether a key of a config (its words) is one of them."""
    return any(path[-len(tail) :] == tail for tail in _TAILS)
