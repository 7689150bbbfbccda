"""Feature families of chest radiographs and feature tables of their sides."""
