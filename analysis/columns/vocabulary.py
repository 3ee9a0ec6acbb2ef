"""Words of metric names. Each set is one meaning; `analysis.columns.kinds` decides with them what a column is."""

from __future__ import annotations

EVAL = {"eval", "evaluation", "val", "valid", "validation", "validate", "test", "testing", "dev", "heldout", "holdout",
        "offline"}  # fmt: skip
TRAIN = {"train", "training", "tr"}
OT = {"ot", "uot", "pi", "plan", "transport", "sinkhorn", "coupling", "wasserstein"}
SECONDS = {"s", "sec", "secs", "second", "seconds", "time", "ms", "wait", "dt", "duration", "timing", "timings", "timer",
           "runtime", "elapsed", "latency"}  # fmt: skip
# What says only where, how often or how a number was averaged.
AVERAGED = {"avg", "mean", "average", "running", "smoothed", "ema", "overall", "batch", "step", "epoch", "iter", "iteration",
            "metrics", "metric", "log", "logs", "charts", "stats", "inner", "global", "current"}  # fmt: skip
# Words that say nothing about what a loss is of.
FILLER = TRAIN | EVAL | AVERAGED | {
    "loss", "losses", "total", "sum", "on", "final", "all", "objective", "cost", "lm", "ce", "xent", "crossentropy", "nll", "cross",
    "language", "main", "the", "vla", "causal",
}  # fmt: skip
LOSS = {"loss", "losses", "nll", "xent", "crossentropy"}
L1 = {"l1", "mae", "recon", "reconstruction", "bc", "action", "actions", "mse", "l2", "smoothl1", "huber", "rec"}
KL = {"kl", "kld", "kldiv", "approxkl"}
DISCRIMINATOR, GENERATOR = {"d", "disc", "discriminator"}, {"g", "gen", "generator"}
GAN = DISCRIMINATOR | GENERATOR | {"adv", "adversarial"}
# A surrogate of an agent's objective or of its value function: its level says nothing about how well the agent does.
RL = {
    "value",
    "vf",
    "critic",
    "actor",
    "pg",
    "q",
    "q1",
    "q2",
    "qf",
    "qf1",
    "qf2",
    "td",
    "surrogate",
    "policy",
    "pi",
    "v",
    "alpha",
    "advantage",
}
# A term that keeps something else in order: it may stand still, or rise, in the healthiest run.
AUXILIARY = {"aux", "auxiliary", "balance", "balancing", "router", "z", "reg", "regularization", "regularizer", "penalty",
             "commit", "commitment", "codebook", "rnd", "symmetry", "class", "per"}  # fmt: skip
SUCCESS = {"success", "winrate", "successes"}
RETURNS = {"reward", "rewards", "rew", "return", "returns"}  # of an agent: unbounded, and it starts low
ACCURACY = {"acc", "accuracy", "accuracies"}
SCORES = SUCCESS | RETURNS | ACCURACY | {
    "map", "precision", "bleu", "rouge", "chrf", "meteor", "cider", "psnr", "ssim", "f1", "auc", "auroc", "iou", "miou",
    "recall", "score", "scores", "ap", "mrr", "ndcg", "top1", "top5", "dice", "inception",
}  # fmt: skip
ERRORS = {"loss", "losses", "error", "err", "fid", "kid", "wer", "cer", "ter", "ppl", "perplexity", "nll", "mse", "mae",
          "rmse", "l1", "l2", "bpb", "bpc", "kl", "kld", "lpips", "ece"}  # fmt: skip
PERCENT = {"pc", "pct", "percent", "percentage"}
PERPLEXITY = {"ppl", "perplexity", "bpb", "bpc"}  # the loss said in another unit: no part of it
HELD_OUT_SCORES = {"match", "pass", "em", "elo"}  # words with other meanings outside of an evaluation
# Measured over a whole set of samples by an evaluation, whatever the name's prefix; a training batch has none.
OF_A_SET = {"map", "bleu", "rouge", "chrf", "meteor", "cider", "fid", "kid", "wer", "cer", "miou"}
# What may stand beside an entropy and leave it that of a policy; that of attention or of a router is another.
OF_A_POLICY = (
    TRAIN | AVERAGED | {"entropy", "policy", "pi", "actor", "agent", "loss", "losses", "objective", "action", "rollout"}
)
# Of pairs of answers: how far a model tells them apart, not what an agent earns.
PAIRED = {"chosen", "rejected", "reject", "margin", "margins"}
# What may stand beside a return without making it one term of several.
OF_A_RETURN = TRAIN | AVERAGED | RETURNS | {
    "ep", "episode", "episodic", "rollout", "rollouts", "env", "sum", "total", "cumulative", "objective", "rlhf", "critic",
    "agent", "undiscounted", "raw", "per", "performance",
}  # fmt: skip
SPREAD = {"std", "stddev", "stderr", "var", "variance"}
EXTREME = {"min", "max", "minimum", "maximum"}
COUNTS = {"n", "num", "count", "counts", "samples", "tokens", "batches", "episodes", "epoch", "epochs", "frames", "steps",
          "iterations", "timesteps", "updates", "flos", "turns"}  # fmt: skip
SETTINGS = {"weight", "coef", "coeff", "coefficient", "lambda"}
SYSTEM = {"system", "gpu", "cpu", "memory", "mem", "disk", "network", "power", "temp", "temperature", "util", "vram"}
GRADIENT, NORM = {"grad", "grads", "gradient", "gradients", "gnorm", "gradnorm"}, {"norm", "norms", "gnorm", "gradnorm"}
# One part of a network, one group of parameters, or a network beside the one that is trained for.
PARTS = {"layer", "layers", "block", "blocks", "group", "groups", "pg", "encoder", "decoder", "backbone", "head", "heads",
         "embed", "embedding", "embeddings", "attn", "attention", "mlp", "ffn", "bias", "biases", "expert", "experts",
         "critic", "value", "vf", "q", "qf", "d", "g", "disc", "discriminator", "vision", "decoupled", "alpha",
         "rnd"}  # fmt: skip
# What may follow `grad_norm/` or `lr/` and still mean the whole network.
WHOLE = AVERAGED | TRAIN | GRADIENT | NORM | {"total", "all", "actor", "policy", "model", "main", "sum", "l2", "lr"}
