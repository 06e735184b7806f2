//! Records as JSON, one object to a line

use serde_json::{Map, Value as Json, json};

use crate::records::RecordView;
use crate::value::Value;

/// A record as an object: `record`, then the present fields by their names in the specification
pub fn record(view: &RecordView<'_>) -> Json {
    let mut object = Map::new();
    object.insert("record".into(), json!(view.name()));
    if let RecordView::Unknown(unknown) = view {
        object.insert("REC_TYP".into(), json!(unknown.typ));
        object.insert("REC_SUB".into(), json!(unknown.sub));
        object.insert("body".into(), json!(unknown.body));
    }
    for (name, field) in view.values() {
        object.insert(name.to_uppercase(), value(&field));
    }
    Json::Object(object)
}

fn value(field: &Value) -> Json {
    match field {
        Value::Unsigned(number) => json!(number),
        Value::Signed(number) => json!(number),
        Value::Real4(number) => json!(number),
        Value::Real8(number) => json!(number),
        Value::Flags(flags) => json!(flags),
        Value::Character(character) => json!(char::from(*character).to_string()),
        Value::Text(text) => json!(text.decode()),
        Value::Bytes(bytes) => json!(bytes),
        Value::Bits(bits) => json!(bits.as_view().set_bits().collect::<Vec<_>>()),
        Value::Nibbles(nibbles) => json!(nibbles.as_view().nibbles().collect::<Vec<_>>()),
        Value::List(values) => Json::Array(values.iter().map(value).collect()),
        Value::Generic(generic) => json!(format!("{generic:?}")),
    }
}
