//! Two shares compared: are they different, and by how much. Pure.
//!
//! Checked against published figures; the tests name them.

use crate::domain::Counted;

/// Least expected count of a cell for the normal approximation.
const EXPECTED: f64 = 5.0;

/// What a comparison of two shares came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// First share less the second one.
    pub difference: f64,
    /// 95 % interval of the difference.
    pub interval: (f64, f64),
    /// Two-sided; how probable as large a difference is where there is none.
    pub p: f64,
    /// Test statistic; none for Fisher's exact test, which has none.
    pub z: Option<f64>,
}

/// Compares the shares of bad events. None where one side has no events.
///
/// The two-proportion z-test with the pooled share where each expected count is at least 5, else Fisher's exact test.
#[must_use]
pub fn compare(one: Counted, other: Counted) -> Option<Compared> {
    let (x1, n1) = whole(one)?;
    let (x2, n2) = whole(other)?;
    let pooled = (x1 + x2) / (n1 + n2);
    let expected = [
        n1 * pooled,
        n1 * (1.0 - pooled),
        n2 * pooled,
        n2 * (1.0 - pooled),
    ];
    let (p, z) = if expected.iter().all(|e| *e >= EXPECTED) {
        let deviation = (pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2)).sqrt();
        let z = (x1 / n1 - x2 / n2) / deviation;
        (erfc(z.abs() / std::f64::consts::SQRT_2).min(1.0), Some(z))
    } else {
        (fisher(x1, n1, x2, n2), None)
    };
    Some(Compared {
        difference: x1 / n1 - x2 / n2,
        interval: newcombe((x1, n1), (x2, n2)),
        p,
        z,
    })
}

/// Counts are extrapolated to fractions; tests are of whole events.
fn whole(counted: Counted) -> Option<(f64, f64)> {
    let valid = counted.valid.round();
    (valid >= 1.0).then(|| (counted.bad.round().clamp(0.0, valid), valid))
}

/// Fisher's exact test, two-sided: all tables with the same margins that are as improbable as this one, or more.
fn fisher(x1: f64, n1: f64, x2: f64, n2: f64) -> f64 {
    // a table and its near twin differ in the last digits: as R does it
    const TIE: f64 = 1e-7;
    let (bad, all) = (x1 + x2, n1 + n2);
    let ln_table = |x: f64| ln_choose(n1, x) + ln_choose(n2, bad - x) - ln_choose(all, bad);
    let seen = ln_table(x1) + TIE;
    let mut x = (bad - n2).max(0.0);
    let last = bad.min(n1);
    let mut p = 0.0;
    while x <= last {
        let ln = ln_table(x);
        if ln <= seen {
            p += ln.exp();
        }
        x += 1.0;
    }
    p.min(1.0)
}

fn ln_choose(n: f64, k: f64) -> f64 {
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

/// Stirling's series; small ones are multiplied out.
fn ln_factorial(n: f64) -> f64 {
    if n < 32.0 {
        let mut product = 1.0;
        let mut factor = 2.0;
        while factor <= n {
            product *= factor;
            factor += 1.0;
        }
        return product.ln();
    }
    let half_ln_tau = 0.5 * std::f64::consts::TAU.ln();
    let inverse = 1.0 / n;
    let square = inverse * inverse;
    (n + 0.5) * n.ln() - n
        + half_ln_tau
        + inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square / 1260.0))
}

/// Interval of the difference of two shares: Newcombe's method 10, from Wilson's intervals of both.
fn newcombe((x1, n1): (f64, f64), (x2, n2): (f64, f64)) -> (f64, f64) {
    let (p1, p2) = (x1 / n1, x2 / n2);
    let (l1, u1) = wilson(x1, n1);
    let (l2, u2) = wilson(x2, n2);
    let difference = p1 - p2;
    (
        difference - ((p1 - l1).powi(2) + (u2 - p2).powi(2)).sqrt(),
        difference + ((u1 - p1).powi(2) + (p2 - l2).powi(2)).sqrt(),
    )
}

/// 97.5th percentile of the normal distribution.
const Z95: f64 = 1.959_963_984_540_054;
/// 80th percentile of the normal distribution.
const Z80: f64 = 0.841_621_233_572_914;

/// Wilson's 95 % interval of a share.
fn wilson(x: f64, n: f64) -> (f64, f64) {
    let p = x / n;
    let square = Z95 * Z95;
    let middle = 2.0 * n * p + square;
    let spread = Z95 * (square + 4.0 * n * p * (1.0 - p)).sqrt();
    let whole = 2.0 * (n + square);
    (
        ((middle - spread) / whole).max(0.0),
        ((middle + spread) / whole).min(1.0),
    )
}

/// Events that each side needs so that a change from one share to another is seen in 80 of 100 cases, at 5 %.
#[must_use]
pub fn needed(from: f64, to: f64) -> f64 {
    let mean = f64::midpoint(from, to);
    let spread = Z95 * (2.0 * mean * (1.0 - mean)).sqrt()
        + Z80 * (from * (1.0 - from) + to * (1.0 - to)).sqrt();
    (spread / (to - from)).powi(2).ceil()
}

/// Holm's correction for as many tests as there are, in their order.
#[must_use]
pub fn holm(ps: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..ps.len()).collect();
    order.sort_by(|a, b| ps[*a].total_cmp(&ps[*b]));
    let mut adjusted = vec![1.0; ps.len()];
    let mut least: f64 = 0.0;
    let mut tests = ps.len();
    for at in order {
        // no list of tests is so long that its length is not exact
        #[allow(clippy::cast_precision_loss)]
        let corrected = (ps[at] * tests as f64).min(1.0);
        least = least.max(corrected);
        adjusted[at] = least;
        tests -= 1;
    }
    adjusted
}

/// Complementary error function: a Chebyshev fit, wrong by less than 1.2e-7 of its value (Numerical Recipes, 6.2).
fn erfc(x: f64) -> f64 {
    const FIT: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let t = 1.0 / (1.0 + 0.5 * x.abs());
    let sum = FIT.iter().rev().fold(0.0, |sum, c| sum * t + c);
    let tail = t * (sum - x * x).exp();
    if x >= 0.0 { tail } else { 2.0 - tail }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(bad: f64, valid: f64) -> Counted {
        Counted { bad, valid }
    }

    fn near(one: f64, other: f64, within: f64) {
        assert!((one - other).abs() <= within, "{one} is not {other}");
    }

    #[test]
    fn the_z_test_is_that_of_the_physicians_health_study() {
        // Agresti, An Introduction to Categorical Data Analysis, table 2.3: 189 of 11,034 and 104 of 11,037 heart
        // attacks; X² = 25.0, difference 0.0077 with the 95 % interval 0.005 to 0.011.
        let found = compare(of(189.0, 11_034.0), of(104.0, 11_037.0)).unwrap();
        let z = found.z.unwrap();
        near(z * z, 25.01, 0.01);
        near(found.difference, 0.0077, 5e-5);
        near(found.interval.0, 0.005, 5e-4);
        near(found.interval.1, 0.011, 5e-4);
        assert!(found.p < 1e-6);
    }

    #[test]
    fn fishers_test_is_his_own() {
        // Fisher's lady tasting tea: 4 of 4 against 0 of 4 (1/35 two-sided), 3 of 4 against 1 of 4 (17/35).
        near(
            compare(of(4.0, 4.0), of(0.0, 4.0)).unwrap().p,
            2.0 / 70.0,
            1e-9,
        );
        near(
            compare(of(3.0, 4.0), of(1.0, 4.0)).unwrap().p,
            34.0 / 70.0,
            1e-9,
        );
        // Fisher (1970) on convictions of twins, as R's fisher.test prints it: p = 0.0005367
        near(fisher(2.0, 12.0, 15.0, 18.0), 0.000_536_7, 5e-8);
        assert_eq!(compare(of(4.0, 4.0), of(0.0, 4.0)).unwrap().z, None);
    }

    #[test]
    fn the_interval_is_newcombes() {
        // Newcombe 1998, Statistics in Medicine 17:873, table II, method 10.
        let interval = |a: (f64, f64), b: (f64, f64)| newcombe(a, b);
        let (low, high) = interval((56.0, 70.0), (48.0, 80.0));
        near(low, 0.0524, 5e-5);
        near(high, 0.3339, 5e-5);
        let (low, high) = interval((9.0, 10.0), (3.0, 10.0));
        near(low, 0.1705, 5e-5);
        near(high, 0.8090, 5e-5);
        let (low, high) = interval((5.0, 56.0), (0.0, 29.0));
        near(low, -0.0381, 5e-5);
        near(high, 0.1926, 5e-5);
    }

    #[test]
    fn holms_correction_is_the_one_of_the_textbook() {
        // four tests with 0.01, 0.04, 0.03, 0.005: the first and the last are significant at 5 %
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (found, wanted) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            near(*found, wanted, 1e-12);
        }
        assert!(holm(&[]).is_empty());
    }

    #[test]
    fn sample_sizes_are_those_of_the_two_proportion_formula() {
        near(needed(0.001, 0.002), 23_500.0, 50.0);
        near(needed(0.01, 0.02), 2_320.0, 5.0);
        near(needed(0.001, 0.01), 1_060.0, 5.0);
    }

    proptest! {
        #[test]
        fn identical_sides_are_never_different(bad in 0_u32..500, more in 1_u32..5000) {
            let side = of(f64::from(bad), f64::from(bad + more));
            let found = compare(side, side).unwrap();
            prop_assert!(found.p > 0.99, "{found:?}");
            prop_assert!(found.interval.0 <= 0.0 && found.interval.1 >= 0.0);
        }

        #[test]
        fn it_does_not_matter_which_side_is_named_first(
            a in 0_u32..60, n in 1_u32..400, b in 0_u32..60, m in 1_u32..400,
        ) {
            let one = of(f64::from(a.min(n)), f64::from(n));
            let other = of(f64::from(b.min(m)), f64::from(m));
            let there = compare(one, other).unwrap();
            let back = compare(other, one).unwrap();
            prop_assert!((there.p - back.p).abs() < 1e-6, "{there:?} {back:?}");
            prop_assert!((there.difference + back.difference).abs() < 1e-12);
            prop_assert!((there.interval.0 + back.interval.1).abs() < 1e-9);
        }

        #[test]
        fn more_data_of_the_same_shares_never_loses_significance(
            a in 5_u32..60, b in 5_u32..60, n in 120_u32..400, factor in 2_u32..20,
        ) {
            let side = |x: u32, f: u32| of(f64::from(x * f), f64::from(n * f));
            let few = compare(side(a, 1), side(b, 1)).unwrap();
            let many = compare(side(a, factor), side(b, factor)).unwrap();
            prop_assert!(many.p <= few.p + 1e-6, "{few:?} {many:?}");
        }

        #[test]
        fn probabilities_are_probabilities(a in 0_u32..50, n in 1_u32..50, b in 0_u32..50, m in 1_u32..5000) {
            let found = compare(of(f64::from(a), f64::from(n)), of(f64::from(b), f64::from(m))).unwrap();
            prop_assert!((0.0..=1.0).contains(&found.p), "{found:?}");
            prop_assert!(found.interval.0 <= found.difference + 1e-9);
            prop_assert!(found.interval.1 >= found.difference - 1e-9);
        }
    }
}
