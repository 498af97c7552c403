"""Adapters, as far as they are plain functions."""
