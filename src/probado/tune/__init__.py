"""Search the settings of a model: optuna proposes them, the project's own functions fit and score."""
