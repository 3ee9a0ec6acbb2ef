"""Among how many a model has to choose, as its config says it: classes of a classifier, tokens of a language model."""

from __future__ import annotations

from analysis.facts.config import Config

CLASSES = (
    "num_classes",
    "num_labels",
    "n_classes",
    "num_class",
    "n_labels",
    "nb_classes",
    "classes_num",
    "num_categories",
)
VOCABULARY = ("vocab_size", "padded_vocab_size", "n_vocab", "vocabulary_size", "vocab_length")


def classes(config: Config) -> int | None:
    """Classes, at least 2; None where the config does not say."""
    stated = config.number(*CLASSES, least=2)
    return None if stated is None else int(stated)


def vocabulary(config: Config) -> int | None:
    """Tokens of the vocabulary, at least 16; None where the config does not say."""
    stated = config.number(*VOCABULARY, least=16)
    return None if stated is None else int(stated)
