"""All cases, and what a case must have. Looks at the histories only, never at the product."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from types import ModuleType

import numpy as np

from benchmarks.wild.case import CATALOGUE, CRITICAL, FAMILIES, INFO, NEW, Case, Half
from benchmarks.wild.runs import (
    adversarial,
    agents,
    arms,
    autoencoders,
    bigscience,
    boxes,
    breakdowns,
    classification,
    corpora,
    demonstrations,
    denoisers,
    detection,
    detectors,
    dialogues,
    diffusion,
    embodied,
    epochs,
    equations,
    gans,
    graphs,
    grpo_trl,
    grpo_unsloth,
    grpo_verl,
    held_out,
    images,
    imitation,
    instructing,
    language,
    locomotion,
    machinery,
    multimodal,
    never_right,
    off_policy,
    off_policy_returns,
    offline,
    offline_scores,
    on_policy,
    on_policy_logs,
    pairs,
    pictures,
    policies_from_logs,
    preference,
    pretraining,
    ratings,
    rewarded,
    rlhf,
    robots,
    rollouts,
    samplers,
    scenes,
    segmentation,
    series,
    signals,
    simulated,
    speech,
    suspicions,
    throughput,
    tuning,
    vaes,
    vision,
    vla,
    vla_finetunes,
    words,
    world_models,
)
from benchmarks.wild.sketch import Line, Sketch

OPEN: tuple[ModuleType, ...] = (
    imitation, vla,
    offline, on_policy, off_policy, world_models, locomotion,
    bigscience, pretraining, tuning, multimodal, preference,
    grpo_trl, grpo_unsloth, grpo_verl, rlhf,
    detection, segmentation, classification, speech, series, throughput,
    gans, vaes, diffusion,
    on_policy_logs, off_policy_returns, offline_scores, detectors,
    adversarial, autoencoders, denoisers, arms, vla_finetunes,
    instructing, pairs, rollouts, corpora, epochs, vision,
    policies_from_logs, simulated, language, rewarded,
    pictures, boxes, scenes, equations, graphs, ratings, signals, samplers,
    demonstrations, embodied, dialogues, words, images,
    agents, robots, held_out, breakdowns, machinery, never_right, suspicions,
)  # fmt: skip
# Written when all of these had been worked with, by people who did not run the product. When both halves have been
# looked at and worked with, they are like any other.
LATER: tuple[ModuleType, ...] = ()


def all_cases() -> tuple[Case, ...]:
    return tuple(case for table in (*OPEN, *LATER) for case in table.CASES)


def half(case: Case) -> Half:
    """The open half is worked with, the frozen one is looked at once. Of the later tables a hash of the name decides,
    not its writer.
    """
    later = any(case in table.CASES for table in LATER)
    return "frozen" if later and hashlib.sha256(case.name.encode()).digest()[0] % 2 else "open"


def parts(sketch: Sketch) -> Iterator[Sketch]:
    """The segments of a run that was resumed."""
    yield sketch
    if sketch.then is not None:
        yield from parts(sketch.then)


def problems(case: Case) -> Iterator[str]:
    """What is wrong with how a case is written."""
    e = case.expect
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", case.name):
        yield "the name is not in kebab case"
    if not re.fullmatch(r"[\w.-]+/[\w.-]+(#\d+|:\S+|@\S+)?( .*)?", case.source):
        yield f"the source is no owner/repo#123 or owner/repo:path: {case.source}"
    if case.family not in FAMILIES:
        yield f"unknown family {case.family}"
    ids = e.also | e.never | frozenset().union(*(f.ids for f in e.faults))
    if unknown := ids - CATALOGUE - NEW:
        yield f"unknown ids {sorted(unknown)}"
    if not case.why.strip() or not 3 <= len(case.read) <= 6:
        yield "needs why, and a reading of 3 to 6 lines"
    if any(e.never & f.ids for f in e.faults):
        yield "an id is both right and forbidden"
    run = case.run()
    if not 15 <= len(run.history) <= 12_000:
        yield f"{len(run.history)} rows"
    stamp = run.history.timestamp
    if np.isfinite(stamp).any() and (np.diff(stamp) < 0).any():
        yield "time runs backwards"
    first = min(float(p.at.min()) for p in parts(case.sketch))
    last = max(
        float(line.at.max() if isinstance(line, Line) and line.at is not None else p.at.max())
        for p in parts(case.sketch)
        for line in p.lines.values()
    )
    for f in e.faults:
        if not (f.onset[0] <= f.onset[1] <= f.by and first <= f.onset[1] and f.onset[0] <= last and f.by <= last):
            yield f"onset {f.onset} by {f.by} in a run from {first:g} to {last:g}"
        if not INFO <= f.least <= f.most <= CRITICAL:
            yield "least severity above the greatest"
    anchors = [a for p in parts(case.sketch) for x in p.lines.values() if isinstance(x, Line) for a in x.anchors]
    if not any(a.kind in {"real", "level"} for a in anchors):
        yield "no figure of the source"


def nonfinite(case: Case) -> dict[str, int]:
    """Column -> how many of its values are no finite number: to be looked at by who wrote it."""
    found = {key: int((~np.isfinite(c.values)).sum()) for key, c in case.run().history.columns.items()}
    return {key: n for key, n in found.items() if n}
