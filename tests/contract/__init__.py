"""Our assumptions about others, held against their own words and code."""
