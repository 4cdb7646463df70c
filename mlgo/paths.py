"""Where the suite keeps what it downloads and builds."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The folder of corpora and plugins: $MLGO_HOME, or ~/.cache/mlgo."""
    return Path(os.environ.get("MLGO_HOME") or Path.home() / ".cache" / "mlgo").absolute()


def corpus() -> Path:
    """The folder of programs, one folder each."""
    return home() / "corpus"
