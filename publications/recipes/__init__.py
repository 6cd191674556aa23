"""Recipes: questions that everybody asks, each a named HogQL query with typed parameters."""
