//! Clauses as data, assessment with a trace, cap accounts
