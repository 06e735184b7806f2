//! The semantic rules that need the model of parts, tests and claims, one test for each, by number; the others are in
//! `engines/stdf/tests/rules.rs`
#![allow(clippy::unwrap_used)]

use stdf::array::OwnedArray;
use stdf::{Reader, Record, Writer, record};
use testdata::ingest::{Options, read_one};
use testdata::model::{About, Dataset};
use testdata::selection::{Identity, Retest, select};
use testdata::{claims, yields};

fn file(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, stdf::ByteOrder::Little);
    writer.far().unwrap();
    records.iter().for_each(|record| writer.record(&record.as_view()).unwrap());
    bytes
}

fn add(dataset: &mut Dataset, records: &[Record]) {
    let reader = Reader::from_bytes(file(records)).unwrap();
    read_one(dataset, reader, "test", &Options::default(), |_| true).unwrap();
}

fn read(records: &[Record]) -> Dataset {
    let mut dataset = Dataset::default();
    add(&mut dataset, records);
    dataset
}

fn mir(lot: &str) -> Record {
    record::Mir { lot_id: lot.into(), ..Default::default() }.into()
}

fn mrr() -> Record {
    record::Mrr::default().into()
}

fn wir(wafer: &str) -> Record {
    record::Wir { head_num: 1, wafer_id: wafer.into(), ..Default::default() }.into()
}

fn pir(site: u8) -> Record {
    record::Pir { head_num: 1, site_num: site, ..Default::default() }.into()
}

fn prr(site: u8) -> record::Prr {
    record::Prr { head_num: 1, site_num: site, hard_bin: 1, soft_bin: 1, ..Default::default() }
}

fn at(site: u8, x: i16, y: i16, passed: bool) -> Record {
    record::Prr {
        x_coord: x,
        y_coord: y,
        part_flg: if passed { 0 } else { 8 },
        hard_bin: if passed { 1 } else { 5 },
        ..prr(site)
    }
    .into()
}

fn ptr(test: u32, name: &str, site: u8, value: f32) -> Record {
    let ptr = record::Ptr {
        test_num: test,
        test_txt: name.into(),
        head_num: 1,
        site_num: site,
        result: value,
        ..Default::default()
    };
    ptr.into()
}

#[test]
fn rule_03_summaries_over_all_sites_stay_out_of_the_rows_of_sites() {
    let all = record::Pcr { head_num: 255, site_num: 0, part_cnt: 3, ..Default::default() };
    let head = record::Pcr { head_num: 1, site_num: 255, part_cnt: 2, ..Default::default() };
    let one = record::Pcr { head_num: 1, site_num: 2, part_cnt: 1, ..Default::default() };
    let dataset =
        read(&[mir("L"), pir(1), pir(2), prr(1).into(), prr(2).into(), all.into(), head.into(), one.into(), mrr()]);
    let report = yields::report(&dataset, Retest::All);
    assert_eq!(report.sites.keys().copied().collect::<Vec<_>>(), [(1, 1), (1, 2)]);
    let found: Vec<_> =
        report.differences.iter().map(|found| (found.about.as_str(), found.claimed, found.counted)).collect();
    assert_eq!(found, [("parts, all sites", 3, 2)]);
}

#[test]
fn rule_11_interleaved_sites_are_told_apart() {
    let dataset = read(&[
        mir("L"),
        pir(1),
        pir(2),
        ptr(1, "a", 2, 20.0),
        ptr(1, "a", 1, 10.0),
        record::Prr { part_id: "two".into(), ..prr(2) }.into(),
        record::Prr { part_id: "one".into(), ..prr(1) }.into(),
        mrr(),
    ]);
    let columns = dataset.column(0).unwrap();
    let of = |index: usize| (dataset.parts[columns.part[index] as usize].id.as_str(), columns.value[index]);
    assert_eq!((of(0), of(1)), (("two", 20.0), ("one", 10.0)));
}

#[test]
fn rule_12_repeats_are_found_without_their_flags_and_verdicts_may_be_missing() {
    let unjudged = record::Prr { x_coord: 2, y_coord: 2, part_flg: 0x18, ..prr(1) };
    let dataset = read(&[
        mir("L"),
        wir("W"),
        pir(1),
        at(1, 1, 1, false),
        pir(1),
        at(1, 1, 1, true),
        pir(1),
        unjudged.into(),
        mrr(),
    ]);
    let last = select(&dataset, Retest::Last);
    assert_eq!((last.attempts, last.unique, last.repeats, last.unflagged_repeats), (3, 2, 1, 1));
    assert_eq!(dataset.parts[2].passed(), None, "bit 4 wins over bit 3");
    assert_eq!(yields::report(&dataset, Retest::Last).total.unjudged, 1);
}

#[test]
fn rule_13_identity_is_lot_wafer_and_place_or_part_id_across_files() {
    let mut dataset = read(&[mir("L"), wir("W"), pir(1), at(1, 3, 4, false), mrr()]);
    add(&mut dataset, &[mir("L"), wir("W"), pir(2), at(2, 3, 4, true), mrr()]);
    add(&mut dataset, &[mir("L"), wir("X"), pir(1), at(1, 3, 4, true), mrr()]);
    add(&mut dataset, &[mir("M"), wir("W"), pir(1), at(1, 3, 4, true), mrr()]);
    let chosen = |retest| select(&dataset, retest).parts;
    assert_eq!(chosen(Retest::First), [0, 2, 3]);
    assert_eq!(chosen(Retest::Last), [1, 2, 3]);
    assert_eq!(chosen(Retest::Best), [1, 2, 3]);
    assert_eq!(chosen(Retest::All), [0, 1, 2, 3]);
    assert_eq!(select(&dataset, Retest::Last).rule(), "4 attempts by lot, wafer, X and Y");

    let named = |passed: bool| -> Record {
        record::Prr { part_id: "U7".into(), part_flg: if passed { 0 } else { 8 }, ..prr(1) }.into()
    };
    let mut packaged = read(&[mir("L"), pir(1), named(true), mrr()]);
    add(&mut packaged, &[mir("L"), pir(1), named(false), mrr()]);
    assert_eq!(select(&packaged, Retest::Last).parts, [1]);
    assert_eq!(select(&packaged, Retest::Best).parts, [0]);
    assert!(select(&packaged, Retest::Last).rule().contains("lot and part id"));
    // Neither place nor id: nothing can be known to be the same.
    let nameless = read(&[mir("L"), pir(1), prr(1).into(), pir(1), prr(1).into(), mrr()]);
    assert_eq!(select(&nameless, Retest::Last).parts.len(), 2);
    let _ = Identity::Alone;
}

#[test]
fn rule_14_the_file_orients_the_map() {
    let wcr = record::Wcr { pos_x: b'L', pos_y: b'U', wf_flat: b'R', wf_units: 1, wafr_siz: 8.0, ..Default::default() };
    let dataset = read(&[mir("L"), wcr.into(), wir("W"), pir(1), at(1, 1, 1, true), mrr()]);
    let layout = dataset.runs[0].layout.unwrap();
    assert_eq!((layout.x_grows_right, layout.y_grows_up, layout.flat), (Some(false), Some(true), Some('R')));
    assert!((layout.diameter_mm.unwrap() - 203.2).abs() < 1e-3);
    let maps = testdata::map::wafer_maps(&dataset, &select(&dataset, Retest::Last));
    assert!(
        testdata::plot::bin_map(&maps[0], testdata::language::Language::English)
            .contains("X to the left, Y upwards, flat right")
    );
}

#[test]
fn rule_15_claims_are_recomputed_and_unknown_bins_are_no_fails() {
    let wrr = record::Wrr { head_num: 1, part_cnt: 2, good_cnt: 2, ..Default::default() };
    let hbr = |bin, count, flag| -> Record {
        record::Hbr { head_num: 255, hbin_num: bin, hbin_cnt: count, hbin_pf: flag, ..Default::default() }.into()
    };
    let tsr = |number, name: &str, executed, failed| -> Record {
        record::Tsr {
            head_num: 255,
            test_num: number,
            test_nam: name.into(),
            exec_cnt: executed,
            fail_cnt: failed,
            ..Default::default()
        }
        .into()
    };
    let dataset = read(&[
        mir("L"),
        wir("W"),
        pir(1),
        ptr(7, "Vth", 1, 1.0),
        ptr(8, "Ron", 1, 1.0),
        at(1, 1, 1, true),
        pir(1),
        ptr(7, "Vth", 1, 1.0),
        at(1, 1, 2, false),
        wrr.into(),
        hbr(1, 1, b' '),
        hbr(5, 4, b'F'),
        tsr(7, "threshold voltage", 2, 0),
        tsr(8, "on resistance", 3, 0),
        tsr(9, "never run", 0, 0),
    ]);
    assert!(!dataset.runs[0].complete, "no MRR: truncated");
    assert!(dataset.files[0].notes.iter().any(|note| note.contains("without MRR")));
    let found: Vec<(&str, u32, u32)> =
        claims::differences(&dataset).iter().map(|d| (d.record, d.claimed, d.counted)).collect();
    // TSR of test 7 has another name than its results and still agrees: it is matched by number.
    assert_eq!(found, [("WRR", 2, 1), ("HBR", 4, 1), ("TSR", 3, 1)]);
    let about = &claims::differences(&dataset)[2].about;
    assert!(about.contains("on resistance") && about.contains("Ron"), "{about}");
    let unknown = dataset.claims.iter().any(|claim| matches!(claim.about, About::HardBin(1, None, _)));
    assert!(unknown);
}

#[test]
fn rule_16_pins_are_named_wherever_their_records_stand() {
    let mpr = record::Mpr {
        test_num: 1,
        head_num: 1,
        site_num: 1,
        rtn_icnt: 2,
        rslt_cnt: 2,
        rtn_stat: stdf::field::OwnedPacked::from_nibbles(&[0, 0]),
        rtn_rslt: OwnedArray::from_views([1.0, 2.0], 0).unwrap(),
        rtn_indx: OwnedArray::from_views([8, 9], 0).unwrap(),
        ..Default::default()
    };
    let pin = record::Pmr { pmr_indx: 8, log_nam: "VDD".into(), chan_nam: "ch1".into(), ..Default::default() };
    let dataset = read(&[mir("L"), pir(1), mpr.into(), prr(1).into(), pin.into(), mrr()]);
    assert_eq!(dataset.tests[0].pins, ["VDD", "PMR 9"]);
}

#[test]
fn rule_18_parts_of_a_sampled_lot_count_by_their_bins() {
    let without = record::Prr { num_test: 50, ..prr(1) };
    let dataset = read(&[mir("L"), pir(1), ptr(1, "a", 1, 1.0), prr(1).into(), pir(1), without.into(), mrr()]);
    assert_eq!(yields::report(&dataset, Retest::All).total.passed, 2);
    assert!(dataset.files[0].notes.iter().any(|note| note.contains("sampled datalog")));
}

#[test]
fn rule_19_runs_have_tests_and_limits_of_their_own() {
    let limited = |low: f32| -> Record {
        record::Ptr {
            test_num: 1,
            test_txt: "a".into(),
            head_num: 1,
            site_num: 1,
            opt_flag: 0x0e,
            lo_limit: low,
            ..Default::default()
        }
        .into()
    };
    let run = |low| vec![mir("L"), pir(1), limited(low), prr(1).into(), mrr()];
    let dataset = read(&[run(1.0), run(2.0)].concat());
    assert_eq!((dataset.runs.len(), dataset.tests.len()), (2, 1));
    assert!(dataset.tests[0].limits_change);
}

#[test]
fn rule_21_a_scan_test_in_several_records_is_one_execution() {
    let scan = |flag| -> Record {
        record::Str { cont_flg: flag, test_num: 3, head_num: 1, site_num: 1, ..Default::default() }.into()
    };
    let dataset = read(&[mir("L"), pir(1), scan(1), scan(1), scan(0), scan(0), prr(1).into(), mrr()]);
    assert_eq!(dataset.column(0).unwrap().len(), 2);
}

#[test]
fn rule_22_texts_are_read_as_asked() {
    let name = stdf::Text::from(&[0xb2, 0xe2, 0xca, 0xd4][..]);
    let records = [mir("L"), pir(1), record::Prr { part_id: name, ..prr(1) }.into(), mrr()];
    let mut dataset = Dataset::default();
    let options = Options { encoding: stdf::Encoding::Utf8OrGb18030, ..Options::default() };
    read_one(&mut dataset, Reader::from_bytes(file(&records)).unwrap(), "test", &options, |_| true).unwrap();
    assert_eq!(dataset.parts[0].id, "测试");
    assert_eq!(read(&records).parts[0].id, "²âÊÔ");
}
