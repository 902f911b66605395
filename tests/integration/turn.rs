//! Whose turn it is. More stories are told at a time than the machine has cores, because most of a story is waiting;
//! each takes shares of the machine by what it works. The order is that of asking, so nobody waits for ever.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Shares of the whole machine.
const ALL: u32 = 6;

static SHARES: Semaphore = Semaphore::const_new(ALL as usize);

async fn take(shares: u32) -> SemaphorePermit<'static> {
    SHARES.acquire_many(shares).await.expect("never closed")
}

/// A server, a small encoder and a few clients, however long.
pub(crate) async fn light() -> SemaphorePermit<'static> {
    take(1).await
}

/// Browsers or many clients, that bear two light stories beside them.
pub(crate) async fn heavy() -> SemaphorePermit<'static> {
    take(ALL - 2).await
}

/// Browsers that must not miss a picture: one light story beside them.
pub(crate) async fn smooth() -> SemaphorePermit<'static> {
    take(ALL - 1).await
}

/// The machine is loaded on purpose.
pub(crate) async fn alone() -> SemaphorePermit<'static> {
    take(ALL).await
}
