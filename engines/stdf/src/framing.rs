//! Cutting a file into records, and finding the way back when the cutting goes wrong
//!
//! A header is believed when the header after it is of a known type. When it is not, the next few headers decide:
//! a chain of known records (or one that ends exactly with the file) is followed, anything else is skipped to the
//! next such chain and reported. Every byte is looked at a bounded number of times.

use crate::bytes::{Big, ByteOrder, Little};
use crate::fault::{Fault, FaultKind, Faults};
use crate::layout::Layout;
use crate::records::{Record, RecordType, RecordView};

/// Bytes of a record header
pub const HEADER: usize = 4;

/// Headers that must follow one another before bytes are believed to be records
const CHAIN: usize = 4;

/// Bytes that a decision may need: a chain of the longest records
pub(crate) const LOOKAHEAD: usize = (CHAIN + 2) * (HEADER + u16::MAX as usize);

/// One record, not decoded
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// Offset of the header in the (unpacked) file
    pub offset: u64,
    /// Byte order
    pub order: ByteOrder,
    /// `REC_TYP`
    pub typ: u8,
    /// `REC_SUB`
    pub sub: u8,
    /// The body, `REC_LEN` bytes
    pub body: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The record type, unless unknown
    #[inline(always)]
    pub fn record_type(&self) -> Option<RecordType> {
        RecordType::from_codes(self.typ, self.sub)
    }

    /// Decodes all fields
    #[inline]
    pub fn decode(&self) -> RecordView<'a> {
        let mut view = RecordView::NOTHING;
        self.decode_into(&mut view);
        view
    }

    /// Decodes all fields in place of what was there: for loops over many records, much faster than [`Frame::decode`]
    #[inline(always)]
    pub fn decode_into(&self, view: &mut RecordView<'a>) {
        match self.order {
            ByteOrder::Little => view.replace::<Little>(self.typ, self.sub, self.body),
            ByteOrder::Big => view.replace::<Big>(self.typ, self.sub, self.body),
        }
    }

    /// Decodes all fields into an owned record in place of what was there: for loops over many records, where it
    /// allocates next to nothing
    #[inline(always)]
    pub fn own_into(&self, record: &mut Record) {
        match self.order {
            ByteOrder::Little => record.replace::<Little>(self.typ, self.sub, self.body),
            ByteOrder::Big => record.replace::<Big>(self.typ, self.sub, self.body),
        }
    }

    /// Decodes all fields into an owned record
    #[inline]
    pub fn own(&self) -> Record {
        match self.order {
            ByteOrder::Little => Record::decoded::<Little>(self.typ, self.sub, self.body),
            ByteOrder::Big => Record::decoded::<Big>(self.typ, self.sub, self.body),
        }
    }

    /// Decodes a record of known type: `frame.read::<view::Ptr>()`
    #[inline(always)]
    pub fn read<V: Layout<'a>>(&self) -> V {
        let mut view = V::NONE;
        self.fill(&mut view);
        view
    }

    /// Decodes a record of known type in place of what was there: for loops over many records
    #[inline(always)]
    pub fn read_into<V: Layout<'a>>(&self, view: &mut V) {
        *view = V::NONE;
        self.fill(view);
    }

    #[inline(always)]
    fn fill<V: Layout<'a>>(&self, view: &mut V) {
        match self.order {
            ByteOrder::Little => view.fill_from::<Little>(self.body),
            ByteOrder::Big => view.fill_from::<Big>(self.body),
        }
    }

    /// Bytes of header and body
    pub fn length(&self) -> usize {
        HEADER + self.body.len()
    }
}

#[derive(Debug, Clone, Copy)]
struct Header {
    typ: u8,
    sub: u8,
    end: usize,
}

#[inline(always)]
fn header(order: ByteOrder, window: &[u8], at: usize) -> Option<Header> {
    let bytes = window.get(at..)?.first_chunk::<HEADER>()?;
    let length = order.u16([bytes[0], bytes[1]]);
    Some(Header { typ: bytes[2], sub: bytes[3], end: at + HEADER + usize::from(length) })
}

#[inline(always)]
fn is_known(header: Header) -> bool {
    RecordType::from_codes(header.typ, header.sub).is_some()
}

/// Whether a chain of `wanted` known records starts at `at`, or one that ends exactly with the file
fn chain(order: ByteOrder, window: &[u8], mut at: usize, at_end: bool, wanted: usize) -> bool {
    for _ in 0..wanted {
        if at == window.len() {
            return at_end;
        }
        match header(order, window, at) {
            Some(next) if is_known(next) && next.end <= window.len() => at = next.end,
            // A concatenated file of the other byte order begins here.
            Some(next) if (next.typ, next.sub) == (0, 10) => {
                return window.get(at..at + 2) == Some(&[0, 2]) || window.get(at..at + 2) == Some(&[2, 0]);
            }
            _ => return false,
        }
    }
    true
}

/// The first place from `from` on where a chain starts
fn resume(order: ByteOrder, window: &[u8], from: usize, to: usize, at_end: bool) -> Option<usize> {
    (from..to.min(window.len())).find(|&at| {
        let Some(first) = header(order, window, at) else { return false };
        // Demand at least two records even when the first ends the file exactly: random bytes do that too easily.
        is_known(first) && first.end < window.len() && chain(order, window, at, at_end, CHAIN)
    })
}

/// What the next bytes are
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A record whose body ends at this distance from the window's start
    Record { typ: u8, sub: u8, end: usize },
    /// Bytes to skip; the fault is on the list
    Skip(usize),
    /// More bytes must be read before this can be decided
    NeedMore,
    /// The end
    End,
}

/// Cuts windows of a file into records
#[derive(Debug, Clone)]
pub(crate) struct Framer {
    pub order: ByteOrder,
    pub faults: Faults,
    pub records: u64,
    last: Option<RecordType>,
}

impl Framer {
    /// Finds the byte order; `None` when the bytes are no STDF
    pub fn begin(window: &[u8], at_end: bool) -> Option<Framer> {
        let mut framer = Framer { order: ByteOrder::Little, faults: Faults::default(), records: 0, last: None };
        if let Some(order) = far_order(window) {
            framer.order = order;
            return Some(framer);
        }
        let order = [ByteOrder::Little, ByteOrder::Big]
            .into_iter()
            .find(|&order| !window.is_empty() && chain(order, window, 0, at_end, CHAIN));
        framer.order = match order {
            Some(order) => order,
            None => (1..window.len()).find_map(|at| {
                let order = far_order(&window[at..])?;
                chain(order, window, at, at_end, CHAIN).then_some(order)
            })?,
        };
        framer.fault(0, FaultKind::NoFar);
        Some(framer)
    }

    fn fault(&mut self, offset: u64, kind: FaultKind) {
        self.faults.push(Fault { offset, records_before: self.records, after: self.last, kind });
    }

    pub fn unpacking_failed(&mut self, offset: u64, message: String) {
        self.fault(offset, FaultKind::Unpacking { message });
    }

    /// Looks at the window, which starts at `offset` in the file and is followed by nothing if `at_end`
    #[inline(always)]
    pub fn step(&mut self, window: &[u8], offset: u64, at_end: bool) -> Step {
        if let Some(this) = header(self.order, window, 0)
            && let Some(this_type) = RecordType::from_codes(this.typ, this.sub)
            && let Some(next) = header(self.order, window, this.end)
            && is_known(next)
            && this_type != RecordType::Far
        {
            self.records += 1;
            self.last = Some(this_type);
            return Step::Record { typ: this.typ, sub: this.sub, end: this.end };
        }
        self.step_with_care(window, offset, at_end)
    }

    #[cold]
    #[inline(never)]
    fn step_with_care(&mut self, window: &[u8], offset: u64, at_end: bool) -> Step {
        if !at_end && window.len() < LOOKAHEAD {
            return Step::NeedMore;
        }
        if window.is_empty() {
            return Step::End;
        }
        if let Some(order) = far_order(window) {
            self.order = order;
            if let Some(&cpu_type) = window.get(HEADER)
                && cpu_type != order.cpu_type()
            {
                self.fault(offset, FaultKind::CpuType { cpu_type });
            }
        }
        let Some(this) = header(self.order, window, 0) else {
            self.fault(offset, FaultKind::Garbage { skipped: window.len() as u64 });
            return Step::Skip(window.len());
        };
        let this_type = RecordType::from_codes(this.typ, this.sub);
        let accepted = if this.end > window.len() {
            false
        } else if this_type.is_some() {
            // Followed by a record, by the end, or by a record of unknown type that is followed by known ones.
            follows(self.order, window, this.end, at_end)
                || resume(self.order, window, HEADER, this.end, at_end).is_none()
        } else {
            chain(self.order, window, this.end, at_end, CHAIN - 1)
        };
        if accepted {
            self.records += 1;
            self.last = this_type;
            return Step::Record { typ: this.typ, sub: this.sub, end: this.end };
        }
        self.skip(window, offset, at_end, this, this_type)
    }

    fn skip(&mut self, window: &[u8], offset: u64, at_end: bool, this: Header, this_type: Option<RecordType>) -> Step {
        let found = resume(self.order, window, 1, window.len(), at_end);
        let declared = this.end - HEADER;
        match (found, this_type) {
            (Some(at), Some(record)) => {
                self.fault(offset, FaultKind::WrongLength { record: record.name(), declared, skipped: at as u64 });
                Step::Skip(at)
            }
            (Some(at), None) => {
                self.fault(offset, FaultKind::Garbage { skipped: at as u64 });
                Step::Skip(at)
            }
            (None, Some(record)) if at_end && this.end > window.len() => {
                let available = window.len() - HEADER;
                self.fault(offset, FaultKind::Truncated { record: record.name(), declared, available });
                Step::Skip(window.len())
            }
            (None, _) => {
                let skipped = if at_end { window.len() } else { window.len() - LOOKAHEAD / 2 };
                self.fault(offset, FaultKind::Garbage { skipped: skipped as u64 });
                Step::Skip(skipped)
            }
        }
    }
}

/// Whether what follows a record makes it believable
fn follows(order: ByteOrder, window: &[u8], at: usize, at_end: bool) -> bool {
    if at == window.len() {
        return at_end;
    }
    match header(order, window, at) {
        None => false,
        Some(next) if is_known(next) => true,
        Some(next) => {
            far_order(window.get(at..).unwrap_or_default()).is_some()
                || (next.end <= window.len() && chain(order, window, next.end, at_end, CHAIN - 1))
        }
    }
}

/// The byte order that a FAR at the start of `bytes` has
pub(crate) fn far_order(bytes: &[u8]) -> Option<ByteOrder> {
    match bytes.first_chunk::<HEADER>()? {
        [2, 0, 0, 10] => Some(ByteOrder::Little),
        [0, 2, 0, 10] => Some(ByteOrder::Big),
        _ => None,
    }
}

/// The records of a file that lies in memory (or is memory-mapped), without copying
#[derive(Debug, Clone)]
pub struct Frames<'a> {
    bytes: &'a [u8],
    position: usize,
    framer: Framer,
}

impl<'a> Frames<'a> {
    /// Starts; `None` when the bytes are no STDF (or are packed)
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        Some(Frames { bytes, position: 0, framer: Framer::begin(bytes, true)? })
    }

    /// What was wrong so far
    pub fn faults(&self) -> &Faults {
        &self.framer.faults
    }

    /// Byte order at this place
    pub fn order(&self) -> ByteOrder {
        self.framer.order
    }

    /// Bytes looked at so far
    pub fn position(&self) -> usize {
        self.position
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Frame<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Frame<'a>> {
        loop {
            let window = self.bytes.get(self.position..)?;
            let offset = self.position as u64;
            match self.framer.step(window, offset, true) {
                Step::Record { typ, sub, end } => {
                    self.position += end;
                    let body = window.get(HEADER..end)?;
                    return Some(Frame { offset, order: self.framer.order, typ, sub, body });
                }
                Step::Skip(count) => self.position += count,
                Step::NeedMore | Step::End => return None,
            }
        }
    }
}

/// The records of a stretch of a file in which [`Frames`] found no fault: their lengths are believed
///
/// For reading stretches on several threads. Bytes that are no whole record end the stretch.
#[derive(Debug, Clone)]
pub struct Stretch<'a> {
    bytes: &'a [u8],
    offset: u64,
    order: ByteOrder,
}

impl<'a> Stretch<'a> {
    /// `offset` is where the stretch lies in its file
    pub fn new(bytes: &'a [u8], offset: u64, order: ByteOrder) -> Self {
        Stretch { bytes, offset, order }
    }
}

impl<'a> Iterator for Stretch<'a> {
    type Item = Frame<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Frame<'a>> {
        let this = header(self.order, self.bytes, 0)?;
        let (record, rest) = self.bytes.split_at_checked(this.end)?;
        let frame =
            Frame { offset: self.offset, order: self.order, typ: this.typ, sub: this.sub, body: record.get(HEADER..)? };
        self.offset += this.end as u64;
        self.bytes = rest;
        Some(frame)
    }
}
