"""Runs: what Cachegrind counts, what the allocator says, what is prepared."""

import hashlib
import subprocess

import pytest

from mlgo.corpus.program import Module
from mlgo.errors import UserError
from mlgo.toolchain import find_toolchain
from mlgo.workloads.optimise import Extra, generate_code
from mlgo.workloads.running import Cost, prepared, read_cachegrind
from mlgo.workloads.spills import NO_SPILLS, read_remarks, remark_arguments
from mlgo.workloads.table import Input, Workload

LOOP = """
#include <stdio.h>
#include <stdlib.h>
__attribute__((noinline)) int busy(const volatile int *v, int n) {
  int sum = 0;
  for (int i = 0; i < n; ++i)
    sum += v[i & 7];
  return sum;
}
int main(int n, char **v) {
  static volatile int data[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  printf("%d\\n", busy(data, n > 1 ? atoi(v[1]) : 0));
  return n > 2;
}
"""
PRESSURE = """
int use(int, int, int, int, int, int);
int pressure(int *p, int n) {
  int a = p[0], b = p[1], c = p[2], d = p[3], e = p[4], f = p[5], g = p[6], h = p[7];
  int s = 0;
  for (int i = 0; i < n; ++i)
    s += use(a, b, c, d, e, f) * g + use(h, a, c, e, g, b) + d * f;
  return s + a + b + c + d + e + f + g + h;
}
int nothing(void) { return 1; }
"""


@pytest.fixture
def busy(tmp_path, monkeypatch):
    monkeypatch.setenv("MLGO_HOME", str(tmp_path / "home"))
    (tmp_path / "busy.c").write_text(LOOP)
    command = [find_toolchain().clang, "-O1", "busy.c", "-o", "busy"]
    subprocess.run(command, cwd=tmp_path, check=True)
    return tmp_path / "busy"


def run_of(*command, size=40_000, **options):
    return Workload("run", ("{program}", *command), Input("", 1, 1), Input("", size, 2), **options)


def test_reads_are_counted_in_the_function_that_does_them(busy):
    workload = run_of("{size}")
    with prepared(workload, workload.measure, busy) as runner:
        counted = runner.count(busy)
        again = runner.count(busy)
    inner = counted.functions["busy"]
    assert 40_000 <= inner.reads < 40_100
    assert inner.instructions >= 3 * 40_000
    assert counted.total.weighted > inner.weighted
    assert counted.total == again.total
    assert counted.output_sha256 == hashlib.sha256(b"180000\n").hexdigest()


def test_a_run_that_fails_is_an_error(busy):
    workload = run_of("1", "2")
    with (
        prepared(workload, workload.measure, busy) as runner,
        pytest.raises(UserError, match="running busy"),
    ):
        runner.run(busy)


def test_an_input_is_prepared_from_what_was_made(busy, tmp_path):
    workload = Workload(
        "run",
        ("/bin/cat", "{input}"),
        Input("prose", 500, 1),
        Input("prose", 900, 2),
        prepare=("/bin/sh", "-c", "tr a-z A-Z < {raw}"),
    )
    with prepared(workload, workload.measure, busy) as runner:
        digest, _ = runner.run(busy)
    (made,) = (tmp_path / "home" / "inputs").iterdir()
    assert hashlib.sha256(made.read_bytes().upper()).hexdigest() == digest


def test_cachegrind_files_are_read_by_event_name():
    text = (
        "events: Ir Dw Dr\nfl=x\nfn=f\n1 10 2 3\n2 5\nfn=g\n3 1 1 1\nfn=f\n4 1\nsummary: 17 3 4\n"
    )
    total, functions = read_cachegrind(text)
    assert total == Cost(17, 4, 3)
    assert functions == {"f": Cost(16, 3, 2), "g": Cost(1, 1, 1)}
    with pytest.raises(UserError, match="did not count"):
        read_cachegrind("events: Ir\nsummary: 1\n")


def test_the_allocators_remarks_are_read_and_change_no_byte(tmp_path):
    (tmp_path / "p.c").write_text(PRESSURE)
    clang = [find_toolchain().clang, "-O2", "-c", "p.c", "-emit-llvm", "-o", "p.bc"]
    subprocess.run(clang, cwd=tmp_path, check=True)
    module = Module("p.o", "p.c", str(tmp_path / "p.bc"), (), "")
    extra = Extra(remark_arguments(tmp_path / "remarks"))
    for name, asked in (("plain.o", Extra()), ("with.o", extra)):
        generate_code(find_toolchain(), module, "-O2", tmp_path / name, asked)
    assert (tmp_path / "plain.o").read_bytes() == (tmp_path / "with.o").read_bytes()
    found = read_remarks((tmp_path / "remarks").read_text())
    spills = found["pressure"]
    assert spills.spills > 0
    assert spills.reloads + spills.folded > 0
    assert spills.memory_cost > spills.reloads  # most of it is in the loop
    assert found.get("nothing", NO_SPILLS) == NO_SPILLS
