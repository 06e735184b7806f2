//! Dynamically typed field values, for ATDF, JSON and generic editing

use crate::field::OwnedPacked;
use crate::generic::Generic;
use crate::text::Text;

/// The value of one field of one record
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `U*1` to `U*8`
    Unsigned(u64),
    /// `I*1` to `I*4`
    Signed(i64),
    /// `R*4`
    Real4(f32),
    /// `R*8`
    Real8(f64),
    /// `B*1`
    Flags(u8),
    /// `C*1`
    Character(u8),
    /// `C*n`, `S*n`, `C*f`
    Text(Text),
    /// `B*n`
    Bytes(Vec<u8>),
    /// `D*n`
    Bits(OwnedPacked),
    /// `kxN*1`
    Nibbles(OwnedPacked),
    /// `kxTYPE`
    List(Vec<Value>),
    /// One element of GDR's `V*n`
    Generic(Generic),
}
