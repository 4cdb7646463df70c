"""Compiling and linking a program of the corpus: results, and every way to fail."""

from pathlib import Path

import pytest

from mlgo.corpus.build import compile_module, compile_program, link_program
from mlgo.corpus.program import Link, Module, Origin, Program
from mlgo.errors import UserError
from mlgo.policy import Policy
from mlgo.process import run
from mlgo.toolchain import Toolchain, find_toolchain

STOCK = Policy("stock")
SOURCES = {
    "main": "int used(int);\nint main(int argc, char **argv) { return used(argc); }\n",
    "used": "int used(int x) { return x * 7; }\nint unused(int x) { return x / 3; }\n",
    "spare": "int spare(int x) { return x ^ 5; }\n",
}


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A program of three modules, one of them in an archive that nothing needs."""
    modules = []
    for name, text in SOURCES.items():
        source, bitcode = tmp_path / f"{name}.c", tmp_path / f"{name}.bc"
        source.write_text(text)
        command = [find_toolchain().clang, "-Oz", "-Xclang", "-disable-llvm-passes"]
        finished = run([*command, "-emit-llvm", "-c", source, "-o", bitcode])
        assert finished.code == 0, finished.log
        flags = ("-ffunction-sections",)
        modules.append(Module(f"{name}.o", source.name, bitcode.name, flags, ""))
    archives = (("libspare.a", ("spare.o",)), ("libused.a", ("used.o",)))
    link = Link("app", "executable", "clang", ("main.o",), archives)
    origin = Origin("compile-commands", "test", "", "")
    return Program("test", origin, 22, tuple(modules), (link,))


def test_a_program_is_compiled_and_linked(tmp_path: Path, program: Program) -> None:
    objects = tmp_path / "objects"
    results = compile_program(find_toolchain(), tmp_path, program, STOCK, None, objects, jobs=2)
    assert list(results) == ["main.o", "used.o", "spare.o"]
    assert all(0 < result.seconds < 60 for result in results.values())
    app = link_program(find_toolchain(), tmp_path, program.links[0], objects, tmp_path / "out")
    assert run([app, "a", "b"]).code == 21
    names = run(["nm", app]).log
    assert " used\n" in names
    assert "unused" not in names
    assert "spare" not in names


def test_a_module_of_the_wrong_kind_says_which(tmp_path: Path, program: Program) -> None:
    (tmp_path / "used.bc").write_bytes(b"BC\xc0\xde" + bytes(range(200)))
    with pytest.raises(UserError, match=r"compiling used\.o failed: .*error"):
        compile_program(find_toolchain(), tmp_path, program, STOCK, None, tmp_path / "objects")
    assert "used.o" not in {path.name for path in (tmp_path / "objects").iterdir()}
    assert not list((tmp_path / "objects").glob(".*"))


def test_missing_bitcode(tmp_path: Path, program: Program) -> None:
    (tmp_path / "main.bc").unlink()
    with pytest.raises(UserError, match="no such file"):
        compile_program(find_toolchain(), tmp_path, program, STOCK, None, tmp_path / "objects")


def test_a_missing_compiler_is_named_with_a_hint(tmp_path: Path, program: Program) -> None:
    toolchain = Toolchain(22, "22.1.8", tmp_path / "nowhere")
    with pytest.raises(UserError, match="clang of LLVM 22 is not installed") as caught:
        compile_program(toolchain, tmp_path, program, STOCK, None, tmp_path / "objects")
    assert "apt-get install clang-22" in caught.value.hint


def test_an_object_that_is_missing_in_a_link(tmp_path: Path, program: Program) -> None:
    with pytest.raises(UserError, match=r"linking app failed: .*main\.o"):
        link_program(find_toolchain(), tmp_path, program.links[0], tmp_path, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_a_compile_that_takes_too_long_is_ended(tmp_path: Path, program: Program) -> None:
    module = program.modules[0]
    with pytest.raises(UserError, match=r"compiling main\.o took longer than 0\.001 s"):
        compile_module(
            find_toolchain(), tmp_path, module, STOCK, None, tmp_path / "o" / "x.o", timeout=0.001
        )
    assert not list((tmp_path / "o").iterdir())


def test_a_policy_without_a_plugin_is_a_mistake(tmp_path: Path, program: Program) -> None:
    with pytest.raises(ValueError, match="needs a plugin"):
        compile_module(
            find_toolchain(),
            tmp_path,
            program.modules[0],
            Policy("learned"),
            None,
            tmp_path / "x.o",
        )


def test_a_damaged_manifest(tmp_path: Path, program: Program) -> None:
    from mlgo.corpus.program import load_program

    program.save(tmp_path)
    assert load_program(tmp_path) == program
    text = (tmp_path / "program.json").read_text()
    for damaged in (text[:-20], text.replace('"modules"', '"models"'), "[]", ""):
        (tmp_path / "program.json").write_text(damaged)
        with pytest.raises(UserError, match="malformed"):
            load_program(tmp_path)
