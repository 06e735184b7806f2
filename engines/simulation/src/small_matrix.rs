//! Dense symmetric matrices of a few dozen rows, as lists of rows, and three by three.

use crate::thermal::stencil::dot;

/// Three rows of three.
pub(crate) type Square = [f64; 9];

/// Inverse and determinant.
pub(crate) fn inverted(m: &Square) -> (Square, f64) {
    let cofactor = |r: usize, c: usize| {
        let (a, b, d, e) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
        m[3 * a + d] * m[3 * b + e] - m[3 * a + e] * m[3 * b + d]
    };
    let determinant = (0..3).map(|c| m[c] * cofactor(0, c)).sum::<f64>();
    (std::array::from_fn(|n| cofactor(n % 3, n / 3) / determinant), determinant)
}

/// Solves `(A + shift·1)·x = right` for a positive A by Cholesky's factors.
pub(crate) fn solve_positive(matrix: &[Vec<f64>], shift: f64, right: &[f64]) -> Vec<f64> {
    let n = right.len();
    let mut factor = vec![vec![0.0; n]; n];
    let mut x = vec![0.0; n];
    for row in 0..n {
        for column in 0..=row {
            let own = matrix[row][column] + if row == column { shift } else { 0.0 };
            let rest = own - dot(&factor[row][..column], &factor[column][..column]);
            factor[row][column] =
                if row == column { rest.max(f64::MIN_POSITIVE).sqrt() } else { rest / factor[column][column] };
        }
        x[row] = (right[row] - dot(&factor[row][..row], &x[..row])) / factor[row][row];
    }
    for row in (0..n).rev() {
        let above: f64 = (row + 1..n).map(|r| factor[r][row] * x[r]).sum();
        x[row] = (x[row] - above) / factor[row][row];
    }
    x
}

/// Eigenvalues and orthonormal eigenvectors by Jacobi's rotations.
pub(crate) fn modes(matrix: &[Vec<f64>]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = matrix.len();
    let mut a = matrix.to_vec();
    let mut vectors: Vec<Vec<f64>> =
        (0..n).map(|row| (0..n).map(|column| f64::from(u8::from(row == column))).collect()).collect();
    for _ in 0..60 {
        let off: f64 = (0..n).flat_map(|p| (0..p).map(move |q| (p, q))).map(|(p, q)| a[p][q] * a[p][q]).sum();
        let scale: f64 = (0..n).map(|p| a[p][p] * a[p][p]).sum();
        if off <= 1e-32 * scale {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut vectors, p, q);
            }
        }
    }
    ((0..n).map(|p| a[p][p]).collect(), vectors)
}

/// Makes the element (p, q) vanish; rows of `vectors` turn along.
fn rotate(a: &mut [Vec<f64>], vectors: &mut [Vec<f64>], p: usize, q: usize) {
    // Small against both diagonal elements: rates that span many decades keep their digits.
    if a[p][q].abs() <= 1e-17 * (a[p][p] * a[q][q]).abs().sqrt() {
        return;
    }
    let slope = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    let tangent = slope.signum() / (slope.abs() + (1.0 + slope * slope).sqrt());
    let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
    let sine = tangent * cosine;
    for row in a.iter_mut() {
        let (x, y) = (row[p], row[q]);
        (row[p], row[q]) = (cosine * x - sine * y, sine * x + cosine * y);
    }
    let turned = |x: f64, y: f64| (cosine * x - sine * y, sine * x + cosine * y);
    for column in 0..a.len() {
        (a[p][column], a[q][column]) = turned(a[p][column], a[q][column]);
        (vectors[p][column], vectors[q][column]) = turned(vectors[p][column], vectors[q][column]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix() -> Vec<Vec<f64>> {
        vec![vec![4.0, 1.0, -0.5], vec![1.0, 3.0, 0.25], vec![-0.5, 0.25, 1e-6 + 0.1]]
    }

    #[test]
    fn modes_make_the_matrix_diagonal() {
        let (values, vectors) = modes(&matrix());
        for (value, vector) in values.iter().zip(&vectors) {
            for (row, own) in matrix().iter().zip(vector) {
                assert!((dot(row, vector) - value * own).abs() < 1e-12);
            }
            assert!((dot(vector, vector) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn solutions_fulfil_their_equations() {
        let right = [1.0, -2.0, 0.5];
        let x = solve_positive(&matrix(), 0.5, &right);
        for (n, row) in matrix().iter().enumerate() {
            assert!((dot(row, &x) + 0.5 * x[n] - right[n]).abs() < 1e-12);
        }
    }
}
