"""Training of face-v2: a small face embedder distilled from a large one, shaped by what a proof costs."""
