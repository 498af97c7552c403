"""Pages of docs/ that are drawn from the code."""
