"""Words of metric names. Each set is one meaning; `analysis.columns.kinds` decides with them what a column is."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """`"a b"` -> {a, b}."""
    return frozenset(text.split())


# `cv`: Kaldi's cross-validation, and what came after it (WeNet, ESPnet, PyTorch-Kaldi).
EVAL = word_set(
    "eval evaluation evaluator evaluate evaluated val vali vld valid vaild validation validate test testing dev "
    "heldout holdout offline cv"
)
TRAIN = word_set("train training tr")
OT = word_set("ot uot pi plan transport sinkhorn coupling wasserstein")
SECONDS = word_set("s sec secs second seconds time ms wait dt duration timing timings timer runtime elapsed latency")
# What says only where, how often or how a number was averaged.
AVERAGED = word_set(
    "avg mean average running smoothed ema overall batch step epoch iter iteration metrics metric log logs charts "
    "stats inner global current tot history list"
)
# Words that say nothing about what a loss is of.
FILLER = (
    TRAIN
    | EVAL
    | AVERAGED
    | word_set(
        "loss losses total sum on final all objective cost lm ce xe xent crossentropy nll nelbo cross language main "
        "the vla causal patches"
    )
)
LOSS = word_set("loss losses nll xent xe bce crossentropy nelbo")
L1 = word_set("l1 mae recon reconstruction bc action actions mse l2 smoothl1 huber rec")
KL = word_set("kl kld kldiv approxkl")
DISCRIMINATOR, GENERATOR = word_set("d dis disc discriminator"), word_set("g gen generator")
GAN = DISCRIMINATOR | GENERATOR | word_set("adv adversarial")
# A surrogate of an agent's objective or of its value function: its level says nothing about how well the agent does.
RL = word_set("value vf critic critic1 critic2 actor pg q q1 q2 qf qf1 qf2 td surrogate policy pi v alpha advantage")
# Algorithms, as a loss is called by them: on pairs of answers, and on what a policy is paid.
PAIRWISE = word_set("dpo orpo kto simpo")
POLICY_GRADIENT = word_set("grpo ppo dapo gspo rloo reinforce")
# A term that keeps something else in order: it may stand still, or rise, in the healthiest run.
AUXILIARY = word_set(
    "aux auxiliary balance balancing router z reg regularization regularizer penalty commit commitment codebook "
    "rnd symmetry class per"
)
SUCCESS = word_set("success succ winrate successes")
# Neither says what is measured: a score, where an error stands beside it, is that error (`RMSE scores`).
SOME_SCORE = word_set("score scores")
RETURNS = word_set("reward rewards rew return returns")  # of an agent: unbounded, and it starts low
ACCURACY = word_set("acc accs accuracy accuracies")
SCORES = (
    SUCCESS
    | RETURNS
    | ACCURACY
    | word_set(
        "map precision bleu rouge chrf meteor cider psnr ssim f1 auc auroc iou miou recall score scores ap mrr ndcg "
        "top1 top5 dice jaccard inception mcc matthews sensitivity specificity lddt gdt ari fitness"
    )
)
ERRORS = word_set(
    "loss losses xe error errors err fid kid wer cer ter ppl perplexity nll mse mae rmse l1 l2 bpb bpc kl kld lpips "
    "ece epe aee fpr fnr mape smape wape mase rmsle mpjpe eer brier hd95 hausdorff assd rmsd drmsd mard "
    "medae bpd nelbo chamfer crps mcd fvd absrel"
)
# What a rate of an evaluation is of.
WANTED = word_set(
    "pass valid correct hit finish reach reached grasp lift goal detection recognition arrival solve solved"
)
UNWANTED = word_set(
    "collision failure fail failed miss false fp fn timeout fall drop violation crash invalid error reject"
)
PERCENT = word_set("pc pct percent percentage")
PERPLEXITY = word_set("ppl perplexity bpb bpc bpd")  # the loss said in another unit: no part of it
CORRELATIONS = word_set("pearson pearsonr correlation corrcoef")
RANKS = word_set("spearman spearmanr kendall")  # of a few samples they come to the same value for long
# Words with other meanings outside of an evaluation. Ranking: `HR@10`, `Hits@1`; timm: `prec1`.
HELD_OUT_SCORES = (
    RANKS
    | CORRELATIONS
    | word_set("match pass em elo hr hit hits prec kappa qwk cohen uas las sr spl validity uniqueness novelty")
)
HELD_OUT_MEASURES = word_set("snr sdr sisdr sisnr pesq stoi auprc aupr r2 nmi pck cos cosine")
DECIBELS = word_set("psnr snr sdr sisdr sisnr")  # ten times the decimal logarithm of what is right over what is wrong
# Measured over a whole set of samples by an evaluation, whatever the name's prefix; a training batch has none.
OF_A_SET = word_set("map bleu rouge chrf meteor cider fid kid wer cer miou mrr ndcg lddt gdt elo fvd")
RANKED = word_set("recall precision hit hits hr")
# What may stand beside an entropy and leave it that of a policy; that of attention or of a router is another.
OF_A_POLICY = (
    TRAIN
    | AVERAGED
    | word_set("entropy policy pi actor agent loss losses objective action rollout learner learners info default")
)
# Of pairs of answers: how far a model tells them apart, not what an agent earns.
PAIRED = word_set("chosen rejected reject margin margins")
# Errors of a task that a network which gives a picture or a pose is measured by; beside the loss, no part of it.
MEASURED_ERRORS = word_set(
    "error errors err epe aee mpjpe mape smape rmse rmsd drmsd mard medae wer cer ter eer brier fid kid fpr fnr "
    "chamfer crps mcd fvd absrel"
)
# What may stand beside a return without making it one term of several.
OF_A_RETURN = (
    TRAIN
    | AVERAGED
    | RETURNS
    | word_set(
        "ep episode episodic rollout rollouts env sum total cumulative objective rlhf critic agent undiscounted raw "
        "per performance episodes actor runner runners environment stat recent"
    )
)
OF_EPISODES = word_set("ep episode episodic episodes rollout rollouts")
SPREAD = word_set("std stddev stderr var variance")
EXTREME = word_set("min max minimum maximum")
LENGTHS = word_set("len length lengths")
SHARES = word_set("frac fraction")
COUNTS = word_set(
    "n num count counts samples tokens batches episodes epoch epochs frames steps iterations timesteps updates "
    "flos turns"
)
SETTINGS = word_set("weight coef coeff coefficient lambda")
SYSTEM = word_set("system gpu cpu memory mem disk network power temp temperature util vram")
GRADIENT, NORM = word_set("grad grads gradient gradients gnorm gradnorm"), word_set("norm norms gnorm gradnorm")
# One part of a network, one group of parameters, or a network beside the one that is trained for.
PARTS = word_set(
    "layer layers block blocks group groups pg encoder decoder backbone head heads embed embedding embeddings "
    "attn attention mlp ffn bias biases expert experts critic value vf q qf d g disc discriminator vision "
    "decoupled alpha rnd"
)
# What may follow `grad_norm/` or `lr/` and still mean the whole network.
WHOLE = AVERAGED | TRAIN | GRADIENT | NORM | word_set("total all actor policy model main sum l2 lr")
