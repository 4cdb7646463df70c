"""Makes network.hlo.txt and network.hlo.pb: one module, as XLA writes it in both ways.

cd tests/cost_model/testdata && PYTHONPATH= ../../../.venv-xla/bin/python network.py
"""

from pathlib import Path

import jax
import jax.numpy as jnp


def network(x, w, p):
    y = jax.lax.conv_general_dilated(
        x, w, (2, 2), "SAME", rhs_dilation=(1, 2), dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    y = jax.lax.reduce_window(y, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME")
    padded = jnp.pad(y[:, 1:5:2], ((0, 0), (1, 2), (0, 0), (0, 0)))
    part = jax.lax.dynamic_slice(y, (0, 0, 0, 0), (1, 2, 2, 4))
    loop = jax.lax.fori_loop(0, 3, lambda _, v: v * 2, y)
    flat = jnp.tanh(y.reshape(-1, 16) @ p.T).astype(jnp.bfloat16)
    rest = jnp.concatenate([flat, flat]), jnp.arange(5), y.sum(), jnp.flip(y, 1)
    return jnp.sort(padded, axis=-1), part, loop, *rest


jax.config.update("jax_traceback_in_locations_limit", 0)
shapes = [(1, 32, 32, 8), (3, 3, 8, 16), (24, 16)]
lowered = jax.jit(network).lower(*[jax.ShapeDtypeStruct(s, "float32") for s in shapes])
module = lowered.compiler_ir("hlo").as_hlo_module()
Path("network.hlo.txt").write_text(module.to_string())
Path("network.hlo.pb").write_bytes(module.as_serialized_hlo_module_proto())
