//! Fields that carry their own type: GDR's `V*n` and VUR's two layouts

use crate::array::{Array, ArrayOf, OwnedArray};
use crate::bytes::{ByteOrder, Cursor, Order};
use crate::field::{Bn, Cn, Dn, Field, FieldFault, I1, I2, I4, OwnedPacked, Packed, R4, R8, Shape, U1, U2, U4};
use crate::text::Text;
use crate::value::Value;

/// One generic data field: a type code, then the data
#[derive(Debug, Clone, Copy)]
pub struct Vn;

macro_rules! generic {
    ($( $variant:ident $code:literal $field:ident $view:ty, $owned:ty, $doc:literal; )*) => {
        /// A borrowed generic data field
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub enum GenericView<'a> {
            /// Pad byte, used to align the data after it (rule 17)
            Pad,
            /// Four bits in the low half of a byte
            Nibble(u8),
            $( #[doc = $doc] $variant($view), )*
        }

        /// An owned generic data field
        #[derive(Debug, Clone, PartialEq)]
        pub enum Generic {
            /// Pad byte
            Pad,
            /// Four bits in the low half of a byte
            Nibble(u8),
            $( #[doc = $doc] $variant($owned), )*
        }

        impl Field for Vn {
            type View<'a> = GenericView<'a>;
            type Owned = Generic;
            const CODE: &'static str = "V*n";
            const MISSING: GenericView<'static> = GenericView::Pad;

            fn read<'a, O: Order>(cursor: &mut Cursor<'a>, _: Shape) -> Option<GenericView<'a>> {
                let mut ahead = *cursor;
                let [code] = ahead.array()?;
                let view = match code {
                    0 => GenericView::Pad,
                    13 => GenericView::Nibble(U1::read::<O>(&mut ahead, Shape::SCALAR)?),
                    $( $code => GenericView::$variant($field::read::<O>(&mut ahead, Shape::SCALAR)?), )*
                    _ => return None,
                };
                *cursor = ahead;
                Some(view)
            }
            fn own(view: GenericView<'_>) -> Generic {
                match view {
                    GenericView::Pad => Generic::Pad,
                    GenericView::Nibble(nibble) => Generic::Nibble(nibble),
                    $( GenericView::$variant(data) => Generic::$variant($field::own(data)), )*
                }
            }
            fn view(owned: &Generic) -> GenericView<'_> {
                match owned {
                    Generic::Pad => GenericView::Pad,
                    Generic::Nibble(nibble) => GenericView::Nibble(*nibble),
                    $( Generic::$variant(data) => GenericView::$variant($field::view(data)), )*
                }
            }
            fn write(
                view: GenericView<'_>,
                order: ByteOrder,
                shape: Shape,
                out: &mut Vec<u8>,
            ) -> Result<(), FieldFault> {
                match view {
                    GenericView::Pad => out.push(0),
                    GenericView::Nibble(nibble) => out.extend_from_slice(&[13, nibble]),
                    $( GenericView::$variant(data) => {
                        out.push($code);
                        $field::write(data, order, shape, out)?;
                    } )*
                }
                Ok(())
            }
            fn value(view: GenericView<'_>) -> Value {
                Value::Generic(Self::own(view))
            }
            fn from_value(value: Value, _: Shape) -> Option<Generic> {
                if let Value::Generic(generic) = value { Some(generic) } else { None }
            }
        }
    };
}

generic! {
    U1 1 U1 u8, u8, "`U*1`";
    U2 2 U2 u16, u16, "`U*2`";
    U4 3 U4 u32, u32, "`U*4`";
    I1 4 I1 i8, i8, "`I*1`";
    I2 5 I2 i16, i16, "`I*2`";
    I4 6 I4 i32, i32, "`I*4`";
    R4 7 R4 f32, f32, "`R*4`";
    R8 8 R8 f64, f64, "`R*8`";
    Text 10 Cn &'a [u8], Text, "`C*n`";
    Bytes 11 Bn &'a [u8], Vec<u8>, "`B*n`";
    Bits 12 Dn Packed<'a>, OwnedPacked, "`D*n`";
}

/// The names in a VUR, which testers write in two layouts (rule 20): one `C*n` filling the record, or a count and
/// that many `C*n`
#[derive(Debug, Clone, Copy)]
pub struct UpdateNames;

/// Borrowed names of a VUR
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UpdateNamesView<'a> {
    /// Whether a count byte stands before the names
    pub counted: bool,
    /// The names, such as `V4-2007`
    pub names: Array<'a, Cn>,
}

/// Owned names of a VUR
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OwnedUpdateNames {
    /// Whether a count byte stands before the names
    pub counted: bool,
    /// The names
    pub names: OwnedArray<Cn>,
}

impl Field for UpdateNames {
    type View<'a> = UpdateNamesView<'a>;
    type Owned = OwnedUpdateNames;
    const CODE: &'static str = "kxC*n";
    const MISSING: UpdateNamesView<'static> = UpdateNamesView { counted: false, names: ArrayOf::<Cn>::MISSING };

    fn read<'a, O: Order>(cursor: &mut Cursor<'a>, _: Shape) -> Option<UpdateNamesView<'a>> {
        let first = usize::from(*cursor.rest().first()?);
        let counted = 1 + first != cursor.rest().len();
        let mut ahead = *cursor;
        let count = if counted { usize::from(U1::read::<O>(&mut ahead, Shape::SCALAR)?) } else { 1 };
        let names = ArrayOf::<Cn>::read::<O>(&mut ahead, Shape { count, width: 0 })?;
        *cursor = ahead;
        Some(UpdateNamesView { counted, names })
    }
    fn own(view: UpdateNamesView<'_>) -> OwnedUpdateNames {
        OwnedUpdateNames { counted: view.counted, names: ArrayOf::own(view.names) }
    }
    fn view(owned: &OwnedUpdateNames) -> UpdateNamesView<'_> {
        UpdateNamesView { counted: owned.counted, names: owned.names.as_view() }
    }
    fn write(view: UpdateNamesView<'_>, order: ByteOrder, _: Shape, out: &mut Vec<u8>) -> Result<(), FieldFault> {
        let count = view.names.len();
        if view.counted {
            out.push(u8::try_from(count).map_err(|_| FieldFault::TooLong(count, 255))?);
        }
        ArrayOf::<Cn>::write(view.names, order, Shape { count, width: 0 }, out)
    }
    fn value(view: UpdateNamesView<'_>) -> Value {
        ArrayOf::value(view.names)
    }
    fn from_value(value: Value, shape: Shape) -> Option<OwnedUpdateNames> {
        let names = ArrayOf::<Cn>::from_value(value, shape)?;
        Some(OwnedUpdateNames { counted: names.as_view().len() != 1, names })
    }
}
