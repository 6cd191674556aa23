"""The HogQL compiler: text in, one SQL statement with bind parameters out. It imports no Django.

    parse → resolve (allow-list, names, types) → scope (project) → plan (rollups) → print

Each pass is a module and can be tried without a database; `compiler.compile_query` runs them all.
"""
