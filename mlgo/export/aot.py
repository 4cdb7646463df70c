"""Compiles a SavedModel into an object file that needs no TensorFlow.

`saved_model_cli aot_compile_cpu` makes an object and a C++ header from the model. A few sources
of TensorFlow's runtime, a generated adapter and that object are then joined by `ld -r` into one
relocatable object. A policy's only global symbol is an `MlgoEmbeddedModel` or an
`MlgoEmbeddedScorer` (mlgo/plugin/EmbeddedModel.h); other models bring an interface of their own
(`Glue`).
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlgo.atomic import write_bytes
from mlgo.errors import UserError
from mlgo.toolchain import Toolchain, find_toolchain

#: Target triple -> the name that the shipped object files carry.
TARGETS = {"x86_64-linux-gnu": "x86-64", "aarch64-linux-gnu": "aarch64"}

# What XlaCompiledCpuFunction needs, and no more: the whole runtime takes minutes to compile.
_RUNTIME_SOURCES = (
    "tensorflow/compiler/tf2xla/xla_compiled_cpu_function.cc",
    "xla/cpu_function_runtime.cc",
    "xla/executable_run_options.cc",
    "xla/service/custom_call_status.cc",
)

_ADAPTER = """\
#include "EmbeddedModel.h"
#include "model.h"

namespace {{
using Instance = mlgo_aot::Model;

void *create() {{ return new Instance(); }}
void destroy(void *Model) {{ delete static_cast<Instance *>(Model); }}

void *input(void *Model, int Index) {{
  auto &M = *static_cast<Instance *>(Model);
  switch (Index) {{
{cases}
  }}
  return nullptr;
}}

{returns}evaluate(void *Model) {{
  auto &M = *static_cast<Instance *>(Model);
  M.Run();
  return M.result_fetch_{output}{access}();
}}
}} // namespace

extern "C" [[gnu::visibility("hidden")]] const {type} {symbol} = {{
    {spec}, create, destroy, input, evaluate}};
"""


@dataclass(frozen=True)
class Interface:
    """What the plugin binds to.

    Attributes:
        name: of the policy, e.g. "inlining-size".
        sha256: of the weights.
        inputs: names of the inputs.
        output: name of the float32 output.
        symbol: the object's global symbol.
        types: LLVM type and shape of the inputs, where not all are int64 of shape (1,).
        outputs: how many scores the output holds; 0 for one logit.
    """

    name: str
    sha256: str
    inputs: tuple[str, ...]
    output: str = "logit"
    symbol: str = "mlgo_inlining_model"
    types: tuple[tuple[str, tuple[int, ...]], ...] = ()
    outputs: int = 0

    def spec(self) -> str:
        """Returns the JSON that the object carries."""
        types = self.types or (("int64_t", (1,)),) * len(self.inputs)
        inputs = [
            {"name": name, "port": 0, "type": type_, "shape": list(shape)}
            for name, (type_, shape) in zip(self.inputs, types, strict=True)
        ]
        spec = {"name": self.name, "sha256": self.sha256, "inputs": inputs}
        return json.dumps(spec | ({"outputs": self.outputs} if self.outputs else {}))


@dataclass(frozen=True)
class Glue:
    """The C++ source that is joined with a compiled model, and what it lets out.

    Attributes:
        sources: file name -> text; the `.cc` ones are compiled. They include `model.h`, whose
            class is `mlgo_aot::Model`.
        include: folder of the headers that they need.
        symbols: the joined object's global symbols.
    """

    sources: Mapping[str, str]
    include: Path
    symbols: tuple[str, ...]


def compile_model(
    saved_model: Path,
    interface: Interface,
    output: Path,
    target: str = "x86_64-linux-gnu",
    toolchain: Toolchain | None = None,
) -> None:
    """Compiles the signature `action` of a SavedModel into `output`; same input, same bytes.

    Args:
        saved_model: the SavedModel's folder.
        interface: what the plugin binds to.
        output: the object file to write.
        target: one of `TARGETS`.
        toolchain: whose clang compiles the adapter and the runtime.

    Raises:
        UserError: TensorFlow or the cross compiler's headers are missing, or a step failed.
    """
    plugin = Path(__file__).parent.parent / "plugin"
    glue = Glue({"adapter.cc": _adapter(interface)}, plugin, (interface.symbol,))
    compile_with_glue(saved_model, glue, output, target, toolchain)


def compile_with_glue(
    saved_model: Path,
    glue: Glue,
    output: Path,
    target: str = "x86_64-linux-gnu",
    toolchain: Toolchain | None = None,
) -> None:
    """Compiles the signature `action` of a SavedModel, and an interface of one's own around it.

    Args:
        saved_model: the SavedModel's folder.
        glue: the interface.
        output: the object file to write; same input, same bytes.
        target: one of `TARGETS`.
        toolchain: whose clang compiles the glue and the runtime.

    Raises:
        UserError: TensorFlow or the cross compiler's headers are missing, or a step failed.
    """
    toolchain = toolchain or find_toolchain()
    with tempfile.TemporaryDirectory(prefix="mlgo-export-") as name:
        work = Path(name)
        _aot_compile(saved_model, target, work)
        for file, text in glue.sources.items():
            (work / file).write_text(text)
        adapters = [work / file for file in glue.sources if file.endswith(".cc")]
        objects = [work / "model.o"]
        for index, source in enumerate((*adapters, *_runtime_sources())):
            objects.append(work / f"part{index}.o")
            _compile(toolchain, source, objects[-1], target, glue.include, work)
        _join(toolchain, objects, output, glue.symbols)


def _aot_compile(saved_model: Path, target: str, work: Path) -> None:
    # A relative prefix, because the entry point is named after it.
    _run(
        [
            sys.executable,
            *("-m", "tensorflow.python.tools.saved_model_cli", "aot_compile_cpu"),
            *("--multithreading", "False", "--dir", str(saved_model.absolute())),
            *("--tag_set", "serve", "--signature_def_key", "action"),
            *("--output_prefix", "model", "--cpp_class", "mlgo_aot::Model"),
            *("--target_triple", target),
        ],
        work,
    )


def _adapter(interface: Interface) -> str:
    cases = "\n".join(
        f"  case {index}:\n    return M.arg_feed_{name}_data();"
        for index, name in enumerate(interface.inputs)
    )
    return _ADAPTER.format(
        cases=cases,
        output=interface.output,
        symbol=interface.symbol,
        type="MlgoEmbeddedScorer" if interface.outputs else "MlgoEmbeddedModel",
        returns="const float *" if interface.outputs else "float ",
        access="_data" if interface.outputs else "",
        spec=json.dumps(interface.spec()),  # a JSON string is a C string too
    )


def _runtime_sources() -> list[Path]:
    root = _tensorflow_folder() / "xla_aot_runtime_src"
    return [root / source for source in _RUNTIME_SOURCES]


def _tensorflow_folder() -> Path:
    spec = importlib.util.find_spec("tensorflow")
    if spec is None or spec.origin is None:
        raise UserError("TensorFlow is not installed", hint="pip install 'mlgo-suite[train]'")
    return Path(spec.origin).parent


def _compile(
    toolchain: Toolchain, source: Path, output: Path, target: str, glue: Path, work: Path
) -> None:
    include = _tensorflow_folder() / "include"
    flags = ["-std=c++17", "-O2", "-fPIC", "-fvisibility=hidden", "-fvisibility-inlines-hidden"]
    flags += ["-ffunction-sections", "-fdata-sections", "-fno-exceptions", "-w", "-DNDEBUG"]
    command = [str(toolchain.clangxx), f"--target={target}", *flags]
    command += ["-isystem", str(include), f"-I{glue}", f"-I{work}"]
    # Names of the sources must not depend on where TensorFlow is installed.
    command += [f"-ffile-prefix-map={source.parent}=.", "-c", str(source), "-o", str(output)]
    _run(command, work)


def _join(
    toolchain: Toolchain, objects: list[Path], output: Path, symbols: tuple[str, ...]
) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    joined = objects[0].with_name("joined.o")
    _run(
        [str(toolchain.tool("ld.lld")), "-r", "-o", str(joined), *map(str, objects)], joined.parent
    )
    keep = [f"--keep-global-symbol={symbol}" for symbol in symbols]
    objcopy = [str(toolchain.tool("llvm-objcopy")), *keep]
    _run([*objcopy, "--strip-unneeded", str(joined)], joined.parent)
    write_bytes(output, joined.read_bytes())


def _run(command: list[str], cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode == 0:
        return
    lines = [line for line in done.stderr.splitlines() if "rror" in line] or ["no message"]
    hint = "install libstdc++-12-dev-arm64-cross" if "file not found" in done.stderr else ""
    raise UserError(f"export failed in {Path(command[0]).name}: {lines[0]}", hint=hint, exit_code=1)
