"""From the collection's log to kernels in TpuGraphs' format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from cost_model.hlo import text
from cost_model.hlo.features import bounds_features, graph
from cost_model.kernel import Floats, Kernel
from cost_model.measure import log
from cost_model.measure.spec import LANES, KernelSpec
from cost_model.tile import DEFAULT, Tile
from cost_model.xla.knob import LIBRARIES

# A kernel with fewer tiles left has nothing to rank.
_FEWEST_TILES = 2


def kernels(path: Path) -> list[Kernel]:
    """Returns the kernels of a log whose product really went through the tiled emitter.

    Of a kernel that was measured several times, the measurement with the least noise counts.

    Raises:
        UserError: the log is damaged.
    """
    found: dict[str, Kernel] = {}
    for record in log.read(path):
        kernel = kernel_of(record)
        if kernel and (kernel.name not in found or noise(kernel) < noise(found[kernel.name])):
            found[kernel.name] = kernel
    return list(found.values())


def noise(kernel: Kernel) -> float:
    """Returns the median relative noise of a kernel's times."""
    return float(np.median(kernel.noise)) if kernel.noise is not None else 0.0


def kernel_of(record: dict[str, Any]) -> Kernel | None:
    """Returns a measured kernel; None when XLA ignored the tile, or refused the default one."""
    measured = [c for c in record["candidates"] if c["status"] == "measured" and c["ns"]]
    tiles = [c for c in measured if c["name"] not in LIBRARIES]
    names = [c["name"] for c in tiles]
    if len({c["code"] for c in tiles}) < _FEWEST_TILES or str(DEFAULT) not in names:
        return None
    spec = KernelSpec(**record["spec"])
    default = names.index(str(DEFAULT))
    runtimes = np.array([min(c["ns"]) for c in tiles], np.int64)
    nodes = graph(text.parse(record["hlo"]))
    return Kernel(
        name=spec.name,
        node_feat=nodes.node_feat,
        node_opcode=nodes.node_opcode,
        edge_index=nodes.edge_index,
        config_feat=tile_features([Tile.parse(name) for name in names], LANES[spec.dtype]),
        config_runtime=runtimes,
        config_runtime_normalizers=np.full(len(tiles), runtimes[default], np.int64),
        noise=np.array([_noise(c["ns"]) for c in tiles], np.float32),
        default_index=default,
        metadata=_metadata(record, spec, names, measured),
    )


def tile_features(tiles: list[Tile], lanes: int) -> Floats:
    """Returns float32 (c, 24): the configuration features of tiles, bounds in elements."""
    return np.array([bounds_features(tile.bounds(lanes)) for tile in tiles], np.float32)


def _noise(ns: list[int]) -> float:
    """How far the minima of the even and the odd rounds are apart, relative to the minimum."""
    return abs(min(ns[::2]) - min(ns[1::2])) / min(ns) if len(ns) > 1 else 0.0


def _metadata(
    record: dict[str, Any], spec: KernelSpec, names: list[str], measured: list[dict[str, Any]]
) -> dict[str, Any]:
    libraries = {c["name"]: min(c["ns"]) for c in measured if c["name"] in LIBRARIES}
    failed = {c["name"]: c["status"] for c in record["candidates"] if c["status"] != "measured"}
    return {
        "family": spec.family,
        "model": spec.model,
        "spec": spec.as_json(),
        "lanes": LANES[spec.dtype],
        "tiles": names,
        "failed": failed,
        "libraries_ns": libraries,
        "rounds": len(measured[0]["ns"]),
        "machine": record["machine"],
        "xla_version": record["worker"]["xla"],
        "realtime": record["worker"]["realtime"],
        "overhead_ns": record["worker"]["overhead_ns"],
    }
