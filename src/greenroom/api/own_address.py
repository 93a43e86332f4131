"""The address of this server, for links that must say it in full."""

from aiohttp import web


def own_address(request: web.Request) -> str:
    """As the client has it, such as `https://host:8190`; a proxy that ends TLS says so."""
    told = request.headers.get("X-Forwarded-Proto")
    scheme = told if told in {"http", "https"} else request.scheme
    return f"{scheme}://{request.host}"
