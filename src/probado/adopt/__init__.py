"""Adopt an existing project: lay the machinery of a new one beside what is there."""
