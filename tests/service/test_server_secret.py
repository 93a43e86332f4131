"""A database is used with one secret, by every server, on both databases."""

import asyncio
import shutil
import stat

import pytest
from sqlalchemy import select
from tests.factories import job_in

from greenroom.data_folder import DataFolder
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.principal import Principal
from greenroom.server_secret import renew, server_secret
from greenroom.service.secret_identity import fingerprint
from greenroom.service.vault import Vault
from greenroom.service.webhook_secrets import WebhookSecrets
from greenroom.store.tables import settings

CALLER = Principal()


def folder(tmp_path, name="data"):
    (tmp_path / name).mkdir(exist_ok=True)
    return DataFolder(tmp_path / name)


async def refused(data, database):
    with pytest.raises(AppError) as caught:
        await server_secret(data, database)
    assert caught.value.code is ErrorCode.STORAGE_UNAVAILABLE
    assert "greenroom secret renew" in caught.value.message
    return caught.value.message


async def test_the_first_start_makes_a_secret_and_later_ones_find_it(database, tmp_path):
    data = folder(tmp_path)
    first = await server_secret(data, database)
    assert await server_secret(data, database) == first
    assert stat.S_IMODE(data.secret_file.stat().st_mode) == 0o600
    stored = await database.read(lambda tx: tx.execute(select(settings.c.value)).scalars().all())
    assert stored == [f'"{fingerprint(first)}"']
    assert first.hex() not in stored[0]


async def test_servers_that_share_a_database_need_the_same_secret(database, tmp_path):
    mine, other = folder(tmp_path), folder(tmp_path, "other")
    await server_secret(mine, database)
    assert "is missing" in await refused(other, database)
    assert not other.secret_file.exists()
    await asyncio.to_thread(other.prepare_secret)
    await asyncio.to_thread(other.adopt_secret)
    assert "is not the one" in await refused(other, database)
    shutil.copy(mine.secret_file, other.secret_file)
    assert await server_secret(other, database) == await server_secret(mine, database)


async def test_of_two_first_servers_at_once_one_decides(database, tmp_path):
    both = [server_secret(folder(tmp_path, name), database) for name in ("a", "b")]
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert [type(one) for one in sorted(outcomes, key=str)].count(AppError) == 1


async def test_a_lost_secret_is_made_anew_on_demand_only(database, tmp_path):
    data = folder(tmp_path)
    old = WebhookSecrets(database, Vault(await server_secret(data, database)))
    (signed_with,) = await old.all(CALLER)
    data.secret_file.unlink()
    await refused(data, database)
    renewed = await renew(data, database)
    assert (renewed.kept, renewed.lost) == (0, 1)
    now = WebhookSecrets(database, Vault(await server_secret(data, database)))
    (signs_with,) = await now.all(CALLER)
    assert signs_with.text != signed_with.text


async def test_a_new_secret_opens_what_the_old_one_sealed(database, tmp_path):
    data = folder(tmp_path)
    before = await server_secret(data, database)
    signed_with = await WebhookSecrets(database, Vault(before)).all(CALLER)
    job = await job_in(database)
    await database.write(lambda tx: Vault(before).keep(tx, job.tenant, job.id, {"key": "k"}))
    renewed = await renew(data, database)
    assert (renewed.kept, renewed.lost) == (2, 0)
    vault = Vault(await server_secret(data, database))
    assert await WebhookSecrets(database, vault).all(CALLER) == signed_with
    assert await database.read(lambda tx: vault.of_job(tx, job.id)) == {"key": "k"}
    assert await database.read(lambda tx: Vault(before).of_job(tx, job.id)) == {}


async def test_a_renewal_that_was_cut_off_is_finished_by_the_next_start(
    database, tmp_path, monkeypatch
):
    data = folder(tmp_path)
    await server_secret(data, database)
    with monkeypatch.context() as patch:
        patch.setattr(DataFolder, "adopt_secret", lambda _data: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await renew(data, database)
    prepared = await asyncio.to_thread(data.next_secret)
    assert await server_secret(data, database) == prepared
    assert await asyncio.to_thread(data.secret) == prepared
