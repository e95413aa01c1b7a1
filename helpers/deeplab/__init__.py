"""DeepLab: networks, official checkpoints, inference, scenes."""
