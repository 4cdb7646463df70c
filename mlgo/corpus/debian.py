"""Debian source packages, fetched with the machine's own apt and mirrors.

`apt-get source` needs deb-src lines, which most machines lack. They are derived here from the
machine's deb lines, into a private apt configuration: the system's own is only read.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from mlgo.errors import UserError
from mlgo.process import check, run

_ETC_APT = Path("/etc/apt")
_INDEX_AGE = 24 * 3600  # seconds after which the index of source packages is fetched again


@dataclass(frozen=True)
class SourcePackage:
    """A fetched and unpacked source package.

    Attributes:
        name: of the source package.
        version: full Debian version, e.g. "1:1.2.13.dfsg-1".
        dsc_sha256: of the .dsc, which holds the checksums of all its files.
        folder: the unpacked source.
    """

    name: str
    version: str
    dsc_sha256: str
    folder: Path


def fetch(name: str, version: str | None, state: Path, work: Path, *, patch: bool) -> SourcePackage:
    """Downloads a source package, checks it and unpacks it.

    Args:
        name: of the source package.
        version: wanted; None for the newest.
        state: where apt keeps the index of source packages between calls.
        work: an empty folder for the download and the unpacked source.
        patch: whether Debian's patches are applied.

    Raises:
        UserError: no such package or version, the mirror does not have its files, or they
            do not have the checksums that the .dsc states.
    """
    return unpack(download(name, version, state, work), work / "source", patch=patch)


def download(name: str, version: str | None, state: Path, work: Path) -> Path:
    """Downloads a source package into `work`, and returns the path of its .dsc.

    Raises:
        UserError: see `fetch`; the checksums are for the caller to check (`unpack` does, or
            `checked_files`).
    """
    environment = _private_apt(state)
    wanted = f"{name}={version}" if version else name
    argv = ["apt-get", "-q", "source", "--download-only", "--only-source", wanted]
    finished = run(argv, cwd=work, env=environment)
    if finished.code != 0:
        raise _fetch_error(finished.log, name, version, environment)
    dsc = next(iter(sorted(work.glob("*.dsc"))), None)
    if dsc is None:
        raise UserError(f"apt-get source {wanted} brought no .dsc", exit_code=1)
    return dsc


def checked_files(dsc: Path) -> list[Path]:
    """Returns the files of a downloaded source package, if they have the .dsc's checksums.

    Raises:
        UserError: a file is missing, or has another SHA-256.
    """
    listed = re.search(r"^Checksums-Sha256:\n((?: .+\n)+)", dsc.read_text(errors="replace"), re.M)
    if listed is None:
        raise UserError(f"{dsc.name} states no SHA-256 checksums", exit_code=1)
    files = []
    for line in listed[1].splitlines():
        digest, _, name = line.split()
        path = dsc.with_name(Path(name).name)
        if not path.exists() or _sha256(path) != digest:
            hint = "delete the folder and fetch it again: the file may be damaged"
            raise UserError(f"{path} does not have the checksum that {dsc.name} states", hint)
        files.append(path)
    return files


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpack(dsc: Path, folder: Path, *, patch: bool) -> SourcePackage:
    """Unpacks a source package; dpkg-source checks every file against the .dsc first.

    Raises:
        UserError: a checksum is wrong, or the package would write outside its folder.
    """
    argv: list[str | Path] = ["dpkg-source", "--no-copy"]
    argv += ["--skip-patches"] if not patch else []
    finished = run([*argv, "-x", dsc, folder])
    check(finished, f"unpacking {dsc.name}", hint="fetch it again: the files may be damaged")
    text = dsc.read_text(errors="replace")
    fields = dict(re.findall(r"^(Source|Version): (.+)$", text, re.M))
    digest = hashlib.sha256(dsc.read_bytes()).hexdigest()
    return SourcePackage(fields["Source"], fields["Version"], digest, folder)


def available_versions(name: str, state: Path) -> list[str]:
    """Returns the versions of a source package that the mirrors list, newest last."""
    return _versions(name, _private_apt(state))


def missing_packages(packages: tuple[str, ...]) -> list[str]:
    """Returns those of the named Debian packages that are not installed here."""
    return [p for p in packages if run(["dpkg", "-s", p]).code != 0]


def _private_apt(state: Path) -> dict[str, str]:
    """Makes apt's private configuration and index; returns the environment to use it."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-source"):
        raise UserError(
            "fetching Debian source packages needs apt-get and dpkg-source",
            hint="apt-get install dpkg-dev, or use `mlgo corpus add --compile-commands`",
        )
    for folder in ("sources", "lists/partial", "cache/archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    config = state / "apt.conf"
    _write(config, _configuration(state))
    sources_changed = _write_sources(state / "sources")
    environment = {"APT_CONFIG": str(config), "LC_ALL": "C"}
    stamp = state / "updated"
    fresh = stamp.exists() and time.time() - stamp.stat().st_mtime < _INDEX_AGE
    if sources_changed or not fresh:
        finished = run(["apt-get", "-q", "update"], env=environment)
        check(finished, "fetching the index of source packages", hint="is the mirror reachable?")
        stamp.touch()
    return environment


def _configuration(state: Path) -> str:
    """The private configuration: the system's dpkg status, everything else in `state`."""
    values = {
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": str(state / "sources"),
        "Dir::State": str(state),
        "Dir::State::lists": str(state / "lists"),
        "Dir::State::status": "/var/lib/dpkg/status",
        "Dir::Cache": str(state / "cache"),
        "APT::Sandbox::User": "root",  # no other user may read a private folder
    }
    return "".join(f'{key} "{value}";\n' for key, value in values.items())


def _write_sources(folder: Path) -> bool:
    """Writes deb-src versions of the machine's sources; returns whether any changed."""
    wanted = {}
    for path in [_ETC_APT / "sources.list", *sorted((_ETC_APT / "sources.list.d").glob("*"))]:
        if path.suffix in (".list", ".sources") and path.is_file():
            text = path.read_text()
            make = source_lines if path.suffix == ".list" else source_stanzas
            wanted[path.name] = make(text)
    if not any(wanted.values()):
        raise UserError(
            "this machine's apt has no sources to fetch packages from",
            hint="configure a Debian mirror in /etc/apt, or use --compile-commands",
        )
    for path in folder.iterdir():
        if path.name not in wanted:
            path.unlink()
    changed = [_write(folder / name, text) for name, text in wanted.items()]
    return any(changed)


def source_lines(text: str) -> str:
    """Turns one-line `deb` entries (sources.list) into `deb-src` ones."""
    entries = [line.strip() for line in text.splitlines()]
    matches = [re.match(r"deb(?:-src)?\s+(.+)", entry) for entry in entries]
    found = [f"deb-src {match[1]}\n" for match in matches if match]
    return "".join(dict.fromkeys(found))


def source_stanzas(text: str) -> str:
    """Turns deb822 stanzas (`.sources`) into ones of type deb-src."""
    stanzas = []
    for stanza in re.split(r"\n\s*\n", text.strip()):
        lines = [line for line in stanza.splitlines() if not line.startswith("#")]
        lines = [re.sub(r"^(Types):.*", r"\1: deb-src", line, flags=re.I) for line in lines]
        disabled = any(re.match(r"Enabled:\s*no\b", line, re.I) for line in lines)
        if any(re.match("Types:", line, re.I) for line in lines) and not disabled:
            stanzas.append("\n".join(lines))
    return "".join(f"{stanza}\n\n" for stanza in stanzas)


def _write(path: Path, text: str) -> bool:
    """Writes a file if its content differs; returns whether it did."""
    if path.exists() and path.read_text() == text:
        return False
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text)
    partial.rename(path)
    return True


def _versions(name: str, environment: dict[str, str]) -> list[str]:
    finished = run(["apt-cache", "showsrc", "--only-source", name], env=environment)
    found = re.findall(r"^Package: (\S+)\n(?:.+\n)*?Version: (\S+)$", finished.log, re.M)
    return list(dict.fromkeys(version for package, version in found if package == name))


def _fetch_error(
    log: str, name: str, version: str | None, environment: dict[str, str]
) -> UserError:
    versions = _versions(name, environment)
    wanted = f"{name} {version}" if version else name
    if not versions:
        hint = f"look for its name with `apt-cache search {name}`"
        return UserError(f"no Debian source package is named {name!r}", hint, exit_code=1)
    if version and version not in versions:
        hint = f"use {name}={versions[-1]}"
        return UserError(f"the mirror does not list version {version} of {name}", hint, exit_code=1)
    if re.search(r"\b404\b", log):
        hint = "the mirror lacks it for now; go on with other packages"
        return UserError(f"{wanted}: the mirror answers 404 Not Found", hint, exit_code=1)
    lines = [line for line in log.splitlines() if line.startswith("E:")] or ["unknown reason"]
    return UserError(f"fetching {wanted} failed: {lines[0]}", exit_code=1)
