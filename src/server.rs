//! The server in this process: everything started in order, everything stopped in order.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use airclass_media::{Engine, EngineConfig};
use anyhow::Context as _;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::RustlsAcceptor;
use hyper_util::rt::TokioTimer;
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

use crate::accounts::setup;
use crate::conductor::{Conductors, MediaTokens, Services};
use crate::config::Config;
use crate::db::Db;
use crate::http::permits::Permits;
use crate::http::{App, Listener, Shared, router};
use crate::polls::Codes;
use crate::uploads::Uploads;
use crate::{alive, clock, demo, metrics, recordings, tls};

/// A request whose head takes longer is dropped.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Send buffer of a connection, bytes. The kernel's default grows to megabytes, behind which a client that does not
/// read would go unnoticed.
const SEND_BUFFER: u32 = 128 * 1024;
/// Connections that may wait to be accepted: a district's reconnect after a restart.
const BACKLOG: u32 = 4_096;
/// Expired tokens are forgotten this often.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);
/// How long open requests may take once everything else has stopped.
const LAST_REQUESTS: Duration = Duration::from_millis(500);

/// Starts servers.
#[derive(Debug)]
pub struct Server;

/// A running server. Dropping it leaves its tasks running; [`Running::stop`] ends them.
#[derive(Debug)]
pub struct Running {
    /// Bound plain-HTTP address.
    pub http: SocketAddr,
    /// Bound HTTPS address.
    pub https: Option<SocketAddr>,
    /// Bound media address (UDP).
    pub media: SocketAddr,
    /// Bound metrics address.
    pub metrics: Option<SocketAddr>,
    /// Set once, when there is no administrator yet: the code that makes the first one.
    pub setup_code: Option<String>,
    state: Shared,
    handles: Vec<Handle<SocketAddr>>,
    tasks: Vec<JoinHandle<()>>,
    lock: std::fs::File,
}

impl Server {
    /// Opens the data folder, takes up what was live, opens the doors.
    ///
    /// # Errors
    /// The data folder is in use or can't be written, the database is newer, an address is taken.
    pub async fn start(config: Config) -> anyhow::Result<Running> {
        let config = config.checked()?;
        tls::install_provider();
        std::fs::create_dir_all(config.data.join("recordings"))
            .with_context(|| format!("data folder {}", config.data.display()))?;
        let lock = lock_folder(&config.data)?;
        let db = Db::open(&config.data.join("airclass.db")).await.context("database")?;
        db.sweep_tokens(clock::utc_ms()).await?;
        recordings::recover_all(&db, &config.data.join("recordings")).await?;
        demo::refuse_mixture(&db, config.demo).await?;
        if config.demo {
            demo::seed(&db).await.context("demo data")?;
        }
        let setup_code = setup::first_code(&db).await?;

        let (engine, events) = start_engine(&config)?;
        let media_tokens = MediaTokens::default();
        let conductors = Conductors::new(Services {
            db: db.clone(),
            engine: engine.clone(),
            media_tokens: media_tokens.clone(),
            recordings: config.data.join("recordings"),
            audio_slots: config.audio_slots,
            video_slots: config.video_slots,
            sessions_per_account: config.sessions_per_account,
            peers: Arc::default(),
        });
        let mut tasks = vec![tokio::spawn(conductors.clone().route_media(events)), tokio::spawn(sweep(db.clone()))];
        conductors.resume_live(alive::last(&db).await?).await?;
        tasks.push(tokio::spawn(alive::keep(db.clone(), conductors.clone())));

        let media = engine.local_addr();
        let throttle = std::sync::Mutex::default();
        let uploads = Uploads::open(&config.data, config.upload_checker.clone()).context("data folder")?;
        uploads.recover(&db, &conductors).await?;
        tasks.push(tokio::spawn(uploads.clone().sweep(db.clone())));
        let poll_codes = Codes::open(&db).await?;
        let (pairings, permits, follow_ups) = (Default::default(), Permits::default(), Default::default());
        let state: Shared = Arc::new(App {
            config,
            db,
            throttle,
            pairings,
            poll_codes,
            poll_claims: Default::default(),
            uploads,
            follow_ups,
            permits,
            media_tokens,
            conductors,
            engine,
        });
        let mut handles = Vec::new();
        let http = open_plain(&state, &mut handles, &mut tasks).await?;
        let https = match state.config.https {
            Some(address) => Some(open_tls(&state, address, &mut handles, &mut tasks).await?),
            None => None,
        };
        let metrics = match state.config.metrics {
            Some(address) => {
                let (bound, task) = metrics::serve(address, Arc::clone(&state)).await?;
                tasks.push(task);
                Some(bound)
            }
            None => None,
        };
        if state.config.demo {
            tasks.push(tokio::spawn(demo::conduct(Arc::clone(&state), http)));
        }
        Ok(Running { http, https, media, metrics, setup_code, state, handles, tasks, lock })
    }
}

impl Running {
    /// What handlers reach; for tools and tests in this process.
    pub fn state(&self) -> &Shared {
        &self.state
    }

    /// Stops in order: no new lessons, connections told, recordings closed, doors closed, media ended, database closed.
    pub async fn stop(self) {
        for handle in &self.handles {
            handle.graceful_shutdown(Some(Duration::from_secs(self.state.config.stop_seconds)));
        }
        self.state.conductors.stop(Duration::from_secs(self.state.config.stop_seconds)).await;
        for handle in &self.handles {
            handle.graceful_shutdown(Some(LAST_REQUESTS));
        }
        for task in &self.tasks {
            task.abort();
        }
        let engine = self.state.engine.clone();
        let _ = tokio::task::spawn_blocking(move || engine.shutdown()).await;
        if let Err(error) = alive::note(&self.state.db).await {
            tracing::warn!(%error, "the time could not be noted");
        }
        self.state.db.close().await;
        // Closing the file is not enough: a process that is being started holds a copy of it until it runs its own program.
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "the data folder stays locked until the process ends");
        }
    }
}

/// One server per data folder: the lock ends with [`Running::stop`], at the latest with the process.
fn lock_folder(data: &Path) -> anyhow::Result<std::fs::File> {
    let path = data.join("airclass.lock");
    let file = std::fs::File::create(&path).with_context(|| format!("file {}", path.display()))?;
    file.try_lock().map_err(|_| anyhow::anyhow!("another airclass uses the data folder {}", data.display()))?;
    Ok(file)
}

fn start_engine(config: &Config) -> anyhow::Result<(Engine, tokio::sync::mpsc::Receiver<airclass_media::MediaEvent>)> {
    let mut advertise = config.advertise.clone();
    if advertise.is_empty() && config.media.ip().is_unspecified() {
        advertise = tls::local_addresses();
        if config.media.is_ipv4() {
            advertise.retain(std::net::IpAddr::is_ipv4);
        }
    }
    let settings = EngineConfig {
        bind: config.media,
        advertise,
        workers: config.media_workers,
        keyframe_interval: Duration::from_millis(config.keyframe_interval_ms),
        ..EngineConfig::default()
    };
    Engine::start(settings).with_context(|| format!("media port {}", config.media))
}

fn listen(address: SocketAddr) -> anyhow::Result<std::net::TcpListener> {
    let open = || -> std::io::Result<std::net::TcpListener> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        // Accepted connections inherit it.
        socket.set_send_buffer_size(SEND_BUFFER)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)?.into_std()
    };
    open().with_context(|| format!("address {address}"))
}

async fn open_plain(
    state: &Shared,
    handles: &mut Vec<Handle<SocketAddr>>,
    tasks: &mut Vec<JoinHandle<()>>,
) -> anyhow::Result<SocketAddr> {
    let listener = listen(state.config.http)?;
    let bound = listener.local_addr()?;
    let handle = Handle::new();
    handles.push(handle.clone());
    let mut server = axum_server::from_tcp(listener)?.acceptor(NoDelayAcceptor::new()).handle(handle);
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let service = router(Arc::clone(state), Listener { secure: false });
    tasks.push(tokio::spawn(async move {
        if let Err(error) = server.serve(service.into_make_service_with_connect_info::<SocketAddr>()).await {
            tracing::error!(%error, "HTTP listener ended");
        }
    }));
    Ok(bound)
}

async fn open_tls(
    state: &Shared,
    address: SocketAddr,
    handles: &mut Vec<Handle<SocketAddr>>,
    tasks: &mut Vec<JoinHandle<()>>,
) -> anyhow::Result<SocketAddr> {
    let listener = listen(address)?;
    let bound = listener.local_addr()?;
    let acceptor = RustlsAcceptor::new(tls::load(&state.config).await?).acceptor(NoDelayAcceptor::new());
    let handle = Handle::new();
    handles.push(handle.clone());
    let mut server = axum_server::from_tcp(listener)?.acceptor(acceptor).handle(handle);
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let service = router(Arc::clone(state), Listener { secure: true });
    tasks.push(tokio::spawn(async move {
        if let Err(error) = server.serve(service.into_make_service_with_connect_info::<SocketAddr>()).await {
            tracing::error!(%error, "HTTPS listener ended");
        }
    }));
    Ok(bound)
}

async fn sweep(db: Db) {
    let mut every = tokio::time::interval(SWEEP_EVERY);
    loop {
        every.tick().await;
        if let Err(error) = db.sweep_tokens(clock::utc_ms()).await {
            tracing::warn!(%error, "expired tokens stay for now");
        }
    }
}
