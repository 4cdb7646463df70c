"""Inputs that people read: prose, logs, Markdown, and mixtures with binary records."""

from __future__ import annotations

import random

from mlgo.workloads.vocabulary import invent, sentence, until, words


def prose(rng: random.Random, size: int) -> bytes:
    """Paragraphs of invented words."""
    vocabulary = invent(rng)

    def paragraph() -> str:
        return "".join(sentence(rng, vocabulary) for _ in range(rng.randint(2, 8))) + "\n"

    return until(size, paragraph).encode()


def mixed(rng: random.Random, size: int) -> bytes:
    """What is archived: text, records of small numbers, and bytes that do not compress."""
    out = bytearray()
    while len(out) < size:
        out += prose(rng, 20_000)
        base = rng.getrandbits(32)
        for _ in range(1500):
            base += rng.randint(0, 40)
            out += base.to_bytes(8, "little") + bytes([rng.randint(0, 7), 0, 0, 255])
        out += rng.randbytes(3000)
    return bytes(out[:size])


def log_lines(rng: random.Random, size: int) -> bytes:
    """A web server's log."""
    vocabulary = invent(rng, 300)

    def line() -> str:
        clock = (
            f"2023-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T{rng.randint(0, 23):02}:11:59"
        )
        host = ".".join(str(rng.randint(1, 250)) for _ in range(4))
        user, site, path = words(rng, vocabulary, 3)
        mail = f"{user}@{site}.example.org" if rng.random() < 0.3 else user
        status = rng.choice(("200", "200", "200", "304", "404", "500"))
        request = f"GET /{path}/{rng.randint(1, 9999)}?q={site}"
        return f'{clock} {host} {mail} "{request}" {status} {rng.randint(0, 1 << 20)}\n'

    return until(size, line).encode()


def markdown(rng: random.Random, size: int) -> bytes:
    """Headings, lists, quotes, code, links."""
    vocabulary = invent(rng)

    def block() -> str:
        text = sentence(rng, vocabulary)
        one, two, three = words(rng, vocabulary, 3)
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

    return until(size, block).encode()
