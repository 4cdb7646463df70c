"""The allocator's questions as arrays: what was legal, what was chosen, and in which function."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlgo.errors import UserError
from mlgo.perceptron import squash
from mlgo.regalloc.weights import Interface
from mlgo.rollout.log import Trajectory, read_log
from mlgo.weights_file import Floats

_OURS = ("question", "default_choice", "index_to_evict")


@dataclass(frozen=True)
class Questions:
    """The questions of one compile, in order.

    Attributes:
        interface: what the compiler tells.
        inputs: float32 (n, width, interface.inputs), what the network sees.
        mask: bool (n, width), the legal slots.
        default: int64 (n,), the slot of LLVM's default advisor.
        chosen: int64 (n,), the policy's slot.
        functions: of each question.
        indices: int64 (n,), of each question in its function.
    """

    interface: Interface
    inputs: Floats
    mask: NDArray[np.bool_]
    default: NDArray[np.int64]
    chosen: NDArray[np.int64]
    functions: tuple[str, ...]
    indices: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.default)


def read_questions(path: Path) -> Questions | None:
    """Reads the log that `-mlgo-regalloc-log` wrote; None when nothing was asked.

    Features and width are those that the compiler has announced.

    Raises:
        UserError: the file is no log of evictions.
    """
    if not path.exists():
        return None
    found = read_log(path)
    if not len(found):
        return None
    interface = _interface(found, path)
    default = found.rows["default_choice"].reshape(-1).astype(np.int64)
    return Questions(
        interface,
        _inputs(found, interface, default),
        found.rows["mask"].reshape(len(found), -1) != 0,
        default,
        found.rows["index_to_evict"].reshape(-1).astype(np.int64),
        found.contexts,
        found.rows["question"].reshape(-1).astype(np.int64),
    )


def _interface(found: Trajectory, path: Path) -> Interface:
    fields = found.rows.dtype
    names = [name for name in fields.names or () if name not in _OURS]
    if "mask" not in names:
        raise UserError(f"{path} is no log of evictions", hint="-mlgo-regalloc-log writes one")
    shape = fields["mask"].shape
    names.remove("mask")
    return Interface(
        tuple(name for name in names if fields[name].shape == shape),
        tuple(name for name in names if fields[name].shape == (1,)),
        tuple(name for name in names if fields[name].base.kind == "i"),
        int(shape[-1]),
    )


def _inputs(found: Trajectory, interface: Interface, default: NDArray[np.int64]) -> Floats:
    count, width = len(found), interface.width
    columns = [found.rows[name].reshape(count, width) for name in interface.slot_features]
    slots = np.arange(width)
    columns += [slots == default[:, None], np.broadcast_to(slots == width - 1, (count, width))]
    own = squash(np.stack(columns, axis=-1).astype(np.float32))
    # The two flags are seen as they are.
    own[..., -2:] = np.stack(columns[-2:], axis=-1)
    candidate = np.broadcast_to(own[:, -1:, :], own.shape)
    rest = [found.rows[name].reshape(count, 1) for name in interface.global_features]
    globals_ = squash(np.concatenate(rest, axis=1).astype(np.float32))[:, None, :]
    return np.concatenate(
        [own, candidate, np.broadcast_to(globals_, (count, width, globals_.shape[-1]))], axis=-1
    )
