"""What the store is made of: values in files, manifests, caches, and what looks after them."""
