"""Evaluates a formula of numbers, safely: a small part of Python's expressions, nothing else."""

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

Number: TypeAlias = int | float
Value: TypeAlias = Number | Sequence[Number]

_MOST_BITS = 100_000
"""No result may be a longer integer than this."""
_LARGEST_EXPONENT = 4000


def _bits(value: Number) -> int:
    return value.bit_length() if isinstance(value, int) else 0


def _power(base: Number, exponent: Number) -> Number:
    if abs(exponent) > _LARGEST_EXPONENT or _bits(base) * abs(exponent) > _MOST_BITS:
        raise ValueError(f"Exponent {exponent} exceeds maximum allowed ({_LARGEST_EXPONENT})")
    result: Number = base**exponent
    return result


def _shift_left(value: int, places: int) -> int:
    if _bits(value) + places > _MOST_BITS:
        raise ValueError(f"{places} places are too many to shift by")
    return value << places


def _total(*values: Value) -> Number:
    numbers = values[0] if len(values) == 1 and isinstance(values[0], Sequence) else values
    return sum(_number(value) for value in numbers)


def _number(value: object) -> Number:
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return value


_BINARY: dict[type[ast.operator], Callable[..., Number]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
    ast.Pow: _power, ast.BitAnd: operator.and_, ast.BitOr: operator.or_,
    ast.BitXor: operator.xor, ast.LShift: _shift_left, ast.RShift: operator.rshift,
}  # fmt: skip
_UNARY: dict[type[ast.unaryop], Callable[..., Number]] = {
    ast.UAdd: operator.pos, ast.USub: operator.neg, ast.Not: operator.not_,
    ast.Invert: operator.invert,
}  # fmt: skip
_COMPARISONS: dict[type[ast.cmpop], Callable[..., bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt,
    ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[..., Number]] = {
    "sum": _total, "min": min, "max": max, "abs": abs, "round": round, "pow": _power,
    "sqrt": math.sqrt, "ceil": math.ceil, "floor": math.floor, "log": math.log,
    "log2": math.log2, "log10": math.log10, "sin": math.sin, "cos": math.cos, "tan": math.tan,
    "int": int, "float": float,
}  # fmt: skip


def evaluate(text: str, names: Mapping[str, Value]) -> Value:
    """The formula's value; ValueError for what is no formula, or whatever its arithmetic raises."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise ValueError(f"'{text}' is not a formula: {error.msg}") from None
    return _Formula(names).value(tree.body)


class _Formula:
    def __init__(self, names: Mapping[str, Value]) -> None:
        self._names = names

    def value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number):
                return number
            case ast.Name(id=name) if name in self._names:
                return self._names[name]
            case ast.Name(id=name):
                raise ValueError(f"'{name}' is not defined")
            case ast.UnaryOp(op=op, operand=operand):
                return self._checked(_UNARY[type(op)](self._number(operand)))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.value(body if self.value(test) else orelse)
            case _:
                return self._joined(node)

    def _joined(self, node: ast.expr) -> Value:
        match node:
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return self._binary(_BINARY[type(op)], left, right)
            case ast.BoolOp(op=op, values=values):
                return self._either(values, until=isinstance(op, ast.Or))
            case ast.Compare():
                return self._compare(node)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
                return self._checked(_FUNCTIONS[name](*(self.value(each) for each in args)))
            case ast.Subscript(value=values, slice=index):
                return self._item(self.value(values), self._number(index))
            case _:
                raise ValueError(f"A formula cannot contain '{ast.unparse(node)}'")

    def _binary(self, operation: Callable[..., Number], left: ast.expr, right: ast.expr) -> Number:
        return self._checked(operation(self._number(left), self._number(right)))

    def _either(self, values: Sequence[ast.expr], *, until: bool) -> Value:
        result: Value = not until
        for each in values:
            result = self.value(each)
            if bool(result) is until:
                break
        return result

    def _compare(self, node: ast.Compare) -> bool:
        left = self._number(node.left)
        for op, each in zip(node.ops, node.comparators, strict=True):
            if type(op) not in _COMPARISONS:
                raise ValueError(f"A formula cannot contain '{ast.unparse(node)}'")
            right = self._number(each)
            if not _COMPARISONS[type(op)](left, right):
                return False
            left = right
        return True

    def _item(self, values: Value, index: Number) -> Number:
        if not isinstance(values, Sequence):
            raise TypeError(f"{values!r} is not a list")
        return values[int(index)]

    def _number(self, node: ast.expr) -> Number:
        return _number(self.value(node))

    def _checked(self, value: Number) -> Number:
        if _bits(value) > _MOST_BITS:
            raise ValueError("The result is too large")
        return value
