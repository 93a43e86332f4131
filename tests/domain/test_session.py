"""A login cookie holds for its key and its time, and cannot be changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenroom.domain import session
from greenroom.domain.api_key import digest_of, mint
from greenroom.domain.clock import Millis
from greenroom.domain.ids import KeyId, new_key_id

NOON = Millis(1_800_000_000_000)
KEY = KeyId("gr_00000001")
DIGEST = digest_of("the key")
DAY = session.LIFETIME_S * 1000


def test_a_cookie_says_whose_it_is():
    read = session.read(session.issue(KEY, DIGEST, NOON))
    assert (read.key_id, read.holds(DIGEST, NOON)) == (KEY, True)


@pytest.mark.parametrize(
    ("later", "holds"), [(0, True), (DAY, True), (DAY + 1000, False), (-DAY, False)]
)
def test_a_cookie_holds_for_a_day(later, holds):
    read = session.read(session.issue(KEY, DIGEST, NOON))
    assert read.holds(DIGEST, Millis(NOON + later)) is holds


def test_a_cookie_is_renewed_only_after_a_while():
    read = session.read(session.issue(KEY, DIGEST, NOON))
    assert not read.wants_renewal(Millis(NOON + 1000))
    assert read.wants_renewal(Millis(NOON + DAY // 2))


def test_a_cookie_proves_nothing_for_another_key():
    assert not session.read(session.issue(KEY, DIGEST, NOON)).holds(digest_of("other"), NOON)


@given(st.integers(min_value=0), st.characters(min_codepoint=33, max_codepoint=126))
def test_a_changed_cookie_never_holds(place, letter):
    cookie = session.issue(KEY, DIGEST, NOON)
    at = place % len(cookie)
    changed = cookie[:at] + letter + cookie[at + 1 :]
    read = session.read(changed)
    assert changed == cookie or read is None or not read.holds(DIGEST, NOON)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text):
    read = session.read(text)
    assert read is None or not read.holds(DIGEST, NOON)


def test_minted_keys_differ_and_begin_with_their_id():
    key_id = new_key_id()
    keys = {mint(key_id) for _ in range(100)}
    assert len(keys) == 100
    assert all(key.startswith(f"{key_id}_") and len(key) > 50 for key in keys)
