"""What the command line is made of: flags, their texts, sessions, exit statuses."""
