"""An array as text, in the form in which people know it from ComfyUI."""

import numpy as np

from greenroom.engine.cpu.pixels import Floats

_LONG = 1000
"""More values than this are shown in part."""
_WIDTH = 80
_START = "tensor("


def array_text(values: Floats, edge: int = 3) -> str:
    """`edge`: how many values are shown at each end of a long axis."""
    if values.size == 0:
        return f"{_START}[], size={values.shape})"
    text = np.array2string(
        values,
        separator=", ",
        prefix=_START,
        threshold=_LONG,
        edgeitems=edge,
        max_line_width=_WIDTH,
        formatter={"float_kind": _Style(_shown_part(values, edge))},
    )
    return f"{_START}{text})"


def _shown_part(values: Floats, edge: int) -> Floats:
    if values.size <= _LONG:
        return values
    for axis, length in enumerate(values.shape):
        if length > 2 * edge:
            start, end = np.split(values, [edge], axis)[0], np.split(values, [-edge], axis)[1]
            values = np.concatenate([start, end], axis)
    return values


class _Style:
    """One way to write all the numbers: whole, with four decimals, or with an exponent."""

    def __init__(self, values: Floats) -> None:
        finite = values[np.isfinite(values)]
        sizes = np.abs(finite[finite != 0]).astype(np.float64)
        least, most = (sizes.min(), sizes.max()) if sizes.size else (1.0, 1.0)
        whole = bool(np.all(finite == np.ceil(finite)))
        far_apart = most / least > 1000 or most > 1e8
        if far_apart or (not whole and least < 1e-4):
            self._form = "{:.4e}"
        else:
            self._form = "{:.0f}." if whole else "{:.4f}"
        self._width = max((len(self._plain(value)) for value in values.ravel()), default=0)

    def __call__(self, value: np.float32) -> str:
        return self._plain(value).rjust(self._width)

    def _plain(self, value: np.float32) -> str:
        return self._form.format(value) if np.isfinite(value) else str(value)
