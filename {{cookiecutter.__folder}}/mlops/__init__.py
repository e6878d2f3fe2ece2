"""What a run of the pipeline needs: runs stages, tracks them, builds the environment. It knows no science."""
