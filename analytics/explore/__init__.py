"""Explore: a HogQL editor, its answers as table and picture, and the questions that a team keeps."""
