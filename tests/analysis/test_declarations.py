"""What every diagnosis declares about itself, whatever it is."""

from __future__ import annotations

import dataclasses
import re

import pytest

from analysis.diagnoses import ALL
from analysis.model import Severity
from analysis.scan.diagnosis import Diagnosis
from analysis.scan.impact import Impact
from analysis.scan.units import units
from tests.analysis.scanning import FORBIDDEN

IDS = {d.id for d in ALL}
every_diagnosis = pytest.mark.parametrize("d", ALL, ids=lambda d: d.id)


def test_no_two_have_one_name() -> None:
    assert len(IDS) == len({d.title for d in ALL}) == len(ALL)


@every_diagnosis
def test_it_says_what_it_is(d: Diagnosis) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", d.id)
    assert d.severity > Severity.OK
    assert isinstance(d.impact, Impact)
    assert d.panel in {"lines", "stack", "none"}


@every_diagnosis
def test_its_meaning_is_one_short_sentence(d: Diagnosis) -> None:
    assert re.fullmatch(r"[^。！？\n]{10,60}。", d.meaning), d.meaning
    assert not [w for w in FORBIDDEN if w in d.meaning]


@every_diagnosis
def test_it_says_what_ends_it_and_what_it_is_mistaken_for(d: Diagnosis) -> None:
    for text in (vars(type(d))["clears"], vars(type(d))["mistaken_for"]):
        assert re.fullmatch(r"[^。！？\n]{8,45}", text), text
        assert re.search("[\u4e00-\u9fff]", text)
        assert not re.search("[\u4e00-\u9fff] [\u4e00-\u9fff]", text), text
        assert not [w for w in FORBIDDEN if w in text]
        assert not re.search(r"\d ?(?:%|倍|次|步|条|σ)", text), f"a configuration may change it: {text}"


@pytest.mark.parametrize("name", ["clears", "mistaken_for"])
def test_no_two_are_told_the_same(name: str) -> None:
    assert len({getattr(d, name) for d in ALL}) == len(ALL)


@every_diagnosis
def test_what_explains_it_exists(d: Diagnosis) -> None:
    assert set(d.explained_by) <= IDS - {d.id}


@every_diagnosis
def test_its_thresholds_are_numbers_with_a_unit_and_nothing_else(d: Diagnosis) -> None:
    """What it is stands in its class, unannotated: a field would be a threshold of the configuration."""
    fields = {f.name for f in dataclasses.fields(d)}  # type: ignore[arg-type]

    assert {type(getattr(d, name)) for name in fields} <= {int, float}
    assert fields == units(type(d)).keys()


def test_whoever_doubts_a_result_says_what_is_in_doubt() -> None:
    """IN_DOUBT and PART_MISSING have no sentence of their own."""
    vague = [d for d in ALL if d.impact in {Impact.IN_DOUBT, Impact.PART_MISSING}]

    assert [d.id for d in vague if type(d).use is Diagnosis.use] == []
