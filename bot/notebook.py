"""A diagnosis in a notebook or a script: of a DataFrame, a W&B run, a file, or a reference.

from bot.notebook import diagnose
diagnose(df)                          # shows the card and the chart; .report has all of it
"""

from __future__ import annotations

import base64
import html
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from analysis import Report, Run, analyze, from_frame
from analysis.history import from_records, number
from bot import settings
from bot.render import html as html_page
from bot.render import json as json_page
from bot.render.card import card
from bot.render.message import Message
from bot.render.panels import chart_alt
from bot.render.text import render_text
from bot.sources.rows import flat
from bot.sources.wandb.source import run_of

if TYPE_CHECKING:
    import pandas as pd

_PAGE_STEPS = 10_000  # a page is a range of steps
_FRAME = "font:14px/1.6 ui-monospace,Menlo,Consolas,'Noto Sans Mono CJK SC',monospace;white-space:pre-wrap;margin:0"


@dataclass(frozen=True)
class Diagnosis:
    """A run and what is said of it. Shown by itself: the card, in a notebook with the chart."""

    run: Run
    report: Report

    def __repr__(self) -> str:
        return render_text(self._card)

    def _repr_html_(self) -> str:
        text, picture = render_text(replace(self._card, chart_alt="")), base64.b64encode(self.chart).decode()
        return (
            f'<pre style="{_FRAME}">{html.escape(text)}</pre>'
            f'<img alt="{html.escape(chart_alt(self.report))}" style="max-width:100%" '
            f'src="data:image/png;base64,{picture}">'
        )

    @property
    def _card(self) -> Message:
        return replace(card(self.report), buttons=())  # nobody can press them here

    @cached_property
    def chart(self) -> bytes:
        """PNG."""
        from bot.render.charts import chart  # noqa: PLC0415  (a second, and not everybody looks)

        return chart(self.run, self.report)

    def page(self) -> str:
        """The whole report as one HTML page that needs nothing else."""
        return html_page.page(self.run, self.report, self.chart)

    def to_dict(self) -> dict[str, Any]:
        """As `curvebot report --format json`: docs/report.schema.json."""
        return json_page.to_dict(self.report)


def diagnose(
    source: object,
    *,
    name: str | None = None,
    config: Mapping[str, Any] | None = None,
    planned_steps: int | None = None,
) -> Diagnosis:
    """`source`: a pandas.DataFrame with a row per record; a run of `wandb.Api()`; a file; or what `/curve` takes (then
    the environment says how to reach W&B). `name`, `config`, `planned_steps`: what a table alone does not tell.

    Thresholds and profiles are those of the configuration. Raises ValueError, SettingsError, SourceError.
    """
    told = settings.load()
    if isinstance(source, Run):
        run = source
    elif _is_frame(source):
        run = from_frame(source)
    elif isinstance(source, str | Path):
        here = Path(source)
        sources = told.sources(command_line=True)
        run = sources.fetch(str(here.absolute()) if here.exists() else str(source))
        run = sources.with_peers(run, told.profile)
    elif hasattr(source, "scan_history"):
        run = of_wandb(source)
    else:
        raise ValueError(
            f"no run in a {type(source).__name__}: a DataFrame, a run of wandb.Api(), a path or a reference"
        )
    given = {"name": name, "config": config, "planned_steps": planned_steps}
    run = replace(run, **{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]
    return Diagnosis(run, analyze(run, told.diagnoses, told.profile))


def _is_frame(source: object) -> TypeGuard[pd.DataFrame]:
    """Who has a DataFrame has imported pandas; nobody else needs it."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(source, pandas.DataFrame)


def of_wandb(run: Any) -> Run:
    """Every row of a run of `wandb.Api()`, read through its own client, which may give rows twice and in any order."""
    key = "/".join(run.path)
    rows: dict[float, Mapping[str, Any]] = {}
    for row in run.scan_history(page_size=_PAGE_STEPS, use_cache=False):
        step = number(row.get("_step"))
        if step is not None:
            rows.setdefault(step, flat(row))
    return run_of(run, key, from_records(rows[step] for step in sorted(rows)), time.time())
