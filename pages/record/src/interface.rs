//! The interface description (OpenAPI 3.1), generated from the declarations of the registers.

use axum::Extension;
use axum::response::IntoResponse as _;
use serde_json::{Map, Value, json};
use web::{Answer, Counter, Page, Who};

use crate::Shown;
use crate::dictionary::readers;

/// What a program may ask of this city: the registers that whoever asks may open, with the columns they see.
pub async fn describe(counter: Counter, page: Page, Extension(shown): Extension<Shown>) -> Answer {
    let state = counter.state()?;
    let (visitor, viewer) = (&counter.visitor, counter.visitor.viewer());
    let mut paths = Map::new();
    for register in shown.registers.iter() {
        let Some(card) = shown.card(register.key).filter(|card| card.who.admits(visitor)) else { continue };
        let mut item = register.openapi(&viewer);
        let operation = &mut item["get"];
        operation["security"] =
            if card.who == Who::Public { json!([{}, { "visit": [] }]) } else { json!([{ "visit": [] }]) };
        operation["description"] = json!(format!("{} 可以打开：{}。", register.description, readers(card)));
        for (status, response) in refusals(card.who) {
            operation["responses"][status] = response;
        }
        paths.insert(card.pattern.to_owned(), item);
    }
    paths.extend(published());
    let name = state.city.identity().map_or_else(String::new, |city| city.name.clone());
    let who = visitor.role().map_or("未登录的公众", kernel::Role::label);
    let description = format!(
        "台账以 JSON 读出，与页面同一地址、同一权限、同一留痕。本说明按“{who}”生成，只含其可以打开的台账和可以看到的列；\
         全部列见 /dictionary。登录在 /sign-in 以表单进行，程序带上得到的 Cookie 即可；没有单独的接口令牌。"
    );
    let document = json!({
        "openapi": "3.1.0",
        "info": { "title": format!("封测 {name} · 台账接口"), "version": env!("CARGO_PKG_VERSION"), "description": description },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": { "securitySchemes": { "visit": {
            "type": "apiKey", "in": "cookie", "name": page.cookie_name(), "description": "登录后的会话",
        } } },
    });
    Ok(axum::Json(document).into_response())
}

/// What else is answered than the register, as pages in HTML.
fn refusals(who: Who) -> Vec<(&'static str, Value)> {
    let said = |words: &str| json!({ "description": words });
    let mut refusals = vec![
        ("404", said("所选日期时本系统还没有记录")),
        ("422", said("截至日期或格式不可用")),
        ("429", said("请求太频繁，Retry-After 说明何时再试")),
    ];
    if who != Who::Public {
        refusals.push(("303", said("尚未登录：转到 /sign-in")));
        refusals.push(("403", said("当前身份不能打开")));
    }
    refusals
}

/// What anybody may fetch besides registers.
fn published() -> Map<String, Value> {
    let file = |id: &str, summary: &str, kind: &str| {
        let content = json!({ kind: { "schema": { "type": "string" } } });
        json!({ "get": {
            "operationId": id, "summary": summary, "security": [{}],
            "responses": { "200": { "description": summary, "content": content } },
        } })
    };
    let files = [
        ("/verify/checkpoints.jsonl", file("checkpoints", "已签名的校验点，每行一个", "application/jsonl")),
        ("/verify/public-key.pem", file("public-key", "校验点的公钥", "application/x-pem-file")),
    ];
    files.map(|(path, item)| (path.to_owned(), item)).into_iter().collect()
}
