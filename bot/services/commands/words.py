"""Words that belong to no command and name no run: courtesies, chatter, jargon; and what a note stands behind."""

from __future__ import annotations

import re
from collections.abc import Iterable


def _any(parts: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


# What is asked, what is asked about, what is not to be: said of anything, so examples of each command would not do.
QUESTION = _any((r"[?吗呢么]|咋|怎|啥|什么|几|多少|哪|是不是|[没不]$|^(?:how|what|is|are|does|should|can|which)\b",))
_ACTION = (
    r"(?:(?:取消|解除|撤销|恢复)?的?(?:静音|屏蔽)|取关|(?:取消|停止)关注|恢复(?:告警|报警|提醒|通知)|认领|领(?!导|先|域)"
    r"|(?:标[成为]?|算|撤[销回]?)?误报|日报.{0,3}[停关]|[停关].{0,2}日报"
    r"|(?<![A-Za-z])(?:(?:un)?mute|unwatch|ack)(?![A-Za-z\d])|false alarm)"
)
ASKED_ABOUT = _any(
    (
        rf"[没未]有?(?:关注|盯|订阅)|{_ACTION}(?:的事|这[事块]|流程|功能|机制|逻辑|率|键|按钮)",  # `认领流程太麻烦`
        r"为什么|为啥|为何|谁|会怎么?样|会不会|有什么用|[了过多]吗[?]?$|\b(?:who|why)\b",
        rf"(?:怎么|如何|咋)(?:才能?|去|样)?\s?[^，,。\s又老还总都这那]{{0,2}}?{_ACTION}",
        rf"(?:需要|建议)[^，,。\s]{{0,3}}{_ACTION}[^，,。]{{0,3}}吗|{_ACTION}几次",
        rf"{_ACTION}[^，,。\s了吧]{{0,3}}?(?:是什么|什么意思|有用|没用|有效|无效|不了|失败|不管用|没生效|要权限|需要权限|是你)",
        rf"(?:(?<![别勿不])忘了?|(?<![别勿不])忘记了?|懒得|不敢|没法|记得|以后都?要?)\s?{_ACTION}|没有?权限|不用我[^，,。]{{1,4}}吧",
        r"^(?!.*(?:能|可以|帮)).*(?<![行好成可])[没不][?]?$",  # `正常不`, but `能静音不` and `静音行不` ask for it
    )
)
# Of an action, but nothing that is to be done now: later, on a condition, as others say, as somebody supposes.
_WHEN = r"(?:等[^。]*?|完.{0,2}|结束|后|前|明天|明早|下次|回头|晚点|待会儿?|过会儿?)"
LATER = _any(
    (
        r"(?<!在)等我?(?:的|再)?(?:通知|消息|确认|信儿?|回复)",
        rf"等(?![我下])[^，,。]{{1,10}}?[了后完][^，,。\s]{{0,3}}{_ACTION}",
        rf"{_WHEN}再(?!说)\s?[^，,。\s]{{0,8}}?{_ACTION}",
        rf"(?:看看|看下|观察|考虑|[了完]|周[一二三四五六日天]|\d[点号])再\s?{_ACTION}",
        rf"(?:开完会|吃完饭|上完课|下班|下课|散会|到公司|到家|起床|睡醒)(?:以?后|再|就|了)?\s?{_ACTION}",
    )
)
ON_CONDITION = _any(
    (
        r"如果|要是|假如|假设|万一|倘若|若是|除非|(?<!方便)(?<!可以)(?<!有空)(?<!不忙)(?<!行)的话",
        r"(?<![A-Za-z])(?:if|unless|once|whenever|in case)\b",
        r"(?:一旦|只要|若(?!干)|真要|还没|没好|还这?样|还是这样|[\d一二两三四五几]\s?[次遍回])[^，,。]{0,6}[，, ]?就"
        rf"[^，,。]{{0,8}}?(?:{_ACTION}|我(?:来|认|接|处理|管))",
        rf"(?:再|又|还)[^，,。 ]{{0,4}}[，, ]?就[^，,。]{{0,8}}?{_ACTION}",
        rf"{_ACTION}(?:了|的话)?[^，,。]{{0,3}}(?:就(?!行|好|可以|是|成|完)|会(?!议|儿)|还能|还会)",
    )
)
_SURNAMES = "张王李赵刘陈杨黄吴徐孙朱马胡林何郭罗梁宋郑谢唐冯董萧曹袁邓许傅沈曾彭吕苏蒋蔡贾丁魏薛叶阎潘杜戴夏姜范邹熊"
_SOMEBODY = (
    r"(?:[他她]们?|有人|大家|小(?![时组数心问事声])[\u4e00-\u9fff]|(?<!\w)老(?![是报响叫喊在吵弹误出崩飞这毛样])[\u4e00-\u9fff]"
    r"|[\u4e00-\u9fff](?:哥|姐|(?<!汇)总|(?<![手人])工)|老师|导师|师[兄姐弟妹]|同[事学]|领导|客户"
    rf"|(?!马上|谢谢|何[时必]|许[多久]|曾经|黄了|高[了点])[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}?|@[\w\u4e00-\u9fff]+)"
)
HEARSAY = _any(
    (
        rf"听说|据说|据称|说是|{_SOMEBODY}[^，,。 我]{{0,4}}(?:说|让|叫|觉得|认为|问|想|要)",
        r"我(?:觉得|感觉)(?:可以|应?该)|可能|也许|怀疑|没有?人说|以为|不(?:太|大|是?很|敢)?(?:确定|肯定)|说不准|拿不准|说不好|存疑|不一定|不知道|会不会|是不是|还是|要不要|该不该|需不需要|都行|都可以|也行|随便|无所谓|看情况",
        rf"(?:大概|估计|似乎|好像)[^，,。]{{0,4}}(?:{_ACTION}|正常|没问题|不是问题)",
        r"(?:应该|看着|看起来)(?:是|挺|还算)?正常",
        r"\b(?:he|she|they|someone|somebody) (?:said|says|thinks?)\b|\b(?:doubt|maybe|perhaps|might|not sure)\b",
    )
)
# But what comes last may be an order all the same: `导师说是误报，标上吧`.
ORDER_AT_LAST = _any(
    (r"[，,。 ](?:那就?|就|快|赶紧|麻烦|请|帮忙?|你)?(?!再?看看|再说|算了)[^，,。 的]{1,8}(?:吧|一下|上|掉)[。!]?$",)
)
# Told of what is done already, or asked of somebody else.
_BETWEEN = r"(?:昨天|昨晚|刚才?|已经?|早就|把|去|来|帮忙|帮|麻烦|你|您|[一二三四五六七八九十\d]+\s*[号条])"
_BEFORE = r"(?:昨[天晚]|上次|上周|上回|(?<![号点天周月])之前(?!先)|前天|已经?|早就)"
ACTION = _any((_ACTION,))
OWN = {
    "mute": _any((r"静音|屏蔽|\bmute\b",)),
    "unmute": _any((r"静音|屏蔽|恢复|解除|\bunmute\b",)),
    "ack": _any((r"认领|(?<![A-Za-z])ack(?![A-Za-z\d])",)),
    "wrong": _any((r"误报|false alarm",)),
    "unwatch": _any((r"取关|(?:取消|停止)关注|unwatch",)),
    "watch": _any((r"关注|盯|\bwatch\b",)),
}
ORDERED = _any(
    (
        _ACTION,
        r"关注|盯|看着|\bwatch\b|我(?:来|去|先)?(?:看看|看下|看一下|处理|接|跟|查|修|弄|负责|管)|我来看?(?:[吧啊]|$)|(?:交给|算|归)我",
    )
)

# Between clauses: a blank only where it is not written for the sake of a number or a word of another script.
CLAUSES = re.compile(r"[，,。;；!！\n]+|(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
NOISE = _any((r"[报响叫喊吵吭吱静嘘]|屏蔽|提醒|通知|告警|打扰|闭嘴|\b(?:mute|alert|ping|notif\w*|quiet|silen\w*)\b",))
OF_OTHERS = _any(
    (
        rf"{_SOMEBODY}\s*{_BETWEEN}*\s*[^，,。我说让叫觉了过\s]{{0,6}}{_ACTION}",
        r"(?:你们?|您|谁)[^，,。我]{0,6}(?:认领|[认领接跟看查](?:了|一?下|走)|处理|\back\b)",
        rf"{_ACTION}过|{_BEFORE}\s?[^，,。\s]*{_ACTION}[了的]?(?:[吧啊呀呢嘛]|$|[，,。])",
    )
)
_NOT = (
    r"(?:别|(?<![要能可该])不(?:要|用|想|能|该|可以|许|准|必|需要?|是(?!误)|打算|建议|同意|应该|宜|急)|先不|没必要|没|未|勿|甭"
    r"|(?<![A-Za-z])(?:don't|do not|not)\b)"
)
_NOT_DIRECTLY = r"(?<![要能可该行])不(?:标成?|算|去)?\s?"
_UP_TO = r"(?:[^，,。\s]|\s+(?=[\d#◇])|(?<=[\d号◇])\s+)"  # a clause, but a number or a run may stand apart in it
FORBIDDEN = _any((rf"{_NOT}\s?{_UP_TO}{{0,7}}?{_ACTION}", rf"{_NOT_DIRECTLY}{_ACTION}", r"不是误报"))
# Not to end what was begun: `别取消静音`, `误报先别撤`.
KEPT = _any(
    (
        rf"(?:{_NOT}|{_NOT_DIRECTLY})(?:打算|想|准备|再|先|急着|着急|你|给我|去|说要?|让你|要|就|轻易|随便|把[它这那]?[个条]?)*\s?"
        r"(?:取消|解除|撤|恢复(?:告警|报警|提醒|通知)|停止|移除|取关|(?<![A-Za-z])(?:un-?mute|unwatch|undo|cancel))",
    )
)
DIGEST_KEPT = _any(  # `日报先别关`, `别停日报`
    (
        rf"(?:[日早晨晚]报|汇总|总结|digest)[^，,。]{{0,3}}{_NOT}[^，,。了\s]{{0,2}}[停关撤]",
        rf"(?:{_NOT}|{_NOT_DIRECTLY})\s?[^，,。了\s]{{0,2}}[停关撤][^，,。\s]{{0,2}}(?:[日早晨晚]报|汇总|总结|digest)",
    )
)
_WATCH = r"(?:关注|盯|看着|监控|订阅|watch|monitor)"
NOT_WATCHED = _any(
    (
        rf"{_NOT}\s?(?:再|先|去|给我|有|急着|要|着急)*{_WATCH}",
        rf"(?<![要能可该行])不{_WATCH}",
        rf"(?<![帮给替]){_SOMEBODY}\s*(?:去|来|帮忙|帮|先|也)*{_WATCH}(?!.*我)",
        rf"{_WATCH}(?:着?过|了[一半两\d])|(?:已经?|早就|昨天|上次|刚才?)[^，,。\s]{{0,2}}{_WATCH}[着了过]",
        rf"(?<![别勿不])(?:忘了?|忘记了?|懒得){_WATCH}|^你们?先?看着",
        r"(?<![跑训练])[看理查弄接管改修写搞做忙聊跟]完了?(?:再|就|后)?(?:告诉|跟|和|叫|喊|通知)",  # people do that
    )
)
# For the time being: whoever says it may as well mean that it is to go on.
NOT_WATCHED_YET = _any(
    (
        rf"(?:先|暂时|急着|着急)(?:别|不|甭|勿)[^，,。了]{{0,3}}{_WATCH}(?![^，,。]{{0,2}}了)|{_NOT}\s?(?:急着|着急){_WATCH}",
    )
)
NO_MORE = _any((r"(?<!算)了(?:[吧啊呀哈嘛]|$|[，,。 ])|\b(?:any ?more|no longer)\b",))
# What ends something is said with one of these, what silences or takes with one of those: without, it is not meant.
ENDS = _any(
    (
        r"关(?!注)|下(?!午|周|个|次|班)|[别不没甭勿停撤取免摘退删移去解消出放开复续弃踢划除收回恢打让松起响结]|可以|[点按标弄搞误]错|误点|手[滑快]",
        r"\b(?:stop\w*|cancel|remove|disable|resume|undo|revert|not?|don't|turn|again|back|off|out|need|take)\b",
        r"\bun-?\w|mistake",
    )
)
SILENCES = _any(
    (
        r"[静音屏蔽默闭住吵烦别不停免压按憋歇消勿哑甭关]|安静|hold|再(?:说|报|提醒|叫|喊)|打扰",
        r"mut|silen|snooze|shh|hush|quiet|suppress|stop|shut|nois|disturb|\b(?:no|not|don't)\b",
    )
)
TAKES = _any(
    (
        r"我(?=\w)|(?<=\w)我|[认任领归接看瞅瞧查跟修管弄搞派]|处理|负责|定位|解决",
        r"ack|mine|\b(?:me|i)\b|i'|take|taking|got|on it|look|work",
    )
)
HAS_BEEN = _any((r"[看修查跟管弄理见来]过[了的啊吧]*(?:$|[，,。 ]\s*没)",))  # `这 bug 我修过`
# Not I, or not I now: `我处理不了`, `不用我跟吧`, `我同事在查`, `he's on it`.
_LOOKED_AFTER = r"(?:认领|看(?!着)|瞅|瞧|查|修|跟|管|弄|搞|接|处理|负责)"
NOT_MINE = _any(
    (
        rf"我(?:可|就|们)?不(?:想|会|再|来|去|用)?{_LOOKED_AFTER}|我可?{_LOOKED_AFTER}不[了动完]",
        rf"我(?:怎么|也想|没法|没空|懒得)|给我(?:看|瞅|瞧|查)|(?:可以|能不能|要不要)(?:让|由)?我(?:来|去)?{_LOOKED_AFTER}[吗呢]?$",
        rf"(?:别|不用|不归|不该|轮不到|不需要|凭什么)(?:让|叫|由)?我(?:来|去)?{_LOOKED_AFTER}",
        rf"我(?:同事|们?组|老板|导师|师[兄姐弟妹]|室友|同学|朋友)[^，,。我]{{0,6}}{_LOOKED_AFTER}",
        rf"我(?:回头|改天|以后|有空)(?:再|去)?{_LOOKED_AFTER}|^(?:你|您)们?(?:先|来|去)?{_LOOKED_AFTER}[^，,。我]*$",
        r"^(?!i\b|i'|this|that|it\b|it's|one\b|alert|let me)@?[a-z]+(?:'s|\s+(?:is|will|can|took|has|are))\s+"
        r"(?:on|look|tak|handl|deal)",
        r"\bi(?:'ll|\s+(?:will|can't|cannot|already))\b.*\b(?:tomorrow|later|now|yesterday)\b",
    )
)
ALERTING = _any((r"[静屏蔽报告警响叫喊吵声放解提通号#]|№|mute|alert|notif|snooze|ping|silen",))
LIMIT = _any((r"阈值|报警线|告警线|上限|下限|threshold|limit",))
SUMMARY = _any(
    (
        r"日[报抱爆暴保豹宝]|[早晨晚周]报|汇总|[总小]结|总览|每[天周晚早日]|天天|定时|digest|summary|report|daily|weekly|every",
    )
)
_TAKEN_BACK = r"撤销|撤回|收回|[点按标弄搞]错|手[滑快]|误[点触操]|\b(?:undo|revert)\b"
TAKEN_BACK = _any((_TAKEN_BACK, r"撤|取消|去掉|恢复|改回|回滚|不小心|看走眼|看错|搞混|take back|mistake"))
DIGEST = _any((r"日报|早报|晨报|晚报|\bdigest\b|\bdaily (?:report|summary)\b",))
NOT_TOLD = _any(
    (
        r"[没不].{0,6}?(?:报(?!错)|告警|告诉|喊|叫|通知|提醒|说|吭|吱|声)",
        r"漏报|(?:\b(?:no|not|never|missed)|n't)\b.*\b(?:alert|notif|tell|told|ping)|没有?.{0,3}(?:alert|ping|notify)",
    )
)
EVERYTHING = _any((r"全部|全都|所有|(?<![完安])全(?=取|解|撤|关)|都(?=取|解|撤|关|别|不)|\b(?:all|every ?thing)\b",))
_TELL = (
    r"(?:[叫喊吼]|告诉|告我|招呼|通知|提醒|知会|说一|说[个声下]|也说|[跟和]我说|冒个泡|报一?[声下]|吱|吭|踢我|回我|@我"
    r"|戳|滴滴?我|(?:@|艾特|(?<![A-Za-z])at)\s?我|发[我个条一]|吼"
    r"|(?<![A-Za-z])(?:ping|call|cue|tell|notify|let me know)\b)"
)
_DONE = (
    r"(?:[跑训]完|练完|出结果|[跑训]好|(?<!没)结束|完事|(?<![没不])完[了后成]"
    r"|\b(?:done|finish\w*|ends?|over|complete\w*)\b)"
)
AT_END = _any(
    (
        rf"{_DONE}[^，。]{{0,3}}[，, ]?[^，。]{{0,5}}?{_TELL}",
        rf"{_TELL}.*\b(?:done|finish\w*|ends?|complete\w*)\b|\bend$",
    )
)
BESIDE = _any((r"^\s*(?:vs\b\.?|versus\b|(?:是不是|还)?不如)\s*◇",))  # of the one in whose thread it is said
BESIDES = _any((r"加上|连上|带上|连同|再加|一?起算上|\b(?:plus|add|along with)\b",))
WHOLE_RUN = _any((r"(?:整个|这个|全部|所有)\s*(?:run|任务|实验|训练)|\b(?:the|this|whole|entire) run\b",))
BASELINE = _any((r"(?<![a-z])base(?:line)?(?![a-z])",))
TELLING = _any(
    (
        r"[报播警喊叫响吭吱声说发漏推屁]|告诉|通知|提醒|消息|动静|安静|静音|沉默|错过|看到|发现|没人管|吞",
        r"alert|ping|notif|t[eo]ll?d?\b|quiet|silen|said|say|miss|hear|post|warn|report|sent|suppress",
    )
)
CALLED_OFF = _any((r"取消|解除|移除|\b(?:cancel|remove)\b", _TAKEN_BACK))
COURTESY = re.compile(r"(?:^|\s+)(?:thx|thanks?|ty|pls|plz|please|tho|though|lol|bro|guys)[.!~]*$", re.IGNORECASE)
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
        r"^(?:一下|下|till?|tmrw?|这个?|那个?|它|他|吧|呗|啊|哈|呢|了|的|我|你|请|麻烦|帮忙?|给|再|也|都|先|任务|实验|训练|这条|刚才|上面"
        r"|谢谢|大佬|看看|看下|"
        r"report|version|details?|alert|run's|runs?|this|that|it|the|please|pls|plz|now|me|my|one|thanks?|again|for|to|every|until|[，。,.!！~～、;；:\s])+$",
    )
)
ASPECT = _any(
    (
        r"^(?:eta|loss|lr|kl|grad|grad_?norm|reward|return|entropy|acc|ckpt|steps?|epoch|progress|status|curve)$",
        r"^(?:throughput|gpu)$",
    )
)
# Between people these are never what is said of a thing that only looks like a name.
SENTENCE = _any((r"[的了吗呢吧啊呀哦嗯咋么啥谁哪这那你我他它们?!，。怎为请帮哈不有是在好行]|什么|可以|收到",))
NAMED = re.compile(
    r"^(?:帮我?|麻烦|请)?\s*(?:看看|看一下|看下|看一看|瞅瞅|瞅下|查一下|查下|诊断一下|诊断下|诊断|分析一下|分析下|分析)"
    r"\s*([A-Za-z][\w.+=-]*)\s*(?=$|[^\x00-\x7f?!,.])",
    re.ASCII,
)
CALLED = re.compile(  # `act-uot 那个 run`, `叫 act-uot 的 run`
    r"(?<![\w./-])([A-Za-z][\w.+=-]{2,})\s*(?:[那这](?:个|条|版))\s*(?:run|任务|实验)|叫\s*([A-Za-z][\w.+=-]{2,})\s*的",
    re.ASCII | re.IGNORECASE,
)
NOTED = re.compile(
    r"^记(?=[\s:：])|备注(?:一下|下)?|背注|记(?:一下|个|下|一笔|录(?:一下)?|到|上)|标注(?:一下)?|标记一下|[写加]个注|\bnote\b",
    re.IGNORECASE,
)
NOTING = _any(  # what is noted of a run without saying so: how often it worked
    (
        NOTED.pattern,
        r"真机|实机|上机|实测|现场|成功|通过|达成|[试测跑过成]了|[成过中]\s*\d|\d\s*/\s*\d|\d%?\s*@\s*\d|(?<!忘)记|[注存备]|留[个档底]|robot|success|\bsr\b|\blog\b",
    )
)
JARGON = _any(
    (
        r"^(?:runs?|loss|lr|grad|norm|nan|inf|gpus?|ckpt|eval|train|log|wandb|slack|kl|reward|return|acc|steps?|epochs?|batch)$",
        r"^(?:config|url|id|bug|code|ppo|grpo|pi|ot|entropy|policy|value|critic|actor|model|data|demo|ai|llm|cuda|oom|ddp)$",
        r"^(?:fsdp|adam|sgd|bf16|fp16|bot|curvebot|curve|please|pls|plz|thanks|thx|the|this|that|my|me|it|is|ok|every|for)$",
        r"^(?:and|with|vs|to|if|when|hi|hello|hey|all|link|name|card|report|step\d+|a100|h100|v100|4090|shut|stop|turn|silence|snooze)$",
        r"^(?:tmrw?|till?|until|from|after|before|now|then|pm|am|alerts?|alarms?|findings?|metrics?|status|check|shh+|hush|no)$",
    )
)


def is_refused(text: str) -> bool:
    """Whether something is not to be done: a sentence like that asks for nothing."""
    return any(pattern.search(text) for pattern in (FORBIDDEN, KEPT, NOT_WATCHED_YET))
