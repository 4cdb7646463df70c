"""What HLO text says of an instruction behind its operands: `window={size=3x3 ...}` and others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cost_model.hlo.module import ConvolutionDimensions, DotDimensions, WindowDimension

_CALLS = ("calls", "to_apply", "condition", "body", "branch_computations", "called_computations",
          "true_computation", "false_computation", "select", "scatter")  # fmt: skip


def of(opcode: str, values: Mapping[str, str]) -> dict[str, Any]:
    """Returns the fields of `Instruction` that the attributes give.

    Args:
        opcode: of the instruction.
        values: attribute -> its text.

    Raises:
        ValueError: a text is malformed.
    """
    grouped = opcode == "convolution"
    dimensions = values.get("dimensions", values.get("iota_dimension", ""))
    return {
        "called": _called(values),
        "dimensions": _numbers(dimensions),
        "window": _window(values.get("window", "")),
        "convolution": _convolution(values.get("dim_labels", "")),
        "dot": _dot(values),
        "feature_group_count": int(values.get("feature_group_count", grouped)),
        "batch_group_count": int(values.get("batch_group_count", grouped)),
        "slices": _slices(values.get("slice", "")),
        "dynamic_slice_sizes": _numbers(values.get("dynamic_slice_sizes", "")),
        "padding": _padding(values.get("padding", "")) if opcode == "pad" else (),
        "is_stable": values.get("is_stable") == "true",
        "backend_config": values.get("backend_config", ""),
    }


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(x) for x in text.strip("{}").split(",") if x.strip())


def _called(values: Mapping[str, str]) -> tuple[str, ...]:
    texts = [values[key] for key in _CALLS if key in values]
    return tuple(name.strip().lstrip("%") for t in texts for name in t.strip("{}").split(","))


def _dot(values: Mapping[str, str]) -> DotDimensions:
    names = ("lhs_contracting_dims", "rhs_contracting_dims", "lhs_batch_dims", "rhs_batch_dims")
    return DotDimensions(*(_numbers(values.get(name, "")) for name in names))


def _window(text: str) -> tuple[WindowDimension, ...]:
    """Such as `{size=3x3 stride=2x2 pad=1_1x1_1 rhs_reversal=1x1}`."""
    parts = dict(part.split("=", 1) for part in text.strip("{}").split())
    if "size" not in parts:
        return ()
    sizes = parts["size"].split("x")
    default = {"stride": "1", "pad": "0_0", "lhs_dilate": "1", "rhs_dilate": "1",
               "rhs_reversal": "0"}  # fmt: skip
    columns = {key: parts[key].split("x") if key in parts else [value] * len(sizes)
               for key, value in default.items()}  # fmt: skip
    rows = zip(sizes, *columns.values(), strict=True)
    return tuple(_window_dimension(*row) for row in rows)


def _window_dimension(
    size: str, stride: str, pad: str, lhs_dilate: str, rhs_dilate: str, reversal: str
) -> WindowDimension:
    low, high = pad.split("_")
    return WindowDimension(
        int(size), int(stride), int(low), int(high), int(rhs_dilate), int(lhs_dilate),
        reversal == "1",
    )  # fmt: skip


def _convolution(text: str) -> ConvolutionDimensions:
    """Such as `b01f_01io->b01f`."""
    if not text:
        return ConvolutionDimensions()
    found = re.match(r"(\w+?)_(\w+)->(\w+)", text)
    if not found:
        raise ValueError(f"no dim_labels: {text!r}")
    lhs, rhs, out = found.groups()
    return ConvolutionDimensions(
        lhs.index("b"), lhs.index("f"), _spatial(lhs), rhs.index("i"), rhs.index("o"),
        _spatial(rhs), out.index("b"), out.index("f"),
    )  # fmt: skip


def _spatial(labels: str) -> tuple[int, ...]:
    """Where the spatial dimensions 0, 1 and so on are."""
    digits = sorted(label for label in labels if label.isdigit())
    return tuple(labels.index(digit) for digit in digits)


def _slices(text: str) -> tuple[tuple[int, int, int], ...]:
    """Such as `{[0:8], [2:6:2]}`."""
    found = re.findall(r"\[(\d+):(\d+)(?::(\d+))?\]", text)
    return tuple((int(start), int(limit), int(stride or 1)) for start, limit, stride in found)


def _padding(text: str) -> tuple[tuple[int, int], ...]:
    """Such as `0_1x2_2_1`: low, high, and interior where it is not 0."""
    parts = (part.split("_") for part in text.split("x") if part)
    return tuple((int(part[0]), int(part[1])) for part in parts)
