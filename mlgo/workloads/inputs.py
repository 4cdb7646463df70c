"""Inputs of workloads, made from a seed: the same seed and size give the same bytes."""

from __future__ import annotations

import random
from collections.abc import Callable

_SYLLABLES = ["ka", "lo", "mi", "ten", "ra", "su", "vi", "pel", "dor"]
_SYLLABLES += ["an", "ik", "zu", "fa", "ber", "gol", "ni", "sha", "tro"]


def make_input(kind: str, size: int, seed: int) -> bytes:
    """Makes an input.

    Args:
        kind: one of `KINDS`.
        size: about how many bytes.
        seed: of all that is random in it.

    Raises:
        KeyError: there is no such kind.
    """
    return KINDS[kind](random.Random(seed), size)


def _vocabulary(rng: random.Random, count: int = 2000) -> list[str]:
    return ["".join(rng.choices(_SYLLABLES, k=rng.randint(1, 4))) for _ in range(count)]


def _words(rng: random.Random, vocabulary: list[str], count: int) -> list[str]:
    """Words as frequent as in a language: few of them most of the time (Zipf)."""
    top = len(vocabulary)
    return [vocabulary[int(top ** rng.random()) - 1] for _ in range(count)]


def _until(size: int, piece: Callable[[], str]) -> str:
    """Joins pieces until there are `size` characters."""
    pieces: list[str] = []
    length = 0
    while length < size:
        pieces.append(piece())
        length += len(pieces[-1])
    return "".join(pieces)


def _sentence(rng: random.Random, vocabulary: list[str]) -> str:
    return " ".join(_words(rng, vocabulary, rng.randint(4, 16))).capitalize() + ". "


def _prose(rng: random.Random, size: int) -> bytes:
    vocabulary = _vocabulary(rng)

    def paragraph() -> str:
        return "".join(_sentence(rng, vocabulary) for _ in range(rng.randint(2, 8))) + "\n"

    return _until(size, paragraph).encode()


def _mixed(rng: random.Random, size: int) -> bytes:
    """What is archived: text, records of small numbers, and bytes that do not compress."""
    out = bytearray()
    while len(out) < size:
        out += _prose(rng, 20_000)
        base = rng.getrandbits(32)
        for _ in range(1500):
            base += rng.randint(0, 40)
            out += base.to_bytes(8, "little") + bytes([rng.randint(0, 7), 0, 0, 255])
        out += rng.randbytes(3000)
    return bytes(out[:size])


def _log(rng: random.Random, size: int) -> bytes:
    vocabulary = _vocabulary(rng, 300)

    def line() -> str:
        clock = (
            f"2023-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T{rng.randint(0, 23):02}:11:59"
        )
        host = ".".join(str(rng.randint(1, 250)) for _ in range(4))
        user, site, path = _words(rng, vocabulary, 3)
        mail = f"{user}@{site}.example.org" if rng.random() < 0.3 else user
        status = rng.choice(("200", "200", "200", "304", "404", "500"))
        request = f"GET /{path}/{rng.randint(1, 9999)}?q={site}"
        return f'{clock} {host} {mail} "{request}" {status} {rng.randint(0, 1 << 20)}\n'

    return _until(size, line).encode()


def _json_value(rng: random.Random, vocabulary: list[str], depth: int) -> str:
    kind = rng.random()
    if depth > 0 and kind < 0.25:
        names = _words(rng, vocabulary, rng.randint(1, 8))
        values = (_json_value(rng, vocabulary, depth - 1) for _ in names)
        fields = (f'"{name}": {value}' for name, value in zip(names, values, strict=True))
        return "{" + ", ".join(fields) + "}"
    if depth > 0 and kind < 0.45:
        values = (_json_value(rng, vocabulary, depth - 1) for _ in range(rng.randint(0, 9)))
        return "[" + ", ".join(values) + "]"
    if kind < 0.75:
        return (
            '"'
            + " ".join(_words(rng, vocabulary, rng.randint(1, 5)))
            + rng.choice(("", "\\n"))
            + '"'
        )
    number = rng.randint(-99999, 99999) if kind < 0.85 else round(rng.gauss(0, 1e4), 4)
    return rng.choice(("true", "false", "null")) if kind > 0.95 else str(number)


def _json(rng: random.Random, size: int) -> bytes:
    vocabulary = _vocabulary(rng, 500)
    text = _until(size, lambda: _json_value(rng, vocabulary, 5) + ",\n")
    return f"[{text}null]\n".encode()


def _yaml(rng: random.Random, size: int) -> bytes:
    vocabulary = _vocabulary(rng, 500)

    def entry() -> str:
        name, one, two, three = _words(rng, vocabulary, 4)
        text = _sentence(rng, vocabulary).strip()
        return (
            f"- name: {name}\n  size: {rng.randint(0, 9999)}\n  ratio: {rng.random():.5f}\n"
            f'  tags: [{one}, "{two}", {three}]\n  text: "{text}"\n'
            f"  nested:\n    {one}1: {{a: 1, b: {two}}}\n"
            f"    {two}2: |\n      {text}\n      {three}\n"
        )

    return _until(size, entry).encode()


def _xml(rng: random.Random, size: int) -> bytes:
    vocabulary = _vocabulary(rng, 500)

    def element(depth: int) -> str:
        tag, key, value = _words(rng, vocabulary[:60], 3)
        attributes = f' id="{rng.randint(1, 9999)}"' + (
            f' {key}-x="{value} &amp;"' if depth % 2 else ""
        )
        if depth == 0 or rng.random() < 0.3:
            body = _sentence(rng, vocabulary).strip()
        else:
            body = "\n".join(element(depth - 1) for _ in range(rng.randint(1, 4)))
        return f"<{tag}{attributes}>{body}</{tag}>"

    text = _until(size, lambda: element(4) + "\n")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<root>\n{text}</root>\n'.encode()


def _markdown(rng: random.Random, size: int) -> bytes:
    vocabulary = _vocabulary(rng)

    def block() -> str:
        text = _sentence(rng, vocabulary)
        one, two, three = _words(rng, vocabulary, 3)
        return rng.choice(
            (
                f"{'#' * rng.randint(1, 4)} {text.strip()}\n\n",
                f"{text}*{one}* {text}**{two}** and `{three}`, "
                f"[{one}](http://{two}.example/{three} '{one}').\n\n",
                f"- {text}\n- {one} *{two}*\n  - {three}\n    - {text}\n\n",
                f"> {text}\n> {text}\n\n",
                f"```{one}\n{two}({three});\n  return {one};\n```\n\n",
                f"1. {text}\n2. ![{one}]({two}.png)\n\n<b>{three}</b> &copy; {text}\\*{one}\\*\n\n",
            )
        )

    return _until(size, block).encode()


def _sql(rng: random.Random, size: int) -> bytes:
    """Statements like those of SQLite's speedtest1: inserts, indexes, joins, updates, text."""
    vocabulary = _vocabulary(rng)
    rows = max(size // 40, 10)
    lines = ["CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER, t TEXT);"]
    lines += ["CREATE TABLE b(n INTEGER, a INTEGER, t TEXT);", "BEGIN;"]
    for i in range(rows):
        text = " ".join(_words(rng, vocabulary, 4))
        lines.append(f"INSERT INTO a VALUES({i}, {rng.randint(0, 10**6)}, '{text}');")
        if i % 2:
            lines.append(
                f"INSERT INTO b VALUES({rng.randint(0, 999)}, {rng.randrange(rows)}, '{text[:9]}');"
            )
    lines += ["COMMIT;", "CREATE INDEX an ON a(n);", "CREATE INDEX bt ON b(t, n);"]
    for _ in range(max(rows // 40, 3)):
        low = rng.randint(0, 9 * 10**5)
        word = rng.choice(vocabulary)
        lines += [
            f"SELECT count(*), avg(n), max(t) FROM a WHERE n BETWEEN {low} AND {low + 20000};",
            "SELECT a.t, sum(b.n) FROM a JOIN b ON b.a = a.id "
            f"WHERE b.t >= '{word}' GROUP BY 1 ORDER BY 2 LIMIT 5;",
            f"UPDATE a SET n = n + 1, t = upper(t) WHERE n BETWEEN {low} AND {low + 5000};",
            f"SELECT count(*) FROM a WHERE t LIKE '%{word}%' AND length(t) > 9;",
        ]
    lines += [
        "DELETE FROM b WHERE n % 3 = 1;",
        "SELECT n, count(*) FROM b GROUP BY n ORDER BY 2 DESC, 1 LIMIT 9;",
    ]
    lines += [
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x * 7 % 99991 FROM c LIMIT 20000) "
        "SELECT sum(x) FROM c;"
    ]
    return ("\n".join(lines) + "\n").encode()


def _proto(rng: random.Random, size: int) -> bytes:
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

    return ('syntax = "proto3";\npackage data;\n\n' + _until(size, message)).encode()


def _capnp(rng: random.Random, size: int) -> bytes:
    types = ("Int32", "Text", "Data", "Float64", "Bool", "List(UInt16)")
    count = 0

    def struct() -> str:
        nonlocal count
        count += 1
        fields = "".join(
            f"  field{i} @{i} :{rng.choice(types)};\n" for i in range(rng.randint(2, 14))
        )
        return f"struct Record{count} {{\n{fields}}}\n\n"

    return ("@0xbf5147cbbecf40c1;\n\n" + _until(size, struct)).encode()


def _ninja(rng: random.Random, size: int) -> bytes:
    vocabulary = _vocabulary(rng, 400)
    header = "cflags = -O2 -Wall\nrule cc\n  command = cc $cflags -MF $out.d -c $in -o $out\n"
    header += "  description = CC $out\n  depfile = $out.d\n\n"
    count = 0

    def edge() -> str:
        nonlocal count
        count += 1
        one, two, three = _words(rng, vocabulary, 3)
        flags = f"  cflags = $cflags -D{one.upper()} -I{two}/{three}\n" if count % 3 == 0 else ""
        return (
            f"build obj/{one}/{two}{count}.o: cc ../{one}/{two}{count}.c | gen/{three}.h\n{flags}"
        )

    return (header + _until(size, edge)).encode()


KINDS: dict[str, Callable[[random.Random, int], bytes]] = {
    "capnp": _capnp,
    "json": _json,
    "log": _log,
    "markdown": _markdown,
    "mixed": _mixed,
    "ninja": _ninja,
    "prose": _prose,
    "proto": _proto,
    "sql": _sql,
    "xml": _xml,
    "yaml": _yaml,
}
