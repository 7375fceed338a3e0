"""What the trainings of faces and of fingerprints share: networks, export, optimisation, random numbers."""
