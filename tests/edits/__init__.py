"""Edits to small programs between two runs: is what the cache gives what a fresh store gives?"""
