"""What the linker keeps, read from its map, and what a byte is worth then."""

from pathlib import Path

from mlgo.tune.worth import Worth, read_map

MAP = """\
             VMA              LMA     Size Align Out     In      Symbol
            1600             1600       c0    16 .text
            1600             1600       3c     1         OBJECTS/a.o:(.text._Z3foov)
            1600             1600       3c     1                 _Z3foov
            1640             1640       10    16         OBJECTS/a.o:(.text.unlikely._Z4coldv)
            1640             1640       10     1                 _Z4coldv
            1650             1650       20    16         OBJECTS/b.o:(.text.startup)
            1650             1650       20     1                 _GLOBAL__sub_I_b.cc
            1670             1670       20    16         OBJECTS/b.o:(.text._ZL4onlyv)
            1670             1670       20     1                 _ZL4onlyv
            1690             1690       20    16         /usr/lib/crt1.o:(.text)
            1690             1690       20     1                 _start
            16b0             16b0       20    16 .data
            16b0             16b0       20    16         OBJECTS/b.o:(.data.table)
            16b0             16b0       20     1                 table
"""


def test_worth_is_what_the_map_lists(tmp_path: Path) -> None:
    file = tmp_path / "x.map"
    file.write_text(MAP.replace("OBJECTS", str(tmp_path)))
    kept = read_map(file, tmp_path)
    assert kept == {
        ("a.o", "_Z3foov"),
        ("a.o", "_Z4coldv"),
        ("b.o", "_GLOBAL__sub_I_b.cc"),
        ("b.o", "_ZL4onlyv"),
    }
    sizes = {
        "a.o": {"_Z3foov": 60, "_Z4coldv": 16, "_Z4deadv": 9, "static _GLOBAL__sub_I_a.cc": 8},
        "b.o": {"_Z3foov": 60, "static _ZL4onlyv": 32, "static _GLOBAL__sub_I_b.cc": 32},
    }
    worth = Worth(sizes, [kept], [frozenset(("a.o", "b.o"))])
    assert worth.weight("a.o", "_Z3foov") == worth.weight("b.o", "_Z3foov") == 0.5
    assert worth.weight("a.o", "_Z4deadv") == 0
    assert worth.weight("b.o", "static _ZL4onlyv") == 1
    assert worth.weight("b.o", "static _GLOBAL__sub_I_b.cc") == 1  # .text.startup, without a name
    assert worth.weight("a.o", "static _GLOBAL__sub_I_a.cc") == 0
    assert worth.weight("a.o", "static _ZL3newv") == 1  # as if its product needed it
