"""How a request names the webhook of what it submits: in its query or in its body."""

from collections.abc import Mapping

from greenroom.api.context import Call
from greenroom.api.own_address import own_address
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonValue
from greenroom.domain.webhook import SAME_WEBHOOK, SameWebhook, Webhook, WebhookEvents, WebhookForm

OWN = "webhook_url"
INTERMEDIATE = "webhook_intermediate_status"
EVENTS = "webhook_events"
FIELDS = (OWN, INTERMEDIATE, EVENTS)
_TRUE, _FALSE = ("true", "1"), ("false", "0", "")
_OF_JOB = (WebhookEvents.FINAL, WebhookEvents.ALL)
_OF_BATCH = (*_OF_JOB, WebhookEvents.BATCH)


async def read_webhook(
    call: Call,
    body: Mapping[str, JsonValue],
    name: str = OWN,
    form: WebhookForm = WebhookForm.JOB,
) -> Webhook | None:
    """The webhook, checked; None when none is named. What stands in the query wins. BAD_REQUEST."""
    url = _url(call, body, name)
    if url is None:
        return None
    named = Webhook(url, _events(call, body, _OF_JOB), form, own_address(call.request))
    return await call.services.webhooks.checked(named)


async def read_batch_webhook(call: Call, body: Mapping[str, JsonValue]) -> Webhook | None:
    """As read_webhook, for several jobs: it may be told of the batch alone."""
    url = _url(call, body, OWN)
    if url is None:
        return None
    named = Webhook(url, _events(call, body, _OF_BATCH), base=own_address(call.request))
    return await call.services.webhooks.checked(named)


async def read_rerun_webhook(
    call: Call, body: Mapping[str, JsonValue]
) -> Webhook | SameWebhook | None:
    """As read_webhook; that of the first run when none is named, none when an empty one is."""
    if _given(call, body, OWN) is None:
        return SAME_WEBHOOK
    return await read_webhook(call, body)


def _url(call: Call, body: Mapping[str, JsonValue], name: str) -> str | None:
    url = _given(call, body, name)
    if url is None or url == "":
        return None
    if not isinstance(url, str):
        raise AppError(ErrorCode.BAD_REQUEST, f"'{name}' must be a URL.")
    return url


def _events(
    call: Call, body: Mapping[str, JsonValue], choice: tuple[WebhookEvents, ...]
) -> WebhookEvents:
    every_change, word = _flag(call, body), _given(call, body, EVENTS)
    if word is None:
        return WebhookEvents.ALL if every_change else WebhookEvents.FINAL
    if word not in choice:
        raise AppError(ErrorCode.BAD_REQUEST, f"'{EVENTS}' is one of {', '.join(choice)}.")
    return WebhookEvents(str(word))


def _flag(call: Call, body: Mapping[str, JsonValue]) -> bool:
    value = _given(call, body, INTERMEDIATE)
    if value is None or isinstance(value, bool):
        return bool(value)
    word = value.lower() if isinstance(value, str) else None
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise AppError(ErrorCode.BAD_REQUEST, f"'{INTERMEDIATE}' must be true or false.")


def _given(call: Call, body: Mapping[str, JsonValue], name: str) -> JsonValue:
    asked = call.query(name)
    return body.get(name) if asked is None else asked
