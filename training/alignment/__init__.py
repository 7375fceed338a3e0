"""The regressor that places the 112 x 112 face template on a face (docs/alignment.md)."""
