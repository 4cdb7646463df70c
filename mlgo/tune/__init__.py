"""Searches the inlining decisions of one program, where a policy alone cannot know better."""
