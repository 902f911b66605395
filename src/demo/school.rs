//! The demo's schools, people and classrooms.

use super::pupils;
use crate::accounts::{AccountRole, password};
use crate::clock;
use crate::db::{Classroom, Db, DbError, NewAccount, School, new_id};

const SETTING: &str = "demo";
/// Not a hash: no password fits it.
const NO_PASSWORD: &str = "";
const SCHOOLS: [&str; 2] = ["良乡二中", "房山四中"];
const CLASSROOMS: [(&str, usize, &str); 6] = [
    ("八（3）班", 0, "assistant1"),
    ("八（1）班", 1, "assistant2"),
    ("八（5）班", 0, "simulated1"),
    ("八（6）班", 0, "simulated2"),
    ("八（2）班", 1, "simulated3"),
    ("八（4）班", 1, "simulated4"),
];
/// Assistants whose classrooms are full of simulated pupils: sign-in name, school, display name. They have no password,
/// so that nobody can sign in as them.
pub(super) const SIMULATED: [(&str, usize, &str); 4] = [
    ("simulated1", 0, "陈老师"),
    ("simulated2", 0, "刘老师"),
    ("simulated3", 1, "周老师"),
    ("simulated4", 1, "吴老师"),
];

/// A demo account as it is printed.
#[derive(Clone, Copy, Debug)]
pub struct DemoAccount {
    /// Sign-in name.
    pub name: &'static str,
    /// Password.
    pub password: &'static str,
    /// Name others see.
    pub display_name: &'static str,
    /// Office.
    pub role: AccountRole,
    /// What it is good for, in Chinese and English.
    pub use_for: &'static str,
    school: Option<usize>,
}

/// The accounts of the demo.
pub const ACCOUNTS: [DemoAccount; 6] = [
    DemoAccount {
        name: "master",
        password: "master-demo",
        display_name: "王老师",
        role: AccountRole::Master,
        use_for: "主讲教师 the studio",
        school: Some(0),
    },
    DemoAccount {
        name: "assistant1",
        password: "assistant-demo",
        display_name: "李老师",
        role: AccountRole::Assistant,
        use_for: "辅导教师、听讲教室 良乡二中 八（3）班 a classroom and its assistant",
        school: Some(0),
    },
    DemoAccount {
        name: "assistant2",
        password: "assistant-demo",
        display_name: "赵老师",
        role: AccountRole::Assistant,
        use_for: "辅导教师、听讲教室 房山四中 八（1）班 another classroom",
        school: Some(1),
    },
    DemoAccount {
        name: "pupil",
        password: "pupil-demo",
        display_name: "小明",
        role: AccountRole::Pupil,
        use_for: "学生 live at home, and the library",
        school: Some(0),
    },
    DemoAccount {
        name: "admin",
        password: "admin-demo",
        display_name: "教务管理员",
        role: AccountRole::Administrator,
        use_for: "管理员 the district",
        school: None,
    },
    DemoAccount {
        name: "observer",
        password: "observer-demo",
        display_name: "孙研究员",
        role: AccountRole::Observer,
        use_for: "教研员 looks on and marks",
        school: None,
    },
];

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// The folder holds a real district.
    #[error("this data folder holds real accounts; give the demo another one with --data")]
    Real,
    /// The folder holds a demo and the server was started without it.
    #[error("this data folder was made by --demo, whose passwords everybody knows; choose another with --data")]
    Demo,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Hashing failed.
    #[error(transparent)]
    Password(#[from] password::PasswordError),
}

/// Refuses a demo on a real data folder, and a real server on a demo's.
///
/// # Errors
/// [`DemoError::Real`], [`DemoError::Demo`].
pub async fn refuse_mixture(db: &Db, demo: bool) -> Result<(), DemoError> {
    let seeded = db.setting(SETTING).await?.is_some();
    match (demo, seeded) {
        (false, true) => Err(DemoError::Demo),
        (true, false) if !db.accounts().await?.is_empty() => Err(DemoError::Real),
        _ => Ok(()),
    }
}

/// Adds the demo's people and classrooms, once.
///
/// # Errors
/// The database fails.
pub async fn seed(db: &Db) -> Result<(), DemoError> {
    // First, so that a crash in between leaves a demo and not a half-real folder.
    db.set_setting(SETTING, "1").await?;
    let now = clock::utc_ms();
    let mut schools = Vec::new();
    for name in SCHOOLS {
        let found = db.school_named(name).await?;
        let school = match found {
            Some(school) => school,
            None => {
                let school = School { id: new_id(), name: name.to_owned() };
                db.add_school(&school, now).await?;
                school
            }
        };
        schools.push(school);
    }
    for account in &ACCOUNTS {
        if db.account_for_sign_in(account.name).await?.is_some() {
            continue;
        }
        let new = NewAccount {
            id: new_id(),
            name: account.name.to_owned(),
            display_name: account.display_name.to_owned(),
            role: account.role,
            school: account.school.map(|index| schools[index].id.clone()),
            password_hash: password::hash(account.password).await?,
        };
        db.add_account(&new, now).await?;
    }
    for (name, school, display_name) in SIMULATED {
        if db.account_for_sign_in(name).await?.is_some() {
            continue;
        }
        let new = NewAccount {
            id: new_id(),
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            role: AccountRole::Assistant,
            school: Some(schools[school].id.clone()),
            password_hash: NO_PASSWORD.to_owned(),
        };
        db.add_account(&new, now).await?;
    }
    let known = db.classrooms().await?;
    for (number, (name, school, assistant)) in CLASSROOMS.into_iter().enumerate() {
        let school = &schools[school];
        if known.iter().any(|room| room.name == name && room.school == school.id) {
            continue;
        }
        let assistant = db.account_for_sign_in(assistant).await?.map(|(account, _)| account.id);
        let classroom = Classroom {
            id: new_id(),
            school: school.id.clone(),
            school_name: school.name.clone(),
            name: name.to_owned(),
            assistant,
            assistant_name: None,
            consent: false,
        };
        db.add_classroom(&classroom, now).await?;
        db.set_seats(&classroom.id, &pupils::list(number)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::scratch;

    #[tokio::test]
    async fn seeding_twice_adds_nothing_and_folders_do_not_mix() {
        let (_folder, db) = scratch().await;
        refuse_mixture(&db, true).await.unwrap();
        seed(&db).await.unwrap();
        seed(&db).await.unwrap();
        assert_eq!(db.accounts().await.unwrap().len(), ACCOUNTS.len() + SIMULATED.len());
        let (_, hash) = db.account_for_sign_in("simulated1").await.unwrap().unwrap();
        assert!(!password::verify("", Some(hash)).await.unwrap(), "nobody signs in as a simulated assistant");
        let rooms = db.classrooms().await.unwrap();
        for room in &rooms {
            assert_eq!(db.seats(&room.id).await.unwrap().len(), 40);
        }
        assert_eq!(db.classrooms().await.unwrap().len(), CLASSROOMS.len());
        refuse_mixture(&db, true).await.unwrap();
        assert!(matches!(refuse_mixture(&db, false).await, Err(DemoError::Demo)));
        let (_folder, real) = scratch().await;
        refuse_mixture(&real, false).await.unwrap();
    }
}
