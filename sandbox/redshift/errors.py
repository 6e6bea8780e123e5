"""What can go wrong in the stand-in itself, and what it refuses as Redshift does."""


class RedshiftDidNotStart(RuntimeError):
    """The stand-in could not be started or joined; the message ends with the next step."""


class Rejected(Exception):
    """A statement that Redshift refuses, or that the stand-in cannot stand in for.

    Messages that begin with "stand-in:" are its own: the statement may be good on Redshift.
    """

    def __init__(self, text: str, code: str = "42601", detail: str = "") -> None:
        super().__init__(text)
        self.code, self.detail = code, detail
