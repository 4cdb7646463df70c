"""A small Debian archive on a web server of our own: real apt, real packages, real 404s."""

import hashlib
import http.server
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from mlgo.corpus import debian

CONTROL = """\
Source: {name}
Maintainer: Nobody <nobody@example.org>
Standards-Version: 4.6.2

Package: {name}
Architecture: any
Description: made by a test
"""
CHANGELOG = """\
{name} ({version}) unstable; urgency=low

  * Made by a test.

 -- Nobody <nobody@example.org>  Thu, 01 Jan 2026 00:00:00 +0000
"""


def make_source_package(pool: Path, name: str, version: str, files: Mapping[str, str]) -> Path:
    """Builds a source package with dpkg-source; returns its .dsc in `pool`."""
    tree = pool / f"{name}-{version}"
    packaging = {
        "debian/control": CONTROL.format(name=name),
        "debian/changelog": CHANGELOG.format(name=name, version=version),
        "debian/source/format": "3.0 (native)\n",
    }
    for path, text in {**files, **packaging}.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    subprocess.run(["dpkg-source", "-b", tree.name], cwd=pool, check=True, capture_output=True)
    return pool / f"{name}_{version}.dsc"


def index(pool: Path) -> None:
    """Writes Sources and Release for all packages in `pool`."""
    stanzas = [_stanza(dsc) for dsc in sorted(pool.glob("*.dsc"))]
    sources = "\n".join(stanzas).encode()
    (pool / "Sources").write_bytes(sources)
    digest = hashlib.sha256(sources).hexdigest()
    release = f"Date: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n {digest} {len(sources)} Sources\n"
    (pool / "Release").write_text(release)


def _stanza(dsc: Path) -> str:
    lines = [line for line in dsc.read_text().splitlines() if line]
    lines = [line.replace("Source: ", "Package: ", 1) for line in lines]
    at = lines.index("Checksums-Sha256:") + 1
    data = dsc.read_bytes()
    lines.insert(at, f" {hashlib.sha256(data).hexdigest()} {len(data)} {dsc.name}")
    at = lines.index("Files:") + 1
    lines.insert(at, f" {hashlib.md5(data).hexdigest()} {len(data)} {dsc.name}")
    return "\n".join([*lines, "Directory: .", ""])


@contextmanager
def served(pool: Path) -> Iterator[str]:
    """The URL of a web server that serves `pool`."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = partial(Quiet, directory=str(pool))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def as_only_mirror(pool: Path, folder: Path) -> Iterator[None]:
    """Makes `pool` the only source of the machine's apt, as far as we can see."""
    index(pool)
    with served(pool) as url, pytest.MonkeyPatch.context() as patch:
        (folder / "apt").mkdir()
        (folder / "apt" / "sources.list").write_text(f"deb [trusted=yes] {url} ./\n")
        patch.setattr(debian, "_ETC_APT", folder / "apt")
        patch.setenv("no_proxy", "127.0.0.1")
        patch.setenv("MLGO_HOME", str(folder / "home"))
        yield
