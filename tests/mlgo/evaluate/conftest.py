"""A small real program in a corpus of its own, and the plugin, for tests that compile."""

import hashlib
import subprocess

import pytest

from mlgo.corpus.program import Link, Module, Origin, Program
from mlgo.evaluate.compiler import VariantCompiler
from mlgo.plugin.build import build_plugin
from mlgo.policy import Policy
from mlgo.toolchain import find_toolchain

HELPERS = """
#include <string>
#include <vector>
inline int weigh(const std::string &word) {
  int sum = 0;
  for (char c : word)
    sum = sum * 31 + c;
  return sum;
}
int total(const std::vector<std::string> &words);
int longest(const std::vector<std::string> &words);
"""
SOURCES = {
    "main.cc": """
#include "helpers.h"
#include <cstdio>
int main(int argc, char **argv) {
  std::vector<std::string> words(argv, argv + argc);
  std::printf("%d %d %d\\n", total(words), longest(words), weigh(words[0]));
}
""",
    "total.cc": """
#include "helpers.h"
int total(const std::vector<std::string> &words) {
  int sum = 0;
  for (const std::string &word : words)
    sum += weigh(word) + weigh(word + "!");
  return sum;
}
""",
    "longest.cc": """
#include "helpers.h"
int longest(const std::vector<std::string> &words) {
  std::string best;
  for (const std::string &word : words)
    if (word.size() > best.size())
      best = word;
  return weigh(best);
}
""",
}


def make_program(folder, name, sources, objects, archives=(), flags=()):
    """Compiles sources to pre-inlining bitcode and writes the manifest."""
    clang = find_toolchain(22).clangxx
    (folder / "helpers.h").parent.mkdir(parents=True, exist_ok=True)
    (folder / "helpers.h").write_text(HELPERS)
    modules = []
    for source, text in sources.items():
        (folder / source).write_text(text)
        bitcode = folder / f"{source}.bc"
        words = ["-Oz", "-Xclang", "-disable-llvm-passes", "-emit-llvm", "-ffunction-sections"]
        subprocess.run([clang, *words, *flags, "-c", folder / source, "-o", bitcode], check=True)
        digest = hashlib.sha256(bitcode.read_bytes()).hexdigest()
        module = Module(f"{source}.o", source, bitcode.name, ("-ffunction-sections",), digest)
        modules.append(module)
    link = Link(name, "executable", "clang++", objects, archives)
    origin = Origin("debian", name, "1.0-1", "0" * 64)
    program = Program(name, origin, 22, tuple(modules), (link,))
    program.save(folder)
    return program


@pytest.fixture(scope="session")
def plugin():
    return build_plugin(22)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home of the suite."""
    monkeypatch.setenv("MLGO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def words(home):
    """The small program, in the corpus."""
    archives = (("libwords.a", ("total.cc.o", "longest.cc.o")),)
    return make_program(home / "corpus" / "words", "words", SOURCES, ("main.cc.o",), archives)


@pytest.fixture
def broken(home):
    """A program with a module of which the bitcode is cut short."""
    sources = {"main.cc": "int main() { return 0; }", "bad.cc": "int bad() { return 1; }"}
    folder = home / "corpus" / "broken"
    program = make_program(folder, "broken", sources, ("main.cc.o", "bad.cc.o"))
    data = (folder / "bad.cc.bc").read_bytes()
    (folder / "bad.cc.bc").write_bytes(data[: len(data) // 2])
    return program


@pytest.fixture
def compiler(plugin):
    return VariantCompiler(find_toolchain(22), plugin, "inlining-size", Policy("random", seed=1))
