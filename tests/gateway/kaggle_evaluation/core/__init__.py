"""The parts that all competitions have in common."""
