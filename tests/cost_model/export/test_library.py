"""The shipped model as a C library: the same scores from C++, Python and NumPy."""

from __future__ import annotations

import dataclasses
import platform
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cost_model import models
from cost_model.export.graph import Shape
from cost_model.export.library import INCLUDE, build_object, link_library
from cost_model.kernel import Floats, Kernel
from cost_model.library import Library
from cost_model.rank import predictor
from cost_model.weights import load_weights
from mlgo.errors import UserError
from mlgo.toolchain import find_toolchain
from tests.cost_model import generate, published

_PROGRAM = """\
#include "cost_model.h"
#include <cstdio>
#include <vector>

template <typename T> std::vector<T> read(FILE *File, size_t Count) {
  std::vector<T> Values(Count);
  if (std::fread(Values.data(), sizeof(T), Count, File) != Count)
    std::puts("short");
  return Values;
}

int main(int, char **Arguments) {
  FILE *File = std::fopen(Arguments[1], "rb");
  std::vector<int32_t> Sizes = read<int32_t>(File, 3);
  auto Nodes = read<float>(File, size_t(Sizes[0]) * COST_MODEL_NODE_FEATURES);
  auto Opcodes = read<int32_t>(File, Sizes[0]);
  auto Edges = read<int32_t>(File, 2 * Sizes[1]);
  auto Tiles = read<float>(File, size_t(Sizes[2]) * COST_MODEL_CONFIG_FEATURES);
  CostModelKernel Kernel{Sizes[0], Sizes[1], Nodes.data(), Opcodes.data(), Edges.data()};
  CostModel *Model = cost_model_create();
  std::vector<float> Scores(Sizes[2]);
  std::vector<int32_t> Order(Sizes[2]);
  int Status = cost_model_score(Model, &Kernel, Tiles.data(), Sizes[2], Scores.data());
  Status += cost_model_rank(Model, &Kernel, Tiles.data(), Sizes[2], Order.data());
  for (int I = 0; I < Sizes[2]; ++I)
    std::printf("%.9g %d\\n", Scores[I], Order[I]);
  cost_model_destroy(Model);
  return Status;
}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("library") / "libcost_model.so"
    link_library(models.object_file(platform.machine()), output)
    return output


def test_python_and_the_library_agree(library: Path) -> None:
    predict = predictor(load_weights(models.weights_file()))
    with Library(library) as loaded:
        assert loaded.spec["sha256"] == load_weights(models.weights_file()).sha256
        for kernel in [*published.family("mixer"), generate.kernel(3, tiles=70)]:
            expected = predict(kernel)
            assert loaded.scores(kernel) == pytest.approx(expected, rel=1e-4, abs=1e-4)
            order = loaded.rank(kernel)
            assert sorted(order) == list(range(kernel.configs))
            assert (np.diff(loaded.scores(kernel)[order]) >= 0).all()


def test_a_program_in_cpp_gets_the_same_scores(library: Path, tmp_path: Path) -> None:
    kernel = published.family("mixer")[0]
    (tmp_path / "main.cc").write_text(_PROGRAM)
    sizes = [len(kernel.node_feat), len(kernel.edge_index), kernel.configs]
    arrays = [kernel.node_feat, kernel.node_opcode, kernel.edge_index, kernel.config_feat]
    parts = [np.array(sizes, np.int32), *arrays]
    (tmp_path / "kernel.bin").write_bytes(b"".join(np.asarray(p).tobytes() for p in parts))
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-I", str(INCLUDE)]
    command = [str(find_toolchain().clangxx), *flags, "main.cc"]
    command += [str(models.object_file(platform.machine())), "-o", "main"]
    subprocess.run(command, cwd=tmp_path, check=True)
    done = subprocess.run(
        [tmp_path / "main", tmp_path / "kernel.bin"], capture_output=True, text=True, check=True
    )
    rows = np.array([line.split() for line in done.stdout.splitlines()], np.float64)
    with Library(library) as loaded:
        assert np.array_equal(rows[:, 0].astype(np.float32), loaded.scores(kernel))
        assert np.array_equal(rows[:, 1].astype(np.int32), loaded.rank(kernel))


def test_kernels_that_do_not_fit_are_clear_errors(library: Path) -> None:
    kernel = generate.kernel(0)
    nan = kernel.config_feat.copy()
    nan[3, 4] = np.nan
    cases = {
        "more nodes": {"node_feat": np.zeros((9999, 140), np.float32)},
        "more edges": {"edge_index": np.zeros((9999, 2), np.int32)},
        "outside": {"edge_index": np.full((1, 2), 3, np.int32)},
        "finite": {"config_feat": nan},
        "no tiles": {"config_feat": nan[:0]},
    }
    with Library(library) as loaded:
        for words, change in cases.items():
            with pytest.raises(UserError, match=words):
                loaded.scores(dataclasses.replace(kernel, **change))  # type: ignore[arg-type]


@pytest.mark.parametrize(("tiles", "width"), [(33, 64), (129, 32), (16, 129)])
def test_a_network_that_would_not_link_is_a_clear_error(
    tiles: int, width: int, tmp_path: Path
) -> None:
    weights = load_weights(models.weights_file())
    members, inputs, _ = weights.kernels[0].shape
    wide = np.zeros((members, inputs, width), np.float32)
    changed = dataclasses.replace(weights, kernels=(wide, *weights.kernels[1:]))
    with pytest.raises(UserError, match=f"x {width} cannot be compiled") as raised:
        build_object(changed, "wide", tmp_path / "model.o", Shape(tiles=tiles))
    assert raised.value.hint
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_library_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "lib.so").write_bytes(b"hello")
    with pytest.raises(UserError, match="no library"):
        Library(tmp_path / "lib.so")


@pytest.mark.bench
def test_the_library_ranks_ten_times_as_fast_as_tensorflow(library: Path) -> None:
    from cost_model.export.graph import RankerGraph

    weights = load_weights(models.weights_file())
    kernels = published.family("mixer")
    tiles = sum(kernel.configs for kernel in kernels)
    most = max(kernel.configs for kernel in kernels)

    def seconds(scores: Callable[[Kernel], Floats]) -> float:
        begin = time.process_time()
        for kernel in kernels:
            scores(kernel)
        return time.process_time() - begin

    with Library(library) as loaded:
        ways = {
            "the library": loaded.scores,
            "TensorFlow, 16 tiles a call": RankerGraph(weights, Shape()).scores,
            f"TensorFlow, {most} tiles a call": RankerGraph(weights, Shape(tiles=most)).scores,
        }
        rounds = np.array([[seconds(scores) for scores in ways.values()] for _ in range(15)])
    times = np.median(rounds[1:] / rounds[1:, :1], axis=0)  # the first round warms up
    for way, spent, slower in zip(ways, np.median(rounds, axis=0), times, strict=True):
        print(f"{way}: {tiles / spent:,.0f} tiles/s, {slower:.1f}x the library's CPU time")
    assert times[1] >= 10  # in the chunks that the library takes
    assert times[2] >= 8  # TensorFlow at its best, 9.3 to 10.3 when it was measured
