//! Whose turn it is: light stories run two at a time, heavy ones (browsers, encoders, measurements) alone.

use tokio::sync::{Semaphore, SemaphorePermit};

static TURNS: Semaphore = Semaphore::const_new(2);

/// A turn beside one other light story.
pub(crate) async fn light() -> SemaphorePermit<'static> {
    TURNS.acquire().await.expect("never closed")
}

/// A turn alone.
pub(crate) async fn heavy() -> SemaphorePermit<'static> {
    TURNS.acquire_many(2).await.expect("never closed")
}
