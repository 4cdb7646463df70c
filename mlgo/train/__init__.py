"""How policies learn: one method a file, each readable on its own."""
