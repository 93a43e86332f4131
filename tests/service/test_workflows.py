"""The library: versions, forms and readiness, on both databases."""

import asyncio
import json

import pytest
from tests.fixtures import node_definitions
from tests.service.sample_workflows import EXAMPLE, MANIFEST, SAMPLE, UI, draft, folder

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import TenantId, WorkerId
from greenroom.domain.principal import Principal
from greenroom.engine.cpu.catalogue import object_info
from greenroom.service.workflow_export import ExportForm
from greenroom.service.workflow_folder import load_workflow
from greenroom.service.workflow_source import Source, id_from, read_source

ME = Principal()


async def test_a_workflow_is_kept_with_the_form_that_its_graph_suggests(library):
    published = await library.publish(ME, draft(SAMPLE, tags=("a", "b")))
    assert (published.version.id, published.version.version) == ("sample", 1)
    found = await library.get(ME, "sample")
    assert found.graph == SAMPLE
    assert found.inferred
    assert [item.id for item in found.manifest.inputs] == ["seed", "steps"]
    assert (found.name, found.tags, found.source) == ("Sample", ("a", "b"), "Sample.json")
    assert [entry.id for entry in await library.entries(ME)] == ["sample"]
    assert [version.manifest for version in await library.list(ME)] == [found.manifest]


async def test_an_editor_s_file_becomes_the_same_graph(library):
    found = (await library.publish(ME, draft(UI))).version
    assert found.content.workflow == UI
    assert {node_id: body["inputs"] for node_id, body in found.graph.items()} == {
        "1": {"seed": 42, "steps": 20},
        "2": {"value": ["1", 0]},
    }


async def test_equal_content_makes_no_new_version_and_changed_content_does(library):
    await library.publish(ME, draft(SAMPLE))
    again = await library.publish(ME, draft(SAMPLE))
    assert (again.created, again.version.version) == (False, 1)
    changed = {**SAMPLE, "1": {"class_type": "Sampler", "inputs": {"seed": 1, "steps": 9}}}
    newer = await library.publish(ME, draft(changed))
    assert (newer.created, newer.version.version) == (True, 2)
    assert await library.versions(ME, "sample") == [2, 1]
    assert (await library.get(ME, "sample")).graph == changed
    assert (await library.get(ME, "sample", 1)).graph == SAMPLE


async def test_the_version_of_the_author_counts_when_it_is_beyond_the_newest(library):
    assert (await library.publish(ME, folder())).version.version == 4
    same_number = MANIFEST.replace("max: 50", "max: 60")
    published = await library.publish(ME, folder(**{"manifest.yaml": same_number}))
    assert published.version.version == 5
    assert published.version.manifest.version == 5
    assert published.version.tags == ("fast",)


async def test_values_are_kept_as_a_version_whose_form_and_drawing_begin_with_them(library):
    await library.publish(ME, draft(UI))
    kept = (await library.keep_values(ME, "sample", {"seed": -1, "steps": 33})).version
    assert kept.version == 2
    assert kept.graph["1"]["inputs"] == {"seed": 42, "steps": 33}
    assert kept.content.workflow["nodes"][0]["widgets_values"] == [42, "fixed", 33]
    assert kept.content.workflow["links"] == UI["links"]
    assert kept.content.prompt is None
    again = await library.keep_values(ME, "sample", {"steps": 33})
    assert (again.created, (await library.get(ME, "sample", 1)).graph["1"]["inputs"]["steps"]) == (
        False, 20,
    )  # fmt: skip
    with pytest.raises(AppError) as caught:
        await library.keep_values(ME, "sample", {"steps": "many"})
    assert caught.value.code is ErrorCode.BAD_REQUEST


async def test_a_drawing_that_cannot_say_the_kept_values_is_left_out(library):
    linked = {**SAMPLE, "3": {"class_type": "Show", "inputs": {"value": ["1", 0]}}}
    await library.publish(ME, draft({"prompt": linked, "workflow": UI}, name="Sample.json"))
    kept = (await library.keep_values(ME, "sample", {"steps": 33})).version
    assert kept.graph["1"]["inputs"]["steps"] == 33
    assert kept.content.workflow is None


async def test_values_kept_of_an_author_s_form_are_its_defaults_too(library):
    await library.publish(ME, folder())
    kept = (await library.keep_values(ME, "sample", {"steps": 21})).version
    assert (kept.version, kept.inferred, kept.manifest.tags) == (5, False, ("fast",))
    assert {item.id: item.default for item in kept.manifest.inputs}["steps"] == 21
    run = await library.bind(ME, kept, {})
    assert run.graph["1"]["inputs"] == {"seed": 42, "steps": 21}


async def test_a_workflow_is_renamed_tagged_and_forgotten(library):
    await library.publish(ME, draft(SAMPLE))
    entry = await library.change(ME, "sample", name="  Other   name ", tags=("x", "x", " y "))
    assert (entry.name, entry.tags, entry.version) == ("Other name", ("x", "y"), 1)
    assert (await library.get(ME, "sample")).manifest.name == "Other name"
    await library.delete(ME, "sample")
    assert list(await library.entries(ME)) == []
    for question in (
        library.get(ME, "sample"),
        library.versions(ME, "sample"),
        library.change(ME, "sample", name="x"),
        library.delete(ME, "sample"),
    ):
        with pytest.raises(AppError, match="no workflow 'sample'") as refused:
            await question
        assert refused.value.code is ErrorCode.NOT_FOUND


async def test_tenants_do_not_see_each_other_s_workflows(library):
    other = Principal(TenantId("other"))
    await library.publish(ME, draft(SAMPLE))
    await library.publish(other, draft(SAMPLE, workflow_id="sample", name="Theirs"))
    assert [entry.name for entry in await library.entries(ME)] == ["Sample"]
    await library.delete(other, "sample")
    assert [entry.name for entry in await library.entries(ME)] == ["Sample"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"workflow_id": "../x"}, ErrorCode.BAD_REQUEST),
        ({"workflow_id": "Upper"}, ErrorCode.BAD_REQUEST),
        ({"workflow_id": "x" * 101}, ErrorCode.BAD_REQUEST),
        ({"name": " "}, ErrorCode.BAD_REQUEST),
        ({"name": "x" * 201}, ErrorCode.BAD_REQUEST),
    ],
)
def test_ids_and_names_that_cannot_be_are_refused(fields, code):
    with pytest.raises(AppError) as refused:
        draft(SAMPLE, **fields)
    assert refused.value.code is code


@pytest.mark.parametrize("name", ["My Portrait (2).json", "my_portrait_2.png", "MY PORTRAIT 2"])
def test_an_id_is_made_of_the_file_s_name(name):
    assert id_from(name.rpartition(".")[0] or name) == "my-portrait-2"


def test_a_folder_must_have_what_its_manifest_names():
    with pytest.raises(AppError, match=r"has no workflow\.json"):
        read_source(Source("x", {"manifest.yaml": MANIFEST.encode()}))
    with pytest.raises(AppError, match=r"manifest\.yaml of x: line 3"):
        read_source(Source("x", {"manifest.yaml": MANIFEST.replace("4", "four").encode()}))
    with pytest.raises(AppError, match=r"neither manifest\.yaml nor workflow\.json"):
        read_source(Source("x", {"a.json": b"{}", "b.json": b"{}"}))
    with pytest.raises(AppError, match="not UTF-8"):
        read_source(Source("x", {"manifest.yaml": b"\xff"}))


async def test_a_graph_that_could_never_run_is_not_kept(library):
    with pytest.raises(AppError) as refused:
        await library.publish(ME, draft({**UI, "nodes": [{"id": 1}, 7]}))
    assert refused.value.code is ErrorCode.INVALID_GRAPH
    assert list(await library.entries(ME)) == []


async def test_classes_that_nobody_has_yet_may_come_later(library, nodes):
    nodes.forget(WorkerId("a"))
    published = await library.publish(ME, draft(UI))
    assert published.version.graph is None
    assert published.version.manifest.inputs == ()
    with pytest.raises(AppError, match="Sampler, Show"):
        await library.bind(ME, published.version, {})
    needs = await library.readiness(ME, published.version)
    assert needs.missing_nodes == ("Sampler", "Show")
    assert not needs.ready
    nodes.learn(WorkerId("b"), node_definitions.DEFINITIONS)
    found = await library.get(ME, "sample")
    assert [item.id for item in found.manifest.inputs] == ["seed", "steps"]
    assert (await library.readiness(ME, found)).workers == ("b",)


async def test_readiness_says_which_worker_has_what(library, nodes):
    without = {**node_definitions.DEFINITIONS}
    del without["Checkpoint"]
    nodes.learn(WorkerId("b"), without)
    version = (await library.publish(ME, folder())).version
    needs = await library.readiness(ME, version)
    assert {node.name: node.workers for node in needs.nodes} == {
        "Sampler": ("a", "b"),
        "Show": ("a", "b"),
    }
    assert {model.name: model.workers for model in needs.models} == {
        "absent.safetensors": (),
        "sd15.safetensors": ("a",),
    }
    assert needs.missing_models == ("absent.safetensors",)
    assert not needs.ready
    nodes.set_down(WorkerId("a"))
    assert (await library.readiness(ME, version)).missing_models == (
        "absent.safetensors",
        "sd15.safetensors",
    )


async def test_a_model_that_the_graph_names_is_looked_for_in_its_folder(library):
    graph = {
        "1": {"class_type": "Checkpoint", "inputs": {"ckpt_name": "sd15.safetensors"}},
        "2": {"class_type": "Show", "inputs": {"value": ["1", 0]}},
    }
    version = (await library.publish(ME, draft(graph))).version
    needs = await library.readiness(ME, version)
    assert [(m.name, m.folder, m.workers) for m in needs.models] == [
        ("sd15.safetensors", "checkpoints", ("a",))
    ]
    assert needs.workers == ("a",)


async def test_a_file_that_no_server_could_read_is_not_kept(library):
    nodes = [dict(UI["nodes"][0]), UI["nodes"][1]]
    nodes[0]["widgets_values"] = [2**65, "fixed", 20]
    with pytest.raises(AppError) as refused:
        await library.publish(ME, draft({**UI, "nodes": nodes}))
    assert refused.value.code is ErrorCode.INVALID_GRAPH
    assert list(await library.list(ME)) == []


async def test_a_dynamic_workflow_is_exported_as_it_came_and_as_its_defaults_make_it(
    library, nodes
):
    nodes.learn(WorkerId("a"), object_info())
    source = await asyncio.to_thread(load_workflow, EXAMPLE)
    version = (await library.take_in(ME, source)).version
    files = await library.export(ME, version, ExportForm.FOLDER)
    assert files.keys() == source.files.keys()
    assert files["manifest.yaml"] == source.files["manifest.yaml"]
    again = await library.take_in(ME, Source("again", files))
    assert (again.created, again.version.version) == (False, version.version)
    (graph,) = (await library.export(ME, version, ExportForm.API)).values()
    assert len(json.loads(graph)) > 3
    (drawn,) = (await library.export(ME, version, ExportForm.UI)).values()
    assert len(json.loads(drawn)["nodes"]) >= len(json.loads(graph))


async def test_versions_published_at_once_get_their_own_numbers(library):
    changed = [
        {**SAMPLE, "1": {"class_type": "Sampler", "inputs": {"seed": n, "steps": 1}}}
        for n in range(5)
    ]
    made = await asyncio.gather(*(library.publish(ME, draft(graph)) for graph in changed))
    assert sorted(one.version.version for one in made) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("depth", [300, 900, 985, 2000])
async def test_what_is_nested_too_deep_is_not_kept(library, depth):
    deep = '{"nodes": [{"id": 1, "type": "Show", "properties": {"x": %s}}], "links": []}'
    content = (deep % ("[" * depth + "]" * depth)).encode()
    with pytest.raises(AppError) as refused:
        await library.take_in(ME, Source("x", {"x.json": content}))
    assert refused.value.code is ErrorCode.INVALID_JSON
    assert list(await library.list(ME)) == []


async def test_texts_that_a_database_cannot_hold_do_not_reach_it(library):
    half = json.dumps({**SAMPLE, "note": {"class_type": "Show", "inputs": {"value": "\ud800"}}})
    with pytest.raises(AppError, match="half of a surrogate pair"):
        await library.take_in(ME, Source("x", {"x.json": half.encode()}))
    named = draft(SAMPLE, name="a\x00b.json", tags=("x\x00y",))
    assert (named.name, named.source) == ("a b", "a b.json")
    published = await library.take_in(
        ME, Source("a\x00b", {"x.json": json.dumps(SAMPLE).encode()}), tags=["x\x00y"]
    )
    assert published.version.tags == ("x y",)
    with pytest.raises(AppError, match="no workflow"):
        await library.get(ME, "a\x00b")
    with pytest.raises(AppError, match="no workflow"):
        await library.delete(ME, "\ud800")
