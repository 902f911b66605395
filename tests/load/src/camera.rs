//! Files for Chromium's fake camera and microphone: the test card whose frames tell their number, and its voice.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use airclass_recordings::card::Card;
use airclass_recordings::voice::{RATE, Voice};
use anyhow::{Context, Result, ensure};

/// Frames in the file; Chromium starts over at its end, so the counter repeats after this many.
pub const FRAMES: u32 = 600;
/// Frames per second; Chromium takes no other rate from a file of JPEG pictures.
pub const FRAMES_PER_SECOND: u32 = 30;
/// Size of the pictures, pixels.
pub const SIZE: (usize, usize) = (640, 360);

/// The picture as concatenated JPEGs; made once per folder.
///
/// # Errors
/// When `ffmpeg` is missing or fails, or the folder can't be written.
pub fn picture(folder: &Path) -> Result<PathBuf> {
    let path = folder.join(format!("card-{}x{}-{FRAMES}.mjpeg", SIZE.0, SIZE.1));
    once(&path, |unfinished| {
        let mut ffmpeg = Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuvj420p"])
            .args(["-s", &format!("{}x{}", SIZE.0, SIZE.1), "-r", &FRAMES_PER_SECOND.to_string(), "-i", "-"])
            .args(["-c:v", "mjpeg", "-q:v", "4", "-f", "mjpeg"])
            .arg(unfinished)
            .stdin(Stdio::piped())
            .spawn()
            .context("ffmpeg is needed for the fake camera: apt-get install ffmpeg")?;
        let mut input = BufWriter::new(ffmpeg.stdin.take().context("ffmpeg's input")?);
        let card = Card::new(SIZE.0, SIZE.1);
        let mut picture = card.picture();
        for frame in 0..FRAMES {
            card.draw(frame, u64::from(frame) * 1000 / u64::from(FRAMES_PER_SECOND), &mut picture);
            for plane in [&picture.y, &picture.u, &picture.v] {
                input.write_all(plane)?;
            }
        }
        drop(input.into_inner()?);
        ensure!(ffmpeg.wait()?.success(), "ffmpeg could not make the camera file");
        Ok(())
    })?;
    Ok(path)
}

/// Widths of the layers of [`layers`], and what each costs, kbit/s; a line of 800 kbit/s carries the first two.
pub const LAYERS: [(usize, u32); 3] = [(160, 120), (320, 450), (640, 1_500)];
/// Frames between two keyframes of [`layers`].
pub const KEYFRAME_EVERY: usize = 15;

/// Three layers of a picture that is hard to compress, so that each costs what it may, as H.264 streams with
/// delimiters (annex B); five seconds at [`FRAMES_PER_SECOND`], made once per folder.
///
/// # Errors
/// When `ffmpeg` is missing or fails, or the folder can't be written.
pub fn layers(folder: &Path) -> Result<Vec<PathBuf>> {
    let one = |(width, kbit): (usize, u32)| {
        let path = folder.join(format!("layer-{width}-{kbit}.h264"));
        once(&path, |unfinished| {
            let source =
                format!("testsrc2=size={width}x{}:rate={FRAMES_PER_SECOND},noise=alls=50:allf=t", width * 9 / 16);
            let keyframes =
                format!("aud=1:scenecut=0:keyint={KEYFRAME_EVERY}:min-keyint={KEYFRAME_EVERY}:repeat-headers=1");
            let made = Command::new("ffmpeg")
                .args(["-v", "error", "-y", "-f", "lavfi", "-i", &source, "-t", "5", "-pix_fmt", "yuv420p"])
                .args(["-c:v", "libx264", "-profile:v", "baseline", "-preset", "veryfast", "-tune", "zerolatency"])
                .args(["-b:v", &format!("{kbit}k"), "-maxrate", &format!("{kbit}k")])
                .args(["-bufsize", &format!("{}k", kbit / 4), "-x264-params", &format!("{keyframes}:sliced-threads=0")])
                .args(["-threads", "1", "-f", "h264"])
                .arg(unfinished)
                .stdin(Stdio::null())
                .status()
                .context("ffmpeg is needed for the layers: apt-get install ffmpeg")?;
            ensure!(made.success(), "ffmpeg could not make a layer");
            Ok(())
        })?;
        Ok(path)
    };
    LAYERS.into_iter().map(one).collect()
}

/// The sound as a WAV file (mono, 48 kHz, 16 bits), as long as the picture; made once per folder.
///
/// # Errors
/// When the folder can't be written.
pub fn sound(folder: &Path) -> Result<PathBuf> {
    let path = folder.join("voice.wav");
    once(&path, |unfinished| {
        let mut samples = vec![0.0; RATE * (FRAMES / FRAMES_PER_SECOND) as usize];
        Voice::new().fill(&mut samples);
        let bytes = u32::try_from(samples.len() * 2)?;
        let rate = u32::try_from(RATE)?;
        let mut file = BufWriter::new(File::create(unfinished)?);
        file.write_all(b"RIFF")?;
        file.write_all(&(36 + bytes).to_le_bytes())?;
        file.write_all(b"WAVEfmt \x10\0\0\0\x01\0\x01\0")?;
        file.write_all(&rate.to_le_bytes())?;
        file.write_all(&(rate * 2).to_le_bytes())?;
        file.write_all(b"\x02\0\x10\0data")?;
        file.write_all(&bytes.to_le_bytes())?;
        for sample in samples {
            file.write_all(&((sample * 32_767.0) as i16).to_le_bytes())?;
        }
        file.flush()?;
        Ok(())
    })?;
    Ok(path)
}

/// Makes a file under another name first, so that a broken one is never taken for whole; the second to ask within a
/// process waits for the first, another process makes its own.
fn once(path: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    static MAKING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    if path.exists() {
        return Ok(());
    }
    fs::create_dir_all(path.parent().context("a folder")?)?;
    let unfinished = path.with_extension(format!("{}.part", std::process::id()));
    make(&unfinished)?;
    fs::rename(&unfinished, path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_sound_file_has_its_length() {
        let folder = std::env::temp_dir().join(format!("airclass-camera-{}", std::process::id()));
        let path = sound(&folder).unwrap();
        let seconds = u64::from(FRAMES / FRAMES_PER_SECOND);
        assert_eq!(fs::metadata(&path).unwrap().len(), 44 + seconds * RATE as u64 * 2);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn two_that_ask_at_once_share_one_file() {
        let folder = std::env::temp_dir().join(format!("airclass-camera-both-{}", std::process::id()));
        let path = folder.join("slow.bin");
        let (made, both) = (AtomicU32::new(0), Barrier::new(2));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    both.wait();
                    once(&path, |unfinished| {
                        made.fetch_add(1, Ordering::Relaxed);
                        // Long enough for the other to ask as well.
                        thread::park_timeout(Duration::from_millis(50));
                        Ok(fs::write(unfinished, b"whole")?)
                    })
                    .unwrap();
                    assert_eq!(fs::read(&path).unwrap(), b"whole");
                });
            }
        });
        assert_eq!(made.into_inner(), 1);
        fs::remove_dir_all(folder).unwrap();
    }
}
