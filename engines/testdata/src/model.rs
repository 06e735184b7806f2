//! Runs, wafers, parts, tests and results: one model for every tester file
//!
//! Parts and tests are rows; results are columns, one set for each test, held as Arrow arrays. A result names its part
//! by number, so that a selection of parts (a retest policy, a site, a wafer) is a set of numbers.

use std::collections::HashMap;

use arrow_array::{Float32Array, UInt8Array, UInt16Array, UInt32Array};
use serde::{Deserialize, Serialize};
pub use stdf::tests::{Limit, TestKind};

use crate::piece::PieceRows;

/// One run: from a MIR to its MRR
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// File it was read from
    pub file: String,
    /// Lot
    pub lot: String,
    /// Product
    pub product: String,
    /// Test program
    pub program: String,
    /// Test step
    pub step: String,
    /// Tester
    pub tester: String,
    /// Seconds since 1970
    pub started: u32,
    /// Whether the MRR was there: without it the file was cut off
    pub complete: bool,
    /// Orientation and size of its wafers, if the file says
    pub layout: Option<WaferLayout>,
}

/// What WCR says (rule 14)
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
pub struct WaferLayout {
    /// Whether X grows to the right; `None` when the file does not say
    pub x_grows_right: Option<bool>,
    /// Whether Y grows upwards
    pub y_grows_up: Option<bool>,
    /// Where the flat or notch is: U, D, L or R
    pub flat: Option<char>,
    /// Centre die
    pub center: Option<(i16, i16)>,
    /// Wafer diameter in millimetres
    pub diameter_mm: Option<f32>,
    /// Die width and height in millimetres
    pub die_mm: Option<(f32, f32)>,
}

/// One wafer of a run
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wafer {
    /// Its run
    pub run: u32,
    /// Wafer
    pub id: String,
    /// Test head
    pub head: u8,
}

/// One attempt at a part: from a PIR to its PRR
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// Its run
    pub run: u32,
    /// Its wafer
    pub wafer: Option<u32>,
    /// Test head
    pub head: u8,
    /// Test site
    pub site: u8,
    /// `PART_FLG`, or `None` when the part never ended
    pub flags: Option<u8>,
    /// Tests the tester claims to have executed
    pub claimed_tests: u16,
    /// Results that the file holds
    pub results: u32,
    /// Hardware bin
    pub hard_bin: u16,
    /// Software bin
    pub soft_bin: Option<u16>,
    /// Coordinates
    pub at: Option<(i16, i16)>,
    /// Part identification
    pub id: String,
    /// Test time in milliseconds
    pub milliseconds: u32,
}

impl Part {
    /// Whether it passed; `None` when it never ended or the tester did not judge it (rule 12)
    pub fn passed(&self) -> Option<bool> {
        let flags = self.flags?;
        (flags & 0x10 == 0).then_some(flags & 0x08 == 0)
    }
}

/// One test, the same across runs when number, name and kind agree
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Test {
    /// Number
    pub number: u32,
    /// Name
    pub name: String,
    /// Kind
    #[serde(skip)]
    pub kind: TestKind,
    /// Base units
    pub units: String,
    /// Low limit in base units
    pub low: Option<f32>,
    /// High limit in base units
    pub high: Option<f32>,
    /// Whether some record or run gave other limits
    pub limits_change: bool,
    /// Names of a multiple-result test's pins, one for each element that has a pin (rules 8, 16)
    pub pins: Vec<String>,
}

/// The results of one test, in order of execution
#[derive(Debug, Clone, Default)]
pub struct ResultColumns {
    /// Number of the part
    pub part: Vec<u32>,
    /// Which of several results (MPR); empty when all are 0
    pub element: Vec<u16>,
    /// Result in base units; NaN where the test has none (FTR)
    pub value: Vec<f32>,
    /// `TEST_FLG`
    pub flags: Vec<u8>,
}

impl ResultColumns {
    /// Number of results
    pub fn len(&self) -> usize {
        self.part.len()
    }

    /// Whether there is none
    pub fn is_empty(&self) -> bool {
        self.part.is_empty()
    }

    /// Bytes of memory held
    pub fn bytes(&self) -> usize {
        let numbers = self.part.capacity() * size_of::<u32>() + self.value.capacity() * size_of::<f32>();
        numbers + self.flags.capacity() + self.element.capacity() * size_of::<u16>()
    }

    /// Takes over rows, leaving their memory for the next ones
    pub(crate) fn take(&mut self, more: &mut PieceRows) {
        if !self.element.is_empty() || !more.elements.is_empty() {
            self.element.resize(self.part.len(), 0);
            more.elements.resize(more.rows.len(), 0);
            self.element.append(&mut more.elements);
        }
        self.part.extend(more.rows.iter().map(|row| row.part));
        self.value.extend(more.rows.iter().map(|row| row.value));
        self.flags.extend(more.rows.iter().map(|row| row.flags));
        more.rows.clear();
    }

    pub(crate) fn append(&mut self, mut other: ResultColumns) {
        if !self.element.is_empty() || !other.element.is_empty() {
            self.element.resize(self.part.len(), 0);
            other.element.resize(other.part.len(), 0);
            self.element.append(&mut other.element);
        }
        self.part.append(&mut other.part);
        self.value.append(&mut other.value);
        self.flags.append(&mut other.flags);
    }

    /// As Arrow arrays, without copying: part, element, value, flags
    pub fn into_arrow(mut self) -> (UInt32Array, UInt16Array, Float32Array, UInt8Array) {
        self.element.resize(self.part.len(), 0);
        (self.part.into(), self.element.into(), self.value.into(), self.flags.into())
    }

    /// Whether result `index` is a measurement (rule 7)
    #[inline]
    pub fn is_valid(&self, index: usize) -> bool {
        self.flags.get(index).is_some_and(|&flags| stdf::tests::result_is_valid(flags))
            && self.value.get(index).is_some_and(|value| value.is_finite())
    }
}

/// A claim of the tester about counts (rule 15)
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Claim {
    /// Its run
    pub run: u32,
    /// The record: PCR, HBR, SBR, WRR or TSR
    pub record: &'static str,
    /// What it is about
    pub about: About,
    /// The site, or `None` for the summary over all sites
    pub site: Option<(u8, u8)>,
    /// Parts, or for TSR executions
    pub count: Option<u32>,
    /// Good parts, or for TSR failures
    pub second: Option<u32>,
}

/// What a claim is about
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum About {
    /// The run's parts
    Parts,
    /// A hardware bin, and whether it passes if the file says so
    HardBin(u16, Option<bool>, String),
    /// A software bin
    SoftBin(u16, Option<bool>, String),
    /// A wafer
    Wafer(u32),
    /// A test by number and name
    Test(u32, String),
}

/// What was wrong with one file
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileReport {
    /// The file
    pub file: String,
    /// Unpacked bytes read
    pub bytes: u64,
    /// Records read
    pub records: u64,
    /// Damage, in words
    pub damage: Vec<String>,
    /// Bytes that could not be read
    pub lost_bytes: u64,
    /// Contradictions that were met and how they were resolved
    pub notes: Vec<String>,
}

/// Everything read from a set of files
#[derive(Debug, Default)]
pub struct Dataset {
    /// Runs in order of reading
    pub runs: Vec<Run>,
    /// Wafers in order of reading
    pub wafers: Vec<Wafer>,
    /// Attempts in order of reading, across files
    pub parts: Vec<Part>,
    /// Tests in order of appearance
    pub tests: Vec<Test>,
    /// Results of each test, as far as they are in memory
    pub results: Vec<ResultColumns>,
    /// Claims of the testers
    pub claims: Vec<Claim>,
    /// What was wrong with the files
    pub files: Vec<FileReport>,
    /// Results that did not fit into memory
    pub(crate) spilled: Option<crate::store::Spill>,
    /// Where results lie when the dataset was opened from disk
    pub(crate) kept: Option<crate::kept::Kept>,
    pub(crate) by_key: HashMap<(u32, String, TestKind), u32>,
}

impl Dataset {
    /// All results of one test, from memory and from disk
    ///
    /// # Errors
    /// When spilled results cannot be read back
    pub fn column(&self, test: usize) -> Result<std::borrow::Cow<'_, ResultColumns>, crate::store::StoreError> {
        if let Some(kept) = &self.kept {
            return kept.column(test as u32).map(std::borrow::Cow::Owned);
        }
        let resident = self.results.get(test);
        match &self.spilled {
            None => Ok(resident.map_or_else(Default::default, std::borrow::Cow::Borrowed)),
            Some(spill) => {
                let mut columns = spill.read(test as u32)?;
                if let Some(resident) = resident {
                    columns.append(resident.clone());
                }
                Ok(std::borrow::Cow::Owned(columns))
            }
        }
    }

    /// Tests that match a number or a part of a name (ASCII case ignored)
    pub fn find_tests(&self, wanted: &str) -> Vec<usize> {
        let number: Option<u32> = wanted.parse().ok();
        let wanted = wanted.to_ascii_lowercase();
        (0..self.tests.len())
            .filter(|&index| {
                let test = &self.tests[index];
                Some(test.number) == number || test.name.to_ascii_lowercase().contains(&wanted)
            })
            .collect()
    }
}
