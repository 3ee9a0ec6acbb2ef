"""What the environment says of the webhook."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import SecretStr, field_validator

from bot.chats.port import Chat, Credentials, Probe
from bot.chats.webhook.wire import key_of
from bot.variables import SecretUrl, plain


class WebhookCredentials(Credentials):
    """Where to, and the key that signs. The URL is secret, too: many receivers go by a token in it."""

    webhook_url: SecretUrl | None = None
    webhook_secret: SecretStr | None = None

    @field_validator("webhook_secret")
    @classmethod
    def _is_key(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            key_of(secret.get_secret_value())
        return secret

    @property
    def given(self) -> bool:
        return self.webhook_url is not None

    def mistakes(self) -> list[str]:
        if not self.given or self.webhook_secret is not None:
            return []
        return ["WEBHOOK_SECRET：有 WEBHOOK_URL 时还要它，用来签名；生成一个：openssl rand -base64 32，前面加 whsec_"]

    def chat(self, *, http: bool) -> Chat:
        from bot.chats.webhook.chat import WebhookChat  # noqa: PLC0415

        return WebhookChat(*self._known)

    def probes(self, channels: Sequence[str] = (), running: int | None = None) -> list[Probe]:
        from bot.chats.webhook import probe  # noqa: PLC0415

        return [Probe("Webhook", lambda: probe.receiver(*self._known))]

    @property
    def _known(self) -> tuple[str, bytes]:
        return plain(self.webhook_url) or "", key_of(plain(self.webhook_secret) or "")
