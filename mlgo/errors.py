"""The one exception that a user is meant to read."""


class UserError(Exception):
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
