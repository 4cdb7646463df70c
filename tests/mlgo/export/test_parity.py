"""The model in the plugin, TensorFlow's and numpy's decide alike."""

import os
import subprocess

import numpy as np
import pytest

from mlgo import models
from mlgo.errors import UserError
from mlgo.export.aot import TARGETS, Interface, compile_model
from mlgo.inlining.features import FEATURES
from mlgo.inlining.weights import load_weights
from mlgo.plugin.build import build_plugin
from mlgo.rollout.log import read_log
from mlgo.toolchain import find_toolchain
from tests.mlgo.export.call_sites import write_sources
from tests.mlgo.inlining.test_weights import weights

os.environ["CUDA_VISIBLE_DEVICES"] = ""
VECTORS = 10_000


def logged(plugin, folder, sources):
    """Compiles with the embedded model; returns the features and what it decided."""
    log = folder / "logs"
    log.mkdir()
    env = {**os.environ, "MLGO_POLICY": "learned", "MLGO_LOG": str(log)}
    clang = find_toolchain(22).clangxx
    for source in sources:
        command = [clang, "-Oz", f"-fpass-plugin={plugin}", "-c", source, "-o", "/dev/null"]
        subprocess.run(command, env=env, check=True)
    found = [read_log(path) for path in sorted(log.iterdir())]
    x = np.concatenate([t.matrix(FEATURES) for t in found])
    logits = np.concatenate([t.rows["logit"].ravel() for t in found])
    decisions = np.concatenate([t.rows["inlining_decision"].ravel() for t in found])
    return x, logits, decisions


def check(model, x, logits, decisions):
    from mlgo.inlining.network import PolicyModule

    expected = PolicyModule(model).logits(x).numpy()
    assert len(x) >= VECTORS
    assert len(np.unique(x, axis=0)) > VECTORS / 20
    assert np.array_equal(decisions == 1, logits > 0)
    assert np.array_equal(decisions == 1, expected > 0)
    np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(model.logits(x), expected, rtol=1e-3, atol=1e-3)


def test_the_shipped_model_decides_as_tensorflow_does(tmp_path):
    sources = write_sources(tmp_path)
    model = load_weights(models.weights_file("inlining-size"))
    check(model, *logged(build_plugin(22), tmp_path, sources))


def test_a_model_of_ones_own_from_export_to_plugin(tmp_path):
    from mlgo.inlining.network import saved_model

    model = weights(seed=3, layers=(16,), default_weight=0.5)
    saved_model(model, tmp_path / "saved")
    interface = Interface("mine", model.sha256, model.features)
    for name in ("a.o", "b.o"):
        compile_model(tmp_path / "saved", interface, tmp_path / name)
    assert (tmp_path / "a.o").read_bytes() == (tmp_path / "b.o").read_bytes()
    plugin = build_plugin(22, own=[tmp_path / "a.o"], folder=tmp_path / "plugin")
    x, logits, decisions = logged(plugin, tmp_path, write_sources(tmp_path))
    check(model, x, logits, decisions)
    assert 0.02 < decisions.mean() < 0.98


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_the_shipped_objects_are_what_export_makes(tmp_path, target):
    from mlgo.inlining.network import saved_model

    machine = target.split("-")[0]
    model = load_weights(models.weights_file("inlining-size"))
    saved_model(model, tmp_path / "saved")
    made = tmp_path / "model.o"
    compile_model(
        tmp_path / "saved", Interface("inlining-size", model.sha256, model.features), made, target
    )
    assert made.read_bytes() == models.object_file("inlining-size", machine).read_bytes()


def test_the_plugin_needs_no_tensorflow(tmp_path):
    plugin = build_plugin(22)
    needed = subprocess.run(
        [find_toolchain(22).tool("llvm-readelf"), "-d", plugin], capture_output=True, text=True
    ).stdout
    libraries = {
        line.split("[")[1].rstrip("]\n ") for line in needed.splitlines() if "NEEDED" in line
    }
    system = {"libstdc++.so.6", "libm.so.6", "libgcc_s.so.1", "libc.so.6"}
    assert {name for name in libraries if not name.startswith("ld-linux")} <= system
    assert plugin.stat().st_size < 500_000


def test_a_folder_that_holds_no_model(tmp_path):
    with pytest.raises(UserError, match="export failed"):
        compile_model(tmp_path, Interface("x", "", FEATURES), tmp_path / "x.o")
    assert not list(tmp_path.iterdir())
