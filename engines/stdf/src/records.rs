//! The record table: every record type of STDF V4 and V4-2007, declared once
//!
//! `name: type [count field * width field] = missing value, "meaning";`
//!
//! `Box` behind the codes: its owned form lies apart, so that [`Record`] is not much larger than a PTR.

use crate::array::{ArrayOf, Cf, NibbleArray, Uf};
use crate::bytes::{ByteOrder, Cursor, Order, OutOfLine};
use crate::field::{B1, Bn, C1, Cn, Dn, Field, I1, I2, I4, R4, Sn, U1, U2, U4, U8, refill};
use crate::generic::{UpdateNames, Vn};
use crate::layout::{FieldLayout, Head, Layout, TEXTS_IN_LINE, WriteFault, records};
use crate::value::Value;

records! {
    #[doc = "File attributes: byte order and version; the first record of every file"]
    Far "FAR" (0, 10) {
        cpu_type: U1 = 2, "Computer that wrote the file: 1 big-endian, 2 little-endian (0 was DEC's)";
        stdf_ver: U1 = 4, "Version of the format";
    }
    #[doc = "Audit trail: one line for each program that changed the file"]
    Atr "ATR" (0, 20) {
        mod_tim: U4, "When, in seconds since 1970";
        cmd_line: Cn, "How the program was called";
    }
    #[doc = "Version update: extensions of V4 that the file uses (V4-2007)"]
    Vur "VUR" (0, 30) {
        upd_nam: UpdateNames, "Names of the extensions, such as `V4-2007`";
    }
    #[doc = "Master information: the run of a lot"]
    Mir "MIR" (1, 10) Box {
        setup_t: U4, "When the job was set up, in seconds since 1970";
        start_t: U4, "When the first part was tested, in seconds since 1970";
        stat_num: U1, "Tester station";
        mode_cod: C1 = b' ', "Test mode: A engineering characterisation, C maintenance, D development, E engineering, M maintenance, P production, Q quality";
        rtst_cod: C1 = b' ', "Retest: Y yes, N no, 0-9 how often";
        prot_cod: C1 = b' ', "Data protection code";
        burn_tim: U2 = 65_535, "Burn-in time in minutes";
        cmod_cod: C1 = b' ', "Command mode";
        lot_id: Cn, "Lot";
        part_typ: Cn, "Product";
        node_nam: Cn, "Name of the tester as a node";
        tstr_typ: Cn, "Tester model";
        job_nam: Cn, "Test program";
        job_rev: Cn, "Revision of the test program";
        sblot_id: Cn, "Sublot";
        oper_nam: Cn, "Operator";
        exec_typ: Cn, "Tester's executive software";
        exec_ver: Cn, "Version of the tester's executive software";
        test_cod: Cn, "Test step";
        tst_temp: Cn, "Test temperature, as free text";
        user_txt: Cn, "Free text";
        aux_file: Cn, "Auxiliary data file";
        pkg_typ: Cn, "Package";
        famly_id: Cn, "Product family";
        date_cod: Cn, "Date code";
        facil_id: Cn, "Facility";
        floor_id: Cn, "Test floor";
        proc_id: Cn, "Wafer process";
        oper_frq: Cn, "Operation frequency or step";
        spec_nam: Cn, "Test specification";
        spec_ver: Cn, "Version of the test specification";
        flow_id: Cn, "Test flow";
        setup_id: Cn, "Test setup";
        dsgn_rev: Cn, "Design revision of the device";
        eng_id: Cn, "Engineering lot";
        rom_cod: Cn, "ROM code";
        serl_num: Cn, "Serial number of the tester";
        supr_nam: Cn, "Supervisor";
    }
    #[doc = "Master results: the end of a run; without it the file is cut off"]
    Mrr "MRR" (1, 20) {
        finish_t: U4, "When the last part was tested, in seconds since 1970";
        disp_cod: C1 = b' ', "Lot disposition";
        usr_desc: Cn, "The user's description of the lot";
        exc_desc: Cn, "The executive's description of the lot";
    }
    #[doc = "Part counts: a claim about one site, or with `head_num` 255 about all"]
    Pcr "PCR" (1, 30) {
        head_num: U1, "Test head; 255 means all sites together";
        site_num: U1, "Test site";
        part_cnt: U4, "Parts tested";
        rtst_cnt: U4 = u32::MAX, "Parts retested";
        abrt_cnt: U4 = u32::MAX, "Aborts";
        good_cnt: U4 = u32::MAX, "Parts passed";
        func_cnt: U4 = u32::MAX, "Functional parts";
    }
    #[doc = "Hardware bin: a claim about where parts physically went"]
    Hbr "HBR" (1, 40) {
        head_num: U1, "Test head; 255 means all sites together";
        site_num: U1, "Test site";
        hbin_num: U2, "Bin number";
        hbin_cnt: U4, "Parts in the bin";
        hbin_pf: C1 = b' ', "P pass, F fail, space unknown";
        hbin_nam: Cn, "Bin name";
    }
    #[doc = "Software bin: a claim about the test program's classification"]
    Sbr "SBR" (1, 50) {
        head_num: U1, "Test head; 255 means all sites together";
        site_num: U1, "Test site";
        sbin_num: U2, "Bin number";
        sbin_cnt: U4, "Parts in the bin";
        sbin_pf: C1 = b' ', "P pass, F fail, space unknown";
        sbin_nam: Cn, "Bin name";
    }
    #[doc = "Pin map: one tester channel"]
    Pmr "PMR" (1, 60) {
        pmr_indx: U2, "Index by which other records name the pin";
        chan_typ: U2, "Channel type";
        chan_nam: Cn, "Channel";
        phy_nam: Cn, "Physical pin";
        log_nam: Cn, "Logical pin";
        head_num: U1 = 1, "Test head";
        site_num: U1 = 1, "Test site";
    }
    #[doc = "Pin group"]
    Pgr "PGR" (1, 62) {
        grp_indx: U2, "Index by which other records name the group";
        grp_nam: Cn, "Name";
        indx_cnt: U2, "Pins in the group";
        pmr_indx: ArrayOf<U2> [indx_cnt], "PMR indexes";
    }
    #[doc = "Pin list: display of pins and groups"]
    Plr "PLR" (1, 63) Box {
        grp_cnt: U2, "Pins or groups";
        grp_indx: ArrayOf<U2> [grp_cnt], "Their indexes";
        grp_mode: ArrayOf<U2> [grp_cnt], "Operating modes";
        grp_radx: ArrayOf<U1> [grp_cnt], "Display radix: 2, 8, 10, 16, 20 symbolic";
        pgm_char: ArrayOf<Cn> [grp_cnt], "Programmed state characters, right half";
        rtn_char: ArrayOf<Cn> [grp_cnt], "Returned state characters, right half";
        pgm_chal: ArrayOf<Cn> [grp_cnt], "Programmed state characters, left half";
        rtn_chal: ArrayOf<Cn> [grp_cnt], "Returned state characters, left half";
    }
    #[doc = "Retest data: this run tests again what fell into these bins"]
    Rdr "RDR" (1, 70) {
        num_bins: U2, "Bins; 0 means all";
        rtst_bin: ArrayOf<U2> [num_bins], "Hardware bins";
    }
    #[doc = "Site description: equipment of a group of sites"]
    Sdr "SDR" (1, 80) Box {
        head_num: U1, "Test head";
        site_grp: U1, "Site group";
        site_cnt: U1, "Sites in the group";
        site_num: ArrayOf<U1> [site_cnt], "Site numbers";
        hand_typ: Cn, "Handler or prober model";
        hand_id: Cn, "Handler or prober";
        card_typ: Cn, "Probe card type";
        card_id: Cn, "Probe card";
        load_typ: Cn, "Load board type";
        load_id: Cn, "Load board";
        dib_typ: Cn, "Device interface board type";
        dib_id: Cn, "Device interface board";
        cabl_typ: Cn, "Cable type";
        cabl_id: Cn, "Cable";
        cont_typ: Cn, "Contactor type";
        cont_id: Cn, "Contactor";
        lasr_typ: Cn, "Laser type";
        lasr_id: Cn, "Laser";
        extr_typ: Cn, "Further equipment's type";
        extr_id: Cn, "Further equipment";
    }
    #[doc = "Pattern sequence: files and cycles of a scan pattern (V4-2007)"]
    Psr "PSR" (1, 90) Box {
        cont_flg: B1, "Not 0: the next PSR continues this one";
        psr_indx: U2, "Index by which STR names the sequence";
        psr_nam: Cn, "Name";
        opt_flg: B1, "Set bits: bit 0 no `pat_lbl`, 1 no `file_uid`, 2 no `atpg_dsc`, 3 no `src_id`";
        totp_cnt: U2, "Patterns in the whole set";
        locp_cnt: U2, "Patterns in this record";
        pat_bgn: ArrayOf<U8> [locp_cnt], "First cycles";
        pat_end: ArrayOf<U8> [locp_cnt], "Last cycles";
        pat_file: ArrayOf<Cn> [locp_cnt], "Files";
        pat_lbl: ArrayOf<Cn> [locp_cnt], "Labels";
        file_uid: ArrayOf<Cn> [locp_cnt], "File identifiers";
        atpg_dsc: ArrayOf<Cn> [locp_cnt], "What the pattern generator said";
        src_id: ArrayOf<Cn> [locp_cnt], "Pattern names in the source file";
    }
    #[doc = "Name map: pins to pattern generator's signal names (V4-2007)"]
    Nmr "NMR" (1, 91) {
        cont_flg: B1, "Not 0: the next NMR continues this one";
        totm_cnt: U2, "Entries in the whole map";
        locm_cnt: U2, "Entries in this record";
        pmr_indx: ArrayOf<U2> [locm_cnt], "PMR indexes";
        atpg_nam: ArrayOf<Cn> [locm_cnt], "Signal names";
    }
    #[doc = "Scan cell name (V4-2007)"]
    Cnr "CNR" (1, 92) {
        chn_num: U2, "Chain number, as in STR";
        bit_pos: U4, "Position in the chain";
        cell_nam: Sn, "Name";
    }
    #[doc = "Scan structure: the chains that belong together (V4-2007)"]
    Ssr "SSR" (1, 93) {
        ssr_nam: Cn, "Name";
        chn_cnt: U2, "Chains";
        chn_list: ArrayOf<U2> [chn_cnt], "CDR indexes";
    }
    #[doc = "Scan chain (V4-2007)"]
    Cdr "CDR" (1, 94) Box {
        cont_flg: B1, "Not 0: the next CDR continues this one";
        cdr_indx: U2, "Index by which SSR names the chain";
        chn_nam: Cn, "Name";
        chn_len: U4, "Cells in the chain";
        sin_pin: U2, "PMR index of scan in";
        sout_pin: U2, "PMR index of scan out";
        mstr_cnt: U1, "Master clocks";
        m_clks: ArrayOf<U2> [mstr_cnt], "Their PMR indexes";
        slav_cnt: U1, "Slave clocks";
        s_clks: ArrayOf<U2> [slav_cnt], "Their PMR indexes";
        inv_val: U1 = 255, "0 not inverted, 1 inverted, 255 unknown";
        lst_cnt: U2, "Cells listed in this record";
        cell_lst: ArrayOf<Sn> [lst_cnt], "Their names";
    }
    #[doc = "Wafer begins"]
    Wir "WIR" (2, 10) {
        head_num: U1, "Test head";
        site_grp: U1 = 255, "Site group; 255 means all sites of the head";
        start_t: U4, "When, in seconds since 1970";
        wafer_id: Cn, "Wafer";
    }
    #[doc = "Wafer ends: claims about its parts"]
    Wrr "WRR" (2, 20) Box {
        head_num: U1, "Test head";
        site_grp: U1 = 255, "Site group; 255 means all sites of the head";
        finish_t: U4, "When, in seconds since 1970";
        part_cnt: U4, "Parts tested";
        rtst_cnt: U4 = u32::MAX, "Parts retested";
        abrt_cnt: U4 = u32::MAX, "Aborts";
        good_cnt: U4 = u32::MAX, "Parts passed";
        func_cnt: U4 = u32::MAX, "Functional parts";
        wafer_id: Cn, "Wafer";
        fabwf_id: Cn, "The fab's wafer number";
        frame_id: Cn, "Wafer frame";
        mask_id: Cn, "Mask";
        usr_desc: Cn, "The user's description";
        exc_desc: Cn, "The executive's description";
    }
    #[doc = "Wafer configuration: size and orientation; it names no head or site (rule 14)"]
    Wcr "WCR" (2, 30) {
        wafr_siz: R4, "Wafer diameter in `wf_units`; 0 unknown";
        die_ht: R4, "Die height in `wf_units`; 0 unknown";
        die_wid: R4, "Die width in `wf_units`; 0 unknown";
        wf_units: U1, "0 unknown, 1 inch, 2 cm, 3 mm, 4 mil";
        wf_flat: C1 = b' ', "Where the flat or notch is: U up, D down, L left, R right";
        center_x: I2 = i16::MIN, "X of the centre die";
        center_y: I2 = i16::MIN, "Y of the centre die";
        pos_x: C1 = b' ', "Where X grows: L left, R right";
        pos_y: C1 = b' ', "Where Y grows: U up, D down";
    }
    #[doc = "Part begins on a site"]
    Pir "PIR" (5, 10) {
        head_num: U1, "Test head";
        site_num: U1, "Test site";
    }
    #[doc = "Part ends on a site: bins, coordinates and identity"]
    Prr "PRR" (5, 20) {
        head_num: U1, "Test head";
        site_num: U1, "Test site";
        part_flg: B1, "Bit 0 replaces the same part id, 1 replaces the same X/Y, 2 ended abnormally, 3 failed, 4 pass/fail invalid";
        num_test: U2, "Tests executed";
        hard_bin: U2, "Hardware bin";
        soft_bin: U2 = 65_535, "Software bin";
        x_coord: I2 = i16::MIN, "X on the wafer";
        y_coord: I2 = i16::MIN, "Y on the wafer";
        test_t: U4, "Test time in milliseconds; 0 unknown";
        part_id: Cn, "Part";
        part_txt: Cn, "Free text";
        part_fix: Bn, "Repair information";
    }
    #[doc = "Test synopsis: claims about one test on one site, or with `head_num` 255 on all"]
    Tsr "TSR" (10, 30) {
        head_num: U1, "Test head; 255 means all sites together";
        site_num: U1, "Test site";
        test_typ: C1 = b' ', "P parametric, F functional, M multiple-result, S scan, space unknown";
        test_num: U4, "Test number";
        exec_cnt: U4 = u32::MAX, "Executions";
        fail_cnt: U4 = u32::MAX, "Failures";
        alrm_cnt: U4 = u32::MAX, "Alarms";
        test_nam: Cn, "Test name";
        seq_name: Cn, "Program segment";
        test_lbl: Cn, "Label";
        opt_flag: B1 = 0xff, "Set bits: bit 0 `test_min`, 1 `test_max`, 2 `test_tim`, 4 `tst_sums`, 5 `tst_sqrs` invalid";
        test_tim: R4, "Mean execution time in seconds";
        test_min: R4, "Least result";
        test_max: R4, "Greatest result";
        tst_sums: R4, "Sum of results";
        tst_sqrs: R4, "Sum of squared results";
    }
    #[doc = "Parametric test: one result"]
    Ptr "PTR" (15, 10) {
        test_num: U4, "Test number";
        head_num: U1, "Test head";
        site_num: U1, "Test site";
        test_flg: B1, "Bit 0 alarm, 1 result invalid, 2 unreliable, 3 timeout, 4 not executed, 5 aborted, 6 no pass/fail, 7 failed";
        parm_flg: B1, "Bit 0 scale error, 1 drift, 2 oscillation, 3 above high limit, 4 below low limit, 5 passed alternate limits, 6 equal to low limit passes, 7 equal to high limit passes";
        result: R4, "Result in base units; not scaled by `res_scal` (rule 6)";
        test_txt: Cn, "Test name";
        alarm_id: Cn, "Alarm";
        opt_flag: B1 = 0xff, "Bit 0 `res_scal` invalid, 2 no low spec, 3 no high spec, 4/5 low/high limit not in this record, 6/7 no low/high limit";
        res_scal: I1, "Power of ten by which the result is shown";
        llm_scal: I1, "Power of ten by which the low limit is shown";
        hlm_scal: I1, "Power of ten by which the high limit is shown";
        lo_limit: R4, "Low limit in base units";
        hi_limit: R4, "High limit in base units";
        units: Cn, "Base units";
        c_resfmt: Cn, "C format of the result";
        c_llmfmt: Cn, "C format of the low limit";
        c_hlmfmt: Cn, "C format of the high limit";
        lo_spec: R4, "Low specification limit in base units";
        hi_spec: R4, "High specification limit in base units";
    }
    #[doc = "Multiple-result parametric test: one result for each of several pins or conditions"]
    Mpr "MPR" (15, 15) Box {
        test_num: U4, "Test number";
        head_num: U1, "Test head";
        site_num: U1, "Test site";
        test_flg: B1, "As in PTR";
        parm_flg: B1, "As in PTR";
        rtn_icnt: U2, "Pins (`rtn_stat`, `rtn_indx`)";
        rslt_cnt: U2, "Results";
        rtn_stat: NibbleArray [rtn_icnt], "Returned states";
        rtn_rslt: ArrayOf<R4> [rslt_cnt], "Results in base units";
        test_txt: Cn, "Test name";
        alarm_id: Cn, "Alarm";
        opt_flag: B1 = 0xff, "As in PTR, and bit 1: `start_in` and `incr_in` invalid";
        res_scal: I1, "Power of ten by which results are shown";
        llm_scal: I1, "Power of ten by which the low limit is shown";
        hlm_scal: I1, "Power of ten by which the high limit is shown";
        lo_limit: R4, "Low limit in base units";
        hi_limit: R4, "High limit in base units";
        start_in: R4, "First value of the swept input";
        incr_in: R4, "Step of the swept input";
        rtn_indx: ArrayOf<U2> [rtn_icnt], "PMR indexes of the pins; may stand in the test's first record only";
        units: Cn, "Base units of the results";
        units_in: Cn, "Base units of the swept input";
        c_resfmt: Cn, "C format of the results";
        c_llmfmt: Cn, "C format of the low limit";
        c_hlmfmt: Cn, "C format of the high limit";
        lo_spec: R4, "Low specification limit in base units";
        hi_spec: R4, "High specification limit in base units";
    }
    #[doc = "Functional test: a pattern passed or failed"]
    Ftr "FTR" (15, 20) Box {
        test_num: U4, "Test number";
        head_num: U1, "Test head";
        site_num: U1, "Test site";
        test_flg: B1, "As in PTR; bit 1 is reserved";
        opt_flag: B1 = 0xff, "Invalid: bit 0 `cycl_cnt`, 1 `rel_vadr`, 2 `rept_cnt`, 3 `num_fail`, 4 both fail addresses, 5 `vect_off`";
        cycl_cnt: U4, "Cycle of the vector";
        rel_vadr: U4, "Relative vector address";
        rept_cnt: U4, "Repeat count of the vector";
        num_fail: U4, "Failing pins";
        xfail_ad: I4, "X of the failing logical device";
        yfail_ad: I4, "Y of the failing logical device";
        vect_off: I2, "Offset from the vector of interest";
        rtn_icnt: U2, "Returned states";
        pgm_icnt: U2, "Programmed states";
        rtn_indx: ArrayOf<U2> [rtn_icnt], "PMR indexes of the returned states";
        rtn_stat: NibbleArray [rtn_icnt], "Returned states";
        pgm_indx: ArrayOf<U2> [pgm_icnt], "PMR indexes of the programmed states";
        pgm_stat: NibbleArray [pgm_icnt], "Programmed states";
        fail_pin: Dn, "Failing pins, a bit for each PMR index";
        vect_nam: Cn, "Pattern; never taken from an earlier record (rule 9)";
        time_set: Cn, "Time set";
        op_code: Cn, "Vector operation code";
        test_txt: Cn, "Test name";
        alarm_id: Cn, "Alarm";
        prog_txt: Cn, "Further programmed information";
        rslt_txt: Cn, "Further result information";
        patg_num: U1 = 255, "Pattern generator";
        spin_map: Dn, "Enabled comparators, a bit for each PMR index";
    }
    #[doc = "Scan test: failing cycles, chains and bits (V4-2007)"]
    Str "STR" (15, 30) Box {
        cont_flg: B1, "Not 0: the next STR continues this one";
        test_num: U4, "Test number";
        head_num: U1, "Test head";
        site_num: U1, "Test site";
        psr_ref: U2, "PSR index of the pattern sequence";
        test_flg: B1, "As in PTR";
        log_typ: Cn, "What was logged";
        test_txt: Cn, "Test name";
        alarm_id: Cn, "Alarm";
        prog_txt: Cn, "Further programmed information";
        rslt_txt: Cn, "Further result information";
        z_val: U1, "How high impedance was handled";
        fmu_flg: B1, "State of `mask_map` and `fal_map`; bit 4: pattern changed";
        mask_map: Dn, "Masked pins";
        fal_map: Dn, "Pins that failed after the buffer was full";
        cyc_cnt_t: U8, "Cycles executed";
        totf_cnt: U4, "Failures detected";
        totl_cnt: U4, "Failures logged in the whole set";
        cyc_base: U8, "Added to every `cyc_ofst`";
        bit_base: U4, "Added to every `bit_pos`";
        cond_cnt: U2, "Test conditions";
        lim_cnt: U2, "Log limits";
        cyc_size: U1, "Bytes in an element of `cyc_ofst`";
        pmr_size: U1, "Bytes in an element of `pmr_indx`";
        chn_size: U1, "Bytes in an element of `chn_num`";
        pat_size: U1, "Bytes in an element of `pat_num`";
        bit_size: U1, "Bytes in an element of `bit_pos`";
        u1_size: U1, "Bytes in an element of `usr1`";
        u2_size: U1, "Bytes in an element of `usr2`";
        u3_size: U1, "Bytes in an element of `usr3`";
        utx_size: U1, "Bytes in an element of `user_txt`";
        cap_bgn: U2, "Added to `bit_pos` to mark capture cycles";
        lim_indx: ArrayOf<U2> [lim_cnt], "PMR indexes with a log limit of their own";
        lim_spec: ArrayOf<U4> [lim_cnt], "Their log limits";
        cond_lst: ArrayOf<Cn> [cond_cnt], "Conditions, as name=value";
        cyc_cnt: U2, "Elements of `cyc_ofst`";
        cyc_ofst: ArrayOf<Uf> [cyc_cnt * cyc_size], "Failing cycles, less `cyc_base`";
        pmr_cnt: U2, "Elements of `pmr_indx`";
        pmr_indx: ArrayOf<Uf> [pmr_cnt * pmr_size], "Failing pins";
        chn_cnt: U2, "Elements of `chn_num`";
        chn_num: ArrayOf<Uf> [chn_cnt * chn_size], "Failing chains";
        exp_cnt: U2, "Elements of `exp_data`";
        exp_data: ArrayOf<U1> [exp_cnt], "Expected data";
        cap_cnt: U2, "Elements of `cap_data`";
        cap_data: ArrayOf<U1> [cap_cnt], "Captured data";
        new_cnt: U2, "Elements of `new_data`";
        new_data: ArrayOf<U1> [new_cnt], "New vector data";
        pat_cnt: U2, "Elements of `pat_num`";
        pat_num: ArrayOf<Uf> [pat_cnt * pat_size], "Failing patterns";
        bpos_cnt: U2, "Elements of `bit_pos`";
        bit_pos: ArrayOf<Uf> [bpos_cnt * bit_size], "Failing bits, less `bit_base`";
        usr1_cnt: U2, "Elements of `usr1`";
        usr1: ArrayOf<Uf> [usr1_cnt * u1_size], "The user's first numbers";
        usr2_cnt: U2, "Elements of `usr2`";
        usr2: ArrayOf<Uf> [usr2_cnt * u2_size], "The user's second numbers";
        usr3_cnt: U2, "Elements of `usr3`";
        usr3: ArrayOf<Uf> [usr3_cnt * u3_size], "The user's third numbers";
        txt_cnt: U2, "Elements of `user_txt`";
        user_txt: ArrayOf<Cf> [txt_cnt * utx_size], "The user's texts";
    }
    #[doc = "Program section begins"]
    Bps "BPS" (20, 10) {
        seq_name: Cn, "Section";
    }
    #[doc = "Program section ends"]
    Eps "EPS" (20, 20) {
    }
    #[doc = "Generic data: values that carry their types"]
    Gdr "GDR" (50, 10) {
        fld_cnt: U2, "Fields";
        gen_data: ArrayOf<Vn> [fld_cnt], "The fields, pad bytes included";
    }
    #[doc = "Datalog text; may carry test conditions (rule 17)"]
    Dtr "DTR" (50, 30) {
        text_dat: Cn, "Text";
    }
}
