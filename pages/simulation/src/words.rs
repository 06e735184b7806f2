//! The engine speaks the language of its command line; what it complains about is said here in the language of the pages.

use simulation::SimulationError;
use simulation::material::Confidence;

/// Said when an input names a power map that was not given.
pub const NO_POWER_MAP: &str = "the power map is not there";

/// Complaints of the engine by how they begin, and as people read them.
const REASONS: [(&str, &str); 42] = [
    (NO_POWER_MAP, "输入文件引用了功率分布，但没有上传。请上传 CSV，或在“功率分布”中粘贴"),
    ("the board is smaller than the package", "测试板比封装体小"),
    ("must lie between 0 and 100 %", "须在 0 到 100 % 之间"),
    ("leaves no room for the copper layers", "太薄，放不下铜层"),
    ("is thicker than half the drill", "孔铜比钻孔半径还厚"),
    ("the vias do not fit under the exposed pad", "散热焊盘下放不下这么多过孔"),
    ("give `coefficient`, or an air speed", "请填写换热系数，或填写风速以便估算"),
    ("the fins leave no gaps", "翅片之间没有间隙"),
    ("must fit into the body", "超出了封装体"),
    ("the leads need more room", "一侧放不下这么多引脚：请核对引脚数、节距和封装体尺寸"),
    ("must be less than the pitch", "须小于节距"),
    ("the leads touch the pad", "引脚碰到了焊盘：请缩短引脚或缩小焊盘"),
    ("must be more than the foot's length", "须大于焊接端长度与框架厚度之和"),
    ("there must be at least one layer", "至少要有一层"),
    ("the balls stand out beyond the body", "焊球超出了封装体"),
    ("there are no balls", "没有焊球"),
    ("the die stands out beyond the substrate", "芯片超出了基板"),
    ("the die stands out beyond what carries it", "芯片超出了承载它的焊盘或芯片：请核对尺寸和位置"),
    ("the foot of the lid touches the die", "盖脚碰到了芯片"),
    ("leaves no copper on the ceramic", "陶瓷上没有剩下覆铜"),
    ("more than 90 % void", "空洞率超过 90 %，已经不成接合"),
    ("there must be at least one die", "至少要有一颗芯片"),
    ("no die `", "前面没有这个名称的芯片"),
    ("the die reaches", "芯片叠放后高出了封装体"),
    ("the die overlaps", "与另一颗芯片重叠"),
    ("the share of copper must", "含铜率须在 0 到 100 % 之间"),
    ("has no parts", "没有任何部件"),
    ("gives heat where there is no material", "功率落在没有材料的地方"),
    ("give at least one temperature", "请至少填写一个温度"),
    ("its material has no elastic data", "材料没有弹性数据（模量、泊松比、膨胀系数），不能计算翘曲"),
    ("the hot end must be warmer", "高温端须高于低温端"),
    ("no die has any power", "没有一颗芯片有功率，没有可以计算的温升：请填写功率或功率分布"),
    ("must be positive with rising temperatures", "须为正值，温度须递增"),
    ("must lie between -0.9 and 0.499", "须在 −0.9 到 0.499 之间"),
    ("no material `", "材料库中没有这种材料"),
    ("there is no conductor", "没有任何导体：请至少勾选一类"),
    ("must be at least four diameters", "须至少为线径的四倍，细线公式才成立"),
    ("the wires touch", "间距小于线径，两线相碰"),
    ("must lie between 1 and 128", "须在 1 到 128 之间"),
    ("block `", "功率块超出了芯片"),
    ("the map has no power", "功率分布的总功率为零"),
    ("θJB needs a board", "θJB 需要测试板"),
];

/// A reason of the engine, as people read it; as it is where no words are known.
pub fn reason(text: &str) -> String {
    let known = REASONS.iter().find(|(start, _)| text.starts_with(start)).map(|(_, words)| (*words).to_owned());
    if let Some(words) = known {
        // What stands in quotes names the thing.
        let named = text
            .split('`')
            .nth(1)
            .filter(|_| text.starts_with("no ") || text.contains("overlaps") || text.starts_with("block"));
        return named.map_or(words.clone(), |name| format!("{words}：{name}"));
    }
    if let Some(name) = text.strip_suffix("` is taken").and_then(|text| text.strip_prefix('`')) {
        return format!("名称“{name}”已经用过，请换一个");
    }
    text.to_owned()
}

/// A failure of a run.
pub fn error(error: &SimulationError) -> String {
    match error {
        SimulationError::Field { field, reason: why } => format!("{field}：{}", reason(why)),
        SimulationError::Text { file, line, reason } => format!("{file} 第 {line} 行：{}", text_reason(reason)),
        SimulationError::File { path, reason } => format!("{path}：{reason}"),
        SimulationError::NoHeatSink { x_mm, y_mm, z_mm } => format!(
            "位于（{x_mm:.3}, {y_mm:.3}, {z_mm:.3}）mm 的部分没有散热途径，不存在稳态温度：请把它与其他部分接上，或给它的一个表面设定换热系数或温度。"
        ),
        SimulationError::NotConverged { what, residual, tolerance, iterations } => format!(
            "{} 没有收敛：{iterations} 次迭代后相对残差为 {residual:.1e}，要求 {tolerance:.1e}。不给出结果和图。请核对尺寸、材料与边界条件是否有数量级错误。",
            computation(what)
        ),
        SimulationError::TooManyCells { cells, limit } => {
            format!("网格需要 {cells} 个单元，超过上限 {limit}。请去掉过薄或过小的部件。")
        }
        SimulationError::Cancelled => "已按您的要求停止。".to_owned(),
    }
}

fn text_reason(reason: &str) -> String {
    const KNOWN: [(&str, &str); 9] = [
        ("the file is empty", "文件是空的"),
        ("a list of blocks needs the columns", "功率块列表的表头须为 name,x_mm,y_mm,width_mm,height_mm,power_W"),
        ("needs 6 columns", "须有 6 列"),
        ("width and height must be more than zero", "宽和高须大于零"),
        ("a unit has a name", "每行须为：名称、宽、高、左、下，单位米"),
        ("has no units", "没有任何功能块"),
        ("has no rows", "没有数据行"),
        ("needs ", "列数与表头不符"),
        ("has ", "列数与第一行不同"),
    ];
    if let Some(value) = reason.strip_suffix("` is not a number of zero or more") {
        return format!("“{}”不是不小于零的数字", value.trim_start_matches('`'));
    }
    KNOWN
        .iter()
        .find(|(start, _)| reason.starts_with(start))
        .map_or_else(|| reason.to_owned(), |(_, words)| (*words).to_owned())
}

fn computation(what: &str) -> &str {
    match what {
        what if what.contains("transient") || what.contains("step") => "瞬态温度",
        what if what.contains("deform")
            || what.contains("mechan")
            || what.contains("warp")
            || what.contains("displacement") =>
        {
            "变形"
        }
        what if what.contains("temperature") || what.contains("steady") || what.contains("thermal") => "温度",
        other => other,
    }
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
pub fn assumption(text: &str) -> &str {
    match text {
        text if text.starts_with("linear elastic") => "线弹性，模量随温度变化；不含蠕变、固化收缩与黏弹松弛",
        text if text.starts_with("even temperature") => {
            "温度均匀；各材料在自己的无应力温度下无应力，未注明者取封装的无应力温度"
        }
        text if text.starts_with("free body") => "自由体：不计测试板、焊球和引脚的约束",
        other => other,
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
}
