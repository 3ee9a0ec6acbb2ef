"""The browser as a chat: one page on this machine, for whoever started the program."""
