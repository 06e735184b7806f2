//! What a test is: numbers, names, limits and units that its first record sets for all later ones (rules 4, 5, 9)

use std::collections::HashMap;

use crate::bytes::{ByteOrder, Cursor};
use crate::field::Packed;
use crate::framing::Frame;
use crate::records::view;
use crate::text::Text;

/// Kinds of test records
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TestKind {
    /// PTR
    Parametric,
    /// MPR
    MultipleResult,
    /// FTR
    Functional,
    /// STR
    Scan,
}

/// What tells one test from another; testers reuse numbers under different names and names under different numbers
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TestKey {
    /// Number and name; a record without a name belongs to the number's first test
    #[default]
    NumberAndName,
    /// Number alone
    Number,
    /// Name alone; a record without a name belongs to the number's first test
    Name,
}

/// A limit as far as the records say
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Limit {
    /// No record has said anything yet
    #[default]
    Unknown,
    /// A record says there is none
    None,
    /// In base units
    At(f32),
}

impl Limit {
    /// The limit's value, if there is one
    pub fn value(self) -> Option<f32> {
        if let Limit::At(value) = self { Some(value) } else { None }
    }
}

/// One test, with the defaults from its first record
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// Test number
    pub number: u32,
    /// Test name; empty when no record gives one
    pub name: Text,
    /// Kind of its first record
    pub kind: TestKind,
    /// Base units
    pub units: Text,
    /// Low limit in base units
    pub low: Limit,
    /// High limit in base units
    pub high: Limit,
    /// Low specification limit in base units
    pub low_spec: Option<f32>,
    /// High specification limit in base units
    pub high_spec: Option<f32>,
    /// Power of ten by which results are shown
    pub result_scale: Option<i8>,
    /// C format by which results are shown
    pub result_format: Text,
    /// PMR indexes of a multiple-result test, from its first record that has them (rule 8)
    pub pins: Vec<u16>,
    /// First value and step of a multiple-result test's swept input (rule 8)
    pub sweep: Option<(f32, f32)>,
    /// Base units of the swept input
    pub input_units: Text,
    /// Whether a value equal to the low limit passes, and to the high limit
    pub equal_passes: (bool, bool),
    /// Whether a later record gave other limits than the first
    pub limits_change: bool,
}

/// A PTR that ends before its optional fields: nearly every one of most files, since the first has said limits and
/// units (rule 4)
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BareResult<'a> {
    /// `TEST_NUM`
    pub number: u32,
    /// `HEAD_NUM`
    pub head: u8,
    /// `SITE_NUM`
    pub site: u8,
    /// `TEST_FLG`
    pub flags: u8,
    /// `RESULT`
    pub result: f32,
    /// `TEST_TXT`
    pub name: &'a [u8],
}

impl<'a> BareResult<'a> {
    /// `None` when the PTR ends before its name or says more than its name and alarm
    #[inline(always)]
    pub fn of(ptr: &Frame<'a>) -> Option<BareResult<'a>> {
        let (head, texts) = ptr.body.split_first_chunk::<12>()?;
        let [n0, n1, n2, n3, head_num, site, flags, _, r0, r1, r2, r3] = *head;
        let mut cursor = Cursor::new(texts);
        let name = cursor.counted()?;
        if !cursor.rest().is_empty() && (cursor.counted().is_none() || !cursor.rest().is_empty()) {
            return None;
        }
        let (number, result) = match ptr.order {
            ByteOrder::Little => (u32::from_le_bytes([n0, n1, n2, n3]), f32::from_le_bytes([r0, r1, r2, r3])),
            ByteOrder::Big => (u32::from_be_bytes([n0, n1, n2, n3]), f32::from_be_bytes([r0, r1, r2, r3])),
        };
        Some(BareResult { number, head: head_num, site, flags, result, name })
    }
}

/// The tests of one run, in order of appearance
///
/// Reset at every MIR: a concatenated run has defaults of its own (rule 19).
#[derive(Debug, Clone, Default)]
pub struct Tests {
    key: TestKey,
    /// Whether these are the tests of a stretch of a run: which test a nameless record belongs to is not known here
    stretch: bool,
    tests: Vec<Test>,
    /// For each test: the next one with the same number, and the test that followed it last time
    links: Vec<Links>,
    /// First and last test of each number
    by_number: HashMap<u32, (u32, u32)>,
    by_name: HashMap<Text, u32>,
    last: u32,
}

/// What every record asks about a test, together in memory
#[derive(Debug, Clone)]
struct Links {
    number: u32,
    name: Text,
    same_number: u32,
    followed_by: u32,
    first_of_number: bool,
}

const NONE: u32 = u32::MAX;

impl Tests {
    /// No test yet
    pub fn new(key: TestKey) -> Self {
        Tests { key, ..Tests::default() }
    }

    /// No test yet of a stretch of a run, to be given to [`Tests::absorb`] of the whole run in the order of the file
    pub fn of_stretch(key: TestKey) -> Self {
        Tests { key, stretch: true, ..Tests::default() }
    }

    /// Takes over what a later stretch of the run says about one of its tests; gives the test's index here
    pub fn absorb(&mut self, later: &Test) -> usize {
        let index = self.look_up(later.number, later.name.as_bytes(), later.kind) as usize;
        if let Some(test) = self.tests.get_mut(index) {
            test.limits_change |= later.limits_change;
            for (known, new) in [(&mut test.low, later.low), (&mut test.high, later.high)] {
                match (*known, new) {
                    (_, Limit::Unknown) => {}
                    (Limit::Unknown, new) => {
                        *known = new;
                        test.equal_passes = later.equal_passes;
                    }
                    (old, new) => test.limits_change |= old != new,
                }
            }
            learn_text(&mut test.units, later.units.as_bytes());
            learn_text(&mut test.result_format, later.result_format.as_bytes());
            learn_text(&mut test.input_units, later.input_units.as_bytes());
            test.low_spec = test.low_spec.or(later.low_spec);
            test.high_spec = test.high_spec.or(later.high_spec);
            test.result_scale = test.result_scale.or(later.result_scale);
            test.sweep = test.sweep.or(later.sweep);
            if test.pins.is_empty() {
                test.pins.clone_from(&later.pins);
            }
        }
        index
    }

    /// All tests in order of appearance
    pub fn all(&self) -> &[Test] {
        &self.tests
    }

    /// A test by its index
    pub fn get(&self, index: usize) -> Option<&Test> {
        self.tests.get(index)
    }

    /// Index of the PTR's test; the first record of a test sets its defaults
    #[inline]
    pub fn parametric(&mut self, ptr: &view::Ptr<'_>) -> usize {
        let index = self.find(ptr.test_num, ptr.test_txt, TestKind::Parametric);
        if ptr.present > 8
            && let Some(test) = self.tests.get_mut(index)
        {
            let limits = (limit(ptr.opt_flag, 0x10, 0x40, ptr.lo_limit), limit(ptr.opt_flag, 0x20, 0x80, ptr.hi_limit));
            learn_limits(test, limits, (ptr.present > 12, ptr.present > 13), ptr.parm_flg);
            if ptr.opt_flag & 1 == 0 && test.result_scale.is_none() {
                test.result_scale = Some(ptr.res_scal);
            }
            learn_text(&mut test.units, ptr.units);
            learn_text(&mut test.result_format, ptr.c_resfmt);
            learn_spec(&mut test.low_spec, ptr.opt_flag & 4 == 0 && ptr.present > 18, ptr.lo_spec);
            learn_spec(&mut test.high_spec, ptr.opt_flag & 8 == 0 && ptr.present > 19, ptr.hi_spec);
        }
        index
    }

    /// Index of the test of a result that says nothing else about it
    #[inline]
    pub fn bare(&mut self, result: &BareResult<'_>) -> usize {
        self.find(result.number, result.name, TestKind::Parametric)
    }

    /// Index of the MPR's test
    pub fn multiple(&mut self, mpr: &view::Mpr<'_>) -> usize {
        let index = self.find(mpr.test_num, mpr.test_txt, TestKind::MultipleResult);
        if mpr.present > 11
            && let Some(test) = self.tests.get_mut(index)
        {
            let limits = (limit(mpr.opt_flag, 0x10, 0x40, mpr.lo_limit), limit(mpr.opt_flag, 0x20, 0x80, mpr.hi_limit));
            learn_limits(test, limits, (mpr.present > 15, mpr.present > 16), mpr.parm_flg);
            if mpr.opt_flag & 1 == 0 && test.result_scale.is_none() {
                test.result_scale = Some(mpr.res_scal);
            }
            learn_text(&mut test.units, mpr.units);
            learn_text(&mut test.result_format, mpr.c_resfmt);
            if test.pins.is_empty() {
                test.pins = mpr.rtn_indx.iter().collect();
            }
            if test.sweep.is_none() && mpr.opt_flag & 2 == 0 && mpr.present > 18 {
                test.sweep = Some((mpr.start_in, mpr.incr_in));
            }
            learn_text(&mut test.input_units, mpr.units_in);
            learn_spec(&mut test.low_spec, mpr.opt_flag & 4 == 0 && mpr.present > 25, mpr.lo_spec);
            learn_spec(&mut test.high_spec, mpr.opt_flag & 8 == 0 && mpr.present > 26, mpr.hi_spec);
        }
        index
    }

    /// Index of the FTR's test
    pub fn functional(&mut self, ftr: &view::Ftr<'_>) -> usize {
        self.find(ftr.test_num, ftr.test_txt, TestKind::Functional)
    }

    /// Index of the STR's test
    pub fn scan(&mut self, str: &view::Str<'_>) -> usize {
        self.find(str.test_num, str.test_txt, TestKind::Scan)
    }

    /// Sites in parallel repeat a test, programs repeat their order: most records need no search
    #[inline]
    fn find(&mut self, number: u32, name: &[u8], kind: TestKind) -> usize {
        if self.is_it(self.last, number, name) {
            return self.last as usize;
        }
        let guess = self.links.get(self.last as usize).map_or(NONE, |links| links.followed_by);
        if self.is_it(guess, number, name) {
            self.last = guess;
            return guess as usize;
        }
        let index = self.look_up(number, name, kind);
        if let Some(links) = self.links.get_mut(self.last as usize) {
            links.followed_by = index;
        }
        self.last = index;
        index as usize
    }

    #[inline(always)]
    fn is_it(&self, index: u32, number: u32, name: &[u8]) -> bool {
        let Some(links) = self.links.get(index as usize) else { return false };
        links.number == number && (is_same(name, links.name.as_bytes()) || self.may_lack_name(index, name))
    }

    #[inline(never)]
    fn may_lack_name(&self, index: u32, name: &[u8]) -> bool {
        self.links.get(index as usize).is_some_and(|links| links.first_of_number)
            && (self.key == TestKey::Number || (name.is_empty() && !self.stretch))
    }

    fn look_up(&mut self, number: u32, name: &[u8], kind: TestKind) -> u32 {
        let (first, last) = self.by_number.get(&number).copied().unwrap_or((NONE, NONE));
        let nameless = name.is_empty() && !self.stretch;
        let found = match self.key {
            _ if nameless => first,
            TestKey::Number => first,
            TestKey::Name if !name.is_empty() => self.by_name.get(&Text::from(name)).copied().unwrap_or(NONE),
            TestKey::NumberAndName | TestKey::Name => {
                let mut index = first;
                while let (Some(test), Some(links)) = (self.tests.get(index as usize), self.links.get(index as usize))
                    && test.name.as_bytes() != name
                {
                    index = links.same_number;
                }
                index
            }
        };
        if found != NONE {
            return found;
        }
        let index = self.tests.len() as u32;
        self.tests.push(Test {
            number,
            name: Text::from(name),
            kind,
            units: Text::default(),
            low: Limit::Unknown,
            high: Limit::Unknown,
            low_spec: None,
            high_spec: None,
            result_scale: None,
            result_format: Text::default(),
            pins: Vec::new(),
            sweep: None,
            input_units: Text::default(),
            equal_passes: (true, true),
            limits_change: false,
        });
        self.links.push(Links {
            number,
            name: Text::from(name),
            same_number: NONE,
            followed_by: index + 1,
            first_of_number: first == NONE,
        });
        if let Some(links) = self.links.get_mut(last as usize) {
            links.same_number = index;
        }
        self.by_number.insert(number, (if first == NONE { index } else { first }, index));
        if self.key == TestKey::Name {
            self.by_name.entry(Text::from(name)).or_insert(index);
        }
        index
    }
}

/// Whether two names are equal: names of usual length are compared without a call
#[inline(always)]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    fn ends<const N: usize>(one: &[u8], other: &[u8]) -> bool {
        one.first_chunk::<N>() == other.first_chunk::<N>() && one.last_chunk::<N>() == other.last_chunk::<N>()
    }
    one.len() == other.len()
        && match one.len() {
            4..8 => ends::<4>(one, other),
            8..=16 => ends::<8>(one, other),
            _ => one == other,
        }
}

/// Bits 6/7 (no limit) win over bits 4/5 (use the default), rule 5
fn limit(flags: u8, default_bit: u8, none_bit: u8, value: f32) -> Limit {
    if flags & none_bit != 0 {
        Limit::None
    } else if flags & default_bit != 0 {
        Limit::Unknown
    } else {
        Limit::At(value)
    }
}

fn learn_limits(test: &mut Test, (low, high): (Limit, Limit), present: (bool, bool), parm_flg: u8) {
    for (known, new, present) in [(&mut test.low, low, present.0), (&mut test.high, high, present.1)] {
        // "None" needs only the flag; a value needs its field too.
        let new = if present || new == Limit::None { new } else { Limit::Unknown };
        match (*known, new) {
            (_, Limit::Unknown) => {}
            (Limit::Unknown, new) => {
                *known = new;
                test.equal_passes = (parm_flg & 0x40 != 0, parm_flg & 0x80 != 0);
            }
            (old, new) => test.limits_change |= old != new,
        }
    }
}

fn learn_text(known: &mut Text, new: &[u8]) {
    if known.is_empty() && !new.is_empty() {
        *known = Text::from(new);
    }
}

fn learn_spec(known: &mut Option<f32>, valid: bool, new: f32) {
    if known.is_none() && valid {
        *known = Some(new);
    }
}

/// What `TEST_FLG` says about one execution (rule 7)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Executed, judged, good
    Passed,
    /// Executed, judged, bad
    Failed,
    /// No pass/fail indication (bit 6 overrides bit 7), or not executed, or aborted
    Unjudged,
}

impl Verdict {
    /// From `TEST_FLG`
    #[inline]
    pub fn from_flags(test_flg: u8) -> Verdict {
        if test_flg & 0x70 != 0 {
            Verdict::Unjudged
        } else if test_flg & 0x80 != 0 {
            Verdict::Failed
        } else {
            Verdict::Passed
        }
    }
}

/// Whether `TEST_FLG` lets the result count as a measurement: valid, executed, not aborted, no timeout
#[inline]
pub fn result_is_valid(test_flg: u8) -> bool {
    test_flg & 0x3a == 0
}

/// The states of an MPR's pins with their PMR indexes
pub fn pin_states<'t>(test: &'t Test, states: Packed<'t>) -> impl Iterator<Item = (Option<u16>, u8)> + 't {
    states.nibbles().enumerate().map(|(index, state)| (test.pins.get(index).copied(), state))
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::records::record;

    fn ptr(number: u32, name: &str) -> record::Ptr {
        record::Ptr { test_num: number, test_txt: Text::from(name), ..record::Ptr::default() }
    }

    #[test]
    fn first_record_sets_defaults() {
        let mut tests = Tests::new(TestKey::NumberAndName);
        let first = record::Ptr { opt_flag: 0x0e, lo_limit: 1.0, hi_limit: 2.0, units: "V".into(), ..ptr(1, "a") };
        let index = tests.parametric(&first.as_view());
        let mut short = ptr(1, "");
        short.present = 6;
        assert_eq!(tests.parametric(&short.as_view()), index);
        // Flags that say "not in this record" change nothing; other limits are noticed, not taken.
        let silent = record::Ptr { opt_flag: 0x3e, lo_limit: 7.0, ..ptr(1, "a") };
        tests.parametric(&silent.as_view());
        assert_eq!((tests.all()[0].low, tests.all()[0].limits_change), (Limit::At(1.0), false));
        let other = record::Ptr { opt_flag: 0x0e, lo_limit: 1.5, hi_limit: 2.0, ..ptr(1, "a") };
        tests.parametric(&other.as_view());
        assert_eq!((tests.all()[0].low, tests.all()[0].limits_change), (Limit::At(1.0), true));
    }

    #[test]
    fn no_limit_wins_over_default() {
        assert_eq!(limit(0x50, 0x10, 0x40, 3.0), Limit::None);
    }

    #[test]
    fn same_number_other_name_is_another_test() {
        for (key, count) in [(TestKey::NumberAndName, 2), (TestKey::Number, 1), (TestKey::Name, 2)] {
            let mut tests = Tests::new(key);
            tests.parametric(&ptr(1, "a").as_view());
            tests.parametric(&ptr(1, "b").as_view());
            tests.parametric(&ptr(1, "a").as_view());
            assert_eq!(tests.all().len(), count);
        }
    }

    #[test]
    fn bit_six_overrides_bit_seven() {
        assert_eq!(Verdict::from_flags(0xc0), Verdict::Unjudged);
        assert_eq!(Verdict::from_flags(0x80), Verdict::Failed);
    }
}
