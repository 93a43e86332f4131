"""Questions inside the texts of a form."""

from greenroom.domain.workflow.questions import answered, questions

SCENES = {"prompt": "[[who]]", "scenes": [{"prompt": "x"}, {"prompt": "[[where:a | b]]", "n": 1}]}


def test_questions_count_on_over_texts_and_scenes():
    who, where = questions(SCENES)
    assert (who.index, who.scene, who.question) == (0, None, "who")
    assert (where.index, where.scene, where.field, where.options) == (1, 1, "prompt", ("a", "b"))


def test_answers_replace_questions_everywhere():
    params = answered({**SCENES, "steps": 3}, {"0": "a [[cat]]", "1": "here"})
    assert params == {
        "prompt": "a [[cat]]", "scenes": [{"prompt": "x"}, {"prompt": "here", "n": 1}], "steps": 3,
    }  # fmt: skip


def test_brackets_that_are_no_question_stay():
    assert questions({"prompt": "[[]] [[a[b]] [cat] [[unclosed"}) == []
