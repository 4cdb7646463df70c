"""The policies that any program must be right with."""

#: The shipped one.
MODEL = "regalloc-speed"
#: Those that decide about evictions; the others also about the order of allocation.
KINDS = ("default", "random", "learned")
ORDER = {"random": "random", "learned": "learned"}
