//! `airclass user add|list|password`: accounts from the command line, also while the server runs.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};

use super::Source;
use crate::accounts::{AccountRole, names, password};
use crate::clock;
use crate::db::{Db, DbError, NewAccount, School, new_id};

#[derive(Debug, Args)]
pub(super) struct User {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add an account. The password is read from standard input.
    Add {
        /// Sign-in name.
        name: String,
        /// Office in the district.
        #[arg(long, value_enum)]
        role: RoleArg,
        /// Name others see; the sign-in name if missing.
        #[arg(long)]
        display_name: Option<String>,
        /// School, by name; added if it does not exist.
        #[arg(long)]
        school: Option<String>,
        #[command(flatten)]
        source: Source,
    },
    /// List accounts.
    List {
        #[command(flatten)]
        source: Source,
    },
    /// Set a password and end all sessions of the account. The password is read from standard input.
    Password {
        /// Sign-in name.
        name: String,
        #[command(flatten)]
        source: Source,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleArg {
    Administrator,
    Master,
    Assistant,
    Pupil,
    Observer,
}

impl From<RoleArg> for AccountRole {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Administrator => Self::Administrator,
            RoleArg::Master => Self::Master,
            RoleArg::Assistant => Self::Assistant,
            RoleArg::Pupil => Self::Pupil,
            RoleArg::Observer => Self::Observer,
        }
    }
}

impl User {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Add { name, role, display_name, school, source } => {
                let db = open(&source).await?;
                let done = add(&db, &name, role.into(), display_name.as_deref(), school.as_deref()).await;
                db.close().await;
                done
            }
            Action::List { source } => {
                let db = open(&source).await?;
                for account in db.accounts().await? {
                    let school = account.school_name.unwrap_or_default();
                    println!("{}\t{}\t{}\t{school}", account.name, account.role.as_str(), account.display_name);
                }
                db.close().await;
                Ok(())
            }
            Action::Password { name, source } => {
                let db = open(&source).await?;
                let name = names::sign_in_name(&name).context("name")?;
                let hash = password::hash(&read_password()?).await?;
                let found = db.set_password(&name, &hash).await?;
                db.close().await;
                if found { Ok(()) } else { bail!("there is no account {name}") }
            }
        }
    }
}

async fn open(source: &Source) -> anyhow::Result<Db> {
    let config = source.load()?;
    std::fs::create_dir_all(&config.data).with_context(|| format!("data folder {}", config.data.display()))?;
    Ok(Db::open(&config.data.join("airclass.db")).await?)
}

async fn add(
    db: &Db,
    name: &str,
    role: AccountRole,
    display_name: Option<&str>,
    school: Option<&str>,
) -> anyhow::Result<()> {
    let name = names::sign_in_name(name).context("name")?;
    let display_name = names::display_name(display_name.unwrap_or(&name)).context("display name")?;
    let now = clock::utc_ms();
    let school = match school {
        Some(text) => Some(school_id(db, text, now).await?),
        None if matches!(role, AccountRole::Assistant | AccountRole::Pupil) => {
            bail!("assistants and pupils belong to a school: --school")
        }
        None => None,
    };
    let password_hash = password::hash(&read_password()?).await?;
    let account = NewAccount { id: new_id(), name: name.clone(), display_name, role, school, password_hash };
    match db.add_account(&account, now).await {
        Ok(()) => {
            println!("{name}");
            Ok(())
        }
        Err(DbError::Taken { .. }) => bail!("there is an account {name} already"),
        Err(error) => Err(error.into()),
    }
}

async fn school_id(db: &Db, name: &str, now: i64) -> anyhow::Result<String> {
    let name = names::display_name(name).context("school")?;
    if let Some(school) = db.school_named(&name).await? {
        return Ok(school.id);
    }
    let school = School { id: new_id(), name };
    db.add_school(&school, now).await?;
    Ok(school.id)
}

fn read_password() -> anyhow::Result<String> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        eprint!("密码 password: ");
        std::io::stderr().flush()?;
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line).context("password")?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    names::new_password(&password).context("password")?;
    Ok(password)
}
