"""Reads TpuGraphs' raw tile measurements: TuningData, the protocol buffer before `.npz`.

The schema is in TpuGraphs' repository, tpu_graphs/proto/tuning.proto.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cost_model.hlo import proto
from cost_model.hlo.features import bounds_features, graph
from cost_model.kernel import Kernel
from cost_model.xla.wire import Message
from mlgo.errors import UserError

_HINT = "it should be TpuGraphs' TuningData with tile sizes, e.g. op_tuning_data.pb"
# Below this, a time is a failure to measure; so TpuGraphs' own reader takes it.
_LEAST_NS = 2
_FEWEST_TILES = 2


def read_tuning_data(path: Path) -> list[Kernel]:
    """Returns the kernels that have at least two measured tiles and a default one.

    Raises:
        UserError: the file is missing or malformed.
    """
    try:
        modules = Message(path.read_bytes()).messages(1)
        found = [_kernel(module, number) for number, module in enumerate(modules)]
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise UserError(f"{path}: {error}", _HINT) from error
    kernels = [kernel for kernel in found if kernel is not None]
    if not kernels:
        raise UserError(f"{path} has no measured kernels", _HINT)
    return kernels


def _kernel(module: Message, number: int) -> Kernel | None:
    runs = [run for run in module.messages(3) if not run.number(3) and _nanoseconds(run)]
    defaults = [index for index, run in enumerate(runs) if run.number(5)]
    if len(runs) < _FEWEST_TILES or not defaults:
        return None
    parsed = proto.to_module(module.message(1))
    nodes = graph(parsed)
    times = np.array([_nanoseconds(run) for run in runs], np.int64)
    return Kernel(
        name=f"{number:02d}-{parsed.name}",
        node_feat=nodes.node_feat,
        node_opcode=nodes.node_opcode,
        edge_index=nodes.edge_index,
        config_feat=np.array([bounds_features(_bounds(run)) for run in runs], np.float32),
        config_runtime=times,
        config_runtime_normalizers=np.full(len(runs), times[defaults[0]], np.int64),
        default_index=defaults[0],
        metadata={"family": "tpu", "device": "TPU"},
    )


def _nanoseconds(run: Message) -> int:
    """ExecutionProfile.compute_time_ns; 0 for a failure."""
    profiles = run.messages(4)
    time = profiles[0].number(4) if profiles else 0
    return time if time >= _LEAST_NS else 0


def _bounds(run: Message) -> list[list[int]]:
    """Kernel, output and input bounds of ConfigProfile.op_config.tile_size_config."""
    tile = run.messages(1)[0].messages(1)[0]
    return [list(tile.numbers(field)) for field in (1, 2, 3)]
