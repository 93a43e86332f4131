"""`greenroom tenants`, as a program and as a person would call it."""

from tests.cli.processes import greenroom, served

from greenroom.cli.exit_code import ExitCode


def test_a_tenant_is_paused_and_resumed_from_the_command_line(tmp_path):
    folder = tmp_path / "data"
    with served(folder, "--workers", 0):
        here = ("--data-dir", folder)
        paused = greenroom("tenants", "pause", "default", "--json", *here)
        limits = {"keys": 0, "max_running": None, "max_waiting": None}
        assert paused.json == {"id": "default", "active": 0, "paused": True, **limits}
        assert "paused" in greenroom("tenants", "list", *here).out
        assert "open" in greenroom("tenants", "resume", "default", *here).out
        unknown = greenroom("tenants", "pause", "nobody", *here)
        assert (unknown.code, "nobody" in unknown.err) == (ExitCode.NOT_FOUND, True)


def test_the_operator_makes_a_tenant_limits_it_and_takes_its_keys_back(tmp_path):
    folder = tmp_path / "data"
    here = ("--data-dir", folder)
    early = greenroom("keys", "create", "pupils", "--tenant", "school", *here)
    assert (early.code, "your own first" in early.err) == (ExitCode.CONFLICT, True)
    mine = ("--api-key", greenroom("keys", "create", "me", *here).out.strip())
    with served(folder, "--workers", 0) as server:
        at = ("--server", server.url)
        made = greenroom("keys", "create", "pupils", "--tenant", "school", *at, *mine)
        theirs = ("--api-key", made.out.strip())
        assert "pupils" not in greenroom("keys", "list", *at, *mine).out
        both = greenroom("keys", "list", "--every-tenant", *at, *mine, "--json").json["keys"]
        assert {(key["name"], key["tenant"]) for key in both} == {
            ("me", "default"), ("pupils", "school"),
        }  # fmt: skip
        limited = greenroom("tenants", "limit", "school", "--running", 2, *at, *mine, "--json")
        assert limited.json["max_running"] == 2
        told = greenroom("tenants", "list", *at, *mine, "--json").json["tenants"]
        assert [(one["id"], one["keys"], one["max_running"]) for one in told] == [
            ("default", 1, None), ("school", 1, 2),
        ]  # fmt: skip
        for command in (
            ("tenants", "limit", "school", "--running", "none"),
            ("keys", "create", "more", "--tenant", "default"),
            ("workers", "add", "http://127.0.0.1:1"),
        ):
            assert greenroom(*command, *at, *theirs).code == ExitCode.REFUSED
        gone = greenroom("keys", "revoke", "pupils", "--tenant", "school", *at, *mine)
        assert gone.code == ExitCode.OK, gone.err
        assert greenroom("jobs", "list", *at, *theirs).code == ExitCode.REFUSED
