//! Synthetic files: seeded, of any size, and marked as synthetic in their text fields
//!
//! The files imitate a wafer-probe lot: sites in parallel with interleaved records, parametric and functional tests,
//! defaults in the first record of a test, spatial gradients, failing clusters, one weak site, and re-probed dies
//! whose retest flags are not set.

use std::io::Write;

use crate::bytes::ByteOrder;
use crate::records::{RecordView, record};
use crate::text::Text;
use crate::writer::{WriteError, Writer};

/// The word that stands in every identifying text of a generated file
pub const MARK: &str = "SYNTHETIC";

/// What to generate
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Same seed, same bytes, on every machine
    pub seed: u64,
    /// Byte order
    pub order: ByteOrder,
    /// Wafers
    pub wafers: u32,
    /// Dies along a wafer's diameter
    pub diameter: i16,
    /// Parametric tests
    pub parametric: u32,
    /// Functional tests
    pub functional: u32,
    /// Sites tested in parallel
    pub sites: u8,
    /// Share of failing dies that are probed again, 0 to 1
    pub reprobed: f64,
    /// A site whose contacts are worn: some of its values are far off
    pub worn_site: Option<u8>,
}

impl Default for Plan {
    fn default() -> Self {
        Plan {
            seed: 1,
            order: ByteOrder::Little,
            wafers: 1,
            diameter: 40,
            parametric: 100,
            functional: 10,
            sites: 4,
            reprobed: 0.3,
            worn_site: None,
        }
    }
}

impl Plan {
    /// Dies on one wafer
    pub fn dies(&self) -> u64 {
        positions(self.diameter).count() as u64
    }

    /// As many wafers as it takes to reach about `bytes`
    pub fn of_size(mut self, bytes: u64) -> Self {
        let per_die = u64::from(self.parametric) * 42 + u64::from(self.functional) * 30 + 60;
        self.wafers = (bytes / (per_die * self.dies()).max(1)).max(1) as u32;
        self
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): ten lines whose output can never change under a generated file
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Uniform in 0..1
    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Nearly normal: the sum of four uniforms, scaled to variance 1
    fn normal(&mut self) -> f64 {
        let bits = self.next();
        let sum: f64 = (0..4).map(|part| f64::from((bits >> (16 * part)) as u16) / 65_536.0).sum();
        (sum - 2.0) * 3.0_f64.sqrt()
    }
}

fn positions(diameter: i16) -> impl Iterator<Item = (i16, i16)> {
    let radius = f64::from(diameter) / 2.0;
    (0..diameter).flat_map(move |y| {
        (0..diameter).filter_map(move |x| {
            let (dx, dy) = (f64::from(x) + 0.5 - radius, f64::from(y) + 0.5 - radius);
            (dx * dx + dy * dy <= radius * radius).then_some((x, y))
        })
    })
}

/// Writes a synthetic file; `progress` is called with the bytes written so far and returns whether to go on
///
/// # Errors
/// When the target refuses
pub fn generate<W: Write>(plan: &Plan, target: W, mut progress: impl FnMut(u64) -> bool) -> Result<u64, WriteError> {
    let mut writer = Writer::new(target, plan.order);
    let mut random = Random(plan.seed);
    writer.far()?;
    let lot = format!("{MARK}-LOT-{}", plan.seed);
    let mir = record::Mir {
        setup_t: 1_700_000_000,
        start_t: 1_700_000_060,
        stat_num: 1,
        mode_cod: b'P',
        lot_id: Text::from(lot.as_str()),
        part_typ: Text::from(format!("{MARK}-PART").as_str()),
        node_nam: Text::from(MARK),
        tstr_typ: Text::from(MARK),
        job_nam: Text::from(format!("{MARK}-PROGRAM").as_str()),
        job_rev: Text::from("1"),
        user_txt: Text::from("synthetic data made by a generator; no tester, no product"),
        ..record::Mir::default()
    };
    writer.record(&RecordView::Mir(mir.as_view()))?;
    let wcr = record::Wcr {
        wafr_siz: 300.0,
        die_ht: 300.0 / f32::from(plan.diameter),
        die_wid: 300.0 / f32::from(plan.diameter),
        wf_units: 3,
        wf_flat: b'D',
        center_x: plan.diameter / 2,
        center_y: plan.diameter / 2,
        pos_x: b'R',
        pos_y: b'D',
        ..record::Wcr::default()
    };
    writer.record(&RecordView::Wcr(wcr.as_view()))?;
    let tests = (plan.parametric + plan.functional) as usize;
    let mut lot_run = LotRun { plan, named: vec![false; tests], failures: vec![0; tests], counts: Counts::default() };
    for wafer in 1..=plan.wafers {
        lot_run.wafer(wafer, &mut writer, &mut random)?;
        if !progress(writer.written()) {
            break;
        }
    }
    lot_run.summaries(&mut writer)?;
    let mrr = record::Mrr { finish_t: 1_700_086_400, ..record::Mrr::default() };
    writer.record(&RecordView::Mrr(mrr.as_view()))?;
    let written = writer.written();
    writer.finish()?;
    Ok(written)
}

#[derive(Debug, Clone, Default)]
struct Counts {
    parts: u32,
    good: u32,
    bins: [u32; 4],
}

struct LotRun<'p> {
    plan: &'p Plan,
    named: Vec<bool>,
    /// Failures of each test
    failures: Vec<u32>,
    counts: Counts,
}

struct Die {
    x: i16,
    y: i16,
    site: u8,
    /// Damaged by the wafer's cluster
    damaged: bool,
}

impl LotRun<'_> {
    fn wafer<W: Write>(&mut self, wafer: u32, writer: &mut Writer<W>, random: &mut Random) -> Result<(), WriteError> {
        let wafer_id = Text::from(format!("{MARK}-{wafer:02}").as_str());
        let start = 1_700_000_100 + wafer * 3600;
        let wir = record::Wir { head_num: 1, start_t: start, wafer_id: wafer_id.clone(), ..record::Wir::default() };
        writer.record(&RecordView::Wir(wir.as_view()))?;
        let before = self.counts.clone();
        let diameter = f64::from(self.plan.diameter);
        let (scar_x, scar_y) = (random.uniform() * diameter, random.uniform() * diameter);
        let scar = diameter * 0.08;
        let mut again = Vec::new();
        let mut serial = 0;
        let sites = usize::from(self.plan.sites.max(1));
        let dies: Vec<(i16, i16)> = positions(self.plan.diameter).collect();
        let damaged = |x: i16, y: i16| (f64::from(x) - scar_x).hypot(f64::from(y) - scar_y) < scar;
        let mut touch = |touched: &[(i16, i16)], run: &mut Self, again: &mut Vec<(i16, i16)>, random: &mut Random| {
            let group: Vec<Die> = touched
                .iter()
                .enumerate()
                .map(|(site, &(x, y))| Die { x, y, site: site as u8 + 1, damaged: damaged(x, y) })
                .collect();
            run.touchdown(&group, &mut serial, again, writer, random)
        };
        for group in dies.chunks(sites) {
            touch(group, self, &mut again, random)?;
        }
        let chosen: Vec<(i16, i16)> = again.iter().copied().filter(|_| random.uniform() < self.plan.reprobed).collect();
        for group in chosen.chunks(sites) {
            touch(group, self, &mut again, random)?;
        }
        let wrr = record::Wrr {
            head_num: 1,
            finish_t: start + 3000,
            part_cnt: self.counts.parts - before.parts,
            good_cnt: self.counts.good - before.good,
            wafer_id,
            ..record::Wrr::default()
        };
        writer.record(&RecordView::Wrr(wrr.as_view()))
    }

    fn touchdown<W: Write>(
        &mut self,
        group: &[Die],
        serial: &mut u32,
        failed: &mut Vec<(i16, i16)>,
        writer: &mut Writer<W>,
        random: &mut Random,
    ) -> Result<(), WriteError> {
        for die in group {
            let pir = record::Pir { head_num: 1, site_num: die.site, ..record::Pir::default() };
            writer.record(&RecordView::Pir(pir.as_view()))?;
        }
        let mut bins = vec![1u16; group.len()];
        for test in 0..self.plan.parametric {
            for (die, bin) in group.iter().zip(&mut bins) {
                if !self.parametric(test, die, writer, random)? {
                    *bin = 2;
                }
            }
        }
        for test in 0..self.plan.functional {
            for (die, bin) in group.iter().zip(&mut bins) {
                if !self.functional(test, die, writer, random)? {
                    *bin = 3;
                }
            }
        }
        for (die, &bin) in group.iter().zip(&bins) {
            *serial += 1;
            self.counts.parts += 1;
            self.counts.good += u32::from(bin == 1);
            self.counts.bins[usize::from(bin)] += 1;
            if bin != 1 {
                failed.push((die.x, die.y));
            }
            let prr = record::Prr {
                head_num: 1,
                site_num: die.site,
                part_flg: if bin == 1 { 0 } else { 8 },
                num_test: (self.plan.parametric + self.plan.functional) as u16,
                hard_bin: bin,
                soft_bin: bin,
                x_coord: die.x,
                y_coord: die.y,
                test_t: 800 + (random.next() % 400) as u32,
                part_id: Text::from(serial.to_string().as_str()),
                ..record::Prr::default()
            };
            writer.record(&RecordView::Prr(prr.as_view()))?;
        }
        Ok(())
    }

    fn count_failure(&mut self, test: u32, passed: bool) {
        if let Some(failures) = self.failures.get_mut(test as usize) {
            *failures += u32::from(!passed);
        }
    }

    fn first(&mut self, test: u32) -> bool {
        match self.named.get_mut(test as usize) {
            Some(named) => !std::mem::replace(named, true),
            None => false,
        }
    }

    fn parametric<W: Write>(
        &mut self,
        test: u32,
        die: &Die,
        writer: &mut Writer<W>,
        random: &mut Random,
    ) -> Result<bool, WriteError> {
        let diameter = f64::from(self.plan.diameter);
        let mean = 1.0 + f64::from(test % 17) * 0.25;
        let sigma = 0.01 * mean;
        let slope = f64::from(die.x) / diameter - 0.5;
        let weak_site = if die.site == 2 && test % 50 == 7 { 1.5 } else { 0.0 };
        let damage = if die.damaged && test % 20 == 3 { 9.0 } else { 0.0 };
        let worn = if self.plan.worn_site == Some(die.site) && test % 25 == 11 { 3.5 } else { 0.0 };
        let value = (mean + sigma * (random.normal() + slope * f64::from(test % 3) + weak_site + worn + damage)) as f32;
        let (low, high) = ((mean - 5.0 * sigma) as f32, (mean + 5.0 * sigma) as f32);
        let passed = (low..=high).contains(&value);
        self.count_failure(test, passed);
        let name = parametric_name(test);
        let mut ptr = record::Ptr {
            test_num: 1000 + test,
            head_num: 1,
            site_num: die.site,
            test_flg: if passed { 0 } else { 0x80 },
            parm_flg: 0xc0,
            result: value,
            test_txt: name,
            ..record::Ptr::default()
        };
        if self.first(test) {
            ptr.opt_flag = 0x0e;
            ptr.lo_limit = low;
            ptr.hi_limit = high;
            ptr.units = Text::from("V");
            ptr.c_resfmt = Text::from("%9.4f");
        } else {
            ptr.present = 8;
        }
        writer.record(&RecordView::Ptr(ptr.as_view()))?;
        Ok(passed)
    }

    fn functional<W: Write>(
        &mut self,
        test: u32,
        die: &Die,
        writer: &mut Writer<W>,
        random: &mut Random,
    ) -> Result<bool, WriteError> {
        let passed = random.uniform() > 0.002 && !(die.damaged && test == 0);
        self.count_failure(self.plan.parametric + test, passed);
        let first = self.first(self.plan.parametric + test);
        let mut ftr = record::Ftr {
            test_num: 900_000 + test,
            head_num: 1,
            site_num: die.site,
            test_flg: if passed { 0 } else { 0x80 },
            opt_flag: 0xff,
            ..record::Ftr::default()
        };
        if first {
            ftr.vect_nam = Text::from("pattern");
            ftr.test_txt = functional_name(test);
        } else {
            ftr.present = 5;
        }
        writer.record(&RecordView::Ftr(ftr.as_view()))?;
        Ok(passed)
    }

    fn summaries<W: Write>(&self, writer: &mut Writer<W>) -> Result<(), WriteError> {
        for (number, &count) in self.counts.bins.iter().enumerate().skip(1) {
            let flag = if number == 1 { b'P' } else { b'F' };
            let name = Text::from(["", "PASS", "PARAMETRIC", "FUNCTIONAL"][number]);
            let hbr = record::Hbr {
                head_num: 255,
                hbin_num: number as u16,
                hbin_cnt: count,
                hbin_pf: flag,
                hbin_nam: name.clone(),
                ..record::Hbr::default()
            };
            writer.record(&RecordView::Hbr(hbr.as_view()))?;
            let sbr = record::Sbr {
                head_num: 255,
                sbin_num: number as u16,
                sbin_cnt: count,
                sbin_pf: flag,
                sbin_nam: name,
                ..record::Sbr::default()
            };
            writer.record(&RecordView::Sbr(sbr.as_view()))?;
        }
        for (number, &fail_cnt) in (0u32..).zip(&self.failures) {
            let functional = number.checked_sub(self.plan.parametric);
            let tsr = record::Tsr {
                head_num: 255,
                test_typ: if functional.is_some() { b'F' } else { b'P' },
                test_num: functional.map_or(1000 + number, |number| 900_000 + number),
                exec_cnt: self.counts.parts,
                fail_cnt,
                test_nam: functional.map_or_else(|| parametric_name(number), functional_name),
                ..record::Tsr::default()
            };
            writer.record(&RecordView::Tsr(tsr.as_view()))?;
        }
        let pcr = record::Pcr {
            head_num: 255,
            part_cnt: self.counts.parts,
            good_cnt: self.counts.good,
            ..record::Pcr::default()
        };
        writer.record(&RecordView::Pcr(pcr.as_view()))
    }
}

fn parametric_name(test: u32) -> Text {
    let quantity = ["Vdd_leak", "Idd_q", "Ron", "Vth"].get(test as usize % 4).copied().unwrap_or_default();
    Text::from(format!("{quantity}_{test}"))
}

fn functional_name(test: u32) -> Text {
    Text::from(format!("Scan_{test}"))
}
