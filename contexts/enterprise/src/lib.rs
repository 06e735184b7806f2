//! The enterprise file: identity, filings, relations, honours, recognitions
