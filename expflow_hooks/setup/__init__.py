"""Bringing a repository under these hooks, saying whether it is, and moving a PIN's hash to where it belongs.

One file a subject: the files that `init` writes, git's own hook files, the frameworks, the checks of `doctor`, and
`pin migrate`. They print nothing and ask nothing: the command line does.
"""
