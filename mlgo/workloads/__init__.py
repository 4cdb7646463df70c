"""What programs of the corpus do for a living: inputs, runs, profiles, counted costs."""
