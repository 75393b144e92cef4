"""Logging in: where to (`target`), with what (`proofs`), as a person asks (`asked`), and what outlives it (`kept`)."""
