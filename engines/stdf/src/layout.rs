//! From the record table to types: one declaration gives view, owned record, reader, writer and generic access
//!
//! A record is a header (`REC_LEN`, `REC_TYP`, `REC_SUB`) and a body of fields in fixed order. `REC_LEN` rules
//! (rule 2): the body is cut out first, then decoded. A body may end before any field, and may go on after the last
//! one. Both are kept: `present` counts the fields that were there, `extra` holds bytes after them, so that every
//! record is written back byte for byte.

use crate::bytes::Order;
use crate::field::FieldFault;

/// What the record table says of one field
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldLayout {
    /// Name in lower case; upper-cased it is the name in the specification
    pub name: &'static str,
    /// Data type code of the specification; for arrays, of one element
    pub code: &'static str,
    /// The field that counts this array's elements
    pub count: Option<&'static str>,
    /// The field that gives this array's element size
    pub width: Option<&'static str>,
}

/// A record cannot be written
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteFault {
    /// A field's value cannot be said in its format
    #[error("{record}.{field}: {fault}")]
    Field {
        /// Record name
        record: &'static str,
        /// Field name
        field: &'static str,
        /// What is wrong
        fault: FieldFault,
    },
    /// Byte order of an unknown record cannot be changed
    #[error(
        "record of unknown type ({typ}, {sub}) cannot be written in the other byte order: its fields are not known"
    )]
    UnknownOrder {
        /// `REC_TYP`
        typ: u8,
        /// `REC_SUB`
        sub: u8,
    },
    /// `REC_LEN` has two bytes
    #[error("{record} of {length} bytes exceeds the 65535 bytes a record can have: split it")]
    RecordTooLong {
        /// Record name
        record: &'static str,
        /// Body length in bytes
        length: usize,
    },
}

/// Fields that a record always begins with: those before its first text or array
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    /// Bytes
    pub bytes: usize,
    /// Number of fields
    pub fields: u8,
    /// Texts in the whole record
    pub texts: usize,
}

/// Texts that are decoded in line
///
/// With dozens of bounds checks in a row, each depending on a byte read before, LLVM's constraint elimination takes
/// minutes for one record type (MIR has 30 texts).
pub(crate) const TEXTS_IN_LINE: usize = 8;

impl Head {
    /// From the fixed length of each field (0 when it varies) and whether it is a text
    pub const fn of(fields: &[(usize, bool)]) -> Head {
        let mut head = Head { bytes: 0, fields: 0, texts: 0 };
        let mut index = 0;
        while index < fields.len() {
            let (fixed, text) = fields[index];
            if fixed > 0 && head.fields as usize == index {
                head.bytes += fixed;
                head.fields += 1;
            }
            head.texts += text as usize;
            index += 1;
        }
        head
    }
}

/// A borrowed record of one type
pub trait Layout<'a>: Sized {
    /// The record of which no field is present
    const NONE: Self;
    /// Decodes a record body into a record of which no field is present
    ///
    /// In place: a record that is returned is copied, and reading back wide what was just written field by field stalls
    /// the processor for longer than decoding takes.
    fn fill_from<O: Order>(&mut self, body: &'a [u8]);
}

macro_rules! records {
    (@missing $ty:ty) => { <$ty as $crate::field::Field>::MISSING };
    (@missing $ty:ty, $missing:expr) => { $missing };
    (@shape $record:ident) => { $crate::field::Shape::SCALAR };
    (@shape $record:ident $count:ident) => {
        $crate::field::Shape { count: $record.$count as usize, width: 0 }
    };
    (@shape $record:ident $count:ident $width:ident) => {
        $crate::field::Shape { count: $record.$count as usize, width: $record.$width as usize }
    };
    (@held $record:ident) => { record::$record };
    (@held $record:ident Box) => { Box<record::$record> };
    (@name) => { None };
    (@name $name:ident) => { Some(stringify!($name)) };
    ($(
        #[doc = $doc:literal]
        $record:ident $code:literal ($typ:literal, $sub:literal) $($held:ident)? {
            $( $field:ident : $ty:ty $([$count:ident $(* $width:ident)?])? $(= $missing:expr)? , $field_doc:literal; )*
        }
    )*) => {
        /// Borrowed records: fields decoded, texts and arrays pointing into the file
        pub mod view {
            use super::*;
            $(
                #[doc = $doc]
                ///
                /// Fields that the record does not hold have the specification's missing value.
                #[derive(Debug, Clone, Copy, PartialEq)]
                pub struct $record<'a> {
                    $( #[doc = $field_doc] pub $field: <$ty as Field>::View<'a>, )*
                    /// How many of the fields the record holds; the others are missing
                    pub present: u8,
                    /// Bytes after the last decoded field
                    pub extra: &'a [u8],
                }

                impl<'a> Layout<'a> for $record<'a> {
                    const NONE: Self = Self::MISSING;

                    #[inline(always)]
                    fn fill_from<O: Order>(&mut self, body: &'a [u8]) {
                        self.fill::<O>(body);
                    }
                }

                impl<'a> $record<'a> {
                    /// The record of which no field is present
                    pub const MISSING: Self = $record {
                        $( $field: records!(@missing $ty $(, $missing)?), )*
                        present: 0,
                        extra: &[],
                    };

                    // Out of line and through a pointer: inlined, the many early ends of a long record make the
                    // optimiser merge every field at every end, which takes it minutes.
                    //
                    // The fields before the first text or array have one length: one check serves for all of them.
                    #[inline(never)]
                    fn fill<O: Order>(&mut self, body: &'a [u8]) {
                        const HEAD: Head = record::$record::HEAD;
                        match body.split_first_chunk::<{ HEAD.bytes }>() {
                            Some((head, rest)) if HEAD.texts <= TEXTS_IN_LINE => {
                                self.fill_fields::<O>(&mut Cursor::new(head), 0, HEAD.fields);
                                self.fill_rest::<O>(rest, HEAD.fields);
                            }
                            _ => self.fill_short::<O>(body),
                        }
                    }

                    #[inline(always)]
                    fn fill_rest<O: Order>(&mut self, rest: &'a [u8], from: u8) {
                        let mut cursor = Cursor::new(rest);
                        self.present = self.fill_fields::<O>(&mut cursor, from, u8::MAX);
                        self.extra = cursor.rest();
                    }

                    // Records that end early or have many texts: rare, so small code matters more than speed.
                    #[inline(never)]
                    fn fill_short<O: Order>(&mut self, body: &'a [u8]) {
                        self.fill_rest::<OutOfLine<O>>(body, 0);
                    }

                    #[inline(always)]
                    #[allow(unused_mut, unused_assignments, unused_variables, clippy::extra_unused_type_parameters)]
                    fn fill_fields<O: Order>(&mut self, cursor: &mut Cursor<'a>, from: u8, to: u8) -> u8 {
                        let mut index = 0u8;
                        $(
                            if index >= to {
                                return index;
                            }
                            if index >= from {
                                let shape = records!(@shape self $($count $($width)?)?);
                                match <$ty as Field>::read::<O>(cursor, shape) {
                                    Some(field) => self.$field = field,
                                    None => return index,
                                }
                            }
                            index += 1;
                        )*
                        index
                    }

                    /// Copies
                    pub fn to_owned(&self) -> record::$record {
                        record::$record {
                            $( $field: <$ty as Field>::own(self.$field), )*
                            present: self.present,
                            extra: self.extra.to_vec(),
                        }
                    }

                    /// Appends the record body
                    ///
                    /// # Errors
                    /// When a present field cannot be said in its format
                    pub fn write(&self, order: ByteOrder, out: &mut Vec<u8>) -> Result<(), WriteFault> {
                        self.write_fields(order, out)?;
                        out.extend_from_slice(self.extra);
                        Ok(())
                    }

                    #[allow(unused_mut, unused_variables, unused_assignments, clippy::ptr_arg)]
                    fn write_fields(&self, order: ByteOrder, out: &mut Vec<u8>) -> Result<(), WriteFault> {
                        let mut index = 0u8;
                        $(
                            if index == self.present {
                                return Ok(());
                            }
                            let shape = records!(@shape self $($count $($width)?)?);
                            <$ty as Field>::write(self.$field, order, shape, out).map_err(|fault| {
                                WriteFault::Field { record: $code, field: stringify!($field), fault }
                            })?;
                            index += 1;
                        )*
                        Ok(())
                    }

                    /// The present fields with their names, dynamically typed
                    #[allow(unused_mut)]
                    pub fn values(&self) -> Vec<(&'static str, Value)> {
                        let mut values = Vec::with_capacity(usize::from(self.present));
                        $( values.push((stringify!($field), <$ty as Field>::value(self.$field))); )*
                        values.truncate(usize::from(self.present));
                        values
                    }
                }
            )*
        }

        /// Owned records
        pub mod record {
            use super::*;
            $(
                #[doc = $doc]
                ///
                /// `default()` holds every field with the specification's missing value.
                #[derive(Debug, Clone, PartialEq)]
                pub struct $record {
                    $( #[doc = $field_doc] pub $field: <$ty as Field>::Owned, )*
                    /// How many of the fields the record holds, counted from the first; the others are not written
                    pub present: u8,
                    /// Bytes after the last decoded field
                    pub extra: Vec<u8>,
                }

                impl Default for $record {
                    fn default() -> Self {
                        let mut record = view::$record::MISSING.to_owned();
                        record.present = Self::LAYOUT.len() as u8;
                        record
                    }
                }

                impl $record {
                    /// The fields in order
                    pub const LAYOUT: &'static [FieldLayout] = &[
                        $( FieldLayout {
                            name: stringify!($field),
                            code: <$ty as Field>::CODE,
                            count: records!(@name $($count)?),
                            width: records!(@name $($($width)?)?),
                        }, )*
                    ];

                    /// The fields of fixed length at the start
                    pub(crate) const HEAD: Head = Head::of(&[$( (<$ty as Field>::FIXED, <$ty as Field>::TEXT), )*]);

                    /// Borrows
                    pub fn as_view(&self) -> view::$record<'_> {
                        view::$record {
                            $( $field: <$ty as Field>::view(&self.$field), )*
                            present: self.present,
                            extra: &self.extra,
                        }
                    }

                    /// Takes over a view in place of what was there, keeping its memory
                    pub fn take_over(&mut self, view: &view::$record<'_>) {
                        $( <$ty as Field>::own_into(view.$field, &mut self.$field); )*
                        self.present = view.present;
                        refill(&mut self.extra, view.extra);
                    }

                    /// Sets a field by name; `false` when there is no such field or the value has another type
                    ///
                    /// Set count and width fields before their arrays.
                    #[allow(unused_variables)]
                    pub fn set(&mut self, name: &str, value: Value) -> bool {
                        $( if name == stringify!($field) {
                            let shape = records!(@shape self $($count $($width)?)?);
                            return match <$ty as Field>::from_value(value, shape) {
                                Some(field) => { self.$field = field; true }
                                None => false,
                            };
                        } )*
                        false
                    }
                }

                impl From<$record> for Record {
                    fn from(record: $record) -> Record {
                        Record::$record(record.into())
                    }
                }
            )*
        }

        /// The record types of STDF V4 and V4-2007
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum RecordType { $( #[doc = $doc] $record, )* }

        impl RecordType {
            /// All types in the order of the specification
            pub const ALL: &'static [RecordType] = &[$( RecordType::$record, )*];

            /// By `REC_TYP` and `REC_SUB`
            #[inline(always)]
            pub fn from_codes(typ: u8, sub: u8) -> Option<RecordType> {
                // A table for all pairs: this is asked twice for every record of a file.
                static BY_CODES: [Option<RecordType>; 1 << 16] = {
                    let mut table = [None; 1 << 16];
                    $( table[u16::from_le_bytes([$typ, $sub]) as usize] = Some(RecordType::$record); )*
                    table
                };
                BY_CODES[usize::from(u16::from_le_bytes([typ, sub]))]
            }

            /// By the three letters of the specification
            pub fn from_name(name: &str) -> Option<RecordType> {
                match name {
                    $( $code => Some(RecordType::$record), )*
                    _ => None,
                }
            }

            /// `REC_TYP` and `REC_SUB`
            pub fn codes(self) -> (u8, u8) {
                match self { $( RecordType::$record => ($typ, $sub), )* }
            }

            /// The three letters of the specification
            pub fn name(self) -> &'static str {
                match self { $( RecordType::$record => $code, )* }
            }

            /// The fields in order
            pub fn layout(self) -> &'static [FieldLayout] {
                match self { $( RecordType::$record => record::$record::LAYOUT, )* }
            }

            /// A record of this type with every field at its missing value
            pub fn empty(self) -> Record {
                match self { $( RecordType::$record => Record::$record(record::$record::default().into()), )* }
            }
        }

        /// A record of unknown type: kept as it stood
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct UnknownView<'a> {
            /// `REC_TYP`
            pub typ: u8,
            /// `REC_SUB`
            pub sub: u8,
            /// Byte order of the file it came from
            pub order: ByteOrder,
            /// The body
            pub body: &'a [u8],
        }

        /// An owned record of unknown type
        #[derive(Debug, Clone, PartialEq)]
        pub struct Unknown {
            /// `REC_TYP`
            pub typ: u8,
            /// `REC_SUB`
            pub sub: u8,
            /// Byte order of the file it came from
            pub order: ByteOrder,
            /// The body
            pub body: Vec<u8>,
        }

        /// A borrowed record of any type
        #[derive(Debug, Clone, Copy, PartialEq)]
        // One record at a time lives on the stack; a box would cost an allocation for each.
        #[allow(clippy::large_enum_variant)]
        pub enum RecordView<'a> {
            $( #[doc = $doc] $record(view::$record<'a>), )*
            /// Any other type, including the reserved types 180 and 181
            Unknown(UnknownView<'a>),
        }

        /// An owned record of any type
        #[derive(Debug, Clone, PartialEq)]
        #[allow(clippy::large_enum_variant)]
        pub enum Record {
            $( #[doc = $doc] $record(records!(@held $record $($held)?)), )*
            /// Any other type, including the reserved types 180 and 181
            Unknown(Unknown),
        }

        impl<'a> RecordView<'a> {
            /// What a view holds before the first record is decoded into it
            pub const NOTHING: Self =
                RecordView::Unknown(UnknownView { typ: 0, sub: 0, order: ByteOrder::Little, body: &[] });

            /// Decodes a record body in place of what was there; see [`Layout::fill_from`]
            #[inline(never)]
            pub fn replace<O: Order>(&mut self, typ: u8, sub: u8, body: &'a [u8]) {
                match RecordType::from_codes(typ, sub) {
                    $( Some(RecordType::$record) => {
                        *self = RecordView::$record(view::$record::MISSING);
                        if let RecordView::$record(record) = self {
                            record.fill_from::<O>(body);
                        }
                    } )*
                    None => *self = RecordView::Unknown(UnknownView { typ, sub, order: O::ORDER, body }),
                }
            }

            /// The type, unless unknown
            pub fn record_type(&self) -> Option<RecordType> {
                match self {
                    $( RecordView::$record(_) => Some(RecordType::$record), )*
                    RecordView::Unknown(_) => None,
                }
            }

            /// Copies
            pub fn to_owned(&self) -> Record {
                match self {
                    $( RecordView::$record(record) => Record::$record(record.to_owned().into()), )*
                    RecordView::Unknown(unknown) => Record::Unknown(Unknown {
                        typ: unknown.typ,
                        sub: unknown.sub,
                        order: unknown.order,
                        body: unknown.body.to_vec(),
                    }),
                }
            }

            /// `REC_TYP` and `REC_SUB`
            pub fn codes(&self) -> (u8, u8) {
                match self {
                    $( RecordView::$record(_) => ($typ, $sub), )*
                    RecordView::Unknown(unknown) => (unknown.typ, unknown.sub),
                }
            }

            /// The three letters of the specification; `???` for unknown types
            pub fn name(&self) -> &'static str {
                self.record_type().map_or("???", RecordType::name)
            }

            /// Appends the record body in `order`; an unknown record's body is copied as it stood
            ///
            /// # Errors
            /// When a present field cannot be said in its format
            pub fn write_body(&self, order: ByteOrder, out: &mut Vec<u8>) -> Result<(), WriteFault> {
                match self {
                    $( RecordView::$record(record) => record.write(order, out), )*
                    RecordView::Unknown(unknown) => {
                        if unknown.order != order && !unknown.body.is_empty() {
                            return Err(WriteFault::UnknownOrder { typ: unknown.typ, sub: unknown.sub });
                        }
                        out.extend_from_slice(unknown.body);
                        Ok(())
                    }
                }
            }

            /// The present fields with their names; none for unknown types
            pub fn values(&self) -> Vec<(&'static str, Value)> {
                match self {
                    $( RecordView::$record(record) => record.values(), )*
                    RecordView::Unknown(_) => Vec::new(),
                }
            }

            /// How many fields the record holds, and its bytes after them
            pub fn remainder(&self) -> (u8, &'a [u8]) {
                match self {
                    $( RecordView::$record(record) => (record.present, record.extra), )*
                    RecordView::Unknown(unknown) => (0, unknown.body),
                }
            }
        }

        impl Default for Record {
            /// What a record holds before the first one is decoded into it
            fn default() -> Self {
                Record::Unknown(Unknown { typ: 0, sub: 0, order: ByteOrder::Little, body: Vec::new() })
            }
        }

        impl Record {
            /// Decodes a record body in place of what was there; a record of the same type gives its memory
            #[inline(never)]
            pub fn replace<O: Order>(&mut self, typ: u8, sub: u8, body: &[u8]) {
                match (RecordType::from_codes(typ, sub), &mut *self) {
                    $( (Some(RecordType::$record), Record::$record(record)) => {
                        let mut view = view::$record::MISSING;
                        view.fill_from::<O>(body);
                        record.take_over(&view);
                    } )*
                    (_, other) => *other = Record::decoded::<O>(typ, sub, body),
                }
            }

            /// Decodes a record body
            #[inline(never)]
            pub fn decoded<O: Order>(typ: u8, sub: u8, body: &[u8]) -> Record {
                match RecordType::from_codes(typ, sub) {
                    $( Some(RecordType::$record) => {
                        let mut view = view::$record::MISSING;
                        view.fill_from::<O>(body);
                        let mut record = Record::$record(view::$record::MISSING.to_owned().into());
                        if let Record::$record(record) = &mut record {
                            record.take_over(&view);
                        }
                        record
                    } )*
                    None => Record::Unknown(Unknown { typ, sub, order: O::ORDER, body: body.to_vec() }),
                }
            }

            /// Borrows
            pub fn as_view(&self) -> RecordView<'_> {
                match self {
                    $( Record::$record(record) => RecordView::$record(record.as_view()), )*
                    Record::Unknown(unknown) => RecordView::Unknown(UnknownView {
                        typ: unknown.typ,
                        sub: unknown.sub,
                        order: unknown.order,
                        body: &unknown.body,
                    }),
                }
            }

            /// Sets a field by name; `false` when there is no such field or the value has another type
            pub fn set(&mut self, name: &str, value: Value) -> bool {
                match self {
                    $( Record::$record(record) => record.set(name, value), )*
                    Record::Unknown(_) => false,
                }
            }

            /// Says how many fields, counted from the first, are to be written
            pub fn set_present(&mut self, present: u8) {
                match self {
                    $( Record::$record(record) => record.present = present, )*
                    Record::Unknown(_) => {}
                }
            }
        }
    };
}
pub(crate) use records;
