"""The inlining problem: features, network, weights and reward."""
