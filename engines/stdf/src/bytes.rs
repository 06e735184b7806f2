//! Byte order and a cursor over one record body

/// Byte order of a file, given by its first record (FAR)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ByteOrder {
    /// Least significant byte first (`CPU_TYPE` 2)
    #[default]
    Little,
    /// Most significant byte first (`CPU_TYPE` 1)
    Big,
}

impl ByteOrder {
    /// The `CPU_TYPE` that FAR declares for this order
    pub fn cpu_type(self) -> u8 {
        match self {
            ByteOrder::Little => 2,
            ByteOrder::Big => 1,
        }
    }

    /// The other order
    pub fn swapped(self) -> Self {
        match self {
            ByteOrder::Little => ByteOrder::Big,
            ByteOrder::Big => ByteOrder::Little,
        }
    }

    /// Reads two bytes
    #[inline]
    pub fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            ByteOrder::Little => u16::from_le_bytes(bytes),
            ByteOrder::Big => u16::from_be_bytes(bytes),
        }
    }
}

/// Byte order as a type, so that a decoder is compiled once for each order
pub trait Order {
    /// The order as a value
    const ORDER: ByteOrder;
    /// Whether texts are decoded in line
    const IN_LINE: bool = true;
}

/// Little-endian files
#[derive(Debug, Clone, Copy)]
pub struct Little;

/// Big-endian files
#[derive(Debug, Clone, Copy)]
pub struct Big;

impl Order for Little {
    const ORDER: ByteOrder = ByteOrder::Little;
}

impl Order for Big {
    const ORDER: ByteOrder = ByteOrder::Big;
}

/// A byte order, decoding texts by a call
#[derive(Debug, Clone, Copy)]
pub(crate) struct OutOfLine<O>(std::marker::PhantomData<O>);

impl<O: Order> Order for OutOfLine<O> {
    const ORDER: ByteOrder = O::ORDER;
    const IN_LINE: bool = false;
}

/// The bytes of a record that are not decoded yet
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Starts at the first byte of a record body
    #[inline(always)]
    pub fn new(body: &'a [u8]) -> Self {
        Cursor { rest: body }
    }

    /// What is left
    #[inline(always)]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `count` bytes, or `None` (and no movement) when fewer are left
    #[inline(always)]
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.rest.split_at_checked(count)?;
        self.rest = tail;
        Some(head)
    }

    /// The bytes that a one-byte length announces
    #[inline(always)]
    pub fn counted(&mut self) -> Option<&'a [u8]> {
        let (&length, rest) = self.rest.split_first()?;
        let (bytes, tail) = rest.split_at_checked(usize::from(length))?;
        self.rest = tail;
        Some(bytes)
    }

    /// See [`Cursor::counted`]
    #[inline(never)]
    pub fn counted_by_call(&mut self) -> Option<&'a [u8]> {
        self.counted()
    }

    /// The next `N` bytes as an array
    #[inline(always)]
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.rest.split_first_chunk::<N>()?;
        self.rest = tail;
        Some(*head)
    }
}
