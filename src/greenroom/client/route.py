"""The way to a server that a user named: the proxies and certificates of the environment count."""

import asyncio
import os
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from greenroom.domain.address import is_loopback
from greenroom.domain.errors import AppError, ErrorCode

_CERTIFICATES = "SSL_CERT_FILE"
_UNPROXIED = "NO_PROXY names hosts that need none"
_OTHER_HOST = frozenset({62, 64})
_NOT_NOW = frozenset({9, 10})
"""OpenSSL's numbers for a name or an address that differs; not yet valid, and expired."""


async def session_to(
    url: str, headers: dict[str, str], limits: aiohttp.ClientTimeout
) -> aiohttp.ClientSession:
    """For calls to one server. BAD_REQUEST when SSL_CERT_FILE names no file.

    HTTP_PROXY, HTTPS_PROXY and NO_PROXY are heeded, but this machine is never reached by a proxy.
    """
    return aiohttp.ClientSession(
        headers=headers,
        timeout=limits,
        trust_env=not is_loopback(_host(url)),
        connector=aiohttp.TCPConnector(ssl=await asyncio.to_thread(_trusted, url)),
    )


def why_unreachable(error: Exception) -> str:  # noqa: PLR0911 - one for each
    """What is in the way, and what helps where that is known: a phrase without a full stop."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return _bad_certificate(error.certificate_error)
        case aiohttp.ClientConnectorSSLError():
            return f"it does not speak TLS as it should: {error.os_error.strerror}; is it http://?"
        case aiohttp.ClientHttpProxyError():
            return _refused_by_proxy(error)
        case aiohttp.ClientProxyConnectionError():
            proxy, why = f"{error.host}:{error.port}", _why(error.os_error)
            return f"the proxy at {proxy} cannot be reached: {why}; {_UNPROXIED}"
        case aiohttp.WSServerHandshakeError():
            return (
                f"its WebSocket is answered with {error.status}; a proxy before it must pass on "
                "the headers Upgrade and Connection"
            )
        case aiohttp.ClientConnectorDNSError():
            return f"the host name {error.host} cannot be found"
        case aiohttp.ClientConnectorError():
            return _why(error.os_error)
        case TimeoutError():
            return "it did not answer in time"
        case _:
            return str(error) or type(error).__name__


def _trusted(url: str) -> ssl.SSLContext | bool:
    named = os.environ.get(_CERTIFICATES)
    if urlsplit(url).scheme != "https" or not named:
        return True
    if not Path(named).is_file():
        raise AppError(ErrorCode.BAD_REQUEST, f"{_CERTIFICATES} names {named}, which is no file.")
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(named)
    except ssl.SSLError as error:
        told = f"{_CERTIFICATES} names {named}, which holds no certificates in PEM form."
        raise AppError(ErrorCode.BAD_REQUEST, told) from error
    return context


def _bad_certificate(error: Exception) -> str:
    if not isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted here: {error}"
    reason = error.verify_message.rstrip(".")
    if error.verify_code in _OTHER_HOST:
        return f"its certificate is for another host: {reason}"
    if error.verify_code in _NOT_NOW:
        return f"its certificate is not valid now: {reason}; is this machine's clock right?"
    now = f" (now: {named})" if (named := os.environ.get(_CERTIFICATES)) else ""
    helps = f"if its authority is your own, let {_CERTIFICATES} name that one's certificate{now}"
    return f"its certificate is not trusted here: {reason}; {helps}"


def _refused_by_proxy(error: aiohttp.ClientHttpProxyError) -> str:
    proxy = error.request_info.real_url
    if error.status == 401:
        return f"the proxy {proxy} does not accept the user and the password in HTTPS_PROXY"
    if error.status == 407:
        return (
            f"the proxy {proxy} wants a user and a password: write http://USER:PASSWORD@HOST:PORT "
            "in HTTPS_PROXY"
        )
    told = f"{error.status} {error.message}"
    return f"the proxy {proxy} refuses the connection: {told}; {_UNPROXIED}"


def _why(error: OSError) -> str:
    return error.strerror or str(error)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
