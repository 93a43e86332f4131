import json

from tests.cli import graphs
from tests.cli.processes import greenroom

from greenroom.cli.exit_code import ExitCode
from greenroom.domain.scheduling.synthetic import TRACES


def test_policies_are_compared_in_a_table():
    done = greenroom("simulate", "mix")
    assert done.code == ExitCode.OK, done.err
    assert "jobs per hour" in done.out
    assert "fifo" in done.out
    assert "greenroom" in done.out


def test_the_figures_are_there_for_programs():
    done = greenroom("simulate", "backlog", "--json")
    fifo, ours = done.json["fifo"], done.json["greenroom"]
    assert ours["jobs_per_hour"] > 2.5 * fifo["jobs_per_hour"]


def test_one_policy_can_be_asked_for(tmp_path):
    path = tmp_path / "trace.jsonl"
    path.write_text('{"at_ms": 0, "run_ms": 1000}\n')
    done = greenroom("simulate", path, "--policy", "fifo", "--workers", 1, "--json")
    assert list(done.json) == ["fifo"]
    assert done.json["fifo"]["jobs"] == 1


def test_a_trace_that_is_not_there_is_not_found():
    done = greenroom("simulate", "nowhere.jsonl")
    assert done.code == ExitCode.NOT_FOUND
    assert "backlog" in done.err


def test_the_help_names_every_made_up_trace():
    told = " ".join(greenroom("simulate", "--help").out.split())
    assert f"one of: {', '.join(TRACES)}." in told


def test_how_a_deployment_would_be_scaled_can_be_replayed():
    done = greenroom("simulate", "flapping", "--scaling", "--max-instances", 2, "--json")
    assert done.code == ExitCode.OK, done.err
    assert done.json["most_instances"] == 2
    assert done.json["thrash"] < 5
    table = greenroom("simulate", "burst", "--scaling")
    assert "cold starts" in table.out


def test_a_rule_of_scaling_that_cannot_be_is_a_usage_error():
    done = greenroom("simulate", "burst", "--scaling", "--min-instances", 5, "--max-instances", 2)
    assert done.code == ExitCode.USAGE
    assert "max_instances" in done.err


def test_a_file_that_is_no_trace_is_a_usage_error(tmp_path):
    path = tmp_path / "trace.jsonl"
    for content in ("{}\n", "", "[1]\n"):
        path.write_text(content)
        assert greenroom("simulate", path).code == ExitCode.USAGE
    path.write_bytes(b"\xff\xfe")
    assert greenroom("simulate", path).code == ExitCode.USAGE
    assert greenroom("simulate", tmp_path).code == ExitCode.USAGE


def test_the_jobs_of_a_server_can_be_replayed(server, workflow, tmp_path):
    sent = greenroom(
        "run", workflow(graphs.quick(11)), "--server", server.url, "--output-dir", tmp_path
    )
    assert sent.code == ExitCode.OK, sent.err
    path = tmp_path / "jobs.jsonl"
    done = greenroom("trace", "export", path, "--server", server.url)
    assert done.code == ExitCode.OK, done.err
    jobs = [json.loads(line) for line in path.read_text().splitlines()]
    assert jobs
    assert all(job["run_ms"] >= 0 for job in jobs)
    assert greenroom("simulate", path, "--json").json["greenroom"]["jobs"] == len(jobs)
    printed = greenroom("trace", "export", "--limit", 1, "--server", server.url)
    assert len(printed.lines) == 1


def test_a_trace_that_cannot_be_written_is_a_usage_error(server, tmp_path):
    done = greenroom("trace", "export", tmp_path / "no" / "jobs.jsonl", "--server", server.url)
    assert done.code == ExitCode.USAGE
    assert "cannot be written" in done.err
