//! The semantic rules that a correct reader must respect (`docs/test-data-rules.md`), one test for each, by number
//!
//! Rules about parts, retests, claims and sampled datalogs are tested with the model that applies them, in
//! `engines/testdata/tests/rules.rs`: 11, 12, 13, 15, 18.

#![allow(clippy::unwrap_used)]

use std::io::Write;

use stdf::array::OwnedArray;
use stdf::field::OwnedPacked;
use stdf::generic::Generic;
use stdf::tests::{Limit, TestKey, Tests, Verdict, pin_states, result_is_valid};
use stdf::{ByteOrder, Encoding, Frames, Packing, Reader, Record, RecordType, RecordView, Text, Writer, record, view};

/// A file of these records
fn file(order: ByteOrder, records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, order);
    writer.far().unwrap();
    records.iter().for_each(|record| writer.record(&record.as_view()).unwrap());
    bytes
}

/// A record of these bytes
fn body(typ: u8, sub: u8, body: &[u8]) -> RecordView<'_> {
    stdf::Frame { offset: 0, order: ByteOrder::Little, typ, sub, body }.decode()
}

fn array<T: stdf::field::Field>(values: impl IntoIterator<Item = T::View<'static>>) -> OwnedArray<T> {
    OwnedArray::from_views(values, 0).unwrap()
}

#[test]
fn rule_01_cpu_type_gives_the_byte_order_and_magic_bytes_the_packing() {
    assert_eq!(&file(ByteOrder::Big, &[])[..5], [0, 2, 0, 10, 1]);
    assert_eq!(&file(ByteOrder::Little, &[])[..5], [2, 0, 0, 10, 2]);
    let plain = file(ByteOrder::Big, &[record::Mir { start_t: 7, ..Default::default() }.into()]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    for (packing, bytes) in [
        (Packing::Plain, plain.clone()),
        (Packing::Gzip, gzip.finish().unwrap()),
        (Packing::Zstd, zstd::encode_all(&plain[..], 1).unwrap()),
    ] {
        let mut reader = Reader::from_bytes(bytes).unwrap();
        assert_eq!((reader.packing(), reader.order()), (packing, ByteOrder::Big));
        reader.next_frame().unwrap();
        let RecordView::Mir(mir) = reader.next_frame().unwrap().decode() else { panic!() };
        assert_eq!(mir.start_t, 7);
    }
    assert_eq!(Packing::sniff(b"BZh9"), Packing::Bzip2);
    assert_eq!(Packing::sniff(b"PK\x03\x04"), Packing::Zip);
}

#[test]
fn rule_02_record_length_rules() {
    // Short: what is not there is missing. Long: the bytes after the last field are kept.
    let RecordView::Pcr(short) = body(1, 30, &[255, 0, 9, 0, 0, 0]) else { panic!() };
    assert_eq!((short.present, short.part_cnt, short.good_cnt), (3, 9, u32::MAX));
    let RecordView::Pir(long) = body(5, 10, &[1, 2, 77, 78]) else { panic!() };
    assert_eq!((long.head_num, long.site_num, long.extra), (1, 2, &[77, 78][..]));
    // A record that ends inside a field keeps the field's bytes.
    let RecordView::Mrr(cut) = body(1, 20, &[1, 2]) else { panic!() };
    assert_eq!((cut.present, cut.extra), (0, &[1, 2][..]));
}

#[test]
fn rule_03_missing_values_are_the_specifications() {
    let RecordView::Wrr(wrr) = body(2, 20, &[]) else { panic!() };
    assert_eq!((wrr.rtst_cnt, wrr.good_cnt, wrr.site_grp), (4_294_967_295, 4_294_967_295, 255));
    let RecordView::Prr(prr) = body(5, 20, &[]) else { panic!() };
    assert_eq!((prr.x_coord, prr.soft_bin, prr.part_id), (-32_768, 65_535, &b""[..]));
    let RecordView::Hbr(hbr) = body(1, 40, &[]) else { panic!() };
    assert_eq!(hbr.hbin_pf, b' ');
}

fn ptr(number: u32, name: &str) -> record::Ptr {
    record::Ptr { test_num: number, test_txt: name.into(), opt_flag: 0x0e, ..Default::default() }
}

#[test]
fn rule_04_the_first_record_of_a_test_sets_its_defaults_and_each_run_starts_anew() {
    let mut tests = Tests::new(TestKey::NumberAndName);
    let first = record::Ptr { lo_limit: 1.0, hi_limit: 2.0, units: "V".into(), res_scal: 3, ..ptr(5, "a") };
    tests.parametric(&first.as_view());
    tests.parametric(&record::Ptr { lo_limit: 1.0, hi_limit: 9.0, units: "A".into(), ..ptr(5, "a") }.as_view());
    let test = &tests.all()[0];
    assert_eq!((test.low, test.high, test.units.as_bytes()), (Limit::At(1.0), Limit::At(2.0), &b"V"[..]));
    assert!(test.limits_change);
    assert_eq!(tests.parametric(&ptr(5, "b").as_view()), 1, "another name is another test");
    let mut by_number = Tests::new(TestKey::Number);
    assert_eq!((by_number.parametric(&ptr(5, "a").as_view()), by_number.parametric(&ptr(5, "b").as_view())), (0, 0));
    let mut by_name = Tests::new(TestKey::Name);
    assert_eq!((by_name.parametric(&ptr(5, "a").as_view()), by_name.parametric(&ptr(6, "a").as_view())), (0, 0));
}

#[test]
fn rule_05_option_flags_say_which_limits_exist() {
    let limits = |flags: u8| {
        let mut tests = Tests::new(TestKey::NumberAndName);
        let ptr = record::Ptr {
            opt_flag: flags,
            lo_limit: 1.0,
            hi_limit: 2.0,
            lo_spec: 0.5,
            hi_spec: 2.5,
            res_scal: 3,
            ..ptr(1, "a")
        };
        tests.parametric(&ptr.as_view());
        let test = tests.all()[0].clone();
        (test.low, test.high, test.low_spec, test.high_spec, test.result_scale)
    };
    assert_eq!(limits(0x02), (Limit::At(1.0), Limit::At(2.0), Some(0.5), Some(2.5), Some(3)));
    assert_eq!(limits(0x03).4, None, "bit 0: no scale");
    assert_eq!((limits(0x06).2, limits(0x0a).3), (None, None), "bits 2 and 3: no specification limits");
    assert_eq!((limits(0x12).0, limits(0x22).1), (Limit::Unknown, Limit::Unknown), "bits 4 and 5: as before");
    assert_eq!((limits(0x42).0, limits(0x82).1), (Limit::None, Limit::None), "bits 6 and 7: none");
    assert_eq!((limits(0x52).0, limits(0xa2).1), (Limit::None, Limit::None), "bits 6 and 7 win over 4 and 5");
}

#[test]
fn rule_06_scales_are_for_display_only() {
    let mut tests = Tests::new(TestKey::NumberAndName);
    let milli = record::Ptr { result: 0.0015, lo_limit: 0.001, res_scal: 3, llm_scal: 3, ..ptr(1, "a") };
    let bytes = file(ByteOrder::Little, &[milli.into()]);
    let frame = Frames::new(&bytes).unwrap().nth(1).unwrap();
    let read = frame.read::<view::Ptr<'_>>();
    tests.parametric(&read);
    assert_eq!((read.result, tests.all()[0].low, tests.all()[0].result_scale), (0.0015, Limit::At(0.001), Some(3)));
}

#[test]
fn rule_07_test_flags_say_what_counts() {
    for (flags, verdict, measured) in [
        (0x00, Verdict::Passed, true),
        (0x80, Verdict::Failed, true),
        (0x01, Verdict::Passed, true),    // alarm
        (0x02, Verdict::Passed, false),   // result invalid
        (0x04, Verdict::Passed, true),    // unreliable
        (0x08, Verdict::Passed, false),   // timeout
        (0x10, Verdict::Unjudged, false), // not executed
        (0x20, Verdict::Unjudged, false), // aborted
        (0xc0, Verdict::Unjudged, true),  // no verdict wins over fail
    ] {
        assert_eq!((Verdict::from_flags(flags), result_is_valid(flags)), (verdict, measured), "{flags:#04x}");
    }
}

#[test]
fn rule_08_multiple_results_have_nibbles_pins_and_a_sweep() {
    let first = record::Mpr {
        test_num: 1,
        rtn_icnt: 3,
        rslt_cnt: 3,
        rtn_stat: OwnedPacked::from_nibbles(&[1, 2, 3]),
        rtn_rslt: array([0.1, 0.2, 0.3]),
        opt_flag: 0x0c,
        start_in: 5.0,
        incr_in: 0.5,
        units_in: "mA".into(),
        rtn_indx: array([11, 12, 13]),
        ..Default::default()
    };
    let mut short = record::Mpr { rtn_indx: OwnedArray::default(), ..first.clone() };
    short.present = 9;
    let bytes = file(ByteOrder::Little, &[first.into(), short.into()]);
    let mut tests = Tests::new(TestKey::NumberAndName);
    for frame in Frames::new(&bytes).unwrap().skip(1) {
        let mpr = frame.read::<view::Mpr<'_>>();
        assert_eq!(mpr.rtn_stat.bytes, [0x21, 0x03], "low half first, (j + 1) / 2 bytes");
        assert_eq!(mpr.rtn_rslt.iter().collect::<Vec<_>>(), [0.1, 0.2, 0.3]);
        let index = tests.multiple(&mpr);
        let test = &tests.all()[index];
        let pins: Vec<_> = pin_states(test, mpr.rtn_stat).collect();
        assert_eq!(pins, [(Some(11), 1), (Some(12), 2), (Some(13), 3)], "pins of the first record hold on");
        assert_eq!((test.sweep, test.input_units.as_bytes()), (Some((5.0, 0.5)), &b"mA"[..]));
    }
    assert_eq!(tests.all().len(), 1);
}

#[test]
fn rule_09_functional_records_count_before_their_arrays_and_inherit_no_vector() {
    let ftr = record::Ftr {
        test_num: 4,
        cycl_cnt: 1,
        rel_vadr: 2,
        rept_cnt: 3,
        num_fail: 4,
        xfail_ad: -5,
        yfail_ad: -6,
        vect_off: -7,
        rtn_icnt: 2,
        pgm_icnt: 1,
        rtn_indx: array([21, 22]),
        rtn_stat: OwnedPacked::from_nibbles(&[4, 5]),
        pgm_indx: array([31]),
        pgm_stat: OwnedPacked::from_nibbles(&[6]),
        fail_pin: OwnedPacked { count: 10, bytes: vec![0x01, 0x02] },
        vect_nam: "pattern".into(),
        ..Default::default()
    };
    let mut next = record::Ftr { test_num: 4, ..Default::default() };
    next.present = 5;
    let bytes = file(ByteOrder::Big, &[ftr.into(), next.into()]);
    let read: Vec<view::Ftr<'_>> = Frames::new(&bytes).unwrap().skip(1).map(|frame| frame.read()).collect();
    let first = &read[0];
    assert_eq!((first.xfail_ad, first.yfail_ad, first.vect_off), (-5, -6, -7));
    assert_eq!(first.rtn_indx.iter().collect::<Vec<_>>(), [21, 22]);
    assert_eq!(first.pgm_stat.nibbles().collect::<Vec<_>>(), [6]);
    assert_eq!(first.fail_pin.set_bits().collect::<Vec<_>>(), [0, 9], "a count of bits, not of bytes");
    assert_eq!((first.vect_nam, read[1].vect_nam), (&b"pattern"[..], &b""[..]));
}

#[test]
fn rule_10_an_array_beyond_the_record_is_missing() {
    // GRP_INDX, GRP_NAM, INDX_CNT 500, one element of two bytes
    let RecordView::Pgr(pgr) = body(1, 62, &[1, 0, 1, b'g', 0xf4, 1, 9, 0]) else { panic!() };
    assert_eq!((pgr.indx_cnt, pgr.pmr_indx.len(), pgr.present, pgr.extra), (500, 0, 3, &[9, 0][..]));
}

#[test]
fn rule_14_wafer_configuration_names_no_head_and_orients_the_map() {
    let wcr =
        record::Wcr { wafr_siz: 300.0, wf_units: 3, pos_x: b'L', pos_y: b'U', wf_flat: b'D', ..Default::default() };
    let bytes = file(ByteOrder::Little, &[wcr.into()]);
    let frame = Frames::new(&bytes).unwrap().nth(1).unwrap();
    assert_eq!(frame.body.len(), 20);
    let read = frame.read::<view::Wcr<'_>>();
    assert_eq!((read.wafr_siz, read.pos_x, read.pos_y, read.wf_flat), (300.0, b'L', b'U', b'D'));
    assert_eq!((read.center_x, read.center_y), (i16::MIN, i16::MIN));
}

#[test]
fn rule_16_pins_go_by_index_and_may_follow_their_group() {
    let group = record::Pgr { grp_indx: 32_768, indx_cnt: 2, pmr_indx: array([7, 8]), ..Default::default() };
    let pin = |index, name: &str| record::Pmr { pmr_indx: index, log_nam: name.into(), ..Default::default() };
    let records = [group.into(), pin(8, "B").into(), pin(7, "A").into()];
    let bytes = file(ByteOrder::Little, &records);
    let read: Vec<RecordType> = Frames::new(&bytes).unwrap().filter_map(|frame| frame.record_type()).collect();
    assert_eq!(read[1..], [RecordType::Pgr, RecordType::Pmr, RecordType::Pmr]);
    let examination = stdf::check::examine(Reader::from_bytes(bytes).unwrap(), |_| true);
    assert!(!examination.findings.iter().any(|finding| finding.what.contains("PMR")));
}

#[test]
fn rule_17_generic_data_has_pad_bytes_and_texts_are_kept() {
    let fields = [Generic::U1(1), Generic::Pad, Generic::U4(70_000), Generic::Text("temp".into())];
    let gdr = record::Gdr {
        fld_cnt: 4,
        gen_data: OwnedArray::from_views(fields.iter().map(<stdf::generic::Vn as stdf::field::Field>::view), 0)
            .unwrap(),
        ..Default::default()
    };
    let dtr = record::Dtr { text_dat: "TEMP=85".into(), ..Default::default() };
    let bytes = file(ByteOrder::Little, &[gdr.into(), dtr.into()]);
    let mut frames = Frames::new(&bytes).unwrap().skip(1);
    let gdr = frames.next().unwrap();
    assert_eq!(gdr.body[4], 0, "the pad byte is a field of type 0 and nothing more");
    let Record::Gdr(read) = gdr.decode().to_owned() else { panic!() };
    let read: Vec<Generic> =
        read.gen_data.as_view().iter().map(<stdf::generic::Vn as stdf::field::Field>::own).collect();
    assert_eq!(read, fields);
    let RecordView::Dtr(dtr) = frames.next().unwrap().decode() else { panic!() };
    assert_eq!(dtr.text_dat, b"TEMP=85");
}

#[test]
fn rule_18_unbalanced_sections_are_noted_and_cost_nothing() {
    let section = || record::Bps { seq_name: "s".into(), ..Default::default() };
    let mrr = record::Mrr::default();
    let records =
        [record::Mir::default().into(), section().into(), section().into(), record::Eps::default().into(), mrr.into()];
    let examination = stdf::check::examine(Reader::from_bytes(file(ByteOrder::Little, &records)).unwrap(), |_| true);
    assert!(examination.faults.is_empty());
    assert!(examination.findings.iter().any(|finding| finding.what == "BPS without EPS"));
}

#[test]
fn rule_19_every_mir_begins_a_run() {
    let run = |lot: &str| -> [Record; 2] {
        [record::Mir { lot_id: lot.into(), ..Default::default() }.into(), record::Mrr::default().into()]
    };
    let mut bytes = file(ByteOrder::Little, &[run("A"), run("B")].concat());
    bytes.extend(file(ByteOrder::Big, &run("C")));
    let examination = stdf::check::examine(Reader::from_bytes(bytes).unwrap(), |_| true);
    let lots: Vec<&[u8]> = examination.runs.iter().map(|mir| mir.lot_id.as_bytes()).collect();
    assert_eq!(lots, [b"A", b"B", b"C"]);
    assert!(examination.faults.is_empty());
}

#[test]
fn rule_20_version_updates_have_two_layouts() {
    let names = |bytes: &[u8]| -> Vec<Vec<u8>> {
        let RecordView::Vur(vur) = body(0, 30, bytes) else { panic!() };
        assert!(vur.extra.is_empty());
        vur.upd_nam.names.iter().map(<[u8]>::to_vec).collect()
    };
    assert_eq!(names(b"\x07V4-2007"), [b"V4-2007"]);
    assert_eq!(names(b"\x02\x07V4-2007\x01x"), [b"V4-2007".to_vec(), b"x".to_vec()]);
}

#[test]
fn rule_21_scan_records_go_on_in_others_and_have_widths_of_their_own() {
    let piece = |flag: u8, width: u8, cycles: &[u64]| record::Str {
        cont_flg: flag,
        test_num: 9,
        cyc_size: width,
        pmr_size: 1,
        cyc_cnt: cycles.len() as u16,
        cyc_ofst: OwnedArray::from_views(cycles.iter().copied(), usize::from(width)).unwrap(),
        ..Default::default()
    };
    let bytes = file(ByteOrder::Big, &[piece(1, 2, &[300]).into(), piece(0, 4, &[70_000]).into()]);
    let pieces: Vec<record::Str> = Frames::new(&bytes)
        .unwrap()
        .skip(1)
        .map(|frame| match frame.own() {
            Record::Str(record) => *record,
            _ => panic!(),
        })
        .collect();
    let joined = stdf::scan::join(pieces).unwrap();
    assert_eq!(joined.len(), 1);
    assert_eq!(joined[0].cyc_ofst.as_view().iter().collect::<Vec<_>>(), [300, 70_000]);
}

#[test]
fn rule_22_texts_are_utf_8_else_latin_1_and_gb_18030_is_offered() {
    let gb: &[u8] = &[0xb2, 0xe2, 0xca, 0xd4];
    assert_eq!(Encoding::Utf8OrGb18030.decode(gb), "测试");
    assert_eq!(Text::from("µA").decode(), "µA");
    assert_eq!(Text::from(&[0xb5, b'A'][..]).decode(), "µA");
    assert_eq!(Text::from(gb).as_bytes(), gb, "the bytes stay whatever the reading");
}

#[test]
fn rule_23_atdf_orders_fields_in_its_own_way() {
    let mir = record::Mir {
        lot_id: "LOT".into(),
        part_typ: "PART".into(),
        job_nam: "JOB".into(),
        node_nam: "NODE".into(),
        tstr_typ: "TESTER".into(),
        setup_t: 951_782_400,
        ..Default::default()
    };
    let wrr = record::Wrr { head_num: 1, part_cnt: 10, wafer_id: "W1".into(), site_grp: 3, ..Default::default() };
    let wcr = record::Wcr { wf_flat: b'D', pos_x: b'R', pos_y: b'U', wafr_siz: 8.0, ..Default::default() };
    for (record, line) in [
        (Record::from(mir), "MIR:LOT|PART|JOB|NODE|TESTER|00:00:00 29-FEB-2000"),
        (wrr.into(), "WRR:1||10|W1|3"),
        (wcr.into(), "WCR:D|R|U|8"),
    ] {
        let mut text = Vec::new();
        stdf::atdf::write_line(&record.as_view(), &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.starts_with(line), "{text} instead of {line}");
        let mut again = Vec::new();
        stdf::atdf::write_line(&stdf::atdf::parse_line(text.trim_end()).unwrap().as_view(), &mut again).unwrap();
        assert_eq!(String::from_utf8(again).unwrap(), text);
    }
}

#[test]
fn a_bare_result_is_what_the_whole_record_says() {
    use stdf::tests::BareResult;
    for order in [ByteOrder::Little, ByteOrder::Big] {
        for present in 5..=20 {
            let ptr = record::Ptr {
                test_num: 0x0102_0304,
                head_num: 1,
                site_num: 7,
                test_flg: 0x80,
                result: -1.5,
                test_txt: Text::from("Vth"),
                alarm_id: Text::from("hot"),
                present,
                ..Default::default()
            };
            let bytes = file(order, &[ptr.into()]);
            let frame = Frames::new(&bytes).unwrap().nth(1).unwrap();
            let whole = frame.read::<view::Ptr<'_>>();
            let bare = BareResult::of(&frame);
            assert_eq!(bare.is_some(), (7..=8).contains(&present), "{present} fields");
            if let Some(bare) = bare {
                assert_eq!((bare.number, bare.head, bare.site), (whole.test_num, whole.head_num, whole.site_num));
                assert_eq!((bare.flags, bare.result, bare.name), (whole.test_flg, whole.result, whole.test_txt));
            }
        }
    }
}
