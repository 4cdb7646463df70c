"""What each policy of the plugin does, in clang, for both releases."""

import re

from mlgo import models
from mlgo.rollout.log import read_log


def decisions(path):
    return [line.split("\t") for line in path.read_text().splitlines() if "\t" in line][1:]


def test_the_learned_policy_needs_no_other_flag(clang):
    clang.compile(policy="", output="learned.o")
    assert clang.compile("-Rpass=mlgo-inline", policy="", output="again.o")
    assert re.search(r"remark: (inline|keep the call of) .*: score -?\d+\.\d+", clang.output)
    assert (clang.folder / "learned.o").read_bytes() == (clang.folder / "again.o").read_bytes()


def test_the_control_is_byte_identical_to_stock(clang):
    assert clang.compile(policy="default") == clang.compile()


def test_every_decision_has_a_remark_and_a_line_in_the_log(clang):
    log, record = clang.folder / "x.log", clang.folder / "x.tsv"
    clang.compile("-Rpass=mlgo-inline", policy="learned", log=log, record=record)
    remarks = clang.output.count("[-Rpass=mlgo-inline]")
    assert remarks == len(read_log(log)) == len(decisions(record)) > 100


def test_a_recorded_compile_can_be_replayed(clang):
    record = clang.folder / "x.tsv"
    drawn = clang.compile(policy="random", seed=7, probability=0.3, record=record)
    assert drawn != clang.compile()
    assert clang.compile(policy="default", decisions=record) == drawn


def test_a_decision_can_be_flipped_by_index_or_by_name(clang):
    record = clang.folder / "x.tsv"
    clang.compile(policy="default", record=record)
    index = next(i for i, line in enumerate(decisions(record)) if line[0] == "inline")
    flipped = clang.compile(policy="default", flip=index, record=clang.folder / "flipped.tsv")
    _, caller, callee, ordinal, *_ = decisions(record)[index]
    listed = clang.folder / "list.tsv"
    listed.write_text(f"mlgo-decisions-1\nmodule\tx.cc\nflip\t{caller}\t{callee}\t{ordinal}\n")
    assert clang.compile(policy="default", decisions=listed) == flipped
    assert decisions(clang.folder / "flipped.tsv")[index][0] == "keep"


def test_lists_for_another_module_are_ignored(clang):
    listed = clang.folder / "list.tsv"
    lines = ["mlgo-decisions-1", "module\tother.cc"]
    record = clang.folder / "x.tsv"
    stock = clang.compile(policy="default", record=record)
    lines += ["flip\t" + "\t".join(line[1:4]) for line in decisions(record)]
    listed.write_text("\n".join(lines) + "\n")
    assert clang.compile(policy="default", decisions=listed) == stock


def test_before_a_full_lto_link_the_model_only_refuses(clang):
    added = {}
    for mode in ("-flto", "-flto=thin", "-fno-lto"):
        log = clang.folder / f"{mode}.log"
        clang.compile(mode, policy="learned", log=log)
        rows = read_log(log).rows
        assert (rows["inlining_decision"] == (rows["logit"] > 0)).all()
        added[mode] = int((rows["inlining_decision"] > rows["inlining_default"]).sum())
    assert added["-flto"] == 0
    assert added["-fno-lto"] > 0
    assert added["-flto=thin"] > 0


def test_random_depends_on_the_seed_alone(clang):
    one, same, other = (
        clang.compile(policy="random", seed=seed, probability=0.3) for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


def test_the_file_policy_decides_as_the_embedded_model_does(clang):
    weights = models.weights_file("inlining-size")
    others = {"size_order": "off", "passes": "off"}
    embedded = clang.compile(policy="learned", **others)
    assert clang.compile(policy="file", weights=weights) == embedded


def test_a_temperature_samples_by_the_seed(clang):
    weights = models.weights_file("inlining-size")

    def sampled(seed, temperature):
        return clang.compile(policy="file", weights=weights, seed=seed, temperature=temperature)

    assert sampled(1, 1.0) == sampled(1, 1.0)
    assert sampled(1, 1.0) != sampled(2, 1.0)
    assert sampled(1, 0) == sampled(2, 0)


def test_a_folder_takes_one_log_a_module(clang):
    logs = clang.folder / "logs"
    logs.mkdir()
    clang.compile(policy="default", log=logs)
    (clang.folder / "sub").mkdir()
    (clang.folder / "sub" / "x.cc").write_text((clang.folder / "x.cc").read_text())
    env = {"MLGO_POLICY": "default", "MLGO_LOG": str(logs)}
    clang.run("clang++", "-Oz", f"-fpass-plugin={clang.plugin}", "-c", "sub/x.cc", env=env)
    assert len(list(logs.iterdir())) == 2
    assert len({len(read_log(log)) for log in logs.iterdir()}) == 1


def test_options_on_the_command_line(clang22, clang):
    flags = ["-mllvm", "-mlgo-policy=random", "-mllvm", "-mlgo-seed=3"]
    if clang.toolchain.release < 22:  # parses -mllvm before it loads pass plugins
        flags = ["-Xclang", "-load", "-Xclang", str(clang.plugin), *flags]
    assert clang.compile(*flags, policy="") == clang.compile(policy="random", seed=3)


def test_the_inliner_of_other_optimisation_levels(clang):
    for level in ("-O1", "-O2", "-O3", "-Os"):
        assert clang.compile(level, policy="default") == clang.compile(level)
