//! CMAF fragments in memory: one track, one init segment, then `moof` + `mdat` whenever the caller flushes.
//!
//! The muxer writes through a custom AVIO into a buffer of ours, so that the caller decides which file the bytes go to
//! and when they become durable. Pictures are stored exactly as given; nothing is re-encoded.

use std::ffi::{CStr, c_int, c_void};
use std::ptr;

use ff::ffi;
use ffmpeg_next as ff;

use super::{LibavError, init};

/// What the one track of a [`FragmentMuxer`] holds.
#[derive(Debug, Clone, Copy)]
pub enum TrackFormat<'a> {
    /// H.264; `avcc` is the AVCDecoderConfigurationRecord (ISO 14496-15). Timescale 90,000.
    H264 {
        /// Coded width in pixels.
        width: u32,
        /// Coded height in pixels.
        height: u32,
        /// Decoder configuration.
        avcc: &'a [u8],
    },
    /// AAC-LC at 48 kHz; `config` is the AudioSpecificConfig. Timescale 48,000.
    Aac {
        /// 1 or 2.
        channels: u16,
        /// Decoder configuration.
        config: &'a [u8],
    },
}

/// Size of AVIO's own buffer; writes larger than this bypass it.
const AVIO_BUFFER: usize = 32 * 1024;

/// Fragments of one track.
pub struct FragmentMuxer {
    context: *mut ffi::AVFormatContext,
    sink: *mut Vec<u8>,
    init: Vec<u8>,
    timescale: i32,
}

// SAFETY: the context and the sink belong to this value alone and libav's muxers keep no thread-local state.
unsafe impl Send for FragmentMuxer {}

unsafe extern "C" fn append(opaque: *mut c_void, data: *mut u8, len: c_int) -> c_int {
    // SAFETY: `opaque` is the `Vec` boxed in `FragmentMuxer::open`, alive until `Drop`, and libav calls this only from
    // calls made through `&mut self`; `data` is valid for `len` bytes during the call.
    unsafe {
        let sink = &mut *opaque.cast::<Vec<u8>>();
        sink.extend_from_slice(std::slice::from_raw_parts(data, usize::try_from(len).unwrap_or(0)));
    }
    len
}

impl FragmentMuxer {
    /// Opens the muxer and writes the init segment.
    pub fn new(format: TrackFormat<'_>) -> Result<Self, LibavError> {
        init();
        let mut muxer = Self::open()?;
        muxer.add_stream(format)?;
        muxer.write_header()?;
        muxer.init = muxer.take();
        Ok(muxer)
    }

    fn open() -> Result<Self, LibavError> {
        let mut context = ptr::null_mut();
        // SAFETY: plain allocation calls with valid out-pointers and constant C strings; every result is checked, and
        // what was allocated is owned by the returned value, whose `Drop` frees it.
        unsafe {
            let code = ffi::avformat_alloc_output_context2(&raw mut context, ptr::null(), c"mp4".as_ptr(), ptr::null());
            if code < 0 || context.is_null() {
                return Err(LibavError::code("open the MP4 muxer", code));
            }
            let sink = Box::into_raw(Box::new(Vec::<u8>::new()));
            let muxer = Self { context, sink, init: Vec::new(), timescale: 90_000 };
            let buffer = ffi::av_malloc(AVIO_BUFFER).cast::<u8>();
            if buffer.is_null() {
                return Err(LibavError::Unfit("no memory for the muxer"));
            }
            let io = ffi::avio_alloc_context(buffer, AVIO_BUFFER as c_int, 1, sink.cast(), None, Some(append), None);
            if io.is_null() {
                ffi::av_free(buffer.cast());
                return Err(LibavError::Unfit("no memory for the muxer"));
            }
            (*io).seekable = 0;
            (*context).pb = io;
            (*context).flags |= ffi::AVFMT_FLAG_CUSTOM_IO | ffi::AVFMT_FLAG_BITEXACT;
            Ok(muxer)
        }
    }

    fn add_stream(&mut self, format: TrackFormat<'_>) -> Result<(), LibavError> {
        // SAFETY: `self.context` is a valid muxer context; the stream and its parameters belong to it. The extra data
        // is allocated with libav's allocator and its required padding, and ownership passes to the parameters.
        unsafe {
            let stream = ffi::avformat_new_stream(self.context, ptr::null());
            if stream.is_null() {
                return Err(LibavError::Unfit("no memory for the stream"));
            }
            let parameters = (*stream).codecpar;
            let extra = match format {
                TrackFormat::H264 { width, height, avcc } => {
                    (*parameters).codec_type = ffi::AVMediaType::AVMEDIA_TYPE_VIDEO;
                    (*parameters).codec_id = ffi::AVCodecID::AV_CODEC_ID_H264;
                    (*parameters).width = width as c_int;
                    (*parameters).height = height as c_int;
                    self.timescale = 90_000;
                    avcc
                }
                TrackFormat::Aac { channels, config } => {
                    (*parameters).codec_type = ffi::AVMediaType::AVMEDIA_TYPE_AUDIO;
                    (*parameters).codec_id = ffi::AVCodecID::AV_CODEC_ID_AAC;
                    (*parameters).sample_rate = 48_000;
                    (*parameters).frame_size = 1024;
                    ffi::av_channel_layout_default(&raw mut (*parameters).ch_layout, c_int::from(channels));
                    self.timescale = 48_000;
                    config
                }
            };
            let padded = extra.len() + ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize;
            let copy = ffi::av_mallocz(padded).cast::<u8>();
            if copy.is_null() {
                return Err(LibavError::Unfit("no memory for the decoder configuration"));
            }
            ptr::copy_nonoverlapping(extra.as_ptr(), copy, extra.len());
            (*parameters).extradata = copy;
            (*parameters).extradata_size = extra.len() as c_int;
            (*stream).time_base = ffi::AVRational { num: 1, den: self.timescale };
        }
        Ok(())
    }

    fn write_header(&mut self) -> Result<(), LibavError> {
        let options: [(&CStr, &CStr); 4] = [
            // frag_discont makes each fragment's decode time that of its first packet, whatever came before.
            (c"movflags", c"cmaf+frag_custom+empty_moov+default_base_moof+frag_discont+skip_trailer"),
            (c"video_track_timescale", c"90000"),
            (c"use_editlist", c"0"),
            (c"write_tmcd", c"0"),
        ];
        let mut dictionary = ptr::null_mut();
        // SAFETY: the dictionary is local and freed before returning; the context is valid and has its stream and IO.
        unsafe {
            for (key, value) in options {
                ffi::av_dict_set(&raw mut dictionary, key.as_ptr(), value.as_ptr(), 0);
            }
            let code = ffi::avformat_write_header(self.context, &raw mut dictionary);
            ffi::av_dict_free(&raw mut dictionary);
            if code < 0 {
                return Err(LibavError::code("write the init segment", code));
            }
            ffi::avio_flush((*self.context).pb);
        }
        Ok(())
    }

    /// The init segment (`ftyp` + `moov`).
    pub fn init_segment(&self) -> &[u8] {
        &self.init
    }

    /// Adds one sample to the fragment being built. `start` and `duration` are in the track's timescale; starts must
    /// rise. H.264 samples are in length-prefixed form.
    pub fn write(&mut self, sample: &[u8], start: i64, duration: i64, keyframe: bool) -> Result<(), LibavError> {
        // A packet of libav's own allocation has the zeroed padding that bitstream filters may read.
        let mut packet = ff::Packet::copy(sample);
        packet.set_stream(0);
        packet.set_pts(Some(start));
        packet.set_dts(Some(start));
        packet.set_duration(duration);
        packet.set_flags(if keyframe { ff::packet::Flags::KEY } else { ff::packet::Flags::empty() });
        // SAFETY: both pointers are valid; the muxer copies or references the packet's data, which is reference
        // counted. The stream's time base is the timescale set above, checked in `fragments_keep_their_times`.
        let code = unsafe {
            use ff::packet::Ref;
            ffi::av_write_frame(self.context, packet.as_ptr().cast_mut())
        };
        if code < 0 { Err(LibavError::code("mux a sample", code)) } else { Ok(()) }
    }

    /// Ends the fragment: the bytes of its `moof` and `mdat`, empty when no sample was added.
    pub fn flush(&mut self) -> Result<Vec<u8>, LibavError> {
        // SAFETY: a null packet flushes the fragment (`frag_custom`); the context is valid.
        unsafe {
            let code = ffi::av_write_frame(self.context, ptr::null_mut());
            if code < 0 {
                return Err(LibavError::code("flush a fragment", code));
            }
            ffi::avio_flush((*self.context).pb);
            // Each fragment stands for itself: the next one takes its decode time from its first packet again.
            ffi::av_opt_set((*self.context).priv_data, c"movflags".as_ptr(), c"+frag_discont".as_ptr(), 0);
        }
        Ok(self.take())
    }

    fn take(&mut self) -> Vec<u8> {
        // SAFETY: `sink` was boxed in `open` and is freed only in `Drop`; no libav call is running.
        unsafe { std::mem::take(&mut *self.sink) }
    }
}

impl Drop for FragmentMuxer {
    fn drop(&mut self) {
        // SAFETY: the pointers were allocated in `open` and are freed once, in the order libav asks for: the IO
        // context's current buffer, the IO context, the muxer, then our sink, which the IO no longer reaches.
        unsafe {
            let mut io = (*self.context).pb;
            ffi::avformat_free_context(self.context);
            if !io.is_null() {
                ffi::av_freep((&raw mut (*io).buffer).cast());
                ffi::avio_context_free(&raw mut io);
            }
            drop(Box::from_raw(self.sink));
        }
    }
}
