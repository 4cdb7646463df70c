"""Programs as modules of pre-inlining bitcode, with the recipe to link them again."""
