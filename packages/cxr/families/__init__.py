"""Feature families that look at a chest, and the tables of its sides."""
