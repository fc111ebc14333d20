"""Composing: from what is asked to the notes; one module a kind of model, and what they share."""
