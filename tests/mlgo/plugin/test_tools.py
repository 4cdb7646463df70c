"""The plugin in opt, in a full-LTO link and in ThinLTO back ends."""

import subprocess

import pytest

from tests.mlgo.plugin.conftest import MAIN


@pytest.mark.parametrize("policy", ["default", "learned", "random"])
def test_opt(clang, policy):
    clang.run("clang++", "-Oz", "-Xclang", "-disable-llvm-passes", "-emit-llvm", "-c", "x.cc")
    passes = ["-passes=default<Oz>", "x.bc", "-o"]
    clang.run("opt", f"-load-pass-plugin={clang.plugin}", f"-mlgo-policy={policy}", *passes, "p.bc")
    clang.run("opt", *passes, "stock.bc")
    same = (clang.folder / "p.bc").read_bytes() == (clang.folder / "stock.bc").read_bytes()
    assert same or policy != "default"


def link(clang, mode, policy, output, **env):
    """Builds the program with LTO; the plugin is in the link alone."""
    for name in ("x", "main"):
        clang.run("clang++", "-Oz", mode, "-c", f"{name}.cc", "-o", f"{name}.o")
    use = [f"-Wl,--load-pass-plugin={clang.plugin}"] if policy else []
    linker = f"--ld-path={clang.toolchain.tool('ld.lld')}"
    flags = ["-Oz", mode, linker, "-Wl,--gc-sections", *use]
    variables = {
        "MLGO_POLICY": policy or "",
        **{f"MLGO_{k.upper()}": str(v) for k, v in env.items()},
    }
    clang.run("clang++", *flags, "x.o", "main.o", "-o", output, env=variables)
    program = clang.folder / output
    return program.read_bytes()


def output(clang, program):
    return subprocess.run([clang.folder / program], capture_output=True, check=True).stdout


@pytest.mark.parametrize("mode", ["-flto", "-flto=thin"])
def test_lto_links(clang, mode):
    (clang.folder / "main.cc").write_text(MAIN)
    stock = link(clang, mode, None, "stock")
    assert link(clang, mode, "default", "control") == stock
    assert link(clang, mode, "random", "random") != stock
    logs = clang.folder / "logs"
    logs.mkdir()
    link(clang, mode, "learned", "learned", log=logs)
    assert output(clang, "stock") == output(clang, "random") == output(clang, "learned") != b""
    expected = 1 if mode == "-flto" else 2  # modules that the link optimises
    assert len(list(logs.iterdir())) == expected
