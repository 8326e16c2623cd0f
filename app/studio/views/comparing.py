"""A draft or version against another: graph, properties, forms, tables; the table of amendments."""
