"""What recorded commands of the usual build systems are understood to make."""

from pathlib import Path

from mlgo.corpus.capture import Record
from mlgo.corpus.graph import BuildGraph, build_graph
from mlgo.corpus.invocation import parse

CWD = Path("/b")


def graph_of(*commands: str, cwd: Path = CWD, code: int = 0) -> BuildGraph:
    words = [command.split() for command in commands]
    return build_graph(Record(w[0], code, cwd, tuple(w[1:])) for w in words)


def test_an_option_with_a_separate_value_is_no_input() -> None:
    command = "-c -I inc.c -MF dep.c -include pre.c -DX -D Y src.c -oout.o"
    invocation = parse(tuple(command.split()))
    assert [item.path for item in invocation.inputs] == ["src.c"]
    assert (invocation.step, invocation.output) == ("compile", "out.o")
    assert ("-D", "Y") in invocation.options


def test_the_language_option_decides_what_an_input_is() -> None:
    kinds = [i.kind for i in parse(("-c", "-x", "c++", "a.h", "-x", "none", "b.S")).inputs]
    assert kinds == ["source", "assembler"]


def test_steps() -> None:
    for arguments, step in {
        "-c a.c": "compile",
        "a.c -o a": "link",
        "-E a.c": "other",
        "-S a.c": "other",
        "--version": "other",
        "-c -x c -": "other",
        "-shared a.o -o liba.so": "link",
    }.items():
        assert parse(tuple(arguments.split())).step == step, arguments


def test_cmake_static_library_and_program() -> None:
    graph = graph_of(
        "clang++ -DX -o CMakeFiles/l.dir/a.cc.o -c /s/a.cc",
        "clang++ -o CMakeFiles/p.dir/main.cc.o -c /s/main.cc",
        "ar qc libl.a CMakeFiles/l.dir/a.cc.o",
        "clang++ -O3 CMakeFiles/p.dir/main.cc.o -o p libl.a -lm",
    )
    assert list(graph.compiles) == ["/b/CMakeFiles/l.dir/a.cc.o", "/b/CMakeFiles/p.dir/main.cc.o"]
    product = graph.products["/b/p"]
    assert product.paths(graph) == ["/b/CMakeFiles/p.dir/main.cc.o", "/b/libl.a"]
    assert product.archives == {"/b/libl.a": ("/b/CMakeFiles/l.dir/a.cc.o",)}


def test_sources_compiled_in_the_link_command_are_modules_too() -> None:
    graph = graph_of("clang -Wall shell.c core.c -o sqlite3 -lpthread")
    assert [c.source for c in graph.compiles.values()] == ["shell.c", "core.c"]
    assert graph.products["/b/sqlite3"].paths(graph) == list(graph.compiles)


def test_an_archive_named_by_l_is_found_in_its_folder() -> None:
    graph = graph_of(
        "clang -c z.c",
        "ar rcs lib/libz.a z.o",
        "clang -c main.c",
        "clang main.o -Llib -lz -lm -o main",
    )
    assert graph.products["/b/main"].paths(graph) == ["/b/main.o", "/b/lib/libz.a"]


def test_ar_replaces_a_member_of_the_same_name_and_q_appends() -> None:
    replaced = graph_of("ar cr l.a x/a.o b.o", "ar r l.a y/a.o")
    assert replaced.archives["/b/l.a"] == ("/b/b.o", "/b/y/a.o")
    appended = graph_of("ar cq l.a x/a.o", "ar q l.a y/a.o")
    assert appended.archives["/b/l.a"] == ("/b/x/a.o", "/b/y/a.o")


def test_libtool_convenience_archives_are_unpacked_and_packed_again() -> None:
    graph = graph_of(
        "clang -fPIC -c a.c -o .libs/a.o",
        "ar cru .libs/libinner.a .libs/a.o",
    )
    extract = Record("ar", 0, CWD / "x", ("x", "/b/.libs/libinner.a"))
    pack = Record("ar", 0, CWD, ("cru", "libouter.a", "x/a.o"))
    for record in (extract, pack):
        graph.add(record)
    member = graph.archives["/b/libouter.a"][0]
    assert graph.compiles[member].source == "a.c"


def test_probes_of_the_build_system_and_failed_links_are_not_products() -> None:
    probes = graph_of(
        "clang CMakeCCompilerId.c -o CMakeFiles/3.25.1/CompilerIdC/a.out",
        "clang conftest.c -o conftest",
        "clang x.c -o CMakeFiles/CMakeScratch/TryCompile-1/t",
    )
    assert not probes.products
    assert not probes.compiles
    assert not graph_of("clang main.o -o main", code=1).products


def test_a_failed_compile_is_remembered_as_one() -> None:
    graph = graph_of("clang -c bad.c", code=1)
    assert graph.compiles["/b/bad.o"].failed


def test_the_last_command_for_an_object_counts() -> None:
    graph = graph_of("clang -DA -c a.c", "clang -c b.c", "clang -DB -c a.c")
    assert list(graph.compiles) == ["/b/b.o", "/b/a.o"]
    assert ("-DB",) in graph.compiles["/b/a.o"].options
