//! Text as testers write it: bytes whose encoding nobody declared

use std::borrow::Cow;
use std::fmt;

/// How to read the bytes of a text field (rule 22)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// UTF-8 when the bytes are valid UTF-8, otherwise ISO 8859-1, which accepts every byte
    #[default]
    Utf8OrLatin1,
    /// UTF-8 when valid, otherwise GB 18030 (testers running a Chinese system locale)
    Utf8OrGb18030,
}

impl Encoding {
    /// Decodes; never fails, and borrows when the bytes are valid UTF-8
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Cow::Borrowed(text);
        }
        match self {
            Encoding::Utf8OrLatin1 => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
            Encoding::Utf8OrGb18030 => encoding_rs::GB18030.decode_without_bom_handling(bytes).0,
        }
    }
}

/// Bytes of a text that need no memory of their own: as many as fit beside the length into three words
const SHORT: usize = 22;

/// Owned text of a record: the bytes exactly as they stood in the file
///
/// Most texts of a test file are names of a few characters, so texts of up to 22 bytes are held in place.
#[derive(Clone)]
pub struct Text(Held);

#[derive(Clone)]
enum Held {
    Here { length: u8, bytes: [u8; SHORT] },
    Apart(Box<[u8]>),
}

impl Text {
    /// The stored bytes
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Held::Here { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Held::Apart(bytes) => bytes,
        }
    }

    /// Whether the field is empty, which STDF uses for "missing"
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// UTF-8, else ISO 8859-1
    pub fn decode(&self) -> Cow<'_, str> {
        Encoding::default().decode(self.as_bytes())
    }
}

impl Text {
    /// Replaces the bytes in place
    ///
    /// A short text that is made and then moved is read back wide right after it was written in pieces, which stalls
    /// the processor for longer than the copying takes.
    #[inline]
    pub fn set(&mut self, text: &[u8]) {
        match &mut self.0 {
            Held::Here { length, bytes } if text.len() <= SHORT => {
                *length = text.len() as u8;
                if let Some(start) = bytes.get_mut(..text.len()) {
                    copy_short(start, text);
                }
            }
            held => *held = Text::from(text).0,
        }
    }
}

impl From<&[u8]> for Text {
    fn from(text: &[u8]) -> Self {
        let mut bytes = [0; SHORT];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(start), Ok(length)) => {
                start.copy_from_slice(text);
                Text(Held::Here { length, bytes })
            }
            _ => Text(Held::Apart(text.into())),
        }
    }
}

/// Copies a few bytes as two pieces that may overlap: a call of `memcpy` takes longer than the copying
#[inline(always)]
fn copy_short(to: &mut [u8], from: &[u8]) {
    fn pieces<const N: usize>(to: &mut [u8], from: &[u8]) -> Option<()> {
        *to.first_chunk_mut::<N>()? = *from.first_chunk::<N>()?;
        *to.last_chunk_mut::<N>()? = *from.last_chunk::<N>()?;
        Some(())
    }
    let _ = match from.len() {
        0 => None,
        1 => pieces::<1>(to, from),
        2..4 => pieces::<2>(to, from),
        4..8 => pieces::<4>(to, from),
        8..16 => pieces::<8>(to, from),
        _ => pieces::<16>(to, from),
    };
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text::from(text.as_bytes())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Text::from(text.as_bytes())
    }
}

impl Default for Text {
    fn default() -> Self {
        Text(Held::Here { length: 0, bytes: [0; SHORT] })
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Text {}

impl std::hash::Hash for Text {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.decode())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.decode())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_same_however_it_is_held() {
        assert_eq!(size_of::<Text>(), 3 * size_of::<usize>());
        for length in (0..=SHORT + 1).chain([255]) {
            let bytes: Vec<u8> = (0..length).map(|byte| byte as u8).collect();
            let text = Text::from(&bytes[..]);
            assert_eq!(text.as_bytes(), bytes);
            assert_eq!((text.is_empty(), text.clone() == text), (length == 0, true));
            assert!(length < 2 || Text::from(&bytes[1..]) > text);
            for before in ["", "a", "a text of more than twenty-two bytes"] {
                let mut set = Text::from(before);
                set.set(&bytes);
                assert_eq!(set, text);
            }
        }
    }

    #[test]
    fn falls_back_by_choice() {
        // "封测" in GB 18030
        let bytes = [0xb7, 0xe2, 0xb2, 0xe2];
        assert_eq!(Encoding::Utf8OrGb18030.decode(&bytes), "封测");
        assert_eq!(Encoding::Utf8OrLatin1.decode(&bytes), "·â²â");
        assert_eq!(Encoding::Utf8OrGb18030.decode("µA".as_bytes()), "µA");
    }
}
