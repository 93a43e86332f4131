"""A watched folder of workflows, on real files and both databases."""

import json
import logging
import os
import shutil

import pytest
from tests.cli import graphs

from greenroom.background.workflow_folder import WorkflowFolder
from greenroom.domain.principal import Principal
from greenroom.service.node_info import NodeInfo
from greenroom.service.workflows import Workflows

ME = Principal()
MANIFEST = """\
id: square
name: Square
version: 1
date: 2026-01-01
inputs: []
outputs: []
"""


@pytest.fixture
def library(database):
    return Workflows(database, NodeInfo())


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "workflows"
    folder.mkdir()
    return folder


@pytest.fixture
def watched(root, library):
    return WorkflowFolder(root, library, ME, look_anyway_ms=100)


def write(path, graph):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(graph))
    return path


async def ids_of(library):
    return {entry.id: entry.version for entry in await library.entries(ME)}


async def test_files_and_bundles_below_the_folder_are_imported(root, library, watched):
    write(root / "One two.json", graphs.quick())
    write(root / "faces" / "one.json", graphs.quick(1))
    write(root / "square" / "workflow.json", graphs.quick(2))
    (root / "square" / "manifest.yaml").write_text(MANIFEST)
    write(root / ".hidden" / "x.json", graphs.quick())
    (root / "notes.txt").write_text("no workflow")
    await watched.scan()
    assert await ids_of(library) == {"one-two": 1, "faces-one": 1, "square": 1}


async def test_only_what_has_changed_gets_a_new_version(root, library, watched):
    one = write(root / "one.json", graphs.quick())
    write(root / "two.json", graphs.quick())
    await watched.scan()
    write(one, graphs.quick(5))
    os.utime(one, ns=(1, 1))
    await watched.scan()
    await watched.scan()
    assert await ids_of(library) == {"one": 2, "two": 1}
    again = WorkflowFolder(root, library, ME)
    await again.scan()
    assert await ids_of(library) == {"one": 2, "two": 1}


async def test_a_file_that_cannot_be_used_is_told_once_and_keeps_no_other_away(
    root, library, watched, caplog
):
    (root / "broken.json").write_text("{")
    write(root / "fine.json", graphs.quick())
    with caplog.at_level(logging.WARNING):
        await watched.scan()
        await watched.scan()
    assert [record for record in caplog.messages if "broken.json" in record] == [caplog.messages[0]]
    assert await ids_of(library) == {"fine": 1}


async def test_two_files_with_one_id_do_not_overwrite_each_other(root, library, watched, caplog):
    write(root / "a b.json", graphs.quick())
    write(root / "a-b.json", graphs.quick(1))
    await watched.scan()
    assert await ids_of(library) == {"a-b": 1}
    assert "has its id" in caplog.text


async def test_what_is_deleted_in_the_folder_stays_in_the_library(root, library, watched):
    write(root / "square" / "workflow.json", graphs.quick())
    await watched.scan()
    shutil.rmtree(root / "square")
    await watched.scan()
    assert await ids_of(library) == {"square": 1}


async def test_a_change_is_noticed_while_the_folder_is_watched(root, library, watched):
    watched.start()
    try:
        await watched.scanned.wait()
        write(root / "late.json", graphs.quick())
        while "late" not in await ids_of(library):
            watched.scanned.clear()
            await watched.scanned.wait()
    finally:
        await watched.stop()
    await watched.stop()


async def test_a_folder_that_vanished_is_told_and_ends_nothing(root, library, watched, caplog):
    root.rmdir()
    await watched.scan()
    assert "cannot read" in caplog.text
