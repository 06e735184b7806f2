//! The log, verification, checkpoints, vault, desk tables, files, backup
