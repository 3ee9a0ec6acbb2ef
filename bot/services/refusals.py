"""How a story says that it cannot do what was asked."""

from __future__ import annotations


class RefusedError(Exception):
    """What was asked for cannot be done; `str()` is the Chinese sentence for the person."""


class UsageError(RefusedError):
    """The text is no command: what was understood, what is wrong, an example."""


class NoSuchRunError(RefusedError):
    """There is no run of the name that was typed.

    typed     as it was
    sure      it can only be meant as a run; otherwise it may have been anything, and nothing is to blame
    searched  the tracker was asked, and may be asked for what comes near
    """

    def __init__(self, sentence: str, typed: str, *, sure: bool = True, searched: bool = True) -> None:
        super().__init__(sentence)
        self.typed, self.sure, self.searched = typed, sure, searched
