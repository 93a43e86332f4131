"""object_info of many workers as one."""

from greenroom.domain.workflow.fleet_info import merged


def loader(*models, style="list"):
    spec = [list(models)] if style == "list" else ["COMBO", {"options": list(models)}]
    return {"Loader": {"input": {"required": {"name": spec}}, "output_node": False}}


def names_of(info):
    spec = info["Loader"]["input"]["required"]["name"]
    return spec[0] if spec[0] != "COMBO" else spec[1]["options"]


def test_a_class_that_any_worker_knows_is_known():
    assert set(merged([{"A": {}}, {"B": {}}])) == {"A", "B"}


def test_a_model_that_only_the_second_worker_has_can_be_chosen():
    for style in ("list", "combo"):
        fleet = [loader("a", "b", style=style), loader("b", "c", style=style)]
        assert names_of(merged(fleet)) == ["a", "b", "c"]


def test_the_definitions_of_the_workers_are_left_alone():
    first, second = loader("a"), loader("b")
    merged([first, second])
    assert (names_of(first), names_of(second)) == (["a"], ["b"])


def test_where_the_workers_disagree_otherwise_the_first_one_is_believed():
    first = {"A": {"input": {"required": {"n": ["INT", {"max": 4}]}}}}
    second = {"A": {"input": {"required": {"n": ["INT", {"max": 8}], "m": ["INT", {}]}}}}
    assert merged([first, second]) == first


def test_combos_of_another_form_or_none_do_not_hurt():
    first = {"A": {"input": {"required": {"n": [["x"]], "e": [[]], "s": "odd"}, "hidden": None}}}
    second = {"A": {"input": {"required": {"n": ["COMBO", {"options": ["y"]}], "e": [[]]}}}}
    assert merged([first, second]) == first
