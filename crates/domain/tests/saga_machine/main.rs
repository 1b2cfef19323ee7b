//! The saga machine, driven with a toy step: whatever happens, in whatever order.
#![cfg(test)]

mod decide;
mod drive;
mod looks;
mod news;
mod rules;
mod toy;
mod undo;
