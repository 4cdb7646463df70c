"""The result of tuning as JSON, and as a table in plain text."""

from __future__ import annotations

import json
from dataclasses import asdict

from mlgo.tune.result import ProgramTuning, Tuning

FORMAT = 1


def to_json(tuning: Tuning) -> str:
    """Returns the result as JSON: same result, same bytes."""
    document = {"format": FORMAT, "problem": "inlining-tune", **asdict(tuning)}
    return json.dumps(document, indent=1, sort_keys=True, allow_nan=False) + "\n"


def change(before: int, after: int) -> float:
    """Returns the change as a fraction, e.g. -0.05; 0 where there was nothing."""
    return after / before - 1 if before else 0.0


def summary(programs: tuple[ProgramTuning, ...]) -> str:
    """Returns a table of linked sizes, tab-separated."""
    lines = [("linked .text", "stock", "policy", "change", "tuned", "change", "kept")]
    rows = [(p.name, p.stock, p.policy, p.tuned, p.kept) for p in programs]
    if len(rows) > 1:
        total = [sum(getattr(p, what) for p in programs) for what in ("stock", "policy", "tuned")]
        rows.append(("all", total[0], total[1], total[2], "tuned"))
    for name, stock, policy, tuned, kept in rows:
        shares = [f"{100 * change(stock, size):+.2f} %" for size in (policy, tuned)]
        shown = "" if name == "all" else kept
        lines.append((name, f"{stock:,}", f"{policy:,}", shares[0], f"{tuned:,}", shares[1], shown))
    return "".join("\t".join(line).rstrip() + "\n" for line in lines)
