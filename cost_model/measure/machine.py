"""What the measuring machine is: without it a time means nothing."""

from __future__ import annotations

import platform
from pathlib import Path

_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")


def describe() -> dict[str, object]:
    """Returns model, vector extensions, caches in bytes and kernel of this machine."""
    info = _cpuinfo()
    flags = info.get("flags", "").split()
    wanted = ("sse4_2", "avx", "avx2", "fma", "avx512f", "avx512vl", "avx512_bf16", "amx_tile")
    return {
        "cpu": info.get("model name", platform.processor() or "unknown"),
        "cpu_family": info.get("cpu family", ""),
        "cpu_model": info.get("model", ""),
        "vector_extensions": [flag for flag in wanted if flag in flags],
        "caches": _caches(),
        "os": f"{platform.system()} {platform.release()}",
    }


def _cpuinfo() -> dict[str, str]:
    """The first core's entries."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _caches() -> dict[str, int]:
    found = {}
    for index in sorted(_CACHES.glob("index*")):
        kind = (index / "type").read_text().strip()
        level = (index / "level").read_text().strip()
        size = (index / "size").read_text().strip()
        if kind != "Instruction":
            found[f"L{level}"] = int(size.rstrip("K")) * 1024
    return found
