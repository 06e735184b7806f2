//! Data to SVG, for pages and documents
