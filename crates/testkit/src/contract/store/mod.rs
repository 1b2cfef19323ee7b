//! What every database must do: one file a repository, one function a duty, each on a database of
//! its own. [`store_contract!`](crate::store_contract) makes a test of each.
#![expect(clippy::indexing_slicing, reason = "test support: a failed check panics")]

pub mod courses;
pub mod daily_run;
pub mod drift;
pub mod enrolments;
pub mod institutions;
pub mod invites;
pub mod labs;
pub mod ledger;
pub mod looks;
pub mod outbox;
pub mod projects;
pub mod requests;
pub mod reservations;
pub mod saga_lists;
pub mod seats;
pub mod statistics;
pub mod transactions;

use crate::clock::TestClock;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use course_seats_application::ports::store::{Page, StoreError, Tx};
use course_seats_application::ports::{Clock, Store};
use std::any::Any;
use std::sync::Arc;

/// The time that a database's leases go by.
#[async_trait]
pub trait Time: Send + Sync {
    /// Now.
    fn now(&self) -> DateTime<Utc>;

    /// Lets time pass.
    async fn pass(&self, time: TimeDelta);
}

#[async_trait]
impl Time for TestClock {
    fn now(&self) -> DateTime<Utc> {
        Clock::now(self)
    }

    async fn pass(&self, time: TimeDelta) {
        self.advance(time);
    }
}

/// An empty, migrated database.
pub struct World {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Its time.
    pub time: Arc<dyn Time>,
    /// What must outlive it, such as its folder.
    pub keep: Box<dyn Any + Send + Sync>,
}

impl World {
    /// Begins a transaction.
    ///
    /// # Panics
    /// If the store does not.
    pub async fn begin(&self) -> Box<dyn Tx> {
        self.store.begin().await.unwrap()
    }

    /// Begins to read.
    ///
    /// # Panics
    /// If the store does not.
    pub async fn read(&self) -> Box<dyn Tx> {
        self.store.read().await.unwrap()
    }
}

/// How long the suite holds things.
pub(crate) const LEASE: TimeDelta = TimeDelta::seconds(20);

/// A page.
pub(crate) fn page(number: u32, size: u32) -> Option<Page> {
    Some(Page { number, size })
}

/// Whether a unique key was taken.
pub(crate) fn is_conflict<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Conflict(_)))
}

/// A test for every duty of the `Store` port. `$fresh` is an `async fn() -> World`.
#[macro_export]
macro_rules! store_contract {
    ($fresh:ident) => {
        $crate::store_contract! {
            @tests $fresh;
            institutions: are_kept names_are_unique search_ignores_case_and_takes_signs_as_they_are
                lists_are_ordered_and_paged;
            labs: are_kept names_are_unique_among_those_not_deleted;
            projects: are_kept exact_names_are_unique_in_a_lab folded_names_tell_what_is_taken
                deleted_ones_free_their_names student_projects_are_those_of_enrolments;
            courses: are_kept one_a_lab_and_one_a_template are_found_by_lab_name
                expired_ones_are_those_to_close are_deleted_with_their_rows;
            seats: are_kept available_ones_are_free_and_in_order an_enrolment_has_one_seat
                move_to_another_course are_listed_with_their_state are_found_by_their_student
                batches_are_listed;
            enrolments: are_kept are_unique_in_their_course are_found_by_id_or_folded_email
                live_ones_are_neither_dropped_nor_dropping claimed_ones_wait_for_activation
                who_is_let_in_is_known are_listed_with_state_and_seat
                pages_tell_how_many_there_are are_found_by_text;
            invites: are_kept accepted_ones_count_by_role;
            reservations: belong_to_one_saga are_taken_all_or_not_at_all end_with_their_time
                go_when_the_saga_closes two_at_once_and_one_wins are_given_back_by_their_owner;
            ledger: a_claim_holds_until_its_lease_ends a_new_one_is_claimed_at_once
                an_old_generation_is_fenced
                an_old_status_is_fenced events_set_the_row closing_ends_everything
                a_ticket_ends_with_its_lease a_closed_saga_needs_nobody
                a_released_saga_is_taken_at_once seizing_fences_the_owner stories_are_replayed;
            looks: are_claimed_when_due a_dead_look_is_taken_over a_released_look_is_due_again;
            saga_lists: abandoned_ones_and_due_looks_are_found statuses_and_open_ones_are_told
                are_listed_newest_first accounts_are_given_up_once an_open_one_is_made_due
                a_person_ends_the_call_for_attention;
            outbox: a_mail_is_claimed_once a_mail_that_its_writer_sends_is_nobody_elses
                due_mails_are_claimed_oldest_first
                failed_ones_come_back_or_die cancelled_ones_are_not_sent
                the_newest_about_a_subject_is_told retried_ones_are_due_now
                dead_ones_are_cancelled_too they_are_listed;
            daily_run: is_taken_once;
            statistics: nothing_is_counted_as_nothing everything_is_counted_once;
            drift: rows_of_a_labs_owner_are_told_whole accepted_members_are_told
                given_up_accounts_are_told plans_of_open_sagas_are_told
                the_ledger_knows_its_subjects reservations_without_an_open_saga_are_stray
                findings_keep_their_first_time;
            requests: are_kept have_keys_of_their_own keys_end_with_their_time
                are_taken_back_with_their_work two_with_one_key_and_one_wins
                are_forgotten_when_their_time_is_over;
            transactions: are_seen_once_committed dropped_ones_are_taken_back
                writers_take_turns a_conflict_can_be_rolled_back audit_entries_are_taken;
        }
    };
    (@tests $fresh:ident; $($repository:ident: $($duty:ident)+;)+) => {$(
        mod $repository {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $duty() {
                    let world = super::$fresh().await;
                    $crate::contract::store::$repository::$duty(&world).await;
                }
            )+
        }
    )+};
}
