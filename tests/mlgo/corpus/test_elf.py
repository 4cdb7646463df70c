"""Section sizes are those that llvm-size prints."""

import contextlib
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlgo.corpus.elf import section_sizes, text_size
from mlgo.errors import UserError
from mlgo.toolchain import find_toolchain

SOURCE = """
int data = 3;
__attribute__((section(".text.hot"))) int f(int x) { return x * data; }
int g(int x) { return f(x) + 1; }
int main(void) { return g(2); }
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("elf")
    (folder / "x.c").write_text(SOURCE)
    clang = find_toolchain().clang
    made = {"object": ("-c", "-ffunction-sections"), "program": (), "library": ("-shared", "-fPIC")}
    for name, flags in made.items():
        command = [clang, "-Oz", *flags, folder / "x.c", "-o", folder / name]
        subprocess.run(command, check=True)
    return {name: folder / name for name in made}


def by_llvm_size(path: Path) -> dict[str, int]:
    tool = find_toolchain().tool("llvm-size")
    out = subprocess.run([tool, "-A", path], capture_output=True, text=True, check=True).stdout
    return {name: int(size) for name, size in re.findall(r"^(\.\S+) +(\d+) ", out, re.M)}


@pytest.mark.parametrize("name", ["object", "program", "library"])
def test_sizes_are_those_of_llvm_size(files: dict[str, Path], name: str) -> None:
    ours = section_sizes(files[name])
    theirs = by_llvm_size(files[name])
    assert theirs
    assert {section: ours[section] for section in theirs} == theirs
    text = sum(size for s, size in theirs.items() if s == ".text" or s.startswith(".text."))
    assert text_size(files[name]) == text > 0


def test_more_sections_than_the_header_can_count(tmp_path: Path) -> None:
    count = 70_000
    lines = [f'.section .text.f{i},"ax",@progbits\n.byte 1\n' for i in range(count)]
    (tmp_path / "many.s").write_text("".join(lines))
    output = tmp_path / "many.o"
    clang = find_toolchain().clang
    subprocess.run([clang, "-c", tmp_path / "many.s", "-o", output], check=True)
    assert text_size(output) == count


def test_not_elf(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("hello")
    with pytest.raises(UserError, match="not a 64-bit little-endian ELF file"):
        section_sizes(tmp_path / "x")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_damage_gives_an_error_or_sizes_but_no_crash(
    files: dict[str, Path], tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray(files["program"].read_bytes())
    for at in data.draw(st.lists(st.integers(6, len(content) - 1), max_size=20)):
        content[at] ^= data.draw(st.integers(1, 255))
    cut = content[: data.draw(st.integers(6, len(content)))]
    (tmp_path / "damaged").write_bytes(cut)
    with contextlib.suppress(UserError):
        assert all(size >= 0 for size in section_sizes(tmp_path / "damaged").values())
