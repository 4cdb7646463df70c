"""The CMake arguments for a full build of LLVM, against the patched CMake files."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from llvm_patches.embedded import shipped, write_folder
from llvm_patches.series import apply, find_series
from llvm_patches.source import fetch_source
from mlgo import models, paths
from mlgo.toolchain import find_toolchain

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

# LLVM's own file, with a stand-in for the command that would compile two hundred sources.
_ANALYSIS = """\
cmake_minimum_required(VERSION 3.20)
project(check CXX)
list(APPEND CMAKE_MODULE_PATH ${TREE}/llvm/cmake/modules)
set(LLVM_HOST_TRIPLE x86_64-linux-gnu)
function(add_llvm_component_library name)
  message(STATUS "sources of ${name}: ${ARGN}")
endfunction()
include(${TREE}/llvm/lib/Analysis/CMakeLists.txt)
get_directory_property(definitions COMPILE_DEFINITIONS)
message(STATUS "definitions: ${definitions}")
get_source_file_property(own EmbeddedModel.cpp COMPILE_DEFINITIONS)
message(STATUS "of EmbeddedModel.cpp: ${own}")
if(GeneratedMLSources)
  add_custom_target(models ALL DEPENDS ${GeneratedMLSources})
endif()
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not list((paths.home() / "toolchain/llvm-toolchain-19").glob("*.dsc")):
        pytest.skip("LLVM's source is not here: `make toolchain` fetches it")
    folder = tmp_path_factory.mktemp("llvm") / "tree"
    fetch_source(19, folder)
    apply(find_series(19), folder)
    return folder


def configure(tree: Path, folder: Path, *arguments: str) -> str:
    (folder / "project").mkdir()
    (folder / "project/CMakeLists.txt").write_text(_ANALYSIS)
    argv = ["cmake", "-G", "Ninja", "-S", folder / "project", "-B", folder / "build"]
    argv += [f"-DTREE={tree}", "-DHAS_LOGF128=OFF", *arguments]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_saved_model_for_tensorflows_compiler(tree: Path, tmp_path: Path):
    """LLVM_INLINER_MODEL_PATH: the shipped policy becomes the class that LLVM is built with."""
    script = (
        "import sys; from pathlib import Path\n"
        "from mlgo.inlining.network import saved_model\n"
        "from mlgo.inlining.weights import load_weights\n"
        "saved_model(load_weights(Path(sys.argv[1])), Path(sys.argv[2]))\n"
    )
    weights = models.weights_file("inlining-size")
    model = tmp_path / "inlining-size"
    subprocess.run([sys.executable, "-c", script, weights, model], check=True)
    printed = configure(
        tree,
        tmp_path,
        "-DLLVM_HAVE_TF_AOT=ON",
        f"-DTENSORFLOW_AOT_COMPILER={Path(sys.executable).with_name('saved_model_cli')}",
        f"-DLLVM_INLINER_MODEL_PATH={model}",
    )
    assert "LLVM_HAVE_TF_AOT_INLINERSIZEMODEL" in printed
    assert 'LLVM_TF_AOT_INLINERSIZEMODEL_NAME="inlining-size"' in printed
    assert "InlinerSizeModel.o" in printed
    subprocess.run(["ninja", "-C", tmp_path / "build"], check=True)
    header = (tmp_path / "build/InlinerSizeModel.h").read_text()
    assert "class InlinerSizeModel" in header
    for name in ("feed_sroa_savings", "feed_callee_is_local", "feed_inlining_default"):
        assert name in header
    assert "fetch_inlining_decision" in header
    compile_advisor(tree, tmp_path)


def compile_advisor(tree: Path, folder: Path) -> None:
    """The patched advisor takes the class and the names that CMake defines."""
    spec = importlib.util.find_spec("tensorflow")
    assert spec is not None
    assert spec.origin is not None
    clang = find_toolchain(19).clangxx
    include = [tree / "llvm/include", clang.resolve().parent.parent / "include", folder / "build"]
    argv = [clang, "-std=c++17", "-fsyntax-only", "-w", "-D_GNU_SOURCE", "-D__STDC_LIMIT_MACROS"]
    argv += [flag for path in include for flag in ("-I", path)]
    argv += ["-isystem", Path(spec.origin).parent / "include"]
    argv += ["-DLLVM_HAVE_TF_AOT_INLINERSIZEMODEL", '-DLLVM_TF_AOT_INLINERSIZEMODEL_NAME="a"']
    argv += [
        '-DLLVM_TF_AOT_INLINERSIZEMODEL_HASH="b"',
        tree / "llvm/lib/Analysis/MLInlineAdvisor.cpp",
    ]
    subprocess.run(argv, check=True)


def test_none_is_no_model(tree: Path, tmp_path: Path):
    arguments = ("-DLLVM_HAVE_TF_AOT=ON", "-DLLVM_INLINER_MODEL_PATH=none")
    printed = configure(tree, tmp_path, *arguments)
    assert "LLVM_HAVE_TF_AOT_INLINERSIZEMODEL" not in printed


def test_self_contained_objects(tree: Path, tmp_path: Path):
    """LLVM_EMBEDDED_MODELS_DIR needs no TensorFlow where LLVM is built."""
    write_folder(shipped(), tmp_path / "models", find_toolchain(19))
    printed = configure(tree, tmp_path, f"-DLLVM_EMBEDDED_MODELS_DIR={tmp_path / 'models'}")
    assert "of EmbeddedModel.cpp: LLVM_HAVE_EMBEDDED_MODELS" in printed
    assert f"{tmp_path / 'models/model0.o'}" in printed


def test_the_arguments_are_upstreams(tree: Path):
    text = (tree / "llvm/CMakeLists.txt").read_text()
    assert 'set(TENSORFLOW_AOT_PATH "" CACHE PATH' in text
    for folder, name in (("Analysis", "INLINER"), ("CodeGen", "RAEVICT")):
        file = tree / f"llvm/lib/{folder}/CMakeLists.txt"
        assert f"${{LLVM_{name}_MODEL_PATH}}" in file.read_text()
