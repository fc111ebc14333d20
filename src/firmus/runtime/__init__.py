"""Running models: weights, sessions, sampling, and the rules that make errors impossible."""
