"""Configuration: YAML 1.2, every mistake at once, secrets from the environment only."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analysis.diagnoses.custom import Threshold
from analysis.model import Severity
from bot import settings, times
from bot.address import Address
from bot.settings import Configuration, SettingsError

EXAMPLE = Path(__file__).parents[2] / "config" / "curvebot.example.yaml"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of the machine, and no file of the project."""
    for name in settings.variable_names():
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    monkeypatch.chdir(tmp_path)


def read(tmp_path: Path, text: str) -> Configuration:
    file = tmp_path / "c.yaml"
    file.write_text(text, encoding="utf-8")
    return settings.read(file)


def mistakes(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as error:
        read(tmp_path, text)
    return error.value.mistakes


def test_nothing_given_is_the_defaults() -> None:
    s = settings.load()

    assert s.config.watch.interval == 300
    assert s.policy.group_wait_s == 30
    assert s.policy.repeat_s == 4 * 3600
    assert s.policy.min_severity is Severity.WARNING
    assert s.policy.quiet_hours is None
    assert s.policy.budget == 6
    assert s.config.timezone == ZoneInfo("Asia/Shanghai")
    assert s.env.wandb_base_url == "https://api.wandb.ai"
    assert s.database_url == "sqlite:///.curvebot/curvebot.db"


def test_yaml_means_what_it_looks_like(tmp_path: Path) -> None:
    """YAML 1.1 would read `off` as false, `10:00` as 600 and `1e-6` as text."""
    config = read(
        tmp_path,
        """
        alerts: {resolved: off, quiet_hours: 23:00-08:00, group_wait: 0s}
        digests: [{to: "slack:C1", at: 10:00}, {to: "slack:C2", at: 9:05, days: weekdays}]
        diagnoses: {overfit: {off: true}, "gen-gap": {"off": on}, grad-spike: {ratio: 010}}
        thresholds: [{name: floor, metric: loss, below: 1e-6, for: 5, severity: critical}]
        """,
    )

    assert config.alerts.resolved is False
    assert config.alerts.quiet_hours == (dt.time(23), dt.time(8))
    assert config.alerts.group_wait == 0
    assert [d.at for d in config.digests] == [dt.time(10), dt.time(9, 5)]
    assert [d.days for d in config.digests] == ["*", "mon-fri"]
    assert config.thresholds[0].below == 1e-6
    assert config.diagnoses["grad-spike"]["ratio"] == 10


def test_diagnoses_are_those_configured(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "curvebot.yaml").write_text(
        """
        diagnoses: {overfit: {off: true}, grad-spike: {ratio: 8}}
        thresholds: [{name: pi-floor, metric: m, below: 1.0e-6, for: 5, severity: critical}]
        """
    )

    found = {d.id: d for d in settings.load().diagnoses}

    assert "overfit" not in found
    assert found["grad-spike"].ratio == 8  # type: ignore[attr-defined]
    assert found["threshold:pi-floor"] == Threshold("pi-floor", "m", 1e-6, "below", 5, Severity.CRITICAL)


def test_the_example_is_valid_and_names_every_key() -> None:
    config = settings.read(EXAMPLE)

    text = EXAMPLE.read_text(encoding="utf-8")
    assert config.thresholds and config.digests and config.watch.runs
    for key in Configuration.model_fields:
        assert f"\n{key}:" in text, key


def test_every_mistake_at_once_with_its_path_and_the_nearest_key(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        """
        timezon: Asia/Shanghai
        timezone: Mars/Phobos
        watch: {interval: 5x, runs: [{run: a/b/c, to: ["irc:x"]}, {to: ["slack:C1"]}]}
        alerts: {budget: 0, min_severity: loud, repeat: soon}
        digests: [{to: "slack:C1", at: 24:00}]
        diagnoses: {grad-spik: {ratio: 8}, grad-spike: {rato: 8}}
        thresholds: [{name: x, metric: m}, {name: "a b", metric: m, above: .nan}]
        access: {slack: {chanels: []}}
        """,
    )

    text = "\n".join(found)
    for part in [
        "timezon：没有这个键，是不是 timezone？",
        "timezone：没有时区“Mars/Phobos”",
        "watch.interval：",
        "watch.runs[0].to[0]：“irc:x”不是地址",
        "watch.runs[1]：run 和 filter",
        "alerts.budget：不能小于 1",
        "alerts.min_severity：",
        "alerts.repeat：",
        "digests[0].at：“24:00”",
        "diagnoses.grad-spik：",
        "diagnoses.grad-spike.rato：",
        "thresholds[0]：above 和 below",
        "thresholds[1].name：",
        "thresholds[1].above：要是有限的数",
        "access.slack.chanels：没有这个键，是不是 channels？",
    ]:
        assert part in text


@pytest.mark.parametrize(
    ("diagnoses", "part"),
    [
        ("{plateau: {off: 3}}", "diagnoses.plateau.off：要写 true 或 false"),
        ("{plateau: {off: maybe}}", "diagnoses.plateau.off：要写 true 或 false"),
        ("{grad-spike: {ratio: -8}}", "diagnoses.grad-spike.ratio：要是不小于 0 的有限的数"),
        ("{grad-spike: {ratio: .nan}}", "diagnoses.grad-spike.ratio：要是不小于 0 的有限的数"),
        ("{grad-spike: {ratio: .inf}}", "diagnoses.grad-spike.ratio：要是不小于 0 的有限的数"),
        ('{grad-spike: {ratio: "8"}}', "diagnoses.grad-spike.ratio：要写数"),
        ("{grad-spike: {rato: 8}, kl-collapse: off}", "diagnoses.grad-spike.rato：没有这个键，是不是 ratio？"),
        ("{grad-spike: {rato: 8}, kl-collapse: off}", "diagnoses.kl-collapse：要写“键: 值”"),
        ("{grad-spike: {below: 3}}", "diagnoses.grad-spike.below：已改名为 clear_ratio"),
    ],
)
def test_mistakes_in_diagnoses(tmp_path: Path, diagnoses: str, part: str) -> None:
    assert any(part in found for found in mistakes(tmp_path, f"diagnoses: {diagnoses}"))


@pytest.mark.parametrize("word", ["false", "off", '"off"', "no", "True", "on", '"true"'])
def test_switches_quoted_or_not(tmp_path: Path, word: str) -> None:
    (tmp_path / "c.yaml").write_text(f"diagnoses: {{plateau: {{off: {word}}}}}")

    on = "plateau" in {d.id for d in settings.load(tmp_path / "c.yaml").diagnoses}

    assert on == (word.strip('"') in ("false", "off", "no"))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a: [1", "第 "),
        ("- 1\n- 2", "最外层"),
        ("just text", "最外层"),
        ("alerts: {budget: 3, budget: 4}", "第 1 行"),
        ("alerts: 3", "alerts：要写“键: 值”"),
        ("watch: {runs: x}", "watch.runs：要写列表"),
        ("digests: [{to: 'slack:C1', at: 9:00}, {to: 'slack:C1', at: 8:00}]", "slack:C1 出现了两次"),
    ],
)
def test_files_that_are_no_configuration(tmp_path: Path, text: str, part: str) -> None:
    found = mistakes(tmp_path, text)

    assert len(found) == 1
    assert part in found[0]


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_an_empty_file_is_fine(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == Configuration()


def test_a_named_file_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURVEBOT_CONFIG", str(tmp_path / "missing.yaml"))

    with pytest.raises(SettingsError, match=r"missing\.yaml"):
        settings.load()


@pytest.mark.parametrize(("text", "value"), [("1s", 1), ("5m", 300), ("4h", 14400), ("1d", 86400), ("1h30m", 5400)])
def test_durations(text: str, value: float) -> None:
    assert times.seconds(text) == value


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "-5m", "5m!", "1.5h", 5, None])
def test_no_durations(text: object) -> None:
    with pytest.raises(ValueError, match="时长"):
        times.seconds(text)


def test_secrets_may_stand_in_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("xoxb-from-file\n")
    monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")

    slack = settings.load().switched_on()["slack"]

    assert slack.secrets() == ["xoxb-from-file", "xapp-1"]
    assert "xoxb" not in repr(slack)


def test_an_empty_variable_and_one_of_another_name_are_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"WANDB_BASE_URL": "", "WANDB_ENTITY_FILE": "", "wandb_project": "p"}.items():
        monkeypatch.setenv(name, value)

    assert settings.load().env == settings.Environment.model_construct()


@pytest.mark.parametrize(
    ("variables", "part"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN：有 SLACK_BOT_TOKEN 时还要它"),
        ({"SLACK_BOT_TOKEN": "xapp-1", "SLACK_APP_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN：这是 App-Level Token"),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN：这是 Bot Token"),
        ({"FEISHU_APP_ID": "cli_1"}, "FEISHU_APP_SECRET"),
        ({"FEISHU_APP_ID": "cli_1", "FEISHU_APP_SECRET": "s", "FEISHU_DOMAIN": "http://feishu.cn"}, "FEISHU_DOMAIN"),
        ({"WANDB_BASE_URL": "api.wandb.ai"}, "WANDB_BASE_URL：要写成 https://"),
        ({"WANDB_API_KEY_FILE": "/nowhere/key"}, "WANDB_API_KEY_FILE：读不了"),
        ({"WANDB_API_KEY": "k" * 40, "WANDB_API_KEY_FILE": "/nowhere/key"}, "只能给一个"),
    ],
)
def test_wrong_environments(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], part: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as error:
        settings.load()

    assert part in str(error.value)
    assert "xoxb-1" not in str(error.value) and "kkkk" not in str(error.value)


def test_the_environment_and_the_file_are_judged_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEISHU_APP_ID", "cli_1")
    file = tmp_path / "c.yaml"
    file.write_text("alerts: {budget: 0}")

    with pytest.raises(SettingsError) as error:
        settings.load(file)

    assert len(error.value.mistakes) == 2


SLACK_C1, SLACK_C2, FEISHU_OC = (Address.parse(text) for text in ("slack:C1", "slack:C2", "feishu:oc_any"))


@pytest.mark.parametrize(
    ("access", "answered"),
    [
        ({}, {SLACK_C1, SLACK_C2, FEISHU_OC}),
        ({"slack": {"channels": []}, "feishu": {}}, {SLACK_C1, SLACK_C2, FEISHU_OC}),
        ({"slack": {"channels": ["C1"]}}, {SLACK_C1}),
        ({"slack": {"channels": ["C1"]}, "feishu": {"chats": []}}, {SLACK_C1}),
        ({"slack": {"channels": ["C1"]}, "feishu": {"chats": ["oc_any"]}}, {SLACK_C1, FEISHU_OC}),
        ({"projects": ["team/*"]}, {SLACK_C1, SLACK_C2, FEISHU_OC}),
    ],
)
def test_channels_are_closed_as_soon_as_one_is_named(access: Any, answered: set[Address]) -> None:
    found = settings.parse({"access": access}).access

    assert {a for a in (SLACK_C1, SLACK_C2, FEISHU_OC) if found.allows_channel(a)} == answered
    assert found.allows_channel(Address("irc", "x")) == (len(answered) == 3)


def test_projects_are_closed_as_soon_as_one_is_named() -> None:
    access = settings.parse({"access": {"projects": ["team/*"]}}).access

    assert access.allows_project("team", "robot")
    assert not access.allows_project("other", "robot")
    assert settings.parse({}).access.allows_project("other", "robot")


@pytest.mark.parametrize(
    ("access", "parts"),
    [
        ("{slack: {channels: ['slack:C0X']}}", ("access.slack.channels[0]", "写成 C0X")),
        ("{feishu: {chats: [oc_1, ' feishu:oc_2']}}", ("access.feishu.chats[1]", "写成 oc_2")),
        ("{slack: {channels: ['#general']}}", ("access.slack.channels[0]", "id")),
        ("{slack: {channels: ['']}}", ("access.slack.channels[0]",)),
    ],
)
def test_a_channel_that_could_match_nothing_is_no_rule(tmp_path: Path, access: str, parts: tuple[str, ...]) -> None:
    [told] = mistakes(tmp_path, f"access: {access}")

    for part in parts:
        assert part in told
