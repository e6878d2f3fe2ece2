"""Proofs of projects: clean ones, spoiled ones, foreign ones."""
