"""Synthetic fingerprints, and the embedding network that Semblance trains on them."""
