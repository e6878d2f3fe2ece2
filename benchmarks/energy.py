"""Run a command and print the electricity that the machine took meanwhile, as JSON: python energy.py COMMAND ...

Runs where codecarbon is installed (energy.lock). Offline: the energy alone, no place and no carbon.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile

from codecarbon import OfflineEmissionsTracker


def main(command: list[str]) -> dict[str, object]:
    """Watt-hours of processor and memory while the command ran, and whether they were measured or modelled."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as scratch:
        # A country is asked for to make carbon of energy, which is not used here.
        tracker = OfflineEmissionsTracker(
            country_iso_code="ESP", measure_power_secs=1, output_dir=scratch, save_to_file=False, log_level="critical"
        )
        tracker.start()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        tracker.stop()
    data = tracker.final_emissions_data
    counters = [str(getattr(part, "_mode", "")) for part in tracker._hardware]
    measured = any("rapl" in mode or "power_gadget" in mode for mode in counters)
    return {
        "processor": 1000 * data.cpu_energy,
        "memory": 1000 * data.ram_energy,
        "watts": data.cpu_power,
        "measured": measured,
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
