"""competition.toml: its facts, its plug-ins, its metric."""
