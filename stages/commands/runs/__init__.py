"""The commands `runs` and `compare`: all trainings that are stored, and some side by side."""
