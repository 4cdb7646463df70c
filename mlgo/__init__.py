"""Learned policies for LLVM: train on one laptop, deploy as a plugin of a stock clang."""

__version__ = "0.1.0"
