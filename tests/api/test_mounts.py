"""Route tables become one application, or none when two claim the same."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from greenroom.api.mounts import Gate, mount
from greenroom.api.native.errors import prompt_error
from greenroom.api.routes import Dialect, Route
from greenroom.api.settings import EdgeSettings
from greenroom.api.wire import json_response


async def hello(call):
    return json_response("hello")


def dialect(name, *paths, prefix="", method="GET"):
    routes = tuple(Route(method, path, hello) for path in paths)
    return Dialect(name, routes, prompt_error, prefix)


def mounted(services, *dialects):
    app = web.Application()
    mount(app, Gate(services, EdgeSettings()), dialects)
    return app


@pytest.mark.parametrize(
    ("first", "second"),
    [("/jobs", "/jobs"), ("/jobs/{id}", "/jobs/{job_id}"), ("/a/{x}/b", "/a/{y:.*}/b")],
)
async def test_two_dialects_that_claim_one_path_are_refused(services, first, second):
    with pytest.raises(ValueError, match=r"second and first both claim GET"):
        mounted(services, dialect("first", first), dialect("second", second))


async def test_a_dialect_that_claims_a_path_twice_is_refused(services):
    with pytest.raises(ValueError, match=r"one and one both claim"):
        mounted(services, dialect("one", "/a", "/a"))


async def test_the_same_path_may_have_other_methods_and_prefixes(services):
    mounted(
        services,
        dialect("one", "/jobs"),
        dialect("two", "/jobs", method="POST"),
        dialect("three", "/jobs", prefix="/cloud"),
    )


async def test_no_dialect_of_the_server_overlaps_another(edge):
    async with edge() as client:
        assert (await client.get("/healthz")).status == 200


async def test_an_unforeseen_error_is_told_as_internal_without_its_words(services):
    async def broken(call):
        raise KeyError("a secret of the inside")

    table = Dialect("one", (Route("GET", "/x", broken),), prompt_error)
    async with TestClient(TestServer(mounted(services, table))) as client:
        answer = await client.get("/x")
        assert answer.status == 500
        assert "secret" not in await answer.text()
        assert (await answer.json())["error"]["type"] == "internal"
