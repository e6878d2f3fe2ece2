"""probado retrain: new data, pipeline, proof and gate in a clone, and the project as it was if the gate refuses."""
