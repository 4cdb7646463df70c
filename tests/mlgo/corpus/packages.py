"""Real packages for tests: fetched and built once a session."""

import functools
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mlgo.corpus.add import fetch_package, recorded_build
from mlgo.corpus.assemble import Settings
from mlgo.corpus.buildsystem import Build
from mlgo.corpus.capture import read_records
from mlgo.corpus.graph import BuildGraph, build_graph
from mlgo.corpus.recipe import find_recipe
from mlgo.toolchain import find_toolchain


@dataclass(frozen=True)
class BuiltPackage:
    """A package built with recording compilers, its source and objects still there."""

    build: Build
    graph: BuildGraph
    root: Path
    scratch: tempfile.TemporaryDirectory[str]


@functools.cache
def built_package(name: str) -> BuiltPackage:
    scratch = tempfile.TemporaryDirectory(prefix="mlgo-test-")
    work = Path(scratch.name).resolve()
    recipe = find_recipe(name)
    package = fetch_package(recipe, None, work, Settings())
    build = recorded_build(recipe, package, find_toolchain(), work, 2)
    build.configure()
    assert build.build() == ""
    graph = build_graph(read_records(build.wrappers.records))
    return BuiltPackage(build, graph, package.folder, scratch)
