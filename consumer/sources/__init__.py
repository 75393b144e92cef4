"""Where credentials come from: one file for each kind, all behind `interface.Source`."""
