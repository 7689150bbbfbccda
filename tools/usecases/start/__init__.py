"""Use cases of the first steps: demo, check, a new competition, the next step."""
