"""The parts of which what is asked for is put together, each said in all its ways, for every command.

Which alert, until when, how often, at the end, what else is told with it; and what turns an order into none: a refusal,
a condition, what others say, a question. Wording beyond that is measured in `test_speech.py`.
"""

from __future__ import annotations

from itertools import product

import pytest

from tests.services.sentences import HERE
from tests.services.test_speech import NAMES, understood

RUN = "act-uot-live"
NUMBERS = (
    "5",
    "5号",
    "#5 ",
    "5 号",
    "五号",
    "5号告警",
    "告警 5",
    "alert 5 ",
    "第5条告警",
    "5号那条",
    "那个5号",
    "5号报警",
)
OF_AN_ALERT = {
    "mute 5": ("{} 静音", "{}静音一下", "把{}静音了", "{} 先静音", "先把{}屏蔽掉", "{}别报了", "{}太吵了 静音"),
    "unmute 5": ("{} 取消静音", "{} 解除静音", "把{}的静音取消", "{} 恢复告警", "{} 不静音了", "{}可以继续报了"),
    "ack 5": (
        "{} 我来",
        "{}我来看",
        "认领 {}",
        "{} 我认领",
        "{}归我",
        "{} 我在看",
        "{} 我看着",
        "{}我接了",
        "{}是我的",
    ),
    "wrong 5": ("{} 误报", "{}是误报", "{} 标误报", "把{}标成误报", "{}这个是误报", "{}误报吧"),
    "wrong 5 undo": ("{} 撤销误报", "{}误报撤回", "把{}的误报撤了", "{} 误报点错了 撤销", "{}的误报标错了"),
    "why 5": (
        "{} 为什么报",
        "为啥报{}",
        "{}咋触发的",
        "{} 怎么判断的",
        "{} 依据是啥",
        "{} 凭啥",
        "why {}",
        "{}怎么来的",
    ),
}
LONG = {
    "2h": ("两小时", "2小时", "2h", "俩小时", "2个小时", "两个钟头", "120分钟"),
    "30m": ("半小时", "30分钟", "30min", "半个小时", "三十分钟", "半个钟头"),
    "1d": ("一天", "1天", "24小时", "一整天"),
    "90m": ("一个半小时", "1.5h", "1.5小时"),
    "tomorrow": ("到明天", "到明早", "到明天早上", "到明早九点", "到明天早上9点"),
    "tomorrow 10:00": ("到明天10点", "到明早十点", "到明天上午十点"),
    "15:00": ("到下午三点", "到15点", "到下午3点", "到15:00"),
    "mon": ("到周一", "到下周一", "到周一早上", "到礼拜一"),
    "run": ("到跑完", "到训练结束", "到结束", "到它跑完为止", "到训完"),
}
SILENCED = ("静音{}", "先静音{}", "屏蔽{}", "帮我静音{}", "静音{}吧", "静音{} 我在调", "静音{}，谢谢", "别报了，静音{}")
BEFORE = {
    "15:00": ("下午三点前", "15点前"),
    "tomorrow": ("明早九点前", "明天早上之前"),
    "run": ("跑完之前", "结束前"),
    "mon": ("周一前", "下周一前"),
    "2h": ("两小时内", "接下来两小时", "未来2小时"),
}
NOT_REPORTED = ("{}别报了", "{}别再响", "{}不要再提醒", "{}别吵", "{}先别报", "{}都别喊我了", "{}不用报警")
OFTEN = {
    "every 10m": ("每10分钟", "每隔10分钟", "10分钟一次", "每十分钟", "10min一次", "十分钟一回"),
    "every 30m": ("每半小时", "半小时一次", "半个小时一回", "每隔半小时", "每30分钟"),
    "every 1h": ("每小时", "一小时一次", "每个小时", "每隔一小时", "1h一次", "一个小时一次"),
}
WATCHED = ("盯着 {}", "帮我盯着，{}", "{}帮我看着", "关注，{}", "盯紧点 {}", "帮忙看着点 {}就行", "watch {}")
AT_THE_END = (
    *("跑完叫我", "跑完说一声", "跑完了告诉我", "结束了喊我", "完了说一声", "跑完通知我", "跑完也说", "完事喊一声"),
    *("结束了在群里说一下", "跑完at我", "跑完@我", "跑完 ping 我", "跑完ping me", "跑完吱一声", "跑完提醒我一下"),
    *("训完叫我一声", "跑完跟我说", "结束的时候说一声", "跑完了吼一嗓子", "跑完戳我一下", "跑好了叫我", "完成后告诉我"),
)
WATCHED_TO_THE_END = ("{}", "帮我盯着，{}", "看着点 {}", "关注 {}", "盯着吧，有问题喊我，{}")

ORDERS = {
    f"mute {HERE} 2h": ("静音两小时", "屏蔽2h", "静音两个小时吧"),
    f"ack {HERE}": ("我认领", "认领一下"),
    f"wrong {HERE}": ("标误报", "误报吧", "标成误报"),
    f"unmute {HERE}": ("取消静音", "解除静音吧", "恢复告警"),
    f"unwatch {HERE}": ("取关", "取消关注吧", "不用盯了", "停止关注"),
    f"watch {HERE}": ("盯着", "帮我盯一下", "关注一下"),
    f"wrong {HERE} undo": ("撤销误报", "误报撤回"),
}
TOLD_BEFORE = (
    *(
        "老是报 ",
        "老这样，",
        "烦死了 ",
        "吵死了，",
        "受不了了 ",
        "不对劲，",
        "不管了 ",
        "没事了，",
        "没问题，",
        "已经改好了，",
    ),
    *(
        "刚才看了下，",
        "知道原因了 ",
        "我在修 ",
        "在修了，",
        "谢谢 ",
        "导师看过了 ",
        "小王看过了，",
        "开会去了 ",
        "睡了，",
    ),
    *("正常现象，", "数据换了，", "不急，", "不好意思 ", "没办法 ", "修好了 ", "已经kill了 ", "看了眼 ", "老毛病了 "),
)
TOLD_BEHIND = (
    "，谢谢",
    " 我在调",
    "，辛苦了",
    " 知道了",
    "，不然太吵",
    "~",
    "。",
    " thx",
    "，有事叫我",
    "，我先去吃饭",
)

ACTIONS = (
    *("静音", "屏蔽", "mute", "取消静音", "解除静音", "恢复告警", "认领", "ack", "标误报", "标成误报", "算误报"),
    *("撤销误报", "撤回误报", "取关", "取消关注", "停止关注"),
)
REFUSED = (
    *(
        "先别{}",
        "别{}",
        "不要{}",
        "先不{}",
        "不用{}",
        "先不要{}",
        "暂时不{}",
        "先别{} 等我改完",
        "不用{}，我再看看",
        "我不{}",
    ),
    *(
        "先别急着{}",
        "先不用{}",
        "没必要{}",
        "不想{}",
        "不能{}",
        "可别{}",
        "千万别{}",
        "还不能{}",
        "没让你{}",
        "别给我{}",
    ),
    *("我没说要{}", "别{}啊", "先别{}，等我通知", "暂时别{}", "不需要{}", "没{}", "还没{}", "先甭{}", "不{}", "请勿{}"),
    *("别给我把它{}", "不建议{}", "没打算{}", "不打算{}", "不准{}", "不许{}", "不同意{}"),
)
PUT_OFF = (
    *(
        "如果再报就{}",
        "要是还报就{}",
        "再炸的话就{}",
        "明天还这样就{}",
        "等跑完再{}",
        "过会儿再{}",
        "明天再{}",
        "回头再{}",
    ),
    *(
        "跑完以后再{}",
        "要是没人管就{}吧",
        "万一又飞了就{}",
        "只要再报一次就{}",
        "改完再{}",
        "晚点再{}吧",
        "等我确认完再{}",
    ),
    *(
        "若再报就{}",
        "一旦再报就{}",
        "报第三次就{}",
        "看情况{}",
        "先看看再{}",
        "半小时后没好就{}",
        "真要炸了再{}",
        "周一再{}",
    ),
    *("开完会{}", "等结果出来再考虑{}", "if it fires again {} it"),
)
TALKED_OF = (
    *(
        "小王说要{}",
        "他说可以{}",
        "听说要{}",
        "师兄建议{}",
        "有人觉得该{}",
        "可能要{}",
        "也许该{}",
        "是不是该{}",
        "该不该{}",
    ),
    *("需要{}吗", "我觉得可以{}", "小李{}了", "他已经{}了", "谁{}的", "为什么{}", "怎么{}", "{}是什么意思", "{}会怎样"),
    *("{}过了", "昨天{}了", "刚才{}过", "大家记得{}", "以后都要{}", "{}了吗", "{}没", "已经{}了", "早就{}了", "忘了{}"),
    *("忘记{}了", "懒得{}", "我在想要不要{}", "{}需要权限吗", "我{}不了", "{}失败了", "让小张{}", "@小李 {}一下"),
)


@pytest.mark.parametrize("wanted", OF_AN_ALERT)
def test_an_alert_told_by_its_number(wanted: str) -> None:
    said = [way.format(number) for way, number in product(OF_AN_ALERT[wanted], NUMBERS)]
    wrong = [(text, got) for text in said if (got := understood(text, None)) != wanted and "#" not in got]
    assert len(wrong) <= len(said) // 50, wrong


@pytest.mark.parametrize("until", LONG)
def test_until_when_something_is_silenced(until: str) -> None:
    for way, words in product(SILENCED, LONG[until]):
        text = way.format(words)
        assert understood(text, HERE) == f"mute {HERE} {until}", text
        assert understood(f"{RUN} {text}", None) == f"mute {NAMES[RUN]} {until}", text
        assert understood(f"5号{text}", None) == f"mute 5 {until}", text


@pytest.mark.parametrize("until", BEFORE)
def test_before_when_nothing_is_to_be_reported(until: str) -> None:
    for way, words in product(NOT_REPORTED, BEFORE[until]):
        assert understood(way.format(words), HERE) == f"mute {HERE} {until}", way.format(words)


@pytest.mark.parametrize("often", OFTEN)
def test_how_often_something_is_watched(often: str) -> None:
    for way, words in product(WATCHED, OFTEN[often]):
        text = way.format(words)
        assert understood(text, HERE) == f"watch {HERE} {often}", text
        assert understood(f"{RUN} {text}", None) == f"watch {NAMES[RUN]} {often}", text


@pytest.mark.parametrize("end", AT_THE_END)
def test_what_is_to_be_told_at_the_end(end: str) -> None:
    for way in WATCHED_TO_THE_END:
        text = way.format(end)
        assert understood(text, HERE) == f"watch {HERE} end", text
        assert understood(f"{RUN} {text}", None) == f"watch {NAMES[RUN]} end", text
    assert understood(f"盯着 每10分钟 {end}", HERE) == f"watch {HERE} every 10m end"


@pytest.mark.parametrize("wanted", ORDERS)
def test_an_order_whatever_else_is_told(wanted: str) -> None:
    said = [f"{told}{order}" for told, order in product(TOLD_BEFORE, ORDERS[wanted])]
    said += [f"{order}{told}" for told, order in product(TOLD_BEHIND, ORDERS[wanted])]
    wrong = [(text, got) for text in said if (got := understood(text, HERE)) != wanted]
    assert len(wrong) <= len(said) // 50, wrong


@pytest.mark.parametrize("way", [*REFUSED, *PUT_OFF, *TALKED_OF])
def test_what_is_no_order_changes_nothing(way: str) -> None:
    """Neither what is spoken of nor, of all things, its opposite; to watch a run besides harms nobody."""
    for action, (about, run) in product(ACTIONS, (("", HERE), ("5号", None), (f"{RUN} ", None))):
        got = understood(f"{about}{way.format(action)}", run)
        assert not got.startswith(("mute", "unmute", "ack", "wrong", "unwatch", "digest o", "note")), (
            about,
            action,
            got,
        )


BY_OTHERS = (
    *(
        "小王说他来{}",
        "他来{}",
        "等我吃完饭再{}",
        "谁来{}",
        "你来{}吧",
        "让小李{}",
        "让他{}",
        "我没空{}",
        "我不{}了",
        "我可{}不了",
    ),
    *(
        "别让我{}",
        "小李在{}了",
        "师兄帮忙{}一下",
        "我昨天{}过了",
        "没人{}吗",
        "等他回来{}",
        "有人在{}吗",
        "该谁{}",
        "老板会{}的",
    ),
    *(
        "我怎么{}",
        "我回头{}",
        "你先{}着",
        "他们组{}的",
        "这个不归我{}",
        "我也想{}",
        "大家一起{}",
        "轮到谁{}了",
        "@小王 你{}一下",
    ),
    *("{}完了告诉我", "你{}完了吗", "不用我{}吧", "可以让我{}吗", "我同事在{}", "小张{}过没问题", "运维会{}"),
)


@pytest.mark.parametrize("what", ["5", "5 号", RUN, "64wxlc3y"])
@pytest.mark.parametrize("way", ["别给 {} {}", "先别把 {} {}", "不要给 {} {}", "{} 别{}", "{} 还是别{}了"])
def test_what_is_refused_may_stand_between(what: str, way: str) -> None:
    for action in ("静音", "标误报", "认领", "屏蔽"):
        got = understood(way.format(what, action), None)
        assert not got.startswith(("mute", "ack", "wrong")), (action, got)


@pytest.mark.parametrize("way", BY_OTHERS)
def test_what_others_look_after_is_not_taken(way: str) -> None:
    for text in map(way.format, ("看", "处理", "跟", "查", "弄", "接", "管")):
        assert not understood(text, HERE).startswith(("mute", "ack", "wrong", "unwatch", "watch", "note")), text


METRICS = {"loss": "loss", "train/loss": "train/loss", "grad_norm": "grad_norm", "成功率": "success_rate", "kl": "kl"}
LIMITS = {
    "above": ("超过 {}", "大于{}", "高于 {}", "超{}", "> {}", "涨到{}以上", "破{}", "比{}大"),
    "below": ("低于{}", "小于 {}", "掉到{}以下", "不到{}", "< {}", "跌破{}", "比{}小"),
}
TOLD_THEN = ("就喊我", "报警", "告诉我", "叫我一声", "提醒我", "就告警", "的时候说一声", "就@我", "ping me")
TIMES = {
    "09:00": ("九点", "早上9点", "9:00", "上午九点"),
    "18:30": ("下午六点半", "18:30", "晚上6点半", "傍晚六点半"),
    "20:00": ("晚上八点", "20点", "晚8点"),
}
DIGESTS = {
    "": ("日报{}发", "每天{}发日报", "日报改到{}", "{}给我发日报", "以后日报{}发", "日报挪到{}吧", "日报定在{}"),
    " weekdays": ("工作日{}发日报", "周一到周五{}发日报", "日报{}发 周末别发", "每个工作日{}日报"),
}
BESIDES = (
    "跟 {} 比",
    "和{}比呢",
    "vs {}",
    "vs {} 呢",
    "比{}好吗",
    "拿它跟{}比比",
    "有{}好吗",
    "是不是不如{}",
    "和{}相比呢",
)


@pytest.mark.parametrize("side", LIMITS)
def test_from_where_on_something_is_told(side: str) -> None:
    for metric, way, told in product(METRICS, LIMITS[side], TOLD_THEN):
        text = f"{metric} {way.format('0.5')}{told}"
        assert understood(text, None) == f"threshold {METRICS[metric]} {side} 0.5", text


@pytest.mark.parametrize("at", TIMES)
def test_at_which_time_the_digest_is_sent(at: str) -> None:
    for days, ways in DIGESTS.items():
        for way, time in product(ways, TIMES[at]):
            daily = " daily" if "每天" in way else ""
            assert understood(way.format(time), None) == f"digest on {at}{days or daily}", way.format(time)


@pytest.mark.parametrize("way", BESIDES)
def test_with_what_the_run_of_a_thread_is_compared(way: str) -> None:
    for other in ("8k2mf0qd", "dp-cup-v4", "https://wandb.ai/t/p/runs/8k2mf0qd"):
        assert understood(way.format(other), HERE) == f"compare {HERE} {NAMES.get(other, other)}"
