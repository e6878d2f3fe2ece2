"""Bring together what two copies of a project have recorded."""
