//! Making sessions out of offers.

use std::collections::BTreeMap;

use super::{
    Engine, EngineError, Patched, PublishOptions, PublishSession, ReceiveOptions, ReceiveSession, SlotInfo, UpTrackInfo,
};
use crate::codec::MediaKind;
use crate::directory::Session;
use crate::ice::{Credentials, IceLite};
use crate::peer::{PeerCommand, PeerSpec, RoleSpec};
use crate::sdp::{
    Fragment, IceCredentials, LocalDescription, Offer, PublishPolicy, ReceivePolicy, answer_publish, answer_receive,
    build_restart,
};
use crate::shell::clock;
use crate::slot::{PeerId, UpTrackId};

impl Engine {
    /// Answers a WHIP offer (RFC 9725). The peer ends by [`Engine::close`], by itself or by expiry.
    ///
    /// # Errors
    /// [`EngineError::Sdp`] for offers that cannot be answered, [`EngineError::Full`] at the bound on peers.
    pub fn publish(&self, offer: &str, options: PublishOptions) -> Result<PublishSession, EngineError> {
        let offer = Offer::parse(offer)?;
        let local = self.describe();
        let plan = answer_publish(&offer, &local, &PublishPolicy { recorded: options.recorded })?;
        let peer = self.next_peer();
        let tracks = plan
            .media
            .iter()
            .zip(0..)
            .map(|(media, index)| UpTrackInfo {
                track: UpTrackId { peer, media: index },
                kind: media.kind,
                codec: media.codec,
                mid: media.mid.clone(),
                rids: media.rids.clone(),
            })
            .collect();
        let mid = plan.media.first().map(|media| media.mid.clone()).unwrap_or_default();
        let role =
            RoleSpec::Publish { media: plan.media, gate: options.gate, content: options.content, taps: Vec::new() };
        let etag = self.admit(peer, options.label, &offer, local, mid, role)?;
        Ok(PublishSession { peer, answer: plan.answer, etag, tracks })
    }

    /// Answers a WHEP offer: receive-only sections become slots, in order.
    ///
    /// # Errors
    /// As [`Engine::publish`].
    pub fn receive(&self, offer: &str, options: ReceiveOptions) -> Result<ReceiveSession, EngineError> {
        let offer = Offer::parse(offer)?;
        let local = self.describe();
        let policy = ReceivePolicy { max_audio_slots: options.audio_slots, max_video_slots: options.video_slots };
        let plan = answer_receive(&offer, &local, &policy, rand::random::<u32>)?;
        let peer = self.next_peer();
        let slots = plan.media.iter().map(|media| SlotInfo { slot: media.slot, mid: media.mid.clone() }).collect();
        let mid = plan.media.first().map(|media| media.mid.clone()).unwrap_or_default();
        let role = RoleSpec::Receive { media: plan.media, slots: BTreeMap::new() };
        let etag = self.admit(peer, options.label, &offer, local, mid, role)?;
        Ok(ReceiveSession { peer, answer: plan.answer, etag, slots })
    }

    /// Handles the body of a WHIP or WHEP PATCH: candidates, or an ICE restart when its credentials are new.
    /// `if_match` is the entity tag without quotes; `None` or `*` match any.
    ///
    /// # Errors
    /// [`EngineError::UnknownPeer`] (404), [`EngineError::EtagMismatch`] (412), [`EngineError::Sdp`] (400).
    pub fn trickle(&self, peer: PeerId, fragment: &str, if_match: Option<&str>) -> Result<Patched, EngineError> {
        let fragment = Fragment::parse(fragment)?;
        let local = self.describe();
        let etag = token(16);
        let (mid, remote) = {
            let mut directory = self.directory();
            let session = directory.session(peer).ok_or(EngineError::UnknownPeer)?;
            if if_match.is_some_and(|tag| tag != "*" && tag != session.etag) {
                return Err(EngineError::EtagMismatch);
            }
            // Candidates of the running generation: an ICE-lite agent waits for checks and needs none of them.
            let Some(remote) = fragment.ice.map(credentials).filter(|ice| *ice != session.remote) else {
                return Ok(Patched::NoContent);
            };
            let mid = session.mid.clone();
            directory.restart(peer, local.ice_ufrag.clone(), etag.clone(), remote.clone());
            (mid, remote)
        };
        self.command(peer, PeerCommand::Restart { local: local_credentials(&local), remote });
        let mids: Vec<&str> = std::iter::once(mid.as_str()).filter(|mid| !mid.is_empty()).collect();
        Ok(Patched::Restarted { fragment: build_restart(&local, &mids, MediaKind::Audio), etag })
    }

    /// This end of a new session, with fresh ICE credentials.
    fn describe(&self) -> LocalDescription {
        let own = Credentials::from_random(&rand::random());
        LocalDescription {
            ice_ufrag: own.ufrag,
            ice_pwd: own.pwd,
            fingerprint: self.shared.certificate.fingerprint(),
            candidates: self.shared.candidates.clone(),
            session_id: rand::random(),
        }
    }

    /// Notes a pending peer; gives the entity tag of its session.
    fn admit(
        &self,
        peer: PeerId,
        label: String,
        offer: &Offer,
        local: LocalDescription,
        mid: String,
        role: RoleSpec,
    ) -> Result<String, EngineError> {
        let remote = credentials(offer.ice_credentials());
        let now = clock::now();
        let spec = Box::new(PeerSpec {
            id: peer,
            label,
            ice: IceLite::new(local_credentials(&local), &remote, now),
            fingerprint: offer.fingerprint,
            role,
            since: now,
        });
        let etag = token(16);
        let mut directory = self.directory();
        if directory.len() >= self.shared.config.limits.max_peers {
            return Err(EngineError::Full);
        }
        directory.insert(spec, local.ice_ufrag, Session { etag: etag.clone(), mid, remote });
        Ok(etag)
    }
}

fn credentials(remote: IceCredentials) -> Credentials {
    Credentials { ufrag: remote.ufrag, pwd: remote.pwd }
}

fn local_credentials(local: &LocalDescription) -> Credentials {
    Credentials { ufrag: local.ice_ufrag.clone(), pwd: local.ice_pwd.clone() }
}

/// Random letters and digits, safe in an entity tag.
fn token(letters: usize) -> String {
    use rand::RngExt;
    rand::rng().sample_iter(rand::distr::Alphanumeric).take(letters).map(char::from).collect()
}
