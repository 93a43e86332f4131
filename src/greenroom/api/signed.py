"""Links that open one asset's bytes without a key, for a while."""

from aiohttp import web

from greenroom.api.context import Call
from greenroom.api.files import file_headers
from greenroom.api.own_address import own_address
from greenroom.api.sent_file import SentFile
from greenroom.domain.asset import Asset
from greenroom.domain.clock import Millis
from greenroom.domain.ids import AssetId, TenantId
from greenroom.service.asset_records import file_path
from greenroom.service.signed_links import Signed


def link(call: Call, base: str, asset_id: AssetId) -> tuple[str, Millis]:
    """An absolute address below `base`, and until when it opens the bytes."""
    signed = call.services.signed_links.sign(call.principal, asset_id)
    return f"{own_address(call.request)}{base}/{asset_id}?{signed.query}", signed.expires_at


async def opened(call: Call) -> Asset:
    """The asset that a link is for. FORBIDDEN, NOT_FOUND."""
    asset_id = AssetId(call.part("id"))
    expires = call.query("expires") or ""
    shown = Signed(
        TenantId(call.query("tenant") or ""),
        Millis(int(expires) if expires.isascii() and expires.isdecimal() else 0),
        call.query("signature") or "",
    )
    owner = call.services.signed_links.check(asset_id, shown)
    return await call.services.asset_records.get(owner, asset_id)


async def content(call: Call) -> web.StreamResponse:
    """The bytes for whoever has the link, with their own media type."""
    found = await opened(call)
    name = file_path(found).rpartition("/")[2]
    headers = {"Cache-Control": "private, no-cache", **file_headers(call.request, name)}
    return SentFile(call.services.assets.local_path(found), headers=headers)
