"""How much a byte of a function is worth in the linked products of a program.

A product keeps the functions that something in it needs (--gc-sections), and one copy of those
that several of its objects define. lld's map tells both: it lists every section that is in the
product, with the object that it came from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from mlgo.rollout.explore import Sizes

# In lld's map, "VMA LMA Size Align" and then, by indentation, an output section, an input section
# ("/tmp/objects/src/a.o:(.text._Z3foov)") or a symbol that is in it.
_LINE = re.compile(r"^\s*[0-9a-f]+\s+[0-9a-f]+\s+[0-9a-f]+\s+\d+ ( *)(\S.*)$")
_INPUT, _SYMBOL = 8, 16


class Worth:
    """Weights of functions; a function n modules of which define counts 1/n in each.

    Args:
        sizes: module name -> its function sizes, in the build that the weights are for.
        maps: for each product, the (module name, function) that its linker map lists.
        products: for each product, the modules that it is linked from.
    """

    def __init__(
        self,
        sizes: Mapping[str, Sizes],
        maps: Iterable[frozenset[tuple[str, str]]],
        products: Iterable[frozenset[str]],
    ) -> None:
        self._copies = Counter(
            name for module in sizes.values() for name in module if not name.startswith("static ")
        )
        self._live: Counter[tuple[str, str]] = Counter()
        self._shared: Counter[str] = Counter()
        for kept in maps:
            self._live.update(kept)
            self._shared.update({function for _, function in kept})
        self._products = Counter(module for product in products for module in product)
        self._known = {(m, n.removeprefix("static ")) for m, names in sizes.items() for n in names}

    def weight(self, module: str, label: str) -> float:
        """Returns the products that a function of a module is in, divided by its copies.

        A function that the build did not have counts as if all products of its module needed it.
        """
        function = label.removeprefix("static ")
        if (module, function) not in self._known:
            return float(self._products[module])
        if label != function:
            return float(self._live[module, function])
        return self._shared[function] / max(1, self._copies[label])


def read_map(path: Path, objects: Path) -> frozenset[tuple[str, str]]:
    """Returns the (module name, function) of each symbol in the text sections of a product.

    Args:
        path: what `-Wl,-Map=` wrote, with `-Wl,--no-demangle`.
        objects: the folder of the objects, named as modules.
    """
    section = re.compile(re.escape(f"{objects}/") + r"(.+):\(\.text\S*\)")
    found = set()
    module = None
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        depth, what = len(match[1]), match[2]
        if depth == _INPUT:
            inside = section.fullmatch(what)
            module = inside[1] if inside else None
        elif depth == _SYMBOL and module is not None:
            found.add((module, what))
    return frozenset(found)
