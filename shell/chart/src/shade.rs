//! A colour scale for fields: lightness rises evenly from dark blue to light yellow, so that it reads in order without
//! colour vision and in black and white. Computed in Oklab (Ottosson 2020), not taken from a table.

/// Steps in which a field is coloured; more cannot be told apart.
pub(crate) const STEPS: usize = 48;

/// Lightness at both ends, of Oklab's 0 to 1.
const LIGHTNESS: [f64; 2] = [0.26, 0.93];

/// Hue at low, middle and high, degrees.
const HUE: [f64; 3] = [285.0, 195.0, 105.0];

/// Chroma at low, middle and high: as much as the screen's gamut leaves on the way.
const CHROMA: [f64; 3] = [0.115, 0.082, 0.16];

/// The colour of a share between 0 (low) and 1 (high), as sRGB bytes.
pub(crate) fn colour(share: f64) -> [u8; 3] {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let lightness = LIGHTNESS[0] + (LIGHTNESS[1] - LIGHTNESS[0]) * share;
    let hue = bend(HUE, share).to_radians();
    let chroma = bend(CHROMA, share);
    srgb(lightness, chroma * hue.cos(), chroma * hue.sin())
}

/// As an attribute's value.
pub(crate) fn hexadecimal(share: f64) -> String {
    let [red, green, blue] = colour(share);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The parabola through three values at 0, ½ and 1.
fn bend([low, middle, high]: [f64; 3], share: f64) -> f64 {
    let (a, b) = (2.0 * low - 4.0 * middle + 2.0 * high, -3.0 * low + 4.0 * middle - high);
    (a * share + b) * share + low
}

fn srgb(lightness: f64, a: f64, b: f64) -> [u8; 3] {
    let cube = |value: f64| value * value * value;
    let long = cube(lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b);
    let medium = cube(lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b);
    let short = cube(lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b);
    let linear = [
        4.076_741_662_1 * long - 3.307_711_591_3 * medium + 0.230_969_929_2 * short,
        -1.268_438_004_6 * long + 2.609_757_401_1 * medium - 0.341_319_396_5 * short,
        -0.004_196_086_3 * long - 0.703_418_614_7 * medium + 1.707_614_701_0 * short,
    ];
    linear.map(|value| {
        let value = value.clamp(0.0, 1.0);
        let encoded = if value <= 0.003_130_8 { 12.92 * value } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
        (encoded * 255.0).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Oklab's lightness of an sRGB colour; its cone responses first when asked to leave out the long ones' difference
    /// to the medium, as someone without them sees (both take their mean).
    fn lightness(colour: [u8; 3], without_red_green: bool) -> f64 {
        let [red, green, blue] = colour.map(|byte| {
            let value = f64::from(byte) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        let mut long = 0.412_221_470_8 * red + 0.536_332_536_3 * green + 0.051_445_992_9 * blue;
        let mut medium = 0.211_903_498_2 * red + 0.680_699_545_1 * green + 0.107_396_956_6 * blue;
        let short = 0.088_302_461_9 * red + 0.281_718_837_6 * green + 0.629_978_700_5 * blue;
        if without_red_green {
            let mean = 0.5 * (long + medium);
            (long, medium) = (mean, mean);
        }
        0.210_454_255_3 * long.cbrt() + 0.793_617_785_0 * medium.cbrt() - 0.004_072_046_8 * short.cbrt()
    }

    #[test]
    fn lightness_rises_evenly_with_and_without_colour_vision() {
        for without in [false, true] {
            let steps: Vec<f64> = (0..=STEPS).map(|n| lightness(colour(n as f64 / STEPS as f64), without)).collect();
            let mean = (steps[STEPS] - steps[0]) / STEPS as f64;
            for (n, pair) in steps.windows(2).enumerate() {
                let step = pair[1] - pair[0];
                assert!((step / mean - 1.0).abs() < 0.45, "step {n} of {step:.4}, mean {mean:.4} ({without})");
            }
        }
    }
}
