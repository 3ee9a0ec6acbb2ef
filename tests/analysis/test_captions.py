"""What a kind carries besides its label, and how texts call it."""

from __future__ import annotations

import pytest

from analysis.columns import captions
from analysis.columns.kinds import kind_of
from analysis.columns.names import Kind
from analysis.columns.profile import Naming, Profile, kind_in

# key: label, in a title, in a sentence, of an evaluation, in front of a figure
FORMS = {
    "train/loss": ("总损失", "loss", "loss", "评估 loss", "loss"),
    "train/l1_loss": ("L1 动作损失", "L1", "L1", "评估 L1", "L1"),
    "train/kld_loss": ("KL 损失", "KL", "KL loss", "评估 KL loss", "KL loss"),
    "train/grad_norm": ("梯度范数", "grad norm", "grad norm", "评估 grad norm", "grad norm"),
    "train/lr": ("学习率", "lr", "lr", "评估 lr", "lr"),
    "eval/offline_eval/avg_l1": ("离线评估/平均L1", "评估 L1", "评估 L1", "评估 L1", "评估 L1"),
    "test/loss": ("测试/损失", "评估 loss", "评估 loss", "评估 loss", "评估 loss"),
    "eval/success_rate": ("评估/成功率", "成功率", "评估成功率", "评估成功率", "评估成功率"),
    "success_rate": ("成功率", "成功率", "成功率", "评估成功率", "评估成功率"),
    "metrics/mAP50-95(B)": ("评估/mAP50-95(B)", "mAP50-95", "评估 mAP50-95(B)", "评估 mAP50-95(B)", "评估 mAP50-95(B)"),
    "rollout/ep_rew_mean": ("rollout/ep_rew_mean", "return", "ep_rew_mean", "评估 ep_rew_mean", "ep_rew_mean"),
    "train/dataloading_ms": ("取数耗时(ms)", "取数耗时", "取数耗时(ms)", "评估取数耗时(ms)", "取数耗时(ms)"),
    "myMetric": ("myMetric", "my_metric", "my_metric", "评估 myMetric", "myMetric"),
}


@pytest.mark.parametrize(("key", "forms"), FORMS.items())
def test_how_texts_call_a_column(key: str, forms: tuple[str, ...]) -> None:
    kind = kind_of(key)
    got = (
        kind.label,
        captions.in_title(kind),
        captions.in_sentence(kind),
        captions.of_evaluation(kind),
        captions.of_figure(kind, kind.role),
    )

    assert got == forms


def test_only_the_column_that_holds_the_role_is_called_by_it() -> None:
    assert captions.of_figure(kind_of("grad_norm/layer.0"), None) == "grad_norm/layer.0"


@pytest.mark.parametrize(
    ("key", "short"),
    [
        ("critic/rewards/mean", "rewards"),
        ("response_length/max", "response_length/max"),
        ("train/mean", "train"),
        ("mean", "mean"),
        ("a/odd", "odd"),
    ],
)
def test_a_statistic_says_of_what(key: str, short: str) -> None:
    assert captions.short_key(key) == short


def test_a_long_name_is_cut() -> None:
    kind = kind_of("a/surprisingly_long_name_of_a_metric")

    assert captions.in_title(kind) == "surprisingl…"
    assert captions.in_sentence(kind) == "surprisingly_lo…"


@pytest.mark.parametrize(
    ("key", "unit", "term"),
    [
        ("train/dataloading_s", "s", ""),
        ("perf/step_time_ms", "ms", ""),
        ("eval/pc_success", "%", ""),
        ("train/ot_ot_cost/observation.state", "", "observation.state"),
        ("train/ot_cost", "", ""),
        ("train/loss", "", ""),
    ],
)
def test_a_name_says_unit_and_term(key: str, unit: str, term: str) -> None:
    assert (kind_of(key).unit, kind_of(key).term) == (unit, term)


def test_a_label_that_was_written_has_the_same_parts() -> None:
    lines = (
        Naming("q/loss", "eval_loss", "测试/平均损失"),
        Naming("q/wait", "data_time", "取数(ms)"),
        Naming("q/cost", "ot_cost", "OT 代价(state)"),
    )

    def parts(key: str) -> tuple[str, str, bool, str, str]:
        kind: Kind = kind_in(key, Profile("ours", lines))
        return kind.place, kind.measure, kind.averaged, kind.unit, kind.term

    assert parts("q/loss") == ("测试", "损失", True, "", "")
    assert parts("q/wait") == ("", "取数(ms)", False, "ms", "")
    assert parts("q/cost") == ("", "OT 代价(state)", False, "", "state")
    assert [kind_in(line.match, Profile("ours", lines)).label for line in lines] == [line.label for line in lines]
