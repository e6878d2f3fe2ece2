"""Whether what a model is asked still looks like the rows on which its metrics were measured."""
