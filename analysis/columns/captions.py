"""How a sentence calls a metric."""

from __future__ import annotations

from typing import Protocol

from analysis.columns.names import Kind, words


class Named(Protocol):
    """A column as far as its name goes."""

    @property
    def key(self) -> str: ...

    @property
    def kind(self) -> Kind: ...


def name(points: Named) -> str:
    """How a sentence calls a column, in at most 10 characters: a title has room for no more."""
    said = {"loss": "loss", "grad_norm": "grad norm", "kl": "KL", "eval_loss": "评估 loss", "eval_l1": "评估 L1"}
    known = "回报" if points.kind.role == "reward" else said.get(points.kind.name)
    if known is None and points.kind.label != points.key:
        known = points.kind.label.rsplit("/", 1)[-1]
    return (known or label_words(points.key)).partition("(")[0][:10]  # Ultralytics: mAP50-95(B)


def score_name(points: Named) -> str:
    """How a sentence calls a score: 成功率, mAP; its own name where there is no word for it."""
    return label_words(points.key) if points.kind.label == points.key else points.kind.label.rsplit("/", 1)[-1]


def eval_name(points: Named) -> str:
    """How a sentence calls an eval column: 评估 L1, 评估 loss."""
    label = points.kind.label.rsplit("/", 1)[-1].removeprefix("平均")
    return "评估 " + ("loss" if label == "损失" else label)


def label_words(key: str) -> str:
    """A metric's name short enough for a sentence: the part after the last slash."""
    return key.rsplit("/", 1)[-1] if "/" in key else "_".join(words(key)) or key
