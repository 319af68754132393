"""The learning-rate range test: its command, its curve, and how it is shown."""
