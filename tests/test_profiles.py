"""Profiles: what the columns of a family of runs are, in YAML."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis import analyze
from analysis.profile import GENERIC, Naming, Profile, kind_in, kind_of
from bot import profiles, settings
from tests.analysis.cases import falling, steady
from tests.analysis.curves import history, run
from tests.analysis.samples import SAMPLE, read


def test_the_bundled_profile_says_what_the_names_say() -> None:
    """act-uot only spells out what is inferred anyway, so naming it changes nothing on the sample run."""
    plain, named = analyze(read(SAMPLE)), analyze(read(SAMPLE), profile=profiles.load(["act-uot"]))

    assert [(m.key, m.role, m.label) for m in named.metrics] == [(m.key, m.role, m.label) for m in plain.metrics]
    assert named.findings == plain.findings


def test_a_profile_gives_a_role_to_a_name_that_says_nothing() -> None:
    profile = Profile("ours", (Naming("q/main", "loss", "主损失"), Naming("q/*", None, "杂项")))
    h = history({"q/main": steady(2.0, 100), "q/other": falling(100)})
    report = analyze(run(h), profile=profile)

    assert [(m.key, m.role, m.label) for m in report.metrics] == [
        ("q/main", "loss", "主损失"),
        ("q/other", None, "杂项"),
    ]
    assert "no-learning" in {f.id for f in report.findings}
    assert kind_in("train/loss", profile) == kind_of("train/loss")


def test_a_team_keeps_its_own_beside_its_configuration(tmp_path: Path) -> None:
    config, folder = tmp_path / "curvebot.yaml", tmp_path / "profiles"
    folder.mkdir()
    config.write_text("profiles: [ours, act-uot]", encoding="utf-8")
    (folder / "ours.yaml").write_text(
        'name: ours\nmetrics: [{match: "q/*", role: loss, direction: min}]\n', encoding="utf-8"
    )

    assert "ours" in profiles.names(config)
    assert profiles.load(["ours"], config).namings == (Naming("q/*", "loss", None, "min"),)
    assert settings.load(config).profile.namings[0] == Naming("q/*", "loss", None, "min")
    assert profiles.load([]) is GENERIC


@pytest.mark.parametrize(("text", "says"), [
    ("name: x\nmetrics: [{match: a, role: los}]", "没有 los 这个角色"),
    ("name: x\nmetrics: [{match: a, rolle: loss}]", "metrics.0.rolle"),
    ("name: [", "不是能读的 YAML"),
])  # fmt: skip
def test_a_mistake_is_one_sentence_that_names_the_file(text: str, says: str, tmp_path: Path) -> None:
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "x.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=r"x\.yaml") as error:
        profiles.load(["x"], tmp_path / "curvebot.yaml")
    assert says in str(error.value)
