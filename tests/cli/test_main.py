from tests.cli.processes import greenroom

from greenroom import __version__
from greenroom.cli.exit_code import ExitCode, exit_code
from greenroom.domain.errors import ErrorCode


def test_the_version_is_printed():
    assert greenroom("--version").out.strip() == __version__


def test_every_error_ends_a_command_with_a_code_that_is_no_success():
    assert ExitCode.OK not in {exit_code(code) for code in ErrorCode}


def test_a_setting_that_cannot_be_is_a_usage_error():
    assert greenroom("serve", "--port", "99999").code == ExitCode.USAGE
    done = greenroom("serve", GREENROOM_WORKERS="many")
    assert done.code == ExitCode.USAGE
    assert "GREENROOM_WORKERS" in done.err


def test_an_unknown_command_is_a_usage_error():
    assert greenroom("dance").code == ExitCode.USAGE


def test_debug_shows_where_an_error_came_from(tmp_path):
    done = greenroom("--debug", "jobs", "list", "--data-dir", tmp_path)
    assert "Traceback" in done.err
