"""Inputs that programs exchange: JSON, YAML, XML, SQL."""

from __future__ import annotations

import random

from mlgo.workloads.vocabulary import invent, sentence, until, words


def _json_value(rng: random.Random, vocabulary: list[str], depth: int) -> str:
    kind = rng.random()
    if depth > 0 and kind < 0.25:
        names = words(rng, vocabulary, rng.randint(1, 8))
        values = (_json_value(rng, vocabulary, depth - 1) for _ in names)
        fields = (f'"{name}": {value}' for name, value in zip(names, values, strict=True))
        return "{" + ", ".join(fields) + "}"
    if depth > 0 and kind < 0.45:
        values = (_json_value(rng, vocabulary, depth - 1) for _ in range(rng.randint(0, 9)))
        return "[" + ", ".join(values) + "]"
    if kind < 0.75:
        return (
            '"'
            + " ".join(words(rng, vocabulary, rng.randint(1, 5)))
            + rng.choice(("", "\\n"))
            + '"'
        )
    number = rng.randint(-99999, 99999) if kind < 0.85 else round(rng.gauss(0, 1e4), 4)
    return rng.choice(("true", "false", "null")) if kind > 0.95 else str(number)


def json_text(rng: random.Random, size: int) -> bytes:
    """A list of nested values."""
    vocabulary = invent(rng, 500)
    text = until(size, lambda: _json_value(rng, vocabulary, 5) + ",\n")
    return f"[{text}null]\n".encode()


def yaml(rng: random.Random, size: int) -> bytes:
    """A list of mappings, with block texts."""
    vocabulary = invent(rng, 500)

    def entry() -> str:
        name, one, two, three = words(rng, vocabulary, 4)
        text = sentence(rng, vocabulary).strip()
        return (
            f"- name: {name}\n  size: {rng.randint(0, 9999)}\n  ratio: {rng.random():.5f}\n"
            f'  tags: [{one}, "{two}", {three}]\n  text: "{text}"\n'
            f"  nested:\n    {one}1: {{a: 1, b: {two}}}\n"
            f"    {two}2: |\n      {text}\n      {three}\n"
        )

    return until(size, entry).encode()


def xml(rng: random.Random, size: int) -> bytes:
    """Nested elements with attributes."""
    vocabulary = invent(rng, 500)

    def element(depth: int) -> str:
        tag, key, value = words(rng, vocabulary[:60], 3)
        attributes = f' id="{rng.randint(1, 9999)}"' + (
            f' {key}-x="{value} &amp;"' if depth % 2 else ""
        )
        if depth == 0 or rng.random() < 0.3:
            body = sentence(rng, vocabulary).strip()
        else:
            body = "\n".join(element(depth - 1) for _ in range(rng.randint(1, 4)))
        return f"<{tag}{attributes}>{body}</{tag}>"

    text = until(size, lambda: element(4) + "\n")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<root>\n{text}</root>\n'.encode()


def sql(rng: random.Random, size: int) -> bytes:
    """Statements like those of SQLite's speedtest1: inserts, indexes, joins, updates, text."""
    vocabulary = invent(rng)
    rows = max(size // 40, 10)
    lines = ["CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER, t TEXT);"]
    lines += ["CREATE TABLE b(n INTEGER, a INTEGER, t TEXT);", "BEGIN;"]
    for i in range(rows):
        text = " ".join(words(rng, vocabulary, 4))
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
