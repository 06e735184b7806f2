//! What is wrong with a file, said so that a person can find the place

use std::fmt;

use crate::records::RecordType;

/// A place where a file is not what its headers say
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Offset in bytes from the start of the (unpacked) file
    pub offset: u64,
    /// Records read before this place
    pub records_before: u64,
    /// The last record read before this place
    pub after: Option<RecordType>,
    /// What is wrong
    pub kind: FaultKind,
}

/// Kinds of faults
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// The file ends inside a record
    Truncated {
        /// The record's name, `???` when its type is unknown
        record: &'static str,
        /// Bytes of its body that `REC_LEN` announces
        declared: usize,
        /// Bytes of its body that are there
        available: usize,
    },
    /// `REC_LEN` leads past the records that follow
    WrongLength {
        /// The record's name
        record: &'static str,
        /// What `REC_LEN` says
        declared: usize,
        /// Bytes skipped to the next record that makes sense
        skipped: u64,
    },
    /// Bytes that are no records
    Garbage {
        /// Bytes skipped
        skipped: u64,
    },
    /// The file does not begin with FAR; the byte order was found by trying
    NoFar,
    /// FAR's `CPU_TYPE` contradicts the byte order of the record lengths, which is used
    CpuType {
        /// What FAR says
        cpu_type: u8,
    },
    /// Unpacking failed: what was unpacked before this place was read
    Unpacking {
        /// What the decompressor said
        message: String,
    },
}

impl Fault {
    /// Bytes that were not read as records
    pub fn lost_bytes(&self) -> u64 {
        match self.kind {
            FaultKind::Truncated { available, .. } => available as u64 + 4,
            FaultKind::WrongLength { skipped, .. } | FaultKind::Garbage { skipped } => skipped,
            FaultKind::NoFar | FaultKind::CpuType { .. } | FaultKind::Unpacking { .. } => 0,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "at byte {} (after {} records", self.offset, self.records_before)?;
        if let Some(after) = self.after {
            write!(formatter, ", the last {}", after.name())?;
        }
        write!(formatter, "): {}", self.kind)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FaultKind::Truncated { record, declared, available } => {
                write!(formatter, "the file ends inside a {record} record: {available} of {declared} bytes are there")
            }
            FaultKind::WrongLength { record, declared, skipped } => write!(
                formatter,
                "{record} record announces {declared} bytes, which leads to no record: {skipped} bytes skipped"
            ),
            FaultKind::Garbage { skipped } => write!(formatter, "{skipped} bytes are no records and were skipped"),
            FaultKind::NoFar => write!(formatter, "the file does not begin with FAR: byte order found by trying"),
            FaultKind::CpuType { cpu_type } => {
                write!(formatter, "FAR says CPU_TYPE {cpu_type}, the record lengths say otherwise and are used")
            }
            FaultKind::Unpacking { message } => write!(formatter, "unpacking stopped: {message}"),
        }
    }
}

/// A list of faults that cannot grow without bound
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    kept: Vec<Fault>,
    total: u64,
    lost_bytes: u64,
}

impl Faults {
    /// Faults kept in full; later ones are only counted
    pub const KEPT: usize = 1000;

    pub(crate) fn push(&mut self, fault: Fault) {
        self.total += 1;
        self.lost_bytes += fault.lost_bytes();
        if let (Some(last), FaultKind::Garbage { skipped }) = (self.kept.last_mut(), &fault.kind)
            && let FaultKind::Garbage { skipped: before } = &mut last.kind
            && last.offset + *before == fault.offset
        {
            *before += skipped;
            self.total -= 1;
            return;
        }
        if self.kept.len() < Self::KEPT {
            self.kept.push(fault);
        }
    }

    /// The first [`Faults::KEPT`] faults
    pub fn kept(&self) -> &[Fault] {
        &self.kept
    }

    /// All faults, kept or not
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Bytes that were not read as records
    pub fn lost_bytes(&self) -> u64 {
        self.lost_bytes
    }

    /// Whether nothing is wrong
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }
}
