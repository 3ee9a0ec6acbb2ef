"""Typical runs of many frameworks, healthy and sick, written from what their logs look like, not from the tests.

A healthy run of any kind should pass without a word above info; of a sick one the fault should be told, in time, by a
name that fits. Each kind has the column names, the config and the row structure of its framework.
"""

from benchmarks.detection.families import agents, generative, pretraining, robots, tuning, vision

KINDS = (
    *robots.KINDS,
    *pretraining.KINDS,
    *tuning.KINDS,
    *agents.KINDS,
    *vision.KINDS,
    *generative.KINDS,
)
