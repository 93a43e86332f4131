"""The page about failure classes names each class and each remedy that there is, and no other."""

import re
from pathlib import Path

from greenroom.domain.failure import RULES, FailureClass

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "failure-classes.md"


def test_every_class_is_explained():
    assert re.findall(r"^- `(\w+)`:", PAGE.read_text(), re.MULTILINE) == list(FailureClass)


def test_every_remedy_that_a_rule_uses_is_explained():
    told = set(re.findall(r"^- \*\*([a-z ]+)\*\*:", PAGE.read_text(), re.MULTILINE))
    assert told == {rule.remedy.value for rule in RULES.values()}
