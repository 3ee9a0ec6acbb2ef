"""Calls of the SDK, whose every failure is a DeliveryError."""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPException
from typing import Any

from slack_sdk.errors import SlackApiError, SlackRequestError

from bot.chats.port import NotSent
from bot.chats.slack import wire


def call(method: Callable[..., Any], **args: Any) -> Any:
    """Calls the SDK. Raises DeliveryError for everything that it raises."""
    try:
        return method(**args)
    except SlackApiError as error:
        raise wire.answered(error.response) from None
    except SlackRequestError:
        raise NotSent("Slack：文件没有传上去") from None  # the one that uploads; nothing is shared by then
    except (HTTPException, OSError) as error:
        raise wire.network(error) from None
