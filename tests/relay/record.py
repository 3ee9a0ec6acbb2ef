"""What would be the relay's record in `bot.platforms`."""

from __future__ import annotations

from bot.outgoing import Capabilities
from bot.platforms import Platform
from tests.relay.credentials import RelayCredentials

RELAY = Platform(
    name="relay",
    title="Relay",
    example="team",
    can=Capabilities(inline_charts=False, files=False, edits=True, buttons=False, look_up=True),
    rule="rooms",
    credentials=RelayCredentials,
    variable="RELAY_TOKEN",
)
