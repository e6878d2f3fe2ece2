"""Run a command and print the electricity that the machine took meanwhile, as JSON: python energy.py COMMAND ...

Runs where codecarbon is installed (energy.lock). Offline: the energy alone, no place and no carbon.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile
import time

from codecarbon import OfflineEmissionsTracker


def main(command: list[str]) -> dict[str, object]:
    """Watt-hours of processor and memory while the command ran, and whether they were measured or modelled."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as scratch:
        # codecarbon needs a country to compute emissions, which are not used here.
        tracker = OfflineEmissionsTracker(
            country_iso_code="ESP", measure_power_secs=1, output_dir=scratch, save_to_file=False, log_level="critical"
        )
        tracker.start()
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds = time.perf_counter() - begun
        tracker.stop()
    data = tracker.final_emissions_data
    return {
        "seconds": seconds,
        "processor": 1000 * data.cpu_energy,
        "memory": 1000 * data.ram_energy,
        "processor by": how(tracker._hardware, "CPU"),
        "memory by": how(tracker._hardware, "RAM"),
    }


def how(hardware: list[object], kind: str) -> str:
    """Whether a part's energy was measured by a counter of the machine, or modelled and by what."""
    part = next((part for part in hardware if type(part).__name__ == kind), None)
    mode = str(getattr(part, "_mode", "") or "its size")
    return f"measured ({mode})" if "rapl" in mode or "gadget" in mode else f"modelled ({mode.replace('_', ' ')})"


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
