"""The API document: a product, generated from the code and kept beside it."""
