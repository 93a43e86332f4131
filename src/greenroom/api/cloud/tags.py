"""Tags: which there are, and those of one asset."""

from collections.abc import Mapping

from aiohttp import web

from greenroom.api.bodies import read_object
from greenroom.api.cloud import asset_fields as fields
from greenroom.api.cloud.assets import named
from greenroom.api.cloud.parameters import asset_query, choice, whole
from greenroom.api.context import Call
from greenroom.api.wire import json_response
from greenroom.domain.asset_query import AssetQuery, all_tags


async def page(call: Call) -> web.StreamResponse:
    """Tags without assets are forgotten, so there is none to include."""
    limit, offset = whole(call, "limit", 100, 1, 1000), whole(call, "offset", 0, 0)
    order = choice(call, "order", "count_desc", ("count_desc", "name_asc"))
    prefix = call.query("prefix") or ""
    counts = await call.services.asset_library.tag_counts(call.principal, AssetQuery())
    names = sorted(tag for tag in counts if tag.startswith(prefix))
    if order == "count_desc":
        names.sort(key=lambda tag: -counts[tag])
    chosen = names[offset : offset + limit]
    return json_response(
        {
            "tags": [{"name": tag, "count": counts[tag]} for tag in chosen],
            "total": len(names),
            "has_more": offset + len(chosen) < len(names),
        }
    )


async def histogram(call: Call) -> web.StreamResponse:
    """The most frequent tags of the assets that fit a query."""
    limit = whole(call, "limit", 100, 1, 1000)
    counts = await call.services.asset_library.tag_counts(call.principal, asset_query(call))
    return json_response({"tag_counts": _most(counts, limit)})


async def add(call: Call) -> web.StreamResponse:
    tags = fields.tags((await read_object(call.request)).get("tags"), at_least=1)
    done = await call.services.asset_library.add_tags(call.principal, named(call), tags)
    return json_response(
        {
            "added": done.changed,
            "already_present": done.unchanged,
            "total_tags": all_tags(done.asset),
        }
    )


async def remove(call: Call) -> web.StreamResponse:
    tags = fields.tags((await read_object(call.request)).get("tags"), at_least=1)
    done = await call.services.asset_library.remove_tags(call.principal, named(call), tags)
    return json_response(
        {
            "removed": done.changed,
            "not_present": done.unchanged,
            "total_tags": all_tags(done.asset),
        }
    )


def _most(counts: Mapping[str, int], limit: int) -> dict[str, int]:
    names = sorted(counts, key=lambda tag: (-counts[tag], tag))
    return {tag: counts[tag] for tag in names[:limit]}
