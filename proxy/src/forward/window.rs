//! How many requests S3 is asked at a time: all of ours while it is well, ever fewer while it asks us to slow down.
//!
//! Input: requests that begin, answers, and calls to slow down. Output: leave to send. Must not: hold a request back
//! while its body flows; a slow reader would block the others.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// Between two cuts: the answers to requests that were under way when S3 slowed us down are no second call.
const CALM: Duration = Duration::from_secs(1);

/// Additive increase, multiplicative decrease, as TCP does.
#[derive(Debug)]
struct Window {
    width: f64,
    widest: f64,
    inside: u16,
    cut_at: Option<Instant>,
}

impl Window {
    fn new(widest: f64) -> Self {
        Self { width: widest, widest, inside: 0, cut_at: None }
    }

    fn enter(&mut self) -> bool {
        // The width is small and positive, and a fraction of a request is none.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 256")]
        let has_room = self.inside < self.width as u16;
        self.inside += u16::from(has_room);
        has_room
    }

    fn cut(&mut self, now: Instant) {
        if self.cut_at.is_none_or(|at| now >= at + CALM) {
            self.width = (self.width.min(f64::from(self.inside.max(1))) / 2.0).max(1.0);
            self.cut_at = Some(now);
        }
    }

    fn widen(&mut self) {
        self.width = (self.width + 1.0 / self.width).min(self.widest);
    }
}

/// The way to S3.
pub struct Gate {
    window: Mutex<Window>,
    freed: Notify,
}

impl Gate {
    /// Lets at most `widest` requests wait for an answer at a time.
    pub fn new(widest: usize) -> Self {
        let widest = u16::try_from(widest).unwrap_or(u16::MAX);
        Self { window: Mutex::new(Window::new(widest.into())), freed: Notify::new() }
    }

    /// Leave, if there is room now.
    pub fn try_enter(&self) -> Option<Leave<'_>> {
        self.window().enter().then(|| Leave(self))
    }

    /// Waits for ever for leave; the caller brings the deadline.
    pub async fn enter(&self) -> Leave<'_> {
        loop {
            if let Some(leave) = self.try_enter() {
                return leave;
            }
            self.freed.notified().await;
        }
    }

    /// S3 asks us to slow down.
    pub fn cut(&self, now: Instant) {
        self.window().cut(now);
    }

    /// S3 answered.
    pub fn widen(&self) {
        self.window().widen();
        self.freed.notify_one();
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave for one request, given back when dropped.
pub struct Leave<'a>(&'a Gate);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.window().inside -= 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::{CALM, Gate, Window};
    use std::time::Duration;
    use tokio::time::{Instant, timeout};

    fn admitted(window: &mut Window) -> usize {
        (0..1000).take_while(|_| window.enter()).count()
    }

    #[test]
    fn fault_d1_each_call_to_slow_down_halves_what_is_under_way() {
        let (mut window, now) = (Window::new(256.0), Instant::now());
        assert_eq!(admitted(&mut window), 256);
        for (nth, left) in (1..).zip([128, 64, 32, 16, 8, 4, 2, 1, 1]) {
            window.cut(now + CALM * nth);
            window.inside = 0;
            assert_eq!(admitted(&mut window), left);
        }
    }

    #[test]
    fn fault_d1_a_burst_of_calls_is_one_call() {
        let (mut window, now) = (Window::new(64.0), Instant::now());
        admitted(&mut window);
        (0..64).for_each(|nth| window.cut(now + Duration::from_millis(nth)));
        assert!((window.width - 32.0).abs() < 0.1);
    }

    #[test]
    fn answers_widen_it_again_up_to_the_full_width() {
        let mut window = Window::new(8.0);
        window.width = 1.0;
        (0..1000).for_each(|_| window.widen());
        assert_eq!(admitted(&mut window), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_let_in_when_another_leaves() {
        let gate = Gate::new(1);
        let first = gate.enter().await;
        assert!(timeout(CALM, gate.enter()).await.is_err());
        drop(first);
        assert!(timeout(CALM, gate.enter()).await.is_ok());
    }
}
