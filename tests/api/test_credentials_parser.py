"""Whatever a request shows, it is let in for a valid key only, and never breaks the server."""

from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from greenroom.api.credentials import shown_key
from greenroom.api.csrf import require_own_page
from greenroom.api.login import local_address
from greenroom.domain.api_key import digest_of
from greenroom.domain.errors import AppError

KEY = "gr_00000001_a-valid-key"
NAMES = st.sampled_from(
    ["X-API-Key", "Authorization", "Cookie", "Upgrade", "Accept", "Origin", "Host"]
)
VALUES = st.one_of(
    st.sampled_from(
        [KEY, f"Bearer {KEY}", f"bearer  {KEY} ", "Bearer", "Bearer ", "Basic x", "websocket",
         "WebSocket", "text/event-stream", "*/*", "null", "http://[", "https://a:b", "//"]
    ),
    st.text(st.characters(blacklist_characters="\r\n\0"), max_size=40),
)  # fmt: skip
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=6).map(dict)
TOKENS = st.one_of(st.none(), st.just(KEY), st.text(max_size=20))
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])


def request(method, headers, token):
    path = URL("/prompt").with_query({} if token is None else {"token": token})
    return make_mocked_request(method, str(path), headers=headers)


@given(METHODS, HEADERS, TOKENS)
def test_a_key_that_is_found_was_shown_where_keys_belong(method, headers, token):
    found = shown_key(request(method, headers, token))
    places = {name.lower(): value for name, value in headers.items()}
    shown = [places.get("x-api-key"), places.get("authorization", "")[len("Bearer ") :].strip()]
    streams = places.get("upgrade", "").lower() == "websocket"
    streams = streams or "text/event-stream" in places.get("accept", "")
    if streams:
        shown.append(token)
    assert found is None or found in shown
    if found is not None:
        assert len(digest_of(found)) == 64


@given(METHODS, HEADERS)
def test_a_change_with_a_cookie_comes_from_an_own_page_or_is_refused(method, headers):
    try:
        require_own_page(request(method, headers, None), frozenset())
    except AppError:
        return
    places = {name.lower(): value for name, value in headers.items()}
    is_safe = method in {"GET", "HEAD"} and places.get("upgrade", "").lower() != "websocket"
    assert is_safe or places["origin"].partition("://")[2] == places["host"]


@given(st.text(max_size=30), st.sampled_from(["", "/", "//", "/\\", "\\/", "/\t/", "https://"]))
def test_a_login_leads_only_to_addresses_of_this_server(rest, start):
    target = local_address(start + rest)
    assert URL("https://here.example/login").join(URL(target)).host == "here.example"
    assert target.startswith("/")
    assert not target.startswith(("//", "/\\"))
