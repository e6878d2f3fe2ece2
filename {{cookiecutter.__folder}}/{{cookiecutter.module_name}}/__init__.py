"""The science of this project: data, features, models, figures. The machinery that runs it is in mlops/."""
