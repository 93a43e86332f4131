"""Keys in the memory of servers that share a database."""

import asyncio

import pytest

from greenroom.domain.api_key import KeyRole, digest_of
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import TenantId
from greenroom.domain.principal import Principal
from greenroom.service.keys import Keys

ME = Principal()
MINUTE = 60_000


@pytest.fixture
def keys(database):
    return Keys(database)


async def refused(asking):
    with pytest.raises(AppError) as error:
        await asking
    return error.value.code


async def test_a_new_key_is_valid_at_once_and_found_by_its_digest(keys):
    assert not keys.exist
    made = await keys.create(ME, "  laptop ")
    assert keys.exist
    assert made.key.name == "laptop"
    assert keys.find(digest_of(made.secret)) == made.key
    assert keys.with_id(made.key.id) == made.key
    assert keys.find(digest_of("another")) is None


async def test_another_server_hears_of_keys_when_it_looks_again(keys, database):
    other = Keys(database)
    changes = []
    other.listen(lambda: changes.append(other.exist))
    made = await keys.create(ME, "laptop")
    await other.refresh()
    assert other.find(digest_of(made.secret)) == made.key
    await keys.revoke(ME, "laptop", even_last=True)
    await other.refresh()
    await other.refresh()
    assert other.find(digest_of(made.secret)) is None
    assert other.was_revoked(digest_of(made.secret))
    assert changes == [True, False]


async def test_the_last_use_is_kept_to_the_minute(keys, database, clock):
    made = await keys.create(ME, "laptop")
    first = clock.advance(MINUTE)
    keys.note_use(made.key)
    await keys.refresh()
    clock.advance(MINUTE // 2)
    keys.note_use(made.key)
    await keys.refresh()
    other = Keys(database)
    assert [key.last_used_at for key in await other.all(ME)] == [first]
    assert [key.last_used_at for key in await keys.all(ME)] == [clock.now()]
    last = clock.advance(MINUTE)
    keys.note_use(made.key)
    await keys.refresh()
    assert [key.last_used_at for key in await other.all(ME)] == [last]


async def test_only_the_own_keys_are_listed_and_revoked(keys):
    stranger = Principal(TenantId("other"))
    made = await keys.create(ME, "laptop")
    await keys.create(stranger, "laptop")
    assert await keys.all(ME) == [made.key]
    await keys.revoke(stranger, "laptop", even_last=False)
    assert await refused(keys.revoke(stranger, made.key.id, even_last=True)) is (
        ErrorCode.NOT_FOUND
    )
    assert keys.find(digest_of(made.secret)) is not None


async def test_a_name_is_free_again_when_its_key_is_revoked(keys):
    first = await keys.create(ME, "laptop")
    assert await refused(keys.create(ME, "laptop")) is ErrorCode.CONFLICT
    ended = await keys.revoke(ME, "laptop", even_last=True)
    second = await keys.create(ME, "laptop")
    assert await keys.revoke(ME, first.key.id, even_last=False) == ended
    assert keys.find(digest_of(second.secret)) == second.key


async def test_the_last_key_is_revoked_only_on_purpose(keys):
    await keys.create(ME, "laptop")
    assert await refused(keys.revoke(ME, "laptop", even_last=False)) is ErrorCode.CONFLICT
    await keys.create(ME, "other")
    await keys.revoke(ME, "laptop", even_last=False)
    assert await refused(keys.revoke(ME, "other", even_last=False)) is ErrorCode.CONFLICT


async def test_of_two_who_revoke_the_last_two_keys_one_is_refused(keys):
    names = ("one", "two")
    for name in names:
        await keys.create(ME, name)
    ends = await asyncio.gather(
        *(keys.revoke(ME, name, even_last=False) for name in names), return_exceptions=True
    )
    assert sum(isinstance(end, AppError) for end in ends) == 1
    assert keys.exist


async def test_of_many_who_want_a_name_one_gets_it(keys):
    made = await asyncio.gather(
        *(keys.create(ME, "laptop") for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(one, AppError) for one in made) == 7
    assert len(await keys.all(ME)) == 1


async def test_a_lent_key_is_stored_nowhere(keys, database):
    digest = digest_of(keys.lend())
    assert keys.find(digest) is not None
    assert not keys.exist
    await keys.refresh()
    assert keys.find(digest) is not None
    assert await Keys(database).all(ME) == []


async def test_a_workers_key_does_not_count_as_one_that_clients_must_show(keys):
    worker = await keys.create(ME, "gpu box", KeyRole.WORKER)
    assert (keys.exist, keys.workers_have_keys) == (False, True)
    assert keys.find(digest_of(worker.secret)).role is KeyRole.WORKER
    await keys.create(ME, "laptop")
    assert await refused(keys.revoke(ME, "laptop", even_last=False)) is ErrorCode.CONFLICT
    await keys.revoke(ME, "gpu box", even_last=False)
    assert (keys.exist, keys.workers_have_keys) == (True, False)


SCHOOL = TenantId("school")


async def test_the_operator_makes_lists_and_revokes_keys_in_any_tenant(keys):
    mine = await keys.create(ME, "laptop")
    theirs = await keys.create(ME, "laptop", tenant=SCHOOL)
    assert theirs.key.tenant == SCHOOL
    assert await keys.all(ME) == [mine.key]
    assert await keys.all(ME, SCHOOL) == [theirs.key]
    assert {key.id for key in await keys.of_every_tenant(ME)} == {mine.key.id, theirs.key.id}
    assert (await keys.revoke(ME, "laptop", SCHOOL, even_last=False)).id == theirs.key.id
    other = await keys.create(ME, "tablet", tenant=SCHOOL)
    assert (await keys.revoke(ME, other.key.id, even_last=False)).id == other.key.id
    assert keys.find(digest_of(mine.secret)) == mine.key


async def test_a_tenant_has_to_do_with_its_own_keys_only(keys):
    mine = await keys.create(ME, "laptop")
    pupil = Principal(SCHOOL)
    theirs = await keys.create(ME, "laptop", tenant=SCHOOL)
    assert await keys.of_every_tenant(pupil) == [theirs.key]
    other = TenantId("studio")
    for asking in (
        keys.create(pupil, "x", tenant=other),
        keys.all(pupil, other),
        keys.revoke(pupil, "laptop", ME.tenant, even_last=True),
    ):
        assert await refused(asking) is ErrorCode.FORBIDDEN
    assert await refused(keys.revoke(pupil, mine.key.id, even_last=True)) is ErrorCode.NOT_FOUND
    assert (await keys.create(pupil, "tablet")).key.tenant == SCHOOL


async def test_the_operator_is_not_locked_out_by_keys_of_tenants(keys):
    assert await refused(keys.create(ME, "first", tenant=SCHOOL)) is ErrorCode.CONFLICT
    assert (await keys.create(ME, "box", KeyRole.WORKER, SCHOOL)).key.tenant == SCHOOL
    await keys.create(ME, "mine")
    await keys.create(ME, "theirs", tenant=SCHOOL)
    assert await refused(keys.revoke(ME, "mine", even_last=False)) is ErrorCode.CONFLICT
    await keys.revoke(ME, "mine", even_last=True)
    assert (await keys.create(ME, "second", tenant=SCHOOL, even_first=True)).key.tenant == SCHOOL
