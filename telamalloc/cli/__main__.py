"""`python -m telamalloc.cli`."""

from telamalloc.cli import main

main()
