"""Charts of Vega-Lite."""
