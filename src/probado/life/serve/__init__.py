"""A model behind HTTP: one process answers requests, one process a version predicts."""
