"""Profiles: what the columns of a family of runs are, in YAML."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis import analyze
from analysis.columns.family import Family
from analysis.columns.kinds import kind_of
from analysis.columns.profile import GENERIC, Naming, Profile, kind_in
from analysis.columns.roles import assign_roles
from analysis.facts import Facts
from analysis.model import Column
from bot import settings
from bot.settings import profiles
from tests.analysis.cases import descent, steady
from tests.analysis.curves import history, run
from tests.analysis.samples import SAMPLE, read


def test_the_bundled_profile_says_what_the_names_say() -> None:
    """act-uot only spells out what is inferred anyway, so naming it changes nothing on the sample run."""
    plain, named = analyze(read(SAMPLE)), analyze(read(SAMPLE), profile=profiles.load(["act-uot"]))

    assert [(m.key, m.role, m.label) for m in named.metrics] == [(m.key, m.role, m.label) for m in plain.metrics]
    assert named.findings == plain.findings
    assert profiles.load(["act-uot"]).family == "imitation"


def held(name: str | None, *columns: str, config: dict[str, str] | None = None) -> dict[str, str]:
    one = Column(np.array([0]), np.array([1.0]))
    profile = profiles.load([name] if name else [])
    roles = assign_roles(dict.fromkeys(columns, one), profile, Facts(config or {}, profile=profile).family)
    return {k: role for role, k in roles.holder.items() if role != "component"}


def test_ultralytics_says_which_of_three_rates_is_the_learning_rate() -> None:
    """pg0 are the biases: their rate begins at ten times the stated one, which would be told as an anomaly."""
    groups = ("lr/pg0", "lr/pg1", "lr/pg2")

    assert held(None, *groups) == {}
    assert held("ultralytics", *groups) == {"lr/pg1": "lr"}


def test_cyclegan_says_which_letters_are_losses() -> None:
    assert held(None, "D_A", "G_A") == {}
    assert held(None, "D_A", "G_A", "cycle_A") == {"D_A": "d_loss", "G_A": "g_loss"}  # its company says so
    assert held("cyclegan", "D_A", "G_A", "cycle_A") == {"D_A": "d_loss", "G_A": "g_loss"}
    assert held("cyclegan", "D_real", "D_fake", "G_GAN", "G_L1", config={"gan_mode": "lsgan"}) == {
        "D_fake": "d_loss",
        "G_GAN": "g_loss",
    }


def test_a_profile_states_a_family(tmp_path: Path) -> None:
    config, folder = tmp_path / "curvebot.yaml", tmp_path / "profiles"
    folder.mkdir()
    (folder / "ours.yaml").write_text("name: ours\nfamily: diffusion\n", encoding="utf-8")

    assert Facts(profile=profiles.load(["ours"], config)).family is Family.DIFFUSION
    assert profiles.load(["ours", "act-uot"], config).family == "diffusion"  # the first that states one
    assert profiles.load(["act-uot", "ours"], config).family == "imitation"


def test_a_profile_gives_a_role_to_a_name_that_says_nothing() -> None:
    profile = Profile("ours", (Naming("q/main", "loss", "主损失"), Naming("q/*", None, "杂项")))
    h = history({"q/main": steady(2.0, 100), "q/other": descent(100)})
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


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: x\nmetrics: [{match: a, role: los}]", "没有 los 这个角色"),
        ("name: x\nmetrics: [{match: a, rolle: loss}]", "metrics.0.rolle"),
        ("name: x\nfamily: robots", "没有 robots 这类训练"),
        ("name: x\nfamily: unknown", "没有 unknown 这类训练"),
        ("name: [", "不是能读的 YAML"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_file(text: str, says: str, tmp_path: Path) -> None:
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "x.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=r"x\.yaml") as error:
        profiles.load(["x"], tmp_path / "curvebot.yaml")
    assert says in str(error.value)
