"""A diagnosis in two lines: of a table, a file, a run of W&B's client; shown as text and as HTML."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.model import Run
from bot import settings
from bot.notebook import diagnose
from bot.sources import SourceError
from tests.analysis.samples import SAMPLE, read
from tests.fakes.wandb_server import WandbServer, records

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in settings.variable_names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_table_a_file_and_a_run_say_the_same() -> None:
    run = read(SAMPLE)
    table = diagnose(pd.read_parquet(SAMPLE), name=run.name, config=run.config)

    assert repr(diagnose(SAMPLE)) == repr(diagnose(str(SAMPLE)))
    ids = [[f.id for f in d.report.findings] for d in (table, diagnose(SAMPLE), diagnose(run))]
    assert ids[0] == ids[1] == ids[2] and ids[0]
    assert table.report.run.name == run.name


def test_it_is_shown_as_text_and_in_a_notebook_with_its_chart() -> None:
    found = diagnose(pd.read_parquet(SAMPLE), name="a <b> & c")
    shown = found._repr_html_()

    assert "OT" in repr(found).splitlines()[0]
    assert "〔完整报告〕" not in repr(found)  # there is nobody to press it
    assert "a &lt;b&gt; &amp; c" in shown and "<b>" not in shown
    assert "〔图：" in repr(found) and "〔图：" not in shown  # there it is to be seen
    picture = re.search(r"data:image/png;base64,([^\"]+)", shown)
    assert picture is not None
    assert base64.b64decode(picture[1]).startswith(b"\x89PNG")
    assert "http" not in re.sub(r"base64,[^\"]+", "", shown)  # it fetches nothing
    assert found.page().startswith("<!doctype html>")
    assert found.to_dict()["schema"] == 1


def test_what_a_table_does_not_tell_can_be_said() -> None:
    frame = pd.DataFrame({"train/loss": [2.0, 1.5, 1.2]}, index=[0, 10, 20])

    assert diagnose(frame, planned_steps=100).report.run.planned_steps == 100
    assert diagnose(frame, config={"steps": 400}).report.run.planned_steps == 400


def test_thresholds_are_those_of_the_configuration(folder: Path) -> None:
    (folder / "config").mkdir()
    (folder / "config" / "curvebot.yaml").write_text("diagnoses: {ot-mass-collapse: {off: true}}\n")

    assert "ot-mass-collapse" not in {f.id for f in diagnose(SAMPLE).report.findings}


def test_what_is_no_run_is_refused() -> None:
    with pytest.raises(ValueError, match="no run in a int"):
        diagnose(3)
    with pytest.raises(SourceError):
        diagnose("missing.csv")


@pytest.fixture
def wandb_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    import wandb  # noqa: PLC0415

    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    run = read(SAMPLE)
    with WandbServer() as server:
        server.add_run("team", "robot", "64wxlc3y", records(run.history), config=run.config, state="finished")
        api = wandb.Api(overrides={"base_url": server.url}, api_key=server.api_key)
        yield api.run("team/robot/64wxlc3y")


def test_a_run_of_wandbs_own_client(wandb_run: Any) -> None:
    found, run = diagnose(wandb_run), read(SAMPLE)

    assert [f.id for f in found.report.findings] == [f.id for f in diagnose(run).report.findings]
    assert found.run.config == run.config
    assert (found.run.state, found.run.tracked_as) == ("finished", "team/robot/64wxlc3y")
    assert len(found.run.history) == len(run.history)


@pytest.mark.parametrize("name", ["docs/code.md", "docs/zh/code.md"])
def test_the_examples_of_the_documents_run(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they stand, with a table, a file and a client in place."""
    run, table = read(SAMPLE), pd.read_parquet(SAMPLE)
    table.rename(columns={"_step": "step"}).to_csv(folder / "metrics.csv", index=False)

    class Api:
        def run(self, path: str) -> Run:
            assert path == "team/robot/64wxlc3y"
            return run

    class Client:
        def __init__(self) -> None:
            self.Api = Api

    blocks = re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        exec(compile(block, name, "exec"), {"df": table, "wandb": Client(), "run": run})
