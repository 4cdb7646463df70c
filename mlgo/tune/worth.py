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

# "   16e0   16e0   3c   1   /tmp/objects/src/a.o:(.text._Z3foov)" in lld's map.
_SECTION = re.compile(r"^\s*[0-9a-f]+\s+[0-9a-f]+\s+([0-9a-f]+)\s+\d+\s+(\S.*):\((\.text\S*)\)$")
# What initialises globals has one section in an object, which says no more than this.
_STARTUP = "startup"
_INITIALISER = re.compile(r"(?:_GLOBAL__sub_I|__cxx_global)_")
_PREFIX = re.compile(r"^\.text\.(?:(?:unlikely|startup|hot|exit|split)\.(?=.))?")


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
        if _INITIALISER.match(function):
            return float(self._live[module, _STARTUP])
        if label != function:
            return float(self._live[module, function])
        return self._shared[function] / max(1, self._copies[label])


def read_map(path: Path, objects: Path) -> frozenset[tuple[str, str]]:
    """Returns the (module name, function) of each text section that a product holds.

    Args:
        path: what `-Wl,-Map=` wrote.
        objects: the folder of the objects, named as modules.
    """
    prefix = f"{objects}/"
    found = set()
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        match = _SECTION.match(line)
        if match and match[2].startswith(prefix):
            found.add((match[2].removeprefix(prefix), _PREFIX.sub("", match[3])))
    return frozenset(found)
