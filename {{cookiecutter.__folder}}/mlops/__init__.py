"""The machinery of the project: runs its stages, tracks them, keeps its environment. It knows no science."""

__version__ = "0.1.0"
