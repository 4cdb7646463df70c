"""Fetching source packages with real apt from a real web server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgo import paths
from mlgo.corpus.add import add_debian
from mlgo.corpus.assemble import Settings
from mlgo.corpus.debian import available_versions, fetch, source_lines, source_stanzas, unpack
from mlgo.corpus.program import load_program
from mlgo.errors import UserError
from tests.mlgo.corpus.archive import as_only_mirror, make_source_package

GREETER = {
    "Makefile": "greeter: main.o greet.o\n\t$(CC) -o $@ $^\n",
    "main.c": "int greet(int);\nint main(int argc, char **argv) { return greet(argc); }\n",
    "greet.c": '#include <stdio.h>\nint greet(int n) { return printf("%d\\n", n) < 0; }\n',
}


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Path]:
    """A mirror with greeter (whole), lost (its files are gone) and broken (does not compile)."""
    pool = tmp_path / "pool"
    pool.mkdir()
    make_source_package(pool, "greeter", "1.0", GREETER)
    make_source_package(pool, "greeter", "2.0", GREETER)
    make_source_package(pool, "lost", "1.0", GREETER)
    broken = {**GREETER, "greet.c": "int greet(int n) { return misspelt; }\n"}
    make_source_package(pool, "broken", "1.0", broken)
    make_source_package(pool, "formless", "1.0", {"README": "no build system\n"})
    with as_only_mirror(pool, tmp_path):
        for path in pool.glob("lost_1.0.tar.*"):
            path.unlink()
        yield pool


def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def settings(tmp_path: Path) -> Settings:
    return Settings(corpus=tmp_path / "corpus", progress=lambda _: None)


def test_newest_and_named_versions(mirror: Path, tmp_path: Path) -> None:
    state = paths.home() / "apt"
    assert available_versions("greeter", state) == ["1.0", "2.0"]
    newest = fetch("greeter", None, state, work(tmp_path), patch=True)
    assert newest.version == "2.0"
    assert (newest.folder / "greet.c").read_text() == GREETER["greet.c"]
    (tmp_path / "old").mkdir()
    assert fetch("greeter", "1.0", state, tmp_path / "old", patch=True).version == "1.0"


def test_the_systems_configuration_stays_as_it_is(mirror: Path, tmp_path: Path) -> None:
    before = (tmp_path / "apt" / "sources.list").read_text()
    fetch("greeter", None, paths.home() / "apt", work(tmp_path), patch=True)
    assert (tmp_path / "apt" / "sources.list").read_text() == before
    assert sorted(path.name for path in (tmp_path / "apt").iterdir()) == ["sources.list"]


@pytest.mark.parametrize(
    ("name", "version", "message"),
    [
        ("no-such-package", None, "no Debian source package is named 'no-such-package'"),
        ("greeter", "9.9", "the mirror does not list version 9.9 of greeter"),
        ("lost", None, "lost: the mirror answers 404 Not Found"),
    ],
)
def test_what_cannot_be_fetched(
    mirror: Path, tmp_path: Path, name: str, version: str | None, message: str
) -> None:
    with pytest.raises(UserError, match=message) as caught:
        fetch(name, version, paths.home() / "apt", work(tmp_path), patch=True)
    assert caught.value.hint


def test_a_file_that_was_tampered_with_is_not_unpacked(mirror: Path, tmp_path: Path) -> None:
    tar = next(mirror.glob("greeter_2.0.tar.*"))
    data = bytearray(tar.read_bytes())
    data[len(data) // 2] ^= 1
    tar.write_bytes(data)
    with pytest.raises(UserError, match="fetching greeter failed"):
        fetch("greeter", None, paths.home() / "apt", work(tmp_path), patch=True)
    with pytest.raises(UserError, match=r"unpacking .* failed"):
        unpack(mirror / "greeter_2.0.dsc", tmp_path / "unpacked", patch=True)
    assert not (tmp_path / "unpacked").exists()


def test_an_unknown_package_is_built_by_what_its_files_say(mirror: Path, tmp_path: Path) -> None:
    program = add_debian("greeter", None, settings(tmp_path))
    assert [module.name for module in program.modules] == ["greet.o", "main.o"]
    assert [link.output for link in program.links] == ["greeter"]
    assert load_program(tmp_path / "corpus" / "greeter") == program


def test_the_same_source_gives_the_same_bytes_wherever_it_is_built(
    mirror: Path, tmp_path: Path
) -> None:
    manifests = []
    for corpus in (tmp_path / "one", tmp_path / "another corpus"):
        add_debian("greeter", None, Settings(corpus=corpus, progress=lambda _: None))
        manifests.append((corpus / "greeter" / "program.json").read_bytes())  # has the hashes
    assert manifests[0] == manifests[1]


def test_what_is_there_already_is_not_fetched_again(mirror: Path, tmp_path: Path) -> None:
    first = add_debian("greeter", None, settings(tmp_path))
    for path in mirror.iterdir():
        if path.is_file():
            path.unlink()
    assert add_debian("greeter", None, settings(tmp_path)) == first


@pytest.mark.parametrize(
    ("name", "message"),
    [("broken", "greet.c:1:27: error: use of undeclared"), ("formless", "no known build system")],
)
def test_what_cannot_be_built_leaves_nothing(
    mirror: Path, tmp_path: Path, name: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        add_debian(name, None, settings(tmp_path))
    assert not list((tmp_path / "corpus").glob("*")) + list((tmp_path / "corpus").glob(".*"))


def test_one_line_sources() -> None:
    text = "# c\ndeb http://a/ x\n deb-src http://a/ x\ndebs x\ndeb [arch=i386] http://b/ y z\n"
    assert source_lines(text) == "deb-src http://a/ x\ndeb-src [arch=i386] http://b/ y z\n"


def test_deb822_sources() -> None:
    text = (
        "# first\nTypes: deb deb-src\nURIs: http://a/\nSuites: x\n\n"
        "Types: deb\nEnabled: no\nURIs: http://b/\n\n"
        "types: deb\nURIs: http://c/\nSigned-By:\n -----BEGIN\n .\n -----END\n"
    )
    assert source_stanzas(text) == (
        "Types: deb-src\nURIs: http://a/\nSuites: x\n\n"
        "types: deb-src\nURIs: http://c/\nSigned-By:\n -----BEGIN\n .\n -----END\n\n"
    )


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r"))))
def test_any_text_gives_only_source_entries(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert all(entry.startswith("deb-src ") for entry in source_lines(text).splitlines())
    assert "Types: deb\n" not in source_stanzas(text)
