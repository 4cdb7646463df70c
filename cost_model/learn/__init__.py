"""Learning to rank tiles: the models, their losses and the training loop."""
