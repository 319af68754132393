"""What the store is made of: values in files, manifests, memos, and what looks after them."""
