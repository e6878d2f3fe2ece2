"""Shared by nearly every stage: types of configs/, files, paths. A stage declares the whole folder in dvc.yaml."""
