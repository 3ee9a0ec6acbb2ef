"""Names in other languages than English, as the English words that are asked for everywhere else.

Only what a training log is made of, and only words that mean one thing there.
"""

from __future__ import annotations

import re
import unicodedata

# Longest first: 成功率 before 率, 平均回报 as two.
_CHINESE = {
    "学习率": "lr", "梯度范数": "grad norm", "准确率": "accuracy", "正确率": "accuracy", "精确率": "precision",
    "召回率": "recall", "成功率": "success rate", "胜率": "win rate", "探索率": "epsilon", "奖励": "reward",
    "回报": "return", "损失": "loss", "误差": "error", "得分": "score", "分数": "score", "熵": "entropy",
    "训练": "train", "验证": "val", "测试": "test", "评估": "eval", "平均": "mean", "累计": "cumulative", "总": "total",
    "最大": "max", "最小": "min", "轮次": "epoch", "轮数": "epoch", "回合": "episode", "迭代": "iteration",
    "步数": "step", "步长": "length", "耗时": "time", "时间": "time", "显存": "gpu memory", "内存": "memory",
    "精度": "accuracy", "困惑度": "perplexity", "最佳": "best", "最优": "best",
    # in the script of Taiwan and Hong Kong, where it differs
    "學習率": "lr", "梯度範數": "grad norm", "準確率": "accuracy", "正確率": "accuracy", "精確率": "precision",
    "獎勵": "reward", "回報": "return", "損失": "loss", "誤差": "error", "訓練": "train", "驗證": "val", "測試": "test",
    "評估": "eval", "輪次": "epoch", "步數": "step", "耗時": "time", "時間": "time",
}  # fmt: skip
_IN_CHINESE = re.compile("|".join(sorted(_CHINESE, key=len, reverse=True)))
_ELSEWHERE = {
    word: meant
    for meant, written in {
        "reward": "recompensa recompensas recompense ricompensa belohnung nagroda odul",
        "loss": "perdida perdidas perda perdas perte pertes perdita verlust pierdere strata kayip",
        "accuracy": "acuracia exactitud acuratete accuratezza genauigkeit",
        "epoch": "epoca epocas epoque epochen epoka",
        "episode": "episodio episodios episod episodul episodi",
        "step": "paso pasos passo passos schritt schritte",
        "mean": "promedio moyenne media medie mittelwert durchschnitt",
        "total": "totala totale gesamt",
        "train": "entrenamiento treino treinamento entrainement addestramento antrenare",
        "val": "validacion validacao validazione validare",
        "test": "prueba pruebas teste",
    }.items()
    for word in written.split()
}


def spelt_in_english(key: str) -> str:
    """A name with what is written in Chinese or with accents made English letters; others stay as they are."""
    if key.isascii():
        return key
    spaced = _IN_CHINESE.sub(lambda m: f" {_CHINESE[m[0]]} ", key)
    return "".join(c for c in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(c))


def in_english(word: str) -> str:
    """A word in small letters."""
    return _ELSEWHERE.get(word, word)
