"""What the environment says of the relay."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import SecretStr

from bot.chats.port import Chat, Credentials, Probe
from bot.variables import Url, plain


class RelayCredentials(Credentials):
    """A token; a secret for events over HTTP."""

    relay_token: SecretStr | None = None
    relay_secret: SecretStr | None = None
    relay_url: Url = "https://relay.example"

    @property
    def given(self) -> bool:
        return self.relay_token is not None

    @property
    def signed(self) -> bool:
        return self.relay_secret is not None

    def chat(self, *, http: bool) -> Chat:
        from tests.relay.chat import RelayChat  # noqa: PLC0415

        return RelayChat(self.relay_url, plain(self.relay_token) or "", plain(self.relay_secret))

    def probes(self, channels: Sequence[str] = (), running: int | None = None) -> list[Probe]:
        from tests.relay import probe  # noqa: PLC0415

        return [Probe("Relay", lambda: probe.token(self.relay_url, plain(self.relay_token) or ""))]
