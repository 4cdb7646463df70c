"""The control, LLVM's default through the plugin, is byte-identical to stock: whole packages."""

from pathlib import Path

import pytest

from mlgo.corpus.add import add_debian
from mlgo.corpus.assemble import Settings
from mlgo.corpus.build import compile_module, link_program
from mlgo.policy import Policy
from mlgo.toolchain import find_toolchain

PACKAGES = ("lua5.4", "pugixml", "tinyxml2")
LEVELS = {"": (), "lto": ("-flto",)}


@pytest.fixture(scope="module", params=PACKAGES)
def package(request):
    return request.param


@pytest.fixture(scope="module", params=[22, 19], ids=lambda release: f"llvm-{release}")
def program(request, package, tmp_path_factory):
    folder = tmp_path_factory.mktemp(f"corpus-{request.param}")
    settings = Settings(corpus=folder, release=request.param)
    return add_debian(package, settings=settings), folder / package


def objects(program, folder, output, policy, plugin, arguments):
    toolchain = find_toolchain(program.release)
    for module in program.modules:
        target = output / module.name
        compile_module(toolchain, folder, module, policy, plugin, target, arguments=arguments)
    return {m.name: (output / m.name).read_bytes() for m in program.modules}


@pytest.mark.parametrize("arguments", LEVELS.values(), ids=LEVELS.keys())
def test_objects_and_links(program, plugins, tmp_path, arguments):
    loaded, folder = program
    plugin = plugins[loaded.release]
    toolchain = find_toolchain(loaded.release)
    built = {}
    for kind in ("stock", "default"):
        policy, used = Policy(kind), plugin if kind != "stock" else None
        found = objects(loaded, folder, tmp_path / kind, policy, used, arguments)
        extra = (*arguments, *policy.link_arguments(plugin)) if arguments else ()
        for link in loaded.links:
            product = link_program(
                toolchain,
                folder,
                link,
                tmp_path / kind,
                tmp_path / "linked" / kind,
                arguments=extra,
                environment=policy.environment(),
            )
            found[link.output] = Path(product).read_bytes()
        built[kind] = found
    assert len(built["stock"]) == len(loaded.modules) + len(loaded.links)
    assert [n for n in built["stock"] if built["stock"][n] != built["default"][n]] == []
