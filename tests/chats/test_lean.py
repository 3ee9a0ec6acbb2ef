"""The Feishu SDK is imported without the services that we do not speak to, and whole where that does not work."""

from __future__ import annotations

import subprocess
import sys

_LEAN = """
import sys
from bot.chats.feishu import lean
{before}
lark = lean.import_sdk()
client = lark.Client.builder().app_id("a").app_secret("b").build()
handler = lark.EventDispatcherHandler.builder("", "").register_p2_im_message_receive_v1(lambda event: None).build()
assert hasattr(client.im.v1.message, "create")
assert lark.ws.Client and lark.BaseRequest and lark.JSON
from lark_oapi.api.im.v1 import P2ImMessageReceiveV1
from lark_oapi.event.callback.model.p2_card_action_trigger import P2CardActionTriggerResponse
print(sum(name.startswith("lark_oapi") for name in sys.modules))
"""


def modules(before: str) -> int:
    program = [sys.executable, "-W", "error::DeprecationWarning:__main__", "-c", _LEAN.format(before=before)]
    return int(subprocess.run(program, check=True, capture_output=True, text=True).stdout.split()[-1])


def test_a_tenth_of_it_is_enough() -> None:
    assert modules("") < 1500


def test_what_a_later_version_does_not_take_is_imported_whole() -> None:
    broken = """
def fail(self, module):
    raise NameError("changed")
lean._Empty.exec_module = fail
"""
    assert modules(broken) > 5000
