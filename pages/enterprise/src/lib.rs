//! The enterprise file as pages
