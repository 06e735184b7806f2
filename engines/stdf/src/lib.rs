//! STDF V4 and V4-2007, the Standard Test Data Format of semiconductor testers: reader, writer, recovery
//!
//! ```
//! use stdf::{ByteOrder, RecordView, Reader, generate};
//!
//! let mut bytes = Vec::new();
//! generate::generate(&generate::Plan { diameter: 6, ..Default::default() }, &mut bytes, |_| true)?;
//!
//! let mut reader = Reader::from_bytes(bytes)?;
//! let mut passed = 0;
//! while let Some(frame) = reader.next_frame() {
//!     if let RecordView::Prr(part) = frame.decode() {
//!         passed += u32::from(part.part_flg & 0x18 == 0);
//!     }
//! }
//! assert!(reader.faults().is_empty());
//! assert!(passed > 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`Reader`] opens any file, however packed, in bounded memory; [`Frames`] walks bytes in memory without copying.
//! - [`Frame::decode`] gives a borrowed [`RecordView`]; [`RecordView::to_owned`] an owned [`Record`].
//! - Every record is declared once, in [`records`]: views, owned records, writer, ATDF and JSON follow from that.
//! - Damaged files are read as far as they go; [`Reader::faults`] says what was not read, and where.

pub mod array;
pub mod atdf;
pub mod bytes;
pub mod check;
#[cfg(feature = "command-line")]
pub mod command_line;
pub mod edit;
pub mod fault;
pub mod field;
pub mod framing;
pub mod generate;
pub mod generic;
#[cfg(feature = "command-line")]
pub mod json;
pub mod layout;
pub mod reader;
pub mod records;
pub mod scan;
pub mod tests;
pub mod text;
pub mod value;
pub mod writer;

pub use bytes::ByteOrder;
pub use fault::{Fault, FaultKind, Faults};
pub use framing::{Frame, Frames, Stretch};
pub use reader::{OpenError, Packing, Reader};
pub use records::{Record, RecordType, RecordView, record, view};
pub use text::{Encoding, Text};
pub use value::Value;
pub use writer::{WriteError, Writer};
