//! Array fields: `kxTYPE` with the count in an earlier field (rule 10)

use std::marker::PhantomData;

use crate::bytes::{Big, ByteOrder, Cursor, Little, Order};
use crate::field::{Cn, Field, FieldFault, OwnedPacked, Packed, Shape, refill};
use crate::text::Text;
use crate::value::Value;

/// Array of `T` with the count in an earlier field
#[derive(Debug, Clone, Copy)]
pub struct ArrayOf<T>(PhantomData<T>);

/// A borrowed array: its bytes are checked to hold `len` elements, decoded when iterated
pub struct Array<'a, T> {
    bytes: &'a [u8],
    len: usize,
    width: usize,
    order: ByteOrder,
    element: PhantomData<fn() -> T>,
}

impl<T> Clone for Array<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Array<'_, T> {}

impl<'a, T: Field> Array<'a, T> {
    /// Number of elements
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no element
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Decodes the elements in order
    pub fn iter(&self) -> impl Iterator<Item = T::View<'a>> + use<'a, T> {
        let order = self.order;
        let shape = Shape { count: 1, width: self.width };
        let mut cursor = Cursor::new(self.bytes);
        (0..self.len).map_while(move |_| match order {
            ByteOrder::Little => T::read::<Little>(&mut cursor, shape),
            ByteOrder::Big => T::read::<Big>(&mut cursor, shape),
        })
    }
}

impl<'a, T: Field> PartialEq for Array<'a, T>
where
    T::View<'a>: PartialEq,
{
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl<'a, T: Field> std::fmt::Debug for Array<'a, T>
where
    T::View<'a>: std::fmt::Debug,
{
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

/// Owned arrays keep their elements in the byte order they were read in, so that views stay cheap
pub struct OwnedArray<T> {
    bytes: Vec<u8>,
    len: usize,
    width: usize,
    order: ByteOrder,
    element: PhantomData<fn() -> T>,
}

impl<T> Clone for OwnedArray<T> {
    fn clone(&self) -> Self {
        OwnedArray { bytes: self.bytes.clone(), ..*self }
    }
}

impl<T> Default for OwnedArray<T> {
    fn default() -> Self {
        OwnedArray { bytes: Vec::new(), len: 0, width: 0, order: ByteOrder::Little, element: PhantomData }
    }
}

impl<T: Field> OwnedArray<T> {
    /// Borrows
    pub fn as_view(&self) -> Array<'_, T> {
        Array { bytes: &self.bytes, len: self.len, width: self.width, order: self.order, element: PhantomData }
    }

    /// Collects elements; `width` is the element size in bytes for `U*f` and `C*f`, 0 for all other types
    ///
    /// # Errors
    /// When an element does not fit its format, such as a text of more than 255 bytes
    pub fn from_views<'v>(elements: impl IntoIterator<Item = T::View<'v>>, width: usize) -> Result<Self, FieldFault> {
        let mut array = OwnedArray { width, ..OwnedArray::default() };
        for element in elements {
            T::write(element, array.order, Shape { count: 1, width }, &mut array.bytes)?;
            array.len += 1;
        }
        Ok(array)
    }

    /// Appends the elements of another array, as continuation records need (rule 21)
    ///
    /// # Errors
    /// When the other array's elements are wider and do not fit this one's width
    pub fn append(&mut self, other: &OwnedArray<T>) -> Result<(), FieldFault> {
        let width = self.width.max(other.width);
        let both: Vec<T::View<'_>> = self.as_view().iter().chain(other.as_view().iter()).collect();
        let joined = OwnedArray::from_views(both, width)?;
        *self = joined;
        Ok(())
    }
}

impl<T: Field> PartialEq for OwnedArray<T>
where
    for<'v> T::View<'v>: PartialEq,
{
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.as_view().iter().eq(other.as_view().iter())
    }
}

impl<T: Field> std::fmt::Debug for OwnedArray<T>
where
    for<'v> T::View<'v>: std::fmt::Debug,
{
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.as_view().iter()).finish()
    }
}

impl<T: Field + 'static> Field for ArrayOf<T> {
    type View<'a> = Array<'a, T>;
    type Owned = OwnedArray<T>;
    const CODE: &'static str = T::CODE;
    const MISSING: Array<'static, T> =
        Array { bytes: &[], len: 0, width: 0, order: ByteOrder::Little, element: PhantomData };

    #[inline(never)]
    fn read<'a, O: Order>(cursor: &mut Cursor<'a>, shape: Shape) -> Option<Array<'a, T>> {
        let element = Shape { count: 1, width: shape.width };
        let bytes = if let Some(size) = T::size(shape.width) {
            cursor.take(shape.count * size)?
        } else {
            let start = cursor.rest();
            let mut ahead = *cursor;
            for _ in 0..shape.count {
                T::read::<O>(&mut ahead, element)?;
            }
            let bytes = start.get(..start.len() - ahead.rest().len())?;
            *cursor = ahead;
            bytes
        };
        Some(Array { bytes, len: shape.count, width: shape.width, order: O::ORDER, element: PhantomData })
    }
    fn own(view: Array<'_, T>) -> OwnedArray<T> {
        let Array { bytes, len, width, order, element } = view;
        OwnedArray { bytes: bytes.to_vec(), len, width, order, element }
    }
    #[inline]
    fn own_into(view: Array<'_, T>, owned: &mut OwnedArray<T>) {
        (owned.len, owned.width, owned.order) = (view.len, view.width, view.order);
        refill(&mut owned.bytes, view.bytes);
    }
    fn view(owned: &OwnedArray<T>) -> Array<'_, T> {
        owned.as_view()
    }
    fn write(view: Array<'_, T>, order: ByteOrder, shape: Shape, out: &mut Vec<u8>) -> Result<(), FieldFault> {
        if view.len != shape.count {
            return Err(FieldFault::CountMismatch { actual: view.len, declared: shape.count });
        }
        if view.order == order && view.width == shape.width {
            out.extend_from_slice(view.bytes);
            return Ok(());
        }
        for element in view.iter() {
            T::write(element, order, Shape { count: 1, width: shape.width }, out)?;
        }
        Ok(())
    }
    fn value(view: Array<'_, T>) -> Value {
        Value::List(view.iter().map(T::value).collect())
    }
    fn from_value(value: Value, shape: Shape) -> Option<OwnedArray<T>> {
        let Value::List(values) = value else { return None };
        let element = Shape { count: 1, width: shape.width };
        let elements: Vec<T::Owned> =
            values.into_iter().map(|value| T::from_value(value, element)).collect::<Option<_>>()?;
        OwnedArray::from_views(elements.iter().map(T::view), shape.width).ok()
    }
}

/// Unsigned number whose size in bytes is a field of the record: 1, 2, 4 or 8 (STR, rule 21)
#[derive(Debug, Clone, Copy)]
pub struct Uf;

impl Field for Uf {
    type View<'a> = u64;
    type Owned = u64;
    const CODE: &'static str = "U*f";
    const MISSING: u64 = 0;

    fn size(width: usize) -> Option<usize> {
        matches!(width, 1 | 2 | 4 | 8).then_some(width)
    }
    fn read<O: Order>(cursor: &mut Cursor<'_>, shape: Shape) -> Option<u64> {
        let bytes = cursor.take(Self::size(shape.width)?)?;
        let fold = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(match O::ORDER {
            ByteOrder::Little => bytes.iter().rev().fold(0, fold),
            ByteOrder::Big => bytes.iter().fold(0, fold),
        })
    }
    fn own(view: u64) -> u64 {
        view
    }
    fn view(owned: &u64) -> u64 {
        *owned
    }
    fn write(view: u64, order: ByteOrder, shape: Shape, out: &mut Vec<u8>) -> Result<(), FieldFault> {
        let fault = FieldFault::Width { value: view, width: shape.width };
        let Some(width) = Self::size(shape.width) else { return Err(fault) };
        if width < 8 && view >> (8 * width) != 0 {
            return Err(fault);
        }
        match order {
            ByteOrder::Little => out.extend_from_slice(&view.to_le_bytes()[..width]),
            ByteOrder::Big => out.extend_from_slice(&view.to_be_bytes()[8 - width..]),
        }
        Ok(())
    }
    fn value(view: u64) -> Value {
        Value::Unsigned(view)
    }
    fn from_value(value: Value, _: Shape) -> Option<u64> {
        if let Value::Unsigned(number) = value { Some(number) } else { None }
    }
}

/// Text of one fixed length, a field of the record (STR)
#[derive(Debug, Clone, Copy)]
pub struct Cf;

impl Field for Cf {
    type View<'a> = &'a [u8];
    type Owned = Text;
    const CODE: &'static str = "C*f";
    const MISSING: &'static [u8] = &[];

    fn size(width: usize) -> Option<usize> {
        Some(width)
    }
    fn read<'a, O: Order>(cursor: &mut Cursor<'a>, shape: Shape) -> Option<&'a [u8]> {
        cursor.take(shape.width)
    }
    fn own(view: &[u8]) -> Text {
        Text::from(view)
    }
    fn view(owned: &Text) -> &[u8] {
        owned.as_bytes()
    }
    fn write(view: &[u8], _: ByteOrder, shape: Shape, out: &mut Vec<u8>) -> Result<(), FieldFault> {
        if view.len() > shape.width {
            return Err(FieldFault::TooLong(view.len(), shape.width));
        }
        out.extend_from_slice(view);
        out.resize(out.len() + shape.width - view.len(), b' ');
        Ok(())
    }
    fn value(view: &[u8]) -> Value {
        Value::Text(Text::from(view))
    }
    fn from_value(value: Value, shape: Shape) -> Option<Text> {
        Cn::from_value(value, shape)
    }
}

/// Array of four-bit numbers, two to a byte, low half first (rule 8)
#[derive(Debug, Clone, Copy)]
pub struct NibbleArray;

impl Field for NibbleArray {
    type View<'a> = Packed<'a>;
    type Owned = OwnedPacked;
    const CODE: &'static str = "N*1";
    const MISSING: Packed<'static> = Packed::EMPTY;

    #[inline(always)]
    fn read<'a, O: Order>(cursor: &mut Cursor<'a>, shape: Shape) -> Option<Packed<'a>> {
        let bytes = cursor.take(shape.count.div_ceil(2))?;
        Some(Packed { count: shape.count as u16, bytes })
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
    fn write(view: Packed<'_>, _: ByteOrder, shape: Shape, out: &mut Vec<u8>) -> Result<(), FieldFault> {
        if usize::from(view.count) != shape.count || view.bytes.len() != shape.count.div_ceil(2) {
            return Err(FieldFault::CountMismatch { actual: usize::from(view.count), declared: shape.count });
        }
        out.extend_from_slice(view.bytes);
        Ok(())
    }
    fn value(view: Packed<'_>) -> Value {
        Value::Nibbles(Self::own(view))
    }
    fn from_value(value: Value, _: Shape) -> Option<OwnedPacked> {
        match value {
            Value::Nibbles(nibbles) => Some(nibbles),
            _ => None,
        }
    }
}
