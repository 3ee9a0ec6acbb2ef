"""How people ask for a command when they do not use its word. Patterns of Chinese and English, and nothing else.

They are tried on the text around the runs in it; ◇ stands where a run stood.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_NOT = (
    r"(?:不用|不要|不需要|不必|无需|别|勿|先不|不再|停止|取消|先别|不想|没必要)"
    r"(?:再|继续|老|一直|给我|帮我|总|在这|对|的|◇|\s)*"
)
_WHY_WORD = r"(?:为啥|为什么|为何|凭什么|凭啥|怎么|咋)"
_QUESTION = r"(?:[?？吗呢么]|是不是|咋|怎|为啥|为什么|多少|能不能|要不要|如何)"
_NTH = r"第\s*[\d一二两三四五六]+\s*[条个项点]"
_TELL = r"(?:喊|叫|告诉|通知|提醒|艾特|@|说|吱|踢|戳|call|ping)"


# Said before what is to end, and after it: `别再盯`, `从监控里去掉`. What may be said of the run itself (停) is none.
_BEFORE = r"(?:取消|停止|停掉|移除|去掉|删掉|删除|解除|关掉|撤掉|退订|不要|不用|不需要|不必|没必要|别(?!忘|漏))"
_AFTER = (
    r"(?:取消|去掉|去除|移除|移出|移走|删掉|删了|删除|拿掉|踢掉|踢出|撤掉|撤了|关掉|关了|解除|退了|不要了|不用了|算了)"
)
BEYOND = r"(?:超过|超出|大于|高于|多于|突破|[升涨]到|[升涨]过|低于|小于|少于|不到|不足|跌破|[跌降掉]到|[跌降掉]破|[<>])"


def _any(parts: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


_WAYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "unmute",
        (
            rf"(?:{_NOT}|解除|关掉|结束|恢复)(?:了)?(?:静音|静默|屏蔽|免打扰)|unmute|un-?silence",
            r"(?:恢复|重新打开|打开|重新开|继续|接着)(?:播?报|告警|报警|通知|提醒|推送)",
            rf"{_BEFORE}[^，。]{{0,4}}?(?:静音|静默|屏蔽)|(?:静音|静默|屏蔽)[^，。]{{0,4}}?{_AFTER}",
            r"可以(?:继续|接着)?(?:报|告警|提醒|通知)(?:我)?了|(?:静音|静默)(?:取消|解除|关掉)",
        ),
    ),
    (
        "quiet",
        (
            rf"{_WHY_WORD}(?!判断)[^，。,;；]{{0,10}}?(?:没|不|没有)(?:给我|跟我|有|人)*"
            r"(?:报(?!错|告)|告警|报警|提醒|通知|告诉|吱声|吭声|喊|叫|说一声|消息)",
            r"(?:没|没有)(?:收到|看到|见)(?:任何|到)?(?:告警|报警|通知|提醒)|漏报",
            r"why.{0,20}(?:no|not|n't).{0,12}(?:alert|post|notif|tell)",
        ),
    ),
    (
        "wrong",
        (
            r"(?<!不是)(?<!不算)(?<!没有)(?<!没)(?:误报|误抱|误判|误告警|误警|假警报|假告警|假报警|虚警|谎报|乱报|瞎报)(?!率|多)",
            r"(?:点|标|按|弄|搞)错.{0,8}误报",
            r"(?:不是|不算)(?:个|什么|啥)?(?:问题|异常)(?![?？吗])|(?:属于|是)正常(?:现象|波动|情况)(?![?？吗])",
            r"false ?(?:alarm|positive)|(?:不该|不应该|没必要)(?:报|告警)(?!了)|(?:报|判)(?:得)?不(?:对|准)|报错了吧",
        ),
    ),
    (
        "alerts",
        (
            r"谁(?:在|来|去)?(?:跟|看|处理|管|盯|负责|认领|修|接)|有人(?:在)?(?:跟|看|处理|管|认领|接)",
            r"(?:哪些|有没有|有啥|有什么|还有|未结|没处理|未处理|没解决|没结|当前|现在|今天|目前|列出|列一?下|看看|看下)(?:的)?.{0,6}"
            r"(?:告警|报警|警报)(?!规则)",
            r"(?:告警|报警)(?:列表|清单|情况|汇总|有哪些|还有)|(?:any|open|active|current|list) (?:alert|incident)s?",
            r"who(?:'s| is| owns).{0,12}(?:on|looking|handling|this)",
        ),
    ),
    (
        "unwatch",
        (
            rf"{_NOT}(?:的)?(?:关注|盯|跟踪|监控|监视|看着|watch)|{_NOT}(?:看|跟)(?:了|着|它|这)|不(?:盯|看|跟|关注|监控)了",
            rf"{_BEFORE}[^，。]{{0,4}}?(?:关注|盯|监控|监视|跟踪|订阅)",
            rf"(?:关注|盯|监控|监视|跟踪|订阅)[^，。]{{0,6}}?{_AFTER}",
            r"取关|取观|移除(?:关注)?|(?:关注|监控)(?:取消|去掉|移除|删)|从(?:关注|列表).{0,6}(?:去掉|删|移)",
            r"unwatch|unfollow|(?:stop|don't|no longer|quit) (?:watch|follow|monitor|track)",
        ),
    ),
    (
        "list",
        (
            r"(?:关注|盯|跟|监控|监视)(?:着|了|的|过)*(?:的)?.{0,2}(?:是)?(?:哪些|什么|啥|几个|多少|哪几个|谁)",
            r"(?<!再)看着(?:哪些|什么|啥|几个|多少|哪几个)",
            r"(?:哪些|哪几个|几个|多少|什么|啥).{0,8}(?:在盯|在关注|盯着|在跟|在看着|被关注|被盯|在监控|监控中|在跑|跑着|关注)",
            r"(?:关注|监控|盯)(?:的|着的)?(?:列表|清单|名单)|watch ?list|列表|列(?:一)?下",
            r"(?:list|show)(?: me)? (?:all|runs|watch)",
            r"what.{0,12}(?:watching|watched|monitor)",
        ),
    ),
    (
        "digest",
        (
            r"日报|日抱|早报|晨报|daily ?(?:report|digest|summary)|digest",
            r"每[天日][^，。]{0,14}(?:汇总|总结|小结|汇报|发一[份条次])",
        ),
    ),
    (
        "threshold",
        (
            rf"{BEYOND}\s*=?\s*[\d.][\d.e+%-]*.{{0,16}}(?:{_TELL}|报|告警|alert)",
            r"(?:加|设|建|设置|新建)(?:个|一个|一条|条)?阈值|\b(?:above|below|over|under|exceeds?) [\d.e+-]+",
        ),
    ),
    (
        "mute",
        (
            r"静音|静言|静因|禁音|消音|静默|闭嘴|闭麦|住嘴|消停|安静|屏蔽|勿扰|免打扰",
            r"\bmute\b|silence|snooze|shut up|be quiet",
            rf"{_NOT}(?:报(?!名|销|告)|吵|响|叫|提醒|通知|告警|报警|艾特|@|刷屏|推|弹|嚷|喊)|{_NOT}发(?:告警|报警|消息|了)|太吵",
        ),
    ),
    (
        "ack",
        (
            r"认领|认令|(?:我|这个我|这条我)来(?!自|说|问|讲|晚|的|了解)(?:看|跟|处理|查|负责|管|搞|盯|修|弄|吧)?|交给我|归我",
            r"我(?:来)?(?:负责|接手|接了|认了|跟进|接这)|我(?:已经)?在(?:处理|跟进|修|排查)|我(?:去|先)(?:处理|排查|修)",
            r"i(?:'ll| will|'ve| have)? ?(?:take|got|own|handle) (?:this|it|care|◇)|i(?:'m| am) on it|^on it\b",
            r"\back(?:nowledged?)?\b",
        ),
    ),
    (
        "note",
        (
            r"备注|背注|记(?:一下|个|下|一笔|录|到|上)|标注|标记一下|写个注|加个注|\bnote\b",
            rf"^(?!.*{_QUESTION}).*(?:真机|实机|实测|上机|成功率|成功|sr\b).{{0,12}}?\d+\s*(?:/\s*\d|[次个]|%)",
            rf"^(?!.*{_QUESTION}).*(?:试|测|跑|评)了?\s*\d+\s*[次个].{{0,6}}(?:成功|成了|过了)",
        ),
    ),
    (
        "compare",
        (
            r"对比|对此|对笔|比对|比(?:一下|下|比|一比)|比较(?:一下|下|看看)|做个比较|[和跟与][^，。]{0,10}比|比\s*(?:这|它|他|那|上一?次|之前|◇)",
            r"\bvs\b|versus|compar|\bdiff\b|better than",
            r"(?:which|who)(?:'s| is| one).{0,12}(?:better|best|worse|faster)",
            r"哪(?:个|条|组|一个)?(?:更|效果|跑得)*(?:好|强|差|稳|快|靠谱)|谁(?:更|效果|跑得)*(?:好|强|差|快)",
            r"差(?:在|别|多少|哪)|区别|差异|有(?:啥|什么)不(?:一样|同)",
        ),
    ),
    (
        "why",
        (
            rf"{_NTH}.{{0,8}}(?:为|怎|咋|依据|理由|根据|啥|什么|解释|说|凭|讲)|(?:解释|说说|讲讲|展开){_NTH}",
            rf"^\s*#?\d\s*[号条]?\s*(?:{_WHY_WORD}|依据|理由|是啥)",
            r"(?:什么|啥)(?:逻辑|道理|标准)|怎么(?:得来|算|判断?)(?:出来)?的|哪来的",
            rf"(?!怎么说|咋说){_WHY_WORD}[^，。]{{0,6}}(?:说|判|认为|觉得|报|得出|看出|算出|知道|确定)|^怎么来的|依据|判据|判断标准|理由",
            r"根据(?:是|什么|啥)|how (?:do|did) you (?:know|tell)|explain|解释",
        ),
    ),
    (
        "full",
        (
            r"完整|完正|详细|全部(?:的)?(?:发现|内容|报告|结果|问题)|所有(?:的)?(?:发现|问题|结果)|详情|展开|细说|具体(?:说|讲|看|点)",
            r"(?<![日早晨])报告|网页版|\bhtml\b|全文|详版|全量|\bfull\b|\breport\b|\bdetails?\b|\bdetailed\b",
        ),
    ),
    (
        "watch",
        (
            r"关注|关住|观注|盯|(?:看着|看住|跟着)(?:点|它|这)?|跟(?:一下|下|踪|进)|监控|监视|订阅|留意|\bwatch\b|monitor",
            r"keep an? eye|\bfollow\b|\btrack\b|(?:notify|tell|ping|alert) me|let me know|照看|看一?晚上|守着",
            rf"(?:有|出)(?:了)?(?:啥|什么|任何|点)?(?:问题|情况|异常|事|动静|幺蛾子|变化).{{0,8}}{_TELL}",
            r"每隔?\s*(?:[\d半一两二三四五十]+)?\s*个?\s*(?:分钟?|小时|min\w*|hours?)\s*(?:帮我|给我)?(?:看|查|检查|瞄|瞅)",
            rf"(?:挂|崩|飞|炸|停|完|断|nan|爆|死|发散)(?:了|掉)?.{{0,6}}{_TELL}",
        ),
    ),
    (
        "rules",
        (
            r"(?:哪些|什么|啥|所有|全部|看下)\s*规则|规则(?:列表|有哪些|是什么|怎么定|都有)",
            r"(?:能|会|可以)(?:查|检查|检测|诊断|发现|识别|报)(?:出)?(?:哪些|什么|啥)",
        ),
    ),
    (
        "help",
        (
            r"(?:怎么|咋|如何)(?:使用|用|使|玩|操作)(?!的|了)|(?:干啥|干嘛|做什么|干什么)用?的|用法|使用(?:说明|方法|文档)|帮助|说明书|说明文档|教程",
            r"\bhelp\b(?! me)|usage",
            r"你(?:都|还)?(?:能|会|可以)(?:帮我|帮忙|给我)?(?:干|做|帮)(?:嘛|啥|什么|点|哪些)|能干(?:嘛|啥|什么)",
            r"(?:哪些|什么|啥)(?:功能|命令|指令|本事)|(?:功能|命令|指令)(?:有哪些|列表)",
            r"how (?:do i|to|can i) use|what can you do",
        ),
    ),
)
WAYS = tuple((name, _any(parts)) for name, parts in _WAYS)  # the more special first

# What is less clear, and counts only where a run is known.
WHY = _any((r"为啥|为什么|为何|凭什么|凭啥|咋回事|怎么回事|怎么来的|原因|\bwhy\b|how come",))
NTH = _any((_NTH,))
MINE = _any((r"我(?:在|去|先|正在)(?:看|跟|处理|查|修|盯)", r"我看(?:一下|下|看)(?:吧|先|哈|着)?$"))
COMPARED = _any((r"对比|对此|比对|compar|[和跟与].{0,8}比|比(?:一下|下|较一下)|比\s*◇|差(?:在|多少)|哪个",))
ASKED = _any(
    (
        r"看(?:看|下|一下|一看|眼|一眼|哈|得出|着咋)|瞅|瞧|咋样|咋整|怎么?样|怎么(?:办|搞)|如何|有?救|还行|行不行|正常|诊断|分析",
        r"查(?:下|一下|查)|检查|情况|进度|状态|收敛|崩|挂|停|炸|飞|爆|要不要|能不能|能[用停续]|该不该|健康|体检|进展|效果|怎么说|咋说",
        r"多久|多少|啥时候|什么时候|几点|剩(?:多少|余|几)|还剩|\beta\b|(?:意义|必要|希望|戏)(?:吗|么|没|不|\?)|活着|跑完|跑(?:得|的)",
        r"有(?:啥|什么|没有|没)?问题|啥(?:问题|情况)|继续|最新|到哪|多少步|现在呢|再看|稳不稳|好了(?:吗|没)|降了(?:吗|没)|恢复了(?:吗|没)",
        r"\b(?:check|look|status|how|ok|okay|good|fine|bad|healthy|converged?|diagnos\w*|analy\w*)\b",
    )
)
LAST = _any((r"上一?次(?:成功|跑通|好)?(?:的|那)?|最近(?:一次)?成功|\blast\b",))
DEFINED = _any((r"意思|是(?:什么|啥)|阈值|怎么算|规则|含义|what(?:'s| is| does)",))
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
