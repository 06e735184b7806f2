//! XML without surprises: decoded, bounded, and without document types or entities.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::{Limits, Unacceptable};

/// More attributes on one element than any of our formats has.
const MOST_ATTRIBUTES: usize = 256;

/// Why XML is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum XmlError {
    /// Declares a document type or uses an entity that only one could declare.
    DocumentType,
    /// Over a limit.
    TooMuch(String),
    /// Not well-formed, or not in its encoding.
    Malformed(String),
}

impl XmlError {
    /// As the refusal of a file. `what` is the file, `place` the piece inside it.
    pub(crate) fn refusal(self, what: &'static str, place: &str) -> Unacceptable {
        match self {
            Self::DocumentType => Unacceptable::DocumentType { place: place.to_owned() },
            Self::TooMuch(what) => Unacceptable::Bomb { what: format!("{place}：{what}") },
            Self::Malformed(why) => Unacceptable::Damaged { what, why: format!("{place}：{why}") },
        }
    }
}

/// An element that is open, with what of it was read so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Element {
    /// Without its prefix.
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    /// Its own text, without that of its children.
    pub(crate) text: String,
}

impl Element {
    /// The value of an attribute, by its name without prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// The text of a piece of XML in the encoding that it declares: UTF-8, UTF-16 with a mark, GBK or GB 18030.
pub(crate) fn decode<'a>(content: &'a [u8], limits: &Limits) -> Result<Cow<'a, str>, XmlError> {
    if content.len() as u64 > limits.xml_bytes {
        return Err(XmlError::TooMuch(format!("XML 超过 {} 字节", limits.xml_bytes)));
    }
    let (encoding, content) = match Encoding::for_bom(content) {
        Some((encoding, length)) => (encoding, content.get(length..).unwrap_or_default()),
        None => (declared(content)?, content),
    };
    let decoded = encoding.decode_without_bom_handling_and_without_replacement(content);
    let text = decoded.ok_or_else(|| XmlError::Malformed(format!("内容不是有效的 {} 编码", encoding.name())))?;
    if text.contains('\0') { Err(XmlError::Malformed("含有空字符".to_owned())) } else { Ok(text) }
}

/// The encoding that the first line declares; UTF-8 when it declares none.
fn declared(content: &[u8]) -> Result<&'static Encoding, XmlError> {
    let Some(line) = content.strip_prefix(b"<?xml") else { return Ok(UTF_8) };
    let line = line.get(..200).unwrap_or(line);
    let line = String::from_utf8_lossy(line.split(|byte| *byte == b'>').next().unwrap_or_default());
    let Some((_, label)) = line.split_once("encoding") else { return Ok(UTF_8) };
    let label = label.split(['"', '\'']).nth(1).unwrap_or_default();
    match Encoding::for_label(label.as_bytes()) {
        // Whoever could read the declaration did not read UTF-16.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok(UTF_8),
        Some(encoding) if [UTF_8, GBK, GB18030].contains(&encoding) => Ok(encoding),
        _ => Err(XmlError::Malformed(format!("不支持编码“{}”", crate::unacceptable::shortened(label)))),
    }
}

/// Calls `visit` whenever an element ends, with all open elements, the ending one last.
pub(crate) fn walk(text: &str, limits: &Limits, mut visit: impl FnMut(&[Element])) -> Result<(), XmlError> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let (mut count, mut had_root) = (0_u32, false);
    loop {
        match reader.read_event().map_err(|error| XmlError::Malformed(error.to_string()))? {
            Event::DocType(_) => return Err(XmlError::DocumentType),
            event @ (Event::Start(_) | Event::Empty(_)) => {
                count += 1;
                if count > limits.xml_elements || open.len() >= limits.xml_depth as usize {
                    return Err(XmlError::TooMuch("XML 元素过多或嵌套过深".to_owned()));
                }
                if open.is_empty() && std::mem::replace(&mut had_root, true) {
                    return Err(XmlError::Malformed("有多个根元素".to_owned()));
                }
                let (tag, ends) = match &event {
                    Event::Start(tag) => (tag, false),
                    Event::Empty(tag) => (tag, true),
                    _ => continue,
                };
                open.push(element(tag)?);
                if ends {
                    visit(&open);
                    open.pop();
                }
            }
            Event::End(_) => {
                visit(&open);
                open.pop();
            }
            Event::Text(text) => add(&mut open, &text)?,
            Event::CData(text) => add(&mut open, &text)?,
            Event::GeneralRef(reference) => {
                let letter = reference.resolve_char_ref().map_err(|error| XmlError::Malformed(error.to_string()))?;
                match letter {
                    Some(letter) => add(&mut open, letter.encode_utf8(&mut [0; 4]))?,
                    None => {
                        let known = quick_xml::escape::resolve_predefined_entity(&reference);
                        add(&mut open, known.ok_or(XmlError::DocumentType)?)?;
                    }
                }
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof if open.is_empty() && had_root => return Ok(()),
            Event::Eof => return Err(XmlError::Malformed("内容在中途断开".to_owned())),
        }
    }
}

fn element(tag: &BytesStart<'_>) -> Result<Element, XmlError> {
    let malformed = |error: &dyn std::fmt::Display| XmlError::Malformed(error.to_string());
    let mut attributes = Vec::new();
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| malformed(&error))?;
        if attributes.len() == MOST_ATTRIBUTES {
            return Err(XmlError::TooMuch("XML 元素的属性过多".to_owned()));
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| XmlError::DocumentType)?;
        attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
    }
    Ok(Element { name: tag.local_name().as_ref().to_owned(), attributes, text: String::new() })
}

fn add(open: &mut [Element], text: &str) -> Result<(), XmlError> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(XmlError::Malformed("根元素之外有文字".to_owned())),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(text: &str) -> Result<Vec<String>, XmlError> {
        let mut found = Vec::new();
        walk(text, &Limits::default(), |open| {
            let path: Vec<_> = open.iter().map(|element| element.name.as_str()).collect();
            if let Some(last) = open.last() {
                found.push(format!("{}={}", path.join("/"), last.text));
            }
        })?;
        Ok(found)
    }

    #[test]
    fn names_lose_their_prefix_and_texts_their_escapes() {
        let found =
            leaves("<?xml version='1.0'?><f:a xmlns:f='x'><f:b>1 &lt; &#50;<![CDATA[<3]]></f:b><c/></f:a>").unwrap();
        assert_eq!(found, ["a/b=1 < 2<3", "a/c=", "a="]);
    }

    #[test]
    fn entities_and_document_types_are_never_followed() {
        let laughs = "<!DOCTYPE a [<!ENTITY b 'ha'><!ENTITY c '&b;&b;'>]><a>&c;</a>";
        for text in [laughs, "<a>&c;</a>", "<a b='&c;'/>", "<!DOCTYPE html><a/>"] {
            assert_eq!(leaves(text), Err(XmlError::DocumentType), "{text}");
        }
    }

    #[test]
    fn broken_or_endless_xml_is_refused() {
        for text in ["", "<a>", "<a></b>", "<a/><b/>", "<a/>x", "text"] {
            assert!(matches!(leaves(text), Err(XmlError::Malformed(_))), "{text}");
        }
        let deep = "<a>".repeat(65) + &"</a>".repeat(65);
        assert!(matches!(leaves(&deep), Err(XmlError::TooMuch(_))));
        let many = format!("<a {}/>", (0..300).map(|n| format!("b{n}='' ")).collect::<String>());
        assert!(matches!(leaves(&many), Err(XmlError::TooMuch(_))));
        let limits = Limits { xml_elements: 3, xml_bytes: 20, ..Limits::default() };
        assert!(walk("<a><b/><b/></a>", &limits, |_| ()).is_ok());
        assert!(walk("<a><b/><b/><b/></a>", &limits, |_| ()).is_err());
        assert!(matches!(decode(&[b' '; 21], &limits), Err(XmlError::TooMuch(_))));
    }

    #[test]
    fn declared_encodings_are_decoded() {
        let limits = Limits::default();
        let gbk = [b"<?xml version=\"1.0\" encoding=\"GB2312\"?><a>".as_slice(), b"\xb7\xe2\xb2\xe2", b"</a>"].concat();
        assert!(decode(&gbk, &limits).unwrap().ends_with("<a>封测</a>"));
        let utf16: Vec<u8> = "\u{feff}<a>封</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&utf16, &limits).unwrap(), "<a>封</a>");
        assert!(decode(b"<a>\xb7\xe2</a>", &limits).is_err(), "not UTF-8");
        assert!(decode(b"<?xml version='1.0' encoding='UTF-7'?><a/>", &limits).is_err());
        assert!(decode(b"<a>\0</a>", &limits).is_err());
    }
}
