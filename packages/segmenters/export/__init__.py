"""Export of trained models to folders that predict on their own, and as ONNX."""
