"""One file per model, named like configs/model/<name>.yaml; its class Model holds the settings.

A new model is two files: <name>.py here, with a class Model(ModelSettings), and configs/model/<name>.yaml.
"""
