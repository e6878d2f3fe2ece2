"""Shared by training, evaluation and every model. Both stages declare the whole folder in dvc.yaml."""
