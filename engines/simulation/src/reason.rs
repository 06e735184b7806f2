//! What can be wrong with an input, each with what it is about. The words here are those of the command line; whoever speaks
//! another language words the variants anew.

use crate::quantity::UnreadQuantity;

/// What is wrong with a field, or with a line of a file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[allow(missing_docs, reason = "every variant and its figures are told by its words")]
pub enum Reason {
    // Reading.
    #[error(transparent)]
    Quantity(Box<UnreadQuantity>),
    #[error("is no TOML")]
    NotToml,
    #[error("missing field `{name}`")]
    MissingField { name: String },
    #[error("unknown field `{name}`")]
    UnknownField { name: String },
    /// A value of another kind than the field has; in the words of the reader.
    #[error("{words}")]
    Unreadable { words: String },
    #[error("`{path}` is not among the files given")]
    FileNotGiven { path: String },
    #[error("no material `{name}`; known: {known}")]
    UnknownMaterial { name: String, known: String },
    #[error("must be positive with rising temperatures")]
    NotPositiveOrNotRising,
    #[error("must lie between {low} and {high}")]
    OutOfRange { low: f64, high: f64 },
    #[error("must lie between 0 and 100 %")]
    ShareOfCopper,

    // Packages.
    #[error("must fit into the body")]
    BeyondBody,
    #[error("the leads need more room than the side has")]
    LeadsNeedRoom,
    #[error("must be less than the pitch")]
    NotLessThanPitch,
    #[error("the leads touch the pad")]
    LeadsTouchPad,
    #[error("must be more than the foot's length and the lead thickness")]
    ReachTooShort,
    #[error("there must be at least one layer")]
    NoLayers,
    #[error("the balls stand out beyond the body")]
    BallsBeyondBody,
    #[error("there are no balls")]
    NoBalls,
    #[error("the foot of the lid touches the die")]
    LidTouchesDie,
    #[error("leaves no copper on the ceramic")]
    NoCopperLeft,
    #[error("more than 90 % void is no joint any more")]
    TooManyVoids,
    #[error("there must be at least one die")]
    NoDies,
    #[error("no die `{name}` before this one")]
    NoDieBefore { name: String },
    #[error("die `{name}` is missing")]
    DieMissing { name: String },
    #[error("the die stands out beyond what carries it: check `size` and `at`")]
    DieBeyondSupport,
    #[error("the die reaches {reaches_mm:.3} mm, above the package's {limit_mm:.3} mm")]
    DieTooHigh { reaches_mm: f64, limit_mm: f64 },
    #[error("the die overlaps die `{name}`")]
    DiesOverlap { name: String },
    #[error("`{name}` is taken")]
    NameTaken { name: String },
    #[error("leave `power` out: the power trace gives it")]
    PowerTwice,
    #[error("block `{name}` stands out beyond the die")]
    BlockBeyondDie { name: String },
    #[error("the map has no power")]
    MapWithoutPower,

    // Boards and sinks.
    #[error("the board is smaller than the package")]
    BoardTooSmall,
    #[error("leaves no room for the copper layers")]
    BoardTooThin,
    #[error("there is neither an exposed pad nor a ball under a die that vias could lead heat away from")]
    NoPlaceForVias,
    #[error("is thicker than half the drill")]
    PlatingTooThick,
    #[error("the vias do not fit under the exposed pad, or between the balls under the dies")]
    ViasNeedRoom,
    #[error("give `coefficient`, or an air speed from which it can be estimated")]
    NoFilmCoefficient,
    #[error("the fins leave no gaps")]
    FinsLeaveNoGaps,
    #[error("θJB needs a board")]
    NeedsBoard,

    // Runs.
    #[error("has no parts")]
    NoParts,
    #[error("gives heat where there is no material to take it up")]
    HeatWithoutMaterial,
    #[error("no die has any power: there is nothing to compute")]
    NoPower,
    #[error("no die has a power trace with at least two times")]
    NoTrace,
    #[error("give at least one temperature")]
    NoTemperatures,
    #[error("its material has no elastic data (modulus, poisson, expansion)")]
    NoElasticData,
    #[error("no part has elastic data: there is nothing to deform")]
    NothingToDeform,
    #[error("the part around ({x_mm:.3}, {y_mm:.3}, {z_mm:.3}) mm floats: nothing connects it")]
    Floats { x_mm: f64, y_mm: f64, z_mm: f64 },
    #[error("the hot end must be warmer than the cold end")]
    HotEndColder,

    // Conductors.
    #[error("there is no conductor: give `wires`, `vias` or `traces`")]
    NoConductors,
    #[error("must be at least four diameters for the formula of a thin wire")]
    WireTooShort,
    #[error("the wires touch")]
    WiresTouch,

    // Files of powers and of other tools.
    #[error("the file is empty")]
    EmptyFile,
    #[error("the first line must name the columns `{names}`")]
    Columns { names: String },
    #[error("has {found} values where {needed} are needed")]
    ColumnCount { found: usize, needed: usize },
    #[error("width and height must be more than zero")]
    NoExtent,
    #[error("`{text}` is not a number of zero or more")]
    NotPositive { text: String },
    #[error("needs a time in seconds and a power in watts")]
    NoTimeAndPower,
    #[error("the time must be later than in the line before")]
    TimeGoesBack,
    #[error("needs two times at least, and some power between them")]
    TraceWithoutPower,
    #[error("a unit has a name, width, height, left and bottom in metres")]
    NotAUnit,
    #[error("has no units")]
    NoUnits,
    #[error("has no rows")]
    NoRows,

    /// An option of the command line, a file of another tool, or a body that a program put together; what is wrong, in English.
    #[error("{words}")]
    Other { words: String },
}

impl From<&str> for Reason {
    fn from(words: &str) -> Self {
        Self::Other { words: words.to_owned() }
    }
}

impl From<String> for Reason {
    fn from(words: String) -> Self {
        Self::Other { words }
    }
}
