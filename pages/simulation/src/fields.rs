//! The fields of every form, as data: where a value stands in an input file, what it is called, and how it is written.

use crate::quantities::Kind;

/// One field. Its path in the input file is also its name in the form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FieldCard {
    /// Where it stands in the input file, parts joined with dots; numbers count list entries from zero.
    pub path: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it must be filled in.
    pub required: bool,
}

/// Fields that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Head.
    pub title: &'static str,
    /// A remark under the head.
    pub note: &'static str,
    /// The part of the input file that is left out when the group is switched off; such a group has a box to tick.
    pub switch: Option<Switch>,
    /// Its fields, in parts that are declared once for several forms.
    pub fields: &'static [&'static [FieldCard]],
}

impl Group {
    /// What a field of the group is called where the group's head is not in sight.
    pub fn name(&self, card: &FieldCard) -> String {
        if self.title.is_empty() { card.label.to_owned() } else { format!("{} · {}", self.title, card.label) }
    }

    /// Its fields.
    pub fn cards(&self) -> impl Iterator<Item = &'static FieldCard> {
        self.fields.iter().flat_map(|part| part.iter())
    }
}

/// A box that says whether there is such a part at all.
#[derive(Clone, Copy, Debug)]
pub struct Switch {
    /// Name of the box in the form.
    pub name: &'static str,
    /// Part of the input file.
    pub path: &'static str,
    /// Label of the box.
    pub label: &'static str,
}

const fn must(path: &'static str, label: &'static str, kind: Kind) -> FieldCard {
    FieldCard { path, label, kind, required: true }
}

const fn may(path: &'static str, label: &'static str, kind: Kind) -> FieldCard {
    FieldCard { path, label, kind, required: false }
}

/// Fields of a joint.
macro_rules! joint {
    ($at:literal, $what:literal) => {
        &[
            must(concat!($at, ".material"), concat!($what, "材料"), Kind::Material),
            must(concat!($at, ".thickness"), concat!($what, "厚度"), Kind::Size),
            may(concat!($at, ".voids"), concat!($what, "空洞率"), Kind::Share),
            may(concat!($at, ".void_pattern"), concat!($what, "空洞分布"), Kind::Choice(VOID_PATTERNS)),
            may(concat!($at, ".interface"), concat!($what, "附加界面热阻"), Kind::Interface),
        ]
    };
}

/// Fields of a die.
macro_rules! die {
    ($at:literal) => {
        &[
            must(concat!($at, ".name"), "名称", Kind::Words),
            must(concat!($at, ".size"), "长 × 宽", Kind::SizePair),
            must(concat!($at, ".thickness"), "厚度", Kind::Size),
            may(concat!($at, ".at"), "中心位置", Kind::PositionPair),
            may(concat!($at, ".power"), "功率", Kind::Power),
            may(concat!($at, ".material"), "材料", Kind::Material),
        ]
    };
}

const VOID_PATTERNS: &[(&str, &str)] = &[("spread", "均匀分布"), ("centre", "集中在中心（最坏）")];
const BOARDS: &[(&str, &str)] =
    &[("2s2p", "2s2p 四层板（JESD51-7）"), ("1s0p", "1s0p 单层板（JESD51-3）"), ("none", "不装板")];
/// Answers of a flag.
pub const YES_NO: &[(&str, &str)] = &[("yes", "是"), ("no", "否")];

const NAME: &[FieldCard] = &[must("name", "方案名称", Kind::Words)];
const MOULDED: &[FieldCard] =
    &[must("package.body", "塑封体长 × 宽", Kind::SizePair), must("package.thickness", "塑封体高度", Kind::Size)];
const FRAME: &[FieldCard] = &[
    may("package.mould", "塑封料", Kind::Material),
    may("package.frame", "引线框架材料", Kind::Material),
    must("package.frame_thickness", "引线框架厚度", Kind::Size),
];
const PAD: &[FieldCard] = &[must("package.pad.size", "基岛（散热焊盘）长 × 宽", Kind::SizePair)];
const LEADS: &[FieldCard] = &[
    must("package.leads.per_side", "每侧引脚数", Kind::Count),
    must("package.leads.pitch", "节距", Kind::Size),
    must("package.leads.width", "引脚宽", Kind::Size),
    must("package.leads.length", "焊接端长度", Kind::Size),
];
const NO_LEAD: &[FieldCard] =
    &[must("package.family", "类型", Kind::Choice(&[("qfn", "QFN（四侧）"), ("dfn", "DFN（两侧）")]))];
const GULL_WING: &[FieldCard] = &[
    must("package.family", "类型", Kind::Choice(&[("soic", "SOIC（两侧）"), ("qfp", "QFP（四侧）")])),
    must("package.standoff", "离板高度", Kind::Size),
    must("package.reach", "引脚伸出长度", Kind::Size),
    must("package.exposed", "散热焊盘外露并焊接", Kind::Flag),
];
const BALLS: &[FieldCard] = &[
    must("package.balls.count", "球阵列列 × 行", Kind::CountPair),
    must("package.balls.pitch", "球间距", Kind::Size),
    must("package.balls.diameter", "球径（等效柱）", Kind::Size),
    must("package.balls.height", "焊后高度", Kind::Size),
    may("package.balls.rows", "外圈排数（空＝全阵列）", Kind::Count),
    may("package.balls.inner", "中心球阵列", Kind::CountPair),
    may("package.balls.solder", "焊料", Kind::Material),
];
const GRID_ARRAY: &[FieldCard] = &[
    must("package.family", "类型", Kind::Choice(&[("bga", "BGA（焊球）"), ("lga", "LGA（焊盘）")])),
    must("package.body", "封装体长 × 宽", Kind::SizePair),
    must("package.mould_thickness", "塑封厚度", Kind::Size),
    may("package.mould", "塑封料", Kind::Material),
];
const SUBSTRATE: &[FieldCard] = &[must("package.substrate", "基板叠层，自上而下", Kind::Layers)];
const FLIP_CHIP: &[FieldCard] = &[must("package.body", "基板长 × 宽", Kind::SizePair)];
const LID: &[FieldCard] = &[
    must("package.lid.thickness", "盖板厚度", Kind::Size),
    must("package.lid.foot", "盖脚宽度", Kind::Size),
    may("package.lid.material", "盖板材料", Kind::Material),
];
const PLATE: &[FieldCard] = &[
    must("package.plate.size", "底板长 × 宽", Kind::SizePair),
    must("package.plate_thickness", "底板厚度", Kind::Size),
    may("package.plate_material", "底板材料", Kind::Material),
    may("package.mould", "塑封料", Kind::Material),
];
const MODULE: &[FieldCard] = &[
    must("package.base", "底板长 × 宽", Kind::SizePair),
    must("package.base_thickness", "底板厚度", Kind::Size),
    may("package.base_material", "底板材料", Kind::Material),
    must("package.ceramic_size", "陶瓷片长 × 宽", Kind::SizePair),
    must("package.ceramic_thickness", "陶瓷片厚度", Kind::Size),
    may("package.ceramic", "陶瓷材料", Kind::Material),
    must("package.metal_thickness", "覆铜厚度（两面）", Kind::Size),
    must("package.margin", "陶瓷外露边宽", Kind::Size),
];
const STACKED_ON: &[FieldCard] = &[may("package.dies.1.on", "叠在哪颗芯片上", Kind::Words)];

const BOARD: &[FieldCard] = &[
    must("board.kind", "测试板", Kind::Choice(BOARDS)),
    may("board.size", "板长 × 宽（空＝按 JESD51）", Kind::SizePair),
    may("board.thickness", "板厚", Kind::Size),
    may("board.signal_copper", "信号层含铜率", Kind::Share),
    may("board.plane_copper", "平面层含铜率", Kind::Share),
    may("board.solder_thickness", "焊点厚度", Kind::Size),
];
const VIAS: &[FieldCard] = &[
    must("board.vias.count", "过孔数", Kind::Count),
    must("board.vias.drill", "钻孔直径", Kind::Size),
    must("board.vias.plating", "孔铜厚度", Kind::Size),
];
const AIR: &[FieldCard] = &[
    may("environment.ambient", "环境温度", Kind::Temperature),
    may("environment.air_speed", "风速（0＝自然对流）", Kind::Speed),
    may("environment.emissivity", "表面发射率", Kind::Share),
];
const COLD_BOTTOM: &[FieldCard] = &[
    must("environment.bottom.temperature", "冷板或冷却液温度", Kind::Temperature),
    may("environment.bottom.coefficient", "换热系数（空＝等温冷板）", Kind::Film),
];
const HEAT_SINK: &[FieldCard] = &[
    must("heat_sink.size", "散热器长 × 宽", Kind::SizePair),
    must("heat_sink.base", "底座厚度", Kind::Size),
    may("heat_sink.material", "材料", Kind::Material),
    may("heat_sink.coefficient", "换热系数（空＝由风速与翅片估算）", Kind::Film),
    may("heat_sink.fins.count", "翅片数", Kind::Count),
    may("heat_sink.fins.height", "翅片高", Kind::Size),
    may("heat_sink.fins.thickness", "翅片厚", Kind::Size),
];
const REFLOW: &[FieldCard] = &[
    may("reflow.stress_free", "无应力温度", Kind::Temperature),
    may("reflow.temperatures", "求翘曲的温度", Kind::Temperatures),
    may("reflow.limit", "翘曲允许值", Kind::Size),
];
const CYCLE: &[FieldCard] = &[
    may("reflow.cycle", "温度循环两端", Kind::TemperaturePair),
    may("reflow.dwell", "高温停留", Kind::Duration),
    may("reflow.cycles_per_day", "每天循环数", Kind::Number),
];
const CYCLING: &[FieldCard] = &[
    must("power_cycling.on", "每次加热时间", Kind::Duration),
    must("power_cycling.current_per_wire", "每根键合线电流", Kind::Current),
    must("power_cycling.voltage_class", "电压等级", Kind::Voltage),
    must("power_cycling.wire", "键合线直径", Kind::Size),
];

const fn group(title: &'static str, note: &'static str, fields: &'static [&'static [FieldCard]]) -> Group {
    Group { title, note, switch: None, fields }
}

const fn optional(
    title: &'static str,
    switch: (&'static str, &'static str, &'static str),
    fields: &'static [&'static [FieldCard]],
) -> Group {
    let (name, path, label) = switch;
    Group { title, note: "", switch: Some(Switch { name, path, label }), fields }
}

const DIE: Group = group("芯片", "热量产生在有源面。", &[die!("package.dies.0")]);
const ATTACH: Group =
    group("粘片", "空洞率按面积；空洞扫描从 0 到 50 % 另行计算。", &[joint!("package.dies.0.attach", "粘片")]);
const ON_BOARD: Group = group("测试板", "JESD51 板：铜厚、层间距按标准；塑封体小于 27 mm 用小板。", &[BOARD]);
const THERMAL_VIAS: Group = optional("散热过孔", ("has-vias", "board.vias", "散热焊盘下有过孔"), &[VIAS]);
const ENVIRONMENT: Group = group("环境", "", &[AIR]);
const BOTTOM: Group = optional("底面冷却", ("has-bottom", "environment.bottom", "底面装冷板或液冷"), &[COLD_BOTTOM]);
const SINK: Group = optional(
    "散热器",
    ("has-sink", "heat_sink", "封装顶面装散热器"),
    &[HEAT_SINK, joint!("heat_sink.interface", "界面材料")],
);
const WARPAGE: Group = group("翘曲与回流", "", &[REFLOW]);
const WARPAGE_AND_JOINTS: Group = group("翘曲、回流与温度循环", "", &[REFLOW, CYCLE]);
const POWER_CYCLING: Group = Group {
    title: "功率循环",
    note: "按芯片功率通断：通电到所填时间，断电到冷透；由此得结温波动和键合线寿命。",
    switch: Some(Switch { name: "has-cycling", path: "power_cycling", label: "估算功率循环寿命" }),
    fields: &[CYCLING],
};
const SECOND_DIE: Switch = Switch { name: "has-second-die", path: "package.dies.1", label: "有第二颗芯片" };

/// QFN and DFN.
pub const QFN: &[Group] = &[
    group("封装体", "", &[NAME, NO_LEAD, MOULDED, FRAME]),
    group("散热焊盘与引脚", "", &[PAD, LEADS]),
    DIE,
    ATTACH,
    ON_BOARD,
    THERMAL_VIAS,
    ENVIRONMENT,
    WARPAGE,
];

/// SOIC and QFP.
pub const SOIC: &[Group] = &[
    group("封装体", "", &[NAME, GULL_WING, MOULDED, FRAME]),
    group("基岛与引脚", "", &[PAD, LEADS]),
    DIE,
    ATTACH,
    ON_BOARD,
    THERMAL_VIAS,
    ENVIRONMENT,
    WARPAGE,
];

/// Wire-bonded BGA and LGA.
pub const BGA: &[Group] = &[
    group("封装体", "", &[NAME, GRID_ARRAY]),
    group("基板", "每行一层：厚度，材料，含铜率。", &[SUBSTRATE]),
    group("焊球", "", &[BALLS]),
    DIE,
    ATTACH,
    Group {
        title: "第二颗芯片",
        note: "叠放时填下面那颗的名称。",
        switch: Some(SECOND_DIE),
        fields: &[die!("package.dies.1"), STACKED_ON, joint!("package.dies.1.attach", "粘片")],
    },
    ON_BOARD,
    ENVIRONMENT,
    WARPAGE_AND_JOINTS,
];

/// Flip-chip BGA.
pub const FCBGA: &[Group] = &[
    group("基板", "每行一层：厚度，材料，含铜率。", &[NAME, FLIP_CHIP, SUBSTRATE]),
    group("焊球", "", &[BALLS]),
    group("芯片", "倒装，有源面向下。", &[die!("package.die")]),
    group("凸点与底填", "凸点和底部填充合为一层。", &[joint!("package.die.attach", "凸点层")]),
    Group {
        title: "盖板",
        note: "",
        switch: Some(Switch { name: "has-lid", path: "package.lid", label: "有盖板" }),
        fields: &[LID, joint!("package.lid.interface", "界面材料"), joint!("package.lid.adhesive", "盖脚胶")],
    },
    SINK,
    ON_BOARD,
    ENVIRONMENT,
    WARPAGE_AND_JOINTS,
];

/// TO-247 and its kin.
pub const TO: &[Group] = &[
    group("封装体", "", &[NAME, MOULDED, PLATE]),
    DIE,
    ATTACH,
    group("底板到冷板", "", &[joint!("package.interface", "界面材料")]),
    BOTTOM,
    ENVIRONMENT,
    WARPAGE,
    POWER_CYCLING,
];

/// Power modules.
pub const MODULES: &[Group] = &[
    group("底板与陶瓷覆铜", "", &[NAME, MODULE, joint!("package.system_solder", "系统焊层")]),
    group("第一颗芯片", "", &[die!("package.dies.0"), joint!("package.dies.0.attach", "芯片焊层")]),
    Group {
        title: "第二颗芯片",
        note: "",
        switch: Some(SECOND_DIE),
        fields: &[die!("package.dies.1"), joint!("package.dies.1.attach", "芯片焊层")],
    },
    group("底板到散热器", "", &[joint!("package.interface", "界面材料")]),
    BOTTOM,
    ENVIRONMENT,
    WARPAGE,
    POWER_CYCLING,
];

/// Wires, vias and traces.
pub const PARASITICS: &[Group] = &[
    group("", "", &[NAME]),
    optional(
        "键合线",
        ("has-wires", "wires", "有键合线"),
        &[&[
            must("wires.0.name", "名称", Kind::Words),
            must("wires.0.length", "弧线长度", Kind::Size),
            must("wires.0.diameter", "线径", Kind::Size),
            may("wires.0.spacing", "与平行相邻线的间距", Kind::Size),
            may("wires.0.resistivity", "电阻率（空＝金，20 °C）", Kind::Resistivity),
        ]],
    ),
    optional(
        "硅通孔",
        ("has-tsv", "vias", "有硅通孔"),
        &[&[
            must("vias.0.name", "名称", Kind::Words),
            must("vias.0.length", "深度", Kind::Size),
            must("vias.0.radius", "金属半径", Kind::Size),
            must("vias.0.oxide", "氧化层厚度", Kind::Size),
            may("vias.0.resistivity", "电阻率（空＝电镀铜）", Kind::Resistivity),
        ]],
    ),
    optional(
        "走线（微带）",
        ("has-traces", "traces", "有走线"),
        &[&[
            must("traces.0.name", "名称", Kind::Words),
            must("traces.0.length", "长度", Kind::Size),
            must("traces.0.width", "线宽", Kind::Size),
            must("traces.0.thickness", "金属厚度", Kind::Size),
            must("traces.0.height", "到参考平面的高度", Kind::Size),
            must("traces.0.permittivity", "介质相对介电常数", Kind::Number),
            may("traces.0.resistivity", "电阻率（空＝铜）", Kind::Resistivity),
        ]],
    ),
];
