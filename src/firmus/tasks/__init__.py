"""What people do with Firmus: Brief → Work."""
