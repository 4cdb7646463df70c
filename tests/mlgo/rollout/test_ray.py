"""Exploring on a Ray cluster of two nodes, in which a worker dies; and what goes wrong."""

import dataclasses
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from mlgo import paths
from mlgo.errors import UserError
from mlgo.plugin.build import build_plugin
from mlgo.policy import Policy
from mlgo.rollout.collect import collect, tasks
from mlgo.rollout.compiler import PluginCompiler
from mlgo.rollout.executor import LocalExecutor
from mlgo.toolchain import find_toolchain
from tests.mlgo.evaluate.conftest import SOURCES, make_program

FLIPS = 200


def command(output, *arguments):
    main = "from mlgo.cli import main; main()"
    sets = ["--set", 'Problem.train = ("words",)']
    sets += ["--set", 'Problem.validation = ("others",)']
    sets += ["--set", f"ExpertIteration.flips = {FLIPS}"]
    options = ["--output", str(output), "--executor", "ray", *arguments, *sets]
    return [sys.executable, "-c", main, "train", "inlining", *options]


@pytest.fixture
def words(tmp_path, monkeypatch):
    """A program of three modules and the plugin, in a home of the suite's own."""
    monkeypatch.setenv("MLGO_HOME", str(tmp_path / "home"))
    for name in ("words", "others"):
        folder = paths.corpus() / name
        archives = (("libwords.a", ("total.cc.o", "longest.cc.o")),)
        make_program(folder, name, SOURCES, ("main.cc.o",), archives)
    return PluginCompiler(find_toolchain(22), build_plugin(22))


@pytest.fixture
def cluster(monkeypatch):
    """Two nodes of one CPU each."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'mlgo-suite[distributed]'")
    from ray.cluster_utils import Cluster

    with tempfile.TemporaryDirectory(prefix="ray-") as folder:
        monkeypatch.setenv("RAY_TMPDIR", folder)
        head = {"num_cpus": 1, "include_dashboard": False}
        running = Cluster(initialize_head=True, head_node_args=head)
        running.add_node(num_cpus=1)
        running.wait_for_nodes()
        yield running
        running.shutdown()


def scratch():
    """The folders of workers."""
    return list(Path(tempfile.gettempdir()).glob("mlgo-worker-*"))


def compiles():
    """The compilers that workers run now, with the folder of the worker."""
    folders, found = {str(folder) for folder in scratch()}, []
    for process in psutil.process_iter(["name"]):
        try:
            if "clang" in process.name() and process.environ().get("TMPDIR") in folders:
                found.append(process)
        except psutil.Error:
            continue
    return found


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end
        time.sleep(0.005)
    return value


def kill_a_worker():
    """Kills the worker that runs a compile; returns its id."""
    while True:
        try:
            worker = wait_for(compiles)[0].parent()
            if worker and "ray::" in " ".join(worker.cmdline()):
                worker.send_signal(signal.SIGKILL)
                return worker.pid
        except psutil.Error:
            continue


def explored(compiler, store, executor):
    policy = Policy("default")
    todo = tasks(["words", "others"])
    return collect(compiler, todo, policy, store, flips=FLIPS, seed=1, executor=executor)


def same(one, other):
    if one is None or other is None:
        return one is other
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name))
        for field in dataclasses.fields(one)
    )


@pytest.mark.slow
def test_a_killed_worker_loses_nothing(words, cluster, tmp_path):
    from mlgo.rollout.ray_executor import connect

    local = explored(words, tmp_path / "local", LocalExecutor(2))
    assert sum(item.exploration is not None for item in local) >= 4
    killed = []
    killer = threading.Thread(target=lambda: killed.append(kill_a_worker()))
    killer.start()
    with connect(cluster.address, 2) as executor:
        remote = explored(words, tmp_path / "ray", executor)
        killer.join(60)
    assert len(killed) == 1
    assert [item.task for item in remote] == [item.task for item in local]
    assert [item.error for item in remote] == [""] * len(local)
    assert all(same(a.exploration, b.exploration) for a, b in zip(local, remote, strict=True))
    files = [sorted((tmp_path / name).glob("*/*")) for name in ("local", "ray")]
    assert [f.read_bytes() for f in files[0]] == [f.read_bytes() for f in files[1]]
    wait_for(lambda: not scratch())
    assert not compiles()


@pytest.mark.slow
def test_ctrl_c_leaves_nothing_behind(words, cluster, tmp_path):
    arguments = command(tmp_path / "work", "--address", cluster.address)
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    wait_for(compiles)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "error: interrupted\nhint: run the same command again" in stderr
    assert "Traceback" not in stderr
    wait_for(lambda: not scratch())
    assert not compiles()


@pytest.mark.slow
def test_a_node_without_the_program_is_one_error(words, cluster, tmp_path):
    from mlgo.rollout.ray_executor import connect

    gone = dataclasses.replace(words, plugin=tmp_path / "none.so")
    with connect(cluster.address, 2) as executor, pytest.raises(UserError, match="is not on"):
        explored(gone, tmp_path / "ray", executor)


@pytest.mark.slow
def test_an_address_without_a_cluster_is_one_error(tmp_path):
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'mlgo-suite[distributed]'")
    for address in ("127.0.0.1:9", "127.0.0.1:many"):
        arguments = command(tmp_path / "work", "--address", address)
        done = subprocess.run(arguments, capture_output=True, text=True)
        assert done.returncode == 2
        assert f"error: no Ray cluster at {address}" in done.stderr
        assert "Traceback" not in done.stderr


def test_without_ray_there_is_one_error(tmp_path):
    (tmp_path / "ray.py").write_text("raise ImportError('hidden', name='ray')")
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command(tmp_path / "w"), capture_output=True, text=True, env=env)
    assert done.returncode == 2
    assert "error: Ray is not installed" in done.stderr
    assert "hint: pip install 'mlgo-suite[distributed]'" in done.stderr
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--method", "ppo"], "ppo does not run on Ray"),
        (["--executor", "local", "--address", "auto"], "--address needs --executor ray"),
    ],
)
def test_options_that_do_not_fit_are_one_error(tmp_path, arguments, message):
    done = subprocess.run(command(tmp_path, *arguments), capture_output=True, text=True)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
