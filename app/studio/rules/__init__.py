"""The rules of the field that are more than one collection's, one file each."""
