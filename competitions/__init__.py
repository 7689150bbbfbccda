"""One folder per competition: competition.toml, experiments, prepare, metric, NOTES."""
