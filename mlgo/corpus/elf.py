"""Sizes of the sections of an ELF file, as `size -A` prints them.

Read here and not by `llvm-size`, whose start alone costs 15 ms of CPU time: training asks for a
size after every compile.
"""

from __future__ import annotations

import struct
from collections import Counter
from pathlib import Path

from mlgo.errors import UserError

# Elf64_Ehdr from e_shoff on, and Elf64_Shdr: see elf.h.
_HEADER = struct.Struct("<40xQ10xHHH")
_SECTION = struct.Struct("<II8x8xQQ24x")


def section_sizes(path: Path) -> dict[str, int]:
    """Returns section name -> bytes (sections of one name are added up), sorted by name.

    Raises:
        UserError: `path` is not a 64-bit little-endian ELF file, or is cut short.
    """
    data = path.read_bytes()
    if data[:6] != b"\x7fELF\x02\x01":
        raise UserError(f"{path} is not a 64-bit little-endian ELF file")
    try:
        offset, size, count, names_index = _HEADER.unpack_from(data)
        if count == 0 and offset:  # more than 65279 sections: the count is in section 0
            count = _SECTION.unpack_from(data, offset)[3]
        if names_index == 0xFFFF:
            names_index = struct.unpack_from("<I", data, offset + 40)[0]
        headers = [_SECTION.unpack_from(data, offset + i * size) for i in range(count)]
        names = headers[names_index][2] if headers else 0
        sizes: Counter[str] = Counter()
        for name, _, _, length in headers:
            start = names + name
            sizes[data[start : data.index(b"\0", start)].decode()] += length
    except (struct.error, ValueError, IndexError) as error:
        raise UserError(f"{path} is cut short or corrupt: {error}") from error
    return dict(sorted(sizes.items()))


def text_sections(path: Path) -> dict[str, int]:
    """Returns the sections of code: `.text` and, in an object, all `.text.*`."""
    sizes = section_sizes(path)
    return {n: s for n, s in sizes.items() if n == ".text" or n.startswith(".text.")}


def text_size(path: Path) -> int:
    """Returns the bytes of code, of all its sections."""
    return sum(text_sections(path).values())
