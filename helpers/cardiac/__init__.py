"""Hearts: cohorts, anatomy, the variational autoencoder and its latent ascent."""
