"""Studies beside the pipeline: each a stage of studies/dvc.yaml that writes its figures; a page shows them all."""
