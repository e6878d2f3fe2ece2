"""Reconstructed quantities of a shower: the truth, smeared by the detector's resolution."""

from __future__ import annotations

import numpy as np

from ..common.simulation import Resolution


def reconstructed(
    energy: np.ndarray,
    zenith: np.ndarray,
    azimuth: np.ndarray,
    core: np.ndarray,
    normal: np.ndarray,
    resolution: Resolution,
) -> dict[str, np.ndarray]:
    """Energy (eV), angles (degrees) and core (m), each (showers,), smeared by the resolution.

    Args:
        energy: eV (showers,).
        zenith: radians (showers,).
        azimuth: radians (showers,).
        core: m (showers, 2).
        normal: standard normal numbers (showers, 5).
        resolution: the detector's.
    """
    angle = np.radians(resolution.angle)
    tilted = np.clip(zenith + angle * normal[:, 1], 0, np.pi / 2)
    turned = azimuth + angle * normal[:, 2] / np.maximum(np.sin(zenith), angle)
    return {
        "energy": energy * np.exp(resolution.energy * normal[:, 0]),
        "zenith": np.degrees(tilted),
        "azimuth": np.degrees(turned) % 360,
        "core_x": core[:, 0] + resolution.core * normal[:, 3],
        "core_y": core[:, 1] + resolution.core * normal[:, 4],
    }
