"""A session of AWS's own by a long-lived key and a code of its user's MFA device."""
