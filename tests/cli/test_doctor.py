from tests.cli.processes import greenroom

from greenroom.cli.exit_code import ExitCode


def test_all_is_well_in_a_new_folder(tmp_path):
    done = greenroom("doctor", "--data-dir", tmp_path / "data", "--port", 0, "--json")
    assert done.code == ExitCode.OK, done.out
    health = {finding["what"]: finding["health"] for finding in done.json}
    assert health == {
        "data folder": "good", "disk": "good", "database": "good", "secret": "good", "port": "good",
        "engine": "good", "server": "note",
    }  # fmt: skip


def test_a_running_server_is_found_and_asked(server):
    done = greenroom("doctor", "--data-dir", server.folder)
    assert done.code == ExitCode.OK, done.out
    assert server.url in done.out


def test_a_folder_that_cannot_be_written_is_bad_and_says_what_to_do(tmp_path):
    (tmp_path / "file").touch()
    done = greenroom("doctor", "--data-dir", tmp_path / "file" / "data", "--port", 0)
    assert done.code == ExitCode.FAILED
    assert "--data-dir" in done.out


def test_a_database_that_is_none_is_bad(tmp_path):
    (tmp_path / "greenroom.db").write_text("no database, just words " * 100)
    done = greenroom("doctor", "--data-dir", tmp_path, "--port", 0, "--json")
    assert done.code == ExitCode.FAILED
    bad = [finding["what"] for finding in done.json if finding["health"] == "bad"]
    assert bad == ["database"]


def test_a_server_that_does_not_answer_is_bad(tmp_path):
    done = greenroom(
        "doctor", "--data-dir", tmp_path, "--port", 0, "--server", "http://127.0.0.1:9", "--json"
    )
    assert done.code == ExitCode.FAILED
    assert done.json[-1]["health"] == "bad"
