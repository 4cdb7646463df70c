"""Reads LLVM's training log: the features and decisions of a compile.

Format (llvm/Analysis/Utils/TrainingLogger.h): a JSON header with the tensors' names, types and
shapes; then `{"context": NAME}` lines, and for each decision `{"observation": N}`, the raw
little-endian tensors in header order without separators, and a newline.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlgo.errors import UserError

_DTYPES = {"int64_t": "<i8", "int32_t": "<i4", "float": "<f4", "double": "<f8"}


@dataclass(frozen=True)
class Trajectory:
    """The decisions of one compile, in order.

    Attributes:
        rows: structured array (n,), one field a tensor, e.g. rows["callee_users"] is int64 (n, 1).
        contexts: the context of each decision; the module's name.
    """

    rows: NDArray[np.void]
    contexts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def matrix(self, features: tuple[str, ...]) -> NDArray[np.int64]:
        """Returns int64 (n, features).

        Raises:
            UserError: the log lacks a feature.
        """
        missing = [name for name in features if name not in (self.rows.dtype.names or ())]
        if missing:
            raise UserError(
                f"the log lacks the feature {missing[0]!r}",
                hint="it was written by another release of LLVM; collect again",
            )
        columns = [self.rows[name].reshape(len(self), 1) for name in features]
        return np.asarray(np.concatenate(columns, axis=1), np.int64)


def read_log(path: Path) -> Trajectory:
    """Reads a log; an empty trajectory when the compile decided nothing.

    Raises:
        UserError: the file is missing, cut short or no training log.
    """
    try:
        data = path.read_bytes()
        return _parse(data)
    except FileNotFoundError as error:
        raise UserError(f"no training log at {path}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} is no readable training log: {error}",
            hint="a compile that was killed leaves a log cut short; compile again",
        ) from error


def _parse(data: bytes) -> Trajectory:
    header, position = _json_line(data, 0)
    dtype = np.dtype([_field(spec) for spec in header["features"]])
    observations, contexts = [], []
    context = ""
    while position < len(data):
        event, position = _json_line(data, position)
        if "context" in event:
            context = str(event["context"])
            continue
        if "observation" not in event:
            raise ValueError(f"unexpected event {event}")
        end = position + dtype.itemsize
        if data[end : end + 1] != b"\n":
            raise ValueError(f"observation {event['observation']} is cut short")
        observations.append(data[position:end])
        contexts.append(context)
        position = end + 1
    return Trajectory(np.frombuffer(b"".join(observations), dtype), tuple(contexts))


def _json_line(data: bytes, position: int) -> tuple[dict[str, Any], int]:
    end = data.find(b"\n", position)
    if end < 0:
        raise ValueError("a line is cut short")
    event = json.loads(data[position:end])
    if not isinstance(event, dict):
        raise ValueError(f"unexpected event {event!r}")
    return event, end + 1


def _field(spec: dict[str, Any]) -> tuple[str, str, tuple[int, ...]]:
    return spec["name"], _DTYPES[spec["type"]], tuple(spec["shape"])
