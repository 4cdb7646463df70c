"""What XLA's TPU compiler says of its tiles, on a machine without a TPU: estimates, not times."""
