"""Texts that the editor expands before they are sent: {one|other}, comments and escapes."""

import re
from collections.abc import Callable
from typing import TypeAlias

Choose: TypeAlias = Callable[[int], int]
"""Given the number of alternatives, the index of the one to take."""

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n\r\u2028\u2029]*", re.DOTALL)
_COMMENT_MARK = re.compile(r"/(?=[/*])")
_SPECIAL = re.compile(r"[{}]")
_ESCAPED = re.compile(r"\\([{}|])")


def expand_dynamic_prompt(text: str, choose: Choose) -> str:
    """`text` without comments, one alternative chosen from each {a|b}, escapes resolved."""
    if not any(sign in text for sign in "{\\/"):
        return text
    text = _COMMENT.sub("", text)
    if "{" not in text:
        return _ESCAPED.sub(r"\1", text)
    # One list of alternatives for each block that is open; the outermost has a single one.
    open_blocks: list[list[list[str]]] = [[[]]]
    for mark in re.findall(r"\\.?|[{}|]|[^\\{}|]+", text, re.DOTALL):
        if mark == "{":
            open_blocks.append([[]])
        elif mark == "|" and len(open_blocks) > 1:
            open_blocks[-1].append([])
        elif mark == "}" and len(open_blocks) > 1:
            _close(open_blocks, choose)
        else:
            open_blocks[-1][-1].append(mark)
    while len(open_blocks) > 1:
        _close(open_blocks, choose)
    return _ESCAPED.sub(r"\1", "".join(open_blocks[0][0]))


def protect_from_expansion(text: str) -> str:
    """A text that expands to `text`: its braces escaped, its comment marks broken up."""
    text = _SPECIAL.sub(r"\\\g<0>", text)
    return _COMMENT_MARK.sub(r"{/}", text)


def _close(open_blocks: list[list[list[str]]], choose: Choose) -> None:
    alternatives = open_blocks.pop()
    index = choose(len(alternatives)) if len(alternatives) > 1 else 0
    open_blocks[-1][-1].append("".join(alternatives[index]))
