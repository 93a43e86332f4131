"""What lies between a worker and its server: TLS, proxies, limits, and connections that go mute."""

import contextlib
import os

import aiohttp
import pytest
from tests.fakes.certificates import Authority
from tests.fakes.cut_line import CutLine
from tests.fakes.forward_proxy import ForwardProxy
from tests.fakes.front import Front
from tests.fleet.conftest import holding
from tests.outpost.conftest import until
from tests.outpost.test_runs import BIG, HERE, copying, given, made, runs

from greenroom.api.fleet import files
from greenroom.cli.client import Client
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.job import JobEvent, JobState
from greenroom.domain.worker import WorkerStatus
from greenroom.engine.remote import line as server_end
from greenroom.outpost import connection as worker_end
from greenroom.outpost import server as worker_calls

HOST = "greenroom.test"
"""A name that only proxies know."""
PASSWORD = "lena:s3cret"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """`setenv` for this test; what this machine has of its own does not count."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch.setenv


@pytest.fixture
def trusted(tmp_path, environment):
    authority = Authority(tmp_path)
    environment("SSL_CERT_FILE", str(authority.path))
    return authority


@pytest.fixture
def company(trusted, environment):
    """`async with company(running) as proxy`: only a proxy leads to the server, and by its name."""

    @contextlib.asynccontextmanager
    async def connect(running):
        async with (
            CutLine(running.url, tls=trusted.server(HOST)) as line,
            ForwardProxy(line.port, PASSWORD) as proxy,
        ):
            environment("HTTPS_PROXY", proxy.url.replace("//", f"//{PASSWORD}@"))
            yield proxy

    return connect


@pytest.fixture
def short_silence(monkeypatch):
    """A mute connection counts as cut soon; no test depends on how soon."""
    for module in (server_end, worker_end, files):
        monkeypatch.setattr(module, "_SILENCE_S", 1.0)
    monkeypatch.setattr(server_end, "_PING_S", 0.05)
    for calls in ("_CALL", "_TRANSFER"):
        limits = aiohttp.ClientTimeout(total=None, sock_read=1.0)
        monkeypatch.setattr(worker_calls, calls, limits)


async def trouble(worker):
    await worker.tried.wait()
    return worker.troubles[0]


def shown_as(name, fake, data):
    """A graph that makes a file of these bytes."""
    fake.folders.write(f"output/{name}", data)
    item = {"filename": name, "subfolder": "", "type": "output"}
    return {"1": {"class_type": "Emit", "inputs": {"ui": {"images": [item]}}}}


async def runs_a_job_with_files(running, worker, tmp_path):
    await until(running, worker.id)
    data = os.urandom(BIG)
    job = await running.submit(copying(await given(running, tmp_path, data)))
    assert (await running.ended(job)).state is JobState.SUCCEEDED
    assert await made(running, job) == [data]
    assert await running.attempts(job) == [(1, worker.id, JobEvent.SUCCEED)]


async def test_over_tls_of_an_authority_of_ones_own(served, elsewhere, fake, tmp_path, trusted):
    async with (
        served(**HERE) as running,
        CutLine(running.url, tls=trusted.server("127.0.0.1")) as line,
        elsewhere(line.url, fake) as worker,
    ):
        await runs_a_job_with_files(running, worker, tmp_path)
        async with Client(line.url) as client:
            assert (await client.ready()).workers_up


async def test_a_certificate_that_is_not_trusted_says_what_helps(
    served, elsewhere, fake, tmp_path, environment
):
    context = Authority(tmp_path).server("127.0.0.1")
    async with served(**HERE) as running, CutLine(running.url, tls=context) as line:
        async with elsewhere(line.url, fake) as worker:
            assert "let SSL_CERT_FILE name" in await trouble(worker)
        other = Authority(tmp_path, "Other CA")
        environment("SSL_CERT_FILE", str(other.path))
        async with elsewhere(line.url, fake) as worker:
            assert f"(now: {other.path})" in await trouble(worker)
        async with Client(line.url) as client:
            with pytest.raises(AppError, match="not trusted here") as refused:
                await client.ready()
    assert "greenroom serve" not in refused.value.message


async def test_a_certificate_that_does_not_fit_says_why(served, elsewhere, fake, trusted):
    for host, days, told in (
        ("elsewhere.test", 1, "for another host"),
        ("127.0.0.1", -1, "not valid now"),
    ):
        context = trusted.server(host, days=days)
        async with (
            served(**HERE) as running,
            CutLine(running.url, tls=context) as line,
            elsewhere(line.url, fake) as worker,
        ):
            assert told in await trouble(worker)


async def test_a_server_that_speaks_no_tls_is_told_apart(served, elsewhere, fake):
    async with served(**HERE) as running:
        url = running.url.replace("http:", "https:")
        async with elsewhere(url, fake) as worker:
            assert "is it http://?" in await trouble(worker)


@pytest.mark.parametrize("content", [None, b"no certificate"])
async def test_certificates_that_cannot_be_read_are_told_at_once(tmp_path, environment, content):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    environment("SSL_CERT_FILE", str(path))
    with pytest.raises(AppError, match=f"SSL_CERT_FILE names {path}") as refused:
        await Client(f"https://{HOST}").__aenter__()
    assert refused.value.code is ErrorCode.BAD_REQUEST


async def test_through_a_proxy_with_a_password(served, elsewhere, fake, tmp_path, company):
    async with served(**HERE, allowed_hosts=[HOST]) as running, company(running) as proxy:
        async with elsewhere(f"https://{HOST}", fake) as worker:
            await runs_a_job_with_files(running, worker, tmp_path)
        async with Client(f"https://{HOST}") as client:
            assert (await client.jobs(None, 10)).jobs
    assert set(proxy.asked_for) == {("CONNECT", f"{HOST}:443")}


async def test_a_proxy_that_refuses_is_named_with_its_reason(elsewhere, fake, environment):
    for password, answer, told in (
        (PASSWORD, "200 OK", "wants a user and a password"),
        (None, "403 Forbidden", "refuses the connection: 403 Forbidden"),
        (None, "401 Unauthorized", "does not accept the user and the password"),
    ):
        async with ForwardProxy(0, password, answer) as proxy:
            environment("HTTPS_PROXY", proxy.url)
            async with elsewhere(f"https://{HOST}", fake) as worker:
                found = await trouble(worker)
        assert f"the proxy {proxy.url}" in found
        assert told in found


async def test_a_proxy_that_is_not_there_is_told_apart_from_the_server(
    elsewhere, fake, environment, unused_tcp_port
):
    environment("HTTPS_PROXY", f"http://127.0.0.1:{unused_tcp_port}")
    async with elsewhere(f"https://{HOST}", fake) as worker:
        found = await trouble(worker)
    assert f"the proxy at 127.0.0.1:{unused_tcp_port} cannot be reached" in found


async def test_this_machine_is_never_reached_through_a_proxy(
    served, elsewhere, fake, environment, unused_tcp_port
):
    environment("HTTP_PROXY", f"http://127.0.0.1:{unused_tcp_port}")
    async with served(**HERE) as running, elsewhere(running.url, fake) as worker:
        await until(running, worker.id)
        async with Client(running.url) as client:
            assert (await client.ready()).workers_up


async def test_below_a_path_of_a_proxy_that_lets_no_large_bodies_through(
    served, elsewhere, fake, tmp_path
):
    async with (
        served(**HERE) as running,
        Front(running.url) as front,
        elsewhere(front.url, fake) as worker,
    ):
        await until(running, worker.id)
        for name in ("first.png", "second.png"):
            data = os.urandom(BIG)
            job = await running.submit(shown_as(name, fake, data))
            assert (await running.ended(job)).state is JobState.SUCCEEDED
            assert await made(running, job) == [data]
    assert front.refused == 1


async def test_a_proxy_that_lets_hardly_anything_through_is_named(served, elsewhere, fake, caplog):
    graph = shown_as("big.png", fake, os.urandom(200_000))
    async with (
        served(**HERE) as running,
        Front(running.url, most=1000) as front,
        elsewhere(front.url, fake) as worker,
    ):
        await until(running, worker.id)
        job = await running.submit(graph)
        await fake.until(lambda: front.refused > 3)
        assert (await running.job(job)).state is JobState.RUNNING
    assert "client_max_body_size" in caplog.text


async def test_a_run_outlives_a_line_that_swallows_everything(
    served, elsewhere, fake, short_silence
):
    async with (
        served(**HERE) as running,
        CutLine(running.url) as line,
        elsewhere(line.url, fake) as worker,
    ):
        await until(running, worker.id)
        job = await running.submit(holding("gate"))
        await fake.gate("gate").reached.wait()
        line.swallow()
        await until(running, worker.id, WorkerStatus.DOWN)
        fake.gate("gate").opened.set()
        await fake.until(lambda: fake.books.running is None)
        await worker.tried.wait()
        assert (await running.job(job)).state is JobState.RUNNING
        line.forget()
        ended = await running.ended(job)
        assert await running.attempts(job) == [(1, worker.id, JobEvent.SUCCEED)]
    assert (ended.state, len(runs(fake))) == (JobState.SUCCEEDED, 1)


async def test_an_output_goes_on_over_a_new_connection_when_the_old_one_is_mute(
    served, elsewhere, fake, short_silence
):
    data = os.urandom(BIG)
    graph = shown_as("big.png", fake, data)
    async with (
        served(**HERE) as running,
        CutLine(running.url) as line,
        elsewhere(line.url, fake) as worker,
    ):
        await until(running, worker.id)
        line.up_mute = BIG // 2
        job = await running.submit(graph)
        await line.broke.wait()
        await until(running, worker.id, WorkerStatus.DOWN)
        line.forget()
        ended = await running.ended(job)
        assert await made(running, job) == [data]
        assert await running.attempts(job) == [(1, worker.id, JobEvent.SUCCEED)]
    assert (ended.state, len(runs(fake))) == (JobState.SUCCEEDED, 1)
