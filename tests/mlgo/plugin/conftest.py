"""The plugin for each release, and a C++ file with a few hundred decisions."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mlgo.plugin.build import build_plugin
from mlgo.toolchain import SUPPORTED_RELEASES, Toolchain, find_toolchain

SOURCE = """
#include <algorithm>
#include <map>
#include <string>
#include <vector>

struct Entry { std::string name; std::vector<int> values; };

static int weigh(const Entry &entry) {
  int sum = static_cast<int>(entry.name.size());
  for (int value : entry.values)
    sum = sum * 31 + value;
  return sum;
}

int best(std::vector<Entry> entries) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry &a, const Entry &b) { return weigh(a) < weigh(b); });
  return entries.empty() ? 0 : weigh(entries.front());
}

std::map<std::string, int> index(const std::vector<Entry> &entries) {
  std::map<std::string, int> result;
  for (const Entry &entry : entries)
    result[entry.name + "/" + std::to_string(entry.values.size())] += weigh(entry);
  return result;
}
"""
MAIN = """
#include <cstdio>
#include <map>
#include <string>
#include <vector>
struct Entry { std::string name; std::vector<int> values; };
int best(std::vector<Entry> entries);
std::map<std::string, int> index(const std::vector<Entry> &entries);
int main() {
  std::vector<Entry> entries{{"one", {1}}, {"two", {1, 2}}, {"three", {1, 2, 3}}};
  for (const auto &[key, value] : index(entries))
    std::printf("%s %d\\n", key.c_str(), value);
  std::printf("%d\\n", best(entries));
}
"""


@dataclass
class Clang:
    """Runs one release's tools with the plugin, in a folder of its own."""

    toolchain: Toolchain
    plugin: Path
    folder: Path
    output: str = field(default="", init=False)

    def run(self, tool, *arguments, env=None, check=True):
        done = subprocess.run(
            [self.toolchain.tool(tool), *map(str, arguments)],
            cwd=self.folder,
            capture_output=True,
            text=True,
            env={**os.environ, **(env or {})},
        )
        self.output = done.stdout + done.stderr
        assert not check or done.returncode == 0, self.output
        return done.returncode

    def compile(self, *arguments, policy=None, check=True, output="x.o", **env):
        """Compiles x.cc; `policy=None` is stock. Returns the object, or the exit code."""
        use = [] if policy is None else [f"-fpass-plugin={self.plugin}"]
        variables = {f"MLGO_{name.upper()}": str(value) for name, value in env.items()}
        if policy:
            variables["MLGO_POLICY"] = policy
        command = ["-Oz", *use, *arguments, "-c", "x.cc", "-o", output]
        code = self.run("clang++", *command, env=variables, check=check)
        return (self.folder / output).read_bytes() if check else code

    def files(self):
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture(scope="session")
def plugins():
    return {release: build_plugin(release) for release in SUPPORTED_RELEASES}


@pytest.fixture(params=SUPPORTED_RELEASES, ids=lambda release: f"llvm-{release}")
def clang(request, plugins, tmp_path):
    (tmp_path / "x.cc").write_text(SOURCE)
    return Clang(find_toolchain(request.param), plugins[request.param], tmp_path)


@pytest.fixture
def clang22(plugins, tmp_path):
    (tmp_path / "x.cc").write_text(SOURCE)
    return Clang(find_toolchain(22), plugins[22], tmp_path)
