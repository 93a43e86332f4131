"""A dialect at the root for some host names."""

from tests.contract.cloud.conftest import serving_cloud

NAME = "cloud.test"


async def answered(cloud, path, host):
    async with cloud.session.get(cloud.server.url + path, headers={"Host": host}) as response:
        return response.status, await response.read()


async def test_the_cloud_stands_at_the_root_under_its_own_name(tmp_path):
    async with serving_cloud(tmp_path, cloud_hosts=[NAME.upper()]) as cloud:
        for host in (NAME, f"{NAME}:8190", NAME.title()):
            assert await answered(cloud, "/api/user", host) == (200, b'{"status":"active"}')
        assert (await answered(cloud, "/api/user", "localhost"))[0] == 404
        # What the cloud does not have is there as ever.
        assert (await answered(cloud, "/api/v2/jobs", NAME))[0] == 200
        assert (await answered(cloud, "/healthz", NAME))[0] == 200
        below = await answered(cloud, "/cloud/api/user", NAME)
        assert below == (200, b'{"status":"active"}')


async def test_links_lead_to_where_they_were_asked_for(tmp_path):
    async with serving_cloud(tmp_path, cloud_hosts=[NAME]) as cloud:
        await cloud.upload("/api/upload/image", b"bytes", "a.bin")
        headers = {"Host": NAME}
        async with cloud.session.get(
            f"{cloud.server.url}/api/view?filename=a.bin", headers=headers, allow_redirects=False
        ) as response:
            location = response.headers["Location"]
        assert location.startswith(f"http://{NAME}/signed/")
        path = location.removeprefix(f"http://{NAME}")
        assert await answered(cloud, path, NAME) == (200, b"bytes")


async def test_other_names_are_still_refused(tmp_path):
    async with serving_cloud(tmp_path, cloud_hosts=[NAME]) as cloud:
        assert (await answered(cloud, "/api/jobs", "other.test"))[0] == 403
