//! Organisations, people, roles, grants, delegation
