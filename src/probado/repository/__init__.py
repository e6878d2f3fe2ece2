"""What a repository has committed, as typed values."""
