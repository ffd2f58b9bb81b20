"""The leaderboard as a page and as a notebook's fragment: one file, no library, no request to anywhere."""
