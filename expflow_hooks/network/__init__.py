"""How a server is asked, whichever it is: the session, what failed and whether to try again, how long to wait."""
