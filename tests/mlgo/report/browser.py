"""Headless Chromium, for tests that open a report as a reader does."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def dump_dom(page: Path) -> str:
    """Opens a page, lets its scripts run, and returns what became of it as HTML."""
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("chromium is not installed; `make setup` brings it")
    with tempfile.TemporaryDirectory(prefix="chromium-") as profile:
        argv = [chromium, *_FLAGS, f"--user-data-dir={profile}", "--dump-dom", page.as_uri()]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout
