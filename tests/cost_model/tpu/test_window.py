import json

import numpy as np
import pytest

from cost_model.hlo import text
from cost_model.hlo.module import Instruction, Shape
from cost_model.tpu.kernels import kernels
from cost_model.tpu.window import Window, window_of

_CONFIG = {
    "flag_configs": [],
    "window_config": {
        "kernel_window_bounds": ["64", "8"],
        "output_window_bounds": ["32", "8"],
        "input_window_bounds": ["32", "4"],
        "estimated_cycles": "9635",
    },
}
_HLO = """HloModule jit_kernel, is_scheduled=true

%inner (i: bf16[512,1024]) -> bf16[512,1024] {
  %i = bf16[512,1024]{1,0:T(8,128)(2,1)S(1)} parameter(0)
  ROOT %bitcast = bf16[512,1024]{1,0:T(8,128)(2,1)} bitcast(%i)
}

%fused (a: bf16[256,512], b: bf16[512,1024]) -> bf16[256,1024] {
  %a = bf16[256,512]{1,0:T(8,128)(2,1)} parameter(0)
  %b = bf16[512,1024]{1,0:T(8,128)(2,1)S(1)} parameter(1)
  %moved = bf16[512,1024]{1,0:T(8,128)(2,1)} fusion(%b), kind=kLoop, calls=%inner
  ROOT %product = bf16[256,1024]{1,0:T(8,128)(2,1)} convolution(%a, %moved), dim_labels=bf_io->bf
}

ENTRY %main (x: bf16[256,512], w: bf16[512,1024]) -> bf16[256,1024] {
  %x = bf16[256,512]{1,0:T(8,128)(2,1)} parameter(0)
  %w = bf16[512,1024]{1,0:T(8,128)(2,1)} parameter(1)
  ROOT %fusion = bf16[256,1024]{1,0:T(8,128)(2,1)} fusion(%x, %w), kind=kOutput, calls=%fused, backend_config=CONFIG
}
"""  # noqa: E501


def test_a_fusions_tile_and_estimate_become_a_kernel() -> None:
    record = {
        "spec": {"name": "layer", "family": "bert", "model": "bert-base"},
        "hlo": _HLO.replace("CONFIG", json.dumps(_CONFIG)),
        "libtpu": "1.2",
    }
    (kernel,) = kernels(record, "v5e:2x2")
    assert kernel.name == "layer-v5e-0"
    assert kernel.problem() == ""
    assert kernel.metadata["label"] == "estimated cycles"
    assert kernel.config_runtime.tolist() == [9635]
    assert kernel.config_feat[0, :2].tolist() == [64, 8]
    assert kernel.config_feat[0, 8:10].tolist() == [32, 8]
    assert kernel.config_feat[0, 16:18].tolist() == [32, 4]
    # The body and what it calls, not the whole module.
    assert sorted(kernel.node_opcode.tolist()) == [11, 26, 41, 63, 63, 63]
    assert np.flatnonzero(kernel.node_feat[:, 0]).size == 2


@pytest.mark.parametrize(
    "config", ["", "no JSON", "{}", '{"window_config": {"estimated_cycles": "0"}}']
)
def test_a_fusion_without_an_estimate_is_none(config: str) -> None:
    assert window_of(Instruction("f", "fusion", Shape("f32"), backend_config=config)) is None


def test_bounds_are_numbers() -> None:
    text.parse(_HLO.replace("CONFIG", json.dumps(_CONFIG)))
    instruction = Instruction("f", "fusion", Shape("f32"), backend_config=json.dumps(_CONFIG))
    assert window_of(instruction) == Window((64, 8), (32, 8), (32, 4), 9635)
