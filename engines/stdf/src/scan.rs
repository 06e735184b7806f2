//! Scan records that continue one another (rule 21)

use crate::field::FieldFault;
use crate::records::record::{Cdr, Nmr, Psr, Str};

/// A record type that may be cut into several records by `CONT_FLG`
pub trait Continued: Sized {
    /// Whether the next record of this type continues this one
    fn continues(&self) -> bool;
    /// Appends the arrays of the record that continues this one
    ///
    /// # Errors
    /// When array elements of both cannot be said in one width
    fn absorb(&mut self, next: &Self) -> Result<(), FieldFault>;
}

macro_rules! continued {
    ($($record:ident { $($count:ident : $number:ty),* ; $($array:ident),* })*) => { $(
        impl Continued for $record {
            fn continues(&self) -> bool {
                self.cont_flg != 0
            }
            fn absorb(&mut self, next: &Self) -> Result<(), FieldFault> {
                $( self.$array.append(&next.$array)?; )*
                $( self.$count = <$number>::try_from(u64::from(self.$count) + u64::from(next.$count))
                    .map_err(|_| FieldFault::TooLong(self.$count as usize + next.$count as usize, 65_535))?; )*
                self.cont_flg = next.cont_flg;
                Ok(())
            }
        }
    )* };
}

continued! {
    Psr { locp_cnt: u16; pat_bgn, pat_end, pat_file, pat_lbl, file_uid, atpg_dsc, src_id }
    Nmr { locm_cnt: u16; pmr_indx, atpg_nam }
    Cdr { lst_cnt: u16; cell_lst }
    Str {
        cyc_cnt: u16, pmr_cnt: u16, chn_cnt: u16, exp_cnt: u16, cap_cnt: u16, new_cnt: u16, pat_cnt: u16,
        bpos_cnt: u16, usr1_cnt: u16, usr2_cnt: u16, usr3_cnt: u16, txt_cnt: u16;
        cyc_ofst, pmr_indx, chn_num, exp_data, cap_data, new_data, pat_num, bit_pos, usr1, usr2, usr3, user_txt
    }
}

/// Joins the records of one type that continue one another; the last one is given even when its continuation is missing
///
/// # Errors
/// See [`Continued::absorb`]
pub fn join<T: Continued>(records: impl IntoIterator<Item = T>) -> Result<Vec<T>, FieldFault> {
    let mut joined: Vec<T> = Vec::new();
    for record in records {
        match joined.last_mut().filter(|last| last.continues()) {
            Some(open) => open.absorb(&record)?,
            None => joined.push(record),
        }
    }
    Ok(joined)
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::array::OwnedArray;

    #[test]
    fn joins_by_continuation_flag() {
        let part = |flag, pins: &[u16]| Nmr {
            cont_flg: flag,
            locm_cnt: pins.len() as u16,
            pmr_indx: OwnedArray::from_views(pins.iter().copied(), 0).unwrap(),
            ..Nmr::default()
        };
        let joined = join([part(1, &[1, 2]), part(0, &[3]), part(0, &[9])]).unwrap();
        assert_eq!(joined.len(), 2);
        assert_eq!(joined[0].pmr_indx.as_view().iter().collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!((joined[0].locm_cnt, joined[0].continues()), (3, false));
    }
}
