"""How the tables of the accounts came to be; run by `feltline.store.upgrade`."""
