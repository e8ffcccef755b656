"""Photos processed on other machines, over Dask distributed; this package alone imports it.

head ─ placement             the daemon's side: which photo goes to which worker, and what is done when one is lost
roles ─ service ─ supervisor   a worker's side: photos for the locked process, which is the same as on one machine
messages                     what both say to each other
connections ─ certificates   addresses and keys
"""
