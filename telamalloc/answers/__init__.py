"""Answers beyond a plan: why it does not fit, what would, and what changes when a graph does."""
