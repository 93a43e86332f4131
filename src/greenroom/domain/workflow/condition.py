"""Conditions of a stage: `param`, `!param`, `param == value`, `param != value`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from greenroom.domain.json import JsonValue

_COMPARISON = re.compile(r"\s*([\w.-]+)\s*(==|!=)\s*(.*?)\s*")
_PRESENCE = re.compile(r"\s*(!|not\s)?\s*([\w.-]+)\s*")


class Test(Enum):
    SET = auto()
    NOT_SET = auto()
    EQUAL = auto()
    NOT_EQUAL = auto()


@dataclass(frozen=True, slots=True)
class Condition:
    param: str
    test: Test
    value: str = ""

    def holds(self, params: Mapping[str, JsonValue]) -> bool:
        """Whether it is true of these values. Comparisons are of texts, as a form sends them."""
        found = params.get(self.param)
        if self.test is Test.SET:
            return is_set(found)
        if self.test is Test.NOT_SET:
            return not is_set(found)
        return (as_text(found) == self.value) == (self.test is Test.EQUAL)


def parse_condition(text: str) -> Condition | None:
    """The condition in a text, or None when it is none."""
    comparison = _COMPARISON.fullmatch(text)
    if comparison is not None:
        value = comparison[3]
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        return Condition(
            comparison[1], Test.EQUAL if comparison[2] == "==" else Test.NOT_EQUAL, value
        )
    presence = _PRESENCE.fullmatch(text)
    if presence is None:
        return None
    return Condition(presence[2], Test.NOT_SET if presence[1] else Test.SET)


def is_set(value: JsonValue) -> bool:
    """False for nothing, the empty text, false, "false", and lists and objects without content."""
    if isinstance(value, str):
        return value not in {"", "false"}
    return value is not None and value is not False and value not in ([], {})


def as_text(value: JsonValue) -> str:
    """A value as a form would send it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
