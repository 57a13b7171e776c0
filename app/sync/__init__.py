"""The engine: what is declared once is stored, ordered, pulled and pushed; it never names a collection."""
