//! Stories of a call over its pages; the city is that of [`cases_pages::testing`].

mod department;
mod public;
mod statistics;
