"""Exported models beside ours, on all test images: `make export-test`."""
