"""Programs that run where a function runs, with its code and layers and nothing of ours."""
