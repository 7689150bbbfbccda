"""Encoder, decoder, heads, weights, checkpoints."""
