//! Heat transfer from surfaces to air, given or from correlations.

/// How a surface passes heat to its surroundings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Film {
    /// Not at all (radiation may still act).
    None,
    /// Coefficient in W/(m²·K).
    Coefficient(f64),
    /// The surface itself has the ambient temperature.
    FixedTemperature,
    /// Natural convection from a horizontal plate that looks up and is warmer than the air. Characteristic length
    /// (area over perimeter), metres. Nu = 0.54 Ra^¼ (Lloyd and Moran, J. Heat Transfer 96, 1974; small Ra as Goldstein,
    /// Sparrow and Jones 1973: Nu = 0.96 Ra^(1/6)).
    NaturalUp(f64),
    /// Natural convection from a horizontal warm plate that looks down; characteristic length as above.
    /// Nu = 0.27 Ra^¼ (McAdams 1954).
    NaturalDown(f64),
    /// Natural convection from an upright plate of the given height, metres (Churchill and Chu 1975, laminar form).
    NaturalUpright(f64),
    /// Forced flow along a plate.
    Forced {
        /// Air speed, m/s.
        speed: f64,
        /// Plate length in flow direction, metres. Nu = 0.664 Re^½ Pr^⅓, turbulent beyond Re 5·10⁵ (Incropera).
        length: f64,
    },
}

/// Dry air at one atmosphere, linear in temperature around 350 K within 2 % from 280 K to 420 K (Incropera, table A.4).
struct Air {
    conductivity: f64,
    kinematic_viscosity: f64,
    prandtl: f64,
    expansion: f64,
}

impl Air {
    fn at(kelvin: f64) -> Self {
        let t = kelvin.clamp(220.0, 700.0);
        let viscosity = 1.458e-6 * t.powf(1.5) / (t + 110.4);
        let density = 101_325.0 / (287.05 * t);
        let conductivity = 0.0263 * (t / 300.0).powf(0.81);
        let kinematic_viscosity = viscosity / density;
        Self { conductivity, kinematic_viscosity, prandtl: viscosity * 1007.0 / conductivity, expansion: 1.0 / t }
    }

    fn rayleigh(&self, difference: f64, length: f64) -> f64 {
        let buoyancy = 9.81 * self.expansion * difference.abs() * length.powi(3);
        buoyancy * self.prandtl / self.kinematic_viscosity.powi(2)
    }
}

impl Film {
    /// W/(m²·K) for a surface at a mean temperature (kelvin) in surroundings of another.
    pub fn coefficient(&self, surface: f64, ambient: f64) -> f64 {
        let air = Air::at(0.5 * (surface + ambient));
        // A surface at ambient temperature still needs a coefficient to start the iteration from.
        let difference = (surface - ambient).abs().max(0.05);
        match *self {
            Self::None => 0.0,
            Self::Coefficient(value) => value,
            Self::FixedTemperature => f64::INFINITY,
            Self::NaturalUp(length) => {
                let rayleigh = air.rayleigh(difference, length);
                let nusselt = (0.54 * rayleigh.powf(0.25)).max(0.96 * rayleigh.powf(1.0 / 6.0));
                nusselt * air.conductivity / length
            }
            Self::NaturalDown(length) => 0.27 * air.rayleigh(difference, length).powf(0.25) * air.conductivity / length,
            Self::NaturalUpright(height) => {
                let shape = (1.0 + (0.492 / air.prandtl).powf(9.0 / 16.0)).powf(4.0 / 9.0);
                let nusselt = 0.68 + 0.670 * air.rayleigh(difference, height).powf(0.25) / shape;
                nusselt * air.conductivity / height
            }
            Self::Forced { speed, length } => {
                let reynolds = speed * length / air.kinematic_viscosity;
                let laminar = 0.664 * reynolds.min(5e5).sqrt();
                let turbulent = 0.037 * (reynolds.powf(0.8) - 5e5f64.powf(0.8)).max(0.0);
                (laminar + turbulent) * air.prandtl.cbrt() * air.conductivity / length
            }
        }
    }

    pub(crate) fn depends_on_temperature(&self) -> bool {
        !matches!(self, Self::None | Self::Coefficient(_) | Self::FixedTemperature)
    }

    pub(crate) fn is_valid(&self) -> bool {
        let positive = |v: f64| v > 0.0 && v.is_finite();
        match *self {
            Self::None | Self::FixedTemperature => true,
            Self::Coefficient(value) => value >= 0.0 && value.is_finite(),
            Self::NaturalUp(l) | Self::NaturalDown(l) | Self::NaturalUpright(l) => positive(l),
            Self::Forced { speed, length } => positive(speed) && positive(length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(ours: f64, theirs: f64, share: f64) {
        assert!((ours / theirs - 1.0).abs() < share, "{ours} against {theirs}");
    }

    #[test]
    fn air_is_that_of_the_tables() {
        // Incropera, table A.4: kelvin, W/(m·K), m²/s, Prandtl.
        for (kelvin, conductivity, viscosity, prandtl) in
            [(300.0, 26.3e-3, 15.89e-6, 0.707), (350.0, 30.0e-3, 20.92e-6, 0.700), (400.0, 33.8e-3, 26.41e-6, 0.690)]
        {
            let air = Air::at(kelvin);
            near(air.conductivity, conductivity, 0.02);
            near(air.kinematic_viscosity, viscosity, 0.02);
            near(air.prandtl, prandtl, 0.03);
        }
    }

    #[test]
    fn films_by_hand() {
        // 1 m/s along 0.1 m at 300 K: Re 6293, Nu 0.664·Re^½·Pr^⅓ = 46.9.
        near(Film::Forced { speed: 1.0, length: 0.1 }.coefficient(300.0, 300.0), 12.3, 0.02);
        // 0.1 m upright, 350 K in 300 K, air at 325 K (ν 18.4e-6, k 28.2e-3, Pr 0.703): Ra 3.13e6, Nu 22.3.
        near(Film::NaturalUpright(0.1).coefficient(350.0, 300.0), 6.3, 0.03);
        // The same plate of 0.4 m edge lying: Nu 0.54·Ra^¼ = 22.7 up, half of it down.
        near(Film::NaturalUp(0.1).coefficient(350.0, 300.0), 6.4, 0.03);
        near(Film::NaturalDown(0.1).coefficient(350.0, 300.0), 3.2, 0.03);
    }

    #[test]
    fn more_wind_and_more_heat_cool_more() {
        let forced = |speed| Film::Forced { speed, length: 0.05 }.coefficient(350.0, 300.0);
        assert!(forced(1.0) < forced(2.0) && forced(2.0) < forced(200.0));
        let natural = |surface| Film::NaturalUp(0.02).coefficient(surface, 300.0);
        assert!(natural(301.0) < natural(340.0));
    }
}
