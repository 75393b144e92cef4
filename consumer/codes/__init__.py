"""Where MFA codes come from: one file for each way, all behind `interface.Codes`."""
