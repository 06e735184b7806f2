//! The engine speaks the language of its command line; what it complains about is said here in the language of the pages.

use simulation::material::Confidence;
use simulation::power_cycling::{Beyond, Stress};
use simulation::quantity::{Fault, Measure, UnreadQuantity};
use simulation::warpage::Assumption;
use simulation::{Computation, Reason, SimulationError, UnreadInput};

use crate::quantities::pretty;

/// What is wrong, as people read it.
pub fn reason(reason: &Reason) -> String {
    let words = match reason {
        Reason::Quantity(unread) => return quantity(unread),
        Reason::NotToml => "不是正确的 TOML",
        Reason::MissingField { name } => return format!("缺少 {name}"),
        Reason::UnknownField { name } => return format!("没有名为 {name} 的项目，请核对拼写"),
        Reason::Unreadable { .. } => "值的类型不对：带单位的值写成带引号的文字，个数写成整数，是否写成 true 或 false",
        Reason::FileNotGiven { path } => {
            return format!("输入文件引用了“{path}”，但没有上传。请上传 CSV，或在“功率分布”中粘贴");
        }
        Reason::UnknownMaterial { name, .. } => return format!("材料库中没有这种材料：{name}"),
        Reason::NotPositiveOrNotRising => "须为正值，温度须递增",
        Reason::OutOfRange { low, high } => return format!("须在 {low} 到 {high} 之间"),
        Reason::ShareOfCopper => "含铜率须在 0 到 100 % 之间",
        Reason::BeyondBody => "超出了封装体",
        Reason::LeadsNeedRoom => "一侧放不下这么多引脚：请核对引脚数、节距和封装体尺寸",
        Reason::NotLessThanPitch => "须小于节距",
        Reason::LeadsTouchPad => "引脚碰到了焊盘：请缩短引脚或缩小焊盘",
        Reason::ReachTooShort => "须大于焊接端长度与框架厚度之和",
        Reason::NoLayers => "至少要有一层",
        Reason::BallsBeyondBody => "焊球超出了封装体",
        Reason::NoBalls => "没有焊球",
        Reason::LidTouchesDie => "盖脚碰到了芯片",
        Reason::NoCopperLeft => "陶瓷上没有剩下覆铜",
        Reason::TooManyVoids => "空洞率超过 90 %，已经不成接合",
        Reason::NoDies => "至少要有一颗芯片",
        Reason::NoDieBefore { name } => return format!("前面没有名为“{name}”的芯片"),
        Reason::DieMissing { name } => return format!("芯片“{name}”不见了"),
        Reason::DieBeyondSupport => "芯片超出了承载它的焊盘、基板或芯片：请核对尺寸和位置",
        Reason::DieTooHigh { reaches_mm, limit_mm } => {
            return format!("芯片叠放到 {reaches_mm:.3} mm，高出封装体的 {limit_mm:.3} mm");
        }
        Reason::DiesOverlap { name } => return format!("与芯片“{name}”重叠：请核对尺寸和位置"),
        Reason::NameTaken { name } => return format!("名称“{name}”已经用过，请换一个"),
        Reason::PowerTwice => "已有功率轨迹，请不要再填功率",
        Reason::BlockBeyondDie { name } => return format!("功率块“{name}”超出了芯片"),
        Reason::MapWithoutPower => "功率分布的总功率为零",
        Reason::BoardTooSmall => "测试板比封装体小",
        Reason::BoardTooThin => "太薄，放不下铜层",
        Reason::NoPlaceForVias => "既没有外露焊盘，芯片下方也没有焊球，过孔无处可放",
        Reason::PlatingTooThick => "孔铜比钻孔半径还厚",
        Reason::ViasNeedRoom => "散热焊盘下（或芯片下方焊球之间）放不下这么多过孔",
        Reason::NoFilmCoefficient => "请填写换热系数，或填写风速以便估算",
        Reason::FinsLeaveNoGaps => "翅片之间没有间隙",
        Reason::NeedsBoard => "θJB 需要测试板",
        Reason::NoParts => "没有任何部件",
        Reason::HeatWithoutMaterial => "功率落在没有材料的地方",
        Reason::NoPower => "没有一颗芯片有功率，没有可以计算的温升：请填写功率或功率分布",
        Reason::NoTrace => "没有一颗芯片有至少两个时刻的功率轨迹",
        Reason::NoTemperatures => "请至少填写一个温度",
        Reason::NoElasticData => "材料没有弹性数据（模量、泊松比、膨胀系数），不能计算翘曲",
        Reason::NothingToDeform => "没有一个部件有弹性数据，没有可以变形的东西",
        Reason::Floats { x_mm, y_mm, z_mm } => {
            return format!("位于（{x_mm:.3}, {y_mm:.3}, {z_mm:.3}）mm 的部分悬空：没有与其他部分相连");
        }
        Reason::HotEndColder => "高温端须高于低温端",
        Reason::NoConductors => "没有任何导体：请至少勾选一类",
        Reason::WireTooShort => "须至少为线径的四倍，细线公式才成立",
        Reason::WiresTouch => "间距小于线径，两线相碰",
        Reason::EmptyFile => "文件是空的",
        Reason::Columns { names } => return format!("表头须为 {names}"),
        Reason::ColumnCount { found, needed } => return format!("有 {found} 个值，应有 {needed} 个"),
        Reason::NoExtent => "宽和高须大于零",
        Reason::NotPositive { text } => return format!("“{text}”不是不小于零的数字"),
        Reason::NoTimeAndPower => "每行须为时间（秒）和功率（瓦）",
        Reason::TimeGoesBack => "时间须晚于上一行",
        Reason::TraceWithoutPower => "至少要有两个时刻，其间要有功率",
        Reason::NotAUnit => "每行须为：名称、宽、高、左、下，单位米",
        Reason::NoUnits => "没有任何功能块",
        Reason::NoRows => "没有数据行",
        Reason::Other { words } => return format!("不能计算（{words}）"),
    };
    words.to_owned()
}

/// What is wrong with a number and its unit.
pub fn quantity(unread: &UnreadQuantity) -> String {
    let UnreadQuantity { text, measure, .. } = unread;
    let what = self::measure(*measure);
    let units: Vec<String> = unread.units.iter().map(|unit| pretty(unit)).collect();
    let (example, units) = (units.first().map_or("", String::as_str), units.join("、"));
    match &unread.fault {
        Fault::NoUnit => {
            format!("“{text}”没有单位。{what}要写成“数值 单位”，例如“{text} {example}”；可用的单位：{units}")
        }
        Fault::NoNumber | Fault::WrongUnit => {
            format!("“{text}”读不懂。{what}要写成“数值 单位”，例如“1 {example}”；可用的单位：{units}")
        }
        Fault::TooLow { lowest, open, .. } if *lowest == 0.0 => {
            format!("“{text}”超出范围：{what}必须{}零", if *open { "大于" } else { "不小于" })
        }
        Fault::TooLow { lowest, unit, open } => {
            let bound = if *open { "大于" } else { "不小于" };
            format!("“{text}”超出范围：{what}必须{bound} {lowest} {}", pretty(unit))
        }
    }
}

fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Size => "尺寸",
        Measure::Position => "位置",
        Measure::Power => "功率",
        Measure::Temperature => "温度",
        Measure::FilmCoefficient => "换热系数",
        Measure::Conductivity => "导热率",
        Measure::Density => "密度",
        Measure::SpecificHeat => "比热容",
        Measure::Modulus => "模量",
        Measure::Expansion => "膨胀系数",
        Measure::Share => "比例",
        Measure::InterfaceResistance => "界面热阻",
        Measure::ThermalResistance => "热阻",
        Measure::Speed => "风速",
        Measure::Duration => "时间",
        Measure::Current => "电流",
        Measure::Voltage => "电压",
        Measure::Resistivity => "电阻率",
    }
}

/// A failure of a run.
pub fn error(error: &SimulationError) -> String {
    match error {
        SimulationError::Field { field, reason: why } if field == "package" => reason(why),
        SimulationError::Field { field, reason: why } => format!("{field}：{}", reason(why)),
        SimulationError::Input(unread) => {
            let line = unread.line.map(|line| format!("第 {line} 行")).unwrap_or_default();
            format!("{line}{}", input(unread))
        }
        SimulationError::Text { file, line, reason: why } => format!("{file} 第 {line} 行：{}", reason(why)),
        SimulationError::File { path, .. } => format!("{path}：文件不能读写"),
        SimulationError::NoHeatSink { x_mm, y_mm, z_mm } => format!(
            "位于（{x_mm:.3}, {y_mm:.3}, {z_mm:.3}）mm 的部分没有散热途径，不存在稳态温度：请把它与其他部分接上，或给它的一个表面设定换热系数或温度。"
        ),
        SimulationError::NotConverged { what, residual, tolerance, iterations } => format!(
            "{}没有收敛：{iterations} 次迭代后相对残差为 {residual:.1e}，要求 {tolerance:.1e}。不给出结果和图。请核对尺寸、材料与边界条件是否有数量级错误。",
            computation(*what)
        ),
        SimulationError::TooManyCells { cells, limit } => {
            format!("网格需要 {cells} 个单元，超过上限 {limit}。请去掉过薄或过小的部件。")
        }
        SimulationError::Cancelled => "已按您的要求停止。".to_owned(),
    }
}

/// What is wrong with an input file, without the number of the line: a form puts its files together itself.
pub fn input(unread: &UnreadInput) -> String {
    let why = reason(&unread.reason);
    match (unread.written.as_str(), &unread.field) {
        ("", None) => why,
        ("", Some(field)) => format!("{field}：{why}"),
        (written, _) => format!("“{written}”：{why}"),
    }
}

fn computation(what: Computation) -> &'static str {
    match what {
        Computation::Temperature => "温度",
        Computation::Properties => "随温度变化的物性",
        Computation::Displacement => "变形",
        Computation::Factorisation => "变形的最粗网格",
    }
}

/// A figure outside the range that a life model was fitted to.
pub fn beyond(beyond: &Beyond) -> String {
    let Beyond { model, stress, value, range: (low, high) } = beyond;
    let what = match stress {
        Stress::Swing => "结温波动",
        Stress::Lowest => "最低结温",
        Stress::TimeOn => "加热时间",
        Stress::Current => "每根键合线电流",
        Stress::Voltage => "电压等级",
        Stress::Wire => "键合线直径",
    };
    let unit = stress.unit();
    format!("{model} 按 {low}–{high} {unit} 的{what}拟合，这里是 {value:.1} {unit}，属外推")
}

/// What a stage of a run is called.
pub fn stage(what: &str) -> &str {
    match what {
        "temperatures" => "温度场",
        "mesh" => "网格",
        "warpage" => "翘曲",
        "Zth" => "热阻抗",
        "θJC top" => "θJC（顶）",
        "θJC bottom" => "θJC（底）",
        "θJB" => "θJB",
        "done" => "整理结果",
        other => other,
    }
}

/// What the engine calls a surface.
pub fn surface(name: &str) -> &str {
    match name {
        "package top" => "封装顶面（空气与辐射）",
        "package sides" => "侧面（空气与辐射）",
        "board top" => "板顶面",
        "board edges" => "板边",
        "bottom" => "底面",
        "top" => "顶面冷却",
        "heat sink" => "散热器",
        "cold plate" => "冷板",
        other => other,
    }
}

/// What the engine calls a place.
pub fn place(name: &str) -> &str {
    match name {
        "case top" => "封装顶面中心",
        "board" => "板面，距封装 1 mm",
        "die" => "芯片",
        other => other,
    }
}

/// What the run takes for granted.
pub fn assumption(assumption: Assumption) -> &'static str {
    match assumption {
        Assumption::LinearElastic => "线弹性，模量随温度变化；不含蠕变、固化收缩与黏弹松弛",
        Assumption::EvenTemperature => "温度均匀；各材料在自己的无应力温度下无应力，未注明者取封装的无应力温度",
        Assumption::FreeBody => "自由体：不计测试板、焊球和引脚的约束",
    }
}

/// How far to trust a figure: a symbol and a word.
pub fn confidence(confidence: Confidence) -> (&'static str, &'static str) {
    match confidence {
        Confidence::Low => ("▽", "低"),
        Confidence::Medium => ("◇", "中"),
        Confidence::High => ("◆", "高"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use simulation::metrics::Study;
    use simulation::package::Input;

    #[test]
    fn what_can_be_wrong_with_a_package_is_said_in_chinese() {
        let qfn = crate::family::Family::Qfn.template();
        for (from, to) in [
            ("size = [\"2.5 mm\", \"2.5 mm\"]", "size = [\"4.5 mm\", \"2.5 mm\"]"),
            ("thickness = \"0.2 mm\"", "thickness = \"0.9 mm\""),
            ("per_side = 8", "per_side = 18"),
            ("voids = \"5 %\"", "voids = \"95 %\""),
            ("mould = \"emc\"", "mould = \"plastic\""),
            ("length = \"0.4 mm\"", "length = \"1.4 mm\""),
            ("size = [\"3.4 mm\", \"3.4 mm\"]", "size = [\"5.4 mm\", \"3.4 mm\"]"),
        ] {
            let input = Input::parse(&qfn.replace(from, to)).unwrap();
            let error = Study::new(input, &|_| Ok(String::new())).unwrap_err();
            let SimulationError::Field { reason: why, .. } = &error else { panic!("{error}") };
            let said = reason(why);
            assert!(said.chars().any(|c| c >= '\u{4e00}'), "{to}: {said}");
        }
    }

    #[test]
    fn what_can_be_wrong_with_an_input_file_is_said_in_chinese() {
        let qfn = crate::family::Family::Qfn.template();
        for (from, to, expected) in [
            ("name = \"QFN", "name = QFN", "不是正确的 TOML"),
            ("thickness = \"0.2 mm\"", "thickness = \"0.2\"", "没有单位"),
            ("thickness = \"0.2 mm\"", "thickness = \"-0.2 mm\"", "必须大于零"),
            ("per_side = 8", "per_side = \"many\"", "值的类型不对"),
            ("pitch = ", "pich = ", "没有名为 pich 的项目"),
            ("kind = \"2s2p\"", "kind = \"9s9p\"", "值的类型不对"),
        ] {
            assert!(qfn.contains(from), "{from}");
            let said = error(&Input::parse(&qfn.replace(from, to)).unwrap_err());
            assert!(said.contains(expected) && said.contains("行"), "{to}: {said}");
        }
    }
}
