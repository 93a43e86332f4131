"""Declarations and code agree."""

import inspect

import pytest

from greenroom.engine.cpu.catalogue import DEFINITIONS, object_info
from greenroom.engine.cpu.node import CODE


def test_every_declared_node_has_code_and_all_code_is_declared():
    assert CODE.keys() == DEFINITIONS.keys()


@pytest.mark.parametrize("name", sorted(DEFINITIONS))
def test_the_code_takes_the_declared_inputs_by_their_names(name: str):
    definition = DEFINITIONS[name]
    declared = {*definition.required, *definition.optional}
    parameters = dict(inspect.signature(CODE[name].call).parameters)
    parameters.pop("context", None)
    rest = [p.name for p in parameters.values() if p.kind is p.VAR_KEYWORD]
    assert parameters.keys() - declared == set(rest)
    assert rest or declared <= parameters.keys()
    for each in definition.optional:
        assert parameters[each].default is not inspect.Parameter.empty


@pytest.mark.parametrize("name", sorted(DEFINITIONS))
def test_a_lazy_input_has_code_that_chooses(name: str):
    definition = DEFINITIONS[name]
    lazy = [i for i in (*definition.required, *definition.optional) if definition.is_lazy(i)]
    assert bool(lazy) == (CODE[name].needs is not None)


def test_the_description_of_a_node_lists_its_inputs_in_order():
    described = object_info()["ImageScale"]
    names = ["image", "upscale_method", "width", "height", "crop"]
    assert described["input_order"] == {"required": names}
    assert described["input"]["required"]["image"] == ["IMAGE"]
    assert described["output"] == ["IMAGE"]
    assert "output_tooltips" not in described
    assert object_info()["ImageBlend"]["output_tooltips"] == [None]
