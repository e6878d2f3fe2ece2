"""What training and evaluation share, and every model with them. Both stages declare the whole folder in dvc.yaml."""
