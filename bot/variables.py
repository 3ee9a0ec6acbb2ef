"""Variables of the environment as checked values. Which there are, each part says: the program, every platform."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("要写成 https://主机 这样的网址")
    return text


def _secret_url(secret: SecretStr) -> SecretStr:
    _url(secret.get_secret_value())
    return secret


Url = Annotated[str, AfterValidator(_url)]
SecretUrl = Annotated[SecretStr, AfterValidator(_secret_url)]


class Variables(BaseSettings):
    """Those that belong together: each field is a variable, in lower case. Secrets are `SecretStr`.

    A call reads the environment (without files: `bot.settings` knows them); `model_construct()` is the defaults.
    """

    model_config = SettingsConfigDict(
        alias_generator=str.upper,
        case_sensitive=True,
        env_ignore_empty=True,
        enable_decoding=False,  # no JSON: what fails in it is no ValidationError
        frozen=True,
        hide_input_in_errors=True,
    )

    @classmethod
    def names(cls) -> list[str]:
        """As they stand in the environment."""
        return [field.upper() for field in cls.model_fields]

    def secrets(self) -> list[str]:
        """Every secret value, for the redaction of logs."""
        return [value.get_secret_value() for _, value in self if isinstance(value, SecretStr)]


def plain(secret: SecretStr | None) -> str | None:
    """The text of a secret that may be missing."""
    return None if secret is None else secret.get_secret_value()
