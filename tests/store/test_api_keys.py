"""Rows of API keys."""

from dataclasses import replace

from greenroom.domain.api_key import ApiKey, KeyRole, digest_of
from greenroom.domain.ids import DEFAULT_TENANT, KeyId, TenantId
from greenroom.store import api_keys


def key(number, name, now, tenant=DEFAULT_TENANT):
    return ApiKey(KeyId(f"gr_{number:08x}"), tenant, name, digest_of(name), now)


async def every(database):
    return await database.read(api_keys.every)


async def test_keys_are_kept_with_their_last_use_and_their_end(database, clock):
    first = replace(key(1, "first", clock.now()), role=KeyRole.WORKER)
    second = key(2, "second", clock.advance(5))
    for one in (second, first):
        assert await database.write(lambda tx, one=one: api_keys.add(tx, one))
    used, ended = clock.advance(5), clock.advance(5)
    await database.write(lambda tx: api_keys.note_uses(tx, {first.id: used}))
    await database.write(lambda tx: api_keys.revoke(tx, second.id, ended))
    later = clock.advance(5)
    await database.write(lambda tx: api_keys.revoke(tx, second.id, later))

    assert await every(database) == [
        replace(first, last_used_at=used),
        replace(second, revoked_at=ended),
    ]


async def test_a_name_belongs_to_one_valid_key_of_a_tenant(database, clock):
    now = clock.now()
    first, again = key(1, "laptop", now), key(2, "laptop", now)
    other = key(3, "laptop", now, TenantId("other"))
    assert await database.write(lambda tx: api_keys.add(tx, first))
    assert not await database.write(lambda tx: api_keys.add(tx, again))
    assert await database.write(lambda tx: api_keys.add(tx, other))
    await database.write(lambda tx: api_keys.revoke(tx, first.id, now))
    assert await database.write(lambda tx: api_keys.add(tx, again))
    assert [one.id for one in await every(database)] == [first.id, again.id, other.id]
