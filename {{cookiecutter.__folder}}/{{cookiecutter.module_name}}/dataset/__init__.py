"""From the source to a clean table: acquire writes data/raw, prepare writes data/interim."""
