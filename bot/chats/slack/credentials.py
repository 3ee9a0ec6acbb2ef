"""What the environment says of Slack."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import SecretStr, field_validator

from bot.chats.port import Chat, Credentials, Probe
from bot.variables import Url, plain


class SlackCredentials(Credentials):
    """A bot token; an app token for Socket Mode, or a signing secret for HTTP, or both."""

    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_api_url: Url = "https://slack.com/api/"

    @field_validator("slack_bot_token")
    @classmethod
    def _no_app_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and token.get_secret_value().startswith("xapp-"):
            raise ValueError("这是 App-Level Token（xapp-），这里要 Bot Token（xoxb-）")
        return token

    @field_validator("slack_app_token")
    @classmethod
    def _no_bot_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and token.get_secret_value().startswith("xoxb-"):
            raise ValueError("这是 Bot Token（xoxb-），这里要 App-Level Token（xapp-）")
        return token

    @property
    def given(self) -> bool:
        return self.slack_bot_token is not None

    def mistakes(self) -> list[str]:
        if not self.given or self.slack_app_token or self.slack_signing_secret:
            return []
        return ["SLACK_APP_TOKEN：有 SLACK_BOT_TOKEN 时还要它（长连接），或者给 SLACK_SIGNING_SECRET 走 HTTP"]

    @property
    def missing_for_socket(self) -> str | None:
        return "SLACK_APP_TOKEN" if self.slack_app_token is None else None

    @property
    def signed(self) -> bool:
        return self.slack_signing_secret is not None

    def chat(self, *, http: bool) -> Chat:
        from bot.chats.slack.chat import SlackChat  # noqa: PLC0415

        return SlackChat(
            bot_token=plain(self.slack_bot_token) or "",
            app_token=plain(self.slack_app_token),
            api_url=self.slack_api_url,
            signing_secret=plain(self.slack_signing_secret) if http else None,
        )

    def probes(self, channels: Sequence[str] = (), running: int | None = None) -> list[Probe]:
        from bot.chats.slack import probe  # noqa: PLC0415

        bot, app = plain(self.slack_bot_token) or "", plain(self.slack_app_token)
        probes = [Probe("Slack Bot Token", lambda: probe.token(bot, self.slack_api_url))]
        if app is not None:
            probes.append(Probe("Slack 长连接", lambda: probe.socket(app, self.slack_api_url, running)))
        if channels:
            probes.append(Probe("Slack 频道", lambda: probe.channels(bot, self.slack_api_url, channels)))
        return probes
