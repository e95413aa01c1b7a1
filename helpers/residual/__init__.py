"""Residual units, the plain, residual and VGG networks, and their algebra."""
