"""Salesforce formulas: a grammar, a syntax tree, a compiler that checks types, and the functions that are served.

The grammar and the meaning of every operator and function follow the vendor's own open implementation
(https://github.com/salesforce/formula-engine) and its documentation
(https://help.salesforce.com/s/articleView?id=sf.customize_functions.htm).
"""
