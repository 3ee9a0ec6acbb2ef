"""One word for one thing: every text against docs/wording.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from analysis.columns import captions
from analysis.columns.kinds import kind_of
from analysis.diagnoses import ALL
from analysis.scan.diagnosis import Diagnosis
from bot.services.commands import table
from tests.analysis.test_captions import FORMS
from tests.analysis.test_reference_run import KEYS, STYLES
from tests.render.test_golden import GOLDEN
from tests.test_docs import between

ROOT = Path(__file__).parent.parent
WORDING = (ROOT / "docs" / "wording.md").read_text(encoding="utf-8")
ROWS = [
    (say, tuple(re.findall(r"`([^`]+)`", never)))
    for _, say, never in re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", between(WORDING, "terms"), flags=re.MULTILINE)[
        2:
    ]
]
FORBIDDEN = tuple(chain.from_iterable(never for _, never in ROWS))
LABELS = tuple(re.findall(r"`([^`]+)`", between(WORDING, "labels")))
# A place in the run without 第 in front; of several steps the first one has it.
PLACE = re.compile(r"(?<![\d.])(?<!第 )(?<![、–~])\d+(?:[、–]\d+)* 步(?:起|时|前|后|附近|的 ckpt)|（\d+ 步）")
EXPONENT = re.compile(r"\de[-+]0\d|\de\+\d")


def wrong(text: str) -> list[str]:
    """What a Chinese text says that it must not."""
    if not re.search("[\u4e00-\u9fff]", text):
        return []
    verdict = re.sub(r"\d+ 步(?:附近|前)?的 ckpt 可用|\d+ 步前未受影响|\d+ 步后等于没开 OT|停在 \d+ 步的结果", "", text)
    return [
        *(word for word in FORBIDDEN if word in text),
        *(m[0] for m in PLACE.finditer(verdict)),
        *(m[0] for m in EXPONENT.finditer(text)),
    ]


CHINESE = [ROOT / "README.zh.md", *sorted((ROOT / "docs" / "zh").glob("*.md"))]


@pytest.mark.parametrize("path", CHINESE, ids=lambda path: path.name)
def test_the_chinese_documents_keep_to_it(path: Path) -> None:
    text = re.sub(r"`[^`\n]*`|\(#[^)\n]*\)|(?m:^## [a-z-]+ )", "", path.read_text(encoding="utf-8"))  # names

    assert [(word, line) for line in text.splitlines() for word in FORBIDDEN if word in line] == []


def without_labels(page: str) -> str:
    """A full report without the labels of its rows of metrics."""
    label = "|".join(re.escape(label) for label in sorted(LABELS, key=len, reverse=True))
    return re.sub(rf'(^|- |<td>|"label": "|/)(?:{label})(?= `?[a-z]+/|<br>|")', r"\1", page, flags=re.MULTILINE)


def strings(path: Path) -> Iterator[str]:
    """Every string of a module that is no documentation of it, each piece of a formatted one for itself. What a table
    is read by is heard, not said."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    told |= {id(key) for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


MODULES = sorted((*(ROOT / "analysis").rglob("*.py"), *(ROOT / "bot").rglob("*.py")))
SCRIPTS = (ROOT / "bot" / "render" / "web").glob("*.js")
PAGES = sorted((*GOLDEN.iterdir(), *(ROOT / "bot" / "templates").glob("*.j2"), *SCRIPTS))


def test_the_tables_were_read() -> None:
    assert len(ROWS) > 20
    assert all(say and never for say, never in ROWS)
    assert {"梯度范数", "ε", "断点续训"} <= set(FORBIDDEN)
    assert "总损失" in LABELS
    assert [say for say, _ in ROWS if wrong(say)] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_generated_text(path: Path) -> None:
    text = without_labels(path.read_text(encoding="utf-8"))

    assert [(said, line) for line in text.splitlines() if (said := wrong(line))] == []


def test_every_string_of_the_program() -> None:
    """Also of what no case makes it say."""
    found = [
        (said, path.name, text)
        for path in MODULES
        for text in strings(path)
        if text not in LABELS and (said := wrong(text))
    ]

    assert found == []


@pytest.mark.parametrize("diagnosis", ALL, ids=lambda d: d.id)
def test_what_is_said_of_it_in_lists_and_explanations(diagnosis: Diagnosis) -> None:
    texts = (diagnosis.title, diagnosis.meaning, diagnosis.clears, diagnosis.mistaken_for)

    assert [said for text in texts if (said := wrong(text))] == []


def test_how_columns_are_called() -> None:
    keys = {*FORMS, *KEYS, *chain.from_iterable(STYLES.values()), "val/box_loss", "metrics/fid50k_full", "bbox_AP"}
    for kind in map(kind_of, sorted(keys)):
        called = (
            captions.in_title(kind),
            captions.in_sentence(kind),
            captions.of_evaluation(kind),
            captions.of_score(kind),
            captions.of_figure(kind, kind.role),
        )
        assert [said for text in called if (said := wrong(f"这里 {text}"))] == [], kind.key


def test_the_help_of_commands() -> None:
    assert [c.name for c in table.COMMANDS if wrong(c.about)] == []


@pytest.mark.parametrize(
    "text",
    [
        "梯度范数持续升高",
        "loss 突刺",
        "代价为 ε+τ 的 25 倍",
        "4750 步起回升",
        "最低 0.303（4750 步）",
        "用 1400 步的 ckpt",
        "lr 恒为 1e-05",
        "末值 1.6e+05",
        "先核对 resume 后的步数",
    ],
)
def test_a_wrong_word_is_found(text: str) -> None:
    assert wrong(text)
    assert wrong(without_labels(f"- {text}"))


@pytest.mark.parametrize(
    "text",
    ["第 4750 步起回升", "第 5000、10000 步的 ckpt", "已 310 步没有评估", "1500 步的 ckpt 可用", "平时每 100 步一次"],
)
def test_a_right_one_is_not(text: str) -> None:
    assert wrong(text) == []


def test_a_label_is_let_pass_in_its_row_only() -> None:
    row = "- 梯度范数 `train/grad_norm`: 首值=249.7"

    assert wrong(without_labels(row)) == []
    assert wrong(without_labels("- 🔴 梯度范数持续升高"))
