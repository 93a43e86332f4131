"""`greenroom tenants`, as a program and as a person would call it."""

from tests.cli.processes import greenroom, served

from greenroom.cli.exit_code import ExitCode


def test_a_tenant_is_paused_and_resumed_from_the_command_line(tmp_path):
    folder = tmp_path / "data"
    with served(folder, "--workers", 0):
        here = ("--data-dir", folder)
        paused = greenroom("tenants", "pause", "default", "--json", *here)
        assert paused.json == {"id": "default", "active": 0, "paused": True}
        assert "paused" in greenroom("tenants", "list", *here).out
        assert "open" in greenroom("tenants", "resume", "default", *here).out
        unknown = greenroom("tenants", "pause", "nobody", *here)
        assert (unknown.code, "nobody" in unknown.err) == (ExitCode.NOT_FOUND, True)
