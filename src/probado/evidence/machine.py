"""The machine that a proof ran on, and whether last digits may differ from another one's."""

from __future__ import annotations

import hashlib
import os
import platform
import re
from pathlib import Path

from probado.evidence.proof import Machine

CPUINFO = Path("/proc/cpuinfo")
NVIDIA = Path("/proc/driver/nvidia")
# The widest vectors decide how sums are grouped.
VECTORS = ("avx512f", "avx2", "avx", "sve", "asimd")


def this_machine(threads: int, python: str, blas: str) -> Machine:
    """Describe this machine; Python and BLAS are those of the environment in the room."""
    cpuinfo = _read(CPUINFO)
    identity = platform.node() + (_read(Path("/etc/machine-id")) or _read(Path("/var/lib/dbus/machine-id")))
    return Machine(
        id=hashlib.sha256(identity.encode()).hexdigest()[:12],
        system=f"{platform.system()} {platform.machine()}",
        processor=_processor(cpuinfo),
        cpu_class=_cpu_class(cpuinfo, blas),
        blas=blas,
        cores=os.cpu_count() or 1,
        threads=threads,
        python=python,
        gpu=_gpu(),
    )


def last_digits_may_differ(one: Machine, other: Machine) -> bool:
    """Whether two machines differ in threads, processor's kind, BLAS or GPU. An unknown BLAS counts as equal."""
    classes = [machine.cpu_class.removesuffix(machine.blas).strip() for machine in (one, other)]
    blas = {machine.blas for machine in (one, other) if machine.blas}
    return (one.threads, one.gpu, classes[0]) != (other.threads, other.gpu, classes[1]) or len(blas) > 1


def _processor(cpuinfo: str) -> str:
    model = re.search(r"model name\s*:\s*(.+)", cpuinfo)
    return model[1] if model else platform.processor() or platform.machine()


def _gpu() -> str:
    """The GPUs that NVIDIA's driver names, and its version."""
    models = [re.search(r"Model:\s*(.+)", _read(file)) for file in sorted(NVIDIA.glob("gpus/*/information"))]
    version = re.search(r"Module\s+([\d.]+)", _read(NVIDIA / "version"))
    named = [model[1].strip() for model in models if model]
    return ", ".join([*named, *([f"driver {version[1]}"] if version else [])]) if named else ""


def _cpu_class(cpuinfo: str, blas: str) -> str:
    """Kind of processor, its widest vectors, and the kernels that BLAS chose."""
    flags = re.search(r"(?m)^(?:flags|Features)\s*:(.*)$", cpuinfo)
    words = flags[1].split() if flags else []
    widest = next((name for name in VECTORS if name in words), "")
    return " ".join(part for part in (platform.machine(), widest, blas) if part)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
