"""Names of what an agent, a model in post-training, a codebook or a router logs besides its return and its losses.

These are the columns in which such a run tells that it goes wrong: the critic before the return, the spread of rewards
before the gradient, the share of cut answers before the score.
"""

from __future__ import annotations

from collections.abc import Set
from itertools import pairwise

from analysis.columns.names import Kind, Name
from analysis.columns.vocabulary import ACCURACY, AVERAGED, LOSS, PAIRED, RETURNS, SETTINGS, SPREAD, TRAIN

ANSWERS = {
    "completion", "completions", "response", "responses", "answer", "answers", "generation", "generations", "generated"
}  # fmt: skip
_LENGTH = {"length", "lengths", "len"}
_SHARE = {"ratio", "frac", "fraction", "rate", "share", "pct"}
_CRITIC = {"critic", "value", "values", "vf", "v", "q", "q1", "q2", "qf", "td", "baseline"}
_Q = {"q", "q1", "q2", "qf"}
_EXTREME = {"min", "max", "minimum", "maximum"}
# Beside the loss of a critic these say that it is a part of it, or a setting.
_NOT_WHOLE = {"clip", "clipfrac", "coef", "weight", "lr", "grad", "norm", "explained", "target", "loss_scale", "cql",
              "conservative",
              "alpha", "preds", "pred", "returns", "std", "var", "min", "max", "frac", "entropy", "delta"}  # fmt: skip


_EPSILON = (
    {"epsilon"},
    {"exploration", "rate"},
    {"exploration", "eps"},
    {"eps", "greedy"},
    {"random", "action", "prob"},
)


def explores(bag: Set[str]) -> bool:
    """Whether a column of these words is the share of actions that are drawn at random: of an agent that else takes
    the one of the largest value, and has no policy to learn but those values. `epsilon_clip` is none."""
    return any(said <= bag for said in _EPSILON) and not bag & (LOSS | SETTINGS | {"clip", "mse"})


def agent(n: Name) -> Kind | None:
    """The kind of such a column; None for every other. Only of training: an evaluation is judged by its scores."""
    if n.group != "train":
        return None
    return (
        _adversary(n)
        or _spread_of_rewards(n)
        or _answers(n)
        or _preference(n)
        or _critic(n)
        or _exploration(n)
        or _codebook(n)
        or _router(n)
    )


_ADVERSARIES = {
    "d": "d_loss",
    "dis": "d_loss",
    "disc": "d_loss",
    "discriminator": "d_loss",
    "g": "g_loss",
    "gen": "g_loss",
    "generator": "g_loss",
}


def _adversary(n: Name) -> Kind | None:
    """`D_real`, `D_fake`, `G_GAN` of pix2pix and `loss_D_A` of CycleGAN: losses, whether or not the name says so. Where
    CycleGAN calls it `D_A`, the columns beside it tell (`roles`).

    `D_loss_real` calls itself the part of a loss, and is none by itself. In `l_d_real` and `l_g_gan` of BasicSR the l
    says that it is a loss, where `D_real` beside it is the answer.
    """
    who = [w for w in n.leaf if w in _ADVERSARIES]
    if n.leaf[:1] == ("l",) and len(who) == 1 and {"real", "fake", "gan"} & set(n.leaf):
        return Kind(n.key, "gan_loss", "", "train", "none", _ADVERSARIES[who[0]], len(n.words) - len(n.leaf))
    if n.words in {("generator",), ("discriminator",)}:  # a network that is logged is logged by its loss
        return Kind(n.key, "gan_loss", "", "train", "none", _ADVERSARIES[n.words[0]], 5)
    rest = set(n.leaf) - set(who)
    if len(who) == 1 and rest and rest <= TRAIN | {"cost"} and "cost" in rest:  # `train disc cost` of WGAN-GP
        return Kind(n.key, "gan_loss", "", "train", "none", _ADVERSARIES[who[0]], len(n.words))
    rest -= {"err"}  # `errD_real` of DCGAN
    if len(who) != 1 or not rest or not rest <= {"real", "fake", "gan", "a", "b"} | LOSS:
        return None
    if rest & LOSS and (rest & {"real", "fake"} or not rest & {"gan", "a", "b"}):
        return None
    if not rest & (LOSS | {"real", "fake", "gan"}):
        return None
    return Kind(n.key, "gan_loss", "", "train", "none", _ADVERSARIES[who[0]], len(n.words))


def _spread_of_rewards(n: Name) -> Kind | None:
    # The share of groups in which every answer is worth the same.
    if "zero" in n.bag and n.bag & (SPREAD | {"spread"}) and n.bag & (RETURNS | {"frac", "fraction", "ratio"}):
        return Kind(n.key, "zero_spread", "", "train", "none", "zero_spread")
    if not n.bag & RETURNS or not n.bag & SPREAD:
        return None
    # Of what answers are worth; a `return` of which the spread is told is that of steps or episodes.
    whole = n.bag <= RETURNS | SPREAD | TRAIN | AVERAGED | {"group", "critic", "objective"}
    whole &= not n.bag.isdisjoint({"reward", "rewards", "rew"})
    return Kind(n.key, "reward_std", "", "train", "none", "reward_std" if whole else None, len(n.words))


def _answers(n: Name) -> Kind | None:
    if "prompt" in n.bag:
        return None
    about = n.bag & ANSWERS
    if n.bag & {"clip", "clipped", "truncated", "overlong"} and n.bag & _SHARE and (about or n.bag & _LENGTH):
        return Kind(n.key, "truncated", "", "train", "none", "truncated", len(n.words))
    length = n.bag & _LENGTH or (n.bag & {"token", "tokens"} and n.bag & {"avg", "mean", "average"})
    if about and length and not n.bag & (_EXTREME | SPREAD | _SHARE | {"per", "sec", "s", "time"}):
        return Kind(
            n.key, "answer_length", "", "train", "none", "answer_length", len(n.words) + 5 * ("terminated" in n.bag)
        )
    return None


def _preference(n: Name) -> Kind | None:
    if n.bag & {"margin", "margins"} and n.bag & RETURNS and not n.bag & LOSS:
        return Kind(n.key, "margin", "", "train", "max", "margin", len(n.words))
    graded = ("accuracy", "reward") in pairwise(n.words)  # what GRPO rewards: one answer is right
    if n.bag & RETURNS and n.bag & ACCURACY and not n.bag & PAIRED - {"margin", "margins"} and not graded:
        return Kind(n.key, "pair_accuracy", "", "train", "max", "pair_accuracy", len(n.words))
    return None


def _critic(n: Name) -> Kind | None:
    """The loss of a value function, and the values that it gives."""
    alone = n.bag <= _Q | TRAIN | {"critic"} and not n.bag <= TRAIN
    if n.words == ("value", "scale") or alone:  # d3rlpy calls the mean of Q so
        return Kind(n.key, "q_value", "", "train", "none", "q_value", len(n.words))
    if n.leaf == ("c", "loss"):  # rl_games
        return Kind(n.key, "rl_loss", "", "train", "none", "critic_loss", len(n.words))
    if not n.stems & _CRITIC or n.bag & _NOT_WHOLE:
        return None
    if "values" in n.leaf and n.stems & _Q:  # `losses/qf1_values`: the heading is no name
        return Kind(n.key, "q_value", "", "train", "none", "q_value", len(n.words))
    # A bare v or q is one only where it is all that the name says: `Loss/v`, `q_loss`.
    named = n.stems & (_CRITIC - {"v", "q", "q1", "q2", "value", "td"})
    if n.bag & LOSS or ("td" in n.bag and n.bag & {"error", "err"}):
        if n.leaf == ("value", "loss"):  # whatever the heading: `model/value_loss`
            return Kind(n.key, "rl_loss", "", "train", "none", "critic_loss", len(n.words))
        if named or n.stems <= _CRITIC | LOSS | TRAIN | AVERAGED | {"function", "error", "err", "network", "net"}:
            return Kind(n.key, "rl_loss", "", "train", "none", "critic_loss", len(n.words))
        return None
    if n.stems & _Q and n.bag & {"value", "values", "vals", "mean", "avg", "average", "critic"}:
        return Kind(n.key, "q_value", "", "train", "none", "q_value", len(n.words))
    return None


# What may stand beside the standard deviation of a policy; and beside the weight of its entropy.
_OF_NOISE = {"std", "noise", "action", "policy", "exploration", "standard", "deviation"} | TRAIN | AVERAGED
_OF_TEMPERATURE = TRAIN | AVERAGED | {"ent", "entropy", "coef", "coefficient", "sac", "trainer", "learner", "losses"}


def temperature(n: Name) -> Kind | None:
    """The weight of the entropy that a soft actor-critic tunes as it goes: `ent_coef`, `alpha`, `temperature`.

    It has no unit of its own, but nothing of it is a temperature of hardware, nor its loss.
    """
    last = n.words[-1:]
    named = last and last[0] in {"alpha", "temperature", "temp"}
    tuned = n.words[-2:] in (("ent", "coef"), ("entropy", "coefficient"), ("entropy", "coef"), ("alpha", "value"))
    if n.group != "train" or not (named or tuned):
        return None
    if not set(n.words) <= _OF_TEMPERATURE | {"alpha", "temperature", "temp", "value", "learners", "default", "policy"}:
        return None
    return Kind(n.key, "temperature", "", "train", "none", "temperature", len(n.words))


def _exploration(n: Name) -> Kind | None:
    """The standard deviation with which a policy explores."""
    if ("std" in n.bag or {"standard", "deviation"} <= n.bag) and n.bag <= _OF_NOISE:
        return Kind(n.key, "action_std", "", "train", "none", "action_std", len(n.words))
    return None


def _codebook(n: Name) -> Kind | None:
    of_codes = n.bag & {"codebook", "vq", "code", "codes", "quantizer", "quantize", "vqvae", "rvq", "token", "tokens"}
    if not of_codes or n.bag & LOSS:
        return None
    if n.bag & {"perplexity", "ppl"} and of_codes - {"token", "tokens"}:
        return Kind(n.key, "codebook_perplexity", "", "train", "none", "codebook_perplexity", len(n.words))
    if n.bag & {"usage", "used", "utilization", "utilisation", "active"} and of_codes & {
        "codebook",
        "code",
        "codes",
        "vq",
    }:
        return Kind(n.key, "codebook_usage", "", "train", "none", "codebook_usage", len(n.words))
    return None


def _router(n: Name) -> Kind | None:
    """How unevenly experts are used: 1 when balanced in the usual form (Switch Transformer, eq. 4)."""
    about = n.bag & {"expert", "experts", "moe", "router", "routing"}
    if (n.bag & {"balance", "balancing"} and n.bag & (LOSS | {"aux"})) or (about and "aux" in n.bag):
        return Kind(n.key, "balance", "", "train", "min", "balance", len(n.words))
    about |= n.bag if {"load", "imbalance"} <= n.bag else set()
    if about and n.bag & {"load", "imbalance", "violation"} and not n.bag & {"min"}:
        return Kind(n.key, "expert_load", "", "train", "none", "expert_load", len(n.words) - ("max" in n.bag))
    return None
