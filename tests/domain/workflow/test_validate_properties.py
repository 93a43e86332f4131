"""Valid graphs pass; one fault, put anywhere, is told as the fault it is."""

import copy

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.fixtures.node_definitions import DEFINITIONS, OBJECT_INFO, empty, node

from greenroom.domain.errors import AppError
from greenroom.domain.workflow.graph import ancestors, parse_graph
from greenroom.domain.workflow.validate import validate

PATIENT = settings(deadline=None)  # the machine may be busy


@st.composite
def valid_prompts(draw):
    """Graphs of images: sources, then nodes that take any earlier image, then outputs."""
    prompt = {}
    for index in range(draw(st.integers(1, 3))):
        width = draw(st.integers(1, 100))
        mode = draw(st.sampled_from(["nearest", "area"]))
        prompt[f"s{index}"] = empty(width=width, mode=mode, label=draw(st.text(max_size=5)))
    images = list(prompt)
    earlier = st.deferred(lambda: st.sampled_from(images))
    for index in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from(["Invert", "Blend", "Batch"]))
        first, second = draw(earlier), draw(earlier)
        if kind == "Invert":
            made = node("Invert", image=[first, 0])
        elif kind == "Blend":
            made = node("Blend", image=[first, 0], other=[second, 0])
        else:
            made = node("Batch", **{"images.image0": [first, 0], "images.image1": [second, 0]})
        prompt[f"m{index}"] = made
        images.append(f"m{index}")
    for index in range(draw(st.integers(1, 3))):
        prompt[f"out{index}"] = node("Save", images=[draw(earlier), 0], prefix="x")
    return prompt


def kinds(prompt):
    """Every error type that is told, of the whole graph and of its nodes."""
    try:
        found = validate(prompt, OBJECT_INFO, files=()).node_errors
    except AppError as error:
        kind = error.details["error"]["type"]
        if kind != "prompt_outputs_failed_validation":
            return {kind}
        found = error.details["node_errors"]
    return {error["type"] for report in found.values() for error in report["errors"]}


def needed(prompt):
    outputs = [node_id for node_id in prompt if node_id.startswith("out")]
    return sorted(ancestors(parse_graph(prompt), outputs))


def pick(data, prompt, wanted):
    """One input of a needed node: (node id, input name, value)."""
    places = [
        (node_id, name, value)
        for node_id in needed(prompt)
        for name, value in prompt[node_id]["inputs"].items()
        if wanted(name, value)
    ]
    assume(places)
    return data.draw(st.sampled_from(places))


def is_link(_, value):
    return isinstance(value, list)


@PATIENT
@given(valid_prompts())
def test_a_valid_graph_runs_whole(prompt):
    validated = validate(prompt, OBJECT_INFO, files=())

    assert validated.node_errors == {}
    assert validated.graph_to_run == prompt
    assert set(validated.outputs) == {name for name in prompt if name.startswith("out")}


@PATIENT
@given(valid_prompts(), st.data())
def test_a_dropped_input_is_missing(prompt, data):
    optional = {"other", "mask"}
    node_id, name, _ = pick(data, prompt, lambda name, _: name not in optional)
    del prompt[node_id]["inputs"][name]

    assert kinds(prompt) == {"required_input_missing"}


@PATIENT
@given(valid_prompts(), st.data())
def test_a_value_of_the_wrong_type_is_told(prompt, data):
    node_id, name, _ = pick(data, prompt, lambda name, _: name in {"width", "scale"})
    prompt[node_id]["inputs"][name] = data.draw(st.sampled_from(["abc", None, {}, {"a": []}]))

    assert kinds(prompt) == {"invalid_input_type"}


@PATIENT
@given(valid_prompts(), st.data())
def test_a_value_out_of_range_is_told(prompt, data):
    node_id, name, _ = pick(data, prompt, lambda name, _: name == "width")
    low, high = st.integers(-(2**63), 0), st.integers(101, 2**64 - 1)
    value = data.draw(low | high)
    prompt[node_id]["inputs"][name] = value

    assert kinds(prompt) == {"value_smaller_than_min" if value < 1 else "value_bigger_than_max"}


@PATIENT
@given(valid_prompts(), st.data())
def test_a_value_that_is_not_offered_is_told(prompt, data):
    node_id, name, _ = pick(data, prompt, lambda name, _: name == "mode")
    prompt[node_id]["inputs"][name] = data.draw(st.text() | st.integers(-9, 9) | st.none())
    assume(prompt[node_id]["inputs"][name] not in {"nearest", "area"})

    assert kinds(prompt) == {"value_not_in_list"}


@PATIENT
@given(valid_prompts(), st.data())
def test_a_link_of_the_wrong_length_is_told(prompt, data):
    node_id, name, value = pick(data, prompt, is_link)
    prompt[node_id]["inputs"][name] = data.draw(st.sampled_from([[], value[:1], [*value, 0]]))

    assert kinds(prompt) == {"bad_linked_input"}


@PATIENT
@given(valid_prompts(), st.data())
def test_a_link_to_a_missing_node_or_slot_is_an_exception(prompt, data):
    node_id, name, value = pick(data, prompt, is_link)
    bad = data.draw(st.sampled_from([["gone", 0], [value[0], 9], [value[0], "0"], [5, 0]]))
    prompt[node_id]["inputs"][name] = bad

    expected = "exception_during_validation" if node_id.startswith("out") else None
    assert kinds(prompt) == {expected or "exception_during_inner_validation"}


@PATIENT
@given(valid_prompts(), st.data())
def test_a_link_to_another_type_is_told(prompt, data):
    node_id, name, _ = pick(data, prompt, is_link)
    prompt["model"] = node("Checkpoint", ckpt_name="sd15.safetensors")
    prompt[node_id]["inputs"][name] = ["model", 0]

    assert kinds(prompt) == {"return_type_mismatch"}


@PATIENT
@given(valid_prompts(), st.data())
def test_a_link_back_is_a_cycle(prompt, data):
    prompt["last"] = node("Invert", image=prompt["out0"]["inputs"]["images"])
    prompt["out0"]["inputs"]["images"] = ["last", 0]
    places = [
        (node_id, name)
        for node_id in sorted(ancestors(parse_graph(prompt), ["last"]))
        for name, value in prompt[node_id]["inputs"].items()
        if is_link(name, value)
    ]
    node_id, name = data.draw(st.sampled_from(places))
    prompt[node_id]["inputs"][name] = ["last", 0]

    assert kinds(prompt) == {"dependency_cycle"}


@PATIENT
@given(valid_prompts(), st.data())
def test_an_unknown_class_is_told_wherever_it_stands(prompt, data):
    node_id = data.draw(st.sampled_from(sorted(prompt)))
    prompt[node_id]["class_type"] = data.draw(
        st.text().filter(lambda name: name not in DEFINITIONS)
    )

    assert kinds(prompt) == {"missing_node_type"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


@PATIENT
@given(valid_prompts(), JSON, st.data())
def test_any_value_anywhere_is_taken_or_refused_and_never_changes_what_was_sent(
    prompt, value, data
):
    node_id = data.draw(st.sampled_from(sorted(prompt)))
    name = data.draw(st.sampled_from(sorted(prompt[node_id]["inputs"])))
    place = data.draw(st.sampled_from(["input", "node", "inputs", "class_type", "link"]))
    if place == "input":
        prompt[node_id]["inputs"][name] = value
    elif place == "link":
        prompt[node_id]["inputs"][name] = [value, value]
    elif place == "node":
        prompt[node_id] = value
    else:
        prompt[node_id][place] = value
    before = repr(copy.deepcopy(prompt))

    told = kinds(prompt)

    assert repr(prompt) == before
    assert all(isinstance(kind, str) for kind in told)
