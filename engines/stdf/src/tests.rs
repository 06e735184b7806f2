//! What a test is: numbers, names, limits and units that its first record sets for all later ones (rules 4, 5, 9)

use std::collections::HashMap;

use crate::field::Packed;
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
    /// Whether a value equal to the low limit passes, and to the high limit
    pub equal_passes: (bool, bool),
    /// Whether a later record gave other limits than the first
    pub limits_change: bool,
}

/// The tests of one run, in order of appearance
///
/// Reset at every MIR: a concatenated run has defaults of its own (rule 19).
#[derive(Debug, Clone, Default)]
pub struct Tests {
    key: TestKey,
    tests: Vec<Test>,
    by_number: HashMap<u32, Vec<u32>>,
    by_name: HashMap<Text, u32>,
    /// The test that followed each test last time: nearly always the next one too
    next: Vec<u32>,
    last: u32,
}

impl Tests {
    /// No test yet
    pub fn new(key: TestKey) -> Self {
        Tests { key, ..Tests::default() }
    }

    /// All tests in order of appearance
    pub fn all(&self) -> &[Test] {
        &self.tests
    }

    /// Mutable access for merging runs
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

    #[inline]
    fn find(&mut self, number: u32, name: &[u8], kind: TestKind) -> usize {
        if let Some(&guess) = self.next.get(self.last as usize)
            && let Some(test) = self.tests.get(guess as usize)
            && test.number == number
            && (name == test.name.as_bytes() || (self.key == TestKey::Number))
        {
            self.last = guess;
            return guess as usize;
        }
        let index = self.look_up(number, name, kind);
        if let Some(next) = self.next.get_mut(self.last as usize) {
            *next = index;
        }
        self.last = index;
        index as usize
    }

    fn look_up(&mut self, number: u32, name: &[u8], kind: TestKind) -> u32 {
        let same_number = self.by_number.get(&number).map(Vec::as_slice).unwrap_or_default();
        let found = match self.key {
            TestKey::Number => same_number.first().copied(),
            _ if name.is_empty() => same_number.first().copied(),
            TestKey::NumberAndName => same_number
                .iter()
                .copied()
                .find(|&index| self.tests.get(index as usize).is_some_and(|test| test.name.as_bytes() == name)),
            TestKey::Name => self.by_name.get(&Text::from(name)).copied(),
        };
        if let Some(index) = found {
            return index;
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
            equal_passes: (true, true),
            limits_change: false,
        });
        self.next.push(index + 1);
        self.by_number.entry(number).or_default().push(index);
        self.by_name.entry(Text::from(name)).or_insert(index);
        index
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
