//! What a register says about itself to programs.

use serde_json::{Map, Value, json};

use crate::cell::Kind;
use crate::column::{Heading, Viewer};
use crate::declaration::Register;

impl<S: 'static> Register<S> {
    /// The OpenAPI 3.1 path item of this register at `path` (JSON), for the columns a viewer sees.
    pub fn openapi(&self, viewer: &Viewer) -> Value {
        let headings: Vec<&Heading> = self.headings_for(viewer).collect();
        let properties: Map<_, _> = headings.iter().map(|heading| (heading.key.to_owned(), schema(heading))).collect();
        let mut parameters = vec![
            format_parameter(),
            parameter("q", "在可筛选的文字列中查找", json!({ "type": "string" })),
            parameter("sort", "排序的列名，前加 - 为降序，可用逗号分隔多个", json!({ "type": "string" })),
            parameter("as_of", "截至日期，缺省为当前", json!({ "type": "string", "format": "date" })),
        ];
        parameters.extend(headings.iter().filter(|heading| heading.filterable).flat_map(|heading| filters(heading)));
        let rows = json!({ "type": "array", "items": { "type": "object", "properties": properties } });
        let counted = json!({ "type": "integer" });
        let text = json!({ "schema": { "type": "string" } });
        json!({ "get": {
            "operationId": format!("register-{}", self.key),
            "summary": self.title,
            "description": self.description,
            "parameters": parameters,
            "responses": { "200": { "description": self.title, "content": {
                "application/json": { "schema": {
                    "type": "object",
                    "properties": {
                        "total": counted, "matching": counted, "page": counted, "pages": counted, "rows": rows,
                    },
                } },
                "text/csv": text,
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": text,
            } } },
        } })
    }
}

/// Without it the answer is a page for people.
fn format_parameter() -> Value {
    let mut parameter = parameter(
        "format",
        "全部符合条件的行，写成哪种格式；缺少时给出网页",
        json!({ "type": "string", "enum": ["json", "csv", "xlsx"] }),
    );
    parameter["required"] = json!(true);
    parameter
}

fn parameter(name: &str, description: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "query", "required": false, "description": description, "schema": schema })
}

fn filters(heading: &Heading) -> Vec<Value> {
    let about = |ending: &str| format!("{}{ending}", heading.label);
    if heading.kind.is_ordered() {
        let bound = |bound, ending| parameter(&format!("{}.{bound}", heading.key), &about(ending), plain(heading.kind));
        return vec![bound("from", "不小于"), bound("to", "不大于")];
    }
    let mut schema = json!({ "type": "string" });
    if !heading.choices.is_empty() {
        schema["enum"] = json!(heading.choices);
    }
    vec![parameter(heading.key, &about(if heading.choices.is_empty() { "包含" } else { "等于" }), schema)]
}

fn plain(kind: Kind) -> Value {
    match kind {
        Kind::Money => json!({ "type": "string", "pattern": r"^-?\d+\.\d{2}$" }),
        Kind::Count => json!({ "type": "integer" }),
        Kind::Rate => json!({ "type": "string", "pattern": r"^-?\d+(\.\d{1,4})?%$" }),
        Kind::Real => json!({ "type": "number" }),
        Kind::Date => json!({ "type": "string", "format": "date" }),
        Kind::Instant => json!({ "type": "string", "format": "date-time" }),
        Kind::Text | Kind::Light => json!({ "type": "string" }),
    }
}

fn schema(heading: &Heading) -> Value {
    let object = |names: [&str; 2]| {
        let properties: Map<_, _> =
            names.iter().map(|name| ((*name).to_owned(), json!({ "type": "string" }))).collect();
        json!({ "type": "object", "properties": properties })
    };
    let own = match heading.kind {
        Kind::Text => json!({ "anyOf": [{ "type": "string" }, object(["text", "href"])] }),
        Kind::Light => object(["tone", "word"]),
        kind => plain(kind),
    };
    let title = heading.label_with_unit();
    json!({ "title": title, "description": heading.description, "anyOf": [own, { "type": "null" }] })
}
