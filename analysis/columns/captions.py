"""How texts call a column. A label says all there is; here are the forms for which it is too long, all of them.

Where nothing but the key of a column is known, a form takes what of it is short enough.
"""

from __future__ import annotations

from analysis.columns.names import Kind, words

IN_TRAINING = "训练"  # the place of a score that is taken of rollouts in training
LONGEST_IN_TITLE = 12  # characters: a title has room for no more
LONGEST_IN_SENTENCE = 16

# In titles these go by one word, whatever it is exactly that was averaged how.
_IN_TITLES = {"loss": "loss", "grad_norm": "grad norm", "kl": "KL", "eval_loss": "评估 loss", "eval_l1": "评估 L1"}

# What a tracker writes of a quantity: alone it names nothing.
_MEANS = {"mean", "avg", "average", "value"}
_STATISTICS = {*_MEANS, "max", "min", "std", "median", "sum", "total"}

_OF_EPISODES = {"成功率", "return"}
_OF_WHOLE_EPISODES = {"return", "returns", "ret", "ep", "episode", "episodes", "episodic", "rollout", "rew"}


def short_key(key: str) -> str:
    """A key short enough for a sentence: the part after the last slash, and what it is a statistic of."""
    return _leaf(key) if "/" in key else "_".join(words(key)) or key


def in_title(kind: Kind) -> str:
    """`loss`, `评估 loss`, `return`, `mAP50-95`: without what stands in brackets."""
    word = earned(kind.key) if kind.role == "reward" else _IN_TITLES.get(kind.name)
    return _cut((word or kind.caption or short_key(kind.key)).partition("(")[0], LONGEST_IN_TITLE)


def earned(key: str) -> str:
    """`return` of whole episodes, `reward` of what a grader or one step gives."""
    return "return" if _OF_WHOLE_EPISODES & set(words(key)) else "reward"


def in_sentence(kind: Kind) -> str:
    """`loss`, `评估 L1`, `成功率`: of an evaluation that the name says the place of, with it."""
    word = _cut(kind.caption or short_key(kind.key), LONGEST_IN_SENTENCE)
    placed = kind.place if kind.measure else "/" in kind.key
    return _placed(kind, word) if kind.group == "eval" and placed else word


def of_score(kind: Kind) -> str:
    """`成功率`, `mAP`: of what is known to be an evaluation's."""
    return kind.caption or short_key(kind.key)


def of_tries(kind: Kind) -> str:
    """What an evaluation is made of: `评估回合` where an agent plays episodes, else `评估样本`."""
    return "评估回合" if kind.role == "reward" or kind.measure in _OF_EPISODES else "评估样本"


def of_evaluation(kind: Kind) -> str:
    """`评估 L1`, `评估 loss`: beside a train column of the same name."""
    return _placed(kind, kind.caption or _leaf(kind.key))


def of_figure(kind: Kind, role: str | None) -> str:
    """In front of a figure on a card: `L1`, `评估 L1`, `grad norm`, `lr`. `role`: the one that the column holds."""
    if role in {"grad_norm", "lr"}:
        return role.replace("_", " ")
    if kind.name in {"grad_norm", "lr"}:  # of a part
        return kind.key
    word = kind.caption or _leaf(kind.key)
    return _placed(kind, word) if kind.group == "eval" else word


def _cut(word: str, longest: int) -> str:
    return word if len(word) <= longest else f"{word[: longest - 1]}…"


def _leaf(key: str) -> str:
    """`loss` of `train/loss`; `rewards` of `critic/rewards/mean`, `rewards/max` of `critic/rewards/max`."""
    *above, leaf = key.split("/")
    if not above or leaf.lower() not in _STATISTICS:
        return leaf
    return above[-1] if leaf.lower() in _MEANS else f"{above[-1]}/{leaf}"


def _placed(kind: Kind, word: str) -> str:
    where = IN_TRAINING if kind.place == IN_TRAINING else "评估"
    return f"{where} {word}" if word[:1].isascii() else f"{where}{word}"


def titled(called: str, tail: str) -> str:
    """A title of at most 20 characters whatever the metric is called."""
    return _cut(called, 20 - len(tail)) + tail
