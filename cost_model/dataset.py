"""Reads and writes kernels: one `.npz` each, in a folder or in one zip file.

The format is that of TpuGraphs' tile collection, with these optional arrays of ours, which its
own readers skip: `noise` float32 (c,), `default_index` int64 (), `metadata` uint8 (bytes of a
JSON object). Nothing is ever unpickled, and a zip is read without unpacking it to the disk.
"""

from __future__ import annotations

import dataclasses
import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from cost_model.kernel import Kernel
from mlgo.atomic import write_bytes
from mlgo.errors import UserError

_ARRAYS = {
    "node_feat": np.float32,
    "node_opcode": np.int32,
    "edge_index": np.int32,
    "config_feat": np.float32,
}
_RUNTIMES = ("config_runtime", "config_runtime_normalizers")
_HINT = "it should be a kernel of TpuGraphs' tile collection, or one that `cost-model` wrote"
# A kernel of the published set takes less than 20 MB; more than this is a mistake or an attack.
_MOST_BYTES = 1 << 30


def read_kernel(path: Path) -> Kernel:
    """Reads one kernel.

    Raises:
        UserError: the file is missing, truncated, pickled, or not what a kernel needs.
    """
    try:
        with path.open("rb") as file:
            return _parse(file, path.stem, str(path))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error


def read_kernels(path: Path) -> list[Kernel]:
    """Reads all kernels of a zip file, or of a folder: files and zip files, below it too.

    A kernel's name is its path within `path`, without `.npz` and `.zip`.

    Raises:
        UserError: there are none, or one of them is bad.
    """
    kernels = list(_iterate(path))
    if not kernels:
        raise UserError(f"no .npz files in {path}", hint="collect some: cost-model collect --help")
    return kernels


def write_kernel(kernel: Kernel, path: Path) -> None:
    """Writes one kernel, compressed; same kernel, same bytes; the file is whole or untouched.

    Raises:
        UserError: the kernel's arrays do not fit together.
        OSError: the folder is not writable, or the disk is full.
    """
    write_bytes(path, to_bytes(kernel))


def write_zip(kernels: Iterable[Kernel], path: Path) -> None:
    """Writes kernels into one zip file of `.npz` members, for publishing."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
            for kernel in sorted(kernels, key=lambda k: k.name):
                archive.writestr(_member(f"{kernel.name}.npz"), to_bytes(kernel))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def to_bytes(kernel: Kernel) -> bytes:
    """Returns the content of a kernel's `.npz`.

    Raises:
        UserError: the kernel's arrays do not fit together.
    """
    if problem := kernel.problem():
        raise UserError(f"kernel {kernel.name}: {problem}")
    arrays: dict[str, Any] = {name: getattr(kernel, name) for name in (*_ARRAYS, *_RUNTIMES)}
    if kernel.noise is not None:
        arrays["noise"] = kernel.noise
    if kernel.default_index >= 0:
        arrays["default_index"] = np.int64(kernel.default_index)
    if kernel.metadata:
        text = json.dumps(kernel.metadata, sort_keys=True)
        arrays["metadata"] = np.frombuffer(text.encode(), np.uint8)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:  # np.savez would put the time of day in
        for name, array in arrays.items():
            body = io.BytesIO()
            np.save(body, array, allow_pickle=False)
            archive.writestr(_member(f"{name}.npy"), body.getvalue(), zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o644 << 16
    return info


def _iterate(path: Path) -> Iterator[Kernel]:
    if not path.is_dir():
        yield from _iterate_zip(path)
        return
    for file in sorted([*path.rglob("*.npz"), *path.rglob("*.zip")]):
        name = file.relative_to(path).with_suffix("").as_posix()
        if file.suffix == ".npz":
            yield dataclasses.replace(read_kernel(file), name=name)
        else:
            yield from (dataclasses.replace(k, name=f"{name}/{k.name}") for k in _iterate_zip(file))


def _iterate_zip(path: Path) -> Iterator[Kernel]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(n for n in archive.namelist() if n.endswith(".npz"))
            if not members:
                raise zipfile.BadZipFile("it has no .npz files")
            for member in members:
                with archive.open(member) as opened:
                    body = io.BytesIO(opened.read(_MOST_BYTES))
                yield _parse(body, member.removesuffix(".npz"), f"{path}:{member}")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        hint = "give a folder of .npz files, or a zip file of them"
        raise UserError(f"{path} is no zip file, or a damaged one: {error}", hint) from error


def _parse(file: IO[bytes], name: str, where: str) -> Kernel:
    try:
        with zipfile.ZipFile(file) as archive:
            return _from_archive(archive, name)
    except zipfile.BadZipFile as error:
        raise UserError(f"{where} is no .npz file, or a truncated one: {error}", _HINT) from error
    except (ValueError, KeyError, EOFError, zlib.error, NotImplementedError) as error:
        raise UserError(f"{where}: {error}", _HINT) from error


def _from_archive(archive: zipfile.ZipFile, name: str) -> Kernel:
    members = {Path(info.filename).stem: info for info in archive.infolist()}
    missing = [key for key in _ARRAYS if key not in members]
    if missing:
        raise ValueError(f"the array {missing[0]} is missing")
    if sum(info.file_size for info in members.values()) > _MOST_BYTES:
        raise ValueError(f"it unpacks to more than {_MOST_BYTES} bytes")

    def load(key: str) -> Any:
        with archive.open(members[key]) as file:
            return _load_array(file.read(), key)

    arrays = {key: _cast(load(key), dtype, key) for key, dtype in _ARRAYS.items()}
    present = [key for key in _RUNTIMES if key in members]
    for key in _RUNTIMES:  # one without the other is a mistake, which Kernel.problem finds
        values = load(key) if key in present else np.zeros(0, np.int64)
        arrays[key] = _cast(values, np.int64, key)
    if len(arrays["config_runtime"]) and not arrays["config_runtime"].any():
        # So a published test set keeps its runtimes secret.
        arrays |= dict.fromkeys(_RUNTIMES, np.zeros(0, np.int64))
    kernel = Kernel(
        name,
        **arrays,
        noise=_cast(load("noise"), np.float32, "noise") if "noise" in members else None,
        default_index=int(load("default_index")) if "default_index" in members else -1,
        metadata=_metadata(load("metadata")) if "metadata" in members else {},
    )
    if problem := kernel.problem():
        raise ValueError(problem)
    return kernel


def _load_array(content: bytes, key: str) -> Any:
    try:
        return np.load(io.BytesIO(content), allow_pickle=False)
    except ValueError as error:
        if "pickle" in str(error) or "Object arrays" in str(error):
            raise ValueError(f"the array {key} is pickled, which is never read") from error
        raise ValueError(f"the array {key} is damaged: {error}") from error


def _cast(array: Any, dtype: Any, key: str) -> Any:
    """Widths differ between versions of the published set; kinds must not."""
    if np.dtype(dtype).kind == "i" and array.dtype.kind not in "iu":
        raise ValueError(f"{key} is {array.dtype}, expected {np.dtype(dtype)}")
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{key} is {array.dtype}, expected {np.dtype(dtype)}")
    return np.ascontiguousarray(array, dtype)


def _metadata(array: Any) -> dict[str, Any]:
    value = json.loads(bytes(array))
    if not isinstance(value, dict):
        raise ValueError("metadata is no JSON object")
    return value
