import json
import re
import signal
from pathlib import Path

from PIL import Image
from tests.cli import graphs
from tests.cli.processes import greenroom, interactive, served

from greenroom.cli.exit_code import ExitCode


def test_without_a_server_the_workflow_runs_in_this_process(workflow, tmp_path):
    done = greenroom(
        "run", workflow(graphs.quick()), "--data-dir", tmp_path / "data", "--output-dir", tmp_path
    )
    assert done.code == ExitCode.OK, done.err
    picture = Path(done.out.strip())
    assert picture.parent == tmp_path
    with Image.open(picture) as image:
        assert image.size == (16, 16)
    assert "Keep it" in done.err


def test_a_running_server_of_the_data_folder_is_used(server, workflow, tmp_path):
    done = greenroom(
        "run", workflow(graphs.quick(1)), "--data-dir", server.folder,
        "--output-dir", tmp_path, "--json",
    )  # fmt: skip
    assert done.code == ExitCode.OK, done.err
    job = done.json["job"]["id"]
    known = greenroom("jobs", "show", job, "--server", server.url, "--json")
    assert known.json["id"] == job
    assert [Path(path).parent for path in done.json["files"]] == [tmp_path]


def test_inputs_are_set_and_files_are_sent(server, workflow, tmp_path):
    Image.new("RGB", (40, 20), "red").save(tmp_path / "red.png")
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "some.png"}},
        "2": {
            "class_type": "ImageScale",
            "inputs": {
                "image": ["1", 0], "upscale_method": "bilinear", "width": 1, "height": 1,
                "crop": "disabled",
            },
        },
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "a"}},
    }  # fmt: skip
    done = greenroom(
        "run", workflow(graph), "--server", server.url, "--output-dir", tmp_path / "out",
        "--input", f"1.image={tmp_path / 'red.png'}",
        "--set", "2.width=80", "--set", "2.height=60", "--set", "3.filename_prefix=sub/7",
    )  # fmt: skip
    assert done.code == ExitCode.OK, done.err
    with Image.open(tmp_path / "out" / "sub" / "7_00001_.png") as picture:
        assert picture.size == (80, 60)
        assert picture.getpixel((40, 30)) == (255, 0, 0)


def test_a_file_that_is_there_already_is_not_overwritten(server, workflow, tmp_path):
    arguments = ("run", workflow(graphs.quick(2)), "--server", server.url)
    first = greenroom(*arguments, "--output-dir", tmp_path, "--json").json["files"]
    name = Path(first[0]).name
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / name).write_text("mine")
    # The same graph once more comes from the cache, under the same name.
    second = greenroom(*arguments, "--output-dir", tmp_path / "again", "--json").json["files"]
    assert (tmp_path / "again" / name).read_text() == "mine"
    assert Path(second[0]).name != name


def test_a_refused_workflow_says_which_node_and_why(server, workflow):
    done = greenroom("run", workflow(graphs.quick()), "--set", "1.width=0", "--server", server.url)
    assert done.code == ExitCode.REFUSED
    assert "node 1 (EmptyImage)" in done.err
    assert "Traceback" not in done.err


def test_an_error_is_json_on_request(server, workflow):
    done = greenroom(
        "run", workflow(graphs.quick()), "--set", "1.width=0", "--server", server.url, "--json"
    )
    assert done.code == ExitCode.REFUSED
    assert done.json["error"]["code"] == "invalid_graph"
    assert "1" in done.json["error"]["details"]["node_errors"]


def test_a_job_that_fails_ends_the_command_with_1(server, workflow):
    done = greenroom("run", workflow(graphs.failing()), "--server", server.url)
    assert done.code == ExitCode.FAILED
    assert "node 1 (PreviewImage)" in done.err


def test_a_file_without_a_workflow_is_explained(workflow, tmp_path):
    done = greenroom("run", workflow({"nothing": []}), "--data-dir", tmp_path / "data")
    assert done.code == ExitCode.USAGE
    assert "the JSON is no workflow" in done.err


def test_a_workflow_of_the_editor_runs_as_it_is(server, tmp_path):
    path = tmp_path / "editor.json"
    path.write_text(json.dumps(graphs.for_the_editor()))
    done = greenroom(
        "run", path, "--set", "1.width=24", "--server", server.url, "--output-dir", tmp_path
    )
    assert done.code == ExitCode.OK, done.err
    with Image.open(done.out.strip()) as picture:
        assert picture.size == (24, 16)
        assert "nodes" in json.loads(picture.text["workflow"])


def test_a_picture_runs_again_by_what_is_written_in_it(server, workflow, tmp_path):
    first = greenroom(
        "run", workflow(graphs.quick(3)), "--server", server.url, "--output-dir", tmp_path
    )
    again = greenroom(
        "run", first.out.strip(), "--set", "1.height=8", "--server", server.url,
        "--output-dir", tmp_path,
    )  # fmt: skip
    assert again.code == ExitCode.OK, again.err
    with Image.open(again.out.strip()) as picture:
        assert picture.size == (16, 8)


def test_a_sweep_runs_every_value_as_one_batch(server, workflow, tmp_path):
    done = greenroom(
        "run", workflow(graphs.quick()), "--sweep", "1.width=8,16", "--sweep", "1.color=1..2",
        "--server", server.url, "--output-dir", tmp_path, "--json",
    )  # fmt: skip
    assert done.code == ExitCode.OK, done.err
    assert [one["label"] for one in done.json["jobs"]] == [
        "1.width=8, 1.color=1", "1.width=8, 1.color=2",
        "1.width=16, 1.color=1", "1.width=16, 1.color=2",
    ]  # fmt: skip
    assert {len(one["files"]) for one in done.json["jobs"]} == {1}
    listed = greenroom(
        "jobs", "list", "--batch", done.json["batch_id"], "--server", server.url, "--json"
    )
    assert {job["id"] for job in listed.json["jobs"]} == {
        one["job"]["id"] for one in done.json["jobs"]
    }


def test_the_rest_of_a_batch_is_stopped_together(server, workflow):
    path = workflow(graphs.blurring(40))
    with interactive("run", path, "--sweep", "1.sigma=1..3", "--server", server.url) as command:
        batch = re.search(r"Batch (\S+):", command.stderr.readline())[1]
        done = greenroom("jobs", "cancel", "--batch", batch, "--server", server.url, "--json")
        assert done.json == {"batch_id": batch, "cancelled": 3}
        assert command.wait() == ExitCode.FAILED
    listed = greenroom("jobs", "list", "--batch", batch, "--server", server.url, "--json")
    assert {job["status"] for job in listed.json["jobs"]} == {"cancelled"}


def test_a_sweep_with_a_refused_value_runs_nothing(server, workflow):
    done = greenroom(
        "run", workflow(graphs.quick()), "--sweep", "1.width=8,0", "--server", server.url
    )
    assert done.code == ExitCode.REFUSED
    assert "1.width=0" in done.err
    assert "node 1 (EmptyImage)" in done.err


def test_a_node_that_is_not_there_is_named_with_those_that_are(workflow, tmp_path):
    path = workflow(graphs.quick())
    done = greenroom("run", path, "--set", "9.width=1", "--data-dir", tmp_path / "data")
    assert done.code == ExitCode.USAGE
    assert "1 (EmptyImage), 2 (Keep it)" in done.err


def test_a_file_that_is_not_there_is_refused_before_anything_starts(workflow, tmp_path):
    path = workflow(graphs.quick())
    done = greenroom("run", path, "--input", "1.image=nowhere.png", "--data-dir", tmp_path / "data")
    assert done.code == ExitCode.USAGE
    assert "nowhere.png" in done.err
    assert not (tmp_path / "data").exists()


def test_a_server_that_does_not_answer_is_reported_with_what_to_do(workflow):
    done = greenroom("run", workflow(graphs.quick()), "--server", "http://127.0.0.1:9")
    assert done.code == ExitCode.UNREACHABLE
    assert "greenroom serve" in done.err


def test_ctrl_c_leaves_the_job_to_the_server_and_says_so(server, workflow):
    with interactive("run", workflow(graphs.blurring(40)), "--server", server.url) as command:
        assert "%" in command.stderr.readline()
        command.send_signal(signal.SIGINT)
        told = command.stderr.read()
        assert command.wait() == ExitCode.INTERRUPTED
    job = re.search(r"greenroom jobs watch (\S+)", told)[1]
    assert greenroom("jobs", "cancel", job, "--server", server.url, "--json").json["cancelled"]


def test_ctrl_c_cancels_a_job_that_runs_in_this_process(workflow, tmp_path):
    folder = tmp_path / "data"
    with interactive("run", workflow(graphs.blurring(40)), "--data-dir", folder) as command:
        assert "%" in command.stderr.readline()
        command.send_signal(signal.SIGINT)
        assert command.wait() == ExitCode.INTERRUPTED
    with served(folder, "--workers", 0) as again:
        (job,) = greenroom("jobs", "list", "--server", again.url, "--json").json["jobs"]
        assert job["status"] == "cancelled"
