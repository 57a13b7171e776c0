"""Imports: clients and appointments out of the files of other programs, looked at before they are records."""
