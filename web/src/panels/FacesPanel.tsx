/** The faces of a video: who they are, and track edits where the tracker mixed them up. */

import { useState } from 'preact/hooks';
import { getCrowd, getPersons } from '../api/client';
import type { Video } from '../api/types';
import { number, t } from '../i18n';
import { FaceRow } from './FaceRow';
import { inOrder } from './faces';
import { Fault, Panel } from './Panel';
import { type NewChange, type Send, sendChange, useIsOpen } from './send';
import { useLoaded } from './useLoaded';

export interface FacesPanelProps {
  video: Video;
  /** Face on screen. */
  track_id: number | null;
  /** Frame on screen: where a face is split. */
  frame: number;
  send: Send;
  onOpen: (video_id: string, track_id: number, frame: number) => void;
  /** Tracks or names have changed on the server. */
  onChanged?: () => void;
}

export function FacesPanel(props: FacesPanelProps) {
  const { video, send, onChanged } = props;
  const persons = useLoaded(getPersons, []);
  const crowd = useLoaded(() => getCrowd(video.video_id), [video.video_id]);
  const [faults, setFaults] = useState<Record<number, string | null>>({});
  const isOpen = useIsOpen();
  const [busy, setBusy] = useState<number | null>(null);

  /** True if the server took the change. */
  async function change(track_id: number, made: NewChange): Promise<boolean> {
    setBusy(track_id);
    const { fault } = await sendChange(send, made, isOpen);
    setBusy(null);
    setFaults((before) => ({ ...before, [track_id]: fault }));
    if (fault) return false;
    onChanged?.();
    if (made.kind === 'person') await persons.reload();
    return true;
  }

  return (
    <Panel name="faces" title={t('faces.title')}>
      <p class="panel-intro">
        {t('faces.intro', { video: video.video_id, n: video.tracks.length })}
      </p>
      <Fault text={persons.fault ?? crowd.fault} />
      {crowd.value && <p class="panel-note">{t('faces.crowd', { ...crowd.value })}</p>}
      <datalist id="faces-persons">
        {(persons.value ?? []).map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {video.tracks.length === 0 && <p>{t('faces.none')}</p>}
      <ul class="faces-list">
        {inOrder(video.tracks).map((track) => (
          <FaceRow
            key={track.track_id}
            video={video}
            track={track}
            frame={props.frame}
            current={track.track_id === props.track_id}
            busy={busy === track.track_id}
            fault={faults[track.track_id] ?? null}
            change={(made) => change(track.track_id, made)}
            onOpen={props.onOpen}
          />
        ))}
      </ul>
      <p class="panel-note">{t('faces.undo', { frame: number(props.frame) })}</p>
    </Panel>
  );
}
