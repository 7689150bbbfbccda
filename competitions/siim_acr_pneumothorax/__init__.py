"""SIIM-ACR Pneumothorax Segmentation (Kaggle, 2019)."""
