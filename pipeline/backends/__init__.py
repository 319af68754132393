"""Backends: how a stage gets to where it is made, and its result back into the store.

Local        in this process: serial, or in threads                     (backend.py)
Processes    in other processes, which have the store's folder          (backend.py)
Apart        anywhere, with no folder in common: inputs and results     (apart.py)
             are sent; any executor of `concurrent.futures` will do
Cluster      the same on Dask, with events and an end that arrives      (cluster.py)
"""
