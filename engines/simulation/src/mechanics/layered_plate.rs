//! Warpage of a stack of full layers in closed form: an answer at once, and a check on the bricks.

use super::body::Solid;

/// Curvature (1/m, positive if the middle stands up) and in-plane strain at the lower face of a stack of layers, from the
/// bottom up: classical laminated plate with biaxial moduli E/(1 − ν), which is Timoshenko's bimetal for two layers.
pub fn layered_plate(layers: &[(f64, Solid)]) -> (f64, f64) {
    let (mut a, mut b, mut d, mut force, mut moment, mut z) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (thickness, solid) in layers {
        let stiffness = solid.modulus / (1.0 - solid.poisson);
        let (low, high) = (z, z + thickness);
        let (one, two, three) = (high - low, 0.5 * (high * high - low * low), (high.powi(3) - low.powi(3)) / 3.0);
        a += stiffness * one;
        b += stiffness * two;
        d += stiffness * three;
        force += stiffness * solid.strain[0] * one;
        moment += stiffness * solid.strain[0] * two;
        z = high;
    }
    if layers.is_empty() {
        return (0.0, 0.0);
    }
    let determinant = a * d - b * b;
    let strain = (force * d - moment * b) / determinant;
    // Strain grows upwards where the upper side is longer: the middle then stands up.
    let curvature = (a * moment - b * force) / determinant;
    (curvature, strain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_layers_are_timoshenko() {
        let (t, e, s) = ([0.4e-3, 0.2e-3], [22e9, 131e9], [-1.6e-3, -0.26e-3]);
        let solid = |n: usize| Solid { modulus: e[n], modulus_z: e[n], poisson: 0.0, strain: [s[n]; 2] };
        let (m, n, h) = (t[0] / t[1], e[0] / e[1], t[0] + t[1]);
        let square = (1.0 + m) * (1.0 + m);
        let exact = 6.0 * (s[1] - s[0]) * square / (h * (3.0 * square + (1.0 + m * n) * (m * m + 1.0 / (m * n))));
        let (ours, _) = layered_plate(&[(t[0], solid(0)), (t[1], solid(1))]);
        assert!((ours / exact - 1.0).abs() < 1e-9, "{ours} against {exact}");
    }
}
