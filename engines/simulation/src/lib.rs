//! Thermal, warpage and parasitics of a package
