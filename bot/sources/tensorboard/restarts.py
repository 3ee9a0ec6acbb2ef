"""The event files of one folder -> the scalars that hold. Pure.

A training that was started again writes steps once more.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from bot.sources.scalars import Scalars, Tag, chosen


def restarted(files: Iterable[tuple[Scalars, int | None]]) -> tuple[dict[str, Tag], int]:
    """The files of one folder, the earliest first -> the scalars that hold, and how often it was started again.

    A file that begins after all before it have ended and writes a tag from some step on goes on from there: whatever
    had been written since that step was reached is lost, in every tag. (By the moment, since tags count in units of
    their own.) With each file: the step from which on its writer said it would go on. Files that were written side by
    side are two writers.
    """
    held: dict[str, Tag] = {}
    times = 0
    for scalars, since in files:
        begun_at = min((float(time.min()) for _, time, _ in scalars.values()), default=np.inf)
        ended_at = max((float(time.max()) for _, time, _ in held.values() if len(time)), default=np.inf)
        shared = scalars.keys() & held.keys()
        if ended_at < begun_at and (shared or since is not None):
            begins = {tag: int(scalars[tag][0].min()) for tag in shared}
            if since is not None:
                begins = {tag: min(since, begins.get(tag, since)) for tag in held}
            again = [held[tag][1][held[tag][0] >= begin] for tag, begin in begins.items()]
            lost_at = min((float(time.min()) for time in again if len(time)), default=np.inf)
            held = {tag: chosen(cells, cells[1] < lost_at) for tag, cells in held.items()}
            times += 1
        for tag, cells in scalars.items():
            held[tag] = _joined(held[tag], cells) if tag in held else cells
    return held, times


def _joined(one: Tag, other: Tag) -> Tag:
    return (
        np.concatenate([one[0], other[0]]),
        np.concatenate([one[1], other[1]]),
        np.concatenate([one[2], other[2]]),
    )
