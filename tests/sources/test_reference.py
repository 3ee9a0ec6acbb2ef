"""What people type, and what is meant by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.sources import SourceError, Sources
from bot.sources.reference import Home, RunFilter, RunRef, parse, parse_filter
from bot.sources.wandb.record import web_host

HOME = Home("wandb.ai", "team", "robot")
LINK = "https://wandb.ai/team/robot/runs/64wxlc3y"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("64wxlc3y", "team/robot/64wxlc3y"),
        ("arm/64wxlc3y", "team/arm/64wxlc3y"),
        ("lab/arm/64wxlc3y", "lab/arm/64wxlc3y"),
        ("lab/arm/64wxlc3y/", "lab/arm/64wxlc3y"),
        (LINK, "team/robot/64wxlc3y"),
        (f"{LINK}?nw=nwuser", "team/robot/64wxlc3y"),
        (f"{LINK}#charts", "team/robot/64wxlc3y"),
        (f"{LINK}/workspace?nw=1", "team/robot/64wxlc3y"),
        (f"{LINK}/overview", "team/robot/64wxlc3y"),
        (f"<{LINK}>", "team/robot/64wxlc3y"),
        (f"<{LINK}|64wxlc3y>", "team/robot/64wxlc3y"),
        ("wandb.ai/team/robot/runs/64wxlc3y", "team/robot/64wxlc3y"),
        ("HTTPS://WandB.ai/team/robot/runs/64wxlc3y", "team/robot/64wxlc3y"),
        ("https://www.wandb.ai/team/robot/runs/64wxlc3y", "team/robot/64wxlc3y"),
        ("https://wandb.ai/team/%E6%9C%BA%E5%99%A8%E4%BA%BA/runs/a", "team/机器人/a"),
        ("`64wxlc3y`", "team/robot/64wxlc3y"),
        ("“64wxlc3y”。", "team/robot/64wxlc3y"),
        ("　lab／arm／６４ｗｘｌｃ３ｙ　", "lab/arm/64wxlc3y"),
        ("实验（一）", "team/robot/实验（一）"),  # full-width brackets may belong to a display name
        ("act uot 3", "team/robot/act uot 3"),
        ("lr=1e-4/wd=0.1/seed=1/x", "team/robot/lr=1e-4/wd=0.1/seed=1/x"),
        ("v1.5", "team/robot/v1.5"),
    ],
)
def test_runs(text: str, meant: str) -> None:
    found = parse(text, HOME)
    assert isinstance(found, RunRef)
    assert str(found) == meant
    assert parse(meant, HOME) == found  # what is stored reads back as the same


@pytest.mark.parametrize(
    "text",
    [
        "./run.csv",
        "/data/x.parquet",
        "x.PARQUET",
        "a/b.jsonl",
        "wandb/latest-run",
        "~/r",
        "run-64wxlc3y.wandb",
        "wandb/offline-run-20251009_085320-64wxlc3y",
        "../../etc",
    ],
)
def test_paths(text: str) -> None:
    assert isinstance(parse(text, HOME), Path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "例如 team/robot/64wxlc3y"),
        ("  <> ", "例如"),
        ("https://example.com/team/robot/runs/a", "读不了 example.com 的链接"),
        ("https://wandb.ai@example.com/team/robot/runs/a", "读不了 example.com"),
        ("https://user:secret@wandb.ai/team/robot/runs/a", "读不了 wandb.ai"),
        ("https://wandb.ai/team/robot", "不是 run 的页面"),
        ("https://wandb.ai/team/robot/sweeps/x", "不是 run 的页面"),
        ("https://wandb.ai/team/..%2f..%2fetc/runs/a", "不是 run 的写法"),
        ("team/robot", "是项目，不是 run"),
        ("lab/arm?tag=x", "筛选条件"),
        ("team/../64wxlc3y", "不是 run 的写法"),
        ("a/./b", "不是 run 的写法"),
        ("a\x00b", "不像一个 run"),
        ("a\nb", "不像一个 run"),
        ("x" * 600, "不像一个 run"),
    ],
)
def test_wrong_input_gets_one_sentence(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        parse(text, HOME)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_short_form_needs_the_default_it_leaves_out() -> None:
    with pytest.raises(ValueError, match="没有配置默认项目"):
        parse("64wxlc3y", Home())
    with pytest.raises(ValueError, match="没有配置默认项目"):
        parse("robot/64wxlc3y", Home(project="robot"))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("team/robot", RunFilter("team", "robot")),
        ("lab/arm?tag=prod", RunFilter("lab", "arm", ("prod",))),
        ("lab/arm?tag=a&tag=b&user=alice&user=bob", RunFilter("lab", "arm", ("a", "b"), ("alice", "bob"))),
        ("lab／arm？tag＝生产", RunFilter("lab", "arm", ("生产",))),
        ("lab/arm/*", RunFilter("lab", "arm")),
        ("lab/arm?tag=a%26b c", RunFilter("lab", "arm", ("a&b c",))),
        ("https://wandb.ai/lab/arm", RunFilter("lab", "arm")),
        ("https://wandb.ai/lab/arm/workspace?nw=nwuser", RunFilter("lab", "arm")),
    ],
)
def test_filters(text: str, meant: RunFilter) -> None:
    assert parse_filter(text, HOME) == meant
    assert parse_filter(str(meant), Home()) == meant  # stored, read back without the defaults
    assert parse_filter(str(meant), Home(entity="other")) == meant


@pytest.mark.parametrize(
    "text", ["64wxlc3y", "robot/64wxlc3y", "lab/arm/64wxlc3y", LINK, "", "a/b.csv", "https://example.com/a/b"]
)
def test_not_filters(text: str) -> None:
    assert parse_filter(text, HOME) is None


def test_without_a_default_entity_two_parts_are_a_project() -> None:
    assert parse_filter("lab/arm", Home()) == RunFilter("lab", "arm")


def test_a_condition_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="只认 tag 和 user"):
        parse_filter("team/robot?state=running", HOME)


@pytest.mark.parametrize(
    ("api", "web"),
    [
        ("https://api.wandb.ai", "wandb.ai"),
        ("https://wandb.corp:8443/", "wandb.corp:8443"),
        ("http://127.0.0.1:80", "127.0.0.1:80"),
    ],
)
def test_links_are_on_the_configured_host(api: str, web: str) -> None:
    assert web_host(api) == web


class TestPathsInChat:
    """Only below `local.roots`, links followed; and no word about what else is there."""

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        (tmp_path / "runs" / "inner").mkdir(parents=True)
        for name in ("secret.csv", "runs/a.csv", "runs/inner/b.csv"):
            (tmp_path / name).write_text("_step,loss\n1,2\n")
        (tmp_path / "runs" / "link.csv").symlink_to(tmp_path / "secret.csv")
        (tmp_path / "runs" / "good.csv").symlink_to(tmp_path / "runs" / "a.csv")
        return tmp_path / "runs"

    @pytest.mark.parametrize("text", ["a.csv", "./inner/b.csv", "inner/../a.csv", "good.csv", "{root}/a.csv"])
    def test_allowed(self, text: str, root: Path) -> None:
        run = Sources(roots=[root]).fetch(text.format(root=root))
        assert run.history.columns["loss"].values.tolist() == [2.0]

    @pytest.mark.parametrize(
        "text", ["../secret.csv", "inner/../../secret.csv", "link.csv", "{root}/../secret.csv", "/etc/x.csv", "~/x.csv"]
    )
    def test_refused(self, text: str, root: Path) -> None:
        with pytest.raises(ValueError, match=r"只能读配置 local\.roots 里的文件") as caught:
            Sources(roots=[root]).fetch(text.format(root=root))
        assert str(root.parent) not in str(caught.value)

    def test_without_roots_none_is_read(self, root: Path) -> None:
        with pytest.raises(ValueError, match="聊天里只读配置"):
            Sources().fetch(str(root / "a.csv"))

    def test_what_is_stored_reads_back(self, root: Path) -> None:
        sources = Sources(roots=[root])
        whole = sources.canonical("a.csv")
        assert sources.canonical(whole) == whole == sources.fetch("a.csv").ref


@pytest.mark.parametrize("text", ["x" * 300, "~nobody-of-this-name/x.csv", "/dev/null", "runs/" + "y" * 300 + ".csv"])
def test_hostile_paths_on_the_command_line_are_no_crash(text: str) -> None:
    with pytest.raises((ValueError, SourceError)):
        Sources(any_path=True).fetch(text)


def test_a_directory_is_meant_only_when_it_holds_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "64wxlc3y").mkdir()
    monkeypatch.chdir(tmp_path)
    sources = Sources(any_path=True, entity="team", project="robot")
    assert sources.canonical("64wxlc3y") == "team/robot/64wxlc3y"
    (tmp_path / "64wxlc3y" / "run-x.wandb").touch()
    assert sources.canonical("64wxlc3y") == "64wxlc3y"
