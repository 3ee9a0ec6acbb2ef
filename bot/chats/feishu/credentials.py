"""What the environment says of Feishu."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.chats.port import Chat, Credentials, Probe
from bot.variables import Url, plain


class FeishuCredentials(Credentials):
    """An app's id and secret; for events over HTTP its encrypt key (which signs them) or its verification token."""

    feishu_app_id: str | None = None
    feishu_app_secret: SecretStr | None = None
    feishu_encrypt_key: SecretStr | None = None
    feishu_verification_token: SecretStr | None = None
    feishu_domain: Url = "https://open.feishu.cn"

    @property
    def given(self) -> bool:
        return self.feishu_app_id is not None

    def mistakes(self) -> list[str]:
        wrong = []
        if self.given and not self.feishu_app_secret:
            wrong.append("FEISHU_APP_SECRET：有 FEISHU_APP_ID 时还要它")
        domain = urlsplit(self.feishu_domain)
        if domain.scheme == "http" and domain.hostname not in ("127.0.0.1", "localhost", "::1"):
            wrong.append("FEISHU_DOMAIN：除本机外只能用 https")
        return wrong

    @property
    def signed(self) -> bool:
        return bool(self.feishu_encrypt_key or self.feishu_verification_token)

    def chat(self, *, http: bool) -> Chat:
        from bot.chats.feishu.chat import FeishuChat  # noqa: PLC0415

        app_id, app_secret = self._app
        return FeishuChat(
            app_id=app_id,
            app_secret=app_secret,
            domain=self.feishu_domain,
            encrypt_key=plain(self.feishu_encrypt_key),
            verification_token=plain(self.feishu_verification_token),
        )

    def probes(self, channels: Sequence[str] = (), running: int | None = None) -> list[Probe]:
        from bot.chats.feishu import probe  # noqa: PLC0415

        probes = [
            Probe("飞书应用", lambda: probe.app(*self._app, self.feishu_domain, http=self.signed)),
            Probe("飞书长连接", lambda: probe.socket(*self._app, self.feishu_domain)),
        ]
        if channels:
            probes.append(Probe("飞书群", lambda: probe.chats(*self._app, self.feishu_domain, channels)))
        return probes

    @property
    def _app(self) -> tuple[str, str]:
        return self.feishu_app_id or "", plain(self.feishu_app_secret) or ""
