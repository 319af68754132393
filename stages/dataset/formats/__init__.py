"""CIFAR-10's binary layout, and the files of a dataset out of folders and archives."""
