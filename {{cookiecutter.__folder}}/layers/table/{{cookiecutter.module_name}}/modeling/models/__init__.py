"""One file a model. The file's name is what configs/model/<name>.yaml calls it; its class Model holds the settings.

A new model is two files: <name>.py here, with a class Model(ModelSettings), and configs/model/<name>.yaml.
"""
