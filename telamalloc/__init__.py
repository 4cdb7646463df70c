"""A memory allocator for ML accelerators: learned decisions and a constraint solver."""
