"""The register-allocation problem: features, network, weights and training."""
