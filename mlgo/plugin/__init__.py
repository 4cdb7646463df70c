"""The pass plugin for clang, opt and lld: C++ sources, and how to build and find it."""
