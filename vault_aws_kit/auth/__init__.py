"""Ways to log in to Vault: one file for each method, all behind `interface.LoginMethod`."""
