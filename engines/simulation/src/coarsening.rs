//! Coarse grids for multigrid: small cells are joined first until the grid is even.

/// Which fine cells form each coarse cell along one direction, and where the middle of a pair lies.
#[derive(Debug, Clone)]
pub(crate) struct Merge {
    /// First fine cell of each coarse cell, and the number of fine cells at the end.
    pub starts: Vec<usize>,
    /// Coarse cell of each fine cell.
    pub parent: Vec<u32>,
    /// Share of the first cell's width in each coarse cell (one if it stands alone).
    pub first_share: Vec<f64>,
    pub widths: Vec<f64>,
}

impl Merge {
    /// Pairs neighbours whose joint width stays within `limit`.
    pub fn pairs(widths: &[f64], limit: f64) -> Self {
        let mut merge = Self { starts: vec![], parent: vec![0; widths.len()], first_share: vec![], widths: vec![] };
        let mut cell = 0;
        while cell < widths.len() {
            let parent = merge.starts.len() as u32;
            merge.starts.push(cell);
            merge.parent[cell] = parent;
            let joint = widths[cell] + widths.get(cell + 1).copied().unwrap_or(f64::INFINITY);
            if joint <= limit {
                merge.parent[cell + 1] = parent;
                merge.first_share.push(widths[cell] / joint);
                merge.widths.push(joint);
                cell += 2;
            } else {
                merge.first_share.push(1.0);
                merge.widths.push(widths[cell]);
                cell += 1;
            }
        }
        merge.starts.push(widths.len());
        merge
    }

    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn children(&self, coarse: usize) -> std::ops::Range<usize> {
        self.starts[coarse]..self.starts[coarse + 1]
    }
}
