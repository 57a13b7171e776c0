"""The API document as pages that are read: chapters, operations, schemas and errors."""
