"""Networks over named features, by TensorFlow and in a plugin of their own."""

import platform

import numpy as np

from mlgo.export.aot import TARGETS
from mlgo.export.policy import export_policy
from mlgo.plugin.build import build_plugin


def by_tensorflow(weights, output, x):
    """What the exported function gives for each row of x."""
    from mlgo.export.feature_network import FeatureModule

    module = FeatureModule(weights, output)
    rows = [dict(zip(weights.features, row, strict=True)) for row in x]
    found = [module.action(**{n: np.array([v], np.float32) for n, v in r.items()}) for r in rows]
    return np.array([float(f[output][0]) for f in found])


def plugin_with(weights, folder):
    """A plugin for LLVM 22 that holds nothing else."""
    weights.save(folder / "own.mlgo")
    target = next(t for t in TARGETS if t.startswith(platform.machine()))
    export_policy(folder / "own.mlgo", "own", {target: folder / "own.o"}, folder / "saved")
    return build_plugin(22, own=[folder / "own.o"], folder=folder / "plugin")
