"""What a record says of a tracker. How to add one: docs/platforms.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracker:
    """Where runs are kept, as people know it.

    name  what it is called, on buttons and in states
    home  the host of its pages, unless another server is configured
    page  host, entity, project and run id -> the link of a run
    """

    name: str
    home: str
    page: Callable[[str, str, str, str], str]
