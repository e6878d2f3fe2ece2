"""From a file to a clean table: prepare and predict read, type and check in the same way."""
