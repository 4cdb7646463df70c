"""Compiles one module for XLA:CPU with a tile or a library of our choice."""

from __future__ import annotations

from typing import Any

import jax
import jaxlib
from jax._src.lib import xla_client

from cost_model.tile import Tile
from cost_model.xla.knob import with_library, with_tile


class Compiler:
    """XLA:CPU on this machine's first CPU device."""

    def __init__(self) -> None:
        device = jax.local_devices(backend="cpu")[0]
        self._client = device.client
        self._devices = xla_client.DeviceList((device,))
        self._options = xla_client.CompileOptions().SerializeAsString()

    @property
    def version(self) -> str:
        """The XLA that answers, by the release of jaxlib that carries it."""
        return f"jaxlib {jaxlib.__version__}"

    def tiled(self, stablehlo: str, tile: Tile) -> Any:
        """Returns an executable whose products run through the tiled emitter with this tile."""
        return self._compile(stablehlo, with_tile(self._options, tile))

    def library(self, stablehlo: str, library: str) -> Any:
        """Returns an executable whose products run in "eigen" or "ynn", on one thread."""
        return self._compile(stablehlo, with_library(self._options, library))

    def _compile(self, stablehlo: str, options: bytes) -> Any:
        parsed = xla_client.CompileOptions.ParseFromString(options)
        return self._client.compile_and_load(stablehlo, self._devices, parsed)
