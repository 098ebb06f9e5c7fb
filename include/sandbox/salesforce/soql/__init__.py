"""SOQL: grammar, syntax tree, compilation to SQLite SQL."""
