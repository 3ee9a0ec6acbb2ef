"""Names of what training is for: losses and their terms, scores, returns, divergences, transport plans.

Taking a part for the whole is worse than not knowing: one term of many, one network of two and one reward of several
hold no role of the whole.
"""

from __future__ import annotations

import re

from analysis.columns.names import UNKNOWN, Direction, Group, Kind, Name, place, words
from analysis.columns.vocabulary import (
    ACCURACY,
    AUXILIARY,
    AVERAGED,
    CORRELATIONS,
    DISCRIMINATOR,
    ERRORS,
    EVAL,
    FILLER,
    GAN,
    GENERATOR,
    HELD_OUT_MEASURES,
    HELD_OUT_SCORES,
    KL,
    L1,
    LOSS,
    MEASURED_ERRORS,
    OF_A_POLICY,
    OF_A_RETURN,
    OF_EPISODES,
    OT,
    PAIRED,
    PERPLEXITY,
    RANKS,
    RETURNS,
    RL,
    SCORES,
    SOME_SCORE,
    SUCCESS,
    TRAIN,
    UNWANTED,
    WANTED,
    word_set,
)


def transport(n: Name) -> Kind | None:
    bag, w, group = n.bag, n.words, n.group
    if not bag & OT:
        return None
    if "diag" in bag or "diagonal" in bag:
        return Kind(n.key, "ot_diag", "OT π 对角和", group, "none", "ot_diag", len(w))
    if bag & (OT - {"pi", "plan", "coupling"}):  # a policy is called pi, too
        if "cost" in bag or "costs" in bag:
            term = _term(n.key)
            measure = f"OT term({term}) 平均代价" if term else "OT 平均代价"
            return Kind(n.key, "ot_cost", measure, group, "none", "ot_cost", len(w), term=term)
        if bag & {"loss", "losses"}:
            module = w.count("ot") > 1 or "module" in bag
            return Kind(n.key, "ot_loss", "OT(模块)损失" if module else "OT 损失", group, "none", "ot_loss", len(w))
    if bag & {"sum", "mass", "total"} and not bag & {"loss", "losses"}:
        return Kind(n.key, "ot_mass", "OT π 总和", group, "target", "ot_mass", len(w))
    return None


def _term(key: str) -> str:
    """`train/ot_ot_cost/observation.state` -> `observation.state`; empty when the name ends at `cost`."""
    return re.split(r"costs?(?![A-Za-z])", key)[-1].strip("/_. -")


def divergence(n: Name) -> Kind | None:
    """KL of a posterior to its prior, unless the name says of a policy: to the one before, or to a reference.

    `train/kl` says neither: beside an agent's columns it is taken for the reference's
    (`analysis.columns.roles.assign_roles`).
    """
    if not n.bag & KL:
        return None
    if n.bag & {"approx", "approxkl", "ppo", "old"}:
        role: str | None = "approx_kl"
    elif n.bag & {"ref", "reference", "objective", "actor", "policy", "penalty"}:
        role = "ref_kl"
    elif "target" in n.bag:
        role = None
    else:
        in_training = "kl" if n.group == "train" else None
        return Kind(n.key, "kl", "KL 损失", n.group, "min", in_training, len(n.words), place(n))
    return policy_kl(n.key, n.group, role)


def policy_kl(key: str, group: Group, role: str | None = "ref_kl") -> Kind:
    return Kind(key, "policy_kl", "", group, "none", role if group == "train" else None, len(words(key)))


def pairs(n: Name) -> Kind | None:
    """Of chosen and rejected answers. A margin should grow; what each is given may fall in a healthy run."""
    if not n.bag & PAIRED or n.bag & (LOSS | ACCURACY):
        return None
    return Kind(n.key, UNKNOWN, "", n.group, "max" if n.bag & {"margin", "margins"} else "none")


def evaluation(n: Name) -> Kind | None:
    if n.words == ("environment",):  # d3rlpy: the return in its environment
        return Kind(n.key, "score", "return", "eval", "max", None, 1, "评估")  # of offline training, which swings
    if n.group != "eval":
        return None
    bag = n.bag
    averaged = bool(bag & {"avg", "mean"} and "average" not in bag and not n.stems & SCORES)
    rank = 20 if "test" in bag else 0  # a test split is judged only where there is no eval split

    def kind(name: str, measure: str, direction: Direction, role: str | None, rank: int) -> Kind:
        return Kind(n.key, name, measure, "eval", direction, role, rank, place(n), averaged)

    if (
        "coco" in bag and bag & {"bbox", "segm"} and n.words[-1].isdigit()
    ):  # the twelve numbers of pycocotools, AP first
        whole = n.words[-1] == "0"
        said = "AP" if whole else f"COCO[{n.words[-1]}]"
        return kind("eval_score" if whole else "score", said, "max", "eval_score" if whole else None, rank + 2)
    scored = n.stems & (SCORES | HELD_OUT_SCORES | HELD_OUT_MEASURES) or _of_success(n)
    scored = scored and not n.stems & (ERRORS | {"dist", "distance"})
    if scored or ("is" in n.stems and bag <= EVAL | AVERAGED | {"is"}):
        # Accuracy of the next token is the loss again, in another form: it does not say whether the task is done.
        role = None if bag & ACCURACY and bag & {"token", "tokens"} else "eval_score"
        return kind("eval_score" if role else "score", _measure(n), "max", role, rank + _worth(n))
    rate = set(n.leaf[-1:]) & {"rate", "ratio"}
    if rate and bag & UNWANTED:
        return kind("rate", "", "min", None, rank)
    if rate and bag & WANTED:
        return kind("eval_score", _measure(n), "max", "eval_score", rank + _worth(n))
    if bag & {"likelihood", "ll", "logp"} and not n.a_loss:  # a loss with its sign turned
        return kind("score", "", "max", None, rank)
    if not n.stems & ERRORS and not n.a_loss:
        return None
    if "l1" in bag and not bag & KL:
        return kind("eval_l1", "L1", "min", "eval_loss", rank)
    if n.a_loss and not bag & PERPLEXITY:
        if (of := _no_total(n)) is not None:
            return of
        plain = bag <= FILLER
        return kind("eval_loss", "损失" if plain else _measure(n), "min", "eval_loss", rank + 2 - plain)
    return kind("eval_error", _measure(n), "min", "eval_loss", rank + 5)


# Whose success is another's failure: of a model that is trained against them it is no score.
OPPONENTS = word_set("gen generator attack attacks attacker adversary adversarial")
TALLIED = word_set("queries requests calls attempts trials generations games jobs")


def _of_success(n: Name) -> bool:
    """How often a task is done: success, win rate, solve rate, goal achievement; `succesfull_episodes %`. Not how many
    there have been so far: `successful_queries`; nor how often an adversary fools what is trained."""
    if _of_an_opponent(n):
        return False
    if n.words[-1:] and n.words[-1] in TALLIED and "%" not in n.key and not n.bag & ({"rate", "ratio"} | AVERAGED):
        return False
    done = bool(n.bag & (SUCCESS | {"achieved", "achievement"})) or any(w.startswith("succes") for w in n.words)
    return done or (bool(n.bag & {"rate", "ratio"}) and bool(n.bag & {"win", "solve", "solved"}))


def _of_an_opponent(n: Name) -> bool:
    return bool(n.bag & OPPONENTS and n.bag & SUCCESS)


def training(n: Name) -> Kind | None:
    bag, key, group = n.bag, n.key, n.group
    if _of_an_opponent(n):
        return Kind(key, UNKNOWN, "", group, "none")
    if bag & {"entropy", "ent"} and "cross" not in bag:
        of_policy = group == "train" and bag <= OF_A_POLICY | {"ent", "model"}
        # `losses/entropy` is no loss; `entropy_loss` is the entropy itself with its sign turned (Stable-Baselines3).
        if not set(n.leaf) & ERRORS or of_policy:
            as_loss = bool(set(n.leaf) & ERRORS)  # of an agent, if its other columns say that it is one
            role = "entropy" if of_policy and not as_loss else None
            rank = 2 * as_loss + int("entropy" not in bag)
            return Kind(n.key, "entropy", "策略熵" if of_policy else "", group, "none", role, rank)
    if _of_success(n):  # a rate of rollouts is an evaluation, whatever its prefix
        return Kind(n.key, "eval_score", "成功率" if bag & {"success", "succ"} else "", "eval", "max", "eval_score", 0)
    if bag & SOME_SCORE and bag & {"real", "fake"}:  # what a discriminator answers
        return n.unknown
    if bag & TRAIN and n.stems & (CORRELATIONS | RANKS | HELD_OUT_MEASURES):
        return Kind(key, "score", "", group, "max")
    an_error = n.stems & ERRORS and n.stems & SCORES <= SOME_SCORE
    if n.stems & SCORES and not bag & LOSS and not an_error:
        earned = bag & RETURNS or {"episode", "score"} <= bag  # the latter of Dreamer
        window = {w for w in n.words if w.isdigit() and int(w) >= 10}  # mean_100ep_reward
        is_return = earned and bag - window <= OF_A_RETURN | {"score"}
        # Of whole episodes first; of a batch before a critic's own returns.
        rank = 0 if bag & OF_EPISODES else 1 + int(not bag & {"reward", "rewards", "rew"})
        return Kind(key, "score", "", group, "max", "reward" if is_return else None, rank)
    if bag & PERPLEXITY:
        return Kind(key, "perplexity", "", group, "min")
    if bag & MEASURED_ERRORS and not bag & (LOSS | GAN):
        return Kind(key, "error", "", group, "min")  # a measurement beside the loss, no part of it
    if not n.a_loss and not bag & {"mse", "mae", "l1", "recon", "reconstruction", "err"}:
        return None
    return _no_total(n) or _loss(n)


def _no_total(n: Name) -> Kind | None:
    """Losses that are never the run's own: of one network of two, of an agent, of a class, of what keeps order."""
    bag, key, group = n.bag, n.key, n.group
    if bag & {"scores", "signs", "logits", "values", "clipfrac", "frac", "fraction"}:
        return Kind(key, UNKNOWN, "", "eval" if group == "eval" else "other", "none")  # under a heading `losses/`
    if bag & (GAN | {"real", "fake"}) and not bag & (L1 | RL):
        which = "d_loss" if bag & DISCRIMINATOR else "g_loss" if bag & GENERATOR else None
        whole = bag <= FILLER | GAN | {"gan", "err", "net"}
        return Kind(key, "gan_loss", "", group, "none", which if whole and group == "train" else None, len(n.words))
    if (bag & RL and not bag & {"bc", "action"}) or bag & {"ent"} or ("entropy" in bag and "cross" not in bag):
        return Kind(key, "rl_loss", "", group, "none")
    indexed = any(w[-1].isdigit() and w not in L1 for w in n.leaf)
    if bag & AUXILIARY or (indexed and group == "train"):
        return Kind(key, "component", "", group, "min")
    return None


def _loss(n: Name) -> Kind:
    bag, key, group = n.bag, n.key, n.group
    leaf = set(n.leaf)
    total = leaf & {"total", "overall"} and leaf <= FILLER | {"weighted"}  # whatever the heading: `update/total_loss`
    if bag <= FILLER | {"eval", "entropy"} or total:
        on_train = "on" in bag
        measure = "训练集评估 loss" if on_train else "总损失"
        rank = 5 if bag & {"lm", "ce", "nll"} else 2 if "epoch" in bag else 0  # of each step rather than of each epoch
        return Kind(key, "loss", measure, group, "min", None if on_train else "loss", rank)
    if bag & L1:
        said = (({"l1"}, "L1 动作损失"), ({"mse", "l2"}, "MSE loss"), ({"recon", "reconstruction", "rec"}, "重建 loss"))
        measure = next((text for names, text in said if bag & names), "")
        return Kind(key, "l1", measure, group, "min", "component", 0 if "l1" in bag else 1)
    return Kind(key, "component", "", group, "min", "part")


def _worth(n: Name) -> int:
    """Which score decides when there are several: the task itself first, accuracy (blind to rare classes) last.

    One cut of a score (`mAP50`, `mAP_0.5`, `bbox_mAP_s`) comes after the whole (`mAP50-95`, `bbox_mAP`), and the right
    answer among the first five after the first. Of precision and recall either is had for the other: they come after an
    accuracy, unless a number says at which rank.
    """
    if n.bag & (SUCCESS | {"win"}):
        return 0
    if n.bag & RETURNS:
        return 1
    numbers = re.findall(r"\d+(?:\.\d+)?", n.key)
    if "top" in n.stems | n.bag and numbers and numbers[-1] != "1":
        return 5
    if n.stems & {"precision", "recall"} and not n.bag & {"average", "map", "ap"} and not numbers:
        return 5
    cut = n.stems & {"map", "ap", "iou"} and (len(numbers) == 1 or n.bag & {"s", "m", "l", "small", "medium", "large"})
    return (4 if n.bag & ACCURACY else 2) + bool(cut)


_PHRASES = {  # as people say them; the words of the name, in any order
    frozenset({"average", "precision"}): "mAP",
    frozenset({"map"}): "mAP",
    frozenset({"miou"}): "mIoU",
    frozenset({"rew"}): "return",
    frozenset({"reward"}): "return",
    frozenset({"return"}): "return",
    frozenset({"success"}): "成功率",
    frozenset({"normalized", "score"}): "归一化得分",
}
_LEAVES = {
    "bbox": "box",
    "iou": "IoU",
    "dice": "Dice",
    "accuracy": "准确率",
    "acc": "准确率",
    "accs": "准确率",
    "accuracies": "准确率",
    "success": "成功率",
    "reward": "return",
    "return": "return",
}


# Written in capitals; any other word stays as it was logged.
_ACRONYMS = word_set(
    "ap ar auc auroc bleu bpb bpc ce cer clip coco ece em epe f1 fid hd95 is kid kl l1 l2 lpips mae mape mrr mse ndcg "
    "hr nll pck pesq psnr r2 rmse sdr ssim stoi wer"
)


def _measure(n: Name) -> str:
    """What an evaluation measures, as people say it: 成功率, mAP, BLEU."""
    if ("map" in n.stems and _worth(n) % 2) or "map" in n.stems - n.bag:
        return n.key.rsplit("/", 1)[-1]  # which mAP
    for phrase, said in _PHRASES.items():
        if phrase <= n.bag:
            return said
    if "fid" in n.stems:
        return "FID"  # fid50k_full
    named = [x for x in n.words if x not in (FILLER | {"policy", "entropy"}) - {"loss"} and x != "rate"]
    capital = {x for x in named if x in _ACRONYMS or x.rstrip("0123456789") in {"ap", "ar"}}
    return " ".join(_LEAVES.get(x, x.upper() if x in capital else x) for x in named) or "损失"
