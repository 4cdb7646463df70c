"""The C library of `cost-model export`, called from Python: no TensorFlow, a few microseconds."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from cost_model.kernel import Floats, Ints, Kernel
from mlgo.errors import UserError

_ERRORS = {
    1: "it has more nodes than the library was compiled for ({nodes})",
    2: "it has more edges than the library was compiled for ({edges})",
    3: "it has no nodes or no tiles, or an edge points outside of the nodes",
    4: "a feature is not a finite number",
}


class _Kernel(ctypes.Structure):
    """CostModelKernel of cost_model/native/cost_model.h."""

    _fields_ = (
        ("nodes", ctypes.c_int32),
        ("edges", ctypes.c_int32),
        ("node_feat", ctypes.c_void_p),
        ("node_opcode", ctypes.c_void_p),
        ("edge_index", ctypes.c_void_p),
    )


class Library:
    """A loaded library; use it from one thread at a time, and close it."""

    def __init__(self, path: Path) -> None:
        """Loads a library.

        Raises:
            UserError: it cannot be loaded, or is no library of `cost-model export`.
        """
        try:
            self._library = ctypes.CDLL(str(path.absolute()))
            self._library.cost_model_spec.restype = ctypes.c_char_p
            self._library.cost_model_create.restype = ctypes.c_void_p
        except (OSError, AttributeError) as error:
            hint = "make one: cost-model export WEIGHTS --output libcost_model.so"
            raise UserError(f"{path} is no library of a cost model: {error}", hint) from error
        self.spec: dict[str, Any] = json.loads(self._library.cost_model_spec())
        self._model = ctypes.c_void_p(self._library.cost_model_create())
        if not self._model:
            raise MemoryError

    def close(self) -> None:
        """Frees the model; the library is of no use afterwards."""
        self._library.cost_model_destroy(self._model)
        self._model = ctypes.c_void_p()

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def scores(self, kernel: Kernel) -> Floats:
        """float32 (c,), lower is faster.

        Raises:
            UserError: the kernel is too large for the library, or malformed.
        """
        out: Floats = self._call(self._library.cost_model_score, kernel, np.float32)
        return out

    def rank(self, kernel: Kernel) -> Ints:
        """int32 (c,): indices of the tiles, fastest first.

        Raises:
            UserError: the kernel is too large for the library, or malformed.
        """
        out: Ints = self._call(self._library.cost_model_rank, kernel, np.int32)
        return out

    def _call(self, function: Callable[..., int], kernel: Kernel, dtype: Any) -> Any:
        arrays = [
            np.ascontiguousarray(kernel.node_feat, np.float32),
            np.ascontiguousarray(kernel.node_opcode, np.int32),
            np.ascontiguousarray(kernel.edge_index, np.int32),
        ]
        given = _Kernel(len(arrays[0]), len(arrays[2]), *(a.ctypes.data for a in arrays))
        config = np.ascontiguousarray(kernel.config_feat, np.float32)
        out = np.empty(len(config), dtype)
        status = function(
            self._model,
            ctypes.byref(given),
            ctypes.c_void_p(config.ctypes.data),
            ctypes.c_int32(len(config)),
            ctypes.c_void_p(out.ctypes.data),
        )
        if status:
            reason = _ERRORS.get(status, f"error {status}").format(**self.spec)
            hint = "export with larger --nodes and --edges" if status in (1, 2) else ""
            raise UserError(f"kernel {kernel.name}: {reason}", hint)
        return out
