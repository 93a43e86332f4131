"""What the server asks of a worker elsewhere, and how the answers travel."""

import hashlib
import json
import zlib
from collections.abc import AsyncIterator

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.link import LARGEST_FRAME
from greenroom.domain.listing import Listing, Question
from greenroom.domain.machine import Machine
from greenroom.domain.page_file import PageContent, PageFile, PageFolder
from greenroom.domain.relay import RelayAnswer, RelayRequest
from greenroom.domain.workflow.node_list import unpack
from greenroom.engine.base import Engine
from greenroom.engine.remote import messages as wire

_UNCHANGED = "unchanged"
_LARGEST_RELAYED = LARGEST_FRAME // 2


def ask_listing(question: Question) -> wire.AskListing:
    return wire.AskListing(question.listing.value, question.key, question.file)


def ask_page(file: PageFile, known: PageContent | None) -> wire.AskPage:
    if known is None:
        return wire.AskPage(file.folder.value, file.path)
    return wire.AskPage(file.folder.value, file.path, known.digest, known.tag)


def nodes(answer: wire.Answer) -> tuple[str, JsonObject]:
    """The digest of the definitions, and the definitions."""
    return str(answer.more[0]), unpack(answer.value or b"")


def machine(answer: wire.Answer) -> Machine:
    told = wire.unpack(answer.value or b"{}")
    return Machine(tuple(told.get("devices", ())), tuple(told.get("embeddings", ())))


def listing(answer: wire.Answer) -> JsonValue:
    told: JsonValue = wire.unpack(answer.value or b"null")
    return told


def page(answer: wire.Answer, known: PageContent | None) -> PageContent | None:
    if answer.more[:1] == (_UNCHANGED,):
        return known
    if answer.value is None:
        return None
    digest, tag = answer.more
    return PageContent(answer.value, str(digest), tag)


def pack_nodes(definitions: JsonObject, known: str) -> tuple[bytes | None, str]:
    """What answers AskNodes: the definitions, unless their digest is `known`; and their digest."""
    text = json.dumps(definitions, separators=(",", ":")).encode()
    digest = hashlib.blake2b(text, digest_size=16).hexdigest()
    return (None if digest == known else zlib.compress(text)), digest


def ask_relay(request: RelayRequest) -> wire.Relay:
    return wire.Relay(
        request.method, request.path, request.query, request.content_type, request.body
    )


def relayed(answer: wire.Answer) -> RelayAnswer:
    status, kind = answer.more

    async def parts() -> AsyncIterator[bytes]:
        yield answer.value or b""

    return RelayAnswer(int(str(status)), kind, parts())


async def answer_relay(call: int, asked: wire.Relay, engine: Engine) -> wire.Answer:
    """TOO_LARGE: what is relayed passes as a whole."""
    request = RelayRequest(asked.method, asked.path, asked.query, asked.content_type, asked.body)
    body = bytearray()
    async with engine.relay(request) as answer:
        async for part in answer.parts:
            body += part
            if len(body) > _LARGEST_RELAYED:
                limit = _LARGEST_RELAYED // 1024**2
                raise AppError(ErrorCode.TOO_LARGE, f"The answer is larger than {limit} MiB.")
    return wire.Answer(call, bytes(body), (str(answer.status), answer.content_type))


async def answer_machine(call: int, engine: Engine) -> wire.Answer:
    told = await engine.machine()
    devices, embeddings = list(told.devices), list(told.embeddings)
    return wire.Answer(call, wire.pack({"devices": devices, "embeddings": embeddings}))


async def answer_listing(call: int, asked: wire.AskListing, engine: Engine) -> wire.Answer:
    question = Question(Listing(asked.listing), asked.key, asked.file)
    return wire.Answer(call, wire.pack(await engine.ask(question)))


async def answer_page(call: int, asked: wire.AskPage, engine: Engine) -> wire.Answer:
    file = PageFile(PageFolder(asked.folder), asked.path)
    known = None if asked.known is None else PageContent(b"", asked.known, asked.tag)
    content = await engine.page_file(file, known)
    if content is None:
        return wire.Answer(call)
    if content.digest == asked.known:
        return wire.Answer(call, more=(_UNCHANGED,))
    return wire.Answer(call, content.data, (content.digest, content.tag))
