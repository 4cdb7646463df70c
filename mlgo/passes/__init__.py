"""Which optional passes of code generation run on a function that is to be small."""
