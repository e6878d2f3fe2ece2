"""Machinery of a pipeline run: runs stages, tracks them, builds the environment. It contains no science."""
