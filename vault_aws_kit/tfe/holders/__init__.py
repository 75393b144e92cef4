"""What holds variables: one file for each kind, all behind `interface.Holder`."""
