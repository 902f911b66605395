//! The same for TCP, without loss: TCP repairs that itself.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A TCP relay that can be cut: while it is, bytes wait, as behind a cable that has been pulled.
pub struct Wire {
    address: SocketAddr,
    blackout: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Wire {
    /// A relay on a free loopback port in front of `server`.
    ///
    /// # Errors
    /// When no socket can be had.
    pub async fn start(server: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (blackout, cut) = watch::channel(false);
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let cut = cut.clone();
                tokio::spawn(async move {
                    let Ok(far) = TcpStream::connect(server).await else { return };
                    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                    tokio::join!(conduct(near_in, far_out, cut.clone()), conduct(far_in, near_out, cut));
                });
            }
        });
        Ok(Self { address, blackout, task })
    }

    /// Where clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// While on, nothing passes; afterwards everything that waited does.
    pub fn set_blackout(&self, on: bool) {
        self.blackout.send_replace(on);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn conduct(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut cut: watch::Receiver<bool>) {
    let mut buffer = vec![0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        // The relay's end is the end of its connections.
        if cut.wait_for(|cut| !cut).await.is_err() || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
