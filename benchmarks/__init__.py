"""What README and docs state about speed and size, measured side by side on one machine: make bench."""
