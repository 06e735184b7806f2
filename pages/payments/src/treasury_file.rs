//! 国库拨付文件: what the treasury needs to carry out orders, with account numbers out of the vault. Read by whoever pays,
//! and every reading is recorded.

use cases::payment::{Channel, OrderRecord, OrderStage};
use kernel::Money;
use register::{Cell, Column, Kind, Query, Register};
use web::{Answer, Counter, Markup, Page, show_rows};

use super::readers::{division_name, order_number, sees_case};
use cases_pages::viewer::firm_name;

/// An order as the treasury carries it out.
struct Row {
    number: String,
    amount: Money,
    payee: String,
    holder: String,
    bank: String,
    account: String,
    firm: String,
    issued: kernel::Date,
}

fn register() -> Register<Vec<OrderLine>> {
    let rows = |lines: &Vec<OrderLine>, _: &register::Viewer| lines.iter().map(OrderLine::row).collect();
    let description =
        "已下达、还没有凭证的拨付指令。附言请写指令编号：导入凭证时据此对应。含银行账号，请按涉密敏感信息管理。";
    Register::declare("treasury-file", "国库拨付文件", description, rows)
        .column(Column::new("number", "指令编号", |row: &Row| Cell::text(row.number.clone())).filterable().sortable())
        .column(
            Column::new("issued", "下达日期", |row: &Row| Cell::Date(row.issued))
                .kind(Kind::Date)
                .sortable()
                .filterable(),
        )
        .column(Column::new("payee", "收款人", |row: &Row| Cell::text(row.payee.clone())).filterable().sortable())
        .column(Column::new("holder", "户名", |row: &Row| Cell::text(row.holder.clone())))
        .column(Column::new("bank", "开户银行", |row: &Row| Cell::text(row.bank.clone())).filterable())
        .column(Column::new("account", "账号", |row: &Row| Cell::text(row.account.clone())))
        .column(Column::new("amount", "金额", |row: &Row| row.amount.into()).money().sortable())
        .column(Column::new("firm", "最终收款企业", |row: &Row| Cell::text(row.firm.clone())).filterable())
        .finish()
}

/// What a row is made of; through a district the treasury pays the district, whose account it knows.
struct OrderLine {
    number: String,
    amount: Money,
    issued: kernel::Date,
    district: Option<String>,
    firm: String,
    account: Option<office::BankAccount>,
}

impl OrderLine {
    fn row(&self) -> Row {
        let of = |part: fn(&office::BankAccount) -> &str| {
            self.account.as_ref().map_or_else(|| "（保密库中没有）".to_owned(), |account| part(account).to_owned())
        };
        let through = |text: String| if self.district.is_some() { "—".to_owned() } else { text };
        Row {
            number: self.number.clone(),
            amount: self.amount,
            payee: self.district.as_ref().map_or_else(|| self.firm.clone(), |district| format!("{district}财政局")),
            holder: through(of(office::BankAccount::holder)),
            bank: through(of(office::BankAccount::bank)),
            account: through(of(office::BankAccount::number)),
            firm: self.firm.clone(),
            issued: self.issued,
        }
    }
}

/// The file, as a page and as Excel or CSV.
pub async fn file(counter: Counter, page: Page) -> Answer {
    let (state, viewer) = (counter.state()?, counter.visitor.viewer());
    let waits =
        |record: &&OrderRecord| record.stage == OrderStage::Issued && sees_case(&state, &viewer, record.order.case);
    let mut lines = Vec::new();
    for record in state.cases.orders().filter(waits) {
        let district = match record.order.channel {
            Channel::District(district) => Some(division_name(&state, district)),
            Channel::Treasury => None,
        };
        lines.push(OrderLine {
            number: order_number(record),
            amount: record.order.amount,
            issued: record.recorded.day(),
            firm: firm_name(&state, record.order.firm),
            account: match district {
                Some(_) => None,
                None => counter.hall.named_account(record.order.firm, &record.order.account).await?,
            },
            district,
        });
    }
    lines.sort_by(|one, other| one.number.cmp(&other.number));
    let register = register();
    let query = Query::parse(&register, &viewer, page.query());
    let page = page.title(register.title.clone()).crumb("拨付指令", "/orders");
    let total: Money = lines.iter().map(|line| line.amount).sum();
    let description = format!("{}共 {} 笔，{total} 元。", register.description, lines.len());
    let title = register.title.clone();
    show_rows(&counter, page, &register, &lines, &query, |table| {
        Markup::of(&FilePage { title: &title, description: &description, table })
    })
}

#[derive(askama::Template)]
#[template(
    source = r#"<div class="wide"><h1>{{ title }}</h1><p class="told">{{ description }}</p>{{ table }}</div>"#,
    ext = "html"
)]
struct FilePage<'a> {
    title: &'a str,
    description: &'a str,
    table: web::RegisterTable<'a>,
}
