//! Every component on one page, with invented content: what page authors look at, and what the browser tests check in
//! both themes.

use std::sync::LazyLock;

use askama::Template;
use chart::{Bars, Estimate, Line, Meter, Point, Sparkline, StackedBars};
use kernel::{Actor, Evidence, Money, OrganisationId, Rate, Recorded, Refusal, Sequence, Timestamp};
use register::{Cell, Column, Kind, Light, Query, Register};

use crate::Answer;
use crate::component::{Empty, Figure, Lamp, Picture, RegisterTable, Step, Steps, Timeline, light};
use crate::form::Draft;
use crate::page::Page;
use crate::reader::Reader;
use crate::route::Route;
use crate::visitor::Visitor;

pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Vec<Route<S>> {
    vec![Route::get("/styleguide", show).public()]
}

#[derive(Template)]
#[template(path = "styleguide.html")]
struct Styleguide<'a> {
    lights: [Light; 4],
    figures: [Figure; 3],
    line: Picture,
    wide: Picture,
    bars: Picture,
    stacked: Picture,
    sparkline: Picture,
    meter: Picture,
    steps: Steps,
    timeline: Timeline,
    empty: Empty,
    form: Draft,
    table: RegisterTable<'a>,
}

impl Styleguide<'_> {
    fn lamp<'a>(&self, light: &'a Light) -> Lamp<'a> {
        self::light(light)
    }
}

/// An invented firm.
struct Sample {
    number: i64,
}

impl Sample {
    fn light(&self) -> Light {
        match self.number % 4 {
            0 => Light::good("按期"),
            1 => Light::watch("滞后 12 个百分点"),
            2 => Light::bad("逾期"),
            _ => Light::unknown("尚未填报"),
        }
    }
}

/// Of the invented register, whose state is nothing.
static REGISTER: LazyLock<Register<()>> = LazyLock::new(|| {
    let rows = |_: &(), _: &register::Viewer| (1..=137).map(|number| Sample { number }).collect();
    Register::declare("samples", "示例台账", "用来展示台账组件的虚构企业。", rows)
        .column(
            Column::new("name", "企业名称", |row: &Sample| {
                Cell::link(format!("示例封装（永川）{}号有限公司", row.number), "/styleguide")
            })
            .filterable()
            .sortable(),
        )
        .column(
            Column::new("district", "区县", |row: &Sample| {
                Cell::text(if row.number % 3 == 0 { "永川区" } else { "西部科学城重庆高新区" })
            })
            .choices(["永川区", "西部科学城重庆高新区"]),
        )
        .column(
            Column::new("revenue", "营业收入", |row: &Sample| {
                if row.number % 7 == 3 { Cell::None } else { Money::from_fen(row.number * 123_456_789).into() }
            })
            .money()
            .sortable()
            .filterable(),
        )
        .column(
            Column::new("staff", "从业人员", |row: &Sample| (row.number * 37).into())
                .kind(Kind::Count)
                .unit("人")
                .sortable(),
        )
        .column(
            Column::new("share", "研发占比", |row: &Sample| {
                Rate::from_parts_per_million(row.number * 1_700 % 150_000).into()
            })
            .kind(Kind::Rate)
            .sortable(),
        )
        .column(
            Column::new("filed", "填报日期", |row: &Sample| {
                jiff::civil::date(2026, 1 + (row.number % 11) as i8, 1 + (row.number % 28) as i8).into()
            })
            .kind(Kind::Date)
            .sortable(),
        )
        .column(Column::new("light", "状态", |row: &Sample| row.light().into()).kind(Kind::Light).sortable())
        .finish()
});

async fn show(page: Page, visitor: Visitor) -> Answer {
    let viewer = visitor.viewer();
    let query = Query::parse(&REGISTER, &viewer, page.query());
    let rows = REGISTER.page(&(), &viewer, &query);
    let form = wrong_form(page.form());
    let page = page.title("组件");
    let content = Styleguide {
        lights: [
            Light::good("按期"),
            Light::watch("滞后 12 个百分点"),
            Light::bad("逾期 3 个工作日"),
            Light::unknown("尚未评定"),
        ],
        figures: figures(),
        line: Picture::new(
            &revenue("style-line").draw(),
            "2021—2025 年为年度填报汇总，其后为预测，带为 80% 区间。示例数据。",
        ),
        wide: Picture::new(&revenue("style-wide").wide().draw(), ""),
        bars: Picture::new(&bars(), "各区县封测产业营收，亿元。示例数据。"),
        stacked: Picture::new(&stacked(), "营收构成，亿元。示例数据。"),
        sparkline: Picture::new(
            &Sparkline::new("style-spark", "近六月填报", [3.0, 4.0, 3.5, 6.0, 7.0, 6.5]).draw(),
            "",
        ),
        meter: Picture::new(&Meter::new("style-meter", "新增企业", "家", 6.0, 10.0).draw(), ""),
        steps: Steps::new([
            Step::done("申报", "03-04"),
            Step::done("区县初审", "03-19"),
            Step::done("专家评审", "04-08 · 中位 86，离散 5"),
            Step::current("市级复核", "还剩 3 个工作日"),
            Step::ahead("会议审定"),
            Step::ahead("公示"),
            Step::ahead("资金计划"),
            Step::ahead("拨付"),
        ]),
        timeline: timeline(),
        empty: Empty::new("本年度还没有填报", "企业提交年度填报并经区县核实后，会出现在这里。")
            .action("去填报", "/styleguide"),
        form,
        table: RegisterTable::new(&REGISTER.title, "/styleguide", &rows, &query),
    };
    page.show(&content)
}

fn figures() -> [Figure; 3] {
    [
        Figure::new("封测产业营收", "163.4", "亿元", "2025年度 · 口径 v2（含代工，不含自用）")
            .target("200 亿元（2027年）")
            .delta("较上年 +15.1%")
            .source("38 份年度填报", "/styleguide")
            .light(Light::good("有望实现"))
            .href("/styleguide"),
        Figure::new("新增封测企业", "6", "/ 10 家", "基线 2023-12-31，共 41 家")
            .delta("本年 +2")
            .source("企业档案", "/styleguide")
            .light(Light::watch("需关注")),
        Figure::new("特色封测水平", "—", "", "需不少于 3 个可比对象、5 名专家").light(Light::unknown("尚未评定")),
    ]
}

fn revenue(id: &str) -> Line {
    let observed = [("2021", 96.0), ("2022", 108.5), ("2023", 121.0), ("2024", 142.0), ("2025", 163.4)];
    let estimate = |label: &str, low, middle, high| Estimate { label: label.into(), low, middle, high };
    Line::new(id, "封测产业营收", "亿元")
        .points(observed.map(|(year, value)| Point::new(year, value)))
        .forecast("80% 区间", [estimate("2026", 172.0, 186.0, 201.0), estimate("2027", 182.0, 211.8, 247.0)])
        .target(200.0)
}

fn bars() -> chart::Svg {
    let rows = [("西部科学城重庆高新区", 91.0), ("永川区", 38.2), ("两江新区", 21.7), ("北碚区", 12.5)];
    Bars::new("style-bars", "各区县营收", "亿元").rows(rows).draw()
}

fn stacked() -> chart::Svg {
    let rows = [
        ("2023", vec![70.0, 33.0, 12.0, 6.0]),
        ("2024", vec![80.0, 38.0, 16.0, 8.0]),
        ("2025", vec![90.0, 44.0, 19.4, 10.0]),
    ];
    StackedBars::new("style-stacked", "营收构成", "亿元", ["封装", "测试", "材料", "装备"]).rows(rows).draw()
}

/// A form as it comes back with errors.
fn wrong_form(form: Draft) -> Draft {
    let typed = [("revenue", "5亿"), ("district", "500118"), ("opinion", "退回"), ("note", "请补充第 7 份利息单。")];
    let mut draft = form.fill(typed);
    let mut reader = Reader { draft: &mut draft };
    let _: Option<Money> = reader.required("revenue", "营业收入");
    let _ = reader.must_tick("true", "声明");
    match draft.clone().refused(Refusal::forbidden("本年度的填报已经市级确认，更正需提交更正申请。"))
    {
        Ok(refused) => refused,
        Err(_) => draft,
    }
}

fn timeline() -> Timeline {
    let step = |sequence: u64, at: &str, title: &str, note: Option<&str>| {
        let organisation: Option<OrganisationId> = "economy-information".parse().ok();
        let actor = organisation.map_or(Actor::System, |organisation| Actor::Person {
            person: kernel::PersonId(uuid::Uuid::nil()),
            role: kernel::Role::CityOfficer,
            organisation,
        });
        let at: Timestamp = at.parse().unwrap_or_default();
        kernel::timeline::Step {
            recorded: Recorded { sequence: Sequence(sequence), at, actor },
            title: title.to_owned(),
            note: note.map(str::to_owned),
            evidence: note
                .map(|_| Evidence {
                    digest: kernel::Digest::of(b"sample"),
                    name: "专项审计报告.pdf".to_owned(),
                    size: 1,
                })
                .into_iter()
                .collect(),
        }
    };
    let steps = [
        step(101_233, "2026-03-04T02:10:00Z", "企业提交年度填报", Some("营业收入 6.80 亿元，附审计报告。")),
        step(101_871, "2026-03-19T07:40:00Z", "区县核实", None),
        step(104_002, "2026-04-08T01:05:00Z", "市级确认", None),
    ];
    Timeline::new(&steps, |actor| actor.role().map_or("系统", kernel::Role::label).to_owned())
}
