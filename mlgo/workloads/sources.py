"""Inputs of compilers and build tools: .proto, Cap'n Proto, build.ninja."""

from __future__ import annotations

import random

from mlgo.workloads.vocabulary import invent, until, words


def proto(rng: random.Random, size: int) -> bytes:
    """A .proto file of messages and enums."""
    types = ("int32", "string", "bytes", "double", "bool", "fixed64")
    count = 0

    def message() -> str:
        nonlocal count
        count += 1
        fields = "".join(
            f"  {rng.choice(('repeated ', 'optional ', ''))}{rng.choice(types)} field_{i} = {i};"
            f"  // {rng.getrandbits(40)}\n"
            for i in range(1, rng.randint(3, 15))
        )
        return (
            f"message Record{count} {{\n{fields}  enum Kind {{ NONE = 0; SOME = {count}; }}\n}}\n\n"
        )

    return ('syntax = "proto3";\npackage data;\n\n' + until(size, message)).encode()


def capnp(rng: random.Random, size: int) -> bytes:
    """A Cap'n Proto schema."""
    types = ("Int32", "Text", "Data", "Float64", "Bool", "List(UInt16)")
    count = 0

    def struct() -> str:
        nonlocal count
        count += 1
        fields = "".join(
            f"  field{i} @{i} :{rng.choice(types)};\n" for i in range(rng.randint(2, 14))
        )
        return f"struct Record{count} {{\n{fields}}}\n\n"

    return ("@0xbf5147cbbecf40c1;\n\n" + until(size, struct)).encode()


def ninja(rng: random.Random, size: int) -> bytes:
    """A build.ninja of many edges."""
    vocabulary = invent(rng, 400)
    header = "cflags = -O2 -Wall\nrule cc\n  command = cc $cflags -MF $out.d -c $in -o $out\n"
    header += "  description = CC $out\n  depfile = $out.d\n\n"
    count = 0

    def edge() -> str:
        nonlocal count
        count += 1
        one, two, three = words(rng, vocabulary, 3)
        flags = f"  cflags = $cflags -D{one.upper()} -I{two}/{three}\n" if count % 3 == 0 else ""
        return (
            f"build obj/{one}/{two}{count}.o: cc ../{one}/{two}{count}.c | gen/{three}.h\n{flags}"
        )

    return (header + until(size, edge)).encode()
