"""What nearly every stage needs: the types of configs/, files, paths. A stage declares the whole folder in dvc.yaml."""
