"""Compiles one module for XLA:CPU with a tile or a library of our choice."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from typing import Any

import jax
import jaxlib
from jax._src.lib import xla_client

from cost_model.hlo import proto
from cost_model.hlo.module import Module
from cost_model.tile import Tile
from cost_model.xla.knob import with_library, with_tile
from cost_model.xla.wire import delimited, fields
from mlgo.errors import UserError

_ELF = b"\x7fELF"
_PROBES = (Tile(4, 4, 2), Tile(8, 2, 2))


class Compiler:
    """XLA:CPU on this machine's first CPU device."""

    def __init__(self) -> None:
        device = jax.local_devices(backend="cpu")[0]
        self.device = device
        self._client = device.client
        self._devices = xla_client.DeviceList((device,))
        self._options = xla_client.CompileOptions().SerializeAsString()

    @property
    def version(self) -> str:
        """The XLA that answers, by the release of jaxlib that carries it."""
        return f"jaxlib {jaxlib.__version__}"

    def tiled(self, stablehlo: str, tile: Tile) -> Any:
        """Returns an executable whose products run through the tiled emitter with this tile.

        Raises:
            jax.errors.JaxRuntimeError: XLA refuses the module.
        """
        return self._compile(stablehlo, with_tile(self._options, tile))

    def library(self, stablehlo: str, library: str) -> Any:
        """Returns an executable whose products run in "eigen" or "ynn", on one thread."""
        return self._compile(stablehlo, with_library(self._options, library))

    def stock(self, stablehlo: str) -> Any:
        """Returns what XLA makes of it when nothing is said."""
        return self._compile(stablehlo, self._options)

    def require_tiles(self) -> None:
        """Compiles a small product with two tiles, to see whether this XLA heeds them.

        Raises:
            UserError: it does not; names the version.
        """
        if not self._heeds_tiles:
            raise UserError(
                f"the XLA of {self.version} ignores or refuses the tile of its GEMM emitter",
                hint="`make setup-xla` installs one that heeds it (jaxlib 0.10.2)",
            )

    @functools.cached_property
    def _heeds_tiles(self) -> bool:
        shape = jax.ShapeDtypeStruct((64, 64), "float32")
        product = jax.jit(lambda a, b: a @ b).lower(shape, shape).as_text()
        try:
            codes = {machine_code(self.tiled(product, tile)) for tile in _PROBES}
        except (jax.errors.JaxRuntimeError, ValueError):
            return False
        return len(codes) == len(_PROBES)

    def _compile(self, stablehlo: str, options: bytes) -> Any:
        parsed = xla_client.CompileOptions.ParseFromString(options)
        return self._client.compile_and_load(stablehlo, self._devices, parsed)


def optimized(executable: Any) -> Module:
    """Returns the HLO module that an executable was compiled from, after XLA's passes."""
    return proto.parse(executable.hlo_modules()[0].as_serialized_hlo_module_proto())


def machine_code(executable: Any) -> str:
    """Identifies an executable's machine code, whatever options it was compiled with.

    Tiles that make the same code are the same; when all do, XLA ignored them.
    """
    _, body = delimited(executable.serialize())
    digest = hashlib.sha256()
    for code in _objects(body):
        digest.update(code)
    return digest.hexdigest()[:16]


def _objects(message: bytes) -> Iterator[bytes]:
    """Yields the object files somewhere inside of a serialized executable."""
    for _, value, _ in fields(message):
        if isinstance(value, bytes) and _ELF in value:
            if value.startswith(_ELF):
                yield value
            else:
                yield from _objects(value)
