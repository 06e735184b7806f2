//! Sign-in, organisations, authorisations, role home pages
