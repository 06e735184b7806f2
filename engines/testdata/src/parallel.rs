//! Reading one large file with several threads
//!
//! One thread walks the headers and cuts the file where no part is open; others decode the stretches; the results are
//! joined in the order of the file, so that nothing depends on who was first. How much is under way is bounded. Where a
//! file cannot be cut (a run ends inside a part), it is read on by one thread.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use stdf::{ByteOrder, Faults, Frame, Frames, OpenError, RecordType, Stretch};

use crate::ingest::{IngestError, Session};
use crate::piece::{OpenSites, Piece, Place, Reading, belongs};
use crate::store::StoreError;

/// Bytes of a stretch: large against the cost of handing it over, small against memory
const STRETCH: usize = 4 << 20;

/// What one thread decodes
struct Job<'b> {
    number: usize,
    stretch: Stretch<'b>,
    place: Place,
}

/// Records that lie one after another and belong to parts
struct Open {
    start: usize,
    end: usize,
    order: ByteOrder,
    parts: u32,
}

/// Reads all records; gives their number, the bytes looked at, and what was wrong
pub(crate) fn read(
    session: &mut Session<'_>,
    bytes: &[u8],
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<(u64, u64, Faults), IngestError> {
    let threads = session.options.threads;
    let reading = session.reading();
    let (to_threads, jobs) = sync_channel::<Job<'_>>(threads);
    let (to_session, done) = channel::<(usize, Piece)>();
    let jobs = Mutex::new(jobs);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (jobs, to_session) = (&jobs, to_session.clone());
            scope.spawn(move || decode(jobs, &to_session, reading));
        }
        let mut walk = Walk {
            session,
            bytes,
            to_threads,
            done,
            waiting: BTreeMap::new(),
            submitted: 0,
            joined: 0,
            open: None,
            sites: OpenSites::new(),
            alone: None,
        };
        walk.all(progress)
    })
}

fn decode(jobs: &Mutex<Receiver<Job<'_>>>, to_session: &Sender<(usize, Piece)>, reading: Reading) {
    loop {
        let job = match jobs.lock() {
            Ok(jobs) => jobs.recv(),
            Err(_) => return,
        };
        let Ok(job) = job else { return };
        let mut piece = Piece::new(job.place, reading);
        job.stretch.for_each(|frame| piece.feed(&frame));
        if to_session.send((job.number, piece)).is_err() {
            return;
        }
    }
}

struct Walk<'w, 'd, 'b> {
    session: &'w mut Session<'d>,
    bytes: &'b [u8],
    to_threads: SyncSender<Job<'b>>,
    done: Receiver<(usize, Piece)>,
    waiting: BTreeMap<usize, Piece>,
    submitted: usize,
    joined: usize,
    open: Option<Open>,
    sites: OpenSites,
    /// The piece that is read by this thread, once the file could not be cut
    alone: Option<Option<Piece>>,
}

impl<'b> Walk<'_, '_, 'b> {
    fn all(&mut self, progress: &mut dyn FnMut(u64) -> bool) -> Result<(u64, u64, Faults), IngestError> {
        let mut frames = Frames::new(self.bytes).ok_or(OpenError::NotStdf { path: "(memory)".into() })?;
        let size = STRETCH.min(self.session.options.memory / (4 * self.session.options.threads)).max(64 << 10);
        let mut records = 0u64;
        for frame in frames.by_ref() {
            records += 1;
            if records.is_multiple_of(16_384) {
                if !progress(frame.offset) {
                    return Err(IngestError::Cancelled);
                }
                if let Some(piece) = &mut self.alone {
                    self.session.join_if_large(piece)?;
                }
            }
            match &mut self.alone {
                Some(piece) => self.session.feed(piece, &frame)?,
                None if belongs(frame.record_type()) => self.extend(&frame, size)?,
                None => self.other(&frame)?,
            }
        }
        if self.alone.is_none() && self.sites.none() {
            self.submit()?;
            self.drain()?;
        } else {
            self.go_on_alone()?;
        }
        let mut piece = self.alone.take().flatten();
        self.session.end_run(&mut piece, false)?;
        Ok((records, frames.position() as u64, frames.faults().clone()))
    }

    /// Takes a record that belongs to a part into the open stretch
    fn extend(&mut self, frame: &Frame<'b>, size: usize) -> Result<(), IngestError> {
        let start = frame.offset as usize;
        if self.open.as_ref().is_some_and(|open| open.end != start || open.order != frame.order) {
            // Skipped bytes lie between: the stretch ends before them.
            if !self.sites.none() {
                self.go_on_alone()?;
                return Ok(self.feed_alone(frame)?);
            }
            self.submit()?;
        }
        let open = self.open.get_or_insert(Open { start, end: start, order: frame.order, parts: 0 });
        open.end = start + frame.length();
        let kind = frame.record_type();
        if matches!(kind, Some(RecordType::Pir | RecordType::Prr)) {
            let at = |index: usize| frame.body.get(index).copied().unwrap_or(0);
            open.parts += self.sites.follow(kind == Some(RecordType::Pir), at(0), at(1));
            if open.end - open.start >= size && self.sites.none() {
                self.submit()?;
            }
        }
        Ok(())
    }

    /// A record of the run, a wafer or a claim
    fn other(&mut self, frame: &Frame<'b>) -> Result<(), IngestError> {
        if !self.sites.none() {
            self.go_on_alone()?;
            return Ok(self.feed_alone(frame)?);
        }
        self.submit()?;
        if matches!(frame.record_type(), Some(RecordType::Mir | RecordType::Mrr)) {
            self.drain()?;
        }
        Ok(self.session.other(&mut None, &frame.decode())?)
    }

    /// Hands the open stretch to the threads
    fn submit(&mut self) -> Result<(), IngestError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let place = self.session.place();
        self.session.next_part += open.parts;
        let bytes = self.bytes.get(open.start..open.end).unwrap_or_default();
        let job = Job { number: self.submitted, stretch: Stretch::new(bytes, open.start as u64, open.order), place };
        self.submitted += 1;
        // The threads end only when this sender is gone.
        let _ = self.to_threads.send(job);
        while let Ok((number, piece)) = self.done.try_recv() {
            self.waiting.insert(number, piece);
        }
        Ok(self.join_ready()?)
    }

    /// Waits for everything that is under way
    fn drain(&mut self) -> Result<(), IngestError> {
        while self.joined < self.submitted {
            let Ok((number, piece)) = self.done.recv() else { break };
            self.waiting.insert(number, piece);
            self.join_ready()?;
        }
        Ok(())
    }

    fn join_ready(&mut self) -> Result<(), StoreError> {
        while let Some(mut piece) = self.waiting.remove(&self.joined) {
            self.session.join(&mut piece)?;
            self.session.finish(piece);
            self.joined += 1;
        }
        Ok(())
    }

    /// The open stretch cannot end here: this thread reads it and everything after it
    fn go_on_alone(&mut self) -> Result<(), IngestError> {
        self.drain()?;
        let mut piece = self.alone.take().flatten();
        if let Some(open) = self.open.take() {
            let bytes = self.bytes.get(open.start..open.end).unwrap_or_default();
            for frame in Stretch::new(bytes, open.start as u64, open.order) {
                self.session.feed(&mut piece, &frame)?;
            }
        }
        self.alone = Some(piece);
        Ok(())
    }

    fn feed_alone(&mut self, frame: &Frame<'b>) -> Result<(), StoreError> {
        match &mut self.alone {
            Some(piece) => self.session.feed(piece, frame),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod unit {
    use stdf::{Reader, Writer, generate, record};

    use super::*;
    use crate::ingest::{Options, read_from};
    use crate::model::Dataset;

    fn generated() -> Vec<u8> {
        let mut bytes = Vec::new();
        let plan = generate::Plan { wafers: 3, diameter: 14, parametric: 20, ..generate::Plan::default() };
        generate::generate(&plan, &mut bytes, |_| true).unwrap();
        bytes
    }

    fn read_by(threads: usize, bytes: &[u8], memory: usize) -> Dataset {
        let mut dataset = Dataset::default();
        let options = Options { threads, memory, ..Options::default() };
        let reader = Reader::from_bytes(bytes.to_vec()).unwrap();
        read_from(&mut dataset, reader, "file", &options, 0, &mut |_| true).unwrap();
        dataset
    }

    fn assert_same(bytes: &[u8]) {
        let one = read_by(1, bytes, 1 << 30);
        for (threads, memory) in [(2, 1 << 30), (3, 1000)] {
            let many = read_by(threads, bytes, memory);
            assert_eq!(
                (&one.runs, &one.wafers, &one.parts, &one.tests, &one.claims, &one.files),
                (&many.runs, &many.wafers, &many.parts, &many.tests, &many.claims, &many.files)
            );
            for test in 0..one.tests.len() {
                let (one, many) = (one.column(test).unwrap(), many.column(test).unwrap());
                assert_eq!((&one.part, &one.flags), (&many.part, &many.flags));
                assert!(one.value.iter().zip(&many.value).all(|(one, many)| one.to_bits() == many.to_bits()));
            }
        }
    }

    #[test]
    fn threads_change_nothing() {
        assert_same(&generated());
    }

    #[test]
    fn nor_do_damage_a_cut_and_runs_that_end_inside_a_part() {
        let bytes = generated();
        assert_same(&bytes[..bytes.len() * 2 / 3]);
        let mut damaged = bytes.clone();
        damaged.splice(bytes.len() / 3..bytes.len() / 3, [0xee; 999]);
        assert_same(&damaged);
        let mut runs = bytes[..bytes.len() / 2].to_vec();
        runs.extend(&bytes);
        assert_same(&runs);
    }

    #[test]
    fn nor_do_records_without_names() {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes, ByteOrder::Little);
        writer.far().unwrap();
        for part in 0..4000u16 {
            let site = record::Pir { head_num: 1, site_num: 1, ..record::Pir::default() };
            writer.record(&stdf::RecordView::Pir(site.as_view())).unwrap();
            for test in 0..5 {
                let name = if part % 1500 == 0 { ["a", "b"][usize::from(part > 0)].into() } else { Default::default() };
                let mut ptr =
                    record::Ptr { test_num: test, head_num: 1, site_num: 1, test_txt: name, ..Default::default() };
                ptr.result = f32::from(part);
                ptr.present = 7;
                writer.record(&stdf::RecordView::Ptr(ptr.as_view())).unwrap();
            }
            let end = record::Prr { head_num: 1, site_num: 1, ..record::Prr::default() };
            writer.record(&stdf::RecordView::Prr(end.as_view())).unwrap();
        }
        assert_same(&bytes);
        assert_eq!(read_by(2, &bytes, 1 << 30).tests.len(), 10);
    }
}
