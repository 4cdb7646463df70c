"""Bitcode compiled at -Oz is the very object that compiling the source at -Oz gives."""

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgo.corpus.build import compile_module
from mlgo.corpus.extract import (
    Extraction,
    bitcode_command,
    codegen_flags,
    extract_module,
    module_names,
)
from mlgo.corpus.graph import Compile
from mlgo.corpus.program import Failure, Module
from mlgo.policy import Policy
from mlgo.process import run
from mlgo.toolchain import find_toolchain
from tests.mlgo.corpus.packages import built_package

# Everything that has its own way through the compiler: exceptions, RTTI, thread-local and
# guarded statics, virtual bases, switches, builtins that -fno-builtin changes, inline assembler.
SOURCE_CXX = """
#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
struct Base { virtual ~Base() = default; virtual int f(int) const { return 1; } };
struct Left : virtual Base { int f(int x) const override { return x * 3; } };
thread_local std::map<std::string, int> cache;
int table(int x) { switch (x) { case 1: return 7; case 2: return 90; case 3: return -4;
  case 4: return 31; case 5: return 2; default: return x; } }
int lookup(const std::string &key) {
  static const std::string fallback = "none of these";
  try { return cache.at(key); } catch (const std::out_of_range &) {
    return key == fallback ? table(int(key.size())) : -1; }
}
double wave(double x) { return std::sin(x) * std::pow(x, 2.0) + std::fma(x, x, 1.0); }
int call(const Base &b) { auto *l = dynamic_cast<const Left *>(&b); return l ? l->f(2) : b.f(3); }
"""
SOURCE_C = """
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
static jmp_buf out;
static int depth(int n) { if (n > 40) longjmp(out, n); return n < 2 ? 1 : depth(n + 1) + n; }
int run(const char *text) { char buffer[64]; if (setjmp(out)) return -1;
  memcpy(buffer, text, strlen(text) + 1); printf("%s\\n", buffer);
  __asm__ volatile("nop"); return depth(3) + (int)sizeof __FILE__; }
"""
FLAGS = [
    (),
    ("-fPIC",),
    ("-fno-pic", "-no-pie"),
    ("-fno-builtin",),
    ("-fno-exceptions", "-fvisibility=hidden", "-fno-math-errno"),
    ("-O2", "-ffast-math", "-march=haswell"),
    ("-fno-plt", "-fstack-protector-strong", "-fno-omit-frame-pointer"),
    ("-fno-asynchronous-unwind-tables", "-fcommon", "-fno-strict-aliasing"),
    ("-mcmodel=large", "-fno-jump-tables"),
    ("-g", "-flto", "-fdebug-prefix-map=/a=/b"),
]


def direct_object(extraction: Extraction, compile_: Compile, output: Path) -> bytes:
    """What the source compiles to with the same flags and nothing in between."""
    command = bitcode_command(extraction, compile_, output)
    for word in ("-Xclang", "-disable-llvm-passes", "-emit-llvm"):
        command.remove(word)
    finished = run(command, cwd=compile_.cwd)
    assert finished.code == 0, finished.log
    return output.read_bytes()


def object_by_bitcode(extraction: Extraction, compile_: Compile, name: str) -> bytes:
    module = extract_module(extraction, compile_, name)
    assert isinstance(module, Module), module
    output = extraction.folder / "by-bitcode.o"
    stock = Policy("stock")
    compile_module(extraction.toolchain, extraction.folder, module, stock, None, output)
    return output.read_bytes()


def contents(data: bytes, folder: Path) -> str:
    """All sections and relocations. LLVM numbers private strings (.Lstr.1) as it makes them, and
    counts on from those that it has deleted, so the numbers alone may differ."""
    path = folder / "dumped.o"
    path.write_bytes(data)
    command = [find_toolchain().tool("llvm-objdump"), "--full-contents", "--reloc", path]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    names = r"Contents of section \.(strtab|symtab|shstrtab):\n( .*\n)*"
    return re.sub(r"\.Lstr\.\d+", ".Lstr", re.sub(names, "", text))


@pytest.mark.parametrize("flags", FLAGS, ids=lambda flags: " ".join(flags) or "plain")
@pytest.mark.parametrize("language", ["c", "cc"])
def test_same_object_for_every_kind_of_flag(
    tmp_path: Path, language: str, flags: tuple[str, ...]
) -> None:
    if "-fno-exceptions" in flags and language == "cc":
        flags = tuple(flag for flag in flags if flag != "-fno-exceptions")  # the source throws
    release = 19 if flags in ((), ("-fPIC",)) else 22
    source = tmp_path / f"unit.{language}"
    source.write_text(SOURCE_C if language == "c" else SOURCE_CXX)
    driver = "clang" if language == "c" else "clang++"
    options = tuple((flag,) for flag in flags)
    compile_ = Compile(driver, tmp_path, str(source), False, str(tmp_path / "unit.o"), options)
    extraction = Extraction(find_toolchain(release), tmp_path, tmp_path / "program")
    by_bitcode = object_by_bitcode(extraction, compile_, "unit.o")
    assert by_bitcode == direct_object(extraction, compile_, tmp_path / "direct.o")


@pytest.mark.parametrize("language", ["c", "cc"])
def test_source_lines_change_no_code(tmp_path: Path, language: str) -> None:
    source = tmp_path / f"unit.{language}"
    source.write_text(SOURCE_C if language == "c" else SOURCE_CXX)
    driver = "clang" if language == "c" else "clang++"
    compile_ = Compile(driver, tmp_path, str(source), False, str(tmp_path / "unit.o"), ())
    sections = []
    for lines in (False, True):
        extraction = Extraction(find_toolchain(), tmp_path, tmp_path / f"program-{lines}", lines)
        data = object_by_bitcode(extraction, compile_, "unit.o")
        assert (b".debug_line" in data) == lines
        text = contents(data, tmp_path)
        found = re.findall(r"Contents of section (\.(?:text|rodata)\S*):\n((?: .*\n)*)", text)
        sections.append(found)
    assert sections[0] == sections[1]
    assert sections[0]


@pytest.mark.parametrize(
    "name",
    [
        "lua5.4",
        "tinyxml2",
        pytest.param("leveldb", marks=pytest.mark.slow),
        pytest.param("libjsoncpp", marks=pytest.mark.slow),
    ],
)
def test_same_objects_for_a_real_package(tmp_path: Path, name: str) -> None:
    built = built_package(name)
    extraction = Extraction(find_toolchain(), built.root, tmp_path)
    compiles = sorted(built.graph.compiles.values(), key=lambda c: c.object)[:10]
    for index, compile_ in enumerate(compiles):
        by_bitcode = object_by_bitcode(extraction, compile_, f"{index}.o")
        direct = direct_object(extraction, compile_, tmp_path / "direct.o")
        assert contents(by_bitcode, tmp_path) == contents(direct, tmp_path), compile_


def test_a_source_that_does_not_compile_is_named_with_its_first_error(tmp_path: Path) -> None:
    (tmp_path / "bad.c").write_text("int f(void) { return missing; }\nint g(void) { nor }\n")
    compile_ = Compile("clang", tmp_path, "bad.c", False, str(tmp_path / "bad.o"), ())
    extraction = Extraction(find_toolchain(), tmp_path, tmp_path / "program")
    failure = extract_module(extraction, compile_, "bad.o")
    assert isinstance(failure, Failure)
    assert failure.source == "bad.c"
    assert "bad.c:1:22: error: use of undeclared identifier 'missing'" in failure.error
    assert not list((tmp_path / "program").rglob("*.bc"))


def test_bitcode_does_not_depend_on_where_it_was_built(tmp_path: Path) -> None:
    digests = set()
    for place in ("here", "some/where else"):
        root = tmp_path / place
        root.mkdir(parents=True)
        source = root / "unit.c"
        source.write_text(SOURCE_C)
        compile_ = Compile("clang", root, str(source), False, str(root / "unit.o"), ())
        extraction = Extraction(find_toolchain(), root, root / "program")
        module = extract_module(extraction, compile_, "unit.o")
        assert isinstance(module, Module)
        digests.add(module.sha256)
    assert len(digests) == 1


def test_codegen_flags_keep_the_last_of_equal_ones_and_values() -> None:
    options = (("-mllvm", "-a"), ("-fPIC",), ("-I", "x"), ("-fno-pic",), ("-fPIC",))
    options = (*options, ("-mllvm", "-b"))
    kept = codegen_flags(options)
    assert kept[:6] == ("-mllvm", "-a", "-fno-pic", "-fPIC", "-mllvm", "-b")
    assert kept[6:] == ("-ffunction-sections", "-fdata-sections")


@given(st.lists(st.text("ab/. ;\u00e9", min_size=1, max_size=12), unique=True, max_size=20))
def test_any_paths_give_unique_safe_names(paths: list[str]) -> None:
    objects = [f"/root/{path}" for path in paths]
    names = module_names(objects, Path("/root"))
    assert len(set(names.values())) == len(objects)
    for name in names.values():
        assert re.fullmatch(r"[A-Za-z0-9_.+/-]+\.o", name)
        assert not name.startswith("/")
        assert ".." not in name.split("/")


def test_module_names_are_unique_safe_and_stable(tmp_path: Path) -> None:
    objects = [
        f"{tmp_path}/build/CMakeFiles/app.dir/src/main.cc.o",
        f"{tmp_path}/build/CMakeFiles/app.dir/src/main.cc.o2/../main.cc.o",
        f"{tmp_path}/build/app.dir/src/main.cc.o",
        f"{tmp_path}/a b/.libs/x;y.o",
        "/elsewhere/../etc/z.o",
    ]
    names = module_names(objects, tmp_path)
    assert len(set(names.values())) == len(objects)
    assert all(not n.startswith("/") and ".." not in n and " " not in n for n in names.values())
    assert names[objects[0]] == "build/app/src/main.cc.o"
