"""What people in ML teams type in a group chat, and what each means. Written before there was a parser for it.

text, whether it stands in the thread under a card of the run `HERE`, the command, what is handed to it.
"" is the diagnosis of a run, "hint" the one line of help.
"""

from __future__ import annotations

HERE = "team/robot/th7ead01"
URL = "https://wandb.ai/team/robot/runs/64wxlc3y"

SENTENCES: list[tuple[str, bool, str, str]] = [
    # a run somewhere in a sentence
    ("看下 64wxlc3y 还有救吗", False, "", "64wxlc3y"),
    (f"这个 run 咋样 {URL}", False, "", URL),
    (f"这个run咋样？{URL}?nw=nwuseralice，跑了一晚上了", False, "", f"{URL}?nw=nwuseralice"),
    (f"<{URL}|act-uot-64wxlc3y> 帮忙看看", False, "", URL),
    (f"昨晚起的\n{URL}/overview\nloss 好像不太对", False, "", f"{URL}/overview"),
    ("> 64wxlc3y 的 loss 又飞了\n这个要停吗", False, "", "64wxlc3y"),
    ("“64wxlc3y” 收敛了没", False, "", "64wxlc3y"),
    ("64wxlc3y咋样了", False, "", "64wxlc3y"),
    ("check 一下 64wxlc3y pls", False, "", "64wxlc3y"),
    ("is 64wxlc3y still ok?", False, "", "64wxlc3y"),
    ("team/robot/64wxlc3y 这个 loss 曲线感觉怪怪的", False, "", "team/robot/64wxlc3y"),
    ("robot/64wxlc3y 还要不要继续训", False, "", "robot/64wxlc3y"),
    ("wandb.ai/team/robot/runs/64wxlc3y 看看这个", False, "", "wandb.ai/team/robot/runs/64wxlc3y"),
    ("诊断一下 64wxlc3y", False, "", "64wxlc3y"),
    ("64wxlc3y 比较奇怪，lr 没降", False, "", "64wxlc3y"),
    ("帮看下 bright-sunset-42 咋样了", False, "", "bright-sunset-42"),
    # two runs
    ("帮我对比下 a1b2c3d4 和 64wxlc3y", False, "compare", "a1b2c3d4 64wxlc3y"),
    ("a1b2c3d4 跟 64wxlc3y 哪个好", False, "compare", "a1b2c3d4 64wxlc3y"),
    (f"{URL} vs https://wandb.ai/team/robot/runs/a1b2c3d4", False, "compare",
     f"{URL} https://wandb.ai/team/robot/runs/a1b2c3d4"),
    ("compare a1b2c3d4 with 64wxlc3y", False, "compare", "a1b2c3d4 64wxlc3y"),
    ("a1b2c3d4、64wxlc3y、zz9yy8xx 这三个差在哪", False, "compare", "a1b2c3d4 64wxlc3y zz9yy8xx"),
    # a run and a command
    ("帮我盯一下 64wxlc3y", False, "watch", "64wxlc3y"),
    ("64wxlc3y 帮我看着点，有问题喊我", False, "watch", "64wxlc3y"),
    ("盯着 64wxlc3y 每 10 分钟看一次", False, "watch", "64wxlc3y every 10m"),
    ("麻烦关注下64wxlc3y，谢谢", False, "watch", "64wxlc3y"),
    ("64wxlc3y 不用盯了", False, "unwatch", "64wxlc3y"),
    ("给我一份 64wxlc3y 的详细报告", False, "full", "64wxlc3y"),
    ("64wxlc3y 先静音两小时", False, "mute", "64wxlc3y 2h"),
    ("为啥说 64wxlc3y 梯度爆了", False, "why", "64wxlc3y"),
    ("记一下 64wxlc3y 真机成功率 12/20 @5000", False, "note", "64wxlc3y 真机成功率 12/20 @5000"),
    # in the thread the run is known
    ("完整", True, "full", HERE),
    ("详细报告发我看看", True, "full", HERE),
    ("为什么", True, "why", HERE),
    ("为啥说梯度爆了", True, "why", HERE),
    ("第 2 条怎么判断的", True, "why", f"{HERE} 2"),
    ("第二条依据是啥？", True, "why", f"{HERE} 2"),
    ("对比 64wxlc3y", True, "compare", f"{HERE} 64wxlc3y"),
    ("跟 64wxlc3y 比呢", True, "compare", f"{HERE} 64wxlc3y"),
    ("静音 2h", True, "mute", f"{HERE} 2h"),
    ("先静音两小时", True, "mute", f"{HERE} 2h"),
    ("别吵了，明天再说", True, "mute", f"{HERE} tomorrow"),
    ("取消静音", True, "unmute", HERE),
    ("认领", True, "ack", HERE),
    ("我来看", True, "ack", HERE),
    ("误报", True, "wrong", HERE),
    ("这个误报吧", True, "wrong", HERE),
    ("关注", True, "watch", HERE),
    ("取关", True, "unwatch", HERE),
    ("还有救吗", True, "", HERE),
    ("看下 64wxlc3y", True, "", "64wxlc3y"),
    # what needs no run
    ("谁在跟", False, "alerts", ""),
    ("现在盯着哪些 run", False, "list", ""),
    ("每天 9 点发日报", False, "digest", "on 09:00"),
    ("工作日早上九点半发个日报吧", False, "digest", "on 09:30 weekdays"),
    ("日报先别发了", False, "digest", "off"),
    ("为啥昨晚没报警", False, "quiet", ""),
    ("这个怎么用啊", False, "help", ""),
    ("grad-spike 是什么意思", False, "rules", "grad-spike"),
    # nothing of ours: one line of help, and nobody is blamed
    ("你好", False, "hint", "你好！"),
    ("谢谢大佬！", False, "hint", "不客气。"),
    ("谢谢", True, "hint", "不客气。"),
    ("在吗", False, "hint", ""),
    ("今天中午吃啥", False, "hint", ""),
    ("lr 一般设多少合适？", False, "hint", ""),
    ("哈哈哈哈 loss 又 nan 了", False, "hint", ""),
    ("my best run", False, "hint", ""),
    ("你是谁", False, "hint", ""),
    ("train/loss 和 eval/loss 有什么区别", False, "hint", ""),
    ("2026/11/28 的会改到 15:30 了", False, "hint", ""),
    ("这篇不错 https://arxiv.org/abs/2401.01234", False, "hint", ""),
]  # fmt: skip
