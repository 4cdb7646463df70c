"""A C program with more values than registers, and clang 22 with the plugin."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlgo.plugin.build import build_plugin
from mlgo.toolchain import Toolchain, find_toolchain

_VARIABLES = range(24)
SOURCE = f"""
#include <stdio.h>
static unsigned rotate(unsigned x, int n) {{ return (x << n) | (x >> (32 - n)); }}
__attribute__((noinline)) unsigned mix(const unsigned *in, int rounds) {{
  unsigned {", ".join(f"v{i} = in[{i}]" for i in _VARIABLES)};
  for (int r = 0; r < rounds; ++r) {{
    {" ".join(f"v{i} += rotate(v{(i * 7 + 3) % 24} ^ v{(i + 1) % 24}, {i % 31 + 1});" for i in _VARIABLES)}
    if (v3 & 64)
      {" ".join(f"v{i} ^= v{(i * 5 + 1) % 24} * {2 * i + 3}u;" for i in _VARIABLES)}
  }}
  return {" ^ ".join(f"v{i}" for i in _VARIABLES)};
}}
__attribute__((noinline)) void tell(unsigned value) {{ printf("%u\\n", value); }}
int main(void) {{
  unsigned in[24];
  for (int i = 0; i < 24; ++i)
    in[i] = (unsigned)i * 2654435761u;
  for (int i = 0; i < 5; ++i) {{
    tell(mix(in, 100 + i));
    in[i] ^= in[i + 1];
  }}
}}
"""  # noqa: E501


@dataclass
class Compiler:
    """Clang with the plugin, in a folder of its own."""

    toolchain: Toolchain
    plugin: Path
    folder: Path
    output: str = ""

    def run(self, *arguments, env=None, check=True):
        # The folder for temporary files is ours, so that what stays there is seen.
        temporary = {"TMPDIR": str(self.folder / "tmp"), **(env or {})}
        done = subprocess.run(
            [self.toolchain.clang, *map(str, arguments)],
            cwd=self.folder,
            capture_output=True,
            text=True,
            env={**os.environ, **temporary},
        )
        self.output = done.stdout + done.stderr
        assert not check or done.returncode == 0, self.output
        return done.returncode

    def stock(self, *arguments, source="x.c"):
        self.run("-O2", *arguments, "-c", source, "-o", "stock.o")
        return (self.folder / "stock.o").read_bytes()

    def compile(self, regalloc, *arguments, source="x.c", check=True, **options):
        env = {"MLGO_POLICY": "off", "MLGO_REGALLOC": regalloc}
        env |= {f"MLGO_REGALLOC_{name.upper()}": str(value) for name, value in options.items()}
        command = ["-O2", f"-fpass-plugin={self.plugin}", *arguments, "-c", source, "-o", "x.o"]
        code = self.run(*command, env=env, check=check)
        return (self.folder / "x.o").read_bytes() if check else code

    def profile(self):
        """Runs the program for a profile of it; returns the flag that uses it."""
        self.run("-O2", "-fprofile-generate", "x.c", "-o", "program")
        raw = {**os.environ, "LLVM_PROFILE_FILE": str(self.folder / "raw")}
        subprocess.run([self.folder / "program"], env=raw, check=True, capture_output=True)
        merge = [self.toolchain.tool("llvm-profdata"), "merge", "raw", "-o", "profdata"]
        subprocess.run(merge, cwd=self.folder, check=True)
        return "-fprofile-use=profdata"

    def output_of(self, name="x.o"):
        self.run(name, "-o", "program")
        return subprocess.run([self.folder / "program"], capture_output=True, check=True).stdout

    def leftovers(self):
        return sorted(path.name for path in (self.folder / "tmp").iterdir())


@pytest.fixture(scope="session")
def plugin22():
    return build_plugin(22, "regalloc-speed")


@pytest.fixture
def clang(plugin22, tmp_path):
    (tmp_path / "x.c").write_text(SOURCE)
    (tmp_path / "tmp").mkdir()
    return Compiler(find_toolchain(22), plugin22, tmp_path)
