"""`import cost_model` stays light."""

import subprocess
import sys

_PROGRAM = """
import sys, time
begin = time.process_time()
import cost_model
seconds = time.process_time() - begin
heavy = {"numpy", "tensorflow", "jax", "matplotlib"} & set(sys.modules)
print(seconds, *heavy)
"""


def test_the_import_is_fast_and_loads_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, check=True)
    seconds, *heavy = done.stdout.decode().split()
    assert not heavy
    assert float(seconds) < 0.1
