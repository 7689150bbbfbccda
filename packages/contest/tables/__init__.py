"""The CSV files of a competition: annotations, facts, masks, submissions."""
