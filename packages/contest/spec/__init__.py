"""competition.toml: the specification, the plug-ins, the metric."""
