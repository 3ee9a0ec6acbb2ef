"""Words that belong to no command and name no run: courtesies, chatter, jargon; and what a note stands behind."""

from __future__ import annotations

import re
from collections.abc import Iterable


def _any(parts: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


# What is asked, what is asked about, what is not to be: said of anything, so examples of each command would not do.
QUESTION = _any((r"[?吗呢么]|咋|怎|啥|什么|几|多少|哪|是不是|[没不]$|^(?:how|what|is|are|does|should|can|which)\b",))
ASKED_ABOUT = _any(
    (
        r"为什么|为啥|为何|谁|会怎样|会不会|有什么用|[了过]吗[?]?$|\b(?:who|why)\b",
        r"^(?!.*(?:能|可以|帮)).*(?<![行好成可])[没不][?]?$",  # `正常不`, but `能静音不` and `静音行不` ask for it
    )
)
# What is to be done later, or on a condition: nothing now.
NOT_YET = re.compile(
    r"(?:(?:等[^。]*?|完.{0,2}|结束|后|明天|明早|下次|回头)再|(?:如果|要是|假如|假设|万一)[^。]*?[就再])"
    r"[^，,。]{0,8}?(?:静音|屏蔽|取关|取消(?:关注|静音)|认领|误报|(?:un)?mute|unwatch|ack\b)",
    re.IGNORECASE,
)
NOT_TOLD = _any(
    (
        r"[没不].{0,6}?(?:报(?!错)|告警|告诉|喊|叫|通知|提醒|说|吭|吱|声)",
        r"漏报|(?:\b(?:no|not|never|missed)|n't)\b.*\b(?:alert|notif|tell|told|ping)|没有?.{0,3}(?:alert|ping|notify)",
    )
)
CALLED_OFF = _any((r"取消|解除|撤销|撤回|移除|\b(?:cancel|remove|undo|revert)\b",))
THANKS = _any((r"谢|多谢|感谢|辛苦|thx|thank|\bty\b|3q|厉害|牛|太强|好用|赞",))
HELLO = _any((r"^(?:你好|您好|哈喽|哈啰|嗨|早(?:上好|安|啊)?$|晚上好|下午好|大家好|hi\b|hello\b|hey\b|yo\b)",))
SMALL_TALK = _any(
    (
        r"(?:ok(?:ay)?|yes|no|yep|lol|hi|hello|hey|yo|thanks?|thx|ty|cool|nice|great|good|bye|ping|hmm+|sure|fine|wow)[.!?~]*",
        r"(?:lgtm|gm|gn|morning|[+]1|\d+)[.!?~]*",
    )
)
CHATTER = _any(
    (
        r"^(?:一下|下|这个?|那个?|它|他|吧|呗|啊|哈|呢|了|的|我|你|请|麻烦|帮忙?|给|再|也|都|先|任务|实验|训练|这条|刚才|上面"
        r"|谢谢|大佬|看看|看下|"
        r"run's|runs?|this|that|it|the|please|pls|plz|now|me|my|one|thanks?|again|for|to|every|until|[，。,.!！~～、;；:\s])+$",
    )
)
# Between people these are never what is said of a thing that only looks like a name.
SENTENCE = _any((r"[的了吗呢吧啊呀哦嗯咋么啥谁哪这那你我他它们?!，。怎为请帮哈不有是在好行]|什么|可以|收到",))
NAMED = re.compile(
    r"^(?:帮我?|麻烦|请)?\s*(?:看看|看一下|看下|看一看|瞅瞅|瞅下|查一下|查下|诊断一下|诊断下|诊断|分析一下|分析下|分析)"
    r"\s*([A-Za-z][\w.+=-]*)\s*(?=$|[^\x00-\x7f?!,.])",
    re.ASCII,
)
NOTED = re.compile(
    r"备注(?:一下|下)?|背注|记(?:一下|个|下|一笔|录(?:一下)?|到|上)|标注(?:一下)?|标记一下|[写加]个注|\bnote\b",
    re.IGNORECASE,
)
JARGON = _any(
    (
        r"^(?:runs?|loss|lr|grad|norm|nan|inf|gpus?|ckpt|eval|train|log|wandb|slack|kl|reward|return|acc|steps?|epochs?|batch)$",
        r"^(?:config|url|id|bug|code|ppo|grpo|pi|ot|entropy|policy|value|critic|actor|model|data|demo|ai|llm|cuda|oom|ddp)$",
        r"^(?:fsdp|adam|sgd|bf16|fp16|bot|curvebot|curve|please|pls|plz|thanks|thx|the|this|that|my|me|it|is|ok|every|for)$",
        r"^(?:and|with|vs|to|if|when|hi|hello|hey|all|link|name|card|report|step\d+|a100|h100|v100|4090)$",
    )
)
