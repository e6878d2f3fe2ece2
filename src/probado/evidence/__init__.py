"""What every verdict writes: typed values, bound to one commit by hashes, and pages of them."""
