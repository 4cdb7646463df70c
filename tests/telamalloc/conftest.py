import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small real `.tflite` models, converted once per session."""
    pytest.importorskip("tensorflow", reason="converting models needs the extra train")
    folder = tmp_path_factory.mktemp("models")
    script = Path(__file__).parent / "formats" / "make_models.py"
    subprocess.run([sys.executable, script, folder], check=True, capture_output=True, timeout=300)
    return folder
