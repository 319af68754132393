"""What a training needs beside the network: its components, its state, its checkpoints."""
