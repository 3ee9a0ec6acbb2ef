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
# Of language models in use: BERT, Llama, T5, GPT-2 (padded, too), RWKV, cl100k, Llama 3, Qwen, Gemma.
VOCABULARIES = (30_522, 32_000, 32_128, 50_257, 50_304, 65_536, 100_277, 128_256, 151_936, 152_064, 256_000)
# Besides: Chinese BERT, BERT with cases, Phi, SmolLM, RoBERTa and BART, Yi, ChatGLM, OLMo, DeepSeek, Mistral Nemo,
# XLM-R, Gemma 3.
MORE_VOCABULARIES = (
    21_128, 28_996, 32_064, 49_152, 50_265, 64_000, 65_024, 100_352, 102_400, 129_280, 131_072, 250_002, 262_144,
)  # fmt: skip
VOCABULARY = ("vocab_size", "padded_vocab_size", "n_vocab", "vocabulary_size", "vocab_length")


def classes(config: Config) -> int | None:
    """Classes, at least 2; None where the config does not say."""
    stated = config.number(*CLASSES, least=2)
    return None if stated is None else int(stated)


def vocabulary(config: Config) -> int | None:
    """Tokens of the vocabulary, at least 16; None where the config does not say."""
    stated = config.number(*VOCABULARY, least=16)
    return None if stated is None else int(stated)
