import json
import logging

import pytest

from greenroom.telemetry.logs import logging_to

_log = logging.getLogger("greenroom.tests")


@pytest.fixture
def logged(tmp_path):
    """Reads the log's entries once it is closed."""

    def read() -> list[dict]:
        return [json.loads(line) for line in (tmp_path / "greenroom.log").read_text().splitlines()]

    return read


def test_the_log_holds_a_json_object_a_line(tmp_path, logged, capsys):
    with logging_to(tmp_path, "info"):
        _log.info("job %s is\ndone", "7")
        _log.debug("not told")
    (entry,) = logged()
    assert entry["message"] == "job 7 is\ndone"
    assert entry["level"] == "info"
    assert entry["logger"] == "greenroom.tests"
    assert entry["time"].endswith("+00:00")
    assert "job 7 is" in capsys.readouterr().err


def test_a_fault_is_logged_with_its_traceback(tmp_path, logged):
    with logging_to(tmp_path, "error"):
        try:
            int("broken")
        except ValueError:
            _log.exception("it broke")
    (entry,) = logged()
    assert "ValueError: invalid literal" in entry["traceback"]


def test_libraries_are_heard_only_when_they_warn(tmp_path, logged):
    with logging_to(tmp_path, "debug"):
        logging.getLogger("some.library").info("chatter")
        logging.getLogger("some.library").warning("trouble")
    assert [entry["message"] for entry in logged()] == ["trouble"]


def test_nothing_is_written_where_nothing_was_said(tmp_path):
    with logging_to(tmp_path, "info"):
        pass
    assert not (tmp_path / "greenroom.log").exists()
