//! Data types of STDF fields: how each is read, missed, owned and written
//!
//! A data type is a marker (`U4`, `Cn`, ...) that implements [`Field`]. The record table names these markers, and
//! views, owned records, the writer, ATDF and JSON all follow from them.

use crate::bytes::{ByteOrder, Cursor, Order};
use crate::text::Text;
use crate::value::Value;

/// What an array field needs to know from earlier fields of its record
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Number of elements
    pub count: usize,
    /// Bytes per element, for arrays whose element size is itself a field (STR)
    pub width: usize,
}

impl Shape {
    /// For fields that are not arrays
    pub const SCALAR: Shape = Shape { count: 1, width: 0 };
}

/// Why a field's value cannot be written
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldFault {
    /// One length byte cannot say so much
    #[error("text of {0} bytes does not fit a field of at most {1} bytes: shorten it")]
    TooLong(usize, usize),
    /// Count field and array disagree
    #[error("array has {actual} elements but its count field says {declared}: make them equal")]
    CountMismatch {
        /// Elements in the array
        actual: usize,
        /// Elements the count field announces
        declared: usize,
    },
    /// Element size other than 1, 2, 4 or 8 bytes, or a value too large for it
    #[error("value {value} does not fit an element of {width} bytes")]
    Width {
        /// The value
        value: u64,
        /// The element size that the record declares
        width: usize,
    },
}

/// A data type of the STDF specification (V4 table "Data Type Codes", V4-2007 additions)
pub trait Field {
    /// Borrowed form, decoded on the fly
    type View<'a>: Copy;
    /// Owned form
    type Owned;
    /// Code as printed in the specification
    const CODE: &'static str;
    /// Value of a field that the record does not hold
    const MISSING: Self::View<'static>;
    /// Bytes that every value takes, 0 when that varies
    const FIXED: usize = 0;
    /// Whether one length byte announces the value
    const TEXT: bool = false;

    /// Reads one field; `None` (and no movement) when the record ends before the field does
    fn read<'a, O: Order>(cursor: &mut Cursor<'a>, shape: Shape) -> Option<Self::View<'a>>;
    /// Copies
    fn own(view: Self::View<'_>) -> Self::Owned;
    /// Copies in place of what was there, keeping its memory
    #[inline(always)]
    fn own_into(view: Self::View<'_>, owned: &mut Self::Owned) {
        *owned = Self::own(view);
    }
    /// Borrows
    fn view(owned: &Self::Owned) -> Self::View<'_>;
    /// Appends the bytes of one field
    ///
    /// # Errors
    /// When the value cannot be said in the field's format
    fn write(view: Self::View<'_>, order: ByteOrder, shape: Shape, out: &mut Vec<u8>) -> Result<(), FieldFault>;
    /// As a dynamically typed value, for ATDF, JSON and generic editing
    fn value(view: Self::View<'_>) -> Value;
    /// Back from a dynamically typed value; `None` when the type does not fit
    fn from_value(value: Value, shape: Shape) -> Option<Self::Owned>;
    /// Bytes of one value where all values take the same; `width` is the record's element size, if it has one
    #[inline(always)]
    fn size(_width: usize) -> Option<usize> {
        None
    }
}

macro_rules! number {
    ($( $name:ident $code:literal $type:ty, $missing:expr, $doc:literal, $to:expr, $from:expr; )*) => { $(
        #[doc = $doc]
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl Field for $name {
            type View<'a> = $type;
            type Owned = $type;
            const CODE: &'static str = $code;
            const MISSING: $type = $missing;
            const FIXED: usize = size_of::<$type>();

            #[inline(always)]
            fn read<O: Order>(cursor: &mut Cursor<'_>, _: Shape) -> Option<$type> {
                Some(match O::ORDER {
                    ByteOrder::Little => <$type>::from_le_bytes(cursor.array()?),
                    ByteOrder::Big => <$type>::from_be_bytes(cursor.array()?),
                })
            }
            fn own(view: $type) -> $type {
                view
            }
            fn view(owned: &$type) -> $type {
                *owned
            }
            fn write(view: $type, order: ByteOrder, _: Shape, out: &mut Vec<u8>) -> Result<(), FieldFault> {
                match order {
                    ByteOrder::Little => out.extend_from_slice(&view.to_le_bytes()),
                    ByteOrder::Big => out.extend_from_slice(&view.to_be_bytes()),
                }
                Ok(())
            }
            fn value(view: $type) -> Value {
                let to: fn($type) -> Value = $to;
                to(view)
            }
            #[inline(always)]
            fn size(_: usize) -> Option<usize> {
                Some(size_of::<$type>())
            }
            fn from_value(value: Value, _: Shape) -> Option<$type> {
                let from: fn(Value) -> Option<$type> = $from;
                from(value)
            }
        }
    )* };
}

fn unsigned<T: TryFrom<u64>>(value: Value) -> Option<T> {
    match value {
        Value::Unsigned(number) => T::try_from(number).ok(),
        _ => None,
    }
}

fn signed<T: TryFrom<i64>>(value: Value) -> Option<T> {
    match value {
        Value::Signed(number) => T::try_from(number).ok(),
        _ => None,
    }
}

number! {
    U1 "U*1" u8, 0, "One-byte unsigned integer", |v| Value::Unsigned(u64::from(v)), unsigned;
    U2 "U*2" u16, 0, "Two-byte unsigned integer", |v| Value::Unsigned(u64::from(v)), unsigned;
    U4 "U*4" u32, 0, "Four-byte unsigned integer", |v| Value::Unsigned(u64::from(v)), unsigned;
    U8 "U*8" u64, 0, "Eight-byte unsigned integer (V4-2007)", Value::Unsigned, unsigned;
    I1 "I*1" i8, 0, "One-byte signed integer", |v| Value::Signed(i64::from(v)), signed;
    I2 "I*2" i16, 0, "Two-byte signed integer", |v| Value::Signed(i64::from(v)), signed;
    I4 "I*4" i32, 0, "Four-byte signed integer", |v| Value::Signed(i64::from(v)), signed;
    R4 "R*4" f32, 0.0, "Four-byte IEEE 754 number", Value::Real4, |value| match value {
        Value::Real4(number) => Some(number),
        _ => None,
    };
    R8 "R*8" f64, 0.0, "Eight-byte IEEE 754 number", Value::Real8, |value| match value {
        Value::Real8(number) => Some(number),
        _ => None,
    };
    B1 "B*1" u8, 0, "Eight flags, bit 0 the lowest", |v| Value::Flags(v), |value| match value {
        Value::Flags(flags) => Some(flags),
        _ => None,
    };
    C1 "C*1" u8, b' ', "One character; a space means missing", |v| Value::Character(v), |value| match value {
        Value::Character(character) => Some(character),
        _ => None,
    };
}

/// Text of at most 255 bytes with one length byte
#[derive(Debug, Clone, Copy)]
pub struct Cn;

impl Field for Cn {
    type View<'a> = &'a [u8];
    type Owned = Text;
    const CODE: &'static str = "C*n";
    const MISSING: &'static [u8] = &[];
    const TEXT: bool = true;

    #[inline(always)]
    fn read<'a, O: Order>(cursor: &mut Cursor<'a>, _: Shape) -> Option<&'a [u8]> {
        if O::IN_LINE { cursor.counted() } else { cursor.counted_by_call() }
    }
    fn own(view: &[u8]) -> Text {
        Text::from(view)
    }
    #[inline]
    fn own_into(view: &[u8], owned: &mut Text) {
        owned.set(view);
    }
    fn view(owned: &Text) -> &[u8] {
        owned.as_bytes()
    }
    fn write(view: &[u8], _: ByteOrder, _: Shape, out: &mut Vec<u8>) -> Result<(), FieldFault> {
        let length = u8::try_from(view.len()).map_err(|_| FieldFault::TooLong(view.len(), 255))?;
        out.push(length);
        out.extend_from_slice(view);
        Ok(())
    }
    fn value(view: &[u8]) -> Value {
        Value::Text(Text::from(view))
    }
    fn from_value(value: Value, _: Shape) -> Option<Text> {
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Text of at most 65,535 bytes with a two-byte length (V4-2007)
#[derive(Debug, Clone, Copy)]
pub struct Sn;

impl Field for Sn {
    type View<'a> = &'a [u8];
    type Owned = Text;
    const CODE: &'static str = "S*n";
    const MISSING: &'static [u8] = &[];

    #[inline(never)]
    fn read<'a, O: Order>(cursor: &mut Cursor<'a>, _: Shape) -> Option<&'a [u8]> {
        let mut ahead = *cursor;
        let length = O::ORDER.u16(ahead.array()?);
        let text = ahead.take(usize::from(length))?;
        *cursor = ahead;
        Some(text)
    }
    fn own(view: &[u8]) -> Text {
        Text::from(view)
    }
    #[inline]
    fn own_into(view: &[u8], owned: &mut Text) {
        owned.set(view);
    }
    fn view(owned: &Text) -> &[u8] {
        owned.as_bytes()
    }
    fn write(view: &[u8], order: ByteOrder, _: Shape, out: &mut Vec<u8>) -> Result<(), FieldFault> {
        let length = u16::try_from(view.len()).map_err(|_| FieldFault::TooLong(view.len(), 65_535))?;
        U2::write(length, order, Shape::SCALAR, out)?;
        out.extend_from_slice(view);
        Ok(())
    }
    fn value(view: &[u8]) -> Value {
        Value::Text(Text::from(view))
    }
    fn from_value(value: Value, shape: Shape) -> Option<Text> {
        Cn::from_value(value, shape)
    }
}

/// Puts other bytes into a vector
#[inline(always)]
pub(crate) fn refill(owned: &mut Vec<u8>, bytes: &[u8]) {
    owned.clear();
    if !bytes.is_empty() {
        owned.extend_from_slice(bytes);
    }
}

/// Up to 255 bytes with one length byte
#[derive(Debug, Clone, Copy)]
pub struct Bn;

impl Field for Bn {
    type View<'a> = &'a [u8];
    type Owned = Vec<u8>;
    const CODE: &'static str = "B*n";
    const MISSING: &'static [u8] = &[];

    #[inline(always)]
    fn read<'a, O: Order>(cursor: &mut Cursor<'a>, shape: Shape) -> Option<&'a [u8]> {
        Cn::read::<O>(cursor, shape)
    }
    fn own(view: &[u8]) -> Vec<u8> {
        view.to_vec()
    }
    #[inline]
    fn own_into(view: &[u8], owned: &mut Vec<u8>) {
        refill(owned, view);
    }
    fn view(owned: &Vec<u8>) -> &[u8] {
        owned
    }
    fn write(view: &[u8], order: ByteOrder, shape: Shape, out: &mut Vec<u8>) -> Result<(), FieldFault> {
        Cn::write(view, order, shape, out)
    }
    fn value(view: &[u8]) -> Value {
        Value::Bytes(view.to_vec())
    }
    fn from_value(value: Value, _: Shape) -> Option<Vec<u8>> {
        match value {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

/// Bit field with a two-byte count of bits; bit `i` is bit `i % 8` of byte `i / 8`
#[derive(Debug, Clone, Copy)]
pub struct Dn;

/// A borrowed bit field (or packed nibble array): element count and the bytes as they stood
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed<'a> {
    /// Number of bits (`D*n`) or of nibbles (`kxN*1`)
    pub count: u16,
    /// Packed bytes; padding bits of the last byte are kept
    pub bytes: &'a [u8],
}

/// An owned [`Packed`]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnedPacked {
    /// Number of bits or nibbles
    pub count: u16,
    /// Packed bytes
    pub bytes: Vec<u8>,
}

impl<'a> Packed<'a> {
    /// Nothing
    pub const EMPTY: Packed<'static> = Packed { count: 0, bytes: &[] };

    /// The set bits' numbers (for `D*n`)
    pub fn set_bits(self) -> impl Iterator<Item = u16> + 'a {
        (0..self.count)
            .filter(move |&bit| self.bytes.get(usize::from(bit / 8)).is_some_and(|byte| byte >> (bit % 8) & 1 == 1))
    }

    /// The nibbles, low half of each byte first (for `kxN*1`, rule 8)
    pub fn nibbles(self) -> impl Iterator<Item = u8> + 'a {
        (0..self.count).map(move |index| {
            let byte = self.bytes.get(usize::from(index / 2)).copied().unwrap_or(0);
            if index % 2 == 0 { byte & 0x0f } else { byte >> 4 }
        })
    }
}

impl OwnedPacked {
    /// Packs nibbles, low half of each byte first; only the low four bits of each value count
    pub fn from_nibbles(nibbles: &[u8]) -> Self {
        let bytes = nibbles
            .chunks(2)
            .map(|pair| (pair.first().unwrap_or(&0) & 0x0f) | (pair.get(1).unwrap_or(&0) & 0x0f) << 4)
            .collect();
        OwnedPacked { count: nibbles.len() as u16, bytes }
    }

    /// Borrows
    pub fn as_view(&self) -> Packed<'_> {
        Packed { count: self.count, bytes: &self.bytes }
    }
}

impl Field for Dn {
    type View<'a> = Packed<'a>;
    type Owned = OwnedPacked;
    const CODE: &'static str = "D*n";
    const MISSING: Packed<'static> = Packed::EMPTY;

    #[inline(never)]
    fn read<'a, O: Order>(cursor: &mut Cursor<'a>, _: Shape) -> Option<Packed<'a>> {
        let mut ahead = *cursor;
        let count = O::ORDER.u16(ahead.array()?);
        let bytes = ahead.take(usize::from(count).div_ceil(8))?;
        *cursor = ahead;
        Some(Packed { count, bytes })
    }
    fn own(view: Packed<'_>) -> OwnedPacked {
        OwnedPacked { count: view.count, bytes: view.bytes.to_vec() }
    }
    #[inline]
    fn own_into(view: Packed<'_>, owned: &mut OwnedPacked) {
        owned.count = view.count;
        refill(&mut owned.bytes, view.bytes);
    }
    fn view(owned: &OwnedPacked) -> Packed<'_> {
        owned.as_view()
    }
    fn write(view: Packed<'_>, order: ByteOrder, _: Shape, out: &mut Vec<u8>) -> Result<(), FieldFault> {
        let declared = usize::from(view.count).div_ceil(8);
        if declared != view.bytes.len() {
            return Err(FieldFault::CountMismatch { actual: view.bytes.len(), declared });
        }
        U2::write(view.count, order, Shape::SCALAR, out)?;
        out.extend_from_slice(view.bytes);
        Ok(())
    }
    fn value(view: Packed<'_>) -> Value {
        Value::Bits(Self::own(view))
    }
    fn from_value(value: Value, _: Shape) -> Option<OwnedPacked> {
        match value {
            Value::Bits(bits) => Some(bits),
            _ => None,
        }
    }
}
