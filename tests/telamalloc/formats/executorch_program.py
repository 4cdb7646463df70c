"""Run by an interpreter that has ExecuTorch: plans a real exported network in two ways.

Prints as JSON the sizes of the memories with ExecuTorch's own planner and with telamalloc's,
and whether the outputs of both programs are the same, in ExecuTorch's runtime, and near to
PyTorch's.
"""

import json
import sys
from pathlib import Path

import torch
from executorch.exir import ExecutorchBackendConfig, to_edge
from executorch.exir.memory_planning import MemoryPlanningAlgorithmSuite, greedy
from executorch.exir.passes import MemoryPlanningPass
from executorch.runtime import Runtime
from torch import nn

from telamalloc.formats.executorch import telamalloc


class Block(nn.Module):
    """A layer of a dense block: its output is its input and a few channels more."""

    def __init__(self, channels: int, more: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(channels, 4 * more, 1)
        self.wide = nn.Conv2d(4 * more, more, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.wide(torch.relu(self.narrow(torch.relu(x))))
        return torch.cat([x, y], 1)


def network() -> nn.Module:
    """Three dense blocks, each followed by half the channels at half the size."""
    torch.manual_seed(0)
    channels, layers = 16, [nn.Conv2d(3, 16, 3, padding=1)]
    for _ in range(3):
        for _ in range(6):
            layers.append(Block(channels, 12))
            channels += 12
        layers += [nn.Conv2d(channels, channels // 2, 1), nn.AvgPool2d(2)]
        channels //= 2
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)]
    return nn.Sequential(*layers, *head).eval()


def main(folder: Path) -> None:
    """Exports, plans and runs; writes the programs into a folder."""
    model, inputs = network(), (torch.randn(1, 3, 64, 64),)
    sizes, outputs = {}, {}
    for name, algorithm in (("greedy", greedy), ("telamalloc", telamalloc())):
        suite = MemoryPlanningAlgorithmSuite([algorithm])
        config = ExecutorchBackendConfig(memory_planning_pass=MemoryPlanningPass(suite))
        program = to_edge(torch.export.export(model, inputs)).to_executorch(config)
        sizes[name] = program.exported_program().graph_module.meta["non_const_buffer_sizes"]
        path = folder / f"{name}.pte"
        path.write_bytes(program.buffer)
        method = Runtime.get().load_program(path).load_method("forward")
        outputs[name] = method.execute(list(inputs))[0].clone()
    same = torch.equal(outputs["greedy"], outputs["telamalloc"])
    near = torch.allclose(outputs["telamalloc"], model(*inputs), atol=1e-4)
    json.dump({"sizes": sizes, "same": same, "near": near}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
