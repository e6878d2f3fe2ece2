"""Look at a file that nobody prepared, and write what makes it a table: python -m MODULE.dataset.look FILE."""
