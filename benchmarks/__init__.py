"""Speed and size as stated in README and docs, measured side by side on one machine: make bench."""
