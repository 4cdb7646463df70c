"""The models that are embedded."""

import platform
import subprocess
from pathlib import Path

import pytest

from llvm_patches.embedded import parse, shipped, write_folder
from mlgo import models
from mlgo.errors import UserError
from mlgo.toolchain import find_toolchain


def test_the_shipped_ones():
    path = models.object_file("inlining-size", platform.machine())
    assert ("inliner", path) in [(model.problem, model.object) for model in shipped()]


def test_two_models_of_one_kind(tmp_path: Path):
    """Both come with the exporter's symbol, and would not link together as they are."""
    tools = find_toolchain(19)
    path = models.object_file("inlining-size", platform.machine())
    both = [parse(f"inliner:{path}"), parse(f"inliner:{path}")]
    objects = write_folder(both, tmp_path / "models", tools)
    program = tmp_path / "use.c"
    program.write_text(
        "extern const char *const llvm_embedded_model_0[], *const llvm_embedded_model_1[];\n"
        "#include <stdio.h>\n"
        "int main(void) { puts(llvm_embedded_model_0[0]); puts(llvm_embedded_model_1[0]); }\n"
    )
    argv = [tools.clangxx, "-x", "c", program, "-x", "none", *objects, "-o", tmp_path / "use"]
    subprocess.run(argv, check=True)
    done = subprocess.run([tmp_path / "use"], capture_output=True, text=True, check=True)
    assert done.stdout.count('"name": "inlining-size"') == 2
    listed = (tmp_path / "models/EmbeddedModels.def").read_text().splitlines()
    assert [line.split(", ")[-1] for line in listed] == [
        "llvm_embedded_model_0)",
        "llvm_embedded_model_1)",
    ]


@pytest.mark.parametrize("text", ["model.o", "weather:model.o", "inliner:missing.o"])
def test_what_names_no_model(text: str):
    with pytest.raises(UserError) as error:
        parse(text)
    assert error.value.hint


def test_an_object_that_is_no_model(tmp_path: Path):
    tools = find_toolchain(19)
    (tmp_path / "x.c").write_text("int f(void) { return 1; }\n")
    subprocess.run([tools.clang, "-c", tmp_path / "x.c", "-o", tmp_path / "x.o"], check=True)
    model = parse(f"inliner:{tmp_path / 'x.o'}")
    with pytest.raises(UserError, match="is no model"):
        write_folder([model], tmp_path / "models", tools)
