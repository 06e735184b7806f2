//! Session, layout, components, the route table
