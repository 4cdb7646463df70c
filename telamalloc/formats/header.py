"""A plan as a C header for firmware: constants only, checked by the compiler itself.

C99 and later, C++ too. Where `_Static_assert` or `static_assert` is missing, an array type of
negative size fails the build in its place.
"""

from __future__ import annotations

import re

import numpy as np

from telamalloc.problem import Problem
from telamalloc.solution import Solution


def write_header(problem: Problem, solution: Solution, name: str) -> str:
    """The plan as the text of a header.

    Args:
        problem: what was asked.
        solution: a whole plan.
        name: prefix of all identifiers; what C does not allow becomes an underscore.
    """
    prefix = _identifier(name).upper()
    parts = [
        _opening(problem, prefix),
        _banks(problem, solution, prefix),
        _buffers(problem, solution, prefix),
        _checks(problem, solution, prefix),
        f"#endif  /* {prefix}_H */\n",
    ]
    return "\n".join(parts)


def _opening(problem: Problem, prefix: str) -> str:
    return f"""\
/* A static memory plan of {len(problem)} buffers, made by telamalloc. Do not edit.
 *
 * Declare one array per bank and take addresses from it:
 *   static unsigned char {prefix.lower()}_arena[{prefix}_ARENA_SIZE];  (aligned to
 *     {prefix}_ARENA_ALIGNMENT bytes)
 *   unsigned char *buffer = {prefix.lower()}_arena + {prefix}_OFFSET_...;
 */
#ifndef {prefix}_H
#define {prefix}_H

#include <stdint.h>
"""


def _banks(problem: Problem, solution: Solution, prefix: str) -> str:
    lines = []
    for number, bank in enumerate(problem.banks):
        label = "ARENA" if number == 0 else f"ARENA_{_identifier(bank.name).upper()}"
        rows = solution.banks == number
        alignment = int(problem.alignment[rows].max(initial=1))
        lines.append(f"/* bank {_comment(bank.name)} */")
        lines.append(f"#define {prefix}_{label}_SIZE {_unsigned(solution.peaks[number])}")
        lines.append(f"#define {prefix}_{label}_ALIGNMENT {_unsigned(alignment)}")
    return "\n".join(lines) + "\n"


def _buffers(problem: Problem, solution: Solution, prefix: str) -> str:
    lines = [f"#define {prefix}_BUFFERS {_unsigned(len(problem))}", ""]
    taken: set[str] = set()
    for row in range(len(problem)):
        label = _unique(_identifier(problem.id(row)), taken)
        bank = problem.banks[int(solution.banks[row])].name
        lines.append(
            f"/* {_comment(problem.id(row))}: live in [{problem.lower[row]}, {problem.upper[row]})"
            + (f", bank {_comment(bank)}" if len(problem.banks) > 1 else "")
            + " */"
        )
        lines.append(f"#define {prefix}_OFFSET_{label} {_unsigned(int(solution.offsets[row]))}")
        lines.append(f"#define {prefix}_SIZE_{label} {_unsigned(int(problem.size[row]))}")
    return "\n".join(lines) + "\n"


def _checks(problem: Problem, solution: Solution, prefix: str) -> str:
    """Assertions that hold for the plan as written, and no longer if someone edits it."""
    lines = [
        "/* The compiler checks the plan. */",
        "#if defined(__cplusplus) && __cplusplus >= 201103L",
        f"#define {prefix}_CHECK(condition, label) static_assert(condition, #label)",
        "#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L",
        f"#define {prefix}_CHECK(condition, label) _Static_assert(condition, #label)",
        "#else",
        f"#define {prefix}_CHECK(condition, label) typedef char label[(condition) ? 1 : -1]",
        "#endif",
    ]
    taken: set[str] = set()
    labels = [_unique(_identifier(problem.id(row)), taken) for row in range(len(problem))]
    for row, label in enumerate(labels):
        number = int(solution.banks[row])
        bank = (
            "ARENA" if number == 0 else f"ARENA_{_identifier(problem.banks[number].name).upper()}"
        )
        end = f"{prefix}_OFFSET_{label} + {prefix}_SIZE_{label}"
        lines.append(
            f"{prefix}_CHECK({end} <= {prefix}_{bank}_SIZE, {prefix.lower()}_{label}_fits);"
        )
        if problem.alignment[row] > 1:
            condition = f"{prefix}_OFFSET_{label} % {_unsigned(int(problem.alignment[row]))} == 0"
            lines.append(f"{prefix}_CHECK({condition}, {prefix.lower()}_{label}_aligned);")
    for first, second in _neighbours(problem, solution):
        a, b = labels[first], labels[second]
        lines.append(
            f"{prefix}_CHECK({prefix}_OFFSET_{a} + {prefix}_SIZE_{a} <= {prefix}_OFFSET_{b}, "
            f"{prefix.lower()}_{a}_below_{b});"
        )
    return "\n".join(lines) + "\n"


def _neighbours(problem: Problem, solution: Solution) -> list[tuple[int, int]]:
    """Pairs live at once of which the second is the next above the first at some time.

    With gaps or shared places a pair may lie over one another and still be right; such pairs
    are left out.
    """
    order = np.argsort(solution.offsets, kind="stable")
    end = solution.offsets + problem.size
    pairs = []
    for place, first in enumerate(order.tolist()):
        above = order[place + 1 :]
        live = (problem.lower[above] < problem.upper[first]) & (
            problem.lower[first] < problem.upper[above]
        )
        same = solution.banks[above] == solution.banks[first]
        near = above[live & same & (solution.offsets[above] >= end[first])]
        if len(near):
            lowest = near[solution.offsets[near] < (end[near]).min()]
            pairs += [(first, int(second)) for second in lowest]
    return pairs


def _identifier(text: str) -> str:
    """Letters, digits and underscores, not beginning with a digit where it matters."""
    return re.sub(r"\W", "_", text, flags=re.ASCII) or "_"


def _unique(label: str, taken: set[str]) -> str:
    number, candidate = 2, label
    while candidate in taken:
        candidate, number = f"{label}_{number}", number + 1
    taken.add(candidate)
    return candidate


def _comment(text: str) -> str:
    """Text that cannot end a comment or begin another."""
    return re.sub(r"[^ -~]", "?", text).replace("*/", "* /").replace("/*", "/ *").replace("\\", "/")


def _unsigned(value: int) -> str:
    return f"UINT32_C({value})" if value < 2**32 else f"UINT64_C({value})"
