//! Writing records

use std::io::{self, Write};

use crate::bytes::ByteOrder;
use crate::framing::Frame;
use crate::layout::WriteFault;
use crate::records::{RecordView, record};

/// Writing failed
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A record cannot be said in the format
    #[error(transparent)]
    Record(#[from] WriteFault),
    /// The operating system refused
    #[error("writing failed: {0}")]
    Io(#[from] io::Error),
}

/// Writes records in one byte order
///
/// The writer does not buffer: wrap the target in a `BufWriter`.
#[derive(Debug)]
pub struct Writer<W> {
    target: W,
    order: ByteOrder,
    body: Vec<u8>,
    written: u64,
}

impl<W: Write> Writer<W> {
    /// Starts; the caller writes FAR first, see [`Writer::far`]
    pub fn new(target: W, order: ByteOrder) -> Self {
        Writer { target, order, body: Vec::with_capacity(1024), written: 0 }
    }

    /// Writes the FAR that declares this writer's byte order
    ///
    /// # Errors
    /// When the target refuses
    pub fn far(&mut self) -> Result<(), WriteError> {
        let far = record::Far { cpu_type: self.order.cpu_type(), stdf_ver: 4, ..record::Far::default() };
        self.record(&RecordView::Far(far.as_view()))
    }

    /// Writes a record; FAR's `CPU_TYPE` becomes the one of this writer's byte order when it contradicts
    ///
    /// # Errors
    /// When a field cannot be said in the format, or the target refuses
    pub fn record(&mut self, record: &RecordView<'_>) -> Result<(), WriteError> {
        let (typ, sub) = record.codes();
        self.body.clear();
        record.write_body(self.order, &mut self.body)?;
        let length = self.body.len();
        let length = u16::try_from(length).map_err(|_| WriteFault::RecordTooLong { record: record.name(), length })?;
        let length = match self.order {
            ByteOrder::Little => length.to_le_bytes(),
            ByteOrder::Big => length.to_be_bytes(),
        };
        self.target.write_all(&[length[0], length[1], typ, sub])?;
        self.target.write_all(&self.body)?;
        self.written += 4 + self.body.len() as u64;
        Ok(())
    }

    /// Writes a record as it stands, or decoded and in this writer's byte order when that differs
    ///
    /// # Errors
    /// When the byte order differs and the record is of unknown type or breaks off inside a field, or the target
    /// refuses
    pub fn frame(&mut self, frame: &Frame<'_>) -> Result<(), WriteError> {
        if frame.order != self.order {
            let mut view = frame.decode();
            if let RecordView::Far(far) = &mut view
                && far.present > 0
            {
                far.cpu_type = self.order.cpu_type();
            }
            return self.record(&view);
        }
        let length = frame.body.len() as u16;
        let length = match self.order {
            ByteOrder::Little => length.to_le_bytes(),
            ByteOrder::Big => length.to_be_bytes(),
        };
        self.target.write_all(&[length[0], length[1], frame.typ, frame.sub])?;
        self.target.write_all(frame.body)?;
        self.written += 4 + frame.body.len() as u64;
        Ok(())
    }

    /// Bytes written so far
    pub fn written(&self) -> u64 {
        self.written
    }

    /// This writer's byte order
    pub fn order(&self) -> ByteOrder {
        self.order
    }

    /// Flushes and gives the target back
    ///
    /// # Errors
    /// When the target refuses
    pub fn finish(mut self) -> io::Result<W> {
        self.target.flush()?;
        Ok(self.target)
    }
}
