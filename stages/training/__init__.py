"""What a training needs beside the network: its parts, its course, its pace."""
