use course_seats_domain::course::duplicates;
use course_seats_domain::values::{
    EmailAddress, EmailError, InstitutionName, LabName, ProjectName, SeatCount, StudentId,
    TextError, fold,
};
use proptest::prelude::*;

#[test]
fn two_hundred_and_fifty_characters_fit_whatever_their_bytes() {
    for letter in ["x", "ß", "é", "中", "🎓"] {
        let (fits, too_long) = (letter.repeat(250), letter.repeat(251));
        let padded = format!("\u{a0} {fits}\t\n");
        assert_eq!(padded.parse::<StudentId>().unwrap().as_str(), fits);
        assert_eq!(padded.parse::<InstitutionName>().unwrap().as_str(), fits);
        assert_eq!(padded.parse::<LabName>().unwrap().as_str(), fits);
        assert_eq!(padded.parse::<ProjectName>().unwrap().as_str(), fits);
        let refused = TextError::TooLong { max: 250 };
        assert_eq!(too_long.parse::<StudentId>(), Err(refused.clone()));
        assert_eq!(too_long.parse::<InstitutionName>(), Err(refused.clone()));
        assert_eq!(too_long.parse::<LabName>(), Err(refused.clone()));
        assert_eq!(too_long.parse::<ProjectName>(), Err(refused.clone()));
        assert_eq!(refused.to_string(), "String should have at most 250 characters");
    }
}

#[test]
fn control_characters_and_emptiness_are_refused() {
    for control in ['\0', '\u{1}', '\n', '\r', '\t', '\u{7f}', '\u{85}'] {
        let text = format!("a{control}b");
        assert_eq!(text.parse::<StudentId>(), Err(TextError::ControlCharacter), "{control:?}");
        assert_eq!(text.parse::<ProjectName>(), Err(TextError::ControlCharacter), "{control:?}");
        assert!(format!("a{control}b@epfl.ch").parse::<EmailAddress>().is_err(), "{control:?}");
        assert!(format!("\"a{control}b\"@epfl.ch").parse::<EmailAddress>().is_err());
    }
    for empty in ["", " ", "\t\n", "\u{a0}\u{2003}"] {
        assert_eq!(empty.parse::<StudentId>(), Err(TextError::Empty), "{empty:?}");
    }
}

#[test]
fn e_mail_addresses() {
    for right in ["a@b.ch", "Ada.Lovelace+x@EPFL.ch", "o'hara@uni.example", "zoë@epfl.ch"] {
        assert_eq!(right.parse::<EmailAddress>().unwrap().as_str(), right);
        assert_eq!(format!("  {right}\n").parse::<EmailAddress>().unwrap().as_str(), right);
    }
    for wrong in [
        "",
        "@",
        "a@",
        "@b.ch",
        "a@b",
        "a b@c.ch",
        "a@b@c.ch",
        "Ada <a@b.ch>",
        "a@[127.0.0.1]",
        "a@b..ch",
        ".a@b.ch",
        "a@b.ch, c@d.ch",
    ] {
        assert!(wrong.parse::<EmailAddress>().is_err(), "{wrong:?}");
    }
    let no_at = "nobody".parse::<EmailAddress>().unwrap_err();
    assert_eq!(
        no_at.to_string(),
        "value is not a valid email address: An email address must have an @-sign."
    );
}

/// An address of so many characters whose parts all keep to their own limits.
fn long_address(characters: usize) -> String {
    let [local, label] = ["a".repeat(60), "b".repeat(60)];
    let start = format!("{local}@{label}.{label}.");
    let rest = "c".repeat(characters - start.len() - ".ch".len() - 31);
    format!("{start}{}.{rest}.ch", "d".repeat(30))
}

#[test]
fn an_address_fits_its_column() {
    assert_eq!(long_address(255).chars().count(), 255);
    assert!(long_address(255).parse::<EmailAddress>().is_ok());
    assert_eq!(long_address(256).parse::<EmailAddress>(), Err(EmailError::TooLong));
}

#[test]
fn an_address_cannot_slip_into_a_log() {
    let email: EmailAddress = "ada@epfl.ch".parse().unwrap();
    assert!(!format!("{email:?} {:?}", Some(&email)).contains("ada"));
    let wrong = "ada@secret-host".parse::<EmailAddress>().unwrap_err();
    assert!(!format!("{wrong} {wrong:?}").contains("ada"));
}

fn students(list: &[(&str, &str)]) -> Vec<(StudentId, EmailAddress)> {
    let parsed = |(id, email): &(&str, &str)| (id.parse().unwrap(), email.parse().unwrap());
    list.iter().map(parsed).collect()
}

#[test]
fn student_ids_are_exact_and_e_mails_are_folded() {
    let twice = |list: &[(&str, &str)]| duplicates(&students(list));
    assert_eq!(twice(&[]), (false, false));
    assert_eq!(twice(&[("S1", "a@b.ch"), ("s1", "c@b.ch")]), (false, false));
    assert_eq!(twice(&[("S1", "a@b.ch"), (" S1 ", "c@b.ch")]), (true, false));
    assert_eq!(twice(&[("S1", "a@b.ch"), ("S2", "A@B.CH")]), (false, true));
    assert_eq!(twice(&[("S1", "zoë@b.ch"), ("S2", "ZOË@b.ch")]), (false, true));
    assert_eq!(twice(&[("S1", "a@b.ch"), ("S1", "A@b.ch")]), (true, true));
}

proptest! {
    #[test]
    fn a_line_is_trimmed_short_and_without_controls(text in any::<String>()) {
        if let Ok(id) = text.parse::<StudentId>() {
            let kept = id.as_str();
            prop_assert_eq!(kept, text.trim());
            prop_assert!((1..=250).contains(&kept.chars().count()));
            prop_assert!(!kept.chars().any(char::is_control));
            // What was parsed once parses again, to the same.
            prop_assert_eq!(kept.parse::<StudentId>().unwrap(), id.clone());
            // It names the project.
            prop_assert_eq!(ProjectName::from(&id), kept.parse::<ProjectName>().unwrap());
        }
    }

    #[test]
    fn no_text_panics_and_a_parsed_address_parses_again(text in any::<String>()) {
        if let Ok(email) = text.parse::<EmailAddress>() {
            prop_assert_eq!(email.as_str().parse::<EmailAddress>().unwrap(), email);
        }
    }

    #[test]
    fn addresses_parse_with_any_case(local in "[a-zA-Z0-9]{1,20}", domain in "[a-zA-Z]{1,10}") {
        let address = format!("{local}@{domain}.ch");
        let email: EmailAddress = address.parse().unwrap();
        let upper: EmailAddress = address.to_ascii_uppercase().parse().unwrap();
        prop_assert_eq!(email.folded(), upper.folded());
        prop_assert_eq!(email.as_str(), address);
    }

    #[test]
    fn folding_twice_is_folding_once(text in any::<String>()) {
        prop_assert_eq!(fold(&fold(&text)), fold(&text));
    }

    #[test]
    fn duplicates_are_found_wherever_they_are(
        others in prop::collection::hash_set("[a-z]{3,8}", 0..20),
        first: prop::sample::Index,
        second: prop::sample::Index,
    ) {
        let mut list: Vec<(StudentId, EmailAddress)> = others
            .iter()
            .map(|name| (name.parse().unwrap(), format!("{name}@b.ch").parse().unwrap()))
            .collect();
        prop_assert_eq!(duplicates(&list), (false, false));
        let one = ("TWICE".parse().unwrap(), "Twice@b.ch".parse().unwrap());
        let two = ("Other".parse().unwrap(), "tWICE@B.ch".parse().unwrap());
        list.insert(first.index(list.len() + 1), one);
        list.insert(second.index(list.len() + 1), two);
        prop_assert_eq!(duplicates(&list), (false, true));
    }

    #[test]
    fn one_to_a_hundred_seats(count in any::<i64>()) {
        prop_assert_eq!(SeatCount::new(count).is_ok(), (1..=100).contains(&count));
    }

    #[test]
    fn a_seat_count_is_the_number_it_came_from(count in 1i64..=100) {
        let seats = SeatCount::new(count).unwrap();
        prop_assert_eq!(i64::from(seats), count);
        prop_assert_eq!(i64::from(seats.get()), count);
    }
}
