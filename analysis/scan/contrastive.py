"""A loss that tells which of a batch or a queue belong together: guessing costs the logarithm of how many there are.

A queue fills as training begins, so such a loss rises at first, to that level, and may rest there for some epochs.
"""

from __future__ import annotations

from analysis.columns.names import words
from analysis.columns.vocabulary import AVERAGED, EVAL, TRAIN, word_set
from analysis.scan.view import Points, View

# What config values and loss columns call it.
NAMED = word_set(
    "clip openclip open_clip siglip simclr moco mocov2 mocov3 simcse contrastive supcon infonce nce ntxent itc clap"
)
SAID_BY = ("model", "arch", "model_name", "method", "algo", "algorithm", "objective", "loss", "loss_type", "task")
SCALES = ({"scale"}, {"logit", "scale"}, {"logits", "scale"})  # by which similarities are multiplied
QUEUES = ("nce_k", "moco_k", "queue_size", "queue_len", "queue_length", "num_negatives", "negatives")
RETRIEVERS = word_set("retriever biencoder dpr tevatron colbert")
PATHS = ("output_dir", "run_name", "_name_or_path", "model_name_or_path")  # where people write what it is
FEWEST = 8  # of fewer, other losses lie there, too


def batch_choices(view: View, points: Points) -> list[int]:
    """How many of a batch there are to choose from, as far as columns and config tell; empty of any other loss."""
    if not contrastive(view, points):
        return []
    sizes = {view.facts.whole_batch, view.facts.number("batch_size", "train_batch_size", least=1)}
    # Two views of each picture are told from those of all others.
    return sorted({int(n) for b in sizes if b is not None and b >= FEWEST for n in (b, 2 * b - 1)})


def queue_choices(view: View, points: Points) -> list[int]:
    """The same of a queue: the one that belongs, and all that are kept of batches before."""
    kept = view.facts.number(*QUEUES, least=FEWEST)
    return [] if kept is None or not contrastive(view, points) else [int(kept) + 1]


def retriever(view: View) -> int | None:
    """How many passages one batch has at least, of a network that tells the one that belongs to a question among all
    of them; None of any other, or where nobody knows. Each question may bring several, and each device its own."""
    said = [view.facts.text(key) for key in (*SAID_BY, *PATHS)]
    size = view.facts.whole_batch or view.facts.number("batch_size", "train_batch_size", least=1)
    known = any(RETRIEVERS & set(words(text)) for text in said if text)
    return int(size) if known and size is not None and size >= FEWEST else None


def contrastive(view: View, points: Points) -> bool:
    return _named(view, points) or _scaled(view, points)


def _named(view: View, points: Points) -> bool:
    said = [view.facts.text(key) for key in SAID_BY]
    return any(NAMED & set(words(text)) for text in (*said, points.key) if text)


def _scaled(view: View, points: Points) -> bool:
    """A factor of similarities is logged, as a network learns it."""
    return any(
        set(words(key)) - TRAIN - EVAL - AVERAGED in SCALES and view.logged_by_third_point(key, points)
        for key, kind in view.roles.kinds.items()
        if kind.name != "loss_scale"
    )
