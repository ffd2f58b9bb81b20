"""The GitHub Action: a pull request in, one verdict and one comment out.

`main` is the order of work. `inputs` and `event` say what was asked; `gather` fetches what the judging needs, from the
checkout or by API; `rules`, `candidates` and `judge` decide, purely; the rest shows it.
"""
