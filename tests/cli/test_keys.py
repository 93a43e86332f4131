import urllib.error
import urllib.request

import pytest
from tests.cli import graphs
from tests.cli.processes import greenroom, interactive, served

from greenroom.cli.exit_code import ExitCode


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


def keys(*arguments, **environment):
    return greenroom("keys", *arguments, **environment)


def made(name, folder, **environment):
    """A new key, as the command prints it."""
    done = keys("create", name, "--data-dir", folder, **environment)
    assert done.code == ExitCode.OK, done.err
    return done.out.strip()


def test_a_key_is_made_listed_and_revoked_without_a_server(folder):
    first, second = made("laptop", folder), made("a robot [1]", folder)
    assert first != second

    listed = keys("list", "--data-dir", folder)
    assert listed.code == ExitCode.OK
    assert "laptop" in listed.out
    assert "a robot [1]" in listed.out
    assert first[:11] in listed.out
    assert first not in listed.out

    taken = keys("create", "laptop", "--data-dir", folder)
    assert taken.code == ExitCode.CONFLICT

    gone = keys("revoke", "laptop", "--data-dir", folder, "--json")
    assert (gone.code, gone.json["id"]) == (ExitCode.OK, first[:11])
    assert "laptop" not in keys("list", "--data-dir", folder).out
    assert "laptop" in keys("list", "--all", "--data-dir", folder).out

    last = keys("revoke", second[:11], "--data-dir", folder)
    assert last.code == ExitCode.CONFLICT
    assert "--last" in last.err
    assert keys("revoke", second[:11], "--last", "--data-dir", folder).code == ExitCode.OK
    listed = keys("list", "--data-dir", folder)
    assert (listed.code, listed.out) == (ExitCode.OK, "")
    assert "keys create" in listed.err


def test_a_workers_key_opens_nothing_that_clients_use_and_locks_nobody_out(folder):
    with served(folder) as server:
        url = ("--server", server.url)
        made_one = keys("create", "gpu", "--role", "worker", *url)
        assert (made_one.code, "greenroom worker" in made_one.err) == (ExitCode.OK, True)
        assert greenroom("jobs", "list", *url).code == ExitCode.OK
        client = made("laptop", folder)
        listed = keys("list", *url, "--api-key", client, "--json").json["keys"]
        assert [(key["name"], key["role"]) for key in listed] == [
            ("gpu", "worker"),
            ("laptop", "client"),
        ]
        refused = greenroom("jobs", "list", *url, "--api-key", made_one.out.strip())
        assert refused.code == ExitCode.REFUSED
        assert keys("create", "x", "--role", "owner", *url).code == ExitCode.USAGE


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "two\nlines"])
def test_a_key_needs_a_name_that_can_be_shown(folder, name):
    assert keys("create", name, "--data-dir", folder).code == ExitCode.USAGE


def test_a_key_that_is_not_there_cannot_be_revoked(folder):
    assert keys("revoke", "nobody", "--data-dir", folder).code == ExitCode.NOT_FOUND


def test_a_server_asks_for_the_keys_that_commands_make(folder):
    with served(folder) as server:
        url = ("--server", server.url)
        assert greenroom("jobs", "list", *url).code == ExitCode.OK
        first = made("first", folder)
        refused = greenroom("jobs", "list", *url)
        assert refused.code == ExitCode.REFUSED
        assert "--api-key" in refused.err
        assert greenroom("jobs", "list", *url, "--api-key", first).code == ExitCode.OK
        assert greenroom("jobs", "list", *url, GREENROOM_API_KEY=first).code == ExitCode.OK

        assert keys("create", "second", *url).code == ExitCode.REFUSED
        second = made("second", folder, GREENROOM_API_KEY=first)
        assert keys("revoke", "first", *url, "--api-key", first).code == ExitCode.OK
        assert greenroom("jobs", "list", *url, "--api-key", first).code == ExitCode.REFUSED
        listed = keys("list", "--json", *url, "--api-key", second).json["keys"]
        assert [key["name"] for key in listed] == ["second"]
        assert listed[0]["last_used_at"] is not None
        name = keys("create", "a/b ?", *url, "--api-key", second)
        assert name.code == ExitCode.OK
        assert keys("revoke", "a/b ?", *url, "--api-key", second).code == ExitCode.OK


def test_what_is_watched_with_a_key_ends_when_it_is_revoked(folder, workflow):
    first, other = made("first", folder), made("other", folder)
    with served(folder) as server:
        url = ("--server", server.url)
        path = workflow(graphs.blurring(40))
        with interactive("run", path, *url, "--api-key", first) as command:
            assert "%" in command.stderr.readline()
            assert keys("revoke", "first", *url, "--api-key", other).code == ExitCode.OK
            _, told = command.communicate()
        assert command.returncode == ExitCode.REFUSED, told


def test_a_stored_key_lets_a_server_listen_to_others(folder):
    key = made("laptop", folder)
    with served(folder, "--host", "0.0.0.0") as server:
        url = server.url.replace("0.0.0.0", "127.0.0.1")
        assert greenroom("jobs", "list", "--server", url, "--api-key", key).code == ExitCode.OK
        assert keys("revoke", "laptop", "--last", "--server", url, "--api-key", key).code == 0
        assert greenroom("jobs", "list", "--server", url).code == ExitCode.REFUSED
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{url}/prompt")


def test_a_run_in_process_needs_no_key_of_its_own_folder(folder, workflow, tmp_path):
    made("laptop", folder)
    done = greenroom(
        "run", workflow(graphs.quick(1)), "--data-dir", folder, "--output-dir", tmp_path
    )
    assert done.code == ExitCode.OK, done.err
