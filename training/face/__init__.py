"""Training of face-v1: a small face embedder distilled from a large one, shaped by what a proof costs."""
