"""The records of the chat platforms: all that the rest of the program knows of them.

How to add one: docs/platforms.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.address import Address
from bot.chats.feishu.credentials import FeishuCredentials
from bot.chats.port import Credentials
from bot.chats.slack.credentials import SlackCredentials
from bot.chats.webhook.credentials import WebhookCredentials
from bot.outgoing import Capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One platform.

    name         begins its addresses, names its rule in `access` and its endpoint `/<name>/events`
    title        what people call it
    example      a channel, for messages; empty on a platform with only one channel
    can          what it can do
    rule         the key in `access.<name>` that lists the channels that are answered; None: nobody else can reach it
    credentials  its variables of the environment; None: `serve` does not start it
    variable     the one that switches it on
    libraries    the loggers of its packages
    """

    name: str
    title: str
    example: str
    can: Capabilities
    rule: str | None = None
    credentials: type[Credentials] | None = None
    variable: str = ""
    libraries: tuple[str, ...] = ()

    @property
    def address(self) -> Address:
        """An example."""
        return Address(self.name, self.example)


SLACK = Platform(
    name="slack",
    title="Slack",
    example="C0TEAM",
    can=Capabilities(inline_charts=False, files=True, edits=True, buttons=True, look_up=True, previews=True),
    rule="channels",
    credentials=SlackCredentials,
    variable="SLACK_BOT_TOKEN",
    libraries=("slack_bolt", "slack_sdk"),
)
FEISHU = Platform(
    name="feishu",
    title="飞书",
    example="oc_team",
    # Feishu drops a repetition for an hour, it says; the rest is for clocks and slow answers.
    can=Capabilities(
        inline_charts=True,
        files=True,
        edits=True,
        buttons=True,
        look_up=True,
        plots=True,
        previews=True,
        idempotent_s=3000.0,
    ),
    rule="chats",
    credentials=FeishuCredentials,
    variable="FEISHU_APP_ID",
    libraries=("Lark", "lark_oapi"),
)
WEBHOOK = Platform(
    name="webhook",
    title="Webhook",
    example="ops",
    # It only takes what it is sent. A chart is not sent: receivers limit what they take, and the report page has it.
    can=Capabilities(
        inline_charts=True,
        files=False,
        edits=True,
        buttons=True,
        look_up=False,
        idempotent_s=86_400.0,  # receivers are told to keep ids for so long
    ),
    rule="channels",
    credentials=WebhookCredentials,
    variable="WEBHOOK_URL",
)
CONSOLE = Platform(
    name="console",
    title="终端",
    example="",
    # What stands on a screen cannot be edited. A button is shown by its label.
    can=Capabilities(inline_charts=True, files=True, edits=False, buttons=True, look_up=True, threads=False),
)
# The same place as a page in the browser: it takes the other's part where `curvebot chat --web` runs.
CONSOLE_PAGE = replace(
    CONSOLE,
    title="网页",
    can=Capabilities(inline_charts=True, files=True, edits=True, buttons=True, look_up=True),
)
PLATFORMS = (SLACK, FEISHU, WEBHOOK, CONSOLE)
