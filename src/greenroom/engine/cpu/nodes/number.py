"""Numbers made, converted and computed."""

import math
from collections.abc import Mapping

from greenroom.engine.cpu.formula import Number, evaluate
from greenroom.engine.cpu.node import node


@node("PrimitiveInt")
def primitive_int(value: int) -> tuple[int]:
    return (value,)


@node("PrimitiveFloat")
def primitive_float(value: float) -> tuple[float]:
    return (value,)


@node("PrimitiveBoolean")
def primitive_boolean(*, value: bool) -> tuple[bool]:
    return (value,)


@node("ComfyNumberConvert")
def convert_number(value: object) -> tuple[float, int]:
    if isinstance(value, str):
        return _parsed(value)
    if not isinstance(value, int | float):
        raise TypeError(f"Unsupported input type: {type(value).__name__}")
    _check_finite(value)
    return float(value), int(value)


def _parsed(text: str) -> tuple[float, int]:
    if not text.strip():
        raise ValueError("Cannot convert empty string to number.")
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"Cannot convert string to number: {text!r}") from None
    _check_finite(number)
    try:
        return number, int(text)
    except ValueError:
        return number, int(number)


def _check_finite(value: Number) -> None:
    if not math.isfinite(value):
        raise ValueError(f"Cannot convert non-finite value to number: {value}")


@node("ComfyMathExpression")
def math_expression(expression: str, values: Mapping[str, Number]) -> tuple[float, int, bool]:
    if not expression.strip():
        raise ValueError("Expression cannot be empty.")
    result = evaluate(expression, {**values, "values": list(values.values())})
    if not isinstance(result, int | float):
        raise TypeError(f"'{expression}' must result in a number, not in {result!r}")
    try:
        number = float(result)
    except OverflowError:
        raise ValueError(f"The result of '{expression}' is too large for a float") from None
    if not math.isfinite(number):
        raise ValueError(f"The result of '{expression}' is not finite: {result}")
    return number, int(result), bool(result)
