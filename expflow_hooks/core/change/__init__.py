"""Which experiments belong to a change, and whether the code has moved on since they ran. Pure."""
