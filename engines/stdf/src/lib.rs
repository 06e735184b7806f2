//! STDF V4 and V4-2007: reader, writer, recovery
