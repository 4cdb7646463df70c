"""Learning the decisions of the search: instances, an oracle, a model."""
