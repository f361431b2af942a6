"""Tries the verification suite on itself: plants, looks, takes away, counts."""
