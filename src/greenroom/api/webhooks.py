"""Look at the deliveries of webhooks, send one again, and change the secret, over HTTP."""

from typing import Any, assert_never

from aiohttp import web

from greenroom.api.bodies import read_object
from greenroom.api.context import Call
from greenroom.api.error_status import status_of
from greenroom.api.routes import Dialect, Route
from greenroom.api.wire import json_response
from greenroom.domain.delivery import BatchNews, Delivery, DeliveryStatus, JobNews
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DeliveryId, JobId
from greenroom.domain.webhook import target_of
from greenroom.service.webhook_secrets import KEEP_OLD_MS, WebhookSecret

_USUAL_LIMIT, _LARGEST_LIMIT = 50, 500
_LONGEST_KEEP_S = 30 * 86_400


async def page(call: Call) -> web.StreamResponse:
    """The newest first; `before` is the `next` of the page before.

    `status`, `job` and `target` choose; of a target scheme, host and port count.
    """
    limit = min(_whole(call, "limit") or _USUAL_LIMIT, _LARGEST_LIMIT)
    job = call.query("job")
    found = await call.services.webhooks.page(
        call.principal,
        limit + 1,
        status=_status(call),
        job_id=JobId(job) if job else None,
        target=_target(call),
        before=_whole(call, "before"),
    )
    more = len(found) > limit
    told = {
        "deliveries": [_told(one) for one in found[:limit]],
        "next": found[limit - 1].seq if more else None,
        "resting": await call.services.webhooks.resting(call.principal),
    }
    return json_response(told)


async def one(call: Call) -> web.StreamResponse:
    """With every try, and the body as it was sent last."""
    found = await call.services.webhooks.one(call.principal, _id(call))
    body = None if found.body is None else found.body.decode()
    return json_response({**_told(found.delivery), "tries": found.tries, "body": body})


async def resend(call: Call) -> web.StreamResponse:
    return json_response(
        _told(await call.services.webhooks.send_again(call.principal, _id(call))), 202
    )


async def secrets(call: Call) -> web.StreamResponse:
    """Those that sign now, the newest first."""
    found = await call.services.webhooks.secrets.all(call.principal)
    return _private({"secrets": [_secret(one) for one in found]})


async def rotate(call: Call) -> web.StreamResponse:
    """A new secret; the old one signs too for another `keep_seconds`, a day when it is not said."""
    body = await read_object(call.request) if call.request.can_read_body else {}
    seconds = body.get("keep_seconds", KEEP_OLD_MS // 1000)
    whole = isinstance(seconds, int) and not isinstance(seconds, bool)
    if not whole or not 0 <= int(str(seconds)) <= _LONGEST_KEEP_S:
        raise _bad("keep_seconds must be a whole number, at most 30 days.")
    made = await call.services.webhooks.secrets.rotate(call.principal, int(str(seconds)) * 1000)
    return _private(_secret(made))


def _target(call: Call) -> str | None:
    text = call.query("target")
    if not text:
        return None
    try:
        return target_of(text if "://" in text else f"https://{text}")
    except ValueError:
        raise _bad("target is a URL, or a host.") from None


def _told(delivery: Delivery) -> dict[str, Any]:
    """Times are milliseconds since the Unix epoch."""
    return {
        "id": delivery.id,
        **_news(delivery.news),
        "at": delivery.at,
        "url": delivery.url,
        "status": delivery.status,
        "attempts": delivery.tries,
        "next_at": delivery.next_at,
        "ended_at": delivery.ended_at,
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
    }


def _news(news: JobNews | BatchNews) -> dict[str, str | None]:
    match news:
        case JobNews():
            return {"job_id": news.job_id, "job_state": news.state, "batch_id": None}
        case BatchNews():
            return {"job_id": None, "job_state": None, "batch_id": news.batch_id}
        case _:
            assert_never(news)


def _secret(secret: WebhookSecret) -> dict[str, Any]:
    return {
        "secret": secret.text, "created_at": secret.created_at, "ends_at": secret.ends_at,
    }  # fmt: skip


def _private(told: dict[str, Any]) -> web.Response:
    response = json_response(told)
    response.headers["Cache-Control"] = "no-store"
    return response


def _id(call: Call) -> DeliveryId:
    return DeliveryId(call.part("id"))


def _status(call: Call) -> DeliveryStatus | None:
    text = call.query("status")
    if not text:
        return None
    if text not in set(DeliveryStatus):
        raise _bad(f"status={text} is not one of: {', '.join(DeliveryStatus)}.")
    return DeliveryStatus(text)


def _whole(call: Call, name: str) -> int | None:
    text = call.query(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise _bad(f"{name} must be a whole number.")
    return int(text)


def _bad(message: str) -> AppError:
    return AppError(ErrorCode.BAD_REQUEST, message)


def _answer(error: AppError) -> web.Response:
    told = {"code": error.code, "message": error.message, "details": error.details}
    return json_response(told, status_of(error.code))


WEBHOOKS = Dialect(
    name="webhooks",
    prefix="/api/admin/webhooks",
    routes=(
        Route("GET", "/deliveries", page),
        Route("GET", "/deliveries/{id}", one),
        Route("POST", "/deliveries/{id}/resend", resend),
        Route("GET", "/secrets", secrets),
        Route("POST", "/secrets/rotate", rotate),
    ),
    errors=_answer,
)
