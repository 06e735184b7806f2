//! Opening a file however it is packed, and reading its records in bounded memory

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use crate::bytes::ByteOrder;
use crate::fault::Faults;
use crate::framing::{Frame, Framer, HEADER, LOOKAHEAD, Step};

/// How a file is packed, told by its first bytes and never by its name (rule 1)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Not packed
    Plain,
    /// gzip, of one or several members
    Gzip,
    /// bzip2
    Bzip2,
    /// zip; several members are read one after another
    Zip,
    /// Zstandard
    Zstd,
}

impl Packing {
    /// By magic bytes
    pub fn sniff(head: &[u8]) -> Packing {
        match head {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Packing::Bzip2,
            [b'P', b'K', 3, 4, ..] => Packing::Zip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
            _ => Packing::Plain,
        }
    }
}

/// A file cannot be opened as STDF
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The operating system refused
    #[error("{path}: {source}")]
    Io {
        /// The file
        path: PathBuf,
        /// Why
        source: io::Error,
    },
    /// Neither FAR nor any chain of records was found
    #[error("{path}: no STDF file: its first bytes are neither FAR nor a chain of known records")]
    NotStdf {
        /// The file
        path: PathBuf,
    },
    /// The archive's directory cannot be read
    #[error("{path}: {message}")]
    Archive {
        /// The file
        path: PathBuf,
        /// Why
        message: String,
    },
}

/// Unpacked bytes are read in pieces of this size: the memory a packed file needs, whatever its size
const BUFFER: usize = 2 << 20;

enum Input {
    Mapped { map: Mmap, position: usize },
    Memory { bytes: Vec<u8>, position: usize },
    Stream(Stream),
}

struct Stream {
    reader: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
    at_end: bool,
    failure: Option<String>,
}

impl Stream {
    fn new(reader: Box<dyn Read + Send>) -> Self {
        Stream { reader, buffer: vec![0; BUFFER], start: 0, end: 0, offset: 0, at_end: false, failure: None }
    }

    fn refill(&mut self) {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        while self.end < self.buffer.len() && !self.at_end {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.at_end = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.at_end = true;
                    self.failure = Some(error.to_string());
                }
            }
        }
    }
}

/// Reads the records of one file
///
/// Plain files are memory-mapped and read without copying; packed files pass through one buffer of 2 MiB.
pub struct Reader {
    input: Input,
    framer: Framer,
    packing: Packing,
    size: u64,
    #[cfg_attr(not(unix), allow(dead_code))]
    released: std::sync::atomic::AtomicUsize,
}

/// Bytes of a mapped file that stay in memory behind the place that is read: other threads may still be there
#[cfg(unix)]
const KEPT_BEHIND: usize = 48 << 20;

/// Bytes given back at a time: whole pages, whatever their size
#[cfg(unix)]
const RELEASED: usize = 16 << 20;

impl Reader {
    /// Opens a file
    ///
    /// A mapped file must not be cut off by another process while it is read.
    ///
    /// # Errors
    /// When the file cannot be read or is no STDF; a damaged STDF file opens, and its faults are collected
    pub fn open(path: impl AsRef<Path>) -> Result<Reader, OpenError> {
        let path = path.as_ref();
        let io = |source| OpenError::Io { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        let mut head = [0; 4];
        let mut filled = 0;
        while filled < head.len() {
            match file.read(&mut head[filled..]).map_err(io)? {
                0 => break,
                count => filled += count,
            }
        }
        file.seek(SeekFrom::Start(0)).map_err(io)?;
        let packing = Packing::sniff(&head[..filled]);
        let input = match packing {
            Packing::Plain if size == 0 => Input::Memory { bytes: Vec::new(), position: 0 },
            Packing::Plain => {
                // SAFETY: the map is read only. Another process that shortens the file meanwhile would end this one
                // with SIGBUS; callers are told so, and files that a record names are never overwritten.
                #[allow(unsafe_code)]
                let map = unsafe { Mmap::map(&file) }.map_err(io)?;
                #[cfg(unix)]
                let _ = map.advise(memmap2::Advice::Sequential);
                Input::Mapped { map, position: 0 }
            }
            packing => Input::Stream(Stream::new(unpack(file, packing, path)?)),
        };
        Self::begin(input, packing, size).ok_or_else(|| OpenError::NotStdf { path: path.to_owned() })
    }

    /// Reads from memory, unpacking if needed
    ///
    /// # Errors
    /// When the bytes are no STDF
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Reader, OpenError> {
        let path = PathBuf::from("(memory)");
        let size = bytes.len() as u64;
        let packing = Packing::sniff(&bytes);
        let input = match packing {
            Packing::Plain => Input::Memory { bytes, position: 0 },
            packing => Input::Stream(Stream::new(unpack(io::Cursor::new(bytes), packing, &path)?)),
        };
        Self::begin(input, packing, size).ok_or(OpenError::NotStdf { path })
    }

    fn begin(mut input: Input, packing: Packing, size: u64) -> Option<Reader> {
        let framer = match &mut input {
            Input::Mapped { map, .. } => Framer::begin(map, true),
            Input::Memory { bytes, .. } => Framer::begin(bytes, true),
            Input::Stream(stream) => {
                stream.refill();
                Framer::begin(&stream.buffer[..stream.end], stream.at_end)
            }
        }?;
        Some(Reader { input, framer, packing, size, released: Default::default() })
    }

    /// The next record; it must be done with before the one after it is asked for
    #[inline]
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        let framer = &mut self.framer;
        match &mut self.input {
            Input::Mapped { map, position } => next_in_slice(framer, map, position),
            Input::Memory { bytes, position } => next_in_slice(framer, bytes, position),
            Input::Stream(stream) => loop {
                let window = &stream.buffer[stream.start..stream.end];
                match framer.step(window, stream.offset, stream.at_end) {
                    Step::Record { typ, sub, end } => {
                        let (offset, start) = (stream.offset, stream.start);
                        stream.start += end;
                        stream.offset += end as u64;
                        let body = &stream.buffer[start + HEADER..start + end];
                        return Some(Frame { offset, order: framer.order, typ, sub, body });
                    }
                    Step::Skip(count) => {
                        stream.start += count;
                        stream.offset += count as u64;
                    }
                    Step::NeedMore => stream.refill(),
                    Step::End => {
                        if let Some(message) = stream.failure.take() {
                            framer.unpacking_failed(stream.offset, message);
                        }
                        return None;
                    }
                }
            },
        }
    }

    /// What was wrong so far; complete once [`Reader::next_frame`] has returned `None`
    pub fn faults(&self) -> &Faults {
        &self.framer.faults
    }

    /// Byte order at this place
    pub fn order(&self) -> ByteOrder {
        self.framer.order
    }

    /// How the file is packed
    pub fn packing(&self) -> Packing {
        self.packing
    }

    /// Size of the file as it is stored, in bytes
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Unpacked bytes read so far
    pub fn position(&self) -> u64 {
        match &self.input {
            Input::Mapped { position, .. } | Input::Memory { position, .. } => *position as u64,
            Input::Stream(stream) => stream.offset,
        }
    }

    /// Gives back the memory of what was read of a mapped file, up to some way before this place
    ///
    /// A process is charged for the pages of a file that it has touched; without this, reading a file of any size
    /// once would make the process look as large as the file. What is asked for again is read again.
    #[allow(unsafe_code)]
    pub fn release(&self, position: u64) {
        #[cfg(unix)]
        if let Input::Mapped { map, .. } = &self.input {
            let end =
                usize::try_from(position).unwrap_or(0).saturating_sub(KEPT_BEHIND).min(map.len()) / RELEASED * RELEASED;
            let start = self.released.fetch_max(end, std::sync::atomic::Ordering::Relaxed);
            if end > start {
                // SAFETY: the map is private, read only and backed by the file, so that pages given up come back with
                // the same bytes when they are touched; no reference into it becomes invalid.
                let _ = unsafe { map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, start, end - start) };
            }
        }
    }

    /// All bytes, when the file is not packed: for [`crate::Frames`] and for reading from several threads
    pub fn mapped(&self) -> Option<&[u8]> {
        match &self.input {
            Input::Mapped { map, .. } => Some(map),
            Input::Memory { bytes, .. } => Some(bytes),
            Input::Stream(_) => None,
        }
    }
}

#[inline(always)]
fn next_in_slice<'a>(framer: &mut Framer, bytes: &'a [u8], position: &mut usize) -> Option<Frame<'a>> {
    loop {
        let window = bytes.get(*position..)?;
        let offset = *position as u64;
        match framer.step(window, offset, true) {
            Step::Record { typ, sub, end } => {
                *position += end;
                return Some(Frame { offset, order: framer.order, typ, sub, body: window.get(HEADER..end)? });
            }
            Step::Skip(count) => *position += count,
            Step::NeedMore | Step::End => return None,
        }
    }
}

/// The unpacked bytes of a file, which a thread of its own unpacks
pub(crate) fn unpack(
    file: impl Read + Seek + Send + 'static,
    packing: Packing,
    path: &Path,
) -> Result<Box<dyn Read + Send>, OpenError> {
    let archive = |message: String| OpenError::Archive { path: path.to_owned(), message };
    let mut produce: Produce = match packing {
        Packing::Plain => return Ok(Box::new(file)),
        Packing::Gzip => {
            let mut reader = flate2::read::MultiGzDecoder::new(file);
            Box::new(move |pieces| pieces.copy(&mut reader))
        }
        Packing::Bzip2 => {
            let mut reader = bzip2::read::MultiBzDecoder::new(file);
            Box::new(move |pieces| pieces.copy(&mut reader))
        }
        Packing::Zstd => {
            let mut reader = zstd::Decoder::new(file).map_err(|error| archive(error.to_string()))?;
            Box::new(move |pieces| pieces.copy(&mut reader))
        }
        Packing::Zip => {
            let mut members = zip::ZipArchive::new(file).map_err(|error| archive(error.to_string()))?;
            Box::new(move |pieces| (0..members.len()).try_for_each(|index| pieces.copy(&mut members.by_index(index)?)))
        }
    };
    let (sender, receiver) = std::sync::mpsc::sync_channel(4);
    std::thread::spawn(move || {
        let mut pieces = Pieces { sender };
        if let Err(error) = produce(&mut pieces) {
            // When the reader is gone nobody wants to know.
            let _ = pieces.sender.send(Err(error));
        }
    });
    Ok(Box::new(Unpacked { receiver, piece: Vec::new(), given: 0 }))
}

/// What runs on the unpacking thread
type Produce = Box<dyn FnMut(&mut Pieces) -> io::Result<()> + Send>;

/// Bytes unpacked at a time
const PIECE: usize = 256 << 10;

/// The unpacking thread's end: unpacking is slower than reading, so that it gets a core of its own
struct Pieces {
    sender: std::sync::mpsc::SyncSender<io::Result<Vec<u8>>>,
}

impl Pieces {
    fn copy(&mut self, reader: &mut dyn Read) -> io::Result<()> {
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            let outcome = reader.take(PIECE as u64).read_to_end(&mut piece);
            let done = piece.is_empty();
            if !done && self.sender.send(Ok(piece)).is_err() {
                return Ok(());
            }
            outcome?;
            if done {
                return Ok(());
            }
        }
    }
}

/// The reading end
struct Unpacked {
    receiver: std::sync::mpsc::Receiver<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
    given: usize,
}

impl Read for Unpacked {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.given == self.piece.len() {
            match self.receiver.recv() {
                Ok(piece) => self.piece = piece?,
                Err(_) => return Ok(0),
            }
            self.given = 0;
        }
        let rest = self.piece.get(self.given..).unwrap_or_default();
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}

const _: () = assert!(BUFFER >= 2 * LOOKAHEAD);
