use course_seats_domain::saga::Status;

/// Which sagas somebody wants to see: all, unless one of [`WantedSagas::words`] says which.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WantedSagas {
    /// Only those that are there.
    pub status: Option<Status>,
    /// Only those that need attention.
    pub needs_attention: bool,
}

impl WantedSagas {
    /// The words for a choice, in a query and on the command line.
    #[must_use]
    pub fn words() -> Vec<(&'static str, Self)> {
        let of = |status: Status| {
            (status.as_str(), Self { status: Some(status), needs_attention: false })
        };
        let mut words: Vec<_> = Status::ALL.into_iter().map(of).collect();
        words.push(("needs_attention", Self { status: None, needs_attention: true }));
        words
    }
}
