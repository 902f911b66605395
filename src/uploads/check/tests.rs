//! Files as people upload them.

use super::*;

/// A PDF of so many empty pages, as plain as the format allows.
pub(crate) fn pdf(pages: usize) -> Vec<u8> {
    use std::fmt::Write as _;
    let mut text = String::from("%PDF-1.4\n");
    let mut offsets = Vec::new();
    let mut object = |text: &mut String, body: &str| {
        offsets.push(text.len());
        let n = offsets.len();
        let _ = write!(text, "{n} 0 obj\n{body}\nendobj\n");
    };
    object(&mut text, "<< /Type /Catalog /Pages 2 0 R >>");
    let kids: Vec<String> = (0..pages).map(|n| format!("{} 0 R", n + 3)).collect();
    object(&mut text, &format!("<< /Type /Pages /Count {pages} /Kids [{}] >>", kids.join(" ")));
    for _ in 0..pages {
        object(&mut text, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 960 540] >>");
    }
    let start = text.len();
    let _ = write!(text, "xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1);
    for offset in &offsets {
        let _ = writeln!(text, "{offset:010} 00000 n ");
    }
    let _ = write!(text, "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", offsets.len() + 1);
    text.into_bytes()
}

fn checked(kind: UploadKind, bytes: &[u8]) -> Result<Found, Code> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    look(kind, &path).map_err(|refused| refused.code)
}

#[test]
fn decks_tell_their_pages() {
    for pages in [1, 6, 500] {
        assert_eq!(checked(UploadKind::Deck, &pdf(pages)), Ok(Found::Deck { pages: pages as u16 }));
    }
    assert_eq!(checked(UploadKind::Deck, &pdf(501)), Err(Code::TooManyPages));
}

#[test]
fn what_is_no_pdf_is_refused() {
    let mut encrypted = String::from_utf8(pdf(1)).unwrap();
    encrypted = encrypted.replace("/Root 1 0 R", "/Root 1 0 R /ID [<00><00>] /Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <0000000000000000000000000000000000000000000000000000000000000000> /U <0000000000000000000000000000000000000000000000000000000000000000> >>");
    for (bytes, code) in [
        (&b""[..], Code::NotAPdf),
        (b"hello", Code::NotAPdf),
        (b"%PDF-1.7\n", Code::NotAPdf),
        (b"\x89PNG\r\n\x1a\n", Code::NotAPdf),
        (b"<html>%PDF-", Code::NotAPdf),
        (&pdf(0), Code::NotAPdf),
        (encrypted.as_bytes(), Code::PdfEncrypted),
    ] {
        assert_eq!(checked(UploadKind::Deck, bytes), Err(code), "{:?}", &bytes[..bytes.len().min(40)]);
    }
}

#[test]
fn what_is_no_clip_is_refused() {
    for bytes in [&b"#EXTM3U\nhttp://elsewhere.example/a.ts"[..], b"", &pdf(1)] {
        assert_eq!(checked(UploadKind::Clip, bytes), Err(Code::NotAClip));
    }
}

#[test]
fn damaged_pdfs_end_in_an_answer() {
    let whole = pdf(3);
    for n in 0..400_usize {
        let mut bytes = whole.clone();
        let at = (n * 7_919) % bytes.len();
        bytes[at] = bytes[at].wrapping_add(1 + (n % 250) as u8);
        bytes.truncate(bytes.len() - n % 50);
        let _ = checked(UploadKind::Deck, &bytes);
    }
}

#[tokio::test]
async fn a_reader_that_breaks_refuses_its_file() {
    let nowhere = PathBuf::from("/nonexistent/file");
    assert_eq!(in_thread(UploadKind::Deck, nowhere).await.map_err(|refused| refused.code), Err(Code::NotAPdf));
}
