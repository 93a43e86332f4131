"""Making seeds explicit."""

import copy

import pytest
from tests.fixtures.node_definitions import OBJECT_INFO, node, simple

from greenroom.domain.workflow.seeds import BIGGEST_SEED, resolve_seeds


class Draws:
    """Gives 41, 42, ... and remembers below which number each was drawn."""

    def __init__(self):
        self.limits = []

    def __call__(self, limit):
        self.limits.append(limit)
        return 40 + len(self.limits)


@pytest.mark.parametrize("inputs", [{"seed": -1, "steps": 2}, {"steps": 2}])
def test_minus_one_and_missing_seeds_are_drawn(inputs):
    prompt = {**simple(), "5": node("Sampler", **inputs)}
    before = copy.deepcopy(prompt)
    draws = Draws()

    resolved = resolve_seeds(prompt, OBJECT_INFO, draws)

    assert resolved.drawn == {"5": {"seed": 41}}
    assert resolved.prompt == {**prompt, "5": node("Sampler", seed=41, steps=2)}
    assert draws.limits == [BIGGEST_SEED + 1]
    assert prompt == before


@pytest.mark.parametrize("seed", [0, 7, ["1", 0], "7", 2**64 - 1])
def test_other_seeds_stay(seed):
    prompt = {"5": node("Sampler", seed=seed, steps=2)}

    resolved = resolve_seeds(prompt, OBJECT_INFO, Draws())

    assert resolved.prompt is prompt
    assert resolved.drawn == {}


def test_inputs_that_are_no_seeds_stay():
    prompt = {"5": node("Sampler", seed=1, steps=-1), "6": node("Nope", seed=-1)}

    assert resolve_seeds(prompt, OBJECT_INFO, Draws()).prompt is prompt


def test_every_seed_is_drawn_by_itself():
    prompt = {"5": node("Sampler", seed=-1, steps=1), "6": node("Sampler", seed=-1, steps=1)}

    assert resolve_seeds(prompt, OBJECT_INFO, Draws()).drawn == {
        "5": {"seed": 41},
        "6": {"seed": 42},
    }
