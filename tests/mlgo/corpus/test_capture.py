"""What a build asks of its compilers is written down exactly, and done."""

import subprocess
from pathlib import Path

import pytest

from mlgo.corpus.capture import RECORDS_VARIABLE, Wrappers, make_wrappers, read_records
from mlgo.errors import UserError
from mlgo.toolchain import find_toolchain


@pytest.fixture
def wrappers(tmp_path: Path) -> Wrappers:
    return make_wrappers(find_toolchain(), tmp_path / "tools", ("-Oz", "-DTEXT='a b'"))


def call(wrappers: Wrappers, cwd: Path, *command: str | Path, record: bool = True) -> int:
    env = {"PATH": "/usr/bin:/bin"} | ({RECORDS_VARIABLE: str(wrappers.records)} if record else {})
    return subprocess.run(list(map(str, command)), cwd=cwd, env=env, capture_output=True).returncode


def test_arguments_folder_and_end_are_recorded_in_order(wrappers: Wrappers, tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    (folder / "x y.c").write_text("const char *text = TEXT, *more = MORE;\n")
    odd = '-DMORE="new\\nline \\" $HOME *"'
    assert call(wrappers, folder, wrappers.cc, "-c", odd, "x y.c") == 1  # TEXT is no string here
    (folder / "x y.c").write_text("int x;\n")
    assert call(wrappers, folder, wrappers.cxx, "-xc", "-c", "x y.c", odd) == 0
    assert call(wrappers, folder, wrappers.ar, "rcs", "l.a", "x y.o") == 0
    records = read_records(wrappers.records)
    assert [(r.tool, r.code) for r in records] == [("clang", 1), ("clang++", 0), ("ar", 0)]
    assert records[0].arguments == ("-c", odd, "x y.c")
    assert {r.cwd for r in records} == {folder}
    assert (folder / "l.a").exists()


def test_our_flags_come_last_and_win(wrappers: Wrappers, tmp_path: Path) -> None:
    (tmp_path / "x.c").write_text("int size = __OPTIMIZE_SIZE__;\n")
    assert call(wrappers, tmp_path, wrappers.cc, "-O0", "-c", "x.c") == 0


def test_probes_before_the_build_are_not_recorded(wrappers: Wrappers, tmp_path: Path) -> None:
    assert call(wrappers, tmp_path, wrappers.cc, "--version", record=False) == 0
    assert read_records(wrappers.records) == []


def test_response_files_are_read_before_the_build_deletes_them(
    wrappers: Wrappers, tmp_path: Path
) -> None:
    (tmp_path / "x y.c").write_text("int x;\n")
    response = tmp_path / "sub" / "list.rsp"
    response.parent.mkdir()
    response.write_text('-c "x y.c"\n-DN=1')
    assert call(wrappers, tmp_path, wrappers.cc, "@sub/list.rsp", "-o", "x.o") == 0
    response.unlink()
    assert read_records(wrappers.records)[0].arguments == ("-c", "x y.c", "-DN=1", "-o", "x.o")


def test_a_path_that_builds_would_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="path with spaces") as caught:
        make_wrappers(find_toolchain(), tmp_path / "a b", ())
    assert "TMPDIR" in caught.value.hint
