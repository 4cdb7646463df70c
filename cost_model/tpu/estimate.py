"""Compiles kernels for a TPU topology; run by a Python that has JAX and libtpu.

    python -m cost_model.tpu.estimate TOPOLOGY < specifications > records

A line of JSON in: a `KernelSpec`. A line out: {"spec", "hlo", "libtpu"}, or {"spec", "error"}.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import metadata
from typing import Any

from cost_model.measure.spec import KernelSpec


def main() -> None:
    """Answers until stdin ends; one process at a time may use libtpu."""
    os.environ["TPU_SKIP_MDS_QUERY"] = "1"  # there is no TPU to ask about
    os.environ["JAX_PLATFORMS"] = "tpu,cpu"
    os.environ.setdefault("TPU_WORKER_HOSTNAMES", "localhost")
    from jax.experimental import topologies

    devices = topologies.get_topology_desc(sys.argv[1], platform="tpu").devices
    for line in sys.stdin:
        print(json.dumps(_record(KernelSpec(**json.loads(line)), devices[0])), flush=True)


def _record(spec: KernelSpec, device: Any) -> dict[str, Any]:
    import jax
    import jax.numpy as jnp

    place = jax.sharding.SingleDeviceSharding(device)
    shapes = [jax.ShapeDtypeStruct(s, spec.dtype, sharding=place) for s in spec.shapes()]
    try:
        compiled = jax.jit(spec.function(jnp)).lower(*shapes).compile()
    except jax.errors.JaxRuntimeError as error:
        return {"spec": spec.as_json(), "error": str(error)[:300]}
    hlo = compiled.runtime_executable().hlo_modules()[0].to_string()
    return {"spec": spec.as_json(), "hlo": hlo, "libtpu": metadata.version("libtpu")}


if __name__ == "__main__":
    main()
