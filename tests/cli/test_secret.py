"""The file secret.key on the command line: what is said when it is another one, and the way out."""

import shutil

from tests.cli.processes import greenroom, served

from greenroom.cli.exit_code import ExitCode


def doctor(folder):
    done = greenroom("doctor", "--data-dir", folder, "--port", 0, "--json")
    return {one["what"]: (one["health"], one["advice"]) for one in done.json}["secret"]


def test_a_server_without_its_secret_says_what_to_do_and_that_helps(tmp_path):
    folder = tmp_path / "data"
    with served(folder) as server:
        refused = greenroom("secret", "renew", "--data-dir", folder)
        assert refused.code == ExitCode.CONFLICT
        assert server.stop() == ExitCode.OK
    assert doctor(folder)[0] == "good"
    kept = tmp_path / "kept.key"
    shutil.move(folder / "secret.key", kept)
    health, advice = doctor(folder)
    assert health == "bad"
    assert "greenroom secret renew" in advice
    refused = greenroom("serve", "--data-dir", folder, "--port", 0)
    assert refused.code == ExitCode.STORAGE
    assert "secret.key is missing" in refused.err
    shutil.copy(kept, folder / "secret.key")
    with served(folder) as server:
        server.stop()
    (folder / "secret.key").unlink()
    made = greenroom("secret", "renew", "--data-dir", folder)
    assert made.code == ExitCode.OK, made.err
    assert (folder / "secret.key").read_bytes() != kept.read_bytes()
    with served(folder) as server:
        server.stop()
