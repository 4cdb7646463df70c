"""Patches for LLVM, and the compiler with them and with models inside.

Debian's static libraries make that a matter of minutes: a patched source file, linked before the
libraries, replaces their member of that name.
"""
