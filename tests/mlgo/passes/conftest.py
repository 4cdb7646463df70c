"""Clang 22 with the policy for size, and a C program with loops."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlgo.plugin.build import build_plugin
from mlgo.toolchain import Toolchain, find_toolchain

SOURCE = """
int printf(const char *, ...);
static unsigned table[64];
__attribute__((noinline)) unsigned fill(unsigned *out, int n, unsigned seed) {
  for (int i = 0; i < n; ++i) {
    seed = seed * 1664525u + 1013904223u;
    out[i] = seed >> 7;
  }
  return seed;
}
__attribute__((noinline)) unsigned fold(const unsigned *in, const unsigned char *text, int n) {
  unsigned sum = 0;
  for (int i = 0; i < n; ++i)
    for (int k = i & 7; k < 8; ++k) {
      sum += in[i] * in[n - 1 - i] + text[(i + k) & 7];
      if (sum & 64)
        sum ^= in[(i * 5 + k) & 63] / (k + 1u);
    }
  return sum;
}
int main(void) {
  unsigned seed = 7;
  for (int i = 0; i < 9; ++i) {
    seed = fill(table, 64, seed + i);
    printf("%u\\n", fold(table, (const unsigned char *)"mlgo-suite", 64));
  }
}
"""


@dataclass
class Small:
    """Clang with the plugin, in a folder of its own."""

    toolchain: Toolchain
    plugin: Path
    folder: Path
    output: str = ""

    def run(self, *arguments, check=True, **options):
        env = {f"MLGO_{name.upper()}": str(value) for name, value in options.items()}
        done = subprocess.run(
            [self.toolchain.clang, *map(str, arguments), "-c", "x.c", "-o", "x.o"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            env={**os.environ, **env},
        )
        self.output = done.stdout + done.stderr
        assert not check or done.returncode == 0, self.output
        return (self.folder / "x.o").read_bytes() if check else done.returncode

    def stock(self, *arguments, level="-Oz"):
        return self.run(level, *arguments)

    def compile(self, *arguments, level="-Oz", check=True, **options):
        """With LLVM's inlining and order of allocation, unless told otherwise."""
        options = {"policy": "off", **options}
        return self.run(level, f"-fpass-plugin={self.plugin}", *arguments, check=check, **options)

    def said(self):
        """What the program prints that was compiled last."""
        subprocess.run([self.toolchain.clang, "x.o", "-o", "program"], cwd=self.folder, check=True)
        return subprocess.run([self.folder / "program"], capture_output=True, check=True).stdout


@pytest.fixture(scope="session")
def plugin22():
    return build_plugin(22)


@pytest.fixture
def clang(plugin22, tmp_path):
    (tmp_path / "x.c").write_text(SOURCE)
    return Small(find_toolchain(22), plugin22, tmp_path)
