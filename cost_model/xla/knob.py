"""Compile options that force a tile, or a library, onto XLA:CPU's matrix products.

JAX's own `compiler_options` refuse the map that holds the tile, so the fields are written into
the serialized CompileOptionsProto; their numbers are those of XLA's xla.proto.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cost_model.tile import Tile
from cost_model.xla.wire import bytes_field, fields, varint_field

_BUILD_OPTIONS, _DEBUG_OPTIONS = 3, 3
_MULTI_THREAD_EIGEN, _YNN_FUSION_TYPE, _EXTRA_OPTIONS = 60, 422, 500

#: XLA:CPU's library paths: what multiplies when the tiled emitter does not.
LIBRARIES = ("eigen", "ynn")


def with_tile(options: bytes, tile: Tile) -> bytes:
    """Returns serialized compile options that send products through the tiled emitter.

    Args:
        options: a serialized CompileOptionsProto.
        tile: what the emitter takes.
    """
    extra = {
        "xla_force_enable_experimental_llvm_ir_gemm": "true",
        "xla_llvm_ir_gemm_tile_size": str(tile),
    }
    return _with_debug_options(options, lambda debug: _single_thread(debug, extra))


def with_library(options: bytes, library: str) -> bytes:
    """Returns serialized compile options for one of `LIBRARIES`, on one thread."""
    return _with_debug_options(
        options, lambda debug: _single_thread(debug, {}, keep_ynn=library == "ynn")
    )


def _single_thread(debug: bytes, extra: Mapping[str, str], keep_ynn: bool = False) -> bytes:
    dropped = set() if keep_ynn else {_YNN_FUSION_TYPE}
    kept = b"".join(raw for number, _, raw in fields(debug) if number not in dropped)
    entries = [bytes_field(1, k.encode()) + bytes_field(2, v.encode()) for k, v in extra.items()]
    mapped = b"".join(bytes_field(_EXTRA_OPTIONS, entry) for entry in entries)
    return kept + varint_field(_MULTI_THREAD_EIGEN, 0) + mapped


def _with_debug_options(options: bytes, edit: Callable[[bytes], bytes]) -> bytes:
    return _replaced(options, _BUILD_OPTIONS, lambda b: _replaced(b, _DEBUG_OPTIONS, edit))


def _replaced(message: bytes, field: int, edit: Callable[[bytes], bytes]) -> bytes:
    """Edits one submessage; an absent one is edited as an empty one."""
    old = b"".join(
        v for number, v, _ in fields(message) if number == field and isinstance(v, bytes)
    )
    rest = b"".join(raw for number, _, raw in fields(message) if number != field)
    return rest + bytes_field(field, edit(old))
