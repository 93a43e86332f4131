"""Deliveries of webhooks on the command line."""

import json
import urllib.request

from tests.cli import graphs
from tests.cli.processes import greenroom, served
from tests.fakes.webhook_target import target

from greenroom.cli.exit_code import ExitCode


def test_a_sweep_of_a_command_tells_its_end_before_its_server_goes(tmp_path, workflow):
    with target() as hook:
        done = greenroom(
            "run", workflow(graphs.quick()), "--sweep", "1.width=4,8", "--webhook", hook.url,
            "--webhook-events", "batch", "--output-dir", tmp_path, "--data-dir", tmp_path / "data",
            GREENROOM_ALLOW_ADDRESS="127.0.0.1",
        )  # fmt: skip
        assert done.code == ExitCode.OK, done.err
        assert hook.received.get_nowait()
        assert hook.received.empty()


def test_events_without_a_webhook_or_a_sweep_are_refused(tmp_path, workflow):
    for more in ((), ("--webhook", "https://app.example/done")):
        given = ("run", workflow(graphs.quick()), "--webhook-events", "batch", *more)
        done = greenroom(*given, "--data-dir", tmp_path / "data")
        assert done.code == ExitCode.USAGE
        assert "--webhook URL" in done.err or "--sweep" in done.err


def test_a_delivery_that_failed_is_found_shown_and_sent_again(tmp_path):
    with (
        target((410, b"[not here]")) as hook,
        served(tmp_path / "data", "--allow-address", "127.0.0.1") as server,
    ):
        at = ("--server", server.url)

        def webhooks(*arguments):
            done = greenroom("webhooks", *arguments, *at)
            assert done.code == ExitCode.OK, done.err
            return done

        assert "webhook_url" in webhooks("list").err
        order = json.dumps({"prompt": graphs.quick(), "webhook_url": hook.url}).encode()
        urllib.request.urlopen(f"{server.url}/prompt", order).close()
        message = hook.received.get(timeout=30)
        while not (failed := webhooks("list", "--status", "failed", "--json").json["deliveries"]):
            pass
        assert [one["id"] for one in failed] == [message]
        host = hook.url.removesuffix("/hook")
        assert len(webhooks("list", "--target", host, "--json").json["deliveries"]) == 1
        assert not webhooks("list", "--target", "app.example", "--json").json["deliveries"]
        shown = webhooks("show", message)
        assert "[not here]" in shown.out
        assert "answered 410" in shown.out
        assert '"job.succeeded"' in shown.out
        assert hook.url in webhooks("resend", message).out
        assert hook.received.get(timeout=30) == message
        refused = greenroom("webhooks", "show", "msg_none", *at)
        assert refused.code == ExitCode.NOT_FOUND

        old = webhooks("secret", "show").out.strip()
        new = webhooks("secret", "rotate", "--keep", "1h").out.strip()
        assert old.startswith("whsec_")
        both = webhooks("secret", "show", "--json").json["secrets"]
        assert [one["secret"] for one in both] == [new, old]
        webhooks("secret", "rotate", "--keep", "0s")
        assert "signs too" not in webhooks("secret", "show").err
