//! Generated files through the whole engine
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use stdf::{Reader, RecordView, Writer, generate};
use testdata::export::{self, Rebin};
use testdata::ingest::{Options, read_files};
use testdata::map::wafer_maps;
use testdata::model::Dataset;
use testdata::selection::{Retest, measurements, select};
use testdata::{plot, report, store, yields};

struct Files {
    _folder: tempfile::TempDir,
    folder: PathBuf,
    input: PathBuf,
}

fn generated() -> Files {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("lot.stdf");
    let plan = generate::Plan { wafers: 3, diameter: 16, parametric: 20, ..generate::Plan::default() };
    let mut bytes = Vec::new();
    generate::generate(&plan, &mut bytes, |_| true).unwrap();
    std::fs::write(&input, bytes).unwrap();
    Files { folder: folder.path().to_owned(), _folder: folder, input }
}

fn read(path: &PathBuf, options: &Options) -> Dataset {
    read_files(&[path], options, |_, _| true).unwrap()
}

#[test]
fn claims_of_an_honest_file_agree_and_a_lie_is_found() {
    let files = generated();
    let dataset = read(&files.input, &Options::default());
    assert_eq!(yields::differences(&dataset), []);
    // One part's verdict is turned round, the summaries stay.
    let mut reader = Reader::open(&files.input).unwrap();
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, reader.order());
    let mut lied = false;
    while let Some(frame) = reader.next_frame() {
        match frame.decode() {
            RecordView::Prr(mut prr) if !lied => {
                prr.part_flg ^= 8;
                lied = true;
                writer.record(&RecordView::Prr(prr)).unwrap();
            }
            _ => writer.frame(&frame).unwrap(),
        }
    }
    let path = files.folder.join("lie.stdf");
    std::fs::write(&path, bytes).unwrap();
    let found = yields::differences(&read(&path, &Options::default()));
    let records: Vec<&str> = found.iter().map(|difference| difference.record).collect();
    assert_eq!(records, ["WRR", "PCR"]);
}

#[test]
fn reprobed_dies_are_found_and_each_policy_chooses_as_named() {
    let files = generated();
    let dataset = read(&files.input, &Options::default());
    let all = select(&dataset, Retest::All);
    let [first, last, best] = [Retest::First, Retest::Last, Retest::Best].map(|retest| select(&dataset, retest));
    assert!(all.repeats > 5 && all.unflagged_repeats == all.repeats);
    assert_eq!(all.parts.len(), first.parts.len() + all.repeats);
    assert_eq!((first.parts.len(), last.parts.len(), best.parts.len()), (all.unique, all.unique, all.unique));
    let passed = |selection: &testdata::selection::Selection| {
        selection.parts.iter().filter(|&&part| dataset.parts[part as usize].passed() == Some(true)).count()
    };
    assert!(passed(&best) >= passed(&first) && passed(&best) >= passed(&last));
    assert!(first.parts.iter().sum::<u32>() < last.parts.iter().sum::<u32>());
}

#[test]
fn memory_limit_changes_nothing_but_memory() {
    let files = generated();
    let whole = read(&files.input, &Options::default());
    let mut tight = Options { memory: 1000, spill_folder: files.folder.clone(), ..Options::default() };
    // Spilling is looked at every 16,384 records: a larger file than this one would spill more than once.
    let plan = generate::Plan { wafers: 2, diameter: 30, parametric: 20, ..generate::Plan::default() };
    let path = files.folder.join("large.stdf");
    generate::generate(&plan, std::fs::File::create(&path).unwrap(), |_| true).unwrap();
    let spilled = read(&path, &tight);
    tight.memory = 1 << 30;
    let resident = read(&path, &tight);
    assert!(resident.tests.len() == whole.tests.len());
    let left: usize = spilled.results.iter().map(|columns| columns.len()).sum();
    let all: usize = resident.results.iter().map(|columns| columns.len()).sum();
    assert!(left * 2 < all, "{left} of {all} results are still in memory");
    let selection = select(&resident, Retest::Last);
    for test in [0, 7, 19] {
        let one = measurements(&resident, &selection, test, 0).unwrap();
        let two = measurements(&spilled, &selection, test, 0).unwrap();
        assert_eq!(one, two);
    }
}

#[test]
fn parquet_is_complete_and_smaller_than_gzip() {
    use std::io::Write;
    let files = generated();
    let dataset = read(&files.input, &Options::default());
    let folder = files.folder.join("store");
    let written = store::write(&dataset, &folder).unwrap();
    let rows: usize = dataset.results.iter().map(|columns| columns.len()).sum();
    assert_eq!(written.rows as usize, rows);
    assert!(folder.join("product=SYNTHETIC-PART/lot=SYNTHETIC-LOT-1/wafer=SYNTHETIC-02/results-0.parquet").exists());
    let plain = std::fs::read(&files.input).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(&plain).unwrap();
    let gzip = packed.finish().unwrap().len() as u64;
    assert!(written.bytes <= gzip, "{} bytes of Parquet, {gzip} of gzip", written.bytes);
}

#[test]
fn new_bins_survive_the_way_through_stdf() {
    let files = generated();
    let dataset = read(&files.input, &Options::default());
    let chosen: Vec<u32> = (0..dataset.parts.len() as u32)
        .filter(|&part| dataset.parts[part as usize].passed() == Some(true))
        .take(7)
        .collect();
    let rebins: Vec<Rebin> =
        chosen.iter().map(|&part| Rebin { part, bin: 99, reason: "=test, \"quoted\"".into() }).collect();
    let path = files.folder.join("new.stdf");
    let target = std::fs::File::create(&path).unwrap();
    assert_eq!(export::stdf(&mut Reader::open(&files.input).unwrap(), &rebins, target).unwrap(), 7);
    let again = read(&path, &Options::default());
    let changed: Vec<u32> = (0..again.parts.len() as u32)
        .filter(|&part| again.parts[part as usize] != dataset.parts[part as usize])
        .collect();
    assert_eq!(changed, chosen);
    assert!(chosen.iter().all(|&part| again.parts[part as usize].passed() == Some(false)));
    let mut csv = Vec::new();
    export::csv(&dataset, &rebins, &mut csv).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert_eq!(csv.lines().count(), 8);
    assert!(csv.contains("\"'=test, \"\"quoted\"\"\""));
    assert!(export::excel(&dataset, &rebins).unwrap().starts_with(b"PK"));
}

#[test]
fn maps_and_report_show_every_die() {
    let files = generated();
    let dataset = read(&files.input, &Options { results: false, ..Options::default() });
    let selection = select(&dataset, Retest::Last);
    let maps = wafer_maps(&dataset, &selection);
    assert_eq!(maps.len(), 3);
    let svg = plot::bin_map(&maps[0], testdata::language::Language::English);
    assert_eq!(svg.matches("<title>X ").count(), maps[0].dies.len());
    assert!(svg.contains("Y downwards, flat down") && !svg.contains("style="));
    let mut xml = Vec::new();
    export::e142(&maps[0], &[], &mut xml).unwrap();
    let xml = String::from_utf8(xml).unwrap();
    let rows: Vec<&str> = xml.lines().filter_map(|line| line.trim().strip_prefix("<BinCode>")).collect();
    assert_eq!(rows.len(), 16);
    let tested: usize = rows
        .iter()
        .map(|row| row.trim_end_matches("</BinCode>").as_bytes().chunks(2).filter(|code| *code != b"FF").count())
        .sum();
    assert_eq!(tested, maps[0].dies.len());
    let found = yields::report(&dataset, Retest::Last);
    let page = report::html(&dataset, &found, &[]);
    let english = report::html_in(report::Language::English, &dataset, &found, &[]);
    assert!(page.contains("良率报告") && english.contains("Yield report"));
    assert!(page.contains("SYNTHETIC-LOT-1") && !page.contains("<script") && page.matches("<svg").count() == 3);
}

#[test]
fn a_cut_file_is_reported_and_its_open_parts_are_not_counted() {
    let files = generated();
    let bytes = std::fs::read(&files.input).unwrap();
    let path = files.folder.join("cut.stdf");
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let dataset = read(&path, &Options::default());
    assert!(!dataset.runs[0].complete);
    assert!(dataset.files[0].notes.iter().any(|note| note.contains("without MRR")));
    let open = dataset.parts.iter().filter(|part| part.flags.is_none()).count();
    assert_eq!(select(&dataset, Retest::All).parts.len(), dataset.parts.len() - open);
}

#[test]
fn the_worn_site_of_a_multi_site_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("worn.stdf");
    for worn_site in [None, Some(3)] {
        let plan = generate::Plan {
            wafers: 2,
            diameter: 24,
            parametric: 40,
            functional: 0,
            sites: 4,
            worn_site,
            ..generate::Plan::default()
        };
        generate::generate(&plan, std::fs::File::create(&path).unwrap(), |_| true).unwrap();
        let dataset = read(&path, &Options::default());
        for retest in [Retest::First, Retest::All] {
            let found = yields::report(&dataset, retest);
            assert_eq!(found.sites.len(), 4);
            let failing: Vec<u8> =
                found.sites.keys().filter(|site| found.fails_more(**site).is_some()).map(|site| site.1).collect();
            assert_eq!(failing, worn_site.into_iter().collect::<Vec<u8>>(), "{retest:?}");
        }
    }
}

/// By hand: 40 of 100 fail here and 60 of 300 elsewhere; pooled 0.25, error √(0.1875 (1/100 + 1/300)) = 0.05, z = 4
#[test]
fn a_site_is_compared_with_all_others_as_by_hand() {
    let files = generated();
    let mut found = yields::report(&read(&files.input, &Options::default()), Retest::All);
    let tally = |passed, failed| yields::Tally { passed, failed, unjudged: 0 };
    found.sites = [((1, 1), tally(60, 40)), ((1, 2), tally(240, 60))].into();
    found.total = tally(300, 100);
    assert!((found.site_z((1, 1)).unwrap() - 4.0).abs() < 1e-9);
    assert!((found.site_z((1, 2)).unwrap() + 4.0).abs() < 1e-9);
    assert_eq!(
        (found.fails_more((1, 1)).is_some(), found.fails_more((1, 2)), found.site_z((1, 9))),
        (true, None, None)
    );
}
