"""Questions inside the texts of a form: `[[what animal?]]` or `[[animal:cat|dog]]`."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject, JsonValue

_QUESTION = re.compile(r"\[\[([^\[\]:]{1,500})(?::([^\[\]]{0,2000}))?\]\]")
_SCENES = "scenes"


@dataclass(frozen=True, slots=True)
class Question:
    index: int
    """Counts the questions of all texts from 0."""
    scene: int | None
    """Which scene it stands in, from 0; None outside of scenes."""
    field: str
    question: str
    options: tuple[str, ...]
    raw: str
    """As it stands in the text."""


def questions(params: JsonObject) -> list[Question]:
    """Every question, in the order of the parameters; scenes are asked one by one."""
    found: list[Question] = []
    for scene, field, text in _texts(params):
        for match in _QUESTION.finditer(text):
            options = tuple(part.strip() for part in (match[2] or "").split("|") if part.strip())
            asked = match[1].strip()
            found.append(Question(len(found), scene, field, asked, options, match[0]))
    return found


def answered(params: JsonObject, answers: Mapping[str, str]) -> dict[str, JsonValue]:
    """The parameters with each question replaced by the answer under its index.

    Without an answer the first option is taken; BAD_REQUEST names a question that has none.
    """
    taken = iter(questions(params))

    def reply(_match: re.Match[str]) -> str:
        return _reply(next(taken), answers)

    def replaced(text: str) -> str:
        return _QUESTION.sub(reply, text)

    return {name: _replaced(name, value, replaced) for name, value in params.items()}


def _reply(question: Question, answers: Mapping[str, str]) -> str:
    answer = answers.get(str(question.index))
    if answer is not None:
        return answer
    if question.options:
        return question.options[0]
    details: dict[str, JsonValue] = {"question": question.index}
    message = f"question {question.index} has no answer: {question.question}"
    raise AppError(ErrorCode.BAD_REQUEST, message, details)


def _replaced(name: str, value: JsonValue, replaced: Callable[[str], str]) -> JsonValue:
    if isinstance(value, str):
        return replaced(value)
    if name != _SCENES or not isinstance(value, list):
        return value
    return [
        {key: replaced(inner) if isinstance(inner, str) else inner for key, inner in scene.items()}
        if isinstance(scene, Mapping)
        else scene
        for scene in value
    ]


def _texts(params: JsonObject) -> Iterator[tuple[int | None, str, str]]:
    for name, value in params.items():
        if isinstance(value, str):
            yield None, name, value
        elif name == _SCENES and isinstance(value, list):
            for index, scene in enumerate(value):
                for key, inner in scene.items() if isinstance(scene, Mapping) else ():
                    if isinstance(inner, str):
                        yield index, key, inner
