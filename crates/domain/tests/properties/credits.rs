use course_seats_domain::seat::spent;
use course_seats_domain::values::{Credits, CreditsError};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

#[test]
fn what_floating_point_gets_wrong() {
    let credits = |text: &str| text.parse::<Credits>().unwrap();
    assert_eq!(credits("0.1").plus(credits("0.2")), credits("0.3"));
    assert_eq!(credits("200").less(credits("149.99")).to_string(), "50.01");
    assert_eq!(spent(credits("200.00"), credits("150")), credits("50"));
    let mut many = Credits::ZERO;
    for _ in 0..1000 {
        many = many.plus(credits("0.001"));
    }
    assert_eq!(many, Credits::whole(1));
}

#[test]
fn zero_has_no_sign_and_nothing_is_below_it() {
    assert_eq!("-0.00".parse::<Credits>().unwrap().to_string(), "0.00");
    assert!("-0".parse::<Credits>().unwrap().is_zero());
    assert_eq!(Credits::try_from(-Decimal::ZERO).unwrap().to_string(), "0");
    assert_eq!("-0.01".parse::<Credits>(), Err(CreditsError::Negative));
    for wrong in ["", " ", "1,5", "NaN", "inf", "two", "0x10"] {
        assert_eq!(wrong.parse::<Credits>(), Err(CreditsError::NotANumber), "{wrong:?}");
    }
}

#[test]
fn read_as_other_services_write_them() {
    for text in ["200", "200.00", "+200", "2E+2", "2e2", "0200.000"] {
        assert_eq!(text.parse::<Credits>().unwrap(), Credits::whole(200), "{text}");
    }
}

#[test]
fn stored_as_text_never_as_a_float() {
    let credits: Credits = "149.99".parse().unwrap();
    assert_eq!(serde_json::to_value(credits).unwrap(), json!("149.99"));
    assert_eq!(serde_json::from_value::<Credits>(json!("149.99")).unwrap(), credits);
    assert!(serde_json::from_value::<Credits>(json!("-1")).is_err());
    assert!(serde_json::from_value::<Credits>(json!(149.99)).is_err());
}

#[test]
fn the_largest_amounts_do_not_panic() {
    let max = "79228162514264337593543950335".parse::<Credits>().unwrap();
    assert_eq!(max.plus(max), max);
    assert_eq!(max.less(max), Credits::ZERO);
    assert_eq!(Credits::ZERO.less(max), Credits::ZERO);
}

/// An amount of ten-thousandths, as text and as a whole number.
fn amount() -> impl Strategy<Value = (Credits, u64)> {
    (0u64..1_000_000_000_000).prop_map(|units| {
        let text = format!("{}.{:04}", units / 10_000, units % 10_000);
        (text.parse().unwrap(), units)
    })
}

proptest! {
    #[test]
    fn adds_and_subtracts_like_whole_numbers((a, a_units) in amount(), (b, b_units) in amount()) {
        let of = |units: u64| -> Credits {
            format!("{}.{:04}", units / 10_000, units % 10_000).parse().unwrap()
        };
        prop_assert_eq!(a.plus(b), of(a_units + b_units));
        prop_assert_eq!(a.less(b), of(a_units.saturating_sub(b_units)));
        prop_assert_eq!(a.cmp(&b), a_units.cmp(&b_units));
        prop_assert_eq!(spent(a, b).plus(b) == a, b_units <= a_units);
    }

    #[test]
    fn text_and_json_give_the_same_again((credits, _) in amount()) {
        prop_assert_eq!(credits.to_string().parse::<Credits>().unwrap(), credits);
        let json = serde_json::to_string(&credits).unwrap();
        prop_assert_eq!(serde_json::from_str::<Credits>(&json).unwrap(), credits);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}") {
        let _ = text.parse::<Credits>();
    }
}
