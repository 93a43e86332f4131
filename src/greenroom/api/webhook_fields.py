"""How a request names the webhook of the job that it submits: in its query or in its body."""

from collections.abc import Mapping

from greenroom.api.context import Call
from greenroom.api.own_address import own_address
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonValue
from greenroom.domain.webhook import Webhook, WebhookEvents, WebhookForm

OWN = "webhook_url"
INTERMEDIATE = "webhook_intermediate_status"
FIELDS = (OWN, INTERMEDIATE)
_TRUE, _FALSE = ("true", "1"), ("false", "0", "")


async def read_webhook(
    call: Call,
    body: Mapping[str, JsonValue],
    name: str = OWN,
    form: WebhookForm = WebhookForm.JOB,
) -> Webhook | None:
    """The webhook, checked; None when none is named. What stands in the query wins. BAD_REQUEST."""
    url = _given(call, body, name)
    if url is None or url == "":
        return None
    if not isinstance(url, str):
        raise AppError(ErrorCode.BAD_REQUEST, f"'{name}' must be a URL.")
    events = WebhookEvents.ALL if _flag(call, body) else WebhookEvents.FINAL
    named = Webhook(url, events, form, own_address(call.request))
    return await call.services.webhooks.checked(named)


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
