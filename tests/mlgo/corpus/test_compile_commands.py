"""Programs from the user's own build: CMake with Make and Ninja, and link commands by hand."""

import json
import subprocess
from pathlib import Path

import pytest

from mlgo.corpus.assemble import Settings
from mlgo.corpus.build import compile_program, link_program
from mlgo.corpus.compile_commands import add_compile_commands
from mlgo.corpus.elf import section_sizes
from mlgo.corpus.program import Program, load_program
from mlgo.errors import UserError
from mlgo.policy import Policy
from mlgo.toolchain import find_toolchain
from tests.mlgo.corpus.project import build, configure, write_project


def settings(tmp_path: Path) -> Settings:
    return Settings(corpus=tmp_path / "corpus", progress=lambda _: None)


def rebuild(tmp_path: Path, program: Program) -> Path:
    """Compiles and links a program from the corpus; returns the folder of its products."""
    toolchain, folder = find_toolchain(), tmp_path / "corpus" / program.name
    objects, products = tmp_path / "objects", tmp_path / "products"
    compile_program(toolchain, folder, program, Policy("stock"), None, objects, jobs=2)
    for link in program.links:
        link_program(toolchain, folder, link, objects, products)
    return products


@pytest.mark.parametrize("generator", ["Ninja", "Unix Makefiles"])
def test_a_cmake_build_becomes_a_program_that_runs(tmp_path: Path, generator: str) -> None:
    source = write_project(tmp_path / "my project")
    folder = source / "build here"
    database = configure(source, folder, generator)
    build(folder)
    program = add_compile_commands(database, settings=settings(tmp_path))
    assert program.name == "my_project"
    assert sorted(link.output for link in program.links) == ["app", "libwords.so"]
    assert [failure.source for failure in program.failures] == ["answer.S"]
    assert load_program(tmp_path / "corpus" / "my_project") == program

    products = rebuild(tmp_path, program)
    done = subprocess.run(
        [products / "app", "four"],
        env={"LD_LIBRARY_PATH": str(products)},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "57\n"  # (4 + 1) * 3, 2 from the assembler, 40 by --whole-archive


def test_a_version_script_is_kept_so_that_the_linker_can_drop_what_it_hides(
    tmp_path: Path,
) -> None:
    source = write_project(tmp_path / "project")
    database = configure(source, source / "build", "Ninja")
    build(source / "build")
    program = add_compile_commands(database, settings=settings(tmp_path))
    library = rebuild(tmp_path, program) / "libwords.so"
    nm = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True)
    assert [line.split()[-1] for line in nm.stdout.splitlines()] == ["words"]
    symbols = subprocess.run(["nm", library], capture_output=True, text=True).stdout
    assert " inner\n" in symbols
    assert " never\n" not in symbols
    assert section_sizes(library)[".text"] > 0


def test_link_commands_by_hand(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text("int f(void);\nint main(void) { return f(); }\n")
    (tmp_path / "b.c").write_text("int f(void) { return 0; }\n")
    entries = [
        {
            "directory": str(tmp_path),
            "file": name,
            "arguments": ["cc", "-c", name, "-o", name + ".o"],
        }
        for name in ("a.c", "b.c")
    ]
    database = tmp_path / "compile_commands.json"
    database.write_text(json.dumps(entries))
    with pytest.raises(UserError, match="it is not known how the products") as caught:
        add_compile_commands(database, settings=settings(tmp_path))
    assert "--link" in caught.value.hint
    links = ("ar rcs libb.a b.c.o && gcc-12 -O2 a.c.o libb.a -o app",)
    program = add_compile_commands(database, "by-hand", links, settings(tmp_path))
    assert (program.name, program.links[0].output) == ("by-hand", "app")
    assert program.links[0].archives == (("libb.a", ("b.c.o",)),)


def test_a_source_that_does_not_compile_is_listed_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text("int main(void) { return 0; }\n")
    (tmp_path / "old.c").write_text("int f(void) { return y; }\n")
    entries = [
        {"directory": str(tmp_path), "file": name, "command": f"cc -std=c17 -c {name}"}
        for name in ("main.c", "old.c")
    ]
    database = tmp_path / "compile_commands.json"
    database.write_text(json.dumps(entries))
    links = ("cc main.o -o app", "cc old.o -shared -o libold.so")
    program = add_compile_commands(database, "partly", links, settings(tmp_path))
    assert [link.output for link in program.links] == ["app"]
    errors = {failure.source: failure.error for failure in program.failures}
    assert errors["old.c"].startswith("old.c:1:22: error: use of undeclared")
    assert "old.o is gone" in errors["libold.so"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read"),
        ('[{"directory": "/", "file": "a.c", "arg', "cannot be read"),
        ("[]", "no list of commands"),
        ('{"a": 1}', "no list of commands"),
        ('[{"file": "a.c"}]', "malformed entry"),
        ("[3]", "malformed entry"),
        ('[{"directory": "/", "command": "rustc a.rs", "file": "a.rs"}]', "known compiler"),
        ('[{"directory": "/", "command": "cc \'a.c", "file": "a.c"}]', "malformed entry"),
    ],
)
def test_a_database_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    database = tmp_path / "compile_commands.json"
    database.write_text(text)
    with pytest.raises(UserError, match=message):
        add_compile_commands(database, settings=settings(tmp_path))
    assert not (tmp_path / "corpus").exists()


def test_no_database(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        add_compile_commands(tmp_path / "compile_commands.json", settings=settings(tmp_path))
