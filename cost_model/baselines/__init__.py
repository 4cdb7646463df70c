"""What a learned model has to beat."""
