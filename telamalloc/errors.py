"""What a user did wrong, and what to do about it."""


class TelamallocError(Exception):
    """Bad input or a missing tool: says what is wrong and what to do about it.

    Command lines print `error: <message>` and `hint: <hint>` on stderr, with no
    traceback, and leave with `exit_code`.

    Attributes:
        hint: what the user can do about it; may be empty.
        exit_code: the process's exit code, never 0.
    """

    def __init__(self, message: str, hint: str = "", exit_code: int = 2) -> None:
        super().__init__(message)
        self.hint = hint
        self.exit_code = exit_code


class ProblemError(TelamallocError):
    """A problem that means nothing: a buffer of no bytes, a lifetime that ends before it starts.

    Example: `Buffer("a", lower=5, upper=5, size=16)` is live at no time. Fix the
    producer: lifetimes are half-open, so a buffer live at step 5 alone is [5, 6).
    """


class FormatError(TelamallocError):
    """A file that cannot be read as the format that it claims to be."""
