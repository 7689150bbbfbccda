"""The network: encoder, decoders, heads, pretrained weights and checkpoints."""
