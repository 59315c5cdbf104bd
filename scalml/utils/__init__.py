"""What estimators share: validation, fitting, application, and the public law suite."""
