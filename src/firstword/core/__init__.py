"""The vocabulary every room speaks: types, protocols, errors. Imports nothing of ours."""
