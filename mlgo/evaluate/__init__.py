"""Policies against stock: sizes, compile time, their statistics and the report."""
