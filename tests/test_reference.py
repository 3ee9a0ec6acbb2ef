"""The page about the diagnoses says what the code does."""

from __future__ import annotations

import os

from analysis.diagnoses import ALL
from tests import reference

PAGE = reference.ROOT / "docs" / "zh" / "diagnoses.md"


def test_the_page_is_that_of_the_code() -> None:
    page = reference.page()
    if os.environ.get("CURVEBOT_WRITE_GOLDEN"):
        PAGE.write_text(page, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page


def test_a_threshold_has_the_reason_that_stands_beside_it() -> None:
    spike = next(d for d in ALL if d.id == "grad-spike")

    assert reference.reasons(type(spike))["min_spread"] == "ln: the least spread of a healthy run"


def test_most_thresholds_have_one() -> None:
    """What has none is told by its name and unit, or by the docstring; more of them must not come."""
    bare = [(d.id, name) for d in ALL for name, why in reference.reasons(type(d)).items() if not why]

    assert len(bare) <= 60
