"""Studies beside the pipeline. Each is a stage of studies/dvc.yaml that writes its results; a page shows them all."""
