"""The science of this project: data, features, models, figures. The machinery that runs and proves it is in mlops/."""
