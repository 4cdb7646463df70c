"""The C header: real compilers accept a right plan and refuse a wrong one."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from telamalloc.formats.header import write_header
from telamalloc.problem import Bank, Buffer, Gap, Problem
from telamalloc.solution import Solution
from telamalloc.solver import minimize

COMPILERS = [
    ("cc", "-std=c99", "c"),
    ("cc", "-std=c11", "c"),
    ("cc", "-std=c2x", "c"),
    ("c++", "-std=c++17", "c++"),
]
FLAGS = ("-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only")
NAMES = ["conv 1/out", "conv_1_out", "*/ int x = 1; /*", "ä\n#error", "1st", "\\", ""]

PROBLEM = Problem.from_buffers(
    [Buffer(name, i, i + 3, 100 + 8 * i, alignment=16) for i, name in enumerate(NAMES)]
    + [Buffer("gappy", 0, 9, 64, gaps=(Gap(3, 6),)), Buffer("huge", 20, 21, 2**33)]
)


def _compiles(text: str, folder: Path, compiler: tuple[str, str, str]) -> bool:
    program, standard, language = compiler
    if not shutil.which(program):
        pytest.skip(f"there is no {program}")
    header, source = folder / "plan.h", folder / f"main.{'c' if language == 'c' else 'cc'}"
    header.write_text(text, encoding="utf-8")
    source.write_text('#include "plan.h"\n#include "plan.h"\nint main(void) { return 0; }\n')
    done = subprocess.run(
        [program, standard, *FLAGS, "-x", language, source], capture_output=True, text=True
    )
    return done.returncode == 0


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_right_plan_compiles(tmp_path: Path, compiler: tuple[str, str, str]) -> None:
    text = write_header(PROBLEM, minimize(PROBLEM), "my-plan")
    assert _compiles(text, tmp_path, compiler)
    assert text == write_header(PROBLEM, minimize(PROBLEM), "my-plan")


@pytest.mark.parametrize("compiler", COMPILERS)
def test_every_moved_buffer_is_noticed(tmp_path: Path, compiler: tuple[str, str, str]) -> None:
    """All buffers live at once and packed tight: whichever offset is edited, it clashes."""
    problem = Problem.from_buffers([Buffer(f"b{i}", 0, 1, 64, alignment=8) for i in range(5)])
    text = write_header(problem, minimize(problem), "plan")
    for label in (f"b{i}" for i in range(5)):
        line = re.search(rf"OFFSET_{label} UINT32_C\((\d+)\)", text)
        assert line is not None
        moved = text.replace(line[0], line[0].replace(line[1], str(int(line[1]) + 8)))
        assert moved != text
        assert not _compiles(moved, tmp_path, compiler)


def test_a_program_uses_the_plan(tmp_path: Path) -> None:
    problem = Problem.from_buffers(
        [Buffer("a", 0, 3, 40, alignment=8), Buffer("b", 2, 5, 24, alignment=8)]
    )
    (tmp_path / "net.h").write_text(write_header(problem, minimize(problem), "net"))
    (tmp_path / "main.c").write_text(
        '#include "net.h"\n#include <inttypes.h>\n#include <stdio.h>\n#include <string.h>\n'
        "static unsigned char arena[NET_ARENA_SIZE];\n"
        "int main(void) {\n"
        "  memset(arena + NET_OFFSET_a, 1, NET_SIZE_a);\n"
        "  memset(arena + NET_OFFSET_b, 2, NET_SIZE_b);\n"
        '  printf("%d %d\\n", arena[NET_OFFSET_a], (int)sizeof arena);\n'
        "  return 0;\n}\n"
    )
    program = tmp_path / "main"
    subprocess.run(
        ["cc", "-std=c99", "-Wall", "-Werror", "-o", program, tmp_path / "main.c"], check=True
    )
    assert subprocess.run([program], capture_output=True, text=True).stdout == "1 64\n"


def test_several_banks(tmp_path: Path) -> None:
    problem = Problem.from_buffers(
        [Buffer("a", 0, 3, 40, bank="sram"), Buffer("b", 2, 5, 24, bank="d ram")],
        banks=[Bank("sram", 64), Bank("d ram", None)],
    )
    import numpy as np

    plan = Solution.of(problem, minimize(problem.subset([0])).status, np.zeros(2, np.int64),
                       np.array([0, 1]))  # fmt: skip
    text = write_header(problem, plan, "net")
    assert "NET_ARENA_SIZE UINT32_C(40)" in text
    assert "NET_ARENA_d_ram_SIZE".upper() + " UINT32_C(24)" in text
    assert _compiles(text, tmp_path, COMPILERS[0])
