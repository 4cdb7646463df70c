"""What cannot work stops the compile: one error that names the cause, and nothing left behind."""

import dataclasses

import pytest

from mlgo import models
from mlgo.inlining.weights import load_weights
from mlgo.toolchain import find_toolchain


def fails(clang, message, **arguments):
    before = clang.files()
    assert clang.compile(check=False, **arguments) == 1
    assert message in clang.output
    assert clang.output.count("error:") == 1
    assert "PLEASE submit a bug report" not in clang.output
    assert clang.files() == before


@pytest.mark.parametrize(("built", "used"), [(22, 19), (19, 22)])
def test_another_release_is_named(plugins, clang22, built, used):
    clang22.toolchain, clang22.plugin = find_toolchain(used), plugins[built]
    fails(clang22, f"built for LLVM {built}, but the compiler is LLVM {used}.", policy="learned")
    assert f"hint: build it for this compiler: mlgo plugin build --release {used}" in clang22.output


def test_unknown_policy(clang):
    fails(clang, "unknown policy 'best'", policy="best")


@pytest.mark.parametrize("option", ["seed", "temperature", "probability"])
def test_numbers(clang, option):
    fails(clang, "takes a number, not 'x'", policy="random", **{option: "x"})


def test_weights_are_needed(clang):
    fails(clang, "needs -mlgo-weights", policy="file")


def test_weights_are_missing(clang):
    fails(clang, "No such file", policy="file", weights=clang.folder / "none")


def shipped():
    return load_weights(models.weights_file("inlining-size"))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: b"", "does not begin with a JSON header"),
        (lambda data: b"\x7fELF" + data, "does not begin with a JSON header"),
        (lambda data: data[:-1], "cut short"),
        (lambda data: data + b"\0" * 4, "longer than its header says"),
        (lambda data: data.replace(b"mlgo-mlp-3", b"mlgo-mlp-9"), "not of the format"),
        (lambda data: data.replace(b"inlining_default", b"inlining_defaulx"), "inlining_default"),
        (lambda data: data[:-4] + b"\xff\xff\xff\xff", "not a finite number"),
    ],
)
def test_corrupt_weights(clang, damage, message):
    path = clang.folder / "bad.mlgo"
    path.write_bytes(damage(shipped().to_bytes()))
    fails(clang, message, policy="file", weights=path)


def test_a_model_with_a_feature_that_the_compiler_lacks(clang):
    weights = shipped()
    names = ("speed_of_light", *weights.features[1:])
    path = clang.folder / "other.mlgo"
    dataclasses.replace(weights, features=names).save(path)
    fails(
        clang,
        "the model reads the feature 'speed_of_light', which LLVM",
        policy="file",
        weights=path,
    )


@pytest.mark.parametrize("text", ["", "mlgo-decisions-2\n", "mlgo-decisions-1\ninline\tf\tg\tx\n"])
def test_malformed_decisions(clang, text):
    path = clang.folder / "list.tsv"
    path.write_text(text)
    fails(clang, str(path), policy="default", decisions=path)


@pytest.mark.parametrize("option", ["log", "record"])
def test_outputs_that_cannot_be_written(clang, option):
    fails(clang, "cannot write /dev/full: No space left", policy="default", **{option: "/dev/full"})
    fails(clang, "No such file or directory", policy="default", **{option: "/nowhere/x"})


def test_corrupt_bitcode(clang):
    (clang.folder / "bad.bc").write_bytes(b"BC\xc0\xde" + b"\1" * 100)
    before = clang.files()
    flags = ["-Oz", f"-fpass-plugin={clang.plugin}", "-c", "bad.bc", "-o", "bad.o"]
    assert clang.run("clang", *flags, check=False) == 1
    assert clang.output.count("error:") == 1
    assert clang.files() == before
